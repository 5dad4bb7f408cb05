"""Causes in the partner's own set-up, which concern every tenant."""

from typing import Final

from cipp_tui.simulator.causes.planter import Planter
from cipp_tui.simulator.world import Tenant, World


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
