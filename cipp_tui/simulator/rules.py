"""What follows from the model: who may do what where, and what a tenant holds compared to the set.

Works on the world only; no HTTP.
"""

from collections.abc import Mapping
from typing import Any

from cipp_tui.simulator.catalogue import customer_resources, resource_applications
from cipp_tui.simulator.directory import Directory, ServicePrincipal
from cipp_tui.simulator.world import Relationship, Tenant, User, World


def active_relationships(tenant: Tenant, now: float) -> list[Relationship]:
    """Return the relationships of a customer that give access now."""
    return [r for r in tenant.relationships if r.status_at(now) == "active"]


def groups_of(world: World, object_id: str) -> dict[str, None]:
    """Return the ids of the groups a user or group is in, directly or through other groups."""
    found = world.memberships.get(object_id)
    if found is not None:
        return found
    found = world.memberships[object_id] = {}
    todo = [object_id]
    while todo:
        member = todo.pop()
        for group in world.groups.values():
            if member in group.members and group.id not in found:
                found[group.id] = None
                todo.append(group.id)
    return found


def user_roles(world: World, tenant: Tenant, user: User, now: float) -> frozenset[str]:
    """Return the directory roles a partner user has in a tenant, at home or through GDAP.

    Source: Partner Center, GDAP introduction (role in the relationship and in an active
    assignment to a group that holds the user).
    """
    if tenant is world.partner:
        return user.home_roles
    relationships = active_relationships(tenant, now)
    if not relationships:
        return frozenset()
    if len(relationships) == 1:
        return _roles_given(world, relationships[0], user)
    return frozenset[str]().union(*(_roles_given(world, r, user) for r in relationships))


def _roles_given(world: World, relationship: Relationship, user: User) -> frozenset[str]:
    """Return what one relationship gives a user.

    Thousands of relationships share their roles and their access; what these give is worked out
    once, and found again by their identity: neither ever changes, they can only be replaced.
    """
    roles, access = relationship.roles, relationship.access
    kept = world.roles_given.get((id(roles), id(access), user.id))
    if kept is None:
        groups = groups_of(world, user.id)
        given = frozenset(
            role
            for one in access
            if one.status == "active" and one.group_id in groups
            for role in one.roles
            if role in roles
        )
        kept = world.roles_given[id(roles), id(access), user.id] = (roles, access, given)
    return kept[2]


def is_admin_agent(world: World, user: User) -> bool:
    """Say whether a user is in the partner's AdminAgents group."""
    return world.admin_agents.id in groups_of(world, user.id)


def own_principal(world: World, tenant: Tenant) -> ServicePrincipal | None:
    """Return the application's principal in a tenant."""
    return world.directory_of(tenant).principals.get(world.application.app_id)


def granted_roles(directory: Directory, principal: ServicePrincipal) -> dict[str, list[str]]:
    """Return a principal's app roles by resource app id, as permission values."""
    granted: dict[str, list[str]] = {}
    catalogue = resource_applications()
    for resource_id, role_id in principal.app_roles:
        resource = directory.principals_by_id.get(resource_id)
        if resource is not None and resource.app_id in catalogue:
            value = catalogue[resource.app_id].roles.get(role_id, role_id)
            granted.setdefault(resource.app_id, []).append(value)
    return {app_id: sorted(values) for app_id, values in granted.items()}


def granted_scopes(
    directory: Directory, principal: ServicePrincipal, *, for_users: bool = False
) -> dict[str, list[str]]:
    """Return the delegated scopes by resource app id: tenant-wide ones, or those of users."""
    granted: dict[str, set[str]] = {}
    for grant in directory.grants_of(principal.id):
        resource = directory.principals_by_id.get(grant.resource_id)
        if resource is not None and (grant.user_id is not None) == for_users:
            granted.setdefault(resource.app_id, set()).update(grant.scope.split())
    return {app_id: sorted(values) for app_id, values in granted.items()}


def missing_permissions(world: World, tenant: Tenant) -> dict[str, dict[str, list[str]]]:
    """Return, by kind and resource app id, the wanted permissions a tenant has not granted."""
    directory = world.directory_of(tenant)
    own = directory.principals.get(world.application.app_id)
    roles = granted_roles(directory, own) if own else {}
    scopes = granted_scopes(directory, own) if own else {}
    missing: dict[str, dict[str, list[str]]] = {"roles": {}, "scopes": {}}
    for resource in customer_resources():
        wanted_roles = {resource.roles[role] for role in resource.wanted_roles}
        _note(missing["roles"], resource.app_id, wanted_roles, roles)
        _note(missing["scopes"], resource.app_id, set(resource.wanted_scopes), scopes)
    return missing


def holds_wanted_set(world: World, tenant: Tenant) -> bool:
    """Say whether a tenant has granted every wanted permission it has a licence for."""
    missing = missing_permissions(world, tenant)
    lacking = set(missing["roles"]) | set(missing["scopes"])
    return not lacking - tenant.unlicensed


def truth(world: World, tenant: Tenant, now: float) -> dict[str, Any]:
    """Return everything a test may want to know about a tenant."""
    directory = world.directory_of(tenant)
    own = directory.principals.get(world.application.app_id)
    return {
        "id": tenant.id,
        "name": tenant.name,
        "principal": own.id if own else None,
        "principal_enabled": own.enabled if own else None,
        "roles": granted_roles(directory, own) if own else {},
        "scopes": granted_scopes(directory, own) if own else {},
        "user_scopes": granted_scopes(directory, own, for_users=True) if own else {},
        "directory_roles": directory.roles_of(own.id) if own else [],
        "resource_principals": sorted(set(directory.principals) & set(resource_applications())),
        "missing": missing_permissions(world, tenant),
        "wanted_complete": holds_wanted_set(world, tenant),
        "active_relationships": len(active_relationships(tenant, now)),
        "user_roles": sorted(user_roles(world, tenant, world.service_user, now)),
        "expected_outcome": tenant.hint,
    }


def _note(
    missing: dict[str, list[str]],
    app_id: str,
    wanted: set[str],
    granted: Mapping[str, list[str]],
) -> None:
    lacking = wanted.difference(granted.get(app_id, ()))
    if lacking:
        missing[app_id] = sorted(lacking)
