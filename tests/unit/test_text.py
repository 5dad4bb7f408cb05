"""Foreign text cannot reach the terminal raw."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from cipp_tui.domain.text import clean, folded


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
