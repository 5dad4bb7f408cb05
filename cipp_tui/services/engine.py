"""The pool of workers. First run, retry and resume are one path: do what is owed, note it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from cipp_tui.api.backend import Backend, Visit
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.jobs import (
    Action,
    Effect,
    Job,
    Mark,
    Step,
    Word,
    in_debt,
    owed,
)
from cipp_tui.domain.problems import LostReply, Problem, SignInProblem, Stopped, StorageProblem
from cipp_tui.services.jobbook import JobBook, LiveJob, Work
from cipp_tui.services.notes import note_of
from cipp_tui.services.outcomes import Outcomes
from cipp_tui.storage.journal import Journal

LOG = logging.getLogger("cipp_tui.engine")

STEP_DEADLINE_S: Final = 300.0
DEBT_WAITS_S: Final = (5.0, 15.0, 45.0, 120.0, 240.0, 240.0)
"""Between the tries of a give-back: over ten minutes in all, then the tenant is stranded."""

RESETS_AT_ONCE: Final = 2


class Engine:
    """Runs jobs. What it holds in memory may be lost at any moment: the journal has the rest."""

    def __init__(
        self,
        backend: Backend,
        journal: Journal,
        book: JobBook,
        outcomes: Outcomes,
        *,
        clock: Clock,
        concurrency: int,
        on_end: Callable[[LiveJob], None],
        on_sign_in_lost: Callable[[SignInProblem], None],
        debt_waits_s: Sequence[float] = DEBT_WAITS_S,
    ) -> None:
        self._backend = backend
        self._journal = journal
        self._book = book
        self._outcomes = outcomes
        self._clock = clock
        self._concurrency = concurrency
        self._on_end = on_end
        self._on_sign_in_lost = on_sign_in_lost
        self._debt_waits_s = debt_waits_s
        self._news = asyncio.Event()
        self._flying: dict[int, tuple[Work, asyncio.Task[None]]] = {}
        self._closed = False
        self.broken: Exception | None = None
        """What stopped the engine for good: a disk that cannot be written, or a bug."""

    async def work(self) -> None:
        """Run the workers, until cancelled."""
        async with asyncio.TaskGroup() as workers:
            for _ in range(self._concurrency):
                workers.create_task(self._worker())

    def begin(self, job: Job, works: Sequence[Work], *, paying: bool = False) -> LiveJob:
        """Begin a job that is written down already. `paying`: it only gives access back."""
        reset = job.action is Action.RESET and not paying
        canary = reset and len(works) > 1
        width = 1 if canary else RESETS_AT_ONCE if reset else self._concurrency
        live = self._book.open(job, works, width=width, canary=canary)
        live.paying = paying
        for work in works:
            self._outcomes.waiting(live, work)
        if not works:
            self._end(live)
        self._news.set()
        return live

    def stop(self, live: LiveJob) -> None:
        """What is in flight ends, what waits does not start."""
        live.stopping = True
        while live.waiting:
            self._outcomes.stopped(live, live.waiting.popleft(), closed=True)
        self._end_if_over(live)
        self._news.set()

    @property
    def paying_debts(self) -> int:
        """How many tenants are being given their access back right now."""
        return sum(in_debt(work.item.plan, work.marks) for work, _ in self._flying.values())

    def abandon(self) -> None:
        """End at once, debts or not: the journal has them, and the next start pays."""
        self._closed = True
        for _, task in list(self._flying.values()):
            task.cancel()

    async def leave(self, grace_s: float) -> None:
        """Take no more work; let what is in flight end within the grace, and every debt be paid.

        What is cut off, or was not begun, stays open in the journal and can be resumed.
        """
        self._closed = True
        deadline = self._clock.monotonic() + grace_s
        while self._flying:
            tasks = {task for _, task in self._flying.values()}
            left = deadline - self._clock.monotonic()
            await asyncio.wait(tasks, timeout=max(0.0, left) if left > 0 else 0.2)
            if self._clock.monotonic() < deadline:
                continue
            for work, task in list(self._flying.values()):
                if not in_debt(work.item.plan, work.marks):
                    task.cancel()

    async def _worker(self) -> None:
        while True:
            picked = self._pick()
            if picked is None:
                self._news.clear()
                await self._news.wait()
                continue
            live, work = picked
            task = asyncio.create_task(self._carry_out(live, work))
            self._flying[work.item.id] = (work, task)
            live.flying[work.item.id] = work
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError:
                task.cancel()
                raise
            finally:
                del self._flying[work.item.id]
                del live.flying[work.item.id]
            if not task.cancelled() and (error := task.exception()) is not None:
                self._break(error)
            self._end_if_over(live)
            self._news.set()

    def _pick(self) -> tuple[LiveJob, Work] | None:
        for live in self._book.live():
            if self._closed and not live.paying:
                continue
            if live.waiting and len(live.flying) < live.width:
                return live, live.waiting.popleft()
        return None

    async def _carry_out(self, live: LiveJob, work: Work) -> None:
        """Bring one tenant from wherever its marks say it is to the end of its plan."""
        began = self._clock.monotonic()
        visit = self._backend.visit(work.tenant, item=work.item.id)
        tries = 0
        problem: Problem | None = None
        while steps := owed(work.item.plan, work.marks):
            step = steps[0]
            if live.stopping and not in_debt(work.item.plan, work.marks):
                problem = Stopped("Stopped before it was done", code="stopped")
                break
            self._outcomes.running(live, work, step)
            problem = await self._step(visit, work, step)
            if problem is None:
                tries = 0
                continue
            if not in_debt(work.item.plan, work.marks):
                break
            if step.effect is Effect.DESTROY:
                continue  # it may have happened: give back what may be gone
            if isinstance(problem, SignInProblem) or tries == len(self._debt_waits_s):
                break
            wait = self._debt_waits_s[tries]
            tries += 1
            words = f"try {tries} failed, again in {wait:.0f} s"
            self._outcomes.running(live, work, step, note=words, problem=problem)
            await self._clock.sleep(wait)
        self._outcomes.finished(live, work, problem, self._clock.monotonic() - began)
        self._look_further(live, problem)

    async def _step(self, visit: Visit, work: Work, step: Step) -> Problem | None:
        """Run one step and note what became of it; the problem, or None."""
        if step.effect is Effect.DESTROY:
            self._note(work, Mark(step=step.name, word=Word.INTENT, at=self._clock.now()))
            await self._journal.flush()
        try:
            async with asyncio.timeout(STEP_DEADLINE_S):
                result = await visit.perform(step)
        except TimeoutError:
            problem: Problem = LostReply(f"no end within {STEP_DEADLINE_S:.0f} s", code="deadline")
        except Problem as refusal:
            problem = refusal
        else:
            work.counts += result.counts
            self._outcomes.learned(work, result)
            self._note(
                work,
                Mark(
                    step=step.name,
                    word=Word.DONE,
                    at=self._clock.now(),
                    request_id=result.request_id,
                    note=note_of(counts=result.counts, words=result.note),
                ),
            )
            return None
        self._note(
            work,
            Mark(
                step=step.name,
                word=Word.UNSURE if problem.maybe_applied else Word.REFUSED,
                at=self._clock.now(),
                request_id=problem.request_id,
                note=note_of(problem=problem),
            ),
        )
        return problem

    def _note(self, work: Work, mark: Mark) -> None:
        """Keep a mark. Steps of a plan that destroys nothing are kept in memory when they go well.

        An intent that cannot be written stops the step before anything is sent; any other mark
        that cannot be written must not stop a give-back.
        """
        destroys = any(step.effect is Effect.DESTROY for step in work.item.plan)
        if destroys or mark.word is not Word.DONE:
            try:
                self._journal.mark(work.item.id, mark)
            except StorageProblem as problem:
                if mark.word is Word.INTENT:
                    raise
                self._break(problem)
        work.marks.append(mark)

    def _look_further(self, live: LiveJob, problem: Problem | None) -> None:
        """What one tenant's end means for the others of its job."""
        if isinstance(problem, SignInProblem):
            self._on_sign_in_lost(problem)
            for other in self._book.live():
                other.fleet_wide = problem
                self.stop(other)
        elif live.job.action is Action.RESET and not live.paying:
            if problem is None:
                live.failed_in_a_row = 0
                live.width = RESETS_AT_ONCE
            else:
                live.failed_in_a_row += 1
                if live.failed_in_a_row >= RESETS_AT_ONCE or live.canary:
                    self.stop(live)
            live.canary = False

    def _end_if_over(self, live: LiveJob) -> None:
        if live.ended_at is None and not live.waiting and not live.flying:
            self._end(live)

    def _end(self, live: LiveJob) -> None:
        self._book.end(live)
        live.finished.set()
        self._on_end(live)

    def _break(self, error: BaseException) -> None:
        """A bug or a dead disk: no new work, debts in flight go on, the session ends with it."""
        if not isinstance(error, Exception):
            raise error
        if self.broken is None:
            self.broken = error
            LOG.error("the engine stops: %s", type(error).__name__, exc_info=error)
        self._closed = True
        for live in self._book.live():
            live.finished.set()
