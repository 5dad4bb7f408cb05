"""Starts the real screen on every other Python of the machine: one job, then quitting.

The suite runs on one Python. What only another one does (tasks that run at once when they are made,
for one) is seen here. `python -m tests.e2e.other_pythons` says which were tried.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
OLDEST: Final = (3, 11)
NEWEST: Final = 30  # minor versions that are looked for on the PATH
_TELL: Final = "import sys; print(*sys.version_info[:3], sys.executable)"
_LONGEST_S: Final = 300.0


def candidates(env: Mapping[str, str]) -> Iterator[Path]:
    """Where other Pythons may be: pyenv's versions, and names on the PATH."""
    pyenv = Path(env.get("PYENV_ROOT") or Path(env.get("HOME") or "/") / ".pyenv")
    yield from sorted(pyenv.glob("versions/*/bin/python3"))
    for folder in env.get("PATH", "").split(os.pathsep):
        for minor in range(OLDEST[1], NEWEST):
            path = Path(folder) / f"python3.{minor}"
            if folder and path.is_file():
                yield path


def others(env: Mapping[str, str]) -> dict[tuple[int, int], Path]:
    """One interpreter for each other version that can run the program, the newest patch."""
    found: dict[tuple[int, int], tuple[int, Path]] = {}
    for path in candidates(env):
        try:
            told = subprocess.run(
                [path, "-c", _TELL], capture_output=True, text=True, timeout=30, check=False
            )
        except OSError:
            continue
        match = re.fullmatch(r"(\d+) (\d+) (\d+) (.+)\n", told.stdout)
        if told.returncode != 0 or match is None:  # pyenv's stand-in for a version not chosen
            continue
        version, patch = (int(match[1]), int(match[2])), int(match[3])
        if version < OLDEST or version == sys.version_info[:2]:
            continue
        if version not in found or found[version][0] < patch:
            found[version] = (patch, Path(match[4]))
    return {version: path for version, (_, path) in sorted(found.items())}


def prepare(python: Path, version: tuple[int, int]) -> Path:
    """An environment with what the program needs, made once; its interpreter."""
    folder = ROOT / f".venv-{version[0]}.{version[1]}"
    inside = folder / "bin" / "python"
    lock = ROOT / "requirements" / "runtime.lock"
    stamp = folder / ".runtime"
    if stamp.is_file() and stamp.read_bytes() == lock.read_bytes():
        return inside
    pip = [str(inside), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    pip.append("--ignore-requires-python")  # one that is newer than any seen is tried all the same
    steps: tuple[list[str], ...] = (
        [str(python), "-m", "venv", "--clear", str(folder)],
        [*pip, "--require-hashes", "-r", str(lock)],
        [*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)],
    )
    for words in steps:
        subprocess.run(words, check=True, timeout=_LONGEST_S, stderr=subprocess.DEVNULL)
    stamp.write_bytes(lock.read_bytes())
    return inside


def try_screen(python: Path) -> None:
    """Open the demo, refresh one tenant, quit. Raises: AssertionError with what was on screen."""
    from tests.e2e.terminal import Terminal

    with tempfile.TemporaryDirectory() as folder:
        env = {
            **{name: value for name, value in os.environ.items() if name[:9] != "CIPP_TUI_"},
            "CIPP_TUI_CONFIG": f"{folder}/config.toml",
            "CIPP_TUI_DATA": f"{folder}/state",
            "TERM": "xterm-256color",
            "TEXTUAL_ANIMATIONS": "none",
        }
        with Terminal([str(python), "-m", "cipp_tui", "demo"], env, columns=120) as terminal:
            terminal.wait_for("of 61")
            terminal.press("j", "r")
            terminal.wait_until(lambda: "Refreshed " in terminal.text, "the job's end", 60)
            terminal.press("q")
            code = terminal.wait_end()
            assert code == 0, f"it ended with {code}:\n{terminal.text}"


def main() -> int:
    if os.name != "posix":
        print("Other Pythons are not tried: the screen needs a pseudo-terminal here.")
        return 0
    found = others(os.environ)
    if not found:
        print("Other Pythons: there is none from 3.11 on; nothing was tried.")
    for version, path in found.items():
        name = f"Python {version[0]}.{version[1]}"
        print(f"{name}: start, one job, quit ... ", end="", flush=True)
        try_screen(prepare(path, version))
        print("well", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
