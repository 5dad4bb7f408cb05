"""The fleet in memory: who is due as time goes by, who is set aside, and the numbers of both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from cipp_tui.domain.due import Aside
from cipp_tui.domain.fleet import Exclusion, Progress, Standing, TenantRow
from cipp_tui.domain.jobs import Action, ItemState
from cipp_tui.domain.permissions import AppId, PermissionRecord, Verdict
from cipp_tui.domain.problems import Refused
from cipp_tui.domain.tenants import Tenant, TenantId
from cipp_tui.services.fleet import Fleet
from cipp_tui.storage.database import open_database
from cipp_tui.storage.state import FleetStore
from tests.support import HurriedClock

APP = AppId("app")
ONE = TenantId("11111111-1111-4111-8111-111111111111")
TWO = TenantId("22222222-2222-4222-8222-222222222222")
BLOCKED = Refused("blocked", code="AADSTS53003")


@asynccontextmanager
async def fleet_of(
    folder: Path, clock: HurriedClock, *, suspend_after: int = 50, told: list[str] | None = None
) -> AsyncIterator[Fleet]:
    """A fleet over a state file; `told` hears the names of those that are suspended."""

    def hear(row: TenantRow) -> None:
        if told is not None:
            told.append(row.tenant.name)

    async with open_database(folder / "state.db") as database:
        fleet = Fleet(FleetStore(database), clock, suspend_after=suspend_after, on_suspended=hear)
        await fleet.load(None)
        fleet.judge_by(APP, "set-1")
        yield fleet


def in_order(clock: HurriedClock) -> PermissionRecord:
    return PermissionRecord(
        verdict=Verdict.IN_ORDER,
        checked_at=clock.now(),
        app=APP,
        fingerprint="set-1",
        applied_at=clock.now(),
    )


def tenant(ident: TenantId) -> Tenant:
    return Tenant(id=ident, name=ident, default_domain=f"{ident}.example")


async def test_the_number_of_those_due_grows_by_time_alone(tmp_path: Path) -> None:
    clock = HurriedClock()
    async with fleet_of(tmp_path, clock) as fleet:
        fleet.learn([tenant(ONE), tenant(TWO)])
        assert fleet.counts().due == 2
        fleet.compared(ONE, in_order(clock))
        await clock.sleep(timedelta(days=3).total_seconds())
        fleet.compared(TWO, in_order(clock))
        assert fleet.counts().due == 0

        await clock.sleep(timedelta(days=4).total_seconds())
        assert fleet.counts().due == 1
        assert [row.id for row in fleet.due_tenants()] == [ONE]

        fleet.compared(ONE, in_order(clock))
        assert fleet.counts().due == 0
        await clock.sleep(timedelta(days=30).total_seconds())
        assert fleet.counts().due == len(fleet.due_tenants()) == 2

        fleet.forget([ONE])
        fleet.exclude(TWO, Exclusion(by="kim", at=clock.now()))
        assert fleet.counts().due == len(fleet.due_tenants()) == 0


async def test_a_jobs_progress_changes_neither_standing_nor_whether_due(tmp_path: Path) -> None:
    clock = HurriedClock()
    async with fleet_of(tmp_path, clock) as fleet:
        fleet.learn([tenant(ONE)])
        before, revision = fleet.counts(), fleet.revision

        fleet.progress(ONE, Progress(job=1, action=Action.REFRESH, state=ItemState.RUNNING))

        assert fleet.counts() == before
        assert fleet.since(revision)[1] == [ONE]


async def test_failures_go_from_failing_to_stuck_to_suspended_and_a_success_ends_them(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    told: list[str] = []
    seen: list[Standing] = []
    async with fleet_of(tmp_path, clock, suspend_after=10, told=told) as fleet:
        fleet.learn([tenant(ONE)])
        for _ in range(11):
            fleet.failed(ONE, BLOCKED)
            row = fleet.row(ONE)
            assert row is not None
            seen.append(row.standing)
            assert fleet.counts().failing == 1

        assert seen == [Standing.FAILING] * 7 + [Standing.STUCK] * 2 + [Standing.SUSPENDED] * 2
        assert told == [ONE]
        assert [(row.id, why) for row, why in fleet.tenants_aside()] == [(ONE, Aside.SUSPENDED)]
        await clock.sleep(timedelta(days=400).total_seconds())
        assert fleet.due_tenants() == []

        fleet.succeeded(ONE)
        row = fleet.row(ONE)
        assert row is not None
        assert row.standing is Standing.MANAGED
        assert fleet.tenants_aside() == []
        assert fleet.counts().failing == 0


async def test_a_stuck_tenant_is_tried_once_more_with_a_new_set(tmp_path: Path) -> None:
    clock = HurriedClock()
    async with fleet_of(tmp_path, clock) as fleet:
        fleet.learn([tenant(ONE)])
        for _ in range(9):
            fleet.failed(ONE, BLOCKED)
        assert [(row.id, why) for row, why in fleet.tenants_aside()] == [(ONE, Aside.NEEDS_HUMAN)]

        fleet.judge_by(APP, "set-2")
        assert [row.id for row in fleet.due_tenants()] == [ONE]
        assert fleet.tenants_aside() == []

        fleet.failed(ONE, BLOCKED)
        assert fleet.due_tenants() == []
        assert [(row.id, why) for row, why in fleet.tenants_aside()] == [(ONE, Aside.NEEDS_HUMAN)]


async def test_the_profiles_limit_holds_for_what_is_stored(tmp_path: Path) -> None:
    clock = HurriedClock()
    async with fleet_of(tmp_path, clock) as fleet:
        fleet.learn([tenant(ONE)])
        for _ in range(5):
            fleet.failed(ONE, BLOCKED)
        row = fleet.row(ONE)
        assert row is not None
        assert row.standing is Standing.FAILING

    async with fleet_of(tmp_path, clock, suspend_after=5) as fleet:
        row = fleet.row(ONE)
        assert row is not None
        assert row.standing is Standing.SUSPENDED
