"""One step of a plan: carried out within its deadline, and marked in the journal."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from cipp_tui.api.backend import Backend, StepResult, Visit
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.jobs import Effect, Mark, Step, Word
from cipp_tui.domain.permissions import NOTHING_DONE, StepCounts
from cipp_tui.domain.problems import LostReply, Problem, Throttled
from cipp_tui.domain.refusals import failing
from cipp_tui.services.jobbook import Work
from cipp_tui.services.notes import note_of
from cipp_tui.services.outcomes import Outcomes
from cipp_tui.services.told import told_problems
from cipp_tui.storage.journal import Journal

STEP_DEADLINE_S: Final = 300.0


class Steps:
    """Carries steps out. Something is taken away only once the intent is on disk."""

    def __init__(
        self,
        backend: Backend,
        journal: Journal,
        outcomes: Outcomes,
        clock: Clock,
        *,
        deadline_s: float,
        disk_may_fail: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._backend = backend
        self._journal = journal
        self._outcomes = outcomes
        self._clock = clock
        self._deadline_s = deadline_s
        self._disk_may_fail = disk_may_fail

    async def carry_out(
        self, visit: Visit, work: Work, step: Step, *, is_last_try: bool = True
    ) -> Problem | None:
        """Run one step and note what became of it; the problem, or None.

        While access is owed, a part that was refused is asked for again until the last try.
        """
        if step.effect is Effect.DESTROY:
            self._mark(work, Mark(step=step.name, word=Word.INTENT, at=self._clock.now()))
            await self._journal.flush()
        try:
            with told_problems(f"carrying out {step.name}"):
                result = await self._performed(visit, step)
        except Problem as refusal:
            problem = refusal
        else:
            shortfall = failing(result.refused)
            if shortfall is not None and work.in_debt and not is_last_try:
                work.counts += result.counts
                return self._failed(work, step, shortfall.problem, NOTHING_DONE)
            if result.counts is not NOTHING_DONE:
                work.counts += result.counts
            with self._disk_may_fail():
                self._outcomes.learned(work, result)
            self._mark(
                work,
                Mark(
                    step=step.name,
                    word=Word.DONE,
                    at=self._clock.now(),
                    request_id=result.request_id,
                    note=_note_of(result) if work.destroys else "",
                ),
            )
            if result.principal is not None:
                work.principal = result.principal
            work.refused = result.refused or work.refused
            effects = {other.name: other.effect for other in work.item.plan}
            for name in result.settled:
                word = Word.SKIPPED if effects.get(name) is Effect.DESTROY else Word.DONE
                self._mark(work, Mark(step=name, word=word, at=self._clock.now()))
            return None
        work.counts += visit.done  # what was done before it failed
        return self._failed(work, step, problem, visit.done)

    def _failed(self, work: Work, step: Step, problem: Problem, done: StepCounts) -> Problem:
        self._mark(
            work,
            Mark(
                step=step.name,
                word=Word.UNSURE if problem.maybe_applied else Word.REFUSED,
                at=self._clock.now(),
                request_id=problem.request_id,
                note=note_of(counts=done, problem=problem),
            ),
        )
        return problem

    async def _performed(self, visit: Visit, step: Step) -> StepResult:
        try:
            async with asyncio.timeout(self._deadline_s):
                return await visit.perform(step)
        except TimeoutError:
            raise self.too_late(step, self._deadline_s) from None

    def too_late(self, step: Step, deadline_s: float) -> Problem:
        """A deadline has passed. Where a service asks us to wait, that is the cause."""
        words, holding = f"no end within {deadline_s:.0f} s", self._backend.holding
        if holding and step.effect is not Effect.DESTROY:
            return Throttled(f"{words}: {holding}", code="deadline")
        return LostReply(words, code="deadline")

    def _mark(self, work: Work, mark: Mark) -> None:
        """Keep a mark. Steps of a plan that destroys nothing are kept in memory when they go well.

        An intent that cannot be written stops the step before anything is sent; any other mark
        that cannot be written must not stop a give-back.
        """
        if mark.word is not Word.INTENT:
            work.tried[mark.step] += 1
        if work.destroys or mark.word is not Word.DONE:
            if mark.word is Word.INTENT:
                self._journal.mark(work.item.id, mark)
            else:
                with self._disk_may_fail():
                    self._journal.mark(work.item.id, mark)
        work.marks.append(mark)


def _note_of(result: StepResult) -> str:
    return note_of(counts=result.counts, words=result.note, principal=result.principal)
