"""The simulator as a process: build a world, listen, say where, and serve until told to stop."""

import asyncio
import errno
import gc
import json
import os
import signal
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal, TextIO

from cipp_tui.simulator.core import Simulator
from cipp_tui.simulator.faults import Faults
from cipp_tui.simulator.fleet import build_world
from cipp_tui.simulator.knobs import DEFAULT_KNOBS
from cipp_tui.simulator.lifeline import is_alive, when_stdin_closes
from cipp_tui.simulator.messages import Addresses
from cipp_tui.simulator.server import check_loopback

SECRET_VARIABLE: Final = "CIPP_TUI_SIM_SECRET"  # noqa: S105 - the name of a variable
REFRESH_VARIABLE: Final = "CIPP_TUI_SIM_REFRESH"
PARENT_POLL_S: Final = 0.5
COLLECT_EVERY: Final = 100_000  # objects more than before


def simulate(
    host: str,
    port: int,
    tenants: int,
    seed: int,
    latency_ms: float,
    faults: str,
    profile_out: str | None,
    out: TextIO,
    *,
    parent_pid: int | None = None,
    until_stdin_closes: bool = False,
    requests_per_second: float | None = None,
    up_to_date: float | None = None,
    like: Literal["field", "documented"] = "field",
) -> int:
    """Serve a fleet until SIGINT, SIGTERM, or the parent's end; return the exit code.

    A demo fleet, or, with `up_to_date` (0 to 1), one in which that share has the wanted set and
    the rest has never consented. Writes one JSON line with addresses and credentials to `out` once
    it listens.

    Raises: ValueError for a host that is not loopback or an unknown name of faults.
    """
    check_loopback(host)
    simulator = Simulator(
        build_world(tenants, seed, up_to_date=up_to_date),
        faults=Faults.preset(faults, seed),
        latency_ms=latency_ms,
        knobs=replace(
            DEFAULT_KNOBS,
            requests_per_second=requests_per_second,
            tenant_information=like,
            directory_role_cast=like,
        ),
    )
    # The world lives as long as the process, and so does the log of requests: the collector need
    # not look at the one again, and not at every growth of the other.
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY, 50, 100)

    async def run() -> None:
        stop = asyncio.Event()
        _stop_on_signals(stop)
        async with simulator.serve(host, port) as addresses:
            _announce(simulator, addresses, profile_out, out)
            watchers = _watchers(stop, parent_pid, until_stdin_closes)
            await stop.wait()
            for watcher in watchers:
                watcher.cancel()

    with suppress(KeyboardInterrupt):
        asyncio.run(run())
    return 0


def _announce(
    simulator: Simulator, addresses: Addresses, profile_out: str | None, out: TextIO
) -> None:
    world = simulator.world
    content: dict[str, Any] = {
        "login": addresses.login,
        "graph": addresses.graph,
        "partner_center": addresses.partner_center,
        "partner_tenant": world.partner.id,
        "client_id": world.application.app_id,
        "client_secret": world.application.secret,
        "refresh_token": simulator.refresh_token(),
    }
    content["env"] = {
        SECRET_VARIABLE: content["client_secret"],
        REFRESH_VARIABLE: content["refresh_token"],
    }
    if profile_out is not None:
        _write_profile(Path(profile_out), content)
    out.write(json.dumps(content) + "\n")
    out.flush()


def _write_profile(path: Path, content: dict[str, Any]) -> None:
    text = (
        'default = "sim"\n\n'
        "[profiles.sim]\n"
        'backend = "direct"\n'
        f'partner_tenant = "{content["partner_tenant"]}"\n'
        f'client_id = "{content["client_id"]}"\n'
        f'client_secret = {{ env = "{SECRET_VARIABLE}" }}\n'
        f'refresh_token = {{ env = "{REFRESH_VARIABLE}" }}\n'
        f'endpoints = {{ login = "{content["login"]}", graph = "{content["graph"]}", '
        f'partner_center = "{content["partner_center"]}" }}\n'
    )
    if path.exists() and not path.is_file():  # opening a pipe would wait for its reader
        raise OSError(errno.EINVAL, "is not a regular file", str(path))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_NONBLOCK", 0), 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "is not a regular file", str(path))
        file.truncate()
        file.write(text)
    path.chmod(0o600)


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def from_handler(_number: int, _frame: object) -> None:
        loop.call_soon_threadsafe(stop.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except (NotImplementedError, RuntimeError, ValueError):
            # Windows has no loop handlers, and only the main thread may set others.
            with suppress(ValueError):
                signal.signal(number, from_handler)


def _watchers(
    stop: asyncio.Event, parent_pid: int | None, until_stdin_closes: bool
) -> list[asyncio.Task[None]]:
    loop = asyncio.get_running_loop()
    if until_stdin_closes:
        when_stdin_closes(_in_loop(loop, stop))
    if parent_pid is None:
        return []
    return [asyncio.create_task(_watch_parent(stop, parent_pid))]


def _in_loop(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> Callable[[], None]:
    def ask_to_stop() -> None:
        # The loop may have closed in the meantime for another reason.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    return ask_to_stop


async def _watch_parent(stop: asyncio.Event, parent_pid: int) -> None:
    while is_alive(parent_pid):  # noqa: ASYNC110 - no event tells that another process ended
        await asyncio.sleep(PARENT_POLL_S)
    stop.set()
