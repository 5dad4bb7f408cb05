"""Long text in the admin's own pager; the program waits meanwhile."""

import os
import shlex
import subprocess
import tempfile
from typing import Any

from textual.app import App, SuspendNotSupported


def page_text(app: App[Any], text: str) -> str | None:
    """Show text in `$PAGER`, or `less`; the reason when that cannot be done."""
    command = shlex.split(os.environ.get("PAGER") or "less")
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:  # 0600
        file.write(text)
        file.flush()
        try:
            with app.suspend():
                subprocess.run([*command, file.name], check=False)  # noqa: S603 (the admin's own)
        except SuspendNotSupported:
            return "there is no terminal to give to it here"
        except OSError as error:
            return f"{command[0]} could not be started: {error.strerror}"
    return None
