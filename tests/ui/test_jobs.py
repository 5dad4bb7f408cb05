"""Jobs and their results on the screen: counts, order, stopping, trying again."""

import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from textual.message import Message

from cipp_tui.domain.fleet import Progress
from cipp_tui.domain.jobs import Action, ItemState, Outcome
from cipp_tui.domain.permissions import StepCounts
from cipp_tui.domain.problems import Problem, Refused, SignInProblem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.dialog import Field
from cipp_tui.screens.export_sheet import ExportSheet
from cipp_tui.screens.going import GoHome, GoToJob, GoToTenant
from cipp_tui.screens.job import JobScreen
from cipp_tui.screens.jobs import JobsScreen
from cipp_tui.screens.reset import ResetSheet
from cipp_tui.screens.results import (
    Fold,
    folded_failures,
    name_cell,
    step_cell,
    time_cell,
    what_happened,
)
from cipp_tui.services.views import ItemView
from cipp_tui.simulator import Faults
from cipp_tui.simulator.plant import plant
from tests.support import House, HurriedClock, running_house, simulator_for
from tests.ui.host import NOW, Host, listening, text_of, until


# -- words --------------------------------------------------------------------------------------
def item(
    state: ItemState,
    *,
    name: str = "Contoso [Test]",
    action: Action = Action.REFRESH,
    outcome: Outcome | None = None,
    problem: Problem | None = None,
    step: str = "",
    place: int = 0,
    paying: bool = False,
    counts: StepCounts | None = None,
    skipped: str = "",
) -> ItemView:
    progress = Progress(
        job=118,
        action=action,
        state=state,
        step=step,
        place=place,
        steps=5,
        since=NOW - timedelta(seconds=6),
        took_s=7.2 if state in (ItemState.DONE, ItemState.FAILED) else None,
        outcome=outcome,
        problem=problem,
        paying=paying,
    )
    return ItemView(
        tenant=TenantId(name),
        tenant_name=name,
        progress=progress,
        counts=counts or StepCounts(),
        skipped_because=skipped,
    )


BLOCKED = Refused("Access has been blocked", code="AADSTS53003")


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (item(ItemState.WAITING), ["  Contoso [Test]", "waiting", "", ""]),
        (
            item(ItemState.RUNNING, step="roles", place=3),
            ["> Contoso [Test]", "3/5 roles", "6 s", ""],
        ),
        (
            item(ItemState.RUNNING, step="consent", place=2, paying=True),
            ["!!Contoso [Test]", "back 2/5 consent", "6 s", "giving access back"],
        ),
        (
            item(ItemState.DONE, outcome=Outcome.UNCHANGED),
            ["+ Contoso [Test]", "", "7 s", "already in order"],
        ),
        (
            item(ItemState.DONE, outcome=Outcome.CHANGED, counts=StepCounts(roles_added=3)),
            ["+ Contoso [Test]", "", "7 s", "3 given, verified"],
        ),
        (
            item(ItemState.DONE, outcome=Outcome.CHANGED, action=Action.RESET),
            ["+ Contoso [Test]", "", "7 s", "taken away, given back, verified"],
        ),
        (
            item(ItemState.DONE, outcome=Outcome.SKIPPED, skipped="excluded"),
            ["- Contoso [Test]", "skipped", "7 s", "excluded"],
        ),
        (item(ItemState.STOPPED), ["- Contoso [Test]", "not started", "", ""]),
        (
            item(ItemState.FAILED, step="consent", place=1, problem=BLOCKED),
            [
                "x Contoso [Test]",
                "1/5 consent",
                "7 s",
                "Conditional Access of the customer blocks our sign-in.",
            ],
        ),
    ],
)
def test_every_outcome_has_its_words(shown: ItemView, words: list[str]) -> None:
    cells = [
        name_cell(shown),
        step_cell(shown),
        time_cell(shown, NOW),
        what_happened(shown, whole=False),
    ]

    assert [cell.words for cell in cells] == words


def test_owed_access_is_written_large() -> None:
    owed = item(ItemState.STRANDED, step="consent", place=2, problem=BLOCKED)

    assert what_happened(owed, whole=True).words.startswith("NO ACCESS: ")
    assert name_cell(owed).words.startswith("!!")


def test_what_was_given_before_it_failed_is_told_where_there_is_room() -> None:
    half = item(ItemState.FAILED, step="roles", problem=BLOCKED, counts=StepCounts(roles_added=57))

    assert what_happened(half, whole=True).words.endswith(" 57 given before that.")
    assert "57" not in what_happened(half, whole=False).words


def failures(count: int, problem: Problem) -> list[ItemView]:
    return [
        item(ItemState.FAILED, name=f"{problem.code} {i}", problem=problem, step="consent")
        for i in range(count)
    ]


def test_more_than_five_equal_failures_are_one_line() -> None:
    ended = SignInProblem("revoked", code="AADSTS50173")
    items = [*failures(31, ended), *failures(5, BLOCKED), item(ItemState.DONE)]

    rows = folded_failures(items, frozenset())

    assert len(rows) == 1 + 5 + 1
    fold = rows[0]
    assert isinstance(fold, Fold)
    assert fold.words.startswith("31 tenants: ")


def test_an_open_fold_shows_every_tenant() -> None:
    items = failures(6, BLOCKED)
    (fold,) = folded_failures(items, frozenset())
    assert isinstance(fold, Fold)

    assert folded_failures(items, frozenset({fold.key})) == [fold, *items]


# -- screens ------------------------------------------------------------------------------------
@asynccontextmanager
async def house_with_a_job(
    folder: Path, *, tenants: int = 8, troubled: int = 2
) -> AsyncIterator[tuple[House, HurriedClock, int]]:
    """A refresh of some customers, of which the first ones are blocked."""
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=tenants, up_to_date=1.0)
    partner = simulator.world.partner.id
    customers = sorted(tenant for tenant in simulator.world.tenants if tenant != partner)
    for tenant in customers[:troubled]:
        plant(simulator.world, tenant, "ca-blocked")
    async with running_house(folder, simulator, clock=clock) as house:
        await house.read_list()
        view = await house.refreshed([TenantId(tenant) for tenant in customers])
        yield house, clock, view.id


def went(app: Host[None]) -> list[Message]:
    """Where the screen asked to go."""
    return app.heard


async def test_results_show_failures_first_with_cause_and_next_step(tmp_path: Path) -> None:
    async with house_with_a_job(tmp_path) as (house, _, job):
        app = Host(JobScreen(house.session, job))
        async with app.run_test(size=(140, 45)) as pilot:
            await until(pilot, lambda: "failed first" in text_of(app.screen))

            lines = text_of(app.screen).splitlines()
    assert lines[1].split("  ")[0].strip() == "6 done"
    assert "2 failed" in lines[1]
    assert lines[2].split() == [
        *("Tenant", "Domain", "Stopped", "at", "Time"),
        *("What", "happened,", "what", "to", "do"),
    ]
    assert [line[2] for line in lines[3:11]] == ["x", "x", *"++++++"]
    assert "AADSTS53003" in lines[3]


async def test_only_failed_hides_the_others_and_shows_them_again(tmp_path: Path) -> None:
    async with house_with_a_job(tmp_path) as (house, _, job):
        app = Host(JobScreen(house.session, job))
        async with app.run_test(size=(80, 24)) as pilot:
            screen = app.screen
            assert isinstance(screen, JobScreen)
            await until(pilot, lambda: len(screen.table.keys) == 8)
            await pilot.press("f")
            await pilot.pause()
            assert len(screen.table.keys) == 2
            await pilot.press("f")
            await pilot.pause()
            assert len(screen.table.keys) == 8


async def test_enter_goes_to_the_tenant(tmp_path: Path) -> None:
    async with house_with_a_job(tmp_path) as (house, _, job):
        app = Host(JobScreen(house.session, job))
        async with app.run_test(size=(80, 24)) as pilot:
            screen = app.screen
            assert isinstance(screen, JobScreen)
            await until(pilot, lambda: screen.table.keys)
            await pilot.press("enter")
            await until(pilot, lambda: went(app))

            (message,) = went(app)
            assert isinstance(message, GoToTenant)
            assert message.tenant == screen.table.cursor_key


async def test_retry_begins_a_new_job_for_the_failed_ones_only(tmp_path: Path) -> None:
    async with house_with_a_job(tmp_path) as (house, _, job):
        app = Host(JobScreen(house.session, job))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "Retry 2 failed" in text_of(app.screen))
            await pilot.press("r")
            await until(pilot, lambda: went(app))

            (message,) = went(app)
            assert isinstance(message, GoToJob)
            view = await house.session.jobs.finished(message.job)
            assert (view.total, view.retry_of) == (2, job)


async def test_a_reset_is_retried_only_after_the_whole_sheet_again(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        partner = simulator.world.partner.id
        tenant = TenantId(sorted(t for t in simulator.world.tenants if t != partner)[0])
        rule = {"route": "consent.delete", "action": "status", "status": 403}
        house.simulator.faults = Faults.script([rule])
        view = await house.session.acts.reset([tenant])
        view = await house.session.jobs.finished(view.id)
        assert view.failed == 1
        app = Host(JobScreen(house.session, view.id))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "Retry 1 failed" in text_of(app.screen))
            await pilot.press("r")
            await until(pilot, lambda: isinstance(app.screen, ResetSheet))
            await listening(pilot, clock)
            await pilot.press("enter", "escape")
            await pilot.pause()

        assert len(await house.session.jobs.newest()) == 1


async def test_stopping_asks_with_counts_and_only_y_stops(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=8, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock, concurrency=1) as house:
        await house.read_list()
        simulator.faults = Faults.script([{"action": "slow", "seconds": 0.3}])
        view = await house.session.acts.refresh([row.id for row in house.session.fleet.rows()])
        app = Host(JobScreen(house.session, view.id))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "K Stop" in text_of(app.screen))
            await pilot.press("K")
            await until(pilot, lambda: f"Stop job {view.id}?" in text_of(app.screen))
            assert "in flight will finish" in text_of(app.screen)
            await pilot.press("x", "enter", "n")
            await pilot.pause()
            assert f"Stop job {view.id}?" not in text_of(app.screen)
            await pilot.press("K", "y")
            simulator.faults = Faults.none()
            over = await house.session.jobs.finished(view.id)

    assert over.stopped > 0


async def test_stopping_a_job_that_is_over_says_so(tmp_path: Path) -> None:
    async with house_with_a_job(tmp_path) as (house, _, job):
        app = Host(JobScreen(house.session, job))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "failed first" in text_of(app.screen))
            await pilot.press("K")
            await pilot.pause()

            assert "this job is not running" in text_of(app.screen)


async def test_results_are_exported_whole_and_privately(tmp_path: Path) -> None:
    async with house_with_a_job(tmp_path / "state") as (house, clock, job):
        target = tmp_path / "results.csv"
        app = Host(JobScreen(house.session, job))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "failed first" in text_of(app.screen))
            await pilot.press("e")
            await until(pilot, lambda: isinstance(app.screen, ExportSheet))
            await listening(pilot, clock)
            app.screen.query_one("#path", Field).value = str(target)
            await pilot.press("enter")
            await until(pilot, target.exists)
            await until(pilot, lambda: "Wrote 8 rows" in text_of(app.screen))

    lines = target.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 9
    assert lines[0].startswith("tenant,domain,tenant id,outcome")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


async def test_the_list_of_jobs_is_newest_first_with_counts(tmp_path: Path) -> None:
    async with house_with_a_job(tmp_path) as (house, _, job):
        row = next(iter(house.session.fleet.rows()))
        view = await house.session.acts.exclude([row.id])
        await house.session.jobs.finished(view.id)
        app = Host(JobsScreen(house.session))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "exclude" in text_of(app.screen))

            lines = text_of(app.screen).splitlines()
            await pilot.press("j", "enter")
            await until(pilot, lambda: went(app))
            (message,) = went(app)
            assert isinstance(message, GoToJob)
            assert message.job == job
    assert lines[3].split()[:3] == [str(view.id), "+", "done"]
    assert "x 2 of 8" in lines[4]
    assert "6 done 2 failed" in lines[4]


async def test_on_a_large_screen_the_results_stand_below(tmp_path: Path) -> None:
    async with house_with_a_job(tmp_path) as (house, _, job):
        app = Host(JobsScreen(house.session))
        async with app.run_test(size=(140, 45)) as pilot:
            await until(pilot, lambda: "AADSTS53003" in text_of(app.screen))

            assert f"Job {job}, the one under the cursor" in text_of(app.screen)


async def test_jobs_of_an_earlier_run_are_there(tmp_path: Path) -> None:
    async with house_with_a_job(tmp_path) as (house, clock, job):
        simulator = house.simulator
    async with running_house(tmp_path, simulator, clock=clock) as house:
        app = Host(JobScreen(house.session, job))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "2 failed" in text_of(app.screen))

            assert "Conditional Access" in text_of(app.screen)


async def test_back_from_a_pushed_screen_pops_it(tmp_path: Path) -> None:
    async with house_with_a_job(tmp_path) as (house, _, job):
        app = Host(JobScreen(house.session, job))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "failed first" in text_of(app.screen))
            await pilot.press("escape")
            await pilot.pause()

            assert app.answers == [None]
            assert not any(isinstance(message, GoHome) for message in went(app))


async def test_a_cause_of_our_own_is_said_once_with_its_keys_and_whoever_was_left_out_is_retried(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=30, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock, concurrency=4) as house:
        await house.read_list()
        partner = house.world.partner.id
        ids = [row.id for row in house.session.fleet.rows() if row.id != partner]
        plant(house.world, None, "refresh-token-revoked", now=clock.now().timestamp())
        view = await house.refreshed(ids)
        app = Host(JobScreen(house.session, view.id))
        async with app.run_test(size=(140, 45)) as pilot:
            await until(pilot, lambda: "One cause for all" in text_of(app.screen))

            text = text_of(app.screen)

    assert "Our sign-in was revoked" in text
    assert "Sign in again (6, then s)." in text
    assert "cipp-tui login" not in text
    assert f"{view.skipped} skipped" in text
    assert f"Retry {len(ids)}" in text
    assert f"Retry {len(ids)} failed" not in text
