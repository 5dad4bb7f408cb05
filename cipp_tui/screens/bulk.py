"""The sheet before an action on several tenants."""

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Static

from cipp_tui.domain.clock import SYSTEM, Clock
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.dialog import Choice, Choices, Dialog, Field, Names, line
from cipp_tui.screens.tenants_picked import NOBODY
from cipp_tui.services.suits import Selection
from cipp_tui.widgets.words import tenants

LEFT_OUT_SHOWN = 8


@dataclass(frozen=True, slots=True)
class BulkAnswer:
    """Go on with these tenants."""

    tenants: tuple[TenantId, ...]
    reason: str = ""


class BulkSheet(Dialog[BulkAnswer | None]):
    """Says whom an action takes, whom it leaves out and why, and asks.

    `hidden` are marked tenants that the filter hides; they have a button of their own.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "agree", "Go on")]

    def __init__(
        self,
        verb: str,
        selection: Selection,
        hidden: Selection = NOBODY,
        *,
        type_number: bool = False,
        reason: bool = False,
        reason_required: bool = False,
        note: str = "",
        clock: Clock = SYSTEM,
    ) -> None:
        super().__init__(f"{verb} {tenants(len(selection.taken))}", clock=clock)
        self.verb = verb
        self.selection = selection
        self.hidden = hidden
        self.note = note
        self.type_number = type_number
        self.ask_reason = reason or reason_required
        self.reason_required = reason_required
        self.shown = tuple(row.id for row in selection.taken)
        self.everyone = self.shown + tuple(row.id for row in hidden.taken)

    def on_mount(self) -> None:
        if self.type_number:
            self.query_one("#number").focus()

    # -- what it says -------------------------------------------------------------------------
    def body(self) -> ComposeResult:
        if marked := self._marked():
            yield line(marked, classes="gap")
        if self.note:
            yield line(self.note, classes="gap")
        yield Names([row.tenant.name or row.tenant.label for row in self.selection.taken])
        if left_out := self._left_out():
            yield line(left_out)

    def _marked(self) -> str:
        hidden = len(self.hidden.taken) + len(self.hidden.left_out)
        total = len(self.selection.taken) + len(self.selection.left_out) + hidden
        if hidden:
            whom = "it is left alone" if hidden == 1 else "these are left alone"
            return f"{total:,} are marked. The filter hides {hidden:,} of them: {whom}."
        return f"{total:,} are marked." if self.selection.left_out else ""

    def _left_out(self) -> str:
        left_out = self.selection.left_out
        if not left_out:
            return ""
        named = [f"{out.row.tenant.name} ({out.reason})" for out in left_out[:LEFT_OUT_SHOWN]]
        rest = len(left_out) - LEFT_OUT_SHOWN
        return "Left out: " + ", ".join(named) + (f", and {rest:,} more" if rest > 0 else "")

    def question(self) -> ComposeResult:
        if self.ask_reason:
            with Horizontal(classes="field gap-above"):
                yield Label("Reason  ", markup=False)
                yield Field(id="reason", room=46)
                must = "  (a must)" if self.reason_required else "  (for the log)"
                yield Label(must, markup=False)
        if self.type_number:
            numbers = " or ".join(str(len(group)) for group in self._groups())
            with Horizontal(classes="field gap-above"):
                yield Label(Content(f"Type {numbers} to go on:  "), markup=False)
                yield Field(id="number", room=12, max_length=12)
        yield Static("", id="missing", classes="wrong", markup=False)
        yield Choices(*self._buttons())

    def _groups(self) -> list[tuple[TenantId, ...]]:
        return [self.shown, self.everyone] if len(self.everyone) > len(self.shown) else [self.shown]

    def _buttons(self) -> list[Choice]:
        shown, everyone = len(self.shown), len(self.everyone)
        off = self.type_number
        buttons = [Choice(f"{self.verb} {shown:,}", id="shown", disabled=off or not shown)]
        if everyone > shown:
            words = f"{self.verb} {everyone:,}, hidden ones too"
            buttons.append(Choice(words, id="everyone", disabled=off))
        return buttons

    def hints(self) -> list[tuple[str, str]]:
        agree = [] if self.type_number else [("y", f"{self.verb} {len(self.shown):,}")]
        return [*agree, ("tab", "Next"), ("esc", "Cancel")]

    # -- what it is answered ------------------------------------------------------------------
    @on(Input.Changed, "#number")
    def _typed(self, event: Input.Changed) -> None:
        for button, group in zip(
            self.query(Choice).exclude("#cancel"), self._groups(), strict=True
        ):
            button.disabled = not (group and _means(event.value, len(group)))

    @on(Input.Submitted, "#number")
    def _entered(self, event: Input.Submitted) -> None:
        for group in self._groups():
            if group and _means(event.value, len(group)):
                self._go(group)

    @on(Input.Submitted, "#reason")
    def _reason_entered(self) -> None:
        self.query_one("#number" if self.type_number else "#cancel").focus()

    @on(Choice.Chosen, "#shown")
    def _shown_chosen(self) -> None:
        self._go(self.shown)

    @on(Choice.Chosen, "#everyone")
    def _everyone_chosen(self) -> None:
        self._go(self.everyone)

    def action_agree(self) -> None:
        if not self.type_number and self.shown:
            self._go(self.shown)

    def _go(self, group: tuple[TenantId, ...]) -> None:
        reason = self.query_one("#reason", Field).value.strip() if self.ask_reason else ""
        if self.reason_required and not reason:
            self.query_one("#missing", Static).update(Content("This profile asks for a reason."))
            self.query_one("#reason").focus()
            return
        self.dismiss(BulkAnswer(group, reason))


def _means(text: str, number: int) -> bool:
    return text.strip().replace(",", "") == str(number)
