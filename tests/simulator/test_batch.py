"""JSON batching: limits, order, dependencies, and throttling inside."""

from typing import Any

import pytest

from cipp_tui.simulator import Faults
from tests.simulator.desk import Answer, Desk, a_desk


def get(key: str, url: str = "me", **more: Any) -> dict[str, Any]:
    return {"id": key, "method": "GET", "url": url, **more}


def send(desk: Desk, requests: Any) -> Answer:
    return desk.graph("POST", "$batch", {"requests": requests})


def test_twenty_requests_are_answered_in_any_order() -> None:
    desk = a_desk()

    answer = send(desk, [get(str(number)) for number in range(20)])

    keys = [one["id"] for one in answer.body["responses"]]
    assert answer.status == 200
    assert sorted(keys, key=int) == [str(number) for number in range(20)]
    assert keys != sorted(keys, key=int)


@pytest.mark.parametrize(
    "requests",
    [
        [get(str(number)) for number in range(21)],
        [get("a"), get("A")],
        [get("")],
        [get("1", "https://graph.microsoft.com/v1.0/me")],
        [{"id": 1, "method": "GET", "url": "me"}],
        [{"id": "1", "method": "POST", "url": "servicePrincipals", "body": {}}],
        [get("1", dependsOn=["2"])],
        "nonsense",
    ],
)
def test_a_malformed_batch_is_refused_as_a_whole(requests: Any) -> None:
    assert send(a_desk(), requests).error == (400, "BadRequest")


def test_inner_requests_fail_on_their_own() -> None:
    desk = a_desk()

    inner = desk.batch(
        get("slash", "/me"),
        get("no slash", "me"),
        get("unknown", "/planner"),
        get("filter", f"/servicePrincipals?$filter=appId eq '{desk.app_id}'&$select=id"),
    )

    assert {key: one["status"] for key, one in inner.items()} == {
        "slash": 200,
        "no slash": 200,
        "unknown": 404,
        "filter": 200,
    }
    assert inner["filter"]["body"]["value"] == [{"id": desk.own().id}]
    assert inner["filter"]["headers"]["x-ms-resource-unit"] == "1"


def test_a_write_without_an_answer_has_no_body() -> None:
    desk = a_desk()
    grant = next(desk.directory().grants_of(desk.own().id))

    inner = desk.batch({"id": "1", "method": "DELETE", "url": f"oauth2PermissionGrants/{grant.id}"})

    assert inner["1"]["status"] == 204
    assert "body" not in inner["1"]


def test_what_depends_on_a_failure_fails_too() -> None:
    desk = a_desk()

    inner = desk.batch(
        get("1", "planner"),
        get("2", dependsOn=["1"]),
        get("3", dependsOn=["2"]),
        get("4"),
        get("5", dependsOn=["4"]),
    )

    statuses = [inner[key]["status"] for key in "12345"]
    assert statuses == [404, 424, 424, 200, 200]


def test_inner_next_links_are_absolute() -> None:
    inner = a_desk().batch(get("1", "servicePrincipals?$top=2"))

    link = inner["1"]["body"]["@odata.nextLink"]
    assert link.startswith("https://graph.microsoft.com/v1.0/servicePrincipals?")


def test_some_inner_requests_are_throttled_with_their_own_retry_after() -> None:
    rule = {"route": "batch", "action": "inner-throttle", "retry_after": 3, "nth": 1}
    desk = a_desk(faults=Faults.script([rule]))

    first = desk.batch(*[get(str(number)) for number in range(20)])
    second = desk.batch(*[get(str(number)) for number in range(20)])

    throttled = [one for one in first.values() if one["status"] == 429]
    assert 0 < len(throttled) < 20
    assert {one["headers"]["Retry-After"] for one in throttled} == {"3"}
    assert {one["status"] for one in second.values()} == {200}


def test_a_fault_can_name_the_inner_route() -> None:
    rules = [
        {"route": "me.get", "action": "status", "status": 503, "nth": 2},
        {"route": "domains.list", "action": "throttle", "retry_after": 0.5, "nth": 1},
        {"route": "organization.list", "action": "not-found-but-applied", "nth": 1},
    ]
    desk = a_desk(faults=Faults.script(rules))

    inner = desk.batch(get("1"), get("2"), get("3", "domains"), get("4", "organization"))

    assert [inner[key]["status"] for key in "1234"] == [200, 503, 429, 404]
    assert inner["3"]["headers"]["Retry-After"] == "0.5"
    assert inner["4"]["body"]["error"]["code"] == "Directory_ObjectNotFound"


def test_the_log_tells_what_was_inside() -> None:
    desk = a_desk()

    desk.batch(get("1"), get("2", "planner"))

    entry = desk.simulator.log[-1]
    assert (entry.route, entry.tenant, entry.status) == ("batch", desk.customer.id, 200)
    assert [(one.method, one.url, one.status) for one in entry.inner] == [
        ("GET", "me", 200),
        ("GET", "planner", 404),
    ]
