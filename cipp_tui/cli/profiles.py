"""Profiles: list, add, check; and signing in from the plain terminal."""

import argparse
import asyncio
import os
from contextlib import suppress

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.opening import Hold, Interrupts, run_session, told
from cipp_tui.cli.output import exit_of, table, tell_problem
from cipp_tui.cli.streams import line, tell
from cipp_tui.config import (
    CippProfile,
    ConnectionProfile,
    DirectProfile,
    NewProfile,
    append_profile,
    config_path,
    data_dir,
    load_profiles,
)
from cipp_tui.domain.problems import Problem, SignInProblem
from cipp_tui.services.session import Session


def profiles_list(_arguments: argparse.Namespace) -> int:
    """Print the profiles, and where everything lies."""
    path = config_path(os.environ)
    try:
        known = load_profiles(path)
    except Problem as problem:
        return told(problem)
    rows = [
        (
            ("* " if name == known.default else "  ") + name,
            profile.backend,
            where(profile),
            "read-only" if profile.mode == "read" else "read-write",
        )
        for name, profile in known.profiles.items()
    ]
    if rows:
        line(table(("  Name", "Backend", "Where", "Mode"), rows, widest=60))
    else:
        tell("No profile yet. Add one with: cipp-tui profiles add, or try: cipp-tui demo")
    tell(f"Config file: {path}")
    tell(f"State: {data_dir(os.environ)}")
    return Exit.WELL


def profiles_add(arguments: argparse.Namespace) -> int:
    """Append a profile."""
    path = config_path(os.environ)
    profile = NewProfile(
        name=arguments.name,
        partner_tenant=arguments.partner_tenant,
        client_id=arguments.client_id,
        secret_env=arguments.client_secret_env,
        refresh_token_env=arguments.refresh_token_env,
    )
    try:
        append_profile(path, profile)
    except Problem as problem:
        return told(problem)
    tell(f"Added {profile.name} to {path}.")
    if not profile.refresh_token_env:
        tell(f"Next: cipp-tui login {profile.name}")
    return Exit.WELL


def profiles_check(arguments: argparse.Namespace) -> int:
    """Try a profile step by step, and say which one is wrong."""
    arguments.profile = arguments.name or arguments.profile

    async def work(session: Session, _interrupts: Interrupts) -> int:
        line("+ profile and secrets can be read")
        line("+ state on disk can be used")
        try:
            await session.ready()
            line(f"+ signed in as {session.signing.user}")
            wanted = await session.inspection.wanted()
            line(f"+ app registration {wanted.app_name}: {wanted.count} permissions wanted")
            checks = await session.inspection.own_checks()
        except Problem as problem:
            line(f"x {problem}")
            tell_problem(problem)
            return exit_of(problem)
        for check in checks:
            line(f"{'+' if check.good else 'x'} {check.words}")
        return Exit.WELL if all(check.good for check in checks) else Exit.SOME_FAILED

    return run_session(arguments, work, Hold.LOOK)


def login(arguments: argparse.Namespace) -> int:
    """Sign in by device code."""
    arguments.profile = arguments.name or arguments.profile

    async def work(session: Session, interrupts: Interrupts) -> int:
        with suppress(SignInProblem):  # whoever is signed in may sign in anew
            await session.ready()
        started = await session.signing.begin()
        tell(f"1  On any device open   {started.verification_uri}")
        tell(f"2  Enter this code      {started.user_code}")
        tell("3  Sign in as the service user, with multi-factor authentication")
        minutes = (started.expires_at - session.clock.now()).total_seconds() / 60
        tell(f"Waiting. The code is good for another {max(0, round(minutes))} min.")
        ready = asyncio.create_task(session.ready())
        asked = asyncio.create_task(interrupts.asked.wait())
        with interrupts.listening():
            await asyncio.wait({ready, asked}, return_when="FIRST_COMPLETED")
        asked.cancel()
        if not ready.done():
            session.signing.cancel()
            ready.cancel()
            return interrupts.code
        await ready
        line(f"Signed in as {session.signing.user}.")
        return Exit.WELL

    return run_session(arguments, work, Hold.LOOK)


def where(profile: ConnectionProfile) -> str:
    """Where a profile leads, in words."""
    match profile:
        case DirectProfile():
            return f"partner tenant {profile.partner_tenant}"
        case CippProfile():
            return profile.url
        case _:
            return "the built-in simulator"
