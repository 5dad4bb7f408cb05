"""The command line in this process, against simulated services that a thread serves."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cipp_tui.api.steps import PREFLIGHT, RESET_PLAN, SNAPSHOT, TAKE_AWAY
from cipp_tui.cli.main import main
from cipp_tui.domain.jobs import Action, Job, Mark, Word
from cipp_tui.domain.tenants import TenantId
from cipp_tui.simulator import Addresses, Simulator
from cipp_tui.storage.database import open_database
from cipp_tui.storage.journal import Draft, Journal

WHEN = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
HARMLESS_POSTS = ("token", "batch", "device")


@contextmanager
def served(simulator: Simulator) -> Iterator[Addresses]:
    """Serve from a thread of its own, until the block is left."""
    listening = threading.Event()
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()
    found: list[Addresses] = []

    async def serve() -> None:
        async with simulator.serve() as addresses:
            found.append(addresses)
            listening.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert listening.wait(10)
        yield found[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
        loop.close()


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Lab:
    """A profile `lab` over simulated services, its state in a folder of its own."""

    simulator: Simulator
    folder: Path
    config: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def state(self) -> Path:
        """The folder of the profile's state."""
        return self.folder / "profiles" / "lab"

    def run(self, *words: str) -> Ended:
        """Run a command to its end."""
        self.capsys.readouterr()
        try:
            code = main(list(words))
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
        out, err = self.capsys.readouterr()
        assert "Traceback" not in out + err, err
        return Ended(int(code), out, err)

    def owe(
        self,
        tenant: str,
        *,
        name: str = "Owed Ltd",
        partner: str | None = None,
        app: str | None = None,
    ) -> None:
        """Leave a reset in the journal that has taken access away and was cut off there."""
        path = self.state / "state.db"
        asyncio.run(owe(path, TenantId(tenant), name, partner=partner, app=app))

    @property
    def changes(self) -> list[str]:
        """Every request so far that could have changed something."""
        return changes_in(self.simulator)


def changes_in(simulator: Simulator) -> list[str]:
    """Every request the services have seen that could have changed something."""
    found = []
    for entry in simulator.log:
        if entry.route.startswith("batch"):
            found += [f"{one.method} {one.url}" for one in entry.inner if one.method != "GET"]
        elif entry.method != "GET" and not entry.route.startswith(HARMLESS_POSTS):
            found.append(f"{entry.method} {entry.path}")
    return found


async def owe(
    path: Path,
    tenant: TenantId,
    name: str,
    *,
    partner: str | None = None,
    app: str | None = None,
) -> None:
    """Write the journal of a reset that was cut off right after the consent was removed."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with open_database(path) as database:
        journal = Journal(database)
        await journal.open()
        wish = Job(
            id=0,
            action=Action.RESET,
            actor="kim@bastion",
            created_at=WHEN,
            partner=partner,
            app=app,
        )
        _, items = await journal.begin(wish, [Draft(tenant, name, RESET_PLAN)])
        for step, word in (
            (PREFLIGHT, Word.DONE),
            (SNAPSHOT, Word.DONE),
            (TAKE_AWAY, Word.INTENT),
            (TAKE_AWAY, Word.DONE),
        ):
            journal.mark(items[0].id, Mark(step=step.name, word=word, at=WHEN))
        await journal.flush()


def lab_env(
    monkeypatch: pytest.MonkeyPatch, folder: Path, simulator: Simulator, addresses: Addresses
) -> Path:
    """Write a config for the services and point the environment at it; the config's path."""
    application = simulator.world.application
    config = folder / "config.toml"
    config.write_text(
        "[profiles.lab]\n"
        'backend = "direct"\n'
        f'partner_tenant = "{simulator.world.partner.id}"\n'
        f'client_id = "{application.app_id}"\n'
        'client_secret = { env = "LAB_SECRET" }\n'
        'refresh_token = { env = "LAB_REFRESH" }\n'
        f'endpoints = {{ login = "{addresses.login}", graph = "{addresses.graph}",'
        f' partner_center = "{addresses.partner_center}" }}\n',
        encoding="utf-8",
    )
    config.chmod(0o600)
    for name in [name for name in os.environ if name.startswith("CIPP_TUI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CIPP_TUI_CONFIG", str(config))
    monkeypatch.setenv("CIPP_TUI_DATA", str(folder))
    monkeypatch.setenv("LAB_SECRET", application.secret)
    monkeypatch.setenv("LAB_REFRESH", simulator.refresh_token())
    # A program that is done does not wait for a thread that nobody needs; the tests' process must.
    monkeypatch.setattr(os, "_exit", lambda _code: None)
    return config


@contextmanager
def lab_of(
    simulator: Simulator,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Lab]:
    """A profile over this simulator, for commands that run in this process."""
    with served(simulator) as addresses:
        config = lab_env(monkeypatch, folder, simulator, addresses)
        yield Lab(simulator, folder, config, capsys)
