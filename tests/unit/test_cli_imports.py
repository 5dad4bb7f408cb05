"""What each command loads: nobody waits for a screen, a client or a sign-in library in vain."""

import subprocess
import sys
from pathlib import Path

import pytest

GUID = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
HEAVY = ("textual", "httpx", "msal", "aiohttp", "pydantic", "cipp_tui.simulator")
LOOK = f"""
import sys
from cipp_tui.cli import main
try:
    code = main(sys.argv[1:])
except SystemExit as end:
    code = end.code
print(code or 0, *(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)
"""


def loaded_by(folder: Path, *words: str) -> set[str]:
    """The heavy libraries that a command has loaded by its end."""
    config = folder / "config.toml"
    config.write_text(
        '[profiles.lab]\nbackend = "direct"\n'
        f'partner_tenant = "{GUID}"\nclient_id = "{GUID}"\n'
        'endpoints = { login = "http://127.0.0.1:9", graph = "http://127.0.0.1:9" }\n',
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-c", LOOK, *words],
        env={
            "PATH": "",
            "HOME": str(folder),
            "CIPP_TUI_CONFIG": str(config),
            "CIPP_TUI_DATA": str(folder / "state"),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    code, *heavy = done.stderr.splitlines()[-1].split()
    assert code == "0", done.stderr
    return set(heavy)


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "--version",
        "refresh --help",
        "completion bash",
        "completion zsh",
        "completion fish",
    ],
)
def test_what_only_prints_loads_nothing_heavy(tmp_path: Path, words: str) -> None:
    assert loaded_by(tmp_path, *words.split()) == set()


@pytest.mark.parametrize("words", ["profiles list", "keys"])
def test_what_only_reads_the_config_loads_no_screen_and_no_client(
    tmp_path: Path, words: str
) -> None:
    assert loaded_by(tmp_path, *words.split()) <= {"pydantic"}


@pytest.mark.parametrize("words", ["tenants --json", "tenants --csv", "tenants", "jobs", "audit"])
def test_what_only_looks_loads_no_screen_and_no_client(tmp_path: Path, words: str) -> None:
    assert loaded_by(tmp_path, *words.split()) <= {"pydantic"}
