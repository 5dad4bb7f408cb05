"""Read-only sends nothing that changes anything, whatever is owed and whichever word is typed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cipp_tui.api.endpoints import Service
from cipp_tui.api.read_only import demand_harmless
from cipp_tui.domain.problems import Unsuited
from cipp_tui.simulator import Simulator, build_world
from tests.contract.lab import Lab, lab_of


@pytest.fixture
def lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Lab]:
    """Three customers, the first of which is owed its access."""
    simulator = Simulator(build_world(3, 7, up_to_date=0.0))
    with lab_of(simulator, tmp_path, monkeypatch, capsys) as made:
        one = customer(simulator)
        made.owe(one, name=simulator.world.tenants[one].name)
        yield made


def customer(simulator: Simulator, place: int = 0) -> str:
    world = simulator.world
    return [one.id for one in world.tenants.values() if one is not world.partner][place]


COMMANDS = (
    "sync",
    "jobs resume",
    "jobs resume 1",
    "nightly",
    "nightly --due",
    "plan --all",
    "plan {tenant}",
    "trace {tenant} kim@msp.example",
    "why {tenant}",
    "refresh --all",
    "refresh {tenant}",
    "reset {tenant} --yes-remove-access",
    "exclude {tenant}",
    "include {tenant}",
    "remove {tenant}",
    "jobs write-off {tenant}",
    "profiles check",
)


@pytest.mark.parametrize("words", COMMANDS)
def test_no_command_changes_anything_and_what_is_owed_is_named(lab: Lab, words: str) -> None:
    argv = words.format(tenant=customer(lab.simulator)).split()

    ended = lab.run("--read-only", *argv)

    assert lab.changes == []
    assert ended.code == 4, ended
    name = lab.simulator.world.tenants[customer(lab.simulator)].name
    assert f"Still owed access: {name}" in ended.err


@pytest.mark.parametrize("words", ["tenants", "audit", "jobs", "jobs show 1", "keys"])
def test_looking_at_what_is_stored_sends_nothing_at_all(lab: Lab, words: str) -> None:
    ended = lab.run("--read-only", *words.split())

    assert ended.code == 0, ended
    assert lab.simulator.log == []


def test_the_mode_of_the_profile_counts_as_the_option_does(lab: Lab) -> None:
    text = lab.config.read_text(encoding="utf-8")
    lab.config.write_text(f'{text}mode = "read"\n', encoding="utf-8")

    ended = lab.run("sync")

    assert (lab.changes, ended.code) == ([], 4)


def test_without_read_only_the_same_debt_is_paid(lab: Lab) -> None:
    ended = lab.run("jobs", "resume")

    assert ended.code == 0, ended
    assert any(change.startswith("POST /v1/customers/") for change in lab.changes)


def test_with_nothing_owed_reading_is_all_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    simulator = Simulator(build_world(2, 7, up_to_date=1.0))
    with lab_of(simulator, tmp_path, monkeypatch, capsys) as lab:
        assert lab.run("--read-only", "sync").code == 0
        assert lab.run("--read-only", "refresh", "--all").code == 2
        assert lab.changes == []


READ = {"id": "1", "method": "GET", "url": "/me"}
WRITE = {"id": "2", "method": "POST", "url": "/servicePrincipals"}


@pytest.mark.parametrize(
    ("service", "method", "path", "payload"),
    [
        (Service.GRAPH, "GET", "/v1.0/me", None),
        (Service.GRAPH, "POST", "/v1.0/$batch", {"requests": [READ]}),
        (Service.GRAPH, "POST", "/v1.0/$batch", b'{"requests":[{"method":"GET"}]}'),
        (Service.PARTNER_CENTER, "GET", "/v1/customers?size=1", None),
        (Service.LOGIN, "POST", "/x/oauth2/v2.0/token", None),
    ],
)
def test_readings_pass(
    service: Service, method: str, path: str, payload: dict[str, object] | bytes | None
) -> None:
    demand_harmless(service, method, path, payload)


@pytest.mark.parametrize(
    ("service", "method", "path", "payload"),
    [
        (Service.GRAPH, "POST", "/v1.0/$batch", {"requests": [READ, WRITE]}),
        (Service.GRAPH, "POST", "/v1.0/$batch", {"requests": "x"}),
        (Service.GRAPH, "POST", "/v1.0/$batch", None),
        (Service.GRAPH, "POST", "/v1.0/$batch", b'{"requests":[{"method":"get"}]}'),
        (Service.GRAPH, "PATCH", "/v1.0/oauth2PermissionGrants/1", {}),
        (Service.GRAPH, "PUT", "/v1.0/x", {}),
        (Service.PARTNER_CENTER, "POST", "/v1/customers/x/applicationconsents", {}),
        (Service.PARTNER_CENTER, "DELETE", "/v1/customers/x/applicationconsents/y", None),
        (Service.PARTNER_CENTER, "POST", "/v1.0/$batch", {"requests": [READ]}),
    ],
)
def test_whatever_is_no_known_reading_is_refused(
    service: Service, method: str, path: str, payload: dict[str, object] | bytes | None
) -> None:
    with pytest.raises(Unsuited, match="read-only"):
        demand_harmless(service, method, path, payload)
