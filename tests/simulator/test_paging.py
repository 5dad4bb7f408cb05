"""Pages, selections and orders beyond the first."""

import pytest

from tests.simulator.desk import Desk, a_desk

RELATIONSHIPS = "tenantRelationships/delegatedAdminRelationships"


def all_rows(desk: Desk, url: str) -> tuple[list[dict[str, object]], int]:
    """Follow every link; return the rows and how many pages there were."""
    answer = desk.at_home("GET", url)
    rows, pages = list(answer.value), 1
    while link := answer.body.get("@odata.nextLink"):
        answer = desk.at_home("GET", link.partition("/v1.0/")[2])
        rows, pages = rows + answer.value, pages + 1
    return rows, pages


def test_the_next_page_keeps_the_filter_and_the_selection() -> None:
    desk = a_desk(60, up_to_date=None)
    url = f"{RELATIONSHIPS}?$filter=status eq 'active'&$select=id,status&$top=7"

    rows, pages = all_rows(desk, url)

    assert pages > 5
    assert len({str(row["id"]) for row in rows}) == len(rows)
    assert {row["status"] for row in rows} == {"active"}
    assert {frozenset(k for k in row if "@" not in k) for row in rows} == {
        frozenset({"id", "status"})
    }


def test_a_page_of_300_is_the_longest_and_a_fleet_of_650_has_three() -> None:
    desk = a_desk(650)

    rows, pages = all_rows(desk, f"{RELATIONSHIPS}?$top=300")

    assert (len(rows), pages) == (650, 3)


@pytest.mark.parametrize(
    "collection",
    [
        RELATIONSHIPS,
        "tenantRelationships/delegatedAdminCustomers",
        RELATIONSHIPS + "/{relationship}/accessAssignments",
    ],
)
def test_every_gdap_collection_pages_by_at_most_300(collection: str) -> None:
    desk = a_desk(12)
    url = collection.format(relationship=desk.customer.relationships[0].id)

    rows, pages = all_rows(desk, f"{url}?$top=5")

    assert pages == -(-len(rows) // 5)
    assert pages > 1
    assert desk.at_home("GET", f"{url}?$top=300").status == 200
    assert desk.at_home("GET", f"{url}?$top=301").status == 400


def test_relationships_can_be_ordered_by_their_end() -> None:
    desk = a_desk(60, up_to_date=None)

    rows, _ = all_rows(desk, f"{RELATIONSHIPS}?$orderby=endDateTime desc&$top=20")

    ends = [str(row["endDateTime"]) for row in rows if row["endDateTime"]]
    assert ends == sorted(ends, reverse=True)


def test_an_unknown_relationship_is_not_found() -> None:
    desk = a_desk()
    url = f"{RELATIONSHIPS}/{desk.app_id}-{desk.app_id}"

    assert desk.at_home("GET", url).status == 404
    assert desk.at_home("GET", f"{url}/accessAssignments").status == 404


def test_the_five_reads_of_a_healthy_tenant_fit_in_one_batch() -> None:
    desk = a_desk()
    own = f"servicePrincipals(appId='{desk.app_id}')"
    apps = ",".join(f"'{app_id}'" for app_id in desk.directory().principals)
    urls = (
        f"{own}?$select=id,appId,displayName",
        f"servicePrincipals?$filter=appId in ({apps})&$select=id,appId,displayName",
        f"{own}/appRoleAssignments?$top=999&$select=appRoleId,resourceId",
        f"{own}/oauth2PermissionGrants",
        f"{own}/memberOf/microsoft.graph.directoryRole?$select=id,roleTemplateId",
    )

    inner = desk.batch(*({"id": str(n), "method": "GET", "url": url} for n, url in enumerate(urls)))

    counts = [len(inner[str(n)]["body"].get("value", ())) for n in range(5)]
    assert {one["status"] for one in inner.values()} == {200}
    assert counts == [0, 12, 70, 11, 1]
    assert sum(int(one["headers"]["x-ms-resource-unit"]) for one in inner.values()) <= 7
