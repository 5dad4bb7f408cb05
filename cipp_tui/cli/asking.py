"""Questions on the plain terminal, and what is asked before a command acts.

The same questions as on the screen; `--count N` answers them where nobody can be asked.
"""

import argparse
import asyncio
import os
import sys
import threading
from collections.abc import Sequence
from typing import Final

from cipp_tui.cli.streams import tell
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Action
from cipp_tui.services.session import Session

MANY: Final = 100
"""More tenants than this are never changed in one go without their number being said."""

_ASKS_BY_NUMBER: Final = frozenset({Action.EXCLUDE, Action.INCLUDE, Action.REMOVE})


async def agreed(
    session: Session, action: Action, rows: Sequence[TenantRow], arguments: argparse.Namespace
) -> bool:
    """Whether the command may go on with these tenants; when not, it was told why."""
    number = len(rows)
    if action is Action.EXCLUDE and session.profile.reason_required and not arguments.reason:
        tell("cipp-tui exclude: this profile asks for a reason: add --reason TEXT")
        return False
    if arguments.count is not None:
        if arguments.count == number:
            return action is not Action.RESET or await _reset_agreed(rows, arguments)
        tell(f"cipp-tui {action}: --count {arguments.count}, but {number} would be worked on")
        return False
    if not rows:
        return True
    if action is Action.RESET:
        return await _reset_agreed(rows, arguments)
    if action is Action.WRITE_OFF:
        owed = f"WRITE OFF {_names(rows)}: our app stays without access there, and it is no longer"
        tell(f"{owed} tried to give it back.")
        return await _answers(f"Type {number}", str(number), action, rows)
    if action in _ASKS_BY_NUMBER and number > MANY:
        question = f"{action} {number} tenants. Type {number}"
        return await _answers(question, str(number), action, rows)
    if session.profile.confirm_always:
        return await _answers(f"{action} {_names(rows)}. Type y", "y", action, rows)
    return True


async def typed(question: str) -> str:
    """Ask; what was typed, without the blanks around it.

    The event loop goes on meanwhile: access that is owed is given back, and signals are heard.
    """
    tell(question)
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()
    asked = sys.stdin.fileno()

    def deliver(words: bytes) -> None:
        if not answer.done():
            answer.set_result(words)

    def read() -> None:
        try:
            words = os.read(asked, 4096)
        except OSError:  # the terminal is gone: nobody agrees
            words = b""
        if not loop.is_closed():
            loop.call_soon_threadsafe(deliver, words)

    # A thread of our own: nobody waits for its end when the question is given up.
    threading.Thread(target=read, daemon=True).start()
    return (await answer).decode(errors="replace").strip()


async def _reset_agreed(rows: Sequence[TenantRow], arguments: argparse.Namespace) -> bool:
    if arguments.yes_remove_access:
        return True
    if len(rows) == 1:
        tenant = rows[0].tenant
        word = tenant.default_domain or tenant.id[:8]
        who, wanted = tenant.name, {tenant.name.casefold(), word.casefold()}
    else:
        word = f"reset {len(rows)}"
        who, wanted = f"{len(rows)} tenants", {word}
    tell(f"RESET {who}: takes our app's access away and gives it back.")
    if (await typed(f"Type {word} to go on:")).casefold() in wanted:
        return True
    tell("Nothing was changed.")
    return False


async def _answers(question: str, wanted: str, action: Action, rows: Sequence[TenantRow]) -> bool:
    if not sys.stdin.isatty():
        tell(
            f"cipp-tui {action}: {_names(rows)}. Nobody can be asked here: add --count {len(rows)}"
        )
        return False
    if await typed(f"{question} to go on:") == wanted:
        return True
    tell("Nothing was changed.")
    return False


def _names(rows: Sequence[TenantRow]) -> str:
    shown = ", ".join(row.tenant.name for row in rows[:7])
    return shown + (f" and {len(rows) - 7} more" if len(rows) > 7 else "")
