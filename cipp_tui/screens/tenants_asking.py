"""What is asked before tenants are worked on, by how many they are and what the profile wants.

The rules are those of the table "What each action asks": reversible and small is done at once,
irreversible or many is asked, and the key that asked never answers.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol, TypeVar

from textual.app import App
from textual.screen import Screen

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Action
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.tenants_picked import Picked, name_of, names_of
from cipp_tui.services.session import Session
from cipp_tui.widgets.status_line import Answer, Question
from cipp_tui.widgets.words import tenants

Result = TypeVar("Result")

AT_ONCE: Final = {Action.EXCLUDE: 1, Action.INCLUDE: 1, Action.REFRESH: 10}
"""Up to so many tenants are worked on without a question."""

TYPED_FROM: Final = {Action.EXCLUDE: 26, Action.INCLUDE: 26, Action.REFRESH: 101}
"""From so many on the number has to be typed."""


class Desk(Protocol):
    """What the keys need of the screen."""

    session: Session

    @property
    def app(self) -> App[Any]: ...

    async def picked(self, action: Action) -> Picked: ...

    def refuse(self, words: str) -> None: ...

    def look(self) -> None: ...

    async def ask(self, question: Question) -> str | None: ...


def yes_no(words: str, yes: str, rows: Sequence[TenantRow] = ()) -> Question:
    """A one-line question: `y` does it, `n` does not."""
    return Question(words, (Answer("y", yes), Answer("n", "No")), names_of(rows))


class Asking:
    """Asks in the status line or by a dialog."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def someone(self, action: Action) -> Picked | None:
        """Whom the action takes; None, with the reason in the status line, when it is nobody."""
        picked = await self._desk.picked(action)
        if picked.rows or (action is Action.EXCLUDE and picked.hidden.taken):
            return picked
        self._desk.refuse(picked.why_none())
        return None

    async def agreed(
        self,
        rows: Sequence[TenantRow],
        verb: str,
        *,
        at_once: int = 1,
        always_only: bool = False,
    ) -> bool:
        """A one-line question where the number, or the profile, asks for one."""
        confirm = self._desk.session.profile.confirm_always
        if not confirm and (always_only or len(rows) <= at_once):
            return True
        whom = name_of(rows[0]) if len(rows) == 1 else tenants(len(rows))
        return await self._desk.ask(yes_no(f"{verb} {whom}?", verb, rows)) == "y"

    async def reason_for(self, row: TenantRow) -> str | None:
        """Why it is excluded; None to let it be."""
        from cipp_tui.screens.reason import ReasonSheet

        session = self._desk.session
        required = session.profile.reason_required
        sheet = ReasonSheet("Exclude", name_of(row), required=required, clock=session.clock)
        return await self.shown(sheet)

    async def by_sheet(
        self,
        verb: str,
        picked: Picked,
        action: Action,
        submit: Callable[[Sequence[TenantId], str], Awaitable[None]],
    ) -> None:
        """Show whom it takes and whom not, and submit those that are agreed to."""
        from cipp_tui.screens.bulk import BulkSheet

        session = self._desk.session
        number = len(picked.rows) + len(picked.hidden.taken)
        sheet = BulkSheet(
            verb,
            picked.shown,
            picked.hidden,
            type_number=number >= TYPED_FROM[action],
            reason=action is Action.EXCLUDE,
            reason_required=action is Action.EXCLUDE and session.profile.reason_required,
            clock=session.clock,
        )
        answer = await self.shown(sheet)
        if answer is not None:
            await submit(answer.tenants, answer.reason)

    async def shown(self, screen: Screen[Result]) -> Result | None:
        """Show a dialog and wait for its answer."""
        return await self._desk.app.push_screen_wait(screen)
