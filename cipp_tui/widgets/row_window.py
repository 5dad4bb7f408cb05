"""Which rows of a list are on screen, and where its cursor stands. Numbers only, no painting."""

from collections.abc import Callable, Sequence


class RowWindow:
    """A page over rows in their order. The cursor belongs to an id, and is always on the page."""

    def __init__(self, page: Callable[[], int]) -> None:
        self._page = page
        self.keys: Sequence[str] = ()
        self.index = 0  # the place of the cursor's row in the whole list
        self.top = 0  # index of the first row on screen
        self._was_moved = False

    @property
    def page(self) -> int:
        """How many rows fit."""
        return self._page()

    @property
    def cursor_key(self) -> str | None:
        """The id under the cursor."""
        return self.keys[self.index] if self.index < len(self.keys) else None

    @property
    def seen(self) -> Sequence[str]:
        """The ids on screen."""
        return self.keys[self.top : self.top + self.page]

    @property
    def position(self) -> tuple[int, int]:
        """First and last row on screen, counted from 1; (0, 0) when there is none."""
        last = min(len(self.keys), self.top + self.page)
        return (self.top + 1, last) if last else (0, 0)

    def swap(self, keys: Sequence[str]) -> None:
        """Put other rows in. The cursor stays on its row and height, else on the nearest one left.

        While nobody has moved it, it stays on top: rows that come in do not push it down.
        """
        height = self.index - self.top
        index = self._place_in(keys) if self._was_moved else 0
        self.keys = keys
        self.index = index
        self.top = self._clamped(index - height)

    def go(self, index: int) -> None:
        """Put the cursor on a row by its place in the whole list; scroll as little as pays."""
        self._was_moved = True
        before, self.index = self.index, max(0, min(index, len(self.keys) - 1))
        if self.index != before and not self.top <= self.index < self.top + self.page:
            self.top = self._top_for(before)

    def scroll(self, rows: int) -> None:
        """Move the page; the cursor comes along only when it would leave it."""
        self.top = max(0, min(self.top + rows, len(self.keys) - self.page))
        self.index = max(self.top, min(self.index, self.top + self.page - 1))

    def fit(self) -> None:
        """The page became larger or smaller."""
        self.top = self._clamped(self.top)

    def _top_for(self, before: int) -> int:
        """The first row to show now that the cursor has left the page."""
        page = self.page
        step = max(1, page // 2)  # by half a page: that sends less than row by row
        if self.index == before + 1:
            return self._clamped(self.index - page + step)
        if self.index == before - 1:
            return self._clamped(self.index - step + 1)
        return self._clamped(self.index - (before - self.top))

    def _clamped(self, top: int) -> int:
        """A first row such that the page is full where it can be, and the cursor is on it."""
        page = self.page
        top = max(self.index - page + 1, min(top, self.index))
        return max(0, min(top, len(self.keys) - page))

    def _place_in(self, keys: Sequence[str]) -> int:
        """Where the cursor belongs among other rows."""
        if not keys or not self.keys:
            return 0
        here = self.index
        try:
            return keys.index(self.keys[here])
        except ValueError:
            left = {key: place for place, key in enumerate(keys)}
        below = next((left[key] for key in self.keys[here:] if key in left), None)
        if below is not None:
            return below
        return next((left[key] for key in reversed(self.keys[:here]) if key in left), 0)
