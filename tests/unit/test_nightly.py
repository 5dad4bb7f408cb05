"""When the nightly run runs: every night once, whatever the clock and the machine do."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cipp_tui.services.nightly import NightEnd, NightMemory, next_night, watch
from tests.support import HurriedClock

MIDNIGHT = time(0, 0)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


class SettableClock(HurriedClock):
    """Time that can be put, as an admin or a time server puts it."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self._put_by = timedelta(0)
        self.at: dict[datetime, timedelta] = {}  # once this moment has come, put it by so much
        self.slept = 0

    def now(self) -> datetime:
        return super().now() + self._put_by

    def put(self, by: timedelta) -> None:
        self._put_by += by

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self.slept += 1
        for moment in [moment for moment in self.at if self.now() >= moment]:
            self.put(self.at.pop(moment))


@dataclass(slots=True)
class Nights:
    """A watch over a profile's folder, and what became of it."""

    folder: Path
    clock: SettableClock
    at: time = MIDNIGHT
    ran: list[datetime] = field(default_factory=list)
    planned: list[datetime] = field(default_factory=list)
    during: Callable[[int], NightEnd] = lambda _: NightEnd.ENDED

    async def watch(self, nights: int) -> None:
        """Watch until so many runs have begun; the last one is left before its end."""

        async def run() -> NightEnd:
            self.ran.append(self.clock.now())
            if len(self.ran) == nights:
                return NightEnd.LEAVE
            await self.clock.sleep(300)
            return self.during(len(self.ran))

        memory = NightMemory(self.folder, self.clock)
        async with asyncio.timeout(30):
            await watch(self.clock, self.at, memory, run=run, planned_for=self.planned.append)

    @property
    def hours(self) -> list[str]:
        return [f"{moment:%d %H:%M}" for moment in self.ran]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}:00+00:00")


# -- the moment ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("at", "ended", "night"),
    [
        (MIDNIGHT, "02T09:41", "03T00:00"),
        (MIDNIGHT, "03T00:00", "04T00:00"),
        (time(2, 30), "03T01:00", "03T02:30"),
        (time(2, 30), "03T02:31", "04T02:30"),
    ],
)
def test_the_next_night_comes_after_the_last_run(at: time, ended: str, night: str) -> None:
    assert next_night(at, moment(ended)) == moment(night)


@given(
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.integers(0, 20 * 366 * 86_400).map(lambda s: datetime(2020, 1, 1, tzinfo=UTC) + s * SECOND),
    st.integers(-14, 14),
)
def test_a_night_is_at_most_a_day_away_and_always_at_its_hour(
    at: time, ended: datetime, zone: int
) -> None:
    night = next_night(at, ended.astimezone(timezone(timedelta(hours=zone))))

    assert ended < night <= ended + DAY
    assert (night.hour, night.minute, night.utcoffset()) == (at.hour, at.minute, timedelta(0))


# -- watching -----------------------------------------------------------------------------------
async def test_every_night_once_and_the_first_is_waited_for(tmp_path: Path) -> None:
    nights = Nights(tmp_path, SettableClock(moment("02T09:41")))

    await nights.watch(4)

    assert nights.hours == ["03 00:00", "04 00:00", "05 00:00", "06 00:00"]
    assert nights.planned == [moment(f"0{day}T00:00") for day in (3, 4, 5, 6)]


async def test_a_night_that_passed_while_nothing_ran_is_caught_up_with_at_once(
    tmp_path: Path,
) -> None:
    clock = SettableClock(moment("02T09:41"))
    await NightMemory(tmp_path, clock).ended()
    clock.put(timedelta(days=4, hours=1))
    nights = Nights(tmp_path, clock)

    await nights.watch(2)

    assert nights.hours == ["06 10:41", "07 00:00"]
    assert nights.planned == [moment("03T00:00"), moment("07T00:00")]


async def test_a_watch_that_is_started_anew_does_not_repeat_the_night(tmp_path: Path) -> None:
    clock = SettableClock(moment("02T23:59"))
    first = Nights(tmp_path, clock)
    await first.watch(2)
    assert first.hours == ["03 00:00", "04 00:00"]

    again = Nights(tmp_path, clock)
    await again.watch(2)

    assert again.hours == ["04 00:00", "05 00:00"]  # that of the 4th was left before its end


async def test_a_first_night_that_was_missed_is_caught_up_with(tmp_path: Path) -> None:
    clock = SettableClock(moment("02T09:41"))
    await NightMemory(tmp_path, clock).ended_at()  # the watch was started, and killed
    clock.put(DAY)
    nights = Nights(tmp_path, clock)

    await nights.watch(1)

    assert nights.hours == ["03 09:41"]


async def test_a_machine_that_slept_runs_once_when_it_wakes(tmp_path: Path) -> None:
    clock = SettableClock(moment("02T09:41"))
    clock.at = {moment("02T20:00"): timedelta(days=3)}  # the wall clock is ahead, as after a sleep
    nights = Nights(tmp_path, clock)

    await nights.watch(2)

    assert [f"{ran:%d %H}" for ran in nights.ran] == ["05 20", "06 00"]


@pytest.mark.parametrize("hours", [1, 2, 12, 23])
async def test_a_clock_that_is_put_back_does_not_run_the_same_night_twice(
    tmp_path: Path, hours: int
) -> None:
    clock = SettableClock(moment("02T09:41"))
    clock.at = {moment("03T00:10"): timedelta(hours=-hours)}
    nights = Nights(tmp_path, clock)

    await nights.watch(2)

    assert nights.hours == ["03 00:00", "04 00:00"]


async def test_a_clock_that_is_put_back_during_the_run_does_not_repeat_it(tmp_path: Path) -> None:
    clock = SettableClock(moment("02T09:41"))
    clock.at = {moment("03T00:01"): timedelta(hours=-2)}  # while the run is at work
    nights = Nights(tmp_path, clock)
    await nights.watch(2)
    assert nights.hours == ["03 00:00", "04 00:00"]


async def test_a_clock_that_was_weeks_ahead_does_not_silence_the_watch(tmp_path: Path) -> None:
    clock = SettableClock(moment("22T09:41"))
    await NightMemory(tmp_path, clock).ended()
    clock.put(timedelta(days=-20))
    nights = Nights(tmp_path, clock)

    await nights.watch(2)

    assert nights.hours == ["03 00:00", "04 00:00"]


async def test_a_clock_put_back_by_weeks_while_waiting_does_not_silence_the_watch(
    tmp_path: Path,
) -> None:
    clock = SettableClock(moment("22T09:41"))
    clock.at = {moment("22T12:00"): timedelta(days=-20)}
    nights = Nights(tmp_path, clock)

    await nights.watch(2)

    assert nights.hours == ["03 00:00", "04 00:00"]


async def test_a_run_that_could_not_begin_is_tried_again_in_the_same_night(tmp_path: Path) -> None:
    clock = SettableClock(moment("02T09:41"))

    def during(number: int) -> NightEnd:
        return NightEnd.AGAIN if number < 3 else NightEnd.ENDED

    nights = Nights(tmp_path, clock, during=during)

    await nights.watch(4)

    assert nights.hours == ["03 00:00", "03 00:15", "03 00:30", "04 00:00"]
    assert nights.planned == [moment("03T00:00"), moment("04T00:00")]


async def test_a_run_of_somebody_else_in_the_meantime_counts(tmp_path: Path) -> None:
    class Meanwhile(SettableClock):
        """At ten to midnight somebody runs the night by hand, for a quarter of an hour."""

        done = False

        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if self.now() >= moment("02T23:50") and not self.done:
                self.done = True
                await NightMemory(tmp_path, self).ended(planned=moment("03T00:05"))

    clock = Meanwhile(moment("02T09:41"))
    nights = Nights(tmp_path, clock)

    await nights.watch(1)

    assert clock.done
    assert nights.hours == ["04 00:00"]


async def test_waiting_looks_at_the_clock_every_minute_and_no_oftener(tmp_path: Path) -> None:
    clock = SettableClock(moment("02T12:00"))
    nights = Nights(tmp_path, clock)

    await nights.watch(1)

    assert clock.slept == 12 * 60
