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

LEAVE_NOW: Final = Answer("q", "Leave now, the next start goes on")


class Leaving:
    """Asks in the status line. Returns when the program may end; never when the admin stays."""

    def __init__(self, session: Session, status: StatusLine) -> None:
        self._session = session
        self._status = status
        self.at_once = False
        """The admin would not wait: the journal has what is still owed."""

    async def may_end(self) -> bool:
        """Whether to end now, after everything that has to be waited for."""
        job = self._session.running_job()
        if job is not None and not self._pays_only(job) and not await self._job_may_end(job):
            return False
        if self._session.paying_debts and not self.at_once:
            await self._until(self._session.leave(), self._debt_words)
        return True

    def _pays_only(self, job: JobView) -> bool:
        return self._session.paying_debts == job.running and job.waiting == 0

    async def _job_may_end(self, job: JobView) -> bool:
        answers = (
            Answer("s", "Stop and quit"),
            Answer("w", "Wait, then quit"),
            Answer("escape", "Stay", "esc"),
        )
        answer = await self._status.ask(Question(f"Job {job.id} is running.", answers))
        if answer == "s":
            await self._session.stop(job.id)
            return True
        if answer == "w":
            return await self._until(self._job_over(job.id), lambda: self._job_words(job.id))
        return False

    async def _job_over(self, job: int) -> None:
        await self._session.finished(job)

    async def _until(self, work: Awaitable[None], words: Callable[[], str]) -> bool:
        """Wait, saying for what; `q` ends the waiting at once, `esc` gives up leaving.

        Debts are paid whatever is pressed; then `esc` does nothing.
        """
        waiting = asyncio.ensure_future(work)
        debts = not self._session.running_job() or self._session.paying_debts > 0
        answers = (LEAVE_NOW,) if debts else (LEAVE_NOW, Answer("escape", "Stay", "esc"))
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
        view = self._session.job(job)
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
