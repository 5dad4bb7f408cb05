"""What the journal's marks carry beside their word: counts, outcomes and problems, as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.permissions import NOTHING_DONE, StepCounts
from cipp_tui.domain.problems import Problem, facts_of, problem_from
from cipp_tui.domain.refusals import Refusal, refusal_facts, refusal_from

END = "end"
"""The mark that closes an item. Stored in journals: never rename."""


def note_of(
    *,
    counts: StepCounts = NOTHING_DONE,
    words: str = "",
    problem: Problem | None = None,
    outcome: Outcome | None = None,
    took_s: float | None = None,
    stopped_at: str = "",
    principal: str | None = None,
    refused: Sequence[Refusal] = (),
) -> str:
    """The note of a mark; empty when there is nothing to say."""
    facts: dict[str, Any] = {}
    if counts != NOTHING_DONE:
        facts["counts"] = {key: value for key, value in asdict(counts).items() if value}
    if words:
        facts["words"] = words
    if problem is not None:
        facts["problem"] = facts_of(problem)
    if outcome is not None:
        facts["outcome"] = outcome
    if took_s is not None:
        facts["took_s"] = round(took_s, 2)
    if stopped_at:
        facts["stopped_at"] = stopped_at
    if principal is not None:
        facts["principal"] = principal
    if refused:
        facts["refused"] = [refusal_facts(one) for one in refused]
    return json.dumps(facts, separators=(",", ":")) if facts else ""


def counts_in(note: str) -> StepCounts:
    facts = _facts(note).get("counts") or {}
    if "unlicensed" in facts:
        facts["unlicensed"] = tuple(facts["unlicensed"])
    return StepCounts(**facts)


def problem_in(note: str) -> Problem | None:
    facts = _facts(note).get("problem")
    return problem_from(facts) if facts else None


def outcome_in(note: str) -> Outcome | None:
    word = _facts(note).get("outcome")
    return Outcome(word) if word else None


def took_in(note: str) -> float | None:
    seconds = _facts(note).get("took_s")
    return float(seconds) if seconds is not None else None


def principal_in(note: str) -> str | None:
    """Our object id, as it was noted before something was taken away; "": there was none."""
    found = _facts(note).get("principal")
    return found if isinstance(found, str) else None


def refused_in(note: str) -> tuple[Refusal, ...]:
    facts = _facts(note).get("refused")
    return tuple(refusal_from(one) for one in facts) if isinstance(facts, list) else ()


def stopped_at_in(note: str) -> str:
    return str(_facts(note).get("stopped_at") or "")


def _facts(note: str) -> dict[str, Any]:
    facts = json.loads(note) if note else {}
    return facts if isinstance(facts, dict) else {}
