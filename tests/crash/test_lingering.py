"""Replicas show the old principal for a while after a reset: what they say proves nothing."""

import json
from typing import Any

import pytest

from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.tenants import TenantId
from tests.crash.histories import Explorer
from tests.crash.house import SmallHouse
from tests.crash.small_world import customers, holding

READS = ("own", "roles", "grants", "held", "active")


def linger(house: SmallHouse, seconds: float) -> list[str]:
    """Reads of the customer's tenant answer for so long as they did before the removal.

    What is returned names, call by call, what was answered out of the past.
    """
    before: dict[str, Any] = {}
    removed_at: list[float] = []
    stale: list[str] = []

    def change(path: str, answer: bytes) -> bytes:
        if "/applicationconsents/" in path:
            removed_at.append(house.clock.monotonic())
        if not path.endswith("/$batch"):
            return answer
        body = json.loads(answer)
        for one in body["responses"]:
            if one["id"] not in READS:
                continue
            if not removed_at:
                before[one["id"]] = one
            elif house.clock.monotonic() - removed_at[0] < seconds and one["id"] in before:
                stale.append(one["id"])
                one |= before[one["id"]]
        return json.dumps(body).encode()

    house.lane.change_answers(change)
    return stale


@pytest.mark.parametrize("seconds", [5.0, 30.0, 55.0])
@pytest.mark.parametrize("principal_goes", [True, False])
async def test_a_reset_ends_whole_while_the_old_principal_can_be_read(
    explorer: Explorer, principal_goes: bool, seconds: float
) -> None:
    start = await explorer.beginning(principal_goes=principal_goes)
    async with explorer.playing(start) as (house, _):
        (one,) = [TenantId(tenant.id) for tenant in customers(house.simulator.world)]
        old = holding(house.simulator.world, one).principal
        stale = linger(house, seconds)

        view = await house.session.acts.reset([one])
        view = await house.session.jobs.finished(view.id)

        assert "own" in stale
        truth = holding(house.simulator.world, one)
        (item,) = house.session.jobs.items(view.id)
        assert truth.whole, item.progress
        assert item.progress.outcome is Outcome.CHANGED
        assert (truth.principal != old) is principal_goes
