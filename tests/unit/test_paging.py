"""Collections inside a tenant: a part of a batch is page one, the rest is read behind it."""

import json
from typing import Any

import httpx
import pytest

from cipp_tui.api.batch import PartAnswer
from cipp_tui.api.endpoints import Service, endpoints_for
from cipp_tui.api.http import HttpClient, Token
from cipp_tui.api.paging import MOST_RESTARTS, Pager, checked_rows
from cipp_tui.api.wire import Domain, RoleAssignment
from cipp_tui.domain.problems import NotUnderstood, Refused
from tests.support import HurriedClock

HOST = "http://127.0.0.1:9"
URL = "/servicePrincipals(appId='a')/appRoleAssignments?$top=999"
TOKEN = Token("t", Service.GRAPH, "tenant", 1e12)


def role(number: int) -> dict[str, str]:
    return {"appRoleId": f"role-{number}", "resourceId": "r"}


class Pages:
    """Later pages by their token; a token may expire some times before it is served."""

    def __init__(self, pages: dict[str, Any], expires: int = 0) -> None:
        self.pages = pages
        self.expires = expires
        self.asked: list[str] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.extensions["target"].decode()
        assert request.headers["Authorization"] == "Bearer t"
        self.asked.append(path)
        if "skiptoken" in path and self.expires:
            self.expires -= 1
            error = {"code": "Directory_ExpiredPageToken", "message": "expired"}
            return httpx.Response(400, json={"error": error})
        return httpx.Response(200, json=self.pages[path])


def first_page(*rows: Any, link: str | None = None) -> PartAnswer:
    body: dict[str, Any] = {"value": list(rows)}
    if link is not None:
        body["@odata.nextLink"] = link
    return PartAnswer(
        id="roles",
        status=200,
        body=json.loads(json.dumps(body)),
        headers={},
        host=HOST,
        batch_id="b",
        clock=HurriedClock(),
        url=URL,
    )


def pager(pages: Pages) -> Pager:
    endpoints = endpoints_for("global", login=HOST, graph=HOST, partner_center=HOST)
    transport = httpx.MockTransport(pages.__call__)
    return Pager(HttpClient(endpoints, clock=HurriedClock(), transport=transport))


SECOND = f"/v1.0{URL}&$skiptoken=2"
BOTH = {
    f"/v1.0{URL}": {"value": [role(1), role(2)], "@odata.nextLink": HOST + SECOND},
    SECOND: {"value": [role(3)]},
}


@pytest.mark.parametrize("expires", [0, 1, MOST_RESTARTS])
async def test_an_expired_link_inside_a_tenant_begins_again_at_its_first_page(
    expires: int,
) -> None:
    pages = Pages(BOTH, expires)

    rows, odd = await pager(pages).rows(
        first_page(role(1), role(2), link=HOST + SECOND), TOKEN, RoleAssignment
    )

    assert [row["appRoleId"] for row in rows] == ["role-1", "role-2", "role-3"]
    assert odd == []
    assert len(pages.asked) == 1 + 2 * expires


async def test_a_link_that_keeps_expiring_is_given_up_with_microsofts_own_code() -> None:
    pages = Pages(BOTH, expires=10**6)

    with pytest.raises(Refused) as caught:
        await pager(pages).rows(first_page(role(1), link=HOST + SECOND), TOKEN, RoleAssignment)

    assert caught.value.code == "Directory_ExpiredPageToken"
    assert len(pages.asked) == 1 + 2 * MOST_RESTARTS


async def test_another_refusal_of_a_page_is_not_asked_again() -> None:
    pages = Pages({})

    async def refuse(request: httpx.Request) -> httpx.Response:
        pages.asked.append(request.extensions["target"].decode())
        return httpx.Response(403, json={"error": {"code": "Authorization_RequestDenied"}})

    endpoints = endpoints_for("global", login=HOST, graph=HOST, partner_center=HOST)
    http = HttpClient(endpoints, clock=HurriedClock(), transport=httpx.MockTransport(refuse))
    with pytest.raises(Refused):
        await Pager(http).rows(first_page(role(1), link=HOST + SECOND), TOKEN, RoleAssignment)

    assert pages.asked == [SECOND]


async def test_a_refused_first_page_is_the_parts_own_refusal() -> None:
    answer = first_page()
    answer.status = 403
    answer.body = {"error": {"code": "Authorization_RequestDenied", "message": "no"}}

    with pytest.raises(Refused):
        await pager(Pages({})).rows(answer, TOKEN, RoleAssignment)


@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/v1.0/x", f"{HOST}.evil.example/v1.0/x", "//x", "x", ""]
)
async def test_the_token_goes_to_no_other_host(link: str) -> None:
    pages = Pages({})

    with pytest.raises(NotUnderstood) as caught:
        await pager(pages).rows(first_page(role(1), link=link), TOKEN, RoleAssignment)

    assert caught.value.code == "foreign-link"
    assert pages.asked == []


def test_odd_rows_are_named_by_their_id_or_their_place() -> None:
    rows = [{"id": "good.example"}, {"isDefault": True}, 5, {"id": 7, "isDefault": "perhaps"}]

    good, odd = checked_rows(rows, Domain)

    assert [one.name for one in good] == ["good.example"]
    assert [one.name for one in odd] == ["row 2", "row 3", "row 4"]
    assert all(one.why and str(one) == f"{one.name} ({one.why})" for one in odd)
