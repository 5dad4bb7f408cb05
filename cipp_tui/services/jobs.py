"""The jobs of a profile: which are at work, what became of them, and having one stopped.

They are begun by the verbs of the session.
"""

from collections.abc import Sequence

from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.backlog import Backlog
from cipp_tui.services.engine import Engine
from cipp_tui.services.jobbook import JobBook
from cipp_tui.services.past import Past
from cipp_tui.services.views import ItemView, JobView


class Jobs:
    """Jobs of this run and of earlier ones, by their numbers."""

    def __init__(self, book: JobBook, engine: Engine, past: Past, backlog: Backlog) -> None:
        self._book = book
        self._engine = engine
        self._past = past
        self._backlog = backlog

    @property
    def revision(self) -> int:
        """Grows with every change."""
        return self._book.revision

    def running(self) -> JobView | None:
        """The newest job at work."""
        return self._book.running()

    def view(self, job: int) -> JobView | None:
        """A job of this run, or one that was loaded by `newest` or `load`."""
        return self._book.view(job)

    def items(self, job: int) -> Sequence[ItemView]:
        """Failed first, then running, stopped, done, waiting."""
        return self._book.items(job)

    def results(self, job: int, seen: int) -> Sequence[ItemView]:
        """Tenants that came out of a job of this run since `seen` of them were known."""
        return self._book.results(job, seen)

    async def newest(self, limit: int = 200) -> list[JobView]:
        """Newest first, this run's and the journal's."""
        return await self._past.jobs(limit)

    async def load(self, job: int) -> JobView | None:
        """A job of any run, with its items ready for `items`."""
        return await self._past.job(job)

    @property
    def broken(self) -> Exception | None:
        """What has stopped all work for good: a disk that cannot be written, or a bug."""
        return self._engine.broken

    async def over(self, job: int) -> None:
        """Wait until a job of this run has ended, or can go no further."""
        if (live := self._book.get(job)) is not None:
            await live.finished.wait()

    async def finished(self, job: int) -> JobView:
        """Wait for a job of this run to end. Raises: what broke the engine."""
        await self.over(job)
        if self.broken is not None:
            raise self.broken
        view = self._book.view(job)
        assert view is not None, "nobody waits for a job that was never begun"
        return view

    def stop(self, job: int) -> None:
        """What is in flight ends, what waits does not start; debts are always paid."""
        if (live := self._book.get(job)) is not None:
            self._engine.stop(live)

    # -- interrupted in an earlier run --------------------------------------------------------
    @property
    def interrupted(self) -> dict[int, int]:
        """Jobs of earlier runs that can be resumed, and how many tenants each has left."""
        return self._backlog.interrupted

    def interrupted_job(self, tenant: TenantId) -> int | None:
        """The newest of these jobs that has this tenant left."""
        return self._backlog.interrupted_job(tenant)
