"""A look at what Microsoft really allows and answers: tokens and GETs, alone and in a batch.

Nothing can be changed from here: whatever is not known to be a reading is refused before it leaves,
as in read-only mode, whatever mode the profile has.
Source: Graph, "Combine multiple HTTP requests using JSON batching"; as the reads themselves.
"""

import base64
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from cipp_tui.api.batch import Part
from cipp_tui.api.customers import PAGE
from cipp_tui.api.endpoints import Service
from cipp_tui.api.graph import Graph
from cipp_tui.api.http import Answer, Call, HttpClient, Token
from cipp_tui.api.live_expectations import otherwise
from cipp_tui.api.live_record import (
    Observation,
    error_of,
    properties_of,
    request_id_of,
    scopes_of,
    template_of,
)
from cipp_tui.api.paths import demand_plain
from cipp_tui.api.read_only import demand_harmless
from cipp_tui.api.tokens import Tokens
from cipp_tui.api.wanted import registration_path
from cipp_tui.domain.permissions import MICROSOFT_GRAPH, AppId, WantedPermissions
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import TenantId

_GDAP: Final = "/v1.0/tenantRelationships/delegatedAdminRelationships"
_IDS: Final = ("request-id", "x-ms-request-id", "MS-RequestId", "client-request-id")


class Stopwatch:
    """How long something took, for telling; nothing is decided by it. Started when it is made."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    @property
    def milliseconds(self) -> int:
        return round((time.perf_counter() - self._started) * 1000)


@dataclass(frozen=True, slots=True)
class _Seen:
    """An observation, and the body behind it, which is not written down."""

    observation: Observation
    body: Any = None


class LiveCheck:
    """Asks one thing after the other, and says what came back."""

    def __init__(
        self,
        http: HttpClient,
        tokens: Tokens,
        graph: Graph,
        wanted: Callable[[], Awaitable[WantedPermissions]],
        *,
        partner: TenantId,
        app: AppId,
        has_credential: bool,
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._graph = graph
        self._wanted = wanted
        self._partner = partner
        self._app = app
        self._has_credential = has_credential

    async def run(self, tenant: TenantId | None) -> AsyncGenerator[Observation, None]:
        """Look at our own side, then at a customer: `tenant`, else the first that is usable.

        Raises: SignInProblem when nobody is signed in. Whatever is refused is an observation.
        """
        found = tenant
        seen, own = await self._token(
            "token, own tenant, Graph", self._partner, self._tokens.partner_graph
        )
        yield seen.observation
        if own is not None:
            path = f"/v1.0{registration_path(self._app)}"
            seen = await self._get("registration", "app registration", own, path)
            yield seen.observation
            path = f"{_GDAP}?$top={PAGE}"
            relationships = await self._get("relationships", "GDAP relationships", own, path)
            yield relationships.observation
            relationship, customer = _usable(relationships.body, tenant)
            found = tenant or customer
            if relationship is not None:
                path = f"{_GDAP}/{quote(relationship, safe='')}/accessAssignments?$top={PAGE}"
                seen = await self._get("access-assignments", "who has its roles", own, path)
                yield seen.observation
            if found is not None:
                async for one in self._tenant_information(own, found):
                    yield one
        async for one in self._partner_center():
            yield one
        if found is not None:
            async for one in self._customer(found):
                yield one

    async def _tenant_information(
        self, own: Token, tenant: TenantId
    ) -> AsyncGenerator[Observation, None]:
        path = f"/v1.0/tenantRelationships/findTenantInformationByTenantId(tenantId='{tenant}')"
        key = "tenant-information"
        yield (await self._get(key, "tenant information, as the user", own, path)).observation
        if not self._has_credential:
            return
        ask = self._application_token(self._partner)
        seen, token = await self._token("token, own tenant, as the application", self._partner, ask)
        yield seen.observation
        if token is not None:
            what = "tenant information, as the application"
            yield (await self._get(key, what, token, path)).observation

    async def _partner_center(self) -> AsyncGenerator[Observation, None]:
        seen, token = await self._token(
            "token, own tenant, Partner Center", self._partner, self._tokens.partner_center
        )
        yield seen.observation
        if token is not None:
            yield (
                await self._get(
                    "customers",
                    "Partner Center, customers",
                    token,
                    "/v1/customers?size=1",
                    {"ValidateMfa": "true"},
                )
            ).observation

    async def _customer(self, tenant: TenantId) -> AsyncGenerator[Observation, None]:
        async def ask() -> Token:
            return await self._tokens.customer(tenant)

        seen, token = await self._token("token, customer, as the user", tenant, ask)
        yield seen.observation
        if token is not None:
            parts = self._graph.parts(await self._known_wanted())
            for part in parts:
                what = f"{_WORDS.get(part.id.rstrip('0123456789'), part.id)}, alone"
                yield (await self._get(part.id, what, token, f"/v1.0{part.url}")).observation
            async for one in self._batch(token, parts):
                yield one
        if self._has_credential:
            application = self._application_token(tenant)
            seen, _ = await self._token("token, customer, as the application", tenant, application)
            yield seen.observation

    async def _batch(self, token: Token, parts: list[Part]) -> AsyncGenerator[Observation, None]:
        """The same reads in one batch: each part's answer is an observation of its own."""
        payload = {"requests": [part.rendered() for part in parts]}
        call = Call(
            service=Service.GRAPH,
            method="POST",
            path="/v1.0/$batch",
            token=token,
            payload=payload,
            repeatable=True,
        )
        whole = await self._observed("batch", "all of these in one batch", call)
        yield replace(whole.observation, properties={"responses": "array"})
        responses = whole.body.get("responses") if isinstance(whole.body, Mapping) else None
        answers = {str(one.get("id")): one for one in responses or () if isinstance(one, Mapping)}
        for part in parts:
            answer = answers.get(part.id, {})
            body, status = answer.get("body"), answer.get("status")
            headers = answer.get("headers")
            seen = Observation(
                key=part.id,
                what=f"{_WORDS.get(part.id.rstrip('0123456789'), part.id)}, in the batch",
                service=Service.GRAPH,
                route=template_of(part.method, f"/v1.0{part.url}"),
                status=status if isinstance(status, int) else None,
                error=_error(body) if isinstance(status, int) and status >= 400 else "",
                properties=properties_of(body),
                request_id=request_id_of(_id_of(headers)),
            )
            yield replace(seen, otherwise=otherwise(seen))

    async def _known_wanted(self) -> WantedPermissions:
        """What a refresh reads by; where that cannot be read, the least that can be asked for."""
        try:
            return await self._wanted()
        except Problem:
            return WantedPermissions(
                app=self._app,
                app_name="",
                roles=frozenset(),
                scopes=frozenset(),
                directory_roles=frozenset(),
                resource_names={MICROSOFT_GRAPH: "Microsoft Graph"},
            )

    def _application_token(self, tenant: TenantId) -> Callable[[], Awaitable[Token]]:
        async def ask() -> Token:
            self._tokens.forget(tenant)  # the user's, which is kept in the same place
            try:
                return await self._tokens.application(tenant)
            finally:
                self._tokens.forget(tenant)

        return ask

    async def _token(
        self, what: str, tenant: TenantId, ask: Callable[[], Awaitable[Token]]
    ) -> tuple[_Seen, Token | None]:
        watch = Stopwatch()
        token: Token | None = None
        status: int | None = 200
        error = ident = ""
        try:
            token = await ask()
        except Problem as problem:
            status, error, ident = problem.status, problem.code, problem.request_id or ""
        seen = Observation(
            key="token",
            what=what,
            service=Service.LOGIN,
            route=template_of("POST", f"/{tenant}/oauth2/v2.0/token"),
            status=status,
            error=error_of(error),
            scopes=scopes_of(_permissions(token)) if token is not None else (),
            request_id=request_id_of(ident),
            duration_ms=watch.milliseconds,
        )
        return _Seen(replace(seen, otherwise=otherwise(seen))), token

    async def _get(
        self, key: str, what: str, token: Token, path: str, headers: Mapping[str, str] | None = None
    ) -> _Seen:
        call = Call(
            service=token.service,
            method="GET",
            path=path,
            token=token,
            headers=headers or {},
            repeatable=True,
        )
        return await self._observed(key, what, call)

    async def _observed(self, key: str, what: str, call: Call) -> _Seen:
        """Send one reading, and reduce what comes back to names. Raises: Unsuited for a writing."""
        demand_plain(call.path)
        demand_harmless(call.service, call.method, call.path, call.payload)
        watch = Stopwatch()
        answer: Answer | None = None
        status: int | None = None
        error = ident = ""
        try:
            answer = await self._http.exchange(call)
        except Problem as problem:
            status, error, ident = problem.status, problem.code, problem.request_id or ""
        body = _json(answer.body) if answer is not None else None
        if answer is not None:
            status, ident = answer.status, _id_of(answer.headers) or ""
            error = _error(body) if status >= 400 else ""
        seen = Observation(
            key=key,
            what=what,
            service=call.service,
            route=template_of(call.method, call.path),
            status=status,
            error=error_of(error),
            properties=properties_of(body),
            request_id=request_id_of(ident),
            duration_ms=watch.milliseconds,
            mfa=_told_mfa(answer),
        )
        return _Seen(replace(seen, otherwise=otherwise(seen)), body)


_WORDS: Final = {
    "own": "our service principal by appId",
    "resources": "the resources' service principals",
    "roles": "app role assignments",
    "grants": "delegated grants",
    "held": "directory roles held",
    "active": "directory roles active",
    "domains": "domains",
}


def _usable(body: Any, tenant: TenantId | None) -> tuple[str | None, TenantId | None]:
    """The id of an active relationship and its customer: of `tenant`, else the first there is."""
    rows = body.get("value") if isinstance(body, Mapping) else None
    for row in rows if isinstance(rows, list) else ():
        customer = row.get("customer") if isinstance(row, Mapping) else None
        ident = customer.get("tenantId") if isinstance(customer, Mapping) else None
        if row.get("status") != "active" or not isinstance(ident, str):
            continue
        if tenant is None or ident.lower() == tenant:
            return str(row.get("id")), TenantId(ident.lower())
    return None, None


def _permissions(token: Token) -> set[str]:
    """What a token says it holds. Only for being told: nothing is decided by it.

    Source: Entra, access token claims reference (`scp`, `roles`).
    """
    if token.scopes:
        return set(token.scopes)
    payload = token.value.split(".")[1:2]
    try:
        raw = base64.urlsafe_b64decode(payload[0] + "=" * (-len(payload[0]) % 4))
        claims = json.loads(raw)
        roles = claims.get("roles") or []
        return {*str(claims.get("scp") or "").split(), *(str(role) for role in roles)}
    except (ValueError, IndexError, AttributeError, TypeError):
        return set()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _error(body: Any) -> str:
    if not isinstance(body, Mapping):
        return ""
    error = body.get("error", body)
    return error_of(error.get("code") if isinstance(error, Mapping) else error)


def _id_of(headers: object) -> str | None:
    if not isinstance(headers, Mapping):
        return None
    told = {str(name).lower(): str(value) for name, value in headers.items()}
    return next((told[name.lower()] for name in _IDS if name.lower() in told), None)


def _told_mfa(answer: Answer | None) -> str:
    told = (answer.headers.get("isMfaCompliant") or "").lower() if answer is not None else ""
    return told if told in ("true", "false") else ""
