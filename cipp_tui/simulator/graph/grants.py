"""Delegated permission grants.

Source: Graph docs, oAuth2PermissionGrant resource type and its calls.
"""

from operator import attrgetter
from typing import Final

from cipp_tui.simulator.directory import ALL_PRINCIPALS, MAX_SCOPE_LENGTH, DelegatedGrant
from cipp_tui.simulator.directory_roles import MAY_MANAGE_APPLICATIONS
from cipp_tui.simulator.graph.call import (
    GraphCall,
    Reply,
    already_exists,
    bad_request,
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
from cipp_tui.simulator.ids import grant_id

GRANT: Final[Shape[DelegatedGrant]] = shape(
    "oauth2PermissionGrants",
    {
        "clientId": attrgetter("client_id"),
        "consentType": attrgetter("consent_type"),
        "id": attrgetter("id"),
        "principalId": attrgetter("user_id"),
        "resourceId": attrgetter("resource_id"),
        "scope": attrgetter("scope"),
    },
)


@endpoint("GET", "oauth2PermissionGrants", route="grants.list", cost=2)
def list_grants(call: GraphCall) -> Reply:
    """Answer the grants of a tenant; without a filter on the client, fresh ones are missing.

    Source: Graph docs, List oauth2PermissionGrants ("replication delays … minimized").
    """
    grants = list(call.world.directory_of(call.tenant).grants.values())
    if "clientid" not in call.query.get("$filter", "").lower():
        grants = [grant for grant in grants if grant.listed_from <= call.now]
    return collection(call, GRANT, filtered(call, GRANT, grants))


@endpoint(
    "GET",
    "servicePrincipals/{}/oauth2PermissionGrants",
    route="grants.list",
    cost=2,
)
def list_grants_of_principal(call: GraphCall) -> Reply:
    """Answer the grants of one client."""
    client = readable_principal(call, call.keys[0])
    grants = list(call.world.directory_of(call.tenant).grants_of(client.id))
    return collection(call, GRANT, filtered(call, GRANT, grants))


@endpoint("GET", "oauth2PermissionGrants/{}", route="grants.get")
def get_grant(call: GraphCall) -> Reply:
    """Answer one grant."""
    return single(call, GRANT, _grant(call))


@endpoint(
    "POST",
    "oauth2PermissionGrants",
    route="grants.create",
    user_roles=MAY_MANAGE_APPLICATIONS,
)
def create_grant(call: GraphCall) -> Reply:
    """Create the one grant of client, resource and consent type."""
    if call.version == "beta":
        call.text("startTime")
        call.text("expiryTime")
    client = referred_principal(call, call.text("clientId"))
    resource = referred_principal(call, call.text("resourceId"))
    user_id = _user_of(call)
    scope = _scope(call)
    directory = call.world.directory_of(call.tenant)
    if grant_id(client.id, resource.id, user_id) in directory.grants:
        raise already_exists("Permission entry already exists.")
    check_writable(call)
    check_quota(call)
    knobs = call.context.knobs
    grant = call.world.directory_to_change(call.tenant).set_grant(
        client.id,
        resource.id,
        scope,
        user=user_id,
        now=call.now + call.context.replication_delay(knobs.grant_list_delay_s),
    )
    return single(call, GRANT, grant, status=201)


@endpoint(
    "PATCH",
    "oauth2PermissionGrants/{}",
    route="grants.update",
    user_roles=MAY_MANAGE_APPLICATIONS,
)
def update_grant(call: GraphCall) -> Reply:
    """Replace the whole scope text of a grant."""
    grant = _grant(call)
    scope = _scope(call)
    check_writable(call)
    call.world.directory_to_change(call.tenant)
    grant.scope = scope
    return Reply(204)


@endpoint(
    "DELETE",
    "oauth2PermissionGrants/{}",
    route="grants.delete",
    user_roles=MAY_MANAGE_APPLICATIONS,
)
def delete_grant(call: GraphCall) -> Reply:
    """Delete a grant."""
    grant = _grant(call)
    check_writable(call)
    del call.world.directory_to_change(call.tenant).grants[grant.id]
    return Reply(204)


def _grant(call: GraphCall) -> DelegatedGrant:
    key = call.keys[0].value
    grant = call.world.directory_of(call.tenant).grants.get(key)
    if grant is None:
        raise not_found(key)
    return grant


def _user_of(call: GraphCall) -> str | None:
    consent_type = call.text("consentType")
    if consent_type == ALL_PRINCIPALS:
        return None
    if consent_type == "Principal":
        return call.text("principalId")
    raise bad_request(f"Invalid value specified for property 'consentType': '{consent_type}'.")


def _scope(call: GraphCall) -> str:
    scope = call.body.get("scope") if isinstance(call.body, dict) else None
    if not isinstance(scope, str):
        raise bad_request("A value is required for property 'scope'.")
    if len(scope) > MAX_SCOPE_LENGTH:
        raise bad_request(
            f"Property 'scope' exceeds the maximum length of {MAX_SCOPE_LENGTH} characters."
        )
    return scope
