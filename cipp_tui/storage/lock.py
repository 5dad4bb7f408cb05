"""One cipp-tui acts on a profile at a time; others may look."""

import contextlib
import json
import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cipp_tui.domain.problems import LockedElsewhere, StorageProblem


@contextmanager
def runner_lock(folder: Path, actor: str, now: datetime) -> Iterator[None]:
    """Hold the profile while the block runs. Freed by the system when the process dies.

    Raises: LockedElsewhere, naming who holds it; StorageProblem.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = sqlite3.connect(folder / "runner.lock", timeout=0.2, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(folder, error) from None
    holder = folder / "runner.json"
    with contextlib.closing(file):
        try:
            file.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise LockedElsewhere(_words(holder), code="locked-elsewhere") from None
            raise _unusable(folder / "runner.lock", error) from None
        facts = {
            "actor": actor,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "since": now.isoformat(timespec="minutes"),
        }
        try:
            holder.write_text(json.dumps(facts), encoding="utf-8")
        except OSError as error:
            raise _unusable(holder, error) from None
        try:
            yield
        finally:
            file.execute("ROLLBACK")


def _unusable(path: Path, error: Exception) -> StorageProblem:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return StorageProblem(
        f"{path} cannot be used ({reason}); set CIPP_TUI_DATA to a folder that can be written",
        code="no-access",
    )


def _words(holder: Path) -> str:
    try:
        facts = json.loads(holder.read_text(encoding="utf-8"))
        return (
            f"{facts['actor']} works on this profile (process {facts['pid']} on {facts['host']},"
            f" since {facts['since']})"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "another cipp-tui works on this profile"
