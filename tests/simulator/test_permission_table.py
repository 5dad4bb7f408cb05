"""Every served call of Graph demands what Microsoft's permission data names for it."""

import pytest

from cipp_tui.simulator.graph import service  # registers every endpoint
from cipp_tui.simulator.graph.endpoints import ENDPOINTS
from cipp_tui.simulator.graph.permission_table import WITHOUT_ROW, has_row, is_open, rows

SERVED = sorted((template, method) for template, methods in ENDPOINTS.items() for method in methods)


@pytest.mark.parametrize(("template", "method"), SERVED)
def test_every_served_call_has_its_row(template: str, method: str) -> None:
    assert service.VERSIONS
    assert has_row(template, method)
    assert not is_open(template, method, "delegated", frozenset({"Calendars.Read"}))
    assert not is_open(template, method, "application", frozenset())


def test_the_argued_calls_are_served_and_have_no_row() -> None:
    served = {(template.lower(), method) for template, method in SERVED}
    assert served >= WITHOUT_ROW.keys()
    assert not any((*key, kind) in rows() for key in WITHOUT_ROW for kind in ("delegated",))


@pytest.mark.parametrize(
    ("template", "method", "kind", "held", "opens"),
    [
        ("directoryRoles", "POST", "delegated", {"Directory.ReadWrite.All"}, False),
        ("directoryRoles", "POST", "delegated", {"RoleManagement.ReadWrite.Directory"}, True),
        ("directoryRoles/{}/members/$ref", "POST", "delegated", {"Directory.ReadWrite.All"}, False),
        ("servicePrincipals/{}/appRoleAssignedTo", "POST", "delegated",
         {"AppRoleAssignment.ReadWrite.All"}, False),
        ("servicePrincipals/{}/appRoleAssignedTo", "POST", "delegated",
         {"AppRoleAssignment.ReadWrite.All", "Application.Read.All"}, True),
        ("servicePrincipals/{}/appRoleAssignedTo", "POST", "delegated",
         {"AppRoleAssignment.ReadWrite.All", "Directory.ReadWrite.All"}, True),
        ("servicePrincipals/{}/appRoleAssignments", "POST", "delegated",
         {"Directory.Read.All"}, False),
        ("servicePrincipals/{}/appRoleAssignments", "POST", "application",
         {"Application.ReadWrite.All"}, False),
        ("domains", "GET", "delegated", {"Directory.ReadWrite.All"}, False),
        ("domains", "GET", "delegated", {"Directory.Read.All"}, True),
        ("tenantRelationships/delegatedAdminRelationships", "GET", "application",
         {"DelegatedAdminRelationship.Read.All"}, True),
        ("tenantRelationships/findTenantInformationByTenantId/{}", "GET", "delegated",
         {"Directory.ReadWrite.All"}, False),
    ],
)  # fmt: skip
def test_what_opens_a_call_and_what_does_not(
    template: str, method: str, kind: str, held: set[str], opens: bool
) -> None:
    assert is_open(template, method, kind, frozenset(held)) is opens
