"""Trouble of Entra ID that passes is waited for, whatever status it has; a loop is not."""

from pathlib import Path
from typing import Final

import pytest

from cipp_tui.domain.problems import SignInProblem
from cipp_tui.simulator import Faults
from cipp_tui.simulator.plant import plant
from tests.support import HurriedClock, running_house, simulator_for

BUSY: Final = {"route": "token", "action": "status", "status": 400, "count": 3}
"""Three times a 400 that says: temporarily_unavailable, AADSTS90033."""


async def test_our_own_token_is_asked_for_again_with_back_off(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0, faults=Faults.script([BUSY]))
    began = clock.monotonic()

    async with running_house(tmp_path, simulator, clock=clock) as house:
        assert house.session.signing.user is not None

    assert clock.monotonic() - began >= 3.0
    assert simulator.counts()["token"] >= 4


async def test_our_own_token_waits_as_long_as_it_was_asked_to(tmp_path: Path) -> None:
    clock = HurriedClock()
    throttled = {"route": "token", "action": "throttle", "retry_after": 40, "count": 1}
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0, faults=Faults.script([throttled]))
    began = clock.monotonic()

    async with running_house(tmp_path, simulator, clock=clock) as house:
        assert house.session.signing.user is not None

    assert clock.monotonic() - began >= 40.0


async def test_a_customers_token_is_asked_for_again(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = next(r.id for r in house.session.fleet.rows() if r.id != house.world.partner.id)
        simulator.faults = Faults.script([{**BUSY, "tenant": one}])

        view = await house.refreshed([one])

        assert (view.failed, view.unchanged) == (0, 1)
        row = house.session.fleet.row(one)
        assert row is not None
        assert row.failures is None


@pytest.mark.parametrize(("code", "asked"), [("requests-looping", 1), ("ca-blocked", 1)])
async def test_what_does_not_pass_is_asked_once(tmp_path: Path, code: str, asked: int) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        await house.session.inspection.wanted()
        one = next(r.id for r in house.session.fleet.rows() if r.id != house.world.partner.id)
        plant(house.world, one, code)
        simulator.reset_log()

        view = await house.refreshed([one])

        assert view.failed == 1
        assert simulator.counts()["token"] == asked


async def test_a_device_code_outlives_trouble_that_passes(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(
        tmp_path, simulator, clock=clock, signed_in=False, public_client=True, ready=False
    ) as house:
        with pytest.raises(SignInProblem):
            await house.session.ready()
        started = await house.session.signing.begin()
        assert started.user_code
        simulator.approve_device_codes()
        simulator.faults = Faults.script([BUSY])

        await house.session.ready()

        assert house.session.signing.user is not None
