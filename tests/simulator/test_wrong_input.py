"""Whatever a caller sends is answered with a 4xx: nothing breaks the simulator from outside."""

from typing import Any

import pytest

from tests.simulator.desk import PARTNER_DEFAULT, Answer, Desk, a_desk


def batch(desk: Desk, one: dict[str, Any]) -> Answer:
    first = {"id": "x", "method": "GET", "url": "me"}
    return desk.graph("POST", "$batch", {"requests": [first, {**first, "id": "1"} | one]})


@pytest.mark.parametrize("size", ["abc", "-3", "²", ""], ids=ascii)
def test_a_customer_page_needs_a_size_that_is_a_number(size: str) -> None:
    answer = a_desk().partner_center("GET", f"customers?size={size}&seekOperation=First")

    # An empty parameter counts as none at all.
    assert answer.status == (400 if size else 200)


def test_a_continuation_token_is_not_made_up() -> None:
    desk = a_desk()
    path = "customers?seekOperation=Next"

    assert desk.partner_center("GET", path).status == 400
    assert desk.partner_center("GET", path, ms_continuationtoken="%%%").status == 400


@pytest.mark.parametrize("top", ["%C2%B2", "-1", "1.5", ""])
def test_a_page_size_is_a_plain_number(top: str) -> None:
    desk = a_desk()
    bearer = {"authorization": f"Bearer {desk.token()}"}

    answer = desk.send("GET", "graph", f"/v1.0/domains?$top={top}", headers=bearer)

    assert answer.error == (400, "Request_BadRequest")


@pytest.mark.parametrize("names", [[["x"]], "x", [1], {"x": 1}])
def test_the_names_of_dependencies_are_a_list_of_texts(names: Any) -> None:
    assert batch(a_desk(), {"dependsOn": names}).error == (400, "BadRequest")


@pytest.mark.parametrize("part", [{"headers": 3}, {"method": 3}, {"url": None}, {"id": None}])
def test_the_parts_of_an_inner_request_have_their_kinds(part: dict[str, Any]) -> None:
    assert batch(a_desk(), part).error == (400, "BadRequest")


@pytest.mark.parametrize("body", [[], "x", 5])
@pytest.mark.parametrize(
    "path",
    [
        "oauth2PermissionGrants",
        "servicePrincipals",
        "directoryRoles",
        "directoryObjects/getByIds",
        "users/{user}/checkMemberGroups",
        "servicePrincipals/{own}/appRoleAssignments",
    ],
)
def test_a_body_that_is_no_object_is_a_bad_request(path: str, body: Any) -> None:
    desk = a_desk()
    url = path.format(own=desk.own().id, user=desk.simulator.world.service_user.id)
    tenant = desk.partner if "users" in path else desk.customer

    assert desk.graph("POST", url, body, tenant=tenant).error == (400, "Request_BadRequest")


def test_types_of_objects_are_a_list() -> None:
    desk = a_desk()
    body = {"ids": [desk.own().id], "types": 5}

    assert desk.graph("POST", "directoryObjects/getByIds", body).error[0] == 400


@pytest.mark.parametrize(
    "text",
    [
        "appId",
        "appId eq",
        "appId in (",
        "appId in ()",
        "appId gt 'a'",
        "nope eq 'x'",
        "'x",
        pytest.param("(" * 2000, id="very many parentheses"),
        pytest.param("not " * 2000, id="very many negations"),
    ],
)
def test_a_filter_that_makes_no_sense_is_a_bad_request(text: str) -> None:
    answer = a_desk().graph("GET", f"servicePrincipals?$filter={text}")

    assert answer.error == (400, "Request_BadRequest")


def test_an_access_token_is_no_refresh_token() -> None:
    desk = a_desk()

    answer = desk.ask_token(refresh_token=f"1.{desk.token()}")

    assert answer.body["error_codes"] == [9002313]


@pytest.mark.parametrize("token", ["é.é.é", "a.b.\udce9"], ids=["accents", "broken text"])
@pytest.mark.parametrize("path", ["/v1.0/me", "/v1/customers"])
def test_a_token_of_other_signs_than_a_token_has_is_unauthorized(path: str, token: str) -> None:
    service = "graph" if "me" in path else "partner_center"

    answer = a_desk().send(
        "GET",
        service,  # type: ignore[arg-type]  # a conditional expression widens the literals
        path,
        headers={"authorization": f"Bearer {token}"},
    )

    assert answer.status == 401


@pytest.mark.parametrize(
    "path",
    [
        "/v1.0/oauth2PermissionGrants",
        "/v1.0/$batch",
    ],
)
def test_bytes_that_are_no_text_are_a_bad_request(path: str) -> None:
    desk = a_desk()
    bearer = {"authorization": f"Bearer {desk.token()}"}

    assert desk.send("POST", "graph", path, raw=b"\xff", headers=bearer).status == 400


def test_a_client_id_is_the_same_in_capitals() -> None:
    desk = a_desk()
    spelled = desk.app_id.upper()
    started = desk.send(
        "POST",
        "login",
        "/organizations/oauth2/v2.0/devicecode",
        raw=f"client_id={spelled}&scope=openid".encode(),
    ).body
    desk.simulator.approve_device_codes()

    answer = desk.ask_token(
        "organizations",
        client_id=spelled,
        client_secret=None,
        grant_type="urn:ietf:params:oauth:grant-type:device_code",
        device_code=started["device_code"],
    )

    assert answer.status == 200
    assert desk.ask_token(desk.customer.id.upper(), client_id=spelled).status == 200
    path = f"customers/{desk.customer.id.upper()}"
    bearer = desk.token(desk.partner, PARTNER_DEFAULT)
    assert desk.partner_center("GET", path, token=bearer).status == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", ["drop"]),
        ("faults", "x"),
        ("faults", 5),
        ("faults", {"rules": 5}),
        ("faults", {"preset": []}),
        ("faults", [{"action": "drop", "nonsense": 1}]),
        ("faults", [{"action": "drop", "route": 5}]),
        ("faults", [{"action": "drop", "nth": "first"}]),
        ("faults", [{"action": "drop", "probability": None}]),
        ("plant", []),
        ("plant", {}),
        ("plant", {"cause": "no-consent", "tenant": 5}),
        ("device/approve", [1]),
    ],
)
def test_a_control_request_that_makes_no_sense_changes_nothing(path: str, body: Any) -> None:
    desk = a_desk()

    answer = desk.send("POST", "graph", f"/__simulator/{path}", body)

    assert answer.status == 400
    assert desk.graph("GET", "me").status == 200
