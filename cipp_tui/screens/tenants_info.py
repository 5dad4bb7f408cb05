"""The info panel on the Tenants screen: what it shows, and how it follows the cursor."""

import asyncio
from typing import Final

from cipp_tui.domain.audit import AuditEntry
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.tenants_list import TenantList
from cipp_tui.services.diagnosis import Diagnosis
from cipp_tui.services.session import Session
from cipp_tui.widgets.cells import Cell, Tone
from cipp_tui.widgets.columns import tenant_name
from cipp_tui.widgets.lines import Said, said
from cipp_tui.widgets.panel import Panel
from cipp_tui.widgets.panel_words import parts, plain

RESTS_S: Final = 0.15
"""The panel follows the cursor after it has rested so long."""

KEPT_ANSWERS: Final = 200
"""Tenants whose live verdicts are kept."""


class Info:
    """What is stored is shown at once; the history is read, and marked as being read."""

    def __init__(self, session: Session, tenants: TenantList) -> None:
        self.panel = Panel(id="panel")
        self.shown: TenantId | None = None
        self._session = session
        self._list = tenants
        self._history: tuple[AuditEntry, ...] | None = None
        self._history_of: tuple[TenantId, int] | None = None  # tenant, revision of the jobs
        self._answers: dict[TenantId, tuple[TenantRow, Diagnosis]] = {}
        self.asking: TenantId | None = None  # about whom the services are being asked

    @property
    def row(self) -> TenantRow | None:
        """The tenant it is about."""
        return self._session.fleet.row(self.shown) if self.shown is not None else None

    def about(self, tenant: TenantId | None, *, whole_screen: bool) -> None:
        """Show a tenant, with what is known of it now."""
        other = tenant != self.shown
        self.shown = tenant
        if other:
            self._history = None
        self.tell(whole_screen=whole_screen, from_top=other)

    def tell(self, *, whole_screen: bool, from_top: bool = False) -> None:
        """Write it anew: the tenant, the panel's width or the history changed."""
        row = self.row
        if row is None:
            self.panel.tell(said([Cell(" No tenant", Tone.MUTED)]), [])
            return
        found = parts(
            row,
            self._list.seen,
            self._diagnosis(row),
            self.panel.size.width,
            history=self._history,
            prune=self._session.profile.prune,
            asking=self.asking == row.id,
        )
        self.panel.tell(self._head(row, whole_screen=whole_screen), found, from_top=from_top)

    def _head(self, row: TenantRow, *, whole_screen: bool) -> Said:
        name = Cell(f" {tenant_name(row)}", Tone.STRONG)
        if not whole_screen:
            return said([name])
        place = ""
        if row.id in self._list.keys:
            place = f"{self._list.keys.index(row.id) + 1:,} of {len(self._list.keys):,}"
        keys = Cell(f"{place}   < > other tenant   esc back ")
        return said([name], [keys], [Cell("esc back ")])

    async def read_history(self, *, whole_screen: bool) -> None:
        """Once the cursor rests, read what was done to the tenant."""
        await asyncio.sleep(RESTS_S)
        tenant = self.shown
        if tenant is None:
            return
        wanted = tenant, self._session.jobs.revision
        if self._history_of == wanted and self._history is not None:
            return
        try:
            history = tuple(await self._session.past.of_tenant(tenant))
        except Problem as problem:
            self._session_says(problem)
            return
        if tenant == self.shown:
            self._history, self._history_of = history, wanted
            self.tell(whole_screen=whole_screen)

    async def ask_why(self, tenant: TenantId) -> None:
        """Ask the services about a tenant and keep what they say."""
        diagnosis = await self._session.inspection.why(tenant)
        if (row := self._session.fleet.row(tenant)) is not None:
            if len(self._answers) >= KEPT_ANSWERS:
                self._answers.clear()
            self._answers[tenant] = (row, diagnosis)

    def _answer(self, row: TenantRow) -> Diagnosis | None:
        """What the services said, as long as nothing has become of the tenant since."""
        about, diagnosis = self._answers.get(row.id, (None, None))
        return diagnosis if about is row else None

    def _diagnosis(self, row: TenantRow) -> Diagnosis:
        """What the services said; else what is stored says at once."""
        return self._answer(row) or self._session.inspection.verdict(row.id)

    def answered_problem(self, row: TenantRow | None) -> Problem | None:
        """The raw problem the services named when they were asked about the tenant."""
        diagnosis = self._answer(row) if row is not None else None
        return diagnosis.problem if diagnosis is not None else None

    def _session_says(self, problem: Problem) -> None:
        """The journal cannot be read: shown in the place of the history."""
        self._history = ()
        self.panel.tell(said([Cell(f" ! {problem.message}", Tone.WARN)]), self.panel.parts)

    def text(self) -> str:
        """All of it, for the pager."""
        row = self.row
        if row is None:
            return ""
        found = parts(
            row,
            self._list.seen,
            self._diagnosis(row),
            100,
            history=self._history or (),
            prune=self._session.profile.prune,
        )
        return f"{tenant_name(row)}\n\n{plain(found)}"
