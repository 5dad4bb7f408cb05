"""What a trace adds up to: one verdict for each role and user, its path, and what would fix it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cipp_tui.domain.gdap_trace import (
    AccessAssignment,
    Membership,
    TracedGroup,
    TracedRelationship,
    TracedUser,
    TraceReading,
    UserReading,
)
from cipp_tui.domain.roles import EXPECTED, GLOBAL_ADMINISTRATOR, RoleId
from cipp_tui.domain.tenants import ENDING_WITHIN, TenantId


class Verdict(StrEnum):
    """Whether a user holds a role in the customer's tenant."""

    ACCESS = "access"
    NOT_MEMBER = "not member"  # a group has the role, the user is not in it
    NOT_ASSIGNED = "not assigned"  # in a relationship, no group has it
    NOT_THERE = "not there"  # in no relationship that gives access
    UNKNOWN = "unknown"  # something that decides it could not be read


class Fix(StrEnum):
    """The one step that would give the role."""

    NONE = "none"
    ADD_TO_GROUP = "add to group"
    ASSIGN_TO_GROUP = "assign to group"
    WAIT = "wait"  # the assignment is being made
    NEW_RELATIONSHIP = "new relationship"  # roles cannot be added to an existing one
    READ_AGAIN = "read again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A real way from the user to a role: groups from the lowest to the assigned one."""

    groups: tuple[TracedGroup, ...]
    relationship: TracedRelationship

    @property
    def assigned(self) -> TracedGroup:
        """The group that has the role."""
        return self.groups[-1]

    @property
    def loose(self) -> tuple[TracedGroup, ...]:
        """Groups of a nested way whose members more people may change: not role-assignable."""
        if len(self.groups) < 2:
            return ()
        return tuple(group for group in self.groups if group.role_assignable is False)

    @property
    def ends_at(self) -> datetime | None:
        """When it ends; None when it does not, or extends by itself."""
        facts = self.relationship.facts
        return None if facts.auto_extends else facts.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleVerdict:
    """One role of one user."""

    role: RoleId
    verdict: Verdict
    ways: tuple[Way, ...] = ()  # the shortest first
    fix: Fix = Fix.NONE
    group: TracedGroup | None = None  # the group the fix is about
    relationship: TracedRelationship | None = None  # and the relationship
    why: str = ""  # what could not be read, or how an assignment stands

    def ends_soon(self, now: datetime) -> datetime | None:
        """When the last of the ways ends, if that is soon and nothing extends it."""
        ends = [way.ends_at for way in self.ways]
        last = max((end for end in ends if end is not None), default=None)
        if last is None or None in ends or last - now > ENDING_WITHIN:
            return None
        return last


@dataclass(frozen=True, slots=True, kw_only=True)
class UserVerdicts:
    """One user and all roles, in the order of the trace."""

    asked: str
    user: TracedUser | None
    unreadable: str
    roles: tuple[RoleVerdict, ...]

    def count(self, verdict: Verdict) -> int:
        """How many roles have this verdict."""
        return sum(role.verdict is verdict for role in self.roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The whole answer. `roles`: those expected first, then every other that was found."""

    tenant: TenantId
    roles: tuple[RoleId, ...]
    users: tuple[UserVerdicts, ...]
    relationships: tuple[TracedRelationship, ...]  # those that give access now
    microsoft_led: tuple[TracedRelationship, ...]  # read-only, never counted
    others: tuple[TracedRelationship, ...]  # pending, ended
    unlisted: str
    at: datetime
    role_names: Mapping[RoleId, str]


def judge(reading: TraceReading, now: datetime) -> Trace:
    """Judge what was read."""
    led = tuple(r for r in reading.relationships if r.facts.microsoft_led)
    using = tuple(r for r in reading.relationships if r.gives_access(now))
    roles = _roles(reading)
    return Trace(
        tenant=reading.tenant,
        roles=roles,
        users=tuple(_user(reading, one, using, roles) for one in reading.users),
        relationships=using,
        microsoft_led=led,
        others=tuple(r for r in reading.relationships if r not in led and r not in using),
        unlisted=reading.unlisted,
        at=now,
        role_names={role: reading.role_name(role) for role in roles},
    )


def _roles(reading: TraceReading) -> tuple[RoleId, ...]:
    found = {role for one in reading.relationships for role in one.facts.roles}

    def global_administrator_first(role: RoleId) -> tuple[bool, str]:
        return role != GLOBAL_ADMINISTRATOR, reading.role_name(role)

    others = sorted(found.difference(EXPECTED), key=global_administrator_first)
    return (*EXPECTED, *others)


def _user(
    reading: TraceReading,
    one: UserReading,
    using: Sequence[TracedRelationship],
    roles: Sequence[RoleId],
) -> UserVerdicts:
    known = one.user is not None or one.unreadable
    verdicts = tuple(_role(reading, one, using, role) for role in roles) if known else ()
    return UserVerdicts(asked=one.asked, user=one.user, unreadable=one.unreadable, roles=verdicts)


def _role(
    reading: TraceReading,
    one: UserReading,
    using: Sequence[TracedRelationship],
    role: RoleId,
) -> RoleVerdict:
    holding = [r for r in using if role in r.facts.roles]
    given = [(r, a) for r in holding for a in r.assignments if role in a.roles]
    active = [(r, a) for r, a in given if a.active]
    ways = tuple(sorted(_ways(reading, one, active), key=_shortest_then_longest_lasting))
    if ways:
        return RoleVerdict(role=role, verdict=Verdict.ACCESS, ways=ways)
    if doubt := _doubt(reading, one, holding, active):
        return RoleVerdict(role=role, verdict=Verdict.UNKNOWN, fix=Fix.READ_AGAIN, why=doubt)
    if active:
        return _not_member(reading, role, active)
    if holding:
        return _not_assigned(reading, one, role, holding, given)
    return RoleVerdict(role=role, verdict=Verdict.NOT_THERE, fix=Fix.NEW_RELATIONSHIP)


_Assigned = tuple[TracedRelationship, AccessAssignment]


def _ways(reading: TraceReading, one: UserReading, active: Sequence[_Assigned]) -> Iterator[Way]:
    if one.ascent is None:
        return
    for relationship, assignment in active:
        if path := one.ascent.path(assignment.group):
            yield Way(groups=tuple(map(reading.group, path)), relationship=relationship)


def _shortest_then_longest_lasting(way: Way) -> tuple[int, bool, float, str]:
    ends = way.ends_at
    left = -ends.timestamp() if ends is not None else 0.0
    return len(way.groups), ends is not None, left, way.assigned.label


def _doubt(
    reading: TraceReading,
    one: UserReading,
    holding: Sequence[TracedRelationship],
    active: Sequence[_Assigned],
) -> str:
    """What could turn a "no" into a "yes" if it could be read; empty when nothing could."""
    for relationship, assignment in active:
        if one.ascent is None:
            return f"the user: {one.unreadable}"
        group = reading.group(assignment.group)
        if one.ascent.membership(assignment.group) is Membership.UNKNOWN and not group.gone:
            unread, why = next(iter(one.ascent.unreadable.items()))
            whose = "the user" if unread == one.ascent.user else reading.group(unread).label
            return f"the groups of {whose}: {why}"
        if group.unreadable:
            return f"group {group.label}, which has the role in {relationship.facts.name}: " + (
                group.unreadable
            )
    for relationship in holding:
        if relationship.unreadable:
            return f"the assignments of {relationship.facts.name}: {relationship.unreadable}"
    return f"the list of relationships: {reading.unlisted}" if reading.unlisted else ""


def _not_member(reading: TraceReading, role: RoleId, active: Sequence[_Assigned]) -> RoleVerdict:
    standing = [(r, a) for r, a in active if not reading.group(a.group).gone]
    if not standing:
        relationship, assignment = active[0]
        return RoleVerdict(
            role=role,
            verdict=Verdict.NOT_ASSIGNED,
            fix=Fix.ASSIGN_TO_GROUP,
            relationship=relationship,
            why=f"its group {assignment.group} does not exist any more",
        )
    # The group that gives least beside the role: nobody should get more than was asked for.
    relationship, assignment = min(
        standing, key=lambda pair: (len(pair[1].roles), reading.group(pair[1].group).label)
    )
    return RoleVerdict(
        role=role,
        verdict=Verdict.NOT_MEMBER,
        fix=Fix.ADD_TO_GROUP,
        group=reading.group(assignment.group),
        relationship=relationship,
    )


def _not_assigned(
    reading: TraceReading,
    one: UserReading,
    role: RoleId,
    holding: Sequence[TracedRelationship],
    given: Sequence[_Assigned],
) -> RoleVerdict:
    if given:
        relationship, assignment = min(given, key=lambda pair: pair[1].status != "pending")
        group = reading.group(assignment.group)
        return RoleVerdict(
            role=role,
            verdict=Verdict.NOT_ASSIGNED,
            fix=Fix.WAIT if assignment.status == "pending" else Fix.ASSIGN_TO_GROUP,
            group=group,
            relationship=relationship,
            why=f"its assignment to {group.label} is {_standing(assignment.status)}",
        )
    relationship = holding[0]
    return RoleVerdict(
        role=role,
        verdict=Verdict.NOT_ASSIGNED,
        fix=Fix.ASSIGN_TO_GROUP,
        group=_fitting_group(reading, one, role, relationship),
        relationship=relationship,
    )


def _standing(status: str) -> str:
    return {"error": "in error", "deleting": "being deleted"}.get(status, status)


def _fitting_group(
    reading: TraceReading, one: UserReading, role: RoleId, relationship: TracedRelationship
) -> TracedGroup | None:
    """A group the role could go to: the one named after it, else one the user is in already."""
    wanted = f"m365 gdap {reading.role_name(role)}".casefold()
    for group in reading.groups.values():
        if group.name.casefold() == wanted:
            return group
    if one.ascent is None:
        return None
    mine = [a for a in relationship.assignments if one.ascent.path(a.group)]
    least = min(mine, key=lambda a: (len(a.roles), reading.group(a.group).label), default=None)
    return reading.group(least.group) if least is not None else None
