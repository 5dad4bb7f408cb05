"""The Tenants screen: the fleet in a table, the frame around it, and what its keys do."""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, Static

from cipp_tui.domain.jobs import Action
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.tenants_acts import Picked, TenantActs
from cipp_tui.screens.tenants_copy import copy_question, copyable, fleet_table, table_text
from cipp_tui.screens.tenants_frame import Frame, job_title
from cipp_tui.screens.tenants_info import Info
from cipp_tui.screens.tenants_list import TenantList
from cipp_tui.screens.tenants_order import Order
from cipp_tui.services.filter import compile_filter
from cipp_tui.services.session import Session
from cipp_tui.services.sorting import SORTS
from cipp_tui.widgets.actions import BY_ID, TENANTS_PLACES, ActionSpec, Place, specs_of
from cipp_tui.widgets.bindings import bindings
from cipp_tui.widgets.filter_box import FilterInput
from cipp_tui.widgets.fleet_table import FleetTable
from cipp_tui.widgets.hint_bar import Hint
from cipp_tui.widgets.keymap import DEFAULT, Keymap
from cipp_tui.widgets.panel import Panel
from cipp_tui.widgets.status_line import Answer, Question
from cipp_tui.widgets.textual_private import set_window_title

TYPING_RESTS_S: Final = 0.12
MINUTE_S: Final = 60.0
FOLLOWS_S: Final = 1.0
"""While tenants come in, the list follows at most this often."""

_OWN_KEYS: Final = frozenset({"panel.open"})  # bound by the table and the panel themselves
_SPECS: Final = tuple(
    spec
    for spec in specs_of(Place.TABLE, Place.TENANTS)
    if not spec.id.startswith("move.") and spec.id not in _OWN_KEYS
)
_HINTED: Final = specs_of(*TENANTS_PLACES)


class TenantsScreen(Screen[None]):
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
        self, session: Session, *, looks_per_s: float = 4, keymap: Keymap = DEFAULT
    ) -> None:
        super().__init__()
        self.session = session
        self.keymap = keymap
        self.list = TenantList(session)
        self.frame = Frame(session, self.list)
        self.info = Info(session, self.list)
        self.acts = TenantActs(self)
        self._looks_per_s = looks_per_s
        self._timer: Timer | None = None
        self._typing: Timer | None = None
        self._seen = 0  # revision of the fleet
        self._minute = session.clock.monotonic()
        self._followed = 0.0
        self._wish: bool | None = None  # to arrange: anew, or only follow
        self._arranging = False
        self._counting = False
        self._dock_wanted = session.remembered("dock", "dock") == "dock"
        self._title = ""
        self._verbs: dict[str, Callable[[], Any]] = {
            "mark.toggle": self._mark,
            "mark.range": self._range,
            "mark.all": self._mark_all,
            "mark.invert": self._invert,
            "mark.none": self._unmark,
            "view.filter": self._edit_filter,
            "view.sort": self._sort,
            "view.reverse": self._reverse,
            "view.copy": self._copy,
            "view.export": self._export,
            "view.reload": self._reload,
            "job.dock": self._dock,
            "tenant.latest-job": self._latest_job,
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
            self._open_panel()
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

    @property
    def too_small(self) -> bool:
        """Whether nothing but a message fits."""
        return self.size.width < 40 or self.size.height < 10

    # -- looking ------------------------------------------------------------------------------
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
        frame.tell_dock(wanted=self._dock_wanted, tall=self.size.height >= 30)
        self._tell()
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

    def _tell(self) -> None:
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
        hints = self.frame.hints
        if self.editing:
            hints.offer(
                [
                    Hint("enter", "Keep", 0),
                    Hint("esc", "Clear", 1),
                    Hint("up", "Earlier", 2),
                    Hint("tab", "Complete", 3),
                    Hint("ctrl+u", "Empty", 4),
                ]
            )
        else:
            narrow = self.size.width < 60
            self.frame.offer_keys(_HINTED, self.keymap, self.why_off, narrow=narrow)

    def _tell_window(self) -> None:
        title = job_title(self.session.profile.name, self.session.running_job())
        if title != self._title:
            self._title = title
            set_window_title(self.app, title)

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
            self._tell()
        else:
            self.run_worker(self.acts.run(spec_id), group="act")

    def act(self, spec_id: str) -> None:
        """The same, for help and palette."""
        if spec_id == "panel.open":
            self._toggle_panel()
        else:
            self.action_act(spec_id)

    def why_off(self, spec: ActionSpec) -> str | None:
        """Why a key can do nothing now; None when it can."""
        return self.acts.why_off(spec)

    async def go_to(self, tenant: TenantId) -> None:
        """Put the cursor on a tenant, even if the filter has to go for it."""
        if tenant not in self.list.keys and self.list.filter.text:
            self.list.filter = compile_filter("", self.session.clock.now())
            await self.list.arrange(anew=True)
            self.frame.table.show(self.list.keys)
        if not self.frame.table.go_to(tenant):
            self.refuse("This tenant is no longer in the list")
        self._tell()

    def labels(self) -> dict[str, str]:
        """For the palette: commands with the numbers they would work on."""
        if not len(self.list.marks):
            return {}
        counts = self.list.counts
        return {
            spec.id: f"{spec.label}, {counts.of(spec.action):,} marked"
            for spec in _HINTED
            if spec.many and spec.action is not None
        }

    # -- what the verbs need --------------------------------------------------------------------
    def picked(self, action: Action) -> Picked:
        return self.list.picked(action, self.frame.table.cursor_key)

    def refuse(self, words: str) -> None:
        self.frame.refuse(words)
        self._tell()

    def mention(self, words: str) -> None:
        """Say in the status line what a key did."""
        self.frame.mention(words)
        self._tell()

    async def ask(self, question: Question) -> str | None:
        return await self.frame.status.ask(question)

    # -- arranging ------------------------------------------------------------------------------
    def rearrange(self, *, anew: bool) -> None:
        """Filter and sort; the newest wish counts, one at a time."""
        self._wish = bool(self._wish) or anew
        if not self._arranging:
            self._arranging = True
            self.run_worker(self._rearrange(), group="arrange")

    async def _rearrange(self) -> None:
        try:
            while (anew := self._wish) is not None:
                self._wish = None
                if await self.list.arrange(anew=anew):
                    self.frame.table.show(self.list.keys)
        finally:
            self._arranging = False
        self._tell()

    def _reload(self) -> None:
        """Read the list again behind what is shown, and sort what is there."""
        reason = self.session.why_off(Action.SYNC)
        if reason is not None:
            self.refuse(f"Read again: {reason}")
        elif not self.session.read_list():
            self.refuse("The list is being read already")
        self.list.forget_news(self.session.clock.now())
        self.frame.table.repaint()
        self.rearrange(anew=True)

    async def _sort(self) -> None:
        picks = tuple(Answer(sort.label[0].lower(), sort.label) for sort in SORTS.values())
        key = await self.ask(Question("Sort by", picks))
        chosen = next((s for s in SORTS.values() if s.label[0].lower() == key), None)
        if chosen is not None:
            self.sort_by(chosen.name)

    def sort_by(self, name: str) -> None:
        """Sort; by the same again reverses."""
        same = name == self.list.order.by
        self._reorder(Order(name, backwards=same and not self.list.order.backwards))

    def _reverse(self) -> None:
        order = self.list.order
        self._reorder(Order(order.by, backwards=not order.backwards))

    def _reorder(self, order: Order) -> None:
        self.list.order = order
        self.session.remember("sort", order.stored)
        self.frame.table.choose_columns()
        self.rearrange(anew=True)

    # -- the filter -----------------------------------------------------------------------------
    @property
    def editing(self) -> bool:
        """Whether the filter is being typed."""
        return self.has_class("-filtering")

    def _edit_filter(self) -> None:
        self.add_class("-filtering")
        field = self.frame.filter.input
        with self.prevent(Input.Changed):
            field.value = self.list.filter.text
        field.cursor_position = len(field.value)
        field.focus(scroll_visible=False)

    @on(Input.Changed, "#filter-text")
    def _filter_typed(self, event: Input.Changed) -> None:
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(TYPING_RESTS_S, lambda: self.filter_by(event.value))

    def filter_by(self, text: str) -> None:
        """Show what matches; a filter that cannot be read leaves the list as it was."""
        compiled = compile_filter(text, self.session.clock.now())
        changed = compiled.text != self.list.filter.text
        self.list.filter = compiled
        if changed and compiled.error is None:
            self.rearrange(anew=True)
        self._tell()

    @on(FilterInput.Kept)
    def _filter_kept(self) -> None:
        field = self.frame.filter.input
        self._leave_filter(field.value.strip())
        field.remember(field.value.strip())
        self.session.remember("filters", "\n".join(field.past))

    @on(FilterInput.Cleared)
    def _filter_cleared(self) -> None:
        self._leave_filter("")

    def _leave_filter(self, text: str) -> None:
        if self._typing is not None:
            self._typing.stop()
        self.remove_class("-filtering")
        self.frame.table.focus(scroll_visible=False)
        if compile_filter(text, self.session.clock.now()).error is not None:
            self.refuse(f"Filter: {self.list.filter.error}")
            text = ""
        self.filter_by(text)

    # -- marks ----------------------------------------------------------------------------------
    def _mark(self) -> None:
        table, marks = self.frame.table, self.list.marks
        if marks.ranging:
            self._keep_range()
        elif (key := table.cursor_key) is not None:
            marks.toggle(TenantId(key))
            table.put([key])
            table.action_step(1)

    def _range(self) -> None:
        table, marks = self.frame.table, self.list.marks
        if marks.ranging:
            self._keep_range()
        elif (key := table.cursor_key) is not None:
            marks.begin_range(TenantId(key))
            table.put([key])

    def _keep_range(self) -> None:
        self.list.marks.keep_range()

    def _mark_all(self) -> None:
        self.list.marks.add(self.list.keys)
        self.frame.table.put(self.list.keys)

    def _invert(self) -> None:
        self.list.marks.invert(self.list.keys)
        self.frame.table.put(self.list.keys)

    def _unmark(self) -> None:
        marked = self.list.marks.all
        self.list.marks.clear()
        self.frame.table.put(marked)

    @on(FleetTable.Moved)
    def _moved(self, event: FleetTable.Moved) -> None:
        if self.list.marks.ranging:
            self.frame.table.put(self.list.marks.stretch(self.list.keys, event.index))
        if event.key is not None:
            self.session.remember("cursor", event.key)
        if self.panel_open:
            self._panel_follows()
        self.frame.tell_view()

    # -- one step back --------------------------------------------------------------------------
    def _back(self) -> None:
        marks = self.list.marks
        if self.panel_open:
            self._close_panel()
        elif marks.ranging:
            dropped = marks.all
            marks.drop_range()
            self.frame.table.put(dropped)
        elif self.list.filter.text:
            self.filter_by("")
        elif len(marks):
            self._unmark()

    # -- the info panel ---------------------------------------------------------------------------
    @property
    def panel_open(self) -> bool:
        return self.has_class("-panel")

    @property
    def panel_is_whole(self) -> bool:
        """Whether the panel covers the table."""
        return self.size.width < 100

    @on(FleetTable.RowSelected)
    def _selected(self) -> None:
        self._toggle_panel()

    def _toggle_panel(self) -> None:
        if self.panel_open:
            self._close_panel()
        else:
            self._open_panel()

    def _open_panel(self) -> None:
        self.add_class("-panel")
        self.session.remember("panel", "open")
        self.call_after_refresh(self._panel_opened)

    def _panel_opened(self) -> None:
        self._show_in_panel()
        if self.panel_is_whole:
            self.info.panel.focus(scroll_visible=False)

    def _show_in_panel(self) -> None:
        key = self.frame.table.cursor_key
        tenant = TenantId(key) if key is not None else None
        self.info.about(tenant, whole_screen=self.panel_is_whole)
        self.run_worker(self._read_history(), group="history", exclusive=True)

    def _panel_follows(self) -> None:
        if self.panel_is_whole:
            self._show_in_panel()
        else:
            self.run_worker(self._follow_cursor(), group="panel", exclusive=True)

    async def _follow_cursor(self) -> None:
        await asyncio.sleep(0.15)  # a newer step cancels this one
        self._show_in_panel()

    async def _read_history(self) -> None:
        await self.info.read_history(whole_screen=self.panel_is_whole)

    @on(Panel.Shut)
    def _close_panel(self) -> None:
        self.remove_class("-panel")
        self.session.remember("panel", "")
        self.frame.table.focus(scroll_visible=False)

    @on(Panel.Neighbour)
    def _neighbour(self, event: Panel.Neighbour) -> None:
        self.frame.table.action_step(event.by)

    @on(Panel.Pager)
    def _pager(self) -> None:
        from cipp_tui.widgets.pager import page_text

        if (reason := page_text(self.app, self.info.text())) is not None:
            self.refuse(f"Pager: {reason}")

    # -- jobs, copying, heads -------------------------------------------------------------------
    def _dock(self) -> None:
        """The dock: a line, six lines, the whole screen."""
        job = self.session.running_job()
        if job is not None and self.size.height >= 30 and not self._dock_wanted:
            self._dock_wanted = True
            self.session.remember("dock", "dock")
        else:
            self._dock_wanted = False
            self.session.remember("dock", "line")
            self.open_job(job.id if job is not None else None)

    def open_job(self, job: int | None) -> None:
        """Show the results of a job; of the newest one without a number."""
        self.run_worker(self._open_job(job), group="act")

    async def _open_job(self, job: int | None) -> None:
        from cipp_tui.screens.job import JobScreen

        if job is None:
            jobs = await self.session.jobs(1)
            job = jobs[0].id if jobs else None
        if job is None or await self.session.load_job(job) is None:
            self.refuse("No job has run yet")
        else:
            await self.app.push_screen(JobScreen(self.session, job))

    async def _latest_job(self) -> None:
        key = self.frame.table.cursor_key
        if key is None:
            return
        history = await self.session.history(TenantId(key), 1)
        if history:
            await self._open_job(history[0].job)
        else:
            self.refuse("Nothing was done to this tenant yet")

    async def _copy(self) -> None:
        from cipp_tui.screens.copying import copied_words, copy_text

        table = self.frame.table
        key = table.cursor_key
        row = self.session.fleet.row(TenantId(key)) if key is not None else None
        texts = copyable(row, self.list.seen)
        texts["t"] = table_text(table.heads, [self.list.draw(seen) for seen in table.seen])
        pressed = await self.ask(copy_question(texts))
        if pressed is not None:
            copy_text(self.app, texts[pressed])
            self.mention(copied_words(texts[pressed]))

    async def _export(self) -> None:
        from cipp_tui.screens.export import written
        from cipp_tui.screens.export_sheet import ExportSheet, Scope

        scopes = [Scope("all shown", len(self.list.keys))]
        if len(self.list.marks):
            scopes.insert(0, Scope("marked", len(self.list.marks)))
        choice = await self.app.push_screen_wait(
            ExportSheet("tenants", scopes, clock=self.session.clock)
        )
        if choice is None:
            return
        rows = self.list.chosen(marked=choice.scope == "marked")
        table = await asyncio.to_thread(fleet_table, rows, self.list.seen)
        try:
            path = await written(choice.path, choice.format, table)
        except OSError as error:
            self.refuse(f"Not written: {error}")
        else:
            self.mention(f"Wrote {len(rows):,} tenants to {path}")

    @on(FleetTable.HeaderSelected)
    def _head_clicked(self, event: FleetTable.HeaderSelected) -> None:
        sort = next((c.sort for c in self.list.columns.columns if c.name == event.name), "")
        if sort:
            self.sort_by(sort)

    @on(FleetTable.Shifted)
    def _shifted(self, event: FleetTable.Shifted) -> None:
        self.list.shift = max(0, self.list.shift + event.by)
        self.frame.table.choose_columns()
