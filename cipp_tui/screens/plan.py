"""What a refresh would change: every tenant compared now, nothing written."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from cipp_tui.domain.jobs import Action
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.export import Table, cells
from cipp_tui.screens.framed import FramedScreen, hint, spread
from cipp_tui.screens.job_acts import agreed_to_refresh
from cipp_tui.screens.plan_words import PlanLine, Planned, counted, lines_of
from cipp_tui.services.session import Session
from cipp_tui.services.suits import select
from cipp_tui.widgets.actions import BY_ID, Place
from cipp_tui.widgets.bindings import bindings
from cipp_tui.widgets.cells import Cell, Head, Line, Tone
from cipp_tui.widgets.hint_bar import Hint
from cipp_tui.widgets.lines import Pieces
from cipp_tui.widgets.words import clock_time, tenants

AT_ONCE = 8
_NARROW = (("tenant", "Tenant", 24), ("permission", "Permission", 28), ("why", "Why", 26))
_WIDE = (("tenant", "Tenant", 36), ("permission", "Permission", 56), ("why", "Why", 26))
_WIDE_FROM = 120


class PlanScreen(FramedScreen):
    """`r` does what is listed, after reading again; leaving changes nothing."""

    SUBJECT: ClassVar[str] = "plan of a refresh"
    PLACES: ClassVar[tuple[Place, ...]] = (Place.ANY, Place.TABLE)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings([BY_ID["tenant.refresh"]])]

    def __init__(self, session: Session, tenants: Sequence[TenantId]) -> None:
        super().__init__(session)
        self.tenants = tuple(dict.fromkeys(tenants))
        self._plans: dict[TenantId, Planned] = {}
        self._lines: dict[str, PlanLine] = {}
        self._fresh = True

    def acts(self) -> dict[str, Callable[[], object]]:
        return {**super().acts(), "tenant.refresh": self.do_refresh}

    # -- comparing ----------------------------------------------------------------------------
    def on_mount(self) -> None:
        self._compare_all()

    @work(group="compare")
    async def _compare_all(self) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def compare(tenant: TenantId) -> None:
            async with gate:
                self._plans[tenant] = await self._compared(tenant)
                self._fresh = True

        async with asyncio.TaskGroup() as group:
            for tenant in self.tenants:
                group.create_task(compare(tenant))

    async def _compared(self, tenant: TenantId) -> Planned:
        row = self.session.fleet.row(tenant)
        name = row.tenant.name if row is not None else tenant
        try:
            comparison = await self.session.compare(tenant)
        except Problem as problem:
            return Planned(tenant, name, problem=problem)
        names = comparison.wanted.resource_names
        return Planned(tenant, name, comparison.diff, comparison.unlicensed, names)

    @property
    def compared(self) -> bool:
        """Whether every tenant has been compared."""
        return len(self._plans) == len(self.tenants)

    def look(self) -> None:
        if not self._fresh:
            return
        self._fresh = False
        prune = self.session.profile.prune
        plans = [self._plans[tenant] for tenant in self.tenants if tenant in self._plans]
        self._lines = {
            f"{plan.tenant}:{place}": line
            for plan in plans
            for place, line in enumerate(lines_of(plan, prune=prune))
        }
        self.table.show(list(self._lines))
        self.table.say_empty("Reading what they hold…")
        self.write_lines()

    # -- what it says -------------------------------------------------------------------------
    def heads(self, width: int) -> list[Head]:
        return spread(_WIDE if width >= _WIDE_FROM else _NARROW, width, "why")

    def draw(self, key: str) -> Line:
        line = self._lines.get(key)
        if line is None:
            return Line([])
        return Line(
            [
                Cell(f"{line.sign} {line.tenant_name}", line.tone),
                Cell(line.permission),
                Cell(line.why),
            ]
        )

    def title_pieces(self) -> tuple[Pieces, Pieces]:
        words = f": refresh {tenants(len(self.tenants))}. Nothing has been changed."
        at = clock_time(self.session.clock.now())
        right = f"read {at}  esc back " if self.compared else "esc back "
        return [Cell(" Plan", Tone.STRONG), Cell(words)], [Cell(right)]

    def view_pieces(self) -> tuple[Pieces, Pieces]:
        give, take, unchanged, failed = counted(
            list(self._plans.values()), prune=self.session.profile.prune
        )
        left = [
            Cell(f" give {give:,}   take away {take:,}   no change {unchanged:,}"),
            *([Cell(f"   not read {failed:,}", Tone.WARN)] if failed else []),
        ]
        reading = f"reading {len(self._plans):,} of {len(self.tenants):,} "
        return left, [] if self.compared else [Cell(reading)]

    def hints(self) -> list[Hint]:
        return [
            hint("tenant.refresh", "Do it"),
            hint("view.export", "Export as change notice", 4),
            hint("view.copy"),
            hint("app.help"),
            Hint("esc", "Back", 1),
        ]

    # -- keys ---------------------------------------------------------------------------------
    @work(group="ask", exclusive=True)
    async def do_refresh(self) -> None:
        """Refresh exactly these tenants; each is read again before anything is given."""
        if (reason := self.session.why_off(Action.REFRESH)) is not None:
            self.refuse(f"Refresh: {reason}")
            return
        if not self.compared:
            self.refuse("Refresh: the plan is still being read.")
            return
        found = [self.session.fleet.row(tenant) for tenant in self.tenants]
        selection = select([row for row in found if row is not None], Action.REFRESH)
        if not selection.taken:
            self.refuse("Refresh: it fits none of these tenants now.")
            return
        if await agreed_to_refresh(self, selection):
            try:
                await self.session.refresh([row.id for row in selection.taken])
            except Problem as problem:
                self.refuse(f"Refresh: {problem.message}")
            else:
                self.do_back()

    def copyable(self, key: str) -> Mapping[str, str]:
        line = self._lines[key]
        words = f"{line.sign} {line.tenant_name}  {line.permission}  {line.why}"
        return {"n": line.tenant_name, "i": line.tenant, "r": words}

    def table_now(self) -> Table:
        rows = (
            (line.tenant_name, line.tenant, line.verb, line.permission, line.why)
            for line in self._lines.values()
        )
        return Table(("tenant", "tenant id", "change", "permission", "why"), cells(rows))
