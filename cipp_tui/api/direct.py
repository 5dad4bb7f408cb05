"""The direct backend: Entra ID, Graph and Partner Center, with nobody in between."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from cipp_tui.api.auth_code import AuthCodeSignIn
from cipp_tui.api.backend import (
    BrowserSignIn,
    Capability,
    Check,
    Comparison,
    DeviceSignIn,
    LearnedPace,
    Preflight,
)
from cipp_tui.api.concurrency import ConcurrencyLimit
from cipp_tui.api.credentials import ClientSecret, Credential
from cipp_tui.api.customers import Customers
from cipp_tui.api.endpoints import Endpoints
from cipp_tui.api.evidence import EvidenceReader
from cipp_tui.api.grants import Grants
from cipp_tui.api.graph import Graph
from cipp_tui.api.http import HttpClient
from cipp_tui.api.instruments import Instruments
from cipp_tui.api.known import KnownTenant
from cipp_tui.api.live_check import LiveCheck
from cipp_tui.api.live_record import Observation
from cipp_tui.api.pace import Patience
from cipp_tui.api.partner import PartnerCenter
from cipp_tui.api.preflight import PreflightReader
from cipp_tui.api.sign_in import MsalSignIn
from cipp_tui.api.steps import REFRESH_PLAN, RESET_PLAN
from cipp_tui.api.token_store import TokenStore
from cipp_tui.api.tokens import Tokens
from cipp_tui.api.trace import GdapTrace
from cipp_tui.api.visit import DirectVisit
from cipp_tui.api.wanted import ExtraPermissions, read_wanted
from cipp_tui.api.wire import Application
from cipp_tui.domain.clock import SYSTEM, Clock
from cipp_tui.domain.credentials import CredentialKind, CredentialStatus
from cipp_tui.domain.evidence import Evidence
from cipp_tui.domain.gdap_trace import TraceReading
from cipp_tui.domain.jobs import Action, Step
from cipp_tui.domain.permissions import AppId, WantedPermissions
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.roles import RoleId
from cipp_tui.domain.tenants import Tenant, TenantId, TenantKind, UnreadableRow

LIST_SHARE: Final = 4
"""The reading of the list takes at most one of so many connections: the others are for jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectSettings:
    """What the direct backend needs to know. Secrets come as functions, so that they stay put."""

    endpoints: Endpoints
    partner_tenant: TenantId
    client_id: AppId
    client_secret: Callable[[], str | None]
    credential: Credential | None = None  # instead of a secret
    refresh_token: Callable[[], str | None]
    store: TokenStore
    seed: str
    concurrency: int | None = None  # requests in flight at once; None: as many as bring more
    ca_bundle: str | None = None
    read_only: bool = False
    prune: bool = False
    wide_consent: bool = False
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
            in_flight=settings.concurrency,
            ca_bundle=settings.ca_bundle,
            transport=transport,
            read_only=settings.read_only,
        )
        credential = self._credential = settings.credential or ClientSecret(settings.client_secret)
        way: dict[str, Any] = {
            "partner": settings.partner_tenant,
            "client_id": settings.client_id,
            "credential": credential,
            "clock": clock,
        }
        self._sign_in = MsalSignIn(settings.endpoints, self._http, **way)
        self._browser = AuthCodeSignIn(settings.endpoints, self._http, **way)
        self._begun: MsalSignIn = self._sign_in  # the sign-in that was begun last
        self._tokens = Tokens(
            self._http,
            self._sign_in,
            settings.store,
            partner=settings.partner_tenant,
            client_id=settings.client_id,
            credential=credential,
            configured_refresh_token=settings.refresh_token,
            clock=clock,
        )
        graph = self._graph = Graph(self._http, clock)
        self._partner = PartnerCenter(self._http, self._tokens, wide_consent=settings.wide_consent)
        self._customers = Customers(
            self._http,
            self._tokens,
            graph,
            partner=settings.partner_tenant,
            direct=settings.direct_tenants,
            clock=clock,
            domain_reads=lambda: max(1, self._http.concurrency.limit // LIST_SHARE),
        )
        self._preflight = PreflightReader(
            http=self._http,
            tokens=self._tokens,
            graph=graph,
            partner=self._partner,
            clock=clock,
        )
        self._instruments = Instruments(
            tokens=self._tokens,
            graph=graph,
            grants=Grants(self._http, clock),
            partner=self._partner,
            wanted=self.wanted,
            preflight=self._preflight.read,
            ended=self._preflight.ended,
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
        self._credential_status: CredentialStatus | None = None  # once the registration was read
        self._wanted: WantedPermissions | None = None
        self._wanted_lock = asyncio.Lock()

    def tenants(
        self,
        only: TenantId | None = None,
        *,
        unreadable: Callable[[UnreadableRow], None],
        known: Container[TenantId] = frozenset(),
    ) -> AsyncGenerator[Sequence[Tenant], None]:
        """Source: Graph, "List delegatedAdminRelationships"."""
        if only is not None:
            return self._customers.read_one(only, unreadable)
        return self._customers.read(unreadable, known)

    @property
    def domains_refusal(self) -> Problem | None:
        """Source: none, nothing is sent."""
        return self._customers.domains_refusal

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
                    heard=self._note_registration,
                )
            return self._wanted

    @property
    def credential(self) -> CredentialStatus:
        """Source: Graph, keyCredential and passwordCredential resource types."""
        if self._credential_status is None:
            return self._credential.status(None, None, self._clock.now())
        return self._credential_status

    def _note_registration(self, registration: Application) -> None:
        found = (registration.secrets, registration.certificates)
        secrets, certificates = (rows if isinstance(rows, list) else None for rows in found)
        now = self._clock.now()
        self._credential_status = self._credential.status(secrets, certificates, now)

    async def compare(self, tenant: Tenant, *, unlicensed: tuple[str, ...] = ()) -> Comparison:
        """Source: Graph, servicePrincipal and its grants."""
        known = KnownTenant(self._tokens, self._graph, tenant, prune=self._settings.prune)
        return await known.compare(self.wanted, unlicensed)

    async def evidence(
        self, tenant: Tenant, *, unlicensed: tuple[str, ...] = (), in_debt: bool = False
    ) -> Evidence:
        """Source: Graph, delegatedAdminRelationship; Entra, OAuth 2.0; Partner Center."""
        return await self._evidence.read(tenant, unlicensed=unlicensed, in_debt=in_debt)

    async def preflight(self, tenant: Tenant) -> Preflight:
        """Source: Graph, "Get delegatedAdminRelationship", "List accessAssignments"."""
        return await self._preflight.read(tenant)

    async def own_checks(self) -> Sequence[Check]:
        """Source: Partner Center, "Enable the Secure Application Model"."""
        return [await self._preflight.partner_center()]

    def live_check(self, tenant: TenantId | None) -> AsyncGenerator[Observation, None]:
        """Source: as the reads of a refresh and of a reset."""
        check = LiveCheck(
            self._http,
            self._tokens,
            self._graph,
            self.wanted,
            partner=self._settings.partner_tenant,
            app=self._settings.client_id,
            has_credential=self._credential.kind is not CredentialKind.NONE,
        )
        return check.run(tenant)

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

    def visit(
        self, tenant: Tenant, *, item: int, tried: Mapping[str, int], removed: str | None = None
    ) -> DirectVisit:
        """Source: none, nothing is sent yet."""
        return DirectVisit(self._instruments, tenant, item=item, tried=tried, removed=removed)

    async def signed_in(self) -> str | None:
        """Source: Entra, "OAuth 2.0 authorization code flow", refresh the access token."""
        return await self._tokens.signed_in()

    async def begin_sign_in(self) -> DeviceSignIn:
        """Source: Entra, "OAuth 2.0 device authorization grant flow"."""
        self.cancel_sign_in()
        self._begun = self._sign_in
        return await self._sign_in.begin(self._settings.endpoints.graph_scope)

    async def begin_browser_sign_in(self) -> BrowserSignIn:
        """Source: Entra, "OAuth 2.0 authorization code flow"."""
        self.cancel_sign_in()
        self._begun = self._browser
        self._browser.claims = self._sign_in.claims
        return await self._browser.begin_browser(self._settings.endpoints.graph_scope)

    def paste_address(self, text: str) -> None:
        """Source: Entra, "OAuth 2.0 authorization code flow"."""
        self._browser.paste(text)

    async def finish_sign_in(self) -> str:
        """Source: Entra, "OAuth 2.0 device authorization grant flow", "authorization code flow"."""
        signed_in = await self._begun.finish()
        await self._tokens.adopt(signed_in)
        return signed_in.user or "signed in"

    def cancel_sign_in(self) -> None:
        """Source: MSAL for Python, acquire_token_by_device_flow."""
        self._sign_in.cancel()
        self._browser.cancel()

    @property
    def sign_in_trouble(self) -> str:
        return self._tokens.trouble

    @property
    def http_requests(self) -> int:
        return self._http.sent

    @property
    def patience(self) -> Patience:
        return self._http.patience

    @property
    def holding(self) -> str:
        return self._http.holding

    @property
    def concurrency(self) -> ConcurrencyLimit:
        return self._http.concurrency

    def learned_pace(self) -> LearnedPace | None:
        """Source: none, nothing is sent."""
        return self._http.learned_pace()

    def resume_pace(self, pace: LearnedPace) -> None:
        """Source: none, nothing is sent."""
        self._http.resume_pace(pace)

    async def aclose(self) -> None:
        self.cancel_sign_in()
        await self._http.aclose()
