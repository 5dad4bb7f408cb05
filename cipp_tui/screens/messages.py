"""All messages of this run, newest first."""

from collections.abc import Mapping
from typing import ClassVar, Final

from cipp_tui.screens.export import Table, cells
from cipp_tui.screens.framed import FramedScreen, hint
from cipp_tui.screens.going import GoToJob, GoToTenant
from cipp_tui.services.session import Session
from cipp_tui.services.views import Level, News
from cipp_tui.widgets.cells import Cell, Head, Line, Tone
from cipp_tui.widgets.hint_bar import Hint
from cipp_tui.widgets.lines import Pieces
from cipp_tui.widgets.words import clock_time

_SIGNS: Final[dict[Level, tuple[str, Tone]]] = {
    Level.INFO: (" ", Tone.PLAIN),
    Level.GOOD: ("+", Tone.GOOD),
    Level.WARNING: ("!", Tone.WARN),
    Level.ERROR: ("!!", Tone.BAD),
}


class MessagesScreen(FramedScreen):
    """Enter goes to what a message is about."""

    SUBJECT: ClassVar[str] = "messages"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._news: dict[str, News] = {}
        self._seen = -1

    def look(self) -> None:
        revision = self.session.news.revision
        if revision == self._seen:
            return
        self._seen = revision
        oldest = revision - len(self.session.news.all)
        numbered = list(enumerate(self.session.news.all, oldest))
        self._news = {str(number): news for number, news in reversed(numbered)}
        self.table.show(list(self._news))
        self.table.say_empty("No messages yet.")
        self.write_lines()

    def heads(self, width: int) -> list[Head]:
        return [Head("at", "Time", 6), Head("text", "What happened", max(1, width - 8))]

    def draw(self, key: str) -> Line:
        news = self._news.get(key)
        if news is None:
            return Line([])
        sign, tone = _SIGNS[news.level]
        return Line([Cell(clock_time(news.at)), Cell(f"{sign:<3}{news.text}", tone)])

    def title_pieces(self) -> tuple[Pieces, Pieces]:
        return [Cell(" Messages", Tone.STRONG)], [Cell("esc back ")]

    def view_pieces(self) -> tuple[Pieces, Pieces]:
        return [Cell(f" This run, newest first: {len(self._news):,}")], []

    def hints(self) -> list[Hint]:
        return [
            Hint("enter", "Go to it", 2),
            hint("view.copy"),
            hint("view.export"),
            hint("app.help"),
            Hint("esc", "Back", 1),
        ]

    def enter(self, key: str) -> None:
        news = self._news[key]
        if news.tenant is not None:
            self.post_message(GoToTenant(news.tenant))
        elif news.job is not None:
            self.post_message(GoToJob(news.job))
        else:
            self.refuse("This message is about no single tenant and no job.")

    def copyable(self, key: str) -> Mapping[str, str]:
        news = self._news[key]
        return {"e": f"{news.at.isoformat(timespec='seconds')} {news.text}", "i": news.tenant or ""}

    def table_now(self) -> Table:
        rows = ((n.at.isoformat(), n.level, n.text, n.tenant, n.job) for n in self._news.values())
        return Table(("at", "level", "message", "tenant id", "job"), cells(rows))
