"""Parts of the trace screen: the line that asks for a user, the text under the table, exports."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from cipp_tui.domain.clock import SYSTEM, Clock
from cipp_tui.domain.gdap_verdicts import RoleVerdict, Trace, UserVerdicts
from cipp_tui.screens.dialog import Choices, Dialog, line
from cipp_tui.screens.export import Table, cells
from cipp_tui.services.trace_words import fix_words, notes, path_words, who
from cipp_tui.widgets.cells import Cell, Tone
from cipp_tui.widgets.lines import Said, said

HEADS: Final = (
    "tenant", "tenant id", "user", "role", "role id", "verdict", "path", "relationship",
    "relationship ends", "what to do", "notes",
)  # fmt: skip


class UserInput(Input):
    """One line that never blinks; escape leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(self) -> None:
        super().__init__(id="user-text", compact=True, max_length=256)
        self.cursor_blink = False

    def action_leave(self) -> None:
        self.post_message(UserLine.Left())


class UserLine(Horizontal):
    """A label and a field, shown while a user is asked for."""

    class Given(Message):
        """Enter: this user; the text may be empty."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Escape: as it was."""

    def compose(self) -> ComposeResult:
        yield Static("", id="user-label", markup=False)
        yield UserInput()

    def on_mount(self) -> None:
        self.display = False

    def ask(self, label: str, value: str) -> None:
        """Show the field with this text in it, and take the keys."""
        self.display = True
        self.query_one("#user-label", Static).update(Content(f" {label}  "))
        field = self.query_one(UserInput)
        field.value = value
        field.cursor_position = len(value)
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.display = False
        self.post_message(self.Given(event.value.strip()))

    def on_user_line_left(self) -> None:
        self.display = False


class DetailSheet(Dialog[None]):
    """Everything about one role, wrapped, for paths that are longer than the screen is wide."""

    def __init__(self, title: str, lines: Sequence[str], *, clock: Clock = SYSTEM) -> None:
        super().__init__(title, clock=clock)
        self.lines = lines

    def body(self) -> ComposeResult:
        for words in self.lines:
            yield line(words)

    def question(self) -> ComposeResult:
        yield Choices(cancel="Close")

    def hints(self) -> list[tuple[str, str]]:
        return [("up down", "Read on"), ("esc", "Close")]


def detail_block(title: str, lines: Sequence[str], width: int, height: int) -> list[Said]:
    """A rule with the title and the lines under it, wrapped; the last says when there is more."""
    if not title or width < 4 or height < 2:
        return []
    rule = f"─ {title} "
    block = [said([Cell(rule + "─" * max(0, width - len(rule)), Tone.MUTED)])]
    wrapped = [part for words in lines for part in _wrapped(words, width - 2)]
    if len(wrapped) > height - 1:
        wrapped = [*wrapped[: height - 2], "… enter shows all of it"]
    return [*block, *(said([Cell(f" {words}")]) for words in wrapped)]


def _wrapped(words: str, width: int) -> list[str]:
    indent = " " * (len(words) - len(words.lstrip(" ")))
    return textwrap.wrap(
        words.strip(), width, initial_indent=indent, subsequent_indent=f"{indent}  "
    ) or [""]


def trace_table(found: Trace | None, tenant_name: str) -> Table:
    """Every role of every user, for `e` and `y t`."""
    rows = _rows(found, tenant_name) if found is not None else []
    return Table(HEADS, cells(rows))


def _rows(found: Trace, tenant_name: str) -> Iterator[tuple[object, ...]]:
    for user in found.users:
        for one in user.roles:
            yield (tenant_name, found.tenant, who(user), *_row(found, user, one))


def _row(found: Trace, user: UserVerdicts, one: RoleVerdict) -> tuple[object, ...]:
    facts = one.ways[0].relationship.facts if one.ways else None
    ends = facts.ends_at if facts is not None else None
    return (
        found.role_names[one.role],
        one.role,
        one.verdict,
        path_words(user, one.ways[0]) if one.ways else None,
        facts.name if facts is not None else None,
        ends.isoformat(timespec="seconds") if ends is not None else None,
        fix_words(user, one),
        " ".join(notes(found, user, one)),
    )
