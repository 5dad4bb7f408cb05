"""One profile at work: how its parts are put together, opened and left.

`fleet` knows the tenants, `listing` reads their list, `inspection` asks about one of them, `acts`
works on them, `jobs` tells how that goes, `past` what was done, `news` has the messages,
`signing` knows who is signed in.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from cipp_tui.api.backend import Backend, Concurrency
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.failures import SUSPENDED_AT
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.problems import SignInProblem, StorageProblem
from cipp_tui.services.acts import Acts
from cipp_tui.services.backlog import Backlog
from cipp_tui.services.engine import DEBT_WAITS_S, Engine
from cipp_tui.services.fleet import READ_AT, Fleet
from cipp_tui.services.inspection import Inspection
from cipp_tui.services.jobbook import JobBook, LiveJob
from cipp_tui.services.jobs import Jobs
from cipp_tui.services.listing import Listing
from cipp_tui.services.local import LocalActions
from cipp_tui.services.news import NewsDesk
from cipp_tui.services.outcomes import Outcomes
from cipp_tui.services.pace_memory import PACE, pace_from, pace_text
from cipp_tui.services.past import Past
from cipp_tui.services.signing import Signing
from cipp_tui.services.steps import STEP_DEADLINE_S
from cipp_tui.services.strandings import DEBT_AGAIN_S
from cipp_tui.services.told import told_problems
from cipp_tui.services.views import Level, ProfileFacts, Reading
from cipp_tui.storage.journal import Journal
from cipp_tui.storage.state import FleetStore

LEAVE_GRACE_S = 2.0


class Session:
    """What a screen or a command is given. Nothing here waits for work: progress is shown."""

    def __init__(
        self,
        *,
        profile: ProfileFacts,
        backend: Backend,
        store: FleetStore,
        journal: Journal,
        clock: Clock,
        actor: str,
        looking_only: str | None,
        mended: Sequence[str] = (),
        suspend_after: int = SUSPENDED_AT,
        debt_waits_s: Sequence[float] = DEBT_WAITS_S,
        debt_again_s: float | None = DEBT_AGAIN_S,
        step_deadline_s: float = STEP_DEADLINE_S,
    ) -> None:
        self.profile = profile
        self.clock = clock
        self.looking_only = looking_only
        self.news = NewsDesk(clock)
        self._mended = mended
        for words in mended:
            self.news.tell(Level.WARNING, words)
        self.fleet = Fleet(
            store, clock, suspend_after=suspend_after, on_suspended=self.news.suspended
        )
        self.signing = Signing(backend, clock, self.news, self._when_signed_in)
        self.listing = Listing(backend, self.fleet, clock, self._list_ended, self.loaded)
        self.inspection = Inspection(
            backend,
            self.fleet,
            clock,
            prune=profile.prune,
            remembers=looking_only is None,
            on_left_out=self.news.left_out,
        )
        book = JobBook(clock)
        self.past = Past(journal, book)
        self._engine = Engine(
            backend,
            journal,
            book,
            Outcomes(journal, self.fleet, book, clock),
            clock=clock,
            on_end=self._job_ended,
            on_sign_in_lost=self.signing.lost,
            debt_waits_s=debt_waits_s,
            debt_again_s=debt_again_s,
            step_deadline_s=step_deadline_s,
        )
        self._backlog = Backlog(
            journal, self.fleet, self.news, clock, partner=profile.partner, app=profile.app
        )
        self.jobs = Jobs(book, self._engine, self.past, self._backlog)
        self.acts = Acts(
            profile=profile,
            looking_only=looking_only,
            actor=actor,
            clock=clock,
            fleet=self.fleet,
            loaded=self.loaded,
            signing=self.signing,
            backend=backend,
            journal=journal,
            engine=self._engine,
            local=LocalActions(journal, self.fleet, book, clock, actor, self._job_ended),
            backlog=self._backlog,
            jobs=self.jobs,
        )
        store.tell_when_broken(self._disk_lost)
        self._backend = backend
        self._store = store
        self._journal = journal
        self._memories: dict[str, str] = {}
        self._left = False
        self._opening: asyncio.Task[None] | None = None

    # -- opening ------------------------------------------------------------------------------
    @asynccontextmanager
    async def running(self) -> AsyncIterator["Session"]:
        """Load what is stored, start working, and pay every debt before it ends."""
        await self._journal.open()
        self._memories = await self._store.remembered()
        await self.fleet.load(self._memories.get(READ_AT))
        if (pace := pace_from(self._memories.get(PACE), self.clock.now())) is not None:
            self._backend.resume_pace(pace)
        opening = self._opening = asyncio.create_task(self._open())
        if self.fleet.loaded.is_set():
            await opening
        workers = asyncio.create_task(self._engine.work())
        try:
            yield self
        finally:
            opening.cancel()
            await asyncio.wait({opening})
            await self.leave()
            workers.cancel()
            await asyncio.wait({workers})
            await self.signing.close()
        if self._engine.broken is not None:
            raise self._engine.broken
        if not opening.cancelled():
            opening.result()

    async def loaded(self) -> None:
        """Wait until everything stored is in memory. Raises: StorageProblem."""
        if self._opening is not None:
            await asyncio.shield(self._opening)

    async def ready(self) -> None:
        """Wait until the services know us and debts are being paid. Raises: Problem."""
        await self.loaded()
        await self.signing.settled()

    async def _open(self) -> None:
        with told_problems("loading what is stored"):
            await self.fleet.load_rest()
            await self._backlog.take_stock(self._unpaid_because)
        self.signing.look()

    async def _when_signed_in(self) -> None:
        if not self._unpaid_because:
            for entries in self._backlog.take_debts():
                works = self._backlog.works(entries)
                self._engine.take_up(entries[0].job, works, paying=True)
            self._engine.pay_again()
        await self.inspection.wanted()

    @property
    def warnings(self) -> Sequence[str]:
        """What somebody who opens the profile should know, beside the news."""
        return [*self._mended, *self._backlog.held_back]

    @property
    def _unpaid_because(self) -> str:
        """Why this run gives no access back, as the end of a sentence; empty when it does."""
        if self.profile.read_only:
            return "stays without access: this profile is read-only and sends nothing"
        if self.looking_only is not None:
            return f"is without access: {self.looking_only}"
        return ""

    # -- what its parts have to tell ----------------------------------------------------------
    def _job_ended(self, live: LiveJob) -> None:
        view = self.jobs.view(live.job.id)
        assert view is not None, "it has just ended"
        only = next(iter(live.items.values())).tenant_name if view.total == 1 else None
        tell = self.news.debts_paid if live.paying else self.news.job_ended
        tell(view, only)
        self._keep_pace()

    def _keep_pace(self) -> None:
        """Let the next run begin with what this one has learned."""
        pace = self._backend.learned_pace()
        if pace is not None and self.looking_only is None and self._engine.broken is None:
            self._store.remember(PACE, pace_text(pace))

    def _disk_lost(self, problem: StorageProblem) -> None:
        self._engine.break_off(problem)
        self.news.disk_lost(problem)

    def _list_ended(self, reading: Reading) -> None:
        if isinstance(reading.problem, SignInProblem):
            self.signing.lost(reading.problem)
        self.news.list_read(reading)

    @property
    def holding(self) -> str:
        """Words for a service that asks us to wait; empty when none does."""
        return self._backend.holding

    @property
    def concurrency(self) -> Concurrency:
        """How many requests are in flight, and may be."""
        return self._backend.concurrency

    @property
    def http_requests(self) -> int:
        return self._backend.http_requests

    # -- remembering --------------------------------------------------------------------------
    def remembered(self, key: str, default: str = "") -> str:
        """What the program remembers by itself: sort, columns, panel, theme, filters."""
        return self._memories.get(f"ui:{key}", default)

    def remember(self, key: str, value: str) -> None:
        """Kept on disk soon, never at once; for this run only, once the disk is lost."""
        if self._memories.get(f"ui:{key}") != value:
            self._memories[f"ui:{key}"] = value
            if self._engine.broken is None:
                self._store.remember(f"ui:{key}", value)

    # -- debts, and leaving -------------------------------------------------------------------
    @property
    def owed(self) -> Sequence[TenantRow]:
        """Tenants whose access was taken away and is not back."""
        if self.fleet.counts().no_access == 0:
            return ()
        return [row for row in self.fleet.rows() if row.stranded]

    @property
    def paying_debts(self) -> int:
        """How many tenants are being given their access back right now."""
        return self._engine.paying_debts

    def pay_again(self) -> None:
        """Try at once to give back what could not be given back in this run."""
        if self._unpaid_because:
            return
        self._engine.pay_again()

    async def leave(self) -> None:
        """Take no more work, let what is in flight end, and pay every debt."""
        if self._left:
            return
        await self.listing.cancel()
        await self._engine.leave(LEAVE_GRACE_S)
        self._left = True

    def abandon(self) -> None:
        """Leave at once; what is owed is paid at the next start."""
        self._engine.abandon()
