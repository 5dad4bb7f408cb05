"""Going on with an interrupted job: what was decided since the interruption counts."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cipp_tui.api.steps import REFRESH_PLAN, RESET_PLAN
from cipp_tui.domain.failures import one_more
from cipp_tui.domain.fleet import Exclusion, Failures
from cipp_tui.domain.jobs import Action, Job, Step
from cipp_tui.domain.problems import Refused
from cipp_tui.domain.tenants import Tenant, TenantId
from cipp_tui.simulator import Simulator, build_world
from cipp_tui.storage.database import open_database
from cipp_tui.storage.journal import Draft, Journal
from cipp_tui.storage.state import FleetStore
from tests.contract.lab import WHEN, Lab, lab_of

LATER = WHEN + timedelta(hours=1)


@pytest.fixture
def lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Lab]:
    """Five customers that lack everything; the list was read."""
    simulator = Simulator(build_world(5, 7, up_to_date=0.0))
    with lab_of(simulator, tmp_path, monkeypatch, capsys) as made:
        assert made.run("sync").code == 0
        simulator.reset_log()
        yield made


def customers(lab: Lab) -> list[Tenant]:
    world = lab.simulator.world
    return [
        Tenant(id=TenantId(one.id), name=one.name)
        for one in world.tenants.values()
        if one is not world.partner
    ]


OTHER = "0f0f0f0f-0000-4000-8000-000000000000"


async def interrupt(lab: Lab, action: Action, plan: tuple[Step, ...]) -> None:
    """Leave a job over all customers that was cut off before the first of them; then decide:
    the first is excluded, the second removed, the third gone, the fourth suspended."""
    excluded, removed, gone, suspended, _ = customers(lab)
    async with open_database(lab.state / "state.db") as database:
        journal, store = Journal(database), FleetStore(database)
        await journal.open()
        wish = Job(id=0, action=action, actor="kim@bastion", created_at=WHEN)
        await journal.begin(wish, [Draft(one.id, one.name, plan) for one in customers(lab)])
        store.put_exclusion(excluded.id, Exclusion(by="kim", at=LATER, reason="left us"))
        store.drop_tenants([removed.id])
        store.put_tenants([Tenant(id=gone.id, name=gone.name, gone_since=LATER)])
        store.put_failures(suspended.id, fifty(Refused("no", code="AADSTS53003")))


def fifty(problem: Refused) -> Failures:
    failures = None
    for _ in range(50):
        failures = one_more(failures, problem, at=LATER)
    assert failures is not None
    return failures


@pytest.mark.parametrize(
    ("action", "plan"), [(Action.REFRESH, REFRESH_PLAN), (Action.RESET, RESET_PLAN)]
)
def test_whoever_was_taken_out_since_is_left_out_and_named(
    lab: Lab, action: Action, plan: tuple[Step, ...]
) -> None:
    asyncio.run(interrupt(lab, action, plan))
    excluded, removed, gone, suspended, stays = customers(lab)

    ended = lab.run("jobs", "resume")

    for tenant, why in (
        (excluded, "excluded"),
        (removed, "removed from the list"),
        (gone, "no active relationship"),
        (suspended, "suspended"),
    ):
        assert any(
            tenant.name in line and f"left out, {why}" in line for line in ended.out.splitlines()
        ), ended
    touched = {entry.tenant for entry in lab.simulator.log if entry.tenant is not None}
    assert touched - {lab.simulator.world.partner.id} == {stays.id}
    again = lab.run("jobs", "resume")
    assert "No job was interrupted." in again.err


@pytest.mark.parametrize("other", ["app", "partner"])
def test_access_that_another_application_or_partner_had_is_not_given_back_by_ours(
    lab: Lab, other: str
) -> None:
    tenant = customers(lab)[0]
    world = lab.simulator.world
    identity = {"partner": world.partner.id, "app": world.application.app_id}
    lab.owe(tenant.id, name=tenant.name, **(identity | {other: OTHER}))

    ended = lab.run("sync")

    assert lab.changes == []
    assert ended.code == 4, ended
    assert f"{tenant.name}: job 1 took away access of application" in ended.err
    assert OTHER in ended.err
    assert "Set client_id and partner_tenant back" in ended.err


def test_access_that_our_own_application_had_is_given_back(lab: Lab) -> None:
    tenant = customers(lab)[0]
    world = lab.simulator.world
    lab.owe(tenant.id, name=tenant.name, partner=world.partner.id, app=world.application.app_id)

    assert lab.run("sync").code == 0
    assert any(change.startswith("POST /v1/customers/") for change in lab.changes)


def test_a_job_says_whom_it_was_begun_for_and_another_profile_leaves_it_alone(lab: Lab) -> None:
    async def begun_by_another() -> None:
        async with open_database(lab.state / "state.db") as database:
            journal = Journal(database)
            await journal.open()
            wish = Job(id=0, action=Action.REFRESH, actor="kim@bastion", created_at=WHEN, app=OTHER)
            await journal.begin(
                wish, [Draft(one.id, one.name, REFRESH_PLAN) for one in customers(lab)]
            )

    async def newest() -> Job:
        async with open_database(lab.state / "state.db") as database:
            return (await Journal(database).jobs(1))[0]

    asyncio.run(begun_by_another())
    ended = lab.run("jobs", "resume")

    assert ended.out.count("left out, begun for another application or partner") == 5
    assert lab.changes == []
    assert lab.run("refresh", customers(lab)[0].id).code == 0
    world = lab.simulator.world
    job = asyncio.run(newest())
    assert (job.partner, job.app) == (world.partner.id, world.application.app_id)
