"""Dressing up a fleet of healthy customers with the states and names real fleets have."""

from dataclasses import dataclass
from typing import Final

from cipp_tui.simulator import blueprints
from cipp_tui.simulator.demo_access import tangle_access
from cipp_tui.simulator.directory_roles import GLOBAL_ADMINISTRATOR
from cipp_tui.simulator.ids import seeded_guid
from cipp_tui.simulator.names import AWKWARD, DUPLICATE, MARKUP
from cipp_tui.simulator.plant import plant
from cipp_tui.simulator.world import Relationship, Tenant, World

DAY_S: Final = 86_400.0
COMPLETE_FROM: Final = 60  # customers
SPECIAL_SHARE: Final = 0.4  # of a smaller fleet
REPEATED_EVERY: Final = 150  # customers

# One customer each; the commonest first, for small fleets take from the front.
CAUSES: Final = (
    "no-consent",
    "missing-roles",
    "ca-blocked",
    "extra-scopes",
    "missing-scopes",
    "mlt-only",
    "relationship-ended",
    "user-not-in-group",
    "missing-resource-principal",
    "no-licence-for-resource",
    "no-domain",
    "tenant-deleted",
    "role-cannot-consent",
    "guest-clash",
    "mfa-required",
    "domains-empty",
    "tenant-unavailable",
    "group-assignment-missing",
    "principal-disabled",
    "duplicate-user-grant",
    "scope-too-long",
    "directory-role-not-activated",
    "no-consent",
    "relationship-ended",
)


@dataclass(frozen=True, slots=True)
class Expiry:
    """A relationship that ends soon."""

    days: float
    auto_extend: str


EXPIRIES: Final = (
    Expiry(6, "PT0S"),
    Expiry(12, "P180D"),
    Expiry(28, "PT0S"),
    Expiry(28, "P180D"),
)


def dress_up(world: World, customers: list[Tenant]) -> None:
    """Give customers special states and names; the rest stays up to date."""
    order = list(range(len(customers)))
    world.chance.shuffle(order)
    queue = [customers[position] for position in order]
    rounds = max(len(customers) // REPEATED_EVERY, 1)
    room = len(customers) if len(customers) >= COMPLETE_FROM else int(len(queue) * SPECIAL_SHARE)
    for cause in (CAUSES * rounds)[:room]:
        plant(world, queue.pop().id, cause)
    if len(customers) < COMPLETE_FROM:
        return
    for expiry in EXPIRIES * rounds:
        _expire(world, queue.pop(), expiry)
    _add_second_relationship(world, queue.pop(), status="active")
    _add_second_relationship(world, queue.pop(), status="expired")
    _add_global_administrator(queue.pop())
    for name in (*MARKUP, *AWKWARD, DUPLICATE, DUPLICATE):
        rename(queue.pop(), name)
    _add_invitations(world)
    _add_direct_candidates(world)
    tangle_access(world, queue.pop())


def rename(tenant: Tenant, name: str) -> None:
    """Give a tenant another display name, in its relationships too."""
    tenant.name = name
    for relationship in tenant.relationships:
        relationship.customer_name = name


def _expire(world: World, tenant: Tenant, expiry: Expiry) -> None:
    for relationship in tenant.relationships:
        relationship.ends = world.now + expiry.days * DAY_S
        relationship.auto_extend = expiry.auto_extend
    tenant.hint = f"ends in {expiry.days} days"


def _add_second_relationship(world: World, tenant: Tenant, *, status: str) -> None:
    first = tenant.relationships[0]
    created = world.now - 600 * DAY_S
    world.add_relationship(
        Relationship(
            id=f"{seeded_guid(world.chance)}-{world.partner.id}",
            name=f"{first.name[:40]} (old)",
            customer_id=tenant.id,
            customer_name=tenant.name,
            roles=first.roles[:6],
            status="active" if status == "active" else "expired",
            created=created,
            activated=created + DAY_S,
            ends=world.now + (75 if status == "active" else -40) * DAY_S,
            access=first.access[:6],
        )
    )
    tenant.hint = "several relationships"


def _add_global_administrator(tenant: Tenant) -> None:
    """Make a relationship that cannot extend itself.

    Source: Partner Center, GDAP introduction (no auto-extend with Global Administrator).
    """
    relationship = tenant.relationships[0]
    relationship.roles = (*relationship.roles, GLOBAL_ADMINISTRATOR)
    relationship.auto_extend = "PT0S"
    tenant.hint = "global administrator"


def _add_invitations(world: World) -> None:
    """Add relationships no customer has approved yet."""
    for number, name in enumerate(("Southridge invitation", "Coho invitation"), start=1):
        world.add_relationship(
            Relationship(
                id=f"{seeded_guid(world.chance)}-{world.partner.id}",
                name=name,
                customer_id=None,
                customer_name=None,
                roles=(),
                status="approvalPending",
                created=world.now - number * DAY_S,
                activated=None,
                ends=None,
                reseller=number == 2,
            )
        )


def _add_direct_candidates(world: World) -> None:
    """Add tenants in which the application is set up though there is no relationship."""
    for number, name in enumerate(("Bellows College Library", "Lucerne Museum"), start=1):
        label = f"direct{number}"
        tenant = Tenant(
            id=seeded_guid(world.chance),
            name=name,
            default_domain=f"{label}.example",
            initial_domain=f"{label}.onmicrosoft.com",
            blueprint=blueprints.up_to_date(),
            created=world.now - 400 * DAY_S,
            has_contract=False,
            hint="direct",
        )
        world.tenants[tenant.id] = tenant
        world.domains[tenant.default_domain] = tenant.id
        world.domains[tenant.initial_domain] = tenant.id
