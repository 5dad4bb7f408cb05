"""Every HTTP request goes through here: pacing, retries, limits, and what a failure means."""

import json
import logging
import ssl
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from pydantic import BaseModel, ValidationError

from cipp_tui.api.endpoints import WORDS, Endpoints, Service
from cipp_tui.api.errors import problem_from
from cipp_tui.api.pace import Gates, back_off, retry_after
from cipp_tui.domain.clock import SYSTEM, Clock
from cipp_tui.domain.problems import (
    Broken,
    LostReply,
    NotUnderstood,
    RemoteProblem,
    Throttled,
    Unreachable,
)

LOG = logging.getLogger("cipp_tui.http")
HOST_WIDE_FROM: Final = 4
"""Tenants throttled within a second from which on it is the host that asks us to wait."""

LARGEST_BODY: Final = 32 * 1024 * 1024
PATIENCE_S: Final = 240.0
UNREACHABLE_PATIENCE_S: Final = 20.0
TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0, pool=None)
PARTNER_CENTER_PER_SECOND: Final = 50.0
"""Source: Partner Center, "Get customer consent as Control Panel Vendor"."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and the one service it may be sent to."""

    value: str = field(repr=False)
    service: Service
    tenant: str
    expires_at: float  # by the session's monotonic clock
    scopes: frozenset[str] = frozenset()  # delegated scopes it was issued with

    def good_at(self, monotonic: float, margin_s: float = 300.0) -> bool:
        return monotonic < self.expires_at - margin_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One logical request; retried under the same `request_id`."""

    service: Service
    method: str
    path: str  # from the service's root, query included
    token: Token | None = None
    payload: object = None
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = False  # doing it twice equals doing it once
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    patience_s: float = PATIENCE_S


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer."""

    status: int
    headers: httpx.Headers
    body: bytes
    host: str
    request_id: str

    def parsed(self, model: type[Model]) -> Model:
        """The body as the documented shape. Raises: NotUnderstood."""
        try:
            return model.model_validate_json(self.body)
        except ValidationError as error:
            raise self.not_understood(first_of(error)) from None

    def not_understood(self, why: str) -> NotUnderstood:
        kind = "HTML instead of JSON" if self.body.lstrip()[:1] == b"<" else why
        return NotUnderstood(
            f"The answer has another shape than documented: {kind}",
            code="not-understood",
            host=self.host,
            status=self.status,
            request_id=self.request_id,
        )


class HttpClient:
    """The session's one HTTP client."""

    def __init__(
        self,
        endpoints: Endpoints,
        *,
        clock: Clock = SYSTEM,
        connections: int = 32,
        ca_bundle: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.endpoints = endpoints
        self._clock = clock
        self.sent = 0
        self.rejected = 0  # answers of 429
        self._throttled: dict[Service, dict[str, float]] = {}  # when, by tenant
        self.gates = Gates(clock, {Service.PARTNER_CENTER: PARTNER_CENTER_PER_SECOND})
        self._client = httpx.AsyncClient(
            transport=transport or _transport(connections, ca_bundle),
            timeout=TIMEOUT,
            follow_redirects=False,
            headers={"Accept": "application/json", "User-Agent": "cipp-tui"},
        )

    @property
    def holding(self) -> str:
        """Words for a service that asks us to wait; empty when none does."""
        return self.gates.longest(lambda name: WORDS[Service(name.partition("|")[0])])

    async def aclose(self) -> None:
        await self._client.aclose()

    async def send(self, call: Call) -> Answer:
        """Send a request, with patience.

        Repeats any method on 429 (nothing was done), and repeatable calls on 5xx and lost replies.
        Raises: Unreachable, LostReply, Throttled, Refused, Broken, NotUnderstood.
        Source: Graph, "Throttling guidance"; Partner Center, "API throttling guidance".
        """
        if call.token is not None and call.token.service is not call.service:
            raise ValueError(f"a {call.token.service} token must not be sent to {call.service}")
        request = self._request(call)
        deadline = self._clock.monotonic() + call.patience_s
        unreachable_until = self._clock.monotonic() + min(UNREACHABLE_PATIENCE_S, call.patience_s)
        attempt = 0
        while True:
            attempt += 1
            await self._enter(call)
            try:
                return await self._once(call, request)
            except Throttled as problem:
                wait = self._hold(call, problem, attempt)
                if self._clock.monotonic() + wait > deadline:
                    raise
            except Unreachable:
                wait = back_off(attempt, first_s=0.5)
                if self._clock.monotonic() + wait > unreachable_until:
                    raise
                await self._clock.sleep(wait)
            except (Broken, LostReply) as problem:
                wait = problem.wait_s or back_off(attempt)
                if not call.repeatable or attempt >= 6:
                    raise
                if self._clock.monotonic() + wait > deadline:
                    raise
                await self._clock.sleep(wait)

    def _request(self, call: Call) -> httpx.Request:
        headers = {"client-request-id": call.request_id, **call.headers}
        if call.token is not None:
            headers["Authorization"] = f"Bearer {call.token.value}"
        content: bytes | None = None
        if call.payload is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(call.payload, separators=(",", ":")).encode()
        url = self.endpoints.base(call.service) + call.path
        if call.form is not None:
            return self._client.build_request(call.method, url, data=call.form, headers=headers)
        return self._client.build_request(call.method, url, content=content, headers=headers)

    async def _enter(self, call: Call) -> None:
        await self.gates.gate(call.service).enter()
        if call.token is not None:
            own = self.gates.known(f"{call.service}|{call.token.tenant}")
            if own is not None:
                await own.enter()

    def _hold(self, call: Call, problem: Throttled, attempt: int) -> float:
        self.rejected += 1
        wait = back_off(attempt) if problem.wait_s is None else problem.wait_s
        self.hold(call.service, call.token, wait, scope=problem.throttle_scope)
        return wait

    def hold(self, service: Service, token: Token | None, seconds: float, scope: str = "") -> None:
        """Close the gate a throttled answer is about.

        The answer may say whom it means. Where it does not, it is the tenant, whose own limit is
        the nearest, until several tenants are throttled within a second: then it is the host.
        """
        name: str = service
        if token is not None and token.tenant and not scope.startswith("Application"):
            now = self._clock.monotonic()
            recent = self._throttled.setdefault(service, {})
            recent[token.tenant] = now
            for tenant in [t for t, at in recent.items() if now - at > 1.0]:
                del recent[tenant]
            if scope.startswith("Tenant") or len(recent) < HOST_WIDE_FROM:
                name = f"{service}|{token.tenant}"
        self.gates.gate(name).hold(seconds)

    async def _once(self, call: Call, request: httpx.Request) -> Answer:
        host = request.url.host
        started = time.perf_counter()
        self.sent += 1
        try:
            response = await self._client.send(request, stream=True)
            try:
                body = await _bounded_body(response, host, call.request_id)
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            LOG.info("%s %s failed: %s", call.method, _path_of(request), type(error).__name__)
            raise _transport_problem(error, host, call.request_id) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _transport_problem(error, host, call.request_id) from error
        LOG.info(
            "%s %s %d %.0f ms %s",
            call.method,
            _path_of(request),
            response.status_code,
            (time.perf_counter() - started) * 1000,
            response.headers.get("request-id", call.request_id),
        )
        if response.status_code < 300:
            self.gates.gate(call.service).accepted()
            return Answer(response.status_code, response.headers, body, host, call.request_id)
        if response.status_code < 400:
            raise NotUnderstood(
                f"An unexpected redirect ({response.status_code}); redirects are not followed",
                code="redirect",
                host=host,
                status=response.status_code,
            )
        problem = problem_from(
            call.service,
            host=host,
            status=response.status_code,
            body=body,
            request_id=_server_id(response.headers),
            at=self._clock.now().isoformat(timespec="seconds"),
        )
        if not isinstance(problem, Throttled):
            self.gates.gate(call.service).accepted()
        problem.wait_s = retry_after(response.headers.get("Retry-After"), self._clock.now())
        problem.throttle_scope = response.headers.get("x-ms-throttle-scope", "")
        raise problem


def _transport(connections: int, ca_bundle: str | None) -> httpx.AsyncBaseTransport:
    context = (
        ssl.create_default_context(cafile=ca_bundle) if ca_bundle else ssl.create_default_context()
    )

    def session() -> aiohttp.ClientSession:
        return _session(connections, context)

    return AiohttpTransport(verify=context, client=session)


def _session(connections: int, context: ssl.SSLContext) -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections, ssl=context),
        trust_env=True,  # proxies
        cookie_jar=aiohttp.DummyCookieJar(),
    )
    # aiohttp would send a GET or DELETE a second time by itself when a kept connection breaks.
    # Whether something is sent again is decided in `HttpClient.send` alone: a DELETE never is.
    session._retry_connection = False
    return session


async def _bounded_body(response: httpx.Response, host: str, request_id: str) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > LARGEST_BODY:
            raise NotUnderstood(
                f"The answer is larger than {LARGEST_BODY // (1024 * 1024)} MB",
                code="too-large",
                host=host,
                status=response.status_code,
                request_id=request_id,
            )
        chunks.append(chunk)
    return b"".join(chunks)


def _transport_problem(error: BaseException, host: str, request_id: str) -> RemoteProblem:
    """Whether the request can have arrived: only a connection that never stood is certain."""
    cause = error.__cause__ or error
    if isinstance(error, httpx.ConnectError) or isinstance(
        cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError
    ):
        return Unreachable(
            f"{host} cannot be reached: {_reason(cause)}",
            code="unreachable",
            host=host,
            request_id=request_id,
        )
    return LostReply(
        f"{host} did not answer: {_reason(cause)}",
        code="lost-reply",
        host=host,
        request_id=request_id,
    )


def _reason(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200] or type(error).__name__


def _server_id(headers: Mapping[str, str]) -> str | None:
    for name in ("request-id", "x-ms-request-id", "MS-RequestId", "client-request-id"):
        if value := headers.get(name):
            return value[:80]
    return None


def _path_of(request: httpx.Request) -> str:
    return request.url.path


def first_of(error: ValidationError) -> str:
    first: Any = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the body"
    return f"{where}: {first['msg']}"
