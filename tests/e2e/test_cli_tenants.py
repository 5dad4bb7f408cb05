"""Naming tenants, and what is kept between two starts of the command line."""

import csv
import io
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.fleet import Fleet, json_lines, simulated_fleet


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with simulated_fleet(tmp_path, tenants=60) as started:
        started.run("sync")
        yield started


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A fleet that was read, for tests that change nothing."""
    with simulated_fleet(tmp_path_factory.mktemp("still"), tenants=60) as started:
        started.run("sync")
        yield started


def tenants(fleet: Fleet) -> dict[str, dict[str, Any]]:
    told, _ = json_lines(fleet.run("tenants", "--json").stdout)
    return {facts["tenant_id"]: facts for facts in told}


def healthy(fleet: Fleet) -> list[dict[str, Any]]:
    return [t for t in fleet.ask("tenants") if t["expected_outcome"] == "up-to-date"]


def sent(fleet: Fleet) -> int:
    return int(fleet.ask("counts")["total"])


def test_exclude_and_include_are_remembered_by_the_next_start(fleet: Fleet) -> None:
    one = healthy(fleet)[0]

    told, summary = json_lines(
        fleet.run("exclude", one["id"], "--reason", "left us", "--json").stdout
    )
    excluded = tenants(fleet)[one["id"]]["excluded"]
    fleet.run("sync")
    still = tenants(fleet)[one["id"]]["excluded"]
    fleet.run("include", one["id"])

    assert [facts["outcome"] for facts in told] == ["changed"]
    assert summary["changed"] == summary["total"] == 1
    assert excluded["reason"] == "left us"
    assert excluded["by"]
    assert excluded["at"]
    assert still == excluded
    assert tenants(fleet)[one["id"]]["excluded"] is None


def test_an_excluded_tenant_is_left_out_of_a_refresh_of_all(fleet: Fleet) -> None:
    one = healthy(fleet)[0]
    fleet.run("exclude", one["id"])

    told, _ = json_lines(fleet.run("refresh", "--all", "--json", expect=1).stdout)

    facts = next(facts for facts in told if facts["tenant_id"] == one["id"])
    assert (facts["outcome"], facts["skipped_because"]) == ("skipped", "excluded")
    assert not [entry for entry in fleet.ask("log") if entry["tenant"] == one["id"]]


def test_excluding_twice_is_told_and_changes_nothing(fleet: Fleet) -> None:
    one = healthy(fleet)[0]["id"]
    fleet.run("exclude", one, "--reason", "first")

    told, summary = json_lines(fleet.run("exclude", one, "--reason", "second", "--json").stdout)

    assert told[0]["outcome"] == "skipped"
    assert summary["skipped"] == summary["total"] == 1
    assert tenants(fleet)[one]["excluded"]["reason"] == "first"


def test_a_removed_tenant_is_gone_until_the_list_is_read_again(fleet: Fleet) -> None:
    one = healthy(fleet)[0]["id"]

    fleet.run("remove", one)
    removed = one not in tenants(fleet)
    fleet.run("sync")

    assert removed
    assert one in tenants(fleet)


def test_removed_and_excluded_it_comes_back_excluded(fleet: Fleet) -> None:
    one = healthy(fleet)[0]["id"]

    fleet.run("remove", one, "--exclude")
    fleet.run("sync")

    assert tenants(fleet)[one]["excluded"] is not None


def test_a_tenant_is_named_by_id_domain_or_exact_name_in_any_case(fleet: Fleet) -> None:
    first, second, third = (t for t in healthy(fleet)[:4] if t["name"] != "Tailwind Traders")

    fleet.run(
        "exclude", first["id"].upper(), second["default_domain"].upper(), third["name"].lower()
    )

    excluded = {id for id, facts in tenants(fleet).items() if facts["excluded"]}
    assert excluded == {first["id"], second["id"], third["id"]}


def test_one_tenant_named_twice_is_acted_on_once(fleet: Fleet) -> None:
    one = healthy(fleet)[0]

    told, summary = json_lines(
        fleet.run("exclude", one["id"], one["default_domain"], "--json").stdout
    )

    assert len(told) == summary["total"] == 1


@pytest.mark.parametrize(
    "command",
    [
        ["exclude"],
        ["include"],
        ["remove"],
        ["refresh"],
        ["plan"],
        ["reset", "--yes-remove-access"],
    ],
    ids=lambda command: str(command[0]),
)
def test_an_ambiguous_name_lists_its_tenants_and_does_nothing(
    still: Fleet, command: list[str]
) -> None:
    before = tenants(still)
    twins = [id for id, facts in before.items() if facts["display_name"] == "Tailwind Traders"]
    good = healthy(still)[0]["id"]
    still.ask("reset-log", {})

    done = still.run(command[0], good, "Tailwind Traders", *command[1:], expect=2)

    assert len(twins) == 2
    assert "means 2 tenants" in done.stderr
    assert all(id in done.stderr for id in twins)
    assert done.stdout == ""
    assert tenants(still) == before
    assert not [entry for entry in still.ask("log") if entry["tenant"] == good]


def test_a_name_of_nobody_lists_those_near_to_it_and_does_nothing(still: Fleet) -> None:
    one = healthy(still)[0]

    done = still.run("exclude", f"{one['default_domain']}x", expect=2)

    assert "no tenant is called" in done.stderr
    assert one["id"] in done.stderr
    assert done.stdout == ""


def test_a_name_like_nothing_at_all_says_where_the_list_is(still: Fleet) -> None:
    done = still.run("exclude", "\x1b[31mqqqqqqqqqqqqqqqq", expect=2)

    assert "cipp-tui tenants lists them" in done.stderr
    assert "\x1b" not in done.stderr


def test_looking_asks_the_services_nothing(still: Fleet) -> None:
    still.ask("reset-log", {})

    still.run("tenants")
    still.run("audit")
    still.run("jobs", "list")

    assert sent(still) == 0


def test_a_filter_narrows_the_list_and_a_wrong_one_is_refused(still: Fleet) -> None:
    told, summary = json_lines(still.run("tenants", "--filter", "tailwind", "--json").stdout)
    refused = still.run("tenants", "--filter", "state:nonsense", expect=None)

    assert 0 < len(told) == summary["total"] < 60
    assert refused.returncode in (0, 2)


def test_a_spreadsheet_takes_every_cell_as_text(still: Fleet) -> None:
    done = still.run("tenants", "--csv")

    head, *rows = csv.reader(io.StringIO(done.stdout))
    assert head[:3] == ["Tenant", "Domain", "Tenant id"]
    assert len(rows) == len(tenants(still))
    assert "'=1+1 Consulting" in {row[0] for row in rows}
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r")]


@pytest.mark.parametrize(
    "words",
    [
        "tenants",
        "tenants --csv",
        "tenants --json",
        "sync --json",
        "plan --all",
        "refresh --all",
        "refresh --all --json",
    ],
)
def test_no_name_can_speak_to_the_terminal(still: Fleet, words: str) -> None:
    done = still.run(*words.split(), expect=None)

    assert "board BV" in done.stdout
    assert "Contoso [Test] Ltd" in done.stdout
    for sign in "\x1b\x07\x00\x9b\u202e\u2066":
        assert sign not in done.stdout + done.stderr
        assert json.dumps(sign)[1:-1] not in done.stdout


def listed(fleet: Fleet, *words: str) -> list[dict[str, Any]]:
    """The objects of a --json answer without its summary."""
    objects = map(json.loads, fleet.run(*words, "--json").stdout.splitlines())
    return [facts for facts in objects if "summary" not in facts]


def test_what_was_done_is_told_by_jobs_and_audit(fleet: Fleet) -> None:
    one = healthy(fleet)[0]
    fleet.run("exclude", one["id"], "--reason", "left us")
    fleet.run("include", one["id"])

    jobs = listed(fleet, "jobs", "list")
    shown, job = json_lines(fleet.run("jobs", "show", "1", "--json").stdout)
    audit = listed(fleet, "audit")

    assert [(facts["job"], facts["action"]) for facts in jobs] == [(2, "include"), (1, "exclude")]
    assert (shown[0]["tenant_id"], shown[0]["reason"]) == (one["id"], "left us")
    assert job["changed"] == 1
    assert [facts["action"] for facts in audit] == ["include", "exclude"]
    assert audit[0]["actor"]
    assert one["name"] in fleet.run("audit").stdout


def test_a_job_that_never_was_is_refused(still: Fleet) -> None:
    assert "there is no job 99" in still.run("jobs", "show", "99", expect=2).stderr
    assert "nothing left to do" in still.run("jobs", "resume", "99", expect=2).stderr
    assert "No job was interrupted" in still.run("jobs", "resume").stderr


def test_one_tenant_can_be_read_again(still: Fleet) -> None:
    one = healthy(still)[0]

    told, _ = json_lines(still.run("sync", one["default_domain"], "--json").stdout)

    assert [facts["tenant_id"] for facts in told] == [one["id"]]


def test_the_state_is_for_its_owner_alone(still: Fleet) -> None:
    home = Path(still.env["CIPP_TUI_DATA"])

    for path in home.rglob("*"):
        if path.is_dir() and path.parent != home:
            assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    (state,) = home.rglob("state.db")
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
