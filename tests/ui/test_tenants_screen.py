"""The Tenants screen, in the real app, on the real session, against the simulated services."""

from pathlib import Path

import pytest

from cipp_tui.app import CippTui
from cipp_tui.domain.jobs import Action
from cipp_tui.screens.bulk import BulkSheet
from cipp_tui.widgets.looks import Looks
from tests.support import HurriedClock, running_house, simulator_for
from tests.ui.host import until
from tests.ui.support import SIZE, customer, open_app, screen_of, shown, under_cursor


async def test_an_input_that_is_mounted_before_the_first_screen_stands_is_no_end(
    tmp_path: Path,
) -> None:
    """From Python 3.12 on a screen's inputs ask for this before the screen is on the stack."""
    clock = HurriedClock()
    async with running_house(tmp_path, simulator_for(clock, tenants=1), clock=clock) as house:
        app = CippTui(house.session, looks=Looks())
        assert not app.screen_stack

        app.clear_selection()


async def test_x_excludes_at_once_and_u_takes_it_back(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (house, app, pilot):
        row = await customer(house, app, pilot)

        await pilot.press("x")
        await until(pilot, lambda: under_cursor(house, app).exclusion is not None)
        await until(pilot, lambda: "x excluded" in shown(app))
        assert under_cursor(house, app).id == row.id

        await pilot.press("u", "y")
        await until(pilot, lambda: under_cursor(house, app).exclusion is None)


async def test_i_includes_an_excluded_tenant(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (house, app, pilot):
        row = await customer(house, app, pilot)
        await house.session.acts.exclude([row.id])

        await pilot.press("i")

        await until(pilot, lambda: under_cursor(house, app).exclusion is None)


async def test_r_refreshes_the_tenant_under_the_cursor_and_the_row_says_so(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (house, app, pilot):
        await customer(house, app, pilot)

        await pilot.press("r")

        await until(pilot, lambda: "+ done" in shown(app))
        view = (await house.session.jobs.newest())[0]
        assert (view.action, view.total, view.unchanged) == (Action.REFRESH, 1, 1)


async def test_r_on_many_marked_tenants_asks_once_and_works_on_them_all(tmp_path: Path) -> None:
    async with open_app(tmp_path, tenants=40, size=(140, 45)) as (house, app, pilot):
        await pilot.press("a", "r")
        await until(pilot, lambda: "Refresh 41 tenants?" in shown(app))
        assert house.session.jobs.running() is None

        await pilot.press("y")
        await until(pilot, lambda: house.session.jobs.view(1) is not None)
        await house.session.jobs.finished(1)

        view = house.session.jobs.view(1)
        assert view is not None
        assert (view.total, view.failed) == (41, 0)
        await until(pilot, lambda: "Job 1" in shown(app))


async def test_a_question_that_is_not_answered_with_y_does_nothing(tmp_path: Path) -> None:
    async with open_app(tmp_path, tenants=20) as (house, app, pilot):
        await pilot.press("a", "r")
        await until(pilot, lambda: "Refresh 21 tenants?" in shown(app))

        await pilot.press("x", "n")
        await pilot.pause()

        assert await house.session.jobs.newest() == []
        assert "Refresh 21 tenants?" not in shown(app)


async def test_excluding_several_asks_in_a_sheet_that_leaves_the_partner_out(
    tmp_path: Path,
) -> None:
    async with open_app(tmp_path, tenants=6) as (house, app, pilot):
        await pilot.press("a", "x")
        await until(pilot, lambda: isinstance(app.screen, BulkSheet))
        await until(pilot, lambda: "Exclude 6 tenants" in shown(app))
        clock = house.session.clock
        await clock.sleep(1)

        await pilot.press("y")

        await until(pilot, lambda: house.session.fleet.counts().excluded == 6)


async def test_marks_survive_sorting_and_filtering(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (_house, app, pilot):
        await pilot.press("space", "space", "S")
        await until(pilot, lambda: "2 marked" in shown(app))

        await pilot.press("slash", *"zzz", "enter")
        await until(pilot, lambda: "2 not shown" in shown(app))
        await pilot.press("escape")

        await until(pilot, lambda: "2 marked" in shown(app) and "not shown" not in shown(app))


async def test_a_filter_narrows_while_typing_and_esc_clears_it(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (house, app, pilot):
        wanted = sorted(house.session.fleet.rows(), key=lambda row: row.tenant.name)[3]
        word = (wanted.tenant.default_domain or "").partition(".")[0]

        await pilot.press("slash", *word)
        await until(pilot, lambda: screen_of(app).frame.table.keys == [wanted.id])
        await pilot.press("escape")

        await until(pilot, lambda: len(screen_of(app).frame.table.keys) == 13)


async def test_a_wrong_filter_field_is_named_and_the_list_stays(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (_house, app, pilot):
        await pilot.press("slash", *"nope:x")

        await until(pilot, lambda: "nope" in shown(app).splitlines()[-2])
        assert len(screen_of(app).frame.table.keys) == 13


@pytest.mark.parametrize("size", [(80, 24), (110, 30), (140, 45)])
async def test_the_panel_shows_who_access_permissions_and_history(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with open_app(tmp_path, size=size) as (house, app, pilot):
        row = await customer(house, app, pilot)
        await house.refreshed([row.id])

        await pilot.press("enter")

        for words in ("Who", "Access", "Permissions", "History", row.id[:8]):
            await until(pilot, lambda words=words: words in shown(app))  # type: ignore[misc]
        await pilot.press("escape")
        await until(pilot, lambda: row.id not in shown(app))


async def test_the_panel_tells_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    async with open_app(tmp_path, tenants=60, up_to_date=None, size=(140, 45)) as (
        house,
        app,
        pilot,
    ):
        (blocked, *_) = house.tenants("ca-blocked")
        await house.refreshed([blocked])
        await screen_of(app).go_to(blocked)

        await pilot.press("enter")

        await until(pilot, lambda: "Conditional Access" in shown(app))
        await until(pilot, lambda: "exclude service providers" in shown(app))


async def test_a_read_only_profile_says_why_a_key_is_off(tmp_path: Path) -> None:
    async with open_app(tmp_path, read_only=True) as (house, app, pilot):
        await customer(house, app, pilot)

        await pilot.press("x")

        await until(pilot, lambda: "read-only" in shown(app).splitlines()[-2])
        assert "READ-ONLY" in shown(app).splitlines()[0]
        assert house.session.fleet.counts().excluded == 0


async def test_names_with_markup_and_escape_codes_are_shown_as_text(tmp_path: Path) -> None:
    async with open_app(tmp_path, tenants=60, up_to_date=None, size=(140, 70)) as (
        _house,
        app,
        _pilot,
    ):
        picture = shown(app)

        for name in ("[bold]Bold & Sons[/bold]", "Contoso [Test] Ltd", "50% [/", "[/]"):
            assert name in picture
        assert "\x1b" not in picture
        assert "\u202e" not in picture


@pytest.mark.parametrize(
    ("size", "words"), [((38, 9), "Needs 40x10"), ((50, 15), "State"), ((200, 60), "Excluded by")]
)
async def test_every_size_shows_something_useful(
    tmp_path: Path, size: tuple[int, int], words: str
) -> None:
    async with open_app(tmp_path, size=size) as (_house, app, pilot):
        await until(pilot, lambda: words in shown(app))


async def test_no_list_yet_is_said_in_words(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock, signed_in=False, ready=False) as h:
        app = CippTui(h.session, looks=Looks())
        async with app.run_test(size=SIZE) as pilot:
            await until(pilot, lambda: "SIGN-IN NEEDED" in shown(app) or len(app.screen_stack) > 1)


async def test_R_asks_for_the_typed_name_and_rebuilds(tmp_path: Path) -> None:
    async with open_app(tmp_path) as (house, app, pilot):
        row = await customer(house, app, pilot)
        before = (await house.session.inspection.compare(row.id)).granted.principal

        await pilot.press("R")
        await until(pilot, lambda: "Partner Center answers" in shown(app))
        await house.session.clock.sleep(1)
        await pilot.press("enter")
        assert house.simulator.counts().get("consent.delete", 0) == 0
        name = row.tenant.default_domain or ""
        await pilot.press(*("full_stop" if sign == "." else sign for sign in name), "enter")
        await until(pilot, lambda: house.session.jobs.view(1) is not None)
        await house.session.jobs.finished(1)

        after = await house.session.inspection.compare(row.id)
        assert after.diff.in_order
        assert after.granted.principal != before
        assert house.simulator.counts()["consent.delete"] == 1
