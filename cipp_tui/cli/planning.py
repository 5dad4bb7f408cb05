"""What a refresh would change, without changing it; as words, as facts, as a change notice."""

import argparse
import io
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cipp_tui.cli.asking import typed
from cipp_tui.cli.choosing import chosen, read_if_stale, whole_fleet
from cipp_tui.cli.exits import Exit
from cipp_tui.cli.opening import Hold, Interrupts, run_session
from cipp_tui.cli.plan_output import Plans, change_words
from cipp_tui.cli.streams import PROGRESS, line, tell
from cipp_tui.config.files import os_words
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.screens.export import FORMATS, Format, Table, written
from cipp_tui.screens.notice import notice_table
from cipp_tui.services.filter import compile_filter, haystack
from cipp_tui.services.plans import TenantPlan, left_out_plan, plan_tenants
from cipp_tui.services.session import Session
from cipp_tui.services.suits import LeftOut, Selection

AT_ONCE: Final = 16
_NOTICES: Final[dict[str, Format]] = {"csv": FORMATS[0], "json": FORMATS[1]}
_BY_SUFFIX: Final = {".csv": "csv", ".json": "json", ".jsonl": "json"}


def plan(arguments: argparse.Namespace) -> int:
    """Compare tenants with the wanted set."""
    if bool(arguments.tenants) == (arguments.all or arguments.due):
        tell("cipp-tui plan: name tenants, or use --all or --due")
        return Exit.USAGE
    if arguments.json and arguments.format is not None and not arguments.export:
        tell("cipp-tui plan: --json prints the plan, --format its notice; add --export for both")
        return Exit.USAGE
    export = Path(arguments.export).expanduser() if arguments.export else None
    if (refused := _why_not_there(export, arguments.format)) is not None:
        tell(f"cipp-tui plan: --export {arguments.export}: {refused}")
        return Exit.USAGE

    async def work(session: Session, _interrupts: Interrupts) -> int:
        await session.ready()
        wanted = await session.inspection.wanted()
        began = time.monotonic()
        selection = await _selection(session, arguments)
        if selection is None:
            return Exit.USAGE
        # The notice goes where the words would go, when no file was named for it.
        quiet = arguments.format is not None and export is None
        plans = Plans(session, as_json=arguments.json, quiet=quiet)
        for one in selection.left_out:
            plans.found(one.row, left_out_plan(one))
        await _plan_all(session, selection.taken, plans)
        if arguments.format is not None or export is not None:
            notice = notice_table(
                plans.all,
                profile=session.profile.name,
                wanted=wanted,
                at=session.clock.now(),
            )
            form = _form(export, arguments.format)
            if export is None:
                words = io.StringIO()
                form.write(words, notice)
                line(words.getvalue().rstrip("\n"))
            elif (failed := await _failed_to_write(export, form, notice)) is not None:
                tell(f"cipp-tui plan: --export {arguments.export}: {failed}")
                return Exit.SOME_FAILED
            else:
                tell(f"Wrote {len(notice.rows):,} lines to {export}")
        plans.sum_up(time.monotonic() - began)
        return Exit.SOME_FAILED if plans.tally["failed"] else Exit.WELL

    return run_session(arguments, work, Hold.TRY)


async def losses_agreed(
    session: Session, rows: Sequence[TenantRow], arguments: argparse.Namespace
) -> bool:
    """Show what `prune = true` would take away; on a terminal, ask whether it may."""
    losing = Losing()
    await _plan_all(session, rows, losing)
    if not losing.count or arguments.count is not None or not sys.stdin.isatty():
        return True
    question = f"prune takes these away from {losing.count} tenants. Type y to go on:"
    if await typed(question) == "y":
        return True
    tell("Nothing was changed.")
    return False


class Losing:
    """Tells, for the human, what tenants would lose, and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def found(self, row: TenantRow, planned: TenantPlan) -> None:
        """One tenant was compared."""
        if not planned.removed_count:
            return
        self.count += 1
        tell(f"{row.tenant.name} ({row.tenant.label}) would lose")
        for one in planned.removals():
            tell(f"  - {change_words(planned, one)}")


async def _selection(session: Session, arguments: argparse.Namespace) -> Selection | None:
    """Whom the plan is about; None, with the reason told, when that is unclear."""
    narrowed = compile_filter(arguments.filter, session.clock.now())
    if narrowed.error is not None:
        tell(f"cipp-tui plan: --filter: {narrowed.error}")
        return None
    if arguments.tenants:
        rows = await chosen(session, arguments.tenants)
        if rows is None:
            return None
        selection = Selection(tuple(rows), ())
    else:
        await read_if_stale(session)
        selection = whole_fleet(session, due_only=arguments.due)

    def fits(row: TenantRow) -> bool:
        return narrowed.fits(row, haystack(row))

    return Selection(
        tuple(row for row in selection.taken if fits(row)),
        tuple(LeftOut(one.row, one.reason) for one in selection.left_out if fits(one.row)),
    )


async def _plan_all(session: Session, rows: Sequence[TenantRow], to: Plans | Losing) -> None:
    """Compare tenants, several at once; each plan is handed over as it comes."""
    done = 0

    def found(row: TenantRow, planned: TenantPlan) -> None:
        nonlocal done
        done += 1
        to.found(row, planned)
        PROGRESS.show(f"{done:,} of {len(rows):,} compared")

    try:
        await plan_tenants(session, rows, found, at_once=AT_ONCE)
    finally:
        PROGRESS.clear()


# -- the change notice --------------------------------------------------------------------------
def _form(export: Path | None, named: str | None) -> Format:
    suffix = export.suffix.lower() if export is not None else ""
    return _NOTICES[named or _BY_SUFFIX[suffix]]


def _why_not_there(export: Path | None, named: str | None) -> str | None:
    """Why a notice cannot be written there; asked before anything is read."""
    if export is None:
        return None
    if named is None and export.suffix.lower() not in _BY_SUFFIX:
        return "add --format csv or --format json, or end the name in .csv or .json"
    if os.path.lexists(export):
        return "it is there already, and nothing is overwritten"
    if not export.parent.is_dir():
        return "there is no such folder"
    return None


async def _failed_to_write(export: Path, form: Format, notice: Table) -> str | None:
    """Write the notice; why it could not be written, None when it was."""
    try:
        await written(export, form, notice)
    except OSError as error:
        return os_words(error)
    return None
