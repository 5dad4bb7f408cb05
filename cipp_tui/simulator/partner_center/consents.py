"""Application consents on behalf of customers.

Source: Partner Center, "Get customer consent as Control Panel Vendor" and the GDAP frequently
asked questions; statuses and texts marked so in those pages or reported by third parties.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from cipp_tui.simulator.catalogue import (
    PARTNER_CENTER,
    ResourceApplication,
    resource_applications,
)
from cipp_tui.simulator.context import Context
from cipp_tui.simulator.directory import ServicePrincipal
from cipp_tui.simulator.directory_roles import MAY_CONSENT
from cipp_tui.simulator.messages import Response, json_response
from cipp_tui.simulator.partner_center.errors import Refused
from cipp_tui.simulator.rules import is_admin_agent, user_roles
from cipp_tui.simulator.world import Tenant, User

ALREADY_THERE: Final = "Permission entry already exists."


def check_may_consent(context: Context, customer: Tenant, user: User | None) -> None:
    """Refuse callers without AdminAgents, or without an able role in the customer."""
    world = context.world
    if user is None or not is_admin_agent(world, user):
        raise Refused(403, 2032, "Access denied. The caller is not in the AdminAgents group.")
    if not user_roles(world, customer, user, context.clock()) & MAY_CONSENT:
        raise Refused(
            403,
            2032,
            "Access denied. An active granular delegated admin relationship with the Application "
            "Administrator, Cloud Application Administrator or Global Administrator role is "
            "required.",
        )


def create_consent(context: Context, customer: Tenant, app_id: str, body: bytes) -> Response:
    """Consent one resource: the principal if it is missing, and one tenant-wide grant."""
    content = _lower(_json(body))
    if str(content.get("applicationid", "")).lower() != app_id:
        raise Refused(400, 3000, "The applicationId does not match the application of the token.")
    resource, scopes = _one_grant(content)
    directory = context.world.directory_of(customer)
    target = directory.principals.get(resource.app_id)
    if target is None:
        raise Refused(
            400,
            3000,
            f"The enterprise application {resource.app_id} was not found at the customer.",
        )
    own = directory.principals.get(app_id)
    if own is not None and directory.granted_scopes(own.id, target.id, None):
        raise Refused(409, 3000, ALREADY_THERE)
    if own is None:
        own = _new_principal(context, customer, app_id)
    now = context.clock()
    context.world.directory_to_change(customer).set_grant(
        own.id,
        target.id,
        " ".join(scopes),
        now=now + context.replication_delay(context.knobs.grant_list_delay_s),
    )
    customer.token_refused_until = now + context.replication_delay(context.knobs.token_delay_s)
    grant = {"enterpriseApplicationId": resource.app_id, "scope": ",".join(scopes)}
    return json_response(
        201,
        {
            "applicationId": app_id,
            "displayName": content.get("displayname") or context.world.application.name,
            "applicationGrants": [grant],
        },
    )


def delete_consent(context: Context, customer: Tenant, app_id: str) -> Response:
    """Remove a consent; whether the principal goes too is undecided among the sources."""
    directory = context.world.directory_of(customer)
    own = directory.principals.get(app_id)
    if own is None or not any(directory.grants_of(own.id)):
        raise Refused(404, 1000, "The application consent was not found.")
    directory = context.world.directory_to_change(customer)
    if context.consent_delete_removes_principal(customer):
        directory.remove_principal(own)
    else:
        directory.remove_grants(lambda grant: grant.client_id == own.id)
    return Response(200)


def _new_principal(context: Context, customer: Tenant, app_id: str) -> ServicePrincipal:
    if customer.quota_exceeded:
        raise Refused(400, 3000, "Directory_QuotaExceeded: the customer's directory is full.")
    knobs, now = context.knobs, context.clock()
    own = ServicePrincipal(
        context.world.new_guid(),
        app_id,
        context.world.application.name,
        context.world.partner.id,
        now,
        listed_from=now + context.replication_delay(knobs.principal_list_delay_s),
        readable_from=now + context.replication_delay(knobs.principal_read_delay_s),
    )
    context.world.directory_to_change(customer).add_principal(own)
    return own


def _one_grant(content: Mapping[str, Any]) -> tuple[ResourceApplication, list[str]]:
    grants = content.get("applicationgrants")
    if not isinstance(grants, list) or len(grants) != 1 or not isinstance(grants[0], dict):
        raise Refused(400, 3000, "Exactly one application grant is expected per request.")
    grant = _lower(grants[0])
    app_id = str(grant.get("enterpriseapplicationid", "")).lower()
    resource = resource_applications().get(app_id)
    if resource is None or app_id == PARTNER_CENTER:
        raise Refused(400, 3000, f"The enterpriseApplicationId '{app_id}' is not valid.")
    scopes = [scope.strip() for scope in str(grant.get("scope") or "").split(",")]
    known = set(resource.scopes.values())
    unknown = [scope for scope in scopes if scope not in known]
    if unknown:
        raise Refused(400, 3000, f"The scope '{unknown[0]}' is not valid for {resource.name}.")
    return resource, scopes


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body)
    except ValueError as error:
        raise Refused(400, 800002, "The request body could not be read.") from error
    if not isinstance(content, dict):
        raise Refused(400, 800002, "The request body could not be read.")
    return content


def _lower(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in content.items()}
