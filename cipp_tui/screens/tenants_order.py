"""Which tenants are shown, and in which order. Made to run beside the event loop."""

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.tenants import Tenant, TenantId
from cipp_tui.domain.text import folded
from cipp_tui.services.filter import Filter, haystack
from cipp_tui.services.sorting import SORTS

_RUN: Final = 2_000
"""Rows sorted at a time: sorting holds the interpreter, and the event loop waits that long."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the list is sorted by."""

    by: str = "name"
    backwards: bool = False

    @property
    def words(self) -> str:
        """`Tenant a-z`."""
        sort = SORTS[self.by]
        return f"{sort.label} {sort.reversed if self.backwards else sort.first}"

    @property
    def stored(self) -> str:
        """For the memory of the profile."""
        return f"-{self.by}" if self.backwards else self.by

    @classmethod
    def from_stored(cls, text: str) -> "Order":
        by = text.removeprefix("-")
        return cls(by, text.startswith("-")) if by in SORTS else cls()


@dataclass(frozen=True, slots=True)
class Shown:
    """The tenants that pass, in order; and how many of them only because they are owed access."""

    keys: list[TenantId]
    owed_besides: int = 0


class Arranger:
    """Filters and sorts, with each tenant's texts prepared once. For one thread at a time."""

    def __init__(self) -> None:
        # Two dictionaries of plain words and old friends: 50,000 tuples would be 50,000 more
        # objects for the garbage collector to look through.
        self._texts: dict[TenantId, str] = {}
        self._prepared_for: dict[TenantId, Tenant] = {}

    def arrange(
        self,
        rows: Sequence[TenantRow],
        filtered: Filter,
        order: Order,
        now: datetime,
        *,
        keep: Sequence[TenantId] = (),
    ) -> Shown:
        """Those that pass the filter: owed ones on top, then by the order, ties by name.

        With `keep`, those stay as they stand, as long as they are there; the others come behind.
        """
        if len(self._texts) > 2 * len(rows) + 1_000:
            self._texts.clear()
            self._prepared_for.clear()
        if keep:
            there = {row.tenant.id for row in rows}
            kept = [key for key in keep if key in there]
            old = set(keep)
            rows = [row for row in rows if row.tenant.id not in old]
        else:
            kept = []
        if filtered.empty:
            passing, besides = rows, 0
        else:
            passing, besides = self._passing(rows, filtered)
        return Shown(kept + self._sorted(passing, order, now), besides)

    def first_page(
        self, rows: Sequence[TenantRow], order: Order, now: datetime, size: int = 100
    ) -> list[TenantId]:
        """The first rows of the order, found without sorting the rest; nothing is filtered."""
        if order.backwards:
            return []
        key = SORTS[order.by].key
        found = heapq.nsmallest(
            size, rows, key=lambda row: (not row.stranded, key(row, now), row.tenant.name)
        )
        return [row.tenant.id for row in found]

    def _passing(self, rows: Sequence[TenantRow], filtered: Filter) -> tuple[list[TenantRow], int]:
        matches, texts = filtered.matches, self._texts
        passing: list[TenantRow] = []
        besides = 0
        for row in rows:
            tenant = row.tenant
            if self._prepared_for.get(tenant.id) is not tenant:
                texts[tenant.id] = haystack(row)
                self._prepared_for[tenant.id] = tenant
            if matches(row, texts[tenant.id]):
                passing.append(row)
                if row.stranded and not filtered.fits(row, texts[tenant.id]):
                    besides += 1
        return passing, besides

    def _sorted(self, rows: Iterable[TenantRow], order: Order, now: datetime) -> list[TenantId]:
        ordered = in_runs(rows, _name, backwards=order.backwards and order.by == "name")
        if order.by != "name":
            key = SORTS[order.by].key
            ordered = in_runs(ordered, lambda row: key(row, now), backwards=order.backwards)
        top = [row.tenant.id for row in ordered if row.stranded]
        rest = [row.tenant.id for row in ordered if not row.stranded]
        return top + rest


def in_runs(
    rows: Iterable[TenantRow], key: Callable[[TenantRow], Any], *, backwards: bool
) -> list[TenantRow]:
    """`sorted`, without holding the interpreter for long: short sorted runs, then one merge.

    The keys are made once. The last sort finds the runs and only merges them.
    """
    listed = list(rows)
    key_at = [key(row) for row in listed].__getitem__
    places = list(range(len(listed)))
    if len(places) > _RUN:
        for start in range(0, len(places), _RUN):
            places[start : start + _RUN] = sorted(
                places[start : start + _RUN], key=key_at, reverse=backwards
            )
    places.sort(key=key_at, reverse=backwards)
    return [listed[place] for place in places]


def _name(row: TenantRow) -> str:
    return folded(row.tenant.name or row.tenant.label)


def pinned(keys: Sequence[TenantId], owed: Iterable[TenantId]) -> list[TenantId]:
    """The same order with those that are owed access on top."""
    top = set(owed)
    return [key for key in keys if key in top] + [key for key in keys if key not in top]
