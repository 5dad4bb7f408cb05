"""Words for problems: a headline and one next step an admin can take."""

from dataclasses import dataclass

from cipp_tui.domain.problems import Problem


@dataclass(frozen=True, slots=True)
class Advice:
    """What a problem means and what to do about it."""

    kind: str  # stable, for machines: "conditional-access"
    short: str  # for a table cell, up to 8 signs: "CA"
    headline: str
    advice: str  # the next step
    fleet_wide: bool = False  # it would stop every tenant


def advise(problem: Problem) -> Advice:
    """The advice for a problem; unknown codes keep the service's own sentence."""
    raise NotImplementedError
