"""The plan screen: what it lists, folds, stops, does, and takes away as a change notice."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from cipp_tui.domain.jobs import Action
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.export_sheet import ExportSheet
from cipp_tui.screens.plan import PlanScreen
from cipp_tui.simulator import Faults
from cipp_tui.simulator.plant import plant
from tests.support import House, HurriedClock, running_house, simulator_for
from tests.ui.host import Host, listening, text_of, until
from tests.ui.support import HOLD_TOKENS, HeldClock


@asynccontextmanager
async def open_plan(
    folder: Path,
    *causes: str,
    count: int = 4,
    size: tuple[int, int] = (80, 24),
    held: HeldClock | None = None,
) -> AsyncIterator[tuple[House, Host[None], PlanScreen, Pilot[Any]]]:
    """The plan of so many customers; the first have these causes. `held`: tokens wait for it."""
    clock = HurriedClock()
    simulator = simulator_for(held or clock, tenants=count, up_to_date=1.0)
    world = simulator.world
    customers = sorted(t for t in world.tenants if t != world.partner.id)
    for tenant, cause in zip(customers, causes, strict=False):
        plant(world, tenant, cause)
    async with running_house(folder, simulator, clock=clock) as house:
        await house.read_list()
        if held is not None:
            simulator.faults = Faults.script(HOLD_TOKENS)
        screen = PlanScreen(house.session, [TenantId(t) for t in customers])
        app = Host(screen)
        try:
            async with app.run_test(size=size) as pilot:
                if held is None:
                    await until(pilot, lambda: screen.compared and screen.table.keys)
                    await until(pilot, lambda: "read 09:4" in text_of(screen))
                yield house, app, screen, pilot
        finally:
            if held is not None:
                held.go.set()


async def test_each_tenant_has_its_sum_its_changes_and_why_it_is_due(tmp_path: Path) -> None:
    async with open_plan(tmp_path, "missing-roles", count=2, size=(140, 45)) as opened:
        house, _, screen, _pilot = opened
        shown = text_of(screen)

        assert "Plan: refresh 2 tenants. Nothing has been changed." in shown
        assert "due: never refreshed" in shown
        assert "wanted, missing" in shown
        assert "in order, keep " in shown
        assert " no change 1   due 2" in shown
        assert await house.session.jobs.newest() == []


async def test_on_a_wide_screen_an_id_is_shown_whole_beside_its_reason(tmp_path: Path) -> None:
    permission = "delegated user_impersonation (ac2062e6-9d5e-4856-b297-17b7c18d20f7)"
    async with open_plan(tmp_path, count=1) as (_, _app, screen, _pilot):
        for width, widest in ((160, 50), (200, 90)):
            columns = {head.name: head.width for head in screen.heads(width)}
            assert columns["permission"] > len(permission)
            assert columns["why"] >= widest


async def test_the_plan_of_one_tenant_is_shown_whole(tmp_path: Path) -> None:
    async with open_plan(tmp_path, "no-consent", count=1) as (_, _app, screen, _pilot):
        assert len(screen.table.keys) > 50
        assert "more)" not in text_of(screen)


async def test_enter_unfolds_a_tenant_and_folds_it_again(tmp_path: Path) -> None:
    async with open_plan(tmp_path, "no-consent", count=2) as (_, _app, screen, pilot):
        folded = list(screen.table.keys)
        assert "more)" in text_of(screen)
        await pilot.press("enter")
        await until(pilot, lambda: len(screen.table.keys) > 50)
        assert "more)" not in text_of(screen)
        await pilot.press("enter")
        await until(pilot, lambda: list(screen.table.keys) == folded)

        assert "more)" in text_of(screen)


async def test_r_refreshes_exactly_these(tmp_path: Path) -> None:
    async with open_plan(tmp_path, "missing-roles", count=2) as (house, app, _, pilot):
        await pilot.press("r")
        await until(pilot, lambda: app.answers)

        (view,) = await house.session.jobs.newest()
        assert (view.action, view.total) == (Action.REFRESH, 2)


async def test_k_stops_the_reading_and_keeps_what_was_read(tmp_path: Path) -> None:
    held = HeldClock()
    async with open_plan(tmp_path, count=3, held=held) as (house, _, screen, pilot):
        await until(pilot, lambda: "reading 0 of 3" in text_of(screen))
        await pilot.press("e")
        await until(pilot, lambda: "K stops that" in text_of(screen))
        await pilot.press("K")
        await until(pilot, lambda: "stopped at 0 of 3" in text_of(screen))
        await pilot.press("r")
        await until(pilot, lambda: "not read to its end" in text_of(screen))

        assert await house.session.jobs.newest() == []


async def test_leaving_ends_the_reading(tmp_path: Path) -> None:
    held = HeldClock()
    async with open_plan(tmp_path, count=3, held=held) as (house, app, screen, pilot):
        await until(pilot, lambda: "reading 0 of 3" in text_of(screen))
        await pilot.press("escape")
        await until(pilot, lambda: app.answers)
        held.go.set()
        house.simulator.reset_log()
        await pilot.pause(0.2)

        assert [entry.route for entry in house.simulator.log if entry.route == "batch"] == []


async def test_what_stops_every_tenant_is_said_once(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=2, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        plant(simulator.world, None, "secret-expired")
        rows = house.session.fleet.rows()
        screen = PlanScreen(house.session, [row.id for row in rows])
        app = Host(screen)
        async with app.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: "secret" in text_of(app.screen))

            assert "stopped at" in text_of(app.screen)


async def test_e_writes_the_change_notice_whole_or_only_what_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    async with open_plan(tmp_path, "missing-roles", count=2) as (house, app, screen, pilot):
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, ExportSheet))
        sheet = app.screen
        assert isinstance(sheet, ExportSheet)
        everything, changes = (scope.count for scope in sheet.scopes)
        assert everything > changes > 0
        clock = house.session.clock
        assert isinstance(clock, HurriedClock)
        await listening(pilot, clock)
        sheet.query_one("#scope-1").focus()
        await pilot.press("enter")
        sheet.query_one("#format-1").focus()
        await pilot.press("enter")
        sheet.query_one("#yes").focus()
        await pilot.press("enter")
        await until(pilot, lambda: f"Wrote {changes} lines" in text_of(screen))

    (file,) = (tmp_path / "cipp-tui-exports").iterdir()
    assert file.name.startswith("change-notice-")
    notice, *lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    assert notice["notice"]["profile"] == "lab"
    assert notice["notice"]["add"] == str(changes)
    assert {line["change"] for line in lines} == {"add"}
    assert len(lines) == changes
