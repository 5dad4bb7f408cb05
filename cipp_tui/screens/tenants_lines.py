"""The words of the frame: title, view line, status line. Pure functions of facts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from cipp_tui.domain.clock import is_stale
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.problems import Problem
from cipp_tui.services.views import (
    FleetCounts,
    JobView,
    Level,
    News,
    ProfileFacts,
    Reading,
    SignInState,
)
from cipp_tui.widgets.cells import Cell, Tone
from cipp_tui.widgets.words import clock_time, countdown, list_age

Pieces = list[Cell]

STALE: Final = timedelta(hours=24)

_SIGNS: Final = {
    Level.INFO: ("", Tone.PLAIN),
    Level.GOOD: ("+ ", Tone.GOOD),
    Level.WARNING: ("! ", Tone.WARN),
    Level.ERROR: ("!! ", Tone.BAD),
}


# -- title --------------------------------------------------------------------------------------
def title_left(
    profile: ProfileFacts,
    *,
    sign_in: SignInState,
    offline: bool,
    looking_only: bool,
    warning: str = "",
) -> Pieces:
    """`acme · direct   READ-ONLY`."""
    modes = [
        word
        for word, holds in (
            ("READ-ONLY", profile.read_only),
            ("DEMO", profile.backend == "demo"),
            ("LOOKING ONLY", looking_only),
            ("OFFLINE", offline),
            ("SIGN-IN NEEDED", sign_in in (SignInState.NEEDED, SignInState.PENDING)),
        )
        if holds
    ]
    pieces = [Cell(f" {profile.name}", Tone.STRONG), Cell(f" · {profile.backend}")]
    if profile.tag:
        pieces.append(Cell(f"   {profile.tag}", Tone.STRONG))
    if modes:
        pieces.append(Cell(f"   {' '.join(modes)}", Tone.STRONG))
    if warning:
        pieces.append(Cell(f"   {warning}", Tone.WARN))
    return pieces


def title_rights(
    counts: FleetCounts,
    reading: Reading,
    read_at: datetime | None,
    now: datetime,
    *,
    marked: int = 0,
    narrow: bool = False,
) -> list[Pieces]:
    """The numbers and the age of the list, from the fullest to the shortest that says it.

    Narrow screens have no view line: the marks are counted here.
    """
    of_list = _list_words(reading, read_at, now)
    total = Cell(f"{counts.total:,} tenants")
    managed = Cell(f"{counts.managed:,} managed")
    failing = [Cell(f"{counts.failing:,} failing")] if counts.failing else []
    owed = [Cell(f"{counts.no_access:,} no access", Tone.BAD)] if counts.no_access else []
    few = Cell(f"{counts.total:,}" + (f", {marked:,} marked" if marked else ""))
    if marked and narrow:
        return [_spaced([*owed, few]), _spaced([few])]
    return [
        _spaced([total, managed, *failing, *owed, of_list]),
        _spaced([total, *failing, *owed, of_list]),
        _spaced([total, *owed, of_list]),
        _spaced([*owed, of_list]),
        _spaced([few]),
    ]


def _list_words(reading: Reading, read_at: datetime | None, now: datetime) -> Cell:
    age = "" if read_at is None else list_age(read_at, now)
    if reading.running:
        about = f" of about {reading.about:,}" if reading.about else ""
        return Cell(f"list {age + ', ' if age else ''}reading {reading.seen:,}{about}")
    if read_at is None:
        return Cell("list not read yet")
    if is_stale(read_at, now, STALE):
        return Cell(f"! list {'dated ahead' if read_at > now else f'{age} old'}", Tone.STRONG)
    return Cell(f"list {age}")


def _spaced(pieces: Sequence[Cell]) -> Pieces:
    spaced: Pieces = []
    for piece in pieces:
        spaced += [Cell("  "), piece] if spaced else [piece]
    return [*spaced, Cell(" ")]


# -- view line ----------------------------------------------------------------------------------
def view_left(filter_text: str, sort: str) -> Pieces:
    """`View: all   Sort: Tenant a-z`."""
    view = Cell(f" Filter: {filter_text}", Tone.STRONG) if filter_text else Cell(" View: all")
    return [view, Cell(f"   Sort: {sort}")]


def view_rights(position: tuple[int, int], shown: int, total: int) -> list[Pieces]:
    """`1-19 of 412`, and the size of the fleet where a filter hides some."""
    if not shown:
        return [[Cell(f"0 of {total:,} ")]]
    first, last = position
    place = f"{first:,}-{last:,} of {shown:,}"
    if shown == total:
        return [[Cell(f"{place} ")]]
    return [[Cell(f"{place}, {total:,} in all ")], [Cell(f"{place} ")]]


def marks_left(marked: int, hidden: int, shown: int, ranging: int) -> Pieces:
    """`* 14 marked, 2 not shown   a All 403  V Invert  A None`."""
    pieces = [Cell(f" * {marked:,} marked", Tone.STRONG)]
    if hidden:
        pieces.append(Cell(f", {hidden:,} not shown", Tone.WARN))
    if ranging:
        pieces += [Cell(f"   RANGE {ranging:,}", Tone.STRONG), Cell("  v Keep  esc Drop")]
        return pieces
    for key, words in (("a", f"All {shown:,}"), ("V", "Invert"), ("A", "None")):
        pieces += [Cell(f"   {key}", Tone.STRONG), Cell(f" {words}")]
    return pieces


def marks_rights(filter_text: str, place: str) -> list[Pieces]:
    """The filter beside the marks, as far as there is room."""
    filtered = Cell(f"filter: {filter_text}") if filter_text else Cell("")
    both = [filtered, Cell(f"   {place} ")] if filter_text else [Cell(f"{place} ")]
    return [both, [filtered, Cell(" ")]]


# -- status line --------------------------------------------------------------------------------
def status_news(news: News) -> tuple[Pieces, Pieces]:
    """A message and its time."""
    sign, tone = _SIGNS[news.level]
    return [Cell(f" {sign}{news.text}", tone)], [Cell(f"{clock_time(news.at)} ")]


def refusal(words: str) -> Pieces:
    """Why a key did nothing."""
    return [Cell(f" ! {words}", Tone.WARN)]


def owed_short(owed: int) -> Pieces:
    """`!! 1 owed`, in front of a running job."""
    return [Cell(f" !! {owed:,} owed", Tone.URGENT), Cell(" ")] if owed else []


def status_owed(owed: Sequence[TenantRow]) -> Pieces:
    """The debt itself, when no job runs beside it."""
    if len(owed) == 1:
        row = owed[0]
        name = row.tenant.name or row.tenant.label
        progress = row.progress
        if progress is None or not progress.at_work:
            return [Cell(f" !! {name}: access was taken away and is not back", Tone.URGENT)]
        step = f", step {progress.place} of {progress.steps}" if progress.place else ""
        note = f", {progress.note}" if progress.note else ""
        return [Cell(f" !! {name}: giving its access back{step}{note}", Tone.URGENT)]
    return [Cell(f" !! {len(owed):,} tenants are owed their access", Tone.URGENT)]


def status_job(job: JobView, owed: int, width: int, holding: str) -> tuple[Pieces, Pieces]:
    """` !! 1 owed  > refresh 23/40  ██████░░░░░  57 %  1 failed  0:41 left`."""
    finished, total = job.finished, job.total
    share = finished / total if total else 1.0
    pieces = [
        *owed_short(owed),
        Cell(f" > {job.action}", Tone.BUSY),
        Cell(f" {finished:,}/{total:,}  "),
    ]
    if (cells := min(39, (width - 58) // 2)) >= 5:
        pieces.append(Cell(progress_bar(share, cells) + "  ", Tone.BUSY))
    pieces.append(Cell(f"{int(share * 100)} %"))
    if job.failed + job.stranded:
        pieces.append(Cell(f"  {job.failed + job.stranded:,} failed", Tone.BAD))
    if width >= 100 and job.running:
        pieces.append(Cell(f"  {job.running:,} running"))
    if job.left_s is not None:
        pieces.append(Cell(f"  {countdown(job.left_s)} left"))
    if holding and width >= 100:
        pieces.append(Cell(f"  {holding}", Tone.WARN))
    return pieces, [Cell("J", Tone.STRONG), Cell(" open ")]


def progress_bar(share: float, cells: int) -> str:
    """A bar of so many cells."""
    full = max(0, min(cells, round(share * cells)))
    return "█" * full + "░" * (cells - full)


# -- the middle of an empty table -----------------------------------------------------------------
def empty_words(
    *,
    total: int,
    filter_text: str,
    reading: Reading,
    now: datetime,
    sign_in: SignInState,
    read_at: datetime | None,
    offline: Problem | None,
) -> str:
    """What stands where rows would be."""
    if total:
        return f'No tenant matches "{filter_text}". esc clears the filter.'
    if reading.running:
        since = (now - reading.started_at).total_seconds() if reading.started_at else 0.0
        return f"Reading tenants… {reading.seen:,} so far ({countdown(since)})"
    if sign_in in (SignInState.NEEDED, SignInState.PENDING):
        return "No tenants yet. Sign in first: 6, then s."
    if reading.problem is not None:
        return f"The list could not be read: {reading.problem.message} ctrl+r tries again."
    if read_at is None:
        if offline is not None:
            return f"The list was never read: {offline.message}. ctrl+r tries again."
        if sign_in is SignInState.UNKNOWN:
            return "Signing in… The list was never read."
        return "The list was never read. ctrl+r reads it."
    return "No tenants. Your partner tenant has no GDAP relationship yet. ? explains."


# -- the filter being typed -----------------------------------------------------------------------
def filter_found(counted: str) -> tuple[Pieces, Pieces]:
    """`5 of 412 + 1 owed   enter Keep   esc Clear`."""
    return [Cell(f"  {counted}")], [
        Cell("enter", Tone.STRONG),
        Cell(" Keep   "),
        Cell("esc", Tone.STRONG),
        Cell(" Clear "),
    ]


def filter_help(error: str, width: int) -> Pieces:
    """The language in one line; or what is wrong."""
    if error:
        return [Cell(f" ! {error}", Tone.WARN)]
    if width < 110:
        return [
            Cell(" Words: name, domain, id.  Fields: state: perm: gdap< fails> by: job:  -not OR")
        ]
    return [
        Cell(
            " Words look in name, every domain, tenant id."
            "   Fields: state: perm: gdap< gdap> fails> checked> by: job:   -not, OR"
        )
    ]
