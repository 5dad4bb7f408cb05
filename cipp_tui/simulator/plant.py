"""Planting one named cause into a tenant, or into the partner's whole set-up.

The names are the public list of what can go wrong; each is one small change to the world.
"""

from collections.abc import Callable
from typing import Final

from cipp_tui.simulator.blueprints import MODERN_WORKPLACE, REPORTS, never_consented
from cipp_tui.simulator.catalogue import (
    DEFENDER,
    EXCHANGE,
    GRAPH,
    UNWANTED_GRAPH_SCOPES,
)
from cipp_tui.simulator.directory import MAX_SCOPE_LENGTH, Directory, ServicePrincipal
from cipp_tui.simulator.directory_roles import (
    COMPLIANCE_ADMINISTRATOR,
    DIRECTORY_READERS,
    GLOBAL_READER,
    MAY_CONSENT,
)
from cipp_tui.simulator.partner import GROUP_PREFIX, UNSTAFFED
from cipp_tui.simulator.world import (
    GroupAccess,
    Relationship,
    SignInRefusal,
    Tenant,
    World,
)

DAY_S: Final = 86_400.0
# A client needs these to repair anything; a too long grant keeps them.
BOOTSTRAP_SCOPES: Final = (
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
)

Planter = Callable[[World, Tenant, float], None]


def plant(world: World, tenant_id: str | None, cause: str, *, now: float | None = None) -> None:
    """Make one thing go wrong; causes that concern the partner ignore the tenant.

    Raises: KeyError for an unknown cause or tenant.
    """
    moment = world.now if now is None else now
    if cause in PARTNER_CAUSES:
        PARTNER_CAUSES[cause](world, world.partner, moment)
        return
    if cause not in CAUSES:
        known = ", ".join(sorted(CAUSES | PARTNER_CAUSES))
        raise KeyError(f"unknown cause {cause!r}; known are {known}")
    tenant = world.tenants.get((tenant_id or "").lower())
    if tenant is None:
        raise KeyError(f"unknown tenant {tenant_id!r}")
    CAUSES[cause](world, tenant, moment)
    tenant.hint = cause
    world.changed()


def _own(world: World, tenant: Tenant) -> tuple[Directory, ServicePrincipal | None]:
    directory = world.directory_to_change(tenant)
    return directory, directory.principals.get(world.application.app_id)


def _no_consent(world: World, tenant: Tenant, _now: float) -> None:
    directory, own = _own(world, tenant)
    if own is not None:
        directory.remove_principal(own)
    for app_id in set(directory.principals) - never_consented().resources:
        directory.remove_principal(directory.principals[app_id])


def _missing_roles(world: World, tenant: Tenant, _now: float) -> None:
    directory, own = _own(world, tenant)
    if own is None:
        return
    graph, exchange = directory.principals[GRAPH].id, directory.principals[EXCHANGE].id
    held = [key for key in own.app_roles if key[0] == graph][:7]
    held += [key for key in own.app_roles if key[0] == exchange][:1]
    for key in held:
        del own.app_roles[key]


def _missing_scopes(world: World, tenant: Tenant, _now: float) -> None:
    directory, own = _own(world, tenant)
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


def _extra_scopes(world: World, tenant: Tenant, _now: float) -> None:
    directory, own = _own(world, tenant)
    graph = directory.principals[GRAPH].id
    for grant in directory.grants_of(own.id) if own else ():
        if grant.resource_id == graph:
            # Real scope texts begin with a blank at times.
            grant.scope = f" {grant.scope} {' '.join(UNWANTED_GRAPH_SCOPES[:4])}"


def _missing_resource_principal(world: World, tenant: Tenant, _now: float) -> None:
    directory, _ = _own(world, tenant)
    for app_id in (REPORTS, MODERN_WORKPLACE):
        if app_id in directory.principals:
            directory.remove_principal(directory.principals[app_id])


def _no_licence(world: World, tenant: Tenant, _now: float) -> None:
    directory, _ = _own(world, tenant)
    if DEFENDER in directory.principals:
        directory.remove_principal(directory.principals[DEFENDER])
    tenant.unlicensed = frozenset({DEFENDER})


def _principal_disabled(world: World, tenant: Tenant, _now: float) -> None:
    _, own = _own(world, tenant)
    if own is not None:
        own.enabled = False


def _duplicate_user_grant(world: World, tenant: Tenant, now: float) -> None:
    directory, own = _own(world, tenant)
    if own is not None:
        graph = directory.principals[GRAPH]
        directory.set_grant(own.id, graph.id, "User.Read", user=world.service_user.id, now=now)


def _scope_too_long(world: World, tenant: Tenant, now: float) -> None:
    directory, own = _own(world, tenant)
    if own is None:
        return
    scope = " ".join(BOOTSTRAP_SCOPES)
    number = 0
    while len(scope) < MAX_SCOPE_LENGTH - 40:
        number += 1
        scope += f" Legacy.Feature{number:03}.Read.All"
    directory.set_grant(own.id, directory.principals[GRAPH].id, scope, now=now)


def _role_not_activated(world: World, tenant: Tenant, _now: float) -> None:
    directory, _ = _own(world, tenant)
    directory.active_roles.pop(COMPLIANCE_ADMINISTRATOR, None)
    directory.role_members.pop(COMPLIANCE_ADMINISTRATOR, None)


def _refuse(code: int, variant: str = "") -> Planter:
    def planter(_world: World, tenant: Tenant, _now: float) -> None:
        tenant.refusal = SignInRefusal(code, variant)

    return planter


def _mfa_required(_world: World, tenant: Tenant, now: float) -> None:
    tenant.mfa_since = now


def _deleted(_world: World, tenant: Tenant, _now: float) -> None:
    tenant.gone = 90002


def _unavailable(_world: World, tenant: Tenant, _now: float) -> None:
    tenant.gone = 5000224


def _ended(_world: World, tenant: Tenant, now: float) -> None:
    for relationship in tenant.relationships:
        relationship.status = "terminated"
        relationship.ends = now - DAY_S


def _ending_today(_world: World, tenant: Tenant, now: float) -> None:
    for relationship in tenant.relationships:
        relationship.ends = now + DAY_S / 4
        relationship.auto_extend = "PT0S"


def _pending(_world: World, tenant: Tenant, _now: float) -> None:
    for relationship in tenant.relationships:
        relationship.status = "approvalPending"
        relationship.customer_id = relationship.customer_name = None
        relationship.activated = relationship.ends = None
    tenant.relationships = []


def _mlt_only(world: World, tenant: Tenant, now: float) -> None:
    _no_consent(world, tenant, now)
    roles = (DIRECTORY_READERS, GLOBAL_READER)
    reader_group = _group(world, f"{GROUP_PREFIX}Global Reader")
    for old in tenant.relationships:
        del world.relationships[old.id]
    tenant.relationships = []
    world.add_relationship(
        Relationship(
            id=f"{world.new_guid()}-{world.partner.id}",
            name=f"MLT_{tenant.default_domain.partition('.')[0]}"[:50],
            customer_id=tenant.id,
            customer_name=tenant.name,
            roles=roles,
            status="active",
            created=now - 300 * DAY_S,
            activated=now - 300 * DAY_S,
            ends=now + 65 * DAY_S,
            duration="P365D",
            access=(GroupAccess(reader_group, roles),),
        )
    )


def _access(change: Callable[[World, Relationship], tuple[GroupAccess, ...]]) -> Planter:
    def planter(world: World, tenant: Tenant, _now: float) -> None:
        for relationship in tenant.relationships:
            relationship.access = change(world, relationship)

    return planter


def _unstaffed(world: World, relationship: Relationship) -> tuple[GroupAccess, ...]:
    return (GroupAccess(_group(world, UNSTAFFED), relationship.roles),)


def _without_consenting_roles(_world: World, relationship: Relationship) -> tuple[GroupAccess, ...]:
    relationship.roles = tuple(r for r in relationship.roles if r not in MAY_CONSENT)
    kept = [access for access in relationship.access if not MAY_CONSENT.issuperset(access.roles)]
    return tuple(kept)


def _group(world: World, name: str) -> str:
    return next(group.id for group in world.groups.values() if group.name == name)


def _healthy(world: World, tenant: Tenant, _now: float) -> None:
    """Take away what the sign-in and the directory refuse; permissions stay as they are."""
    tenant.gone = tenant.refusal = tenant.mfa_since = None
    tenant.domains = "readable"
    tenant.unlicensed = frozenset()
    tenant.quota_exceeded = tenant.writes_forbidden = False
    tenant.principal_survives_delete = None
    _, own = _own(world, tenant)
    if own is not None:
        own.enabled = True


def _set(attribute: str, value: object) -> Planter:
    def planter(_world: World, tenant: Tenant, _now: float) -> None:
        setattr(tenant, attribute, value)

    return planter


def _not_admin_agent(world: World, _partner: Tenant, _now: float) -> None:
    world.admin_agents.members.pop(world.service_user.id, None)
    world.changed()


def _secret(state: str) -> Planter:
    def planter(world: World, _partner: Tenant, _now: float) -> None:
        world.application.credential = "expired" if state == "expired" else "wrong"

    return planter


def _refresh_tokens(code: int) -> Planter:
    def planter(world: World, _partner: Tenant, now: float) -> None:
        world.refresh_tokens.valid_from = now
        world.refresh_tokens.code = code

    return planter


def _account_disabled(world: World, _partner: Tenant, _now: float) -> None:
    world.service_user.enabled = False


def _partner_center_down(world: World, _partner: Tenant, _now: float) -> None:
    world.partner_center = "down"


def _partner_center_no_mfa(world: World, _partner: Tenant, _now: float) -> None:
    world.partner_center = "no-mfa"


def _all_well(world: World, _partner: Tenant, _now: float) -> None:
    world.partner_center = "up"
    world.service_user.enabled = True
    world.application.credential = "valid"
    world.refresh_tokens.valid_from = 0.0
    world.admin_agents.members[world.service_user.id] = None
    world.changed()


CAUSES: Final[dict[str, Planter]] = {
    "no-consent": _no_consent,
    "missing-roles": _missing_roles,
    "missing-scopes": _missing_scopes,
    "extra-scopes": _extra_scopes,
    "missing-resource-principal": _missing_resource_principal,
    "no-licence-for-resource": _no_licence,
    "principal-disabled": _principal_disabled,
    "duplicate-user-grant": _duplicate_user_grant,
    "scope-too-long": _scope_too_long,
    "directory-role-not-activated": _role_not_activated,
    "ca-blocked": _refuse(53003),
    "guest-clash": _refuse(50020, "guest"),
    "mfa-required": _mfa_required,
    "tenant-deleted": _deleted,
    "tenant-unavailable": _unavailable,
    "relationship-ended": _ended,
    "relationship-ending-today": _ending_today,
    "relationship-pending": _pending,
    "mlt-only": _mlt_only,
    "role-cannot-consent": _access(_without_consenting_roles),
    "user-not-in-group": _access(_unstaffed),
    "group-assignment-missing": _access(lambda _world, _relationship: ()),
    "quota-exceeded": _set("quota_exceeded", True),
    "no-domain": _set("domains", "forbidden"),
    "domains-empty": _set("domains", "empty"),
    "consent-survives-delete": _set("principal_survives_delete", True),
    "graph-write-forbidden": _set("writes_forbidden", True),
    "healthy": _healthy,
}

PARTNER_CAUSES: Final[dict[str, Planter]] = {
    "not-admin-agent": _not_admin_agent,
    "secret-expired": _secret("expired"),
    "secret-wrong": _secret("wrong"),
    "refresh-token-expired": _refresh_tokens(700082),
    "refresh-token-revoked": _refresh_tokens(50173),
    "account-disabled": _account_disabled,
    "partner-center-down": _partner_center_down,
    "partner-center-no-mfa": _partner_center_no_mfa,
    "partner-healthy": _all_well,
}
