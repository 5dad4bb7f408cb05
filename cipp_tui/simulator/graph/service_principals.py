"""Service principals: list, read, create, delete.

Source: Graph docs, servicePrincipal resource type and its calls.
"""

from functools import cache
from operator import attrgetter
from typing import Any, Final

from cipp_tui.simulator.catalogue import MICROSOFT_SERVICES_TENANT, resource_applications
from cipp_tui.simulator.directory import ServicePrincipal
from cipp_tui.simulator.directory_roles import MAY_MANAGE_APPLICATIONS
from cipp_tui.simulator.graph.app_roles import assignment_rows
from cipp_tui.simulator.graph.call import (
    GraphCall,
    GraphFailure,
    Reply,
    already_exists,
    bad_request,
)
from cipp_tui.simulator.graph.endpoints import endpoint
from cipp_tui.simulator.graph.lookup import check_quota, check_writable, readable_principal
from cipp_tui.simulator.graph.odata import Shape, collection, filtered, shape, single
from cipp_tui.simulator.graph.times import graph_time
from cipp_tui.simulator.ids import derived_guid, is_guid

# An expanded collection of a directory object holds at most so many objects.
EXPANDED: Final = 20
# Applications of other vendors every tenant has, so that an unfiltered list is not tidy.
OTHER_APPLICATIONS: Final = tuple(
    f"{maker} {product}"
    for maker in ("Adatum", "Fabrikam", "Northwind", "Proseware", "Tailspin")
    for product in (
        "Backup",
        "CRM",
        "Helpdesk",
        "HR Portal",
        "Signage",
        "Sync",
        "Timesheets",
        "VPN",
    )
)


def _published(app_id: str, scope: bool) -> list[dict[str, Any]]:
    resource = resource_applications().get(app_id)
    if resource is None:
        return []
    return _scopes(app_id) if scope else _roles(app_id)


@cache
def _roles(app_id: str) -> list[dict[str, Any]]:
    return [
        {
            "allowedMemberTypes": ["Application"],
            "description": f"Allows the app to use {value}.",
            "displayName": value,
            "id": role_id,
            "isEnabled": True,
            "origin": "Application",
            "value": value,
        }
        for role_id, value in resource_applications()[app_id].roles.items()
    ]


@cache
def _scopes(app_id: str) -> list[dict[str, Any]]:
    return [
        {
            "adminConsentDescription": f"Allows the app to use {value} for the signed-in user.",
            "adminConsentDisplayName": value,
            "id": scope_id,
            "isEnabled": True,
            "type": "Admin",
            "userConsentDescription": None,
            "userConsentDisplayName": None,
            "value": value,
        }
        for scope_id, value in resource_applications()[app_id].scopes.items()
    ]


PRINCIPAL: Final[Shape[ServicePrincipal]] = shape(
    "servicePrincipals",
    {
        "id": attrgetter("id"),
        "deletedDateTime": lambda p: None,
        "accountEnabled": attrgetter("enabled"),
        "alternativeNames": lambda p: [],
        "appDisplayName": attrgetter("display_name"),
        "appDescription": lambda p: None,
        "appId": attrgetter("app_id"),
        "appOwnerOrganizationId": lambda p: p.owner_tenant or MICROSOFT_SERVICES_TENANT,
        "appRoleAssignmentRequired": lambda p: False,
        "createdDateTime": lambda p: graph_time(p.created),
        "description": lambda p: None,
        "disabledByMicrosoftStatus": lambda p: None,
        "displayName": attrgetter("display_name"),
        "homepage": lambda p: None,
        "loginUrl": lambda p: None,
        "notes": lambda p: None,
        "replyUrls": lambda p: [],
        "servicePrincipalNames": lambda p: [p.app_id],
        "servicePrincipalType": lambda p: "Application",
        "signInAudience": lambda p: "AzureADMultipleOrgs",
        "tags": lambda p: [],
        "addIns": lambda p: [],
        "keyCredentials": lambda p: [],
        "passwordCredentials": lambda p: [],
        "appRoles": lambda p: _published(p.app_id, scope=False),
        "oauth2PermissionScopes": lambda p: _published(p.app_id, scope=True),
    },
)
_BETA_FIELDS = dict(PRINCIPAL.fields)
_BETA_FIELDS["publishedPermissionScopes"] = _BETA_FIELDS.pop("oauth2PermissionScopes")
BETA_PRINCIPAL: Final[Shape[ServicePrincipal]] = shape("servicePrincipals", _BETA_FIELDS)


@endpoint("GET", "servicePrincipals", route="principals.list")
def list_principals(call: GraphCall) -> Reply:
    """Answer the principals of a tenant that lists already show."""
    form = _form(call)
    directory = call.world.directory_of(call.tenant)
    listed = [p for p in directory.principals.values() if p.listed_from <= call.now]
    if "appid" not in call.query.get("$filter", "").lower():
        listed += _other_principals(call)
    expand = call.query.get("$expand")
    if expand not in (None, "appRoleAssignments"):
        raise bad_request(f"Could not find a property named '{expand}'.")

    def finish(principal: ServicePrincipal, row: dict[str, Any]) -> None:
        if expand:
            row["appRoleAssignments"] = assignment_rows(call, principal)[:EXPANDED]

    return collection(call, form, filtered(call, form, listed), finish=finish)


@endpoint("GET", "servicePrincipals/{}", route="principals.get")
def get_principal(call: GraphCall) -> Reply:
    """Answer one principal by object id or app id."""
    return single(call, _form(call), readable_principal(call, call.keys[0]))


@endpoint(
    "POST",
    "servicePrincipals",
    route="principals.create",
    user_roles=MAY_MANAGE_APPLICATIONS,
)
def create_principal(call: GraphCall) -> Reply:
    """Create the principal of an application in this tenant.

    Source: Graph docs, Create servicePrincipal; refusals as reported by third parties.
    """
    app_id = call.text("appId").lower()
    world = call.world
    resource = resource_applications().get(app_id)
    if not is_guid(app_id):
        raise bad_request(f"Invalid value specified for property 'appId': '{app_id}'.")
    if app_id in world.directory_of(call.tenant).principals:
        raise already_exists(
            f"The service principal cannot be created, updated, or restored because the service "
            f"principal name {app_id} is already in use."
        )
    unknown = resource is None and app_id != world.application.app_id
    if unknown or app_id in call.tenant.unlicensed:
        raise GraphFailure(
            400,
            "Request_BadRequest",
            f"The appId '{app_id}' of the service principal does not reference a valid "
            "application object.",
            [{"code": "NoBackingApplicationObject", "message": "No backing application object."}],
        )
    check_writable(call)
    check_quota(call)
    name = resource.name if resource else world.application.name
    principal = new_principal(call, app_id, name)
    return single(call, _form(call), principal, status=201)


@endpoint(
    "DELETE",
    "servicePrincipals/{}",
    route="principals.delete",
    user_roles=MAY_MANAGE_APPLICATIONS,
)
def delete_principal(call: GraphCall) -> Reply:
    """Delete a principal with its grants, assignments and memberships."""
    principal = readable_principal(call, call.keys[0])
    check_writable(call)
    call.world.directory_to_change(call.tenant).remove_principal(principal)
    return Reply(204)


def new_principal(call: GraphCall, app_id: str, name: str) -> ServicePrincipal:
    """Add a principal that lists and reads show only after the replication delay."""
    knobs, now = call.context.knobs, call.now
    owner = call.world.partner.id if app_id == call.world.application.app_id else ""
    principal = ServicePrincipal(
        call.world.new_guid(),
        app_id,
        name,
        owner,
        now,
        listed_from=now + call.context.replication_delay(knobs.principal_list_delay_s),
        readable_from=now + call.context.replication_delay(knobs.principal_read_delay_s),
    )
    call.world.directory_to_change(call.tenant).add_principal(principal)
    return principal


def _form(call: GraphCall) -> Shape[ServicePrincipal]:
    return BETA_PRINCIPAL if call.version == "beta" else PRINCIPAL


def _other_principals(call: GraphCall) -> list[ServicePrincipal]:
    tenant = call.tenant
    return [
        ServicePrincipal(
            derived_guid(tenant.id, name),
            derived_guid("application", name),
            name,
            derived_guid("maker", name),
            tenant.created,
        )
        for name in OTHER_APPLICATIONS
    ]
