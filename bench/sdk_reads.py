"""The official SDK reading tenants, in an environment of its own: `python -m bench.sdk_reads`.

Reads a JSON object from standard input (addresses and credentials of a simulator, tenant ids, how
many at once) and writes one to standard output. For every tenant: a token, and the seven reads
this program makes in one batch, each as the SDK's documentation shows it, with the same $select.
"""

import asyncio
import importlib
import json
import sys
import time
from typing import Any

import httpx

adapters: Any = importlib.import_module("msgraph.graph_request_adapter")
msgraph: Any = importlib.import_module("msgraph")
core: Any = importlib.import_module("msgraph_core")
authentication: Any = importlib.import_module("kiota_abstractions.authentication")
configuration: Any = importlib.import_module("kiota_abstractions.base_request_configuration")


class KnownToken:
    """An access token provider that has one token."""

    def __init__(self, token: str) -> None:
        self.token = token

    async def get_authorization_token(self, _uri: str, _context: Any = None) -> str:
        return self.token

    def get_allowed_hosts_validator(self) -> Any:
        return authentication.AllowedHostsValidator([])


def asking(**options: object) -> Any:
    """A configuration with query options, spelled as in an address."""

    class Options:
        def get_query_parameter(self, name: str) -> str:
            return name

        def __init__(self) -> None:
            for name, value in options.items():
                setattr(self, f"%24{name}", value)

    return configuration.RequestConfiguration(query_parameters=Options())


class Reader:
    """Reads tenants through one connection pool."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        limits = httpx.Limits(
            max_connections=told["at_once"], max_keepalive_connections=told["at_once"]
        )
        self.transport = httpx.AsyncHTTPTransport(limits=limits)
        self.login = httpx.AsyncClient(transport=self.transport, timeout=60)

    async def read(self, tenant: str) -> int:
        """Everything that is read of a tenant; how many objects came."""
        client = self._client(await self._token(tenant))
        app = self.told["client_id"]
        resources = ",".join(f"'{one}'" for one in self.told["resources"])
        principals = client.service_principals
        own = await client.service_principals_with_app_id(app).get(
            asking(select="id,appId,displayName,accountEnabled")
        )
        of_own = principals.by_service_principal_id(own.id)
        found = [
            await principals.get(
                asking(filter=f"appId in ({resources})", select="id,appId,displayName")
            ),
            await of_own.app_role_assignments.get(asking(top=999, select="appRoleId,resourceId")),
            await of_own.oauth2_permission_grants.get(),
            await of_own.member_of.graph_directory_role.get(asking(select="id,roleTemplateId")),
            await client.directory_roles.get(asking(select="id,roleTemplateId")),
            await client.domains.get(asking(select="id,isDefault,isVerified")),
        ]
        return 1 + sum(len(one.value) for one in found)

    async def _token(self, tenant: str) -> str:
        form = {
            "client_id": self.told["client_id"],
            "client_secret": self.told["client_secret"],
            "grant_type": "refresh_token",
            "refresh_token": self.told["refresh_token"],
            "scope": "https://graph.microsoft.com/.default",
        }
        url = f"{self.told['login']}/{tenant}/oauth2/v2.0/token"
        answer = await self.login.post(url, data=form)
        answer.raise_for_status()
        token: str = answer.json()["access_token"]
        return token

    def _client(self, token: str) -> Any:
        provider = authentication.BaseBearerTokenAuthenticationProvider(KnownToken(token))
        http_client = core.GraphClientFactory.create_with_default_middleware(
            client=httpx.AsyncClient(transport=self.transport, timeout=60),
            options=adapters.options,
        )
        adapter = msgraph.GraphRequestAdapter(provider, http_client)
        adapter.base_url = f"{self.told['graph']}/v1.0"
        return msgraph.GraphServiceClient(request_adapter=adapter)


async def main() -> None:
    told = json.load(sys.stdin)
    reader = Reader(told)
    await reader.read(told["tenants"][0])  # imports what it needs
    room = asyncio.Semaphore(told["at_once"])

    async def one(tenant: str) -> int:
        async with room:
            return await reader.read(tenant)

    began, cpu = time.perf_counter(), time.process_time()
    objects = await asyncio.gather(*(one(tenant) for tenant in told["tenants"]))
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    await reader.transport.aclose()
    print(json.dumps({"seconds": seconds, "cpu_s": used, "objects": sum(objects)}))


if __name__ == "__main__":
    asyncio.run(main())
