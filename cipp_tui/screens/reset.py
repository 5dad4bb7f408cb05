"""The sheet before access is taken away and given back: pre-flight, typed name or number."""

import asyncio

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Static

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.permissions import Verdict
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.dialog import Choice, Choices, Dialog, Field, line
from cipp_tui.screens.preflights import CHECKING, Standing, ready_words, take_and_give
from cipp_tui.services.session import Session
from cipp_tui.services.suits import Selection
from cipp_tui.widgets.cells import cut
from cipp_tui.widgets.words import tenants

AT_MOST = 50
AT_ONCE = 4
"""Pre-flights under way at the same time."""

_LEFT_OUT_SHOWN = 8


class ResetSheet(Dialog[tuple[TenantId, ...] | None]):
    """Shows what a reset takes and gives, checks that it can give, and asks for a typed answer."""

    AUTO_FOCUS = "#typed"

    def __init__(self, session: Session, selection: Selection) -> None:
        self.rows = selection.taken
        self.one = self.rows[0] if len(self.rows) == 1 else None
        whom = self.one.tenant.name if self.one is not None else tenants(len(self.rows))
        super().__init__(f"RESET {whom}", clock=session.clock)
        self.add_class("-danger", "-one" if self.one is not None else "-several")
        self.session = session
        self.selection = selection
        self.standings: dict[TenantId, Standing] = {row.id: Standing() for row in self.rows}
        self.too_many = len(self.rows) > AT_MOST

    # -- what it says -------------------------------------------------------------------------
    def body(self) -> ComposeResult:
        if self.too_many:
            yield line(
                f"At most {AT_MOST} tenants can be reset in one go; {len(self.rows):,} are marked."
            )
        elif self.one is not None:
            yield from self._body_of_one()
        else:
            yield from self._body_of_several()

    def _body_of_one(self) -> ComposeResult:
        yield line("Takes away, then gives back, our app's access to this customer.", classes="gap")
        yield line("Taken away  reading what it holds…", id="taken")
        yield line("Given back  reading…", id="given")
        yield line(
            "No access   about 1 minute; scheduled work on it will fail meanwhile", classes="gap"
        )
        yield line("Checked     checking…", id="checks")
        yield line("If this program dies half-way, access is given back at the next start.")
        yield line("Cannot be undone. A plain refresh (r) is enough for most errors.")

    def _body_of_several(self) -> ComposeResult:
        yield line(
            "Takes away, then gives back, our app's access to each of these customers:",
            classes="gap",
        )
        for row in self.rows:
            yield TenantLine(row)
        for out in self.selection.left_out[:_LEFT_OUT_SHOWN]:
            yield TenantLine(out.row, Standing(left_out=out.reason))
        rest = len(self.selection.left_out) - _LEFT_OUT_SHOWN
        if rest > 0:
            yield line(f"  and {rest:,} more that a reset does not fit")

    def question(self) -> ComposeResult:
        if self.one is None and not self.too_many:
            yield line("", id="canary", classes="gap-above")
            yield line(
                "The job stops by itself when 2 in a row fail. "
                "Access that was taken is always given back."
            )
        if not self.too_many:
            yield Label(Content(self._asks()), id="asks", classes="gap-above", markup=False)
            yield Field(id="typed", room=68)
            yield Choices(Choice(self._verb(), id="yes", classes="acting", disabled=True))
        else:
            yield Choices()

    def on_mount(self) -> None:
        if self.too_many:
            self.query_one("#cancel").focus()
            return
        self._show()
        self._check_all()
        if self.one is not None:
            self._count(self.one)

    # -- what is checked ----------------------------------------------------------------------
    @work(group="preflight")
    async def _check_all(self) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def check(row: TenantRow) -> None:
            async with gate:
                self.standings[row.id] = await self._checked(row)
                self._show()

        async with asyncio.TaskGroup() as group:
            for row in self.rows:
                group.create_task(check(row))

    async def _checked(self, row: TenantRow) -> Standing:
        try:
            preflight = await self.session.inspection.preflight(row.id)
        except Problem as problem:
            return Standing(left_out=f"could not be checked: {problem.message}")
        checks = tuple((check.words, check.good) for check in preflight.checks)
        if not preflight.good:
            return Standing(checks=checks, left_out=preflight.reason)
        record = row.permissions
        bare = record is not None and record.verdict is Verdict.NO_CONSENT
        return Standing(
            checks=checks, ready=True, note="no consent now: nothing to take away" if bare else ""
        )

    @work(group="counts")
    async def _count(self, row: TenantRow) -> None:
        try:
            comparison = await self.session.inspection.compare(row.id)
        except Problem as problem:
            taken = f"consent, service principal and all it holds (not read: {problem.message})"
            given = "what the partner app asks for, verified by reading"
        else:
            taken, given = take_and_give(comparison.granted, comparison.diff)
        self._say("#taken", f"Taken away  {taken}")
        self._say("#given", f"Given back  {given}")

    # -- showing it ---------------------------------------------------------------------------
    @property
    def ready(self) -> tuple[TenantRow, ...]:
        """Those whose pre-flight is good."""
        return tuple(row for row in self.rows if self.standings[row.id].ready)

    @property
    def checking(self) -> bool:
        return any(standing.checking for standing in self.standings.values())

    def _show(self) -> None:
        if self.one is not None:
            self._say("#checks", self.standings[self.one.id].as_checks())
        else:
            for shown in self.query(TenantLine):
                if shown.tenant in self.standings:
                    shown.show(self.standings[shown.tenant])
            self._say("#canary", self._canary())
        self._say("#asks", self._asks())
        self.query_one("#yes", Choice).say(self._verb())
        if not self.checking and not self.ready and self.query_one("#typed").display:
            self.query_one("#typed").display = False  # there is nothing to agree to
            self.query_one("#cancel").focus()
        self._judge()
        self.call_after_refresh(self.fit)

    def _say(self, where: str, words: str) -> None:
        self.query_one(where, Static).update(Content(words))

    def _canary(self) -> str:
        if self.checking:
            return "Checking whether each of them can be given its access back…"
        if not self.ready:
            return "None of them can be reset now."
        first, *rest = self.ready
        alone = f"First {first.tenant.label} alone. Only when it is verified"
        match len(rest):
            case 0:
                return f"Only {first.tenant.label} can be reset now."
            case 1:
                return f"{alone} does {rest[0].tenant.label} follow."
            case more:
                return f"{alone} do the other {more} follow, two at a time."

    def _verb(self) -> str:
        return "Reset" if self.one is not None else f"Reset {len(self.ready)}"

    # -- what is typed ------------------------------------------------------------------------
    def _asks(self) -> str:
        if not self.checking and not self.ready:
            return "Nothing is reset."
        if self.one is None:
            return f"Type  reset {len(self.ready)}  to go on:"
        domain = self.one.tenant.default_domain
        if domain is None:
            return f"Type {self.one.id[:8]} (how its tenant id begins) to go on:"
        return f"Type {domain} (or the tenant's name) to go on:"

    def _accepted(self) -> set[str]:
        """What counts as consent; never an empty text."""
        if self.one is None:
            words = {f"reset {len(self.ready)}"} if self.ready else set()
        else:
            tenant = self.one.tenant
            words = {tenant.default_domain or self.one.id[:8], tenant.name}
        return {word.strip().casefold() for word in words if word.strip()}

    def _right(self) -> bool:
        typed = " ".join(self.query_one("#typed", Field).value.split()).casefold()
        accepted = {" ".join(word.split()) for word in self._accepted()}
        return not self.checking and bool(self.ready) and typed in accepted

    @on(Input.Changed, "#typed")
    def _judge(self) -> None:
        self.query_one("#yes", Choice).disabled = not self._right()

    @on(Input.Submitted, "#typed")
    @on(Choice.Chosen, "#yes")
    def _go(self) -> None:
        if self._right():
            self.dismiss(tuple(row.id for row in self.ready))


class TenantLine(Horizontal):
    """`contoso.com   + ready   no consent now`; the reason wraps in its own column."""

    def __init__(self, row: TenantRow, standing: Standing = CHECKING) -> None:
        super().__init__(classes="tenant-line")
        self.tenant = row.id
        self._label = row.tenant.label
        self._standing = standing

    def compose(self) -> ComposeResult:
        yield line(cut(self._label, 35), classes="label")
        yield line("", classes="verdict")
        yield line("", classes="note")

    def on_mount(self) -> None:
        self.show(self._standing)

    def show(self, standing: Standing) -> None:
        """How the tenant's pre-flight stands."""
        verdict, note = ready_words(standing)
        self.query_one(".verdict", Static).update(Content(verdict))
        self.query_one(".note", Static).update(Content(note))
