"""What a failed call means: decided once, here, from status and body."""

import json
import re
from collections.abc import Mapping
from typing import Any

from cipp_tui.api.endpoints import Service
from cipp_tui.domain.problems import Broken, Refused, RemoteProblem, Throttled
from cipp_tui.domain.text import clean

_AADSTS = re.compile(r"AADSTS(\d+)")
_IDS = re.compile(r"\s*(Trace ID|Correlation ID|Timestamp):.*$", re.DOTALL)
_LONGEST_MESSAGE = 600

ALREADY_THERE = (
    "permission being assigned already exists on the object",
    "permission entry already exists",
    "one or more added object references already exist",
    "is already in use",
)
"""Texts that mean "it is so already". Source: Graph error texts, collected in the field."""


def already_there(problem: RemoteProblem) -> bool:
    """Whether a refusal only says that what was asked for is so already."""
    if problem.status == 409 and "Request_MultipleObjectsWithSameKeyValue" in problem.code:
        return True  # said of a directory role that is active already, for one
    return any(text in problem.message.casefold() for text in ALREADY_THERE)


def problem_from(
    service: Service,
    *,
    host: str,
    status: int,
    body: bytes,
    request_id: str | None,
    at: str,
) -> RemoteProblem:
    """The problem that an answer of 400 or more describes.

    Source: Entra, "Authentication and authorization error codes"; Graph, "Error responses";
    Partner Center, "Error codes".
    """
    code, message, body_id = _read(service, body)
    kind: type[RemoteProblem]
    if status == 429:
        kind = Throttled
    elif status >= 500:
        kind = Broken
    else:
        kind = Refused
    return kind(
        clean(message or f"HTTP {status} without a message")[:_LONGEST_MESSAGE],
        code=clean(code or f"HTTP {status}")[:120],
        host=host,
        status=status,
        request_id=request_id or body_id,
        at=at,
    )


def graph_problem(body: Mapping[str, Any], **facts: Any) -> RemoteProblem:
    """The same for one answer inside a batch, whose body is JSON already."""
    return problem_from(Service.GRAPH, body=json.dumps(body).encode(), **facts)


def _read(service: Service, body: bytes) -> tuple[str, str, str | None]:
    try:
        answer = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        return "", _plain(body), None
    if not isinstance(answer, dict):
        return "", _plain(body), None
    if service is Service.LOGIN:
        return _read_entra(answer)
    error = answer.get("error")
    if isinstance(error, dict):
        inner = error.get("innerError") or error.get("innererror") or {}
        details = error.get("details")
        first = details[0] if isinstance(details, list) and details else {}
        code = str(error.get("code") or "")
        if isinstance(first, dict) and first.get("code"):
            code = f"{code}/{first['code']}" if code else str(first["code"])
        ident = inner.get("request-id") if isinstance(inner, dict) else None
        return code, str(error.get("message") or ""), str(ident) if ident else None
    message = next(
        (
            str(answer[name])
            for name in ("description", "message", "error_description", "Message")
            if answer.get(name)
        ),
        "",
    )
    code = str(answer.get("code") or answer.get("statusCode") or answer.get("error") or "")
    return code, message, None


def _read_entra(answer: Mapping[str, Any]) -> tuple[str, str, str | None]:
    description = str(answer.get("error_description") or "")
    codes = answer.get("error_codes")
    number = str(codes[0]) if isinstance(codes, list) and codes else ""
    if not number and (found := _AADSTS.search(description)):
        number = found.group(1)
    code = f"AADSTS{number}" if number else str(answer.get("error") or "")
    correlation = answer.get("correlation_id")
    words = _IDS.sub("", description) or str(answer.get("error") or "")
    return code, words, str(correlation) if correlation else None


def _plain(body: bytes) -> str:
    text = body[:2000].decode("utf-8", "replace").strip()
    if text.startswith("<"):
        return "HTML instead of JSON"
    return text
