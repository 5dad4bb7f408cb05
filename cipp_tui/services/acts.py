"""What can be done to tenants. Each verb makes a job and returns at once; why one is off."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from cipp_tui.api.backend import Backend
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Action, Job
from cipp_tui.domain.problems import SignInProblem, StorageProblem, Unsuited
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.backlog import Backlog
from cipp_tui.services.engine import Engine
from cipp_tui.services.fleet import Fleet
from cipp_tui.services.jobbook import Work
from cipp_tui.services.jobs import Jobs
from cipp_tui.services.local import LocalActions
from cipp_tui.services.next_steps import Surface, step_on
from cipp_tui.services.signing import Signing
from cipp_tui.services.slices import in_slices
from cipp_tui.services.suits import LeftOut, select
from cipp_tui.services.views import JobView, ProfileFacts, SignInState
from cipp_tui.storage.journal import Draft, Journal


class Acts:
    """The verbs. Who does not fit an action is left out of its job."""

    def __init__(
        self,
        *,
        profile: ProfileFacts,
        looking_only: str | None,
        actor: str,
        clock: Clock,
        fleet: Fleet,
        loaded: Callable[[], Awaitable[None]],
        signing: Signing,
        backend: Backend,
        journal: Journal,
        engine: Engine,
        local: LocalActions,
        backlog: Backlog,
        jobs: Jobs,
    ) -> None:
        self._profile = profile
        self._looking_only = looking_only
        self._actor = actor
        self._clock = clock
        self._fleet = fleet
        self._loaded = loaded
        self._signing = signing
        self._backend = backend
        self._journal = journal
        self._engine = engine
        self._local = local
        self._backlog = backlog
        self._jobs = jobs
        self._beginning = asyncio.Lock()
        """Who is chosen must be at work before the next one chooses: nobody is worked on twice."""

    def why_off(
        self, action: Action | None = None, surface: Surface = Surface.SCREEN
    ) -> str | None:
        """Why nothing (or not this action) can be done now: read-only, sign-in needed, …"""
        if self._looking_only is not None:
            return f"looking only: {self._looking_only}"
        if self._profile.read_only and action is not Action.SYNC:
            return f"this profile is read-only ({self._profile.name})"
        if self._engine.broken is not None:
            if isinstance(self._engine.broken, StorageProblem):
                return self._engine.broken.message
            return f"the program must be started anew: {self._engine.broken}"
        if self._must_sign_in(action):
            return step_on(surface, "sign in first{sign_in}")
        return None

    def _must_sign_in(self, action: Action | None) -> bool:
        """Whether the action asks services that do not know us."""
        if action in (Action.EXCLUDE, Action.INCLUDE, Action.REMOVE, Action.WRITE_OFF, None):
            return False
        return self._signing.state in (SignInState.NEEDED, SignInState.PENDING)

    # -- at once ------------------------------------------------------------------------------
    async def exclude(self, tenants: Iterable[TenantId], reason: str = "") -> JobView:
        return self._view(await self._local.exclude(self._taken(Action.EXCLUDE, tenants), reason))

    async def include(self, tenants: Iterable[TenantId]) -> JobView:
        return self._view(await self._local.include(self._taken(Action.INCLUDE, tenants)))

    async def remove(self, tenants: Iterable[TenantId], *, exclude: bool = False) -> JobView:
        rows = self._taken(Action.REMOVE, tenants)
        return self._view(await self._local.remove(rows, exclude=exclude))

    async def write_off(self, tenants: Iterable[TenantId], reason: str = "") -> JobView:
        """Owe tenants nothing more whose access cannot be given back. Recorded, never undone."""
        rows = self._taken(Action.WRITE_OFF, tenants)
        items: list[int] = []
        for row in rows:
            items += [work.item.id for work in self._engine.take_stranded(row.id)]
            items += [entry.item.id for entry in self._backlog.take_debts_of(row.id)]
        return self._view(await self._local.write_off(rows, items, reason))

    @property
    def undoable(self) -> tuple[Action, tuple[TenantId, ...]] | None:
        """The last exclude or include of this run that was not taken back, and whom it changed."""
        return self._local.undoable

    async def undo(self) -> JobView:
        """Take it back: who, when and why are put back as they were."""
        if self._local.undoable is None:
            raise Unsuited("There is nothing to take back", code="nothing-to-undo")
        return self._view(await self._local.undo())

    # -- by the engine ------------------------------------------------------------------------
    async def refresh(self, tenants: Iterable[TenantId], *, reason: str = "") -> JobView:
        return await self._begin(Action.REFRESH, tenants, reason)

    async def reset(
        self, tenants: Iterable[TenantId], *, reason: str = "", retry_of: int | None = None
    ) -> JobView:
        return await self._begin(Action.RESET, tenants, reason, retry_of)

    async def clear_failures(self, tenants: Iterable[TenantId]) -> JobView:
        """Set the failure count back and refresh now."""
        self._may(Action.REFRESH)  # before the count is touched: read-only keeps it
        chosen = list(tenants)
        for tenant in chosen:
            self._fleet.succeeded(tenant)
        return await self.refresh(chosen, reason="failure count set back")

    async def retry(self, job: int) -> JobView:
        """A new job for those that failed or were not started."""
        view = await self._jobs.load(job)
        if view is None:
            raise Unsuited(f"There is no job {job}", code="no-such-job")
        again = [item.tenant for item in self._jobs.items(job) if item.needs_retry]
        return await self._begin(view.action, again, f"retries job {job}", job)

    def leave_out(self, job: int) -> Sequence[LeftOut]:
        """Close what an interrupted job must not go on with: who was excluded or removed since."""
        self._may(Action.REFRESH)
        return self._backlog.leave_out(job)

    async def resume(self, job: int) -> JobView:
        """Go on with a job that was interrupted; never with those that `leave_out` names."""
        self.leave_out(job)
        entries = self._backlog.take_job(job)
        if not entries:
            raise Unsuited(f"Job {job} has nothing left to do", code="nothing-to-resume")
        live = self._engine.take_up(entries[0].job, self._backlog.works(entries))
        return self._view(live.job.id)

    # -- how ----------------------------------------------------------------------------------
    async def _begin(
        self,
        action: Action,
        tenants: Iterable[TenantId],
        reason: str,
        retry_of: int | None = None,
    ) -> JobView:
        await self._loaded()
        async with self._beginning:
            rows = self._taken(action, tenants)
            self._backlog.replace(rows)
            wish = Job(
                id=0,
                action=action,
                actor=self._actor,
                created_at=self._clock.now(),
                reason=reason,
                retry_of=retry_of,
                partner=self._profile.partner or None,
                app=self._profile.app or None,
            )
            plan = self._backend.plan
            drafts = [
                Draft(row.id, row.tenant.name, plan(action, row.tenant))
                async for row in in_slices(rows)
            ]
            job, items = await self._journal.begin(wish, drafts)
            works = [
                Work(item=item, tenant=row.tenant, marks=[])
                async for item, row in in_slices(zip(items, rows, strict=True))
            ]
            live = await self._engine.begin(job, works)
            return self._view(live.job.id)

    def _taken(self, action: Action, tenants: Iterable[TenantId]) -> Sequence[TenantRow]:
        self._may(action)
        rows = [row for row in map(self._fleet.row, dict.fromkeys(tenants)) if row is not None]
        return select(rows, action).taken

    def _may(self, action: Action) -> None:
        reason = self.why_off(action)
        if reason is not None:
            if isinstance(self._engine.broken, StorageProblem):
                raise self._engine.broken
            if self._must_sign_in(action):
                problem = self._signing.problem
                if isinstance(problem, SignInProblem):
                    raise problem
                raise SignInProblem("Nobody is signed in", code="not-signed-in")
            raise Unsuited(reason, code="off")

    def _view(self, job: int) -> JobView:
        view = self._jobs.view(job)
        assert view is not None, "the job was made just now"
        return view
