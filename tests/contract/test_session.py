"""What an admin does, and what is there after a restart."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from cipp_tui.api.token_store import FileTokenStore
from cipp_tui.domain.fleet import Standing
from cipp_tui.domain.jobs import Action, Outcome
from cipp_tui.domain.problems import Broken, SignInProblem, Unsuited
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.views import SignInState
from cipp_tui.simulator import Addresses, Faults
from tests.support import ACTOR, House, HurriedClock, running_house, simulator_for


def customers(house: House) -> list[TenantId]:
    partner = house.world.partner.id
    return sorted(row.id for row in house.session.fleet.rows() if row.id != partner)


async def test_an_exclusion_with_who_when_and_why_survives_a_restart(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        view = await house.session.acts.exclude([one], "left us")
        assert view.changed == 1

    async with running_house(tmp_path, simulator, clock=clock) as house:
        row = house.session.fleet.row(one)
        assert row is not None
        assert row.standing is Standing.EXCLUDED
        assert row.exclusion is not None
        assert (row.exclusion.by, row.exclusion.reason) == (ACTOR, "left us")


async def test_taking_back_an_include_puts_the_old_exclusion_back(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        await house.session.acts.exclude([one], "left us")
        row = house.session.fleet.row(one)
        assert row is not None
        before = row.exclusion
        await house.session.acts.include([one])
        assert house.session.acts.undoable == (Action.INCLUDE, (one,))

        await house.session.acts.undo()

        row = house.session.fleet.row(one)
        assert row is not None
        assert row.exclusion == before


async def test_two_keys_in_a_row_do_not_begin_a_tenant_twice(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]

        begun = await asyncio.gather(
            house.session.acts.reset([one], reason="one"),
            house.session.acts.reset([one], reason="and again"),
        )
        ended = [await house.session.jobs.finished(view.id) for view in begun]

        taken_away = [r for r in simulator.log if r.method == "DELETE"]
        assert [view.total for view in ended] == [1, 0]
        assert len(taken_away) == 1


async def test_an_action_takes_only_whom_it_fits(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=4, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        ids = customers(house)
        await house.session.acts.exclude(ids[:1])

        view = await house.session.acts.exclude([*ids, TenantId(simulator.world.partner.id)])

        assert view.total == 3


async def test_a_removed_tenant_comes_back_with_the_next_reading_unless_excluded(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=4, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        first, second, *_ = customers(house)
        await house.session.acts.remove([first])
        await house.session.acts.remove([second], exclude=True)
        assert house.session.fleet.row(first) is None

        await house.read_list()

        assert house.session.fleet.row(first) is not None
        again = house.session.fleet.row(second)
        assert again is not None
        assert again.standing is Standing.EXCLUDED


async def test_history_tells_who_did_what(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        await house.refreshed([one])
        await house.session.acts.exclude([one], "left us")

        newest, older = await house.session.past.of_tenant(one)

        assert (newest.action, newest.actor, newest.reason) == (Action.EXCLUDE, ACTOR, "left us")
        assert (older.action, older.outcome) == (Action.REFRESH, Outcome.UNCHANGED)


async def test_a_read_only_profile_refuses_every_write(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock, read_only=True) as house:
        await house.read_list()
        one = customers(house)[0]

        assert house.session.acts.why_off(Action.EXCLUDE) == "this profile is read-only (lab)"
        with pytest.raises(Unsuited, match="read-only"):
            await house.session.acts.exclude([one])
        with pytest.raises(Unsuited, match="read-only"):
            await house.session.acts.refresh([one])


async def test_a_stopped_job_starts_nothing_more_and_can_be_retried(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=30, up_to_date=1.0, latency_ms=5)
    async with running_house(tmp_path, simulator, clock=clock, concurrency=2) as house:
        await house.read_list()
        ids = customers(house)

        view = await house.session.acts.refresh(ids)
        house.session.jobs.stop(view.id)
        view = await house.session.jobs.finished(view.id)
        again = await house.session.acts.retry(view.id)
        again = await house.session.jobs.finished(again.id)

        assert view.stopped >= 28
        assert view.stopped + view.unchanged == 30
        assert again.total == view.stopped
        assert again.unchanged == again.total
        assert again.retry_of == view.id


async def test_leaving_keeps_what_was_not_begun_for_a_resume(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=30, up_to_date=1.0, latency_ms=5)
    async with running_house(tmp_path, simulator, clock=clock, concurrency=2) as house:
        await house.read_list()
        view = await house.session.acts.refresh(customers(house))

    async with running_house(tmp_path, simulator, clock=clock, concurrency=2) as house:
        left = house.session.jobs.interrupted[view.id]
        resumed = await house.session.acts.resume(view.id)
        resumed = await house.session.jobs.finished(resumed.id)

        assert left >= 25
        assert resumed.total == left
        assert resumed.unchanged == left
        assert house.session.jobs.interrupted == {}


async def test_without_a_sign_in_the_stored_list_can_be_read_and_writes_say_why(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()

    async with running_house(
        tmp_path, simulator, clock=clock, signed_in=False, ready=False
    ) as house:
        with pytest.raises(SignInProblem):
            await house.session.ready()

        assert len(house.session.fleet) == 4
        assert house.session.signing.state is SignInState.NEEDED
        assert house.session.acts.why_off(Action.REFRESH) == "sign in first (6, then s)"


async def test_signing_in_by_device_code_is_kept_for_the_next_start(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    store = FileTokenStore(tmp_path / "sign-in.json")

    def house(addresses: Addresses, *, ready: bool) -> AbstractAsyncContextManager[House]:
        return running_house(
            tmp_path,
            simulator,
            clock=clock,
            signed_in=False,
            public_client=True,
            store=store,
            ready=ready,
            addresses=addresses,
        )

    async with simulator.serve() as addresses:
        async with house(addresses, ready=False) as first:
            with pytest.raises(SignInProblem):
                await first.session.ready()
            started = await first.session.signing.begin()
            assert started.user_code
            simulator.approve_device_codes()
            await first.session.ready()
            assert first.session.signing.state is SignInState.SIGNED_IN
            await first.read_list()

        async with house(addresses, ready=True) as second:
            assert second.session.signing.user is not None
    assert (tmp_path / "sign-in.json").stat().st_mode & 0o077 == 0


async def test_offline_the_stored_list_is_there_and_the_reason_is_told(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
    simulator.faults = Faults.script(
        [{"route": "token", "action": "status", "status": 503, "count": 100000}]
    )

    async with running_house(tmp_path, simulator, clock=clock, ready=False) as house:
        with pytest.raises(Broken):
            await house.session.ready()
        assert house.session.signing.offline is not None
        assert len(house.session.fleet) == 4
        assert "Offline" in house.session.news.all[-1].text


async def test_what_is_remembered_survives(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        house.session.remember("sort", "domain")

    async with running_house(tmp_path, simulator, clock=clock) as house:
        assert house.session.remembered("sort") == "domain"
        assert house.session.remembered("columns", "all") == "all"
