"""The info panel: lines in parts, scrolled by line or by part."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from cipp_tui.widgets.bindings import binding
from cipp_tui.widgets.cells import Cell, Tone
from cipp_tui.widgets.dock import rule
from cipp_tui.widgets.lines import Said, TextBlock, said
from cipp_tui.widgets.panel_words import Part
from cipp_tui.widgets.status_line import Listening


class Panel(TextBlock, Listening, can_focus=True):
    """Shows what it is told; remembers how far it is scrolled."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_lines(1)", show=False),
        Binding("k,up", "scroll_lines(-1)", show=False),
        Binding("pagedown", "scroll_pages(2)", show=False),
        Binding("pageup", "scroll_pages(-2)", show=False),
        Binding("ctrl+d", "scroll_pages(1)", show=False),
        Binding("ctrl+u", "scroll_pages(-1)", show=False),
        Binding("g,home", "scroll_edge(False)", show=False),
        Binding("G,end", "scroll_edge(True)", show=False),
        Binding("enter", "shut", show=False),
        binding("panel.part-back", "part(-1)"),
        binding("panel.part-on", "part(1)"),
        binding("panel.tenant-before", "neighbour(-1)"),
        binding("panel.tenant-after", "neighbour(1)"),
        binding("panel.pager", "pager"),
    ]

    class Neighbour(Message):
        """The tenant before or after is asked for."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    class Pager(Message):
        """The whole text is asked for in the pager."""

    class Shut(Message):
        """The panel shall close."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._head: Said = said([])
        self._all: list[Said] = []
        self._starts: list[int] = []  # the line each part begins at
        self._top = 0
        self.parts: Sequence[Part] = ()

    def tell(self, head: Said, parts: Sequence[Part], *, from_top: bool = False) -> None:
        """Show these parts under this head; `from_top` when they are about another tenant."""
        self.parts = parts
        self._head = head
        self._all, self._starts = [], []
        for part in parts:
            self._starts.append(len(self._all))
            self._all.append(said([Cell(rule(part.title, "", self.size.width), Tone.MUTED)]))
            self._all += [said(line) for line in part.lines]
        self._scroll(0 if from_top else self._top)

    @property
    def room(self) -> int:
        """Lines below the head."""
        return max(1, self.size.height - 1)

    def _scroll(self, top: int) -> None:
        self._top = max(0, min(top, len(self._all) - self.room))
        self.say_lines([self._head, *self._all[self._top : self._top + self.room]])

    def action_scroll_lines(self, by: int) -> None:
        self._scroll(self._top + by)

    def action_scroll_pages(self, halves: int) -> None:
        self._scroll(self._top + halves * max(1, self.room // 2))

    def action_scroll_edge(self, end: bool) -> None:
        self._scroll(len(self._all) if end else 0)

    def action_part(self, by: int) -> None:
        """To the beginning of the next part, or of the one before."""
        if by > 0:
            beyond = [start for start in self._starts if start > self._top]
            self._scroll(beyond[0] if beyond else len(self._all))
        else:
            above = [start for start in self._starts if start < self._top]
            self._scroll(above[-1] if above else 0)

    def action_neighbour(self, by: int) -> None:
        self.post_message(self.Neighbour(by))

    def action_pager(self) -> None:
        self.post_message(self.Pager())

    def action_shut(self) -> None:
        self.post_message(self.Shut())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(self._top + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(self._top - 3)
