"""What no door has translated, at every call of a reset: access is given back in the same run."""

from collections.abc import Callable

import httpx
import pytest

from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.tenants import TenantId
from tests.crash.histories import Explorer, Moment, nothing_is_hidden
from tests.crash.house import SmallHouse
from tests.crash.small_world import customers, holding

FOREIGN: tuple[Callable[[], Exception], ...] = (
    lambda: httpx.DecodingError("Error -3 while decompressing data"),
    lambda: RuntimeError("a library in an odd state"),
    lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
)


async def reset(house: SmallHouse) -> TenantId:
    (one,) = [TenantId(tenant.id) for tenant in customers(house.simulator.world)]
    view = await house.session.acts.reset([one])
    await house.session.jobs.finished(view.id)
    return one


async def calls_of(explorer: Explorer, start: Moment) -> range:
    """The numbers of the calls that a reset sends, after those of the start."""
    async with explorer.playing(start) as (house, _):
        first = len(house.lane.sent) + 1
        await reset(house)
        return range(first, len(house.lane.sent) + 1)


def raise_once(house: SmallHouse, nth: int, odd: Exception, *, answered: bool) -> list[Exception]:
    """The n-th call ends by an exception: before it is sent, or once the service has done it.

    What is returned holds the exception when it was raised.
    """
    raised: list[Exception] = []

    def raise_it() -> None:
        raised.append(odd)
        raise odd

    if not answered:
        house.lane.at(nth, raise_it)
        return raised

    def change(_: str, answer: bytes) -> bytes:
        if len(house.lane.sent) == nth:
            raise_it()
        return answer

    house.lane.change_answers(change)
    return raised


@pytest.mark.parametrize("answered", [False, True], ids=["not sent", "answered"])
@pytest.mark.parametrize("principal_goes", [True, False])
async def test_nobody_stays_without_access(
    explorer: Explorer, principal_goes: bool, answered: bool
) -> None:
    start = await explorer.beginning(principal_goes=principal_goes)
    calls = await calls_of(explorer, start)
    assert len(calls) >= 8
    ended = set()
    for nth in calls:
        for foreign in FOREIGN:
            odd = foreign()
            async with explorer.playing(start) as (house, ending):
                raised = raise_once(house, nth, odd, answered=answered)
                one = await reset(house)

                assert raised == [odd]
                assert not house.session.owed, (nth, odd)
                await nothing_is_hidden(house, ending)
                assert holding(house.simulator.world, one).whole, (nth, odd)
                row = house.session.fleet.row(one)
                assert row is not None
                assert row.progress is not None
                assert row.progress.outcome is not None, (nth, odd)
                ended.add(row.progress.outcome)
            explorer.tally.histories += 1
    assert ended == {Outcome.CHANGED, Outcome.RESTORED}  # restored: the removal was struck
