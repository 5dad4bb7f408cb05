"""How fast we may go: documented quotas, learned rates, and gates that a 429 closes for all."""

import math
import random
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from cipp_tui.domain.clock import Clock

LONGEST_WAIT_S: Final = 300.0
_JITTER_S: Final = 0.05
_LOOK_BACK_S: Final = 20.0
_BUCKET_S: Final = 0.1
_PAUSE_S: Final = 1.0
_MARGIN: Final = 0.95  # how near to a learned limit we go
_QUIET_S: Final = 30.0  # how long a learned limit is kept before more is tried
_GROWTH_PER_S: Final = 1.01
_SLOWEST: Final = 20.0  # requests a second; a limit is never taken for lower than this


class Gate:
    """One host's: closed while it asks us to wait, paced by what it was seen to bear."""

    def __init__(self, clock: Clock, *, per_second: float | None = None) -> None:
        self._clock = clock
        self._documented = per_second
        self._learned: float | None = None
        self._learned_at = 0.0
        self._held_at = float("-inf")
        self._opens_at = float("-inf")
        self._next_slot = 0.0
        self._began: float | None = None  # since when it has been flowing
        self._accepted: deque[list[float]] = deque()  # when a bucket began, how many

    @property
    def closed_for(self) -> float:
        """Seconds until the gate opens again; 0 when it is open."""
        return max(0.0, self._opens_at - self._clock.monotonic())

    @property
    def learned(self) -> float | None:
        """The rate that was seen to be borne; None: no limit was met."""
        return None if self._learned is None else self.per_second

    def resume(self, rate: float) -> None:
        """Begin with a rate that an earlier run learned, as if it had been learned just now."""
        if rate >= _SLOWEST:
            self._learned, self._learned_at = rate, self._clock.monotonic()

    @property
    def per_second(self) -> float | None:
        """Requests a second at present; None: as many as there are."""
        if self._learned is None:
            return self._documented
        quiet = self._clock.monotonic() - self._learned_at - _QUIET_S
        rate = self._learned * float(_GROWTH_PER_S ** min(max(quiet, 0.0), 600.0))
        return min(rate, self._documented) if self._documented else rate

    async def enter(self) -> None:
        """Wait for one's turn."""
        while True:
            if (closed := self.closed_for) > 0:
                await self._clock.sleep(closed + random.random() * _JITTER_S)
                continue
            if (rate := self.per_second) is None:
                return
            now = self._clock.monotonic()
            turn = max(now, self._next_slot)
            self._next_slot = turn + 1.0 / rate
            if turn > now:
                await self._clock.sleep(turn - now)
            if self.closed_for == 0:
                return

    def accepted(self) -> None:
        """A request was answered without a 429: what the service bears is learned from these."""
        now = self._clock.monotonic()
        if self._began is None or (self._accepted and now - self._accepted[-1][0] > _PAUSE_S):
            self._began = now  # what was asked before a pause used nothing of today's quota
        if self._accepted and now - self._accepted[-1][0] < _BUCKET_S:
            self._accepted[-1][1] += 1
            return
        self._accepted.append([now, 1])
        while self._accepted[0][0] < now - _LOOK_BACK_S:
            self._accepted.popleft()

    def hold(self, seconds: float, *, sent_at: float | None = None) -> None:
        """The service asked us to wait: close the gate, and go slower afterwards.

        Only a refusal of something sent after the last one teaches anything new.
        """
        now = self._clock.monotonic()
        if sent_at is None or sent_at > self._held_at:
            self._learn(seconds, now)
            self._held_at, self._began = now, None
            self._accepted.clear()
        self._opens_at = max(self._opens_at, now + min(seconds, LONGEST_WAIT_S))

    def _learn(self, seconds: float, now: float) -> None:
        """Take what was accepted for the limit.

        A quota of one period was used up since we began, and is renewed when we may go on: the
        time between is the period, give or take the second to which services round the wait up.
        """
        if self._began is None:
            return
        elapsed = now - self._began
        window = min(elapsed, max(1.0, 2 * seconds), _LOOK_BACK_S)
        borne = sum(count for at, count in self._accepted if at >= now - window)
        rate = borne / (max(1.0, elapsed + seconds - 1.0) if window == elapsed else window)
        if (before := self.per_second) is not None:
            rate = min(rate, before)
        if rate >= _SLOWEST:
            self._learned, self._learned_at = max(rate * _MARGIN, _SLOWEST), now


class Quota:
    """So many units in any stretch of so many seconds, as a service documents it."""

    def __init__(self, limit: float, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._width = seconds / 50
        self._slots: deque[list[float]] = deque()  # when a slot began, units taken in it
        self._used = 0.0

    def wait_for(self, units: float, now: float) -> float:
        """Seconds until there is room for so many units."""
        horizon = now - self._seconds - self._width
        while self._slots and self._slots[0][0] <= horizon:
            self._used -= self._slots.popleft()[1]
        over = self._used + min(units, self._limit) - self._limit
        if over <= 0:
            return 0.0
        for began, taken in self._slots:
            over -= taken
            if over <= 0:
                return max(0.0, began - horizon)
        return self._seconds

    def take(self, units: float, now: float) -> None:
        """Use units up."""
        if not self._slots or now - self._slots[-1][0] >= self._width:
            self._slots.append([now, 0.0])
        self._slots[-1][1] += units
        self._used += units

    @property
    def idle(self) -> bool:
        """Nothing of it is used, as far as was looked last."""
        return not self._slots


class Patience:
    """Waits for one tenant's sake, counted: whoever waits needs no worker meanwhile."""

    GRACE_S: Final = 0.02
    """A shorter wait is not worth another tenant's start."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.waiting = 0
        self.on_wait: Callable[[], None] | None = None

    async def wait(self, seconds: float) -> None:
        """Wait; whoever is interested is told that a worker has become free."""
        await self._clock.sleep(min(seconds, self.GRACE_S))
        if seconds <= self.GRACE_S:
            return
        self.waiting += 1
        try:
            if self.on_wait is not None:
                self.on_wait()
            await self._clock.sleep(seconds - self.GRACE_S)
        finally:
            self.waiting -= 1


def longest_hold(gates: Sequence[tuple[str, Gate]]) -> str:
    """Which host asks us to wait the longest, in words; empty when none does."""
    seconds, words = max(((gate.closed_for, words) for words, gate in gates), default=(0.0, ""))
    return f"{words} asks us to wait {seconds:.0f} s" if seconds >= 1.0 else ""


def retry_after(value: str | None, now: datetime, date: str | None = None) -> float | None:
    """Seconds of a Retry-After header: whole, fractional, or a date. None: absent or unreadable.

    A date is told by the clock of whoever answered, and so measured against `date`, the answer's
    own Date header; by ours only where there is none.
    Source: Graph, "Throttling guidance"; RFC 9110, sections 6.6.1 and 10.2.3.
    """
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        pass
    else:
        return max(0.0, seconds) if math.isfinite(seconds) else None
    moment = _moment(value)
    if moment is None:
        return None
    return max(0.0, (moment - (_moment(date) or now)).total_seconds())


def _moment(value: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value) if value else None
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def back_off(attempt: int, *, first_s: float = 1.0, most_s: float = 30.0) -> float:
    """A growing wait with jitter, for when the service does not say how long. From attempt 1."""
    ceiling = min(most_s, first_s * 2.0 ** (attempt - 1))
    return ceiling * (0.5 + random.random() / 2)
