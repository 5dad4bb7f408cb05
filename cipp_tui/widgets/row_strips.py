"""Rows as strips for the screen: columns, colours, marks and the cursor; kept until they change."""

from collections.abc import Callable, Collection, Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from cipp_tui.widgets.cells import Head, Line, Tone, cut, fit, runs, width_of

MARK_WIDTH: Final = 2
_CACHED_ROWS: Final = 2_000

STYLES: Final = frozenset(
    {
        "fleet--head",
        "fleet--cursor",
        "fleet--cursor-away",
        "fleet--marked",
        *(f"fleet--{tone}" for tone in Tone),
    }
)
"""The component classes a table must have."""


class RowStrips:
    """The strips of one table. `draw` gives the words of a row, and is asked for few of them."""

    def __init__(self, table: Widget, draw: Callable[[str], Line]) -> None:
        self._table = table
        self._draw = draw
        self._widths: tuple[int, ...] = ()
        self._strips: dict[tuple[str, bool], Strip] = {}
        self._styles: dict[str, Style] = {}

    def columns(self, heads: Sequence[Head]) -> None:
        """Other columns are shown."""
        self._widths = tuple(head.width for head in heads)
        self.forget()

    def forget(self) -> None:
        """Words, widths or colours may all be others now."""
        self._strips.clear()
        self._styles.clear()

    def drop(self, key: str) -> None:
        """The facts of a row changed."""
        self._strips.pop((key, True), None)
        self._strips.pop((key, False), None)

    def drop_all(self, keys: Collection[str]) -> None:
        """The facts of many rows changed."""
        for kept in [kept for kept in self._strips if kept[0] in keys]:
            del self._strips[kept]

    def changed(self, key: str, at_cursor: bool) -> bool:
        """Draw a row anew; whether it looks different."""
        before = self._strips.get((key, at_cursor))
        self.drop(key)
        return before is None or self.row(key, at_cursor) != before

    def row(self, key: str, at_cursor: bool) -> Strip:
        """A row."""
        found = self._strips.get((key, at_cursor))
        if found is None:
            if len(self._strips) > _CACHED_ROWS:
                self._strips.clear()
            found = self._strips[key, at_cursor] = self._drawn(self._draw(key), at_cursor)
        return found

    def head(self, heads: Sequence[Head]) -> Strip:
        """The names of the columns."""
        width = self._table.size.width
        labels = [fit(head.label, head.width - 1) + " " for head in heads]
        text = fit(" " * MARK_WIDTH + "".join(labels), width)
        return Strip([Segment(text, self._style("head"))], width)

    def words(self, words: str) -> Strip:
        """Words in the middle of a line without a row."""
        width = self._table.size.width
        words = cut(words, width)
        left = (width - width_of(words)) // 2
        return Strip([Segment(fit(" " * left + words, width), self._table.rich_style)])

    def _drawn(self, line: Line, at_cursor: bool) -> Strip:
        width = self._table.size.width
        # Without colours of our own the cursor line is told by a sign as well.
        pointed = at_cursor and self._table.app.native_ansi_color
        mark = "*" if line.marked else ">" if pointed else " "
        parts = runs(line.cells, self._widths)
        if at_cursor:
            style = self._style("cursor" if self._table.has_focus else "cursor-away")
            text = f"{mark} " + "".join(words for words, _ in parts)
            return Strip([Segment(fit(text, width), style)], width)
        plain = self._table.rich_style
        base = plain + self._style("marked") if line.marked else plain
        segments = [Segment(f"{mark} ", base)]
        for words, tone in parts:
            style = base if tone is Tone.PLAIN else base + self._style(tone)
            if segments[-1].style == style:
                segments[-1] = Segment(segments[-1].text + words, style)
            else:
                segments.append(Segment(words, style))
        used = sum(width_of(segment.text) for segment in segments)
        if used < width:
            last = segments[-1]
            if last.style == base:
                segments[-1] = Segment(last.text + " " * (width - used), base)
            else:
                segments.append(Segment(" " * (width - used), base))
        strip = Strip(segments)
        return strip.crop(0, width) if used > width else Strip(segments, width)

    def _style(self, name: str) -> Style:
        found = self._styles.get(name)
        if found is None:
            partial = name not in ("head", "cursor", "cursor-away")
            found = self._table.get_component_rich_style(f"fleet--{name}", partial=partial)
            self._styles[name] = found
        return found
