"""A list that is cut short is never taken for the whole; a clock that jumps changes nothing."""

import json
from collections.abc import Callable
from functools import partial

import pytest

from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.tenants import TenantId
from cipp_tui.simulator import Faults
from cipp_tui.simulator.faults import Rule
from tests.crash.histories import Explorer, never_twice
from tests.crash.house import SmallHouse
from tests.crash.lane import Hit
from tests.crash.small_world import customers, holding

HOUR_S = 3600.0


def ids(house: SmallHouse) -> list[TenantId]:
    return [TenantId(tenant.id) for tenant in customers(house.simulator.world)]


def gone(house: SmallHouse) -> list[TenantId]:
    return [row.id for row in house.session.fleet.rows() if row.tenant.gone_since is not None]


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "status", "status": 503, "count": 1000},
        {"action": "status", "status": 403, "count": 1000},
        {"action": "drop", "count": 1000},
        {"action": "html", "count": 1000},
        {"action": "wrong-shape", "count": 1000},
        {"action": "truncated-json", "count": 1000},
        {"action": "foreign-next-link"},
        {"action": "throttle", "retry_after": 400, "count": 1000},
    ],
    ids=lambda fault: f"{fault['action']} {fault.get('status', '')}",
)
@pytest.mark.parametrize("page", [1, 2])
async def test_nobody_is_gone_because_a_page_was_missing(
    explorer: Explorer, fault: dict[str, object], page: int
) -> None:
    start = await explorer.beginning(620)
    async with explorer.playing(start) as (house, _):
        house.simulator.faults = Faults.script(
            [{"route": "relationships.list", "nth": page, **fault}]
        )

        assert house.session.listing.start()
        reading = await house.session.listing.finished()

        struck = house.simulator.faults.rules[0].struck
        assert struck
        assert reading.problem is not None
        assert reading.problem.message
        assert not gone(house)
        assert not reading.gone
        assert len(house.session.fleet) == 621


async def test_a_list_inside_a_tenant_that_is_cut_short_is_no_verdict(explorer: Explorer) -> None:
    """Roles come in pages. Where the second cannot be read, giving them tells what is there."""
    start = await explorer.beginning()
    async with explorer.playing(start) as (house, _):
        (one,) = ids(house)
        lane = house.lane
        lane.change_answers(_with_a_page_to_come)
        before = holding(house.simulator.world, one)

        view = await house.session.acts.refresh([one])
        view = await house.session.jobs.finished(view.id)

        assert (view.failed, view.unchanged) == (0, 1)
        assert holding(house.simulator.world, one) == before


def _with_a_page_to_come(path: str, body: bytes) -> bytes:
    """Put the role assignments on a second page, whose address leads nowhere."""
    if not path.endswith("$batch"):
        return body
    content = json.loads(body)
    for one in content["responses"]:
        if one["id"] == "roles":
            one["body"]["value"] = []
            one["body"]["@odata.nextLink"] = "https://graph.microsoft.com/v1.0/nowhere?$skiptoken=x"
    return json.dumps(content).encode()


def sleeps(hours: float) -> Callable[[SmallHouse], None]:
    return lambda house: house.clock.suspend(hours * HOUR_S)


def is_set(hours: float) -> Callable[[SmallHouse], None]:
    return lambda house: house.clock.set_forward(hours * HOUR_S)


@pytest.mark.parametrize(
    "jump",
    [is_set(-720), is_set(-2), is_set(2), is_set(720), sleeps(2), sleeps(300)],
    ids=["set a month back", "2 h back", "2 h on", "a month on", "slept 2 h", "slept 300 h"],
)
async def test_a_clock_that_jumps_during_a_reset_loses_and_repeats_nothing(
    explorer: Explorer, jump: Callable[[SmallHouse], None]
) -> None:
    start = await explorer.beginning()
    async with explorer.playing(start) as (house, _):
        (one,) = ids(house)
        calls = len(house.lane.sent)
        view = await house.session.acts.reset([one])
        await house.session.jobs.finished(view.id)
        total = len(house.lane.sent)
    for nth in range(calls + 1, total + 1):
        async with explorer.playing(start) as (house, ending):
            house.lane.at(nth, partial(jump, house))

            view = await house.session.acts.reset([one])
            view = await house.session.jobs.finished(view.id)

            never_twice(house.lane.sent)
            (item,) = house.session.jobs.items(view.id)
            assert holding(house.simulator.world, one).whole, (nth, item.progress.problem)
            assert not house.session.owed
            if item.progress.outcome is Outcome.FAILED:  # before anything was taken
                assert one not in ending.taken
        await explorer.die_everywhere(ending.moments[::4])


async def test_a_slow_tenant_holds_no_worker_for_longer_than_its_deadline(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cipp_tui.services.engine.VISIT_DEADLINE_S", 60.0)
    start = await explorer.beginning(2, consented=False)
    slow = tuple(Hit(nth, Rule("slow", seconds=25)) for nth in range(4, 60))
    async with explorer.playing(start, slow) as (house, _):
        view = await house.session.acts.refresh(ids(house)[:1])
        view = await house.session.jobs.finished(view.id)

        (item,) = house.session.jobs.items(view.id)
        assert item.progress.outcome is Outcome.FAILED
        assert item.progress.problem is not None
        assert item.progress.problem.code == "deadline"
        assert item.progress.took_s is not None
        assert item.progress.took_s < 60 + 300
