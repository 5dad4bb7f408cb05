"""The frame of every list screen but Tenants: title, view line, table, status line, hints."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.timer import Timer

from cipp_tui.screens.copying import copied_words, copy_text
from cipp_tui.screens.export import Table, as_text, written
from cipp_tui.screens.export_sheet import ExportSheet, Scope
from cipp_tui.screens.going import GoHome
from cipp_tui.screens.tenants_copy import copy_question
from cipp_tui.screens.tenants_lines import status_news
from cipp_tui.services.session import Session
from cipp_tui.widgets.action_lookup import BY_ID
from cipp_tui.widgets.action_spec import ActionSpec, Place
from cipp_tui.widgets.bindings import bindings
from cipp_tui.widgets.cells import Cell, Head, Line, Tone
from cipp_tui.widgets.fleet_table import FleetTable
from cipp_tui.widgets.hint_bar import Hint, HintBar
from cipp_tui.widgets.lines import Pieces, TextLine
from cipp_tui.widgets.status_line import Question, StatusLine

LOOK_S = 0.25
REFUSED_S = 5.0


class FramedScreen(Screen[None]):
    """A list with its frame. It looks at the session 4 times a second while it is shown.

    Subclasses say what is in the table (`heads`, `draw`), in the lines, and what keys do (`acts`).
    """

    PLACES: ClassVar[tuple[Place, ...]] = (Place.ANY, Place.TABLE)
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(BY_ID[name] for name in ("app.back", "app.quit", "view.copy", "view.export"))
    ]
    SUBJECT: ClassVar[str] = ""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._timer: Timer | None = None
        self._said_until = 0.0
        self._said: Pieces = ()

    # -- what a screen fills in -----------------------------------------------------------
    def acts(self) -> dict[str, Callable[[], object]]:
        """What the keys of this screen do, by action id."""
        return {
            "app.back": self.do_back,
            "app.quit": self.do_back,
            "view.copy": self.do_copy,
            "view.export": self.do_export,
        }

    def heads(self, width: int) -> list[Head]:
        """The columns for a table this wide."""
        raise NotImplementedError

    def draw(self, key: str) -> Line:
        """The words of a row."""
        raise NotImplementedError

    def look(self) -> None:
        """See what is new; paint only that."""

    def title_pieces(self) -> tuple[Pieces, Pieces]:
        raise NotImplementedError

    def view_pieces(self) -> tuple[Pieces, Pieces]:
        raise NotImplementedError

    def hints(self) -> list[Hint]:
        raise NotImplementedError

    def copyable(self, key: str) -> Mapping[str, str]:
        """What `y` can copy of the row under the cursor, by the key that follows."""
        return {}

    def table_now(self) -> Table:
        """Everything that is listed, for `e` and `y t`."""
        raise NotImplementedError

    def standing_words(self) -> tuple[Pieces, Pieces] | None:
        """What the status line says when nothing was told just now; None: the latest message."""
        return None

    def above(self) -> ComposeResult:
        """Something between view line and table."""
        yield from ()

    def below(self) -> ComposeResult:
        """Something between table and status line."""
        yield from ()

    # -- the frame ----------------------------------------------------------------------------
    def compose(self) -> ComposeResult:
        yield TextLine(id="title")
        yield TextLine(id="view")
        yield from self.above()
        yield FleetTable(self.heads, self.draw, id="table")
        yield from self.below()
        yield StatusLine(id="status")
        yield HintBar(id="hints")

    def on_mount(self) -> None:
        self._timer = self.set_interval(LOOK_S, self._look)
        self.table.focus()

    def on_resize(self) -> None:
        self.call_after_refresh(self._settle)

    def on_screen_suspend(self) -> None:
        if self._timer is not None:
            self._timer.pause()

    def on_screen_resume(self) -> None:
        if self._timer is not None:
            self._timer.resume()
        self.call_after_refresh(self._settle)

    @property
    def table(self) -> FleetTable:
        return self.query_one("#table", FleetTable)

    def _settle(self) -> None:
        self._look()
        self.write_lines()

    def _look(self) -> None:
        if not self.is_current:
            return
        self.look()
        self._write_status()

    def write_lines(self) -> None:
        """Say title, view line and hints anew; lines that say the same are not painted."""
        self.query_one("#title", TextLine).say(*self.title_pieces())
        self.query_one("#view", TextLine).say(*self.view_pieces())
        self.query_one(HintBar).offer(self.hints())

    # -- status line --------------------------------------------------------------------------
    def tell(self, words: str, tone: Tone = Tone.PLAIN) -> None:
        """Say something for a while."""
        sign = "! " if tone is Tone.WARN else "+ " if tone is Tone.GOOD else ""
        self._said = [Cell(f" {sign}{words}", tone)]
        self._said_until = self.session.clock.monotonic() + REFUSED_S
        self._write_status()

    def refuse(self, words: str) -> None:
        """Say why a key does nothing."""
        self.tell(words, Tone.WARN)

    async def ask(self, question: Question) -> str | None:
        """Ask in the status line; the key that answers, None for escape."""
        return await self.query_one(StatusLine).ask(question)

    def _write_status(self) -> None:
        line = self.query_one(StatusLine)
        if self.session.clock.monotonic() < self._said_until:
            line.say(self._said)
        elif self.session.holding:
            line.say([Cell(f" {self.session.holding}", Tone.WARN)])
        elif (standing := self.standing_words()) is not None:
            line.say(*standing)
        elif self.session.news.all:
            line.say(*status_news(self.session.news.all[-1]))
        else:
            line.say([])

    # -- keys ---------------------------------------------------------------------------------
    def action_act(self, spec_id: str) -> None:
        """Do what a key stands for here."""
        self.acts()[spec_id]()

    def why_off(self, spec: ActionSpec) -> str | None:
        """Why a key can do nothing now, for help and palette."""
        return self.session.acts.why_off(spec.action) if spec.writes else None

    def do_back(self) -> None:
        if len(self.app.screen_stack) > 1:
            self.dismiss(None)
        else:
            self.post_message(GoHome())

    def do_copy(self) -> None:
        if self.table.cursor_key is None:
            self.refuse("There is nothing to copy.")
        else:
            self._copy(self.table.cursor_key)

    @work(group="copy", exclusive=True)
    async def _copy(self, key: str) -> None:
        texts = {name: text for name, text in self.copyable(key).items() if text}
        answer = await self.ask(copy_question(texts))
        if answer is None:
            return
        text = as_text(self.table_now()) if answer == "t" else texts[answer]
        copy_text(self.app, text)
        self.tell(copied_words(text))

    @work(group="export", exclusive=True)
    async def do_export(self) -> None:
        table = self.table_now()
        scopes = [Scope("all shown", len(table.rows))]
        sheet = ExportSheet(self.SUBJECT, scopes, clock=self.session.clock)
        choice = await self.app.push_screen_wait(sheet)
        if choice is None:
            return
        try:
            target = await written(choice.path, choice.format, table)
        except OSError as error:
            self.refuse(f"Not written: {error}")
        else:
            self.tell(f"Wrote {len(table.rows):,} rows to {target}", Tone.GOOD)

    @on(FleetTable.RowSelected)
    def _entered(self, event: FleetTable.RowSelected) -> None:
        event.stop()
        self.enter(event.key)

    def enter(self, key: str) -> None:
        """Enter was pressed on a row."""


def hint(spec_id: str, words: str = "", rank: int | None = None) -> Hint:
    """A hint for an action, with words of its own where the screen has better ones."""
    spec = BY_ID[spec_id]
    return Hint(spec.key, words or spec.label, spec.rank if rank is None else rank)


def spread(columns: Sequence[tuple[str, str, int]], width: int, growing: str) -> list[Head]:
    """Columns of fixed width (name, label, width); `growing` takes what is left."""
    spare = width - 2 - sum(column[2] for column in columns)
    return [
        Head(name, label, size + max(0, spare) if name == growing else size)
        for name, label, size in columns
    ]
