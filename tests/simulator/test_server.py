"""The network door: three loopback ports, control routes, and connections that break."""

import socket
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import aiohttp
import pytest

from cipp_tui.simulator import Addresses, Faults, Simulator, build_world
from tests.simulator.desk import GRAPH_DEFAULT, START


class Caller:
    """A client of a served simulator."""

    def __init__(
        self, simulator: Simulator, addresses: Addresses, session: aiohttp.ClientSession
    ) -> None:
        self.simulator = simulator
        self.addresses = addresses
        self.session = session

    async def token(self, tenant: str) -> dict[str, Any]:
        application = self.simulator.world.application
        form = {
            "client_id": application.app_id,
            "client_secret": application.secret,
            "grant_type": "refresh_token",
            "refresh_token": self.simulator.refresh_token(),
            "scope": GRAPH_DEFAULT,
        }
        url = f"{self.addresses.login}/{tenant}/oauth2/v2.0/token"
        async with self.session.post(url, data=form) as response:
            body: dict[str, Any] = await response.json()
            return body

    async def get(self, path: str, tenant: str | None = None) -> tuple[int, Any]:
        token = (await self.token(tenant or self.simulator.world.partner.id))["access_token"]
        url = f"{self.addresses.graph}/v1.0/{path}"
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.get(url, headers=headers) as response:
            return response.status, await response.json(content_type=None)

    async def control(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        url = f"{self.addresses.partner_center}/__simulator/{path}"
        async with self.session.request(method, url, json=body) as response:
            return response.status, await response.json()


def three_free_ports() -> int:
    """Return the first of three ports in a row that nobody listens on."""
    for first in range(21_000, 29_000, 3):
        with ExitStack() as stack:
            try:
                for port in range(first, first + 3):
                    listener = stack.enter_context(socket.socket())
                    listener.bind(("127.0.0.1", port))
            except OSError:
                continue
        return first
    raise AssertionError("no free ports")


@pytest.fixture(name="caller")
async def serving_caller() -> AsyncIterator[Caller]:
    simulator = Simulator(build_world(60, 7, now=START), clock=START.timestamp)
    async with simulator.serve() as addresses, aiohttp.ClientSession() as session:
        yield Caller(simulator, addresses, session)


async def test_three_ports_serve_three_services(caller: Caller) -> None:
    addresses = caller.addresses
    bases = {addresses.login, addresses.graph, addresses.partner_center}

    status, body = await caller.get("tenantRelationships/delegatedAdminRelationships?$top=300")

    assert len(bases) == 3
    assert all(base.startswith("http://127.0.0.1:") for base in bases)
    assert status == 200
    assert len(body["value"]) == len(caller.simulator.world.relationships)


async def test_every_page_is_reached_by_its_link(caller: Caller) -> None:
    token = (await caller.token("common"))["access_token"]
    url = f"{caller.addresses.graph}/v1.0/tenantRelationships/delegatedAdminRelationships"
    headers = {"Authorization": f"Bearer {token}"}
    names = []

    link: str | None = f"{url}?$top=25&$filter=status eq 'active'"
    while link:
        assert link.startswith(caller.addresses.graph)
        async with caller.session.get(link, headers=headers) as response:
            body = await response.json()
        names += [row["displayName"] for row in body["value"]]
        link = body.get("@odata.nextLink")

    assert len(names) > 50


async def test_fixed_ports_follow_each_other() -> None:
    simulator = Simulator(build_world(1, up_to_date=1.0))
    port = three_free_ports()

    async with simulator.serve(port=port) as addresses:
        ports = [
            int(base.rpartition(":")[2])
            for base in (addresses.login, addresses.graph, addresses.partner_center)
        ]

    assert ports == [port, port + 1, port + 2]


async def test_other_hosts_than_loopback_are_refused() -> None:
    with pytest.raises(ValueError, match="loopback only"):
        async with Simulator(build_world(1)).serve("0.0.0.0"):  # noqa: S104 - refused
            pass


@pytest.mark.parametrize("action", ["drop", "lose-reply"])
async def test_a_broken_connection_is_broken_for_real(caller: Caller, action: str) -> None:
    # The client itself repeats a GET once.
    rule = {"route": "me.get", "action": action, "nth": 1, "count": 2}
    caller.simulator.faults = Faults.script([rule])

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await caller.get("me")

    assert (await caller.get("me"))[0] == 200


async def test_a_huge_body_streams(caller: Caller) -> None:
    size = 3_000_000
    rule = {"route": "me.get", "action": "huge", "bytes": size, "nth": 1}
    caller.simulator.faults = Faults.script([rule])
    token = (await caller.token("common"))["access_token"]

    url = f"{caller.addresses.graph}/v1.0/me"
    async with caller.session.get(url, headers={"Authorization": f"Bearer {token}"}) as response:
        body = await response.read()

    assert len(body) == size + len('{"value":[]}')


async def test_latency_is_added_at_the_door_only() -> None:
    simulator = Simulator(build_world(1, up_to_date=1.0), latency_ms=30)
    async with simulator.serve() as addresses, aiohttp.ClientSession() as session:
        began = time.perf_counter()
        async with session.get(f"{addresses.graph}/v1.0/me") as response:
            assert response.status == 401

    assert time.perf_counter() - began >= 0.03


async def test_control_routes_tell_what_was_asked(caller: Caller) -> None:
    await caller.get("me")
    await caller.get("planner")

    _, counts = await caller.control("GET", "counts")
    _, log = await caller.control("GET", "log")
    await caller.control("POST", "reset-log")
    _, after = await caller.control("GET", "counts")

    assert counts["routes"] == {"token": 2, "me.get": 1, "graph.unknown": 1}
    assert counts["statuses"] == {"200": 3, "404": 1}
    assert counts["spans"]["token"] == [caller.simulator.now] * 2
    assert caller.simulator.counts() == {}
    assert [entry["route"] for entry in log] == ["token", "me.get", "token", "graph.unknown"]
    assert log[1]["tenant"] == caller.simulator.world.partner.id
    assert after["total"] == 0


async def test_control_routes_tell_the_truth_about_tenants(caller: Caller) -> None:
    _, tenants = await caller.control("GET", "tenants")
    fresh = next(t for t in tenants if t["expected_outcome"] == "no-consent")
    ready = next(t for t in tenants if t["expected_outcome"] == "up-to-date")

    _, nothing = await caller.control("GET", f"tenants/{fresh['id']}")
    _, everything = await caller.control("GET", f"tenants/{ready['id']}")

    assert (fresh["has_principal"], ready["has_principal"]) == (False, True)
    assert nothing["principal"] is None
    assert everything["wanted_complete"]
    assert sum(len(values) for values in everything["roles"].values()) == 70
    assert sum(len(values) for values in everything["scopes"].values()) == 106
    assert (await caller.control("GET", "tenants/nowhere"))[0] == 404


async def test_control_routes_count_who_holds_the_wanted_set() -> None:
    simulator = Simulator(build_world(10, 7, up_to_date=0.7))
    done = list(simulator.world.tenants.values())[1]
    simulator.world.directory_to_change(done).grants.clear()
    async with simulator.serve() as addresses, aiohttp.ClientSession() as session:
        _, counted = await Caller(simulator, addresses, session).control("GET", "complete")

    # The partner's own tenant, and the seven of ten customers less the one that lost its grants.
    assert counted == {"tenants": 11, "complete": 7}


async def test_control_routes_change_faults_and_plant_causes(caller: Caller) -> None:
    ready = next(t for t in caller.simulator.world.tenants.values() if t.hint == "up-to-date")

    status, _ = await caller.control("POST", "faults", [{"route": "me.get", "action": "status"}])
    broken, _ = await caller.get("me")
    await caller.control("POST", "faults", {"preset": "none"})
    mended, _ = await caller.get("me")
    await caller.control("POST", "plant", {"tenant": ready.id, "cause": "ca-blocked"})

    assert (status, broken, mended) == (200, 503, 200)
    assert (await caller.token(ready.id))["error_codes"] == [53003]


async def test_control_routes_refuse_what_they_do_not_understand(caller: Caller) -> None:
    answers = [
        await caller.control("POST", "plant", {"cause": "nonsense"}),
        await caller.control("POST", "faults", {"preset": "calm"}),
        await caller.control("GET", "nonsense"),
        await caller.control("POST", "device/wait"),
    ]

    assert [status for status, _ in answers] == [400, 400, 404, 404]


async def test_device_codes_are_approved_from_outside(caller: Caller) -> None:
    form = {"client_id": caller.simulator.world.application.app_id, "scope": "offline_access"}
    url = f"{caller.addresses.login}/organizations/oauth2/v2.0"
    async with caller.session.post(f"{url}/devicecode", data=form) as response:
        code = (await response.json())["device_code"]

    _, decided = await caller.control("POST", "device/approve", {"mfa": True})
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": code}
    async with caller.session.post(f"{url}/token", data=form | grant) as response:
        status = response.status

    assert decided == {"decided": 1}
    assert status == 200
    assert (await caller.control("POST", "device/decline"))[1] == {"decided": 0}
