"""Claims challenges: a service wants a newer token, and says what it has to prove.

Source: Entra, "Claims challenges, claims requests and client capabilities" (401, `WWW-Authenticate`
with `error="insufficient_claims"` and base64 `claims`); "Continuous access evaluation".
"""

import base64
import binascii
import json
import re
from typing import Final

MOST_BYTES: Final = 8 * 1024

_DIRECTIVE: Final = re.compile(r'claims\s*=\s*"([A-Za-z0-9+/_=-]{1,16384})"')


def challenge_in(header: str | None) -> str:
    """The claims that a `WWW-Authenticate` header asks for, as JSON; empty when it asks for none.

    What is no JSON object is no challenge: it would be sent to the login host.
    """
    found = _DIRECTIVE.search(header or "")
    if found is None:
        return ""
    text = found.group(1).replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return claims_from(raw)


def claims_from(told: object) -> str:
    """The text as it is, where it is a JSON object of bearable size; else empty."""
    if not isinstance(told, str | bytes) or not told or len(told) > MOST_BYTES:
        return ""
    try:
        text = told if isinstance(told, str) else told.decode()
        content = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return text if isinstance(content, dict) and content else ""
