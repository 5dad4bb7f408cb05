"""Time that stands still but for waits: the same history takes the same time again."""

import asyncio
from datetime import datetime, timedelta

from tests.support import START


class StillClock:
    """Jumps over every wait. Its wall clock can be set while it runs, as a machine's can."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._passed = 0.0
        self._set_forward = 0.0
        self._slept = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed + self._set_forward)

    def monotonic(self) -> float:
        return 1000.0 + self._passed

    async def sleep(self, seconds: float) -> None:
        self._passed += max(0.0, seconds) + 1e-6
        await asyncio.sleep(0)

    def services(self) -> float:
        """The services' time, a POSIX timestamp: nobody here can set it."""
        return (self._start + timedelta(seconds=self._passed + self._slept)).timestamp()

    def set_forward(self, seconds: float) -> None:
        """Somebody sets the wall clock; the time that passes is not changed by it."""
        self._set_forward += seconds

    def suspend(self, seconds: float) -> None:
        """The machine sleeps: time passes everywhere, but its monotonic clock stands still."""
        self._set_forward += seconds
        self._slept += seconds

    def branch(self, later_s: float = 60.0) -> "StillClock":
        """A clock of its own that begins a little later."""
        real = datetime.fromtimestamp(self.services(), self._start.tzinfo)
        later = StillClock(real + timedelta(seconds=later_s))
        later._set_forward = self._set_forward - self._slept
        return later
