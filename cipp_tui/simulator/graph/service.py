"""Graph over HTTP: token check, routing, rights, limits, and the common headers."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qsl

from cipp_tui.simulator.catalogue import GRAPH
from cipp_tui.simulator.context import Context, Resolution
from cipp_tui.simulator.directory import scope_set
from cipp_tui.simulator.fault_replies import graph_error
from cipp_tui.simulator.graph import (
    app_roles,
    directory_roles,
    grants,
    people,
    relationships,
    service_principals,
    tenants,
)
from cipp_tui.simulator.graph.call import (
    Caller,
    GraphCall,
    GraphFailure,
    Key,
    Reply,
    bad_request,
    denied,
)
from cipp_tui.simulator.graph.endpoints import ENDPOINTS, Endpoint, parse_path
from cipp_tui.simulator.graph.permission_table import TokenKind, is_open
from cipp_tui.simulator.graph.times import graph_second
from cipp_tui.simulator.limits import Throttled
from cipp_tui.simulator.messages import (
    JSON_TYPE,
    Addresses,
    Request,
    Response,
    base_url,
    encode,
    json_response,
)
from cipp_tui.simulator.rules import user_roles

# Importing a module of endpoints registers them.
REGISTERED: Final = (
    app_roles,
    directory_roles,
    grants,
    people,
    relationships,
    service_principals,
    tenants,
)
TENANT_INFORMATION: Final = "tenant-information.find"
READ_DIRECTORY: Final = frozenset({"Directory.Read.All", "Directory.ReadWrite.All"})
VERSIONS: Final = ("v1.0", "beta")
AUDIENCES: Final = ("https://graph.microsoft.com", "https://graph.microsoft.com/", GRAPH)
UNKNOWN_ROUTE: Final = "graph.unknown"


@dataclass(frozen=True, slots=True)
class Target:
    """What an address means, whoever asks: the same for every tenant."""

    route: str
    endpoint: Endpoint | None
    template: str
    version: str
    path: str
    query: Mapping[str, str]
    keys: tuple[Key, ...]
    units: int


@dataclass(slots=True)
class Located:
    """A request and the endpoint it is for."""

    target: Target
    call: GraphCall

    @property
    def route(self) -> str:
        """The name of the endpoint, for faults and the log."""
        return self.target.route


class Graph:
    """Answers what is sent to the Graph host."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def authenticate(self, request: Request) -> Caller | Response:
        """Return whose token a request carries, or the 401.

        Source: Graph docs, error responses (InvalidAuthenticationToken).
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return self._unauthorized("Access token is empty.")
        claims = self.context.mint.read(token)
        if claims is None or "tid" not in claims:
            return self._unauthorized("IDX14100: JWT is not well formed, or has no signature.")
        if claims["aud"] not in AUDIENCES:
            return self._unauthorized("Access token validation failure. Invalid audience.")
        if self.context.clock() >= claims["exp"]:
            return self._unauthorized("Lifetime validation failed, the token is expired.")
        world = self.context.world
        tenant = world.tenants.get(claims["tid"])
        user = world.users.get(claims.get("oid", "")) if claims["idtyp"] == "user" else None
        if tenant is None or tenant.gone is not None:
            return self._unauthorized("Invalid tenant.")
        if tenant.challenge is not None and (
            tenant.challenge_lasts or claims.get("answered") != tenant.challenge
        ):
            return self._unauthorized(
                "Continuous access evaluation resulted in challenge with result:"
                " InteractionRequired and code: TokenCreatedWithOutdatedPolicies",
                tenant.challenge,
            )
        permissions = (
            scope_set(claims["scp"])
            if claims["idtyp"] == "user"
            else frozenset[str](claims["roles"])
        )
        return Caller(claims["appid"], tenant, user, permissions)

    def resolve(self, request: Request, caller: Caller) -> Resolution:
        """Find out which endpoint an outer request is for."""
        version, _, path = request.path.lstrip("/").partition("/")
        target = target_of(request.method, version, path, request.query)
        base = base_url(request, Addresses().graph)
        located = self.locate(target, request.method, request.headers, request.body, base, caller)
        return Resolution(
            located.route,
            caller.tenant.id,
            lambda: self.finished(self.perform(located), request.headers),
            is_write=request.method != "GET",
        )

    def locate(
        self,
        target: Target,
        method: str,
        headers: Mapping[str, str],
        body: Any,
        base: str,
        caller: Caller,
    ) -> Located:
        """Join a request, outer or inner, with what its address means."""
        call = GraphCall(
            self.context,
            caller,
            method,
            target.version,
            target.path,
            target.query,
            headers,
            body,
            base,
            target.keys,
        )
        return Located(target, call)

    def perform(self, located: Located) -> Reply:
        """Answer a located request."""
        try:
            reply = self._performed(located)
        except GraphFailure as failure:
            reply = self._failed(failure, located.call.headers)
        reply.headers.setdefault("x-ms-resource-unit", str(located.target.units))
        return reply

    def finished(self, reply: Reply, headers: Mapping[str, str]) -> Response:
        """Turn a reply into a response with Graph's usual headers."""
        trace = self.context.world.new_guid()
        common = {
            "request-id": trace,
            "client-request-id": headers.get("client-request-id") or trace,
            "x-ms-ags-diagnostic": '{"ServerInfo":{"DataCenter":"Simulator"}}',
            "Cache-Control": "no-cache",
        }
        if reply.body is None:
            return Response(reply.status, {**common, **reply.headers})
        common |= {"Content-Type": JSON_TYPE, "OData-Version": "4.0"}
        return Response(reply.status, {**common, **reply.headers}, encode(reply.body))

    def _performed(self, located: Located) -> Reply:
        call, endpoint = located.call, located.target.endpoint
        throttled = self._throttle(located)
        if throttled is not None:
            return self._too_many(throttled, call)
        if endpoint is None:
            raise _unknown(located)
        _check_rights(call, endpoint, located.target.template)
        if call.method in ("POST", "PATCH"):
            call.body = _parsed(call.body)
        return endpoint.handler(call)

    def _throttle(self, located: Located) -> Throttled | None:
        call = located.call
        writes = 0 if call.method == "GET" else 1
        caller = call.caller
        return self.context.limits.graph(
            caller.app_id, caller.tenant.id, located.target.units, writes, call.now
        )

    def _too_many(self, throttled: Throttled, call: GraphCall) -> Reply:
        caller = call.caller
        headers = {
            "Retry-After": f"{max(round(throttled.retry_after_s), 1)}",
            "x-ms-throttle-scope": f"{throttled.scope}/{caller.app_id}/{caller.tenant.id}",
            "x-ms-throttle-information": throttled.information,
        }
        body = self._body("TooManyRequests", "Please retry again later.", call.headers)
        return Reply(429, body, headers)

    def _failed(self, failure: GraphFailure, headers: Mapping[str, str]) -> Reply:
        body = self._body(failure.code, failure.message, headers)
        if failure.details:
            body["error"]["details"] = failure.details
        return Reply(failure.status, body)

    def _body(self, code: str, message: str, headers: Mapping[str, str]) -> dict[str, Any]:
        trace = self.context.world.new_guid()
        body = graph_error(code, message)
        body["error"]["innerError"] = {
            "date": graph_second(self.context.clock()),
            "request-id": trace,
            "client-request-id": headers.get("client-request-id") or trace,
        }
        return body

    def _unauthorized(self, message: str, challenge: str | None = None) -> Response:
        realm = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common"'
        if challenge is not None:
            encoded = base64.b64encode(challenge.encode()).decode()
            realm += f', error="insufficient_claims", claims="{encoded}"'
        body = self._body("InvalidAuthenticationToken", message, {})
        return json_response(401, body, {"WWW-Authenticate": realm})


@lru_cache(maxsize=4096)
def target_of(method: str, version: str, path: str, query_text: str) -> Target:
    """Find the endpoint an address is for, the same one for the same address."""
    template, keys = parse_path(path)
    methods = ENDPOINTS.get(template, {}) if version in VERSIONS else {}
    endpoint = methods.get(method)
    query = MappingProxyType(dict(parse_qsl(query_text, keep_blank_values=True)))
    units = resource_units(endpoint.cost if endpoint else 1, query)
    route = endpoint.route if endpoint else UNKNOWN_ROUTE
    return Target(route, endpoint, template, version, path, query, keys, units)


def resource_units(cost: int, query: Mapping[str, str]) -> int:
    """Return what a request costs that costs so much without options.

    Source: Graph docs, throttling limits for identity and access.
    """
    cost += 1 if "$expand" in query else 0
    cost -= 1 if "$select" in query else 0
    top = query.get("$top", "")
    cost -= 1 if top.isdecimal() and int(top) < 20 else 0
    return max(cost, 1)


def _check_rights(call: GraphCall, endpoint: Endpoint, template: str) -> None:
    caller, world = call.caller, call.world
    if endpoint.delegated_only and caller.user is None:
        raise denied()
    if endpoint.home_only and caller.tenant is not world.partner:
        raise denied()
    kind: TokenKind = "application" if caller.user is None else "delegated"
    may = is_open(template, call.method, kind, caller.permissions)
    if not may and not _is_told_in_the_field(call, endpoint):
        raise denied()
    if caller.user is None:
        return
    roles = user_roles(world, caller.tenant, caller.user, call.now)
    if not roles or (endpoint.user_roles and not endpoint.user_roles & roles):
        raise denied()


def _is_told_in_the_field(call: GraphCall, endpoint: Endpoint) -> bool:
    """Whether a call is answered although its permission is not held, as some have seen it.

    Tenant information needs CrossTenantInformation.ReadBasic.All by the page; of three reports one
    says that a user with rights on directories is answered, two say 403.
    """
    knobs, caller = call.context.knobs, call.caller
    return (
        endpoint.route == TENANT_INFORMATION
        and knobs.tenant_information == "field"
        and caller.user is not None
        and not READ_DIRECTORY.isdisjoint(caller.permissions)
    )


def _parsed(body: Any) -> Any:
    if not isinstance(body, bytes):
        return body
    try:
        return json.loads(body)
    except ValueError as error:
        raise bad_request("Unable to read JSON request payload.") from error


def _unknown(located: Located) -> GraphFailure:
    if located.call.version not in VERSIONS:
        return GraphFailure(400, "BadRequest", "Invalid version.")
    if located.target.template in ENDPOINTS:
        message = "Specified HTTP method is not allowed for the request target."
        return GraphFailure(405, "Request_BadRequest", message)
    segment = located.call.path.strip("/").partition("/")[0]
    return GraphFailure(404, "BadRequest", f"Resource not found for the segment '{segment}'.")
