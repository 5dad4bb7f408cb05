"""The jobs of this run, in numbers that are always current."""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from cipp_tui.domain.clock import Clock
from cipp_tui.domain.fleet import Progress
from cipp_tui.domain.jobs import (
    Action,
    ItemState,
    Job,
    JobItem,
    Mark,
    Outcome,
    Step,
    destroys,
    in_debt,
    owed,
)
from cipp_tui.domain.permissions import NOTHING_DONE, StepCounts
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.refusals import Refusal
from cipp_tui.domain.tenants import Tenant, TenantId
from cipp_tui.services.error_rate import ErrorRate, OwnSide
from cipp_tui.services.notes import principal_in
from cipp_tui.services.views import ItemView, JobView

_ETA_FROM = 10
_SHOWN_IN_FLIGHT = 4
_ORDER = {
    ItemState.STRANDED: 0,
    ItemState.FAILED: 1,
    ItemState.RUNNING: 2,
    ItemState.STOPPED: 3,
    ItemState.RESTORED: 4,
    ItemState.DONE: 5,
    ItemState.WAITING: 6,
}


@dataclass(slots=True)
class Work:
    """One item on its way through the engine."""

    item: JobItem
    tenant: Tenant
    marks: list[Mark]
    counts: StepCounts = NOTHING_DONE
    since: datetime | None = None  # when a worker took it up
    tried: Counter[str] = field(default_factory=Counter)  # ends of each step, good or bad
    refused: tuple[Refusal, ...] = ()  # parts that the tenant did not let us give
    principal: str | None = None  # our object id before something was taken away
    destroys: bool = field(init=False)  # its plan takes something away
    _owed: tuple[int, tuple[Step, ...]] | None = None  # after how many marks, what was owed

    def __post_init__(self) -> None:
        self.destroys = destroys(self.item.plan)
        for mark in self.marks if self.destroys else ():
            self.principal = principal_in(mark.note) if self.principal is None else self.principal

    @property
    def owed(self) -> tuple[Step, ...]:
        """The steps still to run."""
        if self._owed is None or self._owed[0] != len(self.marks):
            self._owed = (len(self.marks), owed(self.item.plan, self.marks))
        return self._owed[1]

    @property
    def removed(self) -> str | None:
        """Our object id of before, where access was, or may have been, taken away; "": unknown."""
        return (self.principal or "") if self.in_debt else None

    @property
    def in_debt(self) -> bool:
        """Whether access was, or may have been, taken away and is not yet given back."""
        return self.destroys and in_debt(self.item.plan, self.marks)


@dataclass(slots=True)
class LiveJob:
    """A job of this run."""

    job: Job
    started_at: datetime
    began: float  # monotonic
    width: int  # how many of its items may be in flight at once
    waiting: deque[Work] = field(default_factory=deque)
    items: dict[int, ItemView] = field(default_factory=dict)
    flying: dict[int, Work] = field(default_factory=dict)  # by item, oldest first
    tally: Counter[str] = field(default_factory=Counter)
    results: list[ItemView] = field(default_factory=list)  # in the order in which they came
    ended_at: datetime | None = None
    stopping: bool = False
    canary: bool = False  # the first tenant goes alone, and must come out well
    failed_in_a_row: int = 0
    last_failure: ItemView | None = None
    fleet_wide: Problem | None = None
    paying: bool = False  # gives access back that was taken away before
    errors: ErrorRate = field(default_factory=ErrorRate)
    own_side: OwnSide = field(default_factory=OwnSide)
    leaves_out: bool = False  # the cause is on our own side: whoever was not begun is left out
    finished: asyncio.Event = field(default_factory=asyncio.Event)


class JobBook:
    """Knows every job of this run, and tells them in numbers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jobs: dict[int, LiveJob] = {}
        self._older: dict[int, JobView] = {}
        self._older_items: dict[int, Sequence[ItemView]] = {}
        self.revision = 0
        """Grows with every change."""

    def open(self, job: Job, works: Sequence[Work], *, width: int, canary: bool = False) -> LiveJob:
        """A job begins."""
        live = LiveJob(
            job=job,
            started_at=self._clock.now(),
            began=self._clock.monotonic(),
            width=width,
            canary=canary,
        )
        if (before := self._jobs.get(job.id)) is not None:  # taken up again in the same run
            live.items, live.tally = before.items, before.tally
            live.results, live.last_failure = before.results, before.last_failure
            live.started_at, live.began = before.started_at, before.began
        for work in works:
            live.waiting.append(work)
            self._place(live, work.item, _waiting(job, work))
        self._jobs[job.id] = live
        self.revision += 1
        return live

    def live(self) -> list[LiveJob]:
        """Jobs that still have something to do, the ones that pay debts first."""
        at_work = [live for live in self._jobs.values() if live.ended_at is None]
        return sorted(at_work, key=lambda live: (not live.paying, live.job.id))

    def get(self, job: int) -> LiveJob | None:
        return self._jobs.get(job)

    def show(
        self,
        live: LiveJob,
        item: JobItem,
        progress: Progress,
        counts: StepCounts,
        why: str = "",
        refused: tuple[Refusal, ...] = (),
    ) -> None:
        """An item has news."""
        view = ItemView(
            tenant=item.tenant,
            tenant_name=item.tenant_name,
            progress=progress,
            counts=counts,
            skipped_because=why,
            refused=refused,
        )
        self._place(live, item, view)
        if progress.state in (ItemState.FAILED, ItemState.STRANDED):
            live.last_failure = view
        self.revision += 1

    def end(self, live: LiveJob) -> None:
        """A job has nothing left to do.

        Where all that failed was refused on our own side, and nobody came out well, that is the
        one cause to tell, however few they were.
        """
        well = sum(live.tally[outcome] for outcome in (Outcome.CHANGED, Outcome.UNCHANGED))
        failed = live.tally[Outcome.FAILED]
        if live.fleet_wide is None and failed and failed == live.own_side.count and not well:
            live.fleet_wide = live.own_side.newest
        live.ended_at = self._clock.now()
        self.revision += 1

    def remember_older(self, view: JobView, items: Sequence[ItemView]) -> None:
        """A job of an earlier run, read from the journal."""
        self._older[view.id] = view
        self._older_items[view.id] = items

    def running(self) -> JobView | None:
        """The newest job at work."""
        at_work = [live for live in self._jobs.values() if live.ended_at is None]
        return self._view(at_work[-1]) if at_work else None

    def view(self, job: int) -> JobView | None:
        live = self._jobs.get(job)
        return self._view(live) if live is not None else self._older.get(job)

    def views(self) -> list[JobView]:
        """Jobs of this run, newest first."""
        return [self._view(live) for live in reversed(self._jobs.values())]

    def items(self, job: int) -> Sequence[ItemView]:
        """Failed first, then running, stopped, done, waiting."""
        live = self._jobs.get(job)
        if live is None:
            return self._older_items.get(job, ())
        return sorted(live.items.values(), key=place_in_results)

    def results(self, job: int, seen: int) -> Sequence[ItemView]:
        """What became of tenants since `seen` results were known, in the order of their ends."""
        live = self._jobs.get(job)
        return live.results[seen:] if live is not None else ()

    def item_of(self, tenant: TenantId) -> int | None:
        """The job that has the tenant in hand."""
        for live in self._jobs.values():
            if live.ended_at is None and any(
                view.tenant == tenant and view.progress.at_work for view in live.items.values()
            ):
                return live.job.id
        return None

    def _place(self, live: LiveJob, item: JobItem, view: ItemView) -> None:
        before = live.items.get(item.id)
        if before is not None:
            live.tally[_word(before.progress)] -= 1
        live.tally[_word(view.progress)] += 1
        live.items[item.id] = view
        if not view.progress.at_work:
            live.results.append(view)

    def _view(self, live: LiveJob) -> JobView:
        tally = live.tally
        ended = sum(tally[word] for word in (*Outcome, ItemState.STOPPED))
        in_flight = tuple(live.items[item] for item in list(live.flying)[:_SHOWN_IN_FLIGHT])
        view = JobView(
            id=live.job.id,
            action=live.job.action,
            actor=live.job.actor,
            started_at=live.started_at,
            ended_at=live.ended_at,
            total=len(live.items),
            waiting=len(live.waiting),
            running=len(live.items) - len(live.waiting) - ended,
            changed=tally[Outcome.CHANGED],
            unchanged=tally[Outcome.UNCHANGED],
            failed=tally[Outcome.FAILED],
            skipped=tally[Outcome.SKIPPED],
            restored=tally[Outcome.RESTORED],
            stranded=tally[Outcome.STRANDED],
            stopped=tally[ItemState.STOPPED],
            left_s=None,
            in_flight=in_flight,
            last_failure=live.last_failure,
            fleet_wide=live.fleet_wide,
            retry_of=live.job.retry_of,
        )
        if live.ended_at is None and view.finished >= _ETA_FROM:
            elapsed = self._clock.monotonic() - live.began
            left = elapsed / view.finished * (view.total - view.finished)
            view = replace(view, left_s=left)
        return view


def place_in_results(view: ItemView) -> tuple[int, str]:
    """Sort key of results: what needs attention first."""
    if view.progress.outcome is Outcome.SKIPPED:
        return 3, view.tenant_name.casefold()
    return _ORDER[view.progress.state], view.tenant_name.casefold()


def _word(progress: Progress) -> str:
    if progress.state in (ItemState.WAITING, ItemState.RUNNING, ItemState.STOPPED):
        return progress.state
    return progress.outcome or progress.state


def _waiting(job: Job, work: Work) -> ItemView:
    return ItemView(
        tenant=work.item.tenant,
        tenant_name=work.item.tenant_name,
        progress=in_line(job, work),
    )


def in_line(job: Job, work: Work) -> Progress:
    """A tenant that waits for a worker: one and the same for all who wait alike."""
    return _in_line(job.id, job.action, len(work.item.plan), work.counts.given, work.in_debt)


@lru_cache(maxsize=64)
def _in_line(job: int, action: Action, steps: int, given: int, paying: bool) -> Progress:
    return Progress(
        job=job,
        action=action,
        state=ItemState.WAITING,
        steps=steps,
        given=given,
        paying=paying,
    )
