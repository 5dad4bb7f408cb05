"""Words in a table cell, their tone, and how they are fitted into a width. Knows no Textual."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from rich.cells import cell_len, set_cell_size


class Tone(StrEnum):
    """What a word means; the theme knows the colours."""

    PLAIN = "plain"
    BAD = "bad"
    WARN = "warn"
    GOOD = "good"
    BUSY = "busy"
    MUTED = "muted"
    URGENT = "urgent"  # bad, and bold
    STRONG = "strong"  # plain, and bold: keys, totals


class Cell(NamedTuple):
    """Words and their tone. Foreign words are shown as they are: nothing here is markup."""

    words: str
    tone: Tone = Tone.PLAIN


EMPTY: Final = Cell("")


class Head(NamedTuple):
    """A column as the table draws it. `width` counts terminal cells, the gap behind included."""

    name: str
    label: str
    width: int


class Line(NamedTuple):
    """One row, ready to be drawn."""

    cells: Sequence[Cell]
    marked: bool = False


_INVISIBLE: Final = dict.fromkeys(
    (0xAD, *range(0x200B, 0x200E), 0x2060, *range(0xFE00, 0xFE10), 0xFEFF, *range(0xE0100, 0xE01F0))
)
"""Joiners and variation selectors: terminals disagree about the width of what they make."""


def steady(text: str) -> str:
    """The text without invisible signs that terminals count differently."""
    return text if text.isascii() else text.translate(_INVISIBLE)


def width_of(text: str) -> int:
    """How many terminal cells the text takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, width: int) -> str:
    """The text in at most `width` cells, with `…` where it was cut."""
    if width <= 0:
        return ""
    if text.isascii():
        return text if len(text) <= width else text[: width - 1] + "…"
    text = steady(text)
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…"


def fit(text: str, width: int) -> str:
    """The text in exactly `width` cells."""
    text = cut(text, width)
    return text + " " * (width - width_of(text))


def runs(cells: Sequence[Cell], widths: Sequence[int]) -> list[tuple[str, Tone]]:
    """Cells side by side, each with a gap behind it, as few runs of one tone as possible."""
    found: list[tuple[str, Tone]] = []
    text, tone = "", Tone.PLAIN
    for cell, width in zip(cells, widths, strict=False):
        words = fit(cell.words, width - 1) + " "
        if cell.words and cell.tone is not tone:
            if text:
                found.append((text, tone))
            text, tone = words, cell.tone
        else:
            text += words
    if text:
        found.append((text, tone))
    return found
