"""What a file system or SQLite refuses, as a sentence that is true and says what to do."""

import errno
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cipp_tui.config.files import UnfitFile, os_words
from cipp_tui.domain.problems import StorageProblem

_ELSEWHERE: Final = "set CIPP_TUI_DATA to a folder that can be written"
_LOCAL: Final = "set CIPP_TUI_DATA to a folder on a local disk"
_ACTS: Final = {
    errno.ENOSPC: ("disk-full", "make room, then start again"),
    errno.EDQUOT: ("disk-full", "make room, then start again"),
    errno.EFBIG: ("disk-full", "raise the limit of a file's size (ulimit -f) or make room"),
    errno.EROFS: ("read-only", _ELSEWHERE),
    errno.ENOLCK: ("no-locks", f"is it a network home? {_LOCAL}"),
    errno.ENOSYS: ("no-locks", f"is it a network home? {_LOCAL}"),
    errno.EOPNOTSUPP: ("no-locks", f"is it a network home? {_LOCAL}"),
    errno.EIO: ("no-access", f"look at the disk and the system's log, or {_LOCAL}"),
    errno.ESTALE: ("no-access", f"mount it anew, or {_LOCAL}"),
    errno.EMFILE: ("no-access", "raise the limit of open files (ulimit -n)"),
    errno.ENFILE: ("no-access", "end other programs, then start again"),
    errno.ENAMETOOLONG: ("no-access", "set CIPP_TUI_DATA to a folder with a shorter path"),
    errno.ELOOP: ("no-access", "correct the links, or set CIPP_TUI_DATA to another folder"),
    errno.ENOTDIR: ("no-access", "set CIPP_TUI_DATA to a folder"),
}
_NO_LOCKS: Final = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP})


def damaged(path: Path, what: str = "") -> StorageProblem:
    """The state file does not hold what this program writes. `what`: where that was seen."""
    seen = f" ({what})" if what else ""
    return StorageProblem(
        f"{path} is damaged or no state file of cipp-tui{seen}. Move it aside and"
        " start again: tenants are read anew, but its exclusions, its journal and what is owed are"
        " in it alone, so keep it and restore a backup if there is one",
        code="damaged",
    )


def os_problem(path: Path, error: OSError) -> StorageProblem:
    """An operating system's refusal."""
    code, act = _ACTS.get(error.errno or 0, ("no-access", _ELSEWHERE))
    return StorageProblem(f"{path}: {os_words(error)}; {act}", code=code)


def unfit_problem(path: Path, unfit: UnfitFile) -> StorageProblem:
    """A file or folder that others could read or change, or that is none."""
    return StorageProblem(
        f"{path} {unfit.why}. {unfit.fix} Or set CIPP_TUI_DATA to a folder of your own",
        code="unfit",
    )


def sqlite_problem(path: Path, error: sqlite3.Error) -> StorageProblem:
    """What SQLite refused. It hides the system's reason, so that is asked for again here."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        refused = lock_refusal(path.parent)
        if refused is not None:
            return os_problem(path.parent, refused)
        return StorageProblem(
            f"the state file is locked by another program; end that, then start again: {path}",
            code="locked",
        )
    if name.startswith("SQLITE_FULL"):
        return StorageProblem(
            f"the disk is full; make room, then start again: {path}", code="disk-full"
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        refused = _open_refusal(path) or lock_refusal(path.parent)
        if refused is not None:
            return os_problem(path, refused)
        if name.startswith("SQLITE_READONLY"):
            return StorageProblem(
                f"{path} cannot be written: it is read-only; make it writable, or {_ELSEWHERE}",
                code="read-only",
            )
        return StorageProblem(
            f"{path} cannot be used ({error}); look at the disk and its quota, or set"
            " CIPP_TUI_DATA to another folder",
            code="no-access",
        )
    if name.startswith(("SQLITE_TOOBIG", "SQLITE_NOMEM")):
        return StorageProblem(f"{path}: {error}", code=name)
    # A missing table or column, a text that is no UTF-8, a broken page: none of it is ours.
    return damaged(path, str(error))


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Tell what SQLite raises in the block in our words. Raises: StorageProblem."""
    try:
        yield
    except sqlite3.Error as error:
        raise sqlite_problem(path, error) from None
    except UnicodeDecodeError:  # raised where even SQLite's own message quotes what is broken
        raise damaged(path, "a text that is no UTF-8") from None


def lock_refusal(folder: Path) -> OSError | None:
    """Why files in this folder cannot be locked at all; None when they can."""
    if os.name != "posix":
        return None
    import fcntl

    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            fcntl.lockf(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error if error.errno in _NO_LOCKS else None
    return None


def _open_refusal(path: Path) -> OSError | None:
    """Why the file, or one beside it, cannot be opened for writing; None when it can."""
    try:
        if path.exists():
            os.close(os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0)))
        with tempfile.TemporaryFile(dir=path.parent) as probe:  # SQLite writes files beside it
            probe.write(b"\0" * 4096)
            probe.flush()
    except OSError as error:
        return error
    return None
