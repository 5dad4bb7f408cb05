"""Commands that change something."""

import argparse
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from cipp_tui.cli.choosing import chosen, read_if_never
from cipp_tui.cli.exits import Exit
from cipp_tui.cli.following import Follower
from cipp_tui.cli.opening import Interrupts, run_session
from cipp_tui.cli.output import json_line, line, tell, tenant_facts
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Action
from cipp_tui.domain.problems import Unsuited
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.session import Session
from cipp_tui.services.suits import LeftOut, select
from cipp_tui.services.views import JobView

Do = Callable[[Session, Sequence[TenantId]], Awaitable[JobView]]
STALE = timedelta(hours=1)
MOST_RESETS = 50


def refresh(arguments: argparse.Namespace) -> int:
    """Give tenants the permissions they lack."""
    if not (arguments.tenants or arguments.all or arguments.due):
        tell("cipp-tui refresh: name tenants, or use --all or --due")
        return Exit.USAGE

    async def work(session: Session, interrupts: Interrupts) -> int:
        await session.ready()
        if arguments.tenants:
            rows = await chosen(session, arguments.tenants)
            if rows is None:
                return Exit.USAGE
            selection = select(rows, Action.REFRESH)
            taken, left_out = list(selection.taken), list(selection.left_out)
        else:
            await read_if_stale(session)
            taken, left_out = whole_fleet(session, due_only=arguments.due)
        follower = Follower.of(session, arguments.json)
        view = await session.refresh([row.id for row in taken])
        return await follower.follow(view, interrupts, left_out)

    return run_session(arguments, work)


def exclude(arguments: argparse.Namespace) -> int:
    """Stop managing tenants."""

    async def act(session: Session, tenants: Sequence[TenantId]) -> JobView:
        return await session.exclude(tenants, arguments.reason)

    return _act_on_named(arguments, Action.EXCLUDE, act)


def include(arguments: argparse.Namespace) -> int:
    """Manage excluded tenants again."""

    async def act(session: Session, tenants: Sequence[TenantId]) -> JobView:
        return await session.include(tenants)

    return _act_on_named(arguments, Action.INCLUDE, act)


def remove(arguments: argparse.Namespace) -> int:
    """Take tenants off the list."""

    async def act(session: Session, tenants: Sequence[TenantId]) -> JobView:
        return await session.remove(tenants, exclude=arguments.exclude)

    return _act_on_named(arguments, Action.REMOVE, act)


def reset(arguments: argparse.Namespace) -> int:
    """Take access away and give it back."""
    if not arguments.yes_remove_access and not sys.stdin.isatty():
        tell(
            "cipp-tui reset: takes a customer's access away for about a minute. Nobody can be"
            " asked here: add --yes-remove-access"
        )
        return Exit.USAGE

    async def work(session: Session, interrupts: Interrupts) -> int:
        await session.ready()
        rows = await chosen(session, arguments.tenants)
        if rows is None:
            return Exit.USAGE
        selection = select(rows, Action.RESET)
        if len(selection.taken) > MOST_RESETS:
            tell(f"cipp-tui reset: at most {MOST_RESETS} tenants in one go")
            return Exit.USAGE
        if selection.taken and not arguments.yes_remove_access:
            with interrupts.at_prompt():
                confirmed = _confirmed(selection.taken)
            if not confirmed:
                tell("Nothing was changed.")
                return Exit.USAGE
        follower = Follower.of(session, arguments.json)
        view = await session.reset([row.id for row in selection.taken])
        return await follower.follow(view, interrupts, selection.left_out)

    return run_session(arguments, work)


def resume(arguments: argparse.Namespace) -> int:
    """Go on with an interrupted job."""

    async def work(session: Session, interrupts: Interrupts) -> int:
        await session.ready()
        left = session.interrupted
        paying = session.running_job()
        job = arguments.job or max(left, default=None)
        if paying is not None and (job is None or job == paying.id):
            return await Follower.of(session, arguments.json).follow(paying, interrupts)
        if job is None:
            tell("No job was interrupted.")
            return Exit.WELL
        if job not in left:
            tell(f"cipp-tui: job {job} has nothing left to do. Interrupted: {sorted(left) or '-'}")
            return Exit.USAGE
        follower = Follower.of(session, arguments.json)
        return await follower.follow(await session.resume(job), interrupts)

    return run_session(arguments, work)


def sync(arguments: argparse.Namespace) -> int:
    """Read the list again."""

    async def work(session: Session, _interrupts: Interrupts) -> int:
        await session.ready()
        only: TenantId | None = None
        if arguments.tenant is not None:
            only = await _one_to_read(session, arguments.tenant)
            if only is None:
                return Exit.USAGE
        session.read_list(only)
        reading = await session.list_read()
        if reading.problem is not None:
            raise reading.problem
        shown = [session.fleet.row(only)] if only is not None else session.fleet.rows()
        rows = [row for row in shown if row is not None]
        if only is not None and not rows:
            raise Unsuited(f"Nothing is known of tenant {only}", code="unknown-tenant")
        if not arguments.json:
            line(f"{reading.seen} tenants read: {reading.words}.")
            return Exit.WELL
        for row in sorted(rows, key=lambda row: row.tenant.name.casefold()):
            json_line(tenant_facts(row))
        json_line(
            {
                "summary": {
                    "total": reading.seen,
                    "changed": len(reading.new) + len(reading.gone) + len(reading.renamed),
                    "unchanged": reading.seen
                    - len(reading.new)
                    - len(reading.gone)
                    - len(reading.renamed),
                    "failed": len(reading.domains_unread),
                    "skipped": 0,
                    "new": len(reading.new),
                    "gone": len(reading.gone),
                    "renamed": len(reading.renamed),
                    "http_requests": session.http_requests,
                    "seconds": round((session.clock.now() - reading.started_at).total_seconds(), 3)
                    if reading.started_at is not None
                    else 0.0,
                }
            }
        )
        return Exit.WELL

    return run_session(arguments, work)


def _act_on_named(arguments: argparse.Namespace, action: Action, act: Do) -> int:
    async def work(session: Session, interrupts: Interrupts) -> int:
        rows = await chosen(session, arguments.tenants)
        if rows is None:
            return Exit.USAGE
        selection = select(rows, action)
        follower = Follower.of(session, arguments.json)
        view = await act(session, [row.id for row in selection.taken])
        return await follower.follow(view, interrupts, selection.left_out)

    return run_session(arguments, work)


async def read_if_stale(session: Session) -> None:
    """Read the list where the stored one is old, and ours to replace. Raises: Problem."""
    if session.looking_only is not None:
        return
    read_at = session.fleet.read_at
    if read_at is None or session.clock.now() - read_at > STALE:
        session.read_list()
        reading = await session.list_read()
        if reading.problem is not None:
            raise reading.problem


def whole_fleet(session: Session, *, due_only: bool) -> tuple[list[TenantRow], list[LeftOut]]:
    """Whom a run over the fleet takes: nobody that is excluded."""
    rows = session.fleet.due_tenants() if due_only else session.fleet.rows()
    rows = sorted(rows, key=lambda row: row.tenant.name.casefold())
    excluded = [LeftOut(row, "excluded") for row in rows if row.exclusion is not None]
    selection = select([row for row in rows if row.exclusion is None], Action.REFRESH)
    return list(selection.taken), [*excluded, *selection.left_out]


async def _one_to_read(session: Session, word: str) -> TenantId | None:
    """A known tenant, or the id of one that is not known yet."""
    lower = word.strip().lower()
    if len(lower) == 36 and lower.count("-") == 4:
        return TenantId(lower)
    await read_if_never(session)
    rows = await chosen(session, [word])
    return rows[0].id if rows else None


def _confirmed(rows: Sequence[TenantRow]) -> bool:
    """Ask on the terminal; only the exact words count."""
    if len(rows) == 1:
        tenant = rows[0].tenant
        tell(
            f"RESET {tenant.name}: takes our app's access to this customer away and gives it back."
        )
        wanted = {tenant.name.casefold(), (tenant.default_domain or tenant.id[:8]).casefold()}
        tell(f"Type {tenant.default_domain or tenant.id[:8]} to go on:")
    else:
        tell(f"RESET {len(rows)} tenants: takes our app's access away and gives it back.")
        wanted = {f"reset {len(rows)}"}
        tell(f"Type reset {len(rows)} to go on:")
    return sys.stdin.readline().strip().casefold() in wanted
