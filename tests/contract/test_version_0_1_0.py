"""What version 0.1.0 left on disk: its config loads, and a job it was in the middle of goes on.

The files in `tests/fixtures/v0_1_0` were written by that version: `refresh.db` with a refresh of
five tenants of which two were done, `reset.db` with a reset of three, the first of which had just
lost its access.
"""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cipp_tui.config import DirectProfile, load_profiles
from cipp_tui.simulator import Simulator, build_world
from cipp_tui.storage.schema import VERSION
from tests.contract.lab import Lab, lab_of

OLD = Path(__file__).parent.parent / "fixtures" / "v0_1_0"
OWED = "10a3d6b2-aa05-411a-b271-5945795e8229"


@contextmanager
def left_by_it(
    name: str,
    simulator: Simulator,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Lab]:
    with lab_of(simulator, folder, monkeypatch, capsys) as lab:
        lab.state.mkdir(parents=True)
        shutil.copy(OLD / name, lab.state / "state.db")
        yield lab


def cells(path: Path, sql: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as file:
        return file.execute(sql).fetchall()


def consented(simulator: Simulator) -> set[str]:
    """The customers whose consent was written."""
    routes = ("consent.create", "consent.delete")
    return {entry.tenant or "" for entry in simulator.log if entry.route in routes}


def test_the_config_loads_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes((OLD / "config.toml").read_bytes())

    found = load_profiles(path)

    assert sorted(found.profiles) == ["acme", "lab", "later"]
    acme = found.profiles["acme"]
    assert isinstance(acme, DirectProfile)
    assert (acme.concurrency, acme.tag, acme.suspend_after) == (32, "PRODUCTION", 50)
    assert found.keys == {"tenant.exclude": "x,f9"}


def test_a_refresh_it_was_in_the_middle_of_goes_on_with_those_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    simulator = Simulator(build_world(6, 7, up_to_date=0.0))
    with left_by_it("refresh.db", simulator, tmp_path, monkeypatch, capsys) as lab:
        before = cells(lab.state / "state.db", "SELECT item, step, word FROM mark ORDER BY seq")
        tenants = cells(lab.state / "state.db", "SELECT tenant FROM item WHERE id >= 4 ORDER BY id")

        listed = lab.run("tenants")
        resumed = lab.run("jobs", "resume")

        assert "excluded" in listed.out
        assert resumed.code == 0, resumed
        assert "Job 2: 3 changed" in resumed.out
        assert consented(simulator) == {row[0] for row in tenants}
        after = cells(lab.state / "state.db", "SELECT item, step, word FROM mark ORDER BY seq")
        assert after[: len(before)] == before  # the journal is only added to
        assert cells(lab.state / "state.db", "SELECT reason FROM exclusion") == [("left us",)]
        assert cells(lab.state / "state.db", "PRAGMA user_version") == [(VERSION,)]
        assert "No job was interrupted" in lab.run("jobs", "resume").err


def test_a_reset_it_was_in_the_middle_of_gives_the_access_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world, bare = build_world(6, 7, up_to_date=1.0), build_world(6, 7, up_to_date=0.0)
    world.tenants[OWED].blueprint = bare.tenants[OWED].blueprint  # its consent is gone
    simulator = Simulator(world)
    with left_by_it("reset.db", simulator, tmp_path, monkeypatch, capsys) as lab:
        assert lab.run("jobs", "show", "1").code == 0

        given_back = lab.run("sync")
        nobody_waits = lab.run("sync")

        assert (given_back.code, nobody_waits.code) == (0, 0), given_back
        routes = [entry.route for entry in simulator.log]
        assert "consent.delete" not in routes
        assert consented(simulator) == {OWED}
        own = world.application.app_id
        assert own in world.directory_of(world.tenants[OWED]).principals
        shown = lab.run("jobs", "show", "1", "--json").out
        assert '"outcome":"restored"' in shown or '"outcome":"changed"' in shown
