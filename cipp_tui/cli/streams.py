"""The two streams: results on standard output, words for the human on standard error."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from typing import Any

from cipp_tui.domain.text import escape_controls, escape_controls_json

_CLEAR = "\r\x1b[K"


class ProgressLine:
    """One line on the human's terminal that is written over. Elsewhere: nothing."""

    def __init__(self) -> None:
        self._stands = False

    def show(self, words: str) -> None:
        """Put these words in place of those before."""
        if _draws():
            room = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"{_CLEAR}{escape_controls(words)[:room]}")
            sys.stderr.flush()
            self._stands = True

    def clear(self) -> None:
        """Take the line away, so that others can be written."""
        if self._stands:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
            self._stands = False


PROGRESS = ProgressLine()


class ResultsLostError(OSError):
    """Standard output takes nothing more: its disk is full, for example."""


def line(words: str) -> None:
    """One line of results. Raises: BrokenPipeError, ResultsLostError."""
    PROGRESS.clear()
    try:
        print(escape_controls(words), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ResultsLostError(*error.args) from error


def json_line(facts: Mapping[str, Any]) -> None:
    """One JSON object of results; every sign as it is where the stream can carry it."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") in ("utf8", "utf8sig")
    line(escape_controls_json(json.dumps(facts, ensure_ascii=not unicode, separators=(",", ":"))))


def tell(words: str) -> None:
    """One line for the human, never among the results."""
    PROGRESS.clear()
    print(escape_controls(words), file=sys.stderr, flush=True)


def show_every_sign() -> None:
    """Let no name end the program: signs that a stream cannot carry are written as escapes."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def nobody_reads() -> None:
    """The reader has seen enough. Python would complain while flushing at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _draws() -> bool:
    able = os.environ.get("TERM", "dumb") != "dumb" or "WT_SESSION" in os.environ
    return able and sys.stderr.isatty()
