"""JSON batching: up to 20 requests in one, each with its own fate."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from cipp_tui.api.endpoints import Service
from cipp_tui.api.errors import already_there, graph_problem
from cipp_tui.api.http import (
    MOST_BREAKS,
    Answer,
    Call,
    HttpClient,
    Token,
    first_of,
    json_bytes,
)
from cipp_tui.api.pace import back_off, retry_after
from cipp_tui.api.wire import Foreign
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.problems import NotUnderstood, RemoteProblem, Side

MOST: Final = 20
"""Source: Graph, "Combine multiple HTTP requests using JSON batching"."""

PATIENCE_S: Final = 240.0
LAG_PATIENCE_S: Final = 90.0
ABSENT_PATIENCE_S: Final = 10.0
"""An object that is said not to be there may be another one by now: its id is read anew then."""
FAILED_DEPENDENCY: Final = 424

Shape = TypeVar("Shape")
Model = TypeVar("Model", bound=Foreign)


_LISTS: dict[type, TypeAdapter[Any]] = {}


def list_of(shape: type[Shape]) -> TypeAdapter[list[Shape]]:
    """Checks all elements in one call: a tenant has a hundred of them."""
    if shape not in _LISTS:
        _LISTS[shape] = TypeAdapter(list[shape])  # type: ignore[valid-type]
    return _LISTS[shape]


_LAGS: Final = (
    (404, "Request_ResourceNotFound", ABSENT_PATIENCE_S),
    (404, "Directory_ObjectNotFound", LAG_PATIENCE_S),
    (409, "Directory_ConcurrencyViolation", LAG_PATIENCE_S),
)
"""Refusals that only say that a fresh object has not reached every server yet.
Source: Graph, error responses; replication delays reported in the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One request of a batch. Every write we send may be repeated: "exists already" is success."""

    id: str
    method: str
    url: str
    body: Mapping[str, Any] | None = None
    lags: bool = False  # names a fresh object: its absence may only be replication's delay
    units: int = 1  # Source: Graph, "Throttling limits": most cost 1, grants without $select 2

    def rendered(self, after: str | None = None) -> dict[str, Any]:
        """As the service wants it; `after` names the part that has to be done before."""
        request: dict[str, Any] = {"id": self.id, "method": self.method, "url": self.url}
        if after is not None:
            request["dependsOn"] = [after]
        if self.body is not None:
            request["headers"] = {"Content-Type": "application/json"}
            request["body"] = self.body
        return request


@dataclass(slots=True, kw_only=True)
class PartAnswer:
    """What became of one part. Not frozen, which costs time: a tenant has eight of them."""

    id: str
    status: int
    body: Any
    headers: object  # as foreign as the rest
    host: str
    batch_id: str  # of the whole batch
    batch_date: str | None = None  # its Date header
    clock: Clock
    url: str = ""  # what was asked, as in the part
    side: Side = Side.CUSTOMER  # whose tenant was asked

    @property
    def good(self) -> bool:
        return self.status < 300

    @property
    def request_id(self) -> str:
        return _header(self.headers, "request-id") or self.batch_id

    @property
    def retry_after(self) -> str | None:
        return _header(self.headers, "retry-after")

    @property
    def date(self) -> str | None:
        """When it was answered, by the clock of whoever answered."""
        return _header(self.headers, "date") or self.batch_date

    def problem(self) -> RemoteProblem | None:
        """What went wrong; None when nothing did, or when it only is so already."""
        if self.good:
            return None
        problem = graph_problem(
            self.body if isinstance(self.body, dict) else {},
            host=self.host,
            status=self.status,
            request_id=self.request_id,
            at=self.clock.now().isoformat(timespec="seconds"),
            side=self.side,
        )
        return None if already_there(problem) else problem

    @property
    def was_there(self) -> bool:
        """Refused because it is so already."""
        return not self.good and self.problem() is None

    def items(self, shape: type[Shape]) -> tuple[list[Shape], str | None]:
        """The elements of a collection and the link to its next page. Raises: NotUnderstood."""
        body = self.body if isinstance(self.body, dict) else {}
        value = body.get("value")
        if not isinstance(value, list):
            raise self.not_understood("value: not a list")
        link = body.get("@odata.nextLink")
        if link is not None and not isinstance(link, str):
            raise self.not_understood("@odata.nextLink: not a text")
        try:
            return list_of(shape).validate_python(value), link
        except ValidationError as error:
            raise self.not_understood(first_of(error)) from None

    def one(self, shape: type[Model]) -> Model:
        """The body as one object. Raises: NotUnderstood."""
        try:
            return shape.model_validate(self.body)
        except ValidationError as error:
            raise self.not_understood(first_of(error)) from None

    def not_understood(self, why: str) -> NotUnderstood:
        return NotUnderstood(
            f"The answer has another shape than documented: {why}",
            code="not-understood",
            host=self.host,
            status=self.status,
            request_id=self.request_id,
            at=self.clock.now().isoformat(timespec="seconds"),
        )


async def send_batch(
    http: HttpClient,
    token: Token,
    parts: Sequence[Part],
    *,
    clock: Clock,
    then: Sequence[Part] = (),
    heard: dict[str, PartAnswer] | None = None,
) -> dict[str, PartAnswer]:
    """Send parts, 20 at a time, one batch after the other; answers by id.

    A part that was throttled or broke is sent again alone, after the longest wait asked for.
    A part that `lags` is sent again, too, while the object it names has not reached every server.
    `then`: reads that are to show what the parts did. They go along with the last ones where there
    is room, one part after the other; where there is none, they are not sent.
    `heard` is filled with the answers as they come, so that they outlive a failure later on.
    Raises: what sending the batch itself raises; a part's own failure is in its answer.
    Source: Graph, "Combine multiple HTTP requests using JSON batching"; "Throttling guidance".
    """
    answers: dict[str, PartAnswer] = {} if heard is None else heard
    for start in range(0, len(parts), MOST):
        chunk = parts[start : start + MOST]
        last = start + MOST >= len(parts)
        if last and then and len(chunk) + len(then) <= MOST:
            await _send_chunk(http, token, [*chunk, *then], clock, answers, in_turn=True)
        else:
            await _send_chunk(http, token, chunk, clock, answers)
    return answers


def repeat_after(
    part: Part, answer: PartAnswer, clock: Clock, *, elapsed: float, attempt: int, broke: int
) -> float | None:
    """Seconds until a part is to be asked again; None: its answer stands.

    `elapsed` seconds ago it was asked first, `attempt` times since; `broke` of these on 5xx.
    Source: Graph, "Throttling guidance".
    """
    return _wait(answer, clock, attempt) if _again(part, answer, elapsed, broke) else None


async def _send_chunk(
    http: HttpClient,
    token: Token,
    parts: Sequence[Part],
    clock: Clock,
    answers: dict[str, PartAnswer],
    *,
    in_turn: bool = False,
) -> None:
    waiting = list(parts)
    reads: list[Part] = []  # that come after all that is written
    began = clock.monotonic()
    # How often, by part: rounds are made for other parts, too.
    refused: Counter[str] = Counter()
    broke: Counter[str] = Counter()
    while waiting:
        answers |= await send_once(http, token, waiting, clock=clock, in_turn=in_turn)
        elapsed = clock.monotonic() - began
        statuses = [(part.id, answers[part.id].status) for part in waiting]
        refused.update(ident for ident, status in statuses if status != FAILED_DEPENDENCY)
        broke.update(ident for ident, status in statuses if status >= 500)
        waits: dict[str, float] = {}
        for part in waiting:
            tries, breaks = refused[part.id], broke[part.id]
            wait_s = repeat_after(
                part, answers[part.id], clock, elapsed=elapsed, attempt=tries, broke=breaks
            )
            if wait_s is not None:
                waits[part.id] = wait_s
        wait = max(waits.values(), default=0.0)
        throttled = sum(answers[ident].status == 429 for ident in waits)
        if waits and 2 * throttled > len(waiting):  # the tenant's quota is used up, not one part's
            http.hold_tenant(Service.GRAPH, token, wait)
        if wait > 0:
            await http.patience.wait(wait)
        again = [part for part in waiting if part.id in waits]
        if in_turn and any(not answers[part.id].good and part.id not in waits for part in waiting):
            # What stands behind a part that stays refused would fail one after the other, a
            # request for each: the writes go side by side now, and the reads after them.
            in_turn = False
            reads = [part for part in again if part.method == "GET"]
            again = [part for part in again if part.method != "GET"]
        waiting, reads = (again, reads) if again else (reads, [])


async def send_once(
    http: HttpClient, token: Token, parts: Sequence[Part], *, clock: Clock, in_turn: bool = False
) -> dict[str, PartAnswer]:
    """One batch of up to 20 parts, each asked once; what comes again is the caller's to decide.

    `in_turn`: each part only when the one before it has succeeded.
    Raises: what sending the batch itself raises; a part's own failure is in its answer.
    Source: Graph, "Combine multiple HTTP requests using JSON batching".
    """
    answer = await http.send(
        Call(
            service=Service.GRAPH,
            method="POST",
            path="/v1.0/$batch",
            token=token,
            payload=_payload(parts, in_turn=in_turn),
            repeatable=True,
            also_good=FAILED_DEPENDENCY,  # older text: a throttled batch, its parts have their own
            units=sum([part.units for part in parts]),
            writes=sum([part.method != "GET" for part in parts]),
        )
    )
    found = _parse(answer, clock, token.side)
    missing = [part.id for part in parts if part.id not in found]
    if missing:
        raise answer.not_understood(f"responses: {len(missing)} of {len(parts)} are missing")
    for part in parts:
        found[part.id].url = part.url
    return {part.id: found[part.id] for part in parts}


def _payload(parts: Sequence[Part], *, in_turn: bool) -> bytes:
    if any(part.body is not None for part in parts):
        return _rendered(parts, in_turn)
    return _reads(tuple(parts), in_turn)


@lru_cache(maxsize=8)
def _reads(parts: tuple[Part, ...], in_turn: bool) -> bytes:
    """Reads are the same for every tenant, or nearly: what does not change is rendered once."""
    return _rendered(parts, in_turn)


def _rendered(parts: Sequence[Part], in_turn: bool) -> bytes:
    before = [None, *(part.id for part in parts)] if in_turn else [None] * len(parts)
    return json_bytes(
        {"requests": [part.rendered(after) for part, after in zip(parts, before, strict=False)]}
    )


def _parse(answer: Answer, clock: Clock, side: Side) -> dict[str, PartAnswer]:
    try:
        body = from_json(answer.body, cache_strings="keys")
        responses = body["responses"]
        return {
            str(one["id"]): PartAnswer(
                id=str(one["id"]),
                status=int(one["status"]),
                body=one.get("body"),
                headers=one.get("headers"),
                host=answer.host,
                batch_id=answer.request_id,
                batch_date=answer.headers.get("Date"),
                clock=clock,
                side=side,
            )
            for one in responses
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise answer.not_understood(f"responses: {type(error).__name__}") from None


def _header(headers: object, name: str) -> str | None:
    if not isinstance(headers, dict):
        return None
    return next((str(value) for key, value in headers.items() if str(key).lower() == name), None)


def _again(part: Part, answer: PartAnswer, elapsed: float, broke: int) -> bool:
    if answer.good:
        return False
    if answer.status in (429, FAILED_DEPENDENCY):
        return elapsed < PATIENCE_S
    if answer.status >= 500:
        return broke < MOST_BREAKS and elapsed < PATIENCE_S
    if not part.lags or elapsed > LAG_PATIENCE_S:
        return False
    problem = answer.problem()
    return problem is not None and any(
        answer.status == status and code in problem.code and elapsed <= patience_s
        for status, code, patience_s in _LAGS
    )


def _wait(answer: PartAnswer, clock: Clock, attempt: int) -> float:
    if answer.status == FAILED_DEPENDENCY:
        return 0.0  # what it had to wait for has its own answer, and its own wait
    asked = retry_after(answer.retry_after, clock.now(), answer.date)
    return back_off(attempt, most_s=15.0) if asked is None else asked
