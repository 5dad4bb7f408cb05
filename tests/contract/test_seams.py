"""Something foreign is raised at every seam, during every kind of command: each comes to an end.

In one sentence, with the right exit code; neither a traceback nor what the exception held is shown.
"""

import functools
import importlib
import inspect
import shutil
import signal
import sqlite3
import ssl
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import httpx
import pytest

from cipp_tui import wiring
from cipp_tui.simulator import Simulator, build_world
from tests.contract.lab import Ended, lab_of
from tests.support import HurriedClock

CANARY: Final = "canary-in-the-words-of-the-exception"
SAFETY_S: Final = 60.0
"""Far above what any of these takes, on any machine: only what hangs meets it."""


class Odd(Exception):
    """No part of the program knows it."""


Error = Callable[[], BaseException]

ERRORS: Final[dict[str, Error]] = {
    "runtime": lambda: RuntimeError(CANARY),
    "odd": lambda: Odd(CANARY),
    "os": lambda: OSError(5, CANARY),
    "lookup": lambda: KeyError(CANARY),
    "value": lambda: ValueError(CANARY),
    "memory": lambda: MemoryError(CANARY),
    "group": lambda: ExceptionGroup(CANARY, [Odd(CANARY)]),
}

HTTP_ERRORS: Final[dict[str, Error]] = {
    "httpx-decoding": lambda: httpx.DecodingError(CANARY),
    "httpx-url": lambda: httpx.InvalidURL(CANARY),
    "httpx-stream": lambda: httpx.StreamClosed(),
    "aiohttp": lambda: aiohttp.ClientPayloadError(CANARY),
    "zlib": lambda: zlib.error(CANARY),
    "ssl": lambda: ssl.SSLError(1, CANARY),
    "timeout": lambda: TimeoutError(CANARY),
    "unicode": lambda: UnicodeDecodeError("utf-8", b"x", 0, 1, CANARY),
}

SQLITE_ERRORS: Final[dict[str, Error]] = {
    "sqlite": lambda: sqlite3.OperationalError("disk I/O error"),
    "sqlite-damaged": lambda: sqlite3.DatabaseError("file is not a database"),
}

SEAMS: Final = {
    "config file": "cipp_tui.cli.opening:load_profiles",
    "state folder": "cipp_tui.wiring:secure_folder",
    "lock": "cipp_tui.wiring:runner_lock",
    "user name": "getpass:getuser",
    "secret": "cipp_tui.wiring:resolve",
    "token store": "cipp_tui.wiring:open_token_store",
    "token store load": "cipp_tui.api.token_store:FileTokenStore.load",
    "token store save": "cipp_tui.api.token_store:FileTokenStore.save",
    "TLS context": "ssl:create_default_context",
    "proxy": "cipp_tui.api.transport:proxy_for",
    "pool": "aiohttp:TCPConnector",
    "request": "cipp_tui.api.http:HttpClient._request",
    "transport": "cipp_tui.api.transport:Connections.handle_async_request",
    "body": "cipp_tui.api.http:bounded_body",
    "close": "cipp_tui.api.transport:_Pool.aclose",
    "MSAL application": "msal:ConfidentialClientApplication",
    "MSAL refresh": "msal:ConfidentialClientApplication.acquire_token_by_refresh_token",
    "MSAL device code": "msal:PublicClientApplication.initiate_device_flow",
    "MSAL waiting": "msal:PublicClientApplication.acquire_token_by_device_flow",
    "customer's token": "cipp_tui.api.tokens:Tokens._ask",
    "SQLite open": "sqlite3:connect",
    "SQLite connect": "aiosqlite:connect",
    "SQLite execute": "aiosqlite:Connection.execute",
    "SQLite write": "aiosqlite:Connection.executemany",
    "SQLite commit": "aiosqlite:Connection.commit",
    "SQLite close": "aiosqlite:Connection.close",
    "stored list": "cipp_tui.storage.state:FleetStore.load",
    "journal": "cipp_tui.storage.journal:Journal.begin",
    "mark": "cipp_tui.storage.journal:Journal.mark",
    "wait": "tests.support:HurriedClock.sleep",
    "pacing": "cipp_tui.api.limits:Host.enter",
    "wanted permissions": "cipp_tui.services.fleet:Fleet.judge_by",
    "row": "cipp_tui.services.fleet:Fleet.learn",
    "outcome": "cipp_tui.services.outcomes:Outcomes.finished",
    "end of a job": "cipp_tui.services.news:NewsDesk.job_ended",
}
HTTP: Final = ("transport", "body")

CODES: Final[dict[str, set[int]]] = {
    "TLS context": {1, 2},
    "SQLite open": {1, 2},
    "SQLite connect": {1, 2},
    "SQLite execute": {1, 2},
    "SQLite write": {2},
    "SQLite commit": {2},
    "SQLite close": {1, 2},
}
"""A disk or a setting that is not right is 2; whatever nobody thought of is 1."""

COMMANDS: Final = {
    "sync": ["sync"],
    "refresh": ["refresh", "--all"],
    "reset": ["reset", "{one}", "--yes-remove-access"],
    "login": ["login"],
    "check": ["profiles", "check"],
    "why": ["why", "{one}"],
    "trace": ["trace", "{one}", "adele@partner.example"],
    "nightly": ["nightly"],
}


class House:
    """One world after another for command after command: each run finds it as the first did."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self._stored = folder / "stored"
        self._runs = 0

    def run(self, command: str, seam: str | None, error: Error | None) -> tuple[Ended, int]:
        """Run a command; how it ended, and how often the error was raised."""
        self._runs += 1
        folder = self._folder / str(self._runs)
        folder.mkdir()
        if self._stored.exists():
            shutil.copytree(self._stored, folder / "profiles")
        simulator = Simulator(build_world(2, 7, up_to_date=0.5))
        world = simulator.world
        one = next(
            tenant.id
            for tenant in world.tenants.values()
            if tenant is not world.partner and (tenant.hint != "no-consent" or command != "reset")
        )
        words = [word.format(one=one) for word in COMMANDS[command]]
        with self._monkeypatch.context() as patch:
            clock = HurriedClock(datetime.now(UTC))
            patch.setattr(wiring, "open_session", functools.partial(_hurried, in_time_of=clock))
            patch.setattr(WAITING, lambda *_, **__: EXPIRED)
            with lab_of(simulator, folder, patch, self._capsys) as lab, safety():
                if seam is None or error is None:
                    return lab.run(*words), 0
                place = Seam(patch, SEAMS[seam], error)
                return lab.run(*words), place.hits

    def store(self) -> None:
        """Let the runs from now on find what the last one left."""
        shutil.copytree(self._folder / str(self._runs) / "profiles", self._stored)


OPEN_SESSION: Final = wiring.open_session


def _hurried(*arguments: Any, in_time_of: HurriedClock, **options: Any) -> Any:
    return OPEN_SESSION(*arguments, **(options | {"clock": in_time_of}))


WAITING: Final = "msal.PublicClientApplication.acquire_token_by_device_flow"
EXPIRED: Final = {"error": "expired_token", "error_description": "AADSTS70020: expired"}


@pytest.fixture
def house(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> House:
    """Two customers, their list read; all waits are jumped over."""
    made = House(tmp_path, monkeypatch, capsys)
    ended, _ = made.run("sync", None, None)
    assert ended.code == 0, ended.err
    made.store()
    return made


class Seam:
    """Where something is raised, and how often it was."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: str, error: Error) -> None:
        module, _, path = place.partition(":")
        owner: Any = importlib.import_module(module)
        *parents, name = path.split(".")
        for parent in parents:
            owner = getattr(owner, parent)
        self.hits = 0
        real = getattr(owner, name)

        def raises(*_: Any, **__: Any) -> Any:
            self.hits += 1
            raise error()

        async def raises_later(*arguments: Any, **options: Any) -> Any:
            if path.endswith("close"):  # what is left open would disturb other tests
                await real(*arguments, **options)
            raises()

        if inspect.iscoroutinefunction(real):
            monkeypatch.setattr(owner, name, raises_later)
        else:
            monkeypatch.setattr(owner, name, raises)


@contextmanager
def safety() -> Iterator[None]:
    """Nothing hangs the tests."""

    def too_late(*_: object) -> None:
        raise AssertionError(f"no end within {SAFETY_S} s")

    before = signal.signal(signal.SIGALRM, too_late)
    signal.setitimer(signal.ITIMER_REAL, SAFETY_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


WELL: Final = {
    *(
        (command, seam)
        for command in ("check", "why")
        for seam in ("SQLite write", "SQLite commit")
    ),
    *((command, "wanted permissions") for command in ("sync", "why", "trace")),
}
"""Where a command can do without: it ends as it does otherwise."""


def demand_told(ended: Ended, what: str) -> None:
    """An end in words: one sentence with its next step, nothing else."""
    text = ended.out + ended.err
    assert "Traceback" not in text, what
    assert CANARY not in text, f"{what}: {text}"
    told = [line for line in ended.err.splitlines() if line.startswith("cipp-tui: ")]
    shown = bool(told) or (ended.code == 1 and ended.out)
    assert shown, f"{what} ended with {ended.code} without a word"
    assert len(told) <= 2, f"{what}: {ended.err}"


@pytest.mark.parametrize("command", COMMANDS)
def test_whatever_is_raised_at_any_seam_is_told(house: House, command: str) -> None:
    usual, _ = house.run(command, None, None)
    reached = set()
    for number, seam in enumerate(SEAMS):
        errors = [*ERRORS.values()]
        if seam in HTTP:
            errors += HTTP_ERRORS.values()
        if seam.startswith("SQLite"):
            errors += SQLITE_ERRORS.values()
        ended, hits = house.run(command, seam, errors[(number + len(command)) % len(errors)])
        what = f"{command}, {seam}"
        if hits == 0 or (command, seam) in WELL:
            assert ended.code == usual.code, f"{what}: {ended.err}"
            continue
        reached.add(seam)
        demand_told(ended, what)
        allowed = CODES.get(seam, {1})
        if command == "login":
            allowed = allowed | {3}
        assert ended.code in allowed, f"{what} ended with {ended.code}: {ended.err}"
    assert len(reached) >= len(SEAMS) // 2


@pytest.mark.parametrize("kind", [*ERRORS, *HTTP_ERRORS])
@pytest.mark.parametrize("seam", HTTP)
def test_whatever_the_client_raises_is_told(house: House, kind: str, seam: str) -> None:
    for command in ("sync", "refresh"):
        ended, hits = house.run(command, seam, (ERRORS | HTTP_ERRORS)[kind])

        assert hits
        assert ended.code == 1, ended.err
        demand_told(ended, f"{kind} in {seam}")


@pytest.mark.parametrize("error", SQLITE_ERRORS)
@pytest.mark.parametrize("seam", [seam for seam in SEAMS if seam.startswith("SQLite")])
def test_whatever_sqlite_raises_is_told(house: House, seam: str, error: str) -> None:
    ended, hits = house.run("sync", seam, SQLITE_ERRORS[error])

    assert hits
    assert ended.code == 2, ended.err
    demand_told(ended, f"{error} in {seam}")
    assert "state.db" in ended.err or "lock" in ended.err
