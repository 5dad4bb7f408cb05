"""Noticing that whoever started this process is gone, so that no orphan keeps serving."""

import os
import sys
import threading
from collections.abc import Callable
from typing import Final

STDIN: Final = 0


def is_alive(pid: int) -> bool:
    """Say whether a process still runs."""
    if sys.platform == "win32":
        return _is_alive_on_windows(pid)
    try:
        os.kill(pid, 0)  # on Windows this would end the process
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def when_stdin_closes(then: Callable[[], None]) -> None:
    """Call `then` in a thread of its own once standard input reaches its end."""

    def wait() -> None:
        # Unbuffered: a daemon thread inside sys.stdin would block the interpreter's exit.
        while os.read(STDIN, 1024):
            pass
        then()

    threading.Thread(target=wait, name="stdin watcher", daemon=True).start()


if sys.platform == "win32":
    import ctypes

    def _is_alive_on_windows(pid: int) -> bool:
        synchronize, still_waiting = 0x0010_0000, 0x102
        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(synchronize, False, pid)
        if not handle:
            return False
        try:
            return bool(kernel.WaitForSingleObject(handle, 0) == still_waiting)
        finally:
            kernel.CloseHandle(handle)
