"""What the job screens do to a job: stop it, try the failed again, copy and export its results."""

from collections.abc import Mapping, Sequence

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Action
from cipp_tui.domain.problems import Problem
from cipp_tui.screens.bulk import BulkSheet
from cipp_tui.screens.export import Table, cells
from cipp_tui.screens.framed import FramedScreen
from cipp_tui.screens.reset import ResetSheet
from cipp_tui.screens.results import name_cell, step_cell, what_happened
from cipp_tui.screens.tenants_asking import AT_ONCE, TYPED_FROM, yes_no
from cipp_tui.services.session import Session
from cipp_tui.services.suits import Selection, select
from cipp_tui.services.views import ItemView, JobView
from cipp_tui.widgets.words import tenants


async def stop_job(screen: FramedScreen, job: JobView | None) -> None:
    """Ask in one line, with what stopping means, and stop."""
    if job is None or not job.at_work:
        screen.refuse("Stop: this job is not running." if job else "Stop: there is no job here.")
        return
    words = (
        f"Stop job {job.id}?  {job.running:,} in flight will finish,"
        f" {job.waiting:,} will not start."
    )
    if await screen.ask(yes_no(words, "Stop")) == "y":
        screen.session.jobs.stop(job.id)


async def retry_job(screen: FramedScreen, job: JobView | None) -> int | None:
    """Begin a new job for those that failed or were not started; its number, None when not."""
    session = screen.session
    if job is None or job.at_work:
        screen.refuse("Retry: this job still runs." if job else "Retry: there is no job here.")
        return None
    if (reason := session.acts.why_off(job.action)) is not None:
        screen.refuse(f"Retry: {reason}")
        return None
    if job.action not in (Action.REFRESH, Action.RESET):
        screen.refuse("Retry: only refreshes and resets can be tried again.")
        return None
    again = [item for item in session.jobs.items(job.id) if item.needs_retry]
    found = [session.fleet.row(item.tenant) for item in again]
    rows = [row for row in found if row is not None]
    if not select(rows, job.action).taken:
        screen.refuse(f"Retry: nobody in job {job.id} failed or was left, that can be tried again.")
        return None
    try:
        if job.action is Action.RESET:
            return await _reset_again(screen, job, rows)
        return await _refresh_again(screen, job, rows)
    except Problem as problem:
        screen.refuse(f"Retry: {problem.message}")
        return None


async def _reset_again(screen: FramedScreen, job: JobView, rows: Sequence[TenantRow]) -> int | None:
    """A second reset takes access away as the first would have: it asks as much."""
    sheet = ResetSheet(screen.session, select(rows, Action.RESET))
    chosen = await screen.app.push_screen_wait(sheet)
    if not chosen:
        return None
    view = await screen.session.acts.reset(chosen, reason=f"retries job {job.id}", retry_of=job.id)
    return view.id


async def _refresh_again(
    screen: FramedScreen, job: JobView, rows: Sequence[TenantRow]
) -> int | None:
    if not await agreed_to_refresh(screen, select(rows, Action.REFRESH)):
        return None
    return (await screen.session.acts.retry(job.id)).id


async def agreed_to_refresh(screen: FramedScreen, selection: Selection) -> bool:
    """Ask as much as the number of tenants asks for."""
    count = len(selection.taken)
    if count >= TYPED_FROM[Action.REFRESH]:
        sheet = BulkSheet("Refresh", selection, type_number=True, clock=screen.session.clock)
        return await screen.app.push_screen_wait(sheet) is not None
    if count > AT_ONCE[Action.REFRESH] or screen.session.profile.confirm_always:
        question = yes_no(f"Refresh {tenants(count)}?", "Refresh", selection.taken)
        return await screen.ask(question) == "y"
    return True


def copyable_of(session: Session, item: ItemView) -> Mapping[str, str]:
    """What `y` offers on one tenant of a job."""
    row = session.fleet.row(item.tenant)
    domain = row.tenant.default_domain if row is not None else None
    return {
        "d": domain or "",
        "i": item.tenant,
        "n": item.tenant_name,
        "r": "  ".join(line_of(item)),
        "e": error_of(item),
    }


def error_of(item: ItemView) -> str:
    """The raw error with its ids, for a ticket."""
    problem = item.progress.problem
    if problem is None:
        return ""
    facts = (
        problem.message,
        f"code {problem.code}" if problem.code else "",
        f"status {problem.status}" if problem.status else "",
        f"host {problem.host}" if problem.host else "",
        f"request id {problem.request_id}" if problem.request_id else "",
        f"at {problem.at}" if problem.at else "",
        f"tenant {item.tenant}",
    )
    return "\n".join(fact for fact in facts if fact)


def line_of(item: ItemView) -> list[str]:
    """One tenant's result in words."""
    return [
        name_cell(item).words.strip(),
        step_cell(item).words,
        what_happened(item, whole=True).words,
    ]


def results_table(session: Session, job: JobView) -> Table:
    """Every tenant of a job, for an export."""

    def facts(item: ItemView) -> tuple[object, ...]:
        row = session.fleet.row(item.tenant)
        progress = item.progress
        took = "" if progress.took_s is None else f"{progress.took_s:.1f}"
        return (
            item.tenant_name,
            row.tenant.default_domain if row is not None else None,
            item.tenant,
            progress.outcome or progress.state,
            step_cell(item).words,
            took,
            what_happened(item, whole=True).words,
            progress.problem.request_id if progress.problem is not None else None,
        )

    heads = (
        "tenant",
        "domain",
        "tenant id",
        "outcome",
        "stopped at",
        "seconds",
        "what happened",
        "request id",
    )
    return Table(heads, cells(facts(item) for item in session.jobs.items(job.id)))
