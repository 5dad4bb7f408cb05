"""One row of the fleet: everything known about a tenant, and the words for how it stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from cipp_tui.domain.failures import Failures
from cipp_tui.domain.jobs import Action, ItemState, Outcome
from cipp_tui.domain.permissions import PermissionRecord
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import Tenant, TenantId, TenantKind

__all__ = ["Exclusion", "Failures", "Progress", "Standing", "TenantRow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Why a tenant is not managed."""

    by: str  # user@host
    at: datetime
    reason: str = ""


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
    STUCK = 2  # needs a human: the schedule has stopped trying
    FAILING = 3
    NO_DOMAIN = 4
    GONE = 5
    MANAGED = 6
    PARTNER = 7
    EXCLUDED = 8


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
        if self.failures is not None:
            if self.failures.suspended:
                return Standing.SUSPENDED
            return Standing.STUCK if self.failures.needs_human else Standing.FAILING
        if self.tenant.default_domain is None:
            return Standing.NO_DOMAIN
        return Standing.MANAGED
