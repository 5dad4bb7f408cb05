"""The folder of a profile's state: ours alone, whatever the umask is or was."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cipp_tui.config.files import (
    Guard,
    UnfitFile,
    demand_guarded,
    demand_own_folder,
    demand_regular,
    make_private_folder,
)
from cipp_tui.storage.faults import os_problem, unfit_problem

_TRUSTED: Final = ("state.db", "state.db-wal", "state.db-shm", "sign-in.json")
"""What is believed when it is read back."""
_TOLD: Final = ("runner.lock", "runner.json")
"""What only says who is at work."""


def secure_folder(folder: Path) -> list[str]:
    """Make the folder of a profile, or see that nobody else can change what lies there.

    `folder` is `DATA/profiles/NAME`. What others could only read is closed to them: files 0600,
    folders 0700. Returns what the admin should know of that. Raises: StorageProblem for what
    others own or could have written.
    """
    place = folder
    try:
        make_private_folder(folder)
        if os.name != "posix":  # the access lists of the user's own folders decide there
            return []
        for place in (folder.parent.parent, folder.parent, folder):
            demand_own_folder(place)
        for place in (folder.parent, folder):
            _close(place, 0o700)
        told = []
        for name in (*_TRUSTED, *_TOLD):
            place = folder / name
            guard = Guard.WRITE if name in _TRUSTED else Guard.NONE
            if (was := _closed(place, guard)) is not None and name == "sign-in.json":
                told.append(
                    f"{place} could be read by others (mode {was:o}); it is 600 now. It holds a"
                    " refresh token: revoke that where others use this machine"
                )
    except UnfitFile as unfit:
        raise unfit_problem(place, unfit) from None
    except OSError as error:
        raise os_problem(place, error) from None
    return told


@contextmanager
def _unless_read_only() -> Iterator[None]:
    """Nobody can change a thing on a file system that is mounted read-only, its modes included."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EROFS:
            raise


def _closed(path: Path, guard: Guard) -> int | None:
    """Close a file to others; the mode it had when it was not closed already."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    demand_regular(facts.st_mode)
    demand_guarded(path, facts, guard)
    return _close(path, 0o600)


def _close(path: Path, mode: int) -> int | None:
    was = stat.S_IMODE(path.stat().st_mode)
    if was & 0o077:
        with _unless_read_only():
            path.chmod(mode)
        return was
    return None
