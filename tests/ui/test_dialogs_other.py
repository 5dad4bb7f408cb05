"""Messages, profiles, first start, exports."""

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cipp_tui.config.append import NewProfile
from cipp_tui.domain.text import inert
from cipp_tui.screens.add_profile import (
    AddProfileSheet,
    guid_problem,
    name_problem,
    variable_problem,
)
from cipp_tui.screens.dialog import Field
from cipp_tui.screens.export import FORMATS, Table, write
from cipp_tui.screens.export_sheet import ExportSheet, Scope
from cipp_tui.screens.first_run import FirstRunApp, Welcome
from cipp_tui.screens.going import GoToJob, GoToProfile
from cipp_tui.screens.messages import MessagesScreen
from cipp_tui.screens.profiles import ProfilesScreen
from cipp_tui.services.views import ProfileLine
from cipp_tui.simulator.plant import plant
from tests.support import HurriedClock, running_house, simulator_for
from tests.ui.host import Host, StillClock, listening, text_of, until

GUID = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"


# -- messages -----------------------------------------------------------------------------------
async def test_messages_are_newest_first_and_lead_to_their_job(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        row = next(row for row in house.session.fleet.rows() if row.tenant.kind == "customer")
        view = await house.session.acts.exclude([row.id])
        await house.session.jobs.finished(view.id)
        app = Host(MessagesScreen(house.session))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "List read" in text_of(app.screen))
            assert "Excluded" in text_of(app.screen).splitlines()[3]
            await pilot.press("enter")
            await until(pilot, lambda: app.heard)

            (message,) = app.heard
            assert isinstance(message, GoToJob)
            assert message.job == view.id


# -- profiles -----------------------------------------------------------------------------------
LINES = [
    ProfileLine(name="lab", backend="direct", where="acme-msp.com"),
    ProfileLine(name="other", backend="direct", where="beta.example"),
    ProfileLine(name="broken", backend="direct", where="x", problem="BETA_SECRET is not set"),
]


async def test_enter_on_another_profile_asks_to_go_there(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        app = Host(ProfilesScreen(house.session, LINES, "~/config.toml"))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "signed in" in text_of(app.screen))
            await pilot.press("enter")
            await pilot.pause()
            assert "in use already" in text_of(app.screen)
            await pilot.press("G", "enter")
            await pilot.pause()
            assert "BETA_SECRET is not set" in text_of(app.screen)
            assert app.heard == []
            await pilot.press("k", "enter")
            await until(pilot, lambda: app.heard)

            (message,) = app.heard
            assert isinstance(message, GoToProfile)
            assert message.name == "other"


async def test_check_tells_step_by_step(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    plant(simulator.world, None, "partner-center-down")
    async with running_house(tmp_path, simulator, clock=clock) as house:
        app = Host(ProfilesScreen(house.session, LINES))
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("c")
            await until(pilot, lambda: " x " in text_of(app.screen))

            assert "+ signed in as" in text_of(app.screen)


# -- first start --------------------------------------------------------------------------------
@pytest.mark.parametrize(("key", "answer"), [("d", "demo"), ("q", None)])
async def test_the_first_start_answers_what_was_chosen(key: str, answer: str | None) -> None:
    app = FirstRunApp("~/.config/cipp-tui/config.toml")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "No profile yet. Nothing has been sent anywhere." in text_of(app.screen)
        await pilot.press(key)
        await pilot.pause()

        assert app.return_value == answer


async def test_the_first_start_explains_itself() -> None:
    app = FirstRunApp("config.toml")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()

        assert "It never deletes users" in text_of(app.screen)


async def test_a_new_profile_is_asked_for_and_checked_in_place() -> None:
    clock = StillClock()
    app = Host(AddProfileSheet("config.toml", frozenset({"acme"}), clock=clock))
    async with app.run_test(size=(80, 24)) as pilot:
        await listening(pilot, clock)
        await pilot.press(*"acme", "enter")
        await pilot.pause()
        assert "there is a profile acme already" in text_of(app.screen)
        for name, value in (
            ("name", "beta"),
            ("partner", GUID.upper()),
            ("client", GUID),
            ("secret", "ACME_SECRET"),
        ):
            app.screen.query_one(f"#{name}", Field).value = value
        app.screen.query_one("#refresh").focus()
        await pilot.press("enter")
        await pilot.pause()

        assert app.answer == NewProfile(
            name="beta", partner_tenant=GUID, client_id=GUID, secret_env="ACME_SECRET"
        )


async def test_a_form_that_is_not_right_is_not_taken() -> None:
    clock = StillClock()
    app = Host(AddProfileSheet("config.toml", clock=clock))
    async with app.run_test(size=(80, 24)) as pilot:
        await listening(pilot, clock)
        app.screen.query_one("#name", Field).value = "beta"
        app.screen.query_one("#refresh").focus()
        await pilot.press("enter")
        await pilot.pause()

        assert app.answers == []
        assert app.screen.focused is app.screen.query_one("#partner")


@pytest.mark.parametrize("text", ["", "a/b", "..", "demo", "x" * 65])
def test_bad_names_of_profiles_are_told(text: str) -> None:
    assert name_problem(text)


@pytest.mark.parametrize("text", ["", "contoso.com", GUID[:-1]])
def test_bad_ids_are_told(text: str) -> None:
    assert guid_problem(text)


def test_a_secret_in_the_place_of_its_name_is_refused() -> None:
    assert variable_problem("abc~secret.value")
    assert variable_problem(GUID)
    assert not variable_problem("ACME_SECRET")
    assert not variable_problem("")


def test_the_welcome_box_is_never_deaf() -> None:
    assert not Welcome("config.toml").deaf


# -- exports ------------------------------------------------------------------------------------
TABLE = Table(("tenant", "note"), [("Contoso [Test]", "=1+1"), ("日本", "")])


def test_a_csv_is_private_and_runs_no_formula(tmp_path: Path) -> None:
    target = write(tmp_path / "t.csv", FORMATS[0], TABLE)

    assert target.read_text(encoding="utf-8") == "tenant,note\nContoso [Test],'=1+1\n日本,\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_json_lines_hold_the_words_as_they_are(tmp_path: Path) -> None:
    target = write(tmp_path / "t.jsonl", FORMATS[1], TABLE)

    lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert lines[0] == {"tenant": "Contoso [Test]", "note": "=1+1"}


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("mine", encoding="utf-8")

    with pytest.raises(FileExistsError):
        write(tmp_path / "t.csv", FORMATS[0], TABLE)
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == "mine"


def test_a_failed_export_leaves_nothing_behind(tmp_path: Path) -> None:
    broken = Table(("a", "b"), [("only one cell",)])

    with pytest.raises(ValueError, match="zip"):
        write(tmp_path / "t.jsonl", FORMATS[1], broken)
    assert list(tmp_path.iterdir()) == []


@given(st.text(max_size=20))
def test_no_cell_begins_as_a_formula(words: str) -> None:
    assert not inert(words).startswith(("=", "+", "-", "@"))


async def test_another_format_changes_the_name_of_the_file() -> None:
    clock = StillClock()
    app = Host(ExportSheet("tenants", [Scope("marked", 0), Scope("all shown", 9)], clock=clock))
    async with app.run_test(size=(80, 24)) as pilot:
        await listening(pilot, clock)
        assert "marked" not in text_of(app.screen)
        app.screen.query_one("#format-1").focus()
        await pilot.pause()
        app.screen.query_one("#path").focus()
        await pilot.press("enter")
        await pilot.pause()

        answer = app.answer
    assert answer is not None
    assert (answer.scope, answer.format.name) == ("all shown", "JSON lines")
    assert answer.path.name.startswith("tenants-2026-08-03-")
    assert answer.path.suffix == ".jsonl"
