"""One call to Graph as its endpoint sees it, and what an endpoint answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cipp_tui.simulator.context import Context
from cipp_tui.simulator.world import Tenant, User, World


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose token a call carries."""

    app_id: str
    tenant: Tenant
    user: User | None  # None: the application itself
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Key:
    """A key in the path: plain, or named as in `servicePrincipals(appId='…')`."""

    value: str
    name: str = "id"


@dataclass(slots=True)
class GraphCall:
    """One call: an outer request, or one inside a batch."""

    context: Context
    caller: Caller
    method: str
    version: str  # "v1.0" or "beta"
    path: str  # below the version, without query
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    base: str  # scheme and host for links
    keys: tuple[Key, ...] = ()

    @property
    def world(self) -> World:
        """The world behind the call."""
        return self.context.world

    @property
    def tenant(self) -> Tenant:
        """The tenant the token is for."""
        return self.caller.tenant

    @property
    def now(self) -> float:
        """The simulator's time."""
        return self.context.clock()

    def text(self, name: str) -> str:
        """Return a required text property of the body."""
        value = self.body.get(name) if isinstance(self.body, dict) else None
        if not isinstance(value, str) or not value:
            raise GraphFailure(
                400, "Request_BadRequest", f"A value is required for property '{name}'."
            )
        return value


@dataclass(slots=True)
class Reply:
    """What an endpoint answers; `body` None means no body."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class GraphFailure(Exception):
    """An error answer of Graph."""

    def __init__(
        self, status: int, code: str, message: str, details: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details


def not_found(object_id: str) -> GraphFailure:
    """Return the answer for an object that is absent or not replicated yet."""
    return GraphFailure(
        404,
        "Request_ResourceNotFound",
        f"Resource '{object_id}' does not exist or one of its queried reference-property objects "
        "are not present.",
    )


def denied() -> GraphFailure:
    """Return the answer for missing rights."""
    return GraphFailure(
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    )


def bad_request(message: str) -> GraphFailure:
    """Return the answer for a body or query that makes no sense."""
    return GraphFailure(400, "Request_BadRequest", message)


def already_exists(message: str) -> GraphFailure:
    """Return the answer for a second object with the same key."""
    return GraphFailure(409, "Request_MultipleObjectsWithSameKeyValue", message)


Handler = Callable[[GraphCall], Reply]
