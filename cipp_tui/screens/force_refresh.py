"""The sheet before the tenant list is read again."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.screens.dialog import Choice, Choices, Dialog, Field, line
from cipp_tui.screens.options import Option
from cipp_tui.screens.words import on_day
from cipp_tui.services.session import Session
from cipp_tui.widgets.words import tenants

Kind = Literal["all", "one", "failing"]
_KINDS: Final[tuple[Kind, ...]] = ("all", "one", "failing")


@dataclass(frozen=True, slots=True)
class ForceRefreshChoice:
    """What to read again. `tenant`: the id of a known one, else the domain or id as typed."""

    kind: Kind
    tenant: str = ""


class ForceRefreshSheet(Dialog[ForceRefreshChoice | None]):
    """Asks whether to read all tenants, one, or the failing ones."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__("Read the tenant list again", clock=session.clock)
        self.session = session
        self.kind: Kind = "all"
        self._known: KnownNames | None = None

    def body(self) -> ComposeResult:
        yield Option("all", f"All tenants       {self._asks_whom()}")
        with Horizontal(classes="field"):
            yield Option("one", "One tenant        domain or tenant id: ", focusable=False)
            yield Field(id="tenant", room=26)
        yield line("", id="found")
        failing = self.session.fleet.counts().failing
        words = f"Failing tenants   {failing:,}, and sets their failure count back"
        yield Option("failing", words)
        yield line(
            "The list you see stays while it runs. Exclusions are never touched.",
            classes="gap-above",
        )
        yield line(self._last_read())

    def _asks_whom(self) -> str:
        if self.session.profile.backend == "cipp":
            return "asks the CIPP server to read all of them anew"
        return "asks Partner Center and Graph anew"

    def _last_read(self) -> str:
        fleet, reading = self.session.fleet, self.session.listing.reading
        if fleet.read_at is None:
            return "The whole list has not been read yet."
        at = on_day(fleet.read_at, self.session.clock.now())
        news = "" if reading.running else f", {reading.words}"
        return f"Last full read: {at}, {tenants(len(fleet))}{news}."

    def question(self) -> ComposeResult:
        yield Static("", id="missing", classes="wrong", markup=False)
        yield Choices(Choice("Read again", id="yes"))

    def hints(self) -> list[tuple[str, str]]:
        return [("enter", "on a button"), ("tab", "Next"), ("esc", "Cancel")]

    def on_mount(self) -> None:
        self._pick("all")
        self.query_one("#failing").disabled = self.session.fleet.counts().failing == 0

    # -- what is picked -----------------------------------------------------------------------
    def _pick(self, kind: Kind) -> None:
        self.kind = kind
        for option in self.query(Option):
            option.mark(option.kind == kind)

    @on(Option.Picked)
    def _picked(self, event: Option.Picked) -> None:
        for kind in _KINDS:
            if event.option.kind == kind:
                self._pick(kind)

    @on(events.DescendantFocus, "#tenant")
    def _field_focused(self) -> None:
        self._pick("one")

    @on(Input.Changed, "#tenant")
    def _typed(self, event: Input.Changed) -> None:
        if self._known is None:
            self._known = KnownNames(self.session.fleet.rows())
        self.query_one("#found", Static).update(
            Content(" " * 22 + self._known.words(event.value)), layout=False
        )

    @on(Input.Submitted, "#tenant")
    @on(Choice.Chosen, "#yes")
    def _go(self) -> None:
        if self.kind != "one":
            self.dismiss(ForceRefreshChoice(self.kind))
            return
        typed = self.query_one("#tenant", Field).value.strip()
        known = self._known.one(typed) if self._known is not None else None
        if known is not None:
            self.dismiss(ForceRefreshChoice("one", known.id))
        elif looks_like_a_tenant(typed):
            self.dismiss(ForceRefreshChoice("one", typed.lower()))
        else:
            words = "Type a whole domain or a tenant id."
            self.query_one("#missing", Static).update(Content(words), layout=False)
            self.query_one("#tenant").focus()


class KnownNames:
    """Every name, domain and id of the fleet, to look one up while it is being typed."""

    def __init__(self, rows: Sequence[TenantRow]) -> None:
        by_word: dict[str, TenantRow] = {}
        for row in rows:
            tenant = row.tenant
            for word in (tenant.name, *tenant.domains, tenant.default_domain or "", tenant.id):
                by_word.setdefault(word.strip().casefold(), row)
        by_word.pop("", None)
        self._by_word = by_word
        self._words = sorted(by_word)

    def one(self, text: str) -> TenantRow | None:
        """The tenant that is called exactly so."""
        return self._by_word.get(text.strip().casefold())

    def words(self, text: str) -> str:
        """What to say beside the field."""
        wanted = text.strip().casefold()
        if not wanted:
            return ""
        row = self._by_word.get(wanted)
        if row is not None:
            return row.tenant.name or row.tenant.label
        place = bisect_left(self._words, wanted)
        if place < len(self._words) and self._words[place].startswith(wanted):
            first = self._by_word[self._words[place]].tenant
            return f"{first.name or first.label}?"
        if looks_like_a_tenant(wanted):
            return "not in the list; it is asked for all the same"
        return "no known tenant begins so"


def looks_like_a_tenant(text: str) -> bool:
    """Whether it could be a domain or a tenant id at all."""
    word = text.strip()
    if not word or any(sign.isspace() for sign in word):
        return False
    hexadecimal = word.replace("-", "").lower()
    is_id = len(word) == 36 and len(hexadecimal) == 32 and not hexadecimal.strip("0123456789abcdef")
    return is_id or ("." in word.strip(".") and "/" not in word and "@" not in word)
