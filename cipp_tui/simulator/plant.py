"""Planting one named cause into a tenant, or into the partner's whole set-up.

The names are the public list of what can go wrong; each is one small change to the world.
"""

from typing import Final

from cipp_tui.simulator.causes import partners, permissions, relationships, tenants
from cipp_tui.simulator.causes.planter import Planter
from cipp_tui.simulator.world import World

CAUSES: Final[dict[str, Planter]] = permissions.CAUSES | relationships.CAUSES | tenants.CAUSES
PARTNER_CAUSES: Final[dict[str, Planter]] = partners.CAUSES


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
