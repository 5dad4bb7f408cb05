"""Commands that change something."""

import argparse
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cipp_tui.cli.asking import agreed
from cipp_tui.cli.choosing import chosen, read_if_stale, whole_fleet
from cipp_tui.cli.exits import Exit
from cipp_tui.cli.following import Follower
from cipp_tui.cli.opening import Interrupts, debts_settled, run_session
from cipp_tui.cli.planning import losses_agreed
from cipp_tui.cli.streams import tell
from cipp_tui.domain.jobs import Action
from cipp_tui.domain.problems import Unsuited
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.next_steps import Surface
from cipp_tui.services.session import Session
from cipp_tui.services.suits import Selection, select
from cipp_tui.services.views import JobView

Do = Callable[[Session, Sequence[TenantId]], Awaitable[JobView]]
MOST_RESETS: Final = 50


def refresh(arguments: argparse.Namespace) -> int:
    """Give tenants the permissions they lack."""
    if bool(arguments.tenants) == (arguments.all or arguments.due):
        tell("cipp-tui refresh: name tenants, or use --all or --due")
        return Exit.USAGE

    async def act(session: Session, tenants: Sequence[TenantId]) -> JobView:
        return await session.acts.refresh(tenants)

    async def work(session: Session, interrupts: Interrupts) -> int:
        await session.ready()
        # What stops every tenant is told once, before the first of them.
        await session.inspection.wanted()
        _refuse_if_off(session, Action.REFRESH)
        if arguments.tenants:
            rows = await chosen(session, arguments.tenants)
            if rows is None:
                return Exit.USAGE
            selection = select(rows, Action.REFRESH)
        else:
            await read_if_stale(session)
            selection = whole_fleet(session, due_only=arguments.due)
        if session.profile.prune and not await losses_agreed(session, selection.taken, arguments):
            return Exit.USAGE
        task = Task(Action.REFRESH, selection, act)
        return await task.carry_out(session, interrupts, arguments)

    return run_session(arguments, work)


def exclude(arguments: argparse.Namespace) -> int:
    """Stop managing tenants."""

    async def act(session: Session, tenants: Sequence[TenantId]) -> JobView:
        return await session.acts.exclude(tenants, arguments.reason)

    return _act_on_named(arguments, Action.EXCLUDE, act)


def include(arguments: argparse.Namespace) -> int:
    """Manage excluded tenants again."""

    async def act(session: Session, tenants: Sequence[TenantId]) -> JobView:
        return await session.acts.include(tenants)

    return _act_on_named(arguments, Action.INCLUDE, act)


def remove(arguments: argparse.Namespace) -> int:
    """Take tenants off the list."""

    async def act(session: Session, tenants: Sequence[TenantId]) -> JobView:
        return await session.acts.remove(tenants, exclude=arguments.exclude)

    return _act_on_named(arguments, Action.REMOVE, act)


def reset(arguments: argparse.Namespace) -> int:
    """Take access away and give it back."""
    if not arguments.yes_remove_access and not sys.stdin.isatty():
        tell(
            "cipp-tui reset: takes a customer's access away for about a minute. Nobody can be"
            " asked here: add --yes-remove-access"
        )
        return Exit.USAGE

    async def act(session: Session, tenants: Sequence[TenantId]) -> JobView:
        return await session.acts.reset(tenants)

    async def work(session: Session, interrupts: Interrupts) -> int:
        await session.ready()
        await session.inspection.wanted()
        _refuse_if_off(session, Action.RESET)
        rows = await chosen(session, arguments.tenants)
        if rows is None:
            return Exit.USAGE
        selection = select(rows, Action.RESET)
        if len(selection.taken) > MOST_RESETS:
            tell(f"cipp-tui reset: at most {MOST_RESETS} tenants in one go")
            return Exit.USAGE
        task = Task(Action.RESET, selection, act)
        return await task.carry_out(session, interrupts, arguments)

    return run_session(arguments, work)


def write_off(arguments: argparse.Namespace) -> int:
    """Owe tenants nothing more whose access cannot be given back."""

    async def act(session: Session, tenants: Sequence[TenantId]) -> JobView:
        return await session.acts.write_off(tenants, arguments.reason)

    async def work(session: Session, interrupts: Interrupts) -> int:
        _refuse_if_off(session, Action.WRITE_OFF)
        await debts_settled(session)  # perhaps there is nothing to write off
        rows = await chosen(session, arguments.tenants)
        if rows is None:
            return Exit.USAGE
        selection = select(rows, Action.WRITE_OFF)
        task = Task(Action.WRITE_OFF, selection, act)
        return await task.carry_out(session, interrupts, arguments)

    return run_session(arguments, work)


def resume(arguments: argparse.Namespace) -> int:
    """Go on with an interrupted job."""

    async def work(session: Session, interrupts: Interrupts) -> int:
        await session.ready()
        left = session.jobs.interrupted
        paying = session.jobs.running()
        job = arguments.job or max(left, default=None)
        follower = Follower.of(session, arguments.json)
        if paying is not None and (job is None or job == paying.id):
            return await follower.follow(paying, interrupts)
        if job is None:
            tell("No job was interrupted.")
            return follower.nothing(())
        if job not in left:
            tell(f"cipp-tui: job {job} has nothing left to do. Interrupted: {sorted(left) or '-'}")
            return Exit.USAGE
        left_out = session.acts.leave_out(job)
        if job not in session.jobs.interrupted:
            return follower.nothing(left_out)
        return await follower.follow(await session.acts.resume(job), interrupts, left_out)

    return run_session(arguments, work)


@dataclass(frozen=True, slots=True)
class Task:
    """What a command is about to do, and to whom."""

    action: Action
    selection: Selection
    act: Do

    async def carry_out(
        self, session: Session, interrupts: Interrupts, arguments: argparse.Namespace
    ) -> int:
        """Ask where it has to be asked, do it, and print what became of it; the exit code."""
        taken, left_out = self.selection.taken, self.selection.left_out
        if not await agreed(session, self.action, taken, arguments):
            return Exit.USAGE
        follower = Follower.of(session, arguments.json)
        if not taken:
            return follower.nothing(left_out)
        view = await self.act(session, [row.id for row in taken])
        return await follower.follow(view, interrupts, left_out)


def _act_on_named(arguments: argparse.Namespace, action: Action, act: Do) -> int:
    async def work(session: Session, interrupts: Interrupts) -> int:
        _refuse_if_off(session, action)
        rows = await chosen(session, arguments.tenants)
        if rows is None:
            return Exit.USAGE
        task = Task(action, select(rows, action), act)
        return await task.carry_out(session, interrupts, arguments)

    return run_session(arguments, work)


def _refuse_if_off(session: Session, action: Action) -> None:
    reason = session.acts.why_off(action, Surface.COMMAND_LINE)
    if reason is not None:
        raise Unsuited(reason, code="off")
