"""What the info panel says of what is wrong: one verdict, the next step, the raw problem. Pure."""

from typing import Final

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.problems import Problem
from cipp_tui.services.diagnosis import Diagnosis, FactLine, Sign, Weight
from cipp_tui.services.facets import aside_sentence
from cipp_tui.services.next_steps import Surface
from cipp_tui.widgets.cells import Cell, Tone, fit
from cipp_tui.widgets.panel_lines import LABEL, Part, Text, beside, wrapped
from cipp_tui.widgets.words import clock_time

_TONES: Final = {
    Weight.FLEET: Tone.URGENT,
    Weight.BROKEN: Tone.BAD,
    Weight.WARNING: Tone.WARN,
    Weight.FINE: Tone.GOOD,
}
_SIGNS: Final = {
    Sign.GOOD: Tone.GOOD,
    Sign.BAD: Tone.BAD,
    Sign.WARN: Tone.WARN,
    Sign.UNKNOWN: Tone.MUTED,
}
_INDENT: Final = 10


def what_is_wrong(row: TenantRow, diagnosis: Diagnosis, width: int, *, asking: bool) -> Part | None:
    """Only when something is, or when the services were asked."""
    asked = diagnosis.looked_at is not None
    well = diagnosis.weight is Weight.FINE and diagnosis.problem is None
    if well and not asked and not asking:
        return None
    title = "What is wrong"
    if asking:
        title += ", asking the services…"
    elif diagnosis.looked_at is not None:
        title += f", asked {clock_time(diagnosis.looked_at)}"
    lines = _verdict(diagnosis, width)
    if not asked and not asking:
        lines += _key("w", "ask the services why", width)
    if row.failures is not None:
        lines += _key("C", "clear the count and test again", width)
    if diagnosis.problem is not None:
        lines += _key("y e", "copy the raw error with its ids", width)
        lines += _raw(diagnosis.problem, diagnosis.headline, width)
    if (aside := aside_sentence(row)) and not asked:
        lines += wrapped(aside, width, tone=Tone.WARN)
    if asked:
        lines += [one for fact in diagnosis.facts for one in _fact(fact, width)]
    return Part(title, lines)


def problem_of(row: TenantRow) -> Problem | None:
    """The newest problem of a tenant."""
    if row.progress is not None and row.progress.problem is not None:
        return row.progress.problem
    return row.failures.problem if row.failures is not None else None


def _verdict(diagnosis: Diagnosis, width: int) -> list[Text]:
    problem = diagnosis.problem
    code = problem.code if problem is not None else ""
    front = f"{code} " if code and code not in diagnosis.headline else ""
    lines = wrapped(front + diagnosis.headline, width, tone=_TONES[diagnosis.weight])
    if diagnosis.fleet_wide:
        words = "Our own side: it concerns every tenant."
        lines += wrapped(words, width, first=" " * _INDENT, indent=_INDENT)
    step = diagnosis.next_step(Surface.SCREEN)
    return lines + wrapped(step, width, first=" Next  -  ", indent=_INDENT)


def _raw(problem: Problem, headline: str, width: int) -> list[Text]:
    """What the service said, and what its support will ask for."""
    lines: list[Text] = []
    if problem.message and problem.message not in headline:
        lines += beside(fit(" Said", _INDENT), problem.message, width, tone=Tone.MUTED)
    ids = " ".join(part for part in (problem.request_id or "", problem.at) if part)
    if ids:
        lines += beside(fit(" Request", _INDENT), ids, width, tone=Tone.MUTED)
    return lines


def _fact(fact: FactLine, width: int) -> list[Text]:
    label = fit(f" {fact.sign} {fact.label}", LABEL + 3)
    lines = beside(label, fact.words, width)
    lines[0][0] = Cell(label, _SIGNS[fact.sign])
    return lines


def _key(key: str, words: str, width: int) -> list[Text]:
    first, *rest = wrapped(words, width, first="", indent=_INDENT + 4)
    return [[Cell("       -  "), Cell(fit(key, 4), Tone.STRONG), *first], *rest]
