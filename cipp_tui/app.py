"""The program on the screen: modes, keys that work everywhere, looks, and leaving well."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import PurePath
from typing import Any, ClassVar, Final

from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.going import GoHome, GoToJob, GoToProfile, GoToTenant
from cipp_tui.screens.in_front import act_in, labels_in, mention_in, reasons_in, refuse_in, specs_in
from cipp_tui.screens.session_watch import SessionWatch
from cipp_tui.screens.styles import style_files
from cipp_tui.screens.tenants import TenantsScreen
from cipp_tui.screens.tenants_leaving import Leaving
from cipp_tui.services.session import Session
from cipp_tui.services.views import ProfileLine
from cipp_tui.widgets import textual_private as private
from cipp_tui.widgets.action_lookup import specs_of
from cipp_tui.widgets.action_spec import Place
from cipp_tui.widgets.bindings import bindings
from cipp_tui.widgets.filters import Colourless, PlainSigns
from cipp_tui.widgets.keymap import DEFAULT, Keymap
from cipp_tui.widgets.looks import THEMES, Looks
from cipp_tui.widgets.themes import ALL

TWICE_WITHIN_S: Final = 2.0
"""ctrl+c counts when it is pressed again so soon."""

_ELSEWHERE: Final = frozenset({"app.back", "app.next-area", "app.area-before", "job.stop"})
_EVERYWHERE: Final = tuple(spec for spec in specs_of(Place.ANY) if spec.id not in _ELSEWHERE)


class CippTui(App[str | None]):
    """One profile on the screen. Ends with the name of the profile to go on with, or None."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [*style_files()]
    COMMANDS: ClassVar[set[Any]] = set()
    ENABLE_COMMAND_PALETTE = False
    DEFAULT_MODE: ClassVar[str] = "tenants"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(_EVERYWHERE),
        Binding("ctrl+q", "nothing", show=False, priority=False),
    ]

    def __init__(
        self,
        session: Session,
        *,
        looks: Looks,
        keymap: Keymap = DEFAULT,
        start_dialog: Callable[[], Screen[Any]] | None = None,
        paths: Sequence[tuple[str, str]] = (),
        profiles: Sequence[ProfileLine] = (),
        config_path: str = "",
    ) -> None:
        super().__init__(driver_class=private.driver_class())
        self.session = session
        self.looks = looks
        self.keymap = keymap
        self.leave_at_once = False
        """The admin would not wait for debts: whoever closes the session must not wait either."""
        self._start_dialog = start_dialog
        self._paths = paths
        self._profiles = profiles
        self._config_path = config_path
        self._interrupted_at = float("-inf")
        self._leaving = False
        self._watch = SessionWatch(session, sign_in=self._sign_in, ring=self.bell)
        self.animation_level = looks.animations
        for theme in ALL:
            self.register_theme(theme)
        self.theme = looks.theme
        self.add_mode("tenants", self._tenants_screen)
        self.add_mode("jobs", self._jobs_screen)
        self.add_mode("profiles", self._profiles_screen)

    # -- screens ------------------------------------------------------------------------------
    def _tenants_screen(self) -> Screen[Any]:
        return TenantsScreen(
            self.session,
            looks_per_s=self.looks.per_second,
            keymap=self.keymap,
            reader=self.looks.reader,
        )

    def _jobs_screen(self) -> Screen[Any]:
        from cipp_tui.screens.jobs import JobsScreen

        return JobsScreen(self.session)

    def _profiles_screen(self) -> Screen[Any]:
        from cipp_tui.screens.profiles import ProfilesScreen

        return ProfilesScreen(self.session, self._profiles, self._config_path)

    @property
    def tenants(self) -> TenantsScreen | None:
        """The Tenants screen, when it is in front or below a dialog."""
        base = self.screen_stack[0] if self.screen_stack else None
        return base if isinstance(base, TenantsScreen) else None

    def clear_selection(self) -> None:
        """Clear selected text; before the first screen stands there is none.

        From Python 3.12 on Textual runs tasks at once when they are made: a screen's inputs are
        mounted, and ask for this, before the screen itself is on the stack.
        """
        if self.screen_stack:
            super().clear_selection()

    # -- starting -----------------------------------------------------------------------------
    def on_mount(self) -> None:
        self._watch.spare_the_collector()
        self.set_keymap(self.keymap.for_textual())
        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            with suppress(NotImplementedError):  # Windows has neither
                if number is not None:
                    loop.add_signal_handler(number, self._leave_on_signal, number)
        private.push_window_title(self)
        if self.looks.reader:
            private.show_terminal_cursor(self)
        self.set_interval(1, self._watch.look)
        self.call_after_refresh(self._started)

    async def _started(self) -> None:
        for problem in self.keymap.problems:
            refuse_in(self.screen, f"Keys: {problem}")
        if self._start_dialog is not None:
            await self.push_screen(self._start_dialog())
        self._watch.look()

    def _sign_in(self) -> None:
        from cipp_tui.screens.sign_in import SignInSheet

        if not self._in_dialog:
            self.push_screen(SignInSheet(self.session))

    @property
    def _in_dialog(self) -> bool:
        return len(self.screen_stack) > 1

    # -- looks --------------------------------------------------------------------------------
    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, and ours: last of all colours and signs the terminal cannot show."""
        filters = list(super().get_line_filters())
        if self.looks.ascii_only:
            filters.append(PlainSigns())
        if self.theme == "plain":
            filters.append(Colourless())
        return filters

    def use_theme(self, name: str) -> None:
        """Change the theme, and remember it."""
        self.theme = name
        self.session.remember("theme", name)

    # -- keys that work everywhere ------------------------------------------------------------
    def action_act(self, spec_id: str) -> None:
        """A key of the table of actions was pressed and no screen took it."""
        match spec_id:
            case "app.help":
                self.run_worker(self._help(), group="help", exclusive=True)
            case "app.palette":
                self.run_worker(self._palette(), group="help", exclusive=True)
            case "app.quit":
                self._quit()
            case "app.interrupt":
                self._interrupt()
            case "app.tenants" | "app.jobs" | "app.profiles":
                self._go(spec_id.removeprefix("app."))
            case "app.messages":
                self._messages()
            case "app.mouse":
                self._mouse()
            case "app.redraw":
                self.refresh(layout=True)
                self.screen.refresh(layout=True)

    def action_nothing(self) -> None:
        """Keys that Textual would take for itself."""

    def act(self, spec_id: str) -> None:
        """Do what a spec says: the screen's own, else one of those that work everywhere."""
        if spec_id in {spec.id for spec in _EVERYWHERE}:
            self.action_act(spec_id)
        else:
            act_in(self.screen, spec_id)

    def _go(self, mode: str) -> None:
        if not self._in_dialog or not self.screen.is_modal:
            self.switch_mode(mode)

    def _messages(self) -> None:
        from cipp_tui.screens.messages import MessagesScreen

        if self.tenants is not None:
            self.tenants.frame.messages_read()
        self.push_screen(MessagesScreen(self.session))

    def _mouse(self) -> None:
        on = private.switch_mouse(self)
        if on is None:
            refuse_in(self.screen, "There is no mouse here")
        else:
            words = "Mouse on; hold shift to select text" if on else "Mouse off"
            mention_in(self.screen, words)

    async def _help(self) -> None:
        from cipp_tui.screens.help import HelpScreen

        specs, reasons = specs_in(self.screen), reasons_in(self.screen)
        title = "Tenants" if isinstance(self.screen, TenantsScreen) else "this screen"
        chosen = await self.push_screen_wait(
            HelpScreen(title, specs, reasons, keymap=self.keymap, clock=self.session.clock)
        )
        if chosen is not None:
            self.act(chosen)

    async def _palette(self) -> None:
        from cipp_tui.screens.files import FilesSheet
        from cipp_tui.screens.palette import Palette

        choice = await self.push_screen_wait(
            Palette(
                self.session,
                specs_in(self.screen),
                reasons_in(self.screen),
                labels=labels_in(self.screen),
                themes=THEMES,
                profiles=[line.name for line in self._profiles],
                keymap=self.keymap,
            )
        )
        if choice is None:
            return
        match choice.kind:
            case "action":
                self.act(choice.value)
            case "tenant":
                self.post_message(GoToTenant(TenantId(choice.value)))
            case "theme":
                self.use_theme(choice.value)
            case "profile":
                self.switch_profile(choice.value)
            case "files":
                self.push_screen(FilesSheet(self._paths, clock=self.session.clock))

    # -- going somewhere ----------------------------------------------------------------------
    @on(GoHome)
    async def _go_home(self) -> None:
        self.switch_mode("tenants")

    @on(GoToTenant)
    async def _go_to_tenant(self, message: GoToTenant) -> None:
        await self.switch_mode("tenants")
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        if self.tenants is not None:
            await self.tenants.go_to(message.tenant)

    @on(GoToProfile)
    def _go_to_profile(self, message: GoToProfile) -> None:
        self.switch_profile(message.name)

    @on(GoToJob)
    async def _go_to_job(self, message: GoToJob) -> None:
        from cipp_tui.screens.job import JobScreen

        screen = JobScreen(self.session, message.job)
        if isinstance(self.screen, JobScreen):
            await self.switch_screen(screen)
        else:
            await self.push_screen(screen)

    # -- leaving ------------------------------------------------------------------------------
    def _quit(self) -> None:
        if not self._leaving:
            self.run_worker(self._leave(None), group="leave")

    def switch_profile(self, name: str) -> None:
        """End with another profile; asks as leaving does."""
        if not self._leaving:
            self.run_worker(self._leave(name), group="leave")

    async def _leave(self, result: str | None) -> None:
        self._leaving = True
        try:
            await self.switch_mode("tenants")
            screen = self.tenants
            if screen is not None:
                leaving = Leaving(self.session, screen.frame.status)
                if not await leaving.may_end():
                    return
                self.leave_at_once = leaving.at_once
        finally:
            self._leaving = False
        self.exit(result)

    def _interrupt(self) -> None:
        now = self.session.clock.monotonic()
        if now - self._interrupted_at <= TWICE_WITHIN_S:
            self._quit()
        else:
            self._interrupted_at = now
            refuse_in(self.screen, "Press ctrl+c again to quit; q works too")

    def _leave_on_signal(self, number: signal.Signals) -> None:
        """The link is gone, or somebody ends us: what is in flight ends behind the screen."""
        self.exit(return_code=128 + number)

    def _fatal_error(self) -> None:
        """A bug: a traceback without values, and the one thing an admin must know."""
        private.crash_quietly(self)

    def on_unmount(self) -> None:
        private.pop_window_title(self)
