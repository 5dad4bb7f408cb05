"""Evidence on one tenant: read as little as tells why it works or not, and write nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar
from urllib.parse import quote

from cipp_tui.api.batch import Part, PartAnswer, send_batch
from cipp_tui.api.customers import relationship_of
from cipp_tui.api.graph import Graph
from cipp_tui.api.holdings import holdings_of
from cipp_tui.api.http import HttpClient, Token
from cipp_tui.api.partner import PartnerCenter
from cipp_tui.api.tokens import Tokens
from cipp_tui.api.wire import AccessAssignment, Foreign, Relationship, UserGroup
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.evidence import Evidence, Fact, Membership, RoleMapping, Unread
from cipp_tui.domain.permissions import GRANT_WRITERS, WantedPermissions
from cipp_tui.domain.problems import LostReply, Problem, SignInProblem, Throttled, asking_for
from cipp_tui.domain.roles import RoleId
from cipp_tui.domain.tenants import GdapRelationship, Tenant, TenantKind

T = TypeVar("T")
Shape = TypeVar("Shape", bound=Foreign)

FACT_DEADLINE_S: Final = 90.0
MOST_RELATIONSHIPS: Final = 20
"""Usable relationships of one customer that are looked into: one batch."""

ADMIN_AGENTS: Final = "AdminAgents"
"""The group of the partner tenant that Partner Center asks for.
Source: Partner Center, "Assign roles and permissions to users"."""

SHORTEST_NAME: Final = 4
"""Signs a customer's name needs to be found in the name of a request."""

_WAITING: Final = "status eq 'approvalPending'"
_RELATIONSHIPS: Final = "/tenantRelationships/delegatedAdminRelationships"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceReader:
    """Asks the services about one tenant. What fails is a fact, too."""

    http: HttpClient
    tokens: Tokens
    graph: Graph
    partner: PartnerCenter
    wanted: Callable[[], Awaitable[WantedPermissions]]
    prune: bool
    clock: Clock

    async def read(
        self, tenant: Tenant, *, unlicensed: tuple[str, ...] = (), in_debt: bool = False
    ) -> Evidence:
        """Look at our side, the relationship, our user, the tenant's sign-in and what is held.

        Four requests where all is well and the wanted set is known. Partner Center is asked only
        where a consent has to be given. `in_debt`: access is owed, so it has to.
        Source: Graph, delegatedAdminRelationship, "List accessAssignments", "List a user's
        memberships (direct and transitive)"; Entra, OAuth 2.0 refresh of an access token.
        """
        found = Evidence(at=self.clock.now(), sign_in=await self._fact(self._signed_in()))
        if isinstance(found.sign_in, Unread):
            return found
        (found, usable), (token, found_there) = await asyncio.gather(
            self._our_side(tenant, found), self._their_side(tenant, unlicensed)
        )
        found = replace(
            found,
            wanted=found_there.wanted,
            token=found_there.token,
            holdings=found_there.holdings,
        )
        if usable:
            found = replace(found, mappings=await self._fact(self._mappings(usable)))
        elif tenant.kind is TenantKind.CUSTOMER and token is None:
            found = replace(found, requests=await self._fact(self._requests(tenant)))
        if tenant.kind is TenantKind.CUSTOMER and (in_debt or _needs_consent(found)):
            found = replace(found, partner_center_mfa=await self._fact(self._partner_center()))
        return found

    # -- our own side --------------------------------------------------------------------------
    async def _signed_in(self) -> str:
        user = await self.tokens.signed_in()
        if user is None:
            raise SignInProblem("Nobody is signed in", code="not-signed-in")
        return user

    async def _our_side(
        self, tenant: Tenant, found: Evidence
    ) -> tuple[Evidence, list[GdapRelationship]]:
        """The customer's relationships and our user's groups: one request."""
        if tenant.kind is not TenantKind.CUSTOMER:
            return found, []
        of_customer = f"customer/tenantId eq '{tenant.id}'"
        answers = await self._fact(
            self._batch(
                Part(
                    id="relationships",
                    method="GET",
                    url=f"{_RELATIONSHIPS}?$filter={quote(of_customer)}&$top=300",
                ),
                Part(
                    id="groups",
                    method="GET",
                    url="/me/transitiveMemberOf?$select=id,displayName&$top=999",
                ),
            )
        )
        if isinstance(answers, Unread):
            return replace(found, relationships=answers, membership=answers), []
        relationships = await self._fact(self._relationships(answers["relationships"]))
        membership = await self._fact(self._membership(answers["groups"]))
        usable = [] if isinstance(relationships, Unread) else self._usable(relationships)
        return replace(found, relationships=relationships, membership=membership), usable

    def _usable(self, relationships: Sequence[GdapRelationship]) -> list[GdapRelationship]:
        now = self.clock.now()
        return [r for r in relationships if r.usable and (r.ends_at is None or r.ends_at > now)]

    async def _relationships(self, answer: PartAnswer) -> tuple[GdapRelationship, ...]:
        with asking_for("the GDAP relationships"):
            found = await self._whole(answer, Relationship)
        return tuple(relationship_of(one) for one in found)

    async def _membership(self, answer: PartAnswer) -> Membership:
        groups = await self._whole(answer, UserGroup)
        return Membership(
            groups=frozenset(group.id for group in groups),
            admin_agent=any(group.name == ADMIN_AGENTS for group in groups),
        )

    async def _mappings(self, relationships: Sequence[GdapRelationship]) -> tuple[RoleMapping, ...]:
        """Which of our groups have which roles: one request for all relationships."""
        asked = relationships[:MOST_RELATIONSHIPS]
        answers = await self._batch(
            *(
                Part(
                    id=str(place),
                    method="GET",
                    url=f"{_RELATIONSHIPS}/{relationship.id}/accessAssignments?$top=300",
                )
                for place, relationship in enumerate(asked)
            )
        )
        mappings: list[RoleMapping] = []
        for place, relationship in enumerate(asked):
            for one in await self._whole(answers[str(place)], AccessAssignment):
                roles = frozenset(RoleId(role.role) for role in one.roles)
                mappings.append(
                    RoleMapping(
                        group=one.container.group,
                        roles=roles & relationship.roles,
                        status=one.status or "",
                    )
                )
        return tuple(mappings)

    async def _requests(self, tenant: Tenant) -> tuple[str, ...]:
        """Requests that wait for approval and are, by id or name, meant for this customer.

        A request does not name its customer before it is approved, unless we named it.
        """
        answers = await self._batch(
            Part(
                id="requests",
                method="GET",
                url=f"{_RELATIONSHIPS}?$filter={quote(_WAITING)}&$top=300",
            )
        )
        known = {relationship.id for relationship in tenant.relationships}
        domain = (tenant.default_domain or "").partition(".")[0]
        names = [name for name in (tenant.name.casefold(), domain) if len(name) >= SHORTEST_NAME]
        found = await self._whole(answers["requests"], Relationship)
        return tuple(
            one.name
            for one in found
            if one.id in known
            or (one.customer is None and any(name in one.name.casefold() for name in names))
        )

    async def _partner_center(self) -> bool:
        return (await self.partner.look()).mfa is not False

    # -- the customer's side -------------------------------------------------------------------
    async def _their_side(
        self, tenant: Tenant, unlicensed: tuple[str, ...]
    ) -> tuple[Token | None, Evidence]:
        """A token, and with it what our application holds: two requests."""
        found = Evidence(at=self.clock.now())
        self.tokens.forget(tenant.id)  # a kept one would tell of an hour ago
        direct = tenant.kind is TenantKind.DIRECT
        ask = self.tokens.application if direct else self.tokens.customer
        token = await self._fact(ask(tenant.id))
        wanted = await self._fact(self.wanted())
        if isinstance(token, Unread):
            unread = wanted if isinstance(wanted, Unread) else None
            return None, replace(found, token=token, wanted=unread)
        found = replace(found, token=not token.scopes or not GRANT_WRITERS.isdisjoint(token.scopes))
        if isinstance(wanted, Unread):
            return token, replace(found, wanted=wanted)
        reading = await self._fact(self.graph.read(token, wanted))
        if isinstance(reading, Unread):
            return token, replace(found, wanted=wanted.count, holdings=reading)
        holdings = holdings_of(token, reading, wanted, unlicensed=unlicensed, prune=self.prune)
        return token, replace(found, wanted=wanted.count, holdings=holdings)

    # -- how -----------------------------------------------------------------------------------
    async def _batch(self, *parts: Part) -> dict[str, PartAnswer]:
        token = await self.tokens.partner_graph()
        return await send_batch(self.http, token, parts, clock=self.clock)

    async def _whole(self, answer: PartAnswer, shape: type[Shape]) -> list[Shape]:
        """A collection to its last page, but for rows that nobody understands."""
        rows, _ = await self.graph.pager.rows(answer, await self.tokens.partner_graph(), shape)
        return rows

    async def _fact(self, ask: Awaitable[T]) -> T | Unread:
        """What was asked for, or why it could not be read."""
        try:
            async with asyncio.timeout(FACT_DEADLINE_S):
                return await ask
        except TimeoutError:
            return Unread(self._too_late())
        except Problem as problem:
            return Unread(problem)

    def _too_late(self) -> Problem:
        if holding := self.http.holding:
            return Throttled(holding, code="deadline")
        return LostReply(f"no end within {FACT_DEADLINE_S:.0f} s", code="deadline")


def _needs_consent(found: Evidence) -> bool:
    """Whether the next step is a consent, which Partner Center has to take."""
    token: Fact[bool] = found.token
    if isinstance(token, Unread):
        return token.problem.lacks_consent
    holdings = found.holdings
    if isinstance(holdings, Unread):
        return token is False or holdings.problem.lacks_consent
    if holdings is None:
        return token is False
    return holdings.diff.consent_missing or not (holdings.diff.in_order or holdings.widenable)
