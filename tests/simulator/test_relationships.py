"""GDAP relationships and what surrounds them, as the partner reads them."""

import pytest

from cipp_tui.simulator.plant import plant
from tests.simulator.desk import Desk, a_desk

LIST = "tenantRelationships/delegatedAdminRelationships"


def test_relationships_page_by_absolute_links_and_count_on_the_first_page_only() -> None:
    desk = a_desk(7)
    seen: list[str] = []

    answer = desk.at_home("GET", f"{LIST}?$top=3&$count=true", host="127.0.0.1:9", version="v1.0")
    counts = [answer.body.get("@odata.count")]
    seen += [row["id"] for row in answer.value]
    while link := answer.body.get("@odata.nextLink"):
        assert link.startswith("http://127.0.0.1:9/v1.0/tenantRelationships/")
        answer = desk.at_home("GET", link.partition("/v1.0/")[2], host="127.0.0.1:9")
        counts.append(answer.body.get("@odata.count"))
        seen += [row["id"] for row in answer.value]

    assert counts == [7, None, None]
    assert len(set(seen)) == len(seen) == 7


def test_only_selected_properties_come_back() -> None:
    desk = a_desk()

    row = desk.at_home("GET", f"{LIST}?$select=customer,endDateTime").value[0]

    assert {key for key in row if not key.startswith("@")} == {"customer", "endDateTime"}


def test_a_filter_on_status_and_customer_finds_one() -> None:
    desk = a_desk()
    wanted = desk.customer

    rows = desk.at_home(
        "GET", f"{LIST}?$filter=status eq 'active' and customer/tenantId eq '{wanted.id}'"
    ).value

    assert [row["customer"]["tenantId"] for row in rows] == [wanted.id]
    assert rows[0]["endDateTime"].endswith("0Z")
    assert len(rows[0]["endDateTime"]) == len("2026-01-01T00:00:00.0000000Z")


def test_a_relationship_that_waits_for_approval_has_no_customer() -> None:
    desk = a_desk()
    plant(desk.simulator.world, desk.customer.id, "relationship-pending")

    rows = desk.at_home("GET", f"{LIST}?$filter=status eq 'approvalPending'").value

    assert [row["customer"] for row in rows] == [None]


def test_time_alone_ends_a_relationship() -> None:
    desk = a_desk(1)
    plant(desk.simulator.world, desk.customer.id, "relationship-ending-today", now=desk.clock.now)
    active = f"{LIST}?$filter=status eq 'active'"
    before = desk.at_home("GET", active).value

    desk.clock.advance(86_400)
    desk.forget_tokens()

    assert len(before) == 1
    assert desk.at_home("GET", active).value == []


@pytest.mark.parametrize("top", ["301", "0", "many"])
def test_a_page_has_at_most_300(top: str) -> None:
    assert a_desk().at_home("GET", f"{LIST}?$top={top}").status == 400


def test_an_unknown_property_or_filter_is_refused() -> None:
    desk = a_desk()

    assert desk.at_home("GET", f"{LIST}?$select=nonsense").error == (400, "Request_BadRequest")
    assert desk.at_home("GET", f"{LIST}?$filter=status is 'x'").error == (400, "Request_BadRequest")


def test_access_assignments_name_the_groups_and_their_roles() -> None:
    desk = a_desk()
    relationship = desk.customer.relationships[0]

    one = desk.at_home("GET", f"{LIST}/{relationship.id}?$select=displayName")
    rows = desk.at_home("GET", f"{LIST}/{relationship.id}/accessAssignments").value

    assert one.body["displayName"] == relationship.name
    assert len(rows) == 15
    assert rows[0]["accessContainer"]["accessContainerType"] == "securityGroup"
    assert rows[0]["accessDetails"]["unifiedRoles"][0]["roleDefinitionId"] in relationship.roles
    assert rows[0]["status"] == "active"


def test_application_permissions_do_not_open_relationships() -> None:
    desk = a_desk()

    answer = desk.at_home("GET", LIST, token=desk.app_token(desk.partner))

    assert answer.error == (403, "Authorization_RequestDenied")


def test_a_customer_knows_nothing_of_relationships() -> None:
    assert a_desk().graph("GET", LIST).status == 403


def test_delegated_customers_contracts_and_tenant_information_agree() -> None:
    desk = a_desk(12)

    customers = desk.at_home("GET", "tenantRelationships/delegatedAdminCustomers").value
    contracts = desk.at_home("GET", "contracts").value
    found = desk.at_home("GET", information(desk.customer.id)).body

    assert {row["tenantId"] for row in customers} == {tenant.id for tenant in desk.customers}
    assert {row["customerId"] for row in contracts} < {row["id"] for row in customers}
    assert found["defaultDomainName"] == desk.customer.default_domain
    assert desk.at_home("GET", information("1" * 8)).status == 404


def test_the_registration_lists_what_the_application_requires() -> None:
    desk = a_desk()
    select = "$select=id,appId,displayName,requiredResourceAccess"

    one = desk.at_home("GET", f"applications(appId='{desk.app_id}')?{select}").body
    listed = desk.at_home("GET", f"applications?$filter=appId eq '{desk.app_id}'").value

    required = one["requiredResourceAccess"]
    kinds = [access["type"] for entry in required for access in entry["resourceAccess"]]
    assert len(required) == 12
    assert (kinds.count("Role"), kinds.count("Scope")) == (70, 107)
    assert listed[0]["id"] == one["id"]
    assert desk.graph("GET", f"applications(appId='{desk.app_id}')").status == 404


def test_domains_and_organization_describe_the_tenant() -> None:
    desk = a_desk()

    domains = desk.graph("GET", "domains?$top=999").value
    organization = desk.graph("GET", "organization?$select=id,displayName,verifiedDomains").value

    assert [d["id"] for d in domains if d["isDefault"]] == [desk.customer.default_domain]
    assert [d["id"] for d in domains if d["isInitial"]] == [desk.customer.initial_domain]
    assert [o["id"] for o in organization] == [desk.customer.id]


def test_domains_can_be_forbidden_or_empty() -> None:
    desk: Desk = a_desk()

    plant(desk.simulator.world, desk.customer.id, "no-domain")
    forbidden = desk.graph("GET", "domains")
    plant(desk.simulator.world, desk.customer.id, "domains-empty")
    empty = desk.graph("GET", "domains")

    assert forbidden.error == (403, "Authorization_RequestDenied")
    assert empty.value == []


def information(tenant_id: str) -> str:
    return f"tenantRelationships/findTenantInformationByTenantId(tenantId='{tenant_id}')"


def test_assignments_that_are_not_readable_are_refused() -> None:
    desk = a_desk()
    relationship = next(iter(desk.simulator.world.relationships.values()))
    relationship.access_readable = False
    url = f"tenantRelationships/delegatedAdminRelationships/{relationship.id}/accessAssignments"

    assert desk.at_home("GET", url).error == (403, "Authorization_RequestDenied")
