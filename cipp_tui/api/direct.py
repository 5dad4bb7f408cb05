"""The direct backend: Entra ID, Graph and Partner Center, with nobody in between."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from cipp_tui.api.backend import Capability, Check, Comparison, DeviceSignIn, Preflight
from cipp_tui.api.customers import Customers
from cipp_tui.api.endpoints import Endpoints
from cipp_tui.api.evidence import EvidenceReader
from cipp_tui.api.grants import Grants
from cipp_tui.api.graph import Graph
from cipp_tui.api.http import HttpClient
from cipp_tui.api.pace import Patience
from cipp_tui.api.partner import PartnerCenter
from cipp_tui.api.sign_in import MsalSignIn
from cipp_tui.api.steps import REFRESH_PLAN, RESET_PLAN
from cipp_tui.api.token_store import TokenStore
from cipp_tui.api.tokens import Tokens
from cipp_tui.api.trace import GdapTrace
from cipp_tui.api.visit import DirectVisit, Instruments
from cipp_tui.api.wanted import ExtraPermissions, read_wanted
from cipp_tui.domain.clock import SYSTEM, Clock
from cipp_tui.domain.evidence import Evidence
from cipp_tui.domain.gdap_trace import TraceReading
from cipp_tui.domain.jobs import Action, Step
from cipp_tui.domain.permissions import AppId, WantedPermissions
from cipp_tui.domain.problems import Problem, SignInProblem
from cipp_tui.domain.roles import CAN_CONSENT, RoleId
from cipp_tui.domain.tenants import GdapRelationship, Tenant, TenantId, TenantKind

NOT_WITHIN_HOURS: Final = 24
"""A relationship that ends sooner is not reset: the give-back might not make it in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectSettings:
    """What the direct backend needs to know. Secrets come as functions, so that they stay put."""

    endpoints: Endpoints
    partner_tenant: TenantId
    client_id: AppId
    client_secret: Callable[[], str | None]
    refresh_token: Callable[[], str | None]
    store: TokenStore
    seed: str
    connections: int = 32
    ca_bundle: str | None = None
    prune: bool = False
    extra: tuple[ExtraPermissions, ...] = ()
    directory_roles: tuple[RoleId, ...] = ()
    direct_tenants: tuple[TenantId, ...] = ()


class DirectBackend:
    """The port, spoken to Microsoft's own services."""

    capabilities: frozenset[Capability] = frozenset(Capability)

    def __init__(
        self,
        settings: DirectSettings,
        *,
        clock: Clock = SYSTEM,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._http = HttpClient(
            settings.endpoints,
            clock=clock,
            connections=settings.connections,
            ca_bundle=settings.ca_bundle,
            transport=transport,
        )
        self._sign_in = MsalSignIn(
            settings.endpoints,
            self._http,
            partner=settings.partner_tenant,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            clock=clock,
            ca_bundle=settings.ca_bundle,
        )
        self._tokens = Tokens(
            self._http,
            self._sign_in,
            settings.store,
            partner=settings.partner_tenant,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            configured_refresh_token=settings.refresh_token,
            clock=clock,
        )
        graph = self._graph = Graph(self._http, clock)
        self._partner = PartnerCenter(self._http, self._tokens)
        self._customers = Customers(
            self._http,
            self._tokens,
            graph,
            partner=settings.partner_tenant,
            direct=settings.direct_tenants,
            clock=clock,
        )
        self._instruments = Instruments(
            tokens=self._tokens,
            graph=graph,
            grants=Grants(self._http, clock),
            partner=self._partner,
            wanted=self.wanted,
            preflight=self.preflight,
            prune=settings.prune,
            patience=self._http.patience,
            seed=settings.seed,
            clock=clock,
        )
        self._evidence = EvidenceReader(
            http=self._http,
            tokens=self._tokens,
            graph=graph,
            partner=self._partner,
            wanted=self.wanted,
            prune=settings.prune,
            clock=clock,
        )
        self._wanted: WantedPermissions | None = None
        self._wanted_lock = asyncio.Lock()

    def tenants(self, only: TenantId | None = None) -> AsyncIterator[Sequence[Tenant]]:
        """Source: Graph, "List delegatedAdminRelationships"."""
        return self._customers.read() if only is None else self._customers.read_one(only)

    async def wanted(self) -> WantedPermissions:
        """Read once per session. Source: Graph, application resource type."""
        async with self._wanted_lock:
            if self._wanted is None:
                self._wanted = await read_wanted(
                    self._http,
                    await self._tokens.partner_graph(),
                    app=self._settings.client_id,
                    extra=self._settings.extra,
                    directory_roles=self._settings.directory_roles,
                    clock=self._clock,
                )
            return self._wanted

    async def compare(self, tenant: Tenant, *, unlicensed: tuple[str, ...] = ()) -> Comparison:
        """Source: Graph, servicePrincipal and its grants."""
        return await DirectVisit(self._instruments, tenant, item=0).compare(unlicensed)

    async def evidence(
        self, tenant: Tenant, *, unlicensed: tuple[str, ...] = (), in_debt: bool = False
    ) -> Evidence:
        """Source: Graph, delegatedAdminRelationship; Entra, OAuth 2.0; Partner Center."""
        return await self._evidence.read(tenant, unlicensed=unlicensed, in_debt=in_debt)

    async def preflight(self, tenant: Tenant) -> Preflight:
        """What a give-back needs, looked at before anything is taken away.

        Source: Partner Center, "GDAP frequently asked questions"; "Enable the Secure Application
        Model".
        """
        checks = [self._relationship_lasts(tenant)]
        if checks[0].good:
            checks.append(await self._consent_is_possible(tenant))
        checks.append(await self._partner_center_answers())
        return Preflight(tuple(checks))

    async def own_checks(self) -> Sequence[Check]:
        """Source: Partner Center, "Enable the Secure Application Model"."""
        return [await self._partner_center_answers()]

    async def gdap_trace(
        self, tenant: TenantId, users: Sequence[str], heard: Callable[[str], None]
    ) -> TraceReading:
        """Source: Graph, "List accessAssignments"; "List a user's direct memberships"."""
        token = await self._tokens.partner_graph()
        trace = GdapTrace(self._http, self._graph, token, self._clock)
        return await trace.read(tenant, users, heard)

    def plan(self, action: Action, tenant: Tenant) -> tuple[Step, ...]:
        """Source: Partner Center, "Get customer consent as Control Panel Vendor"."""
        if action is Action.REFRESH:
            return REFRESH_PLAN
        if action is Action.RESET and tenant.kind is TenantKind.CUSTOMER:
            return RESET_PLAN
        raise ValueError(f"no plan for {action} of a {tenant.kind} tenant")

    def visit(self, tenant: Tenant, *, item: int, tried: Mapping[str, int]) -> DirectVisit:
        """Source: none, nothing is sent yet."""
        return DirectVisit(self._instruments, tenant, item=item, tried=tried)

    async def signed_in(self) -> str | None:
        """Source: Entra, "OAuth 2.0 authorization code flow", refresh the access token."""
        return await self._tokens.signed_in()

    async def begin_sign_in(self) -> DeviceSignIn:
        """Source: Entra, "OAuth 2.0 device authorization grant flow"."""
        return await self._sign_in.begin(self._settings.endpoints.graph_scope)

    async def finish_sign_in(self) -> str:
        """Source: Entra, "OAuth 2.0 device authorization grant flow"."""
        signed_in = await self._sign_in.finish()
        await self._tokens.adopt(signed_in)
        return signed_in.user or "signed in"

    def cancel_sign_in(self) -> None:
        """Source: MSAL for Python, acquire_token_by_device_flow."""
        self._sign_in.cancel()

    @property
    def http_requests(self) -> int:
        return self._http.sent

    @property
    def patience(self) -> Patience:
        return self._http.patience

    @property
    def holding(self) -> str:
        return self._http.holding

    async def aclose(self) -> None:
        self._sign_in.cancel()
        await self._http.aclose()

    def _relationship_lasts(self, tenant: Tenant) -> Check:
        now = self._clock.now()
        usable = [r for r in tenant.relationships if r.usable]
        if not usable:
            return Check("no relationship with this customer is active", good=False)
        hours = max(_hours_left(relationship, now.timestamp()) for relationship in usable)
        if hours < NOT_WITHIN_HOURS:
            return Check(f"its relationship ends in {max(0, int(hours))} hours", good=False)
        ends = "does not end" if hours == float("inf") else f"ends in {int(hours // 24)} d"
        return Check(f"relationship active, {ends}", good=True)

    async def _consent_is_possible(self, tenant: Tenant) -> Check:
        unreadable = ""
        for relationship in tenant.relationships:
            if not relationship.usable or not relationship.roles & CAN_CONSENT:
                continue
            try:
                mapped = await self._customers.consenting_roles(relationship.id)
            except SignInProblem:
                raise
            except Problem as problem:
                unreadable = problem.message
                continue
            if mapped & CAN_CONSENT:
                return Check("a role that may consent is given to a group", good=True)
        if unreadable:
            return Check(f"could not check who may consent: {unreadable}", good=False)
        return Check(
            "no group holds Application, Cloud Application or Global Administrator there",
            good=False,
        )

    async def _partner_center_answers(self) -> Check:
        try:
            health = await self._partner.health()
        except Problem as problem:
            return Check(f"Partner Center does not answer: {problem.message}", good=False)
        if health.mfa is False:
            return Check("our sign-in at Partner Center carries no MFA", good=False)
        return Check("Partner Center answers", good=True)


def _hours_left(relationship: GdapRelationship, now: float) -> float:
    if relationship.ends_at is None or relationship.auto_extends:
        return float("inf")
    return (relationship.ends_at.timestamp() - now) / 3600
