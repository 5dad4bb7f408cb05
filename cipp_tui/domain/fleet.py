"""One row of the fleet: everything known about a tenant, and the words for how it stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from cipp_tui.domain.jobs import Action, ItemState, Outcome
from cipp_tui.domain.permissions import PermissionRecord
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import Tenant, TenantId, TenantKind

SUSPENDED_AT = 50
"""Failures in a row after which a tenant is set aside, visibly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Why a tenant is not managed."""

    by: str  # user@host
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Failures in a row. Throttling and network trouble are never among them."""

    count: int
    first_at: datetime
    last_at: datetime
    problem: Problem  # the newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a job is doing with the tenant, or has just done."""

    job: int
    action: Action
    state: ItemState
    step: str = ""  # name of the step at hand
    place: int = 0  # its place in the plan, from 1
    steps: int = 0
    since: datetime | None = None  # when the item started
    took_s: float | None = None  # set at the end
    outcome: Outcome | None = None  # set at the end
    problem: Problem | None = None
    given: int = 0  # permissions given
    note: str = ""  # what it waits for
    paying: bool = False  # access is being given back

    @property
    def at_work(self) -> bool:
        return self.state in (ItemState.WAITING, ItemState.RUNNING)


class Standing(IntEnum):
    """How a tenant stands; the number is its place in the order by state."""

    NO_ACCESS = 0
    SUSPENDED = 1
    FAILING = 2
    NO_DOMAIN = 3
    GONE = 4
    MANAGED = 5
    PARTNER = 6
    EXCLUDED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantRow:
    """A tenant with all that is known about it. Frozen: news replaces the row."""

    tenant: Tenant
    exclusion: Exclusion | None = None
    failures: Failures | None = None
    permissions: PermissionRecord | None = None
    progress: Progress | None = None
    stranded: bool = False  # access was taken away and is owed

    @property
    def id(self) -> TenantId:
        return self.tenant.id

    @property
    def standing(self) -> Standing:
        if self.stranded:
            return Standing.NO_ACCESS
        if self.exclusion is not None:
            return Standing.EXCLUDED
        if self.tenant.kind is TenantKind.PARTNER:
            return Standing.PARTNER
        if self.tenant.gone_since is not None:
            return Standing.GONE
        if self.failures is not None and self.failures.count >= SUSPENDED_AT:
            return Standing.SUSPENDED
        if self.failures is not None:
            return Standing.FAILING
        if self.tenant.default_domain is None:
            return Standing.NO_DOMAIN
        return Standing.MANAGED
