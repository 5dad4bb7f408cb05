"""Refreshing permissions, through the real client, against the simulated services."""

from pathlib import Path

import pytest

from cipp_tui.api.wanted import ExtraPermissions
from cipp_tui.domain.fleet import Standing
from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.permissions import MICROSOFT_GRAPH, Verdict
from cipp_tui.domain.roles import RoleId
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.advice import advise
from cipp_tui.simulator import Faults, Knobs
from cipp_tui.simulator.plant import plant
from tests.support import House, HurriedClock, running_house, simulator_for

USER_ADMINISTRATOR = RoleId("fe930be7-5e62-47db-91af-98c3a49a38b1")


def customers(house: House) -> list[TenantId]:
    partner = house.world.partner.id
    return sorted(row.id for row in house.session.fleet.rows() if row.id != partner)


async def test_a_whole_fleet_ends_in_order_and_a_second_run_changes_nothing(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    async with running_house(tmp_path, simulator_for(clock), clock=clock) as house:
        await house.read_list()
        everybody = [row.id for row in house.session.fleet.rows()]

        first = await house.refreshed(everybody)
        second = await house.refreshed(everybody)

        assert first.changed >= 6
        assert second.changed == 0
        assert second.unchanged == first.changed + first.unchanged
        for item in house.session.jobs.items(second.id):
            if item.progress.outcome is Outcome.UNCHANGED:
                row = house.session.fleet.row(item.tenant)
                assert row is not None
                assert row.permissions is not None
                assert row.permissions.verdict is Verdict.IN_ORDER


async def test_an_up_to_date_tenant_costs_two_requests_and_one_while_its_token_lasts(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=5, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        await house.session.inspection.wanted()
        one = customers(house)[0]
        simulator.reset_log()

        await house.refreshed([one])
        assert simulator.counts() == {"token": 1, "batch": 1}
        simulator.reset_log()

        await house.refreshed([one])
        assert simulator.counts() == {"batch": 1}


async def test_a_brand_new_tenant_costs_at_most_eleven_requests(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=0.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        await house.session.inspection.wanted()
        one = customers(house)[0]
        before = house.session.http_requests

        view = await house.refreshed([one])

        assert view.changed == 1
        # One of them is the Partner Center token, which a run needs once.
        assert house.session.http_requests - before <= 11 + 1


async def test_scopes_that_others_added_stay(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        plant(simulator.world, one, "missing-scopes")
        plant(simulator.world, one, "extra-scopes")
        extra = (await house.session.inspection.compare(one)).diff.scopes_extra

        await house.refreshed([one])

        after = (await house.session.inspection.compare(one)).diff
        assert extra
        assert after.in_order
        assert after.scopes_extra == extra


async def test_pruning_takes_scopes_that_others_added(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock, prune=True) as house:
        await house.read_list()
        one = customers(house)[0]
        plant(simulator.world, one, "extra-scopes")

        view = await house.refreshed([one])

        assert house.session.jobs.items(view.id)[0].counts.scopes_removed > 0
        assert (await house.session.inspection.compare(one)).diff.extra_count == 0


async def test_the_profile_may_want_more_than_the_app_registration(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    extra = ExtraPermissions(resource=MICROSOFT_GRAPH, delegated=("Unpublished.Scope",))
    async with running_house(
        tmp_path, simulator, clock=clock, extra=(extra,), directory_roles=(USER_ADMINISTRATOR,)
    ) as house:
        await house.read_list()
        one = customers(house)[0]

        view = await house.refreshed([one])

        counts = house.session.jobs.items(view.id)[0].counts
        assert counts.scopes_added == 1
        assert counts.directory_roles_added == 1


async def test_a_service_without_a_licence_is_reported_and_no_failure(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=0.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        plant(simulator.world, one, "no-licence-for-resource")

        view = await house.refreshed([one])

        assert view.changed == 1
        assert house.session.jobs.items(view.id)[0].counts.unlicensed
        row = house.session.fleet.row(one)
        assert row is not None
        assert row.permissions is not None
        assert row.permissions.unlicensed
        assert (await house.session.inspection.compare(one)).diff.in_order


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        ("ca-blocked", "conditional-access"),
        ("user-not-in-group", "user-unknown"),
        ("guest-clash", "user-unknown"),
        ("tenant-deleted", "tenant-gone"),
        ("tenant-unavailable", "tenant-unavailable"),
        ("principal-disabled", "principal-disabled"),
    ],
)
async def test_what_the_customer_refuses_is_a_typed_problem_with_advice(
    tmp_path: Path, cause: str, kind: str
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=4, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        ids = customers(house)
        plant(simulator.world, ids[0], cause)

        view = await house.refreshed(ids)

        assert (view.failed, view.unchanged) == (1, len(ids) - 1)
        row = house.session.fleet.row(ids[0])
        assert row is not None
        assert row.failures is not None
        assert row.standing is Standing.FAILING
        assert advise(row.failures.problem).kind == kind


async def test_failures_in_a_row_are_counted_and_forgotten_after_success(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        tenant = simulator.world.tenants[one]
        plant(simulator.world, one, "ca-blocked")
        await house.refreshed([one])
        await house.refreshed([one])
        row = house.session.fleet.row(one)
        assert row is not None
        assert row.failures is not None
        assert row.failures.count == 2

        tenant.refusal = None
        await house.refreshed([one])

        row = house.session.fleet.row(one)
        assert row is not None
        assert row.failures is None


@pytest.mark.parametrize("cause", ["secret-expired", "refresh-token-revoked", "account-disabled"])
async def test_a_cause_of_our_own_stops_the_run_instead_of_failing_every_tenant(
    tmp_path: Path, cause: str
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=40, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock, concurrency=4) as house:
        await house.read_list()
        ids = customers(house)
        plant(simulator.world, ids[0], cause, now=clock.now().timestamp())

        view = await house.refreshed(ids)

        assert view.fleet_wide is not None
        assert advise(view.fleet_wide).fleet_wide
        assert view.skipped >= 30
        assert (view.stopped, view.skipped + view.failed) == (0, len(ids))
        assert all(row.failures is None for row in house.session.fleet.rows())


@pytest.mark.parametrize("preset", ["mild", "storm"])
async def test_under_throttling_and_outages_every_outcome_is_still_right(
    tmp_path: Path, preset: str
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(
        clock, tenants=60, seed=11, faults=Faults.preset(preset, 3), knobs=Knobs()
    )
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        everybody = [row.id for row in house.session.fleet.rows()]

        view = await house.refreshed(everybody)

        simulator.faults = Faults.none()
        for item in house.session.jobs.items(view.id):
            if item.progress.outcome in (Outcome.CHANGED, Outcome.UNCHANGED):
                assert (await house.session.inspection.compare(item.tenant)).diff.in_order or (
                    item.counts.unlicensed
                )
            else:
                hint = simulator.world.tenants[item.tenant].hint
                assert hint not in ("up-to-date", "no-consent", "missing-roles"), (
                    hint,
                    item.progress.problem,
                )


@pytest.mark.parametrize("action", ["html", "wrong-shape", "truncated-json", "huge"])
async def test_an_answer_of_the_wrong_shape_fails_that_tenant_only(
    tmp_path: Path, action: str
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=4, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        await house.session.inspection.wanted()
        ids = customers(house)
        simulator.faults = Faults.script(
            [{"route": "batch", "tenant": ids[0], "action": action, "count": 1000}]
        )

        view = await house.refreshed(ids)

        assert (view.failed, view.unchanged) == (1, len(ids) - 1)
        (failed,) = [i for i in house.session.jobs.items(view.id) if i.tenant == ids[0]]
        assert failed.progress.problem is not None
        assert advise(failed.progress.problem).kind in ("not-understood", "too-large")


async def test_principals_that_a_lost_reply_made_are_waited_for(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=12, up_to_date=0.0)
    async with running_house(tmp_path, simulator, clock=clock, concurrency=1) as house:
        await house.read_list()
        fresh = [r.id for r in house.session.fleet.rows() if r.id != house.world.partner.id]
        rule = {"route": "batch", "action": "lose-reply", "probability": 0.4}
        faults = Faults.script([rule], seed=3)
        faults.streak_limit = 2
        faults.replication_s = 20.0
        simulator.faults = faults

        view = await house.refreshed(fresh)

        assert (view.changed, view.failed) == (len(fresh), 0)


async def test_being_throttled_again_and_again_does_not_use_up_the_patience_with_a_fault(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = next(r.id for r in house.session.fleet.rows() if r.id != house.world.partner.id)
        simulator.faults = Faults.script(
            [
                {"route": "batch", "action": "throttle", "retry_after": 1, "nth": n}
                for n in range(1, 8)
            ]
            + [{"route": "batch", "action": "status", "status": 504, "nth": 8}]
        )

        view = await house.refreshed([one])

        assert (view.unchanged, view.failed) == (1, 0)
