"""`refresh` and `plan` over a whole simulated fleet, as a script sees them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.fleet import Fleet, json_lines, simulated_fleet

pytestmark = pytest.mark.xdist_group("cli-refresh")  # one story for all
PROBLEM_KEYS = {"kind", "code", "headline", "advice", "request_id"}


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with simulated_fleet(tmp_path, tenants=60) as started:
        yield started


def writes(fleet: Fleet) -> set[tuple[str | None, str]]:
    """Where something was sent to change something, and what; inside batches too."""
    found = set()
    for entry in fleet.ask("log"):
        inner = [(method, route) for method, _, _, route in entry["inner"]]
        for method, route in inner or [(entry["method"], entry["route"])]:
            if method != "GET" and route not in ("token", "batch"):
                found.add((entry["tenant"], f"{method} {route}"))
    return found


def refreshed(fleet: Fleet) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    return json_lines(fleet.run("refresh", "--all", "--json", expect=1).stdout)


@dataclass(frozen=True, slots=True)
class Story:
    """A fleet before, during and after its first refresh."""

    fleet: Fleet
    before: dict[str, dict[str, Any]]  # the simulator's list, by tenant id
    lacking: set[str]
    told: list[dict[str, Any]]
    summary: dict[str, Any]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with simulated_fleet(tmp_path_factory.mktemp("story"), tenants=60) as fleet:
        before = {tenant["id"]: tenant for tenant in fleet.ask("tenants")}
        lacking = {id for id in before if not fleet.ask(f"tenants/{id}")["wanted_complete"]}
        yield Story(fleet, before, lacking, *refreshed(fleet))


def test_a_refresh_of_all_tells_every_tenant_once_with_its_outcome(story: Story) -> None:
    told, summary = story.told, story.summary

    listed = {id for id, tenant in story.before.items() if tenant["expected_outcome"] != "direct"}
    assert sorted(facts["tenant_id"] for facts in told) == sorted(listed)
    for facts in told:
        assert {"tenant_id", "display_name", "default_domain", "outcome", "problem"} <= set(facts)
        assert (facts["problem"] is not None) == (facts["outcome"] == "failed")
        assert facts["problem"] is None or set(facts["problem"]) >= PROBLEM_KEYS
    for outcome in ("changed", "unchanged", "failed", "skipped"):
        assert summary[outcome] == sum(facts["outcome"] == outcome for facts in told)
    assert summary["total"] == len(told)
    assert summary["http_requests"] > 0
    assert summary["seconds"] > 0


def test_what_is_told_is_the_simulators_truth(story: Story) -> None:
    for facts in story.told:
        one = facts["tenant_id"]
        if facts["outcome"] in ("changed", "unchanged"):
            assert story.fleet.ask(f"tenants/{one}")["wanted_complete"], facts
        if facts["outcome"] == "unchanged":
            assert one not in story.lacking, facts
        if facts["outcome"] == "skipped":
            assert story.before[one]["active_relationships"] == 0


def test_every_failure_says_what_to_do(story: Story) -> None:
    failed = [facts["problem"] for facts in story.told if facts["outcome"] == "failed"]

    assert len({problem["kind"] for problem in failed}) > 5
    for problem in failed:
        assert problem["kind"]
        assert problem["code"]
        assert problem["headline"]
        assert problem["advice"]


def test_the_second_refresh_changes_nothing_and_writes_nothing(story: Story) -> None:
    story.fleet.ask("reset-log", {})

    second, summary = refreshed(story.fleet)

    assert summary["changed"] == 0
    assert summary["unchanged"] == story.summary["unchanged"] + story.summary["changed"]
    assert len(second) == len(story.told)
    good = {facts["tenant_id"] for facts in second if facts["outcome"] == "unchanged"}
    written = {one for one in writes(story.fleet) if one[0] in good}
    # A principal whose service the customer has no licence for is asked for each time.
    assert {story.before[str(tenant)]["expected_outcome"] for tenant, _ in written} <= {
        "no-licence-for-resource"
    }, written


def test_those_that_are_due_are_fewer_after_a_refresh(story: Story) -> None:
    due, summary = json_lines(story.fleet.run("refresh", "--due", "--json", expect=None).stdout)

    assert summary["total"] < len(story.told)
    assert not {f["tenant_id"] for f in due} & {
        f["tenant_id"] for f in story.told if f["outcome"] in ("changed", "unchanged")
    }


def test_where_nobody_fails_the_exit_code_is_0(fleet: Fleet) -> None:
    fleet.run("sync")
    good = [t["id"] for t in fleet.ask("tenants") if t["expected_outcome"] == "up-to-date"][:3]

    told, summary = json_lines(fleet.run("refresh", *good, "--json").stdout)

    assert {facts["tenant_id"] for facts in told} == set(good)
    assert summary["unchanged"] == 3


def test_a_plan_of_all_writes_nothing_there_and_foretells_the_refresh(fleet: Fleet) -> None:
    plan, summary = json_lines(fleet.run("plan", "--all", "--json", expect=1).stdout)

    assert writes(fleet) == set()
    assert summary["changed"] == 0
    parts = ("unchanged", "would_change", "failed", "skipped")
    assert summary["total"] == sum(summary[part] for part in parts)
    would = {f["tenant_id"] for f in plan if f.get("would_give") or f.get("consent_missing")}
    assert len(would) == summary["would_change"]
    told, _ = refreshed(fleet)
    changed = {facts["tenant_id"] for facts in told if facts["outcome"] == "changed"}
    assert changed <= would
    assert writes(fleet)


def test_a_plan_in_words_ends_with_the_numbers(fleet: Fleet) -> None:
    done = fleet.run("plan", "--all", expect=1)

    assert done.stdout.splitlines()[-1].startswith("Nothing was changed: ")


def test_a_refresh_without_any_target_is_refused(fleet: Fleet) -> None:
    done = fleet.run("refresh", expect=2)

    assert "name tenants, or use --all or --due" in done.stderr
    assert done.stdout == ""
    assert fleet.ask("counts")["total"] == 0


def test_one_sick_tenant_does_not_stop_the_others(fleet: Fleet) -> None:
    fleet.run("sync")
    sick, *well = [t["id"] for t in fleet.ask("tenants") if t["expected_outcome"] == "up-to-date"]
    fleet.ask("faults", [{"route": "batch", "tenant": sick, "action": "html"}])

    told, _ = json_lines(fleet.run("refresh", sick, *well, "--json", expect=1).stdout)

    outcomes = {facts["tenant_id"]: facts["outcome"] for facts in told}
    assert outcomes.pop(sick) == "failed"
    assert set(outcomes.values()) == {"unchanged"}


def test_what_was_given_is_told_of_a_tenant_that_failed_half_way(fleet: Fleet) -> None:
    fleet.run("sync")
    fresh = [t["id"] for t in fleet.ask("tenants") if t["expected_outcome"] == "no-consent"]
    refuse = {"route": "app-roles.create", "action": "status", "status": 403, "nth": 5, "count": 3}
    fleet.ask("faults", [{**refuse, "tenant": tenant} for tenant in fresh[:2]])

    told, _ = json_lines(fleet.run("refresh", fresh[0], "--json", expect=1).stdout)
    words = fleet.run("refresh", fresh[1], expect=1).stdout

    given = sum(map(len, fleet.ask(f"tenants/{fresh[0]}")["roles"].values()))
    (facts,) = told
    assert facts["outcome"] == "failed"
    assert facts["counts"]["roles_added"] == given
    assert given > 40
    counts = facts["counts"]
    whole = given + counts["scopes_added"] + counts["directory_roles_added"]
    assert f" {whole} given before that. [" in words


def test_the_results_in_words_name_every_tenant_and_end_with_a_sum(fleet: Fleet) -> None:
    done = fleet.run("refresh", "--all", expect=1)

    *lines, last = done.stdout.splitlines()
    assert last.startswith("Job 1: ")
    assert len(lines) == len(fleet.ask("tenants")) - 2
    assert all(line[:2].strip() in ("+", "=", "x", "-") for line in lines)
