"""Whether a browser is at hand, and opening an address in it without touching this terminal."""

import asyncio
import logging
import sys
from collections.abc import Mapping

LOG = logging.getLogger("cipp_tui.browser")


def is_browser_at_hand(env: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Whether a browser opened here would be seen by whoever sits at this terminal.

    Over SSH it would open elsewhere; without a display there is none but in text.
    """
    if env.get("SSH_CONNECTION") or env.get("SSH_TTY"):
        return False
    if platform in ("win32", "darwin"):
        return True
    return bool(env.get("DISPLAY") or env.get("WAYLAND_DISPLAY") or env.get("BROWSER"))


async def open_in_browser(address: str) -> None:
    """Ask the system's browser to open an address. That it did so is not known.

    In a process of its own, with nothing to read from or write to: browsers print, and a text
    browser would take the terminal.
    """
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "webbrowser",
            "-t",
            address,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:  # the address is shown all the same
        LOG.warning("no browser could be started: %s", error.strerror)
        return
    await child.wait()
