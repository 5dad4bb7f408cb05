"""One of several, in lines: `(o) All tenants`."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from cipp_tui.screens.dialog import hush


class Option(Static, can_focus=True):
    """One of the things that can be picked. Its dialog calls `mark` on all of them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,enter", "pick", show=False),
        Binding("up,k", "app.focus_previous", show=False),
        Binding("down,j", "app.focus_next", show=False),
    ]

    class Picked(Message):
        """This one shall it be."""

        def __init__(self, option: "Option") -> None:
            super().__init__()
            self.option = option

        @property
        def control(self) -> "Option":
            return self.option

    def __init__(self, kind: str, words: str, *, focusable: bool = True) -> None:
        super().__init__(Content(f"( ) {words}"), id=kind, markup=False, classes="option")
        self.can_focus = focusable  # not where a field beside it takes the focus
        self.kind = kind
        self._words = words

    def mark(self, picked: bool) -> None:
        """Show whether it is the picked one."""
        self.update(Content(f"({'o' if picked else ' '}) {self._words}"), layout=False)

    def on_key(self, event: events.Key) -> None:
        hush(self, event)

    def on_focus(self) -> None:
        self.action_pick()

    def on_click(self) -> None:
        self.action_pick()

    def action_pick(self) -> None:
        self.post_message(self.Picked(self))
