"""Partner Center: consents for one resource at a time, and the customers with a contract."""

from typing import Any

import pytest

from cipp_tui.simulator import Knobs
from cipp_tui.simulator.catalogue import GRAPH, PARTNER_CENTER
from cipp_tui.simulator.plant import plant
from tests.simulator.desk import BOOTSTRAP, PARTNER_DEFAULT, Answer, Desk, a_desk

NO_SUCH = "11111111-2222-4333-8444-555555555555"


def post(desk: Desk, body: Any, **more: str) -> Answer:
    path = f"customers/{desk.customer.id}/applicationconsents"
    return desk.partner_center("POST", path, body, **more)


def grant(scope: str = "User.Read.All", resource: str = GRAPH) -> dict[str, str]:
    return {"enterpriseApplicationId": resource, "scope": scope}


def test_a_consent_creates_the_principal_and_one_grant() -> None:
    desk = a_desk(up_to_date=0.0)

    answer = post(
        desk,
        {
            "applicationId": desk.app_id,
            "displayName": "CIPP-SAM",
            "applicationGrants": [grant("User.Read.All, Group.ReadWrite.All")],
        },
    )

    grants = list(desk.directory().grants_of(desk.own().id))
    assert answer.status == 201
    assert answer.body["applicationId"] == desk.app_id
    assert [one.scope for one in grants] == ["User.Read.All Group.ReadWrite.All"]
    assert grants[0].consent_type == "AllPrincipals"
    assert desk.own().app_roles == {}


def test_property_names_are_read_in_any_case() -> None:
    desk = a_desk(up_to_date=0.0)

    assert desk.consent(scope=BOOTSTRAP).status == 201
    assert desk.ask_token().status == 200


def test_an_existing_grant_is_not_widened() -> None:
    desk = a_desk(up_to_date=0.0)
    desk.consent(scope="Directory.ReadWrite.All")

    again = desk.consent(scope=BOOTSTRAP)

    assert again.status == 409
    assert "Permission entry already exists" in again.body["description"]
    scopes = [one.scope for one in desk.directory().grants_of(desk.own().id)]
    assert scopes == ["Directory.ReadWrite.All"]


@pytest.mark.parametrize(
    "change",
    [
        {"applicationId": NO_SUCH},
        {"applicationGrants": []},
        {"applicationGrants": [grant(), grant()]},
        {"applicationGrants": [grant(resource=NO_SUCH)]},
        {"applicationGrants": [grant("user_impersonation", PARTNER_CENTER)]},
        {"applicationGrants": [grant("No.Such.Scope")]},
        {"applicationGrants": [grant("")]},
    ],
)
def test_a_wrong_body_is_refused(change: dict[str, Any]) -> None:
    desk = a_desk(up_to_date=0.0)

    answer = post(desk, {"applicationId": desk.app_id, "applicationGrants": [grant()]} | change)

    assert (answer.status, answer.body["source"]) == (400, "PartnerFD")


def test_both_directions_are_refused_without_admin_agents() -> None:
    desk = a_desk()
    plant(desk.simulator.world, None, "not-admin-agent")

    assert desk.consent().status == 403
    assert desk.remove_consent().status == 403


@pytest.mark.parametrize("cause", ["role-cannot-consent", "relationship-ended", "mlt-only"])
def test_a_consent_needs_an_able_role_through_an_active_relationship(cause: str) -> None:
    desk = a_desk()
    plant(desk.simulator.world, desk.customer.id, cause)

    assert desk.consent().status == 403


def test_an_unknown_customer_is_not_found() -> None:
    desk = a_desk()
    path = f"customers/{NO_SUCH}/applicationconsents/{desk.app_id}"

    assert desk.partner_center("DELETE", path).status == 404
    assert desk.partner_center("GET", "customers/nonsense").status == 400
    assert desk.partner_center("GET", f"customers/{desk.partner.id}").status == 404


def test_a_token_without_mfa_is_refused_for_consents() -> None:
    desk = a_desk()
    without = desk.simulator.refresh_token(mfa=False)
    body = desk.ask_token(desk.partner.id, scope=PARTNER_DEFAULT, refresh_token=without).body

    answer = desk.consent(token=body["access_token"])

    assert answer.status == 401
    assert "MFA" in answer.body["description"]


def test_the_mfa_self_check_answers_in_a_header() -> None:
    desk = a_desk()
    path = "customers?size=1"

    good = desk.partner_center("GET", path, validatemfa="true")
    plant(desk.simulator.world, None, "partner-center-no-mfa")
    bad = desk.partner_center("GET", path, validatemfa="true")

    assert good.headers["isMfaCompliant"] == "true"
    assert bad.headers["isMfaCompliant"] == "false"
    assert "isMfaCompliant" not in desk.partner_center("GET", path).headers


def test_app_only_tokens_may_list_but_not_consent() -> None:
    desk = a_desk()
    token = desk.ask_token(
        desk.partner.id,
        scope=PARTNER_DEFAULT,
        grant_type="client_credentials",
        refresh_token=None,
    ).body["access_token"]

    assert desk.partner_center("GET", "customers", token=token).status == 200
    assert desk.consent(token=token).status == 403


@pytest.mark.parametrize("token", ["nonsense", ""])
def test_a_bad_token_is_unauthorized(token: str) -> None:
    desk = a_desk()

    answer = desk.partner_center("GET", "customers", authorization=f"Bearer {token}")

    assert answer.status == 401
    assert desk.partner_center("GET", "customers", token=desk.token(desk.partner)).status == 401


def test_a_repeated_request_id_repeats_the_first_answer() -> None:
    desk = a_desk(up_to_date=0.0)

    first = desk.consent(ms_requestid=NO_SUCH, ms_correlationid="trace")
    replayed = desk.consent(ms_requestid=NO_SUCH)
    fresh = desk.consent()

    assert (first.status, replayed.status, fresh.status) == (201, 201, 409)
    assert first.headers["MS-RequestId"] == NO_SUCH
    assert first.headers["MS-CorrelationId"] == "trace"
    assert replayed.body == first.body


def test_reading_consents_is_not_a_method() -> None:
    desk = a_desk()
    path = f"customers/{desk.customer.id}/applicationconsents"

    assert desk.partner_center("GET", path).status == 405
    assert desk.partner_center("GET", f"{path}/{desk.app_id}").status == 405


def test_removing_a_consent_takes_the_principal_away() -> None:
    desk = a_desk()

    answer = desk.remove_consent()

    assert answer.status == 200
    assert desk.app_id not in desk.directory().principals
    assert desk.ask_token().body["error_codes"] == [65001]
    assert desk.remove_consent().status == 404


def test_removing_a_consent_may_leave_the_principal_with_its_roles() -> None:
    desk = a_desk(knobs=Knobs(consent_delete_removes_principal=False))

    answer = desk.remove_consent()

    assert answer.status == 200
    assert len(desk.own().app_roles) == 70
    assert list(desk.directory().grants_of(desk.own().id)) == []
    assert desk.ask_token().body["error_codes"] == [65001]
    assert desk.consent().status == 201


def test_both_behaviours_alternate_from_tenant_to_tenant() -> None:
    desk = a_desk(20, knobs=Knobs(consent_delete_removes_principal="alternate"))

    for customer in desk.customers:
        desk.remove_consent(customer)

    survivors = [c for c in desk.customers if desk.app_id in desk.directory(c).principals]
    assert 0 < len(survivors) < 20


def test_a_fresh_principal_has_another_id() -> None:
    desk = a_desk()
    before = desk.own().id

    desk.remove_consent()
    desk.consent()

    assert desk.own().id != before


def test_consents_are_limited_to_fifty_a_second() -> None:
    desk = a_desk()

    statuses = [desk.consent().status for _ in range(51)]
    answer = desk.consent()
    desk.clock.advance(1)

    assert statuses == [409] * 50 + [429]
    assert answer.body["statusCode"] == 429
    assert answer.headers["Retry-After"] == "1"
    assert desk.remove_consent().status == 200
    assert desk.consent().status == 201


def test_customers_with_a_contract_are_paged_by_a_continuation_header() -> None:
    desk = a_desk(12)
    found: list[str] = []

    answer = desk.partner_center("GET", "customers?size=4")
    total = answer.body["totalCount"]
    while True:
        found += [item["companyProfile"]["tenantId"] for item in answer.body["items"]]
        following = answer.body["links"].get("next")
        if following is None:
            break
        header = {h["key"].lower().replace("-", "_"): h["value"] for h in following["headers"]}
        path = following["uri"].lstrip("/")
        answer = desk.partner_center("GET", path, None, token=None, **header)

    assert total == len(found) == 10
    assert len(set(found)) == 10


def test_a_partner_center_that_is_down_says_so() -> None:
    desk = a_desk()
    plant(desk.simulator.world, None, "partner-center-down")

    assert desk.consent().status == 503
