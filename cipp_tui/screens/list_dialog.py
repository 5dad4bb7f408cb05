"""A dialog that is a search field and a list: help, palette, sort list."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Label

from cipp_tui.screens.dialog import Answer, Dialog, Field
from cipp_tui.widgets.cells import Cell, Head, Line
from cipp_tui.widgets.fleet_table import FleetTable
from cipp_tui.widgets.hint_bar import HintBar


class Entry(NamedTuple):
    """A line of the list; one without a key is a heading and cannot be chosen."""

    key: str
    cells: Sequence[Cell]


class ListDialog(Dialog[Answer]):
    """Type to search, arrows to move, enter to choose. Asks nothing dangerous, so is never deaf."""

    DEAF_S: ClassVar[float] = 0.0
    AUTO_FOCUS = "#search"
    PROMPT: ClassVar[str] = "> "
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", show=False),
        Binding("down", "step(1)", show=False),
        Binding("pageup", "step(-8)", show=False),
        Binding("pagedown", "step(8)", show=False),
    ]

    def on_mount(self) -> None:
        self.search("")

    # -- what a dialog fills in -----------------------------------------------------------
    def entries(self, query: str) -> Sequence[Entry]:
        """What is found for these words."""
        raise NotImplementedError

    def heads(self, width: int) -> list[Head]:
        """The columns."""
        raise NotImplementedError

    def chosen(self, key: str) -> None:
        """Enter was pressed on an entry."""
        raise NotImplementedError

    # -- the frame ----------------------------------------------------------------------------
    def compose(self) -> ComposeResult:
        with Vertical(id="frame") as frame:
            frame.border_title = Content(self.heading)
            with Horizontal(classes="field", id="search-line"):
                yield Label(Content(self.PROMPT), markup=False)
                yield Field(id="search", room=0)
            yield FleetTable(self.heads, self._draw, id="found")
        yield HintBar(id="hints")

    @property
    def table(self) -> FleetTable:
        return self.query_one(FleetTable)

    def search(self, query: str) -> None:
        """Show what is found."""
        found = self.entries(query.strip())
        self._entries = {entry.key or f" {place}": entry for place, entry in enumerate(found)}
        self.table.can_focus = False
        self.table.show(list(self._entries))
        self.table.repaint()
        self.table.go(0)
        self._skip_headings(1)

    def fit(self) -> None:
        """The list takes what is there; nothing to do."""

    def _draw(self, key: str) -> Line:
        entry = self._entries.get(key)
        return Line(entry.cells if entry is not None else [])

    def action_step(self, lines: int) -> None:
        self.table.go(self.table.index + lines)
        self._skip_headings(1 if lines > 0 else -1)

    def _skip_headings(self, direction: int) -> None:
        while (key := self.table.cursor_key) is not None and not self._entries[key].key:
            before = self.table.index
            self.table.go(before + direction)
            if self.table.index == before:  # a heading at the very edge: turn round
                if direction > 0:
                    return
                direction = 1

    @on(Input.Changed, "#search")
    def _typed(self, event: Input.Changed) -> None:
        self.search(event.value)

    @on(Input.Submitted, "#search")
    def _entered(self) -> None:
        key = self.table.cursor_key
        if key is not None and self._entries[key].key:
            self.chosen(key)

    @on(FleetTable.RowSelected)
    def _selected(self, event: FleetTable.RowSelected) -> None:
        if self._entries[event.key].key:
            self.chosen(event.key)
