"""Finding tenants: the filter, the order, and keeping the list arranged by both."""

from typing import Final

from textual import on
from textual.timer import Timer
from textual.widgets import Input

from cipp_tui.domain.jobs import Action
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.tenants_desk import TenantsDesk
from cipp_tui.screens.tenants_order import Order
from cipp_tui.services.filter import compile_filter
from cipp_tui.services.session import Session
from cipp_tui.services.sorting import SORTS
from cipp_tui.widgets.filter_box import FilterInput
from cipp_tui.widgets.fleet_table import FleetTable
from cipp_tui.widgets.status_line import Answer, Question

TYPING_RESTS_S: Final = 0.12


class Finding(TenantsDesk):
    """The part of the screen that decides who is shown, and in which order."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._typing: Timer | None = None
        self._wish: bool | None = None  # to arrange: anew, or only follow
        self._arranging = False

    # -- arranging ------------------------------------------------------------------------------
    def rearrange(self, *, anew: bool) -> None:
        """Filter and sort; the newest wish counts, one at a time."""
        self._wish = bool(self._wish) or anew
        if not self._arranging:
            self._arranging = True
            self.run_worker(self._rearrange(), group="arrange")

    async def _rearrange(self) -> None:
        try:
            while (anew := self._wish) is not None:
                self._wish = None
                if await self.list.arrange(anew=anew):
                    self.frame.table.show(self.list.keys)
        finally:
            self._arranging = False
        self.tell()

    def read_again(self) -> None:
        """Read the list again behind what is shown, and sort what is there."""
        reason = self.session.acts.why_off(Action.SYNC)
        if reason is not None:
            self.refuse(f"Read again: {reason}")
        elif not self.session.listing.start():
            self.refuse("The list is being read already")
        self.list.forget_news(self.session.clock.now())
        self.frame.table.repaint()
        self.rearrange(anew=True)

    async def ask_sort(self) -> None:
        picks = tuple(Answer(sort.label[0].lower(), sort.label) for sort in SORTS.values())
        key = await self.ask(Question("Sort by", picks))
        chosen = next((s for s in SORTS.values() if s.label[0].lower() == key), None)
        if chosen is not None:
            self.sort_by(chosen.name)

    def sort_by(self, name: str) -> None:
        """Sort; by the same again reverses."""
        same = name == self.list.order.by
        self._reorder(Order(name, backwards=same and not self.list.order.backwards))

    def reverse_order(self) -> None:
        order = self.list.order
        self._reorder(Order(order.by, backwards=not order.backwards))

    def _reorder(self, order: Order) -> None:
        self.list.order = order
        self.session.remember("sort", order.stored)
        self.frame.table.choose_columns()
        self.rearrange(anew=True)

    # -- the filter -----------------------------------------------------------------------------
    @property
    def editing(self) -> bool:
        """Whether the filter is being typed."""
        return self.has_class("-filtering")

    def edit_filter(self) -> None:
        self.add_class("-filtering")
        field = self.frame.filter.input
        with self.prevent(Input.Changed):
            field.value = self.list.filter.text
        field.cursor_position = len(field.value)
        field.focus(scroll_visible=False)

    @on(Input.Changed, "#filter-text")
    def _filter_typed(self, event: Input.Changed) -> None:
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(TYPING_RESTS_S, lambda: self.filter_by(event.value))

    def filter_by(self, text: str) -> None:
        """Show what matches; a filter that cannot be read leaves the list as it was."""
        compiled = compile_filter(text, self.session.clock.now())
        changed = compiled.text != self.list.filter.text
        self.list.filter = compiled
        if changed and compiled.error is None:
            self.rearrange(anew=True)
        self.tell()

    @on(FilterInput.Kept)
    def _filter_kept(self) -> None:
        field = self.frame.filter.input
        self._leave_filter(field.value.strip())
        field.remember(field.value.strip())
        self.session.remember("filters", "\n".join(field.past))

    @on(FilterInput.Cleared)
    def _filter_cleared(self) -> None:
        self._leave_filter("")

    def _leave_filter(self, text: str) -> None:
        if self._typing is not None:
            self._typing.stop()
        self.remove_class("-filtering")
        self.frame.table.focus(scroll_visible=False)
        if compile_filter(text, self.session.clock.now()).error is not None:
            self.refuse(f"Filter: {self.list.filter.error}")
            text = ""
        self.filter_by(text)

    # -- going to one ---
    async def go_to(self, tenant: TenantId) -> None:
        """Put the cursor on a tenant, even if the filter has to go for it."""
        if tenant not in self.list.keys and self.list.filter.text:
            self.list.filter = compile_filter("", self.session.clock.now())
            await self.list.arrange(anew=True)
            self.frame.table.show(self.list.keys)
        if not self.frame.table.go_to(tenant):
            self.refuse("This tenant is no longer in the list")
        self.tell()

    @on(FleetTable.HeaderSelected)
    def _head_clicked(self, event: FleetTable.HeaderSelected) -> None:
        sort = next((c.sort for c in self.list.columns.columns if c.name == event.name), "")
        if sort:
            self.sort_by(sort)
