"""Tenants, problems and tables in the form in which they are printed."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.streams import tell
from cipp_tui.domain.due import due
from cipp_tui.domain.failures import Cause
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.permissions import NOTHING_DONE, StepCounts
from cipp_tui.domain.problems import ConfigProblem, Problem, SignInProblem
from cipp_tui.domain.refusals import Refusal
from cipp_tui.domain.tenants import Tenant
from cipp_tui.domain.text import clean, inert
from cipp_tui.services.advice import Surface, advise
from cipp_tui.services.facets import standing_word


def tell_problem(problem: Problem) -> None:
    """A problem in words: what it means, what to do, and the raw code."""
    advice = advise(problem)
    raw = raw_of(problem)
    said = str(problem)
    first = f"cipp-tui: {advice.headline}" + (f" [{raw}]" if raw and raw != "config" else "")
    tell(first)
    if said and said not in advice.headline:
        tell(f"  {clean(said)}")
    tell(f"  Next: {advice.next_step(Surface.COMMAND_LINE)}")


def exit_of(problem: Problem) -> Exit:
    """The exit code of a command that a problem kept from its work."""
    if isinstance(problem, ConfigProblem):
        return Exit.USAGE
    advice = advise(problem)
    needs_sign_in = isinstance(problem, SignInProblem) or (advice.fleet_wide and advice.signs_in)
    return Exit.SIGN_IN if needs_sign_in else Exit.SOME_FAILED


def raw_of(problem: Problem) -> str:
    """What a service's support asks for: code, request id and time."""
    return " ".join(part for part in (problem.code, problem.request_id or "", problem.at) if part)


def problem_facts(problem: Problem | None) -> dict[str, Any] | None:
    """A problem as scripts are given it."""
    if problem is None:
        return None
    advice = advise(problem)
    return {
        "kind": advice.kind,
        "code": problem.code,
        "headline": advice.headline,
        "advice": advice.next_step(Surface.JSON),
        "request_id": problem.request_id,
        "at": problem.at or None,
        "message": problem.message,
    }


def tenant_facts(
    row: TenantRow,
    *,
    outcome: Outcome | None = None,
    problem: Problem | None = None,
    counts: StepCounts = NOTHING_DONE,
    skipped_because: str = "",
    refused: Sequence[Refusal] = (),
    now: datetime | None = None,
) -> dict[str, Any]:
    """A tenant as scripts are given it. `now`: also whether and why it is due."""
    tenant, record, exclusion = row.tenant, row.permissions, row.exclusion
    facts: dict[str, Any] = {
        "tenant_id": tenant.id,
        "display_name": tenant.name,
        "default_domain": tenant.default_domain,
    }
    if outcome is not None:
        facts["outcome"] = outcome
    facts["problem"] = problem_facts(problem)
    if skipped_because:
        facts["skipped_because"] = skipped_because
    if refused:
        facts["refused"] = [refused_facts(one) for one in refused]
    if counts != NOTHING_DONE:
        facts["counts"] = counts_facts(counts)
    facts |= {
        "state": standing_word(row.standing),
        "kind": tenant.kind,
        "domains": list(tenant.domains),
        "relationships": len(tenant.relationships),
        "gdap_ends": iso(_gdap_ends(tenant)),
        "permissions": record.verdict if record is not None else "unknown",
        "missing": len(record.missing) if record is not None else None,
        "extra": len(record.extra) if record is not None else None,
        "checked_at": iso(record.checked_at) if record is not None else None,
        "consecutive_failures": row.failures.count if row.failures is not None else 0,
        "failures": [] if row.failures is None else [_cause_facts(c) for c in row.failures.causes],
        "excluded": None
        if exclusion is None
        else {"by": exclusion.by, "at": iso(exclusion.at), "reason": exclusion.reason},
    }
    if now is not None:
        why = due(row, app=None, fingerprint=None, now=now)
        facts["due"] = why.reason if why is not None else None
    return facts


def refused_facts(refusal: Refusal) -> dict[str, Any]:
    """One part that the tenant did not let us give, and what can be done about it."""
    problem = refusal.problem
    return {
        "what": refusal.part,
        "name": refusal.name,
        "code": problem.code,
        "advice": NO_LICENCE if refusal.is_absent else advise(problem).next_step(Surface.JSON),
        "request_id": problem.request_id,
    }


NO_LICENCE = "Nothing to do: this tenant has no licence for the service."


def _cause_facts(cause: Cause) -> dict[str, Any]:
    """One kind of cause among the failures in a row."""
    return {
        "kind": cause.kind,
        "count": cause.count,
        "first_at": iso(cause.first_at),
        "last_at": iso(cause.last_at),
        "code": cause.problem.code,
    }


def _gdap_ends(tenant: Tenant) -> datetime | None:
    """When the last usable relationship ends, or the last one of all ended."""
    ends = [one.ends_at for one in tenant.relationships if one.usable and one.ends_at is not None]
    ended = [one.ends_at for one in tenant.relationships if one.ends_at is not None]
    return max(ends or ended, default=None)


def counts_facts(counts: StepCounts) -> dict[str, Any]:
    """What was done, number by number."""
    return {
        "consents": counts.consents,
        "principals_created": counts.principals_created,
        "roles_added": counts.roles_added,
        "scopes_added": counts.scopes_added,
        "scopes_removed": counts.scopes_removed,
        "scopes_kept": counts.scopes_kept,
        "directory_roles_added": counts.directory_roles_added,
        "unlicensed": list(counts.unlicensed),
    }


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment is not None else None


def csv_text(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Comma separated values that no spreadsheet will run."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([inert(clean(value)) for value in row] for row in rows)
    return text.getvalue()


def table(head: Sequence[str], rows: Sequence[Sequence[str]], widest: int = 40) -> str:
    """Aligned columns; wide signs count double."""
    from cipp_tui.widgets.cells import cut, fit, width_of

    cells = [[cut(value, widest) for value in row] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(head, *cells, strict=True)]
    return "\n".join(
        "  ".join(fit(value, width) for value, width in zip(row, widths, strict=True)).rstrip()
        for row in [list(head), *cells]
    )
