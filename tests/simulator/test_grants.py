"""Delegated grants: one per resource, replaced as a whole, never too long."""

import base64
import uuid

from cipp_tui.simulator.catalogue import GRAPH
from cipp_tui.simulator.directory import DelegatedGrant
from cipp_tui.simulator.plant import plant
from tests.simulator.desk import Desk, a_desk


def graph_grant(desk: Desk) -> DelegatedGrant:
    target = desk.graph_principal().id
    return next(g for g in desk.directory().grants_of(desk.own().id) if g.resource_id == target)


def test_grants_are_listed_by_client_in_three_ways() -> None:
    desk = a_desk()
    own = desk.own().id

    lists = [
        desk.graph("GET", f"oauth2PermissionGrants?$filter=clientId eq '{own}'").value,
        desk.graph("GET", f"servicePrincipals/{own}/oauth2PermissionGrants").value,
        desk.graph("GET", f"servicePrincipals(appId='{desk.app_id}')/oauth2PermissionGrants").value,
    ]

    assert lists[0] == lists[1] == lists[2]
    assert len(lists[0]) == 11
    assert {row["consentType"] for row in lists[0]} == {"AllPrincipals"}


def test_a_list_can_be_filtered_by_resource_and_consent_type() -> None:
    desk = a_desk()
    plant(desk.simulator.world, desk.customer.id, "duplicate-user-grant")
    target = desk.graph_principal().id

    rows = desk.graph(
        "GET",
        f"oauth2PermissionGrants?$filter=resourceId eq '{target}' and consentType eq 'Principal'",
    ).value

    assert [row["principalId"] for row in rows] == [desk.simulator.world.service_user.id]


def test_a_grant_id_is_made_of_client_and_resource() -> None:
    desk = a_desk()

    raw = base64.urlsafe_b64decode(graph_grant(desk).id + "=")

    assert str(uuid.UUID(bytes_le=raw[:16])) == desk.own().id
    assert str(uuid.UUID(bytes_le=raw[16:])) == desk.graph_principal().id


def test_a_second_grant_for_a_resource_conflicts() -> None:
    desk = a_desk()
    body = {
        "clientId": desk.own().id,
        "consentType": "AllPrincipals",
        "resourceId": desk.graph_principal().id,
        "scope": "User.Read",
    }

    answer = desk.graph("POST", "oauth2PermissionGrants", body)
    user_grant = desk.graph(
        "POST",
        "oauth2PermissionGrants",
        body | {"consentType": "Principal", "principalId": desk.simulator.world.service_user.id},
    )

    assert answer.error == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert "Permission entry already exists" in answer.body["error"]["message"]
    assert user_grant.status == 201


def test_patch_replaces_the_whole_scope() -> None:
    desk = a_desk()
    grant = graph_grant(desk)

    answer = desk.graph("PATCH", f"oauth2PermissionGrants/{grant.id}", {"scope": "User.Read"})

    assert (answer.status, answer.response.body) == (204, b"")
    assert grant.scope == "User.Read"


def test_a_scope_text_has_a_longest_length() -> None:
    desk = a_desk()
    url = f"oauth2PermissionGrants/{graph_grant(desk).id}"

    longest = desk.graph("PATCH", url, {"scope": "x" * 3850})
    too_long = desk.graph("PATCH", url, {"scope": "x" * 3851})

    assert longest.status == 204
    assert too_long.error == (400, "Request_BadRequest")


def test_the_planted_long_grant_has_no_room_for_the_wanted_set() -> None:
    desk = a_desk()

    plant(desk.simulator.world, desk.customer.id, "scope-too-long")

    assert 3800 <= len(graph_grant(desk).scope) <= 3850


def test_a_deleted_grant_is_gone() -> None:
    desk = a_desk()
    url = f"oauth2PermissionGrants/{graph_grant(desk).id}"

    assert desk.graph("DELETE", url).status == 204
    assert desk.graph("GET", url).error == (404, "Request_ResourceNotFound")
    assert desk.ask_token().body["error_codes"] == [65001]


def test_beta_wants_start_and_expiry() -> None:
    desk = a_desk()
    plant(desk.simulator.world, desk.customer.id, "no-consent")
    desk.consent()
    body = {
        "clientId": desk.own().id,
        "consentType": "AllPrincipals",
        "resourceId": desk.own().id,
        "scope": "user_impersonation",
    }
    times = {"startTime": "2026-01-01T00:00:00Z", "expiryTime": "2027-01-01T00:00:00Z"}

    without = desk.graph("POST", "oauth2PermissionGrants", body, version="beta")
    within = desk.graph("POST", "oauth2PermissionGrants", body | times, version="beta")

    assert without.status == 400
    assert within.status == 201


def test_a_malformed_body_is_a_bad_request() -> None:
    desk = a_desk()
    bearer = {"authorization": f"Bearer {desk.token()}"}

    broken = desk.send("POST", "graph", "/v1.0/oauth2PermissionGrants", raw=b"{", headers=bearer)
    empty = desk.graph("POST", "oauth2PermissionGrants", {"clientId": GRAPH})

    assert broken.error == (400, "Request_BadRequest")
    assert empty.status in (400, 404)
