"""Pages of the list as no simulator would send them: odd rows, expired links, no end."""

import json
from collections.abc import AsyncGenerator, Callable, Container, Sequence
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from cipp_tui.api.backend import Backend
from cipp_tui.api.customers import Customers
from cipp_tui.api.endpoints import Service as ServiceName
from cipp_tui.api.endpoints import endpoints_for
from cipp_tui.api.graph import Graph
from cipp_tui.api.http import HttpClient, Token
from cipp_tui.api.tokens import Tokens
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import Tenant, TenantId, UnreadableRow
from cipp_tui.services.fleet import Fleet
from cipp_tui.services.listing import Listing
from cipp_tui.services.views import Reading
from cipp_tui.storage.database import open_database
from cipp_tui.storage.state import FleetStore
from tests.support import HurriedClock

HOST = "http://127.0.0.1:9"
PARTNER = "10000000-0000-0000-0000-000000000000"
ENDPOINTS = endpoints_for("global", login=HOST, graph=HOST, partner_center=HOST)
LIST = "/v1.0/tenantRelationships/delegatedAdminRelationships"

Reply = tuple[int, Any]


def tenant_id(number: int) -> str:
    return f"20000000-0000-0000-0000-{number:012}"


def relationship(number: int, **other: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": f"r{number}",
        "displayName": f"rel {number}",
        "customer": {"tenantId": tenant_id(number), "displayName": f"Customer {number}"},
        "accessDetails": {"unifiedRoles": []},
        "status": "active",
        "autoExtendDuration": "PT0S",
        "endDateTime": "2027-01-01T00:00:00.0000000Z",
    }
    return row | other


def page(rows: Sequence[Any], link: str | None = None) -> dict[str, Any]:
    return {"value": list(rows), **({"@odata.nextLink": HOST + LIST + link} if link else {})}


EXPIRED: Reply = (400, {"error": {"code": "Directory_ExpiredPageToken", "message": "expired"}})


class Service:
    """Answers pages of the list as told; everything else as a quiet tenant would."""

    def __init__(self, pages: Callable[[str], Reply]) -> None:
        self.pages = pages
        self.asked: list[str] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.extensions["target"].decode()
        if path == "/v1.0/$batch":
            asked = json.loads(await request.aread())["requests"]
            answers = [{"id": one["id"], "status": 200, "body": self._inner(one)} for one in asked]
            return httpx.Response(200, json={"responses": answers})
        assert path.startswith(LIST), path
        self.asked.append(path.removeprefix(LIST))
        status, body = self.pages(self.asked[-1])
        return httpx.Response(status, json=body)

    @staticmethod
    def _inner(one: dict[str, Any]) -> dict[str, Any]:
        if "findTenantInformation" in one["url"]:
            ident = one["url"].split("'")[1]
            domain = f"c{int(ident[-12:])}.example"
            return {"tenantId": ident, "displayName": None, "defaultDomainName": domain}
        return {"value": [{"id": "msp.example", "isDefault": True, "displayName": "MSP"}]}


class SignedIn:
    """Our own tenant's token, without a sign-in."""

    async def partner_graph(self) -> Token:
        return Token("t", ServiceName.GRAPH, PARTNER, 1e12)


class Lister:
    """As much of a backend as reads the list."""

    def __init__(self, customers: Customers) -> None:
        self._customers = customers

    @property
    def domains_refusal(self) -> Problem | None:
        return self._customers.domains_refusal

    def tenants(
        self,
        only: TenantId | None = None,
        *,
        unreadable: Callable[[UnreadableRow], None],
        known: Container[TenantId] = frozenset(),
    ) -> AsyncGenerator[Sequence[Tenant], None]:
        return self._customers.read(unreadable, known)


async def read(folder: Path, *services: Service) -> tuple[list[Reading], Fleet]:
    """Read the list from each of the services in turn, into one fleet."""
    clock = HurriedClock()
    readings: list[Reading] = []
    async with open_database(folder / "state.db") as database:
        fleet = Fleet(FleetStore(database), clock)
        await fleet.load(None)
        for service in services:
            transport = httpx.MockTransport(service.__call__)
            http = HttpClient(ENDPOINTS, clock=clock, transport=transport)
            customers = Customers(
                http,
                cast(Tokens, SignedIn()),
                Graph(http, clock),
                partner=TenantId(PARTNER),
                direct=(),
                clock=clock,
                domain_reads=lambda: 4,
            )
            backend = cast(Backend, Lister(customers))
            listing = Listing(backend, fleet, clock, readings.append, fleet.loaded.wait)
            listing.start()
            await listing.finished()
            await http.aclose()
    return readings, fleet


def problem_of(reading: Reading) -> Problem:
    assert reading.problem is not None
    return reading.problem


def names(fleet: Fleet) -> set[str]:
    return {row.tenant.name for row in fleet.rows() if row.id != PARTNER}


def one_page(*rows: Any) -> Service:
    return Service(lambda asked: (200, page(rows)))


ODD = [
    relationship(2, status=["active"]),
    relationship(2, endDateTime="soon"),
    relationship(2, customer={"displayName": "no id"}),
    relationship(2, accessDetails={"unifiedRoles": [{}]}),
    {"customer": 7},
    None,
    "row",
]


@pytest.mark.parametrize("odd", ODD, ids=lambda row: json.dumps(row)[-60:])
async def test_an_odd_row_costs_itself_only_and_is_named(odd: Any, tmp_path: Path) -> None:
    (reading,), fleet = await read(tmp_path, one_page(relationship(1), odd, relationship(3)))

    assert reading.problem is None
    assert names(fleet) == {"Customer 1", "Customer 3"}
    (row,) = reading.unreadable
    assert row.name == (odd["id"] if isinstance(odd, dict) and "id" in odd else "row 2")
    assert row.why
    assert "1 unreadable" in reading.words


NULLABLE = [
    {"status": None},
    {"customer": None},
    {"customer": {"tenantId": tenant_id(2), "displayName": None}},
    {"accessDetails": None},
    {"accessDetails": {"unifiedRoles": None}},
    {"autoExtendDuration": None},
    {"displayName": None},
    {"endDateTime": None},
    {"status": "somethingNew"},
    {"endDateTime": "9999-12-31T23:59:59.9999999-05:00"},
    {"endDateTime": "9999-12-31T23:59:59.9999999+05:00"},
    {"endDateTime": "0001-01-01T00:00:00.0000000+05:00"},
    {"endDateTime": "2027-01-01T00:00:00"},
]


@pytest.mark.parametrize("other", NULLABLE, ids=json.dumps)
async def test_what_the_schema_allows_is_no_odd_row(other: Any, tmp_path: Path) -> None:
    rows = (relationship(1), relationship(2, **other))
    (reading, again), fleet = await read(tmp_path, one_page(*rows), one_page(*rows))

    assert (reading.problem, reading.unreadable) == (None, ())
    assert "Customer 1" in names(fleet)
    assert len(names(fleet)) == (1 if other.get("customer", True) is None else 2)
    assert again.words == "nothing changed"


async def test_a_customer_whose_only_row_is_odd_is_not_taken_for_gone(tmp_path: Path) -> None:
    whole = one_page(relationship(1), relationship(2), relationship(3))
    odd = one_page(relationship(1), relationship(2, endDateTime="soon"))
    nameless = one_page(relationship(1), relationship(2), {"id": "r3"})

    readings, fleet = await read(tmp_path, whole, odd, nameless)

    assert readings[1].gone == ("Customer 3",)
    assert readings[2].gone == ()
    two = fleet.row(TenantId(tenant_id(2)))
    assert two is not None
    assert two.tenant.gone_since is None


async def test_an_expired_link_begins_again_at_the_first_page(tmp_path: Path) -> None:
    struck: list[str] = []

    def pages(asked: str) -> Reply:
        if asked.endswith("$skiptoken=2"):
            if not struck:
                struck.append(asked)
                return EXPIRED
            return 200, page([relationship(3)])
        return 200, page([relationship(1), relationship(2)], "?$top=300&$skiptoken=2")

    service = Service(pages)
    (reading,), fleet = await read(tmp_path, service)

    assert reading.problem is None
    assert reading.seen == 4
    assert names(fleet) == {"Customer 1", "Customer 2", "Customer 3"}
    assert len(service.asked) == 4


async def test_a_link_that_always_expires_ends_the_reading_with_its_cause(tmp_path: Path) -> None:
    def pages(asked: str) -> Reply:
        if "skiptoken" in asked:
            return EXPIRED
        return 200, page([relationship(1)], "?$skiptoken=2")

    service = Service(pages)
    (reading,), fleet = await read(tmp_path, service)

    assert problem_of(reading).code == "Directory_ExpiredPageToken"
    assert names(fleet) == {"Customer 1"}
    assert len(service.asked) < 20


def circle(asked: str) -> Reply:
    return 200, page([relationship(1)], "?$skiptoken=2")


def repeating() -> Callable[[str], Reply]:
    numbers = iter(range(10**6))
    return lambda asked: (200, page([relationship(1)], f"?$skiptoken={next(numbers)}"))


def empty() -> Callable[[str], Reply]:
    numbers = iter(range(10**6))
    return lambda asked: (200, page([], f"?$skiptoken={next(numbers)}"))


@pytest.mark.parametrize("pages", [circle, repeating(), empty()], ids=["circle", "rows", "empty"])
async def test_pages_that_do_not_end_do_end(pages: Callable[[str], Reply], tmp_path: Path) -> None:
    whole = one_page(relationship(1), relationship(2))

    readings, fleet = await read(tmp_path, whole, Service(pages))

    assert problem_of(readings[1]).code == "endless-pages"
    assert readings[1].gone == ()
    assert names(fleet) == {"Customer 1", "Customer 2"}


async def test_the_summary_tells_what_is_new_what_changed_and_from_what(tmp_path: Path) -> None:
    first = one_page(relationship(1), relationship(2))
    customer = {"tenantId": tenant_id(2), "displayName": "Renamed"}
    second = one_page(relationship(1), relationship(2, customer=customer), relationship(3))

    readings, _ = await read(tmp_path, first, first, second)

    assert readings[0].words == "3 new"
    assert readings[1].words == "nothing changed"
    assert readings[2].words == "1 new, 1 changed"
    (change,) = readings[2].changed
    assert str(change) == "Renamed: name Customer 2 -> Renamed"
