"""The filter being typed: takes the place of the view line."""

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from cipp_tui.widgets.lines import Pieces, TextLine

FIELDS: Final = ("state:", "perm:", "gdap<", "fails>", "checked>", "by:", "job:")
KEPT: Final = 50


class FilterInput(Input):
    """One line that never blinks; it knows earlier filters and completes names of fields."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", show=False),
        Binding("up", "earlier(1)", show=False),
        Binding("down", "earlier(-1)", show=False),
        Binding("tab", "complete", show=False),
    ]

    class Cleared(Message):
        """Escape: no filter."""

    class Kept(Message):
        """Enter: this filter stays."""

    def __init__(self) -> None:
        super().__init__(id="filter-text", compact=True, max_length=500, select_on_focus=False)
        self.cursor_blink = False
        self.past: list[str] = []  # newest first
        self._place = -1  # in `past`; -1 is what was typed here
        self._typed = ""

    def action_clear(self) -> None:
        self.post_message(self.Cleared())

    async def action_submit(self) -> None:
        self.post_message(self.Kept())

    def action_earlier(self, by: int) -> None:
        """Step through earlier filters, back to what was being typed."""
        place = max(-1, min(self._place + by, len(self.past) - 1))
        if place == self._place:
            return
        if self._place == -1:
            self._typed = self.value
        self._place = place
        self.value = self.past[place] if place >= 0 else self._typed
        self.cursor_position = len(self.value)

    def action_complete(self) -> None:
        """Complete the name of a field."""
        before, after = self.value[: self.cursor_position], self.value[self.cursor_position :]
        start = before.rpartition(" ")[2].removeprefix("-")
        fitting = [name for name in FIELDS if start and name.startswith(start)]
        if fitting:
            more = fitting[0][len(start) :]
            self.value = before + more + after
            self.cursor_position = len(before) + len(more)

    def remember(self, text: str) -> None:
        """Keep a filter for `up`."""
        if text:
            self.past = [text, *(old for old in self.past if old != text)][:KEPT]
        self._place = -1

    def on_paste(self, event: events.Paste) -> None:
        """Several lines pasted are several words."""
        if "\n" in event.text:
            event.prevent_default()
            event.stop()
            self.insert_text_at_cursor(" ".join(event.text.split()))


class FilterBox(Horizontal):
    """`/`, the text, and how many tenants it leaves."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.input = FilterInput()
        self._found = TextLine(id="filter-found")

    def compose(self) -> ComposeResult:
        yield Static(Content(" / "), id="filter-sign", markup=False)
        yield self.input
        yield self._found

    def say(self, left: Pieces, *rights: Pieces) -> None:
        """Beside the text: the count, and keys."""
        self._found.say(left, *rights)

    @property
    def past(self) -> Sequence[str]:
        """Earlier filters, newest first."""
        return self.input.past
