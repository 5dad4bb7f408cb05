"""Looks: which terminal gets what, and that every theme can be read."""

from itertools import product

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from cipp_tui.widgets.filters import Colourless, PlainSigns
from cipp_tui.widgets.looks import THEMES, looks, refusal
from cipp_tui.widgets.themes import ALL, BLUE_ORANGE, DARK, LIGHT

TERM = {"TERM": "xterm-256color"}


# -- looks --------------------------------------------------------------------------------------
def test_a_local_terminal_may_move_and_has_the_mouse() -> None:
    found = looks(TERM)

    assert (found.theme, found.animations, found.mouse, found.per_second) == (
        "cipp-dark",
        "basic",
        True,
        10,
    )


@pytest.mark.parametrize("variable", ["SSH_CONNECTION", "SSH_TTY"])
def test_over_ssh_nothing_moves_and_the_mouse_is_the_terminals(variable: str) -> None:
    found = looks({**TERM, variable: "yes"})

    assert (found.animations, found.mouse, found.per_second) == ("none", False, 4)


def test_no_color_counts_also_when_it_is_empty() -> None:
    assert looks({**TERM, "NO_COLOR": ""}, theme="cipp-light").theme == "plain"


def test_an_unknown_theme_is_the_default_one() -> None:
    assert looks(TERM, theme="solarized").theme == "cipp-dark"


def test_the_console_of_linux_gets_plain_signs() -> None:
    assert looks({"TERM": "linux"}).ascii_only
    assert looks(TERM, utf8=False).ascii_only


def test_what_is_asked_for_wins() -> None:
    found = looks({**TERM, "SSH_TTY": "yes", "TEXTUAL_ANIMATIONS": "FULL"}, mouse=True)

    assert (found.animations, found.mouse) == ("full", True)
    assert looks({**TERM, "TEXTUAL_ANIMATIONS": "full"}, motion="none").animations == "none"


def test_readers_get_neither_motion_nor_mouse() -> None:
    found = looks(TERM, reader=True)

    assert (found.animations, found.mouse, found.reader) == ("none", False, True)


@pytest.mark.parametrize("term", ["", "dumb", "unknown"])
def test_a_terminal_that_cannot_draw_is_refused(term: str) -> None:
    assert "cannot draw" in (refusal({"TERM": term}, tty_in=True, tty_out=True) or "")


def test_without_a_terminal_the_commands_are_named() -> None:
    assert "cipp-tui tenants --json" in (refusal(TERM, tty_in=True, tty_out=False) or "")
    assert refusal(TERM, tty_in=True, tty_out=True) is None


# -- themes -------------------------------------------------------------------------------------
def luminance(colour: Color) -> float:
    def part(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4

    return 0.2126 * part(colour.r) + 0.7152 * part(colour.g) + 0.0722 * part(colour.b)


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast of two colours."""
    light, dark = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT, BLUE_ORANGE], ids=lambda theme: theme.name)
def test_every_text_can_be_read_on_every_ground(theme: Theme) -> None:
    ours = theme.variables
    inks = [ours[name] for name in ("bad", "warn", "good", "busy", "muted")]
    inks += [theme.foreground or ""]
    grounds = [theme.background or "", theme.panel or ""]

    for ink, ground in product(inks, grounds):
        assert contrast(ink, ground) >= 4.5, (ink, ground)
    assert contrast(ours["cursor-ink"], ours["cursor-ground"]) >= 4.5
    assert contrast(theme.foreground or "", ours["away-ground"]) >= 4.5
    assert contrast(ours["marked-ink"], theme.background or "") >= 4.5


def test_bad_and_good_differ_by_more_than_red_and_green_in_the_safe_theme() -> None:
    bad, good = (Color.parse(BLUE_ORANGE.variables[name]) for name in ("bad", "good"))

    assert abs(bad.b - good.b) > 100


def test_there_is_a_theme_for_every_name() -> None:
    assert tuple(theme.name for theme in ALL) == THEMES


# -- filters ------------------------------------------------------------------------------------
GROUND = Color.parse("black")


def test_lines_and_bars_become_ascii_and_names_stay() -> None:
    found = PlainSigns().apply([Segment("─ 日本 · █░ …", Style(bold=True))], GROUND)

    assert found == [Segment("- 日本 - #. ~", Style(bold=True))]


def test_the_plain_theme_sends_no_colour_and_keeps_bold_and_reverse() -> None:
    style = Style(color="red", bgcolor="blue", bold=True, reverse=True)

    (found,) = Colourless().apply([Segment("x", style)], GROUND)

    assert found.style is not None
    assert (found.style.color, found.style.bgcolor) == (None, None)
    assert found.style.bold
    assert found.style.reverse
