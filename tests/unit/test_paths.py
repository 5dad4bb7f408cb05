"""No piece of a path that somebody else chose reaches a URL."""

import pytest
from pydantic import ValidationError

from cipp_tui.api.paths import demand_plain
from cipp_tui.api.wire import CustomerRef, Principal, Relationship, TenantInformation
from cipp_tui.domain.problems import Unsuited
from cipp_tui.domain.tenants import tenant_id

GUID = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
ODD = (
    "",
    "..",
    "../common",
    "common/oauth2",
    f"{GUID}/../common",
    f"{GUID}?x=1",
    f"{GUID}#",
    f"{GUID}\n",
    f"{GUID}%2f..",
    "x" * 300,
)


@pytest.mark.parametrize("text", [*ODD, "common", f"{{{GUID}}}", GUID.replace("-", ""), 7, None])
def test_a_tenants_id_is_a_guid_and_nothing_else(text: object) -> None:
    if isinstance(text, str) and text.strip() == GUID:
        assert tenant_id(text) == GUID
        return
    with pytest.raises(ValueError, match="GUID"):
        tenant_id(text)


def test_a_guid_is_taken_in_any_case() -> None:
    assert tenant_id(f" {GUID.upper()} ") == GUID


@pytest.mark.parametrize("text", [*ODD, "common"])
def test_graph_cannot_name_a_tenant_that_is_none(text: str) -> None:
    if text.strip() == GUID:
        return
    with pytest.raises(ValidationError):
        CustomerRef.model_validate({"tenantId": text})
    with pytest.raises(ValidationError):
        TenantInformation.model_validate({"tenantId": text})


@pytest.mark.parametrize("text", ODD)
def test_graph_cannot_name_an_object_by_a_piece_of_a_path(text: str) -> None:
    with pytest.raises(ValidationError):
        Relationship.model_validate({"id": text})
    with pytest.raises(ValidationError):
        Principal.model_validate({"id": text, "appId": GUID})


@pytest.mark.parametrize(
    "path",
    [
        *("", "v1/customers", "//evil.example/x", "/v1/../admin", "/v1/.", "/v1/..?x", "/a//b"),
        *("/v1/a b", "/v1/a\r\nX: y", "/v1/a#b", "/v1/a\\b", "/v1/\x00", "/v1/é", "/v1?a=\n"),
    ],
)
def test_a_path_that_leads_elsewhere_is_not_sent(path: str) -> None:
    with pytest.raises(Unsuited, match="not sent"):
        demand_plain(path)


@pytest.mark.parametrize(
    "path",
    [
        f"/{GUID}/oauth2/v2.0/token",
        f"/v1/customers/{GUID}/applicationconsents",
        f"/v1.0/x?$filter=customer/tenantId eq '{GUID}'&$top=300",
        "/v1.0/$batch",
        "/v1.0/x?$skiptoken=a..b//c%3D",
    ],
)
def test_our_own_paths_are(path: str) -> None:
    demand_plain(path)
