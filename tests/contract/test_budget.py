"""How many requests work costs: counted by the services, not by us."""

from collections import Counter
from pathlib import Path

from bench.requests import MOST, counted
from tests.support import HurriedClock, running_house, simulator_for


async def test_no_case_costs_more_than_its_budget() -> None:
    counts = await counted()

    assert {case: count for case, count in counts.items() if count > MOST[case]} == {}
    assert counts["up to date"] == 2
    assert counts["up to date, token still good"] == 1


async def test_what_a_run_needs_once_is_asked_once(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=12, up_to_date=0.5)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        await house.refreshed([row.id for row in house.session.fleet.rows()])

        partner = house.world.partner.id
        asked = Counter(
            (entry.service, entry.route) for entry in simulator.log if entry.tenant == partner
        )
        tokens = sum(count for (service, _), count in asked.items() if service == "login")
        assert tokens <= 2  # one for Graph, one for Partner Center
        assert sum(n for (_, route), n in asked.items() if route == "relationships.list") == 1
        assert sum(n for (_, route), n in asked.items() if "openid" in route) == 0
