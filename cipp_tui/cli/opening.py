"""Every command that needs a profile comes through here: one place for problems and signals."""

import argparse
import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.output import tell, tell_problem
from cipp_tui.config import ConnectionProfile, choose, config_path, load_profiles
from cipp_tui.domain.problems import (
    ConfigProblem,
    LockedElsewhere,
    Problem,
    SignInProblem,
    StorageProblem,
)
from cipp_tui.services.session import Session

Work = Callable[[Session, "Interrupts"], Awaitable[int]]


class Interrupts:
    """Ctrl-C and SIGTERM: the first asks the work to end well, the second ends it."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.code = Exit.INTERRUPTED
        self._main = asyncio.current_task()
        self._session: Session | None = None

    def watch(self, session: Session) -> None:
        self._session = session
        loop = asyncio.get_running_loop()
        for number, code in (
            (signal.SIGINT, Exit.INTERRUPTED),
            (signal.SIGTERM, Exit.TERMINATED),
        ):
            with suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt
                loop.add_signal_handler(number, self._heard, code)

    def _heard(self, code: Exit) -> None:
        if self.asked.is_set():
            if self._session is not None:
                self._session.abandon()
            if self._main is not None:
                self._main.cancel()
            return
        self.code = code
        self.asked.set()
        tell("Stopping; what is owed is given back first. Once more to leave at once.")


def chosen_profile(arguments: argparse.Namespace) -> ConnectionProfile:
    """The profile a command works on. Raises: ConfigProblem."""
    profile = choose(load_profiles(config_path(os.environ)), arguments.profile, os.environ)
    if arguments.read_only:
        profile = profile.model_copy(update={"mode": "read"})
    return profile


def run_session(arguments: argparse.Namespace, work: Work, *, act: bool = True) -> int:
    """Open the profile's session, do the work, close it well; the exit code."""
    start_log(arguments)

    async def whole() -> int:
        from cipp_tui.wiring import open_session

        profile = chosen_profile(arguments)
        interrupts = Interrupts()
        async with open_session(profile, env=os.environ, act=act) as session:
            if act and session.looking_only is not None:
                raise LockedElsewhere(session.looking_only, code="locked-elsewhere")
            interrupts.watch(session)
            await session.loaded()
            return await work(session, interrupts)

    try:
        return asyncio.run(whole())
    except asyncio.CancelledError:
        return Exit.INTERRUPTED
    except Problem as problem:
        return told(problem)


def told(problem: Problem) -> int:
    """Print a problem; the exit code it means."""
    match problem:
        case ConfigProblem():
            tell(f"cipp-tui: {problem}")
            return Exit.USAGE
        case StorageProblem() | LockedElsewhere():
            tell(f"cipp-tui: {problem}")
            return Exit.USAGE
        case SignInProblem():
            tell_problem(problem)
            return Exit.SIGN_IN
        case _:
            tell_problem(problem)
            return Exit.SOME_FAILED


def start_log(arguments: argparse.Namespace) -> None:
    """Write the log where it was asked for: methods, paths, statuses, request ids; no secrets."""
    if arguments.log is None:
        return
    try:
        handle = os.open(arguments.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise SystemExit(_refused(arguments.log, error)) from None
    os.close(handle)
    logging.basicConfig(
        filename=arguments.log,
        level=logging.INFO,
        format="%(asctime)s %(name)s %(levelname)s %(message)s",
    )
    for noisy in ("httpx", "httpcore", "msal", "urllib3", "asyncio", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _refused(path: str, error: OSError) -> int:
    tell(f"cipp-tui: --log {path}: {error.strerror}")
    return Exit.USAGE
