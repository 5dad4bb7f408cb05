"""Why a tenant does not work: one verdict, one next step, and the facts it stands on."""

import argparse
import asyncio
import time
import uuid
from typing import Any, Final

from cipp_tui.cli.choosing import chosen
from cipp_tui.cli.exits import Exit
from cipp_tui.cli.opening import Hold, Interrupts, run_session
from cipp_tui.cli.output import exit_of, iso, tenant_facts
from cipp_tui.cli.streams import PROGRESS, json_line, line, tell
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.problems import Problem, facts_of
from cipp_tui.domain.tenants import TenantId
from cipp_tui.domain.text import clean
from cipp_tui.services.diagnosis import Diagnosis, Weight
from cipp_tui.services.next_steps import Surface
from cipp_tui.services.session import Session

_LABEL: Final = 12
_LOOK_S: Final = 0.2


def why(arguments: argparse.Namespace) -> int:
    """Ask the services about one tenant; nothing is written, here or there."""

    async def work(session: Session, _interrupts: Interrupts) -> int:
        tenant = _unlisted(session, arguments.tenant)
        if tenant is None:
            if session.fleet.read_at is None:
                tell("The list was never read. cipp-tui sync reads it; a tenant's GUID works now.")
            rows = await chosen(session, [arguments.tenant])
            if rows is None:
                return Exit.USAGE
            tenant = rows[0].id
        began = time.monotonic()
        diagnosis = await _asked(session, tenant)
        row = session.fleet.row(tenant)
        if arguments.json:
            _print_facts(session, tenant, row, diagnosis, time.monotonic() - began)
        else:
            _print_words(tenant, row, diagnosis)
        return _code(row, diagnosis)

    return run_session(arguments, work, Hold.LOOK)


def _unlisted(session: Session, word: str) -> TenantId | None:
    """The GUID of a tenant that the list does not have; None for every other word."""
    try:
        tenant = TenantId(str(uuid.UUID(word.strip())))
    except ValueError:
        return None
    return tenant if session.fleet.row(tenant) is None else None


async def _asked(session: Session, tenant: TenantId) -> Diagnosis:
    asking = asyncio.ensure_future(session.inspection.why(tenant))
    try:
        while not asking.done():
            await asyncio.wait({asking}, timeout=_LOOK_S)
            PROGRESS.show(session.holding or "Asking the services")
    finally:
        PROGRESS.clear()
        asking.cancel()
    return await asking


def _code(row: TenantRow | None, diagnosis: Diagnosis) -> int:
    if row is not None and row.stranded:
        return Exit.OWED
    if diagnosis.fleet_wide and diagnosis.signs_in:
        return Exit.SIGN_IN
    if diagnosis.fleet_wide and diagnosis.problem is not None:
        return exit_of(diagnosis.problem)
    broken = diagnosis.weight in (Weight.FLEET, Weight.BROKEN)
    return Exit.SOME_FAILED if broken else Exit.WELL


_SIGNS: Final = {Weight.FLEET: "!!", Weight.BROKEN: "x", Weight.WARNING: "!", Weight.FINE: "="}


def _print_words(tenant: TenantId, row: TenantRow | None, diagnosis: Diagnosis) -> None:
    name = f"{row.tenant.name} ({row.tenant.label})" if row is not None else tenant
    lines = [name, f"{_SIGNS[diagnosis.weight]} {diagnosis.headline} [{diagnosis.kind}]"]
    if diagnosis.fleet_wide:
        lines.append("  This is about our own side: it concerns every tenant.")
    lines.append(f"  Next: {diagnosis.next_step(Surface.COMMAND_LINE)}")
    if diagnosis.problem is not None:
        lines += [f"  {words}" for words in raw_lines(diagnosis.problem)]
    lines += [f"  {fact.sign} {fact.label:<{_LABEL}} {fact.words}" for fact in diagnosis.facts]
    line("\n".join(clean(one) for one in lines))


def raw_lines(problem: Problem) -> list[str]:
    """The raw problem: what the service said, and what its support will ask for."""
    said = f"Said: {problem.message}" if problem.message else "Said: nothing"
    ids = (
        problem.code,
        f"HTTP {problem.status}" if problem.status else "",
        problem.host,
        f"request {problem.request_id}" if problem.request_id else "",
        problem.at,
    )
    return [said, f"Raw: {', '.join(part for part in ids if part) or 'no code'}"]


def _print_facts(
    session: Session,
    tenant: TenantId,
    row: TenantRow | None,
    diagnosis: Diagnosis,
    seconds: float,
) -> None:
    known: dict[str, Any] = (
        tenant_facts(row, problem=diagnosis.problem, now=session.clock.now())
        if row is not None
        else {"tenant_id": tenant, "display_name": None, "default_domain": None}
    )
    problem = diagnosis.problem
    verdict = {
        "kind": diagnosis.kind,
        "weight": diagnosis.weight,
        "fleet_wide": diagnosis.fleet_wide,
        "headline": diagnosis.headline,
        "next_step": diagnosis.next_step(Surface.JSON),
        "looked_at": iso(diagnosis.looked_at),
        "facts": [
            {"sign": fact.sign, "label": fact.label, "words": fact.words}
            for fact in diagnosis.facts
        ],
        "problem": facts_of(problem) if problem is not None else None,
    }
    json_line(known | {"diagnosis": verdict})
    summary = {
        "total": 1,
        "changed": 0,
        "kind": diagnosis.kind,
        "http_requests": session.http_requests,
        "seconds": round(seconds, 3),
    }
    json_line({"summary": summary})
