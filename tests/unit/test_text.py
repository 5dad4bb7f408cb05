"""Foreign text cannot reach the terminal raw."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from cipp_tui.domain.text import clean, escape_controls, escape_controls_json, folded


def test_escape_sequences_become_visible() -> None:
    raw = "A\x1b]52;c;SEVMTE8=\x07B\x1b[31mC\u202eD\x9b31mE\r\nF\tG\x00H"

    assert clean(raw) == "A␛]52;c;SEVMTE8=␇B␛[31mC�D�31mE  F G␀H"


def test_names_in_any_script_stay_as_they_are() -> None:
    assert clean("日本ソフト株式会社 👩‍💻 Ünïcode") == "日本ソフト株式会社 👩‍💻 Ünïcode"


def test_markup_is_just_text() -> None:
    assert clean("Contoso [Test] [/]") == "Contoso [Test] [/]"


@given(st.text())
def test_nothing_unprintable_is_left(raw: str) -> None:
    for sign in clean(raw):
        assert unicodedata.category(sign) not in ("Cc", "Cs", "Co", "Cn")
        assert sign not in "\u202a\u202b\u202d\u202e\u2066\u2067\u200e\u200f"


@given(st.text())
def test_cleaning_twice_is_cleaning_once(raw: str) -> None:
    assert clean(clean(raw)) == clean(raw)


def test_folding_forgets_case_and_accents() -> None:
    assert folded("Ünïcode STRASSE") == folded("unicode strasse")


def test_marks_that_pile_up_are_cut() -> None:
    assert clean("a" + "\u0301" * 500 + "b") == "a" + "\u0301" * 10 + "b"
    assert clean("a" + "\u200d" * 500 + "b") == "a" + "\u200d" * 10 + "b"
    assert len(clean("a" + "\u0301" * 200_000)) < 20
    assert len(clean("x" * 200_000)) == 10_000


FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
FLAG = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
STEERING = "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def test_scripts_and_emoji_that_stack_a_little_stay() -> None:
    for text in ("\u0915\u094d\u0937\u093f", "\u0e17\u0e35\u0e48", FAMILY, FLAG):
        assert clean(text) == text


@given(st.text())
def test_what_is_printed_steers_no_terminal_and_keeps_its_lines(raw: str) -> None:
    shown = escape_controls(raw)
    for sign in shown:
        assert sign in "\t\n" or unicodedata.category(sign) not in ("Cc", "Cs", "Zl", "Zp")
        assert sign not in STEERING
    assert shown.count("\n") == raw.count("\n")


@given(st.text())
def test_json_says_the_same_and_steers_no_terminal(raw: str) -> None:
    written = escape_controls_json(json.dumps({"name": raw}, ensure_ascii=False))

    assert json.loads(written) == {"name": raw}
    assert escape_controls(written) == written
