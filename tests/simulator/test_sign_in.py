"""The token endpoint: who gets what, and the bodies of its refusals."""

import base64
import json
from typing import Any

import pytest

from cipp_tui.simulator import Knobs
from cipp_tui.simulator.plant import plant
from tests.simulator.desk import GRAPH_DEFAULT, PARTNER_DEFAULT, Desk, a_desk


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )
    return claims


def refused(desk: Desk, **form: str | None) -> tuple[int, str, int]:
    answer = desk.ask_token(**form)
    return answer.status, answer.body["error"], answer.body["error_codes"][0]


def test_a_customer_token_carries_the_scopes_of_its_resource() -> None:
    desk = a_desk()

    claims = claims_of(desk.token())

    assert claims["aud"] == "https://graph.microsoft.com"
    assert claims["tid"] == desk.customer.id
    assert "mfa" in claims["amr"]
    assert "Directory.ReadWrite.All" in claims["scp"].split()
    assert len(claims["scp"].split()) == 89


def test_the_refresh_token_rotates_and_the_old_one_keeps_working() -> None:
    desk = a_desk()
    first = desk.simulator.refresh_token()

    answer = desk.ask_token(refresh_token=first)
    rotated = answer.body["refresh_token"]

    assert rotated != first
    assert desk.ask_token(refresh_token=first).status == 200
    assert desk.ask_token(refresh_token=rotated).status == 200


def test_openid_and_client_info_are_answered_when_asked_for() -> None:
    desk = a_desk()

    body = desk.ask_token(scope=f"{GRAPH_DEFAULT} openid profile", client_info="1").body

    about = json.loads(base64.urlsafe_b64decode(body["client_info"] + "=="))
    assert about == {"uid": desk.simulator.world.service_user.id, "utid": desk.partner.id}
    assert claims_of(body["id_token"])["aud"] == desk.app_id
    assert claims_of(body["id_token"])["preferred_username"].startswith("cipp-service@")
    assert "id_token" not in desk.ask_token().body


def test_a_tenant_answers_to_its_domains_and_common_means_the_partner() -> None:
    desk = a_desk()

    by_domain = desk.ask_token(desk.customer.initial_domain).body["access_token"]
    common = desk.ask_token("common").body["access_token"]

    assert claims_of(by_domain)["tid"] == desk.customer.id
    assert claims_of(common)["tid"] == desk.partner.id


def test_an_error_body_is_complete() -> None:
    desk = a_desk(up_to_date=0.0)

    answer = desk.ask_token()

    body = answer.body
    assert answer.status == 400
    assert (body["error"], body["suberror"]) == ("invalid_grant", "consent_required")
    assert body["error_codes"] == [65001]
    assert body["error_description"].startswith("AADSTS65001: ")
    for part in ("Trace ID", "Correlation ID", "Timestamp"):
        assert part in body["error_description"]
    assert body["timestamp"] == "2026-03-02 09:41:00Z"
    assert {"trace_id", "correlation_id", "error_uri"} <= set(body)
    assert answer.headers["Cache-Control"] == "no-store, no-cache"


def test_conditional_access_names_its_policy_in_claims() -> None:
    desk = a_desk()
    plant(desk.simulator.world, desk.customer.id, "ca-blocked")

    body = desk.ask_token().body

    assert (body["error_codes"], body["suberror"]) == ([53003], "message_only")
    assert "capolids" in json.loads(body["claims"])["access_token"]


def test_an_unknown_tenant_is_refused_by_both_endpoints() -> None:
    desk = a_desk()
    unknown = "11111111-2222-4333-8444-555555555555"

    discovery = desk.send("GET", "login", f"/{unknown}/v2.0/.well-known/openid-configuration")

    assert refused(desk, tenant=unknown) == (400, "invalid_request", 90002)
    assert (discovery.status, discovery.body["error"]) == (400, "invalid_tenant")
    assert refused(desk, tenant="no-such-thing") == (400, "invalid_request", 900023)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"client_secret": "nonsense"}, (401, "invalid_client", 7000215)),
        ({"client_secret": None}, (401, "invalid_client", 7000218)),
        ({"client_id": "1" * 8}, (400, "unauthorized_client", 700016)),
        ({"client_id": None}, (400, "invalid_request", 900144)),
        ({"grant_type": None}, (400, "invalid_request", 900144)),
        ({"grant_type": "password"}, (400, "unsupported_grant_type", 70003)),
        ({"refresh_token": "1.nonsense"}, (400, "invalid_request", 9002313)),
        ({"scope": f"{GRAPH_DEFAULT} {PARTNER_DEFAULT}"}, (400, "invalid_scope", 70011)),
        ({"scope": "https://nowhere.example/.default"}, (400, "invalid_resource", 500011)),
        ({"scope": "Bookings.Read.All"}, (400, "invalid_grant", 65001)),
    ],
)
def test_a_wrong_form_is_refused(
    form: dict[str, str | None], expected: tuple[int, str, int]
) -> None:
    assert refused(a_desk(), **form) == expected


def test_a_public_sign_in_needs_no_secret() -> None:
    desk = a_desk()
    token = desk.simulator.refresh_token(public=True)

    answer = desk.ask_token(refresh_token=token, client_secret=None)

    assert answer.status == 200


def test_app_only_tokens_carry_roles_and_need_a_principal() -> None:
    desk = a_desk(2, up_to_date=0.5)
    ready, fresh = desk.customers
    app_only = {"grant_type": "client_credentials", "refresh_token": None}

    body = desk.ask_token(ready.id, **app_only).body

    assert len(claims_of(body["access_token"])["roles"]) == 63
    assert "scope" not in body
    assert refused(desk, tenant=fresh.id, **app_only) == (401, "invalid_client", 7000229)


def test_user_tokens_can_be_told_to_name_the_missing_principal() -> None:
    desk = a_desk(up_to_date=0.0, knobs=Knobs(missing_principal_code=7000229))

    assert refused(desk)[2] == 7000229


def test_a_new_mfa_sign_in_ends_the_demand_for_mfa() -> None:
    desk = a_desk()
    plant(desk.simulator.world, desk.customer.id, "mfa-required")
    stale = desk.ask_token().body

    desk.clock.advance(5)
    started = desk.send(
        "POST",
        "login",
        f"/{desk.partner.id}/oauth2/v2.0/devicecode",
        raw=f"client_id={desk.app_id}&scope=openid%20offline_access%20{GRAPH_DEFAULT}".encode(),
    ).body
    desk.simulator.approve_device_codes()
    signed_in = desk.ask_token(
        desk.partner.id,
        grant_type="urn:ietf:params:oauth:grant-type:device_code",
        device_code=started["device_code"],
    ).body

    assert (stale["error_codes"], stale["suberror"]) == ([50076], "basic_action")
    assert desk.ask_token(refresh_token=signed_in["refresh_token"]).status == 200


def test_a_refresh_token_ends_after_ninety_days() -> None:
    desk = a_desk()
    token = desk.simulator.refresh_token()

    desk.clock.advance(90 * 86_400)

    assert refused(desk, refresh_token=token) == (400, "invalid_grant", 70008)


def test_discovery_puts_the_tenant_id_into_its_endpoints() -> None:
    desk = a_desk()
    name = desk.customer.default_domain

    found = desk.send(
        "GET",
        "login",
        f"/{name}/v2.0/.well-known/openid-configuration",
        headers={"host": "127.0.0.1:9"},
    ).body
    instance = desk.send("GET", "login", "/common/discovery/instance?api-version=1.1").body

    root = f"http://127.0.0.1:9/{desk.customer.id}/oauth2/v2.0"
    assert found["token_endpoint"] == f"{root}/token"
    assert found["device_authorization_endpoint"] == f"{root}/devicecode"
    assert "login.microsoftonline.com" in instance["metadata"][0]["aliases"]
