"""A table for any number of rows: it is told the order and asks for the words of what is seen."""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Final

from textual import events
from textual.binding import BindingType
from textual.geometry import Offset, Region
from textual.message import Message
from textual.strip import Strip

from cipp_tui.widgets.action_lookup import specs_of
from cipp_tui.widgets.action_spec import Place
from cipp_tui.widgets.bindings import binding
from cipp_tui.widgets.cells import Head, Line
from cipp_tui.widgets.row_strips import MARK_WIDTH, STYLES, RowStrips
from cipp_tui.widgets.row_window import RowWindow
from cipp_tui.widgets.status_line import Listening

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

    COMPONENT_CLASSES: ClassVar[set[str]] = {*STYLES}
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
        self._window = RowWindow(lambda: self.page)
        self._strips = RowStrips(self, draw)
        self._heads: tuple[Head, ...] = ()
        self._empty = ""
        self.leads_cursor = False  # the terminal's own cursor follows, for screen readers

    # -- what is shown ----------------------------------------------------------------------
    @property
    def keys(self) -> Sequence[str]:
        """The ids of all rows, in their order."""
        return self._window.keys

    @property
    def index(self) -> int:
        """The place of the cursor's row in the whole list."""
        return self._window.index

    @property
    def cursor_key(self) -> str | None:
        """The id under the cursor."""
        return self._window.cursor_key

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
        return self._window.seen

    @property
    def position(self) -> tuple[int, int]:
        """First and last row on screen, counted from 1; (0, 0) when there is none."""
        return self._window.position

    def choose_columns(self) -> None:
        """Ask for the columns anew; rows and cursor stay."""
        heads = tuple(self._choose(self.size.width))
        if heads != self._heads:
            self._heads = heads
            self._strips.columns(heads)
            self.refresh()

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
        before = self.cursor_key
        self._window.swap(keys)
        self.refresh()
        if self.cursor_key != before:
            self._tell()

    def put(self, keys: Iterable[str]) -> None:
        """The facts of these rows changed: repaint what looks different, if it is on screen."""
        changed = set(keys)
        for index, key in enumerate(self.seen, self._window.top):
            if key in changed and self._strips.changed(key, index == self.index):
                self._refresh_line(index)
        self._strips.drop_all(changed.difference(self.seen))

    def go(self, index: int) -> None:
        """Put the cursor on a row by its place in the whole list; scroll as little as pays."""
        window = self._window
        before, top = window.index, window.top
        window.go(index)
        if window.index == before:
            return
        if window.top == top:
            self._refresh_line(before)
            self._refresh_line(window.index)
        else:
            self.refresh()
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
        self._strips.forget()
        self.refresh()

    def _tell(self) -> None:
        if self.leads_cursor:
            line = self.region.y + 1 + self.index - self._window.top
            self.app.cursor_position = Offset(self.region.x, line)
        self.post_message(self.Moved(self.cursor_key, self.index))

    # -- painting ---------------------------------------------------------------------------
    def render_line(self, y: int) -> Strip:
        """One line of the screen: the heads, a row, or nothing."""
        if y == 0:
            return self._strips.head(self._heads)
        index = self._window.top + y - 1
        if index < len(self.keys) and y <= self.page:
            return self._strips.row(self.keys[index], index == self.index)
        return self._strips.words(self._empty if not self.keys and y == self._middle + 1 else "")

    def _refresh_line(self, index: int) -> None:
        line = index - self._window.top
        if 0 <= line < self.page:
            self.refresh(self._row_region(line))

    def _row_region(self, line: int) -> Region:
        return Region(0, line + 1, self.size.width, 1)

    @property
    def _middle(self) -> int:
        return self.page // 2 - 1

    def notify_style_update(self) -> None:
        """The theme changed."""
        self._strips.forget()
        super().notify_style_update()

    # -- size, focus, mouse -----------------------------------------------------------------
    def on_resize(self) -> None:
        self.choose_columns()
        self._strips.forget()
        self._window.fit()
        self.refresh()  # its first row may be another one now, and lines were painted before

    def on_focus(self) -> None:
        self._redraw_cursor()

    def on_blur(self) -> None:
        self._redraw_cursor()

    def _redraw_cursor(self) -> None:
        if (key := self.cursor_key) is not None:
            self._strips.drop(key)
            self._refresh_line(self.index)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        if event.y == 0:
            if (head := self._head_at(event.x)) is not None:
                self.post_message(self.HeaderSelected(head.name))
        elif (index := self._window.top + event.y - 1) < len(self.keys):
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
        window = self._window
        before, top = window.index, window.top
        window.scroll(rows)
        if window.top == top:
            return
        self.refresh()
        if window.index != before:
            self._tell()

    # -- keys -------------------------------------------------------------------------------
    def action_step(self, rows: int) -> None:
        self.go(self.index + rows)

    def action_page(self, halves: int) -> None:
        """Move by half pages; two halves keep one row in sight."""
        rows = max(1, self.page - 1 if abs(halves) > 1 else self.page // 2)
        self.go(self.index + (rows if halves > 0 else -rows))

    def action_go_first(self) -> None:
        self.go(0)

    def action_go_last(self) -> None:
        self.go(len(self.keys) - 1)

    def action_shift(self, by: int) -> None:
        self.post_message(self.Shifted(by))

    def action_select(self) -> None:
        if (key := self.cursor_key) is not None:
            self.post_message(self.RowSelected(key))
