"""Who gets into a tenant: each role of a user, or of two, with its path or what would fix it."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from cipp_tui.domain.gdap_verdicts import RoleVerdict, Trace, UserVerdicts, Verdict
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.export import Table
from cipp_tui.screens.framed import FramedScreen, hint, spread
from cipp_tui.screens.trace_parts import DetailSheet, UserLine, detail_block, trace_table
from cipp_tui.services.advice import Surface, advise
from cipp_tui.services.session import Session
from cipp_tui.services.trace_words import (
    both_fixes,
    brief,
    counts_brief,
    counts_words,
    detail,
    short_names,
    state_words,
    traced_words,
    verdict_words,
    warnings,
)
from cipp_tui.widgets.action_lookup import BY_ID
from cipp_tui.widgets.action_spec import Place
from cipp_tui.widgets.bindings import bindings
from cipp_tui.widgets.cells import Cell, Head, Line, Tone, cut
from cipp_tui.widgets.fleet_table import FleetTable
from cipp_tui.widgets.hint_bar import Hint
from cipp_tui.widgets.lines import Pieces, TextBlock
from cipp_tui.widgets.words import clock_time

TONES: Final = {
    Verdict.ACCESS: Tone.GOOD,
    Verdict.NOT_MEMBER: Tone.WARN,
    Verdict.NOT_ASSIGNED: Tone.WARN,
    Verdict.NOT_THERE: Tone.BAD,
    Verdict.UNKNOWN: Tone.URGENT,
}
FIRST, SECOND = "trace-user", "trace-user-2"
"""Under which names the users asked last are remembered."""

_ROLE: Final = 40
_ROLE_NARROW: Final = 32
_WIDE_FROM: Final = 120
_DETAIL_MOST: Final = 8


class TraceScreen(FramedScreen):
    """Asks for a user where none is remembered, else traces at once; esc cancels the reading."""

    PLACES: ClassVar[tuple[Place, ...]] = (Place.ANY, Place.TABLE, Place.TRACE)
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(BY_ID[name] for name in ("trace.user", "trace.second", "view.reload"))
    ]
    SUBJECT: ClassVar[str] = "gdap trace"

    def __init__(self, session: Session, tenant: TenantId) -> None:
        super().__init__(session)
        self.tenant = tenant
        row = session.fleet.row(tenant)
        self.tenant_name = row.tenant.name if row is not None else tenant
        self.users = [session.remembered(FIRST), session.remembered(SECOND)]
        self.found: Trace | None = None
        self._reading = ""
        self._problem: Problem | None = None
        self._fresh = True
        self._asked: str = FIRST

    def acts(self) -> dict[str, Callable[[], object]]:
        return {
            **super().acts(),
            "trace.user": self.ask_user,
            "trace.second": self.ask_second,
            "view.reload": self.trace,
        }

    # -- the frame ----------------------------------------------------------------------------
    def above(self) -> ComposeResult:
        yield UserLine(id="user-line")

    def below(self) -> ComposeResult:
        yield TextBlock(id="detail")

    def on_mount(self) -> None:
        if self.users[0]:
            self.trace()
        else:
            self.call_after_refresh(self.ask_user)

    def on_resize(self) -> None:
        room = self.size.height - 12  # the frame, the heads and a few roles come first
        self.query_one("#detail").styles.height = max(0, min(_DETAIL_MOST, room))
        super().on_resize()

    # -- asking -------------------------------------------------------------------------------
    def ask_user(self) -> None:
        """Whom to trace. The signed-in user is proposed where nobody was traced yet."""
        self._ask(FIRST, "User", self.users[0] or self.session.signing.user or "")

    def ask_second(self) -> None:
        """With whom to compare; nobody, when the field is emptied."""
        if self.users[0]:
            self._ask(SECOND, "Compare with", self.users[1])
        else:
            self.ask_user()

    def _ask(self, name: str, label: str, value: str) -> None:
        self._asked = name
        self.query_one(UserLine).ask(label, value)

    @on(UserLine.Given)
    def _given(self, event: UserLine.Given) -> None:
        self.table.focus()
        if self._asked == FIRST and not event.text:
            self.refuse("Trace: write the name of a user, as in kim@example.com.")
            return
        self.users[self._asked == SECOND] = event.text
        self.session.remember(self._asked, event.text)
        self.trace()

    @on(UserLine.Left)
    def _left(self) -> None:
        self.table.focus()
        if not self.users[0]:
            self.do_back()

    # -- tracing ------------------------------------------------------------------------------
    @work(group="trace", exclusive=True)
    async def trace(self) -> None:
        """Read everything anew."""
        self.found, self._problem = None, None
        self._hear("Reading")
        asked = list(dict.fromkeys(user for user in self.users if user))
        try:
            self.found = await self.session.inspection.trace(self.tenant, asked, self._hear)
        except Problem as problem:
            self._problem = problem
        self._hear("")

    def _hear(self, words: str) -> None:
        self._reading = words
        self._fresh = True

    def look(self) -> None:
        if not self._fresh:
            return
        self._fresh = False
        judged = self.found is not None and self._judged(self.found)
        self.table.show(list(self.found.roles) if self.found is not None and judged else [])
        self.table.say_empty(self._nothing_words())
        self.table.choose_columns()
        self.write_lines()
        self._tell_detail()

    def _nothing_words(self) -> str:
        if self._problem is not None:
            return "It could not be traced."
        if self.found is not None:
            return "; ".join(state_words(user) for user in self.found.users)
        return f"{self._reading}…" if self._reading else "u asks for a user."

    @staticmethod
    def _judged(found: Trace) -> list[UserVerdicts]:
        return [user for user in found.users if user.roles]

    # -- what it says -------------------------------------------------------------------------
    def heads(self, width: int) -> list[Head]:
        users = self._judged(self.found) if self.found is not None else []
        if len(users) < 2:
            role = _ROLE if width >= _WIDE_FROM else _ROLE_NARROW
            columns = [
                ("role", "Role", role),
                ("verdict", "Verdict", 16),
                ("why", "Path, or what to do", 20),
            ]
            return spread(columns, width, "why")
        each = 24 if width >= _WIDE_FROM else 17
        names = enumerate(short_names(users))
        by_user = [(f"user{place}", cut(name, each - 1), each) for place, name in names]
        role = _ROLE if width >= _WIDE_FROM else _ROLE_NARROW
        return spread([("role", "Role", role), *by_user, ("why", "What to do", 8)], width, "why")

    def draw(self, key: str) -> Line:
        found = self.found
        pairs = self._of_role(key)
        if found is None or not pairs:
            return Line([])
        name = found.role_names[pairs[0][1].role]
        narrow = self.table.size.width < _WIDE_FROM
        cells = [Cell(name.replace(" Administrator", " Admin") if narrow else name)]
        for user, one in pairs:
            words = verdict_words(user, one)
            cells.append(Cell(words, Tone.WARN if "disabled" in words else TONES[one.verdict]))
        if len(pairs) == 1:
            return Line([*cells, Cell(brief(found, *pairs[0]))])
        return Line([*cells, Cell(both_fixes(pairs))])

    def _of_role(self, key: str | None) -> list[tuple[UserVerdicts, RoleVerdict]]:
        if self.found is None:
            return []
        return [
            (user, one)
            for user in self._judged(self.found)
            for one in user.roles
            if one.role == key
        ]

    def title_pieces(self) -> tuple[Pieces, Pieces]:
        return [Cell(" Trace", Tone.STRONG), Cell(f": who gets into {self.tenant_name}?")], [
            Cell("esc back ")
        ]

    def view_pieces(self) -> tuple[Pieces, Pieces]:
        users = " and ".join(user for user in self.users if user) or "(none)"
        counts: list[Cell] = []
        if self.found is not None and len(judged := self._judged(self.found)) == 1:
            tell = counts_words if self.size.width >= _WIDE_FROM else counts_brief
            counts = [Cell(f"{tell(judged[0])} ")]
        return [Cell(" User  "), Cell(users, Tone.STRONG)], counts

    def standing_words(self) -> tuple[Pieces, Pieces] | None:
        if self._reading:
            return [Cell(f" {self._reading}…", Tone.BUSY)], [Cell("esc cancels ")]
        if self.found is None:
            return None
        at = [Cell(f"{clock_time(self.found.at)} ")]
        if told := list(warnings(self.found)):
            entered = len(told) > 1 and self._judged(self.found)
            more = f"{len(told) - 1} more: enter  " if entered else ""
            return [Cell(f" ! {told[0]}", Tone.WARN)], [Cell(more), *at]
        return [Cell(f" + {traced_words(self.found)}", Tone.GOOD)], at

    def hints(self) -> list[Hint]:
        return [
            hint("trace.user"),
            hint("trace.second"),
            Hint("enter", "Whole path", 6),
            hint("view.copy"),
            hint("view.export"),
            hint("app.help"),
            Hint("esc", "Back", 1),
        ]

    # -- one role -----------------------------------------------------------------------------
    @on(FleetTable.Moved)
    def _moved(self) -> None:
        self._tell_detail()

    def _tell_detail(self) -> None:
        block = self.query_one("#detail", TextBlock)
        title, lines = self._detail()
        block.say_lines(detail_block(title, lines, block.size.width, block.size.height))

    def _detail(self) -> tuple[str, Sequence[str]]:
        if (problem := self._problem) is not None:
            advice = advise(problem)
            raw = " ".join(filter(None, (problem.code, problem.request_id)))
            return advice.headline, [problem.message, advice.next_step(Surface.SCREEN), raw]
        found, pairs = self.found, self._of_role(self.table.cursor_key)
        if found is None or not pairs:
            return "", []
        lines = [line for user, one in pairs for line in detail(found, user, one)]
        return found.role_names[pairs[0][1].role], lines

    def enter(self, key: str) -> None:
        title, lines = self._detail()
        more = list(warnings(self.found)) if self.found is not None else []
        self.app.push_screen(DetailSheet(title, [*lines, *more], clock=self.session.clock))

    def copyable(self, key: str) -> Mapping[str, str]:
        title, lines = self._detail()
        return {"n": title, "i": key, "r": "\n".join([title, *lines])}

    def table_now(self) -> Table:
        return trace_table(self.found, self.tenant_name)
