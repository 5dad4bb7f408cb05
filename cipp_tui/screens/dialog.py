"""What every dialog has: a frame, a question that stays visible, and deaf ears when it is new."""

from typing import ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalGroup, VerticalScroll
from textual.content import Content
from textual.css.query import NoMatches
from textual.message import Message
from textual.reactive import Reactive
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from cipp_tui.domain.clock import SYSTEM, Clock
from cipp_tui.widgets.hint_bar import Hint, HintBar

Answer = TypeVar("Answer")

FRAME_LINES = 3
"""Two lines of border and the line of hints under the dialog."""


class Dialog(ModalScreen[Answer]):
    """A frame over the screen below. Subclasses give `body` and `question`, and dismiss."""

    DEAF_S: ClassVar[float] = 0.15
    """Keys typed before a dialog could be read were not meant for it."""

    AUTO_FOCUS = "#cancel"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-wide")]  # noqa: RUF012 (Textual's own type)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "cancel", "Cancel"),
        Binding("q,ctrl+q", "leave('app.quit')", show=False),
        Binding("6", "leave('app.profiles')", show=False),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
        Binding("up", "read_on(-1)", show=False),
        Binding("down", "read_on(1)", show=False),
        Binding("pageup", "read_on(-8)", show=False),
        Binding("pagedown", "read_on(8)", show=False),
    ]

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """Textual's own, but moving the focus repaints two widgets and not the whole screen."""

    def __init__(self, title: str, *, clock: Clock = SYSTEM) -> None:
        super().__init__()
        self.heading = title
        self.clock = clock
        self._painted_at: float | None = None
        self._limited = False

    # -- what a dialog fills in -----------------------------------------------------------
    def body(self) -> ComposeResult:
        """The text; scrolls when the screen is too low for it."""
        yield from ()

    def question(self) -> ComposeResult:
        """What must stay visible: the question, its field, the buttons."""
        yield from ()

    def hints(self) -> list[tuple[str, str]]:
        """Keys and words, for the frame's lower edge."""
        return [("esc", "Cancel")]

    # -- the frame --------------------------------------------------------------------------
    def compose(self) -> ComposeResult:
        with Vertical(id="frame") as frame:
            frame.border_title = Content(self.heading)
            with VerticalScroll(id="text", can_focus=False):
                yield from self.body()
            with VerticalGroup(id="question"):
                yield from self.question()
        yield HintBar(id="hints")

    def on_mount(self) -> None:
        self.show_hints()
        self.call_after_refresh(self._painted)

    def show_hints(self) -> None:
        """Write the hints anew; call it when they have changed."""
        pairs = self.hints()
        self.query_one("#frame").border_subtitle = Content("   ".join(map(" ".join, pairs)))
        self.query_one(HintBar).offer([Hint(key, words) for key, words in pairs])

    def on_resize(self) -> None:
        self.call_after_refresh(self.fit)

    def fit(self) -> None:
        """Give the text what the question leaves free; it scrolls inside that."""
        try:
            question, text = self.query_one("#question"), self.query_one("#text")
        except NoMatches:  # resized before it was composed
            return
        room = self.size.height - FRAME_LINES - question.size.height
        if self._limited or text.virtual_size.height > room:  # else nothing need be laid out anew
            self._limited = True
            text.styles.max_height = max(1, room)

    # -- deaf when new ----------------------------------------------------------------------
    def _painted(self) -> None:
        self._painted_at = self.clock.monotonic()
        self.fit()

    @property
    def deaf(self) -> bool:
        """Whether keys are still those typed for what was there before."""
        if self._painted_at is None:
            return self.DEAF_S > 0
        return self.clock.monotonic() - self._painted_at < self.DEAF_S

    def on_key(self, event: events.Key) -> None:
        hush(self, event)

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_leave(self, spec_id: str) -> None:
        """Quit, or go elsewhere: this question is given up first."""
        self.action_cancel()
        act = getattr(self.app, "act", None)
        if act is not None:
            act(spec_id)
        else:
            self.app.exit()

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        """Close with an answer; a second key on the way out changes nothing any more."""
        if self.app.screen_stack[-1:] != [self]:
            return AwaitComplete()
        return super().dismiss(result)

    def action_read_on(self, lines: int) -> None:
        """Scroll the text, for screens that are lower than the dialog."""
        self.query_one("#text").scroll_relative(y=lines, animate=False)


def hush(widget: Widget, event: events.Key | events.Paste) -> None:
    """Swallow a key or a paste while the widget's dialog is still deaf."""
    dialog = widget.screen
    if isinstance(dialog, Dialog) and dialog.deaf:
        event.stop()
        event.prevent_default()


class Choice(Static, can_focus=True):
    """A button of one line: `[ Cancel ]`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "choose", show=False)]

    class Chosen(Message):
        """A button was pressed."""

        def __init__(self, choice: "Choice") -> None:
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> "Choice":
            return self.choice

    def __init__(self, words: str, *, id: str, classes: str = "", disabled: bool = False) -> None:
        super().__init__(
            Content(f"[ {words} ]"), id=id, classes=classes, disabled=disabled, markup=False
        )

    def say(self, words: str) -> None:
        """Other words on the button."""
        self.update(Content(f"[ {words} ]"))

    def on_key(self, event: events.Key) -> None:
        hush(self, event)

    def on_click(self) -> None:
        self.action_choose()

    def action_choose(self) -> None:
        if not self.disabled:
            self.post_message(self.Chosen(self))


class Choices(Horizontal):
    """The line of buttons; the first is always the one that does nothing."""

    def __init__(self, *acting: Choice, cancel: str = "Cancel") -> None:
        super().__init__(Choice(cancel, id="cancel"), *acting, classes="choices")

    @on(Choice.Chosen, "#cancel")
    def _cancelled(self, event: Choice.Chosen) -> None:
        event.stop()
        if isinstance(self.screen, Dialog):
            self.screen.action_cancel()


class Field(Input):
    """An input of one line whose place is visible without colours, and that never blinks."""

    def __init__(self, *, id: str, room: int = 60, value: str = "", max_length: int = 256) -> None:
        super().__init__(
            value=value, placeholder="_" * room, id=id, compact=True, max_length=max_length
        )
        self.cursor_blink = False

    def on_key(self, event: events.Key) -> None:
        hush(self, event)

    def on_paste(self, event: events.Paste) -> None:
        hush(self, event)


class Names(VerticalScroll):
    """Names of tenants: the first seven, and all of them once the focus is here."""

    SHOWN: ClassVar[int] = 7

    def __init__(self, names: list[str]) -> None:
        super().__init__(classes="names", can_focus=len(names) > self.SHOWN)
        self._names = names

    def compose(self) -> ComposeResult:
        yield Static(Content(self._short()), markup=False)

    def _short(self) -> str:
        rest = len(self._names) - self.SHOWN
        if rest <= 0:
            return ", ".join(self._names)
        return ", ".join(self._names[: self.SHOWN]) + f", and {rest:,} more"

    def on_key(self, event: events.Key) -> None:
        hush(self, event)

    def on_focus(self) -> None:
        self.query_one(Static).update(Content(", ".join(self._names)))

    def on_blur(self) -> None:
        self.query_one(Static).update(Content(self._short()))
        self.scroll_home(animate=False)


def line(text: str, *, id: str | None = None, classes: str = "") -> Static:
    """A paragraph of plain text: nothing in it is markup."""
    return Static(Content(text), id=id, classes=classes, markup=False)
