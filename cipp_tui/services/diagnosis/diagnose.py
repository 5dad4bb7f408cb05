"""From a case to its verdict: the first rule that speaks, in words, beside the facts."""

from dataclasses import replace

from cipp_tui.domain.problems import Problem
from cipp_tui.services.advice import Advice
from cipp_tui.services.diagnosis.case import Case
from cipp_tui.services.diagnosis.facts import fact_lines
from cipp_tui.services.diagnosis.finding import Finding, of
from cipp_tui.services.diagnosis.rules import RULES
from cipp_tui.services.diagnosis.verdict import Diagnosis, Weight
from cipp_tui.services.diagnosis.words import WORDS


def diagnose(case: Case) -> Diagnosis:
    """The one verdict on a tenant, by what is stored and, where it was asked for, by evidence."""
    finding = _owed(case) if case.row.stranded else _first(case)
    return _told(
        finding.advice,
        finding.weight,
        problem=finding.problem or (case.last_problem if finding.weight is Weight.BROKEN else None),
        case=case,
    )


def diagnosis_of(problem: Problem) -> Diagnosis:
    """The verdict where nothing but a problem is known: a failed item of an old job."""
    finding = of(problem)
    return _told(finding.advice, finding.weight, problem=problem)


def _first(case: Case) -> Finding:
    return next(found for rule in RULES if (found := rule(case)) is not None)


def _owed(case: Case) -> Finding:
    """Access is owed: whatever keeps it from being given back is the next step."""
    inner = _first(replace(case, row=replace(case.row, stranded=False, exclusion=None)))
    owed = WORDS["stranded"]
    if inner.weight is Weight.FLEET:
        return inner
    if inner.weight is not Weight.BROKEN or inner.advice.kind == "no-consent":
        return Finding(owed, Weight.BROKEN, inner.problem)
    advice = replace(
        owed, headline=f"{owed.headline} {inner.advice.headline}", step=inner.advice.step
    )
    return Finding(advice, Weight.BROKEN, inner.problem)


def _told(
    advice: Advice, weight: Weight, *, problem: Problem | None, case: Case | None = None
) -> Diagnosis:
    return Diagnosis(
        kind=advice.kind,
        weight=weight,
        short=advice.short,
        headline=advice.headline or "The service refused without a word.",
        step=advice.step,
        signs_in=advice.signs_in,
        facts=fact_lines(case) if case is not None else (),
        problem=problem,
        looked_at=case.found.at if case is not None and case.found is not None else None,
    )
