"""The columns of the tenants table: which fit, how wide they are, and the words in each cell.

Pure functions of a row and a moment. State is told by words and signs first, by tone second.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cipp_tui.domain.due import DueReason, due
from cipp_tui.domain.fleet import Progress, Standing, TenantRow
from cipp_tui.domain.jobs import Action, ItemState, Outcome
from cipp_tui.domain.permissions import AppId, PermissionRecord, Verdict
from cipp_tui.domain.tenants import AccessLevel, TenantKind
from cipp_tui.services.advice import advise
from cipp_tui.services.facets import checked_at
from cipp_tui.widgets.cells import EMPTY, Cell, Head, Tone, cut, width_of
from cipp_tui.widgets.words import age, brief_day, clock_time, countdown

MARKS: Final = 2
"""Width of the marks in front of every row."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What cells are judged by, besides the row."""

    now: datetime
    fresh_since: datetime | None = None  # what ended before is no longer news
    app: AppId | None = None  # the wanted set, once it is known
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its width on narrow and on roomy screens, and how far it may grow."""

    name: str
    label: str
    tight: int
    roomy: int
    cell: Callable[[TenantRow, Seen], Cell]
    grows_to: int = 0
    since: int = 0  # shown from this width on
    sort: str = ""  # the order its head stands for


# -- cells --------------------------------------------------------------------------------------
def tenant_name(row: TenantRow) -> str:
    """What a tenant is called."""
    name = row.tenant.name or row.tenant.label
    return f"{name} (partner)" if row.tenant.kind is TenantKind.PARTNER else name


def tenant_cell(row: TenantRow, _seen: Seen) -> Cell:
    return Cell(tenant_name(row))


def domain_cell(row: TenantRow, _seen: Seen) -> Cell:
    return Cell(row.tenant.default_domain or "")


def state_cell(row: TenantRow, seen: Seen) -> Cell:
    """How the tenant stands."""
    match row.standing:
        case Standing.NO_ACCESS:
            return Cell("!! no access", Tone.URGENT)
        case Standing.SUSPENDED:
            return Cell("!! suspended", Tone.BAD)
        case Standing.STUCK:
            count = row.failures.count if row.failures is not None else 0
            return Cell(f"! stuck {count}", Tone.BAD)
        case Standing.FAILING:
            count = row.failures.count if row.failures is not None else 0
            return Cell(f"! failing {count}", Tone.WARN)
        case Standing.NO_DOMAIN:
            return Cell("! no domain", Tone.WARN)
        case Standing.GONE:
            since = row.tenant.gone_since
            return Cell(f"~ gone {age(since, seen.now)}" if since else "~ gone", Tone.MUTED)
        case Standing.MANAGED:
            return Cell("managed")
        case Standing.PARTNER:
            return Cell("partner")
        case Standing.EXCLUDED:
            return Cell("x excluded", Tone.MUTED)


def permissions_cell(row: TenantRow, seen: Seen) -> Cell:
    """What is known of the permissions, or what a job is doing with them."""
    if row.progress is not None and (cell := _progress_cell(row.progress, seen)) is not None:
        return cell
    record = row.permissions
    if record is None:
        return Cell("unknown", Tone.MUTED)
    match record.verdict:
        case Verdict.NO_CONSENT:
            return Cell("no consent", Tone.WARN)
        case Verdict.MISSING:
            return Cell(f"{len(record.missing)} missing", Tone.WARN)
        case Verdict.NOT_CHECKED:
            return Cell("? not checked", Tone.WARN)
        case Verdict.IN_ORDER:
            return _in_order_cell(row, record, seen)


def _in_order_cell(row: TenantRow, record: PermissionRecord, seen: Seen) -> Cell:
    verified = record.applied_at or record.checked_at
    owing = due(row, app=seen.app, fingerprint=seen.fingerprint, now=seen.now)
    match owing.reason if owing is not None else None:
        case DueReason.NEW_SET | DueReason.NEW_APP as reason:
            return Cell(f"due: {reason}")
        case DueReason.AGE:
            return Cell(f"due {age(verified, seen.now)}")
        case _:
            return Cell(f"in order {age(verified, seen.now)}")


def _progress_cell(progress: Progress, seen: Seen) -> Cell | None:
    """The words for what a job does or has just done; None when that is no news."""
    if progress.action not in (Action.REFRESH, Action.RESET):
        return None
    place = f"{progress.place}/{progress.steps}" if progress.place else ""
    match progress.state:
        case ItemState.WAITING:
            return Cell("> back" if progress.paying else "> waiting", _busy(progress))
        case ItemState.RUNNING if progress.paying:
            return Cell(f"> back {place}".rstrip(), Tone.URGENT)
        case ItemState.RUNNING if progress.problem is not None and progress.problem.maybe_applied:
            return Cell("? unsure", Tone.WARN)
        case ItemState.RUNNING:
            return Cell(f"> {place} {progress.step}".replace("  ", " ").rstrip(), Tone.BUSY)
        case ItemState.STOPPED:
            return Cell("- stopped" if progress.place else "- not started", Tone.MUTED)
        case ItemState.FAILED | ItemState.STRANDED:
            return _failed_cell(progress)
        case ItemState.RESTORED:
            return Cell("+ restored", Tone.GOOD)
        case ItemState.DONE:
            return _done_cell(progress, seen)


def _failed_cell(progress: Progress) -> Cell:
    short = advise(progress.problem).short if progress.problem is not None else ""
    return Cell(f"x failed: {short}" if short else "x failed", Tone.BAD)


def _done_cell(progress: Progress, seen: Seen) -> Cell | None:
    if progress.outcome is Outcome.SKIPPED or progress.took_s is None:
        return None
    if seen.fresh_since is not None and progress.since is not None:
        ended = progress.since + timedelta(seconds=progress.took_s)
        if ended < seen.fresh_since:
            return None
    return Cell(f"+ done {countdown(progress.took_s)}", Tone.GOOD)


def _busy(progress: Progress) -> Tone:
    return Tone.URGENT if progress.paying else Tone.BUSY


def gdap_cell(row: TenantRow, seen: Seen) -> Cell:
    """How long access lasts."""
    access = row.tenant.access(seen.now)
    match access.level:
        case AccessLevel.OWN:
            return Cell("own")
        case AccessLevel.DIRECT:
            return Cell("direct")
        case AccessLevel.ENDED:
            return Cell("ended", Tone.MUTED)
        case AccessLevel.NONE:
            return Cell("none", Tone.MUTED)
        case AccessLevel.ENDING:
            return Cell(f"! {access.days_left} d", Tone.WARN)
        case AccessLevel.LASTS:
            return Cell(f"{access.days_left} d")
        case AccessLevel.EXTENDS:
            return Cell("auto")


def fails_cell(row: TenantRow, _seen: Seen) -> Cell:
    return Cell(str(row.failures.count) if row.failures is not None else "0")


def checked_cell(row: TenantRow, seen: Seen) -> Cell:
    """When we last really asked."""
    at = checked_at(row)
    if at is None:
        return EMPTY
    local, today = at.astimezone(), seen.now.astimezone().date()
    if local.date() == today:
        return Cell(clock_time(at))
    days = (today - local.date()).days
    return Cell(f"{days} d" if 0 < days < 7 else brief_day(at, seen.now))


def excluded_cell(row: TenantRow, seen: Seen) -> Cell:
    """Who excluded it, and when; the name gives way to the day."""
    exclusion = row.exclusion
    if exclusion is None:
        return EMPTY
    day = brief_day(exclusion.at, seen.now)
    return Cell(f"{cut(exclusion.by, 19 - width_of(day))} {day}", Tone.MUTED)


def error_cell(row: TenantRow, _seen: Seen) -> Cell:
    """The last failure, in short."""
    return Cell(advise(row.failures.problem).headline) if row.failures is not None else EMPTY


def id_cell(row: TenantRow, _seen: Seen) -> Cell:
    return Cell(row.id)


def worse_cell(row: TenantRow, seen: Seen) -> Cell:
    """State or permissions, whichever needs to be seen more; for screens with room for one."""
    at_work = row.progress is not None and _progress_cell(row.progress, seen) is not None
    if not row.stranded and (at_work or row.standing in (Standing.MANAGED, Standing.PARTNER)):
        return permissions_cell(row, seen)
    return state_cell(row, seen)


# -- columns ------------------------------------------------------------------------------------
TENANT: Final = Column("tenant", "Tenant", 25, 25, tenant_cell, grows_to=40, sort="name")
DOMAIN: Final = Column("domain", "Domain", 18, 18, domain_cell, grows_to=40, sort="domain")
STATE: Final = Column("state", "State", 13, 14, state_cell, sort="state")
PERMISSIONS: Final = Column(
    "permissions", "Permissions", 15, 17, permissions_cell, sort="permissions"
)
GDAP: Final = Column("gdap", "GDAP", 7, 8, gdap_cell, sort="gdap")
FAILS: Final = Column("fails", "Fails", 6, 6, fails_cell, since=100, sort="fails")
CHECKED: Final = Column("checked", "Checked", 8, 8, checked_cell, since=100, sort="checked")
EXCLUDED: Final = Column("excluded", "Excluded by, when", 21, 21, excluded_cell, since=119)
ERROR: Final = Column("error", "Last error", 41, 41, error_cell, since=197)
ID: Final = Column("id", "Tenant id", 37, 37, id_cell, since=234)
WORSE: Final = Column("state", "State", 18, 18, worse_cell, sort="state")

IN_ORDER: Final = (DOMAIN, STATE, PERMISSIONS, GDAP, FAILS, CHECKED, EXCLUDED, ERROR, ID)
"""From left to right, behind Tenant."""

BY_RANK: Final = (STATE, PERMISSIONS, GDAP, DOMAIN, FAILS, CHECKED, EXCLUDED, ERROR, ID)
"""The first keep their place longest."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns are shown, and how wide."""

    columns: tuple[Column, ...]
    widths: tuple[int, ...]

    def heads(self, sort: str, *, backwards: bool) -> list[Head]:
        """The heads, `^` or `v` behind the sorted one."""
        sign = " v" if backwards else " ^"
        return [
            Head(column.name, column.label + (sign if column.sort == sort else ""), width)
            for column, width in zip(self.columns, self.widths, strict=True)
        ]

    def cells(self, row: TenantRow, seen: Seen) -> list[Cell]:
        """The words of one row."""
        return [column.cell(row, seen) for column in self.columns]


def layout(width: int, *, shift: int = 0) -> Layout:
    """Choose columns and widths for a table this wide; `shift` starts that many further right."""
    if width < 60:
        widths = max(1, width - MARKS - WORSE.tight), WORSE.tight
        return Layout((TENANT, WORSE), widths)
    room = width - MARKS - TENANT.tight
    behind = _shifted(room, width, shift) if shift else _by_rank(room, width)
    columns = (TENANT, *behind)
    roomy = MARKS + sum(column.roomy for column in columns) <= width
    widths_now = [column.roomy if roomy else column.tight for column in columns]
    _grow(columns, widths_now, width - MARKS - sum(widths_now))
    return Layout(columns, tuple(widths_now))


def furthest_shift(width: int) -> int:
    """The largest shift that still brings columns into sight."""
    room = width - MARKS - TENANT.tight
    for shift in range(len(IN_ORDER)):
        if _shifted(room, width, shift)[-1:] == [IN_ORDER[-1]]:
            return shift
    return len(IN_ORDER) - 1


def _by_rank(room: int, width: int) -> list[Column]:
    chosen = []
    for column in BY_RANK:
        if width < column.since or column.tight > room:
            break
        chosen.append(column)
        room -= column.tight
    return [column for column in IN_ORDER if column in chosen]


def _shifted(room: int, width: int, shift: int) -> list[Column]:
    """First those that are there without shifting, then the others; so none is skipped."""
    usual = _by_rank(room, width)
    others = [column for column in IN_ORDER if column not in usual]
    chosen = []
    for column in [*usual, *others][shift:]:
        if column.tight > room:
            break
        chosen.append(column)
        room -= column.tight
    return chosen


def _grow(columns: Sequence[Column], widths: list[int], spare: int) -> None:
    """Share what is left among the columns that may grow, by how much each may."""
    growing = [i for i, column in enumerate(columns) if column.grows_to > widths[i]]
    wanted = {i: columns[i].grows_to - widths[i] for i in growing}
    total = sum(wanted.values())
    for i in growing:
        share = wanted[i] if spare >= total else spare * wanted[i] // total
        widths[i] += share
        spare, total = spare - share, total - wanted[i]
