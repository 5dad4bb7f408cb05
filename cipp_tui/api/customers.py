"""The list of tenants: GDAP relationships, default domains, and the partner itself."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cipp_tui.api.batch import MOST, Part, send_batch
from cipp_tui.api.endpoints import Service
from cipp_tui.api.graph import Graph, names_of
from cipp_tui.api.http import Call, HttpClient
from cipp_tui.api.tokens import Tokens
from cipp_tui.api.wire import (
    AccessAssignmentPage,
    Domain,
    Organization,
    Relationship,
    RelationshipPage,
    TenantInformation,
)
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.problems import NotUnderstood, Problem, SignInProblem
from cipp_tui.domain.roles import RoleId
from cipp_tui.domain.tenants import (
    GdapRelationship,
    RelationshipStatus,
    Tenant,
    TenantId,
    TenantKind,
)

PAGE = 300
"""Source: Graph, "List delegatedAdminRelationships": $top is at most 300."""

REMEMBERED_FOR = timedelta(days=90)
"""Customers whose last relationship ended longer ago than this are history, not news."""

_NOT_GIVEN = frozenset(
    {
        RelationshipStatus.CREATED,
        RelationshipStatus.APPROVAL_PENDING,
        RelationshipStatus.APPROVED,
        RelationshipStatus.ACTIVATING,
    }
)
_DOMAIN_READS_AT_ONCE = 4
_RELATIONSHIPS = "/v1.0/tenantRelationships/delegatedAdminRelationships"


class Customers:
    """Reads which tenants there are."""

    def __init__(
        self,
        http: HttpClient,
        tokens: Tokens,
        graph: Graph,
        *,
        partner: TenantId,
        direct: Sequence[TenantId],
        clock: Clock,
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._graph = graph
        self._partner = partner
        self._direct = direct
        self._clock = clock

    async def read(self) -> AsyncIterator[Sequence[Tenant]]:
        """Every tenant, as its facts come in: relationships first, page by page, then domains.

        Raises: what keeps the list itself from being read whole.
        Source: Graph, "List delegatedAdminRelationships".
        """
        yield [await self._own()]
        if self._direct:
            yield [self._bare(tenant, TenantKind.DIRECT) for tenant in self._direct]
        found: dict[TenantId, list[GdapRelationship]] = {}
        link: str | None = f"{_RELATIONSHIPS}?$top={PAGE}"
        while link is not None:
            page = await self._page(link)
            touched = self._fold(found, page.value)
            yield [t for t in (self._customer(i, found[i]) for i in touched) if t is not None]
            link = self._graph.path_of(page.next_link) if page.next_link else None
        known = [t for t in (self._customer(i, r) for i, r in found.items()) if t is not None]
        asked = [*known, *(self._bare(t, TenantKind.DIRECT) for t in self._direct)]
        async for batch in self._with_domains(asked):
            yield batch

    async def read_one(self, tenant: TenantId) -> AsyncIterator[Sequence[Tenant]]:
        """One tenant, thoroughly: its relationships, and its domains as the customer sees them.

        Source: Graph, "List delegatedAdminRelationships"; "List domains".
        """
        if tenant == self._partner:
            yield [await self._own()]
            return
        found: dict[TenantId, list[GdapRelationship]] = {tenant: []}
        link: str | None = f"{_RELATIONSHIPS}?$filter=customer/tenantId eq '{tenant}'&$top={PAGE}"
        while link is not None:
            page = await self._page(link)
            self._fold(found, page.value)
            link = self._graph.path_of(page.next_link) if page.next_link else None
        if tenant in self._direct:
            whole: Tenant | None = self._bare(tenant, TenantKind.DIRECT)
        else:
            whole = self._customer(tenant, found[tenant])
        if whole is None:
            return
        async for batch in self._with_domains([whole]):
            whole = batch[0]
        yield [await self._with_own_domains(whole)]

    async def consenting_roles(self, relationship: str) -> frozenset[RoleId]:
        """Roles of a relationship that an active assignment gives to a group.

        Source: Graph, "List accessAssignments".
        """
        answer = await self._http.send(
            Call(
                service=Service.GRAPH,
                method="GET",
                path=f"{_RELATIONSHIPS}/{relationship}/accessAssignments?$top={PAGE}",
                token=await self._tokens.partner_graph(),
                repeatable=True,
            )
        )
        page = answer.parsed(AccessAssignmentPage)
        return frozenset(
            RoleId(role.role)
            for assignment in page.value
            if assignment.status == "active"
            for role in assignment.access.roles
        )

    async def _page(self, path: str) -> RelationshipPage:
        answer = await self._http.send(
            Call(
                service=Service.GRAPH,
                method="GET",
                path=path,
                token=await self._tokens.partner_graph(),
                repeatable=True,
            )
        )
        return await asyncio.to_thread(answer.parsed, RelationshipPage)

    async def _own(self) -> Tenant:
        answers = await send_batch(
            self._http,
            await self._tokens.partner_graph(),
            [
                Part(id="name", method="GET", url="/organization?$select=id,displayName"),
                Part(id="domains", method="GET", url="/domains?$select=id,isDefault,isVerified"),
            ],
            clock=self._clock,
        )
        name = "(partner)"
        if answers["name"].good:
            organizations, _ = answers["name"].items(Organization)
            if organizations and organizations[0].name:
                name = organizations[0].name
        default: str | None = None
        domains: tuple[str, ...] = ()
        if answers["domains"].good:
            default, domains = names_of(answers["domains"].items(Domain)[0])
        return Tenant(
            id=self._partner,
            name=name,
            kind=TenantKind.PARTNER,
            default_domain=default,
            domains=domains,
            seen_at=self._clock.now(),
        )

    async def _with_domains(self, tenants: Sequence[Tenant]) -> AsyncIterator[Sequence[Tenant]]:
        """The same tenants with their default domains, asked 20 to a request, from our own side."""
        chunks = [tenants[i : i + MOST] for i in range(0, len(tenants), MOST)]
        gate = asyncio.Semaphore(_DOMAIN_READS_AT_ONCE)

        async def ask(chunk: Sequence[Tenant]) -> Sequence[Tenant]:
            async with gate:
                return await self._informed(chunk)

        pending = [asyncio.create_task(ask(chunk)) for chunk in chunks]
        try:
            for task in asyncio.as_completed(pending):
                yield await task
        finally:
            for left in pending:
                left.cancel()

    async def _informed(self, tenants: Sequence[Tenant]) -> Sequence[Tenant]:
        answers = await send_batch(
            self._http,
            await self._tokens.partner_graph(),
            [
                Part(
                    id=tenant.id,
                    method="GET",
                    url="/tenantRelationships/findTenantInformationByTenantId"
                    f"(tenantId='{tenant.id}')",
                )
                for tenant in tenants
            ],
            clock=self._clock,
        )
        informed = []
        for tenant in tenants:
            answer = answers[tenant.id]
            if answer.good:
                try:
                    told = answer.one(TenantInformation)
                except NotUnderstood:
                    told = TenantInformation(tenantId=tenant.id)
                tenant = _renamed(tenant, name=told.name, domain=told.default_domain)
            informed.append(tenant)
        return informed

    async def _with_own_domains(self, tenant: Tenant) -> Tenant:
        """Every domain, as the customer's own Graph tells; what fails leaves what is known."""
        try:
            token = await self._tokens.customer(tenant.id)
            answers = await send_batch(
                self._http,
                token,
                [Part(id="d", method="GET", url="/domains?$select=id,isDefault,isVerified")],
                clock=self._clock,
            )
        except SignInProblem:
            raise
        except Problem:
            return tenant
        if not answers["d"].good:
            return tenant
        default, domains = names_of(answers["d"].items(Domain)[0])
        return with_domains(tenant, default, domains)

    def _fold(
        self, found: dict[TenantId, list[GdapRelationship]], page: Iterable[Relationship]
    ) -> list[TenantId]:
        touched: dict[TenantId, None] = {}
        for foreign in page:
            relationship = relationship_of(foreign)
            if relationship.tenant is None or relationship.tenant == self._partner:
                continue
            held = found.setdefault(relationship.tenant, [])
            if all(other.id != relationship.id for other in held):
                held.append(relationship)
            touched[relationship.tenant] = None
        return list(touched)

    def _customer(
        self, tenant: TenantId, relationships: Sequence[GdapRelationship]
    ) -> Tenant | None:
        """The customer of these relationships; None when they were never given or are history."""
        given = [r for r in relationships if r.status not in _NOT_GIVEN]
        if not given:
            return None
        now = self._clock.now()
        gone = gone_since(given, now)
        if gone is not None and now - gone > REMEMBERED_FOR:
            return None
        newest = max(given, key=lambda r: (r.usable, r.ends_at or now))
        return Tenant(
            id=tenant,
            name=newest.tenant_name or tenant,
            kind=TenantKind.DIRECT if tenant in self._direct else TenantKind.CUSTOMER,
            relationships=tuple(relationships),
            gone_since=gone,
            seen_at=now,
        )

    def _bare(self, tenant: TenantId, kind: TenantKind) -> Tenant:
        return Tenant(id=tenant, name=tenant, kind=kind, seen_at=self._clock.now())


def gone_since(relationships: Sequence[GdapRelationship], now: datetime) -> datetime | None:
    """Since when no relationship is active any more; None while one is, or is only on its way out.

    Source: Graph, delegatedAdminRelationship resource type, status values.
    """
    over = {RelationshipStatus.EXPIRED, RelationshipStatus.TERMINATED}
    if any(r.status not in over and r.status not in _NOT_GIVEN for r in relationships):
        return None
    ends = [r.ends_at for r in relationships if r.ends_at is not None and r.ends_at <= now]
    return max(ends) if ends else now


def with_domains(tenant: Tenant, default: str | None, domains: tuple[str, ...]) -> Tenant:
    """The tenant with these domains; its name stays.

    Source: Graph, domain resource type.
    """
    return replace(
        tenant,
        default_domain=default or tenant.default_domain,
        domains=domains or tenant.domains,
    )


def _renamed(tenant: Tenant, *, name: str | None, domain: str | None) -> Tenant:
    bare = tenant.name == tenant.id
    return replace(
        tenant,
        name=name if bare and name else tenant.name,
        default_domain=domain or tenant.default_domain,
        domains=(domain,) if domain and not tenant.domains else tenant.domains,
    )


def relationship_of(foreign: Relationship) -> GdapRelationship:
    """A relationship in our own words; a status nobody knows becomes `UNKNOWN`.

    Source: Graph, delegatedAdminRelationship resource type.
    """
    try:
        status = RelationshipStatus(foreign.status)
    except ValueError:
        status = RelationshipStatus.UNKNOWN
    customer = foreign.customer
    return GdapRelationship(
        id=foreign.id,
        name=foreign.name,
        tenant=TenantId(customer.tenant) if customer is not None else None,
        tenant_name=customer.name if customer is not None else "",
        status=status,
        roles=frozenset(RoleId(role.role) for role in foreign.access.roles),
        ends_at=foreign.ends,
        auto_extends=foreign.auto_extend not in (None, "", "PT0S", "P0D"),
    )
