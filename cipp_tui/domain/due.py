"""Who is due for a permission refresh, and why: a pure rule, intervals with tolerance."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.permissions import AppId, Verdict
from cipp_tui.domain.tenants import TenantKind

TOLERANCE = timedelta(hours=2)
AFTER_SUCCESS = timedelta(days=7)
BACK_OFF = (timedelta(days=1), timedelta(days=2), timedelta(days=4), timedelta(days=7))
NEEDS_HUMAN_AFTER = 8
"""Failures in a row after which a tenant is no longer retried by the schedule."""


class DueReason(StrEnum):
    """Why a tenant is due."""

    NEVER = "never refreshed"
    NEW_APP = "new app"
    NEW_SET = "new set"
    NO_DOMAIN = "no domain"
    FAILED = "failed before"
    AGE = "age"


@dataclass(frozen=True, slots=True)
class Due:
    """A tenant is due: the reason, and since when (None: since it exists)."""

    reason: DueReason
    since: datetime | None = None


def due(row: TenantRow, *, app: AppId | None, fingerprint: str | None, now: datetime) -> Due | None:
    """Whether a tenant is due. `app` and `fingerprint` are None while the wanted set is unknown."""
    if row.exclusion is not None or row.tenant.gone_since is not None:
        return None
    record = row.permissions
    failures = row.failures
    if failures is not None:
        if failures.count >= NEEDS_HUMAN_AFTER:
            return None
        wait = BACK_OFF[min(failures.count, len(BACK_OFF)) - 1]
        ripe = failures.last_at + wait
        return Due(DueReason.FAILED, ripe) if now >= ripe - TOLERANCE else None
    if record is None or record.applied_at is None:
        return Due(DueReason.NEVER)
    if app is not None and record.app != app:
        return Due(DueReason.NEW_APP)
    if fingerprint is not None and record.fingerprint != fingerprint:
        return Due(DueReason.NEW_SET)
    if row.tenant.kind is TenantKind.CUSTOMER and row.tenant.default_domain is None:
        return Due(DueReason.NO_DOMAIN)
    if record.verdict is not Verdict.IN_ORDER:
        return Due(DueReason.FAILED, record.checked_at)
    ripe = record.applied_at + AFTER_SUCCESS
    return Due(DueReason.AGE, ripe) if now >= ripe - TOLERANCE else None
