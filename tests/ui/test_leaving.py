"""Leaving: what `q` and ctrl+c ask, what they wait for, and when they end the program."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cipp_tui.domain.jobs import Action
from cipp_tui.domain.problems import StorageProblem
from tests.ui.host import until
from tests.ui.support import HeldClock, customer, open_app, running, status


async def test_q_with_nothing_running_ends_at_once(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (_house, app, pilot):
        await pilot.press("q")

        await until(pilot, lambda: not app.is_running)
        assert app.return_value is None


async def test_esc_stays_when_a_job_runs(tmp_path: Path) -> None:
    held = HeldClock()
    async with open_app(tmp_path, held=held) as (house, app, pilot):
        await customer(house, app, pilot)
        await pilot.press("r")
        await running(app, pilot)
        await pilot.press("q")
        await until(pilot, lambda: "Job 1 is running.   s Stop and quit" in status(app))

        await pilot.press("escape")
        await pilot.pause()

        assert app.is_running
        assert house.session.jobs.running() is not None


async def test_q_during_a_job_asks_and_s_stops_it(tmp_path: Path) -> None:
    held = HeldClock()
    async with open_app(tmp_path, tenants=30, held=held) as (house, app, pilot):
        await pilot.press("a", "r", "y")
        await running(app, pilot)
        await pilot.press("q")
        await until(pilot, lambda: "s Stop and quit" in status(app))

        await pilot.press("s")

        await until(pilot, lambda: not app.is_running)
        held.go.set()
        view = await house.session.jobs.finished(1)
        assert view.stopped > 0


async def test_w_waits_for_the_job_and_then_ends(tmp_path: Path) -> None:
    held = HeldClock()
    async with open_app(tmp_path, held=held) as (house, app, pilot):
        await customer(house, app, pilot)
        await pilot.press("r")
        await running(app, pilot)
        await pilot.press("q")
        await until(pilot, lambda: "Wait, then quit" in status(app))
        await pilot.press("w")
        await until(pilot, lambda: "Quitting after job 1" in status(app))

        held.go.set()

        await until(pilot, lambda: not app.is_running)
        view = house.session.jobs.view(1)
        assert view is not None
        assert view.ended_at is not None


async def test_the_question_of_q_is_another_once_the_job_has_ended(tmp_path: Path) -> None:
    held = HeldClock()
    async with open_app(tmp_path, held=held) as (house, app, pilot):
        await customer(house, app, pilot)
        await pilot.press("r")
        await running(app, pilot)
        await pilot.press("q")
        await until(pilot, lambda: "Job 1 is running." in status(app))

        held.go.set()
        await until(pilot, lambda: "Job 1 has ended.   q Quit   esc Stay" in status(app))
        await pilot.press("s")
        await pilot.pause()
        assert "Job 1 has ended." in status(app)
        await pilot.press("q")

        await until(pilot, lambda: not app.is_running)


async def test_esc_stays_when_the_job_has_ended_meanwhile(tmp_path: Path) -> None:
    held = HeldClock()
    async with open_app(tmp_path, held=held) as (house, app, pilot):
        await customer(house, app, pilot)
        await pilot.press("r")
        await running(app, pilot)
        await pilot.press("q")
        await until(pilot, lambda: "Job 1 is running." in status(app))
        held.go.set()
        await until(pilot, lambda: "Job 1 has ended." in status(app))

        await pilot.press("escape")

        await until(pilot, lambda: "+ Refreshed" in status(app))
        assert app.is_running


@pytest.mark.parametrize("asked_before", [False, True])
async def test_nothing_is_asked_of_a_job_that_a_locked_file_has_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked_before: bool
) -> None:
    monkeypatch.setattr("cipp_tui.storage.database.BUSY_S", 0.01)
    held = HeldClock()
    with pytest.raises(StorageProblem, match="locked by another program"):
        async with open_app(tmp_path, tenants=30, held=held) as (house, app, pilot):
            await pilot.press("a", "r", "y")
            await running(app, pilot)
            if asked_before:
                await pilot.press("q")
                await until(pilot, lambda: "Job 1 is running." in status(app))
            with closing(sqlite3.connect(tmp_path / "state.db", isolation_level=None)) as file:
                file.execute("BEGIN IMMEDIATE")
                held.go.set()
                reason = "the state file is locked by another program; end that, then start again"
                why_off = house.session.acts.why_off
                await until(pilot, lambda: (why_off(Action.REFRESH) or "").startswith(reason))

            if not asked_before:
                await pilot.press("q")

            await until(pilot, lambda: not app.is_running)


async def test_ctrl_c_needs_a_second_press(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (_house, app, pilot):
        await pilot.press("ctrl+c")
        await until(pilot, lambda: "Press ctrl+c again" in status(app))
        assert app.is_running

        await pilot.press("ctrl+c")

        await until(pilot, lambda: not app.is_running)


async def test_ctrl_q_does_nothing(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (_house, app, pilot):
        await pilot.press("ctrl+q")
        await pilot.pause()

        assert app.is_running
