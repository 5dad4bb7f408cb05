"""The nightly run: when it is time, what it does, and whom it leaves to a human."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import Enum, auto
from pathlib import Path
from typing import Final

from cipp_tui.domain.clock import Clock
from cipp_tui.domain.due import Aside, DueReason, due, falls_due
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Action
from cipp_tui.domain.problems import Problem, SignInProblem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.advice import advise
from cipp_tui.services.facets import failure_words
from cipp_tui.services.fleet import Fleet
from cipp_tui.services.session import Session
from cipp_tui.services.suits import LeftOut, Selection, select
from cipp_tui.services.views import JobView, Reading
from cipp_tui.storage.database import open_database
from cipp_tui.storage.state import FleetStore

REASON: Final = "nightly"
"""What the journal keeps as the reason of a nightly run's job."""

ENDED_AT: Final = "nightly-ended-at"
LOOK_S: Final = 60.0
"""The wall clock is looked at this often: it may be put, and the machine may have slept."""

AGAIN_S: Final = 600.0
"""After this long a run that could not begin is tried again."""

AHEAD: Final = timedelta(days=1)
"""An end that lies further ahead than this was written by a clock that was wrong."""


# -- when ---------------------------------------------------------------------------------------
def next_night(at: time, ended_at: datetime) -> datetime:
    """The first moment at this time of day (UTC) after the last run ended."""
    night = datetime.combine(ended_at.astimezone(UTC).date(), at, tzinfo=UTC)
    return night if night > ended_at else night + timedelta(days=1)


class NightMemory:
    """When the last nightly run of a profile ended, as the disk knows it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._path = folder / "state.db"
        self._clock = clock

    async def ended_at(self) -> datetime:
        """The end of the last run. Raises: StorageProblem.

        Where none has ended yet, and where the clock was put back by more than a day since, the
        count of nights begins now.
        """
        async with open_database(self._path) as database:
            store = FleetStore(database)
            now = self._clock.now()
            text = (await store.remembered()).get(ENDED_AT)
            found = store.moment(text)
            if found is not None and found <= now + AHEAD:
                return found
            store.remember(ENDED_AT, now.isoformat())
            return now

    async def ended(self, planned: datetime | None = None) -> datetime:
        """A run has ended just now, the one of `planned`; the date kept. Raises: StorageProblem.

        It is never dated before its night: a clock that was put back meanwhile repeats nothing.
        """
        now = self._clock.now()
        moment = now if planned is None else max(now, planned)
        async with open_database(self._path) as database:
            FleetStore(database).remember(ENDED_AT, moment.isoformat())
        return moment


class NightEnd(Enum):
    """What became of a night's run."""

    ENDED = auto()
    AGAIN = auto()  # it could not begin: again soon
    LEAVE = auto()  # somebody wants the program to end


async def watch(
    clock: Clock,
    at: time,
    memory: NightMemory,
    *,
    run: Callable[[], Awaitable[NightEnd]],
    planned_for: Callable[[datetime], None],
) -> None:
    """Run every night at `at` (UTC), one run after the other, until a run says to leave.

    A night that passed while nobody watched is caught up with at once, several as one.
    `planned_for` is told each next moment, once. Raises: StorageProblem, and what `run` raises.
    """
    ended_at = await memory.ended_at()
    told: datetime | None = None
    while True:
        now = clock.now()
        if ended_at > now + AHEAD:
            ended_at = await memory.ended_at()
        planned = next_night(at, ended_at)
        if planned != told:
            planned_for(planned)
            told = planned
        left = (planned - now).total_seconds()
        if left > 0:
            await clock.sleep(min(left, LOOK_S))
            continue
        newest = await memory.ended_at()
        if newest > ended_at:  # somebody else ran it meanwhile
            ended_at = newest
            continue
        match await run():
            case NightEnd.LEAVE:
                return
            case NightEnd.AGAIN:
                await clock.sleep(AGAIN_S)
                ended_at = await memory.ended_at()
            case NightEnd.ENDED:
                ended_at = await memory.ended(planned)


# -- whom ---------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class NightSelection:
    """Whom a run takes, in which order, and whom it leaves out."""

    selection: Selection
    reasons: Mapping[str, int] = field(default_factory=dict)  # why those taken are due, who is
    backing_off: tuple[TenantRow, ...] = ()  # failed, and are left alone until their time comes


def due_now(fleet: Fleet, now: datetime) -> NightSelection:
    """Who is due, by name; who is left to a human is left out, with the reason."""
    selection = select(sorted(fleet.due_tenants(), key=_by_name), Action.REFRESH)
    return NightSelection(
        selection=Selection(selection.taken, (*selection.left_out, *_left_to_humans(fleet))),
        reasons=_reasons(fleet, selection.taken, now),
    )


def everybody_now(fleet: Fleet, now: datetime, *, looked_at_since: datetime) -> NightSelection:
    """Every managed tenant: those that are due first, the most urgent reason before the others.

    Who failed before is left to its back-off, and who is left to a human is left out. Whoever is
    not due and was looked at since that moment is not looked at twice.
    """
    app, fingerprint = fleet.judged_by
    aside = _left_to_humans(fleet)
    left = {one.row.id for one in aside}
    ranked: list[tuple[int, str, TenantRow]] = []
    backing_off: list[LeftOut] = []
    for row in fleet.rows():
        if row.exclusion is not None or row.tenant.gone_since is not None or row.id in left:
            continue
        found = due(row, app=app, fingerprint=fingerprint, now=now)
        if found is not None:
            ranked.append((_URGENCY.index(found.reason), _by_name(row), row))
        elif row.failures is None:
            if row.permissions is not None and row.permissions.checked_at >= looked_at_since:
                continue
            ranked.append((len(_URGENCY), _by_name(row), row))
        else:
            ripe = falls_due(row, app=app, fingerprint=fingerprint)
            until = f" until {ripe.since:%Y-%m-%d}" if ripe is not None and ripe.since else ""
            words = f"{failure_words(row.failures)}, left to its back-off{until}"
            backing_off.append(LeftOut(row, words))
    backing_off.sort(key=lambda one: _by_name(one.row))
    selection = select([row for *_, row in sorted(ranked, key=_rank)], Action.REFRESH)
    return NightSelection(
        selection=Selection(selection.taken, (*selection.left_out, *backing_off, *aside)),
        reasons=_reasons(fleet, selection.taken, now),
        backing_off=tuple(one.row for one in backing_off),
    )


_URGENCY: Final = tuple(DueReason)


def _rank(one: tuple[int, str, TenantRow]) -> tuple[int, str]:
    return one[:2]


def _left_to_humans(fleet: Fleet) -> list[LeftOut]:
    return [
        LeftOut(row, aside_words(row, why))
        for row, why in sorted(fleet.tenants_aside(), key=lambda one: _by_name(one[0]))
    ]


def _reasons(fleet: Fleet, taken: Sequence[TenantRow], now: datetime) -> Mapping[str, int]:
    app, fingerprint = fleet.judged_by
    whys = (due(row, app=app, fingerprint=fingerprint, now=now) for row in taken)
    return Counter(str(why.reason) for why in whys if why is not None)


def aside_words(row: TenantRow, why: Aside) -> str:
    """Why the schedule leaves a tenant to a human, with the newest cause."""
    failures = row.failures
    if failures is None:
        return str(why)
    since = failures.first_at.date().isoformat()
    cause = advise(failures.problem).headline
    return f"{why}: {failure_words(failures)} since {since}. {cause}"


def _by_name(row: TenantRow) -> str:
    return row.tenant.name.casefold()


# -- what ---------------------------------------------------------------------------------------
@dataclass(slots=True, kw_only=True)
class NightReport:
    """What a night's run did."""

    reading: Reading = field(default_factory=lambda: Reading(running=False))
    jobs: list[JobView] = field(default_factory=list)
    resumed: int = 0  # tenants of interrupted refreshes
    left_alone: dict[int, int] = field(default_factory=dict)  # interrupted resets: tenants left
    selected: NightSelection | None = None  # None: the run was broken off before it was known
    failed: tuple[TenantRow, ...] = ()  # in this run; those that did not fail before come first
    newly_failed: frozenset[TenantId] = frozenset()
    suspended: tuple[TenantRow, ...] = ()  # as it is at the end of the run
    needs_human: tuple[TenantRow, ...] = ()

    @property
    def list_problem(self) -> Problem | None:
        """Why the list could not be read."""
        return self.reading.problem


Follow = Callable[[JobView | None, Sequence[LeftOut]], Awaitable[bool]]
"""Waits for a job's end (None: nobody to work on); False: somebody wants the run to end here."""


async def run_night(session: Session, follow: Follow, *, due_only: bool = False) -> NightReport:
    """Read the list, go on with interrupted refreshes, look at every managed tenant.

    Who lacks something is given it; with `due_only` nobody is looked at who is not due. Debts are
    paid by the session, before all this. A list that cannot be read is reported, and those known
    are looked at. An interrupted reset is left to a human: nothing is taken away at night.
    Raises: SignInProblem; RemoteProblem when nothing at all can be done.
    """
    await session.ready()
    await session.inspection.wanted()
    report = NightReport()
    began = session.clock.now()
    failing = {row.id for row in session.fleet.rows() if row.failures is not None}
    session.listing.start()
    report.reading = await session.listing.finished()
    if isinstance(report.reading.problem, SignInProblem):
        raise report.reading.problem
    if await _resume(session, report, follow):
        now = session.clock.now()
        report.selected = (
            due_now(session.fleet, now)
            if due_only
            else everybody_now(session.fleet, now, looked_at_since=began)
        )
        await _refresh(session, report, report.selected, follow)
    failed = [
        row
        for row in session.fleet.rows()
        if row.failures is not None and row.failures.last_at >= began
    ]
    report.newly_failed = frozenset(row.id for row in failed if row.id not in failing)
    report.failed = tuple(sorted(failed, key=lambda row: (row.id in failing, _by_name(row))))
    aside = sorted(session.fleet.tenants_aside(), key=lambda one: _by_name(one[0]))
    report.suspended = tuple(row for row, why in aside if why is Aside.SUSPENDED)
    report.needs_human = tuple(row for row, why in aside if why is Aside.NEEDS_HUMAN)
    return report


async def _refresh(
    session: Session, report: NightReport, selected: NightSelection, follow: Follow
) -> None:
    taken, left_out = _without_resets(session, selected.selection)
    if not taken:
        await follow(None, left_out)
        return
    view = await session.acts.refresh([row.id for row in taken], reason=REASON)
    await follow(view, left_out)
    report.jobs.append(session.jobs.view(view.id) or view)


def _without_resets(
    session: Session, selection: Selection
) -> tuple[Sequence[TenantRow], Sequence[LeftOut]]:
    """Leave out whose reset was interrupted: a refresh now would take the reset's place."""
    taken: list[TenantRow] = []
    left_out = list(selection.left_out)
    for row in selection.taken:
        job = session.jobs.interrupted_job(row.id)
        if job is None:
            taken.append(row)
        else:
            left_out.append(LeftOut(row, f"its reset was interrupted: cipp-tui jobs resume {job}"))
    return taken, left_out


async def _resume(session: Session, report: NightReport, follow: Follow) -> bool:
    """Go on with interrupted refreshes; False when the run is to end here."""
    for job in sorted(session.jobs.interrupted):
        stored = await session.jobs.load(job)
        if stored is None or stored.action is not Action.REFRESH:
            report.left_alone[job] = session.jobs.interrupted[job]
            continue
        left_out = session.acts.leave_out(job)
        left = session.jobs.interrupted.get(job, 0)
        if not left:
            await follow(None, left_out)
            continue
        view = await session.acts.resume(job)
        report.resumed += left
        goes_on = await follow(view, left_out)
        ended = session.jobs.view(job) or view
        report.jobs.append(ended)
        if not goes_on or ended.fleet_wide is not None:
            return False
    return True
