"""The number of requests in flight against services that are modelled in virtual time."""

import asyncio
import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cipp_tui.api.backend import LearnedPace
from cipp_tui.api.concurrency import LEAST, MOST, START, ConcurrencyLimit
from cipp_tui.services.pace_memory import KEPT_FOR, pace_from, pace_text
from tests.support import START as NOW


class VirtualTime:
    """Time passes when everybody sleeps, to the next who wakes."""

    def __init__(self) -> None:
        self._now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._places = count()

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self._now)

    def monotonic(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._places), woken))
        await woken

    async def pass_until(self, end: float) -> None:
        while True:
            for _ in range(4):
                await asyncio.sleep(0)
            if not self._sleepers or self._sleepers[0][0] > end:
                return
            self._now, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)


@dataclass
class Service:
    """Answers after a time that depends on how many are asked at once."""

    time: VirtualTime
    latency: Callable[[int, float], float]  # in flight, time -> seconds
    refuses: Callable[[int, float], bool] = lambda in_flight, now: False
    for_all: bool = False
    most: int = 0
    answered: list[float] = field(default_factory=list)
    refused: int = 0
    limits: list[tuple[float, int]] = field(default_factory=list)

    async def ask(self, turns: ConcurrencyLimit) -> None:
        """One client after the other, for ever."""
        while True:
            await turns.acquire()
            self.most = max(self.most, turns.in_flight)
            self.limits.append((self.time.monotonic(), turns.limit))
            seconds = self.latency(turns.in_flight, self.time.monotonic())
            refused = self.refuses(turns.in_flight, self.time.monotonic())
            await self.time.sleep(seconds)
            if refused:
                self.refused += 1
                turns.refused()
                if self.for_all:
                    turns.throttled()
            else:
                self.answered.append(self.time.monotonic())
                turns.answered("read", seconds)
            turns.release()

    def rate(self, begin: float, end: float) -> float:
        return sum(begin <= at < end for at in self.answered) / (end - begin)

    def limit_at(self, moment: float) -> int:
        return [limit for at, limit in self.limits if at <= moment][-1]


async def run(
    service: Service, turns: ConcurrencyLimit, seconds: float, clients: int = 200
) -> None:
    tasks = [asyncio.create_task(service.ask(turns)) for _ in range(clients)]
    await service.time.pass_until(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def constant(seconds: float) -> Callable[[int, float], float]:
    return lambda in_flight, now: seconds


async def test_where_the_service_bears_it_the_most_is_reached_within_two_seconds() -> None:
    time = VirtualTime()
    service, turns = Service(time, constant(0.25)), ConcurrencyLimit(time)

    await run(service, turns, 10)

    assert service.limit_at(0.1) == START
    assert service.limit_at(2.0) == MOST == service.most
    assert service.rate(4, 10) == pytest.approx(MOST / 0.25, rel=0.05)


async def test_it_never_grows_when_nobody_waits() -> None:
    time = VirtualTime()
    service, turns = Service(time, constant(0.25)), ConcurrencyLimit(time)

    await run(service, turns, 10, clients=10)

    assert turns.limit == START


async def test_it_stays_where_more_in_flight_brings_no_more_answers() -> None:
    """Up to 40 at once are worked on; the others wait inside the service."""
    time = VirtualTime()
    service = Service(time, lambda in_flight, now: 0.1 * max(1.0, in_flight / 40))
    turns = ConcurrencyLimit(time)

    await run(service, turns, 60)

    assert service.limit_at(59) <= 64
    assert service.rate(30, 60) >= 0.9 * 400


async def test_it_falls_when_everybody_is_asked_to_wait_and_comes_back_slowly() -> None:
    time = VirtualTime()

    def refuses(in_flight: int, now: float) -> bool:
        return 5 <= now < 6 and in_flight > 50

    service = Service(time, constant(0.25), refuses, for_all=True)
    turns = ConcurrencyLimit(time)

    await run(service, turns, 60)

    assert service.limit_at(4.9) == MOST
    assert service.limit_at(6.0) <= int(MOST * 0.7)
    assert service.limit_at(20.0) <= int(MOST * 0.7)
    assert service.limit_at(59.0) > service.limit_at(20.0)


@pytest.mark.parametrize(("share", "falls"), [(0.01, False), (0.3, True)])
async def test_many_refusals_of_single_tenants_are_taken_for_too_much_a_few_are_not(
    share: float, falls: bool
) -> None:
    time = VirtualTime()
    chance = random.Random(3)
    service = Service(time, constant(0.25), lambda in_flight, now: chance.random() < share)
    turns = ConcurrencyLimit(time)

    await run(service, turns, 20)

    assert (turns.limit < MOST // 2) is falls


async def test_lasting_refusals_bring_it_down_to_the_least_and_no_further() -> None:
    time = VirtualTime()
    service = Service(time, constant(0.25), lambda in_flight, now: True, for_all=True)
    turns = ConcurrencyLimit(time)

    await run(service, turns, 60)

    assert turns.limit == LEAST


async def test_it_falls_when_answers_become_slow_but_only_once_for_a_service_that_is_slower() -> (
    None
):
    time = VirtualTime()
    service = Service(time, lambda in_flight, now: 0.25 if now < 5 else 0.6)
    turns = ConcurrencyLimit(time)

    await run(service, turns, 60)

    assert service.limit_at(4.9) == MOST
    assert service.limit_at(10) < MOST
    assert service.limit_at(10) >= MOST // 2
    assert service.limit_at(59) > service.limit_at(10)


async def test_latency_that_varies_by_itself_is_no_reason_to_fall() -> None:
    time = VirtualTime()
    chance = random.Random(5)
    service = Service(time, lambda in_flight, now: chance.uniform(0.15, 0.4))
    turns = ConcurrencyLimit(time)

    await run(service, turns, 20)

    assert service.rate(5, 20) >= 0.9 * MOST / 0.275


async def test_a_fixed_number_stays_whatever_happens() -> None:
    time = VirtualTime()
    service = Service(time, constant(0.25), lambda in_flight, now: now > 3, for_all=True)
    turns = ConcurrencyLimit(time, fixed=32)

    await run(service, turns, 10)

    assert (turns.limit, service.most) == (32, 32)


async def test_work_that_writes_gets_its_turn_before_the_others() -> None:
    turns = ConcurrencyLimit(VirtualTime(), fixed=1)
    served: list[str] = []

    async def ask(name: str, is_first: bool) -> None:
        await turns.acquire(is_first=is_first)
        served.append(name)
        turns.release()

    await turns.acquire()
    asking = [asyncio.create_task(ask(name, name.isupper())) for name in ("a", "b", "C", "d", "E")]
    await asyncio.sleep(0)
    turns.release()
    await asyncio.gather(*asking)

    assert served == ["C", "E", "a", "b", "d"]


async def test_a_run_begins_with_what_an_earlier_one_learned() -> None:
    time = VirtualTime()
    service, turns = Service(time, constant(0.25)), ConcurrencyLimit(time)
    turns.resume_at(96)

    await run(service, turns, 0.2)

    assert service.most == 96
    fixed = ConcurrencyLimit(time, fixed=4)
    fixed.resume_at(96)
    assert fixed.limit == 4


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("ascr"), max_size=60), st.integers(1, 5))
def test_turns_are_never_lost_nor_given_twice(steps: list[str], most: int) -> None:
    """a: somebody asks, s: time for the loop, c: who waits is cancelled, r: a turn is returned."""

    async def play() -> None:
        turns = ConcurrencyLimit(VirtualTime(), fixed=most)
        asking: list[asyncio.Task[None]] = []
        for step in steps:
            if step == "a":
                asking.append(asyncio.create_task(turns.acquire()))
            elif step == "s":
                await asyncio.sleep(0)
            elif step == "c" and asking:
                asking[len(asking) // 2].cancel()
            elif holders := [t for t in asking if t.done() and not t.cancelled()]:
                asking.remove(holders[0])
                turns.release()
            assert turns.in_flight <= most
        for _ in range(3):
            await asyncio.sleep(0)
        held = sum(task.done() and not task.cancelled() for task in asking)
        assert turns.in_flight == held
        assert held == min(most, sum(not task.cancelled() for task in asking))
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    asyncio.run(play())


# -- from run to run ------------------------------------------------------------------------------
def test_what_was_learned_is_kept_with_its_age() -> None:
    pace = LearnedPace(at=NOW, in_flight=96, per_second={"graph": 285.0})

    assert pace_from(pace_text(pace), NOW + timedelta(days=1)) == pace
    assert pace_from(pace_text(pace), NOW + KEPT_FOR + timedelta(seconds=1)) is None
    assert pace_from(pace_text(pace), NOW - timedelta(days=2)) is None


@pytest.mark.parametrize(
    "text", [None, "", "nonsense", "{}", '{"at": "2026-03-02T09:41:00", "in_flight": 5}', "[]"]
)
def test_what_cannot_be_read_is_learned_anew(text: str | None) -> None:
    assert pace_from(text, NOW) is None
