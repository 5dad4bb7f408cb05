"""What is decided here and now, without asking any service: exclude, include, remove."""

from collections.abc import Callable, Mapping, Sequence

from cipp_tui.domain.clock import Clock
from cipp_tui.domain.fleet import Exclusion, Progress, TenantRow
from cipp_tui.domain.jobs import Action, Effect, ItemState, Job, Mark, Outcome, Step, Word
from cipp_tui.domain.permissions import NOTHING_DONE
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.fleet import Fleet
from cipp_tui.services.jobbook import JobBook, LiveJob, Work
from cipp_tui.services.notes import END, note_of
from cipp_tui.storage.journal import Draft, Journal

Before = Mapping[TenantId, Exclusion | None]


class LocalActions:
    """Journaled like everything else: who, when, to whom, why."""

    def __init__(
        self,
        journal: Journal,
        fleet: Fleet,
        book: JobBook,
        clock: Clock,
        actor: str,
        on_end: Callable[[LiveJob], None],
    ) -> None:
        self._journal = journal
        self._fleet = fleet
        self._book = book
        self._clock = clock
        self._actor = actor
        self._on_end = on_end
        self._undo: list[tuple[Action, Before]] = []

    @property
    def undoable(self) -> tuple[Action, tuple[TenantId, ...]] | None:
        """The newest exclude or include that was not taken back, and whom it changed."""
        if not self._undo:
            return None
        action, before = self._undo[-1]
        return action, tuple(before)

    async def exclude(self, rows: Sequence[TenantRow], reason: str) -> int:
        """Exclude tenants; the job's number."""
        exclusion = Exclusion(by=self._actor, at=self._clock.now(), reason=reason)
        job = await self._run(
            Action.EXCLUDE, rows, reason, lambda row: self._fleet.exclude(row.id, exclusion)
        )
        self._undo.append((Action.EXCLUDE, {row.id: row.exclusion for row in rows}))
        return job

    async def include(self, rows: Sequence[TenantRow]) -> int:
        """Lift exclusions; the job's number."""
        job = await self._run(
            Action.INCLUDE, rows, "", lambda row: self._fleet.exclude(row.id, None)
        )
        self._undo.append((Action.INCLUDE, {row.id: row.exclusion for row in rows}))
        return job

    async def undo(self) -> int:
        """Put exclusions back as they were: who, when and why included; the job's number."""
        action, before = self._undo.pop()
        opposite = Action.INCLUDE if action is Action.EXCLUDE else Action.EXCLUDE
        rows = [row for row in map(self._fleet.row, before) if row is not None]
        return await self._run(
            opposite,
            rows,
            f"takes back an {action}",
            lambda row: self._fleet.exclude(row.id, before[row.id]),
        )

    async def remove(self, rows: Sequence[TenantRow], *, exclude: bool) -> int:
        """Take tenants off the list, and with `exclude` keep them out; the job's number."""
        exclusion = Exclusion(by=self._actor, at=self._clock.now(), reason="removed")

        def act(row: TenantRow) -> None:
            if exclude and row.exclusion is None:
                self._fleet.exclude(row.id, exclusion)

        job = await self._run(Action.REMOVE, rows, "and exclude" if exclude else "", act)
        self._fleet.forget([row.id for row in rows])
        return job

    async def write_off(self, rows: Sequence[TenantRow], items: Sequence[int], reason: str) -> int:
        """Owe nothing more to tenants; `items` of the journal owed it. The job's number."""
        note = note_of(outcome=Outcome.STRANDED, words=f"written off: {reason}")
        for item in items:
            mark = Mark(step=END, word=Word.STOPPED, at=self._clock.now(), note=note)
            self._journal.mark(item, mark)
        return await self._run(
            Action.WRITE_OFF, rows, reason, lambda row: self._fleet.stranded(row.id, False)
        )

    async def _run(
        self,
        action: Action,
        rows: Sequence[TenantRow],
        reason: str,
        act: Callable[[TenantRow], None],
    ) -> int:
        plan = (Step(action, Effect.ENSURE),)
        wish = Job(
            id=0,
            action=action,
            actor=self._actor,
            created_at=self._clock.now(),
            reason=reason,
        )
        drafts = [Draft(row.id, row.tenant.name, plan) for row in rows]
        job, items = await self._journal.begin(wish, drafts)
        works = [
            Work(item=item, tenant=row.tenant, marks=[])
            for item, row in zip(items, rows, strict=True)
        ]
        live = self._book.open(job, works, width=len(works) or 1)
        live.waiting.clear()
        for work, row in zip(works, rows, strict=True):
            act(row)
            now = self._clock.now()
            self._journal.mark(
                work.item.id,
                Mark(
                    step=END,
                    word=Word.DONE,
                    at=now,
                    note=note_of(outcome=Outcome.CHANGED, words=reason),
                ),
            )
            done = Progress(
                job=job.id,
                action=action,
                state=ItemState.DONE,
                step=action,
                place=1,
                steps=1,
                outcome=Outcome.CHANGED,
            )
            self._book.show(live, work.item, done, NOTHING_DONE)
        await self._journal.flush()
        self._book.end(live)
        live.finished.set()
        self._on_end(live)
        return job.id
