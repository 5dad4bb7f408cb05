"""A GDAP trace over real sockets: real paths, true verdicts, and nothing unread called a no."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from cipp_tui.domain.gdap_trace import TracedGroup
from cipp_tui.domain.gdap_verdicts import Fix, RoleVerdict, Trace, UserVerdicts, Verdict
from cipp_tui.domain.problems import Broken, Unsuited
from cipp_tui.domain.roles import EXPECTED, GLOBAL_ADMINISTRATOR, RoleId, role_name
from cipp_tui.domain.tenants import TenantId
from cipp_tui.simulator import Faults, Knobs, Simulator
from cipp_tui.simulator.directory_roles import HELPDESK_ADMINISTRATOR
from cipp_tui.simulator.rules import user_roles
from cipp_tui.simulator.world import Group, GroupAccess, Relationship, Tenant, User, World
from tests.support import House, HurriedClock, running_house, simulator_for

DAY_S = 86_400.0
FIRST, SECOND = EXPECTED[:2]


def customer(world: World) -> Tenant:
    """The first customer, its relationship emptied, for a test to fill."""
    tenant = next(t for t in world.tenants.values() if t is not world.partner)
    tenant.relationships[0].access = ()
    return tenant


def a_user(world: World, alias: str = "tracer") -> User:
    user = User(world.new_guid(), alias.title(), f"{alias}@blueyonder.example")
    world.users[user.id] = user
    return user


def a_group(world: World, name: str, *members: User | Group, assignable: bool = True) -> Group:
    group = Group(world.new_guid(), name, dict.fromkeys(m.id for m in members), assignable)
    world.groups[group.id] = group
    world.changed()
    return group


def give(
    tenant: Tenant, group: Group, *roles: RoleId, status: str = "active", place: int = 0
) -> None:
    relationship = tenant.relationships[place]
    relationship.access += (GroupAccess(group.id, roles, status),)


def another_relationship(world: World, tenant: Tenant, name: str) -> Relationship:
    first = tenant.relationships[0]
    made = Relationship(
        id=f"{world.new_guid()}-{world.partner.id}",
        name=name,
        customer_id=tenant.id,
        customer_name=tenant.name,
        roles=first.roles,
        status="active",
        created=first.created,
        activated=first.activated,
        ends=first.ends,
    )
    world.add_relationship(made)
    return made


def simulated(knobs: Knobs | None = None) -> tuple[HurriedClock, Simulator]:
    clock = HurriedClock()
    return clock, simulator_for(clock, tenants=3, up_to_date=1.0, knobs=knobs)


async def traced(house: House, tenant: Tenant, *users: str) -> Trace:
    return await house.session.inspection.trace(TenantId(tenant.id), users)


def of_role(user: UserVerdicts, role: RoleId) -> RoleVerdict:
    return next(one for one in user.roles if one.role == role)


def names(groups: Sequence[TracedGroup]) -> list[str]:
    return [group.name for group in groups]


async def test_the_verdicts_are_those_of_the_world_for_every_user(tmp_path: Path) -> None:
    clock, simulator = simulated()
    world = simulator.world
    tenant = next(t for t in world.tenants.values() if t is not world.partner)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        for user in world.users.values():
            (found,) = (await traced(house, tenant, user.upn)).users

            held = {one.role for one in found.roles if one.verdict is Verdict.ACCESS}
            assert held == user_roles(world, tenant, user, simulator.now)
            assert found.count(Verdict.UNKNOWN) == 0


async def test_a_nested_way_is_shown_group_by_group(tmp_path: Path) -> None:
    clock, simulator = simulated()
    world = simulator.world
    tenant, user = customer(world), a_user(world)
    low = a_group(world, "Night shift", user, assignable=False)
    middle = a_group(world, "Tier 2", low)
    give(tenant, a_group(world, "Readers", middle), FIRST)
    give(tenant, a_group(world, "Detour", a_group(world, "Further", middle)), FIRST)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        (found,) = (await traced(house, tenant, user.upn.upper())).users

    short, long = of_role(found, FIRST).ways
    assert names(short.groups) == ["Night shift", "Tier 2", "Readers"]
    assert names(long.groups) == ["Night shift", "Tier 2", "Further", "Detour"]
    assert names(short.loose) == ["Night shift"]


async def test_groups_in_a_circle_and_lists_in_pages_are_read_to_their_end(tmp_path: Path) -> None:
    clock, simulator = simulated(Knobs(page_size_cap=2))
    world = simulator.world
    tenant, user = customer(world), a_user(world)
    first = a_group(world, "First", user)
    second = a_group(world, "Second", first)
    first.members[second.id] = None
    for number in range(9):
        a_group(world, f"Other {number}", user)
    last = a_group(world, "Last", second)
    for role in EXPECTED:
        give(tenant, last, role)
    another_relationship(world, tenant, "Second one")
    another_relationship(world, tenant, "Third one")
    async with running_house(tmp_path, simulator, clock=clock) as house:
        trace = await traced(house, tenant, user.upn)

    assert trace.users[0].count(Verdict.ACCESS) == 15
    assert len(trace.relationships) == 3


async def test_how_an_assignment_stands_decides(tmp_path: Path) -> None:
    clock, simulator = simulated()
    world = simulator.world
    tenant, user = customer(world), a_user(world)
    group = a_group(world, "Readers", user)
    give(tenant, group, FIRST, status="pending")
    give(tenant, group, SECOND, status="error")
    async with running_house(tmp_path, simulator, clock=clock) as house:
        (found,) = (await traced(house, tenant, user.upn)).users

    pending, failed = of_role(found, FIRST), of_role(found, SECOND)
    assert (pending.verdict, pending.fix) == (Verdict.NOT_ASSIGNED, Fix.WAIT)
    assert (failed.verdict, failed.fix) == (Verdict.NOT_ASSIGNED, Fix.ASSIGN_TO_GROUP)
    assert failed.why == "its assignment to Readers is in error"


async def test_what_is_unreadable_is_unknown_and_what_was_read_stays(tmp_path: Path) -> None:
    clock, simulator = simulated()
    world = simulator.world
    tenant, user = customer(world), a_user(world)
    give(tenant, a_group(world, "Readers", user), FIRST)
    unread = another_relationship(world, tenant, "Locked")
    unread.roles, unread.access_readable = (FIRST, SECOND), False
    async with running_house(tmp_path, simulator, clock=clock) as house:
        (found,) = (await traced(house, tenant, user.upn)).users

    assert of_role(found, FIRST).verdict is Verdict.ACCESS
    second = of_role(found, SECOND)
    assert (second.verdict, second.fix) == (Verdict.UNKNOWN, Fix.READ_AGAIN)
    assert second.why == "the assignments of Locked: 403 Authorization_RequestDenied"
    assert of_role(found, EXPECTED[2]).verdict is Verdict.NOT_ASSIGNED


@pytest.mark.parametrize("hidden", ["on the way", "with the role"])
async def test_a_group_that_cannot_be_read_is_no_no(tmp_path: Path, hidden: str) -> None:
    clock, simulator = simulated()
    world = simulator.world
    tenant, user = customer(world), a_user(world)
    low = a_group(world, "Low", user)
    high = a_group(world, "High") if hidden == "with the role" else a_group(world, "High", low)
    give(tenant, high, FIRST)
    (high if hidden == "with the role" else low).readable = False
    async with running_house(tmp_path, simulator, clock=clock) as house:
        (found,) = (await traced(house, tenant, user.upn)).users

    assert of_role(found, FIRST).verdict is Verdict.UNKNOWN
    assert "403 Authorization_RequestDenied" in of_role(found, FIRST).why


async def test_a_page_that_is_lost_leaves_the_rest_unknown(tmp_path: Path) -> None:
    clock, simulator = simulated(Knobs(page_size_cap=1))
    world = simulator.world
    tenant, user = customer(world), a_user(world)
    group = a_group(world, "Readers", user)
    give(tenant, group, FIRST)
    give(tenant, group, SECOND)
    lost = {"route": "access-assignments.list", "action": "status", "status": 403, "nth": 2}
    async with running_house(tmp_path, simulator, clock=clock) as house:
        simulator.faults = Faults.script([lost])
        (found,) = (await traced(house, tenant, user.upn)).users

    assert of_role(found, FIRST).verdict is Verdict.ACCESS
    assert of_role(found, SECOND).verdict is Verdict.UNKNOWN


async def test_a_link_to_another_host_is_not_followed_and_not_taken_for_the_end(
    tmp_path: Path,
) -> None:
    clock, simulator = simulated(Knobs(page_size_cap=1))
    world = simulator.world
    tenant, user = customer(world), a_user(world)
    roles = EXPECTED[:3]
    for role in roles:
        give(tenant, a_group(world, role_name(role), user), role)
    foreign = {"route": "users.member-of", "action": "foreign-next-link", "nth": 1}
    async with running_house(tmp_path, simulator, clock=clock) as house:
        simulator.faults = Faults.script([foreign])
        (found,) = (await traced(house, tenant, user.upn)).users

    said = [of_role(found, role).verdict for role in roles]
    assert said == [Verdict.ACCESS, Verdict.ACCESS, Verdict.UNKNOWN]


async def test_relationships_that_cannot_be_listed_are_a_problem_not_an_empty_answer(
    tmp_path: Path,
) -> None:
    clock, simulator = simulated()
    tenant = customer(simulator.world)
    down = {"route": "relationships.list", "action": "status", "status": 503}
    async with running_house(tmp_path, simulator, clock=clock) as house:
        simulator.faults = Faults.script([down])

        with pytest.raises(Broken):
            await traced(house, tenant, "cipp-service@blueyonder.example")


async def test_the_users_own_state_is_told(tmp_path: Path) -> None:
    clock, simulator = simulated()
    world = simulator.world
    tenant = customer(world)
    disabled, guest = a_user(world, "disabled"), a_user(world, "guest#ext#")
    disabled.enabled, guest.guest = False, True
    async with running_house(tmp_path, simulator, clock=clock) as house:
        one, two = (await traced(house, tenant, disabled.upn, guest.upn)).users
        (nobody,) = (await traced(house, tenant, "nobody@blueyonder.example")).users

    assert one.user is not None
    assert (one.user.enabled, one.user.guest) == (False, False)
    assert two.user is not None
    assert (two.user.enabled, two.user.guest) == (True, True)
    assert (nobody.user, nobody.roles) == (None, ())


async def test_two_users_are_traced_at_once_and_share_their_groups(tmp_path: Path) -> None:
    clock, simulator = simulated()
    world = simulator.world
    tenant, one, two = customer(world), a_user(world, "one"), a_user(world, "two")
    shared = a_group(world, "Shared", one, two)
    give(tenant, a_group(world, "Readers", shared), FIRST)
    give(tenant, a_group(world, "Only one", one), SECOND)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await traced(house, tenant, one.upn)
        simulator.reset_log()
        first, second = (await traced(house, tenant, one.upn, two.upn)).users

        asked = [entry.url for log in simulator.log for entry in log.inner]

    assert of_role(first, SECOND).verdict is Verdict.ACCESS
    assert of_role(second, SECOND).verdict is Verdict.NOT_MEMBER
    assert of_role(second, FIRST).verdict is Verdict.ACCESS
    assert sum(shared.id in url for url in asked) == 1


async def test_a_trace_is_a_handful_of_requests_and_writes_nothing(tmp_path: Path) -> None:
    clock, simulator = simulated()
    world = simulator.world
    tenant = next(t for t in world.tenants.values() if t is not world.partner)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        simulator.reset_log()
        await traced(house, tenant, world.service_user.upn, "adele.vance@blueyonder.example")

        assert {entry.route for entry in simulator.log} <= {"batch", "token"}
        assert {one.method for entry in simulator.log for one in entry.inner} == {"GET"}
        assert sum(entry.route == "batch" for entry in simulator.log) <= 7


async def test_excluded_failing_and_unlisted_tenants_are_traced_by_their_id(tmp_path: Path) -> None:
    clock, simulator = simulated()
    world = simulator.world
    tenant, user = customer(world), a_user(world)
    give(tenant, a_group(world, "Readers", user), FIRST)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        unlisted = await traced(house, tenant, user.upn)
        await house.read_list()
        await house.session.acts.exclude([TenantId(tenant.id)], "left us")
        excluded = await traced(house, tenant, user.upn)

    for trace in (unlisted, excluded):
        assert of_role(trace.users[0], FIRST).verdict is Verdict.ACCESS


async def test_our_own_tenant_is_not_traced(tmp_path: Path) -> None:
    clock, simulator = simulated()
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()

        with pytest.raises(Unsuited, match="own tenant"):
            await traced(house, simulator.world.partner, "adele.vance@blueyonder.example")


async def test_unusual_roles_are_found_with_their_names(tmp_path: Path) -> None:
    clock, simulator = simulated()
    world = simulator.world
    tenant, user = customer(world), a_user(world)
    tenant.relationships[0].roles += (GLOBAL_ADMINISTRATOR, HELPDESK_ADMINISTRATOR)
    give(tenant, a_group(world, "Owners", user), GLOBAL_ADMINISTRATOR)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        trace = await traced(house, tenant, user.upn)

    assert trace.roles[15:] == (GLOBAL_ADMINISTRATOR, RoleId(HELPDESK_ADMINISTRATOR))
    assert trace.role_names[RoleId(HELPDESK_ADMINISTRATOR)] == "Helpdesk Administrator"
    assert role_name(RoleId(HELPDESK_ADMINISTRATOR)) == HELPDESK_ADMINISTRATOR
    assert of_role(trace.users[0], GLOBAL_ADMINISTRATOR).verdict is Verdict.ACCESS


async def test_throttling_and_outages_are_waited_out(tmp_path: Path) -> None:
    clock, simulator = simulated()
    world = simulator.world
    tenant = next(t for t in world.tenants.values() if t is not world.partner)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        simulator.faults = Faults.preset("storm", seed=3)
        (found,) = (await traced(house, tenant, world.service_user.upn)).users

    assert found.count(Verdict.ACCESS) == 15


async def test_what_is_read_is_told_on_the_way(tmp_path: Path) -> None:
    clock, simulator = simulated()
    tenant = customer(simulator.world)
    told: list[str] = []
    async with running_house(tmp_path, simulator, clock=clock) as house:
        user = simulator.world.service_user.upn
        await house.session.inspection.trace(TenantId(tenant.id), [user], told.append)

    assert told[0] == "Reading relationships and users"
