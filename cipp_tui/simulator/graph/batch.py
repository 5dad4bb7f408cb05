"""JSON batching: up to twenty requests in one.

Source: Graph docs, combine multiple HTTP requests using JSON batching.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cipp_tui.simulator.context import Context, Resolution
from cipp_tui.simulator.fault_replies import (
    DIRECTORY_NOT_FOUND,
    broken_body,
    graph_error,
    retry_after_header,
    throttled_body,
)
from cipp_tui.simulator.faults import FaultCall, Rule
from cipp_tui.simulator.graph.call import Caller, Reply
from cipp_tui.simulator.graph.service import Graph, Located, target_of
from cipp_tui.simulator.messages import (
    Addresses,
    InnerEntry,
    Request,
    Response,
    base_url,
    json_response,
)

MOST_REQUESTS: Final = 20
ROUTE: Final = "batch"
REMEMBERED_BATCHES: Final = 64
METHODS: Final = ("GET", "POST", "PATCH", "PUT", "DELETE")


@dataclass(slots=True)
class Inner:
    """One request of a batch."""

    id: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: Any
    depends_on: tuple[str, ...]


_KEPT_BATCHES: Final[dict[bytes, Sequence[Inner]]] = {}


class MalformedBatchError(Exception):
    """The whole batch is refused."""


@dataclass(slots=True)
class Batching:
    """Answers `$batch` by sending every inner request through Graph."""

    context: Context
    graph: Graph
    last_inner: tuple[InnerEntry, ...] = field(default=())
    reply_lost: bool = False  # a fault took the connection away in the middle

    def resolve(self, request: Request, caller: Caller, inner_throttle: Rule | None) -> Resolution:
        """Return how to answer a batch; `inner_throttle` throttles a share of it."""
        return Resolution(
            ROUTE,
            caller.tenant.id,
            lambda: self._answer(request, caller, inner_throttle),
            is_write=True,
        )

    def _answer(self, request: Request, caller: Caller, inner_throttle: Rule | None) -> Response:
        self.last_inner = ()
        self.reply_lost = False
        try:
            inner = _read(request.body)
        except MalformedBatchError as error:
            return json_response(400, graph_error("BadRequest", str(error)))
        version = request.path.lstrip("/").partition("/")[0]
        base = base_url(request, Addresses().graph)
        replies: dict[str, tuple[Inner, Reply]] = {}
        entries: list[InnerEntry] = []
        for one in inner:
            located = self._locate(one, version, base, caller)
            reply = self._reply(one, located, replies, inner_throttle)
            replies[one.id] = (one, reply)
            entries.append(InnerEntry(one.method, one.url, reply.status, located.route))
        self.last_inner = tuple(entries)
        responses = [_response(key, reply) for key, (_, reply) in replies.items()]
        if self.context.knobs.shuffle_batches:
            self.context.shuffle.shuffle(responses)
        response = self.graph.finished(Reply(200, {"responses": responses}), request.headers)
        response.dropped = self.reply_lost
        return response

    def _reply(
        self,
        one: Inner,
        located: Located,
        replies: dict[str, tuple[Inner, Reply]],
        inner_throttle: Rule | None,
    ) -> Reply:
        if any(replies[key][1].status >= 400 for key in one.depends_on):
            return Reply(424, graph_error("FailedDependency", "Failed Dependency"))
        if inner_throttle and self.context.faults.chance.random() < inner_throttle.share:
            return self._throttled(inner_throttle)
        faults = self.context.faults
        rule = faults.pick(_fault_call(one, located)) if faults.rules else None
        return self._struck(rule, located) if rule else self.graph.perform(located)

    def _struck(self, rule: Rule, located: Located) -> Reply:
        match rule.action:
            case "throttle":
                return self._throttled(rule)
            case "status":
                headers = retry_after_header(rule.retry_after, self.context.clock())
                return Reply(rule.status, broken_body("graph", rule.status), headers)
            case "not-found-but-applied":
                self.graph.perform(located)
                return Reply(404, graph_error("Directory_ObjectNotFound", DIRECTORY_NOT_FOUND))
            case "drop":
                self.reply_lost = True
                return Reply(503, broken_body("graph", 503))
            case _:
                self.reply_lost = True
                return self.graph.perform(located)

    def _throttled(self, rule: Rule) -> Reply:
        headers = retry_after_header(rule.retry_after, self.context.clock())
        return Reply(429, throttled_body("graph", rule.retry_after), headers)

    def _locate(self, one: Inner, version: str, base: str, caller: Caller) -> Located:
        path, _, query = one.url.partition("?")
        target = target_of(one.method, version, path.lstrip("/"), query)
        return self.graph.locate(target, one.method, one.headers, one.body, base, caller)


def _read(body: bytes) -> Sequence[Inner]:
    """Read a batch body; the reads that are asked of every tenant in the same words, once."""
    kept = _KEPT_BATCHES.get(body)
    if kept is not None:
        return kept
    inner = read_batch(body)
    if all(one.body is None for one in inner):
        if len(_KEPT_BATCHES) >= REMEMBERED_BATCHES:
            _KEPT_BATCHES.clear()
        _KEPT_BATCHES[body] = inner
    return inner


def read_batch(body: bytes) -> list[Inner]:
    """Read a batch body.

    Raises: MalformedBatchError when the whole batch has to be refused.
    """
    try:
        content = json.loads(body)
        requests = content["requests"]
        inner = [_inner(one) for one in requests]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MalformedBatchError("Invalid batch payload format.") from error
    if len(inner) > MOST_REQUESTS:
        raise MalformedBatchError(
            f"Number of batch request steps exceeds the maximum value of {MOST_REQUESTS}."
        )
    _check_ids(inner)
    return inner


def _check_ids(inner: list[Inner]) -> None:
    seen: set[str] = set()
    names: set[str] = set()
    for one in inner:
        if not one.id or one.id.lower() in seen:
            raise MalformedBatchError("Request ids must be present and unique in a batch.")
        if one.method not in METHODS or "://" in one.url.partition("?")[0]:
            raise MalformedBatchError(f"Invalid method or url in request '{one.id}'.")
        if one.body is not None and "content-type" not in one.headers:
            raise MalformedBatchError(
                f"Write request id : {one.id} does not contain Content-Type header or body."
            )
        if not names.issuperset(one.depends_on):
            raise MalformedBatchError(f"Request '{one.id}' depends on an unknown request.")
        seen.add(one.id.lower())
        names.add(one.id)


def _inner(one: Mapping[str, Any]) -> Inner:
    if not isinstance(one["id"], str) or not isinstance(one["url"], str):
        raise TypeError("id and url must be texts")
    headers = {name.lower(): str(value) for name, value in (one.get("headers") or {}).items()}
    depends_on = one.get("dependsOn") or []
    if not isinstance(depends_on, list) or not all(isinstance(key, str) for key in depends_on):
        raise TypeError("dependsOn must be a list of texts")
    return Inner(
        one["id"],
        one["method"].upper(),
        one["url"],
        headers,
        one.get("body"),
        tuple(depends_on),
    )


def _fault_call(one: Inner, located: Located) -> FaultCall:
    tenant = located.call.caller.tenant.id
    identity = hash((tenant, one.method, one.url, json.dumps(one.body, sort_keys=True)))
    return FaultCall(located.route, "graph", tenant, identity, inner=True)


def _response(key: str, reply: Reply) -> dict[str, Any]:
    headers = dict(reply.headers)
    if reply.body is None:
        return {"id": key, "status": reply.status, "headers": headers}
    headers |= {"Cache-Control": "no-cache", "Content-Type": "application/json"}
    return {"id": key, "status": reply.status, "headers": headers, "body": reply.body}
