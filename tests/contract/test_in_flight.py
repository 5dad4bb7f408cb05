"""However many tenants are at work: no more requests at once than the profile allows."""

import asyncio
from pathlib import Path

import httpx

from cipp_tui.api.endpoints import Service, endpoints_for
from cipp_tui.api.http import Call, HttpClient
from cipp_tui.domain.clock import Clock
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


class RefusesTheFirst(httpx.AsyncBaseTransport):
    """Asks whoever comes first to wait, for everybody."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.sent_at: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent_at.append(self._clock.monotonic())
        await asyncio.sleep(0)
        if len(self.sent_at) > 1:
            return httpx.Response(200, json={})
        asked = {"Retry-After": "5", "x-ms-throttle-scope": "Application/ReadWrite"}
        return httpx.Response(429, headers=asked, json={})


async def test_who_waits_for_a_connection_waits_on_when_another_is_refused_meanwhile() -> None:
    clock = HurriedClock()
    lane = RefusesTheFirst(clock)
    http = HttpClient(endpoints_for("global"), clock=clock, in_flight=1, transport=lane)
    began = clock.monotonic()

    await asyncio.gather(
        *(
            http.send(Call(service=Service.GRAPH, method="GET", path="/v1.0/me", about=tenant))
            for tenant in ("one", "other", "third")
        )
    )

    assert [at - began >= 5 for at in lane.sent_at] == [False, True, True, True]
