"""When a run goes wrong for everybody alike: it stops, and says that one thing."""

from collections import Counter, deque
from typing import Final

from cipp_tui.domain.problems import (
    Broken,
    ConfigProblem,
    LostReply,
    NotUnderstood,
    Problem,
    Throttled,
    Unreachable,
    facts_of,
    problem_from,
)
from cipp_tui.services.advice import advise

NEWEST: Final = 20
"""A run is judged by so many of its newest ends, and not before there are as many.

By the newest, not by all: a service that breaks down after thousands of good ends must not cost
thousands of bad ones first. Twenty are few enough to stop soon and so many that chance does not:
with one end in ten failing, more than half of twenty fail once in a million.
"""

NOT_THE_TENANTS = (Throttled, Unreachable, LostReply, Broken, NotUnderstood)
"""Only these count: what one tenant refuses says nothing about the next, and the others gain."""


ENOUGH: Final = 3
"""So many tenants may meet one refusal on our own side before no further one is begun.

One alone may be an accident of that moment; what three meet, all the others would.
"""


class OwnSide:
    """Counts what our own side was refused: that is one cause, and it is no tenant's."""

    def __init__(self, *, enough: int = ENOUGH) -> None:
        self._enough = enough
        self._met: Counter[str] = Counter()
        self.newest: Problem | None = None

    @property
    def count(self) -> int:
        """How many ends met anything of the kind."""
        return self._met.total()

    def more(self, problem: Problem | None) -> Problem | None:
        """One more end, None for a good one. The cause, when it has been met often enough."""
        if problem is None or not (advice := advise(problem)).fleet_wide:
            return None
        self._met[advice.kind] += 1
        self.newest = problem
        certain = isinstance(problem, ConfigProblem)
        return problem if certain or self._met[advice.kind] >= self._enough else None


class ErrorRate:
    """Counts what the newest ends of a run have in common."""

    def __init__(self) -> None:
        self._newest: deque[tuple[str, str] | None] = deque(maxlen=NEWEST)

    def more(self, problem: Problem | None) -> Problem | None:
        """One more end, None for a good one. The common cause, when more than half share one."""
        self._newest.append(_cause(problem))
        if problem is None or len(self._newest) < NEWEST:
            return None
        cause, alike = Counter(self._newest).most_common(1)[0]
        if cause is None or alike * 2 <= NEWEST or cause != _cause(problem):
            return None
        words = f"{alike} of the last {NEWEST} tenants failed alike: {problem.message}"
        return problem_from({**facts_of(problem), "message": words})


def _cause(problem: Problem | None) -> tuple[str, str] | None:
    if not isinstance(problem, NOT_THE_TENANTS):
        return None
    return problem.family, problem.host
