"""What a rule finds: words, weight, and the raw problem behind them."""

from collections.abc import Callable
from dataclasses import dataclass

from cipp_tui.domain.problems import Problem, SignInProblem
from cipp_tui.services.advice import Advice, advise
from cipp_tui.services.diagnosis.case import Case
from cipp_tui.services.diagnosis.verdict import Weight
from cipp_tui.services.diagnosis.words import WORDS


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict of one rule."""

    advice: Advice
    weight: Weight
    problem: Problem | None = None


Rule = Callable[[Case], Finding | None]
"""Looks at a case; None when it has nothing to say."""


def said(
    advice: Advice, *, weight: Weight = Weight.BROKEN, problem: Problem | None = None
) -> Finding:
    """A finding in these words; what is fleet-wide by its words is so by its weight."""
    return Finding(advice, Weight.FLEET if advice.fleet_wide else weight, problem)


def found(kind: str, *, weight: Weight = Weight.BROKEN, problem: Problem | None = None) -> Finding:
    """A finding whose words are in the table."""
    return said(WORDS[kind], weight=weight, problem=problem)


def of(problem: Problem, *, weight: Weight = Weight.BROKEN) -> Finding:
    """A problem that speaks for itself."""
    wide = isinstance(problem, SignInProblem)
    return said(advise(problem), weight=Weight.FLEET if wide else weight, problem=problem)
