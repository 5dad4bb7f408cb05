"""Keeps the frame true: title, view line, status line, dock and hints, out of what is there now."""

from collections.abc import Callable, Sequence
from typing import Final

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.screens import tenants_lines as words
from cipp_tui.screens.tenants_list import TenantList
from cipp_tui.services.news import traffic_words
from cipp_tui.services.session import Session
from cipp_tui.services.views import JobView, Level, News
from cipp_tui.widgets.action_spec import ActionSpec
from cipp_tui.widgets.cells import Cell
from cipp_tui.widgets.dock import Dock
from cipp_tui.widgets.filter_box import FilterBox
from cipp_tui.widgets.fleet_table import FleetTable
from cipp_tui.widgets.hint_bar import Hint, HintBar
from cipp_tui.widgets.keymap import Keymap
from cipp_tui.widgets.lines import TextLine
from cipp_tui.widgets.status_line import StatusLine

SHOWN_S: Final = 5.0
"""So long a refusal or a new message takes the status line."""

DOCK_AFTER_S: Final = 1.5
"""A job shorter than this never opens the dock: it would only flicker."""

NARROW: Final = 60
WIDE: Final = 120

_SHOWN_WITH_MARKS: Final = {"view.export"}
_HIDDEN_WITH_MARKS: Final = {"mark.toggle", "panel.open", "view.copy"}


class Frame:
    """Writes what changed. Asked by the screen at every look, it sends nothing when nothing did."""

    def __init__(self, session: Session, tenants: TenantList) -> None:
        self.title = TextLine(id="title")
        self.view = TextLine(id="view")
        self.filter = FilterBox(id="filter")
        self.table = FleetTable(tenants.choose, tenants.draw, id="table")
        self.dock = Dock(id="dock")
        self.status = StatusLine(id="status")
        self.hints = HintBar(id="hints")
        self._session = session
        self._list = tenants
        self._said: Sequence[Cell] = ()
        self._said_until = 0.0
        self._news_seen = session.news.revision
        self._news_until = 0.0
        self._unread: News | None = None  # an error stays until it is read
        self._owed_at = -1
        self.owed: Sequence[TenantRow] = ()

    # -- what is told once --------------------------------------------------------------------
    def refuse(self, reason: str) -> None:
        """Say for some seconds why a key did nothing."""
        self._say(words.refusal(reason))

    def mention(self, sentence: str) -> None:
        """Say for some seconds what a key did."""
        self._say([Cell(f" {sentence}")])

    def _say(self, pieces: Sequence[Cell]) -> None:
        self._said = pieces
        self._said_until = self._session.clock.monotonic() + SHOWN_S

    def hush(self) -> None:
        """The next key was pressed: what was said of the last one is over."""
        self._said = ()

    def messages_read(self) -> None:
        """The messages were looked at: errors need not stay any longer."""
        self._unread = None

    # -- what is looked at --------------------------------------------------------------------
    def look_at_owed(self) -> bool:
        """Note who is owed access; whether it is other tenants than before."""
        revision = self._session.fleet.revision
        if revision == self._owed_at:
            return False
        self._owed_at = revision
        before = [row.id for row in self.owed]
        self.owed = self._session.owed
        return [row.id for row in self.owed] != before

    def tell_title(self) -> None:
        session = self._session
        self.title.say(
            words.title_left(
                session.profile,
                sign_in=session.signing.state,
                offline=session.signing.offline is not None,
                looking_only=session.looking_only is not None,
                warning=session.inspection.credential.warning(session.clock.now()),
            ),
            *words.title_rights(
                session.fleet.counts(),
                session.listing.reading,
                session.fleet.read_at,
                session.clock.now(),
                marked=len(self._list.marks),
                narrow=self.view.size.height == 0,
            ),
        )

    def tell_view(self) -> None:
        found = self._list
        place = words.view_rights(self.table.position, len(found.keys), len(self._session.fleet))
        if len(found.marks):
            counts = found.counts
            marked = len(found.marks)
            ranging = found.marks.range_size
            left = words.marks_left(marked, counts.hidden, len(found.keys), ranging)
            rights = words.marks_rights(found.filter.text, place[-1][0].words.strip())
            self.view.say(left, *rights)
        else:
            self.view.say(words.view_left(found.filter.text, found.order.words), *place)
        self.table.say_empty(
            words.empty_words(
                total=len(self._session.fleet),
                filter_text=found.filter.text,
                reading=self._session.listing.reading,
                now=self._session.clock.now(),
                sign_in=self._session.signing.state,
                read_at=self._session.fleet.read_at,
                offline=self._session.signing.offline,
            )
        )

    def tell_filter(self) -> None:
        """The count beside the filter being typed, or what is wrong with it."""
        found = self._list
        total = len(self._session.fleet)
        counted = f"{len(found.keys) - found.owed_besides:,} of {total:,}"
        if found.owed_besides:
            counted += f" + {found.owed_besides:,} owed"
        self.filter.say(*words.filter_found(counted))

    def tell_status(self, *, editing: bool, error: str) -> None:
        """One of: refusal, new message, filter help, running job, debt, last message."""
        session = self._session
        now = session.clock.monotonic()
        self._note_news(now)
        job = session.jobs.running()
        if self._said and now < self._said_until:
            self.status.say(self._said)
        elif editing:
            self.status.say(words.filter_help(error, self.status.size.width))
        elif job is not None and now >= self._news_until and not self.dock.display:
            width = self.status.size.width
            left, right = words.status_job(job, len(self.owed), width, session.holding)
            self.status.say(left, right)
        elif self.owed and now >= self._news_until:
            self.status.say(words.status_owed(self.owed))
        elif (news := self._unread or self._newest()) is not None:
            left, right = words.status_news(news)
            self.status.say(left, right)
        else:
            self.status.say([])

    def _note_news(self, now: float) -> None:
        session = self._session
        if session.news.revision == self._news_seen:
            return
        fresh = session.news.revision - self._news_seen
        self._news_seen = session.news.revision
        said_until = self._said_until if self._said else now
        self._news_until = max(now, said_until) + SHOWN_S
        for news in session.news.all[-fresh:]:
            if news.level is Level.ERROR:
                self._unread = news

    def _newest(self) -> News | None:
        news = self._session.news.all
        return news[-1] if news else None

    def tell_dock(self, *, wanted: bool, tall: bool) -> bool:
        """Fill the dock, or take it away; whether it came or went."""
        session = self._session
        job = session.jobs.running()
        now = session.clock.now()
        shown = (
            job is not None
            and wanted
            and tall
            and (now - job.started_at).total_seconds() >= DOCK_AFTER_S
        )
        changed = self.dock.display != shown
        if changed:
            self.dock.display = shown
        if shown and job is not None:
            traffic = traffic_words(session.concurrency)
            self.dock.tell(job, session.holding, now.timestamp(), traffic)
        return changed

    def offer_keys(
        self,
        specs: Sequence[ActionSpec],
        keymap: Keymap,
        why_off: Callable[[ActionSpec], str | None],
        width: int,
    ) -> None:
        """The hint bar for the table: with marks, the numbers a key would really work on."""
        marks = bool(len(self._list.marks))
        hints = []
        for spec in specs:
            if marks and spec.id in _HIDDEN_WITH_MARKS:
                continue
            if not (spec.show or (marks and spec.id in _SHOWN_WITH_MARKS)):
                continue
            words_of_key = label_for(spec, width)
            if marks and spec.many and spec.action is not None:
                words_of_key += f" {self._list.counts.of(spec.action):,}"
            elif marks and spec.id == "view.export":
                words_of_key += f" {self._list.counts.marked:,}"
            off = why_off(spec) is not None
            hints.append(Hint(keymap.key(spec), words_of_key, spec.rank, off=off))
        self.hints.offer(hints)


def job_title(name: str, job: JobView | None) -> str:
    """For the window: counts only, no names."""
    return f"cipp-tui {name}" + (f" {job.finished}/{job.total}" if job is not None else "")


def label_for(spec: ActionSpec, width: int) -> str:
    """The words of a key on a screen this wide."""
    if width < NARROW and spec.short:
        return spec.short
    return spec.wide if width >= WIDE and spec.wide else spec.label
