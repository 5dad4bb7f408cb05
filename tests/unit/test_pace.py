"""Waiting as long as a service asks, everybody together."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cipp_tui.api.endpoints import Service
from cipp_tui.api.limits import Limits
from cipp_tui.api.pace import Gate, Patience, Quota, retry_after
from tests.support import HurriedClock

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        ("2.128", 2.128),
        ("Mon, 02 Mar 2026 12:00:07 GMT", 7.0),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-4", 0.0),
    ],
)
def test_retry_after_may_be_seconds_a_fraction_or_a_date(
    header: str | None, seconds: float | None
) -> None:
    assert retry_after(header, NOW) == seconds


async def test_one_throttled_worker_holds_all() -> None:
    clock = HurriedClock()
    gate = Gate(clock)
    gate.hold(30)
    began = clock.monotonic()

    await asyncio.gather(*(gate.enter() for _ in range(5)))

    assert clock.monotonic() - began >= 30


async def test_an_open_gate_holds_nobody() -> None:
    clock = HurriedClock()
    gate = Gate(clock)
    began = clock.monotonic()

    for _ in range(100):
        await gate.enter()

    assert clock.monotonic() - began < 5


async def test_a_documented_limit_is_kept() -> None:
    clock = HurriedClock()
    gate = Gate(clock, per_second=50)
    began = clock.monotonic()

    for _ in range(200):
        await gate.enter()

    assert clock.monotonic() - began >= 199 / 50 - 0.1


async def test_what_the_service_bore_is_learned_from_a_refusal() -> None:
    clock = HurriedClock()
    gate = Gate(clock)
    for _ in range(100):
        await gate.enter()
        gate.accepted()
    gate.hold(1)

    assert gate.per_second == pytest.approx(95, rel=0.02)

    await gate.enter()
    began = clock.monotonic()
    for _ in range(50):
        await gate.enter()
    assert clock.monotonic() - began >= 0.4


async def test_a_pause_before_does_not_make_the_limit_look_lower() -> None:
    clock = HurriedClock()
    gate = Gate(clock)
    gate.accepted()
    await clock.sleep(60)
    for _ in range(300):
        gate.accepted()
    gate.hold(1)

    assert gate.per_second == pytest.approx(285, rel=0.02)


async def test_late_refusals_of_what_was_sent_before_teach_nothing_more() -> None:
    clock = HurriedClock()
    gate = Gate(clock)
    for _ in range(100):
        gate.accepted()
    before = clock.monotonic()
    gate.hold(1, sent_at=before)
    learned = gate.per_second

    for _ in range(31):
        gate.hold(1, sent_at=before)

    assert gate.per_second == learned


async def test_a_learned_limit_is_tried_again_after_a_quiet_while() -> None:
    clock = HurriedClock()
    gate = Gate(clock)
    for _ in range(100):
        gate.accepted()
    gate.hold(1)
    learned = gate.per_second
    assert learned is not None

    await clock.sleep(25)
    assert gate.per_second == learned
    await clock.sleep(60)
    assert gate.per_second > learned


async def test_a_lone_refusal_while_little_was_asked_does_not_slow_the_host() -> None:
    clock = HurriedClock()
    gate = Gate(clock)
    gate.accepted()
    gate.hold(2)

    assert gate.per_second is None


@given(
    taken=st.lists(st.tuples(st.floats(0, 30), st.integers(1, 40)), max_size=60),
    limit=st.integers(50, 200),
)
def test_no_stretch_of_time_ever_holds_more_than_the_quota(
    taken: list[tuple[float, int]], limit: int
) -> None:
    quota = Quota(limit, 10.0)
    now, log = 0.0, []
    for pause, units in taken:
        now += pause / 10
        now += quota.wait_for(units, now)
        assert quota.wait_for(units, now + 1e-6) == 0
        quota.take(units, now)
        log.append((now, units))

    for start, _ in log:
        assert sum(units for at, units in log if start <= at < start + 10.0) <= limit


def limits_of(clock: HurriedClock) -> Limits:
    return Limits(clock, Patience(clock))


async def test_a_refusal_holds_the_tenant_it_is_about_and_nobody_else() -> None:
    clock = HurriedClock()
    graph = limits_of(clock).of(Service.GRAPH)
    graph.hold("a", 30)
    began = clock.monotonic()

    await graph.enter("b", 1, 0)
    assert clock.monotonic() - began < 1
    await graph.enter("a", 1, 0)
    assert clock.monotonic() - began >= 30


async def test_when_most_answers_are_refusals_it_is_the_host_that_is_full() -> None:
    clock = HurriedClock()
    limits = limits_of(clock)
    graph = limits.of(Service.GRAPH)
    for tenant in "abcdefgh":
        graph.hold(tenant, 30)

    assert limits.holding == "Graph asks us to wait 30 s"
    began = clock.monotonic()
    await graph.enter("z", 1, 0)
    assert clock.monotonic() - began >= 30


async def test_an_answer_that_names_the_application_means_everybody() -> None:
    clock = HurriedClock()
    limits = limits_of(clock)
    limits.of(Service.GRAPH).hold("a", 30, scope="Application/ReadWrite/app/a")

    assert limits.holding == "Graph asks us to wait 30 s"


async def test_the_application_writes_no_more_than_documented() -> None:
    clock = HurriedClock()
    graph = limits_of(clock).of(Service.GRAPH)
    began = clock.monotonic()

    for number in range(35_000 // 1_000 + 1):
        await graph.enter(f"tenant {number}", 1_000, 1_000)

    assert clock.monotonic() - began >= 290


async def test_who_waits_for_one_tenant_is_counted_and_told() -> None:
    clock = HurriedClock()
    patience = Patience(clock)
    seen: list[int] = []
    patience.on_wait = lambda: seen.append(patience.waiting)

    await patience.wait(Patience.GRACE_S)
    await patience.wait(3)

    assert seen == [1]
    assert patience.waiting == 0


def test_nobody_is_named_when_nobody_holds() -> None:
    assert limits_of(HurriedClock()).holding == ""
