"""A bearer token goes to the host it was issued for, whatever an answer says."""

import asyncio
import json

import pytest

from cipp_tui.api.batch import Part, send_batch
from cipp_tui.api.endpoints import Service, endpoints_for
from cipp_tui.api.http import Call, HttpClient, Token
from cipp_tui.api.paging import Pager
from cipp_tui.api.wire import UserGroup
from cipp_tui.domain.problems import NotUnderstood, Problem, Unsuited
from tests.contract.raw_host import always, http, raw_host
from tests.support import HurriedClock

TOKEN = Token("canary-of-a-token", Service.GRAPH, "tenant", expires_at=float("inf"))


async def token() -> Token:
    return TOKEN


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with asyncio.timeout(30), raw_host() as graph, raw_host() as other:
        client = HttpClient(graph.endpoints, clock=HurriedClock())
        try:
            graph.answering = always(
                http(b"{}", status=status, headers=f"Location: {other.url}/v1.0/x\r\n")
            )
            for method in ("GET", "POST", "DELETE"):
                with pytest.raises(NotUnderstood, match="redirect"):
                    await client.send(
                        Call(service=Service.GRAPH, method=method, path="/v1.0/x", token=TOKEN)
                    )
        finally:
            await client.aclose()
    assert len(graph.requests) == 3
    assert other.requests == []


LINKS = (
    "{other}/v1.0/me/memberOf?$skiptoken=x",
    "{graph}.evil.example/v1.0/x",
    "{graph}@{bare}/v1.0/x",
    "//{bare}/v1.0/x",
    "{graph}/../../{bare}",
    "{graph}//{bare}/v1.0/x",
    "{graph}/v1.0/x\r\nHost: {bare}",
    "{graph}\\@{bare}/v1.0",
    "",
    "?",
)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("how", ["pages", "batch"])
async def test_the_link_to_the_next_page_leads_nowhere_else(link: str, how: str) -> None:
    async with asyncio.timeout(30), raw_host() as graph, raw_host() as other:
        client = HttpClient(graph.endpoints, clock=HurriedClock())
        bare = other.url.removeprefix("http://")
        page = {
            "value": [{"id": "a1"}],
            "@odata.nextLink": link.format(other=other.url, graph=graph.url, bare=bare),
        }
        whole = {"responses": [{"id": "groups", "status": 200, "headers": {}, "body": page}]}
        graph.answering = always(http(json.dumps(page if how == "pages" else whole).encode()))
        pager = Pager(client)
        try:
            with pytest.raises((NotUnderstood, Unsuited)):
                if how == "pages":
                    async for _ in pager.pages("/v1.0/me/memberOf", token):
                        pass
                else:
                    part = Part(id="groups", method="GET", url="/me/memberOf")
                    answers = await send_batch(client, TOKEN, [part], clock=HurriedClock())
                    await pager.rows(answers["groups"], TOKEN, UserGroup)
        finally:
            await client.aclose()
    assert len(graph.requests) == 1
    assert other.requests == []


@pytest.mark.parametrize(
    "path", ["@evil.example/x", ".evil.example/x", ":80@evil.example/", "//evil.example/x", ""]
)
async def test_no_path_makes_another_host_of_ours(path: str) -> None:
    async with asyncio.timeout(30), raw_host() as graph:
        client = HttpClient(graph.endpoints, clock=HurriedClock())
        try:
            for send in (client.send, client.exchange):
                with pytest.raises(Problem):
                    await send(Call(service=Service.GRAPH, method="GET", path=path, token=TOKEN))
        finally:
            await client.aclose()
    assert graph.requests == []


async def test_a_token_for_one_service_is_not_sent_to_another() -> None:
    async with asyncio.timeout(30), raw_host() as host:
        client = HttpClient(endpoints_for("global", login=host.url), clock=HurriedClock())
        try:
            for service in (Service.LOGIN, Service.PARTNER_CENTER):
                with pytest.raises(ValueError, match="must not be sent"):
                    await client.send(Call(service=service, method="GET", path="/", token=TOKEN))
        finally:
            await client.aclose()
    assert host.requests == []
