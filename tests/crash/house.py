"""The real session on the real client and the real journal, in milliseconds."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cipp_tui.api.credentials import Credential
from cipp_tui.api.direct import DirectBackend, DirectSettings
from cipp_tui.api.endpoints import Endpoints, Service, endpoints_for
from cipp_tui.api.http import Call, HttpClient
from cipp_tui.api.sign_in import SignedIn
from cipp_tui.api.token_store import MemoryTokenStore
from cipp_tui.api.wire import TokenAnswer
from cipp_tui.domain.permissions import AppId
from cipp_tui.domain.problems import Refused, SignInProblem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.session import Session
from cipp_tui.services.views import ProfileFacts
from cipp_tui.simulator import Simulator
from cipp_tui.storage.journal import Journal
from cipp_tui.storage.state import FleetStore
from tests.crash.disk import Told, opened
from tests.crash.lane import Hit, Lane
from tests.crash.still_clock import StillClock
from tests.support import ACTOR


class PlainSignIn:
    """Redeems our own refresh token as MSAL does, by one request through the session's client."""

    def __init__(
        self, endpoints: Endpoints, http: HttpClient, *, partner: TenantId, client_id: str, **_: Any
    ) -> None:
        self._endpoints, self._http = endpoints, http
        self._partner, self._client_id = partner, client_id
        self._credential: Credential = _["credential"]

    async def redeem(self, refresh_token: str, scope: str) -> SignedIn:
        try:
            answer = await self._http.send(
                Call(
                    service=Service.LOGIN,
                    method="POST",
                    path=f"/{self._partner}/oauth2/v2.0/token",
                    form={
                        "client_id": self._client_id,
                        **self._credential.fields(""),
                        "grant_type": "refresh_token",
                        "refresh_token": refresh_token,
                        "scope": scope,
                    },
                    repeatable=True,
                )
            )
        except Refused as problem:
            raise SignInProblem(problem.message, code=problem.code) from problem
        body = answer.parsed(TokenAnswer)
        return SignedIn(
            access_token=body.access_token,
            refresh_token="",
            expires_in=body.expires_in,
            user="service@blueyonder.example",
        )

    def cancel(self) -> None:
        """There is no device code to give up."""


@dataclass(frozen=True, slots=True)
class SmallHouse:
    """A running session, and all that can be seen of it from outside."""

    simulator: Simulator
    session: Session
    lane: Lane
    clock: StillClock
    folder: Path = field(default=Path())


@asynccontextmanager
async def small_house(
    state: Path,
    simulator: Simulator,
    clock: StillClock,
    *,
    told: Told = lambda _: None,
    hits: Sequence[Hit] = (),
    concurrency: int = 2,
    debt_waits_s: Sequence[float] = (1.0, 5.0, 30.0, 120.0, 240.0),
    debt_again_s: float | None = None,
    step_deadline_s: float = 300.0,
    room: int | None = None,
    prune: bool = False,
) -> AsyncIterator[SmallHouse]:
    """A session over a simulator, its state in the file `state`."""
    application = simulator.world.application
    refresh_token = simulator.refresh_token()
    lane = Lane(simulator, clock, told, tuple(hits))
    settings = DirectSettings(
        endpoints=endpoints_for("global"),
        partner_tenant=TenantId(simulator.world.partner.id),
        client_id=AppId(application.app_id),
        client_secret=lambda: application.secret,
        refresh_token=lambda: refresh_token,
        store=MemoryTokenStore(),
        seed="crash matrix",
        concurrency=concurrency,
        prune=prune,
    )
    async with opened(state, told, room=room) as database:
        backend = DirectBackend(settings, clock=clock, transport=lane)
        session = Session(
            profile=ProfileFacts(name="lab", backend="direct"),
            backend=backend,
            store=FleetStore(database),
            journal=Journal(database),
            clock=clock,
            actor=ACTOR,
            looking_only=None,
            debt_waits_s=debt_waits_s,
            debt_again_s=debt_again_s,
            step_deadline_s=step_deadline_s,
        )
        try:
            async with session.running():
                yield SmallHouse(simulator, session, lane, clock)
        finally:
            await backend.aclose()
