"""Causes in the partner's own set-up, which concern every tenant."""

from typing import Final

from cipp_tui.simulator.catalogue import GRAPH
from cipp_tui.simulator.causes.planter import Planter, own_in
from cipp_tui.simulator.world import Credential, SignInRefusal, Tenant, World

UNKNOWN_PERMISSION: Final = ("00000000-0000-4000-8000-00000000dead", "Role")


def _not_admin_agent(world: World, _partner: Tenant, _now: float) -> None:
    world.admin_agents.members.pop(world.service_user.id, None)
    world.changed()


def _credential(state: Credential) -> Planter:
    def planter(world: World, _partner: Tenant, _now: float) -> None:
        world.application.credential = state

    return planter


def _refresh_tokens(code: int) -> Planter:
    def planter(world: World, _partner: Tenant, now: float) -> None:
        world.refresh_tokens.valid_from = now
        world.refresh_tokens.code = code

    return planter


def _account_disabled(world: World, _partner: Tenant, _now: float) -> None:
    world.service_user.enabled = False


def _refuse(code: int) -> Planter:
    def planter(_world: World, partner: Tenant, _now: float) -> None:
        partner.refusal = SignInRefusal(code)

    return planter


def _mfa_required(_world: World, partner: Tenant, now: float) -> None:
    partner.mfa_since = now


def _public_client_forbidden(world: World, _partner: Tenant, _now: float) -> None:
    world.application.allows_public_client = False


def _app_disabled(world: World, partner: Tenant, _now: float) -> None:
    _, own = own_in(world, partner)
    if own is not None:
        own.enabled = False


def _consent_missing(world: World, partner: Tenant, _now: float) -> None:
    directory, own = own_in(world, partner)
    if own is not None:
        directory.remove_principal(own)


def _without_scopes(*beginnings: str) -> Planter:
    """Graph's delegated permissions of these names are not consented in the partner's tenant."""

    def planter(world: World, partner: Tenant, _now: float) -> None:
        directory, own = own_in(world, partner)
        graph = directory.principals[GRAPH].id
        for grant in directory.grants_of(own.id) if own else ():
            if grant.resource_id == graph:
                kept = [s for s in grant.scope.split() if not s.startswith(beginnings)]
                grant.scope = " ".join(kept)

    return planter


def _unknown_permission(world: World, _partner: Tenant, _now: float) -> None:
    required = world.application.required
    if UNKNOWN_PERMISSION not in required[GRAPH]:
        required[GRAPH] = (*required[GRAPH], UNKNOWN_PERMISSION)


def _partner_center_down(world: World, _partner: Tenant, _now: float) -> None:
    world.partner_center = "down"


def _partner_center_no_mfa(world: World, _partner: Tenant, _now: float) -> None:
    world.partner_center = "no-mfa"


def _all_well(world: World, partner: Tenant, _now: float) -> None:
    world.partner_center = "up"
    world.service_user.enabled = True
    world.application.credential = "valid"
    world.application.allows_public_client = True
    world.refresh_tokens.valid_from = 0.0
    world.admin_agents.members[world.service_user.id] = None
    required = world.application.required
    required[GRAPH] = tuple(p for p in required[GRAPH] if p != UNKNOWN_PERMISSION)
    partner.refusal = partner.mfa_since = None
    partner.directory, partner.touched = None, False  # as it was set up
    world.changed()


CAUSES: Final[dict[str, Planter]] = {
    "not-admin-agent": _not_admin_agent,
    "secret-expired": _credential("expired"),
    "secret-wrong": _credential("wrong"),
    "public-client-forbidden": _public_client_forbidden,
    "app-deleted": _credential("app-deleted"),
    "refresh-token-expired": _refresh_tokens(700082),
    "refresh-token-too-old": _refresh_tokens(70008),
    "refresh-token-revoked": _refresh_tokens(50173),
    "partner-sign-in-frequency": _refresh_tokens(70043),
    "account-disabled": _account_disabled,
    "partner-mfa-required": _mfa_required,
    "partner-ca-blocked": _refuse(53003),
    "partner-risk-blocked": _refuse(530034),
    "partner-app-disabled": _app_disabled,
    "partner-consent-missing": _consent_missing,
    "relationships-unreadable": _without_scopes("DelegatedAdminRelat"),
    "registration-unreadable": _without_scopes("Application.", "Directory."),
    "device-deleted": _refresh_tokens(700003),
    "partner-service-disabled": _refuse(500014),
    "unknown-permission": _unknown_permission,
    "partner-center-down": _partner_center_down,
    "partner-center-no-mfa": _partner_center_no_mfa,
    "partner-healthy": _all_well,
}
