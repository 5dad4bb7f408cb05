"""The very first start: a demo, a profile of one's own, or nothing."""

from typing import ClassVar, Literal

from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from cipp_tui.config.append import NewProfile
from cipp_tui.screens.add_profile import AddProfileSheet
from cipp_tui.screens.dialog import Choices, Dialog, line
from cipp_tui.screens.styles import style_files
from cipp_tui.widgets.themes import ALL

FirstAnswer = Literal["demo"] | NewProfile

CIPP_COMES_LATER = (
    "cipp-tui cannot connect to a CIPP deployment yet. Use d for the demo, or n to connect to your "
    "own Microsoft partner tenant."
)

WHAT_IT_DOES = (
    "It reads the tenants you manage through GDAP, and lists them.",
    "Exclude and include write nothing to Microsoft: they are notes of this program.",
    "Refresh gives your application the permissions that are missing in a tenant, and reads them "
    "back. It takes nothing away, unless the profile says prune = true.",
    "Reset takes your application's consent away and gives it back. It asks for the tenant's name, "
    "checks first that it can give back, and keeps a journal: what was taken is owed, also after "
    "a crash.",
    "It never deletes users, mail, files, relationships or anything else of a customer.",
    "It never stores a customer's token on disk, and never sends anything to anybody but "
    "Microsoft's services named in the profile.",
)


class WhatItDoes(Dialog[None]):
    """What the program does to tenants, and what it never does."""

    def __init__(self) -> None:
        super().__init__("What it does to tenants, and what it never does")

    def body(self) -> ComposeResult:
        for words in WHAT_IT_DOES:
            yield line(words, classes="gap")

    def question(self) -> ComposeResult:
        yield Choices(cancel="Close")

    def hints(self) -> list[tuple[str, str]]:
        return [("esc", "Close")]


class Welcome(Dialog[FirstAnswer | None]):
    """The box a visitor sees who has no profile yet."""

    DEAF_S: ClassVar[float] = 0.0
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "answer('demo')", "Demo"),
        Binding("n", "add", "Direct"),
        Binding("c", "cipp", "CIPP"),
        Binding("question_mark,f1", "explain", "Help"),
        Binding("q", "cancel", "Quit"),
    ]

    def __init__(self, config_path: str) -> None:
        super().__init__("Welcome to cipp-tui")
        self.config_path = config_path

    def body(self) -> ComposeResult:
        yield line("No profile yet. Nothing has been sent anywhere.", classes="gap")
        yield line("d   Try the demo: 60 invented tenants, no account needed")
        yield line("n   Add your own: Microsoft partner tenant (direct)")
        yield line("c   Add your own: an existing CIPP deployment (not yet)")
        yield line("?   What this program does to tenants, and what it never does", classes="gap")
        yield line(f"Profiles live in {self.config_path}")
        yield line("", id="note", classes="wrong")

    def hints(self) -> list[tuple[str, str]]:
        return [("d", "Demo"), ("n", "Direct"), ("c", "CIPP"), ("?", "Help"), ("q", "Quit")]

    def action_answer(self, kind: Literal["demo"]) -> None:
        self.dismiss(kind)

    def action_cipp(self) -> None:
        """Say that it comes later; nothing else on this screen is given up for it."""
        self.query_one("#note", Static).update(Content(CIPP_COMES_LATER))
        self.call_after_refresh(self.fit)

    def action_explain(self) -> None:
        self.app.push_screen(WhatItDoes())

    @work
    async def action_add(self) -> None:
        profile = await self.app.push_screen_wait(AddProfileSheet(self.config_path))
        if profile is not None:
            self.dismiss(profile)


class FirstRunApp(App[FirstAnswer | None]):
    """Ends with the choice: "demo", the facts of a new direct profile, or None."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, config_path: str) -> None:
        super().__init__(css_path=[*style_files()])
        self.config_path = config_path
        for theme in ALL:
            self.register_theme(theme)
        self.theme = ALL[0].name

    def on_mount(self) -> None:
        self.push_screen(Welcome(self.config_path), self.exit)
