"""What is stored, for commands that only look: no client, no sign-in, no lock, no simulator."""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cipp_tui.cli.opening import chosen_profile, start_log, told
from cipp_tui.cli.streams import tell
from cipp_tui.config import CippProfile, ConnectionProfile, DirectProfile, profile_dir, resolve
from cipp_tui.domain.clock import SYSTEM, Clock
from cipp_tui.domain.problems import ConfigProblem, Problem
from cipp_tui.services.fleet import READ_AT, Fleet
from cipp_tui.services.jobbook import JobBook
from cipp_tui.services.past import Past
from cipp_tui.storage.database import open_database
from cipp_tui.storage.journal import Journal
from cipp_tui.storage.private import secure_folder
from cipp_tui.storage.state import FleetStore


@dataclass(frozen=True, slots=True)
class Shelf:
    """One profile's tenants and past jobs, as they are on disk."""

    fleet: Fleet
    past: Past
    clock: Clock


Look = Callable[[Shelf], Awaitable[int]]


def run_look(arguments: argparse.Namespace, look: Look) -> int:
    """Open what the profile has stored and look at it; the exit code."""
    start_log(arguments)

    async def whole() -> int:
        profile = chosen_profile(arguments)
        _check(profile)
        folder = profile_dir(os.environ, profile.name)
        for words in secure_folder(folder):
            tell(f"cipp-tui: {words}")
        async with open_database(folder / "state.db") as database:
            store, journal, clock = FleetStore(database), Journal(database), SYSTEM
            fleet = Fleet(store, clock, suspend_after=profile.suspend_after)
            await fleet.load((await store.remembered()).get(READ_AT))
            await fleet.load_rest()
            for debt in await journal.debts():
                if fleet.row(debt.item.tenant) is not None:
                    fleet.stranded(debt.item.tenant, True)
            return await look(Shelf(fleet, Past(journal, JobBook(clock)), clock))

    try:
        return asyncio.run(whole())
    except Problem as problem:
        return told(problem)


def _check(profile: ConnectionProfile) -> None:
    """Tell what acting on the profile would stumble over. Raises: ConfigProblem."""
    key = f"profiles.{profile.name}"
    match profile:
        case DirectProfile():
            for name in ("client_secret", "refresh_token"):
                reference = getattr(profile, name)
                if reference is not None:
                    resolve(reference, os.environ, key=f"{key}.{name}")
        case CippProfile():
            raise ConfigProblem(
                "the cipp backend is not part of this version",
                key=f"{key}.backend",
                fix='Use backend = "direct", or "demo".',
            )
        case _:
            pass
