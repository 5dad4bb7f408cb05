"""When a run stops by itself, and how long one tenant can hold a worker."""

import pytest

from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.problems import Broken, Refused, Throttled
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.error_rate import NEWEST, ErrorRate
from cipp_tui.simulator import Faults
from cipp_tui.simulator.plant import plant
from tests.crash.histories import Explorer
from tests.crash.house import SmallHouse
from tests.crash.lane import Hit, Silence
from tests.crash.small_world import customers, holding


def ids(house: SmallHouse) -> list[TenantId]:
    return [TenantId(tenant.id) for tenant in customers(house.simulator.world)]


def down(route: str, **facts: object) -> Faults:
    return Faults.script([{"route": route, "action": "status", "status": 503, **facts}])


async def test_a_run_stops_when_a_service_fails_for_everybody_and_says_that_one_thing(
    explorer: Explorer,
) -> None:
    start = await explorer.beginning(60)
    async with explorer.playing(start) as (house, _):
        house.simulator.faults = down("batch")

        view = await house.session.acts.refresh(ids(house))
        view = await house.session.jobs.finished(view.id)

        assert isinstance(view.fleet_wide, Broken)
        assert "of the last 20 tenants failed alike" in view.fleet_wide.message
        assert NEWEST <= view.failed <= NEWEST + 6
        assert view.stopped == 60 - view.failed
        assert any("one cause for all" in news.text for news in house.session.news.all)

        house.simulator.faults = Faults.none()
        again = await house.session.acts.retry(view.id)
        again = await house.session.jobs.finished(again.id)
        assert (again.total, again.unchanged) == (60, 60)


async def test_a_service_that_breaks_down_late_is_noticed_as_soon(explorer: Explorer) -> None:
    start = await explorer.beginning(120)
    async with explorer.playing(start) as (house, _):
        house.simulator.faults = down("batch", nth=80, count=100_000)

        view = await house.session.acts.refresh(ids(house))
        view = await house.session.jobs.finished(view.id)

        assert view.fleet_wide is not None
        assert view.unchanged >= 70
        assert view.failed <= NEWEST


async def test_what_tenants_refuse_by_themselves_stops_nobody_else(explorer: Explorer) -> None:
    start = await explorer.beginning(40)
    async with explorer.playing(start) as (house, _):
        for one in ids(house)[:30]:
            plant(house.simulator.world, one, "ca-blocked")

        view = await house.session.acts.refresh(ids(house))
        view = await house.session.jobs.finished(view.id)

        assert view.fleet_wide is None
        assert (view.failed, view.unchanged, view.stopped) == (30, 10, 0)


def test_a_few_of_many_are_no_common_cause() -> None:
    rate = ErrorRate()
    for number in range(400):
        problem = Throttled("slow down", host="graph") if number % 3 == 0 else None
        assert rate.more(problem) is None


def test_different_causes_are_no_common_cause() -> None:
    rate = ErrorRate()
    for number in range(200):
        problem = Throttled("slow down", host="a") if number % 2 else Broken("broken", host="b")
        assert rate.more(problem) is None


def test_a_refusal_is_never_a_common_cause() -> None:
    rate = ErrorRate()
    assert all(rate.more(Refused("no", code="AADSTS53003")) is None for _ in range(200))


@pytest.mark.parametrize("action", ["refresh", "reset"])
async def test_a_service_that_never_answers_holds_a_worker_until_the_deadline_only(
    explorer: Explorer, action: str
) -> None:
    start = await explorer.beginning(3)
    async with explorer.playing(start) as (house, _):
        quiet, *_ = ids(house)
    silence = Silence(quiet)
    async with explorer.playing(start, (Hit(0, silence),), concurrency=1, step_deadline_s=0.05) as (
        house,
        _,
    ):
        act = house.session.acts.refresh if action == "refresh" else house.session.acts.reset
        view = await act(ids(house) if action == "refresh" else [quiet])
        view = await house.session.jobs.finished(view.id)

        (failed,) = [i for i in house.session.jobs.items(view.id) if i.tenant == quiet]
        assert failed.progress.outcome is Outcome.FAILED
        assert failed.progress.problem is not None
        assert failed.progress.problem.code == "deadline"
        if action == "refresh":
            assert (view.failed, view.unchanged) == (1, 2)
        assert not any(call.method == "DELETE" for call in house.lane.sent)


async def test_a_taking_that_is_never_answered_is_given_back_after_the_deadline(
    explorer: Explorer,
) -> None:
    start = await explorer.beginning()
    silence = Hit(0, Silence("/applicationconsents/"))
    async with explorer.playing(start, (silence,), step_deadline_s=0.05) as (house, _):
        (one,) = ids(house)
        view = await house.session.acts.reset([one])
        view = await house.session.jobs.finished(view.id)

        assert view.restored == 1
        assert holding(house.simulator.world, one).whole
