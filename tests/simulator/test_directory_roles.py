"""Directory roles: activated once, members by id or template, GDAP groups among the assignments."""

import pytest

from cipp_tui.simulator.directory_roles import (
    COMPLIANCE_ADMINISTRATOR,
    GLOBAL_READER,
    MAPPED_ROLES,
)
from cipp_tui.simulator.knobs import Knobs
from cipp_tui.simulator.plant import plant
from tests.simulator.desk import Desk, a_desk

BY_TEMPLATE = f"directoryRoles(roleTemplateId='{COMPLIANCE_ADMINISTRATOR}')/members/$ref"


def reference(desk: Desk) -> dict[str, str]:
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{desk.own().id}"}


@pytest.mark.parametrize(
    "cast", ["microsoft.graph.directoryRole", "%23microsoft.graph.directoryRole"]
)
def test_a_principal_lists_its_roles_with_either_spelling_of_the_cast(cast: str) -> None:
    desk = a_desk()

    rows = desk.graph("GET", f"servicePrincipals(appId='{desk.app_id}')/memberOf/{cast}").value

    assert [row["roleTemplateId"] for row in rows] == [COMPLIANCE_ADMINISTRATOR]


def test_a_role_must_be_activated_before_it_takes_members() -> None:
    desk = a_desk()
    plant(desk.simulator.world, desk.customer.id, "directory-role-not-activated")

    before = desk.graph("POST", BY_TEMPLATE, reference(desk))
    activated = desk.graph("POST", "directoryRoles", {"roleTemplateId": COMPLIANCE_ADMINISTRATOR})
    after = desk.graph("POST", BY_TEMPLATE, reference(desk))

    assert before.error == (404, "Request_ResourceNotFound")
    assert activated.status == 201
    assert (after.status, after.response.body) == (204, b"")
    assert desk.directory().roles_of(desk.own().id) == [COMPLIANCE_ADMINISTRATOR]


@pytest.mark.parametrize(
    "path",
    [
        BY_TEMPLATE,
        f"directoryRoles/roleTemplateId={COMPLIANCE_ADMINISTRATOR}/members/$ref",
        "directoryRoles/{role}/members/$ref",
    ],
)
def test_a_second_membership_is_refused_by_every_address(path: str) -> None:
    desk = a_desk()
    role = desk.directory().active_roles[COMPLIANCE_ADMINISTRATOR]

    answer = desk.graph("POST", path.replace("{role}", role), reference(desk))

    assert answer.error == (400, "Request_BadRequest")
    assert "already exist" in answer.body["error"]["message"]


def test_an_active_role_is_not_activated_twice() -> None:
    answer = a_desk().graph("POST", "directoryRoles", {"roleTemplateId": COMPLIANCE_ADMINISTRATOR})

    assert answer.error == (409, "Request_MultipleObjectsWithSameKeyValue")


def test_roles_and_members_are_listed() -> None:
    desk = a_desk()
    role = desk.directory().active_roles[COMPLIANCE_ADMINISTRATOR]

    roles = desk.graph("GET", "directoryRoles").value
    members = desk.graph("GET", f"directoryRoles/{role}/members").value

    assert {row["roleTemplateId"] for row in roles} == {*desk.directory().active_roles}
    assert [row["id"] for row in members] == [desk.own().id]


def test_a_member_can_be_removed() -> None:
    desk = a_desk()
    path = BY_TEMPLATE.replace("$ref", f"{desk.own().id}/$ref")

    assert desk.graph("DELETE", path).status == 204
    assert desk.graph("DELETE", path).status == 404


def test_partner_groups_hold_the_mapped_roles_of_a_customer() -> None:
    desk = a_desk()
    url = (
        "roleManagement/directory/roleAssignments"
        f"?$filter=roleDefinitionId eq '{GLOBAL_READER}'&$expand=principal"
    )

    current = desk.graph("GET", url).value
    beta = desk.graph("GET", url, version="beta").value

    assert current[0]["principal"]["displayName"] == f"M365 GDAP {MAPPED_ROLES[GLOBAL_READER]}"
    assert current[0]["id"].endswith("-1")
    assert "organizationId" not in current[0]["principal"]
    assert beta[0]["principal"]["organizationId"] == desk.partner.id


def test_the_roles_there_can_be_are_listed_by_name() -> None:
    names = {row["displayName"] for row in a_desk().at_home("GET", "directoryRoleTemplates").value}

    assert names >= {"Global Administrator", "Helpdesk Administrator", "Exchange Administrator"}


def test_a_cast_to_directory_roles_is_refused_as_documented_and_the_plain_list_is_not() -> None:
    desk = a_desk(1, knobs=Knobs(directory_role_cast="documented"))
    own = f"servicePrincipals(appId='{desk.app_id}')/memberOf"
    cast = desk.graph("GET", f"{own}/microsoft.graph.directoryRole", ConsistencyLevel="eventual")
    assert cast.error == (400, "Request_UnsupportedQuery")
    assert [row["@odata.type"] for row in desk.graph("GET", own).value] == [
        "#microsoft.graph.directoryRole"
    ]
