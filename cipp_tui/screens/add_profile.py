"""The form for a new profile of one's own tenant. It asks for names of secrets, never for one."""

import re
from collections.abc import Callable
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Static

from cipp_tui.config.append import NewProfile
from cipp_tui.domain.clock import SYSTEM, Clock
from cipp_tui.screens.dialog import Choice, Choices, Dialog, Field, line

_GUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


def name_problem(text: str) -> str:
    """What is wrong with a profile's name; empty: nothing."""
    if text == "demo":
        return "demo is the name of the built-in profile; choose another"
    if not _NAME.fullmatch(text) or ".." in text:
        return "letters, digits, '.', '_' and '-'; it is the name of a folder too"
    return ""


def guid_problem(text: str) -> str:
    """What is wrong with an id."""
    if _GUID.fullmatch(text.lower()):
        return ""
    return "an id such as 9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3, from the Entra admin centre"


def variable_problem(text: str) -> str:
    """What is wrong with the name of an environment variable; none is fine."""
    if not text or (_VARIABLE.fullmatch(text) and not _GUID.fullmatch(text.lower())):
        return ""
    return "the NAME of an environment variable, never the secret itself"


_FIELDS: Final[tuple[tuple[str, str, Callable[[str], str]], ...]] = (
    ("name", "Name of the profile", name_problem),
    ("partner", "Partner tenant id", guid_problem),
    ("client", "Application (client) id", guid_problem),
    ("secret", "Client secret, variable", variable_problem),
    ("refresh", "Refresh token, variable", variable_problem),
)


class AddProfileSheet(Dialog[NewProfile | None]):
    """Checks every field in place; answers the facts, and writes nothing itself."""

    AUTO_FOCUS = "#name"

    def __init__(
        self, config_path: str, taken: frozenset[str] = frozenset(), *, clock: Clock = SYSTEM
    ) -> None:
        super().__init__("Add your partner tenant", clock=clock)
        self.config_path = config_path
        self.taken = taken

    def body(self) -> ComposeResult:
        for name, label, _ in _FIELDS:
            with Horizontal(classes="field"):
                yield Label(Content(f"{label:<25}"), markup=False)
                yield Field(id=name, room=36, max_length=128)
        yield line(
            "No secret variable: the application is a public client. No refresh token variable: "
            "you sign in by device code at the first start.",
            classes="gap-above",
        )
        yield line(f"A block is added at the end of {self.config_path}; nothing else is touched.")

    def question(self) -> ComposeResult:
        yield Static("", id="missing", classes="wrong", markup=False)
        yield Choices(Choice("Add", id="yes"))

    def hints(self) -> list[tuple[str, str]]:
        return [("tab", "Next"), ("enter", "Next, add"), ("esc", "Cancel")]

    def _value(self, name: str) -> str:
        return self.query_one(f"#{name}", Field).value.strip()

    def wrong(self, name: str) -> str:
        """What is wrong with a field; empty: nothing."""
        text = self._value(name)
        if name == "name" and text in self.taken:
            return f"there is a profile {text} already"
        return next(check for field, _, check in _FIELDS if field == name)(text)

    @on(Input.Blurred)
    def _left(self, event: Input.Blurred) -> None:
        name = event.input.id or ""
        self._say(name if self._value(name) else "")

    def _say(self, name: str) -> None:
        problem = self.wrong(name) if name else ""
        label = next((label for field, label, _ in _FIELDS if field == name), "")
        words = f"{label}: {problem}" if problem else ""
        self.query_one("#missing", Static).update(Content(words))
        self.call_after_refresh(self.fit)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        """Enter goes to the next field; on the last one it adds."""
        if event.input.id == _FIELDS[-1][0]:
            self._add()
        else:
            self.focus_next()

    @on(Choice.Chosen, "#yes")
    def _add(self) -> None:
        for name, _, _ in _FIELDS:
            if self.wrong(name):
                self.query_one(f"#{name}").focus()
                self._say(name)
                return
        self.dismiss(
            NewProfile(
                name=self._value("name"),
                partner_tenant=self._value("partner").lower(),
                client_id=self._value("client").lower(),
                secret_env=self._value("secret"),
                refresh_token_env=self._value("refresh"),
            )
        )
