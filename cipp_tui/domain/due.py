"""Who is due for a permission refresh, and why: a pure rule, intervals with tolerance.

Due is who was never refreshed, whose application or wanted set has changed since, who lacks
something, who has no domain (once a day), and who was last verified seven days ago. Who failed
waits 1, 2, 4, then 7 days; after eight failures in a row only a new application or a new wanted
set makes it due again, and who is suspended is not due at all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cipp_tui.domain.failures import NEEDS_HUMAN_AFTER, Failures
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.permissions import AppId, PermissionRecord, Verdict
from cipp_tui.domain.tenants import TenantKind

__all__ = [
    "NEEDS_HUMAN_AFTER",
    "Aside",
    "Due",
    "DueReason",
    "aside",
    "dated_ahead",
    "due",
    "falls_due",
]

TOLERANCE: Final = timedelta(hours=2)
"""A nightly run that is some minutes early, or late the night before, still counts as a day."""

AFTER_SUCCESS: Final = timedelta(days=7)
WITHOUT_DOMAIN: Final = timedelta(days=1)
BACK_OFF: Final = (timedelta(days=1), timedelta(days=2), timedelta(days=4), timedelta(days=7))
AHEAD: Final = timedelta(days=1)
"""A fact dated further ahead than this was written by a clock that was wrong."""


class DueReason(StrEnum):
    """Why a tenant is due."""

    NEVER = "never refreshed"
    NEW_APP = "new app"
    NEW_SET = "new set"
    MISSING = "missing"
    NO_DOMAIN = "no domain"
    FAILED = "failed before"
    AGE = "age"


@dataclass(frozen=True, slots=True)
class Due:
    """A tenant is due: the reason, and since when (None: since it exists, or the change)."""

    reason: DueReason
    since: datetime | None = None

    @property
    def ripe_at(self) -> datetime | None:
        """From when on it counts as due: `since`, less the tolerance; None: from the start."""
        return self.since - TOLERANCE if self.since is not None else None


class Aside(StrEnum):
    """Why the schedule leaves a tenant alone although nobody excluded it."""

    SUSPENDED = "suspended"
    NEEDS_HUMAN = "needs a human"


def due(row: TenantRow, *, app: AppId | None, fingerprint: str | None, now: datetime) -> Due | None:
    """Whether a tenant is due. `app` and `fingerprint` are None while the wanted set is unknown.

    Once due, a tenant stays due until something happens to it. One whose newest date lies more
    than a day ahead is due as well: else a clock that was wrong for an hour would hide it.
    """
    found = falls_due(row, app=app, fingerprint=fingerprint)
    if found is None or found.since is None or now >= found.since - TOLERANCE:
        return found
    return Due(found.reason) if dated_ahead(row, now) else None


def falls_due(row: TenantRow, *, app: AppId | None, fingerprint: str | None) -> Due | None:
    """When a tenant becomes due, now or later; None: not by itself."""
    if row.exclusion is not None or row.tenant.gone_since is not None:
        return None
    if row.failures is not None:
        return _after_failures(row.failures, app, fingerprint)
    record = row.permissions
    if record is None or record.applied_at is None:
        return Due(DueReason.NEVER)
    if app is not None and record.app != app:
        return Due(DueReason.NEW_APP)
    if fingerprint is not None and record.fingerprint != fingerprint:
        return Due(DueReason.NEW_SET)
    if record.verdict is not Verdict.IN_ORDER:
        return Due(DueReason.MISSING)
    return _after_success(row, record, record.applied_at)


def aside(row: TenantRow) -> Aside | None:
    """Whether the schedule leaves the tenant to a human; None also when it is not managed."""
    failures = row.failures
    if failures is None or row.exclusion is not None or row.tenant.gone_since is not None:
        return None
    if failures.suspended:
        return Aside.SUSPENDED
    return Aside.NEEDS_HUMAN if failures.needs_human else None


def _after_failures(failures: Failures, app: AppId | None, fingerprint: str | None) -> Due | None:
    if failures.suspended:
        return None
    if app is not None and failures.app not in (None, app):
        return Due(DueReason.NEW_APP)
    if fingerprint is not None and failures.fingerprint not in (None, fingerprint):
        return Due(DueReason.NEW_SET)
    if failures.needs_human:
        return None
    wait = BACK_OFF[min(failures.count, len(BACK_OFF)) - 1]
    return Due(DueReason.FAILED, failures.last_at + wait)


def _after_success(row: TenantRow, record: PermissionRecord, applied_at: datetime) -> Due:
    old = Due(DueReason.AGE, applied_at + AFTER_SUCCESS)
    if row.tenant.kind is not TenantKind.CUSTOMER or row.tenant.default_domain is not None:
        return old
    again = record.checked_at + WITHOUT_DOMAIN
    return Due(DueReason.NO_DOMAIN, again) if again < applied_at + AFTER_SUCCESS else old


def dated_ahead(row: TenantRow, now: datetime) -> bool:
    """Whether what the rule looks at was dated by a clock that was wrong."""
    if row.failures is not None:
        return row.failures.last_at > now + AHEAD
    applied_at = row.permissions.applied_at if row.permissions is not None else None
    return applied_at is not None and applied_at > now + AHEAD
