"""A pseudo-terminal with an emulated screen: runs the real program and reads what it shows."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import pyte

PATIENCE_S = 30.0
_SYNC_QUERY = b"\x1b[?2026$p"


class Terminal:
    """One program on one pseudo-terminal."""

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str], *, columns: int = 80, rows: int = 24
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.status: int | None = None
        self.raw = b""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.pid = os.fork()
        if self.pid == 0:  # pragma: no cover - the child becomes the program
            try:
                os.setsid()
                fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
                for stream in (0, 1, 2):
                    os.dup2(slave, stream)
                os.closerange(3, 256)
                os.execvpe(argv[0], list(argv), dict(env))
            finally:
                os._exit(127)
        os.close(slave)
        self._master = master

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.status is None:
            self.kill(signal.SIGKILL)
            self.wait_end()
        if self._master >= 0:
            os.close(self._master)

    def hang_up(self) -> None:
        """The link is gone: the terminal's other side is closed."""
        os.close(self._master)
        self._master = -1

    @property
    def lines(self) -> list[str]:
        """The screen as it is now."""
        return list(self._screen.display)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def press(self, *keys: str) -> None:
        """Type keys: single signs, or one of the names below."""
        for key in keys:
            os.write(self._master, _NAMED.get(key, key).encode())
            self._pump(0.05)

    def wait_for(self, text: str, patience_s: float = PATIENCE_S) -> None:
        """Wait until the screen shows the text."""
        self.wait_until(lambda: text in self.text, f"{text!r} on the screen", patience_s)

    def wait_until(
        self, condition: Callable[[], bool], what: str, patience_s: float = PATIENCE_S
    ) -> None:
        """Wait for a condition while the program's output is read."""
        end = time.monotonic() + patience_s
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"waited {patience_s:.0f} s for {what}:\n{self.text}")
            if not self._pump(0.1) and self.status is not None:
                raise AssertionError(f"ended ({self.status}) before {what}:\n{self.text}")

    def read_for(self, seconds: float) -> int:
        """Read for a while; how many bytes came."""
        before, end = len(self.raw), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._pump(left)
        return len(self.raw) - before

    def settle(self, quiet_s: float = 0.3) -> int:
        """Read until nothing has come for a while; how many bytes came."""
        before = len(self.raw)
        while self._pump(quiet_s):
            pass
        return len(self.raw) - before

    def kill(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    def wait_end(self, patience_s: float = PATIENCE_S) -> int:
        """Wait for the program's end; its exit code, or minus the signal that ended it."""
        end = time.monotonic() + patience_s
        while self.status is None:
            if time.monotonic() > end:
                raise AssertionError(f"still running after {patience_s:.0f} s:\n{self.text}")
            self._pump(0.05)
        while self._pump(0.0):  # its last words may still be on their way
            pass
        return self.status

    def _pump(self, timeout_s: float) -> bool:
        """Read what is there; False when nothing came."""
        self._reap()
        if self._master < 0:
            select.select([], [], [], timeout_s)
            return False
        ready, _, _ = select.select([self._master], [], [], timeout_s)
        if not ready:
            return False
        try:
            chunk = os.read(self._master, 65536)
        except OSError:  # the other side is closed
            self._reap()
            return False
        if not chunk:
            return False
        self.raw += chunk
        if _SYNC_QUERY in chunk:
            os.write(self._master, b"\x1b[?2026;2$y")
        self._stream.feed(chunk)
        return True

    def _reap(self) -> None:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)


_NAMED = {
    "enter": "\r",
    "escape": "\x1b",
    "space": " ",
    "tab": "\t",
    "down": "\x1b[B",
    "up": "\x1b[A",
    "pagedown": "\x1b[6~",
    "ctrl+c": "\x03",
}
