"""Access that can never be given back: said at once, owed until somebody writes it off."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cipp_tui.simulator import Simulator, build_world
from cipp_tui.simulator.plant import plant
from tests.contract.lab import Lab, lab_of


@pytest.fixture(params=["tenant-deleted", "relationship-ended"])
def lab(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Lab]:
    """Two customers; a reset took the first one's access, and it has left since."""
    simulator = Simulator(build_world(2, 7, up_to_date=1.0))
    with lab_of(simulator, tmp_path, monkeypatch, capsys) as made:
        assert made.run("sync").code == 0
        one = owing(made)
        plant(simulator.world, one, "no-consent")
        plant(simulator.world, one, request.param)
        made.owe(one)
        simulator.reset_log()
        yield made


def owing(lab: Lab) -> str:
    world = lab.simulator.world
    return next(ident for ident in sorted(world.tenants) if ident != world.partner.id)


@pytest.mark.parametrize("words", ["sync", "plan --all", "jobs resume", "refresh --all"])
def test_whoever_comes_next_tries_once_and_says_who_is_left_without(lab: Lab, words: str) -> None:
    ended = lab.run(*words.split())

    assert ended.code == 4, ended
    name = lab.simulator.world.tenants[owing(lab)].name
    assert f"Without access, and owed it: {name}" in ended.err
    assert lab.simulator.counts().get("consent.create", 0) <= 1
    assert "write-off" in ended.err


def test_what_is_written_off_is_asked_for_recorded_and_owed_no_more(lab: Lab) -> None:
    one = owing(lab)
    unasked = lab.run("jobs", "write-off", one)
    assert unasked.code == 4  # nobody could be asked
    assert lab.run("sync").code == 4

    ended = lab.run("jobs", "write-off", one, "--count", "1", "--reason", "has left us")

    assert ended.code == 0, ended
    assert lab.run("sync").code == 0
    told = lab.run("audit", "--json").out.splitlines()
    (entry,) = [e for e in map(json.loads, told) if e.get("action") == "write-off"]
    assert entry["tenant_id"] == one
    assert "has left us" in json.dumps(entry)


def test_only_what_is_owed_can_be_written_off(lab: Lab) -> None:
    world = lab.simulator.world
    _, other = sorted(ident for ident in world.tenants if ident != world.partner.id)

    ended = lab.run("jobs", "write-off", other, "--count", "0")

    assert ended.code == 4
    assert "left out, no access is owed" in ended.out
