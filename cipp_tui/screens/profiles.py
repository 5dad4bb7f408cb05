"""The profiles of the config file: use another one, sign in, check the one in use."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from cipp_tui.domain.problems import Problem
from cipp_tui.screens.export import Table, cells
from cipp_tui.screens.framed import FramedScreen, hint, spread
from cipp_tui.screens.going import GoToProfile
from cipp_tui.screens.sign_in import SignInSheet
from cipp_tui.services.advice import Surface, advise
from cipp_tui.services.session import Session
from cipp_tui.services.views import ProfileLine, SignInState
from cipp_tui.widgets.action_spec import Place
from cipp_tui.widgets.cells import Cell, Head, Line, Tone
from cipp_tui.widgets.dock import rule
from cipp_tui.widgets.hint_bar import Hint
from cipp_tui.widgets.lines import Pieces, TextBlock, said
from cipp_tui.widgets.words import list_age, tenants

_NARROW = (
    ("name", "Name", 14),
    ("backend", "Backend", 9),
    ("where", "Where", 28),
    ("mode", "Mode", 12),
    ("sign-in", "Sign-in", 13),
)
_WIDE = (
    ("name", "Name", 18),
    ("backend", "Backend", 10),
    ("where", "Where", 44),
    ("mode", "Mode", 14),
    ("sign-in", "Sign-in", 22),
    ("seen", "Last seen", 30),
)
_WIDE_FROM = 130


class ProfilesScreen(FramedScreen):
    """One program works on one profile; enter leaves this one for another."""

    SUBJECT: ClassVar[str] = "profiles"
    PLACES: ClassVar[tuple[Place, ...]] = (Place.ANY, Place.TABLE)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sign_in", "Sign in", show=False),
        Binding("c", "check", "Check", show=False),
    ]

    def __init__(
        self, session: Session, lines: Sequence[ProfileLine] = (), config_path: str = ""
    ) -> None:
        super().__init__(session)
        profile = session.profile
        here = ProfileLine(
            name=profile.name,
            backend=profile.backend,
            where="the built-in simulator" if profile.backend == "demo" else "",
            read_only=profile.read_only,
        )
        self.lines = {line.name: line for line in lines} or {here.name: here}
        self.lines.setdefault(here.name, here)
        self.config_path = config_path
        self._state: object = None
        self._checks: list[Cell] = []

    def below(self) -> ComposeResult:
        yield TextBlock(id="checks")

    def on_mount(self) -> None:
        self.table.show(list(self.lines))
        self.table.go_to(self.session.profile.name)

    def look(self) -> None:
        state = (
            self.session.signing.state,
            len(self.session.fleet),
            self.session.listing.reading.running,
        )
        if state != self._state:
            self._state = state
            self.table.put([self.session.profile.name])
            self.write_lines()

    # -- what it says -------------------------------------------------------------------------
    def heads(self, width: int) -> list[Head]:
        return spread(_WIDE if width >= _WIDE_FROM else _NARROW, width, "where")

    def draw(self, key: str) -> Line:
        line = self.lines[key]
        mode = "read-only" if line.read_only else "read-write"
        return Line(
            [
                Cell(line.name, Tone.STRONG if self._in_use(key) else Tone.PLAIN),
                Cell(line.backend),
                Cell(line.where),
                Cell(mode),
                self._sign_in_cell(line),
                Cell(self._last_seen() if self._in_use(key) else ""),
            ]
        )

    def _in_use(self, name: str) -> bool:
        return name == self.session.profile.name

    def _sign_in_cell(self, line: ProfileLine) -> Cell:
        if line.problem:
            return Cell("! not usable", Tone.WARN)
        if not self._in_use(line.name):
            return Cell("")
        match self.session.signing.state:
            case SignInState.SIGNED_IN:
                return Cell("signed in" if line.backend != "demo" else "ready")
            case SignInState.UNKNOWN:
                return Cell("asking…")
            case SignInState.NEEDED | SignInState.PENDING:
                return Cell("! sign in", Tone.WARN)

    def _last_seen(self) -> str:
        fleet = self.session.fleet
        age = list_age(fleet.read_at, self.session.clock.now()) if fleet.read_at else ""
        if not age:
            return tenants(len(fleet))
        return f"{tenants(len(fleet))}, list {'read now' if age == 'now' else f'{age} old'}"

    def title_pieces(self) -> tuple[Pieces, Pieces]:
        left = [Cell(" cipp-tui", Tone.STRONG), Cell("    Profiles")]
        return left, [Cell(f"from {self.config_path} " if self.config_path else "")]

    def view_pieces(self) -> tuple[Pieces, Pieces]:
        words = " One program works on one profile; job history and marks belong to it."
        return [Cell(words)], []

    def hints(self) -> list[Hint]:
        return [
            Hint("enter", "Use", 2),
            Hint("s", "Sign in", 3),
            Hint("c", "Check", 4),
            hint("view.copy"),
            hint("app.help"),
            Hint("q", "Back", 1),
        ]

    # -- keys ---------------------------------------------------------------------------------
    def enter(self, key: str) -> None:
        line = self.lines[key]
        if self._in_use(key):
            self.refuse(f"{key} is in use already.")
        elif line.problem:
            self.refuse(f"{key}: {line.problem}")
        elif self.session.owed:
            self.refuse("Access is owed: it is given back before this profile is left.")
        else:
            self.post_message(GoToProfile(key))

    def action_sign_in(self) -> None:
        key = self.table.cursor_key
        if key is not None and not self._in_use(key):
            self.refuse(f"Use {key} first (enter), then sign in; or run: cipp-tui login {key}")
        elif self.session.signing.state is SignInState.SIGNED_IN:
            self.refuse(f"Signed in already, as {self.session.signing.user}.")
        else:
            self.app.push_screen(SignInSheet(self.session))

    @work(group="check", exclusive=True)
    async def action_check(self) -> None:
        """Try the profile in use step by step."""
        key = self.table.cursor_key
        if key is None or not self._in_use(key):
            self.refuse(
                f"Only the profile in use can be checked here: cipp-tui profiles check {key}"
            )
            return
        self._checks = []
        self._checked("Checking…", Tone.MUTED)
        try:
            await self.session.ready()
            self._checks = []
            self._checked(f"+ signed in as {self.session.signing.user}")
            wanted = await self.session.inspection.wanted()
            self._checked(f"+ {wanted.app_name}: {wanted.count} permissions wanted")
            for check in await self.session.inspection.own_checks():
                sign, tone = ("+", Tone.PLAIN) if check.good else ("x", Tone.BAD)
                self._checked(f"{sign} {check.words}", tone)
        except Problem as problem:
            advice = advise(problem)
            self._checked(f"x {advice.headline} {advice.next_step(Surface.SCREEN)}", Tone.BAD)

    def _checked(self, words: str, tone: Tone = Tone.PLAIN) -> None:
        self._checks.append(Cell(f" {words}", tone))
        block = self.query_one("#checks", TextBlock)
        title = rule(f"Check of {self.session.profile.name} (c)", "", block.size.width)
        block.say_lines([said([Cell(title)]), *(said([cell]) for cell in self._checks)])

    def copyable(self, key: str) -> Mapping[str, str]:
        return {"n": key, "u": self.config_path}

    def table_now(self) -> Table:
        rows = ((line.name, line.backend, line.where) for line in self.lines.values())
        return Table(("name", "backend", "where"), cells(rows))
