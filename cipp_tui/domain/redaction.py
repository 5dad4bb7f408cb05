"""Secrets that come back in somebody's words: a problem's message never shows one."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

HIDDEN: Final = "(hidden)"
_SHORTEST: Final = 8
"""Anything shorter stands in ordinary words, too: hiding it would only tell what it is."""

_TOKEN: Final = re.compile(r"eyJ[A-Za-z0-9_~.+=-]{10,}|[A-Za-z0-9_~.+=-]{64,}")
"""What access, refresh and id tokens look like, whole or cut short; no id or host name is so long.
Source: RFC 7515, compact serialization; Entra, "Refresh tokens" (opaque, base64url and dots)."""

_known: set[str] = set()


def hide_from_now_on(secrets: Iterable[str | None]) -> None:
    """Learn secrets of the program's own, in the forms in which an answer may repeat them."""
    for secret in secrets:
        if secret and len(secret) >= _SHORTEST:
            _known.update((secret, quote(secret, safe=""), quote_plus(secret)))


def redacted(text: str) -> str:
    """The text without known secrets, and without whatever looks like a token."""
    if len(text) < _SHORTEST:
        return text
    for secret in _known:
        if secret in text:
            text = text.replace(secret, HIDDEN)
    return _TOKEN.sub(HIDDEN, text)
