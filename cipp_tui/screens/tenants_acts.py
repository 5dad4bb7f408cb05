"""What the keys of the Tenants screen do: whom they take, what they ask, what they submit.

The rules are those of the table "What each action asks": reversible and small is done at once,
irreversible or many is asked, and the key that asked never answers.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from textual.app import App
from textual.screen import Screen

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Action
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.session import Session
from cipp_tui.services.suits import Selection, select
from cipp_tui.services.views import JobView
from cipp_tui.widgets.actions import BY_ID, ActionSpec
from cipp_tui.widgets.status_line import Answer, Question
from cipp_tui.widgets.words import tenants

Result = TypeVar("Result")

AT_ONCE: Final = {Action.EXCLUDE: 1, Action.INCLUDE: 1, Action.REFRESH: 10}
"""Up to so many tenants are worked on without a question."""

TYPED_FROM: Final = {Action.EXCLUDE: 26, Action.INCLUDE: 26, Action.REFRESH: 101}
"""From so many on the number has to be typed."""

RESETS_AT_MOST: Final = 50

NOBODY: Final = Selection((), ())


@dataclass(frozen=True, slots=True)
class Picked:
    """Whom an action would take: of the marked ones those shown, else the one at the cursor."""

    shown: Selection
    hidden: Selection = NOBODY  # marked, but filtered away
    marked: bool = False

    @property
    def rows(self) -> tuple[TenantRow, ...]:
        return self.shown.taken

    @property
    def ids(self) -> tuple[TenantId, ...]:
        return tuple(row.id for row in self.shown.taken)

    def why_none(self) -> str:
        """Why there is nobody to work on."""
        if self.shown.left_out:
            first = self.shown.left_out[0]
            if len(self.shown.left_out) == 1:
                return f"{name_of(first.row)}: {first.reason}"
            return f"none of {len(self.shown.left_out):,} marked fits: {first.reason}, for one"
        if self.hidden.taken or self.hidden.left_out:
            return "every marked tenant is hidden by the filter; esc clears it"
        return "there is no tenant here"


class Desk(Protocol):
    """What the keys need of the screen."""

    session: Session

    @property
    def app(self) -> App[Any]: ...

    async def picked(self, action: Action) -> Picked: ...

    def refuse(self, words: str) -> None: ...

    def look(self) -> None: ...

    async def ask(self, question: Question) -> str | None: ...


def name_of(row: TenantRow) -> str:
    """A tenant in a sentence."""
    return row.tenant.name or row.tenant.label


def names_of(rows: Sequence[TenantRow]) -> str:
    """The first few, for the right of a question."""
    few = ", ".join(name_of(row) for row in rows[:3])
    return few + (f", and {len(rows) - 3:,} more" if len(rows) > 3 else "")


def yes_no(words: str, yes: str, rows: Sequence[TenantRow] = ()) -> Question:
    """A one-line question: `y` does it, `n` does not."""
    return Question(words, (Answer("y", yes), Answer("n", "No")), names_of(rows))


class TenantActs:
    """The verbs. Each asks what must be asked, submits, and lets the screen look at once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
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
        if spec.id == "tenant.undo" and session.undoable is None:
            return session.why_off(Action.INCLUDE) or "nothing to take back"
        if spec.id == "job.stop":
            return None if session.running_job() is not None else "no job is running"
        if spec.id == "tenant.force-refresh":
            return session.why_off(Action.SYNC)
        return session.why_off(spec.action) if spec.writes else None

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
        picked = await self._someone(Action.EXCLUDE)
        if picked is None:
            return
        if len(picked.rows) > 1 or picked.hidden.taken:
            await self._by_sheet("Exclude", picked, Action.EXCLUDE, self._submit_exclude)
            return
        reason = ""
        if ask_reason:
            answer = await self._reason_for(picked.rows[0])
            if answer is None:
                return
            reason = answer
        elif not await self._agreed(picked.rows, "Exclude", always_only=True):
            return
        await self._submit_exclude(picked.ids, reason)

    async def _submit_exclude(self, ids: Sequence[TenantId], reason: str) -> None:
        self._begun(await self.session.exclude(ids, reason))

    async def include(self) -> None:
        picked = await self._someone(Action.INCLUDE)
        if picked is None:
            return
        if len(picked.rows) >= TYPED_FROM[Action.INCLUDE]:
            await self._by_sheet("Include", picked, Action.INCLUDE, self._submit_include)
        elif await self._agreed(picked.rows, "Include", at_once=AT_ONCE[Action.INCLUDE]):
            await self._submit_include(picked.ids, "")

    async def _submit_include(self, ids: Sequence[TenantId], _reason: str) -> None:
        self._begun(await self.session.include(ids))

    async def undo(self) -> None:
        undoable = self.session.undoable
        assert undoable is not None, "asked for before"
        action, ids = undoable
        found = [self.session.fleet.row(tenant) for tenant in ids]
        rows = [row for row in found if row is not None]
        verb = "Include" if action is Action.EXCLUDE else "Exclude"
        whom = name_of(rows[0]) if len(rows) == 1 else tenants(len(ids))
        again = f"Take back the last {action}: {verb.lower()} {whom} again?"
        if await self._desk.ask(yes_no(again, verb, rows)) == "y":
            self._begun(await self.session.undo())

    # -- refresh, reset -----------------------------------------------------------------------
    async def refresh(self) -> None:
        picked = await self._someone(Action.REFRESH)
        if picked is None:
            return
        if self.session.profile.prune:
            await self._show_plan(picked.ids)
        elif len(picked.rows) >= TYPED_FROM[Action.REFRESH]:
            await self._by_sheet("Refresh", picked, Action.REFRESH, self._submit_refresh)
        elif await self._agreed(picked.rows, "Refresh", at_once=AT_ONCE[Action.REFRESH]):
            await self._submit_refresh(picked.ids, "")

    async def _submit_refresh(self, ids: Sequence[TenantId], reason: str) -> None:
        self._begun(await self.session.refresh(ids, reason=reason))

    async def plan(self) -> None:
        picked = await self._someone(Action.REFRESH)
        if picked is not None:
            await self._show_plan(picked.ids)

    async def _show_plan(self, ids: Sequence[TenantId]) -> None:
        from cipp_tui.screens.plan import PlanScreen

        await self._shown(PlanScreen(self.session, ids))
        self._desk.look()

    async def reset(self) -> None:
        from cipp_tui.screens.reset import ResetSheet

        picked = await self._someone(Action.RESET)
        if picked is None:
            return
        if len(picked.rows) > RESETS_AT_MOST:
            words = f"at most {RESETS_AT_MOST} in one go, {len(picked.rows):,} are marked"
            self._desk.refuse(f"Reset: {words}")
            return
        chosen = await self._shown(ResetSheet(self.session, picked.shown))
        if chosen:
            self._begun(await self.session.reset(chosen))

    async def clear(self) -> None:
        picked = await self._someone(Action.REFRESH)
        if picked is not None and await self._agreed(
            picked.rows, "Clear and test", at_once=AT_ONCE[Action.REFRESH]
        ):
            self._begun(await self.session.clear_failures(picked.ids))

    # -- the list -----------------------------------------------------------------------------
    async def remove(self) -> None:
        from cipp_tui.screens.remove import RemoveSheet

        picked = await self._someone(Action.REMOVE)
        if picked is None:
            return
        answer = await self._shown(RemoveSheet(picked.shown, clock=self.session.clock))
        if answer is not None:
            self._begun(await self.session.remove(answer.tenants, exclude=answer.exclude))

    async def force_refresh(self) -> None:
        from cipp_tui.screens.force_refresh import ForceRefreshSheet

        choice = await self._shown(ForceRefreshSheet(self.session))
        if choice is None:
            return
        if choice.kind == "failing":
            await self._test_failing()
        elif not self.session.read_list(TenantId(choice.tenant) if choice.tenant else None):
            self._desk.refuse("The list is being read already")
        self._desk.look()

    async def _test_failing(self) -> None:
        if (reason := self.session.why_off(Action.REFRESH)) is not None:
            self._desk.refuse(f"Failing tenants: {reason}")
            return
        rows = [row for row in self.session.fleet.rows() if row.failures is not None]
        taken = select(rows, Action.REFRESH).taken
        self._begun(await self.session.clear_failures([row.id for row in taken]))

    # -- jobs ---------------------------------------------------------------------------------
    async def stop(self) -> None:
        job = self.session.running_job()
        assert job is not None, "asked for before"
        words = (
            f"Stop job {job.id}?  {job.running:,} in flight will finish,"
            f" {job.waiting:,} will not start."
        )
        if await self._desk.ask(yes_no(words, "Stop")) == "y":
            await self.session.stop(job.id)
            self._desk.look()

    # -- asking -------------------------------------------------------------------------------
    async def _someone(self, action: Action) -> Picked | None:
        """Whom the action takes; None, with the reason in the status line, when it is nobody."""
        picked = await self._desk.picked(action)
        if picked.rows or (action is Action.EXCLUDE and picked.hidden.taken):
            return picked
        self._desk.refuse(picked.why_none())
        return None

    async def _agreed(
        self,
        rows: Sequence[TenantRow],
        verb: str,
        *,
        at_once: int = 1,
        always_only: bool = False,
    ) -> bool:
        """A one-line question where the number, or the profile, asks for one."""
        if not self.session.profile.confirm_always and (always_only or len(rows) <= at_once):
            return True
        whom = name_of(rows[0]) if len(rows) == 1 else tenants(len(rows))
        return await self._desk.ask(yes_no(f"{verb} {whom}?", verb, rows)) == "y"

    async def _reason_for(self, row: TenantRow) -> str | None:
        from cipp_tui.screens.reason import ReasonSheet

        required = self.session.profile.reason_required
        sheet = ReasonSheet("Exclude", name_of(row), required=required, clock=self.session.clock)
        return await self._shown(sheet)

    async def _by_sheet(
        self,
        verb: str,
        picked: Picked,
        action: Action,
        submit: Callable[[Sequence[TenantId], str], Awaitable[None]],
    ) -> None:
        from cipp_tui.screens.bulk import BulkSheet

        number = len(picked.rows) + len(picked.hidden.taken)
        sheet = BulkSheet(
            verb,
            picked.shown,
            picked.hidden,
            type_number=number >= TYPED_FROM[action],
            reason=action is Action.EXCLUDE,
            reason_required=action is Action.EXCLUDE and self.session.profile.reason_required,
            clock=self.session.clock,
        )
        answer = await self._shown(sheet)
        if answer is not None:
            await submit(answer.tenants, answer.reason)

    async def _shown(self, screen: Screen[Result]) -> Result | None:
        """Show a dialog and wait for its answer."""
        return await self._desk.app.push_screen_wait(screen)

    def _begun(self, _job: JobView) -> None:
        """The rows say it already: let the screen see it now."""
        self._desk.look()
