"""Signing in by device code, over the stored list; the list stays readable behind it."""

from datetime import datetime
from typing import ClassVar, Protocol

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from cipp_tui.domain.problems import Problem
from cipp_tui.screens.copying import copy_text
from cipp_tui.screens.dialog import Choice, Choices, Dialog, line
from cipp_tui.services.advice import Surface, advise
from cipp_tui.services.session import Session
from cipp_tui.services.views import SignInState

LOOK_S = 0.5


class Code(Protocol):
    """A device code that waits to be used."""

    @property
    def user_code(self) -> str: ...
    @property
    def verification_uri(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...


class SignInSheet(Dialog[bool]):
    """Shows the code and the address, waits, and closes by itself once somebody signed in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy_code", "Copy code"),
        Binding("u", "copy_address", "Copy address"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(f"Sign in, profile {session.profile.name}", clock=session.clock)
        self.session = session
        self.code: Code | None = None
        self._said = ""
        self._looking: Timer | None = None

    def body(self) -> ComposeResult:
        yield line("Asking for a code…", id="steps", classes="gap")
        yield line("", id="waiting")
        yield line(
            "cipp-tui will be able to: read tenants and relationships, give consent.\n"
            "Conditional Access blocks device codes? Then run, on a machine with a\n"
            f"browser:  cipp-tui login {self.session.profile.name}"
        )

    def question(self) -> ComposeResult:
        yield Static("", id="copied", markup=False)
        again = Choice("New code", id="again")
        again.display = False
        yield Choices(again)

    def hints(self) -> list[tuple[str, str]]:
        copying = [("y", "Copy code"), ("u", "Copy address")] if self.code is not None else []
        return [*copying, ("esc", "Cancel")]

    def on_mount(self) -> None:
        self._ask()
        self._looking = self.set_interval(LOOK_S, self.look)

    # -- asking -------------------------------------------------------------------------------
    @work(exclusive=True, group="sign-in")
    async def _ask(self) -> None:
        self.code = None
        try:
            self.code = await self.session.signing.begin()
        except Problem as problem:
            self._failed(problem)
            return
        self.query_one("#steps", Static).update(Content(self._steps(self.code)))
        self.query_one("#again").display = False
        self.query_one("#cancel").focus()
        self.show_hints()
        self.look()

    def _steps(self, code: Code) -> str:
        user = f" ({self.session.signing.user})" if self.session.signing.user else ""
        return (
            f"1  On any device open   {code.verification_uri}\n"
            f"2  Enter this code      {code.user_code:<17}y copies it\n"
            f"3  Sign in as the service user{user}"
        )

    # -- waiting ------------------------------------------------------------------------------
    def look(self) -> None:
        """See how it stands; paints only when a word has changed."""
        if self.session.signing.state is SignInState.SIGNED_IN:
            self.dismiss(True)
        elif self.code is None:
            return
        elif self.session.clock.now() >= self.code.expires_at:
            self._end("The code has run out. enter asks for a new one.")
        elif (problem := self.session.signing.problem) is not None:
            self._failed(problem)
        else:
            left = (self.code.expires_at - self.session.clock.now()).total_seconds()
            minutes = max(1, int(left // 60))
            self._say(f"Waiting. The code is good for another {minutes} min.")

    def _say(self, words: str) -> None:
        if words != self._said:
            self._said = words
            self.query_one("#waiting", Static).update(Content(words))
            self.call_after_refresh(self.fit)

    def _failed(self, problem: Problem) -> None:
        advice = advise(problem)
        words = f"{advice.headline} {advice.next_step(Surface.SCREEN)}"
        if advice.kind == "sign-in":  # its advice is to sign in, and that is what was tried
            words = f"The sign-in did not work: {problem.message}"
        self._end(f"{words}\nenter asks for a new code.")

    def _end(self, words: str) -> None:
        """No code is being waited for any longer; offer a new one."""
        self.code = None
        self._say(words)
        self.query_one("#copied", Static).update("", layout=False)
        self.query_one("#steps", Static).update(Content("No code is waiting to be used."))
        again = self.query_one("#again")
        again.display = True
        again.focus()
        self.show_hints()

    @on(Choice.Chosen, "#again")
    def _again(self) -> None:
        self._ask()

    # -- keys ---------------------------------------------------------------------------------
    def action_copy_code(self) -> None:
        if self.code is not None:
            self._copy(self.code.user_code)

    def action_copy_address(self) -> None:
        if self.code is not None:
            self._copy(self.code.verification_uri)

    def _copy(self, text: str) -> None:
        copy_text(self.app, text)
        words = f"Copied {text} (asked your terminal)."
        self.query_one("#copied", Static).update(Content(words), layout=False)

    def action_cancel(self) -> None:
        self.session.signing.cancel()
        self.dismiss(False)
