"""Work in the background whose end somebody waits for: whatever ends it becomes a told problem."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import Final

from cipp_tui.domain.problems import Problem, Unforeseen

LOG = logging.getLogger("cipp_tui.unforeseen")

_PACKAGE: Final = __name__.partition(".")[0]


@contextmanager
def told_problems(doing: str) -> Iterator[None]:
    """The top of a worker: raises nothing but problems.

    `doing` says, in words, what did not come to its end.
    Raises: Problem.
    """
    try:
        yield
    except Problem:
        raise
    except Exception as error:  # a worker's top: else nobody would ever hear of it
        raise unforeseen(error, doing) from error


def unforeseen(error: BaseException, doing: str) -> Problem:
    """A problem for an exception that no door has translated.

    It names the kind of exception and the place, never its text, which may hold anything.
    """
    if isinstance(error, Problem):
        return error
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
        if isinstance(error, Problem):
            return error
    LOG.error("%s: %s", doing, type(error).__name__, exc_info=error)
    return Unforeseen(f"{type(error).__name__}{_place(error)} while {doing}", code="unforeseen")


def _place(error: BaseException) -> str:
    """Where in our own code it came up: what a report of the fault needs."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        parts = PurePath(frame.filename).parts
        if _PACKAGE in parts:
            last = len(parts) - 1 - parts[::-1].index(_PACKAGE)
            return f" in {'/'.join(parts[last:])}:{frame.lineno}"
    return ""
