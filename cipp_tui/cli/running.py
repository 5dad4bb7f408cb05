"""Running an event loop whose end does not wait for a thread that nobody needs any more."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

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
    """Run work to its end; the exit code it returned.

    Everything is on disk by then. Where a thread still waits for the reply to a sign-in, Python
    would wait with it, up to the request's own patience: the process ends without it.
    """
    threads = Threads()

    async def whole() -> int:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(threads)
        loop.set_exception_handler(_lost)
        code = await work
        if threads.busy:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        return code

    return asyncio.run(whole())


def _lost(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Nobody waited for what failed: the log has its kind and place."""
    error = context.get("exception")
    LOG.error("%s: %s", context.get("message"), type(error).__name__, exc_info=error)
