"""A built wheel installs into an empty environment and opens, style sheets included."""

import os
import re
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has the wheel, and our dependencies by path."""
    folder = tmp_path_factory.mktemp("package")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    home = folder / "env"
    venv.create(home, with_pip=False, symlinks=os.name == "posix")
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    target = folder / "site"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
            *("--disable-pip-version-check", "--target", str(target), str(wheel)),
        ],
        check=True,
        capture_output=True,
    )
    return python


def run(python: Path, code: str) -> str:
    """Run code against the installed package and this environment's dependencies."""
    folder = python.parents[2] / "site"
    here = next(path for path in sys.path if path.endswith("site-packages"))
    done = subprocess.run(
        [str(python), "-I", "-c", f"import sys; sys.path[:0] = [{str(folder)!r}]; "
         f"sys.path.append({here!r}); {code}"],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_style_sheets_and_the_simulators_data(installed: Path) -> None:
    told = run(
        installed,
        "from cipp_tui.screens.styles import style_files; print(*style_files());"
        " import cipp_tui; print(cipp_tui.__file__);"
        " from cipp_tui.simulator import build_world; print(len(build_world(3, 1).tenants))",
    )

    assert told.count(".tcss") == 3
    assert "site" in told.splitlines()[1]
    assert told.splitlines()[2] == "4"


def test_the_source_distribution_holds_whatever_its_makefile_needs(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    words = re.findall(r"[\w./-]+", (ROOT / "Makefile").read_text(encoding="utf-8"))
    needed = {word for word in words if (ROOT / word).is_file() and "venv" not in word}

    assert {"pyproject.toml", "requirements/runtime.lock", "requirements/dev.lock"} <= needed
    assert needed - held == set()
    assert {"LICENSE", "README.md", "CHANGELOG.md", "styles/base.tcss"} - held == set()


def test_the_installed_program_answers(installed: Path) -> None:
    told = run(
        installed,
        "from cipp_tui.cli import main; code = 0\n"
        "try: main(['--version'])\nexcept SystemExit as end: code = end.code\n"
        "sys.exit(code)",
    )

    assert told.startswith("cipp-tui ")


def test_the_installed_program_opens_its_screen(installed: Path) -> None:
    code = (
        "import asyncio\n"
        "from cipp_tui.screens.first_run import FirstRunApp\n"
        "async def look():\n"
        "    app = FirstRunApp('config.toml')\n"
        "    async with app.run_test(size=(80, 24)) as pilot:\n"
        "        await pilot.pause()\n"
        "        print(type(app.screen).__name__)\n"
        "asyncio.run(look())"
    )

    assert run(installed, code).strip() == "Welcome"
