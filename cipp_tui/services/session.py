"""The bag a screen or a command is given: the fleet, the jobs, the news, and the verbs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from cipp_tui.api.backend import Backend, Check, Comparison, DeviceSignIn, Preflight
from cipp_tui.domain.audit import AuditEntry
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.failures import SUSPENDED_AT
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.gdap_verdicts import Trace, judge
from cipp_tui.domain.jobs import Action, ItemState, Job
from cipp_tui.domain.permissions import WantedPermissions
from cipp_tui.domain.problems import Problem, SignInProblem, Unsuited
from cipp_tui.domain.tenants import Tenant, TenantId, TenantKind
from cipp_tui.services.backlog import Backlog
from cipp_tui.services.diagnosis import Case, Diagnosis, diagnose
from cipp_tui.services.engine import DEBT_WAITS_S, STEP_DEADLINE_S, Engine
from cipp_tui.services.fleet import READ_AT, Fleet
from cipp_tui.services.jobbook import JobBook, LiveJob, Work
from cipp_tui.services.listing import Listing
from cipp_tui.services.local import LocalActions
from cipp_tui.services.news import NewsDesk, debt_sentence, job_sentence, reading_sentence
from cipp_tui.services.outcomes import Outcomes
from cipp_tui.services.past import Past
from cipp_tui.services.records import record_of
from cipp_tui.services.signing import Signing
from cipp_tui.services.strandings import DEBT_AGAIN_S
from cipp_tui.services.suits import select
from cipp_tui.services.views import (
    ItemView,
    JobView,
    Level,
    News,
    Reading,
    SignInState,
)
from cipp_tui.storage.journal import Draft, Journal
from cipp_tui.storage.state import FleetStore

LEAVE_GRACE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFacts:
    """What the screen tells of the profile in force."""

    name: str
    backend: str  # direct | cipp | demo
    read_only: bool = False
    tag: str = ""
    colour: str = ""
    confirm_always: bool = False
    reason_required: bool = False
    prune: bool = False
    title: bool = True
    bell: bool = False


class Session:
    """One profile at work. Every method that acts returns at once; progress is on the boards."""

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
        concurrency: int,
        suspend_after: int = SUSPENDED_AT,
        debt_waits_s: Sequence[float] = DEBT_WAITS_S,
        debt_again_s: float | None = DEBT_AGAIN_S,
        step_deadline_s: float = STEP_DEADLINE_S,
    ) -> None:
        self.profile = profile
        self.clock = clock
        self.actor = actor
        self.looking_only = looking_only
        self.fleet = Fleet(store, clock, suspend_after=suspend_after, on_suspended=self._suspended)
        self._backend = backend
        self._store = store
        self._journal = journal
        self._book = JobBook(clock)
        self._desk = NewsDesk(clock)
        self._outcomes = Outcomes(journal, self.fleet, self._book, clock)
        self._signing = Signing(backend, clock, self._desk, self._when_signed_in)
        self._listing = Listing(backend, self.fleet, clock, self._list_ended)
        self._local = LocalActions(journal, self.fleet, self._book, clock, actor, self._job_ended)
        self._engine = Engine(
            backend,
            journal,
            self._book,
            self._outcomes,
            clock=clock,
            concurrency=concurrency,
            on_end=self._job_ended,
            on_sign_in_lost=self._signing.lost,
            debt_waits_s=debt_waits_s,
            debt_again_s=debt_again_s,
            step_deadline_s=step_deadline_s,
        )
        self._memories: dict[str, str] = {}
        self._past = Past(journal, self._book)
        self._backlog = Backlog(journal, self.fleet, self._desk, clock)
        self._left = False
        self._opening: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Session"]:
        """Load what is stored, start working, and pay every debt before it ends."""
        await self._journal.open()
        self._memories = await self._store.remembered()
        await self.fleet.load(self._memories.get(READ_AT))
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
            await self._signing.close()
        if self._engine.broken is not None:
            raise self._engine.broken
        if not opening.cancelled():
            opening.result()

    async def loaded(self) -> None:
        """Wait until everything stored is in memory. Raises: StorageProblem."""
        if self._opening is not None:
            await asyncio.shield(self._opening)

    # -- reading ---------------------------------------------------------------------------
    def read_list(self, only: TenantId | None = None) -> bool:
        """Start reading the list (or one tenant) again; False when it is being read already."""
        return self._listing.start(only)

    @property
    def reading(self) -> Reading:
        return self._listing.reading

    async def list_read(self) -> Reading:
        """Wait for the reading under way; how it went."""
        return await self._listing.finished()

    async def wanted(self) -> WantedPermissions:
        """The permission set every tenant should hold. Raises: Problem."""
        wanted = await self._backend.wanted()
        self.fleet.judge_by(wanted.app, wanted.fingerprint)
        return wanted

    async def compare(self, tenant: TenantId) -> Comparison:
        """Compare one tenant now and remember the result. Raises: Problem."""
        row = self._row(tenant)
        before = row.permissions
        comparison = await self._backend.compare(
            row.tenant, unlicensed=before.unlicensed if before is not None else ()
        )
        record = record_of(
            comparison,
            now=self.clock.now(),
            applied_at=before.applied_at if before is not None else None,
        )
        if self.looking_only is None:
            self.fleet.compared(tenant, record)
        return comparison

    def verdict(self, tenant: TenantId) -> Diagnosis:
        """Why the tenant does not work, by what is stored alone: at once, and nobody is asked."""
        return diagnose(Case(row=self._row(tenant), now=self.clock.now(), prune=self.profile.prune))

    async def why(self, tenant: TenantId) -> Diagnosis:
        """The same, with the services asked just now. Writes nothing; what fails is a fact.

        The tenant need not be in the list.
        """
        row = self.fleet.row(tenant)
        known = row or TenantRow(tenant=Tenant(id=tenant, name=tenant))
        record = known.permissions
        found = await self._backend.evidence(
            known.tenant,
            unlicensed=record.unlicensed if record is not None else (),
            in_debt=known.stranded,
        )
        return diagnose(
            Case(
                row=self.fleet.row(tenant) or known,
                now=self.clock.now(),
                found=found,
                listed=row is not None,
                prune=self.profile.prune,
            )
        )

    async def preflight(self, tenant: TenantId) -> Preflight:
        """Whether a reset would be able to give back. Raises: Problem."""
        return await self._backend.preflight(self._row(tenant).tenant)

    async def trace(
        self,
        tenant: TenantId,
        users: Sequence[str],
        heard: Callable[[str], None] = lambda words: None,
    ) -> Trace:
        """Which roles users of ours hold in a tenant, and through which groups. Raises: Problem.

        The tenant need not be in the list, nor be managed, nor work. `heard` is told what is read.
        """
        row = self.fleet.row(tenant)
        if row is not None and row.tenant.kind is TenantKind.PARTNER:
            raise Unsuited("Your own tenant is not reached through GDAP", code="own-tenant")
        reading = await self._backend.gdap_trace(tenant, users, heard)
        return judge(reading, self.clock.now())

    async def own_checks(self) -> Sequence[Check]:
        """Whether our own side can work: Partner Center, and our standing there."""
        return await self._backend.own_checks()

    async def history(self, tenant: TenantId, limit: int = 20) -> list[AuditEntry]:
        """What was done to the tenant, newest first."""
        return await self._past.of_tenant(tenant, limit)

    async def job_audit(self, job: int) -> list[AuditEntry]:
        """What a job did, tenant by tenant."""
        return await self._past.of_job(job)

    async def audit(self, limit: int = 1000) -> list[AuditEntry]:
        """What was done to any tenant, newest first."""
        return await self._past.audit(limit)

    # -- acting ----------------------------------------------------------------------------
    def why_off(self, action: Action | None = None) -> str | None:
        """Why nothing (or not this action) can be done now: read-only, sign-in needed, …"""
        if self.looking_only is not None:
            return f"looking only: {self.looking_only}"
        if self.profile.read_only and action is not Action.SYNC:
            return f"this profile is read-only ({self.profile.name})"
        if self._engine.broken is not None:
            return f"the program must be started anew: {self._engine.broken}"
        if action in (Action.EXCLUDE, Action.INCLUDE, Action.REMOVE, None):
            return None
        if self._signing.state in (SignInState.NEEDED, SignInState.PENDING):
            return "sign in first (6, then s)"
        return None

    async def exclude(self, tenants: Iterable[TenantId], reason: str = "") -> JobView:
        return self._view(await self._local.exclude(self._taken(Action.EXCLUDE, tenants), reason))

    async def include(self, tenants: Iterable[TenantId]) -> JobView:
        return self._view(await self._local.include(self._taken(Action.INCLUDE, tenants)))

    async def remove(self, tenants: Iterable[TenantId], *, exclude: bool = False) -> JobView:
        rows = self._taken(Action.REMOVE, tenants)
        return self._view(await self._local.remove(rows, exclude=exclude))

    async def refresh(
        self, tenants: Iterable[TenantId], *, reason: str = "", retry_of: int | None = None
    ) -> JobView:
        return await self._work(Action.REFRESH, tenants, reason, retry_of)

    async def reset(
        self, tenants: Iterable[TenantId], *, reason: str = "", retry_of: int | None = None
    ) -> JobView:
        return await self._work(Action.RESET, tenants, reason, retry_of)

    async def clear_failures(self, tenants: Iterable[TenantId]) -> JobView:
        """Set the failure count back and refresh now."""
        chosen = list(tenants)
        for tenant in chosen:
            self.fleet.succeeded(tenant)
        return await self.refresh(chosen, reason="failure count set back")

    @property
    def undoable(self) -> tuple[Action, tuple[TenantId, ...]] | None:
        """The last exclude or include of this run that was not taken back, and whom it changed."""
        return self._local.undoable

    async def undo(self) -> JobView:
        """Take it back: who, when and why are put back as they were."""
        if self._local.undoable is None:
            raise Unsuited("There is nothing to take back", code="nothing-to-undo")
        return self._view(await self._local.undo())

    # -- jobs ------------------------------------------------------------------------------
    @property
    def jobs_revision(self) -> int:
        return self._book.revision

    def running_job(self) -> JobView | None:
        """The newest job at work."""
        return self._book.running()

    def job(self, job: int) -> JobView | None:
        """A job of this run, or one that was loaded by `jobs`."""
        return self._book.view(job)

    def items(self, job: int) -> Sequence[ItemView]:
        """Failed first, then running, stopped, done, waiting."""
        return self._book.items(job)

    def results(self, job: int, seen: int) -> Sequence[ItemView]:
        """Tenants that came out of a job of this run since `seen` of them were known."""
        return self._book.results(job, seen)

    async def finished(self, job: int) -> JobView:
        """Wait for a job of this run to end. Raises: what broke the engine."""
        live = self._book.get(job)
        if live is not None:
            await live.finished.wait()
        if self._engine.broken is not None:
            raise self._engine.broken
        return self._view(job)

    async def jobs(self, limit: int = 200) -> list[JobView]:
        """Newest first, this run's and the journal's."""
        return await self._past.jobs(limit)

    async def load_job(self, job: int) -> JobView | None:
        """A job of any run, with its items ready for `items`."""
        return await self._past.job(job)

    async def stop(self, job: int) -> None:
        """What is in flight ends, what waits does not start; debts are always paid."""
        if (live := self._book.get(job)) is not None:
            self._engine.stop(live)

    async def retry(self, job: int) -> JobView:
        """A new job for those that failed or were not started."""
        view = await self.load_job(job)
        if view is None:
            raise Unsuited(f"There is no job {job}", code="no-such-job")
        again = [
            item.tenant
            for item in self._book.items(job)
            if item.progress.state in (ItemState.FAILED, ItemState.STOPPED)
        ]
        return await self._work(view.action, again, f"retries job {job}", job)

    def give_up(self, tenants: Iterable[TenantId]) -> None:
        """Close what was left unfinished for these tenants as not done; debts stay."""
        self._backlog.replace(filter(None, map(self.fleet.row, tenants)))

    async def resume(self, job: int) -> JobView:
        """Go on with a job that was interrupted."""
        self._may(Action.REFRESH)
        entries = self._backlog.take_job(job)
        if not entries:
            raise Unsuited(f"Job {job} has nothing left to do", code="nothing-to-resume")
        live = self._engine.begin(entries[0].job, self._backlog.works(entries))
        return self._view(live.job.id)

    @property
    def interrupted(self) -> dict[int, int]:
        """Jobs of earlier runs that can be resumed, and how many tenants each has left."""
        return self._backlog.interrupted

    def interrupted_job(self, tenant: TenantId) -> int | None:
        """The newest of these jobs that has this tenant left."""
        return self._backlog.interrupted_job(tenant)

    @property
    def owed(self) -> Sequence[TenantRow]:
        """Tenants whose access was taken away and is not back."""
        if self.fleet.counts().no_access == 0:
            return ()
        return [row for row in self.fleet.rows() if row.stranded]

    @property
    def holding(self) -> str:
        """Words for a service that asks us to wait; empty when none does."""
        return self._backend.holding

    @property
    def http_requests(self) -> int:
        return self._backend.http_requests

    # -- news ------------------------------------------------------------------------------
    @property
    def news(self) -> Sequence[News]:
        """All messages of this run, oldest first."""
        return self._desk.all

    @property
    def news_revision(self) -> int:
        return self._desk.revision

    # -- signing in ------------------------------------------------------------------------
    @property
    def sign_in_state(self) -> SignInState:
        return self._signing.state

    @property
    def user(self) -> str | None:
        """Who is signed in."""
        return self._signing.user

    @property
    def offline(self) -> Problem | None:
        """Why the services cannot be reached; None when they can."""
        return self._signing.offline

    async def ready(self) -> None:
        """Wait until the services know us and debts are being paid. Raises: Problem."""
        await self.loaded()
        await self._signing.settled()

    async def begin_sign_in(self) -> DeviceSignIn:
        """Start a device code sign-in; it is finished in the background. Raises: Problem."""
        return await self._signing.begin()

    @property
    def sign_in_problem(self) -> Problem | None:
        """Why the last sign-in did not work."""
        return self._signing.problem

    def cancel_sign_in(self) -> None:
        self._signing.cancel()

    # -- remembering and leaving -----------------------------------------------------------
    def remembered(self, key: str, default: str = "") -> str:
        """What the program remembers by itself: sort, columns, panel, theme, filters."""
        return self._memories.get(f"ui:{key}", default)

    def remember(self, key: str, value: str) -> None:
        """Kept on disk soon, never at once."""
        if self._memories.get(f"ui:{key}") != value:
            self._memories[f"ui:{key}"] = value
            self._store.remember(f"ui:{key}", value)

    @property
    def paying_debts(self) -> int:
        """How many tenants are being given their access back right now."""
        return self._engine.paying_debts

    def pay_again(self) -> None:
        """Try at once to give back what could not be given back in this run."""
        self._engine.pay_again()

    async def leave(self) -> None:
        """Take no more work, let what is in flight end, and pay every debt."""
        if self._left:
            return
        await self._listing.cancel()
        await self._engine.leave(LEAVE_GRACE_S)
        self._left = True

    def abandon(self) -> None:
        """Leave at once; what is owed is paid at the next start."""
        self._engine.abandon()

    # -- how -------------------------------------------------------------------------------
    async def _open(self) -> None:
        await self.fleet.load_rest()
        await self._backlog.take_stock()
        self._signing.look()

    async def _when_signed_in(self) -> None:
        if self.looking_only is None:
            for entries in self._backlog.take_debts():
                works = self._backlog.works(entries)
                self._engine.begin(entries[0].job, works, paying=True)
            self._engine.pay_again()
        await self.wanted()

    async def _work(
        self, action: Action, tenants: Iterable[TenantId], reason: str, retry_of: int | None
    ) -> JobView:
        await self.loaded()
        rows = self._taken(action, tenants)
        self._backlog.replace(rows)
        wish = Job(
            id=0,
            action=action,
            actor=self.actor,
            created_at=self.clock.now(),
            reason=reason,
            retry_of=retry_of,
        )
        drafts = [
            Draft(row.id, row.tenant.name, self._backend.plan(action, row.tenant)) for row in rows
        ]
        job, items = await self._journal.begin(wish, drafts)
        works = [
            Work(item=item, tenant=row.tenant, marks=[])
            for item, row in zip(items, rows, strict=True)
        ]
        return self._view(self._engine.begin(job, works).job.id)

    def _taken(self, action: Action, tenants: Iterable[TenantId]) -> Sequence[TenantRow]:
        self._may(action)
        rows = [row for row in map(self.fleet.row, dict.fromkeys(tenants)) if row is not None]
        return select(rows, action).taken

    def _may(self, action: Action) -> None:
        reason = self.why_off(action)
        if reason is not None:
            problem = self._signing.problem
            if isinstance(problem, SignInProblem) and "sign in" in reason:
                raise problem
            raise Unsuited(reason, code="off")

    def _row(self, tenant: TenantId) -> TenantRow:
        row = self.fleet.row(tenant)
        if row is None:
            raise Unsuited("This tenant is not in the list", code="unknown-tenant")
        return row

    def _view(self, job: int) -> JobView:
        view = self._book.view(job)
        assert view is not None, "the job was made just now"
        return view

    def _job_ended(self, live: LiveJob) -> None:
        view = self._view(live.job.id)
        only = next(iter(live.items.values())).tenant_name if view.total == 1 else None
        tell = debt_sentence if live.paying else job_sentence
        level, sentence = tell(view, only)
        self._desk.tell(level, sentence, job=view.id)

    def _suspended(self, row: TenantRow) -> None:
        count = row.failures.count if row.failures is not None else 0
        self._desk.tell(
            Level.WARNING,
            f"{row.tenant.name}: failure {count} in a row, suspended. C clears and tests again.",
            tenant=row.id,
        )

    def _list_ended(self, reading: Reading) -> None:
        if isinstance(reading.problem, SignInProblem):
            self._signing.lost(reading.problem)
        level, sentence = reading_sentence(reading)
        self._desk.tell(level, sentence)
