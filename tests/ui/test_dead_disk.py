"""The state file cannot be written any more: the screen stays, says so, and begins nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cipp_tui.domain.problems import StorageProblem
from tests.ui.host import until
from tests.ui.support import customer, open_app, status


def taken(file: sqlite3.Connection) -> bool:
    """Whether the file is locked now; not while the program is writing."""
    try:
        file.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    return True


async def test_looking_goes_on_and_acting_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cipp_tui.storage.database.BUSY_S", 0.01)
    with pytest.raises(StorageProblem, match="locked by another program"):
        async with open_app(tmp_path) as (house, app, pilot):
            await customer(house, app, pilot)
            state = tmp_path / "state.db"
            with closing(sqlite3.connect(state, isolation_level=None, timeout=0.0)) as file:
                await until(pilot, lambda: taken(file))
                await pilot.press("f")  # a filter is remembered
                await pilot.press("c", "enter")
                await until(pilot, lambda: "Nothing can be changed any more" in status(app))

                await pilot.press("escape", "down", "up", "S", "escape")
                await pilot.press("F")
                await house.session.listing.finished()
                await pilot.press("x")

                await until(
                    pilot,
                    lambda: "Exclude: the state file is locked by another program" in status(app),
                )
                assert app.is_running
