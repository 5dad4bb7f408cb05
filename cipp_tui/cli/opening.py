"""Every command that needs a profile comes through here: one place for problems and signals."""

import argparse
import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from pathlib import Path

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.output import exit_of, tell_problem
from cipp_tui.cli.quiet import log_into
from cipp_tui.cli.running import run
from cipp_tui.cli.streams import tell
from cipp_tui.config import ConnectionProfile, choose, config_path, load_profiles
from cipp_tui.config.files import UnfitFile, open_private, os_fix, os_words
from cipp_tui.domain.fleet import Progress, TenantRow
from cipp_tui.domain.problems import (
    ConfigProblem,
    LockedElsewhere,
    Problem,
    RemoteProblem,
    SignInProblem,
    StorageProblem,
    Unsuited,
)
from cipp_tui.domain.text import clean
from cipp_tui.services.advice import advise
from cipp_tui.services.news import left_out_sentence
from cipp_tui.services.session import Session

Work = Callable[[Session, "Interrupts"], Awaitable[int]]


class Interrupts:
    """Ctrl-C and SIGTERM: the first asks the work to end well, the second ends it.

    Work that does not listen to `asked` is ended by the first; so is opening the session.
    """

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.code = Exit.INTERRUPTED
        self._listening = False
        self._main = asyncio.current_task()
        self._session: Session | None = None
        loop = asyncio.get_running_loop()
        for number, code in _SIGNALS:
            with suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt
                loop.add_signal_handler(number, self._heard, code)

    def watch(self, session: Session) -> None:
        """From now on it is this session that a second signal leaves behind."""
        self._session = session

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """Leave the first signal to the block, which looks at the event."""
        self._listening = True
        try:
            yield self.asked
        finally:
            self._listening = False

    def _heard(self, code: Exit) -> None:
        first = not self.asked.is_set()
        if first:
            self.code = code
            self.asked.set()
        elif self._session is not None:
            if self._session.paying_debts or self._session.owed:
                self.code = Exit.OWED
            self._session.abandon()
        if first and self._listening:
            pays = self._session is None or not self._session.profile.read_only
            first_of_all = "what is owed is given back first. " if pays else ""
            tell(f"Stopping; {first_of_all}Once more to leave at once.")
        elif self._main is not None:
            self._main.cancel()


_NAMED = 20
_SIGNALS = ((signal.SIGINT, Exit.INTERRUPTED), (signal.SIGTERM, Exit.TERMINATED))


def chosen_profile(arguments: argparse.Namespace) -> ConnectionProfile:
    """The profile a command works on. Raises: ConfigProblem."""
    profile = choose(load_profiles(config_path(os.environ)), arguments.profile, os.environ)
    if arguments.read_only:
        profile = profile.model_copy(update={"mode": "read"})
    return profile


class Hold(Enum):
    """Whether a command holds the profile while it works."""

    ACT = auto()  # another cipp-tui at work is a reason to refuse
    TRY = auto()  # keeps what it learns, unless another one is at work
    LOOK = auto()


def run_session(arguments: argparse.Namespace, work: Work, hold: Hold = Hold.ACT) -> int:
    """Open the profile's session, do the work, close it well; the exit code."""
    start_log(arguments)

    async def whole() -> int:
        interrupts = Interrupts()
        profile = chosen_profile(arguments)
        from cipp_tui.wiring import open_session

        try:
            acts = hold is not Hold.LOOK
            async with open_session(profile, env=os.environ, act=acts) as session:
                if hold is Hold.ACT and session.looking_only is not None:
                    raise LockedElsewhere(session.looking_only, code="locked-elsewhere")
                interrupts.watch(session)
                await session.loaded()
                return await _worked(session, work, interrupts)
        except asyncio.CancelledError:
            return interrupts.code

    async def guarded() -> int:
        try:
            return await whole()
        except Problem as problem:
            return told(problem)

    return run(guarded())


async def _worked(session: Session, work: Work, interrupts: Interrupts) -> int:
    """Do the work; the exit code. Read-only gives no access back, so it names who waits for it."""
    for words in session.warnings:
        tell(f"cipp-tui: {words}")
    try:
        code = await work(session, interrupts)
    except Problem as problem:
        if not (session.profile.read_only and session.owed):
            raise
        code = told(problem)
    finally:
        if session.signing.trouble:
            tell(f"cipp-tui: {session.signing.trouble}")
    if session.inspection.left_out:
        tell(f"cipp-tui: {left_out_sentence(session.inspection.left_out)}")
    if not session.profile.read_only and session.looking_only is None and session.owed:
        await debts_settled(session)
    may_tell = session.profile.read_only or session.looking_only is None
    if may_tell and session.owed:
        tell(f"cipp-tui: {owed_words(session)}")
        return code if code in (Exit.INTERRUPTED, Exit.TERMINATED) else Exit.OWED
    return code


async def debts_settled(session: Session) -> None:
    """Wait until the access that is owed from earlier runs is back, or cannot be given now."""
    if session.owed:
        with suppress(SignInProblem, RemoteProblem):  # then it stays owed, and is told as such
            await session.ready()
        while (paying := session.jobs.running()) is not None:
            await session.jobs.finished(paying.id)


def owed_words(session: Session) -> str:
    """Who is without access, and what can be done about it."""
    rows = session.owed
    names = ", ".join(f"{row.tenant.name} ({row.tenant.label})" for row in rows[:_NAMED])
    more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
    if session.profile.read_only:
        return (
            f"Read-only sends nothing. Still owed access: {names}{more}. Run cipp-tui sync without"
            ' --read-only and with mode = "write" to give it back.'
        )
    causes = {advise(p.problem).headline for p in map(_progress, rows) if p and p.problem}
    why = f" {' '.join(sorted(causes))}" if causes else ""
    return (
        f"Without access, and owed it: {names}{more}.{why} Every start tries to give it back."
        " Where it cannot come back: cipp-tui jobs write-off TENANT"
    )


def _progress(row: TenantRow) -> Progress | None:
    return row.progress


def told(problem: Problem) -> int:
    """Print a problem; the exit code it means."""
    match problem:
        case ConfigProblem():
            if problem.key and not problem.file:  # found late, when only the key was known
                problem.file = str(config_path(os.environ))
            tell(f"cipp-tui: {clean(problem)}")
            return Exit.USAGE
        case Unsuited(code="owed"):
            tell(f"cipp-tui: {clean(problem)}")
            return Exit.OWED
        case StorageProblem() | LockedElsewhere() | Unsuited():
            tell(f"cipp-tui: {clean(problem)}")
            return Exit.USAGE
        case _:
            tell_problem(problem)
            return exit_of(problem)


def start_log(arguments: argparse.Namespace) -> None:
    """Write the log where it was asked for: methods, paths, statuses, request ids; no secrets."""
    if arguments.log is None:
        return
    try:
        handle = open_private(Path(arguments.log), os.O_WRONLY | os.O_APPEND)
    except UnfitFile as unfit:
        raise SystemExit(_refused(arguments.log, unfit.why, unfit.fix)) from None
    except OSError as error:
        raise SystemExit(_refused(arguments.log, os_words(error), os_fix(error))) from None
    os.close(handle)
    log_into(arguments.log)


def _refused(path: str, why: str, fix: str) -> int:
    tell(f"cipp-tui: --log {path}: {why}. {fix}")
    return Exit.USAGE
