"""What a tenant's directory holds: principals, role assignments, grants, directory roles.

A directory is made from a frozen blueprint when somebody first looks at it, so ten thousand
tenants that are alike share one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from cipp_tui.simulator.catalogue import resource_applications
from cipp_tui.simulator.ids import assignment_id, derived_guid, grant_id

ALL_PRINCIPALS = "AllPrincipals"
MAX_SCOPE_LENGTH = 3850


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What was set up in a tenant before the simulation starts."""

    resources: frozenset[str]  # app ids whose principals exist
    consented: bool = False  # the partner's application has a principal
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)  # app id -> role ids
    scopes: Mapping[str, str] = field(default_factory=dict)  # app id -> granted scope text
    own_directory_roles: tuple[str, ...] = ()  # template ids held by the application
    active_directory_roles: tuple[str, ...] = ()  # template ids activated in the tenant


@dataclass(slots=True)
class ServicePrincipal:
    """An application's presence in one tenant."""

    id: str
    app_id: str
    display_name: str
    owner_tenant: str
    created: float
    listed_from: float = 0.0
    readable_from: float = 0.0
    enabled: bool = True
    # (resource principal id, role id) -> time of assignment
    app_roles: dict[tuple[str, str], float] = field(default_factory=dict)


@dataclass(slots=True)
class DelegatedGrant:
    """An oAuth2PermissionGrant."""

    id: str
    client_id: str
    resource_id: str
    scope: str
    user_id: str | None = None  # None: for all principals
    listed_from: float = 0.0

    @property
    def consent_type(self) -> str:
        """`AllPrincipals` or `Principal`, as Graph spells it."""
        return "Principal" if self.user_id else ALL_PRINCIPALS


class Directory:
    """The objects of one tenant that the partner's application touches."""

    __slots__ = ("active_roles", "grants", "principals", "principals_by_id", "role_members")

    def __init__(self) -> None:
        self.principals: dict[str, ServicePrincipal] = {}  # by app id
        self.principals_by_id: dict[str, ServicePrincipal] = {}
        self.grants: dict[str, DelegatedGrant] = {}
        self.active_roles: dict[str, str] = {}  # template id -> directory role id
        self.role_members: dict[str, dict[str, None]] = {}  # template id -> object ids

    def add_principal(self, principal: ServicePrincipal) -> None:
        """Register a principal under its app id and its object id."""
        self.principals[principal.app_id] = principal
        self.principals_by_id[principal.id] = principal

    def remove_principal(self, principal: ServicePrincipal) -> None:
        """Delete a principal with everything that hangs on it."""
        del self.principals[principal.app_id]
        del self.principals_by_id[principal.id]
        self.remove_grants(lambda g: principal.id in (g.client_id, g.resource_id))
        for other in self.principals.values():
            for key in [key for key in other.app_roles if key[0] == principal.id]:
                del other.app_roles[key]
        for members in self.role_members.values():
            members.pop(principal.id, None)

    def remove_grants(self, matches: Callable[[DelegatedGrant], bool]) -> None:
        """Delete the grants for which the test is true."""
        self.grants = {key: grant for key, grant in self.grants.items() if not matches(grant)}

    def set_grant(
        self, client: str, resource: str, scope: str, *, user: str | None = None, now: float = 0.0
    ) -> DelegatedGrant:
        """Create or overwrite the one grant of client, resource and user."""
        key = grant_id(client, resource, user)
        grant = DelegatedGrant(key, client, resource, scope, user, now)
        self.grants[key] = grant
        return grant

    def activate_role(self, template_id: str, role_id: str) -> None:
        """Make a directory role of its template, without members."""
        self.active_roles[template_id] = role_id
        self.role_members.setdefault(template_id, {})

    def grants_of(self, client_id: str) -> Iterator[DelegatedGrant]:
        """Yield a client's grants."""
        return (grant for grant in self.grants.values() if grant.client_id == client_id)

    def granted_scopes(
        self, client_id: str, resource_id: str, user_id: str | None
    ) -> frozenset[str]:
        """Return the scopes a user of a client has on a resource."""
        granted = [
            scope_set(grant.scope)
            for grant in self.grants_of(client_id)
            if grant.resource_id == resource_id and grant.user_id in (None, user_id)
        ]
        return granted[0] if len(granted) == 1 else frozenset().union(*granted)

    def roles_of(self, object_id: str) -> list[str]:
        """Return the template ids of the directory roles an object is a member of."""
        return [role for role, members in self.role_members.items() if object_id in members]

    def assignment(self, key: str) -> tuple[ServicePrincipal, tuple[str, str]] | None:
        """Find an app role assignment by its id."""
        for principal in self.principals.values():
            for resource_id, role_id in principal.app_roles:
                if assignment_id(principal.id, resource_id, role_id) == key:
                    return principal, (resource_id, role_id)
        return None


@lru_cache(maxsize=4096)
def scope_set(text: str) -> frozenset[str]:
    """Split a scope text, remembering those that come again and again."""
    return frozenset(text.split())


def build_directory(
    tenant_id: str,
    blueprint: Blueprint,
    application: tuple[str, str, str],
    created: float,
) -> Directory:
    """Make a tenant's directory from its blueprint; `application` is app id, name, home tenant."""
    directory = Directory()
    catalogue = resource_applications()
    for app_id in catalogue:
        if app_id in blueprint.resources:
            resource = catalogue[app_id]
            directory.add_principal(
                ServicePrincipal(
                    derived_guid(tenant_id, app_id), app_id, resource.name, "", created
                )
            )
    for template_id in blueprint.active_directory_roles:
        directory.activate_role(template_id, derived_guid(tenant_id, template_id))
    if blueprint.consented:
        _add_own(directory, tenant_id, blueprint, application, created)
    return directory


def _add_own(
    directory: Directory,
    tenant_id: str,
    blueprint: Blueprint,
    application: tuple[str, str, str],
    created: float,
) -> None:
    app_id, name, home = application
    own = ServicePrincipal(derived_guid(tenant_id, app_id), app_id, name, home, created)
    directory.add_principal(own)
    for resource_app, roles in blueprint.roles.items():
        resource = directory.principals[resource_app]
        own.app_roles.update(((resource.id, role), created) for role in sorted(roles))
    for resource_app, scope in blueprint.scopes.items():
        directory.set_grant(own.id, directory.principals[resource_app].id, scope)
    for template_id in blueprint.own_directory_roles:
        directory.role_members[template_id][own.id] = None
