"""What may be written down of an answer: names and types, never a value.

Every word that goes into a record passes one of the patterns here; what does not fit is `?`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cipp_tui.api.endpoints import Service

MOST_ROWS: Final = 50
DEEPEST: Final = 8
UNKNOWN: Final = "?"

_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_PROPERTY: Final = re.compile(
    r"@(odata|microsoft\.graph)\.[A-Za-z.]+|[A-Za-z_][A-Za-z0-9_]*(@odata\.[A-Za-z.]+)?"
)
_ERROR: Final = re.compile(r"AADSTS\d{4,8}|\d{3,7}|[A-Za-z]+(_[A-Za-z]+)*|HTTP \d{3}")
_SCOPE: Final = re.compile(r"[A-Za-z][A-Za-z-]*(\.[A-Za-z-]+)*|(user_impersonation|offline_access)")
_QUOTED: Final = re.compile(r"'[^']*'")
_ADDITION: Final = re.compile(r"extension_[0-9A-Za-z]+_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One request and what came back, in words that name nobody."""

    key: str  # which expectation it is held against
    what: str
    service: Service
    route: str
    status: int | None  # None: no answer
    error: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    request_id: str = ""
    duration_ms: int | None = None  # None: of the batch it came in
    mfa: str = ""  # what Partner Center says of our sign-in: true, false, or nothing
    otherwise: tuple[str, ...] = ()  # where it is not as expected

    def facts(self) -> dict[str, Any]:
        """As the record has it."""
        return {
            "key": self.key,
            "service": str(self.service),
            "route": self.route,
            "status": self.status,
            "error": self.error,
            "properties": dict(self.properties),
            "scopes": list(self.scopes),
            "request_id": self.request_id,
            "duration_ms": self.duration_ms,
            "mfa": self.mfa,
            "otherwise": list(self.otherwise),
        }


def template_of(method: str, path: str) -> str:
    """A route without what is particular to a tenant: `GET /v1.0/users('{}')`."""
    bare = _GUID.sub("{}", _QUOTED.sub("'{}'", path))
    while "'{}','{}'" in bare:
        bare = bare.replace("'{}','{}'", "'{}'")
    return f"{method} {bare}"


def properties_of(body: object) -> dict[str, str]:
    """Every property with its type: `value[].id` → `string (guid)`."""
    found: dict[str, set[str]] = {}
    _walk(body, "", found, DEEPEST)
    return {path: " or ".join(sorted(types)) for path, types in sorted(found.items())}


def _walk(value: object, path: str, found: dict[str, set[str]], depth: int) -> None:
    if path:
        found.setdefault(path, set()).add(_type_of(value))
    if depth == 0:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _walk(inner, f"{path}.{_name(name)}" if path else _name(name), found, depth - 1)
    elif isinstance(value, list):
        for inner in value[:MOST_ROWS]:
            _walk(inner, f"{path}[]", found, depth - 1)


def _name(name: object) -> str:
    text = str(name)
    if _ADDITION.match(text) or len(text) > 64 or not _PROPERTY.fullmatch(text):
        return UNKNOWN
    return text


def _type_of(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            if _GUID.fullmatch(value):
                return "string (guid)"
            return "string (date-time)" if _DATE_TIME.fullmatch(value) else "string"
        case list():
            return "array"
        case _:
            return "object"


def error_of(code: object) -> str:
    """An error code, or `?`. Of Graph's nested codes ("a/b") each by itself."""
    parts = [part.strip() for part in str(code or "").split("/")][:3]
    return "/".join(_fitting(part, _ERROR, 60) for part in parts if part)


def scopes_of(names: Iterable[str]) -> tuple[str, ...]:
    """Names of permissions; what does not look like one is `?`, once."""
    return tuple(sorted({_fitting(name, _SCOPE, 80) for name in names if name != ".default"}))


def request_id_of(text: str | None) -> str:
    """A request id, where it is a GUID."""
    return text if text and _GUID.fullmatch(text) else ""


def _fitting(text: str, pattern: re.Pattern[str], most: int) -> str:
    return text if len(text) <= most and pattern.fullmatch(text) else UNKNOWN
