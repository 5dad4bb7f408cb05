"""Waiting as long as a service asks, everybody together."""

import asyncio
from datetime import UTC, datetime

import pytest

from cipp_tui.api.pace import Gate, Gates, retry_after
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
    await gate.enter()
    began = clock.monotonic()

    for _ in range(50):
        await gate.enter()

    assert clock.monotonic() - began >= 0.4


def test_who_asks_us_to_wait_is_named() -> None:
    clock = HurriedClock()
    gates = Gates(clock)
    gates.gate("graph").hold(30)

    assert gates.longest(str.title) == "Graph asks us to wait 30 s"


def test_nobody_is_named_when_nobody_holds() -> None:
    assert Gates(HurriedClock()).longest(str) == ""
