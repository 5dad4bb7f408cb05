"""Every HTTP request goes through here: pacing, retries, limits, and what a failure means."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

import httpx

from cipp_tui.api.backend import LearnedPace
from cipp_tui.api.bodies import ACCEPTED_CODINGS, bounded_body
from cipp_tui.api.calls import Answer as Answer
from cipp_tui.api.calls import Call as Call
from cipp_tui.api.calls import Token as Token
from cipp_tui.api.calls import first_of as first_of
from cipp_tui.api.calls import form_bytes, side_of
from cipp_tui.api.calls import json_bytes as json_bytes
from cipp_tui.api.calls import request_id as request_id
from cipp_tui.api.claims import challenge_in
from cipp_tui.api.concurrency import ConcurrencyLimit
from cipp_tui.api.endpoints import Endpoints, Service
from cipp_tui.api.errors import problem_from
from cipp_tui.api.limits import Host, Limits
from cipp_tui.api.pace import Patience, back_off, retry_after
from cipp_tui.api.paths import demand_plain
from cipp_tui.api.read_only import demand_harmless
from cipp_tui.api.transport import (
    FOREIGN_ERRORS,
    PROXY_AUTHENTICATION_REQUIRED,
    PROXY_CREDENTIALS,
    proxy_problem,
    transport_problem,
    transports,
)
from cipp_tui.domain.clock import SYSTEM, Clock
from cipp_tui.domain.problems import (
    Broken,
    LostReply,
    NotUnderstood,
    Refused,
    RemoteProblem,
    Side,
    SignInProblem,
    Throttled,
    Unreachable,
    retold,
)

LOG = logging.getLogger("cipp_tui.http")

MOST_RENEWED: Final = 2_000
CLAIMS_CHALLENGE: Final = "claims-challenge"
MOST_BREAKS: Final = 6
"""So often may a call break or its reply be lost. A 429 is neither, and has its own patience."""
UNREACHABLE_PATIENCE_S: Final = 20.0
CALL_LIMIT_S: Final = 120.0
"""For one request and its whole answer, however steadily bytes come in."""

_OF_NO_SERVICE: Final = (PROXY_AUTHENTICATION_REQUIRED, 429)
"""Refusals that mean the same whatever was asked."""


class HttpClient:
    """The session's one HTTP client."""

    def __init__(
        self,
        endpoints: Endpoints,
        *,
        clock: Clock = SYSTEM,
        in_flight: int | None = None,
        ca_bundle: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        read_only: bool = False,
    ) -> None:
        self.endpoints = endpoints
        self._read_only = read_only
        self._clock = clock
        self.sent = 0
        self.rejected = 0  # answers of 429
        self.refused_tokens: set[str] = set()
        """Tokens a service called invalid before their time: the machine slept, for example."""
        self.renew: Callable[[Token, str], Awaitable[Token]] | None = None
        """How a token is come by that proves the claims that were asked for."""
        self._newer: dict[str, Token] = {}
        self.patience = Patience(clock)
        self._limits = Limits(clock, self.patience)
        # httpx's own client would add cookies, redirects and auth flows: nothing that our tokens
        # should meet, and most of a request's work.
        self._transports = (
            dict.fromkeys(Service, transport)
            if transport is not None
            else transports(endpoints, ca_bundle=ca_bundle)
        )
        # aiohttp's own limit is for new connections: kept ones of another host come on top of it.
        self.concurrency = ConcurrencyLimit(clock, fixed=in_flight)
        self._bases = {service: httpx.URL(endpoints.base(service)) for service in Service}

    @property
    def holding(self) -> str:
        """Words for a service that asks us to wait; empty when none does."""
        return self._limits.holding

    def learned_pace(self) -> LearnedPace | None:
        """What the next run may begin with; None where the number in flight is fixed."""
        if self.concurrency.is_fixed:
            return None
        return LearnedPace(
            at=self._clock.now(),
            in_flight=self.concurrency.limit,
            per_second=self._limits.learned_rates(),
        )

    def resume_pace(self, pace: LearnedPace) -> None:
        """Begin with what an earlier run learned."""
        self.concurrency.resume_at(pace.in_flight)
        self._limits.resume_rates(pace.per_second)

    def host(self, service: Service) -> str:
        """The host that a service is reached at."""
        return self._bases[service].host

    async def aclose(self) -> None:
        for transport in self._transports.values():
            await transport.aclose()

    async def send(self, call: Call) -> Answer:
        """Send a request, with patience.

        Repeats any method on 429 (nothing was done), and repeatable calls on 5xx and lost replies.
        A claims challenge (401: nothing was done either) is answered once, with a newer token.
        Raises: Unreachable, LostReply, Throttled, Refused, Broken, NotUnderstood; Unsuited for what
        a read-only session must not send.
        Source: Graph, "Throttling guidance"; Partner Center, "API throttling guidance".
        """
        if call.token is not None and call.token.service is not call.service:
            raise ValueError(f"a {call.token.service} token must not be sent to {call.service}")
        demand_plain(call.path)
        if self._read_only:
            demand_harmless(call.service, call.method, call.path, call.payload)
        limits = self._limits.of(call.service)
        deadline = self._clock.monotonic() + call.patience_s
        unreachable_until = self._clock.monotonic() + min(UNREACHABLE_PATIENCE_S, call.patience_s)
        attempt = 0
        broke = 0
        is_renewed = False
        if call.token is not None and call.token.value in self._newer:
            call = replace(call, token=self._newer[call.token.value])
        while True:
            attempt += 1
            await limits.enter(call.tenant, call.units, call.writes)
            try:
                return await self._in_turn(call, limits, attempt)
            except Throttled as problem:
                if self._clock.monotonic() + (problem.wait_s or 0.0) > deadline:
                    raise
            except Unreachable as problem:
                wait = back_off(attempt, first_s=0.5)
                if problem.code == PROXY_CREDENTIALS:
                    raise
                if self._clock.monotonic() + wait > unreachable_until:
                    raise
                await self.patience.wait(wait)
            except (Broken, LostReply) as problem:
                broke += 1
                wait = problem.wait_s or back_off(broke)
                if not call.repeatable or broke >= MOST_BREAKS:
                    raise
                if self._clock.monotonic() + wait > deadline:
                    raise
                await self.patience.wait(wait)
            except Refused as problem:
                if problem.status != 401 or call.token is None:
                    raise
                self.refused_tokens.add(call.token.value)
                if not problem.claims or self.renew is None:
                    raise
                if is_renewed:
                    raise retold(problem, SignInProblem, code=CLAIMS_CHALLENGE) from problem
                is_renewed = True
                call = replace(call, token=await self._renewed(call.token, problem.claims))

    async def _renewed(self, token: Token, claims: str) -> Token:
        """A token that proves more, also for whoever still holds the old one. Raises: Problem."""
        assert self.renew is not None
        newer = await self.renew(token, claims)
        if len(self._newer) >= MOST_RENEWED:
            self._newer.clear()
        self._newer[token.value] = newer
        return newer

    async def _in_turn(self, call: Call, limits: Host, attempt: int) -> Answer:
        """Send once, when a connection is free, unless a refusal to others closes the way first."""
        while True:
            await self.concurrency.acquire(is_first=_is_long(call))
            sent_at = self._clock.monotonic()
            try:
                if limits.open_to(call.tenant):
                    return await self._once(call, limits)
            except Throttled as problem:  # the way is closed before the turn goes to the next one
                self.rejected += 1
                if problem.wait_s is None:
                    problem.wait_s = back_off(attempt)
                scope = problem.throttle_scope
                for_all = limits.hold(call.tenant, problem.wait_s, scope=scope, sent_at=sent_at)
                if call.service is not Service.PARTNER_CENTER:  # which has a pace of its own
                    self.concurrency.refused()
                    if for_all:
                        self.concurrency.throttled()
                raise
            finally:
                self.concurrency.release()
                if (
                    self.concurrency.is_contended
                ):  # whoever waits sends first, then this answer is read
                    await asyncio.sleep(0)
            await limits.enter(call.tenant, units=0, writes=0)  # it has its units already

    def hold_tenant(self, service: Service, token: Token, seconds: float) -> None:
        """Parts of a batch were throttled: the tenant they belong to waits."""
        self._limits.of(service).hold(token.tenant, seconds, scope="Tenant")
        self.concurrency.refused()

    def _request(self, call: Call) -> httpx.Request:
        headers = [
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", ACCEPTED_CODINGS),
            (b"User-Agent", b"cipp-tui"),
            (b"client-request-id", call.request_id.encode()),
            *((name.encode(), value.encode()) for name, value in call.headers.items()),
        ]
        if call.token is not None:
            headers.append((b"Authorization", b"Bearer " + call.token.value.encode()))
        content = b""
        if call.payload is not None:
            headers.append((b"Content-Type", b"application/json"))
            body = call.payload
            content = body if isinstance(body, bytes) else json_bytes(body)
        elif call.form is not None:
            headers.append((b"Content-Type", b"application/x-www-form-urlencoded"))
            content = form_bytes(tuple(call.form.items()))
        return httpx.Request(
            call.method,
            self._bases[call.service],
            headers=headers,
            stream=httpx.ByteStream(content),
            extensions={"target": call.path.encode()},
        )

    async def exchange(self, call: Call) -> Answer:
        """Send once, beside all pacing, for a library that reads answers itself: those to 4xx, too.

        Raises: Unreachable, LostReply, Throttled, Broken, NotUnderstood for whatever no library has
        to see: redirects, a proxy's refusal, 429 and 5xx.
        """
        demand_plain(call.path)
        answer = await self._transmit(call)
        status = answer.status
        if status < 300 or (400 <= status < 500 and status not in _OF_NO_SERVICE):
            return answer
        raise self._problem(call, answer, Side.OWN)

    async def _once(self, call: Call, limits: Host) -> Answer:
        began = self._clock.monotonic()
        answer = await self._transmit(call)
        if answer.status != 429:
            limits.accepted()
            self.concurrency.answered(_kind(call), self._clock.monotonic() - began)
        if answer.status < 300 or answer.status == call.also_good:
            return answer
        raise self._problem(call, answer, side_of(call))

    async def _transmit(self, call: Call) -> Answer:
        """One request and its answer, whatever its status. Raises: Unreachable, LostReply,
        NotUnderstood."""
        request = self._request(call)
        host = request.url.host
        started = time.perf_counter()
        self.sent += 1
        try:
            async with asyncio.timeout(CALL_LIMIT_S):
                response = await self._transports[call.service].handle_async_request(request)
                try:
                    body = await bounded_body(response, host, call.request_id)
                finally:
                    await response.aclose()
        except FOREIGN_ERRORS as error:
            LOG.info("%s %s failed: %s", call.method, _bare(call.path), type(error).__name__)
            raise transport_problem(error, host, call.request_id) from error
        if LOG.isEnabledFor(logging.INFO):
            LOG.info(
                "%s %s %d %.0f ms %s",
                call.method,
                _bare(call.path),
                response.status_code,
                (time.perf_counter() - started) * 1000,
                response.headers.get("request-id", call.request_id),
            )
        return Answer(response.status_code, response.headers, body, host, call.request_id)

    def _problem(self, call: Call, answer: Answer, side: Side) -> RemoteProblem:
        """What an answer that is none of success means."""
        if answer.status < 400:
            return NotUnderstood(
                f"An unexpected redirect ({answer.status}); redirects are not followed",
                code="redirect",
                host=answer.host,
                status=answer.status,
            )
        if answer.status == PROXY_AUTHENTICATION_REQUIRED:
            return proxy_problem(answer.status, answer.host, call.request_id)
        problem = problem_from(
            call.service,
            host=answer.host,
            status=answer.status,
            body=answer.body,
            request_id=_server_id(answer.headers),
            at=self._clock.now().isoformat(timespec="seconds"),
            side=side,
        )
        problem.wait_s = retry_after(
            answer.headers.get("Retry-After"), self._clock.now(), answer.headers.get("Date")
        )
        problem.throttle_scope = answer.headers.get("x-ms-throttle-scope", "")
        if answer.status == 401 and call.token is not None:
            problem.claims = challenge_in(answer.headers.get("WWW-Authenticate"))
        return problem


def _is_long(call: Call) -> bool:
    """Whether it belongs to work that writes: many requests, one after the other."""
    return call.writes > 0 or call.service is Service.PARTNER_CENTER


def _kind(call: Call) -> str:
    """What takes a time of its own: a token, a read, a write, a consent."""
    return f"{call.service} {'writes' if call.writes else call.method}"


def _bare(path: str) -> str:
    """A path for the log: without the query, where names may stand."""
    return path.partition("?")[0]


def _server_id(headers: Mapping[str, str]) -> str | None:
    for name in ("request-id", "x-ms-request-id", "MS-RequestId", "client-request-id"):
        if value := headers.get(name):
            return value[:80]
    return None
