"""Failures in a row of one tenant, counted by what caused them; a success forgets them all."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cipp_tui.domain.entra import EntraKind
from cipp_tui.domain.permissions import AppId
from cipp_tui.domain.problems import IDENTITY_NOT_FOUND, NotUnderstood, Problem, Unverified

SUSPENDED_AT: Final = 50
"""Failures in a row after which a tenant is set aside, where the profile says nothing else."""

NEEDS_HUMAN_AFTER: Final = 8
"""Failures in a row after which the schedule stops trying and waits for a human."""


class CauseKind(StrEnum):
    """What stood in the way, as coarse as a count needs it."""

    SIGN_IN = "sign-in"  # no token for this tenant: Conditional Access, MFA, user unknown there
    CONSENT = "consent"  # our application is not, or not rightly, in the tenant
    RELATIONSHIP = "relationship"  # no GDAP relationship gives access
    PERMISSIONS = "permissions"  # giving or verifying roles and scopes
    ANSWER = "answer"  # an answer of another shape than documented
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One kind of cause among the failures in a row."""

    kind: CauseKind
    count: int
    first_at: datetime
    last_at: datetime
    problem: Problem  # the newest of this kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Failures in a row. Throttling and network trouble are never among them."""

    count: int
    first_at: datetime
    last_at: datetime
    problem: Problem  # the newest
    causes: tuple[Cause, ...] = ()  # the newest first; their counts add up to `count`
    app: AppId | None = None  # the application at the newest failure; None: not known
    fingerprint: str | None = None  # of the wanted set at the newest failure
    limit: int = SUSPENDED_AT  # the profile's; not kept on disk

    @property
    def suspended(self) -> bool:
        """So many that the tenant is set aside until somebody clears the count or it succeeds."""
        return self.count >= self.limit

    @property
    def needs_human(self) -> bool:
        """So many that the schedule no longer tries by itself."""
        return self.count >= NEEDS_HUMAN_AFTER


def one_more(
    before: Failures | None,
    problem: Problem,
    *,
    at: datetime,
    step: str = "",
    app: AppId | None = None,
    fingerprint: str | None = None,
    limit: int = SUSPENDED_AT,
) -> Failures:
    """The failures after one more. `step` is the step that failed, empty when it is not known."""
    kind = kind_of(problem, step)
    older = before.causes if before is not None else ()
    same = next((cause for cause in older if cause.kind is kind), None)
    newest = Cause(
        kind=kind,
        count=same.count + 1 if same is not None else 1,
        first_at=same.first_at if same is not None else at,
        last_at=at,
        problem=problem,
    )
    return Failures(
        count=before.count + 1 if before is not None else 1,
        first_at=before.first_at if before is not None else at,
        last_at=at,
        problem=problem,
        causes=(newest, *(cause for cause in older if cause.kind is not kind)),
        app=app,
        fingerprint=fingerprint,
        limit=limit,
    )


def kind_of(problem: Problem, step: str = "") -> CauseKind:
    """Which kind of cause a problem is, by its code, else by its type, else by where it arose."""
    if problem.entra is not None:
        absent = problem.entra in _ABSENT or problem.aadsts == _APPLICATION_DISABLED
        return CauseKind.CONSENT if absent else CauseKind.SIGN_IN
    if problem.code in _CODES:
        return _CODES[problem.code]
    if isinstance(problem, NotUnderstood):
        return CauseKind.ANSWER
    if isinstance(problem, Unverified):
        return CauseKind.PERMISSIONS
    return _STEPS.get(step, CauseKind.OTHER)


_ABSENT: Final = frozenset({EntraKind.CONSENT, EntraKind.BEING_MADE})
_APPLICATION_DISABLED: Final = 7000112

_CODES: Final = {
    "gdap-ended": CauseKind.RELATIONSHIP,
    "gdap-mlt": CauseKind.RELATIONSHIP,
    "no-principal": CauseKind.CONSENT,
    "not-visible": CauseKind.CONSENT,
    "consent-too-narrow": CauseKind.CONSENT,
    "principal-disabled": CauseKind.CONSENT,
    IDENTITY_NOT_FOUND: CauseKind.CONSENT,
}

_STEPS: Final = {
    "consent": CauseKind.CONSENT,
    "visible": CauseKind.CONSENT,
    "roles": CauseKind.PERMISSIONS,
    "scopes": CauseKind.PERMISSIONS,
    "verify": CauseKind.PERMISSIONS,
}
"""Names of steps stand in users' journals and never change."""
