"""The token endpoint's rules: who gets a token for what, and why not."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cipp_tui.simulator.catalogue import (
    AUDIENCES,
    GRAPH,
    ResourceApplication,
    resource_applications,
)
from cipp_tui.simulator.context import Context
from cipp_tui.simulator.directory import Directory, ServicePrincipal
from cipp_tui.simulator.entra.assertions import verify_assertion
from cipp_tui.simulator.entra.errors import GUEST_CLASH, AadSts
from cipp_tui.simulator.rules import granted_roles, user_roles
from cipp_tui.simulator.world import Tenant, User

OIDC_SCOPES = frozenset({"openid", "profile", "offline_access", "email"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a scope parameter asks for."""

    resource: ResourceApplication
    scopes: tuple[str, ...]  # without `.default`, which asks for everything consented
    oidc: frozenset[str]


@dataclass(frozen=True, slots=True)
class Session:
    """The sign-in behind a user token."""

    user: User
    issued: float
    mfa: bool
    public: bool
    nonce: str | None = None  # what the client wants to see in the id token


def wanted_from(scope: str) -> Wanted:
    """Read a scope parameter.

    Source: Entra docs, scopes and permissions (one resource per request, `.default` alone).
    """
    oidc = frozenset(part for part in scope.split() if part in OIDC_SCOPES)
    parts = [part for part in scope.split() if part not in OIDC_SCOPES]
    split = [_split(part) for part in parts] or [(resource_applications()[GRAPH], "User.Read")]
    resources = {resource.app_id for resource, _ in split}
    names = tuple(name for _, name in split if name != ".default")
    if len(resources) > 1 or (names and len(names) < len(split)):
        raise AadSts(70011, scope=scope)
    return Wanted(split[0][0], names if parts else (), oidc)


def authenticate_client(
    context: Context, form: Mapping[str, str], tenant: Tenant, *, public: bool
) -> None:
    """Check client id and secret or assertion; a public sign-in needs neither.

    Source: Entra docs, client credentials and error codes 7000215, 7000218, 7000222, 700016.
    """
    application = context.world.application
    if "client_id" not in form:
        raise AadSts(900144, parameter="client_id")
    if form["client_id"].lower() != application.app_id or application.credential == "app-deleted":
        raise AadSts(700016, app=form["client_id"])
    if "client_assertion" in form:
        verify_assertion(application, form, tenant.id, context.clock())
        return
    secret = form.get("client_secret")
    if secret is None:
        if public and application.allows_public_client:
            return
        raise AadSts(7000218)
    if application.credential == "expired":
        raise AadSts(7000222)
    if application.credential == "wrong" or secret != application.secret:
        raise AadSts(7000215)


def _check_session(context: Context, session: Session) -> None:
    """Refuse refresh tokens that are revoked, too old, or of a disabled account."""
    state = context.world.refresh_tokens
    if not session.user.enabled:
        raise AadSts(50057)
    if session.issued <= state.valid_from:
        raise AadSts(state.code, issued=_stamp(session.issued), valid_from=_stamp(state.valid_from))


def check_tenant(tenant: Tenant | None, key: str) -> Tenant:
    """Return the tenant when it still exists."""
    if tenant is None or tenant.gone == 90002:
        raise AadSts(90002, tenant=key)
    if tenant.gone is not None:
        raise AadSts(tenant.gone)
    return tenant


def user_permissions(
    context: Context, tenant: Tenant, session: Session, wanted: Wanted
) -> list[str]:
    """Return the delegated permissions of a user's token in a tenant.

    Source: Entra docs, scopes and permissions; Partner Center, GDAP introduction.
    """
    now = context.clock()
    world = context.world
    _check_session(context, session)
    if not user_roles(world, tenant, session.user, now):
        raise AadSts(50020, tenant_name=tenant.name)
    _check_refusal(context, tenant, session)
    if wanted.resource.app_id not in world.application.required:
        raise AadSts(650057, resource=wanted.resource.audience)
    own, directory = _own_principal(context, tenant)
    if own is None:
        raise AadSts(context.knobs.missing_principal_code)
    _check_enabled(own)
    if now < tenant.token_refused_until:
        raise AadSts(65001)
    resource = directory.principals.get(wanted.resource.app_id)
    if resource is None:
        raise AadSts(500011, resource=wanted.resource.audience, tenant_name=tenant.name)
    granted = directory.granted_scopes(own.id, resource.id, session.user.id)
    if not granted or not granted.issuperset(wanted.scopes):
        raise AadSts(65001)
    return list(_in_order(granted))


def application_permissions(context: Context, tenant: Tenant, wanted: Wanted) -> list[str]:
    """Return the app roles of an app-only token in a tenant.

    Source: Entra docs, client credentials flow; error code 7000229.
    """
    own, directory = _own_principal(context, tenant)
    if own is None:
        raise AadSts(7000229)
    _check_enabled(own)
    if wanted.scopes:
        raise AadSts(70011, scope=wanted.scopes[0])
    if wanted.resource.app_id not in directory.principals:
        raise AadSts(500011, resource=wanted.resource.audience, tenant_name=tenant.name)
    return granted_roles(directory, own).get(wanted.resource.app_id, [])


@lru_cache(maxsize=1024)
def _in_order(granted: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(granted))


def _own_principal(context: Context, tenant: Tenant) -> tuple[ServicePrincipal | None, Directory]:
    directory = context.world.directory_of(tenant)
    return directory.principals.get(context.world.application.app_id), directory


def _check_enabled(own: ServicePrincipal) -> None:
    if not own.enabled:
        raise AadSts(7000112)


def _check_refusal(context: Context, tenant: Tenant, session: Session) -> None:
    refusal = tenant.refusal
    if refusal is not None:
        text = GUEST_CLASH if refusal.variant == "guest" else None
        raise AadSts(refusal.code, text=text, tenant_name=tenant.name)
    since = tenant.mfa_since
    if since is not None and not (session.mfa and session.issued > since):
        raise AadSts(50076, resource=GRAPH)


def _split(part: str) -> tuple[ResourceApplication, str]:
    catalogue = resource_applications()
    if "/" not in part:
        return catalogue[GRAPH], part
    audience, _, name = part.rpartition("/")
    app_id = AUDIENCES.get(audience.rstrip("/"), audience.rstrip("/").removeprefix("api://"))
    if app_id not in catalogue:
        raise AadSts(500011, resource=audience)
    return catalogue[app_id], name


def _stamp(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.0000000Z", time.gmtime(moment))
