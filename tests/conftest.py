"""What the whole suite tells at its end: how much was tried by those tests that try very much."""

from collections import defaultdict
from collections.abc import Callable

import pytest

TRIED = "tried"

Tried = Callable[[str, str, int], None]


@pytest.fixture
def tried(record_property: Callable[[str, object], None]) -> Tried:
    """Count for the summary: what tried, what it counts, and how many (crash matrix, histories).

    Numbers of several tests under one name are added up.
    """

    def count(suite: str, noun: str, number: int) -> None:
        record_property(TRIED, (suite, noun, number))

    return count


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was tried, one line for each name."""
    totals: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for reports in terminalreporter.stats.values():
        for report in reports:
            if not isinstance(report, pytest.TestReport) or report.when != "teardown":
                continue
            for name, value in report.user_properties:
                if name == TRIED and isinstance(value, tuple | list):
                    suite, noun, number = value
                    totals[str(suite)][str(noun)] += int(str(number))
    for suite, counts in sorted(totals.items()):
        told = ", ".join(f"{number:,} {noun}" for noun, number in counts.items())
        terminalreporter.write_line(f"{suite}: {told}")
