"""The sheet before tenants are removed from the list."""

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label

from cipp_tui.domain.clock import SYSTEM, Clock
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.dialog import Choice, Choices, Dialog, Field, Names, line
from cipp_tui.services.suits import Selection
from cipp_tui.widgets.words import tenants


@dataclass(frozen=True, slots=True)
class RemoveAnswer:
    """Remove these from the list; `exclude` keeps them away when they are read again."""

    tenants: tuple[TenantId, ...]
    exclude: bool


class RemoveSheet(Dialog[RemoveAnswer | None]):
    """Says that a removed tenant comes back, and asks; several ask for their number."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "agree", "Remove")]

    def __init__(self, selection: Selection, *, clock: Clock = SYSTEM) -> None:
        self.ids = tuple(row.id for row in selection.taken)
        one = len(self.ids) == 1
        whom = selection.taken[0].tenant.name if one else tenants(len(self.ids))
        super().__init__(f"Remove {whom} from the list", clock=clock)
        self.selection = selection
        self.type_number = len(self.ids) > 1

    def on_mount(self) -> None:
        if self.type_number:
            self.query_one("#number").focus()

    def body(self) -> ComposeResult:
        if self.type_number:
            yield Names([row.tenant.name or row.tenant.label for row in self.selection.taken])
        for out in self.selection.left_out:
            yield line(f"Left out: {out.row.tenant.name} ({out.reason})")
        yield line(_comes_back(len(self.ids)))
        yield line("Nothing changes in the tenants themselves. There is no undo here.")

    def question(self) -> ComposeResult:
        if self.type_number:
            with Horizontal(classes="field gap-above"):
                yield Label(Content(f"Type {len(self.ids)} to go on:  "), markup=False)
                yield Field(id="number", room=12, max_length=12)
        off = self.type_number or not self.ids
        yield Choices(
            Choice("Remove", id="remove", disabled=off),
            Choice("Remove and exclude", id="exclude", disabled=off),
            cancel="Cancel",
        )

    def hints(self) -> list[tuple[str, str]]:
        agree = [] if self.type_number else [("y", "Remove")]
        return [*agree, ("tab", "Next"), ("esc", "Cancel")]

    def _right(self) -> bool:
        if not self.type_number:
            return bool(self.ids)
        typed = self.query_one("#number", Field).value
        return typed.strip().replace(",", "") == str(len(self.ids))

    @on(Input.Changed, "#number")
    def _typed(self) -> None:
        for button in self.query(Choice).exclude("#cancel"):
            button.disabled = not self._right()

    @on(Input.Submitted, "#number")
    def _entered(self) -> None:
        """Two buttons act, so enter only goes to them."""
        if self._right():
            self.query_one("#remove").focus()

    @on(Choice.Chosen, "#remove")
    def _remove(self) -> None:
        self.dismiss(RemoveAnswer(self.ids, exclude=False))

    @on(Choice.Chosen, "#exclude")
    def _exclude(self) -> None:
        self.dismiss(RemoveAnswer(self.ids, exclude=True))

    def action_agree(self) -> None:
        if not self.type_number and self._right():
            self.dismiss(RemoveAnswer(self.ids, exclude=False))


def _comes_back(count: int) -> str:
    if count == 1:
        return "It comes back at the next full read unless you exclude it or its relationship ends."
    return (
        "They come back at the next full read unless you exclude them or their relationships end."
    )
