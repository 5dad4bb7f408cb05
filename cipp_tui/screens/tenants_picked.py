"""Whom an action of the Tenants screen would take, and their names in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.suits import Selection

NOBODY: Final = Selection((), ())


@dataclass(frozen=True, slots=True)
class Picked:
    """Of the marked ones those shown, else the one at the cursor."""

    shown: Selection
    hidden: Selection = NOBODY  # marked, but filtered away
    marked: bool = False

    @property
    def rows(self) -> tuple[TenantRow, ...]:
        return self.shown.taken

    @property
    def ids(self) -> tuple[TenantId, ...]:
        return tuple(row.id for row in self.shown.taken)

    def why_none(self) -> str:
        """Why there is nobody to work on."""
        if self.shown.left_out:
            first = self.shown.left_out[0]
            if len(self.shown.left_out) == 1:
                return f"{name_of(first.row)}: {first.reason}"
            return f"none of {len(self.shown.left_out):,} marked fits: {first.reason}, for one"
        if self.hidden.taken or self.hidden.left_out:
            return "every marked tenant is hidden by the filter; esc clears it"
        return "there is no tenant here"


def name_of(row: TenantRow) -> str:
    """A tenant in a sentence."""
    return row.tenant.name or row.tenant.label


def names_of(rows: Sequence[TenantRow]) -> str:
    """The first few, for the right of a question."""
    few = ", ".join(name_of(row) for row in rows[:3])
    return few + (f", and {len(rows) - 3:,} more" if len(rows) > 3 else "")
