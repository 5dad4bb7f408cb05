"""One gate per host, and per tenant on it: when a service asks to wait, every worker waits."""

import random
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from cipp_tui.domain.clock import Clock

LONGEST_WAIT_S = 300.0
_WINDOW_S = 1.0
_RECOVERY_PER_S = 1.03  # a learned limit is forgotten this fast
_MARGIN = 0.97  # how near to a learned limit we go
_SLOWEST = 20.0  # requests a second; a limit is never taken for lower than this


class Gate:
    """Lets requests through at the pace a service allows."""

    def __init__(self, clock: Clock, *, per_second: float | None = None) -> None:
        self._clock = clock
        self._documented = per_second
        self._learned: float | None = None
        self._learned_at = 0.0
        self._opens_at = float("-inf")
        self._next_slot = 0.0
        self._accepted: deque[float] = deque()

    @property
    def closed_for(self) -> float:
        """Seconds until the gate opens again; 0 when it is open."""
        return max(0.0, self._opens_at - self._clock.monotonic())

    async def enter(self) -> None:
        """Wait for one's turn."""
        while True:
            now = self._clock.monotonic()
            rate = self._rate(now)
            earliest = max(self._opens_at, self._next_slot if rate else 0.0)
            if earliest <= now:
                if rate:
                    self._next_slot = max(now, self._next_slot) + 1.0 / rate
                return
            if rate and self._opens_at <= now:
                self._next_slot = earliest + 1.0 / rate
                await self._clock.sleep(earliest - now)
                if self._opens_at <= self._clock.monotonic():
                    return
                continue
            await self._clock.sleep(earliest - now + random.random() * 0.05)

    def accepted(self) -> None:
        """A request was answered without a 429: what the service bears is learned from these."""
        now = self._clock.monotonic()
        self._accepted.append(now)
        while self._accepted and self._accepted[0] < now - _WINDOW_S:
            self._accepted.popleft()

    def hold(self, seconds: float) -> None:
        """The service asked us to wait: close the gate, and go slower afterwards.

        What it bore is learned only from a second in which the gate stood open all the time.
        """
        now = self._clock.monotonic()
        if now - self._opens_at >= _WINDOW_S:
            while self._accepted and self._accepted[0] < now - _WINDOW_S:
                self._accepted.popleft()
            borne = len(self._accepted) / _WINDOW_S * _MARGIN
            self._learned, self._learned_at = max(borne, _SLOWEST), now
        self._opens_at = max(self._opens_at, now + min(seconds, LONGEST_WAIT_S))

    def _rate(self, now: float) -> float | None:
        if self._learned is None:
            return self._documented
        rate = self._learned * float(_RECOVERY_PER_S ** min(now - self._learned_at, 300.0))
        return min(rate, self._documented) if self._documented else rate


class Gates:
    """All gates of a session, by name."""

    def __init__(self, clock: Clock, documented: dict[str, float] | None = None) -> None:
        self._clock = clock
        self._documented = documented or {}
        self._gates: dict[str, Gate] = {}

    def gate(self, name: str) -> Gate:
        found = self._gates.get(name)
        if found is None:
            found = self._gates[name] = Gate(self._clock, per_second=self._documented.get(name))
        return found

    def known(self, name: str) -> Gate | None:
        """The gate, if anything was ever held there."""
        return self._gates.get(name)

    def longest(self, words: Callable[[str], str]) -> str:
        """Which host asks us to wait the longest, in words; empty when none does."""
        shut = [(gate.closed_for, name) for name, gate in self._gates.items()]
        seconds, name = max(shut, default=(0.0, ""))
        if seconds < 1.0:
            return ""
        return f"{words(name)} asks us to wait {seconds:.0f} s"


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds of a Retry-After header: whole, fractional, or a date. None: absent or unreadable.

    Source: Graph, "Throttling guidance"; RFC 9110 section 10.2.3.
    """
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def back_off(attempt: int, *, first_s: float = 1.0, most_s: float = 30.0) -> float:
    """A growing wait with jitter, for when the service does not say how long. From attempt 1."""
    ceiling = min(most_s, first_s * 2.0 ** (attempt - 1))
    return ceiling * (0.5 + random.random() / 2)
