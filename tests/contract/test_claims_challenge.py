"""A service wants a newer token: it gets one, once, and no tenant is blamed."""

import base64
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from cipp_tui.api.claims import challenge_in, claims_from
from cipp_tui.domain.problems import SignInProblem
from cipp_tui.simulator.world import SignInRefusal
from tests.support import House, HurriedClock, running_house, simulator_for

CLAIMS = '{"access_token":{"nbf":{"essential":true, "value":"1772444460"}}}'


def header(text: str) -> str:
    encoded = base64.b64encode(text.encode()).decode()
    return f'Bearer realm="", error="insufficient_claims", claims="{encoded}"'


def asked(house: House) -> dict[str, int]:
    """How many tokens each tenant was asked for since the log was reset."""
    found: dict[str, int] = {}
    for entry in house.simulator.log:
        if entry.route == "token":
            found[entry.tenant or ""] = found.get(entry.tenant or "", 0) + 1
    return found


async def test_a_challenge_in_a_customers_tenant_is_answered_once_and_nobody_fails(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        first, *others = house.tenants("up-to-date")
        house.world.tenants[first].challenge = CLAIMS
        simulator.reset_log()

        view = await house.refreshed([first, *others])

        assert view.failed == 0
        assert asked(house) == {first: 2} | dict.fromkeys(others, 1)
        row = house.session.fleet.row(first)
        assert row is not None
        assert row.failures is None


async def test_a_token_held_elsewhere_is_replaced_without_another_challenge(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=2, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        first = house.tenants("up-to-date")[0]
        house.world.tenants[first].challenge = CLAIMS
        simulator.reset_log()

        await house.refreshed([first])
        await house.refreshed([first])

        refused = [entry for entry in simulator.log if entry.status == 401]
        assert len(refused) == 1
        assert asked(house)[first] == 2


async def test_a_challenge_in_our_own_tenant_is_answered_as_well(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=2, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        house.world.partner.challenge = CLAIMS
        simulator.reset_log()

        await house.read_list()

        assert len(house.session.fleet) == 3
        assert asked(house)[house.world.partner.id] == 1


async def test_a_challenge_that_no_token_satisfies_asks_to_sign_in_and_blames_nobody(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=6, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock, concurrency=1) as house:
        await house.read_list()
        tenants = house.tenants("up-to-date")
        for tenant in tenants:
            house.world.tenants[tenant].challenge = CLAIMS
            house.world.tenants[tenant].challenge_lasts = True

        view = await house.refreshed(tenants)

        assert view.fleet_wide is not None
        assert view.fleet_wide.code == "claims-challenge"
        assert isinstance(view.fleet_wide, SignInProblem)
        for tenant in tenants:
            row = house.session.fleet.row(tenant)
            assert row is not None
            assert row.failures is None


async def test_claims_of_a_refused_sign_in_go_with_the_next_one(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=2, up_to_date=1.0)
    simulator.world.partner.refusal = SignInRefusal(50079)
    async with running_house(tmp_path, simulator, clock=clock, ready=False) as house:
        with pytest.raises(SignInProblem):
            await house.session.ready()

        started = await house.session.signing.begin_browser()

        told = parse_qs(urlsplit(started.address).query)["claims"]
        assert "capolids" in told[0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (header(CLAIMS), CLAIMS),
        (header(CLAIMS).replace("=", "").replace('claims"', 'claims="'), CLAIMS),
        (None, ""),
        ("", ""),
        ('Bearer error="invalid_token"', ""),
        ('Bearer claims="!!!"', ""),
        ('Bearer claims="YQ=="', ""),  # "a"
        (header("[]"), ""),
        (header("{}"), ""),
        (header('"text"'), ""),
        (header("[" * 5000), ""),
        (header('{"a":"' + "x" * 9000 + '"}'), ""),
        ('Bearer claims="/////w=="', ""),  # no UTF-8
    ],
    ids=range(13),
)
def test_what_is_no_json_object_is_no_challenge(text: str | None, found: str) -> None:
    assert challenge_in(text) == found


@pytest.mark.parametrize("told", [None, 5, "", "[]", "{", b"\xff", ["x"]])
def test_odd_claims_of_a_refusal_are_none(told: object) -> None:
    assert claims_from(told) == ""
