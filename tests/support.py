"""What tests stand on: the real session on the real client, against the simulator over sockets."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cipp_tui.api.direct import DirectBackend, DirectSettings
from cipp_tui.api.endpoints import endpoints_for
from cipp_tui.api.token_store import MemoryTokenStore, TokenStore
from cipp_tui.api.wanted import ExtraPermissions
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.permissions import AppId
from cipp_tui.domain.roles import RoleId
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.session import Session
from cipp_tui.services.views import JobView, ProfileFacts
from cipp_tui.simulator import Addresses, Faults, Knobs, Simulator, build_world
from cipp_tui.simulator.world import World
from cipp_tui.storage.database import open_database
from cipp_tui.storage.journal import Journal
from cipp_tui.storage.state import FleetStore

START = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
ACTOR = "kim@bastion"


class HurriedClock:
    """Time that jumps over every wait: minutes of patience cost a test nothing."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._began = time.monotonic()
        self._skipped = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic() - self._began)

    def monotonic(self) -> float:
        return time.monotonic() + self._skipped

    async def sleep(self, seconds: float) -> None:
        self._skipped += max(0.0, seconds)
        await asyncio.sleep(0)


class PatientClock(HurriedClock):
    """Hurries over short waits; whoever waits for long waits until the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.long_over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        if seconds > 300:
            await self.long_over.wait()
        await super().sleep(seconds)


@dataclass(frozen=True, slots=True)
class House:
    """A running session and the world behind it."""

    simulator: Simulator
    session: Session
    backend: DirectBackend
    addresses: Addresses

    @property
    def world(self) -> World:
        return self.simulator.world

    def tenants(self, hint: str) -> list[TenantId]:
        """Customers of the simulated world in a certain state, by the simulator's own hint."""
        return [
            TenantId(tenant.id)
            for tenant in self.world.tenants.values()
            if tenant.hint == hint and tenant is not self.world.partner
        ]

    async def read_list(self) -> None:
        """Read the list of tenants, to the end."""
        assert self.session.listing.start()
        reading = await self.session.listing.finished()
        assert reading.problem is None, reading.problem

    async def refreshed(self, tenants: Sequence[TenantId]) -> JobView:
        """Refresh tenants, to the end."""
        view = await self.session.acts.refresh(tenants)
        return await self.session.jobs.finished(view.id)


@asynccontextmanager
async def running_house(
    folder: Path,
    simulator: Simulator,
    *,
    clock: Clock,
    concurrency: int = 8,
    prune: bool = False,
    read_only: bool = False,
    public_client: bool = False,
    signed_in: bool = True,
    store: TokenStore | None = None,
    extra: tuple[ExtraPermissions, ...] = (),
    directory_roles: tuple[RoleId, ...] = (),
    direct_tenants: tuple[TenantId, ...] = (),
    debt_waits_s: Sequence[float] = (1.0, 5.0, 30.0, 120.0),
    debt_again_s: float | None = None,
    suspend_after: int = 50,
    ready: bool = True,
    addresses: Addresses | None = None,
) -> AsyncIterator[House]:
    """A session over a simulator, with its state in `folder`.

    `addresses`: where the simulator is served already, so that it is the same host next time.
    """
    application = simulator.world.application
    refresh_token = simulator.refresh_token(public=public_client) if signed_in else None
    served = simulator.serve() if addresses is None else nullcontext(addresses)
    async with served as addresses, open_database(folder / "state.db") as database:
        settings = DirectSettings(
            endpoints=endpoints_for(
                "global",
                login=addresses.login,
                graph=addresses.graph,
                partner_center=addresses.partner_center,
            ),
            partner_tenant=TenantId(simulator.world.partner.id),
            client_id=AppId(application.app_id),
            client_secret=lambda: None if public_client else application.secret,
            refresh_token=lambda: refresh_token,
            store=store or MemoryTokenStore(),
            seed=f"test {clock.now().timestamp()}",
            concurrency=concurrency,
            read_only=read_only,
            prune=prune,
            extra=extra,
            directory_roles=directory_roles,
            direct_tenants=direct_tenants,
        )
        backend = DirectBackend(settings, clock=clock)
        session = Session(
            profile=ProfileFacts(name="lab", backend="direct", read_only=read_only, prune=prune),
            backend=backend,
            store=FleetStore(database),
            journal=Journal(database),
            clock=clock,
            actor=ACTOR,
            looking_only=None,
            debt_waits_s=debt_waits_s,
            debt_again_s=debt_again_s,
            suspend_after=suspend_after,
        )
        try:
            async with session.running():
                if ready:
                    await session.ready()
                yield House(simulator, session, backend, addresses)
        finally:
            await backend.aclose()


def simulator_for(
    clock: Clock,
    *,
    tenants: int = 60,
    seed: int = 7,
    up_to_date: float | None = None,
    faults: Faults | None = None,
    knobs: Knobs | None = None,
    latency_ms: float = 0.0,
) -> Simulator:
    """A simulator whose time is the test's."""
    world = build_world(tenants, seed, up_to_date=up_to_date, now=clock.now())
    return Simulator(
        world,
        faults=faults,
        latency_ms=latency_ms,
        clock=lambda: clock.now().timestamp(),
        **({"knobs": knobs} if knobs is not None else {}),
    )
