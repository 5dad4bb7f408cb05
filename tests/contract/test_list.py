"""Reading the list of tenants."""

from dataclasses import replace
from pathlib import Path

from cipp_tui.domain.tenants import AccessLevel, TenantId, TenantKind
from cipp_tui.simulator import Faults
from cipp_tui.simulator.plant import plant
from tests.support import START, House, HurriedClock, running_house, simulator_for


def customers(house: House) -> list[TenantId]:
    partner = house.world.partner.id
    return sorted(row.id for row in house.session.fleet.rows() if row.id != partner)


async def test_the_list_holds_customers_and_ourselves_with_their_domains(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=30, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()

        rows = house.session.fleet.rows()
        assert len(rows) == 31
        own = house.session.fleet.row(TenantId(simulator.world.partner.id))
        assert own is not None
        assert own.tenant.kind is TenantKind.PARTNER
        for row in rows:
            assert row.tenant.default_domain == simulator.world.tenants[row.id].default_domain


async def test_reading_costs_one_page_and_a_request_for_twenty_domains(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=300, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        simulator.reset_log()
        await house.read_list()

        counts = simulator.counts()
        assert counts["relationships.list"] <= 2
        assert counts["batch"] <= 300 / 20 + 3


async def test_reading_again_never_touches_exclusions(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=5, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        await house.session.acts.exclude([one], "left us")

        await house.read_list()
        assert house.session.listing.start(one)
        await house.session.listing.finished()

        row = house.session.fleet.row(one)
        assert row is not None
        assert row.exclusion is not None
        assert row.exclusion.reason == "left us"


async def test_a_customer_whose_relationship_ended_is_marked_gone_and_kept(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=5, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        plant(simulator.world, one, "relationship-ended")

        await house.read_list()

        row = house.session.fleet.row(one)
        assert row is not None
        assert row.tenant.gone_since is not None
        assert house.session.listing.reading.gone == (row.tenant.name,)
        assert row.tenant.access(clock.now()).level is AccessLevel.ENDED


async def test_a_customer_that_vanished_from_the_list_is_kept_as_gone(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=5, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        for relationship in list(simulator.world.tenants[one].relationships):
            del simulator.world.relationships[relationship.id]
        simulator.world.version += 1

        await house.read_list()

        row = house.session.fleet.row(one)
        assert row is not None
        assert row.tenant.gone_since is not None


async def test_a_list_that_breaks_off_keeps_what_was_known(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=5, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        read_at = house.session.fleet.read_at
        before = house.session.fleet.counts()
        simulator.faults = Faults.script(
            [{"route": "relationships.list", "action": "status", "status": 503, "count": 1000}]
        )

        assert house.session.listing.start()
        reading = await house.session.listing.finished()

        assert reading.problem is not None
        assert house.session.fleet.counts() == before
        assert house.session.fleet.read_at == read_at


async def test_a_link_to_another_host_is_not_followed(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=5, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        simulator.faults = Faults.script(
            [{"route": "relationships.list", "action": "foreign-next-link"}]
        )

        assert house.session.listing.start()
        reading = await house.session.listing.finished()

        assert reading.problem is not None
        assert reading.problem.code == "foreign-link"


async def test_the_list_survives_a_restart(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        before = {row.id: replace(row.tenant, seen_at=None) for row in house.session.fleet.rows()}

    async with running_house(tmp_path, simulator, clock=clock) as house:
        after = {row.id: replace(row.tenant, seen_at=None) for row in house.session.fleet.rows()}
        read_at = house.session.fleet.read_at

    assert after == before
    assert read_at is not None
    assert read_at >= START


async def test_one_tenant_is_read_thoroughly(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=5, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        one = next(t for t in simulator.world.tenants if t != simulator.world.partner.id)

        assert house.session.listing.start(TenantId(one))
        await house.session.listing.finished()

        row = house.session.fleet.row(TenantId(one))
        assert row is not None
        assert len(row.tenant.domains) == 2
        assert house.session.fleet.read_at is None
