"""Every problem has words."""

import pytest

from cipp_tui.domain.problems import (
    Broken,
    LostReply,
    NotUnderstood,
    Problem,
    Refused,
    SignInProblem,
    Throttled,
    Unreachable,
    Unsuited,
    Unverified,
    facts_of,
    problem_from,
)
from cipp_tui.services.advice import advise


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (Refused("x", code="AADSTS53003"), "conditional-access"),
        (Refused("x", code="AADSTS65001"), "no-consent"),
        (Refused("x", code="AADSTS50020"), "user-unknown"),
        (Refused("x", code="AADSTS50076"), "mfa"),
        (Refused("x", code="AADSTS90002"), "tenant-gone"),
        (SignInProblem("x", code="AADSTS7000222"), "secret-expired"),
        (SignInProblem("x", code="AADSTS50173"), "sign-in-revoked"),
        (SignInProblem("x", code="not-signed-in"), "not-signed-in"),
        (Refused("x", code="Authorization_RequestDenied"), "denied"),
        (Refused("x", code="Authorization_RequestDenied/Detail"), "denied"),
        (SignInProblem("x", code="AADSTS53003"), "partner-conditional-access"),
        (SignInProblem("x", code="AADSTS65001"), "partner-consent"),
        (Throttled("x"), "throttled"),
        (Throttled("x", code="AADSTS90055"), "throttled"),
        (Unreachable("x"), "network"),
        (LostReply("x"), "no-answer"),
        (Broken("x"), "service"),
        (NotUnderstood("x"), "not-understood"),
        (Unsuited("x", code="gdap-mlt"), "relationship-read-only"),
        (Unverified("x"), "unverified"),
        (Refused("MFA is required", status=401), "partner-center-mfa"),
    ],
)
def test_a_known_problem_gets_its_advice(problem: Problem, kind: str) -> None:
    advice = advise(problem)

    assert advice.kind == kind
    assert advice.headline
    assert len(advice.short) <= 8


def test_an_unknown_code_keeps_the_services_own_sentence() -> None:
    advice = advise(Refused("The moon is in the wrong phase.", code="LunarError"))

    assert advice.headline == "The moon is in the wrong phase."
    assert advice.kind == "refused"


@pytest.mark.parametrize("code", ["AADSTS7000222", "AADSTS50173", "AADSTS700082"])
def test_what_hits_every_tenant_alike_is_fleet_wide(code: str) -> None:
    assert advise(SignInProblem("x", code=code)).fleet_wide


@pytest.mark.parametrize("code", ["AADSTS53003", "AADSTS50076", "AADSTS65001", "AADSTS700016"])
def test_what_our_own_tenant_refuses_is_fleet_wide_and_never_the_customers(code: str) -> None:
    ours, theirs = advise(SignInProblem("x", code=code)), advise(Refused("x", code=code))

    assert ours.fleet_wide
    assert not theirs.fleet_wide
    assert ours.kind != theirs.kind


def test_a_problem_survives_the_journal() -> None:
    problem = Refused(
        "no", code="AADSTS53003", host="h", status=400, request_id="id", at="2026-03-02T10:00"
    )

    again = problem_from(facts_of(problem))

    assert type(again) is Refused
    assert facts_of(again) == facts_of(problem)
