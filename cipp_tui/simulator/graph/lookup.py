"""Finding principals as a caller may see them, replication delays included."""

from cipp_tui.simulator.directory import ServicePrincipal
from cipp_tui.simulator.graph.call import GraphCall, GraphFailure, Key, not_found
from cipp_tui.simulator.ids import is_guid


def readable_principal(call: GraphCall, key: Key) -> ServicePrincipal:
    """Return the principal a path names by object id or app id.

    Raises: GraphFailure 404 when absent or not replicated yet.
    """
    directory = call.world.directory_of(call.tenant)
    value = key.value.lower()
    found = directory.principals if key.name == "appId" else directory.principals_by_id
    return _visible(call, found.get(value), value)


def referred_principal(call: GraphCall, object_id: str) -> ServicePrincipal:
    """Return the principal a body names by object id.

    Raises: GraphFailure 400 for a text that is no id, 404 when absent or not replicated yet.
    """
    if not is_guid(object_id):
        raise GraphFailure(400, "Request_BadRequest", f"Invalid object identifier '{object_id}'.")
    directory = call.world.directory_of(call.tenant)
    return _visible(call, directory.principals_by_id.get(object_id.lower()), object_id)


def _visible(
    call: GraphCall, principal: ServicePrincipal | None, object_id: str
) -> ServicePrincipal:
    if principal is None or call.now < principal.readable_from:
        raise not_found(object_id)
    return principal


def check_writable(call: GraphCall) -> None:
    """Refuse a write in a tenant that lets nobody write or has no room left.

    Source: Graph docs, error responses (Directory_QuotaExceeded).
    """
    if call.tenant.writes_forbidden:
        raise GraphFailure(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )


def check_quota(call: GraphCall) -> None:
    """Refuse a new object in a tenant whose directory is full."""
    if call.tenant.quota_exceeded:
        raise GraphFailure(
            403,
            "Directory_QuotaExceeded",
            "The directory object quota limit for the Tenant has been exceeded. Please ask your "
            "administrator to increase the quota limit or delete objects to reduce the used quota.",
        )
