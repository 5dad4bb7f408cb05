"""Opening the screen: the session is outside, the screen inside."""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.opening import start_log, told
from cipp_tui.cli.profiles import where
from cipp_tui.cli.running import run
from cipp_tui.cli.streams import tell
from cipp_tui.config import (
    ConnectionProfile,
    DemoProfile,
    append_profile,
    choose,
    config_path,
    load_profiles,
    profile_dir,
)
from cipp_tui.domain.problems import Problem
from cipp_tui.services.views import ProfileLine


def open_screen(arguments: argparse.Namespace) -> int:
    """Open the profile's tenants, or the first steps when there is no profile."""
    return _guarded(arguments, None)


def open_demo(arguments: argparse.Namespace) -> int:
    """Open the invented fleet."""
    return _guarded(arguments, DemoProfile(name="demo", tenants=arguments.tenants))


def _guarded(arguments: argparse.Namespace, profile: ConnectionProfile | None) -> int:
    environment = _environment(arguments)
    os.environ.update(environment)
    from cipp_tui.widgets.looks import refusal

    reason = refusal(os.environ, sys.stdin.isatty(), sys.stdout.isatty())
    if reason is not None:
        tell(f"cipp-tui: {reason}")
        return Exit.USAGE
    start_log(arguments)
    try:
        chosen = profile if profile is not None else _first_profile(arguments)
    except Problem as problem:
        return told(problem)
    return run(_screens(arguments, chosen)) if chosen is not None else Exit.WELL


async def _screens(arguments: argparse.Namespace, profile: ConnectionProfile) -> int:
    """One screen after another, until none is asked for; the exit code."""
    try:
        while True:
            if arguments.read_only:
                profile = profile.model_copy(update={"mode": "read"})
            # A task of its own: what Textual notes of the running app ends with it.
            code, following = await asyncio.create_task(_one_screen(arguments, profile))
            if following is None:
                return code
            profile = choose(load_profiles(config_path(os.environ)), following, os.environ)
    except Problem as problem:
        return told(problem)


async def _one_screen(
    arguments: argparse.Namespace, profile: ConnectionProfile
) -> tuple[int, str | None]:
    """One session with its screen; the exit code, and the profile to go on with."""
    from cipp_tui.app import CippTui
    from cipp_tui.widgets.keymap import keymap
    from cipp_tui.widgets.looks import looks
    from cipp_tui.wiring import open_session

    path = config_path(os.environ)
    known = load_profiles(path)
    async with open_session(profile, env=os.environ) as session:
        theme = arguments.theme or session.remembered("theme", "cipp-dark")
        app = CippTui(
            session,
            looks=looks(
                os.environ,
                theme=theme,
                utf8=(sys.stdout.encoding or "").lower().startswith("utf"),
                reader=arguments.reader,
            ),
            keymap=keymap(known.keys),
            paths=[
                ("Config file", str(path)),
                ("State", str(profile_dir(os.environ, profile.name) / "state.db")),
            ],
            profiles=[_line(name, known.profiles[name]) for name in known.profiles],
            config_path=str(path),
        )
        following = await app.run_async(mouse=app.looks.mouse)
        if app.leave_at_once:
            session.abandon()
    return app.return_code or (Exit.OWED if session.owed else Exit.WELL), following


def _line(name: str, profile: ConnectionProfile) -> ProfileLine:
    return ProfileLine(
        name=name,
        backend=profile.backend,
        where=where(profile),
        read_only=profile.mode == "read",
    )


def _first_profile(arguments: argparse.Namespace) -> ConnectionProfile | None:
    """The profile to open; where there is none yet, what the visitor chooses."""
    path = config_path(os.environ)
    known = load_profiles(path)
    if known.profiles or arguments.profile or os.environ.get("CIPP_TUI_PROFILE"):
        return choose(known, arguments.profile, os.environ)
    return _welcome(path)


def _welcome(path: Path) -> ConnectionProfile | None:
    from cipp_tui.screens.first_run import FirstRunApp

    answer = FirstRunApp(str(path)).run()
    if answer is None:
        return None
    if answer == "demo":
        return DemoProfile(name="demo")
    append_profile(path, answer)
    return choose(load_profiles(path), answer.name, os.environ)


def _environment(arguments: argparse.Namespace) -> Mapping[str, str]:
    """What must be set before Textual is imported: it reads these at import."""
    wanted: dict[str, str] = {}
    if arguments.no_color:
        wanted["NO_COLOR"] = "1"
    if arguments.motion is not None:
        wanted["TEXTUAL_ANIMATIONS"] = arguments.motion
    elif "TEXTUAL_ANIMATIONS" not in os.environ:
        remote = "SSH_CONNECTION" in os.environ or "SSH_TTY" in os.environ
        wanted["TEXTUAL_ANIMATIONS"] = "none" if remote else "basic"
    return wanted
