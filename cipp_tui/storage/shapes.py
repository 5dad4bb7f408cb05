"""What a cell of the state file may hold. Whoever edits the file by hand, or a failing disk, may
have put anything there: it is checked before anybody stands on it."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any, Final, TypeVar

from cipp_tui.domain.clock import bounded
from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.permissions import StepCounts
from cipp_tui.domain.text import clean
from cipp_tui.storage.faults import damaged

Shape = TypeVar("Shape")

_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}")
_MOST_COUNTED: Final = 10**9


@contextmanager
def decoded(path: Path, table: str) -> Iterator[None]:
    """Whatever cannot be decoded in the block is damage. Raises: StorageProblem."""
    try:
        yield
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise damaged(path, f"table {table}: {clean(error)[:100]}") from None


def text(value: object) -> str:
    """A text, printable. Raises: ValueError."""
    if not isinstance(value, str):
        raise ValueError("not a text")
    return clean(value)


def optional_text(value: object) -> str | None:
    return None if value is None else text(value)


def segment(value: object) -> str:
    """An id that becomes a part of URLs, and holds no piece of a path. Raises: ValueError."""
    if not isinstance(value, str) or not _SEGMENT.fullmatch(value):
        raise ValueError("not an id")
    return value


def number(value: object) -> int:
    """A count or an id. Raises: ValueError."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_COUNTED:
        raise ValueError("not a number that counts")
    return value


def truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def moment(value: object) -> datetime:
    """A moment with its offset, ISO 8601. Raises: ValueError."""
    found = datetime.fromisoformat(text(value))
    if found.tzinfo is None:
        raise ValueError("a moment without its offset")
    return bounded(found).astimezone(UTC) if found.tzinfo is not UTC else bounded(found)


def optional_moment(value: object) -> datetime | None:
    return None if value is None else moment(value)


def parsed(value: object) -> Any:
    """JSON. Raises: ValueError."""
    if not isinstance(value, str):
        raise ValueError("not a text")
    return json.loads(value)


def list_of(shape: Callable[[object], Shape], value: object) -> tuple[Shape, ...]:
    """A JSON list of things of one shape. Raises: ValueError."""
    if not isinstance(value, list):
        raise ValueError("not a list")
    return tuple(shape(one) for one in value)


def exactly(count: int, value: object) -> Sequence[Any]:
    """A JSON list of so many things. Raises: ValueError."""
    if not isinstance(value, list) or len(value) != count:
        raise ValueError(f"not a list of {count}")
    return value


def facts_of_problem(value: object) -> dict[str, Any]:
    """The facts of a problem: texts, numbers, nothing inside. Raises: ValueError."""
    if not isinstance(value, dict):
        raise ValueError("not the facts of a problem")
    for fact in value.values():
        if not isinstance(fact, str | int | None):
            raise ValueError("not a fact of a problem")
    return value


def note(value: object) -> str:
    """What a mark carries beside its word, as `services.notes` writes it. Raises: ValueError."""
    if value == "":
        return ""
    facts = parsed(value)
    if not isinstance(facts, dict):
        raise ValueError("not a note")
    counts = facts.get("counts") or {}
    if not isinstance(counts, dict):
        raise ValueError("not counts")
    for name, count in counts.items():
        if _COUNTED[name] is int:
            number(count)
        else:
            list_of(str, count)
    if facts.get("problem") is not None:
        facts_of_problem(facts["problem"])
    if facts.get("outcome") is not None:
        Outcome(facts["outcome"])
    took = facts.get("took_s", 0.0)
    if not isinstance(took, int | float) or not isfinite(took):
        raise ValueError("not a duration")
    for name in ("words", "stopped_at"):
        text(facts.get(name, ""))
    return str(value)


_COUNTED: Final = {
    one.name: int if one.type in (int, "int") else list for one in fields(StepCounts)
}
