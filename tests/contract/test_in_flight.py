"""However many tenants are at work: no more requests at once than the profile allows."""

from pathlib import Path

from tests.support import HurriedClock, running_house, simulator_for

ALLOWED = 4


async def test_no_more_requests_are_in_flight_than_allowed(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=60, up_to_date=0.9, latency_ms=5.0)
    async with running_house(tmp_path, simulator, clock=clock, concurrency=ALLOWED) as house:
        await house.read_list()
        await house.session.inspection.own_checks()  # MSAL asks for our own tokens by itself
        listed = simulator.crowd.most
        simulator.reset_log()

        view = await house.session.acts.refresh([row.id for row in house.session.fleet.rows()])
        ended = await house.session.jobs.finished(view.id)

    assert (ended.changed, ended.failed) == (7, 0)  # our own tenant, too
    assert listed <= ALLOWED + 1
    assert simulator.crowd.most == ALLOWED
