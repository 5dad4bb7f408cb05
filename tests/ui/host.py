"""A bare app to show one dialog or screen in, and rows to show."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from textual import on
from textual.app import App
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen

from cipp_tui.domain.fleet import Exclusion, TenantRow
from cipp_tui.domain.tenants import Tenant, TenantId
from cipp_tui.screens.dialog import Dialog
from cipp_tui.screens.going import GoHome, GoToJob, GoToProfile, GoToTenant
from cipp_tui.screens.styles import style_files
from cipp_tui.widgets.themes import ALL
from tests.support import HurriedClock

Answer = TypeVar("Answer")

LONGEST_S = 60.0
NOW = datetime(2026, 8, 3, 10, 2, tzinfo=UTC)

NAMES = (
    "Adatum Dental",
    "Alpine Ski House",
    "Bellows College",
    "Contoso [Test] Ltd",
    "Contoso Ltd",
    "Fabrikam Residences",
    "Humongous Insurance",
    "Lamna Healthcare",
    "日本ソフト株式会社",
    "50% [/",
)


class StillClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds - 100)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class Host(App[None], Generic[Answer]):
    """Shows one screen over an empty one and keeps its answer."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, shown: Screen[Answer]) -> None:
        super().__init__(css_path=[*style_files()])
        for theme in ALL:
            self.register_theme(theme)
        self.theme = "cipp-dark"
        self.shown = shown
        self.answers: list[Answer | None] = []
        self.heard: list[Message] = []  # where the screen asked to go

    @on(GoToTenant)
    @on(GoToJob)
    @on(GoToProfile)
    @on(GoHome)
    def _hear(self, message: Message) -> None:
        self.heard.append(message)

    def on_mount(self) -> None:
        self.push_screen(self.shown, self.answers.append)

    @property
    def answer(self) -> Answer | None:
        """The one answer given; fails when there is none yet."""
        assert len(self.answers) == 1, f"answered {len(self.answers)} times"
        return self.answers[0]


def row(name: str, number: int = 1, *, domain: str | None = "") -> TenantRow:
    slug = "".join(sign for sign in name.lower() if sign.isascii() and sign.isalnum())
    default = f"{slug or 'tenant'}.com" if domain == "" else domain
    tenant = Tenant(
        id=TenantId(f"{number:08d}-0000-0000-0000-000000000000"),
        name=name,
        default_domain=default,
        domains=(default,) if default else (),
    )
    return TenantRow(tenant=tenant)


def rows(count: int) -> tuple[TenantRow, ...]:
    return tuple(row(NAMES[i] if i < len(NAMES) else f"Customer {i}", i + 1) for i in range(count))


def excluded(plain: TenantRow) -> TenantRow:
    return TenantRow(tenant=plain.tenant, exclusion=Exclusion(by="kim@acme", at=NOW))


def text_of(screen: Screen[Answer]) -> str:
    """Everything that is on the screen, as lines."""
    strips = screen._compositor.render_strips()  # the picture itself has no public reader
    return "\n".join(strip.text.rstrip() for strip in strips)


async def until(pilot: Pilot[Any], holds: Callable[[], object]) -> None:
    """Let the program work until something holds; fails when it never does.

    The limit is for a machine that is busy with other things; nothing waits for it to pass.
    """
    deadline = time.monotonic() + LONGEST_S
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        await pilot.pause(0.01)


async def listening(pilot: Pilot[Any], clock: StillClock | HurriedClock) -> None:
    """Wait until the dialog in front is painted, and let its deaf moment pass."""
    dialog = pilot.app.screen
    assert isinstance(dialog, Dialog)
    await until(pilot, lambda: dialog._painted_at is not None)
    await clock.sleep(1)
    assert not dialog.deaf
