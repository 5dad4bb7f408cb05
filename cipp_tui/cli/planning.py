"""What a refresh would change, without changing it."""

import argparse
import asyncio
import time

from cipp_tui.cli.acting import read_if_stale, whole_fleet
from cipp_tui.cli.choosing import chosen
from cipp_tui.cli.exits import Exit
from cipp_tui.cli.opening import Hold, Interrupts, run_session
from cipp_tui.cli.output import problem_facts, tenant_facts
from cipp_tui.cli.streams import json_line, line, tell
from cipp_tui.domain.due import due
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.problems import Problem, SignInProblem
from cipp_tui.services.advice import advise
from cipp_tui.services.records import extra_words, missing_words
from cipp_tui.services.session import Session

AT_ONCE = 16


def plan(arguments: argparse.Namespace) -> int:
    """Compare tenants with the wanted set."""
    if not (arguments.tenants or arguments.all):
        tell("cipp-tui plan: name tenants, or use --all")
        return Exit.USAGE

    async def work(session: Session, _interrupts: Interrupts) -> int:
        await session.ready()
        wanted = await session.wanted()
        began = time.monotonic()
        if arguments.tenants:
            rows = await chosen(session, arguments.tenants)
            if rows is None:
                return Exit.USAGE
        else:
            await read_if_stale(session)
            rows, _ = whole_fleet(session, due_only=False)
        gate = asyncio.Semaphore(AT_ONCE)
        tally = {"in_order": 0, "would_change": 0, "failed": 0}

        async def compare(row: TenantRow) -> None:
            async with gate:
                try:
                    comparison = await session.compare(row.id)
                except SignInProblem:
                    raise
                except Problem as problem:
                    tally["failed"] += 1
                    _print_failure(row, problem, as_json=arguments.json)
                    return
            diff = comparison.diff
            tally["in_order" if diff.in_order else "would_change"] += 1
            gain, extra = missing_words(diff, wanted), extra_words(diff, wanted)
            why = due(row, app=wanted.app, fingerprint=wanted.fingerprint, now=session.clock.now())
            if arguments.json:
                json_line(
                    tenant_facts(row)
                    | {
                        "consent_missing": diff.consent_missing,
                        "would_give": list(gain),
                        "would_take": [w for w in extra if w.startswith("delegated")]
                        if session.profile.prune
                        else [],
                        "would_keep": [] if session.profile.prune else list(extra),
                        "due": why.reason if why is not None else None,
                    }
                )
                return
            line(f"{row.tenant.name} ({row.tenant.label})")
            if diff.in_order and not extra:
                line("  = in order")
            if diff.consent_missing:
                line("  + consent")
            for words in gain:
                line(f"  + {words}")
            for words in extra:
                sign = "-" if session.profile.prune and words.startswith("delegated") else "="
                line(f"  {sign} {words} (extra)")

        try:
            async with asyncio.TaskGroup() as group:
                for row in rows:
                    group.create_task(compare(row))
        except ExceptionGroup as failed:  # all for one reason: no sign-in, or no reader any more
            raise failed.exceptions[0] from None
        seconds = time.monotonic() - began
        if arguments.json:
            json_line(
                {
                    "summary": {
                        "total": len(rows),
                        "changed": 0,
                        "unchanged": tally["in_order"],
                        "would_change": tally["would_change"],
                        "failed": tally["failed"],
                        "skipped": 0,
                        "http_requests": session.http_requests,
                        "seconds": round(seconds, 3),
                    }
                }
            )
        else:
            line(
                f"Nothing was changed: {tally['would_change']} would change,"
                f" {tally['in_order']} in order, {tally['failed']} could not be compared."
            )
        return Exit.SOME_FAILED if tally["failed"] else Exit.WELL

    return run_session(arguments, work, Hold.TRY)


def _print_failure(row: TenantRow, problem: Problem, *, as_json: bool) -> None:
    if as_json:
        json_line(tenant_facts(row) | {"problem": problem_facts(problem)})
        return
    advice = advise(problem)
    line(f"{row.tenant.name} ({row.tenant.label})")
    line(f"  x could not be compared: {advice.headline} {advice.advice} [{problem.code}]")
