"""The real program on the real session, against the simulated services, under a Pilot."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from cipp_tui.app import CippTui
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.screens.tenants import TenantsScreen
from cipp_tui.simulator import Faults
from cipp_tui.widgets.looks import Looks
from tests.support import House, HurriedClock, running_house, simulator_for
from tests.ui.host import text_of, until

SIZE = (100, 30)
HOLD_TOKENS = [{"route": "token", "action": "slow", "seconds": 1.0, "count": 1000}]


class HeldClock(HurriedClock):
    """Time of the simulated services: who sleeps there sleeps until the test lets go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        await self.go.wait()
        await super().sleep(seconds)


@asynccontextmanager
async def open_app(
    folder: Path,
    *,
    tenants: int = 12,
    size: tuple[int, int] = SIZE,
    seed: int = 7,
    up_to_date: float | None = 1.0,
    read_only: bool = False,
    held: HeldClock | None = None,
    looks: Looks | None = None,
) -> AsyncIterator[tuple[House, CippTui, Pilot[Any]]]:
    """The program with its list read. With `held`, sign-ins to customers wait for `held.go`."""
    clock = HurriedClock()
    simulator = simulator_for(held or clock, tenants=tenants, up_to_date=up_to_date, seed=seed)
    async with running_house(folder, simulator, clock=clock, read_only=read_only) as house:
        await house.read_list()
        if held is not None:
            simulator.faults = Faults.script(HOLD_TOKENS)
        app = CippTui(house.session, looks=looks or Looks())
        try:
            async with app.run_test(size=size) as pilot:
                await until(pilot, lambda: len(screen_of(app).frame.table.keys) == tenants + 1)
                yield house, app, pilot
        finally:
            if held is not None:
                held.go.set()


def screen_of(app: CippTui) -> TenantsScreen:
    assert app.tenants is not None
    return app.tenants


def under_cursor(house: House, app: CippTui) -> TenantRow:
    key = screen_of(app).frame.table.cursor_key
    return next(row for row in house.session.fleet.rows() if row.id == key)


def shown(app: CippTui) -> str:
    return text_of(app.screen)


def status(app: CippTui) -> str:
    """What the status line says."""
    return screen_of(app).frame.status.text


async def running(app: CippTui, pilot: Pilot[Any]) -> None:
    """Wait until a job is at work."""
    await until(pilot, lambda: app.session.jobs.running() is not None)


async def customer(house: House, app: CippTui, pilot: Pilot[Any]) -> TenantRow:
    """Put the cursor on a customer, not on the partner."""
    while under_cursor(house, app).id == house.world.partner.id:
        await pilot.press("j")
    return under_cursor(house, app)
