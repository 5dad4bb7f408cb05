"""Writes that go well in part: what was given is counted all the same, and what failed is named."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.permissions import StepCounts
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.views import ItemView
from cipp_tui.simulator import Faults
from cipp_tui.simulator.catalogue import EXCHANGE
from tests.crash.histories import Explorer, Moment
from tests.crash.house import SmallHouse
from tests.crash.small_world import WANTED_ROLES, customers, holding
from tests.crash.test_counts import differences

BACKING = (
    "When using this permission, the backing application of the service principal being created"
    " must in the local tenant"
)
WRITES = (
    "principals.create",
    "directory-roles.activate",
    "app-roles.create",
    "grants.create",
    "grants.update",
    "directory-roles.add-member",
)


def only(house: SmallHouse) -> TenantId:
    (one,) = customers(house.simulator.world)
    return TenantId(one.id)


async def refreshed(house: SmallHouse) -> ItemView:
    view = await house.session.acts.refresh([only(house)])
    view = await house.session.jobs.finished(view.id)
    (item,) = house.session.jobs.items(view.id)
    return item


def what_was_done(counts: StepCounts) -> StepCounts:
    """The part of the counts that the simulator's books can be asked for."""
    return StepCounts(
        consents=counts.consents,
        principals_created=counts.principals_created,
        roles_added=counts.roles_added,
        scopes_added=counts.scopes_added,
        scopes_removed=counts.scopes_removed,
        directory_roles_added=counts.directory_roles_added,
    )


async def played(explorer: Explorer, start: Moment, *faults: Mapping[str, Any]) -> ItemView:
    """A refresh under faults, whose counts are what is different in the simulator's books."""
    async with explorer.playing(start) as (house, _):
        world = house.simulator.world
        one = only(house)
        before = holding(world, one)
        house.simulator.faults = Faults.script([{**fault, "tenant": one} for fault in faults])

        item = await refreshed(house)

        books = differences(before, holding(world, one), world.application.app_id)
        assert what_was_done(item.counts) == what_was_done(books), (faults, item.progress)
        (entry,) = await house.session.past.of_tenant(one)
        assert entry.counts == item.counts
    explorer.tally.histories += 1
    explorer.tally.played += 1
    return item


@pytest.mark.parametrize("status", [403, 500])
@pytest.mark.parametrize("route", WRITES)
async def test_what_was_given_before_a_write_failed_is_counted(
    explorer: Explorer, route: str, status: int
) -> None:
    start = await explorer.beginning(consented=False)
    fault = {"route": route, "action": "status", "status": status, "count": 1000}
    for nth in (1, 2, 3):
        item = await played(explorer, start, {**fault, "nth": nth})
        if item.progress.outcome is Outcome.FAILED:
            assert item.counts.consents == 1
            assert item.progress.problem is not None
            assert item.progress.problem.status == status


async def test_one_role_of_several_is_refused_and_the_others_are_counted(
    explorer: Explorer,
) -> None:
    start = await explorer.beginning(consented=False)
    total = sum(map(len, WANTED_ROLES.values()))

    item = await played(
        explorer, start, {"route": "app-roles.create", "action": "status", "status": 403, "nth": 2}
    )

    assert item.progress.outcome is Outcome.FAILED
    assert item.counts.roles_added == total - 1
    assert item.progress.given == item.counts.given


@pytest.mark.parametrize("nth", range(3, 9))
async def test_what_was_given_before_the_connection_broke_for_good_is_counted(
    explorer: Explorer, nth: int
) -> None:
    """A whole batch cannot be sent any more. What the batches before it did has its answers."""
    start = await explorer.beginning(consented=False)

    await played(
        explorer,
        start,
        {"route": "batch", "action": "drop", "nth": nth - 2, "count": 1000},
    )


async def test_what_was_given_before_a_part_was_throttled_for_good_is_counted(
    explorer: Explorer,
) -> None:
    """One part of a batch is throttled, the others are done; sending it again breaks down."""
    start = await explorer.beginning(consented=False)

    item = await played(
        explorer,
        start,
        {"route": "app-roles.create", "action": "throttle", "retry_after": 1, "nth": 2},
        {"route": "batch", "action": "drop", "nth": 5, "count": 1000},
    )

    assert item.progress.outcome is Outcome.FAILED
    assert item.counts.roles_added > 0


async def test_what_was_given_before_the_deadline_is_counted(explorer: Explorer) -> None:
    """One role is throttled until the step's time is over; the others were given at once."""
    start = await explorer.beginning(consented=False)
    async with explorer.playing(start, step_deadline_s=0.3) as (house, _):
        world, one = house.simulator.world, only(house)
        before = holding(world, one)
        rule = {"route": "app-roles.create", "action": "throttle", "nth": 2, "count": 1_000_000}
        house.simulator.faults = Faults.script([{**rule, "retry_after": 0}])

        item = await refreshed(house)

        books = differences(before, holding(world, one), world.application.app_id)
        assert item.progress.problem is not None
        assert item.progress.problem.code == "deadline"
        assert item.counts.roles_added > 0
        assert what_was_done(item.counts) == what_was_done(books)


async def test_what_a_give_back_gave_in_several_tries_adds_up(explorer: Explorer) -> None:
    start = await explorer.beginning()
    for nth in (1, 2, 3):
        async with explorer.playing(start) as (house, _):
            world, one = house.simulator.world, only(house)
            house.simulator.faults = Faults.script(
                [{"route": "app-roles.create", "action": "status", "status": 403, "nth": nth}]
            )

            view = await house.session.acts.reset([one])
            view = await house.session.jobs.finished(view.id)

            (item,) = house.session.jobs.items(view.id)
            assert item.progress.outcome is Outcome.CHANGED
            assert holding(world, one).whole
            assert item.counts.consents == 1
            assert item.counts.roles_added == sum(map(len, WANTED_ROLES.values()))


async def test_what_an_earlier_run_gave_is_counted_after_a_restart(explorer: Explorer) -> None:
    """The first run gave some of it and then everything else, in vain; the next start goes on."""
    start = await explorer.beginning()
    async with explorer.playing(start) as (house, ending):
        house.simulator.faults = Faults.script(
            [
                {"route": "app-roles.create", "action": "throttle", "retry_after": 1, "nth": 2},
                {"route": "batch", "action": "drop", "nth": 6, "count": 1000},
            ]
        )
        view = await house.session.acts.reset([only(house)])
        view = await house.session.jobs.finished(view.id)
        assert view.stranded == 1

    async with explorer.playing(ending.moments[-1]) as (house, _):
        (entry,) = await house.session.past.of_tenant(only(house))
        assert entry.outcome is Outcome.CHANGED
        assert entry.counts.roles_added == sum(map(len, WANTED_ROLES.values()))


def answering(error: Mapping[str, Any], status: int) -> Callable[[str, bytes], bytes]:
    """Every creation of a principal is answered so; the simulator has not made any."""

    def change(path: str, body: bytes) -> bytes:
        if not path.endswith("$batch"):
            return body
        content = json.loads(body)
        for one in content["responses"]:
            if one["id"].startswith("create "):
                one |= {"status": status, "body": {"error": error}}
        return json.dumps(content).encode()

    return change


@pytest.mark.parametrize(
    ("status", "error", "missing_licence"),
    [
        (403, {"code": "Authorization_RequestDenied", "message": BACKING}, False),
        (
            400,
            {
                "code": "Request_BadRequest",
                "message": "The appId does not reference a valid application object.",
                "details": [{"code": "NoBackingApplicationObject", "message": "None."}],
            },
            True,
        ),
        (400, {"code": "Request_BadRequest", "message": "Invalid value specified."}, False),
        (400, {"code": "Directory_QuotaExceeded", "message": "The quota is used up."}, False),
        (403, {"code": "Authorization_RequestDenied", "message": "Insufficient."}, False),
    ],
)
async def test_only_what_says_so_is_a_missing_licence(
    explorer: Explorer, status: int, error: Mapping[str, Any], missing_licence: bool
) -> None:
    start = await explorer.beginning()
    async with explorer.playing(start) as (house, _):
        world = house.simulator.world
        tenant = world.tenants[only(house)]
        directory = world.directory_to_change(tenant)
        directory.remove_principal(directory.principals[EXCHANGE])
        tenant.unlicensed = frozenset({EXCHANGE})
        house.lane.change_answers(answering(error, status))

        item = await refreshed(house)

        assert bool(item.counts.unlicensed) is missing_licence
        if missing_licence:
            assert item.progress.outcome is Outcome.UNCHANGED
            return
        assert item.progress.outcome is Outcome.FAILED
        assert item.progress.problem is not None
        assert item.progress.problem.code == error["code"]
        assert item.progress.problem.message == error["message"]
