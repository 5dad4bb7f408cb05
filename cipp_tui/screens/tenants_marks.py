"""Which tenants are marked: by id, so that sorting, filtering and reloading keep them."""

from collections.abc import Iterable, Sequence

from cipp_tui.domain.tenants import TenantId


class Marks:
    """The marked tenants, and the range being drawn."""

    def __init__(self) -> None:
        self._kept: set[TenantId] = set()
        self._anchor: TenantId | None = None
        self._range: frozenset[TenantId] = frozenset()
        self.revision = 0
        """Grows with every change."""

    def __len__(self) -> int:
        return len(self._kept.union(self._range)) if self._range else len(self._kept)

    def __contains__(self, tenant: object) -> bool:
        return tenant in self._kept or tenant in self._range

    @property
    def all(self) -> frozenset[TenantId]:
        return frozenset(self._kept.union(self._range))

    @property
    def ranging(self) -> bool:
        """Whether a range is being drawn."""
        return self._anchor is not None

    @property
    def range_size(self) -> int:
        return len(self._range)

    def toggle(self, tenant: TenantId) -> None:
        """Mark it, or unmark it."""
        self._kept.symmetric_difference_update({tenant})
        self.revision += 1

    def add(self, tenants: Iterable[TenantId]) -> None:
        """Mark these too."""
        self._kept.update(tenants)
        self.revision += 1

    def invert(self, shown: Iterable[TenantId]) -> None:
        """Of those shown, mark what is not marked and unmark what is."""
        self._kept.symmetric_difference_update(shown)
        self.revision += 1

    def clear(self) -> None:
        """Unmark all."""
        self._kept.clear()
        self.drop_range()

    def keep_only(self, known: Iterable[TenantId]) -> None:
        """Tenants that left the fleet lose their marks."""
        still = self._kept.intersection(known)
        if len(still) != len(self._kept):
            self._kept = still
            self.revision += 1

    # -- a range ------------------------------------------------------------------------------
    def begin_range(self, at: TenantId) -> None:
        """From here on, moving marks."""
        self._anchor, self._range = at, frozenset((at,))
        self.revision += 1

    def stretch(self, keys: Sequence[TenantId], index: int) -> set[TenantId]:
        """The range now reaches to this place of the list; those whose mark changed."""
        if self._anchor is None:
            return set()
        before = self._range
        try:
            start = keys.index(self._anchor)
        except ValueError:  # the anchor was filtered away
            self.drop_range()
            return set(before)
        low, high = sorted((start, index))
        self._range = frozenset(keys[low : high + 1])
        self.revision += 1
        return set(before ^ self._range)

    def keep_range(self) -> None:
        """The range becomes marks."""
        self._kept.update(self._range)
        self.drop_range()

    def drop_range(self) -> None:
        """The range was not meant."""
        self._anchor, self._range = None, frozenset()
        self.revision += 1
