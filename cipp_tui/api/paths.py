"""The path of a request: what it is made of may be foreign, so it is looked at once more."""

import re
from typing import Final

from cipp_tui.domain.problems import Unsuited

_ODD: Final = re.compile(r"[^!-~]|[#\\]|/\.{1,2}(?:[/?]|$)|//")


def demand_plain(path: str) -> None:
    """Refuse a path that could lead elsewhere than it says. Raises: Unsuited; nothing was sent.

    No control characters, no fragment, no dot segments. Source: RFC 3986, 3.3 and 5.2.4.
    """
    bare, _, query = path.partition("?")
    if not path.startswith("/") or _ODD.search(bare) or _ODD_QUERY.search(query):
        raise Unsuited("a path that leads elsewhere was not sent", code="odd-path")


_ODD_QUERY: Final = re.compile(r"[^ -~]|#")
