"""What the keys of the Tenants screen do: whom they take and what they submit."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from cipp_tui.domain.jobs import Action
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.tenants_asking import AT_ONCE, TYPED_FROM, Asking, Desk, yes_no
from cipp_tui.screens.tenants_picked import name_of
from cipp_tui.services.session import Session
from cipp_tui.services.suits import select
from cipp_tui.services.views import JobView
from cipp_tui.widgets.action_lookup import BY_ID
from cipp_tui.widgets.action_spec import ActionSpec
from cipp_tui.widgets.words import tenants

RESETS_AT_MOST: Final = 50


class TenantActs:
    """The verbs. Each asks what must be asked, submits, and lets the screen look at once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._asking = Asking(desk)
        self.verbs: dict[str, Callable[[], Awaitable[None]]] = {
            "tenant.exclude": self.exclude,
            "tenant.exclude-reason": self.exclude_with_reason,
            "tenant.include": self.include,
            "tenant.refresh": self.refresh,
            "tenant.plan": self.plan,
            "tenant.reset": self.reset,
            "tenant.clear": self.clear,
            "tenant.remove": self.remove,
            "tenant.force-refresh": self.force_refresh,
            "tenant.undo": self.undo,
            "job.stop": self.stop,
        }

    @property
    def session(self) -> Session:
        return self._desk.session

    def why_off(self, spec: ActionSpec) -> str | None:
        """Why this key can do nothing now, whatever the tenant."""
        session = self.session
        if spec.id == "tenant.undo" and session.acts.undoable is None:
            return session.acts.why_off(Action.INCLUDE) or "nothing to take back"
        if spec.id == "job.stop":
            return None if session.jobs.running() is not None else "no job is running"
        if spec.id == "tenant.force-refresh":
            return session.acts.why_off(Action.SYNC)
        return session.acts.why_off(spec.action) if spec.writes else None

    async def run(self, spec_id: str) -> None:
        """Do what a key asks, or say why not."""
        spec = BY_ID[spec_id]
        if (reason := self.why_off(spec)) is not None:
            self._desk.refuse(f"{spec.label}: {reason}")
            return
        try:
            await self.verbs[spec_id]()
        except Problem as problem:
            self._desk.refuse(f"{spec.label}: {problem.message}")

    # -- exclude and include ------------------------------------------------------------------
    async def exclude(self) -> None:
        await self._exclude(ask_reason=self.session.profile.reason_required)

    async def exclude_with_reason(self) -> None:
        await self._exclude(ask_reason=True)

    async def _exclude(self, *, ask_reason: bool) -> None:
        picked = await self._asking.someone(Action.EXCLUDE)
        if picked is None:
            return
        if len(picked.rows) > 1 or picked.hidden.taken:
            await self._asking.by_sheet("Exclude", picked, Action.EXCLUDE, self._submit_exclude)
            return
        reason = ""
        if ask_reason:
            answer = await self._asking.reason_for(picked.rows[0])
            if answer is None:
                return
            reason = answer
        elif not await self._asking.agreed(picked.rows, "Exclude", always_only=True):
            return
        await self._submit_exclude(picked.ids, reason)

    async def _submit_exclude(self, ids: Sequence[TenantId], reason: str) -> None:
        self._begun(await self.session.acts.exclude(ids, reason))

    async def include(self) -> None:
        picked = await self._asking.someone(Action.INCLUDE)
        if picked is None:
            return
        if len(picked.rows) >= TYPED_FROM[Action.INCLUDE]:
            await self._asking.by_sheet("Include", picked, Action.INCLUDE, self._submit_include)
        elif await self._asking.agreed(picked.rows, "Include", at_once=AT_ONCE[Action.INCLUDE]):
            await self._submit_include(picked.ids, "")

    async def _submit_include(self, ids: Sequence[TenantId], _reason: str) -> None:
        self._begun(await self.session.acts.include(ids))

    async def undo(self) -> None:
        undoable = self.session.acts.undoable
        assert undoable is not None, "asked for before"
        action, ids = undoable
        found = [self.session.fleet.row(tenant) for tenant in ids]
        rows = [row for row in found if row is not None]
        verb = "Include" if action is Action.EXCLUDE else "Exclude"
        whom = name_of(rows[0]) if len(rows) == 1 else tenants(len(ids))
        again = f"Take back the last {action}: {verb.lower()} {whom} again?"
        if await self._desk.ask(yes_no(again, verb, rows)) == "y":
            self._begun(await self.session.acts.undo())

    # -- refresh, reset -----------------------------------------------------------------------
    async def refresh(self) -> None:
        picked = await self._asking.someone(Action.REFRESH)
        if picked is None:
            return
        if self.session.profile.prune:
            await self._show_plan(picked.ids)
        elif len(picked.rows) >= TYPED_FROM[Action.REFRESH]:
            await self._asking.by_sheet("Refresh", picked, Action.REFRESH, self._submit_refresh)
        elif await self._asking.agreed(picked.rows, "Refresh", at_once=AT_ONCE[Action.REFRESH]):
            await self._submit_refresh(picked.ids, "")

    async def _submit_refresh(self, ids: Sequence[TenantId], reason: str) -> None:
        self._begun(await self.session.acts.refresh(ids, reason=reason))

    async def plan(self) -> None:
        picked = await self._asking.someone(Action.REFRESH)
        if picked is not None:
            await self._show_plan(picked.ids)

    async def _show_plan(self, ids: Sequence[TenantId]) -> None:
        from cipp_tui.screens.plan import PlanScreen

        await self._asking.shown(PlanScreen(self.session, ids))
        self._desk.look()

    async def reset(self) -> None:
        from cipp_tui.screens.reset import ResetSheet

        picked = await self._asking.someone(Action.RESET)
        if picked is None:
            return
        if len(picked.rows) > RESETS_AT_MOST:
            words = f"at most {RESETS_AT_MOST} in one go, {len(picked.rows):,} are marked"
            self._desk.refuse(f"Reset: {words}")
            return
        chosen = await self._asking.shown(ResetSheet(self.session, picked.shown))
        if chosen:
            self._begun(await self.session.acts.reset(chosen))

    async def clear(self) -> None:
        picked = await self._asking.someone(Action.REFRESH)
        if picked is not None and await self._asking.agreed(
            picked.rows, "Clear and test", at_once=AT_ONCE[Action.REFRESH]
        ):
            self._begun(await self.session.acts.clear_failures(picked.ids))

    # -- the list -----------------------------------------------------------------------------
    async def remove(self) -> None:
        from cipp_tui.screens.remove import RemoveSheet

        picked = await self._asking.someone(Action.REMOVE)
        if picked is None:
            return
        answer = await self._asking.shown(RemoveSheet(picked.shown, clock=self.session.clock))
        if answer is not None:
            self._begun(await self.session.acts.remove(answer.tenants, exclude=answer.exclude))

    async def force_refresh(self) -> None:
        from cipp_tui.screens.force_refresh import ForceRefreshSheet

        choice = await self._asking.shown(ForceRefreshSheet(self.session))
        if choice is None:
            return
        if choice.kind == "failing":
            await self._test_failing()
        elif not self.session.listing.start(TenantId(choice.tenant) if choice.tenant else None):
            self._desk.refuse("The list is being read already")
        self._desk.look()

    async def _test_failing(self) -> None:
        if (reason := self.session.acts.why_off(Action.REFRESH)) is not None:
            self._desk.refuse(f"Failing tenants: {reason}")
            return
        rows = [row for row in self.session.fleet.rows() if row.failures is not None]
        taken = select(rows, Action.REFRESH).taken
        self._begun(await self.session.acts.clear_failures([row.id for row in taken]))

    # -- jobs ---------------------------------------------------------------------------------
    async def stop(self) -> None:
        job = self.session.jobs.running()
        assert job is not None, "asked for before"
        words = (
            f"Stop job {job.id}?  {job.running:,} in flight will finish,"
            f" {job.waiting:,} will not start."
        )
        if await self._desk.ask(yes_no(words, "Stop")) == "y":
            self.session.jobs.stop(job.id)
            self._desk.look()

    def _begun(self, _job: JobView) -> None:
        """The rows say it already: let the screen see it now."""
        self._desk.look()
