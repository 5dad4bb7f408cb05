"""A state file that cannot be used: one clear sentence, and nothing remote was touched."""

import os
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cipp_tui.storage.schema import VERSION
from tests.e2e.fleet import PROGRAM, Fleet, simulated_fleet

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs ulimit")


def truncated(state: Path) -> None:
    for log in state.parent.glob("state.db-*"):
        log.unlink()
    state.write_bytes(state.read_bytes()[:6000])


def garbage(state: Path) -> None:
    state.write_bytes(b"this is no database " * 500)


def newer(state: Path) -> None:
    file = sqlite3.connect(state)
    file.execute(f"PRAGMA user_version={VERSION + 7}")
    file.commit()
    file.close()


def a_folder(state: Path) -> None:
    for old in state.parent.glob("state.db*"):
        old.unlink()
    state.mkdir()


def refused(fleet: Fleet, done: subprocess.CompletedProcess[str], words: str) -> None:
    """It ended with code 2 and one sentence, and asked nobody anything."""
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert words in done.stderr
    assert "state.db" in done.stderr
    assert "Traceback" not in done.stderr
    assert not fleet.ask("counts")["routes"]


def test_a_state_file_that_cannot_be_used_stops_everything_before_it_begins(
    tmp_path: Path,
) -> None:
    with simulated_fleet(tmp_path, tenants=6) as fleet:
        fleet.run("sync")
        (state,) = (tmp_path / "state").rglob("state.db")
        whole = state.read_bytes()
        fleet.ask("reset-log", {})

        spoilt: list[tuple[Callable[[Path], None], str]] = [
            (truncated, "damaged"),
            (garbage, "damaged"),
            (newer, "newer cipp-tui"),
            (a_folder, "CIPP_TUI_DATA"),
        ]
        for spoil, words in spoilt:
            spoil(state)
            refused(fleet, fleet.run("refresh", "--all", expect=None), words)
            if state.is_dir():
                state.rmdir()
            state.write_bytes(whole)

        # No file may grow beyond half a kilobyte: SQLite cannot write a single page.
        full = subprocess.run(
            ["sh", "-c", 'ulimit -f 1; exec "$@"', "sh", *PROGRAM, "refresh", "--all"],
            env={**fleet.env, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        refused(fleet, full, "must not grow any further")
