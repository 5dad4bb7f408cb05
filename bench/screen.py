"""The screen on a pseudo-terminal: time to the first rows, bytes per key, memory."""

import asyncio
import os
import re
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.report import goal, table
from cipp_tui.domain.permissions import AppId, PermissionRecord, Verdict
from cipp_tui.domain.roles import APPLICATION_ADMINISTRATOR
from cipp_tui.domain.tenants import GdapRelationship, RelationshipStatus, Tenant, TenantId
from cipp_tui.services.fleet import READ_AT
from cipp_tui.storage.database import open_database
from cipp_tui.storage.state import FleetStore
from tests.e2e.fleet import PROGRAM, simulated_fleet
from tests.e2e.terminal import Terminal

SIZES = ((80, 24), (140, 45))
FLEETS = (200, 10_000, 50_000)
RUNS = 3


@dataclass(frozen=True, slots=True)
class Keys:
    """Bytes that keys cost."""

    tenants: int
    size: str
    idle: int
    step: float
    walk: float
    page: int

    @property
    def row(self) -> str:
        return (
            f"| {self.tenants:,} | {self.size} | {self.idle} | {self.step:.0f} |"
            f" {self.walk:.0f} | {self.page} |"
        )


def screen_tables(fleets: Sequence[int] = FLEETS) -> str:
    """One table for starting, one for bytes per key."""
    start = [
        "## Start, stored list, 140x45",
        "",
        f"Median of {RUNS} runs, whole process.",
        "",
        "| tenants stored | start to first row, s | bytes until settled, kB | memory, MB |",
        "|---|---|---|---|",
    ]
    keys = [
        "## Bytes to the terminal",
        "",
        "| tenants | size | idle 10 s | cursor step in the page | step while scrolling, mean of 100"
        " | page down |",
        "|---|---|---|---|---|---|",
    ]
    measured: list[Keys] = []
    with tempfile.TemporaryDirectory() as folder, simulated_fleet(Path(folder), tenants=3) as fleet:
        for tenants in fleets:
            env = {**fleet.env, "CIPP_TUI_DATA": str(Path(folder) / f"state-{tenants}")}
            asyncio.run(_store(Path(env["CIPP_TUI_DATA"]) / "profiles" / "sim", tenants))
            starts = [_start(env) for _ in range(RUNS)]
            first, sent, memory = (
                statistics.median(column) for column in zip(*starts, strict=True)
            )
            start.append(f"| {tenants:,} | {first:.2f} | {sent / 1000:.1f} | {memory:.0f} |")
            for columns, rows in SIZES:
                measured.append(_keys(env, tenants, columns, rows))
                keys.append(measured[-1].row)
    return "\n".join([*start, "", *keys, "", *_goals(measured), ""])


def _goals(measured: Sequence[Keys]) -> list[str]:
    """What the bytes may come to, by the largest of these runs; paging is not judged."""
    limits = (
        ("idle 10 s, bytes", max(keys.idle for keys in measured), 0),
        ("cursor step in the page, bytes", max(keys.step for keys in measured), 600),
        ("step while scrolling, bytes", max(keys.walk for keys in measured), 1500),
    )
    rows = [
        (f"{what} <= {most:,}", f"{worst:.0f}", goal(worst <= most)) for what, worst, most in limits
    ]
    return [table(("goal", "worst run", ""), rows)]


def _start(env: Mapping[str, str]) -> tuple[float, float, float]:
    began = time.perf_counter()
    with Terminal([*PROGRAM], env, columns=140, rows=45) as terminal:
        terminal.wait_until(lambda: b"Customer " in terminal.raw, "the first row")
        first = time.perf_counter() - began
        terminal.settle(1.0)
        memory = _resident_mb(terminal.pid)
        sent = float(len(terminal.raw))
        terminal.press("q")
        terminal.wait_end()
        return first, sent, memory


def _keys(env: Mapping[str, str], tenants: int, columns: int, rows: int) -> Keys:
    with Terminal([*PROGRAM], env, columns=columns, rows=rows) as terminal:
        terminal.wait_for("Customer ")
        terminal.settle(2.0)
        terminal.press("g")
        terminal.settle(1.0)
        idle = terminal.read_for(10)
        steps = [_press(terminal, "down") for _ in range(10)]
        for _ in range(rows):
            _press(terminal, "down")
        walk = [_press(terminal, "down") for _ in range(100)]
        page = _press(terminal, "pagedown")
        terminal.press("q")
        terminal.wait_end()
    size = f"{columns}x{rows}"
    return Keys(tenants, size, idle, statistics.mean(steps), statistics.mean(walk), page)


def _press(terminal: Terminal, key: str) -> int:
    before = len(terminal.raw)
    terminal.press(key)
    terminal.settle(0.06)
    return len(terminal.raw) - before


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return float("nan")
    found = re.search(r"VmRSS:\s+(\d+)", status.read_text())
    return int(found.group(1)) / 1024 if found else float("nan")


async def _store(folder: Path, tenants: int) -> None:
    now = datetime.now(UTC)
    async with open_database(folder / "state.db") as database:
        store = FleetStore(database)
        store.put_tenants(_tenant(number, now) for number in range(tenants))
        for number in range(tenants):
            store.put_permissions(_id(number), _record(number, now))
        store.remember(READ_AT, now.isoformat())
        await store.flush()
    os.sync()


def _tenant(number: int, now: datetime) -> Tenant:
    domain = f"customer{number:05d}.example"
    relationship = GdapRelationship(
        id=f"relationship-{number}",
        name=f"GDAP {number}",
        tenant=_id(number),
        tenant_name=f"Customer {number:05d}",
        status=RelationshipStatus.ACTIVE,
        roles=frozenset({APPLICATION_ADMINISTRATOR}),
        ends_at=now + timedelta(days=number % 700),
        auto_extends=number % 3 == 0,
    )
    return Tenant(
        id=_id(number),
        name=f"Customer {number:05d}",
        default_domain=domain,
        domains=(domain, f"customer{number:05d}.onmicrosoft.com"),
        relationships=(relationship,),
        seen_at=now,
    )


def _record(number: int, now: datetime) -> PermissionRecord:
    return PermissionRecord(
        verdict=Verdict.IN_ORDER if number % 5 else Verdict.MISSING,
        checked_at=now - timedelta(days=number % 9),
        app=AppId("app"),
        fingerprint="set",
        missing=() if number % 5 else ("app: Directory.Read.All (Microsoft Graph)",),
        applied_at=now - timedelta(days=number % 9),
    )


def _id(number: int) -> TenantId:
    return TenantId(f"{number:08x}-0000-4000-8000-{number:012x}")
