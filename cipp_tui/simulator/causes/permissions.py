"""Causes in what the application holds in a tenant."""

from typing import Final

from cipp_tui.simulator.blueprints import MODERN_WORKPLACE, REPORTS, never_consented
from cipp_tui.simulator.catalogue import DEFENDER, EXCHANGE, GRAPH, UNWANTED_GRAPH_SCOPES
from cipp_tui.simulator.causes.planter import Planter, own_in
from cipp_tui.simulator.directory import MAX_SCOPE_LENGTH
from cipp_tui.simulator.directory_roles import COMPLIANCE_ADMINISTRATOR
from cipp_tui.simulator.world import Tenant, World

# A client needs these to repair anything; a too long grant keeps them.
BOOTSTRAP_SCOPES: Final = (
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
)


def remove_consent(world: World, tenant: Tenant, _now: float) -> None:
    """Leave the tenant as if the application had never been there."""
    directory, own = own_in(world, tenant)
    if own is not None:
        directory.remove_principal(own)
    for app_id in set(directory.principals) - never_consented().resources:
        directory.remove_principal(directory.principals[app_id])


def missing_roles(world: World, tenant: Tenant, _now: float) -> None:
    """Take seven app roles of Graph and one of Exchange away."""
    directory, own = own_in(world, tenant)
    if own is None:
        return
    graph, exchange = directory.principals[GRAPH].id, directory.principals[EXCHANGE].id
    held = [key for key in own.app_roles if key[0] == graph][:7]
    held += [key for key in own.app_roles if key[0] == exchange][:1]
    for key in held:
        del own.app_roles[key]


def _missing_scopes(world: World, tenant: Tenant, _now: float) -> None:
    directory, own = own_in(world, tenant)
    if own is None:
        return
    graph = directory.principals[GRAPH].id
    for grant in list(directory.grants_of(own.id)):
        if grant.resource_id == graph:
            kept = [s for s in grant.scope.split() if s in BOOTSTRAP_SCOPES]
            others = [s for s in grant.scope.split() if s not in BOOTSTRAP_SCOPES]
            grant.scope = " ".join(kept + others[:-12])
        elif grant.resource_id == directory.principals[EXCHANGE].id:
            del directory.grants[grant.id]


def _missing_both(world: World, tenant: Tenant, now: float) -> None:
    missing_roles(world, tenant, now)
    _missing_scopes(world, tenant, now)


def _missing_directory_role(world: World, tenant: Tenant, _now: float) -> None:
    directory, own = own_in(world, tenant)
    if own is not None:
        directory.role_members.get(COMPLIANCE_ADMINISTRATOR, {}).pop(own.id, None)


def _grants_removed(world: World, tenant: Tenant, _now: float) -> None:
    """The principal stays, and nothing is consented to any more."""
    directory, own = own_in(world, tenant)
    if own is not None:
        directory.remove_grants(lambda grant: grant.client_id == own.id)


def _narrow(*scopes: str) -> Planter:
    """Of Graph's delegated permissions only these are left."""

    def planter(world: World, tenant: Tenant, now: float) -> None:
        directory, own = own_in(world, tenant)
        if own is not None:
            graph = directory.principals[GRAPH].id
            directory.set_grant(own.id, graph, " ".join(scopes), now=now)

    return planter


def _extra_scopes(world: World, tenant: Tenant, _now: float) -> None:
    directory, own = own_in(world, tenant)
    graph = directory.principals[GRAPH].id
    for grant in directory.grants_of(own.id) if own else ():
        if grant.resource_id == graph:
            # Real scope texts begin with a blank at times.
            grant.scope = f" {grant.scope} {' '.join(UNWANTED_GRAPH_SCOPES[:4])}"


def _missing_resource_principal(world: World, tenant: Tenant, _now: float) -> None:
    directory, _ = own_in(world, tenant)
    for app_id in (REPORTS, MODERN_WORKPLACE):
        if app_id in directory.principals:
            directory.remove_principal(directory.principals[app_id])


def _no_licence(world: World, tenant: Tenant, _now: float) -> None:
    directory, _ = own_in(world, tenant)
    if DEFENDER in directory.principals:
        directory.remove_principal(directory.principals[DEFENDER])
    tenant.unlicensed = frozenset({DEFENDER})


def _principal_disabled(world: World, tenant: Tenant, _now: float) -> None:
    _, own = own_in(world, tenant)
    if own is not None:
        own.enabled = False


def _duplicate_user_grant(world: World, tenant: Tenant, now: float) -> None:
    directory, own = own_in(world, tenant)
    if own is not None:
        graph = directory.principals[GRAPH]
        directory.set_grant(own.id, graph.id, "User.Read", user=world.service_user.id, now=now)


def _scope_too_long(world: World, tenant: Tenant, now: float) -> None:
    directory, own = own_in(world, tenant)
    if own is None:
        return
    scope = " ".join(BOOTSTRAP_SCOPES)
    number = 0
    while len(scope) < MAX_SCOPE_LENGTH - 40:
        number += 1
        scope += f" Legacy.Feature{number:03}.Read.All"
    directory.set_grant(own.id, directory.principals[GRAPH].id, scope, now=now)


def _role_not_activated(world: World, tenant: Tenant, _now: float) -> None:
    directory, _ = own_in(world, tenant)
    directory.active_roles.pop(COMPLIANCE_ADMINISTRATOR, None)
    directory.role_members.pop(COMPLIANCE_ADMINISTRATOR, None)


CAUSES: Final[dict[str, Planter]] = {
    "no-consent": remove_consent,
    "missing-roles": missing_roles,
    "missing-scopes": _missing_scopes,
    "extra-scopes": _extra_scopes,
    "missing-resource-principal": _missing_resource_principal,
    "no-licence-for-resource": _no_licence,
    "principal-disabled": _principal_disabled,
    "duplicate-user-grant": _duplicate_user_grant,
    "scope-too-long": _scope_too_long,
    "directory-role-not-activated": _role_not_activated,
    "directory-role-missing": _missing_directory_role,
    "missing-permissions": _missing_both,
    "grants-removed": _grants_removed,
    "consent-too-narrow": _narrow("Application.Read.All", "Directory.Read.All", "User.Read"),
    "consent-reads-nothing": _narrow("User.Read"),
}
