"""What a fault looks like on the wire of each service."""

import email.utils
import json
from collections.abc import Callable
from typing import Any, Final

from cipp_tui.simulator.faults import Rule
from cipp_tui.simulator.messages import Response, Service, json_response

FOREIGN_HOST: Final = "https://graph.example.org"

STATUS_CODES: Final = {
    500: "InternalServerError",
    502: "UnknownError",
    503: "serviceNotAvailable",
    504: "UnknownError",
}
DIRECTORY_NOT_FOUND: Final = "Unable to read the company information from the directory."


def strike(rule: Rule, service: Service, now: float, answer: Callable[[], Response]) -> Response:
    """Answer a request as the rule says; `answer` applies it."""
    match rule.action:
        case "drop":
            return Response(0, dropped=True)
        case "lose-reply":
            answer()
            return Response(0, dropped=True)
        case "throttle":
            return throttled(service, rule, now)
        case "status":
            return broken(service, rule, now)
        case "not-found-but-applied":
            answer()
            return json_response(404, graph_error("Directory_ObjectNotFound", DIRECTORY_NOT_FOUND))
        case "html":
            page = b"<!DOCTYPE html><html><body><h1>Sign in to the network</h1></body></html>"
            return Response(200, {"Content-Type": "text/html; charset=utf-8"}, page)
        case "wrong-shape":
            return json_response(200, {"value": {"unexpected": [1, None, {"responses": 7}]}})
        case "huge":
            return Response(
                200, {"Content-Type": "application/json"}, b'{"value":[]}', padding=rule.bytes
            )
        case _:
            return _spoilt(rule, answer())


def throttled(service: Service, rule: Rule, now: float) -> Response:
    """Return a 429 in the service's own words.

    Source: Graph docs, throttling guidance; Partner Center, API throttling guidance.
    """
    headers = retry_after_header(rule.retry_after, now)
    return json_response(429, throttled_body(service, rule.retry_after), headers)


def throttled_body(service: Service, retry_after: float | str | None) -> dict[str, Any]:
    """Return the body of a 429."""
    if service == "partner_center":
        wait = int(retry_after) if isinstance(retry_after, int | float) else 1
        text = f"Rate limit is exceeded. Try again in {wait} seconds."
        return {"statusCode": 429, "message": text}
    if service == "login":
        text = "AADSTS90055: The request was throttled due to excessive request rate."
        return {
            "error": "temporarily_unavailable",
            "error_description": text,
            "error_codes": [90055],
        }
    return graph_error("TooManyRequests", "Please retry again later.")


def retry_after_header(retry_after: float | str | None, now: float) -> dict[str, str]:
    """Return the Retry-After header as seconds, as a date, or not at all."""
    if retry_after is None:
        return {}
    if retry_after == "http-date":
        return {"Retry-After": email.utils.formatdate(now + 2, usegmt=True)}
    return {"Retry-After": f"{retry_after}"}


def broken(service: Service, rule: Rule, now: float) -> Response:
    """Return a 5xx (or another status) in the service's own words."""
    headers = retry_after_header(rule.retry_after, now)
    return json_response(rule.status, broken_body(service, rule.status), headers)


def broken_body(service: Service, status: int) -> dict[str, Any]:
    """Return the body of an outage."""
    if service == "partner_center":
        text = "The service is temporarily unavailable."
        return {"code": "9999", "description": text, "data": [], "source": "PartnerFD"}
    if service == "login":
        text = "AADSTS90033: A transient error has occurred. Please try again."
        return {
            "error": "temporarily_unavailable",
            "error_description": text,
            "error_codes": [90033],
        }
    return graph_error(STATUS_CODES.get(status, "generalException"), "")


def graph_error(code: str, message: str) -> dict[str, Any]:
    """Return Graph's error envelope without its inner error.

    Source: Graph docs, error responses.
    """
    return {"error": {"code": code, "message": message}}


def _spoilt(rule: Rule, response: Response) -> Response:
    if rule.action == "slow":
        response.delay_s += rule.seconds
    elif rule.action == "truncated-json":
        response.body = response.body[: max(len(response.body) // 2, 1)]
    elif rule.action == "foreign-next-link":
        response.body = _with_foreign_link(response.body)
    return response


def _with_foreign_link(body: bytes) -> bytes:
    try:
        content = json.loads(body)
    except ValueError:
        return body
    if isinstance(content, dict) and "value" in content:
        content["@odata.nextLink"] = f"{FOREIGN_HOST}/v1.0/stolen?$skiptoken=1"
    return json.dumps(content).encode()
