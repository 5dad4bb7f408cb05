"""One program at a time at a file that is read, changed and written back."""

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 10.0
LOOK_S: Final = 0.02
_TAKEN: Final = frozenset({errno.EAGAIN, errno.EACCES, errno.EDEADLK})


@contextmanager
def file_lock(path: Path, *, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Hold `path`, a file that exists for the lock alone and goes with it.

    Freed by the system when the process dies. Raises: OSError; TimeoutError when another program
    holds it for longer than `patience_s`.
    """
    deadline = time.monotonic() + patience_s
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            if _taken(handle) and _still_there(handle, path):
                break
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        if time.monotonic() > deadline:
            raise TimeoutError(errno.ETIMEDOUT, "another program is changing it")
        time.sleep(LOOK_S)
    try:
        yield
    finally:
        with contextlib.suppress(PermissionError):  # Windows keeps a file that is open
            path.unlink(missing_ok=True)
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise
    return True


def _still_there(handle: int, path: Path) -> bool:
    """Whether what we hold is what others will see: its holder before may have removed it."""
    try:
        there = path.lstat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(handle), there)
