"""The sheet that asks what to write where (`e`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Static

from cipp_tui.domain.clock import SYSTEM, Clock
from cipp_tui.screens.dialog import Choice, Choices, Dialog, Field, line
from cipp_tui.screens.export import FORMATS, Format, default_path
from cipp_tui.screens.options import Option


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows can be written: `marked`, 14 of them."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """Write these rows so, there."""

    scope: str
    format: Format
    path: Path


class ExportSheet(Dialog[ExportChoice | None]):
    """Asks for rows, format and path. The first scope and CSV are picked already."""

    AUTO_FOCUS = "#path"

    def __init__(self, subject: str, scopes: Sequence[Scope], *, clock: Clock = SYSTEM) -> None:
        super().__init__(f"Export {subject}", clock=clock)
        self.subject = subject
        self.scopes = [scope for scope in scopes if scope.count] or list(scopes[:1])
        self.scope = self.scopes[0]
        self.format = FORMATS[0]

    def body(self) -> ComposeResult:
        for place, scope in enumerate(self.scopes):
            yield Option(f"scope-{place}", f"{scope.name:<14}{scope.count:,} rows")
        yield line("As", classes="gap-above")
        for place, form in enumerate(FORMATS):
            yield Option(f"format-{place}", form.name)
        yield line("Only you will be able to read the file.", classes="gap-above")

    def question(self) -> ComposeResult:
        with Horizontal(classes="field gap-above"):
            yield Label("To  ", markup=False)
            path = default_path(self.subject, self.format, self.clock.now())
            yield Field(id="path", value=str(path), max_length=1024)
        yield Static("", id="missing", classes="wrong", markup=False)
        yield Choices(Choice("Export", id="yes"))

    def hints(self) -> list[tuple[str, str]]:
        return [("enter", "Export"), ("tab", "Next"), ("esc", "Cancel")]

    def on_mount(self) -> None:
        self._mark()

    def _mark(self) -> None:
        for place, scope in enumerate(self.scopes):
            self.query_one(f"#scope-{place}", Option).mark(scope is self.scope)
        for place, form in enumerate(FORMATS):
            self.query_one(f"#format-{place}", Option).mark(form is self.format)

    @on(Option.Picked)
    def _picked(self, event: Option.Picked) -> None:
        group, place = event.option.kind.split("-")
        if group == "scope":
            self.scope = self.scopes[int(place)]
        else:
            before, self.format = self.format, FORMATS[int(place)]
            field = self.query_one("#path", Field)
            if field.value.endswith(before.suffix):
                field.value = field.value.removesuffix(before.suffix) + self.format.suffix
        self._mark()

    @on(Input.Submitted, "#path")
    @on(Choice.Chosen, "#yes")
    def _go(self) -> None:
        text = self.query_one("#path", Field).value.strip()
        if not text or text.endswith("/"):
            self.query_one("#missing", Static).update(Content("Write the path of a file."))
            return
        self.dismiss(ExportChoice(self.scope.name, self.format, Path(text)))
