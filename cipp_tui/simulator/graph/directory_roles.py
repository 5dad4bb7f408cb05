"""Activated directory roles, their members, and the unified role assignments.

Source: Graph docs, directoryRole resource type and unifiedRoleAssignment.
"""

from dataclasses import dataclass
from typing import Any, Final

from cipp_tui.simulator.directory import ServicePrincipal
from cipp_tui.simulator.directory_roles import IMPLICIT_ROLES, MAY_ASSIGN_ROLES, ROLE_NAMES
from cipp_tui.simulator.graph.call import (
    GraphCall,
    GraphFailure,
    Key,
    Reply,
    already_exists,
    bad_request,
    not_found,
)
from cipp_tui.simulator.graph.endpoints import endpoint
from cipp_tui.simulator.graph.lookup import check_writable, readable_principal, referred_principal
from cipp_tui.simulator.graph.odata import Shape, collection, filtered, shape, single, unpaged
from cipp_tui.simulator.ids import role_assignment_id
from cipp_tui.simulator.rules import active_relationships


@dataclass(frozen=True, slots=True)
class ActiveRole:
    """A directory role a tenant has activated from its template."""

    id: str
    template_id: str


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A role held by a principal of the tenant or by a group of the partner."""

    template_id: str
    principal_id: str
    principal: dict[str, Any]


ROLE: Final[Shape[ActiveRole]] = shape(
    "directoryRoles",
    {
        "id": lambda r: r.id,
        "deletedDateTime": lambda r: None,
        "description": lambda r: f"{_name(r.template_id)} of this tenant.",
        "displayName": lambda r: _name(r.template_id),
        "roleTemplateId": lambda r: r.template_id,
    },
)
TYPED_ROLE: Final[Shape[ActiveRole]] = shape(
    "directoryObjects", ROLE.fields, {"@odata.type": lambda r: "#microsoft.graph.directoryRole"}
)
MEMBER: Final[Shape[ServicePrincipal]] = shape(
    "directoryObjects",
    {
        "id": lambda p: p.id,
        "displayName": lambda p: p.display_name,
        "appId": lambda p: p.app_id,
    },
    {"@odata.type": lambda p: "#microsoft.graph.servicePrincipal"},
)
TEMPLATE: Final[Shape[tuple[str, str]]] = shape(
    "directoryRoleTemplates",
    {
        "id": lambda t: t[0],
        "deletedDateTime": lambda t: None,
        "description": lambda t: None,
        "displayName": lambda t: t[1],
    },
)
ROLE_ASSIGNMENT: Final[Shape[RoleAssignment]] = shape(
    "roleManagement/directory/roleAssignments",
    {
        "id": lambda a: role_assignment_id(a.template_id, a.principal_id),
        "principalId": lambda a: a.principal_id,
        "directoryScopeId": lambda a: "/",
        "roleDefinitionId": lambda a: a.template_id,
    },
)


@endpoint("GET", "directoryRoleTemplates", route="role-templates.list")
def list_templates(call: GraphCall) -> Reply:
    """Answer the roles there can be; never paged."""
    return unpaged(call, TEMPLATE, ROLE_NAMES.items())


@endpoint("GET", "directoryRoles", route="directory-roles.list")
def list_roles(call: GraphCall) -> Reply:
    """Answer the roles activated in this tenant."""
    return unpaged(call, ROLE, filtered(call, ROLE, _active(call)))


@endpoint("GET", "directoryRoles/{}", route="directory-roles.get")
def get_role(call: GraphCall) -> Reply:
    """Answer one activated role by id or template id."""
    return single(call, ROLE, _role(call, call.keys[0]))


@endpoint(
    "POST",
    "directoryRoles",
    route="directory-roles.activate",
    user_roles=MAY_ASSIGN_ROLES,
)
def activate_role(call: GraphCall) -> Reply:
    """Activate a role from its template."""
    template_id = call.text("roleTemplateId").lower()
    if template_id in IMPLICIT_ROLES:
        raise bad_request("Instantiating an implicit user role in not supported.")
    if template_id not in ROLE_NAMES:
        raise not_found(template_id)
    if template_id in call.world.directory_of(call.tenant).active_roles:
        raise already_exists(
            "A conflicting object with one or more of the specified property values is present in "
            "the directory."
        )
    check_writable(call)
    role = ActiveRole(call.world.new_guid(), template_id)
    call.world.directory_to_change(call.tenant).activate_role(template_id, role.id)
    return single(call, ROLE, role, status=201)


@endpoint(
    "GET",
    "directoryRoles/{}/members",
    route="directory-roles.members",
)
def list_members(call: GraphCall) -> Reply:
    """Answer the principals that hold a role."""
    role = _role(call, call.keys[0])
    directory = call.world.directory_of(call.tenant)
    members = directory.role_members[role.template_id]
    return unpaged(call, MEMBER, [directory.principals_by_id[m] for m in members])


@endpoint(
    "POST",
    "directoryRoles/{}/members/$ref",
    route="directory-roles.add-member",
    user_roles=MAY_ASSIGN_ROLES,
)
def add_member(call: GraphCall) -> Reply:
    """Give a role to a principal; 404 when the role was never activated."""
    role = _role(call, call.keys[0])
    member = referred_principal(call, call.text("@odata.id").rstrip("/").rpartition("/")[2])
    members = call.world.directory_of(call.tenant).role_members[role.template_id]
    if member.id in members:
        raise bad_request(
            "One or more added object references already exist for the following modified "
            "properties: 'members'."
        )
    check_writable(call)
    call.world.directory_to_change(call.tenant)
    members[member.id] = None
    return Reply(204)


@endpoint(
    "DELETE",
    "directoryRoles/{}/members/{}/$ref",
    route="directory-roles.remove-member",
    user_roles=MAY_ASSIGN_ROLES,
)
def remove_member(call: GraphCall) -> Reply:
    """Take a role from a principal."""
    role = _role(call, call.keys[0])
    member = call.keys[1].value.lower()
    members = call.world.directory_of(call.tenant).role_members[role.template_id]
    if member not in members:
        raise not_found(member)
    check_writable(call)
    call.world.directory_to_change(call.tenant)
    del members[member]
    return Reply(204)


@endpoint(
    "GET",
    "servicePrincipals/{}/memberOf",
    "servicePrincipals/{}/memberOf/microsoft.graph.directoryRole",
    "servicePrincipals/{}/memberOf/#microsoft.graph.directoryRole",
    "servicePrincipals/{}/memberOf/graph.directoryRole",
    "servicePrincipals/{}/transitiveMemberOf",
    "servicePrincipals/{}/transitiveMemberOf/microsoft.graph.directoryRole",
    route="principals.member-of",
)
def list_roles_of_principal(call: GraphCall) -> Reply:
    """Answer the directory roles a principal holds; CIPP writes the cast with a `#`."""
    principal = readable_principal(call, call.keys[0])
    directory = call.world.directory_of(call.tenant)
    held = [
        ActiveRole(directory.active_roles[template_id], template_id)
        for template_id in directory.roles_of(principal.id)
    ]
    is_cast = call.path.rstrip("/").lower().endswith("directoryrole")
    if is_cast and call.context.knobs.directory_role_cast == "documented":
        # Source: Graph docs, "Advanced query capabilities": a cast needs $count and
        # ConsistencyLevel: eventual; directory roles do not support $count.
        raise GraphFailure(400, "Request_UnsupportedQuery", "Unsupported Query.")
    form = ROLE if is_cast else TYPED_ROLE
    return collection(call, form, filtered(call, form, held))


@endpoint(
    "GET",
    "roleManagement/directory/roleAssignments",
    route="role-assignments.list",
)
def list_role_assignments(call: GraphCall) -> Reply:
    """Answer who holds roles: the tenant's principals and, through GDAP, partner groups."""
    expand = call.query.get("$expand")
    if expand not in (None, "principal"):
        raise bad_request(f"Could not find a property named '{expand}'.")

    def finish(assignment: RoleAssignment, row: dict[str, Any]) -> None:
        if expand:
            row["principal"] = assignment.principal

    rows = filtered(call, ROLE_ASSIGNMENT, _own_assignments(call) + _gdap_assignments(call))
    return collection(call, ROLE_ASSIGNMENT, rows, finish=finish)


def _own_assignments(call: GraphCall) -> list[RoleAssignment]:
    directory = call.world.directory_of(call.tenant)
    return [
        RoleAssignment(
            template_id,
            member,
            {
                "@odata.type": "#microsoft.graph.servicePrincipal",
                **MEMBER.row(directory.principals_by_id[member], ("id", "displayName", "appId")),
            },
        )
        for template_id, members in directory.role_members.items()
        for member in members
    ]


def _gdap_assignments(call: GraphCall) -> list[RoleAssignment]:
    found: dict[tuple[str, str], RoleAssignment] = {}
    for relationship in active_relationships(call.tenant, call.now):
        for access in relationship.access:
            group = call.world.groups.get(access.group_id)
            if group is None or access.status != "active":
                continue
            principal = {
                "@odata.type": "#microsoft.graph.group",
                "id": group.id,
                "displayName": group.name,
            }
            # Only beta tells whose group it is.
            if call.version == "beta":
                principal["organizationId"] = call.world.partner.id
            for role in access.roles:
                found[(role, group.id)] = RoleAssignment(role, group.id, principal)
    return list(found.values())


def _active(call: GraphCall) -> list[ActiveRole]:
    active = call.world.directory_of(call.tenant).active_roles
    return [ActiveRole(role_id, template_id) for template_id, role_id in active.items()]


def _role(call: GraphCall, key: Key) -> ActiveRole:
    value = key.value.lower()
    for role in _active(call):
        if value == (role.template_id if key.name == "roleTemplateId" else role.id):
            return role
    raise not_found(key.value)


def _name(template_id: str) -> str:
    return ROLE_NAMES.get(template_id, template_id)
