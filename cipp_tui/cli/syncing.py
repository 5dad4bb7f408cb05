"""Reading the list of tenants, or one of them, again."""

import argparse
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cipp_tui.cli.choosing import chosen, read_if_never, read_the_list
from cipp_tui.cli.exits import Exit
from cipp_tui.cli.opening import Interrupts, run_session
from cipp_tui.cli.output import tenant_facts
from cipp_tui.cli.streams import json_line, line
from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.problems import Unsuited
from cipp_tui.domain.tenants import Tenant, TenantId, UnreadableRow
from cipp_tui.services.session import Session
from cipp_tui.services.views import FactChange, Reading

_NAMED: Final = 20
"""Lines for one kind of news; the rest is counted."""
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def sync(arguments: argparse.Namespace) -> int:
    """Read the list again."""

    async def work(session: Session, _interrupts: Interrupts) -> int:
        began = time.monotonic()
        await session.ready()
        only: TenantId | None = None
        if arguments.tenant is not None:
            only = await _one_to_read(session, arguments.tenant)
            if only is None:
                return Exit.USAGE
        before = {row.id: row.tenant for row in session.fleet.rows()}
        reading = await read_the_list(session, only)
        if only is not None and session.fleet.row(only) is None:
            raise Unsuited(f"Nothing is known of tenant {only}.", code="unknown-tenant")
        if arguments.json:
            _print(session, only, before, reading, began)
        else:
            line(f"{reading.seen} tenants read: {reading.words}.")
            _name("Changed", reading.changed)
            _name("Unreadable relationship", reading.unreadable)
        return Exit.WELL

    return run_session(arguments, work)


def _name(what: str, entries: Sequence[FactChange | UnreadableRow]) -> None:
    for entry in entries[:_NAMED]:
        line(f"  {what}: {entry}")
    if len(entries) > _NAMED:
        line(f"  {what}: {len(entries) - _NAMED} more; --json names all")


def _print(
    session: Session,
    only: TenantId | None,
    before: dict[TenantId, Tenant],
    reading: Reading,
    began: float,
) -> None:
    rows = [row for row in session.fleet.rows() if only is None or row.id == only]
    changed = 0
    for row in sorted(rows, key=lambda row: row.tenant.name.casefold()):
        news = _facts(before.get(row.id)) != _facts(row.tenant)
        changed += news
        outcome = Outcome.CHANGED if news else Outcome.UNCHANGED
        problem = row.failures.problem if row.failures is not None else None
        json_line(tenant_facts(row, outcome=outcome, problem=problem))
    summary = {
        "total": len(rows),
        "changed": changed,
        "unchanged": len(rows) - changed,
        "failed": 0,
        "skipped": 0,
        "read": reading.seen,
        "new": len(reading.new),
        "gone": len(reading.gone),
        "renamed": sum(change.what == "name" for change in reading.changed),
        "changes": [
            {
                "id": change.tenant,
                "name": change.name,
                "what": change.what,
                "old": change.old,
                "new": change.new,
            }
            for change in reading.changed
        ],
        "excluded": reading.excluded,
        "unreadable": [
            {"relationship": row.name, "tenant": row.tenant, "why": row.why}
            for row in reading.unreadable
        ],
        "without_domain": len(reading.domains_unread),
        "http_requests": session.http_requests,
        "seconds": round(time.monotonic() - began, 3),
    }
    json_line({"summary": summary})


def _facts(tenant: Tenant | None) -> Tenant | None:
    """The tenant without what changes at every reading."""
    return replace(tenant, seen_at=None) if tenant is not None else None


async def _one_to_read(session: Session, word: str) -> TenantId | None:
    """A known tenant, or the id of one that is not known yet."""
    lower = word.strip().lower()
    if _GUID.fullmatch(lower):
        return TenantId(lower)
    await read_if_never(session)
    rows = await chosen(session, [word])
    return rows[0].id if rows else None
