"""Requests per tenant, counted by the simulator's own log; deterministic."""

import tempfile
from pathlib import Path

from bench.report import goal, table
from cipp_tui.domain.clock import SYSTEM
from cipp_tui.domain.tenants import TenantId
from cipp_tui.simulator import Knobs, Simulator
from tests.support import House, running_house, simulator_for

CIPP = {
    "up to date": "10-15",
    "up to date, token still good": "10-11",
    "brand new": "42",
    "reset, the principal goes": "40",
    "reset, the principal stays": "29",
}
"""Counted in CIPP's code for the same work. Source: CIPP-API 10.8.2."""

MOST = {
    "up to date": 2,
    "up to date, token still good": 1,
    "brand new": 12,
    "reset, the principal goes": 15,
    "reset, the principal stays": 11,
}
"""What each may cost, a reset's pre-flight included."""


async def counted() -> dict[str, int]:
    """Requests of each case, by the simulator's log."""
    return {
        "up to date": await _refresh(1.0, 1),
        "up to date, token still good": await _refresh(1.0, 2),
        "brand new": await _refresh(0.0, 1),
        "reset, the principal goes": await _reset(principal_goes=True),
        "reset, the principal stays": await _reset(principal_goes=False),
    }


async def requests_table() -> str:
    """Rows: case, requests here, requests there."""
    rows = await counted()
    told = [
        (case, count, CIPP[case], f"at most {MOST[case]}: {goal(count <= MOST[case])}")
        for case, count in rows.items()
    ]
    head = ("case", "cipp-tui", "CIPP", "goal")
    return "\n".join(["## Requests per tenant", "", table(head, told), ""])


async def _refresh(up_to_date: float, times: int) -> int:
    simulator = simulator_for(SYSTEM, tenants=3, up_to_date=up_to_date)
    with tempfile.TemporaryDirectory() as folder:
        async with running_house(Path(folder), simulator, clock=SYSTEM) as house:
            one = await _ready(house)
            for _ in range(times):
                simulator.reset_log()
                await house.refreshed([one])
            return len(simulator.log)


async def _reset(*, principal_goes: bool) -> int:
    simulator: Simulator = simulator_for(
        SYSTEM,
        tenants=3,
        up_to_date=1.0,
        knobs=Knobs(consent_delete_removes_principal=principal_goes),
    )
    with tempfile.TemporaryDirectory() as folder:
        async with running_house(Path(folder), simulator, clock=SYSTEM) as house:
            one = await _ready(house)
            simulator.reset_log()
            view = await house.session.acts.reset([one])
            await house.session.jobs.finished(view.id)
            return len(simulator.log)


async def _ready(house: House) -> TenantId:
    """Everything that a run needs once is fetched; the tenant to measure."""
    await house.read_list()
    await house.session.inspection.wanted()
    partner = house.world.partner.id
    first, second, *_ = sorted(r.id for r in house.session.fleet.rows() if r.id != partner)
    view = await house.session.acts.reset([second])  # fetches the Partner Center token
    await house.session.jobs.finished(view.id)
    return first
