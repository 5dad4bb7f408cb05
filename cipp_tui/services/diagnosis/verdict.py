"""What a diagnosis is: one verdict, one next step, the facts it stands on, and the raw problem."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cipp_tui.domain.problems import Problem
from cipp_tui.services.next_steps import Surface, step_on


class Weight(StrEnum):
    """How much a verdict matters."""

    FLEET = "fleet"  # our own side: it concerns every tenant
    BROKEN = "broken"  # this tenant does not work, or lacks something
    WARNING = "warning"  # it works, and will not for ever
    FINE = "fine"


class Sign(StrEnum):
    """How one fact stands."""

    GOOD = "+"
    BAD = "x"
    WARN = "!"
    UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class FactLine:
    """One fact in words."""

    sign: Sign
    label: str  # one word, up to 12 signs
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One verdict with one next step."""

    kind: str  # stable, for machines
    weight: Weight
    short: str  # for a table cell, up to 8 signs
    headline: str
    step: str  # the next step, with means in braces
    signs_in: bool = False  # a new sign-in is what mends it
    facts: tuple[FactLine, ...] = ()
    problem: Problem | None = None  # raw: code, message, request id and time
    looked_at: datetime | None = None  # when the services were asked; None: from what is stored

    def next_step(self, surface: Surface) -> str:
        """The next step as it is said there."""
        return step_on(surface, self.step)

    @property
    def fleet_wide(self) -> bool:
        return self.weight is Weight.FLEET
