"""What a refresh would change: every tenant compared now, nothing written."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final

from textual import work
from textual.binding import BindingType
from textual.worker import Worker

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Action
from cipp_tui.domain.permissions import WantedPermissions
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.export import Table, cells, written
from cipp_tui.screens.export_sheet import ExportSheet, Scope
from cipp_tui.screens.framed import FramedScreen, hint, spread
from cipp_tui.screens.job_acts import agreed_to_refresh
from cipp_tui.screens.notice import notice_table
from cipp_tui.screens.plan_words import PlanLine, lines_of
from cipp_tui.services.advice import Surface, advise
from cipp_tui.services.plans import TenantPlan, plan_tenants
from cipp_tui.services.session import Session
from cipp_tui.services.suits import select
from cipp_tui.widgets.action_lookup import BY_ID
from cipp_tui.widgets.action_spec import Place
from cipp_tui.widgets.bindings import bindings
from cipp_tui.widgets.cells import Cell, Head, Line, Tone
from cipp_tui.widgets.hint_bar import Hint
from cipp_tui.widgets.lines import Pieces
from cipp_tui.widgets.words import clock_time, tenants

AT_ONCE: Final = 8
_NARROW = (("tenant", "Tenant", 24), ("permission", "Permission", 28), ("why", "Why", 26))
_WIDE = (("tenant", "Tenant", 28), ("permission", "Permission", 52), ("why", "Why", 26))
_WIDEST = (("tenant", "Tenant", 34), ("permission", "Permission", 69), ("why", "Why", 26))
_WIDE_FROM, _WIDEST_FROM = 110, 160
EVERYTHING, CHANGES = "everything", "changes only"


class PlanScreen(FramedScreen):
    """`r` does what is listed, after reading again; leaving stops the reading, changes nothing."""

    SUBJECT: ClassVar[str] = "change notice"
    PLACES: ClassVar[tuple[Place, ...]] = (Place.ANY, Place.TABLE)
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(BY_ID[name] for name in ("tenant.refresh", "job.stop"))
    ]

    def __init__(self, session: Session, tenants: Sequence[TenantId]) -> None:
        super().__init__(session)
        self.tenants = tuple(
            tenant for tenant in dict.fromkeys(tenants) if session.fleet.row(tenant) is not None
        )
        self._plans: dict[TenantId, TenantPlan] = {}
        self._lines: dict[str, PlanLine] = {}
        self._keys: dict[TenantId, list[str]] = {}  # of the lines, by tenant
        self._open: set[TenantId] = set()  # shown whole
        self._counts: Counter[str] = Counter()
        self._wanted: WantedPermissions | None = None
        self._problem: Problem | None = None
        self._reading: Worker[None] | None = None
        self._read_at: datetime | None = None
        self._fresh = True

    def acts(self) -> dict[str, Callable[[], object]]:
        return {
            **super().acts(),
            "tenant.refresh": self.do_refresh,
            "job.stop": self.do_stop,
        }

    # -- comparing ----------------------------------------------------------------------------
    def on_mount(self) -> None:
        self._reading = self._compare_all()

    @work(group="compare")
    async def _compare_all(self) -> None:
        rows = [row for row in map(self.session.fleet.row, self.tenants) if row is not None]
        try:
            self._wanted = await self.session.inspection.wanted()
            await plan_tenants(self.session, rows, self._found, at_once=AT_ONCE)
        except Problem as problem:
            self._problem = problem
        finally:
            self._reading = None
            self._read_at = self.session.clock.now()
            self._fresh = True

    def _found(self, row: TenantRow, plan: TenantPlan) -> None:
        self._plans[row.id] = plan
        self._counts["give"] += plan.added_count
        self._counts["take"] += plan.removed_count
        self._counts["same"] += plan.changes_nothing
        self._counts["unread"] += plan.diff is None
        self._counts["due"] += plan.due is not None
        self._write_out(plan)

    def _write_out(self, plan: TenantPlan) -> None:
        whole = len(self.tenants) == 1 or plan.tenant in self._open
        for key in self._keys.get(plan.tenant, ()):
            del self._lines[key]
        lines = lines_of(plan, whole=whole)
        keyed = {f"{plan.tenant}:{place}": line for place, line in enumerate(lines)}
        self._lines |= keyed
        self._keys[plan.tenant] = list(keyed)
        self._fresh = True

    @property
    def compared(self) -> bool:
        """Whether every tenant has been compared."""
        return len(self._plans) == len(self.tenants)

    def look(self) -> None:
        if not self._fresh:
            return
        self._fresh = False
        keys = [key for tenant in self.tenants for key in self._keys.get(tenant, ())]
        if list(self.table.keys) != keys:
            self.table.show(keys)
        self.table.say_empty(self._nothing_words())
        self.write_lines()

    def _nothing_words(self) -> str:
        if self._problem is not None:
            return advise(self._problem).headline
        return "Reading what they hold…" if self._reading is not None else "Nothing was read."

    # -- what it says -------------------------------------------------------------------------
    def heads(self, width: int) -> list[Head]:
        columns = _WIDEST if width >= _WIDEST_FROM else _WIDE if width >= _WIDE_FROM else _NARROW
        return spread(columns, width, "why")

    def draw(self, key: str) -> Line:
        line = self._lines.get(key)
        if line is None:
            return Line([])
        name = f"{line.sign} {line.plan.name}"
        return Line([Cell(name, line.tone), Cell(line.permission), Cell(line.why)])

    def title_pieces(self) -> tuple[Pieces, Pieces]:
        words = f": refresh {tenants(len(self.tenants))}. Nothing has been changed."
        at = self._read_at
        right = f"read {clock_time(at)}  esc back " if at is not None else "esc back "
        return [Cell(" Plan", Tone.STRONG), Cell(words)], [Cell(right)]

    def view_pieces(self) -> tuple[Pieces, Pieces]:
        counts = self._counts
        told = f" give {counts['give']:,}   take away {counts['take']:,}"
        told += f"   no change {counts['same']:,}   due {counts['due']:,}"
        unread = counts["unread"]
        left = [Cell(told), *([Cell(f"   not read {unread:,}", Tone.WARN)] if unread else [])]
        if self.compared:
            return left, []
        doing = "reading" if self._reading is not None else "stopped at"
        return left, [Cell(f"{doing} {len(self._plans):,} of {len(self.tenants):,} ", Tone.BUSY)]

    def standing_words(self) -> tuple[Pieces, Pieces] | None:
        if self._problem is None:
            return None
        advice = advise(self._problem)
        return [Cell(f" ! {advice.headline} {advice.next_step(Surface.SCREEN)}", Tone.WARN)], []

    def hints(self) -> list[Hint]:
        return [
            hint("tenant.refresh", "Do it")
            if self._reading is None
            else hint("job.stop", "Stop reading", 3),
            hint("view.export", "Export as change notice", 4),
            *([Hint("enter", "Unfold", 6)] if len(self.tenants) > 1 else []),
            hint("view.copy"),
            hint("app.help"),
            Hint("esc", "Back", 1),
        ]

    # -- keys ---------------------------------------------------------------------------------
    def enter(self, key: str) -> None:
        """Show all lines of a tenant, or only the first again."""
        line = self._lines.get(key)
        if line is None or len(self.tenants) == 1:
            return
        self._open ^= {line.tenant}
        self._write_out(line.plan)
        self.look()
        self.table.put(self._keys[line.tenant])
        self.table.go_to(f"{line.tenant}:0")

    def do_stop(self) -> None:
        """Read no further; what was read stays."""
        if self._reading is None:
            self.refuse("Stop: nothing is being read.")
        else:
            self._reading.cancel()

    @work(group="ask", exclusive=True)
    async def do_refresh(self) -> None:
        """Refresh exactly these tenants; each is read again before anything is given."""
        if (reason := self.session.acts.why_off(Action.REFRESH)) is not None:
            self.refuse(f"Refresh: {reason}")
            return
        if not self.compared:
            why = "is still being read" if self._reading is not None else "was not read to its end"
            self.refuse(f"Refresh: the plan {why}.")
            return
        found = [self.session.fleet.row(tenant) for tenant in self.tenants]
        selection = select([row for row in found if row is not None], Action.REFRESH)
        if not selection.taken:
            self.refuse("Refresh: it fits none of these tenants now.")
            return
        if await agreed_to_refresh(self, selection):
            try:
                await self.session.acts.refresh([row.id for row in selection.taken])
            except Problem as problem:
                self.refuse(f"Refresh: {problem.message}")
            else:
                self.do_back()

    @work(group="export", exclusive=True)
    async def do_export(self) -> None:
        """Write the plan as a change notice."""
        if self._reading is not None:
            self.refuse("Export: the plan is still being read; K stops that.")
            return
        notices = await asyncio.to_thread(self._notices)
        scopes = [Scope(name, len(table.rows)) for name, table in notices.items()]
        sheet = ExportSheet(self.SUBJECT, scopes, clock=self.session.clock)
        choice = await self.app.push_screen_wait(sheet)
        if choice is None:
            return
        notice = notices[choice.scope]
        try:
            target = await written(choice.path, choice.format, notice)
        except OSError as error:
            self.refuse(f"Not written: {error}")
        else:
            self.tell(f"Wrote {len(notice.rows):,} lines to {target}", Tone.GOOD)

    def _notices(self) -> dict[str, Table]:
        plans = [
            self._plans.get(tenant) or TenantPlan(tenant=tenant, name=self._called(tenant))
            for tenant in self.tenants
        ]
        return {
            name: notice_table(
                plans,
                profile=self.session.profile.name,
                wanted=self._wanted,
                at=self.session.clock.now(),
                changes_only=name == CHANGES,
            )
            for name in (EVERYTHING, CHANGES)
        }

    def _called(self, tenant: TenantId) -> str:
        row = self.session.fleet.row(tenant)
        return row.tenant.name if row is not None else tenant

    def copyable(self, key: str) -> Mapping[str, str]:
        line = self._lines[key]
        words = f"{line.sign} {line.plan.name}  {line.permission}  {line.why}"
        texts = {"n": line.plan.name, "i": line.tenant, "d": line.plan.domain or "", "r": words}
        if line.plan.problem is not None:
            texts["e"] = f"{line.plan.problem.code} {line.plan.problem.message}"
        return texts

    def table_now(self) -> Table:
        """The lines as they are shown, for `y t`; `e` writes the whole notice instead."""
        shown = (self._lines[key] for tenant in self.tenants for key in self._keys.get(tenant, ()))
        rows = ((line.sign, line.plan.name, line.permission, line.why) for line in shown)
        return Table(("", "tenant", "permission", "why"), cells(rows))
