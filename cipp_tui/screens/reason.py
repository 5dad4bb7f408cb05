"""The reason asked for before one tenant is excluded (`X`)."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Static

from cipp_tui.domain.clock import SYSTEM, Clock
from cipp_tui.screens.dialog import Choice, Choices, Dialog, Field, line


class ReasonSheet(Dialog[str | None]):
    """Asks for a reason; an empty one is taken unless `required`."""

    AUTO_FOCUS = "#reason"

    def __init__(
        self, verb: str, name: str, *, required: bool = False, clock: Clock = SYSTEM
    ) -> None:
        super().__init__(f"{verb} {name}", clock=clock)
        self.verb = verb
        self.required = required

    def body(self) -> ComposeResult:
        asks = "This profile asks for a reason." if self.required else "The reason is for the log."
        yield line(asks)

    def question(self) -> ComposeResult:
        with Horizontal(classes="field gap-above"):
            yield Label("Reason  ", markup=False)
            yield Field(id="reason", room=58)
        yield Static("", id="missing", classes="wrong", markup=False)
        yield Choices(Choice(self.verb, id="yes"))

    def hints(self) -> list[tuple[str, str]]:
        return [("enter", self.verb), ("esc", "Cancel")]

    @on(Input.Submitted, "#reason")
    @on(Choice.Chosen, "#yes")
    def _go(self) -> None:
        reason = self.query_one("#reason", Field).value.strip()
        if self.required and not reason:
            self.query_one("#missing", Static).update(Content("Write a reason first."))
            return
        self.dismiss(reason)
