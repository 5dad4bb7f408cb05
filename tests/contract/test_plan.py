"""A plan over real sockets: it writes nothing, says why, and foretells what a refresh does."""

from pathlib import Path

import pytest

from cipp_tui.domain.due import Due, DueReason
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Action, Outcome
from cipp_tui.domain.problems import SignInProblem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.plans import TenantPlan, plan_tenants
from cipp_tui.simulator.directory import Directory
from cipp_tui.simulator.plant import plant
from tests.support import House, HurriedClock, running_house, simulator_for

CONSENTED = ("missing-roles", "missing-scopes", "extra-scopes", "missing-resource-principal")


async def planned(house: House, *tenants: str) -> dict[str, TenantPlan]:
    """Plans by tenant id; of everybody when nobody is named."""
    found: dict[str, TenantPlan] = {}

    def take(row: TenantRow, plan: TenantPlan) -> None:
        found[row.id] = plan

    rows = [row for row in house.session.fleet.rows() if not tenants or row.id in tenants]
    await plan_tenants(house.session, rows, take, at_once=8)
    return found


def customers(house: House) -> list[TenantId]:
    partner = house.world.partner.id
    return sorted(row.id for row in house.session.fleet.rows() if row.id != partner)


async def test_a_plan_of_a_whole_fleet_sends_no_write(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=60)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        simulator.reset_log()

        plans = await planned(house)

        assert {one.method for entry in simulator.log for one in entry.inner} == {"GET"}
        sent = {(entry.service, entry.method, entry.route) for entry in simulator.log}
        assert {one for one in sent if one[1] != "GET"} <= {
            ("graph", "POST", "batch"),
            ("login", "POST", "token"),
        }
        assert await house.session.jobs.newest() == []
    assert len(plans) == 61
    assert any(plan.added_count for plan in plans.values())
    assert any(plan.problem is not None for plan in plans.values())


async def test_a_plan_foretells_what_a_refresh_gives_and_takes(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=len(CONSENTED) + 1, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock, prune=True) as house:
        await house.read_list()
        for tenant, cause in zip(customers(house), CONSENTED, strict=False):
            plant(simulator.world, tenant, cause)

        plans = await planned(house)
        job = await house.refreshed(customers(house))

        done = {entry.tenant: entry for entry in await house.session.past.of_job(job.id)}
        assert sum(plan.removed_count for plan in plans.values()) > 0
        for tenant in customers(house):
            plan, counts = plans[tenant], done[tenant].counts
            assert plan.diff is not None
            assert counts.given == plan.diff.missing_count
            assert counts.principals_created == len(plan.diff.principals_missing)
            assert counts.scopes_removed == plan.removed_count
            assert (done[tenant].outcome is Outcome.UNCHANGED) is plan.changes_nothing
        after = await planned(house, *customers(house))
        assert all(plan.changes_nothing for plan in after.values())


async def test_scopes_on_resources_that_are_not_ours_are_never_said_to_go(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=1, up_to_date=1.0)
    world = simulator.world
    async with running_house(tmp_path, simulator, clock=clock, prune=True) as house:
        await house.read_list()
        (one,) = customers(house)
        directory = world.directory_to_change(world.tenants[one])
        grant_elsewhere(directory, world.application.app_id)

        plan = (await planned(house, one))[one]
        job = await house.refreshed([one])

        (entry,) = await house.session.past.of_job(job.id)
        assert plan.diff is not None
        assert len(plan.diff.scopes_extra) == 1
        assert (plan.removed_count, entry.counts.scopes_removed) == (0, 0)


def grant_elsewhere(directory: Directory, app: str) -> None:
    """A delegated grant on an application that is none of the wanted resources."""
    resource = "99999999-9999-4999-8999-999999999999"
    directory.set_grant(directory.principals[app].id, resource, "user_impersonation")


async def test_why_a_tenant_is_due_is_told_although_comparing_settles_it(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=2, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one, other = customers(house)
        await house.session.acts.exclude([other])

        first = await planned(house)
        again = await planned(house, one)

    assert first[one].due == Due(DueReason.NEVER)
    assert first[one].due_words == "due: never refreshed"
    assert first[other].due_words == "not due: excluded"
    assert again[one].due_words == "not due"


async def test_without_a_sign_in_there_is_no_plan(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=2, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        plant(simulator.world, None, "secret-expired")

        with pytest.raises(SignInProblem):
            await planned(house)
        assert house.session.acts.why_off(Action.EXCLUDE) is None
