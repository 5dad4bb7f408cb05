"""What a GDAP trace reads in the partner tenant: relationships, assignments, users, groups."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Final, TypeVar
from urllib.parse import quote

from cipp_tui.api import wire
from cipp_tui.api.batch import Part, PartAnswer, send_batch
from cipp_tui.api.customers import PAGE, relationship_of
from cipp_tui.api.graph import Graph
from cipp_tui.api.http import HttpClient, Token
from cipp_tui.api.paging import OddRow, checked_rows
from cipp_tui.api.trace_wire import DirectoryObject, RoleTemplate, UserObject
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.gdap_trace import (
    AccessAssignment,
    Climb,
    ObjectId,
    TracedGroup,
    TracedRelationship,
    TracedUser,
    TraceReading,
    UserReading,
)
from cipp_tui.domain.problems import Problem, SignInProblem
from cipp_tui.domain.roles import NAMES, RoleId
from cipp_tui.domain.tenants import GdapRelationship, TenantId

Heard = Callable[[str], None]
"""Is told what is being read, in words."""

Shape = TypeVar("Shape", bound=wire.Foreign)

_RELATIONSHIPS: Final = "/tenantRelationships/delegatedAdminRelationships"
_GROUP: Final = "#microsoft.graph.group"
_GROUP_FACTS: Final = "id,displayName,isAssignableToRole"


class GdapTrace:
    """The reads of one trace. A group's own groups are read once, whoever is in it."""

    def __init__(self, http: HttpClient, graph: Graph, token: Token, clock: Clock) -> None:
        self._http = http
        self._graph = graph
        self._token = token  # the partner tenant's, of the signed-in user
        self._clock = clock
        self._groups: dict[ObjectId, TracedGroup] = {}
        self._above: dict[ObjectId, tuple[Sequence[ObjectId], str]] = {}  # and what is unread

    async def read(self, tenant: TenantId, users: Sequence[str], heard: Heard) -> TraceReading:
        """Read all that decides which roles the users hold in the tenant.

        What cannot be read, or only in part, is told in the reading and never left out of it.
        Raises: what keeps the relationships from being listed at all; SignInProblem.
        Source: Graph, "List delegatedAdminRelationships"; "Get a user".
        """
        heard("Reading relationships and users")
        asked = quote(f"customer/tenantId eq '{tenant}'")
        url = f"{_RELATIONSHIPS}?$filter={asked}&$top={PAGE}"
        people = [
            Part(id=f"user{place}", method="GET", url=_user_url(one))
            for place, one in enumerate(users)
        ]
        answers = await self._send([Part(id="relationships", method="GET", url=url), *people])
        if (problem := answers["relationships"].problem()) is not None:
            raise problem
        listed, unlisted = await self._all(answers["relationships"], wire.Relationship)
        facts = {one.id: relationship_of(one) for one in listed}
        heard(f"Reading who has the roles of {len(facts)} relationships")
        relationships, names = await self._assignments(list(facts.values()))
        sought = {given.group for one in relationships for given in one.assignments}
        found = [
            _user_reading(one, answers[part.id]) for one, part in zip(users, people, strict=True)
        ]
        climbs = {one.user.id: Climb(one.user.id, sought) for one in found if one.user is not None}
        await self._climb(list(climbs.values()), heard)
        await self._read_names(sought - self._groups.keys(), heard)
        return TraceReading(
            tenant=tenant,
            relationships=tuple(relationships),
            unlisted=unlisted,
            groups=self._groups,
            users=tuple(_with_ascent(one, climbs) for one in found),
            role_names=names,
        )

    async def _assignments(
        self, facts: Sequence[GdapRelationship]
    ) -> tuple[list[TracedRelationship], Mapping[RoleId, str]]:
        """Who has the roles of relationships that give access; and names of unusual roles.

        Source: Graph, "List accessAssignments"; "List directoryRoleTemplates".
        """
        now = self._clock.now()
        asked = [one for one in facts if TracedRelationship(facts=one).gives_access(now)]
        parts = [
            Part(
                id=one.id,
                method="GET",
                url=f"{_RELATIONSHIPS}/{one.id}/accessAssignments?$top={PAGE}",
            )
            for one in asked
        ]
        if {role for one in facts for role in one.roles} - NAMES.keys():
            url = "/directoryRoleTemplates?$select=id,displayName"
            parts.append(Part(id="names", method="GET", url=url))
        answers = await self._send(parts)
        names: list[RoleTemplate] = []
        if "names" in answers:
            names, _ = await self._all(answers["names"], RoleTemplate)
        relationships = []
        for one in facts:
            listed: list[wire.AccessAssignment] = []
            unread = ""
            if one.id in answers:
                listed, unread = await self._all(answers[one.id], wire.AccessAssignment)
            given = tuple(map(_assignment, listed))
            relationships.append(
                TracedRelationship(facts=one, assignments=given, unreadable=unread)
            )
        return relationships, {RoleId(one.id): one.name for one in names}

    async def _climb(self, climbs: Sequence[Climb], heard: Heard) -> None:
        """Source: Graph, "List a user's direct memberships"; "List group memberOf"."""
        level = 0
        users = {climb.user for climb in climbs}
        while asked := dict.fromkeys(member for climb in climbs for member in climb.frontier):
            level += 1
            new = [member for member in asked if member not in self._above]
            heard(f"Reading groups, level {level}: {len(new)}")
            parts = [
                Part(
                    id=member,
                    method="GET",
                    url=f"/{'users' if member in users else 'groups'}/{member}/memberOf"
                    f"?$select={_GROUP_FACTS}&$top=999",
                )
                for member in new
            ]
            for member, answer in (await self._send(parts)).items():
                self._above[ObjectId(member)] = await self._groups_in(answer)
            for climb in climbs:
                known = {member: self._above[member] for member in climb.frontier}
                climb.feed(
                    {member: groups for member, (groups, _) in known.items()},
                    {member: unread for member, (_, unread) in known.items() if unread},
                )

    async def _groups_in(self, answer: PartAnswer) -> tuple[Sequence[ObjectId], str]:
        objects, unread = await self._all(answer, DirectoryObject)
        groups = [one for one in objects if one.type in (_GROUP, "")]
        for one in groups:
            self._groups.setdefault(ObjectId(one.id), _group(one))
        return [ObjectId(one.id) for one in groups], unread

    async def _read_names(self, groups: Iterable[ObjectId], heard: Heard) -> None:
        """Groups that have roles and that nobody led to. Source: Graph, "Get group"."""
        asked = sorted(groups)
        if asked:
            heard(f"Reading the names of {len(asked)} groups")
        parts = [
            Part(id=one, method="GET", url=f"/groups/{one}?$select={_GROUP_FACTS}") for one in asked
        ]
        answers = await self._send(parts)
        for one in asked:
            try:
                self._groups[one] = _group_of(one, answers[one])
            except Problem as problem:
                self._groups[one] = TracedGroup(id=one, unreadable=_why(problem))

    async def _send(self, parts: Sequence[Part]) -> dict[str, PartAnswer]:
        return await send_batch(self._http, self._token, parts, clock=self._clock)

    async def _all(self, answer: PartAnswer, shape: type[Shape]) -> tuple[list[Shape], str]:
        """Every element of a list, page by page, and why there may be more than those.

        Source: Graph, "Paging".
        """
        found: list[Shape] = []
        odd: list[OddRow] = []
        try:
            first = _first_page(answer)
            pages = self._graph.pager.pages(f"/v1.0{answer.url}", self._own_token, first)
            async with aclosing(pages):
                async for page in pages:
                    if page.is_first:
                        found, odd = [], []
                    good, bad = checked_rows(page.rows, shape)
                    found += good
                    odd += bad
        except SignInProblem:
            raise
        except Problem as problem:
            return found, _why(problem)
        return found, f"{len(odd)} of its entries were not understood: {odd[0]}" if odd else ""

    async def _own_token(self) -> Token:
        return self._token


def _first_page(answer: PartAnswer) -> wire.Collection:
    if (problem := answer.problem()) is not None:
        raise problem
    return answer.one(wire.Collection)


def _why(problem: Problem) -> str:
    """Why something could not be read: status and code."""
    return " ".join(str(part) for part in (problem.status, problem.code) if part) or problem.message


def _user_url(asked: str) -> str:
    facts = "id,displayName,userPrincipalName,accountEnabled,userType"
    return f"/users/{quote(asked.strip(), safe='@')}?$select={facts}"


def _user_reading(asked: str, answer: PartAnswer) -> UserReading:
    if answer.status == 404:
        return UserReading(asked=asked)
    try:
        if (problem := answer.problem()) is not None:
            raise problem
        user = answer.one(UserObject)
    except Problem as problem:
        return UserReading(asked=asked, unreadable=_why(problem))
    return UserReading(
        asked=asked,
        user=TracedUser(
            id=ObjectId(user.id),
            name=user.name,
            upn=user.upn or asked,
            enabled=user.enabled,
            guest=(user.type or "").casefold() == "guest",
        ),
    )


def _with_ascent(one: UserReading, climbs: Mapping[ObjectId, Climb]) -> UserReading:
    if one.user is None:
        return one
    return UserReading(asked=one.asked, user=one.user, ascent=climbs[one.user.id].ascent)


def _assignment(foreign: wire.AccessAssignment) -> AccessAssignment:
    return AccessAssignment(
        group=ObjectId(foreign.container.group),
        roles=frozenset(RoleId(one.role) for one in foreign.roles),
        status=foreign.status or "",
    )


def _group(foreign: DirectoryObject) -> TracedGroup:
    return TracedGroup(
        id=ObjectId(foreign.id), name=foreign.name, role_assignable=foreign.role_assignable
    )


def _group_of(ident: ObjectId, answer: PartAnswer) -> TracedGroup:
    """Raises: why it cannot be read; that it does not exist is an answer."""
    if answer.status == 404:
        return TracedGroup(id=ident, gone=True)
    if (problem := answer.problem()) is not None:
        raise problem
    return _group(answer.one(DirectoryObject))
