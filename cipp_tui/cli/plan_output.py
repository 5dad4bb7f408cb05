"""Plans as they are printed: words for people, one object a line for scripts."""

from collections import Counter
from typing import Any

from cipp_tui.cli.output import iso, tenant_facts
from cipp_tui.cli.streams import json_line, line, tell
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.problems import Problem
from cipp_tui.services.advice import Surface, advise
from cipp_tui.services.plans import Kind, PlannedChange, TenantPlan
from cipp_tui.services.session import Session


def change_words(plan: TenantPlan, one: PlannedChange) -> str:
    """`app: Directory.Read.All (Microsoft Graph)`."""
    if one.kind is Kind.CONSENT:
        return one.permission
    resource = plan.resource_name(one.resource)
    where = f" ({resource})" if resource and resource != one.permission else ""
    return f"{one.kind}: {one.permission}{where}"


class Plans:
    """Prints plans as they come, counts and keeps them. `quiet`: a notice is printed instead."""

    def __init__(self, session: Session, *, as_json: bool, quiet: bool = False) -> None:
        self._session = session
        self._as_json = as_json
        self._quiet = quiet
        self.tally: Counter[str] = Counter()
        self.all: list[TenantPlan] = []

    def found(self, row: TenantRow, plan: TenantPlan) -> None:
        """Print what a refresh would do to the tenant, or why that is not known."""
        self.all.append(plan)
        self.tally[_kind(plan)] += 1
        if self._quiet:
            return
        if self._as_json:
            json_line(self._facts(row, plan))
        else:
            line("\n".join([f"{plan.name} ({row.tenant.label}), {plan.due_words}", *_lines(plan)]))

    def sum_up(self, seconds: float) -> None:
        """Print the numbers."""
        tally = self.tally
        if self._as_json:
            summary = {
                "total": tally.total(),
                "changed": 0,
                **{name: tally[name] for name in ("unchanged", "would_change", "failed")},
                "skipped": tally["skipped"],
                "would_add": sum(plan.added_count for plan in self.all),
                "would_remove": sum(plan.removed_count for plan in self.all),
                "would_keep": sum(plan.kept_count for plan in self.all),
                "http_requests": self._session.http_requests,
                "seconds": round(seconds, 3),
            }
            json_line({"summary": summary})
            return
        (tell if self._quiet else line)(
            f"Nothing was changed: {tally['would_change']} would change,"
            f" {tally['unchanged']} in order, {tally['failed']} could not be compared,"
            f" {tally['skipped']} left out."
        )

    def _facts(self, row: TenantRow, plan: TenantPlan) -> dict[str, Any]:
        now = self._session.clock.now()
        why = {
            "due": plan.due.reason if plan.due is not None else None,
            "due_since": iso(plan.due.since) if plan.due is not None else None,
            "not_due_because": plan.not_due or None,
        }
        if plan.left_out:
            return tenant_facts(row, skipped_because=plan.left_out) | why
        facts = tenant_facts(row, problem=plan.problem, now=now) | why
        if plan.diff is None:
            return facts
        additions = list(plan.additions())
        permissions = (Kind.APP, Kind.DELEGATED, Kind.DIRECTORY_ROLE)
        return facts | {
            "consent_missing": plan.diff.consent_missing,
            "would_create": [o.permission for o in additions if o.kind is Kind.PRINCIPAL],
            "would_give": [change_words(plan, o) for o in additions if o.kind in permissions],
            "would_take": [change_words(plan, o) for o in plan.removals()],
            "would_keep": [change_words(plan, o) for o in plan.extras()],
            "kept": plan.kept_count,
        }


def _kind(plan: TenantPlan) -> str:
    if plan.left_out:
        return "skipped"
    if plan.diff is None:
        return "failed"
    return "unchanged" if plan.changes_nothing else "would_change"


def _lines(plan: TenantPlan) -> list[str]:
    if plan.left_out:
        return [f"  - left out: {plan.left_out}"]
    if plan.problem is not None:
        return [f"  x could not be compared: {_reason(plan.problem)}"]
    lines = ["  = in order"] if plan.diff is not None and plan.diff.in_order else []
    lines += [f"  + {change_words(plan, one)}" for one in plan.additions()]
    lines += [f"  - {change_words(plan, one)} (extra)" for one in plan.removals()]
    lines += [f"  = {change_words(plan, one)} (extra)" for one in plan.extras()]
    return [*lines, f"  = {plan.kept_count:,} kept in all"]


def _reason(problem: Problem) -> str:
    advice = advise(problem)
    raw = " ".join(filter(None, (problem.code, problem.request_id)))
    return f"{advice.headline} {advice.next_step(Surface.COMMAND_LINE)} [{raw}]"
