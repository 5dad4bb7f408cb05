"""A table for any number of rows: it is told the order and asks for the words of what is seen."""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Offset, Region
from textual.message import Message
from textual.strip import Strip

from cipp_tui.widgets.actions import Place, specs_of
from cipp_tui.widgets.bindings import binding
from cipp_tui.widgets.cells import Head, Line, Tone, cut, fit, runs, width_of
from cipp_tui.widgets.status_line import Listening

MARK_WIDTH: Final = 2
_CACHED_ROWS: Final = 2_000
_WHEEL_ROWS: Final = 3

_ACTIONS: Final = {
    "move.down": "step(1)",
    "move.up": "step(-1)",
    "move.first": "go_first",
    "move.last": "go_last",
    "move.page-down": "page(2)",
    "move.page-up": "page(-2)",
    "move.half-down": "page(1)",
    "move.half-up": "page(-1)",
    "move.columns-left": "shift(-1)",
    "move.columns-right": "shift(1)",
}


class FleetTable(Listening, can_focus=True):
    """DataTable's look, keys and messages; paints what is on screen, and of that what changed.

    It holds ids in their order and nothing else. `choose` gives the columns for a width; `draw`
    the words of one row, and is called for rows on screen only. The cursor belongs to an id.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "fleet--head",
        "fleet--cursor",
        "fleet--cursor-away",
        "fleet--marked",
        *(f"fleet--{tone}" for tone in Tone),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            binding(spec, _ACTIONS[spec.id])
            for spec in specs_of(Place.TABLE, Place.TENANTS)
            if spec.id in _ACTIONS
        ),
        binding("panel.open", "select"),
    ]

    class Moved(Message):
        """The cursor stands on another row, or none."""

        def __init__(self, key: str | None, index: int) -> None:
            super().__init__()
            self.key = key
            self.index = index

    class RowSelected(Message):
        """Enter was pressed on a row."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class HeaderSelected(Message):
        """The head of a column was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Shifted(Message):
        """Other columns are asked for: one further left or right."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def __init__(
        self,
        choose: Callable[[int], Sequence[Head]],
        draw: Callable[[str], Line],
        *,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._choose = choose
        self._draw = draw
        self._heads: tuple[Head, ...] = ()
        self._widths: tuple[int, ...] = ()
        self.keys: Sequence[str] = ()
        self._index = 0
        self._was_moved = False
        self._top = 0  # index of the first row on screen
        self._strips: dict[tuple[str, bool], Strip] = {}
        self._styles_known: dict[str, Style] = {}
        self._empty = ""
        self.leads_cursor = False  # the terminal's own cursor follows, for screen readers
        self.line_by_line = False  # scroll by one row; else by half a page, which sends less

    # -- what is shown ----------------------------------------------------------------------
    @property
    def index(self) -> int:
        """The place of the cursor's row in the whole list."""
        return self._index

    @property
    def cursor_key(self) -> str | None:
        """The id under the cursor."""
        return self.keys[self._index] if self._index < len(self.keys) else None

    @property
    def page(self) -> int:
        """How many rows fit."""
        return max(1, self.size.height - 1)

    @property
    def heads(self) -> Sequence[Head]:
        """The columns that are shown."""
        return self._heads

    @property
    def seen(self) -> Sequence[str]:
        """The ids on screen."""
        return self.keys[self._top : self._top + self.page]

    @property
    def position(self) -> tuple[int, int]:
        """First and last row on screen, counted from 1; (0, 0) when there is none."""
        last = min(len(self.keys), self._top + self.page)
        return (self._top + 1, last) if last else (0, 0)

    def choose_columns(self) -> None:
        """Ask for the columns anew; rows and cursor stay."""
        heads = tuple(self._choose(self.size.width))
        if heads != self._heads:
            self._heads = heads
            self._widths = tuple(head.width for head in heads)
            self.repaint()

    def say_empty(self, words: str) -> None:
        """What stands in the middle when there are no rows."""
        if words != self._empty:
            self._empty = words
            if not self.keys:
                self.refresh(self._row_region(self._middle))

    def show(self, keys: Sequence[str]) -> None:
        """Swap the rows. The cursor stays on its row and height, else on the nearest one left.

        While nobody has moved it, it stays on top: rows that come in do not push it down.
        """
        height = self._index - self._top
        before = self.cursor_key
        index = self._place_in(keys) if self._was_moved else 0
        self.keys = keys
        self._index = index
        self._top = self._clamped_top(index - height)
        self.refresh()
        if self.cursor_key != before:
            self._tell()

    def put(self, keys: Iterable[str]) -> None:
        """The facts of these rows changed: repaint what looks different, if it is on screen."""
        changed = set(keys)
        for line, key in enumerate(self.seen):
            if key not in changed:
                continue
            at_cursor = self._top + line == self._index
            before = self._strips.get((key, at_cursor))
            self._drop(key)
            if before is None or self._strip(key, at_cursor) != before:
                self._refresh_line(self._top + line)
        unseen = changed.difference(self.seen)
        for kept in [kept for kept in self._strips if kept[0] in unseen]:
            del self._strips[kept]

    def go(self, index: int) -> None:
        """Put the cursor on a row by its place in the whole list; scroll as little as pays."""
        self._was_moved = True
        index = max(0, min(index, len(self.keys) - 1))
        if index == self._index:
            return
        before, self._index = self._index, index
        page = self.page
        if self._top <= index < self._top + page:
            self._refresh_line(before)
            self._refresh_line(index)
        else:
            self._move_page(self._top_for(before, index))
        self._tell()

    def go_to(self, key: str) -> bool:
        """Put the cursor on an id; False when it is not shown."""
        try:
            self.go(self.keys.index(key))
        except ValueError:
            return False
        return True

    def repaint(self) -> None:
        """Ask for every word anew."""
        self._forget()
        self.refresh()

    # -- places -----------------------------------------------------------------------------
    def _top_for(self, before: int, index: int) -> int:
        """The first row to show when the cursor leaves the page."""
        page = self.page
        step = 1 if self.line_by_line else max(1, page // 2)
        if index == before + 1:
            return self._clamped_top(index - page + step)
        if index == before - 1:
            return self._clamped_top(index - step + 1)
        return self._clamped_top(index - (before - self._top))

    def _clamped_top(self, top: int) -> int:
        """A first row such that the page is full where it can be, and the cursor is on it."""
        page = self.page
        top = max(self._index - page + 1, min(top, self._index))
        return max(0, min(top, len(self.keys) - page))

    def _move_page(self, top: int) -> None:
        if top != self._top:
            self._top = top
        self.refresh()

    def _place_in(self, keys: Sequence[str]) -> int:
        """Where the cursor belongs among other rows."""
        if not keys or not self.keys:
            return 0
        here = self._index
        try:
            return keys.index(self.keys[here])
        except ValueError:
            left = {key: place for place, key in enumerate(keys)}
        below = next((left[key] for key in self.keys[here:] if key in left), None)
        if below is not None:
            return below
        return next((left[key] for key in reversed(self.keys[:here]) if key in left), 0)

    def _tell(self) -> None:
        if self.leads_cursor:
            line = self.region.y + 1 + self._index - self._top
            self.app.cursor_position = Offset(self.region.x, line)
        self.post_message(self.Moved(self.cursor_key, self._index))

    # -- painting ---------------------------------------------------------------------------
    def render_line(self, y: int) -> Strip:
        """One line of the screen: the heads, a row, or nothing."""
        if y == 0:
            return self._head_strip()
        index = self._top + y - 1
        if index >= len(self.keys) or y > self.page:
            words = self._empty if not self.keys and y == self._middle + 1 else ""
            words = cut(words, self.size.width)
            left = (self.size.width - width_of(words)) // 2
            return Strip([Segment(fit(" " * left + words, self.size.width), self.rich_style)])
        return self._strip(self.keys[index], index == self._index)

    def _head_strip(self) -> Strip:
        labels = [fit(head.label, head.width - 1) + " " for head in self._heads]
        text = fit(" " * MARK_WIDTH + "".join(labels), self.size.width)
        return Strip([Segment(text, self._style("head"))], self.size.width)

    def _strip(self, key: str, at_cursor: bool) -> Strip:
        found = self._strips.get((key, at_cursor))
        if found is None:
            if len(self._strips) > _CACHED_ROWS:
                self._strips.clear()
            found = self._strips[key, at_cursor] = self._drawn(self._draw(key), at_cursor)
        return found

    def _drawn(self, line: Line, at_cursor: bool) -> Strip:
        width = self.size.width
        # Without colours of our own the cursor line is told by a sign as well.
        pointed = at_cursor and self.app.native_ansi_color
        mark = "*" if line.marked else ">" if pointed else " "
        parts = runs(line.cells, self._widths)
        if at_cursor:
            style = self._style("cursor" if self.has_focus else "cursor-away")
            text = f"{mark} " + "".join(words for words, _ in parts)
            return Strip([Segment(fit(text, width), style)], width)
        base = self.rich_style + self._style("marked") if line.marked else self.rich_style
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
        found = self._styles_known.get(name)
        if found is None:
            partial = name not in ("head", "cursor", "cursor-away")
            found = self.get_component_rich_style(f"fleet--{name}", partial=partial)
            self._styles_known[name] = found
        return found

    def _refresh_line(self, index: int) -> None:
        line = index - self._top
        if 0 <= line < self.page:
            self.refresh(self._row_region(line))

    def _row_region(self, line: int) -> Region:
        return Region(0, line + 1, self.size.width, 1)

    @property
    def _middle(self) -> int:
        return self.page // 2 - 1

    def _drop(self, key: str) -> None:
        self._strips.pop((key, True), None)
        self._strips.pop((key, False), None)

    def _forget(self) -> None:
        self._strips.clear()
        self._styles_known.clear()

    def notify_style_update(self) -> None:
        """The theme changed."""
        self._forget()
        super().notify_style_update()

    # -- size, focus, mouse -----------------------------------------------------------------
    def on_resize(self) -> None:
        self.choose_columns()
        self._forget()
        self._top = self._clamped_top(self._top)

    def on_focus(self) -> None:
        self._redraw_cursor()

    def on_blur(self) -> None:
        self._redraw_cursor()

    def _redraw_cursor(self) -> None:
        if (key := self.cursor_key) is not None:
            self._drop(key)
            self._refresh_line(self._index)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        if event.y == 0:
            if (head := self._head_at(event.x)) is not None:
                self.post_message(self.HeaderSelected(head.name))
        elif (index := self._top + event.y - 1) < len(self.keys):
            self.go(index)

    def _head_at(self, x: int) -> Head | None:
        left = MARK_WIDTH
        for head in self._heads:
            if left <= x < left + head.width:
                return head
            left += head.width
        return None

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._wheel(_WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._wheel(-_WHEEL_ROWS)

    def _wheel(self, rows: int) -> None:
        """Scroll; the cursor comes along only when it would leave the page."""
        top = max(0, min(self._top + rows, len(self.keys) - self.page))
        if top == self._top:
            return
        before = self._index
        self._index = max(top, min(self._index, top + self.page - 1))
        self._move_page(top)
        if before != self._index:
            self._tell()

    # -- keys -------------------------------------------------------------------------------
    def action_step(self, rows: int) -> None:
        self.go(self._index + rows)

    def action_page(self, halves: int) -> None:
        """Move by half pages; two halves keep one row in sight."""
        rows = max(1, self.page - 1 if abs(halves) > 1 else self.page // 2)
        self.go(self._index + (rows if halves > 0 else -rows))

    def action_go_first(self) -> None:
        self.go(0)

    def action_go_last(self) -> None:
        self.go(len(self.keys) - 1)

    def action_shift(self, by: int) -> None:
        self.post_message(self.Shifted(by))

    def action_select(self) -> None:
        if (key := self.cursor_key) is not None:
            self.post_message(self.RowSelected(key))
