"""Worlds: the same for the same seed, believable, and cheap to build by the thousand."""

import time
import unicodedata
from collections import Counter

import pytest

from cipp_tui.simulator import build_world
from cipp_tui.simulator.rules import active_relationships, holds_wanted_set, own_principal
from cipp_tui.simulator.world import KEPT_DIRECTORIES, World
from tests.simulator.desk import START


@pytest.fixture(name="demo", scope="module")
def demo_world() -> World:
    return build_world(60, 7, now=START)


def test_a_world_follows_from_its_seed() -> None:
    def facts(seed: int) -> list[tuple[str, str, str]]:
        world = build_world(80, seed, now=START)
        return [(t.id, t.name, t.hint) for t in world.tenants.values()]

    assert facts(1) == facts(1)
    assert facts(1) != facts(2)


def test_ids_are_lower_case_and_unique(demo: World) -> None:
    ids = [tenant.id for tenant in demo.tenants.values()]

    assert len(set(ids)) == len(ids)
    assert all(key == key.lower() and len(key) == 36 for key in ids)


def test_most_of_a_demo_fleet_is_up_to_date(demo: World) -> None:
    whole = [tenant for tenant in demo.tenants.values() if holds_wanted_set(demo, tenant)]

    assert len(whole) > len(demo.tenants) / 2


@pytest.mark.parametrize(
    "hint",
    [
        "no-consent",
        "missing-roles",
        "missing-scopes",
        "extra-scopes",
        "missing-resource-principal",
        "no-licence-for-resource",
        "several relationships",
        "ends in 6 days",
        "ends in 12 days",
        "ends in 28 days",
        "mlt-only",
        "relationship-ended",
        "no-domain",
        "domains-empty",
        "ca-blocked",
        "tenant-deleted",
        "tenant-unavailable",
        "user-not-in-group",
        "guest-clash",
        "mfa-required",
        "direct",
        "partner",
        "global administrator",
        "principal-disabled",
        "duplicate-user-grant",
        "scope-too-long",
    ],
)
def test_a_demo_fleet_holds_every_state(demo: World, hint: str) -> None:
    assert hint in {tenant.hint for tenant in demo.tenants.values()}


def test_soon_ending_relationships_come_with_and_without_auto_extension(demo: World) -> None:
    soon = [
        relationship.auto_extend
        for relationship in demo.relationships.values()
        if relationship.ends and 0 < relationship.ends - demo.now < 30 * 86_400
    ]

    assert set(soon) == {"PT0S", "P180D"}


def test_some_invitations_have_no_customer(demo: World) -> None:
    waiting = [r for r in demo.relationships.values() if r.customer_id is None]

    assert {r.status for r in waiting} == {"approvalPending"}


def test_a_direct_candidate_has_a_principal_and_no_relationship(demo: World) -> None:
    direct = next(tenant for tenant in demo.tenants.values() if tenant.hint == "direct")

    assert own_principal(demo, direct) is not None
    assert active_relationships(direct, demo.now) == []


def test_names_are_as_awkward_as_real_ones(demo: World) -> None:
    names = [tenant.name for tenant in demo.tenants.values()]
    text = "".join(names)

    assert {"Contoso [Test] Ltd", "[/]", "[bold]Bold & Sons[/bold]", "50% [/"} <= set(names)
    assert any(name.startswith("=") for name in names)
    assert "\x1b]52;c;SEVMTE8=\x07" in text
    assert "\u202e" in text
    assert {"CJK", "ARABIC"} <= {unicodedata.name(sign, "").partition(" ")[0] for sign in text}
    assert max(map(len, names)) > 100
    assert Counter(names).most_common(1)[0][1] == 2


def test_domains_are_fictional_and_lead_to_their_tenant(demo: World) -> None:
    for domain, tenant_id in demo.domains.items():
        assert domain.endswith((".example", ".onmicrosoft.com"))
        assert demo.tenant(domain.upper()) is demo.tenants[tenant_id]


def test_a_small_demo_fleet_is_mostly_healthy() -> None:
    world = build_world(10, 7, now=START)

    assert Counter(t.hint for t in world.tenants.values())["up-to-date"] == 6


@pytest.mark.parametrize(("share", "whole"), [(1.0, 20), (0.25, 5), (0.0, 0)])
def test_a_share_of_a_uniform_fleet_is_up_to_date(share: float, whole: int) -> None:
    world = build_world(20, 7, up_to_date=share, now=START)
    customers = [t for t in world.tenants.values() if t is not world.partner]

    assert sum(holds_wanted_set(world, tenant) for tenant in customers) == whole
    assert {tenant.hint for tenant in customers} <= {"up-to-date", "no-consent"}


def test_ten_thousand_tenants_are_built_in_no_time() -> None:
    began = time.thread_time()
    world = build_world(10_000, 7, now=START)

    assert time.thread_time() - began < 3
    assert len({tenant.default_domain for tenant in world.tenants.values()}) > 10_000


def test_directories_nobody_changed_do_not_pile_up() -> None:
    world = build_world(KEPT_DIRECTORIES + 100, 7, up_to_date=1.0, now=START)
    customers = list(world.tenants.values())
    changed = world.directory_to_change(customers[1])

    first = world.directory_of(customers[2]).principals
    for tenant in customers:
        world.directory_of(tenant)

    assert sum(t.directory is not None for t in customers) <= KEPT_DIRECTORIES + 1
    assert world.directory_of(customers[1]) is changed
    assert world.directory_of(customers[2]).principals.keys() == first.keys()
    again = world.directory_of(customers[2]).principals
    assert [p.id for p in again.values()] == [p.id for p in first.values()]
