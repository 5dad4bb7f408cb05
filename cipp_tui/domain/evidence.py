"""Facts about one tenant, read just now. Each is known, unread (with the reason) or not asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, TypeVar

from cipp_tui.domain.permissions import PermissionDiff
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.roles import RoleId
from cipp_tui.domain.tenants import GdapRelationship

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unread:
    """A fact that could not be read, and why."""

    problem: Problem


Fact: TypeAlias = T | Unread | None
"""Known; unread; or None: nobody asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleMapping:
    """Roles of a relationship given to one of our groups (an access assignment)."""

    group: str
    roles: frozenset[RoleId]  # only those the relationship holds, too
    status: str  # pending | active | deleting | deleted | error

    @property
    def active(self) -> bool:
        return self.status == "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """The groups of our own tenant that the signed-in user is in, through other groups too."""

    groups: frozenset[str]  # object ids
    admin_agent: bool  # in AdminAgents, whom Partner Center asks for


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What our application holds in the tenant, against what is wanted."""

    diff: PermissionDiff
    enabled: bool = True  # our service principal may sign in
    widenable: bool = True  # the token carries the scopes that grant the rest
    longest_grant: int = 0  # signs of the longest delegated grant a refresh would write
    default_domain: bool = True  # a default domain could be read
    unlicensed: tuple[str, ...] = ()  # resources that an earlier refresh found it cannot have


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the services said of a tenant when they were asked."""

    at: datetime
    sign_in: Fact[str] = None  # who is signed in at our own tenant
    partner_center_mfa: Fact[bool] = None  # Partner Center answers; our sign-in carries MFA there
    membership: Fact[Membership] = None
    wanted: Fact[int] = None  # how many permissions every tenant should hold
    relationships: Fact[tuple[GdapRelationship, ...]] = None
    requests: Fact[tuple[str, ...]] = None  # names of requests that wait for this customer
    mappings: Fact[tuple[RoleMapping, ...]] = None  # of the usable relationships
    token: Fact[bool] = None  # Entra ID gave us a token; it carries what grants the rest
    holdings: Fact[Holdings] = None
