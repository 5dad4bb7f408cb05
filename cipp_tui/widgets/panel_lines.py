"""Text in lines of a panel: wrapped, labelled, and as plain text. Pure functions."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cipp_tui.widgets.cells import Cell, Tone, fit, steady, width_of

LABEL: Final = 12
"""Width of the words in front."""

_BELOW: Final = 3

Text = list[Cell]


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and its lines."""

    title: str
    lines: list[Text] = field(default_factory=list)


def labelled(label: str, words: str, width: int, *, tone: Tone = Tone.PLAIN) -> list[Text]:
    """A word in front, and text beside it, wrapped."""
    return beside(fit(f" {label}", LABEL), words, width, tone=tone)


def beside(label: str, words: str, width: int, *, tone: Tone = Tone.PLAIN) -> list[Text]:
    """Text beside its label; below it when a long word (an id, a domain) is whole only there."""
    indent = width_of(label)
    longest = max(map(width_of, steady(words).split()), default=0)
    if _room(width, indent) < longest <= _room(width, _BELOW):
        return [[Cell(label)], *wrapped(words, width, first=" " * _BELOW, indent=_BELOW, tone=tone)]
    return wrapped(words, width, first=label, indent=indent, tone=tone)


def wrapped(
    words: str, width: int, *, first: str = " ", indent: int = 1, tone: Tone = Tone.PLAIN
) -> list[Text]:
    """Text in lines of at most `width`; `first` stands before the first, blanks before the rest."""
    lines = wrap(words, _room(width, indent)) or [""]
    return [
        [Cell(first if place == 0 else " " * indent), Cell(line, tone)]
        for place, line in enumerate(lines)
    ]


def _room(width: int, indent: int) -> int:
    return max(8, width - indent - 1)


def wrap(words: str, width: int) -> list[str]:
    """Break at blanks; words longer than a line are cut into pieces."""
    lines: list[str] = []
    line = ""
    for word in steady(words).split():
        candidate = f"{line} {word}" if line else word
        if width_of(candidate) <= width:
            line = candidate
            continue
        if line:
            lines.append(line)
        while width_of(word) > width:
            piece = _prefix(word, width)
            lines.append(piece)
            word = word[len(piece) :]
        line = word
    return [*lines, line] if line else lines


def _prefix(word: str, width: int) -> str:
    """As many signs of the word as fit; at least one."""
    taken = 0
    for place, sign in enumerate(word):
        taken += width_of(sign)
        if taken > width:
            return word[: max(1, place)]
    return word


def plain(found: Iterable[Part]) -> str:
    """All of it as text, for the pager and for copying."""
    blocks = []
    for part in found:
        lines = ["".join(cell.words for cell in line).rstrip() for line in part.lines]
        blocks.append("\n".join([part.title, *lines]))
    return "\n\n".join(blocks) + "\n"
