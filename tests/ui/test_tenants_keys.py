"""Keys of the Tenants screen: what they ask, what they say, and how the program is left."""

from pathlib import Path

import pytest

from cipp_tui.domain.jobs import Action
from cipp_tui.screens.export_sheet import ExportSheet
from cipp_tui.screens.force_refresh import ForceRefreshSheet
from cipp_tui.screens.help import HelpScreen
from cipp_tui.screens.job import JobScreen
from cipp_tui.screens.jobs import JobsScreen
from cipp_tui.screens.messages import MessagesScreen
from cipp_tui.screens.palette import Palette
from cipp_tui.screens.plan import PlanScreen
from cipp_tui.screens.profiles import ProfilesScreen
from cipp_tui.screens.reason import ReasonSheet
from cipp_tui.screens.remove import RemoveSheet
from cipp_tui.screens.reset import ResetSheet
from cipp_tui.screens.tenants import TenantsScreen
from cipp_tui.widgets.fleet_table import FleetTable
from cipp_tui.widgets.looks import Looks
from tests.ui.host import until
from tests.ui.support import (
    HeldClock,
    customer,
    open_app,
    running,
    screen_of,
    shown,
    status,
    under_cursor,
)


# -- screens and dialogs --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("key", "screen"),
    [
        ("question_mark", HelpScreen),
        ("f1", HelpScreen),
        ("colon", Palette),
        ("ctrl+p", Palette),
        ("m", MessagesScreen),
        ("2", JobsScreen),
        ("6", ProfilesScreen),
        ("F", ForceRefreshSheet),
        ("D", RemoveSheet),
        ("R", ResetSheet),
        ("X", ReasonSheet),
        ("p", PlanScreen),
        ("e", ExportSheet),
    ],
)
async def test_a_key_opens_its_screen_and_esc_comes_back(
    tmp_path: Path, key: str, screen: type[object]
) -> None:
    async with open_app(tmp_path, tenants=3) as (house, app, pilot):
        row = await customer(house, app, pilot)

        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, screen))
        await house.session.clock.sleep(1)
        await until(pilot, lambda: not getattr(app.screen, "deaf", False))
        await pilot.press("escape")

        await until(pilot, lambda: isinstance(app.screen, TenantsScreen))
        assert under_cursor(house, app).id == row.id


async def test_X_keeps_the_reason(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (house, app, pilot):
        await customer(house, app, pilot)
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, ReasonSheet))
        await until(pilot, lambda: app.focused is not None and app.focused.id == "reason")
        await house.session.clock.sleep(1)

        await pilot.press(*"left", "enter")

        await until(pilot, lambda: under_cursor(house, app).exclusion is not None)
        exclusion = under_cursor(house, app).exclusion
        assert exclusion is not None
        assert exclusion.reason == "left"


async def test_including_several_is_asked_in_one_line(tmp_path: Path) -> None:
    async with open_app(tmp_path, tenants=5) as (house, app, pilot):
        ids = [row.id for row in house.session.fleet.rows() if row.id != house.world.partner.id]
        await house.session.acts.exclude(ids)

        await pilot.press("a", "i")
        await until(pilot, lambda: "Include 5 tenants?" in status(app))
        await pilot.press("y")

        await until(pilot, lambda: house.session.fleet.counts().excluded == 0)


async def test_a_key_that_fits_nobody_says_why(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (house, app, pilot):
        row = await customer(house, app, pilot)

        await pilot.press("i")

        await until(pilot, lambda: f"{row.tenant.name}: not excluded" in status(app))


async def test_u_without_anything_to_take_back_says_so(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (_house, app, pilot):
        await pilot.press("u")

        await until(pilot, lambda: "nothing to take back" in status(app))


async def test_C_sets_the_count_back_and_tests(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (house, app, pilot):
        await customer(house, app, pilot)

        await pilot.press("C")

        await until(pilot, lambda: len(house.session.news.all) > 1)
        view = (await house.session.jobs.newest())[0]
        assert (view.action, view.total) == (Action.REFRESH, 1)


# -- marks ----------------------------------------------------------------------------------------
async def test_the_hint_bar_counts_what_a_key_would_really_do(tmp_path: Path) -> None:
    async with open_app(tmp_path, tenants=6) as (house, app, pilot):
        await house.session.acts.exclude([(await customer(house, app, pilot)).id])

        await pilot.press("a")

        hints = screen_of(app).frame.hints
        await until(pilot, lambda: "x Exclude 5" in hints.text)
        assert "i Include 1" in hints.text


async def test_a_range_is_drawn_by_moving_and_kept_with_v(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (_house, app, pilot):
        await pilot.press("v", "j", "j")
        await until(pilot, lambda: "RANGE 3" in screen_of(app).frame.view.text)

        await pilot.press("v")

        assert len(screen_of(app).list.marks) == 3


async def test_esc_goes_back_one_step_at_a_time(tmp_path: Path) -> None:
    async with open_app(tmp_path, size=(140, 45)) as (_house, app, pilot):
        screen = screen_of(app)
        await pilot.press("space", "slash", *"a", "enter", "enter")
        await until(pilot, lambda: screen.panel_open and screen.list.filter.text == "a")

        await pilot.press("escape")
        assert not screen.panel_open
        await pilot.press("escape")
        assert screen.list.filter.text == ""
        assert len(screen.list.marks) == 1
        await pilot.press("escape")
        assert len(screen.list.marks) == 0


# -- order, columns -------------------------------------------------------------------------------
async def test_the_first_letter_picks_a_sort_and_the_same_again_reverses(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (_house, app, pilot):
        view = screen_of(app).frame.view
        await pilot.press("s", "g")
        await until(pilot, lambda: "Sort: GDAP ends soonest first" in view.text)

        await pilot.press("s", "g")

        await until(pilot, lambda: "Sort: GDAP ends latest first" in view.text)
        assert "GDAP v" in shown(app)


async def test_a_click_on_a_head_sorts_and_a_click_on_a_row_only_moves(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (_house, app, pilot):
        screen = screen_of(app)
        await pilot.click(FleetTable, offset=(3, 0))
        await until(pilot, lambda: "Sort: Tenant z-a" in screen.frame.view.text)

        await pilot.click(FleetTable, offset=(3, 4))
        await pilot.click(FleetTable, offset=(3, 4))
        await pilot.pause()

        assert screen.frame.table.index == 3
        assert not screen.panel_open


async def test_columns_shift_and_the_tenant_stays(tmp_path: Path) -> None:
    async with open_app(tmp_path, size=(80, 24)) as (_house, app, pilot):
        await pilot.press("right", "right", "right")
        await until(pilot, lambda: "Fails" in shown(app))
        assert "Tenant ^" in shown(app)

        await pilot.press("left", "left", "left")

        await until(pilot, lambda: "Fails" not in shown(app))


async def test_resizing_keeps_cursor_marks_and_panel(tmp_path: Path) -> None:
    async with open_app(tmp_path, size=(140, 45)) as (house, app, pilot):
        await pilot.press("space", "j", "enter")
        row = under_cursor(house, app)

        for size in ((80, 24), (50, 15), (38, 9), (110, 30), (140, 45)):
            await pilot.resize_terminal(*size)
            await pilot.pause(0.15)

        assert under_cursor(house, app).id == row.id
        assert len(screen_of(app).list.marks) == 1
        await until(pilot, lambda: row.id in shown(app))


async def test_on_a_screen_that_is_too_small_nothing_that_writes_works(tmp_path: Path) -> None:
    async with open_app(tmp_path, size=(38, 9)) as (house, _app, pilot):
        await pilot.press("x", "r", "i")
        await pilot.pause()

        assert await house.session.jobs.newest() == []


# -- the panel ---
async def test_the_panel_follows_the_cursor(tmp_path: Path) -> None:
    async with open_app(tmp_path, size=(140, 45)) as (house, app, pilot):
        await pilot.press("enter", "j", "j")

        await until(pilot, lambda: under_cursor(house, app).id in shown(app))


async def test_as_a_whole_screen_the_panel_has_the_focus_and_goes_to_neighbours(
    tmp_path: Path,
) -> None:
    async with open_app(tmp_path, size=(80, 24)) as (house, app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: "1 of 13" in shown(app))

        await pilot.press("greater_than_sign")
        await until(pilot, lambda: "2 of 13" in shown(app))
        assert under_cursor(house, app).id in shown(app)
        await pilot.press("less_than_sign", "enter")

        await until(pilot, lambda: "View: all" in shown(app))
        assert isinstance(app.focused, FleetTable)


async def test_where_things_may_move_the_panel_slides_in_and_stands(tmp_path: Path) -> None:
    looks = Looks(animations="basic")
    async with open_app(tmp_path, size=(140, 45), looks=looks) as (_house, app, pilot):
        panel = screen_of(app).info.panel

        await pilot.press("enter")

        await until(pilot, lambda: panel.region.right == 140 and "Access" in shown(app))


async def test_without_a_terminal_to_give_away_the_pager_says_so(tmp_path: Path) -> None:
    async with open_app(tmp_path, size=(80, 24)) as (_house, app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: "1 of 13" in shown(app))

        await pilot.press("v")

        await until(pilot, lambda: "Pager: " in status(app))


# -- jobs ---
async def test_a_running_job_is_in_the_status_line_and_J_opens_it(tmp_path: Path) -> None:
    held = HeldClock()
    async with open_app(tmp_path, size=(80, 24), held=held) as (house, app, pilot):
        await customer(house, app, pilot)
        await pilot.press("r")
        await running(app, pilot)
        await house.session.clock.sleep(10)
        await until(pilot, lambda: "> refresh 0/1" in status(app))

        await pilot.press("J")
        await until(pilot, lambda: isinstance(app.screen, JobScreen))
        held.go.set()
        await house.session.jobs.finished(1)
        await pilot.press("J")

        await until(pilot, lambda: isinstance(app.screen, TenantsScreen))


async def test_on_a_tall_screen_the_dock_shows_the_job_and_goes_with_it(tmp_path: Path) -> None:
    held = HeldClock()
    async with open_app(tmp_path, size=(120, 40), held=held) as (house, app, pilot):
        await pilot.press("space", "space", "space", "r")
        await running(app, pilot)
        await house.session.clock.sleep(10)
        await until(pilot, lambda: "─ Job 1: refresh" in shown(app))

        held.go.set()
        await house.session.jobs.finished(1)

        await until(pilot, lambda: "─ Job 1: refresh" not in shown(app))


async def test_K_asks_with_counts_and_stops(tmp_path: Path) -> None:
    held = HeldClock()
    async with open_app(tmp_path, tenants=30, held=held) as (house, app, pilot):
        await pilot.press("a", "r", "y")
        await running(app, pilot)

        await pilot.press("K")
        await until(pilot, lambda: "in flight will finish" in status(app))
        await pilot.press("y")
        held.go.set()
        view = await house.session.jobs.finished(1)

        assert view.stopped > 0


async def test_o_opens_the_latest_job_of_a_tenant(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (house, app, pilot):
        row = await customer(house, app, pilot)
        await pilot.press("o")
        await until(pilot, lambda: "Nothing was done" in status(app))
        await house.refreshed([row.id])

        await pilot.press("o")

        await until(pilot, lambda: isinstance(app.screen, JobScreen))


# -- copying ---
async def test_y_then_d_copies_the_domain(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (house, app, pilot):
        row = await customer(house, app, pilot)

        await pilot.press("y")
        await until(pilot, lambda: "Copy   d domain" in status(app))
        await pilot.press("d")

        await until(pilot, lambda: app.clipboard == row.tenant.default_domain)
        assert f"Copied {row.tenant.default_domain}" in status(app)


async def test_y_then_t_copies_the_table_as_it_is_shown(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (_house, app, pilot):
        await pilot.press("y", "t")

        await until(pilot, lambda: app.clipboard.startswith("Tenant ^"))
        assert len(app.clipboard.splitlines()) == 14


# -- looks ---
@pytest.mark.parametrize(
    "theme", ["cipp-dark", "cipp-light", "cipp-blue-orange", "terminal", "plain"]
)
async def test_every_theme_draws_every_part(tmp_path: Path, theme: str) -> None:
    looks = Looks(theme=theme, ascii_only=theme == "plain")
    async with open_app(tmp_path, size=(140, 45), looks=looks) as (house, app, pilot):
        await customer(house, app, pilot)
        await pilot.press("space", "r", "enter")
        await until(pilot, lambda: "History" in shown(app))

        await pilot.press("question_mark")

        await until(pilot, lambda: isinstance(app.screen, HelpScreen))


async def test_the_plain_look_marks_the_cursor_line_with_a_sign(tmp_path: Path) -> None:
    async with open_app(tmp_path, looks=Looks(theme="plain")) as (_house, app, pilot):
        await pilot.press("j")
        await pilot.pause()

        lines = screen_of(app).frame.table
        assert [y for y in range(1, 10) if lines.render_line(y).text.startswith(">")] == [2]


async def test_a_marked_row_stands_on_the_same_ground_as_the_others(tmp_path: Path) -> None:
    async with open_app(tmp_path, looks=Looks(theme="cipp-light")) as (_house, app, pilot):
        await pilot.press("space", "j")
        await pilot.pause()

        table = screen_of(app).frame.table
        grounds = {
            segment.style.bgcolor
            for y in (1, 5)
            for segment in table.render_line(y)
            if segment.style is not None
        }
        assert len(grounds) == 1
