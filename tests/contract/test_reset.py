"""Taking access away and giving it back: nobody is left without."""

from pathlib import Path

import pytest

from cipp_tui.domain.fleet import Standing
from cipp_tui.domain.permissions import Verdict
from cipp_tui.domain.tenants import TenantId
from cipp_tui.simulator import Faults, Knobs, Simulator
from cipp_tui.simulator.plant import plant
from tests.support import House, HurriedClock, running_house, simulator_for


def customers(house: House) -> list[TenantId]:
    partner = house.world.partner.id
    return sorted(row.id for row in house.session.fleet.rows() if row.id != partner)


def deletes(simulator: Simulator) -> int:
    return simulator.counts().get("consent.delete", 0)


def script(*rules: dict[str, object]) -> Faults:
    return Faults.script(rules)


@pytest.mark.parametrize("principal_goes", [True, False])
async def test_a_reset_rebuilds_everything_and_verifies_it(
    tmp_path: Path, principal_goes: bool
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(
        clock,
        tenants=3,
        up_to_date=1.0,
        knobs=Knobs(consent_delete_removes_principal=principal_goes),
    )
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        before = (await house.session.inspection.compare(one)).granted.principal

        view = await house.session.acts.reset([one])
        view = await house.session.jobs.finished(view.id)

        after = await house.session.inspection.compare(one)
        assert view.changed == 1
        assert after.diff.in_order
        assert after.granted.principal is not None
        assert (after.granted.principal != before) is principal_goes
        assert deletes(simulator) == 1


@pytest.mark.parametrize(
    "cause", ["relationship-ending-today", "role-cannot-consent", "partner-center-down"]
)
async def test_a_failed_check_takes_nothing_away(tmp_path: Path, cause: str) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        one = sorted(t for t in simulator.world.tenants if t != simulator.world.partner.id)[0]
        plant(simulator.world, one, cause)
        await house.read_list()

        view = await house.session.acts.reset([TenantId(one)])
        view = await house.session.jobs.finished(view.id)

        assert view.failed == 1
        assert deletes(simulator) == 0
        assert (await house.session.inspection.compare(TenantId(one))).granted.principal is not None


async def test_a_refused_taking_changes_nothing_and_is_a_failure(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(
        clock,
        tenants=3,
        up_to_date=1.0,
        faults=script({"route": "consent.delete", "action": "status", "status": 403}),
    )
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]

        view = await house.session.acts.reset([one])
        view = await house.session.jobs.finished(view.id)

        assert (view.failed, view.stranded) == (1, 0)
        assert (await house.session.inspection.compare(one)).diff.in_order


@pytest.mark.parametrize("action", ["lose-reply", "drop"])
async def test_a_taking_without_an_answer_is_given_back_and_never_repeated(
    tmp_path: Path, action: str
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(
        clock,
        tenants=3,
        up_to_date=1.0,
        faults=script({"route": "consent.delete", "action": action, "nth": 1}),
    )
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]

        view = await house.session.acts.reset([one])
        view = await house.session.jobs.finished(view.id)

        assert view.restored == 1
        assert (await house.session.inspection.compare(one)).diff.in_order
        assert deletes(simulator) == 1


async def test_a_give_back_that_keeps_failing_leaves_the_tenant_on_top_until_it_is_paid(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(
        clock,
        tenants=3,
        up_to_date=1.0,
        faults=script(
            {"route": "consent.create", "action": "status", "status": 400, "nth": 2, "count": 999}
        ),
    )
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        view = await house.session.acts.reset([one])
        view = await house.session.jobs.finished(view.id)
        assert view.stranded == 1
        assert [row.id for row in house.session.owed] == [one]
        row = house.session.fleet.row(one)
        assert row is not None
        assert row.standing is Standing.NO_ACCESS

    simulator.faults = Faults.none()
    async with running_house(tmp_path, simulator, clock=clock) as house:
        view_now = house.session.jobs.running()
        if view_now is not None:
            await house.session.jobs.finished(view_now.id)
        row = house.session.fleet.row(one)
        assert row is not None
        assert not row.stranded
        assert row.permissions is not None
        assert row.permissions.verdict is Verdict.IN_ORDER
        assert (await house.session.inspection.compare(one)).diff.in_order
    assert deletes(simulator) == 1


async def test_of_several_the_first_goes_alone_and_its_failure_stops_the_rest(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(
        clock,
        tenants=6,
        up_to_date=1.0,
        faults=script({"route": "consent.delete", "action": "status", "status": 403}),
    )
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()

        view = await house.session.acts.reset(customers(house))
        view = await house.session.jobs.finished(view.id)

        assert (view.failed, view.stopped) == (1, 5)
        assert deletes(simulator) == 1


async def test_several_are_reset_one_after_the_other_and_verified(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=6, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()

        view = await house.session.acts.reset(customers(house))
        view = await house.session.jobs.finished(view.id)

        assert view.changed == 6
        assert deletes(simulator) == 6
