"""Failures in a row, by cause."""

from datetime import UTC, datetime, timedelta

import pytest

from cipp_tui.domain.failures import CauseKind, Failures, kind_of, one_more
from cipp_tui.domain.permissions import AppId
from cipp_tui.domain.problems import NotUnderstood, Problem, Refused, Unsuited, Unverified

AT = datetime(2026, 3, 2, tzinfo=UTC)
BLOCKED = Refused("blocked", code="AADSTS53003")
NO_CONSENT = Refused("no consent", code="AADSTS65001")


def day(number: int) -> datetime:
    return AT + timedelta(days=number)


def test_each_kind_keeps_its_own_count_and_dates() -> None:
    failures: Failures | None = None
    for number, problem in enumerate([BLOCKED, NO_CONSENT, BLOCKED, BLOCKED]):
        failures = one_more(failures, problem, at=day(number))
    assert failures is not None

    told = [(c.kind, c.count, c.first_at, c.last_at) for c in failures.causes]

    assert told == [
        (CauseKind.SIGN_IN, 3, day(0), day(3)),
        (CauseKind.CONSENT, 1, day(1), day(1)),
    ]
    assert (failures.count, failures.first_at, failures.last_at) == (4, day(0), day(3))
    assert failures.problem is BLOCKED
    assert failures.causes[1].problem is NO_CONSENT


def test_the_wanted_set_of_the_newest_failure_is_kept() -> None:
    first = one_more(None, BLOCKED, at=AT, app=AppId("app"), fingerprint="set-1")
    second = one_more(first, BLOCKED, at=AT, app=AppId("app"), fingerprint="set-2")

    assert (second.app, second.fingerprint) == ("app", "set-2")


@pytest.mark.parametrize(("limit", "suspended"), [(3, True), (4, False)])
def test_the_limit_suspends(limit: int, suspended: bool) -> None:
    failures = one_more(None, BLOCKED, at=AT, limit=limit)
    failures = one_more(failures, NO_CONSENT, at=AT, limit=limit)
    failures = one_more(failures, BLOCKED, at=AT, limit=limit)

    assert failures.suspended is suspended


@pytest.mark.parametrize(
    ("problem", "step", "kind"),
    [
        (BLOCKED, "consent", CauseKind.SIGN_IN),
        (NO_CONSENT, "roles", CauseKind.CONSENT),
        (Unsuited("no", code="gdap-ended"), "consent", CauseKind.RELATIONSHIP),
        (Unsuited("no", code="principal-disabled"), "verify", CauseKind.CONSENT),
        (Unverified("no", code="not-visible"), "visible", CauseKind.CONSENT),
        (Unverified("no", code="still-missing"), "verify", CauseKind.PERMISSIONS),
        (Refused("no", code="600009", status=400), "consent", CauseKind.CONSENT),
        (Refused("no", code="Authorization_RequestDenied"), "scopes", CauseKind.PERMISSIONS),
        (NotUnderstood("no", code="not-understood"), "roles", CauseKind.ANSWER),
        (Refused("no", code="what"), "", CauseKind.OTHER),
    ],
)
def test_a_problem_is_of_one_kind(problem: Problem, step: str, kind: CauseKind) -> None:
    assert kind_of(problem, step) is kind
