"""What a cause is: a small change to the world, made in one tenant at one moment."""

from collections.abc import Callable
from typing import Final

from cipp_tui.simulator.directory import Directory, ServicePrincipal
from cipp_tui.simulator.world import Tenant, World

DAY_S: Final = 86_400.0

Planter = Callable[[World, Tenant, float], None]


def own_in(world: World, tenant: Tenant) -> tuple[Directory, ServicePrincipal | None]:
    """Return a tenant's directory for changing, and our principal in it."""
    directory = world.directory_to_change(tenant)
    return directory, directory.principals.get(world.application.app_id)
