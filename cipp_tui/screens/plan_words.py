"""The lines of a refresh's plan: what is given, taken away, kept, and why it is due."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from cipp_tui.domain.permissions import MICROSOFT_GRAPH
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.advice import advise
from cipp_tui.services.plans import Change, Kind, PlannedChange, TenantPlan
from cipp_tui.widgets.cells import Tone

FOLDED_TO: Final = 3
"""So many changes of a tenant are shown where several tenants are; enter shows them all."""


@dataclass(frozen=True, slots=True)
class PlanLine:
    """What a tenant's plan comes to, one change, or one thing that stays."""

    sign: str
    plan: TenantPlan
    permission: str
    why: str
    tone: Tone = Tone.PLAIN

    @property
    def tenant(self) -> TenantId:
        return self.plan.tenant


_SIGNS: Final = {Change.ADD: "+", Change.REMOVE: "-", Change.KEEP: "="}
_TONES: Final = {"+": Tone.GOOD, "-": Tone.BAD, "=": Tone.PLAIN, "?": Tone.WARN, ">": Tone.STRONG}


def lines_of(plan: TenantPlan, *, whole: bool) -> list[PlanLine]:
    """What a refresh would do to one tenant: the sum first, then line by line.

    Where not the `whole` is asked for, only the first changes, and how many more there are.
    """
    if plan.diff is None:
        why = advise(plan.problem).headline if plan.problem is not None else "not compared"
        return [_line(plan, "?", "could not be read", f"{why} ({plan.due_words})")]
    head = _line(plan, "=" if plan.changes_nothing else ">", sum_words(plan), plan.due_words)
    shown = list(islice(_shown(plan), None if whole else FOLDED_TO))
    lines = [head, *(_line(plan, _SIGNS[one.change], named(plan, one), one.why) for one in shown)]
    if (more := shown_count(plan) - len(shown)) > 0:
        lines.append(_line(plan, " ", f"({more:,} more)", "enter shows them"))
    return lines


def sum_words(plan: TenantPlan) -> str:
    """`add 3, remove 1, keep 160`, or `in order, keep 160`."""
    if plan.changes_nothing:
        return f"in order, keep {plan.kept_count:,}"
    parts = [f"add {plan.added_count:,}"] if plan.added_count else []
    if plan.removed_count:
        parts.append(f"remove {plan.removed_count:,}")
    return ", ".join([*parts, f"keep {plan.kept_count:,}"])


def named(plan: TenantPlan, one: PlannedChange) -> str:
    """`app Directory.Read.All`; other resources than Graph are named behind it."""
    if one.kind is Kind.CONSENT:
        return one.permission
    where = plan.resource_name(one.resource)
    plain = one.resource in (None, MICROSOFT_GRAPH) or where == one.permission
    return f"{one.kind} {one.permission}{'' if plain else f' ({where})'}"


def shown_count(plan: TenantPlan) -> int:
    """How many lines the whole of it has, beside the first."""
    diff = plan.diff
    if diff is None:
        return 0
    return plan.added_count + diff.extra_count + len(plan.unlicensed)


def _shown(plan: TenantPlan) -> Iterator[PlannedChange]:
    """What is listed: all changes, and what stays though nobody wants it or can have it."""
    unlicensed = (
        PlannedChange(Change.KEEP, Kind.PRINCIPAL, name, None, "not licensed there, left out")
        for name in plan.unlicensed
    )
    return chain(plan.additions(), plan.removals(), plan.extras(), unlicensed)


def _line(plan: TenantPlan, sign: str, permission: str, why: str) -> PlanLine:
    return PlanLine(sign, plan, permission, why, _TONES.get(sign, Tone.MUTED))
