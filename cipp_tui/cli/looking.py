"""Commands that only look."""

import argparse
import os
from collections import Counter
from collections.abc import Sequence
from typing import Any

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.opening import told
from cipp_tui.cli.output import counts_facts, csv_text, iso, problem_facts, table, tenant_facts
from cipp_tui.cli.stored import Shelf, run_look
from cipp_tui.cli.streams import json_line, line, tell
from cipp_tui.config import config_path, load_profiles
from cipp_tui.domain.audit import AuditEntry
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.problems import ConfigProblem
from cipp_tui.services.advice import advise
from cipp_tui.services.filter import compile_filter, haystack
from cipp_tui.services.views import JobView
from cipp_tui.widgets.actions import SPECS
from cipp_tui.widgets.columns import Seen, gdap_cell, permissions_cell, state_cell
from cipp_tui.widgets.keymap import keymap

_HEAD = ("Tenant", "Domain", "Tenant id", "State", "Permissions", "GDAP")


def tenants(arguments: argparse.Namespace) -> int:
    """Print the stored list."""

    async def look(shelf: Shelf) -> int:
        wanted = compile_filter(arguments.filter, shelf.clock.now())
        if wanted.error is not None:
            tell(f"cipp-tui tenants: --filter: {wanted.error}")
            return Exit.USAGE
        rows = sorted(
            (row for row in shelf.fleet.rows() if wanted.matches(row, haystack(row))),
            key=lambda row: row.tenant.name.casefold(),
        )
        if shelf.fleet.read_at is None:
            tell("The list was never read. cipp-tui sync reads it.")
        if arguments.json:
            for row in rows:
                problem = row.failures.problem if row.failures is not None else None
                json_line(tenant_facts(row, problem=problem, now=shelf.clock.now()))
            json_line(
                {
                    "summary": {
                        "total": len(rows),
                        "changed": 0,
                        "unchanged": len(rows),
                        "failed": 0,
                        "skipped": 0,
                        "http_requests": 0,
                        "seconds": 0.0,
                        "read_at": iso(shelf.fleet.read_at),
                    }
                }
            )
        elif arguments.csv:
            line(csv_text(_HEAD, [_cells(shelf, row) for row in rows]).rstrip("\n"))
        else:
            line(table(_HEAD, [_cells(shelf, row) for row in rows]))
        return Exit.WELL

    return run_look(arguments, look)


def jobs_list(arguments: argparse.Namespace) -> int:
    """Print the newest jobs."""

    async def look(shelf: Shelf) -> int:
        views = await shelf.past.jobs(getattr(arguments, "limit", 50))
        if arguments.json:
            for view in views:
                json_line(_job_facts(view))
            json_line({"summary": _added(views)})
            return Exit.WELL
        rows = [
            (str(view.id), view.action, str(view.total), _counts(view), iso(view.started_at) or "",
             view.actor)
            for view in views
        ]  # fmt: skip
        line(table(("Job", "Action", "Of", "Outcome", "Started", "By"), rows))
        return Exit.WELL

    return run_look(arguments, look)


def jobs_show(arguments: argparse.Namespace) -> int:
    """Print one job, tenant by tenant."""

    async def look(shelf: Shelf) -> int:
        view = await shelf.past.job(arguments.job)
        if view is None:
            tell(f"cipp-tui: there is no job {arguments.job}. cipp-tui jobs list shows them.")
            return Exit.USAGE
        entries = await shelf.past.of_job(arguments.job)
        _print_entries(shelf, entries, as_json=arguments.json)
        if arguments.json:
            json_line({"summary": _job_facts(view) | _added([view])})
        else:
            line(f"Job {view.id}: {_counts(view)}")
        return Exit.WELL

    return run_look(arguments, look)


def audit(arguments: argparse.Namespace) -> int:
    """Print who did what to whom."""

    async def look(shelf: Shelf) -> int:
        entries = await shelf.past.audit(arguments.limit)
        _print_entries(shelf, entries, as_json=arguments.json)
        if arguments.json:
            told = Counter(str(entry.outcome or "stopped") for entry in entries)
            counted = {name: told[name] for name in _COUNTED}
            json_line({"summary": {"total": len(entries), **counted, **_NOTHING_SENT}})
        return Exit.WELL

    return run_look(arguments, look)


def keys(_arguments: argparse.Namespace) -> int:
    """Print the keys in force."""
    try:
        wishes = load_profiles(config_path(os.environ)).keys
    except ConfigProblem as problem:
        return told(problem)
    in_force = keymap(wishes)
    rows = [(in_force.keys[spec.id], spec.id, spec.help) for spec in SPECS]
    line(table(("Keys", "Action", "What it does"), rows, widest=70))
    for problem_words in in_force.problems:
        tell(f"cipp-tui: keys: {problem_words}")
    return Exit.USAGE if in_force.problems else Exit.WELL


def _cells(shelf: Shelf, row: TenantRow) -> Sequence[str]:
    seen = Seen(shelf.clock.now())
    return (
        row.tenant.name,
        row.tenant.default_domain or "",
        row.id,
        state_cell(row, seen).words,
        permissions_cell(row, seen).words,
        gdap_cell(row, seen).words,
    )


def _print_entries(shelf: Shelf, entries: Sequence[AuditEntry], *, as_json: bool) -> None:
    if as_json:
        for entry in entries:
            json_line(_entry_facts(entry, shelf.fleet.row(entry.tenant)))
        return
    rows = [
        (
            iso(entry.at) or "",
            entry.actor,
            str(entry.job),
            entry.action,
            entry.tenant_name,
            entry.outcome or "not finished",
            advise(entry.problem).headline if entry.problem is not None else entry.reason,
        )
        for entry in entries
    ]
    line(table(("When", "Who", "Job", "Action", "Tenant", "Outcome", "Why"), rows))


def _entry_facts(entry: AuditEntry, row: TenantRow | None) -> dict[str, Any]:
    return {
        "at": iso(entry.at),
        "actor": entry.actor,
        "job": entry.job,
        "action": entry.action,
        "tenant_id": entry.tenant,
        "display_name": entry.tenant_name,
        "default_domain": row.tenant.default_domain if row is not None else None,
        **({"outcome": entry.outcome} if entry.outcome is not None else {}),
        "reason": entry.reason,
        "stopped_at": entry.stopped_at,
        "counts": counts_facts(entry.counts),
        "problem": problem_facts(entry.problem),
    }


_COUNTED = ("changed", "unchanged", "failed", "skipped", "restored", "stranded", "stopped")
_NOTHING_SENT = {"http_requests": 0, "seconds": 0.0}


def _added(views: Sequence[JobView]) -> dict[str, Any]:
    """Jobs added up: their tenants, by outcome."""
    counted = {name: sum(getattr(view, name) for view in views) for name in _COUNTED}
    return {"total": sum(view.total for view in views), **counted, **_NOTHING_SENT}


def _job_facts(view: JobView) -> dict[str, Any]:
    return {
        "job": view.id,
        "action": view.action,
        "actor": view.actor,
        "started_at": iso(view.started_at),
        "ended_at": iso(view.ended_at),
        "total": view.total,
        **{name: getattr(view, name) for name in _COUNTED},
    }


def _counts(view: JobView) -> str:
    parts = [
        f"{number} {word}"
        for number, word in (
            (view.changed, "changed"),
            (view.unchanged, "in order already"),
            (view.restored, "restored"),
            (view.failed, "failed"),
            (view.stranded, "without access"),
            (view.skipped, "left out"),
            (view.stopped, "not done"),
        )
        if number
    ]
    return ", ".join(parts) or "nothing"
