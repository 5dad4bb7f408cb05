"""What a failed call means: decided once, here, from status and body."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cipp_tui.api.endpoints import Service
from cipp_tui.domain.entra import EntraKind, entra_kind
from cipp_tui.domain.problems import (
    MFA_REQUIRED,
    Broken,
    ConfigProblem,
    Problem,
    Refused,
    RemoteProblem,
    Side,
    Throttled,
)
from cipp_tui.domain.redaction import redacted
from cipp_tui.domain.roles import COMPLIANCE_ADMINISTRATOR, RoleId
from cipp_tui.domain.text import clean

_AADSTS = re.compile(r"AADSTS(\d+)")
_IDS = re.compile(r"\s*(Trace ID|Correlation ID|Timestamp):.*$", re.DOTALL)
_LONGEST_MESSAGE = 600
_LOOKED_AT = 8_000

ALREADY_THERE = (
    "permission being assigned already exists on the object",
    "permission entry already exists",
    "one or more added object references already exist",
    "another object with the same value",
    "a conflicting object with one or more of the specified property values",
    "is already in use",
)
"""Texts that mean "it is so already". Source: Graph error texts, collected in the field."""


def already_there(problem: RemoteProblem) -> bool:
    """Whether a refusal only says that what was asked for is so already."""
    if problem.status == 409 and "Request_MultipleObjectsWithSameKeyValue" in problem.code:
        return True  # said of a directory role that is active already, for one
    return any(text in problem.message.casefold() for text in ALREADY_THERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What the body of a refusal tells."""

    code: str = ""
    message: str = ""
    ident: str | None = None
    error: str = ""
    suberror: str = ""

    @property
    def passing(self) -> bool:
        """Whether it only says that the service is busy."""
        digits = self.code.removeprefix("AADSTS")
        number = int(digits) if digits != self.code and digits.isdigit() else None
        return entra_kind(self.error, self.suberror, number) is EntraKind.PASSING


def problem_from(
    service: Service,
    *,
    host: str,
    status: int,
    body: bytes,
    request_id: str | None,
    at: str,
    side: Side = Side.CUSTOMER,
) -> RemoteProblem:
    """The problem that an answer of 400 or more describes. `side`: whose tenant was asked.

    Entra calls some trouble that passes 400: it is taken for what it is, so that it is tried again.
    Source: Entra, "Authentication and authorization error codes"; Graph, "Error responses";
    Partner Center, "Error codes".
    """
    told = _read(service, body)
    about = ""
    kind: type[RemoteProblem]
    if status == 429:
        kind = Throttled
    elif status >= 500 or (service is Service.LOGIN and told.passing):
        kind = Broken
    else:
        kind = Refused
    if service is Service.PARTNER_CENTER and _is_about_us(status, told):
        side, about = Side.OWN, "Partner Center"
    return kind(
        _shown(told.message or f"HTTP {status} without a message", _LONGEST_MESSAGE),
        code=_shown(told.code or f"HTTP {status}", 120),
        host=host,
        status=status,
        request_id=_shown(request_id or told.ident, 80) or None,
        at=at,
        error=_shown(told.error, 60),
        suberror=_shown(told.suberror, 60),
        side=side,
        about=about,
    )


def _shown(text: str | None, most: int) -> str:
    """Foreign words as they may be shown: what they repeat of ours is taken out before the cut."""
    return redacted(clean((text or "")[:_LOOKED_AT]))[:most]


def _is_about_us(status: int, told: _Told) -> bool:
    """Whether Partner Center refuses us, whichever customer it was asked about.

    Source: Partner Center, "Error codes", "Mandating multifactor authentication for your tenant".
    """
    return status == 401 or told.code == MFA_REQUIRED or MFA_REQUIRED in told.message


def of_role(role: RoleId, problem: RemoteProblem) -> Problem:
    """A refusal to activate a role: one of the configuration, where no such role can be given.

    Templates are the same in every tenant, so a tenant is not to blame. Compliance Administrator
    is wanted by us, not by the configuration.
    Source: Graph, "Activate directoryRole"; microsoftgraph/microsoft-graph-docs#11585.
    """
    implicit = problem.status == 400 and _IMPLICIT in problem.message.casefold()
    unknown = problem.status == 404 and problem.code.startswith("Request_ResourceNotFound")
    if role == COMPLIANCE_ADMINISTRATOR or not (implicit or unknown):
        return problem
    what = "stands for an implicit role" if implicit else "is the template of no role"
    return ConfigProblem(
        f"{role} {what}, so it cannot be given",
        key="directory_roles",
        fix="Take it out",
        code="directory-role",
        host=problem.host,
        status=problem.status,
        request_id=problem.request_id,
        at=problem.at,
    )


_IMPLICIT = "implicit user role"


def graph_problem(body: Mapping[str, Any], **facts: Any) -> RemoteProblem:
    """The same for one answer inside a batch, whose body is JSON already."""
    return problem_from(Service.GRAPH, body=json.dumps(body).encode(), **facts)


def _read(service: Service, body: bytes) -> _Told:
    try:
        answer = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        return _Told(message=_plain(body))
    if not isinstance(answer, dict):
        return _Told(message=_plain(body))
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
        return _Told(
            code=code,
            message=str(error.get("message") or ""),
            ident=str(ident) if ident else None,
        )
    message = next(
        (
            str(answer[name])
            for name in ("description", "message", "error_description", "Message")
            if answer.get(name)
        ),
        "",
    )
    code = str(answer.get("code") or answer.get("statusCode") or answer.get("error") or "")
    return _Told(code=code, message=message)


def _read_entra(answer: Mapping[str, Any]) -> _Told:
    description = str(answer.get("error_description") or "")
    codes = answer.get("error_codes")
    number = str(codes[0]) if isinstance(codes, list) and codes else ""
    if not number.isdigit():
        found = _AADSTS.search(description)
        number = found.group(1) if found else ""
    error = str(answer.get("error") or "")
    correlation = answer.get("correlation_id")
    return _Told(
        code=f"AADSTS{number}" if number else error,
        message=_IDS.sub("", description) or error,
        ident=str(correlation) if correlation else None,
        error=error,
        suberror=str(answer.get("suberror") or ""),
    )


def _plain(body: bytes) -> str:
    text = body[:_LOOKED_AT].decode("utf-8", "replace").strip()
    if text.startswith("<"):
        return "HTML instead of JSON"
    return text
