"""The user's own keys: checked by us, because Textual drops a clashing key without a word."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cipp_tui.widgets.action_lookup import BY_ID
from cipp_tui.widgets.action_spec import ActionSpec, Danger, Place
from cipp_tui.widgets.actions import SPECS

NEVER: Final = frozenset(
    f"ctrl+{letter}" for letter in ("a", "b", "h", "i", "j", "m", "q", "s", "z", "space")
)
"""Keys that terminals, tmux and screen keep for themselves."""

_FIXED: Final = frozenset({"app.back", "app.interrupt"})
_TOO_EASY: Final = frozenset({"enter", "space", "escape"})

_NAMES: Final = {
    "esc": "escape",
    "pgdn": "pagedown",
    "pgup": "pageup",
    "return": "enter",
    "/": "slash",
    ":": "colon",
    "?": "question_mark",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "<": "less_than_sign",
    ">": "greater_than_sign",
    "!": "exclamation_mark",
    '"': "quotation_mark",
    "#": "number_sign",
    "$": "dollar_sign",
    "%": "percent_sign",
    "&": "ampersand",
    "'": "apostrophe",
    "(": "left_parenthesis",
    ")": "right_parenthesis",
    "*": "asterisk",
    "+": "plus",
    "-": "minus",
    ".": "full_stop",
    ";": "semicolon",
    "=": "equals_sign",
    "@": "at",
    "\\": "backslash",
    "^": "circumflex_accent",
    "_": "underscore",
    "`": "grave_accent",
    "{": "left_curly_bracket",
    "|": "vertical_line",
    "}": "right_curly_bracket",
    "~": "tilde",
}
"""How an admin writes a key, and how Textual calls it."""


def textual_key(key: str) -> str:
    """Textual's name of a key that is written as in the docs: `?`, `Ctrl+R`, `esc`, `F9`."""
    key = key.strip()
    if len(key) == 1:
        return _NAMES.get(key, key)
    *modifiers, last = key.split("+")
    last = _NAMES.get(last.lower(), last.lower())
    return "+".join([*(modifier.lower() for modifier in modifiers), last])


def textual_keys(keys: str) -> str:
    """The same for several, separated by commas."""
    return ",".join(textual_key(key) for key in keys.split(",") if key.strip())


@dataclass(frozen=True, slots=True)
class Keymap:
    """The keys in force, and what was wrong with the user's wishes."""

    keys: Mapping[str, str]  # by action id, as an admin writes them
    problems: tuple[str, ...] = ()

    def key(self, spec: ActionSpec) -> str:
        """The key to show for an action."""
        return self.keys[spec.id].split(",")[0]

    def for_textual(self) -> dict[str, str]:
        """What `App.set_keymap` takes: only what differs from the defaults."""
        return {
            spec.id: textual_keys(self.keys[spec.id])
            for spec in SPECS
            if self.keys[spec.id] != spec.keys
        }


DEFAULT: Final = Keymap({spec.id: spec.keys for spec in SPECS})


def keymap(wishes: Mapping[str, str]) -> Keymap:
    """The defaults with the user's wishes; a wish that cannot be is named and the default stays."""
    problems: list[str] = []
    keys = {spec.id: spec.keys for spec in SPECS}
    for action, wish in wishes.items():
        reason = _why_not(action, wish)
        if reason is None:
            keys[action] = ",".join(key.strip() for key in wish.split(","))
        else:
            problems.append(reason)
    for action in wishes:
        if action in BY_ID and (other := _clash(action, keys)) is not None:
            key, rival = other
            problems.append(f"{action}: {key} is also the key of {rival}; the default stays")
            keys[action] = BY_ID[action].keys
    return Keymap(keys, tuple(problems))


def _why_not(action: str, wish: str) -> str | None:
    spec = BY_ID.get(action)
    if spec is None:
        return f"{action}: there is no such action (cipp-tui keys lists them)"
    if spec.id in _FIXED:
        return f"{action}: this key cannot be changed"
    wished = [textual_key(key) for key in wish.split(",") if key.strip()]
    if not wished:
        return f"{action}: no key is named"
    for key in wished:
        if key in NEVER:
            return f"{action}: {key} belongs to the terminal, tmux or screen"
        if (spec.writes or spec.danger is not Danger.NONE) and key in _TOO_EASY:
            return f"{action}: {key} is too easy to press for something that changes tenants"
        if spec.writes and key.startswith("ctrl+"):
            return f"{action}: nothing that changes tenants is on a ctrl key"
    return None


_SCREENS: Final = (
    frozenset({Place.ANY, Place.TABLE, Place.TENANTS}),
    frozenset({Place.ANY, Place.PANEL}),
    frozenset({Place.ANY, Place.TABLE, Place.JOBS}),
    frozenset({Place.ANY, Place.TABLE, Place.JOB}),
)
"""Places whose keys work at the same time."""


def _clash(action: str, keys: Mapping[str, str]) -> tuple[str, str] | None:
    mine = BY_ID[action]
    wished = {textual_key(key): key for key in keys[action].split(",")}
    for other in SPECS:
        if other.id == action or not _together(mine.place, other.place):
            continue
        for key in keys[other.id].split(","):
            if (name := textual_key(key)) in wished:
                return wished[name].strip(), other.id
    return None


def _together(one: Place, other: Place) -> bool:
    return any(one in screen and other in screen for screen in _SCREENS)
