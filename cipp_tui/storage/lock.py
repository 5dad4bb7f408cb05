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
from typing import Final

from cipp_tui.config.files import (
    UnfitFile,
    make_private_folder,
    open_private,
    read_file,
    write_private,
)
from cipp_tui.domain.problems import LockedElsewhere, StorageProblem
from cipp_tui.domain.text import clean
from cipp_tui.storage.faults import lock_refusal, os_problem, sqlite_problem, unfit_problem

_MOST: Final = 4096
_SHOWN: Final = 80


@contextmanager
def runner_lock(folder: Path, actor: str, now: datetime) -> Iterator[None]:
    """Hold the profile while the block runs. Freed by the system when the process dies.

    Raises: LockedElsewhere, naming who holds it; StorageProblem.
    """
    path, holder = folder / "runner.lock", folder / "runner.json"
    try:
        make_private_folder(folder)
        os.close(open_private(path, os.O_RDWR))
        file = sqlite3.connect(path, timeout=0.2, isolation_level=None)
    except UnfitFile as unfit:
        raise unfit_problem(path, unfit) from None
    except OSError as error:
        raise os_problem(path, error) from None
    except sqlite3.Error as error:
        raise sqlite_problem(path, error) from None
    with contextlib.closing(file):
        try:
            file.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
                raise StorageProblem(
                    f"{path} is damaged; delete it, it holds nothing", code="damaged"
                ) from None
            busy = name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
            if busy and lock_refusal(folder) is None:
                raise LockedElsewhere(_words(holder), code="locked-elsewhere") from None
            raise sqlite_problem(path, error) from None
        facts = {
            "actor": actor,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "since": now.isoformat(timespec="minutes"),
        }
        try:
            write_private(holder, json.dumps(facts).encode())
        except OSError as error:
            raise os_problem(holder, error) from None
        try:
            yield
        finally:
            file.execute("ROLLBACK")


def _words(holder: Path) -> str:
    try:
        facts = json.loads(read_file(holder, most=_MOST))
        actor, pid, host, since = (
            clean(facts[key])[:_SHOWN] for key in ("actor", "pid", "host", "since")
        )
    except (OSError, UnfitFile, ValueError, KeyError, TypeError, RecursionError):
        return "another cipp-tui works on this profile"
    return f"{actor} works on this profile (process {pid} on {host}, since {since})"
