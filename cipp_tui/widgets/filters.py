"""Last changes to what is drawn: plain signs for old terminals, no colours for the plain theme."""

from typing import Final

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_PLAIN_SIGNS: Final = str.maketrans(
    {
        "·": "-",
        "…": "~",
        "█": "#",
        "░": ".",
        "✓": "+",
        "▏": "|",
        **dict.fromkeys("─━═", "-"),
        **dict.fromkeys("│┃║▌▐▎▊", "|"),
        **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼┏┓┗┛┣┫┳┻╋╔╗╚╝", "+"),
        **dict.fromkeys("▔▁▀▄", "-"),
    }
)


class PlainSigns(LineFilter):
    """Lines, bars and dots in ASCII. Names keep their own signs."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment
            if segment.text.isascii()
            else Segment(segment.text.translate(_PLAIN_SIGNS), segment.style, segment.control)
            for segment in segments
        ]


class Colourless(LineFilter):
    """No colour code at all, not even the terminal's default ones; bold and reverse stay."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(text, style.without_color if style is not None else None, control)
            for text, style, control in segments
        ]
