"""Causes in the customer's tenant: its sign-in, its state, and what it refuses."""

from typing import Final

from cipp_tui.simulator.causes.planter import Planter, own_in
from cipp_tui.simulator.world import SignInRefusal, Tenant, World


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


def _healthy(world: World, tenant: Tenant, _now: float) -> None:
    """Take away what the sign-in and the directory refuse; permissions stay as they are."""
    tenant.gone = tenant.refusal = tenant.mfa_since = None
    tenant.domains = "readable"
    tenant.unlicensed = frozenset()
    tenant.quota_exceeded = tenant.writes_forbidden = False
    tenant.principal_survives_delete = None
    _, own = own_in(world, tenant)
    if own is not None:
        own.enabled = True


def _set(attribute: str, value: object) -> Planter:
    def planter(_world: World, tenant: Tenant, _now: float) -> None:
        setattr(tenant, attribute, value)

    return planter


CAUSES: Final[dict[str, Planter]] = {
    "ca-blocked": _refuse(53003),
    "guest-clash": _refuse(50020, "guest"),
    "mfa-required": _mfa_required,
    "consent-required": _refuse(90099),
    "app-unknown": _refuse(700016),
    "principal-missing": _refuse(7000229),
    "user-external": _refuse(90072),
    "challenge-impossible": _refuse(50177),
    "mfa-not-set-up": _refuse(50079),
    "mfa-too-old": _refuse(50078),
    "policy-blocked": _refuse(53000),
    "risk-blocked": _refuse(530034),
    "sign-in-frequency": _refuse(70043),
    "service-not-subscribed": _refuse(650052),
    "service-disabled": _refuse(500014),
    "policy-on-security": _refuse(530032),
    "principal-being-made": _refuse(650051),
    "requests-looping": _refuse(50196),
    "entra-busy": _refuse(90033),
    "entra-throttled": _refuse(90055),
    "tenant-deleted": _deleted,
    "tenant-unavailable": _unavailable,
    "quota-exceeded": _set("quota_exceeded", True),
    "no-domain": _set("domains", "forbidden"),
    "domains-empty": _set("domains", "empty"),
    "consent-survives-delete": _set("principal_survives_delete", True),
    "graph-write-forbidden": _set("writes_forbidden", True),
    "healthy": _healthy,
}
