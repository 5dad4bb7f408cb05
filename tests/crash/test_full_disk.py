"""The disk fills up at any write of a run: nobody is left without access, nothing is claimed."""

import pytest

from cipp_tui.domain.problems import StorageProblem
from cipp_tui.domain.tenants import TenantId
from tests.conftest import Tried
from tests.crash.histories import Ending, Explorer, Moment
from tests.crash.house import SmallHouse
from tests.crash.small_world import customers, holding


@pytest.mark.parametrize("tick", [0.0, 0.2])
@pytest.mark.parametrize("action", ["reset", "refresh"])
async def test_a_disk_that_fills_up_in_the_middle_takes_nobodys_access(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch, tried: Tried, tick: float, action: str
) -> None:
    monkeypatch.setattr("cipp_tui.storage.database.TICK_S", tick)
    start = await explorer.beginning(2, consented=action == "reset")
    room, filled = 0, True
    while filled:
        filled = await _fills_up(explorer, start, action, room)
        room += 1
    assert room >= 2
    tried("crash matrix", "full disks", room)


async def _fills_up(explorer: Explorer, start: Moment, action: str, room: int) -> bool:
    """Run with room for so many writes; whether they were too few."""
    problem: StorageProblem | None = None
    kept: list[tuple[SmallHouse, Ending]] = []
    try:
        async with explorer.playing(start, room=room) as (house, ending):
            kept.append((house, ending))
            act = house.session.acts.reset if action == "reset" else house.session.acts.refresh
            view = await act([TenantId(t.id) for t in customers(house.simulator.world)])
            await house.session.jobs.finished(view.id)
    except StorageProblem as error:
        problem = error
    ((house, ending),) = kept
    for tenant in ending.taken:
        assert holding(house.simulator.world, tenant).whole, (room, tenant)
    if room == 0:
        assert not any("/applicationconsents" in call.path for call in house.lane.sent)
    await explorer.start_again(ending.moments[-1])
    if problem is not None:
        assert "the disk is full; make room" in problem.message
    return problem is not None
