"""The table of Graph endpoints: path template and method to handler, cost and the user's roles.

Which permissions a token needs is in `permission_table`.

Handlers register themselves with `endpoint`; `service.py` imports their modules.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from cipp_tui.simulator.graph.call import Handler, Key

PLACE: Final = "{}"
_NAMED = re.compile(r"^(?P<name>[A-Za-z]+)\((?:(?P<key>[A-Za-z]+)=)?'?(?P<value>[^']*)'?\)$")
_ALTERNATE = re.compile(r"^(?P<key>roleTemplateId|appId)=(?P<value>.+)$")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint and what calling it takes."""

    route: str
    handler: Handler
    cost: int  # resource units of a read
    user_roles: frozenset[str]  # any one of them for a user; empty: none needed
    delegated_only: bool
    home_only: bool  # exists in the partner tenant only


# path template -> method -> endpoint
ENDPOINTS: Final[dict[str, dict[str, Endpoint]]] = {}
_WORDS: Final[set[str]] = set()

NO_NEEDS: Final[frozenset[str]] = frozenset()


def endpoint(
    method: str,
    *templates: str,
    route: str,
    cost: int = 1,
    user_roles: frozenset[str] = NO_NEEDS,
    delegated_only: bool = False,
    home_only: bool = False,
) -> Callable[[Handler], Handler]:
    """Register a handler under its path templates, in which `{}` stands for a key."""

    def register(handler: Handler) -> Handler:
        entry = Endpoint(route, handler, cost, user_roles, delegated_only, home_only)
        for template in templates:
            ENDPOINTS.setdefault(template, {})[method] = entry
            _WORDS.update(part for part in template.split("/") if part != PLACE)
        return handler

    return register


def parse_path(path: str) -> tuple[str, tuple[Key, ...]]:
    """Turn a percent-encoded path into its template and its keys.

    Source: Graph docs, addressing by alternate key and OData functions.
    """
    parts: list[str] = []
    keys: list[Key] = []
    for raw in path.strip("/").split("/"):
        segment = unquote(raw)
        if segment in _WORDS:
            parts.append(segment)
        elif named := _NAMED.match(segment):
            parts += [named["name"], PLACE]
            keys.append(Key(named["value"], named["key"] or "id"))
        elif alternate := _ALTERNATE.match(segment):
            parts.append(PLACE)
            keys.append(Key(alternate["value"], alternate["key"]))
        else:
            parts.append(PLACE)
            keys.append(Key(segment.strip("'")))
    return "/".join(parts), tuple(keys)
