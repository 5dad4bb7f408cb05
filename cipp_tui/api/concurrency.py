"""How many requests may be in flight at once: a fixed number, or as many as bring more."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from cipp_tui.domain.clock import Clock

START: Final = 16
LEAST: Final = 8
MOST: Final = 128

_SHORTEST_WINDOW_S: Final = 0.1
_PAUSED_S: Final = 20.0  # without growth, after a service asked for less
_FALL_LASTS_S: Final = 2.0  # what is refused so soon after a fall was sent before it
_SETTLED_S: Final = 8.0  # without growth, after more in flight brought no more answers
_FEW: Final = 3
_REFUSED_SHARE: Final = 0.05
"""Refusals in one window from which on they are about how much is asked, not about one request."""

_GAIN: Final = 0.3
"""The least share of what was added in flight that must come back as answers per second."""

_SLOWER: Final = 1.6
"""Mean latency over the best mean, from which on a queue has formed somewhere."""

_SAMPLES: Final = 8


@dataclass(slots=True)
class _Window:
    """What was answered since the last look."""

    began: float
    answers: int = 0
    refused: int = 0
    was_full: bool = False  # somebody waited for a turn
    latencies: dict[str, list[float]] = field(default_factory=dict)  # by kind: sum, number


class ConcurrencyLimit:
    """Turns for requests, first come first served, but for those that come before all others.

    With `fixed` the number is constant. Else it begins at `START`, or at what an earlier run
    learned, and is looked at once in about a round trip: it grows while somebody waits for a turn
    and more in flight brings more answers, and falls when a service asks for less or answers
    become slow. The rule is additive increase and multiplicative decrease, with slow start.
    Source: RFC 5681 sections 3.1 and 3.2; Netflix concurrency-limits, README.
    """

    def __init__(self, clock: Clock, *, fixed: int | None = None, start: int = START) -> None:
        self._clock = clock
        self._fixed = fixed
        self._limit = fixed if fixed is not None else min(max(start, LEAST), MOST)
        self.in_flight = 0
        self._first: deque[asyncio.Future[None]] = deque()
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._window = _Window(clock.monotonic())
        self._best: dict[str, float] = {}  # the lowest mean latency of a window, by kind
        self._slow_start = True
        self._paused_until = float("-inf")
        self._fell_at = float("-inf")
        self._was_slow = False  # the last window was, and the limit fell for it
        self._before: tuple[int, float] | None = None  # limit and rate before it grew last

    @property
    def limit(self) -> int:
        """How many requests may be in flight at present."""
        return self._limit

    @property
    def is_fixed(self) -> bool:
        return self._fixed is not None

    @property
    def is_contended(self) -> bool:
        """Somebody waits for a turn, or would have to."""
        return self._is_awaited or self.in_flight >= self._limit

    @property
    def _is_awaited(self) -> bool:
        return bool(self._waiters or self._first)

    def resume_at(self, limit: int) -> None:
        """Begin at what an earlier run learned; nothing where the number is fixed."""
        if self._fixed is None:
            self._limit = min(max(limit, LEAST), MOST)
            self._wake()

    # -- turns ---------------------------------------------------------------------------------
    async def acquire(self, *, is_first: bool = False) -> None:
        """Wait for a turn. `is_first`: before all that are not.

        Work that has begun to write is long, and whoever is long should not end last.
        """
        if self.in_flight < self._limit and not self._is_awaited:
            self.in_flight += 1
            return
        self._window.was_full = True
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue = self._first if is_first else self._waiters
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()
            elif turn in queue:  # else it was passed over already
                queue.remove(turn)
            raise

    def release(self) -> None:
        """Give the turn to whoever waits the longest."""
        self.in_flight -= 1
        self._wake()

    def _wake(self) -> None:
        while self._is_awaited and self.in_flight < self._limit:
            turn = (self._first or self._waiters).popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)

    # -- what answers teach ---------------------------------------------------------------------
    def answered(self, kind: str, seconds: float) -> None:
        """A request of a kind was answered after so long; kinds have latencies of their own."""
        latency = self._window.latencies.setdefault(kind, [0.0, 0.0])
        latency[0] += seconds
        latency[1] += 1
        self._count()

    def refused(self) -> None:
        """A service answered that too much is asked."""
        self._window.refused += 1
        self._count()

    def throttled(self) -> None:
        """A service said, of everybody and not of one tenant, that too much is asked."""
        if self._fixed is None:
            self._fall(0.7, self._clock.monotonic())

    def _count(self) -> None:
        window = self._window
        window.answers += 1
        if self._fixed is not None or window.answers < self._limit:
            return
        now = self._clock.monotonic()
        if now - window.began >= _SHORTEST_WINDOW_S:
            self._window = _Window(now, was_full=self._is_awaited)
            self._judge(window, now)

    def _judge(self, window: _Window, now: float) -> None:
        rate = window.answers / (now - window.began)
        slower = self._slowness(window) > _SLOWER
        was_slow, self._was_slow = self._was_slow, slower
        if slower and was_slow:  # asking less did not help: the service is slower now, that is all
            self._best = {kind: seconds / n for kind, (seconds, n) in window.latencies.items()}
            self._was_slow = False
        if window.refused >= _FEW and window.refused > window.answers * _REFUSED_SHARE:
            self._fall(0.7, now)
        elif slower and not was_slow:
            self._fall(0.85, now)
        elif not window.was_full:
            self._before = None  # what is asked, not the limit, decides the rate
        elif self._before is not None and not self._has_gained(rate):
            self._limit = self._before[0]
            self._before = None
            self._slow_start = False
            self._paused_until = now + _SETTLED_S
        elif now >= self._paused_until and self._limit < MOST:
            self._before = (self._limit, rate)
            self._limit = min(self._grown(), MOST)
            self._wake()

    def _grown(self) -> int:
        if not self._slow_start:
            return self._limit + max(2, self._limit // 8)
        return self._limit * 2 if self._limit <= MOST // 4 else self._limit + self._limit // 4

    def _has_gained(self, rate: float) -> bool:
        assert self._before is not None, "asked after growth only"
        limit, former = self._before
        return rate >= former * (1 + _GAIN * (self._limit / limit - 1))

    def _slowness(self, window: _Window) -> float:
        """How many times as long as at best answers took, over all kinds that were seen before."""
        taken = expected = 0.0
        for kind, (seconds, number) in window.latencies.items():
            mean = seconds / number
            best = self._best.get(kind)
            if best is not None:
                taken += seconds
                expected += best * number
            if number >= _SAMPLES:
                self._best[kind] = mean if best is None else min(mean, best)
        return taken / expected if expected else 1.0

    def _fall(self, share: float, now: float) -> None:
        self._paused_until = now + _PAUSED_S
        self._slow_start = False
        self._before = None
        if now - self._fell_at >= _FALL_LASTS_S:
            self._fell_at = now
            self._limit = max(LEAST, int(self._limit * share))
