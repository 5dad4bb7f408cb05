"""Profiles: list, add, check."""

import argparse
import os

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.live import demand_place, live_check, tenant_meant
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
from cipp_tui.domain.problems import Problem
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
    if arguments.record is not None and arguments.live is None:
        tell("cipp-tui profiles check: --record needs --live")
        return Exit.USAGE
    if arguments.live is not None:
        return _live(arguments)

    async def work(session: Session, _interrupts: Interrupts) -> int:
        line("+ profile and secrets can be read")
        line("+ state on disk can be used")
        try:
            await session.ready()
            line(f"+ signed in as {session.signing.user}")
            wanted = await session.inspection.wanted()
            line(f"+ app registration {wanted.app_name}: {wanted.count} permissions wanted")
            _tell_credential(session)
            checks = await session.inspection.own_checks()
        except Problem as problem:
            line(f"x {problem}")
            tell_problem(problem)
            return exit_of(problem)
        for check in checks:
            line(f"{'+' if check.good else 'x'} {check.words}")
        return Exit.WELL if all(check.good for check in checks) else Exit.SOME_FAILED

    return run_session(arguments, work, Hold.LOOK)


def _tell_credential(session: Session) -> None:
    now = session.clock.now()
    credential = session.inspection.credential
    mark = "!" if credential.ends_soon(now) or credential.is_listed is False else "+"
    line(f"{mark} {credential.words(now)}")


def _live(arguments: argparse.Namespace) -> int:
    arguments.read_only = True
    try:
        record = demand_place(arguments.record)
    except Problem as problem:
        return told(problem)

    async def work(session: Session, _interrupts: Interrupts) -> int:
        await session.signing.settled()
        return await live_check(session, tenant_meant(session, arguments.live), record)

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
