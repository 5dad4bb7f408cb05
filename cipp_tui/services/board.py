"""A departures board: workers change rows, whoever looks asks what is new."""

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
R = TypeVar("R")


class Board(Generic[K, R]):
    """Rows by key, in the order in which they changed."""

    def __init__(self) -> None:
        self._revision = 0
        self._rows: dict[K, tuple[int, R]] = {}

    @property
    def revision(self) -> int:
        """Grows with every change."""
        return self._revision

    def put(self, key: K, row: R) -> None:
        """Replace a row and move it to the end of the order of change."""
        self._revision += 1
        self._rows.pop(key, None)
        self._rows[key] = (self._revision, row)

    def fill(self, rows: Mapping[K, R]) -> None:
        """Put many rows at once."""
        for key, row in rows.items():
            self.put(key, row)

    def drop(self, key: K) -> None:
        """Take a row away; lookers see its absence."""
        if self._rows.pop(key, None) is not None:
            self._revision += 1

    def get(self, key: K) -> R | None:
        """The row, or None."""
        found = self._rows.get(key)
        return found[1] if found is not None else None

    def since(self, seen: int) -> tuple[int, list[tuple[K, R]]]:
        """Rows changed after revision `seen`, oldest first, and the revision now."""
        news: list[tuple[K, R]] = []
        for key in reversed(self._rows):
            revision, row = self._rows[key]
            if revision <= seen:
                break
            news.append((key, row))
        news.reverse()
        return self._revision, news

    def values(self) -> Iterator[R]:
        """All rows."""
        return (row for _, row in self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: object) -> bool:
        return key in self._rows
