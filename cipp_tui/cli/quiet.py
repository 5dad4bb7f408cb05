"""Nothing but the program's own words reaches the terminal, and no secret a file."""

import logging
import sys
import threading
from typing import Final

from cipp_tui.domain.redaction import redacted

OURS: Final = "cipp_tui"
FORMAT: Final = "%(asctime)s %(name)s %(levelname)s %(message)s"

LOG = logging.getLogger("cipp_tui.process")


def quieten_libraries() -> None:
    """Give logging, warnings and lost exceptions a place that is not standard error.

    Without a handler Python prints warnings and errors of every library there, and a library logs
    what it likes: the answer that brought a token, for one.
    """
    root = logging.getLogger()
    if not any(isinstance(handler, logging.NullHandler) for handler in root.handlers):
        root.addHandler(logging.NullHandler())
    logging.lastResort = None
    logging.raiseExceptions = False
    if not sys.warnoptions:  # a developer who asks for warnings gets them
        logging.captureWarnings(True)
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _unraisable
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _lost_in_thread


def forbid_core_dumps() -> None:
    """Keep the memory, which holds tokens, out of files that a crash would leave behind."""
    try:
        import resource
    except ImportError:  # Windows writes none unless it is told to
        return
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))


def log_into(path: str) -> None:
    """Write the program's own log, and nobody else's, to a file that stands already.

    Raises: OSError.
    """
    handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(_WithoutSecrets(FORMAT))
    logger = logging.getLogger(OURS)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


class _WithoutSecrets(logging.Formatter):
    """Lines, tracebacks included, in which no secret is readable."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def _unraisable(lost: "sys.UnraisableHookArgs") -> None:
    LOG.error("%s was raised where nobody could catch it", lost.exc_type.__name__)


def _lost_in_thread(lost: threading.ExceptHookArgs) -> None:
    if not issubclass(lost.exc_type, SystemExit):
        LOG.error("%s ended a thread", lost.exc_type.__name__)
