"""Copying through the terminal (OSC 52), and inside tmux through tmux as well."""

import os
import shutil
import subprocess
from typing import Any

from textual.app import App


def copy_text(app: App[Any], text: str) -> None:
    """Ask the terminal to copy; ask tmux too, which drops the terminal's own way by default."""
    app.copy_to_clipboard(text)
    tmux = shutil.which("tmux") if os.environ.get("TMUX") else None
    if tmux is not None:
        found: str = tmux
        app.run_worker(
            lambda: _to_tmux(found, text), thread=True, exit_on_error=False, group="copy"
        )


def _to_tmux(tmux: str, text: str) -> None:
    subprocess.run(  # noqa: S603 (the tmux found on PATH, no shell)
        [tmux, "load-buffer", "-w", "-"], input=text.encode(), timeout=2, check=False
    )


def copied_words(text: str) -> str:
    """What to say afterwards: what was copied, and what to do when it does not arrive."""
    more = text.count("\n")
    what = f"{more + 1} lines" if more else text
    return f"Copied {what} (asked your terminal; if it does not arrive: e writes a file)"
