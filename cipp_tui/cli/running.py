"""Running an event loop whose end does not wait for a thread that nobody needs any more."""

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from cipp_tui.cli.streams import ResultsLostError
from cipp_tui.config.key_log import demand_key_log
from cipp_tui.domain.problems import ConfigProblem, Problem

LOG = logging.getLogger("cipp_tui.loop")

P = ParamSpec("P")
T = TypeVar("T")


class Threads(ThreadPoolExecutor):
    """The loop's threads, of which it is known whether they work."""

    def __init__(self) -> None:
        super().__init__(thread_name_prefix="cipp-tui")
        self._pending: set[Future[Any]] = set()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future = super().submit(fn, *args, **kwargs)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        return future

    @property
    def busy(self) -> bool:
        """Whether a thread still waits for something, an answer from afar for example."""
        return any(future.running() for future in self._pending.copy())


def run(work: Coroutine[Any, Any, int]) -> int:
    """Run work to its end; the exit code it returned, or that of what ended it.

    Everything is on disk by then. Where a thread still waits for the reply to a sign-in, or for a
    database that could not be closed, Python would wait with it, for ever perhaps: the process ends
    without it.
    """
    try:
        demand_key_log(os.environ)  # before anything is loaded that would open it
    except ConfigProblem as problem:
        work.close()
        return _told_problem(problem)
    before = set(threading.enumerate())
    threads = Threads()

    async def whole() -> int:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(threads)
        loop.set_exception_handler(_lost)
        code = await _told(work)
        if threads.busy:
            _leave_at_once(code)
        return code

    code = asyncio.run(whole())
    if any(not thread.daemon for thread in set(threading.enumerate()) - before):
        _leave_at_once(code)
    return code


async def _told(work: Coroutine[Any, Any, int]) -> int:
    try:
        return await work
    except OSError as error:
        if isinstance(error, BrokenPipeError | ResultsLostError):
            raise
        return _unforeseen(error)
    except Exception as error:  # noqa: BLE001 - the top of all work: a bug, told in one sentence
        return _unforeseen(error)


def _unforeseen(error: Exception) -> int:
    from cipp_tui.services.told import unforeseen

    return _told_problem(unforeseen(error, "carrying the command out"))


def _told_problem(problem: Problem) -> int:
    from cipp_tui.cli.opening import told  # which runs its commands by this module

    return told(problem)


def _leave_at_once(code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _lost(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Nobody waited for what failed: the log has its kind and place."""
    error = context.get("exception")
    LOG.error("%s: %s", context.get("message"), type(error).__name__, exc_info=error)
