"""What a step or an item's end means: for the row, the books, the counters and the journal."""

import asyncio
import logging
from typing import Final

from cipp_tui.api.backend import StepResult
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.fleet import Progress
from cipp_tui.domain.jobs import (
    ItemState,
    Job,
    Mark,
    Outcome,
    Step,
    Word,
    state_of,
)
from cipp_tui.domain.problems import (
    Broken,
    LostReply,
    Problem,
    SignInProblem,
    Stopped,
    StorageProblem,
    Throttled,
    Unreachable,
)
from cipp_tui.domain.refusals import failing
from cipp_tui.services.advice import advise
from cipp_tui.services.fleet import Fleet
from cipp_tui.services.jobbook import JobBook, LiveJob, Work, in_line
from cipp_tui.services.notes import END, note_of
from cipp_tui.services.records import record_of
from cipp_tui.storage.journal import Journal

TICK_S: Final = 0.1
"""How often the steps that are being taken are shown."""

LOG = logging.getLogger("cipp_tui.outcomes")

NOT_THE_TENANTS_FAULT = (
    Throttled,
    Unreachable,
    LostReply,
    Broken,
    SignInProblem,
    Stopped,
    StorageProblem,
)
"""Problems that do not count as failures of a tenant."""


class Outcomes:
    """Tells everybody who needs to know how a tenant's work goes."""

    def __init__(self, journal: Journal, fleet: Fleet, book: JobBook, clock: Clock) -> None:
        self._journal = journal
        self._fleet = fleet
        self._book = book
        self._clock = clock
        self._moving: dict[int, tuple[LiveJob, Work, Step]] = {}
        self._tick: asyncio.TimerHandle | None = None

    def waiting(self, job: Job, work: Work) -> None:
        """The tenant stands in the queue."""
        self._fleet.progress(work.item.tenant, in_line(job, work))

    def running(self, live: LiveJob, work: Work, step: Step) -> None:
        """The tenant is in a worker's hands, at this step; shown with the next tick.

        Most steps are over before anybody could read their name. A give-back shows at once.
        """
        if work.since is None:
            work.since = self._clock.now()
        if work.in_debt:
            self.at_step(live, work, step)
            return
        self._moving[work.item.id] = (live, work, step)
        if self._tick is None:
            self._tick = asyncio.get_running_loop().call_later(TICK_S, self._show_moving)

    def _show_moving(self) -> None:
        self._tick = None
        moving, self._moving = self._moving, {}
        for live, work, step in moving.values():
            self.at_step(live, work, step)

    def at_step(
        self,
        live: LiveJob,
        work: Work,
        step: Step,
        *,
        note: str = "",
        problem: Problem | None = None,
    ) -> None:
        """Show now that the tenant is at this step, and what it waits for."""
        progress = self._progress(
            live,
            work,
            ItemState.RUNNING,
            step=step.name,
            place=work.item.plan.index(step) + 1,
            note=note,
            problem=problem,
        )
        self._fleet.progress(work.item.tenant, progress)
        self._book.show(live, work.item, progress, work.counts)
        if progress.paying:
            self._fleet.stranded(work.item.tenant, True)

    def learned(self, work: Work, result: StepResult) -> None:
        """A step went well and brought news of the tenant along."""
        if result.tenant is not None:
            self._fleet.learn([result.tenant])
        if result.comparison is not None:
            row = self._fleet.row(work.item.tenant)
            before = row.permissions if row is not None else None
            record = record_of(
                result.comparison,
                now=self._clock.now(),
                applied_at=before.applied_at if before is not None else None,
            )
            self._fleet.compared(work.item.tenant, record)

    def finished(self, live: LiveJob, work: Work, problem: Problem | None, took_s: float) -> None:
        """The tenant leaves the worker's hands."""
        self._moving.pop(work.item.id, None)
        if isinstance(problem, Stopped):
            self.stopped(live, work, closed=True)
            return
        state, outcome = _end_of(live, work)
        fallback = work.item.plan[-1] if problem is not None else None  # it was read back short
        step = next(iter(work.owed), fallback)
        progress = self._progress(
            live,
            work,
            state,
            step=step.name if step is not None else "",
            place=work.item.plan.index(step) + 1 if step is not None else len(work.item.plan),
            problem=problem,
            outcome=outcome,
            took_s=took_s,
        )
        if outcome is not Outcome.STRANDED:
            self._close(
                work,
                Word.REFUSED if outcome is Outcome.FAILED else Word.DONE,
                note_of(
                    counts=work.counts,
                    problem=problem,
                    outcome=outcome,
                    took_s=took_s,
                    stopped_at=progress.step,
                    refused=work.refused,
                ),
            )
        tenant = work.item.tenant
        if outcome is not Outcome.FAILED:  # a refresh that fails says nothing about a debt
            self._fleet.stranded(tenant, outcome is Outcome.STRANDED)
        if outcome is Outcome.FAILED and problem is not None:
            ours = isinstance(problem, NOT_THE_TENANTS_FAULT) or advise(problem).fleet_wide
            if not ours:
                self._fleet.failed(tenant, problem, progress.step)
        elif outcome is not Outcome.STRANDED:
            self._fleet.succeeded(tenant)
        self._fleet.progress(tenant, progress)
        self._book.show(live, work.item, progress, work.counts, refused=work.refused)

    def owing(self, work: Work) -> None:
        """The tenant is owed its access: it stands on top from now on."""
        self._fleet.stranded(work.item.tenant, True)

    def settled(self, live: LiveJob, work: Work) -> None:
        """What was owed to a stranded tenant came back by another job, which read it back."""
        outcome = Outcome.RESTORED
        self._close(work, Word.DONE, note_of(counts=work.counts, outcome=outcome))
        progress = self._progress(live, work, ItemState.RESTORED, outcome=outcome, paying=False)
        self._book.show(live, work.item, progress, work.counts)
        self._fleet.stranded(work.item.tenant, False)

    def stopped(self, live: LiveJob, work: Work, *, closed: bool) -> None:
        """The tenant's work was given up before it was done, or before it began."""
        progress = self._progress(live, work, ItemState.STOPPED, problem=live.fleet_wide)
        if closed:
            self._close(work, Word.STOPPED, note_of(counts=work.counts, problem=live.fleet_wide))
        self._fleet.progress(work.item.tenant, progress)
        self._book.show(live, work.item, progress, work.counts)

    def left_out(self, live: LiveJob, work: Work) -> None:
        """The tenant was never begun, for a cause on our own side that it has no part in."""
        cause = live.fleet_wide
        why = advise(cause).headline if cause is not None else ""
        outcome = Outcome.SKIPPED
        progress = self._progress(live, work, ItemState.DONE, outcome=outcome)
        self._close(work, Word.STOPPED, note_of(problem=cause, outcome=outcome))
        self._fleet.progress(work.item.tenant, progress)
        self._book.show(live, work.item, progress, work.counts, why)

    def _close(self, work: Work, word: Word, note: str) -> None:
        mark = Mark(step=END, word=word, at=self._clock.now(), note=note)
        try:
            self._journal.mark(work.item.id, mark)
        except StorageProblem as problem:
            LOG.error("item %d could not be closed: %s", work.item.id, problem)

    def _progress(
        self,
        live: LiveJob,
        work: Work,
        state: ItemState,
        *,
        step: str = "",
        place: int = 0,
        note: str = "",
        problem: Problem | None = None,
        outcome: Outcome | None = None,
        took_s: float | None = None,
        paying: bool | None = None,
    ) -> Progress:
        return Progress(
            job=live.job.id,
            action=live.job.action,
            state=state,
            step=step,
            place=place,
            steps=len(work.item.plan),
            since=work.since,
            took_s=took_s,
            outcome=outcome,
            problem=problem,
            given=work.counts.given,
            note=note,
            paying=work.in_debt if paying is None else paying,
        )


def _end_of(live: LiveJob, work: Work) -> tuple[ItemState, Outcome]:
    plan, marks = work.item.plan, work.marks
    if work.in_debt:
        return ItemState.STRANDED, Outcome.STRANDED
    if work.owed or failing(work.refused) is not None:
        return ItemState.FAILED, Outcome.FAILED
    if state_of(plan, marks) is ItemState.RESTORED:
        return ItemState.RESTORED, Outcome.RESTORED
    changed = work.counts.changed
    return ItemState.DONE, Outcome.CHANGED if changed else Outcome.UNCHANGED
