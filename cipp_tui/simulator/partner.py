"""The partner's side of a world: its tenant, people, groups and application."""

import random
from typing import Final

from cipp_tui.simulator import blueprints
from cipp_tui.simulator.catalogue import resource_applications
from cipp_tui.simulator.directory_roles import GLOBAL_ADMINISTRATOR, MAPPED_ROLES
from cipp_tui.simulator.ids import derived_guid, seeded_guid
from cipp_tui.simulator.world import (
    Application,
    Group,
    GroupAccess,
    RegisteredSecret,
    Tenant,
    User,
    World,
)

GROUP_PREFIX: Final = "M365 GDAP "
UNSTAFFED: Final = "GDAP Former Staff"
_YEAR_S: Final = 365 * 86_400.0


def build_partner(seed: int, source: random.Random, now: float) -> World:
    """Return a world with a partner and without customers."""
    tenant = Tenant(
        id=seeded_guid(source),
        name="Blue Yonder Managed Services",
        default_domain="blueyonder.example",
        initial_domain="blueyondermsp.onmicrosoft.com",
        blueprint=blueprints.partner(),
        created=now - 4 * _YEAR_S,
        has_contract=False,
        hint="partner",
    )
    users = _users(source)
    service_user = users[0]
    groups = _groups(source, users)
    return World(
        seed=seed,
        partner=tenant,
        application=_application(source, now),
        service_user=service_user,
        users={user.id: user for user in users},
        groups={group.id: group for group in groups},
        admin_agents=groups[0],
        tenants={tenant.id: tenant},
        domains={tenant.default_domain: tenant.id, tenant.initial_domain: tenant.id},
        relationships={},
        now=now,
        chance=source,
    )


def standard_access(world: World) -> tuple[GroupAccess, ...]:
    """Return the assignment of every mapped role to its group."""
    by_name = {group.name: group.id for group in world.groups.values()}
    return tuple(
        GroupAccess(by_name[GROUP_PREFIX + name], (role,)) for role, name in MAPPED_ROLES.items()
    )


def _users(source: random.Random) -> list[User]:
    domain = "blueyonder.example"
    roles = frozenset({GLOBAL_ADMINISTRATOR})
    people = (
        ("CIPP Service", "cipp-service", roles),
        ("Adele Vance", "adele.vance", frozenset[str]()),
        ("Alex Wilber", "alex.wilber", frozenset[str]()),
        ("Lynne Robbins", "lynne.robbins", frozenset[str]()),
        ("Nestor Wilke", "nestor.wilke", frozenset[str]()),
    )
    return [
        User(seeded_guid(source), name, f"{alias}@{domain}", home_roles=held)
        for name, alias, held in people
    ]


def _groups(source: random.Random, users: list[User]) -> list[Group]:
    """Make AdminAgents, one group per mapped role, a nested one, and one without our user."""
    service_user, adele, alex, lynne, nestor = (user.id for user in users)
    agents = Group(seeded_guid(source), "AdminAgents", dict.fromkeys((service_user, adele)))
    technicians = Group(
        seeded_guid(source), "GDAP Technicians", dict.fromkeys((service_user, alex, lynne))
    )
    former = Group(seeded_guid(source), UNSTAFFED, dict.fromkeys((nestor,)))
    mapped = [
        Group(seeded_guid(source), GROUP_PREFIX + name, dict.fromkeys((service_user, adele)))
        for name in MAPPED_ROLES.values()
    ]
    # The last role reaches the service user through another group only.
    mapped[-1].members = dict.fromkeys((technicians.id,))
    return [agents, technicians, former, *mapped]


def _application(source: random.Random, now: float) -> Application:
    app_id, object_id = seeded_guid(source), seeded_guid(source)
    secret = f"sim~{seeded_guid(source).replace('-', '')}"
    return Application(
        app_id=app_id,
        object_id=object_id,
        name="CIPP-SAM",
        secret=secret,
        secrets=[RegisteredSecret(secret[:3], derived_guid("secret", app_id), now + _YEAR_S)],
        required={
            resource.app_id: tuple(
                [(role, "Role") for role in sorted(resource.wanted_roles)]
                + [
                    (scope_id, "Scope")
                    for scope_id, value in resource.scopes.items()
                    if value in resource.wanted_scopes
                ]
            )
            for resource in resource_applications().values()
        },
    )
