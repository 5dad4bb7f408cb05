"""The program dies at every event of a run; the next start puts everything right."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.views import JobView
from cipp_tui.simulator.faults import Rule
from tests.crash.histories import Explorer, Moment, nothing_is_hidden
from tests.crash.house import SmallHouse
from tests.crash.lane import Hit
from tests.crash.small_world import customers

Act = Callable[[SmallHouse], Awaitable[JobView]]


async def reset(house: SmallHouse) -> JobView:
    ids = [TenantId(tenant.id) for tenant in customers(house.simulator.world)]
    view = await house.session.acts.reset(ids)
    return await house.session.jobs.finished(view.id)


async def refresh(house: SmallHouse) -> JobView:
    ids = [TenantId(tenant.id) for tenant in customers(house.simulator.world)]
    view = await house.session.acts.refresh(ids)
    return await house.session.jobs.finished(view.id)


FAULTS: tuple[Rule, ...] = (
    Rule("lose-reply"),
    Rule("drop"),
    Rule("status", status=500),
    Rule("status", status=503),
    Rule("status", status=400),
    Rule("status", status=403),
    Rule("status", status=404),
    Rule("throttle", retry_after=2),
    Rule("html"),
    Rule("wrong-shape"),
    Rule("truncated-json"),
    Rule("not-found-but-applied"),
    Rule("slow", seconds=60),
)


@pytest.fixture(params=["at once", "with the tick"])
def tick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks nobody waits for reach the disk as soon as they can, or many together."""
    if request.param == "at once":
        monkeypatch.setattr("cipp_tui.storage.database.TICK_S", 0.0)


@pytest.mark.usefixtures("tick")
@pytest.mark.parametrize("principal_goes", [True, False])
async def test_one_reset_dies_everywhere_and_again_while_it_recovers(
    explorer: Explorer, principal_goes: bool
) -> None:
    start = await explorer.beginning(principal_goes=principal_goes)
    async with explorer.playing(start) as (house, ending):
        view = await reset(house)
        assert view.changed == 1

    await explorer.die_everywhere(ending.moments, twice=True)


@pytest.mark.usefixtures("tick")
async def test_a_refresh_dies_everywhere_and_is_gone_on_with(explorer: Explorer) -> None:
    start = await explorer.beginning(consented=False)
    async with explorer.playing(start) as (house, ending):
        view = await refresh(house)
        assert view.changed == 1

    await explorer.die_everywhere(ending.moments, twice=True)


@pytest.mark.usefixtures("tick")
async def test_several_resets_die_everywhere(explorer: Explorer) -> None:
    start = await explorer.beginning(tenants=3)
    async with explorer.playing(start) as (house, ending):
        view = await reset(house)
        assert view.changed == 3

    await explorer.die_everywhere(ending.moments)


async def struck(explorer: Explorer, start: Moment, act: Act, *hits: Hit) -> list[Moment]:
    """A run in which calls go wrong, to its end; nothing is hidden and nothing untrue is said."""
    async with explorer.playing(start, hits) as (house, ending):
        with suppress(Problem):  # it may strike before there is a job
            await act(house)
        await nothing_is_hidden(house, ending)
    return ending.moments


async def calls_of(explorer: Explorer, start: Moment, act: Act) -> int:
    async with explorer.playing(start) as (house, _):
        await act(house)
        return len(house.lane.sent)


@contextmanager
def told_of(nth: int, fault: Rule) -> Iterator[None]:
    """A failure names the fault that led to it."""
    try:
        yield
    except AssertionError as error:
        error.add_note(f"call {nth}: {fault.action} {fault.status}")
        raise


@pytest.mark.parametrize(
    ("again", "tick_s"), [(False, 0.0), (False, 0.2), (True, 0.0)], ids=["once", "tick", "for ever"]
)
@pytest.mark.parametrize("principal_goes", [True, False])
async def test_a_reset_with_any_fault_at_any_call_dies_everywhere(
    explorer: Explorer,
    monkeypatch: pytest.MonkeyPatch,
    principal_goes: bool,
    again: bool,
    tick_s: float,
) -> None:
    monkeypatch.setattr("cipp_tui.storage.database.TICK_S", tick_s)
    explorer.skip_known = True
    start = await explorer.beginning(principal_goes=principal_goes)
    for nth in range(1, await calls_of(explorer, start, reset) + 1):
        for fault in FAULTS:
            with told_of(nth, fault):
                moments = await struck(explorer, start, reset, Hit(nth, fault, again))
                await explorer.die_everywhere(moments)


@pytest.mark.parametrize("again", [False, True], ids=["once", "for ever"])
async def test_a_refresh_with_any_fault_at_any_call_dies_everywhere(
    explorer: Explorer, again: bool
) -> None:
    explorer.skip_known = True
    start = await explorer.beginning(consented=False)
    for nth in range(1, await calls_of(explorer, start, refresh) + 1):
        for fault in FAULTS:
            with told_of(nth, fault):
                moments = await struck(explorer, start, refresh, Hit(nth, fault, again))
                await explorer.die_everywhere(moments)
