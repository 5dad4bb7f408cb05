"""What is looked at before a reset takes anything away: the world of this moment, not the list."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cipp_tui.api.backend import Preflight
from cipp_tui.domain.tenants import TenantId
from cipp_tui.simulator import Faults, Knobs, Simulator
from cipp_tui.simulator.directory_roles import MAY_CONSENT
from cipp_tui.simulator.world import Relationship
from tests.support import House, HurriedClock, running_house, simulator_for

HOUR_S = 3600.0

Change = Callable[[Relationship, float], None]


def customer(house: House) -> TenantId:
    partner = house.world.partner.id
    return sorted(row.id for row in house.session.fleet.rows() if row.id != partner)[0]


def relationships(simulator: Simulator, tenant: str) -> list[Relationship]:
    return simulator.world.tenants[tenant].relationships


def deletes(simulator: Simulator) -> int:
    return simulator.counts().get("consent.delete", 0)


def ends_in(hours: float, *, auto_extend: str = "PT0S") -> Change:
    def change(relationship: Relationship, now: float) -> None:
        relationship.ends = now + hours * HOUR_S
        relationship.auto_extend = auto_extend

    return change


def is_terminated(relationship: Relationship, now: float) -> None:
    relationship.status = "terminated"
    relationship.ends = now - HOUR_S


def is_being_terminated(relationship: Relationship, _now: float) -> None:
    relationship.status = "terminationRequested"


def loses_the_roles_that_consent(relationship: Relationship, _now: float) -> None:
    """The groups keep theirs, as long as Microsoft takes to notice."""
    relationship.roles = tuple(role for role in relationship.roles if role not in MAY_CONSENT)


async def reset_after(
    folder: Path, change: Callable[[House, TenantId], None], **simulated: object
) -> tuple[Preflight, str, int, int]:
    """The list is read, then something changes; what the checks say, and what a reset does."""
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0, **simulated)  # type: ignore[arg-type]
    async with running_house(folder, simulator, clock=clock) as house:
        await house.read_list()
        one = customer(house)
        change(house, one)
        house.world.changed()

        told = await house.session.inspection.preflight(one)
        view = await house.session.acts.reset([one])
        view = await house.session.jobs.finished(view.id)

        problem = house.session.jobs.items(view.id)[0].progress.problem
        return told, problem.message if problem else "", view.changed, deletes(simulator)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (ends_in(6), "ends in 5 hours"),
        (ends_in(0.5), "ends within two hours"),
        (ends_in(-1), "has ended"),
        (is_terminated, "was terminated"),
        (is_being_terminated, "is being terminated"),
        (loses_the_roles_that_consent, "Application, Cloud Application or Global Administrator"),
    ],
)
async def test_what_changed_since_the_list_was_read_is_noticed(
    tmp_path: Path, change: Change, words: str
) -> None:
    def happens(house: House, one: TenantId) -> None:
        for relationship in relationships(house.simulator, one):
            change(relationship, house.simulator.now)

    told, reason, changed, deleted = await reset_after(tmp_path, happens)

    assert not told.good
    assert words in told.reason
    assert words in reason
    assert (changed, deleted) == (0, 0)


async def test_a_relationship_that_extends_by_itself_may_end_today(tmp_path: Path) -> None:
    def happens(house: House, one: TenantId) -> None:
        for relationship in relationships(house.simulator, one):
            ends_in(6, auto_extend="P180D")(relationship, house.simulator.now)

    told, _, changed, deleted = await reset_after(tmp_path, happens)

    assert told.good, told.reason
    assert (changed, deleted) == (1, 1)


async def test_a_relationship_that_is_not_there_any_more_is_said_to_be_gone(tmp_path: Path) -> None:
    def happens(house: House, one: TenantId) -> None:
        for relationship in relationships(house.simulator, one):
            del house.world.relationships[relationship.id]

    told, reason, _, deleted = await reset_after(tmp_path, happens)

    assert "not there any more" in told.reason
    assert "not there any more" in reason
    assert deleted == 0


@pytest.mark.parametrize("route", ["relationships.get", "access-assignments.list"])
@pytest.mark.parametrize("status", [403, 500])
async def test_what_cannot_be_read_is_no_good_answer(
    tmp_path: Path, route: str, status: int
) -> None:
    def happens(house: House, _one: TenantId) -> None:
        house.simulator.faults = Faults.script(
            [{"route": route, "action": "status", "status": status}]
        )

    told, reason, changed, deleted = await reset_after(tmp_path, happens)

    assert "could not" in told.reason
    assert "could not" in reason
    assert (changed, deleted) == (0, 0)


async def test_an_answer_of_another_shape_is_no_good_answer(tmp_path: Path) -> None:
    def happens(house: House, _one: TenantId) -> None:
        house.simulator.faults = Faults.script(
            [{"route": "batch", "tenant": house.world.partner.id, "action": "wrong-shape"}]
        )

    told, reason, _, deleted = await reset_after(tmp_path, happens)

    assert "could not" in told.reason
    assert "could not" in reason
    assert deleted == 0


@pytest.mark.parametrize("good_one_first", [True, False])
async def test_any_good_relationship_of_several_is_enough(
    tmp_path: Path, good_one_first: bool
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        one = sorted(t for t in house.world.tenants if t != house.world.partner.id)[0]
        second = replace(
            relationships(simulator, one)[0], id=f"{house.world.new_guid()}-second", name="GDAP 2"
        )
        house.world.add_relationship(second)
        await house.read_list()
        pair = relationships(simulator, one)
        is_terminated(pair[1 if good_one_first else 0], simulator.now)
        house.world.changed()

        told = await house.session.inspection.preflight(TenantId(one))
        assert told.good, told.reason

        is_terminated(pair[0 if good_one_first else 1], simulator.now)
        house.world.changed()
        told = await house.session.inspection.preflight(TenantId(one))
        assert "was terminated" in told.reason


async def test_one_that_cannot_be_read_spoils_no_good_one(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        one = sorted(t for t in house.world.tenants if t != house.world.partner.id)[0]
        first = relationships(simulator, one)[0]
        house.world.add_relationship(
            replace(first, id=f"{house.world.new_guid()}-second", access_readable=False)
        )
        await house.read_list()

        told = await house.session.inspection.preflight(TenantId(one))
        assert told.good, told.reason

        is_terminated(first, simulator.now)
        house.world.changed()
        told = await house.session.inspection.preflight(TenantId(one))
        assert "could not check who may consent" in told.reason


async def test_assignments_on_a_later_page_count(tmp_path: Path) -> None:
    """A page holds one assignment; the one that matters is the last."""
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0, knobs=Knobs(page_size_cap=1))
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customer(house)
        for relationship in relationships(simulator, one):
            relationship.access = tuple(
                sorted(relationship.access, key=lambda a: MAY_CONSENT.issuperset(a.roles))
            )
        house.world.changed()

        told = await house.session.inspection.preflight(one)
        assert told.good, told.reason

        simulator.faults = Faults.script(
            [{"route": "access-assignments.list", "action": "status", "status": 403, "nth": 3}]
        )
        told = await house.session.inspection.preflight(one)
        assert "could not check who may consent" in told.reason


async def test_a_next_page_on_another_host_is_not_followed(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0, knobs=Knobs(page_size_cap=1))
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customer(house)
        for relationship in relationships(simulator, one):
            relationship.access = tuple(
                sorted(relationship.access, key=lambda a: MAY_CONSENT.issuperset(a.roles))
            )
        house.world.changed()
        simulator.faults = Faults.script(
            [{"route": "access-assignments.list", "action": "foreign-next-link"}]
        )

        told = await house.session.inspection.preflight(one)

        assert "could not check who may consent" in told.reason
        assert "another host" in told.reason


@pytest.mark.parametrize("how_many", [1, 10])
async def test_it_costs_one_request_and_the_look_at_partner_center(
    tmp_path: Path, how_many: int
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        one = sorted(t for t in house.world.tenants if t != house.world.partner.id)[0]
        for number in range(how_many - 1):
            house.world.add_relationship(
                replace(relationships(simulator, one)[0], id=f"{house.world.new_guid()}-{number}")
            )
        await house.read_list()
        simulator.reset_log()

        told = await house.session.inspection.preflight(TenantId(one))

        assert told.good, told.reason
        graph = [entry.route for entry in simulator.log if entry.service == "graph"]
        assert graph == ["batch"]
        assert len(simulator.log[0].inner) == 2 * how_many


async def test_a_token_that_is_refused_is_no_verdict_on_the_relationship(tmp_path: Path) -> None:
    """The machine slept: our token is old before its time. A new one is asked for."""
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customer(house)
        simulator.faults = Faults.script(
            [
                {
                    "route": "batch",
                    "tenant": house.world.partner.id,
                    "action": "status",
                    "status": 401,
                    "nth": 1,
                }
            ]
        )

        view = await house.session.acts.reset([one])
        view = await house.session.jobs.finished(view.id)

        assert view.changed == 1
