"""One job, live or long over: totals, and every tenant with its step and what happened."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType

from cipp_tui.domain.problems import Problem
from cipp_tui.screens.export import Table
from cipp_tui.screens.framed import FramedScreen, hint, spread
from cipp_tui.screens.going import GoToJob, GoToTenant
from cipp_tui.screens.job_acts import copyable_of, results_table, retry_job, stop_job
from cipp_tui.screens.job_words import took_words
from cipp_tui.screens.results import (
    Fold,
    bad,
    causes_words,
    counts_words,
    folded_failures,
    name_cell,
    row_key,
    step_cell,
    time_cell,
    what_happened,
)
from cipp_tui.screens.tenants_lines import progress_bar
from cipp_tui.screens.words import when
from cipp_tui.services.advice import Surface, advise
from cipp_tui.services.session import Session
from cipp_tui.services.views import ItemView, JobView
from cipp_tui.widgets.action_lookup import BY_ID
from cipp_tui.widgets.action_spec import Place
from cipp_tui.widgets.bindings import bindings
from cipp_tui.widgets.cells import Cell, Head, Line, Tone
from cipp_tui.widgets.hint_bar import Hint
from cipp_tui.widgets.lines import Pieces, TextLine
from cipp_tui.widgets.words import countdown, tenants

_NARROW = (("tenant", "Tenant", 26), ("step", "Step", 14), ("time", "Time", 6), ("what", "", 30))
_WIDE = (
    ("tenant", "Tenant", 34),
    ("domain", "Domain", 30),
    ("step", "Step", 14),
    ("time", "Time", 7),
    ("what", "", 40),
)
_WIDE_FROM = 110
_SORTED_EVERY = 4
"""Looks between two sortings: rows that jump more often cannot be read, and cost a full paint."""


class JobScreen(FramedScreen):
    """Follows one job of this run, or shows one from the journal."""

    PLACES: ClassVar[tuple[Place, ...]] = (Place.ANY, Place.TABLE, Place.JOB)
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(BY_ID[name] for name in ("job.stop", "job.retry", "job.only-failed", "job.dock"))
    ]
    SUBJECT: ClassVar[str] = "results of a job"

    def __init__(self, session: Session, job_id: int) -> None:
        super().__init__(session)
        self.job_id = job_id
        self.only_failed = False
        self._seen = -1
        self._looks = 0
        self._was_at_work = False
        self._causes = ""
        self._items: dict[str, ItemView | Fold] = {}
        self._open_folds: frozenset[str] = frozenset()

    def acts(self) -> dict[str, Callable[[], object]]:
        return {
            **super().acts(),
            "job.stop": self.do_stop,
            "job.retry": self.do_retry,
            "job.only-failed": self.do_only_failed,
            "job.dock": self.do_back,
        }

    # -- looking ------------------------------------------------------------------------------
    def on_mount(self) -> None:
        self._load()

    @work(group="load")
    async def _load(self) -> None:
        """A job of an earlier run is read from the journal first."""
        try:
            await self.session.jobs.load(self.job_id)
        except Problem as problem:
            self.refuse(f"Job {self.job_id} could not be read: {problem.message}")
        self._seen = -1
        self.look()

    @property
    def job(self) -> JobView | None:
        """The job as it stands."""
        return self.session.jobs.view(self.job_id)

    def look(self) -> None:
        job, revision = self.job, self.session.jobs.revision
        if job is None:
            return
        self._looks += 1
        if job.at_work is not self._was_at_work:
            self._was_at_work = job.at_work
            self.table.choose_columns()
        if revision != self._seen:
            first = self._seen < 0
            self._seen = revision
            self._update(sort=first or not job.at_work or self._looks % _SORTED_EVERY == 0)
        elif job.running:
            running = [item.tenant for item in job.in_flight]
            self.table.put(running)  # their seconds count up
        self.write_lines()

    def _update(self, *, sort: bool) -> None:
        before = self._items
        items = self.session.jobs.items(self.job_id)
        self._causes = causes_words(items)
        shown = [item for item in items if bad(item)] if self.only_failed else items
        rows = folded_failures(shown, self._open_folds)
        self._items = {row_key(row): row for row in rows}
        changed = [key for key, row in self._items.items() if before.get(key) != row]
        if sort or self._items.keys() != before.keys():
            keys = list(self._items)
            if list(self.table.keys) != keys:
                at_top = self.table.index == 0
                self.table.show(keys)
                if at_top:  # nobody has moved yet: failures appear above and are to be seen
                    self.table.go(0)
        self.table.put(changed)

    # -- what it says -------------------------------------------------------------------------
    def heads(self, width: int) -> list[Head]:
        columns = _WIDE if width >= _WIDE_FROM else _NARROW
        at_work = self.job is not None and self.job.at_work
        words = {
            "step": "Step" if at_work else "Stopped at",
            "what": "What happened" if at_work else "What happened, what to do",
        }
        named = [(name, words.get(name, label), size) for name, label, size in columns]
        return spread(named, width, "what")

    def draw(self, key: str) -> Line:
        row = self._items.get(key)
        if row is None:
            return Line([])
        wide = self.table.size.width >= _WIDE_FROM
        if isinstance(row, Fold):
            gap = [Cell("")] * (3 if wide else 2)
            return Line([Cell(f"x {len(row.items)} tenants", Tone.BAD), *gap, Cell(row.words)])
        cells = [name_cell(row)]
        if wide:
            known = self.session.fleet.row(row.tenant)
            cells.append(Cell((known.tenant.default_domain if known is not None else None) or ""))
        now = self.session.clock.now()
        return Line([*cells, step_cell(row), time_cell(row, now), what_happened(row, whole=wide)])

    def title_pieces(self) -> tuple[Pieces, Pieces]:
        job = self.job
        if job is None:
            return [Cell(f" Job {self.job_id}", Tone.STRONG)], [Cell("esc back ")]
        now = self.session.clock.now()
        since = when(job.started_at, now)
        end = "" if job.ended_at is None else f", took {took_words(job)}"
        began = f"since {since}" if job.at_work else f"{since}{end}"
        words = f": {job.action} {tenants(job.total)}, {job.actor}, {began}"
        again = f", retries job {job.retry_of}" if job.retry_of is not None else ""
        return [Cell(f" Job {job.id}", Tone.STRONG), Cell(words + again)], [
            Cell("J line   esc back " if job.at_work else "esc back ")
        ]

    def view_pieces(self) -> tuple[Pieces, Pieces]:
        job = self.job
        if job is None:
            return [], []
        if not job.at_work:
            return counts_words(job), self._which()
        share = job.finished / job.total if job.total else 1.0
        done = f" {job.finished:,} of {job.total:,}  "
        room = max(5, min(80, self.size.width - len(done) - 22))
        pieces = [
            Cell(done),
            Cell(progress_bar(share, room), Tone.BUSY),
            Cell(f"  {int(share * 100)} %"),
        ]
        left = f"{countdown(job.left_s)} left " if job.left_s is not None else ""
        return pieces, [Cell(left)]

    def _which(self) -> Pieces:
        return [Cell("only failed " if self.only_failed else "failed first ")]

    def above(self) -> ComposeResult:
        yield TextLine(id="counts")

    def write_lines(self) -> None:
        super().write_lines()
        job, counts = self.job, self.query_one("#counts", TextLine)
        counts.display = job is not None and job.at_work
        if job is not None and job.at_work:
            counts.say(counts_words(job), self._which())

    def standing_words(self) -> tuple[Pieces, Pieces] | None:
        """One cause for all, or how many causes there were."""
        job = self.job
        if job is None or job.ended_at is None:
            return None
        at = [Cell(f"{when(job.ended_at, self.session.clock.now())} ")]
        if job.fleet_wide is not None:
            advice = advise(job.fleet_wide)
            return [
                Cell(
                    f" !! One cause for all: {advice.headline} {advice.next_step(Surface.SCREEN)}",
                    Tone.BAD,
                )
            ], at
        return ([Cell(f" {self._causes}")], at) if self._causes else None

    def hints(self) -> list[Hint]:
        job = self.job
        again = job.failed + job.stopped + job.skipped if job is not None else 0
        hints = []
        if job is not None and job.at_work:
            hints.append(hint("job.stop", "Stop", 2))
        if again and job is not None and not job.at_work:
            words = " failed" if again == job.failed else ""
            hints.append(hint("job.retry", f"Retry {again:,}{words}"))
        words = "All" if self.only_failed else "Only failed"
        return [
            *hints,
            hint("job.only-failed", words),
            Hint("enter", "Tenant", 6),
            hint("view.copy"),
            hint("view.export"),
            hint("app.help"),
            Hint("esc", "Back", 1),
        ]

    # -- keys ---------------------------------------------------------------------------------
    def enter(self, key: str) -> None:
        row = self._items.get(key)
        if isinstance(row, Fold):
            self._open_folds ^= {row.key}
            self._update(sort=True)
        elif row is not None:
            self.post_message(GoToTenant(row.tenant))

    def do_only_failed(self) -> None:
        self.only_failed = not self.only_failed
        self._update(sort=True)
        self.write_lines()

    @work(group="ask", exclusive=True)
    async def do_stop(self) -> None:
        await stop_job(self, self.job)

    @work(group="ask", exclusive=True)
    async def do_retry(self) -> None:
        again = await retry_job(self, self.job)
        if again is not None:
            self.post_message(GoToJob(again))

    # -- copy, export -------------------------------------------------------------------------
    def copyable(self, key: str) -> Mapping[str, str]:
        row = self._items.get(key)
        if not isinstance(row, ItemView):
            return {}
        return copyable_of(self.session, row)

    def table_now(self) -> Table:
        job = self.job
        return results_table(self.session, job) if job is not None else Table((), ())
