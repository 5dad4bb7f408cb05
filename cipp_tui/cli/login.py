"""Signing in from the plain terminal: by device code, with a browser, by a pasted address."""

import argparse
import asyncio
import os
import sys
from contextlib import suppress
from typing import Final

from cipp_tui.cli.asking import typed
from cipp_tui.cli.opening import Hold, Interrupts, run_session
from cipp_tui.cli.output import tell_problem
from cipp_tui.cli.streams import line, tell
from cipp_tui.domain.entra import EntraKind
from cipp_tui.domain.problems import DeviceSignInProblem, SignInProblem
from cipp_tui.services.browser import is_browser_at_hand, open_in_browser
from cipp_tui.services.session import Session

REDIRECT_HINT: Final = (
    "If the browser says AADSTS50011, add http://localhost to the redirect URIs of the app"
    " registration."
)


def login(arguments: argparse.Namespace) -> int:
    """Sign in by the way that was chosen."""
    arguments.profile = arguments.name or arguments.profile

    async def work(session: Session, interrupts: Interrupts) -> int:
        with suppress(SignInProblem):  # whoever is signed in may sign in anew
            await session.ready()
        method = arguments.method
        if method in ("auto", "device-code"):
            try:
                return await _by_device_code(session, interrupts)
            except DeviceSignInProblem as problem:
                if method != "auto" or problem.entra is not EntraKind.POLICY:
                    raise
                tell_problem(problem)
        opens = method == "browser" or (method == "auto" and is_browser_at_hand(os.environ))
        return await _by_browser(session, interrupts, opens=opens)

    return run_session(arguments, work, Hold.LOOK)


async def _by_device_code(session: Session, interrupts: Interrupts) -> int:
    started = await session.signing.begin()
    tell(f"1  On any device open   {started.verification_uri}")
    tell(f"2  Enter this code      {started.user_code}")
    tell("3  Sign in as the service user, with multi-factor authentication")
    minutes = (started.expires_at - session.clock.now()).total_seconds() / 60
    tell(f"Waiting. The code is good for another {max(0, round(minutes))} min.")
    tell("Does the browser say that device codes are blocked? cipp-tui login --method browser")
    return await _ended(session, interrupts)


async def _by_browser(session: Session, interrupts: Interrupts, *, opens: bool) -> int:
    started = await session.signing.begin_browser()
    tell(f"1  {'Your browser opens' if opens else 'In any browser open'}   {started.address}")
    tell("2  Sign in as the service user, with multi-factor authentication")
    tell(f"3  The browser ends on {started.redirect}/?code=… Where it cannot show that page,")
    tell("   paste its whole address here, and press enter")
    tell(REDIRECT_HINT)
    helpers = [asyncio.create_task(_read_pasted(session))]
    if opens:
        helpers.append(asyncio.create_task(open_in_browser(started.address)))
    try:
        return await _ended(session, interrupts)
    finally:
        for helper in helpers:
            helper.cancel()


async def _read_pasted(session: Session) -> None:
    """Take what is pasted until something fits; nothing more to read is no reason to give up."""
    if not sys.stdin or sys.stdin.closed:
        return
    while text := await typed(""):
        try:
            session.signing.paste(text)
        except SignInProblem as problem:
            tell(f"{problem}. Still waiting.")
        else:
            return


async def _ended(session: Session, interrupts: Interrupts) -> int:
    """Wait until the sign-in is done, or given up."""
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
    return 0
