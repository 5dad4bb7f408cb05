"""The nightly run: once, or every night."""

import argparse
import asyncio
import os
from dataclasses import dataclass
from datetime import datetime

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.night_words import NightTeller
from cipp_tui.cli.opening import Interrupts, chosen_profile, owed_words, start_log, told
from cipp_tui.cli.output import tell_problem
from cipp_tui.cli.running import run
from cipp_tui.cli.streams import tell
from cipp_tui.config import ConnectionProfile, profile_dir
from cipp_tui.domain.clock import SYSTEM, Clock
from cipp_tui.domain.jobs import Action
from cipp_tui.domain.problems import LockedElsewhere, Problem, SignInProblem, Unsuited
from cipp_tui.services.next_steps import Surface
from cipp_tui.services.nightly import (
    AGAIN_S,
    NightEnd,
    NightMemory,
    next_night,
    run_night,
    watch,
)
from cipp_tui.storage.private import secure_folder


def nightly(arguments: argparse.Namespace) -> int:
    """Read the list, then look at every managed tenant: now, or every night."""
    if arguments.print_systemd or arguments.print_cron:
        from cipp_tui.cli.schedules import print_schedule

        return print_schedule(arguments)
    start_log(arguments)

    async def whole() -> int:
        interrupts = Interrupts()
        try:
            if arguments.watch:
                return await Watching(arguments, interrupts, SYSTEM).until_left()
            profile = chosen_profile(arguments)
            code = await one_night(profile, arguments, interrupts, SYSTEM)
            if not interrupts.asked.is_set():
                await _memory(profile, SYSTEM).ended()
            return code
        except asyncio.CancelledError:
            return interrupts.code
        except Problem as problem:
            return told(problem)

    return run(whole())


async def one_night(
    profile: ConnectionProfile,
    arguments: argparse.Namespace,
    interrupts: Interrupts,
    clock: Clock,
    next_run: datetime | None = None,
) -> int:
    """Open the profile, do one night's work, close it well; the exit code. Raises: Problem."""
    from cipp_tui.wiring import open_session

    async with open_session(profile, env=os.environ, clock=clock) as session:
        if session.looking_only is not None:
            raise LockedElsewhere(session.looking_only, code="locked-elsewhere")
        interrupts.watch(session)
        if session.profile.read_only:
            await session.loaded()
            if session.owed:
                raise Unsuited(owed_words(session), code="owed")
        await session.ready()
        if (reason := session.acts.why_off(Action.REFRESH, Surface.COMMAND_LINE)) is not None:
            raise Unsuited(reason, code="off")
        teller = NightTeller(session, interrupts, as_json=arguments.json)
        report = await run_night(session, teller.follow, due_only=arguments.due)
        return teller.sum_up(report, next_run)


@dataclass(slots=True)
class Watching:
    """Stays, and does a night's work every night. Between the nights the profile is free."""

    arguments: argparse.Namespace
    interrupts: Interrupts
    clock: Clock
    _code: int = Exit.WELL
    _complaint: str = ""
    _summed_up: datetime | None = None  # the next run that the last summary has told already

    async def until_left(self) -> int:
        """Run night after night until a signal comes; the exit code. Raises: Problem."""
        profile = chosen_profile(self.arguments)
        if profile.mode == "read":
            raise Unsuited(f"this profile is read-only ({profile.name})", code="off")
        await watch(
            self.clock,
            self.arguments.at,
            _memory(profile, self.clock),
            run=self._night,
            planned_for=self._planned,
        )
        return self._code

    async def _night(self) -> NightEnd:
        try:
            profile = chosen_profile(self.arguments)  # as the file is now: it may have been edited
            self._summed_up = next_night(self.arguments.at, self.clock.now())
            self._code = await one_night(
                profile, self.arguments, self.interrupts, self.clock, self._summed_up
            )
        except SignInProblem as problem:
            tell_problem(problem)
            self._complaint, self._summed_up = "", None
            return NightEnd.ENDED
        except Problem as problem:
            self._complain(problem)
            return NightEnd.AGAIN
        self._complaint = ""
        return NightEnd.LEAVE if self.interrupts.asked.is_set() else NightEnd.ENDED

    def _complain(self, problem: Problem) -> None:
        """Say why the run could not begin; not anew at every try."""
        if str(problem) == self._complaint:
            return
        self._complaint = str(problem)
        told(problem)
        tell(f"  The run is tried again every {AGAIN_S / 60:.0f} minutes.")

    def _planned(self, moment: datetime) -> None:
        if moment == self._summed_up:
            return
        if moment <= self.clock.now():
            tell(f"The run of {moment:%Y-%m-%d %H:%M} UTC was missed: it starts now.")
        else:
            tell(f"Next run: {moment:%Y-%m-%d %H:%M} UTC.")


def _memory(profile: ConnectionProfile, clock: Clock) -> NightMemory:
    folder = profile_dir(os.environ, profile.name)
    secure_folder(folder)
    return NightMemory(folder, clock)
