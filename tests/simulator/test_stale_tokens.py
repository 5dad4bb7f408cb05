"""A token is a photograph: what it shows stays until it ends, whatever happens meanwhile."""

from tests.simulator.desk import PARTNER_DEFAULT, Desk, a_desk


def graph_scope(desk: Desk) -> str:
    target = desk.graph_principal().id
    (key,) = (
        grant.id
        for grant in desk.directory().grants_of(desk.own().id)
        if grant.resource_id == target
    )
    return key


def test_a_token_keeps_scopes_that_were_taken_away() -> None:
    desk = a_desk()
    url = f"oauth2PermissionGrants/{graph_scope(desk)}"
    before = desk.token()
    assert desk.graph("PATCH", url, {"scope": "User.Read"}).status == 204

    stale = desk.graph("GET", "domains", token=before)
    desk.forget_tokens()
    fresh = desk.graph("GET", "domains")

    assert stale.status == 200
    assert fresh.error == (403, "Authorization_RequestDenied")


def test_a_token_outlives_the_consent_it_was_issued_for() -> None:
    desk = a_desk()
    before = desk.token()
    desk.remove_consent()

    stale = desk.graph("GET", f"servicePrincipals(appId='{desk.app_id}')", token=before)

    assert desk.ask_token().body["error_codes"] == [65001]
    assert stale.error == (404, "Request_ResourceNotFound")


def test_an_app_only_token_keeps_its_roles() -> None:
    desk = a_desk()
    before = desk.app_token(desk.customer)
    desk.own().app_roles.clear()

    stale = desk.graph("GET", "domains", token=before)
    fresh = desk.graph("GET", "domains", token=desk.app_token(desk.customer))

    assert stale.status == 200
    assert fresh.error == (403, "Authorization_RequestDenied")


def test_a_token_of_one_tenant_says_nothing_about_another() -> None:
    desk = a_desk()
    first, second, *_ = desk.customers

    shown = [desk.graph("GET", "organization", tenant=t).value[0]["id"] for t in (first, second)]

    assert shown == [first.id, second.id]


def test_a_whole_batch_is_refused_with_an_ended_token() -> None:
    desk = a_desk()
    token = desk.token()
    desk.clock.advance(3600)

    request = {"id": "1", "method": "GET", "url": "me"}
    answer = desk.graph("POST", "$batch", {"requests": [request]}, token=token)

    assert answer.error == (401, "InvalidAuthenticationToken")


def test_partner_center_refuses_an_ended_token_and_one_of_a_customer() -> None:
    desk = a_desk()
    token = desk.token(desk.partner, PARTNER_DEFAULT)
    of_customer = desk.token()
    assert desk.partner_center("GET", "customers", token=token).status == 200

    desk.clock.advance(3600)

    assert desk.partner_center("GET", "customers", token=token).status == 401
    assert desk.consent(token=of_customer).status == 401


def test_a_deleted_principal_is_deleted_once() -> None:
    desk = a_desk()
    url = f"servicePrincipals/{desk.own().id}"

    assert desk.graph("DELETE", url).status == 204
    assert desk.graph("DELETE", url).error == (404, "Request_ResourceNotFound")


def test_the_consent_of_another_application_is_not_ours_to_remove() -> None:
    desk = a_desk()
    path = f"customers/{desk.customer.id}/applicationconsents/{desk.customer.id}"

    answer = desk.partner_center("DELETE", path)

    assert answer.status == 404
    assert desk.app_id in desk.directory().principals


def test_a_repeated_removal_repeats_its_answer_and_takes_nothing_twice() -> None:
    desk = a_desk()
    first = desk.remove_consent(ms_requestid="11111111-2222-4333-8444-555555555555")
    desk.consent()

    again = desk.remove_consent(ms_requestid="11111111-2222-4333-8444-555555555555")

    assert (first.status, again.status) == (200, 200)
    assert desk.app_id in desk.directory().principals
