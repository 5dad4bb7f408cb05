"""Files that people name: regular ones of bearable size, written by nobody else, told truly."""

import contextlib
import errno
import os
import stat
import tempfile
from enum import Enum, auto
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 1 << 20
"""More than any config, secret or token needs."""

_NONBLOCK: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_CLOEXEC: Final = getattr(os, "O_CLOEXEC", 0)
_POSIX: Final = os.name == "posix"
"""Elsewhere mode bits say nothing: who may read is decided by the access lists of the user's own
folders, where all of these files lie by default."""


class Guard(Enum):
    """What others must not be able to do with a file."""

    NONE = auto()
    WRITE = auto()
    READ = auto()  # nor write


class UnfitFile(Exception):
    """A file that is not used, why, and what mends that."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(why)
        self.why = why
        self.fix = fix


def read_file(path: Path, *, most: int = MOST_BYTES, guard: Guard = Guard.NONE) -> bytes:
    """The content of a file that somebody named; never waits, never takes more than `most` bytes.

    Raises: FileNotFoundError; UnfitFile.
    """
    try:
        demand_regular(path.stat().st_mode)  # before it is opened: opening may set a device off
        handle = os.open(path, os.O_RDONLY | _NONBLOCK | _CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            facts = os.fstat(file.fileno())
            demand_regular(facts.st_mode)
            demand_guarded(path, facts, guard)
            content = file.read(most + 1) if facts.st_size <= most else b"\0" * (most + 1)
    except FileNotFoundError:
        raise
    except ValueError:  # a NUL in the path
        raise UnfitFile("is no path", "Correct it.") from None
    except OSError as error:
        raise UnfitFile(f"cannot be read: {os_words(error)}", os_fix(error)) from None
    if len(content) > most:
        raise UnfitFile(f"is larger than {size_words(most)}", "Name the right file.")
    return content


def demand_regular(mode: int) -> None:
    """Refuse pipes, devices, sockets and folders. Raises: UnfitFile."""
    if not stat.S_ISREG(mode):
        what = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise UnfitFile(f"is not a regular file but {what}", "Name a regular file.")


def demand_guarded(path: Path, facts: os.stat_result, guard: Guard) -> None:
    """Refuse what others own, may write or (`READ`) may read. Raises: UnfitFile."""
    if guard is Guard.NONE or not _POSIX:
        return
    if facts.st_uid not in (os.geteuid(), 0):
        raise UnfitFile(
            f"belongs to {_user(facts.st_uid)}, who could change it",
            f"Run: chown {_user(os.geteuid())} {path}",
        )
    if _writable_by_others(facts):
        mode = "600" if guard is Guard.READ else "go-w"
        raise UnfitFile("can be written by others", f"Run: chmod {mode} {path}")
    if guard is Guard.READ and facts.st_mode & 0o077:
        raise UnfitFile("can be read by others", f"Run: chmod 600 {path}")


def demand_own_folder(path: Path) -> None:
    """Refuse a folder in which others could swap what lies there. Raises: UnfitFile, OSError."""
    facts = path.stat()
    if facts.st_mode & stat.S_ISVTX:  # in a sticky one only the owner renames a file
        return
    try:
        demand_guarded(path, facts, Guard.WRITE)
    except UnfitFile as unfit:
        raise UnfitFile(f"lies in {path}, which {unfit.why}", unfit.fix) from None


def make_private_folder(path: Path) -> None:
    """Make a folder and those above it that are missing, each 0700. Raises: OSError."""
    missing = []
    place = path
    while not place.exists() and place != place.parent:
        missing.append(place)
        place = place.parent
    for place in reversed(missing):
        with contextlib.suppress(FileExistsError):  # somebody else was faster; it is checked later
            place.mkdir(mode=0o700)
    path.mkdir(mode=0o700, exist_ok=True)  # raises where it is no folder


def write_private(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, 0600, under a name nobody can guess. Raises: OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")  # O_EXCL, 0600
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def open_private(path: Path, flags: int) -> int:
    """Open, or make, a regular file of ours that nobody else reads or writes; the descriptor.

    Raises: UnfitFile; OSError.
    """
    if path.exists():
        demand_regular(path.stat().st_mode)
    handle = os.open(path, flags | os.O_CREAT | _NONBLOCK | _CLOEXEC, 0o600)
    try:
        facts = os.fstat(handle)
        demand_regular(facts.st_mode)
        if _POSIX:
            if facts.st_uid != os.geteuid():
                raise UnfitFile(f"belongs to {_user(facts.st_uid)}", "Name a file of your own.")
            if stat.S_IMODE(facts.st_mode) & 0o077:
                os.fchmod(handle, 0o600)  # whatever the umask was when it was made
    except BaseException:
        os.close(handle)
        raise
    return handle


def os_words(error: OSError) -> str:
    """What an operating system's refusal means, in words."""
    return _WORDS.get(error.errno or 0) or error.strerror or type(error).__name__


def os_fix(error: OSError) -> str:
    """What mends it."""
    return _FIXES.get(error.errno or 0, "Check the path and its permissions.")


def size_words(size: int) -> str:
    """`64 KiB`, `1 MiB`."""
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"


def _writable_by_others(facts: os.stat_result) -> bool:
    if facts.st_mode & stat.S_IWOTH:
        return True
    return bool(facts.st_mode & stat.S_IWGRP) and not _own_group(facts.st_gid)


def _own_group(gid: int) -> bool:
    """Whether a group is the user's alone, as many systems make one each: 0664 is private then."""
    import grp
    import pwd

    try:
        me, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:
        return False
    return gid == me.pw_gid and group.gr_name == me.pw_name and set(group.gr_mem) <= {me.pw_name}


def _user(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


_KINDS: Final = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}
_WORDS: Final = {
    errno.EACCES: "permission denied",
    errno.EPERM: "the system does not permit it",
    errno.ENOENT: "there is no such file or folder",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EISDIR: "it is a folder",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your disk quota is used up",
    errno.EFBIG: "the file must not grow any further",
    errno.EROFS: "the file system is mounted read-only",
    errno.EIO: "the disk reports an input/output error",
    errno.ENAMETOOLONG: "a name in the path is too long",
    errno.ELOOP: "its symbolic links lead in a circle",
    errno.ENOLCK: "this folder cannot lock files",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
    errno.ESTALE: "the network file system has lost it (stale handle)",
    errno.ENXIO: "it is a pipe or a device that nobody serves",
}
_FIXES: Final = {
    errno.EACCES: "Check its owner and permissions.",
    errno.ENOENT: "Correct the path.",
    errno.ENOTDIR: "Correct the path.",
    errno.EISDIR: "Name a file in it.",
    errno.ENOSPC: "Make room, then try again.",
    errno.EDQUOT: "Make room, then try again.",
    errno.EFBIG: "Raise the limit of a file's size (ulimit -f).",
    errno.EROFS: "Name a place that can be written.",
    errno.EIO: "Check the disk and the system's log.",
    errno.ENAMETOOLONG: "Choose a shorter one.",
    errno.ELOOP: "Correct the links.",
    errno.ENOLCK: "Choose a folder on a local disk.",
    errno.EMFILE: "Raise the limit of open files (ulimit -n).",
    errno.ENFILE: "End other programs, then try again.",
    errno.ESTALE: "Mount it anew, or choose a local disk.",
}
