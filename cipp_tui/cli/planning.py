"""What a refresh would change, without changing it."""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from cipp_tui.api.backend import Comparison
from cipp_tui.cli.asking import typed
from cipp_tui.cli.choosing import chosen, read_if_stale, whole_fleet
from cipp_tui.cli.exits import Exit
from cipp_tui.cli.opening import Hold, Interrupts, run_session
from cipp_tui.cli.output import tenant_facts
from cipp_tui.cli.streams import PROGRESS, json_line, line, tell
from cipp_tui.domain.due import due
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.permissions import PermissionDiff
from cipp_tui.domain.problems import Problem, SignInProblem
from cipp_tui.services.advice import advise
from cipp_tui.services.records import extra_words, missing_words
from cipp_tui.services.session import Session
from cipp_tui.services.suits import LeftOut, Selection

AT_ONCE: Final = 16

Found = Callable[[TenantRow, Comparison | Problem], None]


def plan(arguments: argparse.Namespace) -> int:
    """Compare tenants with the wanted set."""
    if bool(arguments.tenants) == arguments.all:
        tell("cipp-tui plan: name tenants, or use --all")
        return Exit.USAGE

    async def work(session: Session, _interrupts: Interrupts) -> int:
        await session.ready()
        await session.wanted()
        began = time.monotonic()
        if arguments.tenants:
            rows = await chosen(session, arguments.tenants)
            if rows is None:
                return Exit.USAGE
            selection = Selection(tuple(rows), ())
        else:
            await read_if_stale(session)
            selection = whole_fleet(session, due_only=False)
        plans = Plans(session, as_json=arguments.json)
        for one in selection.left_out:
            plans.skipped(one)
        await _compare(session, selection.taken, plans.found)
        plans.sum_up(time.monotonic() - began)
        return Exit.SOME_FAILED if plans.tally["failed"] else Exit.WELL

    return run_session(arguments, work, Hold.TRY)


async def losses_agreed(
    session: Session, rows: Sequence[TenantRow], arguments: argparse.Namespace
) -> bool:
    """Show what `prune = true` would take away; on a terminal, ask whether it may."""
    losing = 0

    def found(row: TenantRow, comparison: Comparison | Problem) -> None:
        nonlocal losing
        if isinstance(comparison, Problem) or not comparison.diff.scopes_extra:
            return
        losing += 1
        extra = _prunable(extra_words(comparison.diff, comparison.wanted))
        tell(f"{row.tenant.name} ({row.tenant.label}) would lose")
        for words in extra:
            tell(f"  - {words}")

    await _compare(session, rows, found)
    if not losing or arguments.count is not None or not sys.stdin.isatty():
        return True
    if await typed(f"prune takes these away from {losing} tenants. Type y to go on:") == "y":
        return True
    tell("Nothing was changed.")
    return False


async def _compare(session: Session, rows: Sequence[TenantRow], found: Found) -> None:
    """Compare tenants, several at once; each result is handed over as it comes."""
    gate = asyncio.Semaphore(AT_ONCE)
    done = 0

    async def compare(row: TenantRow) -> None:
        nonlocal done
        async with gate:
            result: Comparison | Problem
            try:
                result = await session.compare(row.id)
            except SignInProblem:
                raise
            except Problem as problem:
                result = problem
        done += 1
        found(row, result)
        PROGRESS.show(f"{done:,} of {len(rows):,} compared")

    try:
        async with asyncio.TaskGroup() as group:
            for row in rows:
                group.create_task(compare(row))
    except ExceptionGroup as failed:  # all for one reason: no sign-in, or no reader any more
        raise failed.exceptions[0] from None
    finally:
        PROGRESS.clear()


class Plans:
    """Prints plans, and counts them."""

    def __init__(self, session: Session, *, as_json: bool) -> None:
        self._session = session
        self._as_json = as_json
        self.tally: Counter[str] = Counter()

    def found(self, row: TenantRow, comparison: Comparison | Problem) -> None:
        """Print what a refresh would do to the tenant, or why that is not known."""
        if isinstance(comparison, Problem):
            self.tally["failed"] += 1
            self._print_failure(row, comparison)
            return
        self.tally["unchanged" if comparison.diff.in_order else "would_change"] += 1
        gain = missing_words(comparison.diff, comparison.wanted)
        extra = extra_words(comparison.diff, comparison.wanted)
        loss = _prunable(extra) if self._session.profile.prune else ()
        if self._as_json:
            self._print_facts(row, comparison, gain, loss, extra)
        else:
            _print_words(row, comparison.diff, gain, loss, extra)

    def skipped(self, one: LeftOut) -> None:
        """Print that a refresh would leave the tenant out."""
        self.tally["skipped"] += 1
        if self._as_json:
            json_line(tenant_facts(one.row, skipped_because=one.reason))
        else:
            line(f"{one.row.tenant.name} ({one.row.tenant.label})\n  - left out: {one.reason}")

    def sum_up(self, seconds: float) -> None:
        """Print the numbers."""
        tally = self.tally
        if self._as_json:
            summary = {
                "total": tally.total(),
                "changed": 0,
                **{name: tally[name] for name in ("unchanged", "would_change", "failed")},
                "skipped": tally["skipped"],
                "http_requests": self._session.http_requests,
                "seconds": round(seconds, 3),
            }
            json_line({"summary": summary})
        else:
            line(
                f"Nothing was changed: {tally['would_change']} would change,"
                f" {tally['unchanged']} in order, {tally['failed']} could not be compared,"
                f" {tally['skipped']} left out."
            )

    def _print_facts(
        self,
        row: TenantRow,
        comparison: Comparison,
        gain: Sequence[str],
        loss: Sequence[str],
        extra: Sequence[str],
    ) -> None:
        app, fingerprint = comparison.wanted.app, comparison.wanted.fingerprint
        now = self._session.clock.now()
        why = due(row, app=app, fingerprint=fingerprint, now=now)
        news = {
            "consent_missing": comparison.diff.consent_missing,
            "would_give": list(gain),
            "would_take": list(loss),
            "would_keep": [words for words in extra if words not in loss],
            "due": why.reason if why is not None else None,
        }
        json_line(tenant_facts(row, now=now) | news)

    def _print_failure(self, row: TenantRow, problem: Problem) -> None:
        if self._as_json:
            json_line(tenant_facts(row, problem=problem, now=self._session.clock.now()))
            return
        advice = advise(problem)
        raw = " ".join(filter(None, (problem.code, problem.request_id)))
        line(
            f"{row.tenant.name} ({row.tenant.label})\n"
            f"  x could not be compared: {advice.headline} {advice.advice} [{raw}]"
        )


def _print_words(
    row: TenantRow,
    diff: PermissionDiff,
    gain: Sequence[str],
    loss: Sequence[str],
    extra: Sequence[str],
) -> None:
    lines = [f"{row.tenant.name} ({row.tenant.label})"]
    if diff.in_order:
        lines.append("  = in order")
    if diff.consent_missing:
        lines.append("  + consent")
    lines += [f"  + {words}" for words in gain]
    lines += [f"  {'-' if words in loss else '='} {words} (extra)" for words in extra]
    line("\n".join(lines))


def _prunable(extra: Sequence[str]) -> tuple[str, ...]:
    """What a refresh with `prune = true` takes away: app roles are never among it."""
    return tuple(words for words in extra if words.startswith("delegated"))
