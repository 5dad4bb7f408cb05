"""What shows up late after a write, in simulated time."""

from cipp_tui.simulator import Faults, Knobs
from cipp_tui.simulator.catalogue import resource_applications
from cipp_tui.simulator.plant import plant
from tests.simulator.desk import Desk, a_desk


def listed(desk: Desk) -> bool:
    url = f"servicePrincipals?$filter=appId eq '{desk.app_id}'"
    return bool(desk.graph("GET", url).value)


def test_a_fresh_principal_is_readable_before_it_is_listed() -> None:
    knobs = Knobs(principal_list_delay_s=30, principal_read_delay_s=5)
    desk = a_desk(up_to_date=0.0, knobs=knobs)
    desk.consent()
    url = f"servicePrincipals(appId='{desk.app_id}')"

    at_once = desk.graph("GET", url).status, listed(desk)
    desk.clock.advance(5)
    soon = desk.graph("GET", url).status, listed(desk)
    desk.clock.advance(25)

    assert at_once == (404, False)
    assert soon == (200, False)
    assert listed(desk)


def test_a_fresh_principal_cannot_be_referred_to_yet() -> None:
    desk = a_desk(knobs=Knobs(principal_read_delay_s=5))
    plant(desk.simulator.world, desk.customer.id, "missing-resource-principal")
    missing = next(a for a in resource_applications() if a not in desk.directory().principals)
    made = desk.graph("POST", "servicePrincipals", {"appId": missing}).body["id"]
    body = {
        "clientId": desk.own().id,
        "consentType": "AllPrincipals",
        "resourceId": made,
        "scope": "user_impersonation",
    }

    at_once = desk.graph("POST", "oauth2PermissionGrants", body)
    desk.clock.advance(5)

    assert at_once.error == (404, "Request_ResourceNotFound")
    assert desk.graph("POST", "oauth2PermissionGrants", body).status == 201


def test_an_unfiltered_list_of_grants_is_stale_while_a_filtered_one_is_fresh() -> None:
    desk = a_desk(up_to_date=0.0, knobs=Knobs(grant_list_delay_s=30))
    desk.consent()

    filtered = desk.graph("GET", f"oauth2PermissionGrants?$filter=clientId eq '{desk.own().id}'")
    unfiltered = desk.graph("GET", "oauth2PermissionGrants")
    desk.clock.advance(30)

    assert (len(filtered.value), len(unfiltered.value)) == (1, 0)
    assert len(desk.graph("GET", "oauth2PermissionGrants").value) == 1


def test_tokens_are_refused_for_a_while_after_a_consent() -> None:
    desk = a_desk(up_to_date=0.0, knobs=Knobs(token_delay_s=20))
    desk.consent()

    at_once = desk.ask_token().body
    desk.clock.advance(20)

    assert at_once["error_codes"] == [65001]
    assert desk.ask_token().status == 200


def test_a_storm_hides_fresh_objects_for_up_to_three_seconds() -> None:
    faults = Faults.script([])
    faults.replication_s = 3.0
    desk = a_desk(30, up_to_date=0.0, faults=faults)

    for customer in desk.customers:
        desk.consent(customer)

    hidden = [desk.own(customer).listed_from - desk.clock.now for customer in desk.customers]
    assert all(0 <= seconds <= 3 for seconds in hidden)
    assert max(hidden) > 2
