"""All jobs, newest first, debts on top; beside them the results of the one under the cursor."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from cipp_tui.domain.problems import Problem
from cipp_tui.screens.export import Table, cells
from cipp_tui.screens.framed import FramedScreen, hint, spread
from cipp_tui.screens.going import GoToJob
from cipp_tui.screens.job_acts import retry_job, stop_job
from cipp_tui.screens.job_words import (
    JOB_HEADS,
    job_facts,
    outcome_words,
    state_cell,
    took_words,
)
from cipp_tui.screens.results import name_cell, step_cell, time_cell, what_happened
from cipp_tui.screens.words import when
from cipp_tui.services.session import Session
from cipp_tui.services.views import ItemView, JobView
from cipp_tui.widgets.action_lookup import BY_ID
from cipp_tui.widgets.action_spec import Place
from cipp_tui.widgets.bindings import bindings
from cipp_tui.widgets.cells import Cell, Head, Line, Tone, fit
from cipp_tui.widgets.dock import rule
from cipp_tui.widgets.fleet_table import FleetTable
from cipp_tui.widgets.hint_bar import Hint
from cipp_tui.widgets.lines import Pieces, TextBlock, said

_NARROW = (
    ("job", "Job", 5),
    ("state", "State", 12),
    ("action", "Action", 9),
    ("of", "Of", 6),
    ("outcome", "Outcome", 22),
    ("started", "Started, by", 23),
)
_WIDE = (
    ("job", "Job", 6),
    ("state", "State", 13),
    ("action", "Action", 10),
    ("of", "Of", 7),
    ("outcome", "Outcome", 38),
    ("took", "Took", 11),
    ("who", "Who, from where", 29),
    ("started", "Started", 13),
)
_WIDE_FROM = 120


class JobsScreen(FramedScreen):
    """Lists the jobs of this and of earlier runs."""

    SUBJECT: ClassVar[str] = "jobs"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-roomy")]  # noqa: RUF012 (Textual's own type)
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-high")]  # noqa: RUF012 (Textual's own type)
    PLACES: ClassVar[tuple[Place, ...]] = (Place.ANY, Place.TABLE, Place.JOBS, Place.JOB)
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(BY_ID[name] for name in ("job.stop", "job.retry", "view.reload"))
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._jobs: dict[str, JobView] = {}
        self._seen = -1
        self._loaded = False

    def acts(self) -> dict[str, Callable[[], object]]:
        return {
            **super().acts(),
            "job.stop": self.do_stop,
            "job.retry": self.do_retry,
            "view.reload": self.do_reload,
        }

    def below(self) -> ComposeResult:
        yield TextBlock(id="results")

    # -- looking ------------------------------------------------------------------------------
    @work(group="load", exclusive=True)
    async def do_reload(self) -> None:
        """Read the journal."""
        try:
            jobs = await self.session.jobs.newest()
        except Problem as problem:
            self.refuse(f"The jobs could not be read: {problem.message}")
            return
        self._loaded = True
        self._take(jobs)

    def on_screen_resume(self) -> None:
        """A job may have come and gone while another screen was in front."""
        self.do_reload()

    def look(self) -> None:
        revision = self.session.jobs.revision
        running = self.session.jobs.running()
        if revision == self._seen or not self._loaded:
            return
        self._seen = revision
        if running is not None and str(running.id) not in self._jobs:
            self.do_reload()
            return
        fresh = [self.session.jobs.view(job.id) or job for job in self._jobs.values()]
        self._take(fresh)

    def _take(self, jobs: list[JobView]) -> None:
        before = self._jobs
        ordered = sorted(jobs, key=lambda job: (not job.stranded, -job.id))
        self._jobs = {str(job.id): job for job in ordered}
        keys = list(self._jobs)
        if list(self.table.keys) != keys:
            self.table.show(keys)
        self.table.put([key for key, job in self._jobs.items() if before.get(key) != job])
        self.table.say_empty("No job has run on this profile yet.")
        self.write_lines()
        self._show_results()

    @property
    def at_cursor(self) -> JobView | None:
        """The job under the cursor."""
        key = self.table.cursor_key
        return self._jobs.get(key) if key is not None else None

    # -- what it says -------------------------------------------------------------------------
    def heads(self, width: int) -> list[Head]:
        return spread(_WIDE if width >= _WIDE_FROM else _NARROW, width, "outcome")

    def draw(self, key: str) -> Line:
        job = self._jobs.get(key)
        if job is None:
            return Line([])
        now = self.session.clock.now()
        cells_now = [
            Cell(str(job.id)),
            state_cell(job),
            Cell(job.action),
            Cell(f"{job.total:,}"),
            Cell(outcome_words(job)),
        ]
        started = when(job.started_at, now)
        if self.table.size.width < _WIDE_FROM:
            return Line([*cells_now, Cell(f"{started} {job.actor}")])
        who, _, where = job.actor.partition("@")
        whose = f"{who} from {where}" if where else who
        return Line([*cells_now, Cell(took_words(job)), Cell(whose), Cell(started)])

    def title_pieces(self) -> tuple[Pieces, Pieces]:
        profile = self.session.profile
        first, last = self.table.position
        return (
            [Cell(f" {profile.name}", Tone.STRONG), Cell(f" · {profile.backend}    Jobs")],
            [Cell(f"{first:,}-{last:,} of {len(self._jobs):,} ")],
        )

    def view_pieces(self) -> tuple[Pieces, Pieces]:
        running = sum(job.at_work for job in self._jobs.values())
        owed = sum(job.stranded for job in self._jobs.values())
        right = [Cell(f"{running:,} running")] + (
            [Cell(f", {owed:,} owed", Tone.URGENT)] if owed else []
        )
        return [Cell(" View: all   Newest first")], [*right, Cell(" ")]

    def hints(self) -> list[Hint]:
        return [
            Hint("enter", "Results", 2),
            hint("job.retry", "Retry failed"),
            hint("job.stop", "Stop", 4),
            hint("view.copy"),
            hint("view.export"),
            hint("app.help"),
            Hint("q", "Back", 1),
        ]

    # -- the results below --------------------------------------------------------------------
    @on(FleetTable.Moved)
    def _moved(self) -> None:
        self._show_results()

    def _show_results(self) -> None:
        block = self.query_one("#results", TextBlock)
        job = self.at_cursor
        if not block.display or job is None:
            return
        room = max(0, block.size.height - 2)
        items = self.session.jobs.items(job.id)
        width = block.size.width
        lines = [
            said([Cell(rule(f"Job {job.id}, the one under the cursor: failed first", "", width))])
        ]
        lines += [said(self._result(item)) for item in items[:room]]
        if len(items) > room:
            lines.append(said([Cell(f"  {len(items) - room:,} more; enter shows all of them")]))
        block.say_lines(lines)

    def _result(self, item: ItemView) -> Pieces:
        now = self.session.clock.now()
        parts = (
            (name_cell(item), 36),
            (step_cell(item), 16),
            (time_cell(item, now), 8),
        )
        columns = [Cell(fit(cell.words, width - 1) + " ", cell.tone) for cell, width in parts]
        return [*columns, what_happened(item, whole=True)]

    # -- keys ---------------------------------------------------------------------------------
    def enter(self, key: str) -> None:
        self.post_message(GoToJob(int(key)))

    @work(group="ask", exclusive=True)
    async def do_stop(self) -> None:
        await stop_job(self, self.at_cursor)

    @work(group="ask", exclusive=True)
    async def do_retry(self) -> None:
        if (again := await retry_job(self, self.at_cursor)) is not None:
            self.post_message(GoToJob(again))

    # -- copy, export -------------------------------------------------------------------------
    def copyable(self, key: str) -> Mapping[str, str]:
        job = self._jobs[key]
        return {"i": key, "r": "  ".join(job_facts(job))}

    def table_now(self) -> Table:
        return Table(JOB_HEADS, cells(map(job_facts, self._jobs.values())))
