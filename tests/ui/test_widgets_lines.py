"""Lines, hints, questions and the panel's text."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input

from cipp_tui.screens.styles import style_files
from cipp_tui.widgets.cells import Cell, Head, Line, Tone, runs
from cipp_tui.widgets.fleet_table import FleetTable
from cipp_tui.widgets.hint_bar import Hint, HintBar, fitting
from cipp_tui.widgets.lines import TextLine, paint, said
from cipp_tui.widgets.panel import Panel
from cipp_tui.widgets.panel_words import Part, wrap
from cipp_tui.widgets.status_line import Answer, Question, StatusLine
from cipp_tui.widgets.themes import ALL


class Bare(App[None]):
    """Shows the widgets it is given."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, *shown: Callable[[], Widget]) -> None:
        super().__init__(css_path=[*style_files()])
        for theme in ALL:
            self.register_theme(theme)
        self.theme = "cipp-dark"
        self._shown = shown

    def compose(self) -> ComposeResult:
        for make in self._shown:
            yield make()


# -- cells --------------------------------------------------------------------------------------
def test_cells_of_one_tone_are_one_run() -> None:
    cells = [Cell("Contoso"), Cell("managed"), Cell("3 missing", Tone.WARN), Cell("")]

    assert runs(cells, [9, 9, 11, 3]) == [
        ("Contoso  managed  ", Tone.PLAIN),
        ("3 missing     ", Tone.WARN),
    ]


# -- text lines ---------------------------------------------------------------------------------
async def test_the_right_gives_way_before_the_left_is_cut() -> None:
    app = Bare(TextLine)
    async with app.run_test(size=(30, 3)) as pilot:
        line = app.query_one(TextLine)
        long, short = [Cell("412 tenants  list 4 min ")], [Cell("412 ")]

        line.say([Cell(" acme")], long, short)
        await pilot.pause()
        assert line.text.endswith("list 4 min")

        line.say([Cell(" acme, a longer name")], long, short)
        await pilot.pause()
        assert line.text == " acme, a longer name      412"

        line.say([Cell(" " + "x" * 40)], long, short)
        await pilot.pause()
        assert line.text == " " + "x" * 28 + "…"


async def test_a_line_that_says_the_same_is_not_painted_again() -> None:
    app = Bare(TextLine)
    async with app.run_test(size=(30, 3)) as pilot:
        line = app.query_one(TextLine)
        line.say([Cell(" acme")])
        await pilot.pause()
        painted = 0
        refresh = line.refresh

        def counted(*regions: Any, **options: Any) -> TextLine:
            nonlocal painted
            painted += 1
            return refresh(*regions, **options)

        line.refresh = counted  # type: ignore[method-assign]
        line.say([Cell(" acme")])
        assert painted == 0

        line.say([Cell(" acme!")])
        assert painted == 1


async def test_a_profiles_colour_paints_the_title_and_a_wrong_one_does_not() -> None:
    app = Bare(TextLine)
    async with app.run_test(size=(30, 3)):
        line = app.query_one(TextLine)

        assert paint(line, "#802020")
        assert not paint(line, "no such colour")
        assert line.styles.background.hex == "#802020"


# -- hints --------------------------------------------------------------------------------------
HINTS = (
    Hint("x", "Exclude", 2),
    Hint("i", "Include", 6),
    Hint("r", "Refresh", 3),
    Hint("/", "Filter", 4),
    Hint("?", "Help", 0),
    Hint("q", "Quit", 1),
)


@pytest.mark.parametrize(
    ("width", "keys"), [(80, "xir/?q"), (50, "xr/?q"), (30, "x?q"), (16, "?q"), (6, "")]
)
def test_hints_go_by_rank_and_stand_in_their_order(width: int, keys: str) -> None:
    assert "".join(hint.key for hint in fitting(HINTS, width)) == keys


@pytest.mark.parametrize("width", range(1, 120))
async def test_no_hint_is_cut_in_half(width: int) -> None:
    words = sum(len(hint.key) + len(hint.words) + 3 for hint in fitting(HINTS, width))

    assert words <= width + 1


async def test_the_hint_bar_shows_more_when_it_grows() -> None:
    app = Bare(HintBar)
    async with app.run_test(size=(30, 3)) as pilot:
        bar = app.query_one(HintBar)
        bar.offer(HINTS)
        await pilot.pause()
        assert "Filter" not in bar.text

        await pilot.resize_terminal(80, 3)
        await pilot.pause(0.2)

        assert "Filter" in bar.text


# -- questions ----------------------------------------------------------------------------------
QUESTION = Question("Include 3 tenants again?", (Answer("y", "Include"), Answer("n", "No")), "A, B")


def a_table() -> FleetTable:
    return FleetTable(
        lambda width: [Head("name", "Tenant", width - 2)], lambda key: Line([Cell(key)])
    )


async def asked(app: Bare, pilot: Pilot[Any]) -> "asyncio.Task[str | None]":
    question = asyncio.create_task(app.query_one(StatusLine).ask(QUESTION))
    await pilot.pause()
    return question


@pytest.mark.parametrize(
    ("keys", "answer"),
    [(("y",), "y"), (("n",), "n"), (("escape",), None), (("x", "j", "enter", "y"), "y")],
)
async def test_only_the_answers_of_a_question_are_heard(
    keys: tuple[str, ...], answer: str | None
) -> None:
    app = Bare(a_table, StatusLine)
    async with app.run_test(size=(80, 10)) as pilot:
        table = app.query_one(FleetTable)
        table.show(["a", "b", "c"])
        table.focus()
        question = await asked(app, pilot)
        assert "Include 3 tenants again?   y Include   n No" in app.query_one(StatusLine).text

        await pilot.press(*keys)

        assert await question == answer
        assert table.cursor_key == "a"


async def test_after_a_question_keys_do_what_they_did_before() -> None:
    app = Bare(a_table, StatusLine)
    async with app.run_test(size=(80, 10)) as pilot:
        table = app.query_one(FleetTable)
        table.show(["a", "b", "c"])
        table.focus()
        question = await asked(app, pilot)
        await pilot.press("n")
        await question

        await pilot.press("j")

        assert table.cursor_key == "b"


async def test_what_was_told_during_a_question_is_shown_after_it() -> None:
    app = Bare(a_table, StatusLine)
    async with app.run_test(size=(80, 10)) as pilot:
        app.query_one(FleetTable).focus()
        status = app.query_one(StatusLine)
        question = await asked(app, pilot)
        status.say([Cell(" Job 1: 3 done")])
        assert "Include" in status.text

        await pilot.press("escape")
        await question

        assert status.text.strip() == "Job 1: 3 done"


async def test_a_question_over_a_text_field_takes_its_keys_too() -> None:
    app = Bare(Input, StatusLine)
    async with app.run_test(size=(80, 10)) as pilot:
        field = app.query_one(Input)
        field.focus()
        question = await asked(app, pilot)

        await pilot.press("y")

        assert await question == "y"
        assert field.value == ""


# -- panel --------------------------------------------------------------------------------------
def test_text_is_broken_at_blanks_and_long_words_are_cut() -> None:
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert wrap("日本ソフト", 4) == ["日本", "ソフ", "ト"]
    assert wrap("", 4) == []


async def test_the_panel_goes_from_part_to_part() -> None:
    app = Bare(lambda: Panel(id="shown"))
    async with app.run_test(size=(60, 12)) as pilot:
        panel = app.query_one(Panel)
        panel.focus()
        parts = [
            Part(name, [[Cell(f" {name} {n}")] for n in range(20)]) for name in ("Who", "Access")
        ]
        panel.tell(said([Cell(" Contoso")]), parts)
        await pilot.pause()
        assert "Who 0" in panel.text

        await pilot.press("right_square_bracket")
        await pilot.pause()
        assert panel.text.splitlines()[1].startswith("─ Access")

        await pilot.press("left_square_bracket", "j")
        await pilot.pause()
        assert panel.text.splitlines()[1].startswith(" Who 0")
