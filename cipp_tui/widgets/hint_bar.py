"""The last line: keys by rank, never cut in half."""

from collections.abc import Sequence
from dataclasses import dataclass

from cipp_tui.widgets.cells import Cell, Tone, width_of
from cipp_tui.widgets.lines import TextLine


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and its words. Hints stand in the order given; of these the lowest ranks are kept."""

    key: str
    words: str
    rank: int = 99
    off: bool = False  # alive, but would only say why not


def fitting(hints: Sequence[Hint], width: int) -> list[Hint]:
    """Those that fit beside each other, in their order."""
    kept: set[int] = set()
    for place in sorted(range(len(hints)), key=lambda place: hints[place].rank):
        hint = hints[place]
        needed = width_of(hint.key) + width_of(hint.words) + 3
        if needed > width + 1:  # the last one needs no gap behind it
            break
        kept.add(place)
        width -= needed
    return [hint for place, hint in enumerate(hints) if place in kept]


class HintBar(TextLine):
    """Shows what keys do here."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hints: tuple[Hint, ...] = ()

    def offer(self, hints: Sequence[Hint]) -> None:
        """Show these, as far as they fit."""
        self._hints = tuple(hints)
        self._fill()

    def on_resize(self) -> None:
        self._fill()

    def _fill(self) -> None:
        pieces: list[Cell] = []
        for hint in fitting(self._hints, self.size.width):
            pieces.append(Cell(f" {hint.key}", Tone.MUTED if hint.off else Tone.STRONG))
            pieces.append(Cell(f" {hint.words} ", Tone.MUTED if hint.off else Tone.PLAIN))
        self.say(pieces)
