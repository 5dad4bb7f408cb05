"""`cipp-tui why`: one verdict of the real program, for people and for scripts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.fleet import Fleet, json_lines, simulated_fleet

WRITES = ("POST", "PATCH", "PUT", "DELETE")


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A fleet that was read, for tests that change nothing."""
    with simulated_fleet(tmp_path_factory.mktemp("why"), tenants=60) as started:
        started.run("sync")
        yield started


def in_state(fleet: Fleet, outcome: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one for one in fleet.ask("tenants") if one["expected_outcome"] == outcome
    )
    return found


def test_a_broken_tenant_gets_one_verdict_one_next_step_and_the_raw_error(still: Fleet) -> None:
    blocked = in_state(still, "ca-blocked")

    done = still.run("why", blocked["default_domain"], expect=1)

    name, verdict, *rest = done.stdout.splitlines()
    assert blocked["name"] in name
    assert (
        verdict == "x Conditional Access of the customer blocks our sign-in. [conditional-access]"
    )
    assert sum(line.startswith("  Next: ") for line in rest) == 1
    raw = next(line for line in rest if line.startswith("  Raw: "))
    assert "AADSTS53003, HTTP 400" in raw
    assert "request " in raw
    assert "T" in raw.rpartition(", ")[2]


def test_a_tenant_in_order_ends_well(still: Fleet) -> None:
    done = still.run("why", in_state(still, "up-to-date")["id"])

    assert "= Nothing is wrong. [in-order]" in done.stdout


def test_scripts_get_the_verdict_its_facts_and_the_raw_problem(still: Fleet) -> None:
    lonely = in_state(still, "user-not-in-group")

    (found,), summary = json_lines(still.run("why", lonely["id"], "--json", expect=1).stdout)

    verdict = found["diagnosis"]
    assert found["tenant_id"] == lonely["id"]
    assert verdict["kind"] == summary["kind"] == "user-not-in-group"
    assert verdict["weight"] == "broken"
    assert verdict["looked_at"]
    assert verdict["problem"]["code"] == "AADSTS50020"
    assert verdict["problem"]["request_id"]
    assert {"sign": "+", "label": "groups", "words": "15 roles given to our groups"} in verdict[
        "facts"
    ]


def test_a_tenant_nobody_has_heard_of_is_looked_at_by_its_id(still: Fleet) -> None:
    done = still.run("why", "00000000-0000-0000-0000-00000000abcd", expect=1)

    assert "[tenant-gone]" in done.stdout


def test_a_word_that_means_nobody_is_told(still: Fleet) -> None:
    done = still.run("why", "no-such-tenant.example", expect=2)

    assert "no tenant is called" in done.stderr
    assert done.stdout == ""


def test_nothing_is_written_here_or_there(still: Fleet) -> None:
    stored = still.run("tenants", "--json").stdout
    still.ask("reset-log", {})

    still.run("why", in_state(still, "no-consent")["id"], expect=1)

    log = still.ask("log")
    assert {entry["route"] for entry in log} <= {"token", "batch", "customers.list"}
    inner = [one for entry in log for one in entry["inner"]]
    assert not [one for one in inner if one[0] in WRITES], inner
    assert still.run("tenants", "--json").stdout == stored


def test_a_broken_sign_in_of_our_own_is_said_once_and_asks_to_sign_in(tmp_path: Path) -> None:
    with simulated_fleet(tmp_path, tenants=4) as fleet:
        fleet.run("sync")
        one = fleet.ask("tenants")[1]["id"]
        fleet.ask("plant", {"cause": "secret-expired"})

        done = fleet.run("why", one, expect=3)
        told = fleet.run("why", one, "--json", expect=3)

        assert "!! The application's client secret has expired. [secret-expired]" in done.stdout
        assert "it concerns every tenant" in done.stdout
        assert json.loads(told.stdout.splitlines()[0])["diagnosis"]["fleet_wide"] is True
