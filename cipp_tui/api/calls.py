"""A request as it is asked for, the token it carries, and the answer as it came."""

import json
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import httpx
from pydantic import BaseModel, ValidationError

from cipp_tui.api.bodies import oddity
from cipp_tui.api.endpoints import Service
from cipp_tui.domain.problems import NotUnderstood, Side

PATIENCE_S: Final = 240.0

Model = TypeVar("Model", bound=BaseModel)


def request_id() -> str:
    """A new id for a request: unique, and no secret."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and the one service it may be sent to."""

    value: str = field(repr=False)
    service: Service
    tenant: str
    expires_at: float  # by the session's monotonic clock
    scopes: frozenset[str] = frozenset()  # delegated scopes it was issued with
    own: bool = False  # it is for our own tenant
    is_application: bool = False  # nobody is signed in: it is the application's own

    @property
    def side(self) -> Side:
        """Whose Graph it is good for."""
        return Side.OWN if self.own else Side.CUSTOMER

    def good_at(self, monotonic: float, margin_s: float = 300.0) -> bool:
        return monotonic < self.expires_at - margin_s


@dataclass(slots=True, kw_only=True)
class Call:
    """One logical request; retried under the same `request_id`. Never changed, but not frozen,
    which would take longer than all else about it."""

    service: Service
    method: str
    path: str  # from the service's root, query included
    token: Token | None = None
    payload: Mapping[str, object] | bytes | None = None  # JSON, or to become JSON
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = False  # doing it twice equals doing it once
    request_id: str = field(default_factory=request_id)
    patience_s: float = PATIENCE_S
    about: str = ""  # the tenant whose limits it counts against, where no token tells
    units: int = 1  # resource units, by the service's own price list
    writes: int = 0
    also_good: int | None = None  # a status that carries an answer all the same

    @property
    def tenant(self) -> str:
        """Whose own limits it counts against; empty: nobody's but the host's."""
        if self.token is None or self.service is Service.PARTNER_CENTER:
            return self.about
        return self.token.tenant


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer."""

    status: int
    headers: httpx.Headers
    body: bytes
    host: str
    request_id: str

    def parsed(self, model: type[Model]) -> Model:
        """The body as the documented shape. Raises: NotUnderstood."""
        try:
            return model.model_validate_json(self.body)
        except ValidationError as error:
            raise self.not_understood(first_of(error)) from None

    def not_understood(self, why: str) -> NotUnderstood:
        return NotUnderstood(
            f"The answer has another shape than documented: {oddity(self.body) or why}",
            code="not-understood",
            host=self.host,
            status=self.status,
            request_id=self.request_id,
        )


def side_of(call: Call) -> Side:
    """Whose tenant a call is about. Partner Center's is told by its answer."""
    if call.token is None or call.service is not Service.GRAPH:
        return Side.CUSTOMER
    return call.token.side


def json_bytes(payload: object) -> bytes:
    """A body as it goes over the wire."""
    return json.dumps(payload, separators=(",", ":")).encode()


@lru_cache(maxsize=4)
def form_bytes(form: tuple[tuple[str, str], ...]) -> bytes:
    """A form; that of a customer's token is the same for every customer."""
    return urlencode(form).encode()


def first_of(error: ValidationError) -> str:
    first: Any = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the body"
    return f"{where}: {first['msg']}"
