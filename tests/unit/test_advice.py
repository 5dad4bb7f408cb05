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
        (SignInProblem("x", code="AADSTS7000222"), "secret"),
        (SignInProblem("x", code="AADSTS50173"), "sign-in"),
        (SignInProblem("x", code="not-signed-in"), "sign-in"),
        (Refused("x", code="Authorization_RequestDenied"), "denied"),
        (Refused("x", code="Authorization_RequestDenied/Detail"), "denied"),
        (Throttled("x"), "throttled"),
        (Unreachable("x"), "network"),
        (LostReply("x"), "network"),
        (Broken("x"), "service"),
        (NotUnderstood("x"), "not-understood"),
        (Unsuited("x", code="gdap-mlt"), "relationship-read-only"),
        (Unverified("x"), "unverified"),
        (Refused("MFA is required", status=401), "mfa"),
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


def test_a_problem_survives_the_journal() -> None:
    problem = Refused(
        "no", code="AADSTS53003", host="h", status=400, request_id="id", at="2026-03-02T10:00"
    )

    again = problem_from(facts_of(problem))

    assert type(again) is Refused
    assert facts_of(again) == facts_of(problem)
