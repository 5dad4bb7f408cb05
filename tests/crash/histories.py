"""Every way a run can be cut short: pictures of disk and world at each event, and what follows.

A program that dies at an event leaves exactly two things: what it has written, and what the
services have done. So a run is not stopped at each of its events but photographed at each, and
every picture is then started from, as the next start of a dead program is.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cipp_tui.domain.fleet import Standing
from cipp_tui.domain.jobs import Action, ItemState, Outcome
from cipp_tui.domain.permissions import Verdict
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.views import JobView
from cipp_tui.simulator import Simulator
from tests.crash.disk import Picture, blank
from tests.crash.house import SmallHouse, small_house
from tests.crash.lane import Hit, Sent
from tests.crash.small_world import Holding, branch, customers, holding, small_world
from tests.crash.still_clock import StillClock

LONGEST_S = 30.0
"""Real seconds that one history may take: a run that does not end is a failure, too."""

Act = Callable[[SmallHouse], "asyncio.Future[JobView] | object"]


@dataclass(slots=True)
class Services:
    """The services at one moment. Nobody changes them: who goes on from here takes a copy."""

    simulator: Simulator
    _key: tuple[object, ...] | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What tells them apart from other moments."""
        if self._key is None:
            world = self.simulator.world
            self._key = (
                tuple((t.id, holding(world, t.id)) for t in customers(world)),
                frozenset(self.simulator.answered),
            )
        return self._key


@dataclass(frozen=True, slots=True)
class Moment:
    """What a program that dies here leaves behind."""

    event: str
    disk: Picture
    services: Services
    clock: StillClock
    taken: frozenset[str]  # tenants whose principal was gone at some time so far
    sent: tuple[Sent, ...]  # what earlier programs sent

    def key(self, folder: Path) -> tuple[object, ...]:
        """The same for moments from which nothing can go differently."""
        return (
            _journal(self.disk, folder),
            self.services.key,
            self.taken,
            _deletes(self.sent),
        )


@dataclass(slots=True)
class Tally:
    """How much was tried."""

    histories: int = 0
    played: int = 0  # the others had left the same behind as one that was played


@dataclass(slots=True)
class Ending:
    """How a run ended that was not cut short."""

    moments: list[Moment] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)


class Explorer:
    """Plays runs, keeps the moments at which they could have died, and starts again from each."""

    def __init__(self, folder: Path, tally: Tally) -> None:
        self.folder = folder
        self.skip_known = False  # moments that differ in nothing that matters are played once
        self.tally = tally
        self._known: set[tuple[object, ...]] = set()
        self._runs = 0

    async def beginning(
        self, tenants: int = 1, *, consented: bool = True, principal_goes: bool = True
    ) -> Moment:
        """A program that knows its tenants and has done nothing yet."""
        clock = StillClock()
        simulator = small_world(clock, tenants, consented=consented, principal_goes=principal_goes)
        start = Moment(
            "start", await blank(self.folder), Services(simulator), clock, frozenset(), ()
        )
        async with self.playing(start) as (house, ending):
            house.session.listing.start()
            reading = await house.session.listing.finished()
            assert reading.problem is None, reading.problem
        return ending.moments[-1]

    @asynccontextmanager
    async def playing(
        self,
        moment: Moment,
        hits: Sequence[Hit] = (),
        *,
        wait_for_debts: bool = True,
        **options: Any,
    ) -> AsyncIterator[tuple[SmallHouse, Ending]]:
        """A program that starts from a moment; every event on its way is kept in the ending."""
        clock = moment.clock.branch()
        simulator = branch(moment.services.simulator, clock)
        state = self.folder / f"run{self._runs}" / "state.db"
        self._runs += 1
        moment.disk.hang_up(state)
        ending = Ending(taken=set(moment.taken))

        had = {t.id for t in customers(simulator.world) if _there(simulator, t.id)} | moment.taken

        def told(event: str) -> None:
            ending.taken |= {tenant for tenant in had if not _there(simulator, tenant)}
            had.update(t.id for t in customers(simulator.world) if _there(simulator, t.id))
            sent = house.lane.sent if house is not None else []
            before = ending.moments[-1] if ending.moments else moment
            written = event.startswith("disk: after")
            asked = len(simulator.log) != len(before.services.simulator.log)
            ending.moments.append(
                Moment(
                    event,
                    Picture.of(state) if written else before.disk,
                    Services(branch(simulator, clock)) if asked else before.services,
                    clock.branch(0.0),
                    frozenset(ending.taken),
                    (*moment.sent, *sent),
                )
            )

        house: SmallHouse | None = None
        async with asyncio.timeout(LONGEST_S):
            async with small_house(
                state, simulator, clock, told=told, hits=hits, **options
            ) as house:
                with contextlib.suppress(Problem):  # a fault may strike before anything is done
                    await house.session.ready()
                if wait_for_debts:
                    await debts_paid(house)
                yield house, ending
                ending.sent = [*moment.sent, *house.lane.sent]
            ending.sent = [*moment.sent, *house.lane.sent]
        for old in state.parent.iterdir():
            old.unlink()
        state.parent.rmdir()

    async def start_again(self, moment: Moment, *, skip_known: bool = False) -> list[Moment]:
        """The next start after a death: everything is paid, gone on with, and true.

        Returns the moments of this run itself; none when the same was seen before.
        """
        self.tally.histories += 1
        if skip_known or self.skip_known:
            key = moment.key(self.folder)
            if key in self._known:
                return []
            self._known.add(key)
        self.tally.played += 1
        async with self.playing(moment) as (house, ending):
            for job in list(house.session.jobs.interrupted):
                view = await house.session.acts.resume(job)
                await house.session.jobs.finished(view.id)
            ending.sent = [*moment.sent, *house.lane.sent]
            await check(house, ending, moment)
            never_twice([*moment.sent, *house.lane.sent])
        return ending.moments

    def marks(self, moment: Moment) -> list[tuple[str, str]]:
        """Step and word of every mark that is on disk at a moment."""
        marks, _ = _journal(moment.disk, self.folder)
        return [(step, word) for _, step, word in marks]

    async def die_everywhere(self, moments: Sequence[Moment], *, twice: bool = False) -> None:
        """Start again from each moment, and with `twice` from each moment of that run as well."""
        for moment in moments:
            for later in await self.start_again(moment):
                if twice:
                    await self.start_again(later, skip_known=True)


async def debts_paid(house: SmallHouse) -> None:
    """Wait until no job is at work."""
    while (view := house.session.jobs.running()) is not None:
        await house.session.jobs.finished(view.id)


async def check(house: SmallHouse, ending: Ending, moment: Moment) -> None:
    """What must be true when a start after a death has run to its end, without any fault."""
    session, world = house.session, house.simulator.world
    assert not session.owed, (moment.event, session.owed)
    assert not session.jobs.interrupted
    for tenant in customers(world):
        truth = holding(world, tenant.id)
        if tenant.id in ending.taken:
            assert truth.whole, (moment.event, tenant.id, truth)
        claims_are_true(house, TenantId(tenant.id), truth)
        await resets_are_told_as_they_were(house, ending, TenantId(tenant.id))
        for entry in await session.past.of_tenant(TenantId(tenant.id)):
            assert entry.outcome is not Outcome.STRANDED, (moment.event, entry)
            if entry.outcome in (Outcome.CHANGED, Outcome.UNCHANGED, Outcome.RESTORED):
                assert truth.whole, (moment.event, entry, truth)


async def nothing_is_hidden(house: SmallHouse, ending: Ending) -> None:
    """After a run with faults: who lost its principal has it back, or stands on top as stranded.

    Who lost permissions has them back, or failed, with what was refused.
    """
    session, world = house.session, house.simulator.world
    owed = {row.id for row in session.owed}
    for tenant in customers(world):
        ident, truth = TenantId(tenant.id), holding(world, tenant.id)
        claims_are_true(house, ident, truth)
        await resets_are_told_as_they_were(house, ending, ident)
        if tenant.id in ending.taken and not truth.has_permissions:
            row = session.fleet.row(ident)
            progress = row.progress if row is not None else None
            is_told = (
                truth.principal is not None
                and progress is not None
                and progress.outcome is Outcome.FAILED
                and progress.problem is not None
            )
            assert ident in owed or is_told, (tenant.id, truth, row)
    never_twice(ending.sent)


async def resets_are_told_as_they_were(house: SmallHouse, ending: Ending, tenant: TenantId) -> None:
    """A reset is called done only when something was taken away, and we had an answer to it."""
    sent = ending.sent or house.lane.sent
    certain = any(
        call.applied and 200 <= call.status < 500
        for call in sent
        if call.method == "DELETE" and (tenant in call.path or "/servicePrincipals/" in call.path)
    )
    for entry in await house.session.past.of_tenant(tenant):
        if entry.action is Action.RESET and entry.outcome is Outcome.CHANGED:
            assert certain, (tenant, entry, sent)


def claims_are_true(house: SmallHouse, tenant: TenantId, truth: Holding) -> None:
    """What the row says of a tenant is so in the simulator's books."""
    row = house.session.fleet.row(tenant)
    if row is None:
        return
    if row.permissions is not None and row.permissions.verdict is Verdict.IN_ORDER:
        assert truth.whole, (tenant, row.permissions, truth)
    progress = row.progress
    if progress is not None and progress.outcome in (
        Outcome.CHANGED,
        Outcome.UNCHANGED,
        Outcome.RESTORED,
    ):
        missing = row.permissions.missing if row.permissions is not None else ()
        is_noted = len(missing) == 1 and missing[0].startswith("directory role")
        assert truth.whole or (truth.has_permissions and is_noted), (tenant, progress, truth)
    if truth.principal is None and row.stranded:
        assert row.standing is Standing.NO_ACCESS
    if progress is not None and progress.state is ItemState.STRANDED:
        assert row.standing is Standing.NO_ACCESS


def never_twice(sent: Sequence[Sent]) -> None:
    """No consent is deleted a second time unless the first was refused for certain."""
    maybe: set[str] = set()
    for call in sent:
        if call.method != "DELETE" or "/applicationconsents/" not in call.path:
            continue
        assert call.path not in maybe, f"deleted twice: {call.path}"
        if not 400 <= call.status < 500:
            maybe.add(call.path)


def _there(simulator: Simulator, tenant: str) -> bool:
    world = simulator.world
    directory = world.directory_of(world.tenants[tenant])
    return world.application.app_id in directory.principals


def _deletes(sent: Sequence[Sent]) -> frozenset[tuple[str, int]]:
    return frozenset(
        (call.path, call.status)
        for call in sent
        if call.method == "DELETE" and "/applicationconsents/" in call.path
    )


Told = tuple[tuple[tuple[int, str, str], ...], tuple[tuple[int, int, str], ...]]
_READ: dict[Picture, Told] = {}


def _journal(disk: Picture, folder: Path) -> Told:
    """What the journal says, times and request ids left out."""
    if disk not in _READ:
        if len(_READ) > 256:
            _READ.clear()
        _READ[disk] = _read(disk, folder)
    return _READ[disk]


def _read(disk: Picture, folder: Path) -> Told:
    path = folder / "look" / "state.db"
    disk.hang_up(path)
    file = sqlite3.connect(path)
    try:
        marks = file.execute("SELECT item, step, word FROM mark ORDER BY seq").fetchall()
        items = file.execute("SELECT id, job, tenant FROM item ORDER BY id").fetchall()
    finally:
        file.close()
    return tuple(marks), tuple(items)
