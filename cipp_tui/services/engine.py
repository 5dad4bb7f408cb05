"""The pool of workers. First run, retry and resume are one path: do what is owed, note it."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from cipp_tui.api.backend import Backend
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.jobs import Action, Effect, Job, give_back_from
from cipp_tui.domain.problems import (
    Problem,
    SignInProblem,
    Stopped,
    StorageProblem,
    is_lasting,
)
from cipp_tui.domain.refusals import failing
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.error_rate import OwnSide
from cipp_tui.services.jobbook import JobBook, LiveJob, Work
from cipp_tui.services.outcomes import Outcomes
from cipp_tui.services.slices import in_slices
from cipp_tui.services.steps import STEP_DEADLINE_S, Steps
from cipp_tui.services.strandings import DEBT_AGAIN_S, Strandings
from cipp_tui.services.told import told_problems, unforeseen
from cipp_tui.storage.journal import Journal

LOG = logging.getLogger("cipp_tui.engine")

VISIT_DEADLINE_S: Final = 900.0
"""For one tenant but its last step. A give-back has its own patience."""

DEBT_WAITS_S: Final = (5.0, 15.0, 45.0, 120.0, 240.0, 240.0)
"""Between the tries of a give-back: over ten minutes in all, then the tenant is stranded."""

RESETS_AT_ONCE: Final = 2

SPARE: Final = 16
MOST_BEGUN: Final = 2048
"""How many times as many tenants as requests in flight may be begun when most of them wait, and
how many of one job in any case."""


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
        on_end: Callable[[LiveJob], None],
        on_sign_in_lost: Callable[[SignInProblem], None],
        debt_waits_s: Sequence[float] = DEBT_WAITS_S,
        debt_again_s: float | None = DEBT_AGAIN_S,
        step_deadline_s: float = STEP_DEADLINE_S,
    ) -> None:
        self._backend = backend
        self._book = book
        self._outcomes = outcomes
        self._clock = clock
        self._on_end = on_end
        self._on_sign_in_lost = on_sign_in_lost
        self._debt_waits_s = debt_waits_s
        self._steps = Steps(
            backend,
            journal,
            outcomes,
            clock,
            deadline_s=step_deadline_s,
            disk_may_fail=self._disk_may_fail,
        )
        self._strandings = Strandings(book, clock, again_s=debt_again_s)
        self._news = asyncio.Event()
        self._flying: dict[int, tuple[Work, asyncio.Task[None]]] = {}
        self._closed = False
        self._fatal: BaseException | None = None
        self.broken: Problem | None = None
        """What stopped the engine for good: a disk that cannot be written, or a bug."""

    async def work(self) -> None:
        """Begin tenants as there is room for them, until cancelled; then nothing is in flight."""
        self._backend.patience.on_wait = self._news.set
        try:
            with told_problems("working on tenants"):
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._strandings.keep_paying(self.pay_again))
                    tasks.create_task(self._dispatch())
        except Problem as problem:
            self.break_off(problem)

    async def begin(self, job: Job, works: Sequence[Work]) -> LiveJob:
        """Begin a new job that is written down already. However many they are, the loop goes on."""
        async for work in in_slices(works):
            self._outcomes.waiting(job, work)
        return self._open(job, works)

    def take_up(self, job: Job, works: Sequence[Work], *, paying: bool = False) -> LiveJob:
        """Go on with a job of before. `paying`: it only gives access back."""
        for work in works:
            self._outcomes.waiting(job, work)
        return self._open(job, works, paying=paying)

    def _open(self, job: Job, works: Sequence[Work], *, paying: bool = False) -> LiveJob:
        reset = job.action is Action.RESET and not paying
        canary = reset and len(works) > 1
        width = 1 if canary else RESETS_AT_ONCE if reset else MOST_BEGUN
        live = self._book.open(job, works, width=width, canary=canary)
        live.paying = paying
        if reset:
            live.own_side = OwnSide(enough=1)
        if not works:
            self._end(live)
        if self.broken is not None:
            live.finished.set()  # nobody works any more: whoever waits for it must hear of that
        self._news.set()
        return live

    def stop(self, live: LiveJob) -> None:
        """What is in flight ends, what waits does not start; debts are paid all the same."""
        live.stopping = True
        debts = [work for work in live.waiting if work.in_debt]
        rest = [work for work in live.waiting if not work.in_debt]
        live.waiting.clear()
        live.waiting.extend(debts)
        for work in rest:
            if live.leaves_out and not work.marks:
                self._outcomes.left_out(live, work)
            else:
                self._outcomes.stopped(live, work, closed=True)
        self._end_if_over(live)
        self._news.set()

    def pay_again(self) -> None:
        """Try once more to give back what could not be given back in this run."""
        for job, works in [] if self._closed else self._strandings.take_all():
            self.take_up(job, works, paying=True)

    def take_stranded(self, tenant: TenantId) -> list[Work]:
        """Hand over what is owed to a tenant and could not be given back in this run."""
        return [work for _, work in self._strandings.take_paid(tenant)]

    @property
    def paying_debts(self) -> int:
        """How many tenants are being given their access back right now."""
        return sum(work.in_debt for work, _ in self._flying.values())

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
                if not work.in_debt:
                    task.cancel()

    async def _dispatch(self) -> None:
        try:
            while True:
                while (picked := self._pick()) is not None:
                    self._start(*picked)
                self._news.clear()
                await self._news.wait()
                if self._fatal is not None:
                    raise self._fatal
        finally:
            for _, task in self._flying.values():
                task.cancel()

    def _start(self, live: LiveJob, work: Work) -> None:
        task = asyncio.create_task(self._carry_out(live, work))
        self._flying[work.item.id] = (work, task)
        live.flying[work.item.id] = work

        def landed(task: asyncio.Task[None]) -> None:
            del self._flying[work.item.id]
            del live.flying[work.item.id]
            if not task.cancelled() and (error := task.exception()) is not None:
                self.break_off(error)
            try:
                with told_problems("ending a job"):
                    self._end_if_over(live)
            except Problem as problem:  # nobody else would hear of it: a callback has no caller
                self.break_off(problem)
            self._news.set()

        task.add_done_callback(landed)

    def _pick(self) -> tuple[LiveJob, Work] | None:
        """The next tenant, if there is room for it. One that is made to wait needs none.

        There is room for half as many again as there are connections: what is computed for one
        tenant between its requests must not leave a connection idle.
        """
        at_once = self._backend.concurrency.limit
        if len(self._flying) - self._backend.patience.waiting >= at_once + at_once // 2:
            return None
        if len(self._flying) >= at_once * SPARE:
            return None
        for live in self._book.live():
            if self._closed and not live.paying:
                continue
            if live.waiting and len(live.flying) < live.width:
                return live, live.waiting.popleft()
        return None

    async def _carry_out(self, live: LiveJob, work: Work) -> None:
        """Bring one tenant from wherever its marks say it is to the end of its plan."""
        began = self._clock.monotonic()
        visit = self._backend.visit(
            work.tenant, item=work.item.id, tried=work.tried, removed=work.removed
        )
        tries = 0
        problem: Problem | None = None
        if work.in_debt:
            self._outcomes.owing(work)
        while steps := work.owed:
            step = steps[0]
            if live.stopping and not live.leaves_out and not work.in_debt:
                problem = Stopped("Stopped before it was done", code="stopped")
                break
            if self._clock.monotonic() - began > VISIT_DEADLINE_S and not work.in_debt:
                problem = self._steps.too_late(step, VISIT_DEADLINE_S)
                break
            self._outcomes.running(live, work, step)
            is_last_try = tries == len(self._debt_waits_s)
            problem = await self._steps.carry_out(visit, work, step, is_last_try=is_last_try)
            if problem is None:
                continue
            if not work.in_debt:
                break
            if step.effect is Effect.DESTROY:
                continue  # it may have happened: give back what may be gone
            if isinstance(problem, SignInProblem) or is_lasting(problem):
                break
            if is_last_try:
                break
            wait = self._debt_waits_s[tries]
            tries += 1
            words = f"try {tries} failed, again in {wait:.0f} s"
            self._outcomes.at_step(live, work, step, note=words, problem=problem)
            await self._clock.sleep(wait)
            work.marks = list(give_back_from(work.item.plan, work.marks))
        if problem is None and (shortfall := failing(work.refused)) is not None:
            problem = shortfall.problem
        self._finished(live, work, problem, self._clock.monotonic() - began)
        self._look_further(live, problem)

    def _finished(self, live: LiveJob, work: Work, problem: Problem | None, took_s: float) -> None:
        with self._disk_may_fail():
            self._outcomes.finished(live, work, problem, took_s)
        if work.in_debt:
            self._strandings.add(live, work)
        elif not work.owed:  # all was read back: what was still owed there is paid with it
            for owing, debt in self._strandings.take_paid(work.item.tenant):
                with self._disk_may_fail():
                    self._outcomes.settled(owing, debt)

    @contextmanager
    def _disk_may_fail(self) -> Iterator[None]:
        """A disk that cannot be written ends the session, but never a give-back."""
        try:
            yield
        except StorageProblem as problem:
            self.break_off(problem)

    def _look_further(self, live: LiveJob, problem: Problem | None) -> None:
        """What one tenant's end means for the others of its job."""
        if isinstance(problem, SignInProblem):
            self._on_sign_in_lost(problem)
            for other in self._book.live():
                other.fleet_wide, other.leaves_out = problem, True
                self.stop(other)
                while other.waiting:  # debts, which nobody can pay before the next sign-in
                    self._finished(other, other.waiting.popleft(), problem, 0.0)
                self._end_if_over(other)
        elif live.paying:
            return
        elif (cause := live.own_side.more(problem)) is not None and not live.stopping:
            live.fleet_wide, live.leaves_out = cause, True
            self.stop(live)
        elif live.job.action is Action.RESET:
            if problem is None:
                live.failed_in_a_row = 0
                live.width = RESETS_AT_ONCE
            else:
                live.failed_in_a_row += 1
                if live.failed_in_a_row >= RESETS_AT_ONCE or live.canary:
                    self.stop(live)
            live.canary = False
        elif (common := live.errors.more(problem)) is not None and not live.stopping:
            live.fleet_wide = common
            self.stop(live)

    def _end_if_over(self, live: LiveJob) -> None:
        if live.ended_at is None and not live.waiting and not live.flying:
            self._end(live)

    def _end(self, live: LiveJob) -> None:
        self._book.end(live)
        live.finished.set()
        self._on_end(live)

    def break_off(self, error: BaseException) -> None:
        """A bug or a dead disk: no new work, debts in flight go on, the session ends with it."""
        if not isinstance(error, Exception):
            self._fatal = error
            self._news.set()
            return
        if self.broken is None:
            self.broken = unforeseen(error, "working on a tenant")
            LOG.error("the engine stops: %s", self.broken.code)
        self._closed = True
        for live in self._book.live():
            live.finished.set()
