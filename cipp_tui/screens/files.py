"""Where the program keeps things: every path, to be read and copied."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from cipp_tui.domain.clock import SYSTEM, Clock
from cipp_tui.screens.copying import copy_text
from cipp_tui.screens.dialog import Choices, Dialog, line
from cipp_tui.widgets.cells import fit


class FilesSheet(Dialog[None]):
    """Lists (what, where)."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "copy", "Copy")]

    def __init__(self, paths: Sequence[tuple[str, str]], *, clock: Clock = SYSTEM) -> None:
        super().__init__("Where are my files?", clock=clock)
        self.paths = paths

    def body(self) -> ComposeResult:
        for what, where in self.paths:
            yield line(f"{fit(what, 18)} {where}")

    def question(self) -> ComposeResult:
        yield line("", id="copied")
        yield Choices(cancel="Close")

    def hints(self) -> list[tuple[str, str]]:
        return [("y", "Copy"), ("esc", "Close")]

    def action_copy(self) -> None:
        copy_text(self.app, "\n".join(where for _, where in self.paths))
        said = Content("Copied (asked your terminal).")
        self.query_one("#copied", Static).update(said, layout=False)
