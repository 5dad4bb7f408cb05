"""The README's pictures, taken from the real program on the simulated fleet: `make pictures`."""

import asyncio
import contextlib
import math
import re
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from cipp_tui.app import CippTui
from cipp_tui.domain.clock import SYSTEM
from cipp_tui.services.views import ProfileFacts
from cipp_tui.simulator import Faults
from cipp_tui.widgets.looks import Looks
from tests.support import House, running_house, simulator_for

FOLDER = Path(__file__).parents[1] / "docs" / "images"
BROWSER = "chromium"
Screen = Pilot[Any]


async def take(folder: Path) -> None:
    """Every picture."""
    async with shown((140, 45)) as (house, pilot):
        await settled(pilot, house)
        save(pilot, folder, "tenants")
        await pilot.press("a", "r", "y")
        await pilot.pause(2.6)
        save(pilot, folder, "progress")
        await idle(pilot, house)
        await pilot.press("escape", "escape", "g", *["j"] * 4, "enter")
        await pilot.pause(0.6)
        save(pilot, folder, "panel")
    async with shown((80, 24)) as (house, pilot):
        await settled(pilot, house)
        save(pilot, folder, "tenants-80x24")
        await pilot.press("j", "R")
        await pilot.pause(2.0)
        save(pilot, folder, "reset-80x24")
        await pilot.press("escape")
        await pilot.pause(0.3)
        await pilot.press("question_mark")
        await pilot.pause(0.4)
        save(pilot, folder, "help-80x24")
        await pilot.press("escape")
        await pilot.pause(0.3)
        await pilot.press("F")
        await pilot.pause(0.4)
        save(pilot, folder, "force-80x24")
        await pilot.press("escape")
        await pilot.pause(0.3)
        await pilot.press("a", "r", "y")
        await pilot.pause(1.0)
        await pilot.press("J")
        await pilot.pause(1.0)
        save(pilot, folder, "job-80x24")


@contextlib.asynccontextmanager
async def shown(size: tuple[int, int]) -> AsyncIterator[tuple[House, Screen]]:
    """The program on the simulated fleet."""
    simulator = simulator_for(SYSTEM, seed=1, latency_ms=220, faults=Faults.preset("mild", 1))
    with tempfile.TemporaryDirectory() as state:
        async with running_house(Path(state), simulator, clock=SYSTEM, concurrency=8) as house:
            house.session.profile = ProfileFacts(name="acme", backend="direct")
            app = CippTui(house.session, looks=Looks())
            async with app.run_test(size=size) as pilot:
                yield house, pilot


async def settled(pilot: Screen, house: House) -> None:
    """The list is read, a few tenants are excluded, everything is quiet."""
    while house.session.fleet.read_at is None:
        await pilot.pause(0.2)
    rows = sorted(house.session.fleet.rows(), key=lambda row: row.tenant.name)
    await house.session.acts.exclude([rows[20].id], "left us")
    await house.session.acts.refresh([row.id for row in rows[:30]])
    await idle(pilot, house)
    await pilot.press("ctrl+r")
    await pilot.pause(1.0)
    await pilot.press("g")
    await pilot.pause(1.5)


async def idle(pilot: Screen, house: House) -> None:
    """No job is at work."""
    while house.session.jobs.running() is not None:
        await pilot.pause(0.2)


def save(pilot: Screen, folder: Path, name: str) -> None:
    """One picture. A browser draws it: other converters lose blanks and wide signs."""
    svg = pilot.app.export_screenshot(title="cipp-tui")
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert found is not None, "Textual writes a view box"
    width, height = (math.ceil(float(size)) for size in found.groups())
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "screen.svg"
        page.write_text(svg, encoding="utf-8")
        subprocess.run(
            [
                *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
                *("--no-first-run", "--disable-background-networking", "--disable-sync"),
                *("--disable-component-update", f"--user-data-dir={scratch}/profile"),
                *("--hide-scrollbars", f"--window-size={width},{height}"),
                *(f"--screenshot={folder / name}.png", page.as_uri()),
            ],
            check=True,
            capture_output=True,
        )
    print(f"{datetime.now(UTC):%H:%M:%S} {name}")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(target))
