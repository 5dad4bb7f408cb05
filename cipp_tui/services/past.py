"""Jobs of earlier runs, and what was done to whom: the journal, read for people."""

from collections.abc import Sequence

from cipp_tui.domain.audit import AuditEntry
from cipp_tui.domain.jobs import Job
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.history import entry_aloud, item_view, job_view
from cipp_tui.services.jobbook import JobBook
from cipp_tui.services.views import JobView
from cipp_tui.storage.journal import Entry, Journal


class Past:
    """Reads the journal; what it loads stays in the book."""

    def __init__(self, journal: Journal, book: JobBook) -> None:
        self._journal = journal
        self._book = book

    async def of_tenant(self, tenant: TenantId, limit: int = 20) -> list[AuditEntry]:
        """What was done to a tenant, newest first."""
        return [entry_aloud(entry) for entry in await self._journal.of_tenant(tenant, limit)]

    async def of_job(self, job: int) -> list[AuditEntry]:
        """What a job did, tenant by tenant."""
        return [entry_aloud(entry) for entry in await self._journal.of_job(job)]

    async def audit(self, limit: int = 1000) -> list[AuditEntry]:
        """What was done to any tenant, newest first."""
        return [entry_aloud(entry) for entry in await self._journal.newest(limit)]

    async def jobs(self, limit: int) -> list[JobView]:
        """Jobs, newest first, of this run and of earlier ones."""
        here = {view.id: view for view in self._book.views()}
        for job in await self._journal.jobs(limit):
            if job.id not in here:
                here[job.id] = self._book.view(job.id) or await self._load(job)
        return sorted(here.values(), key=lambda view: -view.id)[:limit]

    async def job(self, job: int) -> JobView | None:
        """A job of any run, with its items ready in the book."""
        if (view := self._book.view(job)) is not None:
            return view
        entries = await self._journal.of_job(job)
        return await self._load(entries[0].job, entries) if entries else None

    async def _load(self, job: Job, entries: Sequence[Entry] | None = None) -> JobView:
        entries = entries if entries is not None else await self._journal.of_job(job.id)
        items = [item_view(entry) for entry in entries]
        view = job_view(job, items, entries)
        self._book.remember_older(view, items)
        return view
