"""Partner Center over HTTP: token check, routing, idempotency, customers."""

import base64
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs

from cipp_tui.simulator.catalogue import PARTNER_CENTER
from cipp_tui.simulator.context import Context, Resolution
from cipp_tui.simulator.ids import is_guid
from cipp_tui.simulator.messages import Request, Response, json_response
from cipp_tui.simulator.partner_center.consents import (
    check_may_consent,
    create_consent,
    delete_consent,
)
from cipp_tui.simulator.partner_center.errors import Refused, mfa_required, rate_limited
from cipp_tui.simulator.world import Tenant, User

AUDIENCES: Final = ("https://api.partnercenter.microsoft.com", PARTNER_CENTER)
PAGE: Final = 100
REMEMBERED_ANSWERS: Final = 10_000


@dataclass(frozen=True, slots=True)
class PartnerCaller:
    """Whose token a call to Partner Center carries."""

    app_id: str
    user: User | None
    mfa: bool


@dataclass(slots=True)
class PartnerCenter:
    """Answers what is sent to the Partner Center host."""

    context: Context
    _answers: dict[tuple[str, str, str], Response] = field(default_factory=dict)

    def resolve(self, request: Request) -> Resolution:
        """Find out which endpoint a request is for."""
        parts = request.path.strip("/").split("/")
        route: str = "partner.unknown"
        tenant: str | None = None
        answer: Endpoint = self._not_here
        match [part.lower() for part in parts]:
            case ["v1", "customers"]:
                route, answer = "customers.list", self._list_customers
            case ["v1", "customers", key]:
                route, tenant, answer = "customers.get", key, self._get_customer
            case ["v1", "customers", key, "applicationconsents"]:
                route, tenant, answer = "consent.create", key, self._create
            case ["v1", "customers", key, "applicationconsents", _]:
                route, tenant, answer = "consent.delete", key, self._delete
        write = route.startswith("consent")
        return Resolution(route, tenant, lambda: self._answered(request, answer), write)

    @property
    def answered(self) -> Collection[object]:
        """What tells the answered requests apart."""
        return self._answers.keys()

    def remember_answers_of(self, other: "PartnerCenter") -> None:
        """Take over another copy's memory of answered requests."""
        self._answers.update(other._answers)

    def _answered(self, request: Request, answer: "Endpoint") -> Response:
        headers = request.headers
        request_id = headers.get("ms-requestid")
        key = (request.method, request.path.lower(), request_id or "")
        response = self._answers.get(key) if request_id else None
        if response is None:
            response = self._fresh(request, answer)
            if request_id and request.method != "GET" and response.status not in (401, 429, 503):
                if len(self._answers) >= REMEMBERED_ANSWERS:
                    self._answers.clear()
                self._answers[key] = response
        trace = self.context.world.new_guid()
        common = {
            "MS-CorrelationId": headers.get("ms-correlationid") or trace,
            "MS-RequestId": request_id or trace,
            "MS-CV": f"{trace[:16]}.0",
            "MS-ServerId": "simulator",
        }
        return Response(response.status, {**response.headers, **common}, response.body)

    def _fresh(self, request: Request, answer: "Endpoint") -> Response:
        if self.context.world.partner_center == "down":
            refusal = Refused(503, 9999, "The service is temporarily unavailable.")
            return refusal.response()
        try:
            caller = self._caller(request)
            response = answer(request, caller)
        except Refused as refusal:
            response = refusal.response()
        else:
            if request.headers.get("validatemfa", "").lower() == "true":
                response.headers["isMfaCompliant"] = str(caller.mfa).lower()
        return response

    def _caller(self, request: Request) -> PartnerCaller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused(401, 800001, "The partner token is missing.")
        world, claims = self.context.world, self.context.mint.read(token)
        if (
            claims is None
            or claims.get("aud") not in AUDIENCES
            or claims["tid"] != world.partner.id
            or self.context.clock() >= claims["exp"]
        ):
            raise Refused(401, 400, "Access denied. The token is not valid for this service.")
        user = world.users.get(claims["oid"]) if claims["idtyp"] == "user" else None
        if user is not None and "user_impersonation" not in claims["scp"].split():
            raise Refused(401, 400, "Access denied. The token lacks user_impersonation.")
        mfa = "mfa" in claims.get("amr", ()) and world.partner_center != "no-mfa"
        return PartnerCaller(claims["appid"], user, mfa)

    def _create(self, request: Request, caller: PartnerCaller) -> Response:
        if request.method != "POST":
            raise _wrong_method()
        customer = self._consenting(request, caller)
        if isinstance(customer, Response):
            return customer
        return create_consent(self.context, customer, caller.app_id, request.body)

    def _delete(self, request: Request, caller: PartnerCaller) -> Response:
        if request.method != "DELETE":
            raise _wrong_method()
        customer = self._consenting(request, caller)
        if isinstance(customer, Response):
            return customer
        app_id = request.path.rstrip("/").rpartition("/")[2].lower()
        return delete_consent(self.context, customer, app_id)

    def _consenting(self, request: Request, caller: PartnerCaller) -> Tenant | Response:
        """Return the customer when the caller may consent there now, or the 429."""
        now = self.context.clock()
        wait = self.context.limits.partner_center(caller.app_id, request.method, now)
        if wait is not None:
            return rate_limited(wait)
        customer = self._customer(request.path.strip("/").split("/")[2])
        if caller.user is not None and not caller.mfa:
            raise mfa_required()
        check_may_consent(self.context, customer, caller.user)
        return customer

    def _customer(self, key: str) -> Tenant:
        """Return a tenant this partner has anything to do with."""
        if not is_guid(key):
            raise Refused(400, 900118, f"The customer id '{key}' is not valid.")
        world = self.context.world
        tenant = world.tenants.get(key.lower())
        if tenant is None or tenant is world.partner or tenant.gone is not None:
            raise Refused(404, 60003, f"The tenant {key} could not be found.")
        if not tenant.has_contract and not tenant.relationships:
            raise Refused(404, 60003, f"The tenant {key} could not be found.")
        return tenant

    def _list_customers(self, request: Request, _caller: PartnerCaller) -> Response:
        """Answer the customers with a contract; the next page is named by a header.

        Source: Partner Center docs, Get a list of customers (seekOperation paging).
        """
        if request.method != "GET":
            raise _wrong_method()
        customers = [t for t in self.context.world.tenants.values() if t.has_contract]
        query = parse_qs(request.query)
        size = _size(query.get("size", ["0"])[0])
        start = 0
        if query.get("seekOperation") == ["Next"]:
            start, size = _continued(request.headers.get("ms-continuationtoken", ""))
        self_link = {"uri": f"/v1/customers?size={size}", "method": "GET", "headers": []}
        links: dict[str, Any] = {"self": self_link}
        if start + size < len(customers):
            token = base64.b64encode(f"{start + size}:{size}".encode()).decode()
            links["next"] = {
                "uri": "/customers?seekOperation=Next",
                "method": "GET",
                "headers": [{"key": "MS-ContinuationToken", "value": token}],
            }
        return json_response(
            200,
            {
                "totalCount": len(customers),
                "items": [_row(tenant) for tenant in customers[start : start + size]],
                "links": links,
                "attributes": {"objectType": "Collection"},
            },
        )

    def _get_customer(self, request: Request, _caller: PartnerCaller) -> Response:
        if request.method != "GET":
            raise _wrong_method()
        return json_response(200, _row(self._customer(request.path.strip("/").split("/")[2])))

    def _not_here(self, request: Request, _caller: PartnerCaller) -> Response:
        raise Refused(404, 1000, "The requested resource was not found.")


Endpoint = Callable[[Request, PartnerCaller], Response]


def _row(tenant: Tenant) -> dict[str, Any]:
    return {
        "id": tenant.id,
        "commerceId": tenant.id,
        "companyProfile": {
            "tenantId": tenant.id,
            "domain": tenant.default_domain,
            "companyName": tenant.name,
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "relationshipToPartner": "reseller",
        "attributes": {"objectType": "Customer"},
    }


def _size(text: str) -> int:
    if not text.isdecimal():
        raise Refused(400, 3000, f"The size '{text}' is not valid.")
    return int(text) or PAGE


def _continued(token: str) -> tuple[int, int]:
    try:
        start, _, size = base64.b64decode(token).decode().partition(":")
        return int(start), int(size)
    except ValueError as error:
        raise Refused(400, 800002, "The continuation token is not valid.") from error


def _wrong_method() -> Refused:
    return Refused(405, 3000, "The method is not allowed for this resource.")
