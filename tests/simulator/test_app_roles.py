"""App role assignments from both sides, and CIPP's odd path."""

import base64
import uuid

import pytest

from cipp_tui.simulator.catalogue import EXCHANGE, GRAPH, resource_applications
from cipp_tui.simulator.directory_roles import PRIVILEGED_ROLE_ADMINISTRATOR
from cipp_tui.simulator.plant import plant
from tests.simulator.desk import Desk, a_desk


def unassigned(desk: Desk, app_id: str = GRAPH) -> dict[str, str]:
    """Take one role away and return the body that gives it back."""
    resource = desk.directory().principals[app_id]
    own = desk.own()
    role_id = next(role for target, role in own.app_roles if target == resource.id)
    del own.app_roles[(resource.id, role_id)]
    return {"principalId": own.id, "resourceId": resource.id, "appRoleId": role_id}


def test_seventy_roles_fit_on_one_page_and_show_both_names() -> None:
    desk = a_desk()

    answer = desk.graph("GET", f"servicePrincipals(appId='{desk.app_id}')/appRoleAssignments")

    assert len(answer.value) == 70
    assert {row["principalDisplayName"] for row in answer.value} == {"CIPP-SAM"}
    assert "Microsoft Graph" in {row["resourceDisplayName"] for row in answer.value}
    assert answer.headers["x-ms-resource-unit"] == "2"


def test_an_assignment_id_begins_with_the_principal() -> None:
    desk = a_desk()

    row = desk.graph("GET", f"servicePrincipals/{desk.own().id}/appRoleAssignments").value[0]

    raw = base64.urlsafe_b64decode(row["id"] + "=")
    assert len(raw) == 32
    assert str(uuid.UUID(bytes_le=raw[:16])) == desk.own().id


@pytest.mark.parametrize(
    "path",
    [
        "servicePrincipals/{own}/appRoleAssignments",
        "servicePrincipals/{graph}/appRoleAssignedTo",
        "servicePrincipals/{own}/appRoleAssignedTo",
    ],
)
def test_the_body_decides_whichever_path_is_used(path: str) -> None:
    desk = a_desk()
    body = unassigned(desk)

    url = path.format(own=desk.own().id, graph=desk.graph_principal().id)
    answer = desk.graph("POST", url, body)

    assert (answer.status, answer.body["appRoleId"]) == (201, body["appRoleId"])
    assert (body["resourceId"], body["appRoleId"]) in desk.own().app_roles


def test_a_second_assignment_says_that_it_exists() -> None:
    desk = a_desk()
    body = unassigned(desk)
    url = f"servicePrincipals/{desk.graph_principal().id}/appRoleAssignedTo"
    desk.graph("POST", url, body)

    answer = desk.graph("POST", url, body)

    assert answer.error == (400, "Request_BadRequest")
    message = "Permission being assigned already exists on the object"
    assert answer.body["error"]["message"] == message


def test_a_role_of_another_resource_is_not_found() -> None:
    desk = a_desk()
    body = unassigned(desk)
    body["appRoleId"] = next(iter(resource_applications()[EXCHANGE].wanted_roles))[::-1]

    answer = desk.graph("POST", f"servicePrincipals/{desk.own().id}/appRoleAssignments", body)

    assert "was not found on application" in answer.body["error"]["message"]


def test_the_resource_lists_who_holds_its_roles() -> None:
    desk = a_desk()

    rows = desk.graph("GET", f"servicePrincipals(appId='{EXCHANGE}')/appRoleAssignedTo").value

    assert len(rows) == 3
    assert {row["principalId"] for row in rows} == {desk.own().id}


def test_an_assignment_can_be_taken_away_once() -> None:
    desk = a_desk()
    base = f"servicePrincipals/{desk.own().id}/appRoleAssignments"
    key = desk.graph("GET", base).value[0]["id"]

    assert desk.graph("DELETE", f"{base}/{key}").status == 204
    assert desk.graph("DELETE", f"{base}/{key}").status == 404
    assert len(desk.own().app_roles) == 69


def test_roles_of_microsoft_graph_need_the_privileged_role_administrator() -> None:
    desk = a_desk()
    relationship = desk.customer.relationships[0]
    relationship.roles = tuple(
        role for role in relationship.roles if role != PRIVILEGED_ROLE_ADMINISTRATOR
    )
    url = f"servicePrincipals/{desk.own().id}/appRoleAssignments"

    graph = desk.graph("POST", url, unassigned(desk, GRAPH))
    exchange = desk.graph("POST", url, unassigned(desk, EXCHANGE))

    assert graph.error == (403, "Authorization_RequestDenied")
    assert exchange.status == 201


def test_a_token_keeps_the_scopes_it_was_issued_with() -> None:
    desk = a_desk()
    plant(desk.simulator.world, desk.customer.id, "no-consent")
    desk.consent(scope="Directory.ReadWrite.All")
    before = desk.token()
    own = desk.own().id
    grant = next(desk.directory().grants_of(own))
    grant.scope += " AppRoleAssignment.ReadWrite.All"
    body = {
        "principalId": own,
        "resourceId": desk.graph_principal().id,
        "appRoleId": next(iter(resource_applications()[GRAPH].wanted_roles)),
    }
    url = f"servicePrincipals/{own}/appRoleAssignments"

    stale = desk.graph("POST", url, body, token=before)
    desk.forget_tokens()
    fresh = desk.graph("POST", url, body)

    assert stale.error == (403, "Authorization_RequestDenied")
    assert fresh.status == 201
