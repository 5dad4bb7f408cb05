"""Whatever ends work in the background is told to those who wait for it, and nobody waits long."""

import asyncio
from pathlib import Path

import pytest

from cipp_tui.api.visit import DirectVisit
from cipp_tui.domain.problems import Problem, Unforeseen
from cipp_tui.services.views import SignInState
from tests.support import HurriedClock, running_house, simulator_for

SECRET = "canary-of-the-exception"
SAFETY_S = 30.0


class Odd(Exception):
    """No part of the program knows it."""


async def fails(*_arguments: object, **_options: object) -> None:
    raise Odd(SECRET)


@pytest.mark.parametrize("error", [RuntimeError, OSError, KeyError, Odd, MemoryError])
async def test_whoever_waits_for_the_sign_in_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    async def signed_in(*_arguments: object) -> None:
        raise error(SECRET)

    monkeypatch.setattr("cipp_tui.api.direct.DirectBackend.signed_in", signed_in)
    clock = HurriedClock()
    async with (
        asyncio.timeout(SAFETY_S),
        running_house(tmp_path, simulator_for(clock), clock=clock, ready=False) as house,
    ):
        with pytest.raises(Unforeseen, match=error.__name__) as told:
            await house.session.ready()
        assert house.session.signing.state is SignInState.UNKNOWN

    assert SECRET not in str(told.value)
    assert "cipp_tui" not in str(told.value) or ".py:" in str(told.value)


async def test_whoever_waits_for_a_new_sign_in_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cipp_tui.api.direct.DirectBackend.finish_sign_in", fails)
    clock = HurriedClock()
    async with (
        asyncio.timeout(SAFETY_S),
        running_house(
            tmp_path, simulator_for(clock), clock=clock, signed_in=False, ready=False
        ) as house,
    ):
        await house.session.signing.begin()
        with pytest.raises(Unforeseen, match="Odd"):
            await house.session.ready()
        assert house.session.signing.state is SignInState.NEEDED


async def test_whoever_waits_for_the_list_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HurriedClock()
    async with (
        asyncio.timeout(SAFETY_S),
        running_house(tmp_path, simulator_for(clock, up_to_date=0.5), clock=clock) as house,
    ):
        for seam in ("fleet.Fleet.learn", "listing.Listing._difference"):
            with monkeypatch.context() as patch:
                patch.setattr(f"cipp_tui.services.{seam}", lambda *_: 1 / 0)
                house.session.listing.start()
                reading = await house.session.listing.finished()
            assert isinstance(reading.problem, Unforeseen)
            assert "ZeroDivisionError" in str(reading.problem)
            assert not reading.running


async def test_a_step_that_ends_oddly_fails_its_tenant_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HurriedClock()
    async with (
        asyncio.timeout(SAFETY_S),
        running_house(tmp_path, simulator_for(clock, up_to_date=0.5), clock=clock) as house,
    ):
        await house.read_list()
        first, second = house.tenants("no-consent")[:2]
        real = DirectVisit.perform

        async def perform(visit: DirectVisit, step: object) -> object:
            if visit._tenant.id == first:
                raise Odd(SECRET)
            return await real(visit, step)  # type: ignore[arg-type]

        monkeypatch.setattr(DirectVisit, "perform", perform)
        view = await house.refreshed([first, second])
        failed = [
            item for item in house.session.jobs.items(view.id) if item.progress.problem is not None
        ]

    assert [item.tenant for item in failed] == [first]
    assert isinstance(failed[0].progress.problem, Unforeseen)
    assert view.failed == 1


async def test_an_engine_that_ends_oddly_is_heard_of_by_every_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HurriedClock()
    with pytest.raises(Problem, match="Odd"):
        async with (
            asyncio.timeout(SAFETY_S),
            running_house(tmp_path, simulator_for(clock, up_to_date=0.5), clock=clock) as house,
        ):
            await house.read_list()

            def pick(*_: object) -> None:
                raise Odd(SECRET)

            monkeypatch.setattr("cipp_tui.services.engine.Engine._pick", pick)
            tenants = house.tenants("no-consent")[:2]
            await house.refreshed(tenants)
            await house.refreshed(tenants)  # begun after the end of whoever would do it
