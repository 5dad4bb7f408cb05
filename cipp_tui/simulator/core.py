"""The simulator: one function from request to response, and the log of what was asked."""

import hashlib
import random
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from cipp_tui.simulator.context import Clock, Context, Resolution
from cipp_tui.simulator.control import Control
from cipp_tui.simulator.entra.service import SignInService
from cipp_tui.simulator.entra.tokens import TokenMint
from cipp_tui.simulator.fault_replies import strike
from cipp_tui.simulator.faults import FaultCall, Faults, Rule
from cipp_tui.simulator.graph.batch import ROUTE as BATCH
from cipp_tui.simulator.graph.batch import Batching
from cipp_tui.simulator.graph.service import Graph
from cipp_tui.simulator.knobs import DEFAULT_KNOBS, Knobs
from cipp_tui.simulator.limits import Limits
from cipp_tui.simulator.messages import Addresses, LogEntry, Request, Response, json_response
from cipp_tui.simulator.partner_center.service import PartnerCenter
from cipp_tui.simulator.server import serve
from cipp_tui.simulator.wire import Crowd
from cipp_tui.simulator.world import World

CONTROL_PREFIX = "/__simulator/"


class Simulator:
    """Entra ID, Microsoft Graph and Partner Center over one world."""

    def __init__(
        self,
        world: World,
        *,
        faults: Faults | None = None,
        latency_ms: float = 0.0,
        clock: Clock = time.time,
        knobs: Knobs = DEFAULT_KNOBS,
    ) -> None:
        self.world = world
        self.latency_ms = latency_ms
        self.log: list[LogEntry] = []
        self.crowd = Crowd()
        limits = Limits(knobs.enforce_limits, knobs.partner_center_per_s, knobs.requests_per_second)
        self._context = Context(
            world=world,
            knobs=knobs,
            faults=faults or Faults.none(),
            mint=TokenMint.seeded(world.seed),
            limits=limits,
            clock=clock,
            shuffle=random.Random(world.seed),
        )
        self._sign_in = SignInService(self._context)
        self._graph = Graph(self._context)
        self._batching = Batching(self._context, self._graph)
        self._partner = PartnerCenter(self._context)
        self._control = Control(self)
        # MSAL calls from its own thread while the loop serves everybody else.
        self._lock = threading.RLock()

    @property
    def faults(self) -> Faults:
        """The faults in force; assign to replace them."""
        return self._context.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        with self._lock:
            self._context.faults = faults

    @property
    def now(self) -> float:
        """The simulator's time."""
        return self._context.clock()

    def handle(self, request: Request) -> Response:
        """Answer one request; a function of the world, the faults and the clock."""
        with self._lock:
            if request.path.startswith(CONTROL_PREFIX):
                return self._control.answer(request)
            response, entry = self._handled(request)
            self.log.append(entry)
            return response

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Addresses]:
        """Listen on three loopback ports (`port`, +1, +2; 0: any free ones) while entered."""
        async with serve(self.handle, self.latency_ms / 1000, host, port, self.crowd) as addresses:
            yield addresses

    def counts(self) -> dict[str, int]:
        """Return how many requests each route has had since the log was last reset."""
        return dict(Counter(entry.route for entry in self.log))

    @property
    def knobs(self) -> Knobs:
        """How this copy of the services behaves."""
        return self._context.knobs

    @property
    def answered(self) -> Collection[object]:
        """Which requests Partner Center will answer as it did before, by what tells them apart."""
        return self._partner.answered

    def remember_answers_of(self, other: "Simulator") -> None:
        """Take over which requests Partner Center has answered: it answers them alike again."""
        self._partner.remember_answers_of(other._partner)

    def reset_log(self) -> None:
        """Forget all log entries."""
        with self._lock:
            self.log.clear()
            self.crowd.most = self.crowd.now

    def approve_device_codes(self, *, mfa: bool = True) -> int:
        """Sign in at every pending device code; return how many there were."""
        return self._sign_in.devices.decide("approved", mfa=mfa)

    def decline_device_codes(self) -> int:
        """Decline every pending device code; return how many there were."""
        return self._sign_in.devices.decide("declined")

    def refresh_token(self, *, mfa: bool = True, public: bool = False) -> str:
        """Issue a refresh token for the service user, as its set-up sign-in would have."""
        return self._sign_in.refresh_token(mfa=mfa, public=public)

    def _handled(self, request: Request) -> tuple[Response, LogEntry]:
        now = self.now
        if not self._context.limits.everything(now):
            response = self._over_the_limit(request)
            return response, _entry(request, "limited", None, response, now)
        resolution, rule = self._resolved(request)
        if isinstance(resolution, Response):
            return resolution, _entry(request, "unauthorized", None, resolution, now)
        response = strike(rule, request.service, now, resolution.run) if rule else resolution.run()
        inner = self._batching.last_inner if resolution.route == BATCH else ()
        entry = LogEntry(
            now,
            request.service,
            request.method,
            request.path,
            0 if response.dropped else response.status,
            resolution.tenant,
            resolution.route,
            rule.action if rule else None,
            inner,
        )
        return response, entry

    def _resolved(self, request: Request) -> tuple[Resolution | Response, Rule | None]:
        if request.service == "graph":
            return self._resolved_graph(request)
        service = self._sign_in if request.service == "login" else self._partner
        resolution = service.resolve(request)
        return resolution, self._fault(request, resolution.route, resolution.tenant)

    def _resolved_graph(self, request: Request) -> tuple[Resolution | Response, Rule | None]:
        caller = self._graph.authenticate(request)
        if isinstance(caller, Response):
            return caller, None
        if not request.path.endswith(("/$batch", "/%24batch")) or request.method != "POST":
            resolution = self._graph.resolve(request, caller)
            return resolution, self._fault(request, resolution.route, resolution.tenant)
        rule = self._fault(request, BATCH, caller.tenant.id)
        if rule and rule.action == "inner-throttle":
            return self._batching.resolve(request, caller, rule), None
        return self._batching.resolve(request, caller, None), rule

    def _fault(self, request: Request, route: str, tenant: str | None) -> Rule | None:
        faults = self._context.faults
        if not faults.rules:
            return None
        body = hashlib.blake2b(request.body, digest_size=8).digest()
        identity = hash((request.method, request.path, tenant, body))
        return faults.pick(FaultCall(route, request.service, tenant, identity))

    @staticmethod
    def _over_the_limit(request: Request) -> Response:
        content: dict[str, Any] = {"error": {"code": "TooManyRequests", "message": "Slow down."}}
        if request.service == "login":
            content = {"error": "temporarily_unavailable", "error_codes": [90055]}
        return json_response(429, content, {"Retry-After": "1"})


def _entry(
    request: Request, route: str, tenant: str | None, response: Response, now: float
) -> LogEntry:
    return LogEntry(
        now, request.service, request.method, request.path, response.status, tenant, route
    )
