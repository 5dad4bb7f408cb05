"""The three services over real sockets: a customer from no consent to a verified grant."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from cipp_tui.simulator import Addresses, Simulator, build_world
from cipp_tui.simulator.catalogue import GRAPH
from tests.simulator.desk import BOOTSTRAP, GRAPH_DEFAULT, PARTNER_DEFAULT

Bases = tuple[Simulator, Addresses, aiohttp.ClientSession]


@pytest.fixture(name="served")
async def served_simulator() -> AsyncIterator[Bases]:
    simulator = Simulator(build_world(3, 7, up_to_date=0.0))
    async with simulator.serve() as addresses, aiohttp.ClientSession() as session:
        yield simulator, addresses, session


async def token(served: Bases, tenant: str, scope: str = GRAPH_DEFAULT) -> Any:
    simulator, addresses, session = served
    form = {
        "client_id": simulator.world.application.app_id,
        "client_secret": simulator.world.application.secret,
        "grant_type": "refresh_token",
        "refresh_token": simulator.refresh_token(),
        "scope": scope,
    }
    url = f"{addresses.login}/{tenant}/oauth2/v2.0/token"
    async with session.post(url, data=form) as response:
        return await response.json()


async def send(
    served: Bases, bearer: str, method: str, url: str, body: Any = None
) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {bearer}"}
    async with served[2].request(method, url, json=body, headers=headers) as response:
        return response.status, await response.json()


async def test_a_consent_at_one_port_opens_a_token_at_another_and_a_batch_at_the_third(
    served: Bases,
) -> None:
    simulator, addresses, _ = served
    customer = list(simulator.world.tenants.values())[1]
    app_id = simulator.world.application.app_id
    before = await token(served, customer.id)
    partner = await token(served, simulator.world.partner.id, PARTNER_DEFAULT)

    consent, _ = await send(
        served,
        partner["access_token"],
        "POST",
        f"{addresses.partner_center}/v1/customers/{customer.id}/applicationconsents",
        {
            "applicationId": app_id,
            "applicationGrants": [{"enterpriseApplicationId": GRAPH, "scope": BOOTSTRAP}],
        },
    )
    after = await token(served, customer.id)
    requests = [
        {"id": "own", "method": "GET", "url": f"/servicePrincipals(appId='{app_id}')"},
        {"id": "grants", "method": "GET", "url": "/oauth2PermissionGrants?$select=scope"},
        {"id": "gone", "method": "DELETE", "url": "/oauth2PermissionGrants/nothing"},
    ]
    status, body = await send(
        served,
        after["access_token"],
        "POST",
        f"{addresses.graph}/v1.0/$batch",
        {"requests": requests},
    )

    inner = {one["id"]: one for one in body["responses"]}
    assert before["suberror"] == "consent_required"
    assert (consent, status) == (201, 200)
    assert {key: one["status"] for key, one in inner.items()} == {
        "own": 200,
        "grants": 200,
        "gone": 404,
    }
    assert [row["scope"] for row in inner["grants"]["body"]["value"]] == [
        BOOTSTRAP.replace(",", " ")
    ]


async def test_an_answer_without_a_body_has_no_bytes(served: Bases) -> None:
    simulator, addresses, session = served
    tenant = simulator.world.partner
    bearer = (await token(served, tenant.id))["access_token"]
    grant = next(iter(simulator.world.directory_of(tenant).grants))

    url = f"{addresses.graph}/v1.0/oauth2PermissionGrants/{grant}"
    headers = {"Authorization": f"Bearer {bearer}"}
    async with session.patch(url, json={"scope": "User.Read"}, headers=headers) as response:
        content = await response.read()

    assert (response.status, content) == (204, b"")
    assert "Date" in response.headers
    assert "request-id" in response.headers


async def test_a_percent_encoded_address_reaches_the_same_principal(served: Bases) -> None:
    simulator, addresses, _ = served
    bearer = (await token(served, simulator.world.partner.id))["access_token"]
    app_id = simulator.world.application.app_id
    base = f"{addresses.graph}/v1.0"

    plain = await send(served, bearer, "GET", f"{base}/servicePrincipals(appId='{app_id}')")
    encoded = await send(
        served, bearer, "GET", f"{base}/servicePrincipals%28appId%3D%27{app_id}%27%29"
    )

    assert plain[1]["id"] == encoded[1]["id"]
