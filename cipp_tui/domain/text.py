"""Every string that came from outside passes here once, before it can reach screen, log or file."""

import re
import unicodedata

_DIRECTION_MARKS = frozenset(
    {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
)
_UNPRINTABLE = frozenset({"Cs", "Co", "Cn"})


_STACKING = frozenset({"Mn", "Me", "Cf"})
"""Signs that take no room of their own: marks over and under a letter, joiners, tags."""
_MOST_STACKED = 10
"""More on one letter than any script or emoji has; thousands paint over the lines around."""
_LONGEST = 10_000
"""Of one text from outside. Names have 256 signs at most, sentences of services some thousand."""

_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What can steer a terminal: C0 but tab and line feed, C1, direction marks, line separators."""


def clean(text: object, *, lines: bool = False) -> str:
    """Make foreign text printable: no control characters, escape sequences or direction overrides.

    Control characters become their visible pictures, marks that pile up on one letter and what is
    longer than any name or sentence are cut. `lines` keeps line feeds.
    """
    raw = "" if text is None else str(text)
    if len(raw) > _LONGEST:
        raw = f"{raw[: _LONGEST - 1]}\u2026"
    if raw.isascii() and raw.isprintable():
        return raw
    signs: list[str] = []
    stacked = 0
    for sign in raw:
        shown = _printable(sign, lines=lines)
        stacked = stacked + 1 if unicodedata.category(shown) in _STACKING else 0
        if stacked <= _MOST_STACKED:
            signs.append(shown)
    return "".join(signs)


def escape_controls(text: str) -> str:
    """A text of any length, tables included, that cannot steer the terminal it is printed on."""
    if _STEERING.search(text) is None:
        return text
    return _STEERING.sub(lambda found: _printable(found.group(), lines=True), text)


def escape_controls_json(text: str) -> str:
    """JSON that says the same and cannot steer the terminal: such signs are written as escapes."""
    return _STEERING.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _printable(sign: str, *, lines: bool) -> str:
    code = ord(sign)
    if sign == "\n" and lines:
        return sign
    if sign in "\t\r\n\u2028\u2029":
        return " "
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if 0x80 <= code < 0xA0 or code in _DIRECTION_MARKS:
        return "\ufffd"
    return "\ufffd" if unicodedata.category(sign) in _UNPRINTABLE else sign


def folded(text: str) -> str:
    """The form in which texts are compared and searched: no case, no accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def inert(value: str) -> str:
    """A value that a spreadsheet takes as text: formula signs are kept from the start."""
    firsts = (value.lstrip(" ")[:1], value.lstrip()[:1])
    return f"'{value}" if any(first in _FORMULA_SIGNS for first in firsts) else value
