"""Every string that came from outside passes here once, before it can reach screen, log or file."""

import unicodedata

_DIRECTION_MARKS = frozenset(
    {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
)
_UNPRINTABLE = frozenset({"Cs", "Co", "Cn"})


def clean(text: object, *, lines: bool = False) -> str:
    """Make foreign text printable: no control characters, escape sequences or direction overrides.

    Control characters become their visible pictures. `lines` keeps line feeds.
    """
    raw = "" if text is None else str(text)
    if raw.isascii() and raw.isprintable():
        return raw
    return "".join(_printable(sign, lines=lines) for sign in raw)


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
