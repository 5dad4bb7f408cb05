"""What goes through the simulator's doors: requests, responses, and the log of both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from pydantic_core import to_json

Service = Literal["login", "graph", "partner_center"]

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `headers` have lower-case names, `path` is still percent-encoded."""

    method: str
    service: Service
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(slots=True)
class Response:
    """One HTTP response, or its absence when `dropped`."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay_s: float = 0.0  # the door waits this long before it answers
    dropped: bool = False  # the door closes the connection instead of answering
    padding: int = 0  # so many more bytes of blanks follow the body


class InnerEntry(NamedTuple):
    """One request inside a JSON batch."""

    method: str
    url: str
    status: int
    route: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One handled request."""

    time: float
    service: Service
    method: str
    path: str
    status: int  # 0 when the connection was dropped
    tenant: str | None
    route: str
    fault: str | None = None
    inner: tuple[InnerEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Addresses:
    """Base URLs of the three services, without a trailing slash."""

    login: str = "https://login.microsoftonline.com"
    graph: str = "https://graph.microsoft.com"
    partner_center: str = "https://api.partnercenter.microsoft.com"


def json_response(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response whose body is compact JSON."""
    return Response(status, {"Content-Type": JSON_TYPE, **(headers or {})}, encode(content))


def encode(content: Any) -> bytes:
    """Serialise to compact UTF-8 JSON, as the services do."""
    return to_json(content)


def base_url(request: Request, default: str) -> str:
    """Return the scheme and host the caller used, so that links lead back through its door."""
    host = request.headers.get("host")
    if not host:
        return default
    scheme = "http" if host.startswith(("127.", "localhost", "[::1]")) else "https"
    return f"{scheme}://{host}"
