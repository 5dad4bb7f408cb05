"""Causes in the relationship between partner and customer."""

from collections.abc import Callable
from typing import Final

from cipp_tui.simulator.causes.permissions import missing_roles, remove_consent
from cipp_tui.simulator.causes.planter import DAY_S, Planter
from cipp_tui.simulator.directory_roles import (
    DIRECTORY_READERS,
    GLOBAL_READER,
    MAY_ASSIGN_ROLES,
    MAY_CONSENT,
)
from cipp_tui.simulator.partner import GROUP_PREFIX, UNSTAFFED
from cipp_tui.simulator.world import GroupAccess, Relationship, Status, Tenant, World


def _ended(_world: World, tenant: Tenant, now: float) -> None:
    for relationship in tenant.relationships:
        relationship.status = "terminated"
        relationship.ends = now - DAY_S


def _ending_today(_world: World, tenant: Tenant, now: float) -> None:
    for relationship in tenant.relationships:
        relationship.ends = now + DAY_S / 4
        relationship.auto_extend = "PT0S"


def _none(world: World, tenant: Tenant, _now: float) -> None:
    """Leave no trace of any relationship, as with a customer who never had one."""
    for relationship in tenant.relationships:
        del world.relationships[relationship.id]
    tenant.relationships = []


def _ending_soon(_world: World, tenant: Tenant, now: float) -> None:
    for relationship in tenant.relationships:
        relationship.ends = now + 12.5 * DAY_S
        relationship.auto_extend = "PT0S"


def _status(status: Status) -> Planter:
    """The customer stays named, as Graph does it once it is known."""

    def planter(_world: World, tenant: Tenant, now: float) -> None:
        for relationship in tenant.relationships:
            relationship.status = status
            if status in ("approvalPending", "activating"):
                relationship.activated = None
                relationship.ends = None
            elif status == "expiring":  # over, and being cleaned up
                relationship.ends = now - DAY_S
            else:
                relationship.ends = now + DAY_S

    return planter


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


def _with_status(status: str) -> Callable[[World, Relationship], tuple[GroupAccess, ...]]:
    def change(_world: World, relationship: Relationship) -> tuple[GroupAccess, ...]:
        return tuple(GroupAccess(a.group_id, a.roles, status) for a in relationship.access)

    return change


def _consent_unmapped(_world: World, relationship: Relationship) -> tuple[GroupAccess, ...]:
    """The role is in the relationship, and no group has it."""
    return tuple(a for a in relationship.access if not MAY_CONSENT.issuperset(a.roles))


def _consent_unstaffed(world: World, relationship: Relationship) -> tuple[GroupAccess, ...]:
    """The role that may consent is given to a group without our user."""
    former = _group(world, UNSTAFFED)
    return tuple(
        GroupAccess(former, a.roles) if MAY_CONSENT.issuperset(a.roles) else a
        for a in relationship.access
    )


def _without_assigning_role(world: World, tenant: Tenant, now: float) -> None:
    """App roles are missing, and nobody of us may give them."""
    for relationship in tenant.relationships:
        relationship.roles = tuple(r for r in relationship.roles if r not in MAY_ASSIGN_ROLES)
        relationship.access = tuple(
            a for a in relationship.access if not MAY_ASSIGN_ROLES.issuperset(a.roles)
        )
    missing_roles(world, tenant, now)


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
    "relationship-none": _none,
    "relationship-ending-soon": _ending_soon,
    "relationship-approval-pending": _status("approvalPending"),
    "relationship-activating": _status("activating"),
    "relationship-terminating": _status("terminationRequested"),
    "relationship-expiring": _status("expiring"),
    "group-assignment-pending": _access(_with_status("pending")),
    "group-assignment-failed": _access(_with_status("error")),
    "consent-role-not-mapped": _access(_consent_unmapped),
    "user-not-in-consent-group": _access(_consent_unstaffed),
    "role-cannot-assign": _without_assigning_role,
}
