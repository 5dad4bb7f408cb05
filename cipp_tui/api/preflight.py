"""What a give-back needs, looked at before anything is taken away."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from enum import IntEnum
from math import inf
from typing import Final
from urllib.parse import quote

from cipp_tui.api.backend import Check, Preflight
from cipp_tui.api.batch import Part, PartAnswer, send_batch
from cipp_tui.api.customers import PAGE, relationship_of
from cipp_tui.api.graph import Graph
from cipp_tui.api.http import HttpClient
from cipp_tui.api.paging import OddRow, checked_rows
from cipp_tui.api.partner import PartnerCenter
from cipp_tui.api.tokens import Tokens
from cipp_tui.api.wire import AccessAssignment, Collection, Relationship
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.problems import (
    MFA_REQUIRED,
    NotUnderstood,
    Problem,
    Refused,
    RemoteProblem,
    Side,
    SignInProblem,
    retold,
)
from cipp_tui.domain.roles import CAN_CONSENT
from cipp_tui.domain.tenants import GdapRelationship, RelationshipStatus, Tenant

LOG = logging.getLogger("cipp_tui.preflight")

NOT_WITHIN_HOURS: Final = 24
"""A relationship that ends sooner is not reset: the give-back might not make it in time."""

_RELATIONSHIPS: Final = "/tenantRelationships/delegatedAdminRelationships"
_ENDED: Final = "its relationship has ended"
_NOT_ACTIVE: Final[Mapping[RelationshipStatus, str]] = {
    RelationshipStatus.EXPIRED: _ENDED,
    RelationshipStatus.EXPIRING: "its relationship has ended and is being cleaned up",
    RelationshipStatus.TERMINATED: "its relationship was terminated",
    RelationshipStatus.TERMINATING: "its relationship is being terminated",
    RelationshipStatus.TERMINATION_REQUESTED: "its relationship is being terminated",
}


class _Worth(IntEnum):
    """How near a relationship comes to being enough."""

    OVER = 0
    ENDS_SOON = 1
    NOBODY_CONSENTS = 2
    UNREAD = 3
    GOOD = 4


@dataclass(frozen=True, slots=True)
class _Finding:
    """What was found of one relationship."""

    worth: _Worth
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightReader:
    """Checks whether a reset could give back what it takes away; changes nothing."""

    http: HttpClient
    tokens: Tokens
    graph: Graph
    partner: PartnerCenter
    clock: Clock

    async def read(self, tenant: Tenant) -> Preflight:
        """Look at the customer's relationships as they are now, and at Partner Center.

        One request for the relationships, however old the list is that named them; what cannot be
        read is a failed check. One good relationship is enough.
        Raises: SignInProblem; Refused (401) when our own token is no longer good.
        Source: Graph, "Get delegatedAdminRelationship", "List accessAssignments"; Partner Center,
        "GDAP frequently asked questions", "Enable the Secure Application Model".
        """
        return Preflight((*await self._relationships(tenant), await self.partner_center()))

    async def ended(self, tenant: Tenant) -> str | None:
        """Why no relationship gives access any more, as it is now.

        None where one still does, or where that cannot be read: then nobody can tell.
        Raises: SignInProblem; Refused (401) when our own token is no longer good.
        Source: Graph, "Get delegatedAdminRelationship".
        """
        usable = [relationship for relationship in tenant.relationships if relationship.usable]
        try:
            answers = await self._ask(usable) if usable else {}
        except RemoteProblem as problem:
            LOG.info("whether a relationship has ended could not be read: %s", problem.code)
            return None
        words = None
        for place in range(len(usable)):
            found = await self._looked_at(answers[_facts(place)], answers[_assigned(place)])
            if found.worth is not _Worth.OVER:
                return None
            words = found.checks[-1].words
        return words

    async def partner_center(self) -> Check:
        """Whether Partner Center answers us.

        Source: Partner Center, "Enable the Secure Application Model".
        """
        try:
            health = await self.partner.health()
        except Problem as problem:
            refused = isinstance(problem, Refused | SignInProblem)
            verb = "refuses us" if refused else "cannot be asked"
            return Check(f"Partner Center {verb}: {problem.message}", good=False, problem=problem)
        if health.mfa is False:
            words = "our sign-in at Partner Center carries no MFA"
            told = Refused(words, code=MFA_REQUIRED, side=Side.OWN, about="Partner Center")
            return Check(words, good=False, problem=told)
        return Check("Partner Center answers", good=True)

    async def _relationships(self, tenant: Tenant) -> tuple[Check, ...]:
        """Only what the list calls usable: by that list the give-back is judged suited, too."""
        usable = [relationship for relationship in tenant.relationships if relationship.usable]
        if not usable:
            return (Check("no relationship with this customer is active", good=False),)
        try:
            answers = await self._ask(usable)
        except Problem as problem:
            return (_unread("could not read its relationship", problem),)
        best = _Finding(_Worth.OVER, ())
        for place in range(len(usable)):
            found = await self._looked_at(answers[_facts(place)], answers[_assigned(place)])
            if found.worth >= best.worth:
                best = found
            if best.worth is _Worth.GOOD:
                break
        return best.checks

    async def _ask(self, relationships: Sequence[GdapRelationship]) -> dict[str, PartAnswer]:
        parts = []
        for place, relationship in enumerate(relationships):
            url = f"{_RELATIONSHIPS}/{quote(relationship.id, safe='')}"
            parts.append(Part(id=_facts(place), method="GET", url=url))
            url += f"/accessAssignments?$top={PAGE}"
            parts.append(Part(id=_assigned(place), method="GET", url=url))
        token = await self.tokens.partner_graph()
        return await send_batch(self.http, token, parts, clock=self.clock)

    async def _looked_at(self, facts: PartAnswer, assigned: PartAnswer) -> _Finding:
        """Judge one relationship by what was just read of it."""
        if facts.status == 404:
            words = "its relationship is not there any more"
            return _Finding(_Worth.OVER, (Check(words, good=False),))
        try:
            _demand(facts)
            relationship = relationship_of(facts.one(Relationship))
        except Problem as problem:
            check = _unread("could not read its relationship", problem)
            return _Finding(_Worth.UNREAD, (check,))
        lasting = self._lasting(relationship)
        if lasting.worth is not _Worth.GOOD:
            return lasting
        try:
            consents = await self._one_may_consent(relationship, assigned)
        except Problem as problem:
            check = _unread("could not check who may consent", problem)
            return _Finding(_Worth.UNREAD, (*lasting.checks, check))
        if not consents:
            words = "no group holds Application, Cloud Application or Global Administrator there"
            check = Check(words, good=False)
            return _Finding(_Worth.NOBODY_CONSENTS, (*lasting.checks, check))
        check = Check("a role that may consent is given to a group", good=True)
        return _Finding(_Worth.GOOD, (*lasting.checks, check))

    def _lasting(self, relationship: GdapRelationship) -> _Finding:
        if not relationship.usable:
            words = _NOT_ACTIVE.get(relationship.status, "its relationship is not active")
            return _Finding(_Worth.OVER, (Check(words, good=False),))
        left = inf
        if relationship.ends_at is not None and not relationship.auto_extends:
            left = (relationship.ends_at - self.clock.now()).total_seconds() / 3600
        if left <= 0:
            return _Finding(_Worth.OVER, (Check(_ENDED, good=False),))
        if left < NOT_WITHIN_HOURS:
            hours = f"in {int(left)} hours" if left >= 2 else "within two hours"
            check = Check(f"its relationship ends {hours}", good=False)
            return _Finding(_Worth.ENDS_SOON, (check,))
        ends = "does not end" if left == inf else f"ends in {int(left // 24)} d"
        return _Finding(_Worth.GOOD, (Check(f"relationship active, {ends}", good=True),))

    async def _one_may_consent(self, relationship: GdapRelationship, answer: PartAnswer) -> bool:
        """Whether an active assignment gives a group one of the roles that may consent.

        A no is only said after the last page. Raises: Problem when a page cannot be read.
        """
        needed = relationship.roles & CAN_CONSENT
        _demand(answer)
        first = answer.one(Collection)
        path = f"/v1.0{answer.url}"
        unread: list[OddRow] = []
        async with aclosing(
            self.graph.pager.pages(path, self.tokens.partner_graph, first)
        ) as pages:
            async for page in pages:
                found, odd = checked_rows(page.rows, AccessAssignment)
                unread += odd
                if any(
                    one.status == "active" and any(role.role in needed for role in one.roles)
                    for one in found
                ):
                    return True
        if unread:
            raise NotUnderstood(f"an assignment is odd: {unread[0]}", code="not-understood")
        return False


def _facts(place: int) -> str:
    return f"relationship {place}"


def _assigned(place: int) -> str:
    return f"assignments {place}"


def _demand(answer: PartAnswer) -> None:
    if (problem := answer.problem()) is not None:
        raise problem


def _unread(words: str, problem: Problem) -> Check:
    """A failed check for what could not be read. Raises: what is about us, not the customer."""
    if isinstance(problem, SignInProblem) or (
        isinstance(problem, Refused) and problem.status == 401
    ):
        raise problem
    told = retold(problem, type(problem), about="the GDAP relationships")
    told.message = f"{words}: {problem.message}"
    return Check(told.message, good=False, problem=told)
