"""The list of tenants: GDAP relationships, default domains, and the partner itself."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Container, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cipp_tui.api.batch import Part, send_batch
from cipp_tui.api.default_domains import DefaultDomains, Line
from cipp_tui.api.graph import Graph, names_of
from cipp_tui.api.http import HttpClient
from cipp_tui.api.paging import Page, checked_rows
from cipp_tui.api.tokens import Tokens
from cipp_tui.api.wire import (
    Domain,
    Organization,
    Relationship,
    TenantInformation,
)
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.problems import Problem, SignInProblem, asking_for
from cipp_tui.domain.roles import RoleId
from cipp_tui.domain.shared import shared
from cipp_tui.domain.tenants import (
    GdapRelationship,
    RelationshipStatus,
    Tenant,
    TenantId,
    TenantKind,
    UnreadableRow,
    tenant_id,
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
_RELATIONSHIPS = "/v1.0/tenantRelationships/delegatedAdminRelationships"


@dataclass(slots=True)
class _Found:
    """What one reading has found so far."""

    at: datetime
    unreadable: Callable[[UnreadableRow], None]
    odd: set[str] = field(default_factory=set)  # names of rows that were told
    relationships: dict[TenantId, dict[str, GdapRelationship]] = field(default_factory=dict)
    line: Line = field(default_factory=Line)


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
        domain_reads: Callable[[], int],
    ) -> None:
        """`domain_reads`: how many requests for default domains are under way together."""
        self._http = http
        self._tokens = tokens
        self._graph = graph
        self._partner = partner
        self._direct = direct
        self._clock = clock
        self._domains = DefaultDomains(
            http, tokens, partner=partner, clock=clock, at_once=domain_reads
        )

    @property
    def domains_refusal(self) -> Problem | None:
        """Why nobody's default domain could be read in the last reading."""
        return self._domains.refusal

    async def read(
        self,
        unreadable: Callable[[UnreadableRow], None],
        known: Container[TenantId] = frozenset(),
    ) -> AsyncGenerator[Sequence[Tenant], None]:
        """Every tenant, as its facts come in: relationships first, page by page, then domains.

        `unreadable` is told of each relationship that nobody understands: it costs itself only.
        `known`: whose domain is known already; they are asked after the others.
        Raises: what keeps the list itself from being read whole.
        Source: Graph, "List delegatedAdminRelationships".
        """
        yield [await self._own()]
        found = _Found(at=self._clock.now(), unreadable=unreadable)
        pages = self._pages(found, known)
        async with aclosing(self._domains.read(found.line, pages)) as news:
            async for about in news:
                yield self._tenants(found, about)

    async def _pages(
        self, found: _Found, known: Container[TenantId]
    ) -> AsyncGenerator[Sequence[TenantId], None]:
        """Whom the pages of relationships are about; whoever is new goes into the line."""
        found.line.ask(self._direct, last=known)
        yield self._direct
        asked: set[TenantId] = set()
        async with aclosing(self._relationships(f"$top={PAGE}")) as pages:
            async for page in pages:
                touched = await self._fold(found, page)
                tenants = self._tenants(found, touched)
                new = [tenant.id for tenant in tenants if tenant.id not in asked]
                asked.update(new)
                found.line.ask(new, last=known)
                yield touched
        found.line.complete()

    async def read_one(
        self, tenant: TenantId, unreadable: Callable[[UnreadableRow], None]
    ) -> AsyncGenerator[Sequence[Tenant], None]:
        """One tenant, thoroughly: its relationships, and its domains as the customer sees them.

        `unreadable`, Source: as for `read`; Graph, "List domains".
        """
        if tenant == self._partner:
            yield [await self._own()]
            return
        found = _Found(at=self._clock.now(), unreadable=unreadable)
        asked = f"$filter=customer/tenantId eq '{tenant}'&$top={PAGE}"
        async with aclosing(self._relationships(asked)) as pages:
            async for page in pages:
                await self._fold(found, page)
        if self._tenant(found, tenant) is None:
            return
        found.line.ask([tenant])
        found.line.complete()
        async with aclosing(self._domains.read(found.line)) as news:
            async for about in news:
                for whole in self._tenants(found, about):
                    yield [await self._with_own_domains(whole)]

    async def _relationships(self, query: str) -> AsyncGenerator[Page, None]:
        path = f"{_RELATIONSHIPS}?{query}"
        with asking_for("the GDAP relationships"):
            pages = self._graph.pager.pages(path, self._tokens.partner_graph)
            async with aclosing(pages) as turned:
                async for page in turned:
                    yield page

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
        name: str = self._partner  # until it is known; an older one is kept
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

    async def _fold(self, found: _Found, page: Page) -> list[TenantId]:
        """Take a page over; whom it is about, as far as they are customers."""
        touched: dict[TenantId, None] = {}
        rows, odd = await asyncio.to_thread(checked_rows, page.rows, Relationship)
        for one in odd:
            if one.name not in found.odd:
                found.odd.add(one.name)
                found.unreadable(UnreadableRow(name=one.name, why=one.why, tenant=_about(one.row)))
        for foreign in rows:
            relationship = relationship_of(foreign)
            tenant = relationship.tenant
            if tenant is None or tenant == self._partner or tenant in self._direct:
                continue
            held = found.relationships.setdefault(tenant, {})
            held[relationship.id] = relationship  # pages that were begun again bring it twice
            touched[tenant] = None
        return list(touched)

    def _tenant(self, found: _Found, tenant: TenantId) -> Tenant | None:
        """All that was found of a tenant; None when nobody is to see it."""
        if tenant in self._direct:
            known: Tenant | None = Tenant(
                id=tenant, name=tenant, kind=TenantKind.DIRECT, seen_at=found.at
            )
        else:
            held = found.relationships.get(tenant, {})
            known = _customer(tenant, tuple(held.values()), found.at)
        told = found.line.told.get(tenant)
        return known if known is None or told is None else _informed(known, told)

    def _tenants(self, found: _Found, tenants: Iterable[TenantId]) -> Sequence[Tenant]:
        return [one for one in (self._tenant(found, ident) for ident in tenants) if one is not None]


def _about(row: object) -> TenantId | None:
    """Which customer a row is about that is not understood otherwise."""
    customer = row.get("customer") if isinstance(row, dict) else None
    ident = customer.get("tenantId") if isinstance(customer, dict) else None
    try:
        return tenant_id(ident)
    except ValueError:
        return None


def _customer(
    tenant: TenantId, relationships: Sequence[GdapRelationship], now: datetime
) -> Tenant | None:
    """The customer of these relationships; None when they were never given or are history."""
    given = [r for r in relationships if r.status not in _NOT_GIVEN]
    if not given:
        return None
    gone = gone_since(given, now)
    if gone is not None and now - gone > REMEMBERED_FOR:
        return None
    newest = max(given, key=lambda r: (r.usable, r.ends_at or now))
    return Tenant(
        id=tenant,
        name=newest.tenant_name or tenant,
        relationships=tuple(relationships),
        gone_since=gone,
        seen_at=now,
    )


def _informed(tenant: Tenant, told: TenantInformation) -> Tenant:
    """The tenant with what was told of it; it keeps the name its relationships give it."""
    domain = told.default_domain
    return replace(
        tenant,
        name=told.name if tenant.name == tenant.id and told.name else tenant.name,
        default_domain=domain,
        domains=(domain,) if domain else (),
    )


def gone_since(relationships: Sequence[GdapRelationship], now: datetime) -> datetime | None:
    """Since when no relationship is active any more; None while one is, or is being terminated.

    An expiring one is over: its end date has passed.
    Source: Graph, delegatedAdminRelationship resource type, status values.
    """
    over = {
        RelationshipStatus.EXPIRING,
        RelationshipStatus.EXPIRED,
        RelationshipStatus.TERMINATED,
    }
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


def relationship_of(foreign: Relationship) -> GdapRelationship:
    """A relationship in our own words; a status nobody knows becomes `UNKNOWN`.

    Source: Graph, delegatedAdminRelationship resource type.
    """
    try:
        status = RelationshipStatus(foreign.status or "")
    except ValueError:
        status = RelationshipStatus.UNKNOWN
    access = foreign.access
    customer = foreign.customer
    return GdapRelationship(
        id=foreign.id,
        name=foreign.name,
        tenant=TenantId(customer.tenant) if customer is not None else None,
        tenant_name=customer.name if customer is not None else "",
        status=status,
        roles=shared(
            frozenset(RoleId(role.role) for role in (access.roles if access is not None else ()))
        ),
        ends_at=foreign.ends,
        auto_extends=foreign.auto_extend not in (None, "", "PT0S", "P0D"),
    )
