"""Which tenants an action takes, and in which words the others are left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Action
from cipp_tui.domain.tenants import TenantKind


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A tenant the action does not fit, and why."""

    row: TenantRow
    reason: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What an action would work on."""

    taken: tuple[TenantRow, ...]
    left_out: tuple[LeftOut, ...]


def why_not(row: TenantRow, action: Action) -> str | None:
    """Why the action does not fit this tenant; None when it does."""
    progress = row.progress
    if progress is not None and progress.at_work:
        return f"job {progress.job} has it"
    match action:
        case Action.EXCLUDE:
            if row.exclusion is not None:
                return "excluded already"
            return "your own tenant" if row.tenant.kind is TenantKind.PARTNER else None
        case Action.INCLUDE:
            return "not excluded" if row.exclusion is None else None
        case Action.RESET:
            if row.tenant.kind is not TenantKind.CUSTOMER:
                return "no consent to reset: " + (
                    "your own tenant"
                    if row.tenant.kind is TenantKind.PARTNER
                    else "a direct tenant"
                )
            if row.stranded:
                return "access is owed, the give-back comes first"
            return "no active relationship" if row.tenant.gone_since is not None else None
        case Action.REFRESH:
            return "no active relationship" if row.tenant.gone_since is not None else None
        case Action.REMOVE:
            if row.tenant.kind is TenantKind.PARTNER:
                return "your own tenant"
            return "access is owed" if row.stranded else None
        case Action.WRITE_OFF:
            return None if row.stranded else "no access is owed"
        case Action.SYNC:
            return None


def select(rows: Iterable[TenantRow], action: Action) -> Selection:
    """Sort tenants into those the action takes and those it leaves out, with reasons."""
    taken: list[TenantRow] = []
    left_out: list[LeftOut] = []
    for row in rows:
        reason = why_not(row, action)
        if reason is None:
            taken.append(row)
        else:
            left_out.append(LeftOut(row, reason))
    return Selection(tuple(taken), tuple(left_out))


def named(rows: Sequence[TenantRow], text: str) -> list[TenantRow]:
    """The tenants an admin can mean by `text`: an id, any domain, or the exact name."""
    return [row for row in rows if row.tenant.answers_to(text)]
