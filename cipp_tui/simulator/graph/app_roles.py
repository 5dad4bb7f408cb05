"""App role assignments, from the client's side and from the resource's.

Source: Graph docs, appRoleAssignment resource type and its calls.
"""

from operator import attrgetter
from typing import Any, Final, NamedTuple

from cipp_tui.simulator.catalogue import GRAPH, resource_applications
from cipp_tui.simulator.directory import Directory, ServicePrincipal
from cipp_tui.simulator.directory_roles import MAY_ASSIGN_ROLES, MAY_MANAGE_APPLICATIONS
from cipp_tui.simulator.graph.call import (
    GraphCall,
    Reply,
    bad_request,
    denied,
    not_found,
)
from cipp_tui.simulator.graph.endpoints import endpoint
from cipp_tui.simulator.graph.lookup import (
    check_quota,
    check_writable,
    readable_principal,
    referred_principal,
)
from cipp_tui.simulator.graph.odata import Shape, collection, filtered, shape, single
from cipp_tui.simulator.graph.times import graph_time
from cipp_tui.simulator.ids import assignment_id
from cipp_tui.simulator.rules import user_roles


class Assignment(NamedTuple):
    """One app role held by one principal."""

    principal: ServicePrincipal
    resource: ServicePrincipal
    role_id: str
    created: float


ASSIGNMENT: Final[Shape[Assignment]] = shape(
    "appRoleAssignments",
    {
        "id": lambda a: assignment_id(a.principal.id, a.resource.id, a.role_id),
        "deletedDateTime": lambda a: None,
        "appRoleId": attrgetter("role_id"),
        "createdDateTime": lambda a: graph_time(a.created),
        "principalDisplayName": attrgetter("principal.display_name"),
        "principalId": attrgetter("principal.id"),
        "principalType": lambda a: "ServicePrincipal",
        "resourceDisplayName": attrgetter("resource.display_name"),
        "resourceId": attrgetter("resource.id"),
    },
)


@endpoint(
    "GET",
    "servicePrincipals/{}/appRoleAssignments",
    route="app-roles.list",
    cost=2,
)
def list_assignments(call: GraphCall) -> Reply:
    """Answer the roles a principal holds."""
    principal = readable_principal(call, call.keys[0])
    held = list(_held(call.world.directory_of(call.tenant), principal))
    return collection(call, ASSIGNMENT, filtered(call, ASSIGNMENT, held))


@endpoint(
    "GET",
    "servicePrincipals/{}/appRoleAssignedTo",
    route="app-roles.assigned-to",
    cost=2,
)
def list_assigned_to(call: GraphCall) -> Reply:
    """Answer who holds roles of a principal."""
    resource = readable_principal(call, call.keys[0])
    directory = call.world.directory_of(call.tenant)
    held = [
        assignment
        for principal in directory.principals.values()
        for assignment in _held(directory, principal)
        if assignment.resource is resource
    ]
    return collection(call, ASSIGNMENT, filtered(call, ASSIGNMENT, held))


@endpoint(
    "POST",
    "servicePrincipals/{}/appRoleAssignments",
    "servicePrincipals/{}/appRoleAssignedTo",
    route="app-roles.create",
    user_roles=MAY_MANAGE_APPLICATIONS,
)
def create_assignment(call: GraphCall) -> Reply:
    """Assign a role; the body says of what and to whom, whichever principal the path names.

    Source: Graph docs, Grant an appRoleAssignment; the third form of the path is CIPP's.
    """
    readable_principal(call, call.keys[0])
    principal = referred_principal(call, call.text("principalId"))
    resource = referred_principal(call, call.text("resourceId"))
    role_id = call.text("appRoleId").lower()
    _check_may_assign(call, resource)
    published = resource_applications().get(resource.app_id)
    if published is None or role_id not in published.roles:
        raise bad_request(
            f"Permission being assigned was not found on application '{resource.app_id}'."
        )
    if (resource.id, role_id) in principal.app_roles:
        raise bad_request("Permission being assigned already exists on the object")
    check_writable(call)
    check_quota(call)
    call.world.directory_to_change(call.tenant)
    principal.app_roles[(resource.id, role_id)] = call.now
    made = Assignment(principal, resource, role_id, call.now)
    return single(call, ASSIGNMENT, made, status=201)


@endpoint(
    "DELETE",
    "servicePrincipals/{}/appRoleAssignments/{}",
    "servicePrincipals/{}/appRoleAssignedTo/{}",
    route="app-roles.delete",
    user_roles=MAY_MANAGE_APPLICATIONS,
)
def delete_assignment(call: GraphCall) -> Reply:
    """Take a role away."""
    readable_principal(call, call.keys[0])
    key = call.keys[1].value
    found = call.world.directory_of(call.tenant).assignment(key)
    if found is None:
        raise not_found(key)
    check_writable(call)
    principal, role = found
    call.world.directory_to_change(call.tenant)
    del principal.app_roles[role]
    return Reply(204)


def assignment_rows(call: GraphCall, principal: ServicePrincipal) -> list[dict[str, Any]]:
    """Return a principal's assignments as they look inside an expanded principal."""
    directory = call.world.directory_of(call.tenant)
    return [ASSIGNMENT.row(held, None) for held in _held(directory, principal)]


def _held(directory: Directory, principal: ServicePrincipal) -> list[Assignment]:
    by_id = directory.principals_by_id
    return [
        Assignment(principal, by_id[resource_id], role_id, created)
        for (resource_id, role_id), created in principal.app_roles.items()
    ]


def _check_may_assign(call: GraphCall, resource: ServicePrincipal) -> None:
    """Refuse roles of Microsoft Graph to those who may only manage other applications.

    Source: Entra docs, grant tenant-wide admin consent (Privileged Role Administrator).
    """
    user = call.caller.user
    if user is None or resource.app_id != GRAPH:
        return
    if not user_roles(call.world, call.tenant, user, call.now) & MAY_ASSIGN_ROLES:
        raise denied()
