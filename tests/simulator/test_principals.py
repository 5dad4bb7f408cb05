"""Service principals: every way to address them, and why they cannot be created."""

import pytest

from cipp_tui.simulator import Knobs
from cipp_tui.simulator.catalogue import DEFENDER, EXCHANGE, GRAPH, resource_applications
from cipp_tui.simulator.plant import plant
from tests.simulator.desk import a_desk


@pytest.mark.parametrize(
    "address",
    [
        "servicePrincipals/{id}",
        "servicePrincipals('{id}')",
        "servicePrincipals(appId='{app}')",
        "servicePrincipals(appId=%27{app}%27)",
    ],
)
def test_a_principal_has_many_addresses(address: str) -> None:
    desk = a_desk()

    url = address.format(id=desk.own().id, app=desk.app_id)

    assert desk.graph("GET", url).body["id"] == desk.own().id


def test_a_list_is_filtered_by_at_most_fifteen_app_ids() -> None:
    desk = a_desk()
    known = [*resource_applications(), desk.app_id]

    found = desk.graph("GET", among(known)).value
    too_many = desk.graph("GET", among([*known, "a", "b", "c"]))
    one = desk.graph("GET", f"servicePrincipals?$filter=appId eq '{GRAPH}'").value

    assert {row["appId"] for row in found} == {*desk.directory().principals}
    assert too_many.error == (400, "Request_UnsupportedQuery")
    assert [row["displayName"] for row in one] == ["Microsoft Graph"]


def test_an_unfiltered_list_pages_and_holds_strangers() -> None:
    desk = a_desk(knobs=Knobs(page_size_cap=20))

    first = desk.graph("GET", "servicePrincipals?$top=999&$select=appId,id,displayName")

    assert len(first.value) == 20
    assert "$skiptoken" in first.body["@odata.nextLink"]
    assert desk.graph("GET", "servicePrincipals?$top=1000").status == 400


def test_published_permissions_are_spelled_differently_in_beta() -> None:
    desk = a_desk()
    url = f"servicePrincipals(appId='{GRAPH}')"

    current = desk.graph("GET", f"{url}?$select=appRoles,oauth2PermissionScopes").body
    beta = desk.graph("GET", url, version="beta").body

    assert {role["value"] for role in current["appRoles"]} >= {"Directory.ReadWrite.All"}
    assert {scope["value"] for scope in current["oauth2PermissionScopes"]} >= {"openid"}
    assert "publishedPermissionScopes" in beta
    assert "oauth2PermissionScopes" not in beta


def test_an_expanded_collection_is_cut_off_at_twenty() -> None:
    desk = a_desk()

    row = desk.graph(
        "GET", f"servicePrincipals?$filter=appId eq '{desk.app_id}'&$expand=appRoleAssignments"
    ).value[0]

    assert len(row["appRoleAssignments"]) == 20


def test_an_absent_principal_is_not_found() -> None:
    desk = a_desk(2, up_to_date=0.5)
    ready, fresh = desk.customers

    answer = desk.graph("GET", f"servicePrincipals/{desk.own(ready).id[::-1]}")
    principals = desk.directory(fresh).principals

    assert answer.error == (404, "Request_ResourceNotFound")
    assert desk.app_id not in principals


def test_a_resource_principal_is_created_once() -> None:
    desk = a_desk()
    plant(desk.simulator.world, desk.customer.id, "missing-resource-principal")
    missing = next(a for a in resource_applications() if a not in desk.directory().principals)

    made = desk.graph("POST", "servicePrincipals", {"appId": missing})
    again = desk.graph("POST", "servicePrincipals", {"appId": missing})

    assert (made.status, made.body["appId"]) == (201, missing)
    assert again.error == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert f"service principal name {missing} is already in use" in again.body["error"]["message"]


def test_an_unknown_application_has_no_backing_object() -> None:
    answer = a_desk().graph(
        "POST", "servicePrincipals", {"appId": "11111111-2222-4333-8444-555555555555"}
    )

    assert answer.error == (400, "Request_BadRequest")
    assert answer.body["error"]["details"][0]["code"] == "NoBackingApplicationObject"


def test_without_a_licence_the_principal_cannot_be_created() -> None:
    desk = a_desk()
    plant(desk.simulator.world, desk.customer.id, "no-licence-for-resource")

    answer = desk.graph("POST", "servicePrincipals", {"appId": DEFENDER})

    assert answer.error == (400, "Request_BadRequest")
    assert answer.body["error"]["details"][0]["code"] == "NoBackingApplicationObject"


def test_a_full_directory_takes_no_more_objects() -> None:
    desk = a_desk()
    for cause in ("missing-resource-principal", "quota-exceeded"):
        plant(desk.simulator.world, desk.customer.id, cause)
    missing = next(a for a in resource_applications() if a not in desk.directory().principals)

    answer = desk.graph("POST", "servicePrincipals", {"appId": missing})

    assert answer.error == (403, "Directory_QuotaExceeded")


def test_deleting_a_principal_takes_everything_that_hangs_on_it() -> None:
    desk = a_desk()
    exchange = desk.directory().principals[EXCHANGE].id
    assert any(resource == exchange for resource, _ in desk.own().app_roles)

    answer = desk.graph("DELETE", f"servicePrincipals/{exchange}")

    assert (answer.status, answer.response.body) == (204, b"")
    assert not any(resource == exchange for resource, _ in desk.own().app_roles)
    assert not any(g.resource_id == exchange for g in desk.directory().grants.values())


def test_writes_need_an_able_role_in_the_tenant() -> None:
    desk = a_desk()
    token = desk.token()
    plant(desk.simulator.world, desk.customer.id, "mlt-only")

    answer = desk.graph("POST", "servicePrincipals", {"appId": DEFENDER}, token=token)

    assert answer.error == (403, "Authorization_RequestDenied")


def test_a_tenant_may_forbid_writes_altogether() -> None:
    desk = a_desk()
    plant(desk.simulator.world, desk.customer.id, "graph-write-forbidden")

    answer = desk.graph("DELETE", f"servicePrincipals/{desk.own().id}")

    assert answer.error == (403, "Authorization_RequestDenied")


def among(app_ids: list[str]) -> str:
    quoted = ",".join(f"'{app_id}'" for app_id in app_ids)
    return f"servicePrincipals?$filter=appId in ({quoted})&$select=id,appId,displayName"
