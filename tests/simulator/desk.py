"""A desk to try the simulator at: in process, with a clock that moves only when told to."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from cipp_tui.simulator import Faults, Knobs, Simulator, build_world
from cipp_tui.simulator.catalogue import GRAPH
from cipp_tui.simulator.directory import Directory, ServicePrincipal
from cipp_tui.simulator.knobs import DEFAULT_KNOBS
from cipp_tui.simulator.messages import Request, Response, Service
from cipp_tui.simulator.world import Tenant

START = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
GRAPH_DEFAULT = "https://graph.microsoft.com/.default"
PARTNER_DEFAULT = "https://api.partnercenter.microsoft.com/.default"
BOOTSTRAP = (
    "DelegatedPermissionGrant.ReadWrite.All,Directory.ReadWrite.All,AppRoleAssignment.ReadWrite.All"
)


@dataclass(slots=True)
class Hand:
    """A clock's hand."""

    now: float = START.timestamp()

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """A response with its body read."""

    response: Response

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def headers(self) -> dict[str, str]:
        return self.response.headers

    @property
    def body(self) -> Any:
        return json.loads(self.response.body)

    @property
    def value(self) -> list[Any]:
        rows = self.body["value"]
        assert isinstance(rows, list)
        return rows

    @property
    def error(self) -> tuple[int, str]:
        return self.status, self.body["error"]["code"]


@dataclass(slots=True)
class Desk:
    """A simulator and a caller who holds the partner's refresh token."""

    simulator: Simulator
    clock: Hand
    _tokens: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def app_id(self) -> str:
        return self.simulator.world.application.app_id

    @property
    def partner(self) -> Tenant:
        return self.simulator.world.partner

    @property
    def customers(self) -> list[Tenant]:
        return [t for t in self.simulator.world.tenants.values() if t is not self.partner]

    @property
    def customer(self) -> Tenant:
        return self.customers[0]

    def directory(self, tenant: Tenant | None = None) -> Directory:
        return self.simulator.world.directory_to_change(tenant or self.customer)

    def own(self, tenant: Tenant | None = None) -> ServicePrincipal:
        return self.directory(tenant).principals[self.app_id]

    def graph_principal(self, tenant: Tenant | None = None) -> ServicePrincipal:
        return self.directory(tenant).principals[GRAPH]

    def ask_token(
        self, tenant: str | None = None, *, scope: str | None = GRAPH_DEFAULT, **form: str | None
    ) -> Answer:
        """Ask the token endpoint; a form field of None is left out."""
        content = {
            "client_id": self.app_id,
            "client_secret": self.simulator.world.application.secret,
            "grant_type": "refresh_token",
            "refresh_token": self.simulator.refresh_token(),
            "scope": scope,
            **form,
        }
        body = urlencode({k: v for k, v in content.items() if v is not None}).encode()
        path = f"/{tenant or self.customer.id}/oauth2/v2.0/token"
        return self.send("POST", "login", path, raw=body)

    def token(self, tenant: Tenant | None = None, scope: str = GRAPH_DEFAULT) -> str:
        """Return a token, the same one again while nobody forgets it."""
        key = ((tenant or self.customer).id, scope)
        if key not in self._tokens:
            answer = self.ask_token(key[0], scope=scope)
            assert answer.status == 200, answer.body
            self._tokens[key] = answer.body["access_token"]
        return self._tokens[key]

    def app_token(self, tenant: Tenant) -> str:
        answer = self.ask_token(tenant.id, grant_type="client_credentials", refresh_token=None)
        token: str = answer.body["access_token"]
        return token

    def forget_tokens(self) -> None:
        self._tokens.clear()

    def graph(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        tenant: Tenant | None = None,
        token: str | None = None,
        version: str = "v1.0",
        **headers: str,
    ) -> Answer:
        """Call Graph, in the first customer unless told otherwise."""
        spelled = {name.replace("_", "-"): value for name, value in headers.items()}
        all_headers = {"authorization": f"Bearer {token or self.token(tenant)}"} | spelled
        return self.send(method, "graph", f"/{version}/{url}", body, headers=all_headers)

    def at_home(self, method: str, url: str, body: Any = None, **more: Any) -> Answer:
        return self.graph(method, url, body, tenant=self.partner, **more)

    def batch(self, *requests: dict[str, Any], tenant: Tenant | None = None) -> dict[str, Any]:
        """Send a batch; return the inner responses by id."""
        answer = self.graph("POST", "$batch", {"requests": list(requests)}, tenant=tenant)
        assert answer.status == 200, answer.body
        return {one["id"]: one for one in answer.body["responses"]}

    def partner_center(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str
    ) -> Answer:
        bearer = token or self.token(self.partner, PARTNER_DEFAULT)
        spelled = {name.replace("_", "-"): value for name, value in headers.items()}
        all_headers = {"authorization": f"Bearer {bearer}"} | spelled
        return self.send(method, "partner_center", f"/v1/{path}", body, headers=all_headers)

    def consent(self, tenant: Tenant | None = None, scope: str = BOOTSTRAP, **more: str) -> Answer:
        body = {
            "ApplicationId": self.app_id,
            "ApplicationGrants": [{"EnterpriseApplicationId": GRAPH, "Scope": scope}],
        }
        path = f"customers/{(tenant or self.customer).id}/applicationconsents"
        return self.partner_center("POST", path, body, **more)

    def remove_consent(self, tenant: Tenant | None = None, **more: str) -> Answer:
        path = f"customers/{(tenant or self.customer).id}/applicationconsents/{self.app_id}"
        return self.partner_center("DELETE", path, **more)

    def send(
        self,
        method: str,
        service: Service,
        path: str,
        body: Any = None,
        *,
        raw: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        where, _, query = path.partition("?")
        content = json.dumps(body).encode() if body is not None else raw
        query = quote(query, safe="=&$,'()/%@")
        return Answer(
            self.simulator.handle(Request(method, service, where, query, headers or {}, content))
        )


def a_desk(
    tenants: int = 3,
    *,
    up_to_date: float | None = 1.0,
    knobs: Knobs = DEFAULT_KNOBS,
    faults: Faults | None = None,
    seed: int = 7,
) -> Desk:
    """Return a desk over a fresh world, uniform unless `up_to_date` is None."""
    clock = Hand()
    world = build_world(tenants, seed, up_to_date=up_to_date, now=START)
    return Desk(Simulator(world, faults=faults, clock=clock, knobs=knobs), clock)
