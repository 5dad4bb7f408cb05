"""Who is stranded stays on top, and is paid as soon as it can be; nothing forgets a debt."""

import pytest

from cipp_tui.domain.fleet import Standing
from cipp_tui.domain.jobs import Action, Outcome
from cipp_tui.domain.problems import RemoteProblem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.simulator import Faults
from cipp_tui.simulator.plant import plant
from tests.crash.histories import Ending, Explorer, Moment, debts_paid, never_twice
from tests.crash.house import SmallHouse
from tests.crash.small_world import customers, holding


def ids(house: SmallHouse) -> list[TenantId]:
    return [TenantId(tenant.id) for tenant in customers(house.simulator.world)]


def no_consent() -> Faults:
    """The question before something is taken is answered; what is to give it back is refused."""
    refused = {"route": "consent.create", "action": "status", "status": 400}
    return Faults.script([{**refused, "nth": 2, "count": 1_000_000}])


async def reset(house: SmallHouse, *tenants: TenantId) -> Outcome | None:
    view = await house.session.acts.reset(tenants)
    await house.session.jobs.finished(view.id)
    return house.session.jobs.items(view.id)[0].progress.outcome


def owed(house: SmallHouse) -> set[TenantId]:
    return {row.id for row in house.session.owed}


async def all_stranded(explorer: Explorer, tenants: int) -> Moment:
    """Every tenant was reset, each in its own job, and none could be given its access back."""
    start = await explorer.beginning(tenants)
    async with explorer.playing(start) as (house, ending):
        for one in ids(house):
            house.simulator.faults = no_consent()
            assert await reset(house, one) is Outcome.STRANDED
    return last(ending)


def last(ending: Ending) -> Moment:
    return ending.moments[-1]


async def test_a_sign_in_that_is_lost_while_debts_wait_loses_none_of_them(
    explorer: Explorer,
) -> None:
    moment = await all_stranded(explorer, 3)
    world = moment.services.simulator.world
    plant(world, customers(world)[0].id, "refresh-token-revoked", now=2e9)
    async with explorer.playing(moment, concurrency=1) as (house, ending):
        assert len(owed(house)) == 3
    plant(world, customers(world)[0].id, "partner-healthy")
    after = last(ending)
    plant(after.services.simulator.world, customers(world)[0].id, "partner-healthy")

    async with explorer.playing(after) as (house, _):
        assert not house.session.owed
        for tenant in ids(house):
            assert holding(house.simulator.world, tenant).whole


async def test_stopping_the_jobs_that_pay_stops_no_payment(explorer: Explorer) -> None:
    moment = await all_stranded(explorer, 3)

    async with explorer.playing(moment, concurrency=1, wait_for_debts=False) as (house, _):
        for job in (1, 2, 3):
            house.session.jobs.stop(job)
        await debts_paid(house)

        assert not house.session.owed
        for tenant in ids(house):
            assert holding(house.simulator.world, tenant).whole


async def test_a_refresh_that_fails_says_nothing_about_a_debt(explorer: Explorer) -> None:
    start = await explorer.beginning()
    async with explorer.playing(start) as (house, _):
        (one,) = ids(house)
        house.simulator.faults = no_consent()
        await reset(house, one)

        view = await house.session.acts.refresh([one])
        view = await house.session.jobs.finished(view.id)

        assert view.failed == 1
        row = house.session.fleet.row(one)
        assert row is not None
        assert row.standing is Standing.NO_ACCESS
        assert owed(house) == {one}


async def test_a_refresh_that_reads_everything_back_settles_the_debt(explorer: Explorer) -> None:
    start = await explorer.beginning()
    async with explorer.playing(start) as (house, ending):
        (one,) = ids(house)
        house.simulator.faults = no_consent()
        await reset(house, one)
        house.simulator.faults = Faults.none()

        view = await house.session.acts.refresh([one])
        view = await house.session.jobs.finished(view.id)

        assert view.changed == 1
        assert not house.session.owed
        outcomes = {e.action: e.outcome for e in await house.session.past.of_tenant(one)}
        assert outcomes == {Action.REFRESH: Outcome.CHANGED, Action.RESET: Outcome.RESTORED}

    async with explorer.playing(last(ending)) as (house, _):
        assert not any(call.path.endswith("/applicationconsents") for call in house.lane.sent)


async def test_what_is_stranded_is_tried_again_while_the_program_runs(explorer: Explorer) -> None:
    start = await explorer.beginning()
    async with explorer.playing(start, debt_again_s=600.0) as (house, ending):
        (one,) = ids(house)
        house.simulator.faults = Faults.script(
            [{"route": "consent.create", "action": "status", "status": 400, "nth": 2, "count": 20}]
        )
        view = await house.session.acts.reset([one])
        await house.session.jobs.finished(view.id)
        while house.session.owed:
            await house.clock.sleep(1.0)

        assert holding(house.simulator.world, one).whole
        after = house.session.jobs.view(view.id)
        assert after is not None
        assert (after.total, after.changed, after.stranded) == (1, 1, 0)
        never_twice(ending.sent)


async def test_a_refusal_that_the_service_remembers_is_not_asked_for_again(
    explorer: Explorer,
) -> None:
    """Partner Center repeats its answer to a request id. A new start must not repeat the id."""
    start = await explorer.beginning()
    async with explorer.playing(start) as (house, ending):
        (one,) = ids(house)
        plant(house.simulator.world, one, "quota-exceeded")
        assert await reset(house, one) is Outcome.STRANDED
    after = last(ending)

    async with explorer.playing(after) as (house, _):
        plant(house.simulator.world, one, "healthy")
        house.session.pay_again()
        await debts_paid(house)
        assert not house.session.owed
        assert holding(house.simulator.world, one).whole

    plant(after.services.simulator.world, one, "healthy")

    async with explorer.playing(after) as (house, _):
        assert not house.session.owed
        assert holding(house.simulator.world, one).whole


async def test_a_reset_that_is_gone_on_with_is_checked_anew(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cipp_tui.storage.database.TICK_S", 0.0)
    start = await explorer.beginning()
    async with explorer.playing(start) as (house, ending):
        (one,) = ids(house)
        await reset(house, one)
    before = next(
        moment
        for moment in ending.moments
        if ("preflight", "done") in (marks := explorer.marks(moment))
        and ("take-away", "intent") not in marks
    )

    async with explorer.playing(before) as (house, _):
        plant(house.simulator.world, one, "partner-center-down")
        (job,) = house.session.jobs.interrupted
        view = await house.session.acts.resume(job)
        view = await house.session.jobs.finished(view.id)

        assert view.failed == 1
        assert not any(call.method == "DELETE" for call in house.lane.sent)
        assert holding(house.simulator.world, one).whole


@pytest.mark.parametrize("cause", ["relationship-ended", "role-cannot-consent"])
async def test_the_pre_flight_looks_at_today_not_at_the_stored_list(
    explorer: Explorer, cause: str
) -> None:
    start = await explorer.beginning()
    async with explorer.playing(start) as (house, _):
        (one,) = ids(house)
        plant(house.simulator.world, one, cause, now=house.simulator.now)

        outcome = await reset(house, one)

        assert outcome is Outcome.FAILED
        assert not any(call.method == "DELETE" for call in house.lane.sent)
        assert holding(house.simulator.world, one).whole


async def test_a_consent_that_was_none_is_given_again_in_the_same_run(explorer: Explorer) -> None:
    """A proxy answered 200 for Partner Center: the principal never comes."""
    start = await explorer.beginning()
    async with explorer.playing(start) as (house, _):
        (one,) = ids(house)
        house.simulator.faults = Faults.script(
            [{"route": "consent.create", "action": "wrong-shape", "nth": 2}]
        )

        assert await reset(house, one) is Outcome.CHANGED
        assert holding(house.simulator.world, one).whole


BODIES = (b"", b"<!DOCTYPE html><html></html>", b"<Consent/>", b"[]", b"null", b"done")


@pytest.mark.parametrize("body", BODIES)
async def test_partner_centers_yes_counts_whatever_its_body_is(
    explorer: Explorer, body: bytes
) -> None:
    start = await explorer.beginning()
    async with explorer.playing(start) as (house, _):
        (one,) = ids(house)
        house.lane.change_answers(
            lambda path, answer: (
                body
                if "/applicationconsents" in path and b"already exists" not in answer
                else answer
            )
        )

        assert await reset(house, one) is Outcome.CHANGED
        assert holding(house.simulator.world, one).whole


async def test_what_a_web_page_after_a_removal_came_to_is_read_from_graph(
    explorer: Explorer,
) -> None:
    start = await explorer.beginning()
    async with explorer.playing(start) as (house, _):
        (one,) = ids(house)
        house.simulator.faults = Faults.script(
            [
                {"route": "consent.delete", "action": "html"},
                {"route": "principals.delete", "action": "status", "status": 403},
            ]
        )

        assert await reset(house, one) is Outcome.UNCHANGED
        assert holding(house.simulator.world, one).whole


async def test_a_web_page_is_no_consent_and_the_verdict_says_so(explorer: Explorer) -> None:
    start = await explorer.beginning(consented=False)
    async with explorer.playing(start) as (house, _):
        (one,) = ids(house)
        house.simulator.faults = Faults.script([{"route": "consent.create", "action": "html"}])

        view = await house.session.acts.refresh([one])
        view = await house.session.jobs.finished(view.id)

        (item,) = house.session.jobs.items(view.id)
        assert (item.progress.outcome, item.progress.step) == (Outcome.FAILED, "visible")
        assert isinstance(item.progress.problem, RemoteProblem)
        assert item.progress.problem.lacks_consent


async def test_a_relationship_that_has_ended_since_ends_the_tries_at_once(
    explorer: Explorer,
) -> None:
    """Partner Center says 403, as it does to a role that is missing; the relationship tells."""
    start = await explorer.beginning()
    async with explorer.playing(start) as (house, _):
        (one,) = ids(house)

        def end(path: str, answer: bytes) -> bytes:
            if "/applicationconsents/" in path:  # the removal
                world = house.simulator.world
                plant(world, one, "relationship-ended", now=house.simulator.now)
            return answer

        house.lane.change_answers(end)
        began = house.clock.monotonic()

        assert await reset(house, one) is Outcome.STRANDED

        assert house.clock.monotonic() - began < 60
        asked = [c for c in house.lane.sent if c.path.endswith("/applicationconsents")]
        assert len(asked) == 2  # the question beforehand, and one try
        row = house.session.fleet.row(one)
        assert row is not None
        assert row.progress is not None
        assert row.progress.problem is not None
        assert row.progress.problem.code == "gdap-ended"
