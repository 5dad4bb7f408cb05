"""The list behind the table: filter, order, marks, columns; whom an action would take."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Action
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.tenants_marks import Marks
from cipp_tui.screens.tenants_order import Arranger, Order, Shown, pinned
from cipp_tui.screens.tenants_picked import Picked
from cipp_tui.services.filter import Filter, compile_filter
from cipp_tui.services.session import Session
from cipp_tui.services.suits import select, why_not
from cipp_tui.widgets.cells import Cell, Head, Line
from cipp_tui.widgets.columns import Layout, Seen, furthest_shift, layout

COUNT_EVERY_S: Final = 2.0
INLINE: Final = 1_500
"""Up to so many rows are arranged at once; more of them beside the event loop."""

_COUNTED: Final = (
    Action.EXCLUDE,
    Action.INCLUDE,
    Action.REFRESH,
    Action.RESET,
    Action.REMOVE,
)


@dataclass(frozen=True, slots=True)
class MarkCounts:
    """How many are marked, how many of them the filter hides, and whom each action would take."""

    marked: int = 0
    hidden: int = 0
    takes: tuple[tuple[Action, int], ...] = ()

    def of(self, action: Action) -> int:
        return dict(self.takes).get(action, 0)


class TenantList:
    """Everything about the list that outlives a look at it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.marks = Marks()
        self.order = Order.from_stored(session.remembered("sort"))
        self.filter: Filter = compile_filter("", session.clock.now())
        self.keys: Sequence[TenantId] = ()
        self.owed_besides = 0
        self.counts = MarkCounts()
        self.seen = Seen(session.clock.now())
        self.columns: Layout = layout(80)
        self.shift = 0
        self._arranger = Arranger()
        self._gate = asyncio.Lock()
        self._filling = True
        self._membership = -1
        self._counted: tuple[int, int, int] = (-1, -1, -1)
        self._counted_at = 0.0

    # -- for the table ------------------------------------------------------------------------
    def choose(self, width: int) -> list[Head]:
        """The columns for a table this wide."""
        self.shift = min(self.shift, furthest_shift(width))
        self.columns = layout(width, shift=self.shift)
        return self.columns.heads(self.order.by, backwards=self.order.backwards)

    def draw(self, key: str) -> Line:
        """The words of one row."""
        tenant = TenantId(key)
        row = self.session.fleet.row(tenant)
        if row is None:
            return Line([Cell("(no longer in the list)")])
        return Line(self.columns.cells(row, self.seen), tenant in self.marks)

    def look_at(self, now: datetime) -> None:
        """Judge ages by this moment from now on."""
        self.seen = Seen(now, self.seen.fresh_since, *self.session.fleet.judged_by)

    def forget_news(self, now: datetime) -> None:
        """What a job did until now is no longer news."""
        self.seen = Seen(now, now, *self.session.fleet.judged_by)

    # -- filter and order ---------------------------------------------------------------------
    @property
    def members_changed(self) -> bool:
        """Whether tenants came or went since the list was last arranged."""
        return self._membership != self.session.fleet.membership

    async def arrange(self, *, anew: bool) -> bool:
        """Filter and sort. Without `anew` the order stays: new ones come last, gone ones leave.

        While the list fills for the first time it is always sorted. False when nothing is
        different.
        """
        async with self._gate:
            fleet = self.session.fleet
            anew = anew or self._filling
            self._filling = fleet.read_at is None or not fleet.loaded.is_set()
            self._membership = self.session.fleet.membership
            rows = self.session.fleet.rows()
            if len(rows) <= INLINE:
                shown = self._arranged(rows, anew=anew)
            else:
                shown = await asyncio.to_thread(self._arranged, rows, anew=anew)
            return self._take(rows, shown)

    def arrange_now(self) -> None:
        """The same at once, for the first paint: a small fleet, or a large one's first page."""
        rows = self.session.fleet.rows()
        now = self.session.clock.now()
        if len(rows) <= INLINE:
            self._membership = self.session.fleet.membership
            self._take(rows, self._arranged(rows, anew=True))
        else:
            self.keys = self._arranger.first_page(rows, self.order, now)

    def _arranged(self, rows: Sequence[TenantRow], *, anew: bool) -> Shown:
        now = self.session.clock.now()
        keep = () if anew else self.keys
        return self._arranger.arrange(rows, self.filter, self.order, now, keep=keep)

    def _take(self, rows: Sequence[TenantRow], shown: Shown) -> bool:
        self.owed_besides = shown.owed_besides
        if len(self.marks):
            self.marks.keep_only({row.tenant.id for row in rows})
        if shown.keys == self.keys:
            return False
        self.keys = shown.keys
        return True

    def pin(self, owed: Sequence[TenantId]) -> bool:
        """Owed tenants go on top; whether anything moved."""
        keys = pinned(self.keys, owed)
        moved = keys != self.keys
        self.keys = keys
        return moved

    # -- marks --------------------------------------------------------------------------------
    def picked(self, action: Action, cursor: str | None) -> Picked:
        """Of the marked ones those shown, else the one at the cursor."""
        fleet = self.session.fleet
        if not len(self.marks):
            row = fleet.row(TenantId(cursor)) if cursor is not None else None
            return Picked(select([row] if row is not None else [], action))
        marked = self.marks.all
        shown = [key for key in self.keys if key in marked]
        hidden = marked.difference(shown)
        return Picked(
            select(self._rows(shown), action), select(self._rows(hidden), action), marked=True
        )

    def chosen(self, *, marked: bool) -> list[TenantRow]:
        """For export: what is marked (those shown first), or what is shown."""
        if marked:
            chosen = self.marks.all
            shown = [key for key in self.keys if key in chosen]
            return self._rows([*shown, *chosen.difference(shown)])
        return self._rows(self.keys)

    def _rows(self, keys: Sequence[TenantId] | frozenset[TenantId]) -> list[TenantRow]:
        found = (self.session.fleet.row(key) for key in keys)
        return [row for row in found if row is not None]

    def count_now(self) -> bool:
        """Count anew what the marks add up to, unless that takes long: then False, use `count`."""
        if not self._counts_are_old():
            return True
        if len(self.marks) > INLINE or (len(self.marks) and len(self.keys) > 10 * INLINE):
            # Rows change by the hundred while a job runs: thousands are not counted at each tick.
            only_rows = (self.marks.revision, id(self.keys)) == self._counted[::2]
            return only_rows and self.session.clock.monotonic() - self._counted_at < COUNT_EVERY_S
        self._counted = self._state_of_marks()
        self.counts = self._count() if len(self.marks) else MarkCounts()
        return True

    async def count(self) -> None:
        """The same beside the event loop."""
        self._counted = self._state_of_marks()
        self._counted_at = self.session.clock.monotonic()
        self.counts = await asyncio.to_thread(self._count)

    def _counts_are_old(self) -> bool:
        return self._state_of_marks() != self._counted

    def _state_of_marks(self) -> tuple[int, int, int]:
        fleet = self.session.fleet.revision if len(self.marks) else 0
        return self.marks.revision, fleet, id(self.keys)

    def _count(self) -> MarkCounts:
        marked = self.marks.all
        shown = [key for key in self.keys if key in marked]
        takes: Counter[Action] = Counter()
        for row in self._rows(shown):
            for action in _COUNTED:
                takes[action] += why_not(row, action) is None
        return MarkCounts(len(marked), len(marked) - len(shown), tuple(takes.items()))
