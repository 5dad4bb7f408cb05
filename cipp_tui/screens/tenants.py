"""The Tenants screen: the fleet in a table, the frame around it, and what its keys do."""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from cipp_tui.domain.jobs import Action
from cipp_tui.domain.tenants import TenantId, TenantKind
from cipp_tui.screens.tenants_acts import TenantActs
from cipp_tui.screens.tenants_list import INLINE
from cipp_tui.screens.tenants_looking import HINTED, Looking
from cipp_tui.screens.tenants_marking import Marking
from cipp_tui.screens.tenants_picked import Picked
from cipp_tui.screens.tenants_taking import Taking
from cipp_tui.services.session import Session
from cipp_tui.widgets.action_lookup import BY_ID, TENANTS_PLACES, specs_of
from cipp_tui.widgets.action_spec import ActionSpec, Place
from cipp_tui.widgets.bindings import bindings
from cipp_tui.widgets.fleet_table import FleetTable
from cipp_tui.widgets.keymap import DEFAULT, Keymap
from cipp_tui.widgets.lines import paint

_OWN_KEYS: Final = frozenset({"panel.open"})  # bound by the table and the panel themselves
_SPECS: Final = tuple(
    spec
    for spec in specs_of(Place.TABLE, Place.TENANTS)
    if not spec.id.startswith("move.") and spec.id not in _OWN_KEYS
)


class TenantsScreen(Looking, Marking, Taking):
    """Everything about tenants starts here."""

    AUTO_FOCUS = "#table"
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [  # noqa: RUF012 - as in Screen
        (0, "-tiny-width"),
        (40, "-compact"),
        (60, "-narrow"),
        (100, "-medium"),
        (130, "-wide"),
    ]
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = [  # noqa: RUF012 - as in Screen
        (0, "-tiny-height"),
        (10, "-low"),
        (15, "-usual"),
    ]
    PLACES: ClassVar[tuple[Place, ...]] = TENANTS_PLACES
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings((*_SPECS, BY_ID["app.back"], BY_ID["job.stop"]))
    ]

    def __init__(
        self,
        session: Session,
        *,
        looks_per_s: float = 4,
        keymap: Keymap = DEFAULT,
        reader: bool = False,
    ) -> None:
        super().__init__(session, keymap)
        self.acts = TenantActs(self)
        self._looks_per_s = looks_per_s
        self._timer: Timer | None = None
        self.frame.table.leads_cursor = reader
        if reader:
            self.dock_wanted = False
        self._verbs: dict[str, Callable[[], Any]] = {
            "mark.toggle": self.toggle_mark,
            "mark.range": self.draw_range,
            "mark.all": self.mark_all,
            "mark.invert": self.invert_marks,
            "mark.none": self.unmark_all,
            "view.filter": self.edit_filter,
            "view.sort": self.ask_sort,
            "view.reverse": self.reverse_order,
            "view.copy": self.ask_copy,
            "view.export": self.ask_export,
            "view.reload": self.read_again,
            "job.dock": self.next_dock,
            "tenant.latest-job": self.open_latest_job,
            "tenant.trace": self._trace,
            "tenant.why": self.ask_why,
            "app.back": self._back,
        }

    # -- building -----------------------------------------------------------------------------
    def compose(self) -> ComposeResult:
        frame = self.frame
        yield frame.title
        with Container(id="body"):
            with Vertical(id="main"):
                yield frame.view
                yield frame.filter
                yield frame.table
            yield self.info.panel
        yield frame.dock
        yield frame.status
        yield frame.hints
        yield Static("", id="too-small", markup=False)

    def on_mount(self) -> None:
        frame = self.frame
        frame.dock.display = False
        if (colour := self.session.profile.colour) and not paint(frame.title, colour):
            self.refuse(f"Profile {self.session.profile.name}: {colour} is not a colour")
        frame.filter.input.past = [
            text for text in self.session.remembered("filters").split("\n") if text
        ]
        self._seen = self.session.fleet.revision
        self.list.arrange_now()
        frame.table.show(self.list.keys)
        cursor = self.session.remembered("cursor")
        if cursor:
            frame.table.go_to(cursor)
        if self.session.remembered("panel") == "open" and self.size.width >= 130:
            self.open_panel()
        self._timer = self.set_interval(1 / self._looks_per_s, self.look)
        self.call_after_refresh(self._settled)

    def _settled(self) -> None:
        """The first paint is done: the rest of a large list, and the frame."""
        if self.list.members_changed:
            self.rearrange(anew=True)
        self.look()

    def on_screen_suspend(self) -> None:
        if self._timer is not None:
            self._timer.pause()

    def on_screen_resume(self) -> None:
        if self._timer is not None:
            self._timer.resume()
            self.look()

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        words = f"Needs 40x10, has {width}x{height}."
        self.query_one("#too-small", Static).update(Content(words))
        self.call_after_refresh(self._resized)

    def _resized(self) -> None:
        self.look()
        if self.panel_open:
            self.info.tell(whole_screen=self.panel_is_whole)
            if self.panel_is_whole:
                self.info.panel.focus(scroll_visible=False)
        self._focus_what_is_seen()

    def _focus_what_is_seen(self) -> None:
        """Keys go to what is on screen: what was hidden for a while has lost them."""
        focused = self.focused
        if self.too_small or (focused is not None and focused.display and focused.size.area):
            return
        seen = self.info.panel if self.panel_open and self.panel_is_whole else self.frame.table
        if self.frame.filter.display:
            self.frame.filter.input.focus(scroll_visible=False)
        else:
            seen.focus(scroll_visible=False)

    @property
    def too_small(self) -> bool:
        """Whether nothing but a message fits."""
        return self.size.width < 40 or self.size.height < 10

    # -- keys ---------------------------------------------------------------------------------
    def action_act(self, spec_id: str) -> None:
        """A key of the table of actions was pressed."""
        spec = BY_ID[spec_id]
        if self.too_small and (spec.writes or spec_id in self.acts.verbs):
            return
        self.frame.hush()
        if spec_id in self._verbs:
            done = self._verbs[spec_id]()
            if done is not None:
                self.run_worker(done, group="act")
            self.tell()
        else:
            self.run_worker(self.acts.run(spec_id), group="act")

    def act(self, spec_id: str) -> None:
        """The same, for help and palette."""
        if spec_id == "panel.open":
            self.toggle_panel()
        else:
            self.action_act(spec_id)

    def why_off(self, spec: ActionSpec) -> str | None:
        """Why a key can do nothing now; None when it can."""
        return self.acts.why_off(spec)

    def labels(self) -> dict[str, str]:
        """For the palette: commands with the numbers they would work on."""
        if not len(self.list.marks):
            return {}
        counts = self.list.counts
        return {
            spec.id: f"{spec.label}, {counts.of(spec.action):,} marked"
            for spec in HINTED
            if spec.many and spec.action is not None
        }

    # -- what the verbs need --------------------------------------------------------------------
    async def picked(self, action: Action) -> Picked:
        """Whom an action would take."""
        cursor = self.frame.table.cursor_key
        if len(self.list.marks) <= INLINE:
            return self.list.picked(action, cursor)
        return await asyncio.to_thread(self.list.picked, action, cursor)

    @on(FleetTable.Moved)
    def _moved(self, event: FleetTable.Moved) -> None:
        if self.list.marks.ranging:
            self.frame.table.put(self.list.marks.stretch(self.list.keys, event.index))
        if event.key is not None:
            self.session.remember("cursor", event.key)
        if self.panel_open:
            self.panel_follows()
        self.frame.tell_view()

    # -- one step back --------------------------------------------------------------------------
    def _back(self) -> None:
        marks = self.list.marks
        if self.panel_open:
            self.close_panel()
        elif marks.ranging:
            dropped = marks.all
            marks.drop_range()
            self.frame.table.put(dropped)
        elif self.list.filter.text:
            self.filter_by("")
        elif len(marks):
            self.unmark_all()

    # -- the trace, and further columns ---------------------------------------------------------
    async def _trace(self) -> None:
        from cipp_tui.screens.trace import TraceScreen

        key = self.frame.table.cursor_key
        row = self.session.fleet.row(TenantId(key)) if key is not None else None
        if row is None or row.tenant.kind is TenantKind.PARTNER:
            self.refuse("Trace: your own tenant is not reached through GDAP")
        else:
            await self.app.push_screen(TraceScreen(self.session, row.id))

    @on(FleetTable.Shifted)
    def _shifted(self, event: FleetTable.Shifted) -> None:
        self.list.shift = max(0, self.list.shift + event.by)
        self.frame.table.choose_columns()
