"""Every key of a screen, what it does, and which are off now and why."""

from collections.abc import Mapping, Sequence
from typing import Final

from cipp_tui.domain.clock import SYSTEM, Clock
from cipp_tui.domain.text import folded
from cipp_tui.screens.dialog import Field
from cipp_tui.screens.list_dialog import Entry, ListDialog
from cipp_tui.widgets.action_lookup import by_group
from cipp_tui.widgets.action_spec import ActionSpec
from cipp_tui.widgets.cells import Cell, Head, Tone
from cipp_tui.widgets.keymap import DEFAULT, Keymap

_LABELS_FROM: Final = 100


class HelpScreen(ListDialog[str | None]):
    """Answers the id of an action to run."""

    PROMPT = "/ "

    def __init__(
        self,
        title: str,
        specs: Sequence[ActionSpec],
        reasons: Mapping[str, str],
        *,
        keymap: Keymap = DEFAULT,
        clock: Clock = SYSTEM,
    ) -> None:
        super().__init__(f"Keys on {title}", clock=clock)
        self.specs = specs
        self.reasons = reasons
        self.keymap = keymap

    def hints(self) -> list[tuple[str, str]]:
        return [("type", "to search"), ("enter", "Run"), ("esc", "Close")]

    def heads(self, width: int) -> list[Head]:
        keys = Head("keys", "Key", 14)
        if width < _LABELS_FROM:
            return [keys, Head("help", "Does", max(1, width - 16))]
        return [keys, Head("label", "", 24), Head("help", "Does", max(1, width - 40))]

    def entries(self, query: str) -> list[Entry]:
        words = folded(query.lstrip("/")).split()
        specs = [spec for spec in self.specs if self._holds(spec, words)]
        found: list[Entry] = []
        for group, members in by_group(specs).items():
            found.append(Entry("", [Cell(group, Tone.STRONG)]))
            found += [self._entry(spec) for spec in members]
        off = [spec for spec in specs if spec.id in self.reasons]
        if off:
            found.append(Entry("", [Cell("Off now", Tone.STRONG)]))
            found += [self._off(spec) for spec in off]
        return found

    def _holds(self, spec: ActionSpec, words: Sequence[str]) -> bool:
        text = folded(f"{self._keys(spec)} {spec.label} {spec.help} {spec.id}")
        return all(word in text for word in words)

    def _keys(self, spec: ActionSpec) -> str:
        return self.keymap.keys.get(spec.id, spec.keys).replace(",", " ")

    def _entry(self, spec: ActionSpec) -> Entry:
        tone = Tone.MUTED if spec.id in self.reasons else Tone.PLAIN
        return self._line(spec, spec.id, spec.help, tone)

    def _off(self, spec: ActionSpec) -> Entry:
        return self._line(spec, f"off {spec.id}", self.reasons[spec.id], Tone.WARN)

    def _line(self, spec: ActionSpec, key: str, words: str, tone: Tone) -> Entry:
        cells = [Cell(f"  {self._keys(spec)}", Tone.STRONG)]
        if len(self.heads(self.table.size.width)) == 3:
            cells.append(Cell(spec.label, tone))
        return Entry(key, [*cells, Cell(words, tone)])

    def on_resize(self) -> None:
        self.search(self.query_one("#search", Field).value)

    def chosen(self, key: str) -> None:
        self.dismiss(key.removeprefix("off "))
