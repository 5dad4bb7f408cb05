"""Leaving well: what is asked before the program ends, and what it waits for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.services.session import Session
from cipp_tui.services.views import JobView
from cipp_tui.widgets.cells import Tone
from cipp_tui.widgets.status_line import Answer, Question, StatusLine

LOOK_S: Final = 1.0

STAY: Final = Answer("escape", "Stay", "esc")
LEAVE_NOW: Final = Answer("q", "Leave now, the next start goes on")
WHILE_RUNNING: Final = (Answer("s", "Stop and quit"), Answer("w", "Wait, then quit"), STAY)


class Leaving:
    """Asks in the status line. Returns when the program may end; never when the admin stays."""

    def __init__(self, session: Session, status: StatusLine) -> None:
        self._session = session
        self._status = status
        self.at_once = False
        """The admin would not wait: the journal has what is still owed."""

    async def may_end(self) -> bool:
        """Whether to end now, after everything that has to be waited for."""
        job = self._unfinished()
        if job is not None and not await self._job_may_end(job):
            return False
        if self._session.paying_debts and not self.at_once:
            await self._until(self._session.leave(), self._debt_words)
        return True

    def _unfinished(self) -> JobView | None:
        """The job at work, if leaving would cut it off: debts are waited for without asking."""
        job = self._session.jobs.running()
        if job is None or self._session.jobs.broken is not None:
            return None
        pays_only = self._session.paying_debts == job.running and job.waiting == 0
        return None if pays_only else job

    async def _job_may_end(self, job: JobView) -> bool:
        dropping = asyncio.ensure_future(self._drop_when_over(job.id))
        try:
            answer = await self._status.ask(Question(f"Job {job.id} is running.", WHILE_RUNNING))
        finally:
            dropping.cancel()
        if answer == "s":
            self._session.jobs.stop(job.id)
            return True
        if answer == "w":
            over = self._session.jobs.over(job.id)
            return await self._until(over, lambda: self._job_words(job.id))
        return dropping.done() and await self._may_end_after(job.id)

    async def _drop_when_over(self, job: int) -> None:
        """Take the question away when it is no longer true."""
        await self._session.jobs.over(job)
        self._status.drop()

    async def _may_end_after(self, job: int) -> bool:
        """The job has ended while the admin was asked. Keys meant for that question do nothing."""
        if (other := self._unfinished()) is not None:
            return await self._job_may_end(other)
        if self._session.jobs.broken is not None:
            return True
        ended = Question(f"Job {job} has ended.", (Answer("q", "Quit"), STAY))
        return await self._status.ask(ended) == "q"

    async def _until(self, work: Awaitable[None], words: Callable[[], str]) -> bool:
        """Wait, saying for what; `q` ends the waiting at once, `esc` gives up leaving.

        Debts are paid whatever is pressed; then `esc` does nothing.
        """
        waiting = asyncio.ensure_future(work)
        debts = not self._session.jobs.running() or self._session.paying_debts > 0
        answers = (LEAVE_NOW,) if debts else (LEAVE_NOW, STAY)
        while not waiting.done():
            asking = asyncio.ensure_future(
                self._status.ask(Question(words(), answers, tone=Tone.STRONG))
            )
            await asyncio.wait({waiting, asking}, timeout=LOOK_S, return_when="FIRST_COMPLETED")
            if not asking.done():
                self._status.drop()
                await asking
                continue
            if asking.result() == LEAVE_NOW.key:
                self.at_once = True
                waiting.cancel()
                return True
            if not debts and asking.result() is None and not waiting.done():
                waiting.cancel()
                return False
        await waiting
        return True

    def _job_words(self, job: int) -> str:
        view = self._session.jobs.view(job)
        done = f"{view.finished:,}/{view.total:,}" if view is not None else ""
        return f"Quitting after job {job}, {done}."

    def _debt_words(self) -> str:
        owed = self._session.owed
        if len(owed) == 1:
            return (
                f"Giving access back to {_name(owed[0])}{_step(owed[0])}.  Quitting waits for it."
            )
        return f"Giving access back to {len(owed):,} tenants.  Quitting waits for it."


def _name(row: TenantRow) -> str:
    return row.tenant.name or row.tenant.label


def _step(row: TenantRow) -> str:
    progress = row.progress
    return f", {progress.place}/{progress.steps}" if progress is not None and progress.place else ""
