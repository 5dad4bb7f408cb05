"""The journal read aloud."""

from collections.abc import Sequence

from cipp_tui.domain.audit import AuditEntry
from cipp_tui.domain.fleet import Progress
from cipp_tui.domain.jobs import ItemState, Job, Outcome, Word, in_debt, state_of
from cipp_tui.domain.permissions import NOTHING_DONE
from cipp_tui.services.advice import advise
from cipp_tui.services.notes import (
    END,
    counts_in,
    outcome_in,
    problem_in,
    refused_in,
    stopped_at_in,
    took_in,
)
from cipp_tui.services.views import ItemView, JobView
from cipp_tui.storage.journal import Entry


def entry_aloud(entry: Entry) -> AuditEntry:
    """One item, told to a human."""
    end = next((mark for mark in reversed(entry.marks) if mark.step == END), None)
    last = entry.marks[-1] if entry.marks else None
    outcome: Outcome | None = outcome_in(end.note) if end is not None else None
    problem = problem_in(end.note) if end is not None else None
    if end is None and in_debt(entry.item.plan, entry.marks):
        outcome = Outcome.STRANDED
        problem = problem_in(last.note) if last is not None else None
    return AuditEntry(
        at=last.at if last is not None else entry.job.created_at,
        actor=entry.job.actor,
        job=entry.job.id,
        action=entry.job.action,
        reason=entry.job.reason,
        tenant=entry.item.tenant,
        tenant_name=entry.item.tenant_name,
        outcome=outcome,
        stopped_at=stopped_at_in(end.note) if end is not None else last.step if last else "",
        counts=counts_in(end.note) if end is not None else NOTHING_DONE,
        problem=problem,
        request_id=problem.request_id if problem is not None else None,
    )


def item_view(entry: Entry) -> ItemView:
    """An item of an earlier run as a screen shows it."""
    aloud = entry_aloud(entry)
    end = next((mark for mark in entry.marks if mark.step == END), None)
    state = state_of(entry.item.plan, entry.marks)
    if aloud.outcome is Outcome.SKIPPED:
        state = ItemState.DONE
    elif end is not None and end.word is Word.STOPPED:
        state = ItemState.STOPPED
    elif aloud.outcome in (Outcome.CHANGED, Outcome.UNCHANGED):
        state = ItemState.DONE
    elif aloud.outcome is Outcome.FAILED:
        state = ItemState.FAILED
    elif end is None and state is ItemState.WAITING:
        state = ItemState.STOPPED  # interrupted: can be resumed
    cause = aloud.problem if aloud.outcome is Outcome.SKIPPED else None
    return ItemView(
        tenant=entry.item.tenant,
        tenant_name=entry.item.tenant_name,
        progress=Progress(
            job=entry.job.id,
            action=entry.job.action,
            state=state,
            step=aloud.stopped_at,
            steps=len(entry.item.plan),
            took_s=took_in(end.note) if end is not None else None,
            outcome=aloud.outcome,
            problem=None if cause is not None else aloud.problem,
            given=aloud.counts.given,
        ),
        counts=aloud.counts,
        refused=refused_in(end.note) if end is not None else (),
        skipped_because=advise(cause).headline if cause is not None else "",
    )


def job_view(job: Job, items: Sequence[ItemView], entries: Sequence[Entry]) -> JobView:
    """A job of an earlier run in numbers."""

    def count(outcome: Outcome) -> int:
        return sum(item.progress.outcome is outcome for item in items)

    ends = [mark.at for entry in entries for mark in entry.marks if mark.step == END]
    failures = [item for item in items if item.progress.state is ItemState.FAILED]
    return JobView(
        id=job.id,
        action=job.action,
        actor=job.actor,
        started_at=job.created_at,
        ended_at=max(ends, default=job.created_at),
        total=len(items),
        waiting=0,
        running=0,
        changed=count(Outcome.CHANGED),
        unchanged=count(Outcome.UNCHANGED),
        failed=count(Outcome.FAILED),
        skipped=count(Outcome.SKIPPED),
        restored=count(Outcome.RESTORED),
        stranded=count(Outcome.STRANDED),
        stopped=sum(item.progress.state is ItemState.STOPPED for item in items),
        left_s=None,
        in_flight=(),
        last_failure=failures[-1] if failures else None,
        retry_of=job.retry_of,
    )
