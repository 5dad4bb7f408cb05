"""The demo fleet in bulk: every planted cause has a tenant, and seeds decide what is served."""

import pytest

from cipp_tui.simulator import demo
from cipp_tui.simulator.directory_roles import MAPPED_ROLES
from cipp_tui.simulator.plant import PARTNER_CAUSES, plant
from cipp_tui.simulator.rules import user_roles
from tests.simulator.desk import a_desk

RELATIONSHIPS = "tenantRelationships/delegatedAdminRelationships?$top=300"


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_sixty_tenants_are_enough_for_every_cause_whatever_the_seed(seed: int) -> None:
    desk = a_desk(60, up_to_date=None, seed=seed)

    hints = {tenant.hint for tenant in desk.customers}

    assert hints >= set(demo.CAUSES)
    assert hints >= {f"ends in {expiry.days} days" for expiry in demo.EXPIRIES}
    assert hints >= {"up-to-date", "several relationships", "global administrator", "direct"}


def test_the_same_seed_serves_the_same_relationships_and_another_does_not() -> None:
    def served(seed: int) -> bytes:
        return a_desk(60, up_to_date=None, seed=seed).at_home("GET", RELATIONSHIPS).response.body

    assert served(7) == served(7)
    assert served(7) != served(8)


@pytest.mark.parametrize("cause", sorted(PARTNER_CAUSES))
def test_every_cause_of_the_partner_can_be_planted_and_healed(cause: str) -> None:
    desk = a_desk()

    plant(desk.simulator.world, None, cause, now=desk.clock.now)
    plant(desk.simulator.world, None, "partner-healthy")

    assert desk.ask_token().status == 200
    assert desk.consent().status == 409


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_one_customer_of_the_demo_has_access_worth_tracing(seed: int) -> None:
    world = a_desk(60, up_to_date=None, seed=seed).simulator.world

    (tangled,) = (
        tenant
        for tenant in world.tenants.values()
        if any(not relationship.access_readable for relationship in tenant.relationships)
    )

    assert len(tangled.relationships) == 4
    assert user_roles(world, tangled, world.service_user, world.now) == frozenset(MAPPED_ROLES)
