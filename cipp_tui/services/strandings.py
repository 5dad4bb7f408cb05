"""Who is stranded in this run: tenants whose access could not be given back so far."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from cipp_tui.domain.clock import Clock
from cipp_tui.domain.jobs import Job, give_back_from
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.jobbook import JobBook, LiveJob, Work

DEBT_AGAIN_S: Final = 600.0
"""After this long a stranded tenant is tried again, for as long as the program runs."""


class Strandings:
    """Remembers them, and has them tried again. The journal knows them anyway."""

    def __init__(self, book: JobBook, clock: Clock, *, again_s: float | None) -> None:
        self._book = book
        self._clock = clock
        self._again_s = again_s  # None: only when asked to
        self._held: dict[int, tuple[LiveJob, Work]] = {}  # by item
        self._some = asyncio.Event()

    def add(self, live: LiveJob, work: Work) -> None:
        """A give-back has used up its patience."""
        self._held[work.item.id] = (live, work)
        self._some.set()

    def take_paid(self, tenant: TenantId) -> list[tuple[LiveJob, Work]]:
        """Hand over what is owed to a tenant: it is paid."""
        paid = [(live, work) for live, work in self._held.values() if work.item.tenant == tenant]
        for _, work in paid:
            del self._held[work.item.id]
        return paid

    def take_all(self) -> list[tuple[Job, list[Work]]]:
        """Hand everybody over to be tried again, job by job. Who is in a job's hands stays."""
        by_job: dict[int, tuple[Job, list[Work]]] = {}
        for item, (live, work) in list(self._held.items()):
            if self._book.item_of(work.item.tenant) is not None:
                continue
            del self._held[item]
            marks = list(give_back_from(work.item.plan, work.marks))
            again = replace(work, since=None, marks=marks)
            by_job.setdefault(live.job.id, (live.job, []))[1].append(again)
        return list(by_job.values())

    async def keep_paying(self, pay: Callable[[], None]) -> None:
        """Have everybody tried again from time to time, until cancelled."""
        while self._again_s is not None:
            await self._some.wait()
            await self._clock.sleep(self._again_s)
            self._some.clear()
            pay()
            if self._held:
                self._some.set()
