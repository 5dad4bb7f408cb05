"""Causes in the relationship between partner and customer."""

from collections.abc import Callable
from typing import Final

from cipp_tui.simulator.causes.permissions import remove_consent
from cipp_tui.simulator.causes.planter import DAY_S, Planter
from cipp_tui.simulator.directory_roles import DIRECTORY_READERS, GLOBAL_READER, MAY_CONSENT
from cipp_tui.simulator.partner import GROUP_PREFIX, UNSTAFFED
from cipp_tui.simulator.world import GroupAccess, Relationship, Tenant, World


def _ended(_world: World, tenant: Tenant, now: float) -> None:
    for relationship in tenant.relationships:
        relationship.status = "terminated"
        relationship.ends = now - DAY_S


def _ending_today(_world: World, tenant: Tenant, now: float) -> None:
    for relationship in tenant.relationships:
        relationship.ends = now + DAY_S / 4
        relationship.auto_extend = "PT0S"


def _pending(_world: World, tenant: Tenant, _now: float) -> None:
    for relationship in tenant.relationships:
        relationship.status = "approvalPending"
        relationship.customer_id = relationship.customer_name = None
        relationship.activated = relationship.ends = None
    tenant.relationships = []


def _mlt_only(world: World, tenant: Tenant, now: float) -> None:
    remove_consent(world, tenant, now)
    roles = (DIRECTORY_READERS, GLOBAL_READER)
    reader_group = _group(world, f"{GROUP_PREFIX}Global Reader")
    for old in tenant.relationships:
        del world.relationships[old.id]
    tenant.relationships = []
    world.add_relationship(
        Relationship(
            id=f"{world.new_guid()}-{world.partner.id}",
            name=f"MLT_{tenant.default_domain.partition('.')[0]}"[:50],
            customer_id=tenant.id,
            customer_name=tenant.name,
            roles=roles,
            status="active",
            created=now - 300 * DAY_S,
            activated=now - 300 * DAY_S,
            ends=now + 65 * DAY_S,
            duration="P365D",
            access=(GroupAccess(reader_group, roles),),
        )
    )


def _access(change: Callable[[World, Relationship], tuple[GroupAccess, ...]]) -> Planter:
    def planter(world: World, tenant: Tenant, _now: float) -> None:
        for relationship in tenant.relationships:
            relationship.access = change(world, relationship)

    return planter


def _unstaffed(world: World, relationship: Relationship) -> tuple[GroupAccess, ...]:
    return (GroupAccess(_group(world, UNSTAFFED), relationship.roles),)


def _without_consenting_roles(_world: World, relationship: Relationship) -> tuple[GroupAccess, ...]:
    relationship.roles = tuple(r for r in relationship.roles if r not in MAY_CONSENT)
    kept = [access for access in relationship.access if not MAY_CONSENT.issuperset(access.roles)]
    return tuple(kept)


def _group(world: World, name: str) -> str:
    return next(group.id for group in world.groups.values() if group.name == name)


CAUSES: Final[dict[str, Planter]] = {
    "relationship-ended": _ended,
    "relationship-ending-today": _ending_today,
    "relationship-pending": _pending,
    "mlt-only": _mlt_only,
    "role-cannot-consent": _access(_without_consenting_roles),
    "user-not-in-group": _access(_unstaffed),
    "group-assignment-missing": _access(lambda _world, _relationship: ()),
}
