"""The palette: every command, every tenant, every theme and profile, by a few letters."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from textual import work

from cipp_tui.domain.text import folded
from cipp_tui.screens.dialog import Field
from cipp_tui.screens.list_dialog import Entry, ListDialog
from cipp_tui.services.filter import haystack
from cipp_tui.services.session import Session
from cipp_tui.widgets.action_spec import ActionSpec
from cipp_tui.widgets.cells import Cell, Head, Tone, cut
from cipp_tui.widgets.keymap import DEFAULT, Keymap

ROWS: Final = 8
KEY_WIDTH: Final = 18

Kind = Literal["action", "tenant", "theme", "profile", "files"]


@dataclass(frozen=True, slots=True)
class PaletteChoice:
    """What was chosen; `value`: id of an action or tenant, name of a theme or profile."""

    kind: Kind
    value: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that can be chosen."""

    choice: PaletteChoice
    words: str  # what is searched
    beside: str = ""  # its key, or the domain
    why_off: str = ""


def likeness(query: str, text: str) -> int:
    """How well a text fits what was typed; 0: not at all. Both folded.

    Words that begin so count most, then parts of words, then the letters in their order from the
    beginning of a word on.
    """
    words = text.split()
    score = 0
    for typed in query.split():
        if any(word.startswith(typed) for word in words):
            score += 100
        elif typed in text:
            score += 50
        elif any(_in_order(typed, text[start:]) for start in _beginnings(text)):
            score += 10
        else:
            return 0
    return score + (20 if text.startswith(query) else 0)


def _beginnings(text: str) -> list[int]:
    """Where words begin."""
    return [place for place in range(len(text)) if place == 0 or text[place - 1] == " "]


def _in_order(letters: str, text: str) -> bool:
    if not text.startswith(letters[0]):
        return False
    place = 0
    for letter in letters:
        place = text.find(letter, place) + 1
        if place == 0:
            return False
    return True


class Palette(ListDialog[PaletteChoice | None]):
    """Actions of the screen first, then the rest; greyed with the reason when off.

    `labels` says an action in other words ("Refresh CPV permissions, 3 marked"). An action that is
    off can still be chosen: it then says why it does nothing.
    """

    def __init__(
        self,
        session: Session,
        specs: Sequence[ActionSpec],
        reasons: Mapping[str, str],
        *,
        labels: Mapping[str, str] | None = None,
        themes: Sequence[str] = (),
        profiles: Sequence[str] = (),
        keymap: Keymap = DEFAULT,
    ) -> None:
        super().__init__("Commands", clock=session.clock)
        self.session = session
        self._commands = [
            *(_of_action(spec, reasons, labels or {}, keymap) for spec in specs if spec.palette),
            *(Command(PaletteChoice("theme", name), f"Theme: {name}") for name in themes),
            *(Command(PaletteChoice("profile", name), f"Profile: {name}") for name in profiles),
            Command(PaletteChoice("files"), "Where are my files?"),
        ]
        self._texts = [folded(command.words) for command in self._commands]
        self._tenants: list[tuple[str, str, str, str]] = []  # text, id, name, domain
        self._shown: dict[str, PaletteChoice] = {}

    def on_mount(self) -> None:
        self._prepare()

    @work(group="prepare")
    async def _prepare(self) -> None:
        """Make the tenants ready to be searched, beside the event loop."""
        rows = self.session.fleet.rows()
        self._tenants = await asyncio.to_thread(
            lambda: [
                (haystack(row), row.id, row.tenant.name, row.tenant.default_domain or "")
                for row in rows
            ]
        )
        self.search(self.query_one("#search", Field).value)

    def hints(self) -> list[tuple[str, str]]:
        return [("enter", "Run"), ("esc", "Close")]

    def heads(self, width: int) -> list[Head]:
        return [
            Head("words", "", max(1, width - KEY_WIDTH - 2)),
            Head("beside", "", KEY_WIDTH),
        ]

    def entries(self, query: str) -> list[Entry]:
        wanted = folded(query.removeprefix(":"))
        found = self._found_commands(wanted)
        if len(found) < ROWS and wanted:
            found += self._found_tenants(wanted, ROWS - len(found))
        found = found[:ROWS]
        self._shown = {str(place): command.choice for place, command in enumerate(found)}
        return [_entry(str(place), command) for place, command in enumerate(found)]

    def _found_commands(self, wanted: str) -> list[Command]:
        if not wanted:
            return self._commands[:ROWS]
        scored = [
            (likeness(wanted, text), -place, command)
            for place, (text, command) in enumerate(zip(self._texts, self._commands, strict=True))
        ]
        best = sorted((entry for entry in scored if entry[0]), key=lambda entry: entry[:2])
        room = ROWS if not self._found_tenants(wanted, 1) else ROWS - 2
        return [command for _, _, command in reversed(best)][:room]

    def _found_tenants(self, wanted: str, room: int) -> list[Command]:
        first, *rest = wanted.split()
        found = []
        for text, tenant, name, domain in self._tenants:
            if first in text and all(word in text for word in rest):
                words = f"Go to tenant: {name or domain or tenant}"
                found.append(Command(PaletteChoice("tenant", tenant), words, domain))
                if len(found) == room:
                    break
        return found

    def chosen(self, key: str) -> None:
        self.dismiss(self._shown[key])


def _of_action(
    spec: ActionSpec, reasons: Mapping[str, str], labels: Mapping[str, str], keymap: Keymap
) -> Command:
    words = labels.get(spec.id, spec.label)
    choice = PaletteChoice("action", spec.id)
    return Command(choice, words, keymap.key(spec), reasons.get(spec.id, ""))


def _entry(key: str, command: Command) -> Entry:
    beside = Cell(cut(command.beside, KEY_WIDTH - 1), Tone.STRONG)
    if command.why_off:
        return Entry(key, [Cell(f"{command.words}: {command.why_off}", Tone.MUTED), beside])
    return Entry(key, [Cell(command.words), beside])
