"""Reading the default domains of the list: who is asked when, and how often."""

import asyncio
from contextlib import aclosing
from pathlib import Path
from types import CoroutineType
from typing import Literal

import pytest

from cipp_tui.domain.problems import SignInProblem
from cipp_tui.domain.tenants import TenantId, TenantKind, UnreadableRow
from cipp_tui.simulator import Faults, Knobs, Simulator
from cipp_tui.simulator.messages import InnerEntry
from cipp_tui.simulator.plant import plant
from tests.support import House, HurriedClock, running_house, simulator_for

FIND = "tenant-information.find"
FULL = 20


def batches(simulator: Simulator) -> list[list[InnerEntry]]:
    """What was asked about default domains, batch by batch."""
    found = [
        [one for one in entry.inner if one.route == FIND]
        for entry in simulator.log
        if entry.route == "batch"
    ]
    return [asked for asked in found if asked]


def asked_about(entry: InnerEntry) -> TenantId:
    return TenantId(entry.url.split("'")[1])


def named(house: House) -> set[TenantId]:
    """Whose domain is known as it is in the world."""
    return {
        row.id
        for row in house.session.fleet.rows()
        if row.tenant.default_domain == house.world.tenants[row.id].default_domain
    }


def not_expected(row: UnreadableRow) -> None:
    raise AssertionError(row)


def at_work() -> list[str]:
    """Coroutines of the client's API that are under way as tasks of their own."""
    coroutines = [task.get_coro() for task in asyncio.all_tasks()]
    places = [coroutine.cr_code for coroutine in coroutines if isinstance(coroutine, CoroutineType)]
    return [code.co_qualname for code in places if Path(code.co_filename).parent.name == "api"]


async def test_a_throttled_part_does_not_hold_its_neighbours_back(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=60, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        simulator.faults = Faults.script(
            [{"route": FIND, "action": "throttle", "retry_after": 100, "count": 1}]
        )
        told: list[list[TenantId]] = []

        async with aclosing(house.backend.tenants(unreadable=not_expected)) as news:
            async for tenants in news:
                if new := [tenant.id for tenant in tenants if tenant.default_domain is not None]:
                    told.append(new)

        (throttled,) = [one for asked in batches(simulator) for one in asked if one.status == 429]
        assert told[-1] == [asked_about(throttled)]
        assert sum(len(some) for some in told) == 61


async def test_throttled_parts_are_asked_again_in_full_batches(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=300, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        simulator.faults = Faults.script(
            [{"route": FIND, "action": "throttle", "retry_after": 1, "probability": 0.3}]
        )

        await house.read_list()

        assert len(named(house)) == 301
        asked = batches(simulator)
        parts = sum(len(some) for some in asked)
        assert parts > 300 * 1.2
        assert len(asked) <= parts / FULL + 8  # the last few, which nobody is left to go along with


async def test_a_storm_leaves_no_name_out(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=200, up_to_date=1.0, faults=Faults.preset("storm"))
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()

        assert len(named(house)) == 201
        assert house.session.listing.reading.domains_unread == ()


async def test_the_documented_quota_of_our_own_tenant_is_never_used_up(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3600, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock, concurrency=32) as house:
        simulator.reset_log()
        began = clock.monotonic()

        await house.read_list()

        assert len(named(house)) == 3601
        assert clock.monotonic() - began >= 10.0
        times = [(entry.time, max(1, len(entry.inner))) for entry in simulator.log]
        for at, _ in times:
            assert sum(units for time, units in times if at - 10.0 < time <= at) <= 3500
        assert all(one.status == 200 for asked in batches(simulator) for one in asked)


async def test_whoever_is_new_is_asked_first_and_whoever_is_known_all_the_same(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=200, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        last, renamed = [asked_about(one) for one in batches(simulator)[-1]][-2:]
        house.session.fleet.forget([last])
        world = simulator.world
        world.tenants[renamed].default_domain = "renamed.example"
        world.changed()
        simulator.reset_log()

        await house.read_list()

        first = [asked_about(one) for one in batches(simulator)[0]]
        assert first[0] == last
        assert len(named(house)) == 201
        row = house.session.fleet.row(renamed)
        assert row is not None
        assert row.tenant.default_domain == "renamed.example"


async def test_a_reading_that_is_broken_off_leaves_nothing_under_way(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=200, up_to_date=1.0, latency_ms=5.0)
    async with running_house(tmp_path, simulator, clock=clock, concurrency=32) as house:
        simulator.faults = Faults.script(
            [{"route": FIND, "action": "throttle", "retry_after": 1, "nth": 40, "count": 10**9}]
        )
        assert house.session.listing.start()
        while len(named(house)) < 2 or not at_work():
            await clock.sleep(0)

        await house.session.listing.cancel()

        assert at_work() == []
        sent = house.backend.http_requests
        for _ in range(100):
            await clock.sleep(1)
        assert house.backend.http_requests == sent
        assert house.session.fleet.read_at is None


async def test_whoever_stops_listening_leaves_nothing_under_way(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=200, up_to_date=1.0, latency_ms=5.0)
    async with running_house(tmp_path, simulator, clock=clock, concurrency=32) as house:
        async with aclosing(house.backend.tenants(unreadable=not_expected)) as news:
            async for tenants in news:
                if any(t.kind is TenantKind.CUSTOMER and t.default_domain for t in tenants):
                    break

        assert at_work() == []


async def test_a_lost_sign_in_ends_the_reading_with_its_own_name(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=200, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        simulator.faults = Faults.script(
            [{"route": FIND, "action": "throttle", "retry_after": 6000, "count": 1}]
        )
        await house.backend.signed_in()  # our own token is there already, and outlives the pages
        plant(house.world, None, "refresh-token-revoked", now=clock.now().timestamp())

        assert house.session.listing.start()
        reading = await house.session.listing.finished()

        assert isinstance(reading.problem, SignInProblem)
        assert at_work() == []
        assert house.session.fleet.read_at is None


async def test_a_part_that_is_refused_leaves_what_is_known(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=60, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        simulator.faults = Faults.script(
            [{"route": FIND, "action": "status", "status": 403, "count": 1}]
        )

        await house.read_list()

        (refused,) = [one for asked in batches(simulator) for one in asked if one.status == 403]
        row = house.session.fleet.row(asked_about(refused))
        assert row is not None
        assert row.tenant.default_domain is None
        assert house.session.listing.reading.domains_unread == (row.tenant.name,)
        assert len(named(house)) == 60


async def test_parts_that_always_break_are_given_up_in_the_end(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=30, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        simulator.faults = Faults.script([{"route": FIND, "action": "status", "status": 503}])

        await house.read_list()

        assert named(house) == {TenantId(house.world.partner.id)}
        assert len(house.session.listing.reading.domains_unread) == 30
        assert sum(len(asked) for asked in batches(simulator)) == 30 * 6


async def test_a_direct_tenant_with_a_relationship_is_asked_about_once(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=30, up_to_date=1.0)
    partner = simulator.world.partner.id
    direct = TenantId(next(ident for ident in simulator.world.tenants if ident != partner))
    async with running_house(tmp_path, simulator, clock=clock, direct_tenants=(direct,)) as house:
        await house.read_list()

        asked = [asked_about(one) for batch in batches(simulator) for one in batch]
        assert sorted(asked) == sorted(set(asked))
        assert len(named(house)) == 31
        row = house.session.fleet.row(direct)
        assert row is not None
        assert row.tenant.kind is TenantKind.DIRECT
        assert row.tenant.name == house.world.tenants[direct].name


# -- whether our user may ask is open -------------------------------------------------------------
@pytest.mark.parametrize("like", ["field", "documented"])
async def test_where_our_user_may_not_ask_the_application_does(
    tmp_path: Path, like: Literal["field", "documented"]
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(
        clock, tenants=50, up_to_date=1.0, knobs=Knobs(tenant_information=like)
    )
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()

        assert len(named(house)) == 51
        reading = house.session.listing.reading
        assert reading.domains_refusal is None
        assert reading.domains_unread == ()


async def test_where_nobody_may_ask_it_is_said_once_with_its_cause(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(
        clock, tenants=50, up_to_date=1.0, knobs=Knobs(tenant_information="documented")
    )
    async with running_house(tmp_path, simulator, clock=clock, public_client=True) as house:
        await house.read_list()

        reading = house.session.listing.reading
        assert reading.domains_refusal is not None
        assert reading.domains_refusal.code == "Authorization_RequestDenied"
        assert "default domains not readable (Authorization_RequestDenied)" in reading.words
        assert "without a readable domain" not in reading.words
        assert len(batches(simulator)) <= 10  # nobody goes on asking
