"""Keeping the Tenants screen true: what is new is looked at some times a second, and painted."""

from typing import Final

from cipp_tui.screens.tenants_finding import Finding
from cipp_tui.screens.tenants_frame import job_title
from cipp_tui.screens.tenants_jobs import JobSide
from cipp_tui.screens.tenants_panel import PanelSide
from cipp_tui.services.session import Session
from cipp_tui.widgets.action_lookup import TENANTS_PLACES, specs_of
from cipp_tui.widgets.action_spec import ActionSpec
from cipp_tui.widgets.hint_bar import Hint
from cipp_tui.widgets.keymap import Keymap
from cipp_tui.widgets.textual_private import set_window_title

MINUTE_S: Final = 60.0
FOLLOWS_S: Final = 1.0
"""While tenants come in, the list follows at most this often."""

HINTED: Final = specs_of(*TENANTS_PLACES)

_WHILE_FILTERING: Final = (
    Hint("enter", "Keep", 0),
    Hint("esc", "Clear", 1),
    Hint("up", "Earlier", 2),
    Hint("tab", "Complete", 3),
    Hint("ctrl+u", "Empty", 4),
)


class Looking(Finding, PanelSide, JobSide):
    """The part of the screen that compares what is shown with what is there."""

    def __init__(self, session: Session, keymap: Keymap) -> None:
        super().__init__(session)
        self.keymap = keymap
        self._seen = 0  # revision of the fleet
        self._minute = session.clock.monotonic()
        self._followed = 0.0
        self._counting = False
        self._title = ""

    def why_off(self, spec: ActionSpec) -> str | None:
        """Why a key can do nothing now; None when it can."""
        raise NotImplementedError

    def look(self) -> None:
        """Ask what is new and show it; where nothing is, nothing is sent."""
        if not self.is_mounted:
            return
        frame, session = self.frame, self.session
        self._seen, changed = session.fleet.since(self._seen)
        if changed:
            frame.table.put(changed)
            if self.panel_open and self.info.shown in changed:
                self.info.tell(whole_screen=self.panel_is_whole)
        self._look_at_time()
        if self.list.members_changed:
            self._follow()
        if frame.look_at_owed() and self.list.pin([row.id for row in frame.owed]):
            frame.table.show(self.list.keys)
        self.look_at_dock()
        self.tell()
        if session.profile.title:
            self._tell_window()

    def _look_at_time(self) -> None:
        """Ages grow: once a minute they are written anew."""
        now = self.session.clock.monotonic()
        if now - self._minute >= MINUTE_S:
            self._minute = now
            self.list.look_at(self.session.clock.now())
            self.frame.table.put(self.frame.table.seen)

    def _follow(self) -> None:
        """Tenants came or went."""
        now = self.session.clock.monotonic()
        first_reading = self.session.fleet.read_at is None
        if not self.list.keys or now - self._followed >= FOLLOWS_S:
            self._followed = now
            self.rearrange(anew=first_reading or not self.list.keys)

    def tell(self) -> None:
        frame = self.frame
        if not self.list.count_now() and not self._counting:
            self._counting = True
            self.run_worker(self._count(), group="count")
        frame.tell_title()
        if self.editing:
            frame.tell_filter()
        frame.tell_view()
        error = self.list.filter.error
        frame.tell_status(editing=self.editing, error=error.words if self.editing and error else "")
        self._tell_hints()

    async def _count(self) -> None:
        try:
            await self.list.count()
        finally:
            self._counting = False
        self.frame.tell_view()
        self._tell_hints()

    def _tell_hints(self) -> None:
        if self.editing:
            self.frame.hints.offer(_WHILE_FILTERING)
        else:
            self.frame.offer_keys(HINTED, self.keymap, self.why_off, self.size.width)

    def _tell_window(self) -> None:
        title = job_title(self.session.profile.name, self.session.jobs.running())
        if title != self._title:
            self._title = title
            set_window_title(self.app, title)
