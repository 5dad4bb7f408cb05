"""A customer whose access is worth tracing: nested groups, and all that can be in the way."""

from typing import Final

from cipp_tui.simulator.directory_roles import (
    BILLING_ADMINISTRATOR,
    CLOUD_APPLICATION_ADMINISTRATOR,
    DIRECTORY_READERS,
    DOMAIN_NAME_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    GLOBAL_READER,
    HELPDESK_ADMINISTRATOR,
)
from cipp_tui.simulator.partner import GROUP_PREFIX
from cipp_tui.simulator.world import Group, GroupAccess, Relationship, Tenant, User, World

DAY_S: Final = 86_400.0
TIER_ONE, TIER_TWO, LOCKED = "Service Desk", "Tier 2 Engineers", "Restricted Operators"


def tangle_access(world: World, tenant: Tenant) -> None:
    """Give a healthy customer three more relationships, and the partner more people and groups.

    What our own service user holds there stays as it was.
    """
    adele = next(user for user in world.users.values() if user.upn.startswith("adele.vance@"))
    on_call, contractor = _people(world)
    desk = _group(world, TIER_ONE, adele.id, on_call.id, contractor.id, assignable=False)
    tier_two = _group(world, TIER_TWO, desk.id, assignable=False)
    locked = _group(world, LOCKED, contractor.id)
    locked.readable = False
    helpdesk = _group(world, f"{GROUP_PREFIX}Helpdesk", tier_two.id)
    label = tenant.default_domain.partition(".")[0]
    extra = _relationship(world, tenant, f"Projects {label}", days=24)
    extra.roles = (
        HELPDESK_ADMINISTRATOR,
        GLOBAL_ADMINISTRATOR,
        CLOUD_APPLICATION_ADMINISTRATOR,
        BILLING_ADMINISTRATOR,
    )
    extra.access = (
        GroupAccess(helpdesk.id, (HELPDESK_ADMINISTRATOR,)),
        GroupAccess(tier_two.id, (CLOUD_APPLICATION_ADMINISTRATOR,), "pending"),
        GroupAccess(helpdesk.id, (BILLING_ADMINISTRATOR,), "error"),
        GroupAccess(locked.id, (GLOBAL_ADMINISTRATOR,)),
    )
    unread = _relationship(world, tenant, f"Taken over {label}", days=300)
    unread.roles, unread.access_readable = (GLOBAL_READER, DOMAIN_NAME_ADMINISTRATOR), False
    led = _relationship(world, tenant, f"MLT_{label}", days=65)
    led.roles = (DIRECTORY_READERS, GLOBAL_READER)
    led.access = (GroupAccess(desk.id, led.roles),)
    tenant.hint = "several relationships"


def _people(world: World) -> tuple[User, User]:
    domain = world.partner.default_domain
    on_call = User(world.new_guid(), "On Call", f"on.call@{domain}", enabled=False)
    contractor = User(
        world.new_guid(),
        "Contractor",
        f"contractor_fabrikam.example#EXT#@{world.partner.initial_domain}",
        guest=True,
    )
    world.users |= {on_call.id: on_call, contractor.id: contractor}
    return on_call, contractor


def _group(world: World, name: str, *members: str, assignable: bool = True) -> Group:
    group = Group(world.new_guid(), name, dict.fromkeys(members), assignable)
    world.groups[group.id] = group
    world.changed()
    return group


def _relationship(world: World, tenant: Tenant, name: str, *, days: float) -> Relationship:
    relationship = Relationship(
        id=f"{world.new_guid()}-{world.partner.id}",
        name=name[:50],
        customer_id=tenant.id,
        customer_name=tenant.name,
        roles=(),
        status="active",
        created=world.now - 200 * DAY_S,
        activated=world.now - 200 * DAY_S,
        ends=world.now + days * DAY_S,
    )
    world.add_relationship(relationship)
    return relationship
