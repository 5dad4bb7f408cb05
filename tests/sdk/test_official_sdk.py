"""Microsoft's own Graph SDK against the simulator: a second opinion on its shapes.

The SDK is not installed for the other tests, so its modules are asked for by name.
"""

import importlib
import json
import sys
import types
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from cipp_tui.simulator import Simulator, build_world
from cipp_tui.simulator.catalogue import GRAPH
from cipp_tui.simulator.messages import Request
from cipp_tui.simulator.world import Tenant

msgraph: Any = pytest.importorskip("msgraph")
adapters: Any = pytest.importorskip("msgraph.graph_request_adapter")
factories: Any = pytest.importorskip("msgraph_core")
authentication: Any = pytest.importorskip("kiota_abstractions.authentication")
configuration: Any = pytest.importorskip("kiota_abstractions.base_request_configuration")
models: Any = pytest.importorskip("msgraph.generated.models.o_auth2_permission_grant")
role_models: Any = pytest.importorskip("msgraph.generated.models.app_role_assignment")
errors: Any = pytest.importorskip("msgraph.generated.models.o_data_errors.o_data_error")
principals: Any = pytest.importorskip(
    "msgraph.generated.service_principals.service_principals_request_builder"
)
relationships: Any = pytest.importorskip(
    "msgraph.generated.tenant_relationships.delegated_admin_relationships"
    ".delegated_admin_relationships_request_builder"
)

pytestmark = [
    pytest.mark.sdk,
    # The SDK warns about its own generated classes when it imports them.
    pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning"),
]


class StaticToken:
    """An access token provider that always has the same token."""

    def __init__(self, token: str) -> None:
        self.token = token

    async def get_authorization_token(self, _uri: str, _context: Any = None) -> str:
        return self.token

    def get_allowed_hosts_validator(self) -> Any:
        return authentication.AllowedHostsValidator([])


class Lab:
    """A served simulator and SDK clients for its tenants."""

    def __init__(self, simulator: Simulator, graph: str) -> None:
        self.simulator = simulator
        self.graph = graph
        # The SDK's own transport wraps this one and never closes it.
        self.transport = httpx.AsyncHTTPTransport()

    @property
    def customer(self) -> Tenant:
        return list(self.simulator.world.tenants.values())[1]

    @property
    def app_id(self) -> str:
        return self.simulator.world.application.app_id

    def client(self, tenant: Tenant) -> Any:
        provider = authentication.BaseBearerTokenAuthenticationProvider(
            StaticToken(self._token(tenant))
        )
        http_client = factories.GraphClientFactory.create_with_default_middleware(
            client=httpx.AsyncClient(transport=self.transport), options=adapters.options
        )
        adapter = msgraph.GraphRequestAdapter(provider, http_client)
        adapter.base_url = f"{self.graph}/v1.0"
        return msgraph.GraphServiceClient(request_adapter=adapter)

    def _token(self, tenant: Tenant) -> str:
        application = self.simulator.world.application
        form = {
            "client_id": application.app_id,
            "client_secret": application.secret,
            "grant_type": "refresh_token",
            "refresh_token": self.simulator.refresh_token(),
            "scope": "https://graph.microsoft.com/.default",
        }
        path = f"/{tenant.id}/oauth2/v2.0/token"
        request = Request("POST", "login", path, body=urlencode(form).encode())
        token: str = json.loads(self.simulator.handle(request).body)["access_token"]
        return token


@pytest.fixture(name="lab")
async def served_lab() -> AsyncIterator[Lab]:
    simulator = Simulator(build_world(30, 7, up_to_date=1.0))
    async with simulator.serve() as addresses:
        lab = Lab(simulator, addresses.graph)
        yield lab
        await lab.transport.aclose()


async def test_relationships_are_listed_and_paged(lab: Lab) -> None:
    builder = relationships.DelegatedAdminRelationshipsRequestBuilder
    parameters = builder.DelegatedAdminRelationshipsRequestBuilderGetQueryParameters(
        filter="status eq 'active'", top=20
    )
    listing = lab.client(
        lab.simulator.world.partner
    ).tenant_relationships.delegated_admin_relationships

    first = await listing.get(configuration.RequestConfiguration(query_parameters=parameters))
    second = await listing.with_url(first.odata_next_link).get()

    assert (len(first.value), len(second.value)) == (20, 10)
    assert second.odata_next_link is None
    assert first.value[0].customer.tenant_id == lab.customer.id
    assert first.value[0].status.value == "active"
    assert first.value[0].end_date_time.tzinfo is not None


async def test_principals_are_filtered_and_selected(lab: Lab) -> None:
    builder = principals.ServicePrincipalsRequestBuilder
    parameters = builder.ServicePrincipalsRequestBuilderGetQueryParameters(
        filter=f"appId in ('{GRAPH}','{lab.app_id}')", select=["id", "appId", "displayName"]
    )

    found = await lab.client(lab.customer).service_principals.get(
        configuration.RequestConfiguration(query_parameters=parameters)
    )

    assert {one.display_name for one in found.value} == {"Microsoft Graph", "CIPP-SAM"}
    assert {one.account_enabled for one in found.value} == {None}


async def test_a_principal_with_its_roles_and_scopes_is_understood(lab: Lab) -> None:
    one = await lab.client(lab.customer).service_principals_with_app_id(GRAPH).get()

    assert "Directory.ReadWrite.All" in {role.value for role in one.app_roles}
    assert "openid" in {scope.value for scope in one.oauth2_permission_scopes}


async def test_app_roles_are_listed_taken_and_given(lab: Lab) -> None:
    client = lab.client(lab.customer)
    own = await client.service_principals_with_app_id(lab.app_id).get()
    held = client.service_principals.by_service_principal_id(own.id).app_role_assignments

    listed = await held.get()
    first = listed.value[0]
    await held.by_app_role_assignment_id(first.id).delete()
    given = await held.post(
        role_models.AppRoleAssignment(
            principal_id=first.principal_id,
            resource_id=first.resource_id,
            app_role_id=first.app_role_id,
        )
    )

    assert len(listed.value) == 70
    assert given.app_role_id == first.app_role_id
    assert len((await held.get()).value) == 70


async def test_grants_are_listed_and_replaced(lab: Lab) -> None:
    client = lab.client(lab.customer)
    own = await client.service_principals_with_app_id(lab.app_id).get()
    of_own = client.service_principals.by_service_principal_id(own.id).oauth2_permission_grants

    grant = (await of_own.get()).value[0]
    change = models.OAuth2PermissionGrant(scope="User.Read")
    one = client.oauth2_permission_grants.by_o_auth2_permission_grant_id(grant.id)
    await one.patch(change)

    assert (await one.get()).scope == "User.Read"


async def test_a_conflict_arrives_as_the_sdks_error(lab: Lab) -> None:
    client = lab.client(lab.customer)
    own = await client.service_principals_with_app_id(lab.app_id).get()
    grants = client.service_principals.by_service_principal_id(own.id).oauth2_permission_grants
    grant = (await grants.get()).value[0]

    with pytest.raises(errors.ODataError) as caught:
        await client.oauth2_permission_grants.post(
            models.OAuth2PermissionGrant(
                client_id=grant.client_id,
                consent_type="AllPrincipals",
                resource_id=grant.resource_id,
                scope="User.Read",
            )
        )

    assert caught.value.response_status_code == 409
    assert caught.value.error.code == "Request_MultipleObjectsWithSameKeyValue"


async def test_a_batch_is_read_back_by_id(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    # msgraph-core imports this package without asking for it; a decorator is all it takes.
    stub = types.SimpleNamespace(deprecated=lambda *_args, **_more: lambda decorated: decorated)
    monkeypatch.setitem(sys.modules, "deprecated", stub)
    contents = importlib.import_module("msgraph_core.requests.batch_request_content")
    builders = importlib.import_module("msgraph_core.requests.batch_request_builder")
    items = importlib.import_module("msgraph_core.requests.batch_request_item")
    client = lab.client(lab.customer)
    content = contents.BatchRequestContent()
    for key, builder in {"me": client.me, "domains": client.domains}.items():
        item = items.BatchRequestItem(builder.to_get_request_information(), id=key)
        # The SDK writes absolute addresses; the documents ask for relative ones.
        item.url = f"/{key}"
        content.add_request(key, item)

    responses = await builders.BatchRequestBuilder(client.request_adapter).post(content)

    statuses = {key: responses.get_response_by_id(key).status for key in ("me", "domains")}
    assert statuses == {"me": 200, "domains": 200}
