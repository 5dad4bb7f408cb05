"""The wanted permission set, read from the partner's own app registration."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cipp_tui.api.batch import Part, send_batch
from cipp_tui.api.http import HttpClient, Token
from cipp_tui.api.wire import Application, ResourcePrincipal
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.permissions import (
    PARTNER_CENTER,
    AppId,
    AppRole,
    DelegatedScope,
    WantedPermissions,
)
from cipp_tui.domain.problems import Refused, asking_for
from cipp_tui.domain.roles import COMPLIANCE_ADMINISTRATOR, RoleId


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraPermissions:
    """What the profile adds to the app registration, by name."""

    resource: AppId
    application: tuple[str, ...] = ()
    delegated: tuple[str, ...] = ()


async def read_wanted(
    http: HttpClient,
    token: Token,
    *,
    app: AppId,
    extra: Sequence[ExtraPermissions],
    directory_roles: Sequence[RoleId],
    clock: Clock,
    heard: Callable[[Application], None] = lambda registration: None,
) -> WantedPermissions:
    """Read the app registration and resolve its ids to names, in two requests.

    The Partner Center resource is left out: it is consented in our own tenant only. A scope that
    its resource does not publish, but the profile names, is wanted all the same: some are hidden.
    An entry of the registration that its resource no longer publishes, or whose resource is not in
    our own tenant (licences differ), is left out and named: nobody could be given it.
    `heard` is given the registration as soon as it was read.
    Raises: Refused when an extra app role cannot be resolved; remote problems.
    Source: Graph, application and servicePrincipal resource types; CIPP, additional permissions.
    """
    with asking_for("the app registration"):
        registration = await _registration(http, token, app, clock)
    heard(registration)
    needed = {AppId(r.resource) for r in registration.required} | {e.resource for e in extra}
    with asking_for("what the services publish in it"):
        resources = await _resources(http, token, needed - {PARTNER_CENTER}, clock)
    roles: set[AppRole] = set()
    scopes: set[DelegatedScope] = set()
    unpublished: list[str] = []
    unknown: list[str] = []
    for required in registration.required:
        resource = resources.get(AppId(required.resource))
        if resource is None:
            if required.resource != PARTNER_CENTER:
                unpublished.append(f"resource {required.resource}")
            continue
        role_names = {role.id: role.value for role in resource.roles if role.value}
        scope_names = {scope.id: scope.value for scope in resource.scopes if scope.value}
        for access in required.access:
            if access.type == "Role" and (value := role_names.get(access.id)):
                roles.add(AppRole(AppId(required.resource), access.id, value))
            elif access.type == "Scope" and (value := scope_names.get(access.id)):
                scopes.add(DelegatedScope(AppId(required.resource), value))
            else:
                unpublished.append(f"{access.type} {access.id} of {resource.name}")
    for more in extra:
        ids = _role_ids(resources, more.resource)
        scopes |= {DelegatedScope(more.resource, value) for value in more.delegated}
        for value in more.application:
            if value in ids:
                roles.add(AppRole(more.resource, ids[value], value))
            else:
                unknown.append(f"application permission {value} of {more.resource}")
    if unknown:
        raise Refused(
            f"extra_permissions asks for what no resource publishes: {unknown[0]}"
            + (f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""),
            code="unknown-permission",
        )
    return WantedPermissions(
        app=app,
        app_name=registration.name,
        roles=frozenset(roles),
        scopes=frozenset(scopes),
        directory_roles=frozenset({COMPLIANCE_ADMINISTRATOR, *directory_roles}),
        resource_names={ident: resource.name for ident, resource in resources.items()},
        left_out=tuple(unpublished),
    )


def registration_path(app: AppId) -> str:
    """Where our registration is, with its credentials' ends, which come with it at no cost.

    Source: Graph, "Get application", application resource type.
    """
    selected = "id,appId,displayName,requiredResourceAccess,keyCredentials,passwordCredentials"
    return f"/applications(appId='{app}')?$select={selected}"


async def _registration(http: HttpClient, token: Token, app: AppId, clock: Clock) -> Application:
    answers = await send_batch(
        http,
        token,
        [
            Part(
                id="app",
                method="GET",
                url=registration_path(app),
            )
        ],
        clock=clock,
    )
    if (problem := answers["app"].problem()) is not None:
        raise problem
    return answers["app"].one(Application)


async def _resources(
    http: HttpClient, token: Token, apps: set[AppId], clock: Clock
) -> dict[AppId, ResourcePrincipal]:
    parts = [
        Part(
            id=app,
            method="GET",
            url=f"/servicePrincipals(appId='{app}')"
            "?$select=id,appId,displayName,appRoles,oauth2PermissionScopes",
        )
        for app in sorted(apps)
    ]
    answers = await send_batch(http, token, parts, clock=clock)
    found: dict[AppId, ResourcePrincipal] = {}
    for app in apps:
        answer = answers[app]
        if answer.status == 404:
            continue
        if (problem := answer.problem()) is not None:
            raise problem
        found[app] = answer.one(ResourcePrincipal)
    return found


def _role_ids(resources: Mapping[AppId, ResourcePrincipal], app: AppId) -> dict[str, str]:
    resource = resources.get(app)
    return {role.value: role.id for role in resource.roles if role.value} if resource else {}
