"""The screen never traps: dialogs stay closed, the focus is seen, painted rows are the model's."""

import random
from pathlib import Path

import pytest

from cipp_tui.app import CippTui
from cipp_tui.screens.dialog import Dialog
from cipp_tui.screens.first_run import FirstRunApp
from cipp_tui.screens.sign_in import SignInSheet
from cipp_tui.services.views import SignInState
from cipp_tui.widgets.looks import Looks
from tests.support import HurriedClock, running_house, simulator_for
from tests.ui.host import listening, text_of, until
from tests.ui.support import open_app, screen_of


# -- dialogs ------------------------------------------------------------------------------------
async def test_a_sign_in_that_was_given_up_does_not_come_back_by_itself(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(
        tmp_path, simulator, clock=clock, signed_in=False, public_client=True, ready=False
    ) as house:
        app = CippTui(house.session, looks=Looks())
        async with app.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: isinstance(app.screen, SignInSheet))
            await until(pilot, lambda: house.session.signing.state is SignInState.PENDING)
            app._watch.look()
            await listening(pilot, clock)
            codes = simulator.counts().get("devicecode", 0)

            await pilot.press("escape")
            await pilot.pause()
            for _ in range(3):  # it looks once a second
                app._watch.look()
                await pilot.pause()

            assert not isinstance(app.screen, SignInSheet)
            assert house.session.signing.state is SignInState.NEEDED
            assert simulator.counts().get("devicecode", 0) == codes
            await pilot.press("6")
            await until(pilot, lambda: app.current_mode == "profiles")


async def test_quitting_and_the_profiles_work_from_a_dialog(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (house, app, pilot):
        await pilot.press("j", "R")
        await until(pilot, lambda: isinstance(app.screen, Dialog))
        clock = house.session.clock
        assert isinstance(clock, HurriedClock)
        await listening(pilot, clock)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app._exit)


async def test_a_second_enter_on_the_way_out_is_no_crash(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (_, app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, Dialog))
        sheet = app.screen
        assert isinstance(sheet, Dialog)

        sheet.dismiss(None)
        sheet.dismiss(None)
        await pilot.pause()

        assert app.screen is screen_of(app)


async def test_choosing_a_movement_in_the_help_is_refused_and_no_crash(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (_, app, pilot):
        for spec in ("move.down", "move.last", "no.such.key"):
            app.act(spec)
            await pilot.pause()

        assert app.is_running
        assert "moves inside a list" in text_of(app.screen)


async def test_an_existing_cipp_deployment_is_answered_and_the_screen_stays() -> None:
    app = FirstRunApp("config.toml")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: "cannot connect to a CIPP deployment yet" in text_of(app.screen))
        assert app.is_running
        await pilot.press("d")
        await pilot.pause()
    assert app.return_value == "demo"


# -- focus and size -------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [(80, 24), (100, 30), (140, 45)])
@pytest.mark.parametrize("tiny", [(38, 9), (39, 30), (100, 9)])
async def test_what_has_the_focus_is_seen_after_every_resize(
    tmp_path: Path, size: tuple[int, int], tiny: tuple[int, int]
) -> None:
    async with open_app(tmp_path, size=size) as (_, app, pilot):
        for key in ("", "enter", "escape", "slash"):
            if key:
                await pilot.press(key)
            await pilot.resize_terminal(*tiny)
            await pilot.pause()
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: app.focused is not None)
            focused = app.focused
            assert focused is not None
            assert focused.display, key
            assert focused.size.area, key


# -- painted rows -------------------------------------------------------------------------------
async def test_after_any_step_the_painted_rows_are_the_models_rows(tmp_path: Path) -> None:
    chance = random.Random(11)
    async with open_app(tmp_path, tenants=80, size=(140, 45)) as (house, app, pilot):
        screen = screen_of(app)
        table = screen.frame.table
        steps = ("size", "keys", "storm", "dock", "sort", "filter")
        for step in range(40):
            match chance.choice(steps):
                case "size":
                    await pilot.resize_terminal(chance.randint(60, 150), chance.randint(12, 50))
                case "keys":
                    keys = ("j", "k", "g", "G", "pagedown", "pageup", "space", "ctrl+d")
                    await pilot.press(*chance.choices(keys, k=chance.randint(1, 12)))
                case "storm":
                    ids = [row.id for row in house.session.fleet.rows()]
                    for tenant in chance.sample(ids, 30):
                        house.session.fleet.stranded(tenant, chance.random() < 0.1)
                    screen.look()
                case "dock":
                    screen.frame.dock.display = not screen.frame.dock.display
                case "sort":
                    screen.reverse_order()
                case _:
                    screen.filter_by(chance.choice(("", "a", "state:managed")))
            await pilot.pause()
            await pilot.pause()
            if screen.too_small or screen.panel_open:
                continue
            lines = text_of(app.screen).split("\n")
            top = table.region.y
            for y in range(table.size.height):
                model = table.render_line(y).text[: table.size.width].rstrip()
                assert lines[top + y].rstrip() == model, (step, y)
