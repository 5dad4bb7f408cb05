"""Building worlds: a demo fleet with every state real fleets have, or a uniform one to measure."""

import gc
import random
from datetime import UTC, datetime
from typing import Final

from cipp_tui.simulator import blueprints
from cipp_tui.simulator.demo import dress_up
from cipp_tui.simulator.directory import Blueprint
from cipp_tui.simulator.directory_roles import MAPPED_ROLES
from cipp_tui.simulator.ids import seeded_guid
from cipp_tui.simulator.names import slug, tenant_names
from cipp_tui.simulator.partner import build_partner, standard_access
from cipp_tui.simulator.world import GroupAccess, Relationship, Tenant, World

DAY_S: Final = 86_400.0
STANDARD_ROLES: Final = tuple(MAPPED_ROLES)


def build_world(
    tenants: int,
    seed: int = 1,
    *,
    up_to_date: float | None = None,
    now: datetime | None = None,
) -> World:
    """Build a partner with so many customers, the same for the same seed and moment.

    Without `up_to_date` it is a demo fleet; from 60 customers on it holds every special state.
    With it, that share is up to date and the rest has never consented, evenly spread over the
    fleet as new customers are in a list that is in nobody's order; nothing is special.
    """
    source = random.Random(seed)
    moment = (now or datetime.now(UTC)).timestamp()
    collecting = gc.isenabled()
    gc.disable()  # tens of thousands of small objects, none of them garbage
    try:
        world = build_partner(seed, source, moment)
        customers = _add_customers(world, tenants, up_to_date)
        if up_to_date is None:
            dress_up(world, customers)
    finally:
        if collecting:
            gc.enable()
    return world


def _add_customers(world: World, count: int, up_to_date: float | None) -> list[Tenant]:
    access = standard_access(world)
    fresh = count - round(count * (1.0 if up_to_date is None else up_to_date))
    customers = []
    for number, name in enumerate(tenant_names(count, world.chance)):
        so_far = number * fresh + (count - 1) // 2
        done = (so_far + fresh) // count == so_far // count
        blueprint = blueprints.up_to_date() if done else blueprints.never_consented()
        tenant = _customer(world, number, name, blueprint)
        if not done:
            tenant.hint = "no-consent"
        world.add_relationship(_relationship(world, tenant, access))
        customers.append(tenant)
    return customers


def _customer(world: World, number: int, name: str, blueprint: Blueprint) -> Tenant:
    label = slug(name, number + 1)
    tenant = Tenant(
        id=seeded_guid(world.chance),
        name=name,
        default_domain=f"{label}.example",
        initial_domain=f"{label}.onmicrosoft.com",
        blueprint=blueprint,
        created=world.now - world.chance.uniform(100, 1500) * DAY_S,
        # Every sixth customer has GDAP only: Partner Center's customer list does not show it.
        has_contract=number % 6 != 5,
    )
    world.tenants[tenant.id] = tenant
    world.domains[tenant.default_domain] = tenant.id
    world.domains[tenant.initial_domain] = tenant.id
    return tenant


def _relationship(world: World, tenant: Tenant, access: tuple[GroupAccess, ...]) -> Relationship:
    ends = world.now + world.chance.uniform(95, 700) * DAY_S
    created = ends - 730 * DAY_S
    return Relationship(
        id=f"{seeded_guid(world.chance)}-{world.partner.id}",
        name=f"GDAP {tenant.default_domain.partition('.')[0]}"[:50],
        customer_id=tenant.id,
        customer_name=tenant.name,
        roles=STANDARD_ROLES,
        status="active",
        created=created,
        activated=created + 0.1 * DAY_S,
        ends=ends,
        auto_extend="P180D" if world.chance.random() < 0.6 else "PT0S",
        access=access,
    )
