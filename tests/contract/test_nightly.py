"""A night's work against the simulator: the list, what was interrupted, and everybody due."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from cipp_tui.domain.fleet import Standing, TenantRow
from cipp_tui.domain.jobs import Action
from cipp_tui.domain.problems import SignInProblem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.nightly import NightEnd, NightMemory, run_night, watch
from cipp_tui.services.suits import LeftOut
from cipp_tui.services.views import JobView
from cipp_tui.simulator import Faults, Simulator
from cipp_tui.simulator.plant import plant
from cipp_tui.simulator.rules import holds_wanted_set
from tests.support import House, HurriedClock, running_house, simulator_for


@dataclass(slots=True)
class Heard:
    """Follows jobs to their end, and keeps what it was told."""

    house: House
    left_out: list[LeftOut] = field(default_factory=list)
    jobs: list[JobView] = field(default_factory=list)
    ends_after: int = 99  # jobs, then somebody wants the run to end

    async def follow(self, view: JobView | None, left_out: Sequence[LeftOut]) -> bool:
        self.left_out += left_out
        if view is not None:
            self.jobs.append(await self.house.session.jobs.finished(view.id))
        return len(self.jobs) < self.ends_after


def customers(house: House) -> list[TenantId]:
    partner = house.world.partner.id
    return sorted(row.id for row in house.session.fleet.rows() if row.id != partner)


def row_of(house: House, tenant: TenantId) -> TenantRow:
    row = house.session.fleet.row(tenant)
    assert row is not None
    return row


def small(clock: HurriedClock, *, tenants: int = 5, latency_ms: float = 0.0) -> Simulator:
    return simulator_for(clock, tenants=tenants, up_to_date=1.0, latency_ms=latency_ms)


async def test_every_night_looks_at_everybody_and_gives_what_is_missing(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = small(clock)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await run_night(house.session, Heard(house).follow)
        await clock.sleep(timedelta(days=1).total_seconds())
        lacking = customers(house)[3]
        plant(house.world, lacking, "missing-roles")
        simulator.reset_log()

        report = await run_night(house.session, Heard(house).follow)

        (job,) = report.jobs
        assert (job.total, job.changed, job.unchanged) == (6, 1, 5)
        assert holds_wanted_set(simulator.world, simulator.world.tenants[lacking])
        assert report.selected is not None
        assert report.selected.reasons == {}  # nobody was due
        assert report.failed == ()


async def test_who_is_due_comes_first_and_the_most_urgent_before_the_others(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    async with running_house(tmp_path, small(clock), clock=clock) as house:
        await house.read_list()
        never, failed, *others = customers(house)
        await house.refreshed(others)
        plant(house.world, failed, "ca-blocked")
        await house.refreshed([failed])
        await clock.sleep(timedelta(days=1).total_seconds())

        report = await run_night(house.session, Heard(house).follow)

        assert report.selected is not None
        taken = [row.id for row in report.selected.selection.taken]
        partner = TenantId(house.world.partner.id)
        assert set(taken[:2]) == {never, partner}
        assert taken[2] == failed
        assert set(taken[3:]) == set(others)


async def test_failures_are_new_once_and_then_left_to_their_back_off(tmp_path: Path) -> None:
    clock = HurriedClock()
    async with running_house(tmp_path, small(clock), clock=clock) as house:
        await house.read_list()
        old, new, *_ = customers(house)
        plant(house.world, old, "ca-blocked")
        await house.refreshed([old])
        await clock.sleep(timedelta(days=1).total_seconds())
        plant(house.world, new, "ca-blocked")

        first = await run_night(house.session, Heard(house).follow)
        await clock.sleep(timedelta(days=1).total_seconds())
        heard = Heard(house)
        second = await run_night(house.session, heard.follow)

        assert [row.id for row in first.failed] == [new, old]
        assert first.newly_failed == {new}
        assert [row.id for row in second.failed] == [new]  # a day has passed for it, two not yet
        assert second.newly_failed == frozenset()
        assert second.selected is not None
        assert [row.id for row in second.selected.backing_off] == [old]
        (left_out,) = heard.left_out
        assert left_out.reason.startswith("2 failures in a row (2 sign-in), left to its back-off")


async def test_the_first_night_of_those_due_refreshes_all_the_second_nobody(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    async with running_house(tmp_path, small(clock), clock=clock) as house:
        heard = Heard(house)
        first = await run_night(house.session, heard.follow, due_only=True)
        assert first.selected is not None
        assert first.selected.reasons == {"never refreshed": 6}
        assert (first.reading.seen, first.list_problem) == (6, None)
        assert [(job.action, job.done) for job in first.jobs] == [(Action.REFRESH, 6)]
        (entry, *_) = await house.session.past.audit()
        assert entry.reason == "nightly"

        await clock.sleep(timedelta(days=1).total_seconds())
        second = await run_night(house.session, heard.follow, due_only=True)

        assert second.jobs == []
        assert second.selected is not None
        assert not second.selected.selection.taken
        await clock.sleep(timedelta(days=6).total_seconds())
        third = await run_night(house.session, heard.follow, due_only=True)
        assert third.selected is not None
        assert third.selected.reasons == {"age": 6}


async def test_excluded_and_gone_tenants_are_left_alone(tmp_path: Path) -> None:
    clock = HurriedClock()
    async with running_house(tmp_path, small(clock), clock=clock) as house:
        await house.read_list()
        excluded, gone, *others = customers(house)
        await house.session.acts.exclude([excluded])
        plant(house.world, gone, "relationship-ended", now=clock.now().timestamp())

        report = await run_night(house.session, Heard(house).follow)

        assert report.selected is not None
        taken = {row.id for row in report.selected.selection.taken}
        assert taken == {*others, TenantId(house.world.partner.id)}
        assert row_of(house, gone).standing is Standing.GONE


async def test_a_list_that_cannot_be_read_still_refreshes_those_known(tmp_path: Path) -> None:
    clock = HurriedClock()
    async with running_house(tmp_path, small(clock), clock=clock) as house:
        await house.read_list()
        house.simulator.faults = Faults.script(
            [{"route": "relationships*", "action": "status", "status": 403}]
        )

        report = await run_night(house.session, Heard(house).follow)

        assert report.list_problem is not None
        assert [job.done for job in report.jobs] == [6]


async def test_who_needs_a_human_is_named_and_left_out_with_the_reason(tmp_path: Path) -> None:
    clock = HurriedClock()
    async with running_house(tmp_path, small(clock), clock=clock) as house:
        await house.read_list()
        stuck, *others = customers(house)
        plant(house.world, stuck, "ca-blocked")
        for _ in range(8):
            await house.refreshed([stuck])
        heard = Heard(house)

        report = await run_night(house.session, heard.follow)

        assert [row.id for row in report.needs_human] == [stuck]
        assert report.suspended == ()
        (left_out,) = heard.left_out
        assert left_out.row.id == stuck
        assert left_out.reason.startswith("needs a human: 8 failures in a row (8 sign-in) since")
        assert "Conditional Access" in left_out.reason
        assert row_of(house, stuck).standing is Standing.STUCK
        assert report.jobs[0].total == len(others) + 1


async def test_suspended_tenants_are_named_can_be_refreshed_by_hand_and_come_back(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    async with running_house(tmp_path, small(clock), clock=clock, suspend_after=3) as house:
        await house.read_list()
        bad = customers(house)[0]
        plant(house.world, bad, "ca-blocked")
        for _ in range(3):
            await house.refreshed([bad])
        assert row_of(house, bad).standing is Standing.SUSPENDED
        assert any("suspended" in news.text for news in house.session.news.all)

        report = await run_night(house.session, Heard(house).follow)
        assert [row.id for row in report.suspended] == [bad]

        await house.refreshed([bad])
        assert row_of(house, bad).standing is Standing.SUSPENDED
        house.world.tenants[bad].refusal = None
        view = await house.session.acts.clear_failures([bad])
        await house.session.jobs.finished(view.id)
        assert row_of(house, bad).standing is Standing.MANAGED


async def test_failures_wait_one_two_and_four_days_between_the_nights(tmp_path: Path) -> None:
    clock = HurriedClock()
    async with running_house(tmp_path, small(clock), clock=clock) as house:
        await house.read_list()
        bad = customers(house)[0]
        plant(house.world, bad, "ca-blocked")
        tried: list[int] = []
        for night in range(12):
            before = row_of(house, bad).failures
            await run_night(house.session, Heard(house).follow)
            after = row_of(house, bad).failures
            assert after is not None
            if before is None or after.count > before.count:
                tried.append(night)
            await clock.sleep(timedelta(days=1).total_seconds())

    assert tried == [0, 1, 3, 7]


async def test_an_interrupted_refresh_is_resumed_before_new_work(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = small(clock, tenants=30, latency_ms=5)
    async with running_house(tmp_path, simulator, clock=clock, concurrency=2) as house:
        await house.read_list()
        *some, last = customers(house)[:20]
        left_early = await house.session.acts.refresh([*some, last])

    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.session.acts.exclude([last])
        left = house.session.jobs.interrupted[left_early.id]
        assert left >= 15

        report = await run_night(house.session, Heard(house).follow, due_only=True)

        resumed, new = report.jobs
        assert resumed.id == left_early.id < new.id
        assert report.resumed == resumed.total == resumed.unchanged == left - 1
        assert new.total == 30 + 1 - 20
        assert house.session.jobs.interrupted == {}
        assert row_of(house, last).permissions is None  # excluded meanwhile
        rest = [row for row in house.session.fleet.rows() if row.id != last]
        assert all(row.permissions is not None for row in rest)


async def test_an_interrupted_reset_is_left_to_a_human(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = small(clock, latency_ms=5)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        view = await house.session.acts.reset(customers(house))

    async with running_house(tmp_path, simulator, clock=clock) as house:
        left = house.session.jobs.interrupted[view.id]
        assert left >= 3
        taken = len([entry for entry in simulator.log if entry.route == "consent.delete"])

        heard = Heard(house)
        report = await run_night(house.session, heard.follow)

        assert report.left_alone == house.session.jobs.interrupted == {view.id: left}
        assert len(heard.left_out) == left
        assert all("cipp-tui jobs resume 1" in one.reason for one in heard.left_out)
        assert report.resumed == 0
        assert taken == len([entry for entry in simulator.log if entry.route == "consent.delete"])
        assert all(job.action is Action.REFRESH for job in report.jobs)


async def test_a_sign_in_that_has_ended_is_one_problem_and_no_tenant_is_blamed(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    async with running_house(tmp_path, small(clock), clock=clock) as house:
        await house.read_list()
        plant(house.world, None, "refresh-token-revoked", now=clock.now().timestamp())
        await clock.sleep(timedelta(days=1).total_seconds())

        with pytest.raises(SignInProblem):
            await run_night(house.session, Heard(house).follow)

        assert all(row.failures is None for row in house.session.fleet.rows())


async def test_a_run_that_is_to_end_begins_nothing_new(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = small(clock, tenants=30, latency_ms=5)
    async with running_house(tmp_path, simulator, clock=clock, concurrency=2) as house:
        await house.read_list()
        await house.session.acts.refresh(customers(house)[:20])

    async with running_house(tmp_path, simulator, clock=clock) as house:
        report = await run_night(house.session, Heard(house, ends_after=1).follow)

        assert len(report.jobs) == 1
        assert report.selected is None


async def test_a_watch_of_nine_nights_over_those_due_refreshes_everybody_twice(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    simulator = small(clock)
    nights: list[dict[str, int]] = []

    async def run() -> NightEnd:
        async with running_house(tmp_path, simulator, clock=clock) as house:
            report = await run_night(house.session, Heard(house).follow, due_only=True)
        assert report.selected is not None
        nights.append(dict(report.selected.reasons))
        return NightEnd.LEAVE if len(nights) == 9 else NightEnd.ENDED

    planned: list[datetime] = []
    memory = NightMemory(tmp_path, clock)
    await watch(clock, time(3, 15), memory, run=run, planned_for=planned.append)

    nobody: dict[str, int] = {}
    assert nights == [{"never refreshed": 6}, *[nobody] * 6, {"age": 6}, nobody]
    assert len(planned) == 9
    assert {(moment.hour, moment.minute) for moment in planned} == {(3, 15)}


async def test_a_watch_of_three_nights_looks_at_everybody_every_night(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = small(clock)
    looked_at: list[int] = []

    async def run() -> NightEnd:
        async with running_house(tmp_path, simulator, clock=clock) as house:
            report = await run_night(house.session, Heard(house).follow)
        looked_at.append(sum(job.changed + job.unchanged for job in report.jobs))
        return NightEnd.LEAVE if len(looked_at) == 3 else NightEnd.ENDED

    memory = NightMemory(tmp_path, clock)
    await watch(clock, time(3, 15), memory, run=run, planned_for=lambda _: None)

    assert looked_at == [6, 6, 6]
