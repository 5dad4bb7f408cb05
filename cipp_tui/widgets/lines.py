"""Lines of text of fixed height: only the lines that say something else are repainted."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.color import Color, ColorParseError
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from cipp_tui.widgets.cells import Cell, Tone, cut, steady, width_of

Pieces = Sequence[Cell]
"""Words side by side, each with its tone."""

Said = tuple[tuple[Cell, ...], tuple[tuple[Cell, ...], ...]]
"""What a line says: the left, and what the right says; of that the first that fits."""

NOTHING: Said = ((), ())


def said(left: Pieces, *rights: Pieces) -> Said:
    """A line with something on the left and, where it fits, something on the right."""
    return tuple(left), tuple(tuple(right) for right in rights)


def length(pieces: Pieces) -> int:
    """How many terminal cells the words take."""
    return sum(width_of(steady(piece.words)) for piece in pieces)


class TextBlock(Widget):
    """Some lines of text."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line--{tone}" for tone in Tone}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._said: list[Said] = []
        self._tones: dict[Tone, Style] = {}

    def say_lines(self, lines: Sequence[Said]) -> None:
        """Show these lines from the top; repaint those that differ."""
        before, self._said = self._said, list(lines)
        for y in range(max(len(before), len(lines))):
            old = before[y] if y < len(before) else NOTHING
            new = lines[y] if y < len(lines) else NOTHING
            if old != new:
                self.refresh(Region(0, y, self.outer_size.width, 1))

    @property
    def text(self) -> str:
        """What is shown, in plain words."""
        lines = (self.render_line(y).text.rstrip() for y in range(self.size.height))
        return "\n".join(lines)

    def render_line(self, y: int) -> Strip:
        """One line of it."""
        width = self.size.width
        line = self._said[y] if y < len(self._said) else NOTHING
        if line == NOTHING or not width:
            return Strip.blank(width, self.rich_style)
        return Strip(joined(self.segments_of(line, width)), width)

    def segments_of(self, line: Said, width: int) -> list[Segment]:
        """The words of a line in exactly this width; the left is cut when it must be."""
        left, rights = line
        taken = length(left)
        if taken > width:
            return self._cut(left, width)
        room = width - taken
        right = next((pieces for pieces in rights if length(pieces) < room), ())
        gap = Cell(" " * (room - length(right)))
        return [self.segment(piece) for piece in (*left, gap, *right) if piece.words]

    def _cut(self, left: Pieces, width: int) -> list[Segment]:
        segments: list[Segment] = []
        for piece in left:
            words = steady(piece.words)
            if width_of(words) >= width:
                words = cut(words + " ", width)
                gap = Cell(" " * (width - width_of(words)))
                segments.append(self.segment(Cell(words, piece.tone)))
                return [*segments, self.segment(gap)] if gap.words else segments
            width -= width_of(words)
            segments.append(self.segment(piece))
        return segments

    def segment(self, piece: Cell) -> Segment:
        """Words in the style of their tone."""
        style = self._tones.get(piece.tone)
        if style is None:
            style = self.rich_style
            if piece.tone is not Tone.PLAIN:
                style += self.get_component_rich_style(f"line--{piece.tone}", partial=True)
            self._tones[piece.tone] = style
        return Segment(steady(piece.words), style)

    def notify_style_update(self) -> None:
        """The theme, a class or the focus changed."""
        self._tones.clear()
        super().notify_style_update()


class TextLine(TextBlock):
    """One line of text."""

    def say(self, left: Pieces, *rights: Pieces) -> None:
        """Show these words; of `rights` the first that fits."""
        self.say_lines([said(left, *rights)])


def paint(line: TextBlock, colour: str) -> bool:
    """Give a line the ground the user's profile asks for; False when that is not a colour."""
    try:
        ground = Color.parse(colour)
    except ColorParseError:
        return False
    line.styles.background = ground
    line.styles.color = ground.get_contrast_text(1.0)
    return True


def joined(segments: Sequence[Segment]) -> list[Segment]:
    """Neighbours of one style become one: fewer style codes are sent."""
    found: list[Segment] = []
    for segment in segments:
        if found and found[-1].style == segment.style:
            found[-1] = Segment(found[-1].text + segment.text, segment.style)
        else:
            found.append(segment)
    return found
