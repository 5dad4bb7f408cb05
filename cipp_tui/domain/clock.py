"""Time as a parameter: everything that waits or dates something is given one of these."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol


class Clock(Protocol):
    """Where the program gets its time from."""

    def now(self) -> datetime:
        """The date and time, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow; for durations and deadlines."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


SYSTEM: Clock = SystemClock()

_EARLIEST: Final = datetime(2, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9998, 12, 31, tzinfo=UTC)


def bounded(moment: datetime) -> datetime:
    """A moment that exists in every time zone: the first and last years only mean "never".

    One without an offset is one of UTC.
    """
    if moment.year <= _EARLIEST.year:
        return _EARLIEST
    if moment.year >= _LATEST.year:
        return _LATEST
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def is_stale(at: datetime | None, now: datetime, after: timedelta) -> bool:
    """Whether something was read too long ago, never, or by a clock that was that far ahead."""
    return at is None or abs(now - at) > after
