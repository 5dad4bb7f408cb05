"""A world so small that a whole reset costs milliseconds, its truth, and copies of it."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace

from cipp_tui.simulator import Faults, Knobs, Simulator, build_world
from cipp_tui.simulator.catalogue import (
    EXCHANGE,
    GRAPH,
    PARTNER_CENTER,
    resource_applications,
)
from cipp_tui.simulator.directory import (
    Blueprint,
    DelegatedGrant,
    Directory,
    ServicePrincipal,
)
from cipp_tui.simulator.directory_roles import COMPLIANCE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR
from cipp_tui.simulator.rules import granted_roles, granted_scopes
from cipp_tui.simulator.world import Relationship, Tenant, World
from tests.crash.still_clock import StillClock

BOOTSTRAP = (
    "AppRoleAssignment.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.ReadWrite.All",
)
WANTED_SCOPES: Mapping[str, tuple[str, ...]] = {
    GRAPH: (*BOOTSTRAP, "AuditLog.Read.All", "RoleManagement.ReadWrite.Directory"),
    EXCHANGE: ("Exchange.Manage",),
}
WANTED_ROLES: Mapping[str, tuple[str, ...]] = {
    GRAPH: ("AuditLog.Read.All", "Application.ReadWrite.All"),
    EXCHANGE: ("Exchange.ManageAsApp",),
}


@dataclass(frozen=True, slots=True)
class Holding:
    """What our application holds in one tenant, by the simulator's own books."""

    principal: str | None
    roles: frozenset[tuple[str, str]] = frozenset()  # resource app id, value
    scopes: frozenset[tuple[str, str]] = frozenset()
    directory_roles: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()

    @property
    def whole(self) -> bool:
        """Whether everything that is wanted is there."""
        return self.has_permissions and COMPLIANCE_ADMINISTRATOR in self.directory_roles

    @property
    def has_permissions(self) -> bool:
        """Whether everything is there but, perhaps, the directory role."""
        return (
            self.principal is not None
            and _pairs(WANTED_ROLES) <= self.roles
            and _pairs(WANTED_SCOPES) <= self.scopes
        )


def small_world(
    clock: StillClock, tenants: int = 1, *, consented: bool = True, principal_goes: bool = True
) -> Simulator:
    """A simulator over a partner with a few customers that want a handful of permissions."""
    world = build_world(tenants, 7, up_to_date=1.0, now=clock.now())
    world.application.required = _required()
    blueprint = _blueprint(consented=consented)
    for tenant in customers(world):
        tenant.blueprint = blueprint
    return Simulator(
        world,
        clock=clock.services,
        knobs=Knobs(
            enforce_limits=False,
            shuffle_batches=False,
            consent_delete_removes_principal=principal_goes,
        ),
    )


def customers(world: World) -> list[Tenant]:
    """Every tenant but our own."""
    return [tenant for tenant in world.tenants.values() if tenant is not world.partner]


def holding(world: World, tenant: str) -> Holding:
    """What is true of a tenant."""
    directory = world.directory_of(world.tenants[tenant])
    own = directory.principals.get(world.application.app_id)
    if own is None:
        return Holding(None, resources=frozenset(directory.principals))
    return Holding(
        own.id,
        _pairs(granted_roles(directory, own)),
        _pairs(granted_scopes(directory, own)),
        frozenset(directory.roles_of(own.id)),
        frozenset(directory.principals),
    )


def branch(simulator: Simulator, clock: StillClock, faults: Faults | None = None) -> Simulator:
    """The services as they are at this moment, to go on by themselves on another clock."""
    old = simulator.world
    relationships = {key: replace(one) for key, one in old.relationships.items()}
    world = replace(
        old,
        application=replace(old.application),
        refresh_tokens=replace(old.refresh_tokens),
        relationships=relationships,
        tenants={key: _copy_of(tenant, old, relationships) for key, tenant in old.tenants.items()},
        chance=copy.copy(old.chance),
        memberships=dict(old.memberships),
    )
    world.chance.setstate(old.chance.getstate())
    twin = Simulator(
        world,
        faults=faults,
        clock=clock.services,
        knobs=simulator.knobs,
    )
    twin.remember_answers_of(simulator)
    twin.log.extend(simulator.log)
    return twin


def _copy_of(tenant: Tenant, world: World, relationships: Mapping[str, Relationship]) -> Tenant:
    if tenant is world.partner:
        return tenant
    return replace(
        tenant,
        directory=_directory(world.directory_to_change(tenant)),
        relationships=[relationships[one.id] for one in tenant.relationships],
    )


def _directory(old: Directory) -> Directory:
    new = Directory()
    for principal in old.principals.values():
        new.add_principal(_principal(principal))
    new.grants = {key: _grant(grant) for key, grant in old.grants.items()}
    new.active_roles = dict(old.active_roles)
    new.role_members = {key: dict(members) for key, members in old.role_members.items()}
    return new


def _principal(old: ServicePrincipal) -> ServicePrincipal:
    return replace(old, app_roles=dict(old.app_roles))


def _grant(old: DelegatedGrant) -> DelegatedGrant:
    return replace(old)


def _pairs(held: Mapping[str, tuple[str, ...] | list[str]]) -> frozenset[tuple[str, str]]:
    return frozenset((app, value) for app, values in held.items() for value in values)


def _ids(app: str, kind: str) -> dict[str, str]:
    resource = resource_applications()[app]
    published = resource.roles if kind == "Role" else resource.scopes
    return {value: ident for ident, value in published.items()}


def _required() -> dict[str, tuple[tuple[str, str], ...]]:
    required = {
        app: tuple(
            (_ids(app, kind)[value], kind)
            for kind, wanted in (("Role", WANTED_ROLES), ("Scope", WANTED_SCOPES))
            for value in wanted[app]
        )
        for app in (GRAPH, EXCHANGE)
    }
    impersonation = _ids(PARTNER_CENTER, "Scope")["user_impersonation"]
    return {**required, PARTNER_CENTER: ((impersonation, "Scope"),)}


def _blueprint(*, consented: bool) -> Blueprint:
    active = (GLOBAL_ADMINISTRATOR, COMPLIANCE_ADMINISTRATOR)
    if not consented:
        return Blueprint(resources=frozenset({GRAPH}), active_directory_roles=active[:1])
    return Blueprint(
        resources=frozenset({GRAPH, EXCHANGE}),
        consented=True,
        roles={
            app: frozenset(_ids(app, "Role")[value] for value in values)
            for app, values in WANTED_ROLES.items()
        },
        scopes={app: " ".join(values) for app, values in WANTED_SCOPES.items()},
        own_directory_roles=(COMPLIANCE_ADMINISTRATOR,),
        active_directory_roles=active,
    )
