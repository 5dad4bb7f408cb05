"""The orders in which tenants are shown, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.tenants import AccessLevel
from cipp_tui.domain.text import folded
from cipp_tui.services.facets import checked_at, failures, permission_rank

SortKey = tuple[float, float, str]
"""Keys of one order compare with each other; a missing value comes last."""


@dataclass(frozen=True, slots=True)
class Sort:
    """One order: the column it belongs to, its key, and the words of its two directions."""

    name: str
    label: str
    key: Callable[[TenantRow, datetime], SortKey]
    first: str  # as it is picked: "a-z"
    reversed: str  # the same again: "z-a"


_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)


def _name(row: TenantRow, _now: datetime) -> SortKey:
    return (0, 0, folded(row.tenant.name or row.tenant.label))


def _domain(row: TenantRow, _now: datetime) -> SortKey:
    domain = row.tenant.default_domain
    return (1, 0, "") if domain is None else (0, 0, folded(domain))


def _state(row: TenantRow, now: datetime) -> SortKey:
    return (row.standing, -failures(row, now), "")


def _permissions(row: TenantRow, _now: datetime) -> SortKey:
    record = row.permissions
    missing = len(record.missing) if record is not None else 0
    return (permission_rank(row), -missing, "")


def _gdap(row: TenantRow, now: datetime) -> SortKey:
    access = row.tenant.access(now)
    return (_ACCESS_RANK[access.level], access.days_left or 0, "")


def _fails(row: TenantRow, now: datetime) -> SortKey:
    return (-failures(row, now), 0, "")


def _checked(row: TenantRow, _now: datetime) -> SortKey:
    at = checked_at(row)
    return (0, 0, "") if at is None else (1, (at - _LONG_AGO).total_seconds(), "")


_ACCESS_RANK: Final[dict[AccessLevel, int]] = {
    AccessLevel.ENDED: 0,
    AccessLevel.NONE: 1,
    AccessLevel.ENDING: 2,
    AccessLevel.LASTS: 2,
    AccessLevel.EXTENDS: 3,
    AccessLevel.DIRECT: 4,
    AccessLevel.OWN: 5,
}

SORTS: Final[dict[str, Sort]] = {
    sort.name: sort
    for sort in (
        Sort("name", "Tenant", _name, "a-z", "z-a"),
        Sort("domain", "Domain", _domain, "a-z", "z-a"),
        Sort("state", "State", _state, "worst first", "best first"),
        Sort("permissions", "Permissions", _permissions, "worst first", "best first"),
        Sort("gdap", "GDAP", _gdap, "ends soonest first", "ends latest first"),
        Sort("fails", "Fails", _fails, "most first", "fewest first"),
        Sort("checked", "Checked", _checked, "oldest first", "newest first"),
    )
}
"""Every order, by name; the first letters differ, because the sort list picks by them."""
