"""From a user up through groups to GDAP assignments: what was read, and the search itself.

Pure: the search is fed one level of memberships after the other. Verdicts are in gdap_verdicts.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from cipp_tui.domain.roles import RoleId, role_name
from cipp_tui.domain.tenants import GdapRelationship, TenantId

ObjectId = NewType("ObjectId", str)
"""A user or a group of the partner tenant, lower case."""


class Membership(StrEnum):
    """Whether a user is in a group, directly or through others."""

    MEMBER = "member"
    NOT_MEMBER = "not member"
    UNKNOWN = "unknown"  # something on the way could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedUser:
    """A user of the partner tenant."""

    id: ObjectId
    name: str
    upn: str
    enabled: bool | None = None  # None: the service did not say
    guest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedGroup:
    """A group of the partner tenant, as far as it could be read."""

    id: ObjectId
    name: str = ""  # empty when it could not be read
    role_assignable: bool | None = None
    unreadable: str = ""  # why it could not be read
    gone: bool = False  # there is no such group (any more)

    @property
    def label(self) -> str:
        """Its name, or its id where nobody told us the name."""
        return self.name or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessAssignment:
    """Roles of a relationship, given to one group.

    Source: Graph, delegatedAdminAccessAssignment resource type.
    """

    group: ObjectId
    roles: frozenset[RoleId]
    status: str  # pending | active | deleting | deleted | error | whatever comes

    @property
    def active(self) -> bool:
        """Only an active one gives access."""
        return self.status == "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedRelationship:
    """A relationship with what could be read of its assignments."""

    facts: GdapRelationship
    assignments: tuple[AccessAssignment, ...] = ()
    unreadable: str = ""  # why the assignments are not known, or not all of them

    def gives_access(self, now: datetime) -> bool:
        """Whether roles of it can be used at `now`; those Microsoft made are read-only."""
        ends = self.facts.ends_at
        return self.facts.usable and (ends is None or ends > now)


class Climb:
    """Breadth-first search from a user up through `memberOf`, one level at a time.

    Ask for the groups of everybody in `frontier`, hand them to `feed`, until `frontier` is empty.
    It ends early once every group in `sought` was reached. A sought group is not the end of its
    branch: it may itself be in another sought one. Each group is visited once, so cycles end.
    """

    def __init__(self, user: ObjectId, sought: Collection[ObjectId]) -> None:
        self.user = user
        self.level = 0
        self._missing = set(sought) - {user}
        self._frontier: list[ObjectId] = [user]
        self._below: dict[ObjectId, ObjectId] = {}  # group -> who is in it, one step down
        self._unreadable: dict[ObjectId, str] = {}

    @property
    def frontier(self) -> Sequence[ObjectId]:
        """Whose groups are to be read next."""
        return tuple(self._frontier) if self._missing else ()

    def feed(
        self,
        groups: Mapping[ObjectId, Sequence[ObjectId]],
        unreadable: Mapping[ObjectId, str] | None = None,
    ) -> None:
        """Take the direct groups of the whole frontier.

        `unreadable` says whose groups are not known, or not all of them, and why.
        """
        self._unreadable |= unreadable or {}
        risen: list[ObjectId] = []
        for member in self._frontier:
            for group in groups.get(member, ()):
                if group != self.user and group not in self._below:
                    self._below[group] = member
                    self._missing.discard(group)
                    risen.append(group)
        self._frontier = risen
        self.level += 1

    @property
    def ascent(self) -> "Ascent":
        """What has been found so far."""
        return Ascent(self.user, dict(self._below), dict(self._unreadable))


@dataclass(frozen=True, slots=True)
class Ascent:
    """Where a user gets to: the end of a climb."""

    user: ObjectId
    below: Mapping[ObjectId, ObjectId] = field(default_factory=dict)
    unreadable: Mapping[ObjectId, str] = field(default_factory=dict)

    def membership(self, group: ObjectId) -> Membership:
        """Whether the user is in the group; unknown while it may lie behind something unread."""
        if group in self.below:
            return Membership.MEMBER
        return Membership.UNKNOWN if self.unreadable else Membership.NOT_MEMBER

    def path(self, group: ObjectId) -> tuple[ObjectId, ...]:
        """The shortest way: groups from the first above the user to `group`; empty without one."""
        if group not in self.below:
            return ()
        way = [group]
        while (below := self.below[way[-1]]) != self.user:
            way.append(below)
        return tuple(reversed(way))


@dataclass(frozen=True, slots=True, kw_only=True)
class UserReading:
    """One of the users that were asked about."""

    asked: str  # as it was typed
    user: TracedUser | None = None  # None: there is no such user, or it could not be read
    unreadable: str = ""
    ascent: Ascent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceReading:
    """Everything that was read for a trace."""

    tenant: TenantId
    relationships: tuple[TracedRelationship, ...]
    unlisted: str = ""  # why there may be relationships beyond those
    groups: Mapping[ObjectId, TracedGroup]
    users: tuple[UserReading, ...]
    role_names: Mapping[RoleId, str] = field(default_factory=dict)  # of roles beyond the usual

    def group(self, group: ObjectId) -> TracedGroup:
        """What is known of a group."""
        return self.groups.get(group) or TracedGroup(id=group)

    def role_name(self, role: RoleId) -> str:
        """The role's name, or its id where nobody told us."""
        return self.role_names.get(role) or role_name(role)
