"""Customer tenants and the GDAP relationships that give access to them."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from cipp_tui.domain.roles import GLOBAL_ADMINISTRATOR, RoleId

TenantId = NewType("TenantId", str)
"""An Entra tenant's GUID, lower case."""

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def tenant_id(text: object) -> TenantId:
    """The id that a text is. Ids become parts of URLs. Raises: ValueError when it is no GUID."""
    if isinstance(text, str) and _GUID.fullmatch(lower := text.strip().lower()):
        return TenantId(lower)
    raise ValueError("not a tenant's GUID")


class RelationshipStatus(StrEnum):
    """Life of a GDAP relationship. Source: Graph, delegatedAdminRelationship resource type.

    Only `active` gives access. `expiring` is not about to end: its end date has passed and the
    clean-up is under way. About to end is an active one whose end date is near.
    """

    CREATED = "created"
    APPROVAL_PENDING = "approvalPending"
    APPROVED = "approved"
    ACTIVATING = "activating"
    ACTIVE = "active"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    TERMINATION_REQUESTED = "terminationRequested"
    TERMINATING = "terminating"
    TERMINATED = "terminated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class GdapRelationship:
    """One relationship; a customer may have several."""

    id: str
    name: str
    tenant: TenantId | None  # None until the customer has approved it
    tenant_name: str
    status: RelationshipStatus
    roles: frozenset[RoleId]
    ends_at: datetime | None
    auto_extends: bool

    @property
    def microsoft_led(self) -> bool:
        """Made by Microsoft's own transition: read-only, cannot be used to manage."""
        return self.name.upper().startswith("MLT_")

    @property
    def usable(self) -> bool:
        """Gives access now."""
        return self.status is RelationshipStatus.ACTIVE and not self.microsoft_led

    @property
    def holds_global_administrator(self) -> bool:
        """Such a relationship cannot extend by itself."""
        return GLOBAL_ADMINISTRATOR in self.roles


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableRow:
    """A row of the list that has another shape than documented."""

    name: str  # the relationship's id, or its place on the page
    why: str
    tenant: TenantId | None  # whom it is about, where that much can be read

    def __str__(self) -> str:
        about = f", customer {self.tenant}" if self.tenant is not None else ""
        return f"{self.name}{about}: {self.why}"


class TenantKind(StrEnum):
    """How the tenant came to be in the list."""

    CUSTOMER = "customer"  # through GDAP
    DIRECT = "direct"  # named in the profile, no relationship
    PARTNER = "partner"  # our own


class AccessLevel(StrEnum):
    """What the relationships of a tenant add up to."""

    OWN = "own"
    DIRECT = "direct"
    ENDED = "ended"
    NONE = "none"
    ENDING = "ending"  # 30 days or less and nothing extends it
    LASTS = "lasts"
    EXTENDS = "extends"


@dataclass(frozen=True, slots=True)
class Access:
    """Access to a tenant: its level and the whole days left (None where that is no question)."""

    level: AccessLevel
    days_left: int | None = None


ENDING_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A tenant as it was last read."""

    id: TenantId
    name: str
    kind: TenantKind = TenantKind.CUSTOMER
    default_domain: str | None = None
    domains: tuple[str, ...] = ()  # every verified one that is known, the default one included
    relationships: tuple[GdapRelationship, ...] = ()
    gone_since: datetime | None = None  # no active relationship since
    seen_at: datetime | None = None

    def access(self, now: datetime) -> Access:
        """What the relationships give, judged at `now`."""
        if self.kind is TenantKind.PARTNER:
            return Access(AccessLevel.OWN)
        if self.kind is TenantKind.DIRECT:
            return Access(AccessLevel.DIRECT)
        usable = [r for r in self.relationships if r.usable and not _past(r.ends_at, now)]
        if not usable:
            return Access(AccessLevel.ENDED if self.relationships else AccessLevel.NONE)
        if any(r.auto_extends or r.ends_at is None for r in usable):
            return Access(AccessLevel.EXTENDS)
        last = max(r.ends_at for r in usable if r.ends_at is not None)
        left = last - now
        level = AccessLevel.ENDING if left <= ENDING_WITHIN else AccessLevel.LASTS
        return Access(level, left.days)

    @property
    def label(self) -> str:
        """What to call it where one word must do: its domain, else its name, else its id."""
        return self.default_domain or self.name or self.id

    def answers_to(self, text: str) -> bool:
        """Whether an admin who types `text` means this tenant: id, a domain or the exact name."""
        wanted = text.strip().casefold()
        if not wanted:
            return False
        known = (self.id, self.name, self.default_domain or "", *self.domains)
        return any(wanted == word.strip().casefold() for word in known)


def _past(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
