"""Signing in by device code or with a browser; the stored list stays readable behind it."""

import os
from datetime import datetime
from typing import ClassVar, Protocol

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from cipp_tui.domain.problems import Problem
from cipp_tui.screens.copying import copy_text
from cipp_tui.screens.dialog import Choice, Choices, Dialog, Field, line
from cipp_tui.services.advice import Surface, advise
from cipp_tui.services.browser import is_browser_at_hand, open_in_browser
from cipp_tui.services.session import Session
from cipp_tui.services.views import SignInState

LOOK_S = 0.5
MOST_PASTED = 16 * 1024


class Code(Protocol):
    """A device code that waits to be used."""

    @property
    def user_code(self) -> str: ...
    @property
    def verification_uri(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...


class Visit(Protocol):
    """An address that waits to be opened in a browser."""

    @property
    def address(self) -> str: ...
    @property
    def redirect(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...


class SignInSheet(Dialog[bool]):
    """Shows what to do, waits, and closes by itself once somebody signed in.

    What is pasted anywhere in it is taken for the address that the browser ended on.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy_code", "Copy code"),
        Binding("u", "copy_address", "Copy address"),
        Binding("b", "use_browser", "Use the browser"),
        Binding("d", "use_code", "Use a device code"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(f"Sign in, profile {session.profile.name}", clock=session.clock)
        self.session = session
        self.code: Code | None = None
        self.visit: Visit | None = None
        self._with_browser = False
        self._said = ""
        self._looking: Timer | None = None

    def body(self) -> ComposeResult:
        yield line("Asking for a code…", id="steps", classes="gap")
        yield line("", id="waiting")
        yield line(
            "cipp-tui will be able to: read tenants and relationships, give consent.\n"
            "Device codes blocked by a policy? b signs in with the browser, as does\n"
            f"cipp-tui login {self.session.profile.name} --method browser"
        )

    def question(self) -> ComposeResult:
        pasted = Field(id="pasted", max_length=MOST_PASTED)
        pasted.display = False
        yield pasted
        yield Static("", id="copied", markup=False)
        again = Choice("New code", id="again")
        again.display = False
        yield Choices(again)

    def hints(self) -> list[tuple[str, str]]:
        keys: list[tuple[str, str]] = []
        if self.code is not None:
            keys = [("y", "Copy code"), ("u", "Copy address")]
        elif self.visit is not None:
            keys = [("u", "Copy address")]
        other = ("d", "Device code") if self._with_browser else ("b", "Browser")
        return [*keys, other, ("esc", "Cancel")]

    def on_mount(self) -> None:
        self._ask()
        self._looking = self.set_interval(LOOK_S, self.look)

    # -- asking -------------------------------------------------------------------------------
    @work(exclusive=True, group="sign-in")
    async def _ask(self) -> None:
        self.code = self.visit = None
        steps = self.query_one("#steps", Static)
        steps.update(Content("Making an address…" if self._with_browser else "Asking for a code…"))
        self._said = ""
        try:
            if self._with_browser:
                self.visit = await self.session.signing.begin_browser()
                steps.update(Content(self._browser_steps(self.visit)))
            else:
                self.code = await self.session.signing.begin()
                steps.update(Content(self._steps(self.code)))
        except Problem as problem:
            self._failed(problem)
            return
        self.query_one("#pasted").display = self._with_browser
        self.query_one("#again").display = False
        self.query_one("#cancel").focus()
        self.show_hints()
        self.look()
        if self.visit is not None and is_browser_at_hand(os.environ):
            await open_in_browser(self.visit.address)

    def _browser_steps(self, visit: Visit) -> str:
        user = f" ({self.session.signing.user})" if self.session.signing.user else ""
        opens = (
            "It opens in your browser" if is_browser_at_hand(os.environ) else "Open this address"
        )
        return (
            f"1  {opens}; u copies it:\n   {visit.address}\n"
            f"2  Sign in as the service user{user}\n"
            f"3  The browser ends on {visit.redirect}/?code=…\n"
            "   Where it cannot show that page, paste its whole address here."
        )

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
        elif (waits := self.code or self.visit) is None:
            return
        elif self.session.clock.now() >= waits.expires_at:
            what = "code" if self.code is not None else "address"
            self._end(f"The {what} has run out. enter asks for a new one.")
        elif (problem := self.session.signing.problem) is not None:
            self._failed(problem)
        else:
            left = (waits.expires_at - self.session.clock.now()).total_seconds()
            minutes = max(1, int(left // 60))
            if self.code is not None:
                self._say(f"Waiting. The code is good for another {minutes} min.")
            else:
                self._say(f"Waiting for the browser, for another {minutes} min.")

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
        what = "begins anew" if self._with_browser else "asks for a new code"
        self._end(f"{words}\nenter {what}.")

    def _end(self, words: str) -> None:
        """No code is being waited for any longer; offer a new one."""
        nothing = (
            "No browser is waited for." if self._with_browser else "No code is waiting to be used."
        )
        self.code = self.visit = None
        self._say(words)
        self.query_one("#copied", Static).update("", layout=False)
        self.query_one("#steps", Static).update(Content(nothing))
        self.query_one("#pasted").display = False
        again = self.query_one("#again", Choice)
        again.say("Begin anew" if self._with_browser else "New code")
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
        elif self.visit is not None:
            self._copy(self.visit.address, "the address")

    def action_use_browser(self) -> None:
        self._change(with_browser=True)

    def action_use_code(self) -> None:
        self._change(with_browser=False)

    def _change(self, *, with_browser: bool) -> None:
        if self._with_browser is not with_browser:
            self._with_browser = with_browser
            self._ask()

    def on_paste(self, event: events.Paste) -> None:
        if self.visit is not None and not self.deaf:
            event.stop()
            self._take(event.text)

    @on(Field.Submitted, "#pasted")
    def _typed(self, event: Field.Submitted) -> None:
        event.input.clear()
        self._take(event.value)

    def _take(self, text: str) -> None:
        try:
            self.session.signing.paste(text)
            words = "Taken. Waiting for Entra ID."
        except Problem as problem:
            words = f"{problem}."
        self.query_one("#copied", Static).update(Content(words))
        self.call_after_refresh(self.fit)

    def _copy(self, text: str, name: str = "") -> None:
        copy_text(self.app, text)
        words = f"Copied {name or text} (asked your terminal)."
        self.query_one("#copied", Static).update(Content(words), layout=False)

    def action_cancel(self) -> None:
        self.session.signing.cancel()
        self.dismiss(False)
