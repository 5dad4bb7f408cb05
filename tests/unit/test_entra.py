"""What Entra ID's refusals are about: `error` and `suberror` first, numbers afterwards."""

import json
from typing import Any

import pytest

from cipp_tui.api.endpoints import Service
from cipp_tui.api.errors import problem_from
from cipp_tui.domain.entra import EntraKind, entra_kind, is_ours_alone
from cipp_tui.domain.failures import CauseKind, kind_of
from cipp_tui.domain.problems import (
    Broken,
    ConfigProblem,
    NotUnderstood,
    Refused,
    RemoteProblem,
    Side,
    SignInProblem,
    facts_of,
    retold,
)
from cipp_tui.domain.problems import problem_from as remembered

UNDOCUMENTED = 999_999


def entra_says(body: dict[str, Any], *, status: int = 400) -> RemoteProblem:
    """The problem of an answer of the token endpoint."""
    return problem_from(
        Service.LOGIN,
        host="login",
        status=status,
        body=json.dumps(body).encode(),
        request_id=None,
        at="2026-03-02T10:00:00+00:00",
    )


@pytest.mark.parametrize(
    ("error", "suberror", "kind"),
    [
        ("invalid_grant", "consent_required", EntraKind.CONSENT),
        ("invalid_grant", "basic_action", EntraKind.INTERACTION),
        ("invalid_grant", "message_only", EntraKind.POLICY),
        ("invalid_grant", "additional_action", EntraKind.SIGN_IN),
        ("invalid_grant", "bad_token", EntraKind.SIGN_IN),
        ("invalid_grant", "token_expired", EntraKind.SIGN_IN),
        ("invalid_grant", "user_password_expired", EntraKind.SIGN_IN),
        ("consent_required", "", EntraKind.CONSENT),
        ("interaction_required", "", EntraKind.INTERACTION),
        ("invalid_client", "", EntraKind.APPLICATION),
        ("invalid_resource", "", EntraKind.SERVICE),
        ("temporarily_unavailable", "", EntraKind.PASSING),
        ("invalid_grant", "", EntraKind.UNKNOWN),
        ("", "", EntraKind.UNKNOWN),
    ],
)
@pytest.mark.parametrize("number", [None, UNDOCUMENTED])
def test_error_and_suberror_tell_what_no_number_does(
    error: str, suberror: str, kind: EntraKind, number: int | None
) -> None:
    assert entra_kind(error, suberror, number) is kind


@pytest.mark.parametrize(
    ("suberror", "kind"),
    [("basic_action", EntraKind.INTERACTION), ("message_only", EntraKind.POLICY)],
)
@pytest.mark.parametrize("number", [65001, 53003, 50076, 700082])
def test_a_suberror_wins_over_a_number(suberror: str, kind: EntraKind, number: int) -> None:
    assert entra_kind("invalid_grant", suberror, number) is kind


@pytest.mark.parametrize(
    ("error", "number", "kind"),
    [
        ("invalid_client", 7000229, EntraKind.CONSENT),
        ("invalid_client", 7000222, EntraKind.APPLICATION),
        ("invalid_client", 650052, EntraKind.SERVICE),
        ("invalid_resource", 650057, EntraKind.APPLICATION),
        ("invalid_request", 90002, EntraKind.TENANT),
        ("invalid_grant", 500014, EntraKind.SERVICE),
    ],
)
def test_a_number_tells_the_causes_of_a_broad_error_apart(
    error: str, number: int, kind: EntraKind
) -> None:
    assert entra_kind(error, "", number) is kind


@pytest.mark.parametrize(
    ("error", "suberror", "number", "ours"),
    [
        ("invalid_client", "", 7000222, True),
        ("invalid_client", "", None, True),
        ("invalid_client", "", 7000229, False),
        ("unauthorized_client", "", 7000112, False),
        ("invalid_grant", "bad_token", 50173, True),
        ("invalid_grant", "bad_token", None, True),
        ("invalid_grant", "user_password_expired", None, True),
        ("invalid_grant", "", 700003, True),
        ("invalid_grant", "token_expired", 70043, False),
        ("invalid_grant", "bad_token", 70043, False),  # the customer's sign-in frequency
        ("invalid_grant", "message_only", 53003, False),
        ("invalid_grant", "consent_required", 65001, False),
    ],
)
def test_what_is_ours_alone_would_hit_every_tenant(
    error: str, suberror: str, number: int | None, ours: bool
) -> None:
    assert is_ours_alone(error, suberror, number) is ours


@pytest.mark.parametrize(
    "body",
    [
        {"error": "invalid_grant", "error_codes": [700003]},
        {"error": "invalid_grant", "error_codes": [], "error_description": "AADSTS700003: Device"},
        {"error": "invalid_grant", "error_codes": ["x"], "error_description": "AADSTS700003: No"},
        {"error": "invalid_grant", "error_description": "AADSTS700003: Device object was not …"},
    ],
)
def test_the_number_is_read_from_the_text_where_no_codes_are_given(body: dict[str, Any]) -> None:
    assert entra_says(body).aadsts == 700003


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize(
    "body",
    [
        {"error": "temporarily_unavailable"},
        {"error": "invalid_grant", "error_codes": [90033]},
        {"error": "invalid_grant", "error_codes": [50033]},
        {"error": "invalid_request", "error_codes": [90024]},
        {"error": "invalid_request", "error_description": "AADSTS90025: Busy."},
    ],
)
def test_trouble_that_passes_is_no_refusal_whatever_the_status(
    status: int, body: dict[str, Any]
) -> None:
    assert type(entra_says(body, status=status)) is Broken


@pytest.mark.parametrize("error", ["invalid_grant", "temporarily_unavailable"])
def test_a_loop_of_requests_does_not_pass_by_asking_again(error: str) -> None:
    assert type(entra_says({"error": error, "error_codes": [50196]})) is Refused


def test_error_and_suberror_survive_the_journal() -> None:
    problem = entra_says({"error": "invalid_grant", "suberror": "message_only"})
    problem.about = "the app registration"

    again = remembered(facts_of(problem))

    assert (again.error, again.suberror) == ("invalid_grant", "message_only")
    assert again.entra is EntraKind.POLICY
    assert facts_of(again) == facts_of(problem)


def test_what_an_older_version_kept_is_read() -> None:
    old: dict[str, str | int | None] = {
        "family": "refused",
        "message": "no",
        "code": "AADSTS53003",
        "status": 400,
    }

    again = remembered(old)

    assert (again.error, again.suberror, again.side) == ("", "", Side.CUSTOMER)
    assert again.entra is EntraKind.POLICY


def test_a_configuration_problem_survives_the_journal() -> None:
    problem = ConfigProblem("is not right", file="c.toml", key="directory_roles", fix="Take it out")

    again = remembered(facts_of(problem))

    assert type(again) is ConfigProblem
    assert str(again) == str(problem)
    assert again.side is Side.OWN


def test_a_problem_told_as_another_kind_loses_nothing() -> None:
    problem = entra_says(
        {"error": "invalid_grant", "suberror": "bad_token", "error_codes": [50173]}
    )

    ours, odd = retold(problem, SignInProblem), retold(problem, NotUnderstood, code="odd")

    assert {**facts_of(ours), "family": "refused", "side": "customer"} == facts_of(problem)
    assert ours.side is Side.OWN
    assert (odd.code, odd.suberror, odd.side) == ("odd", "bad_token", Side.CUSTOMER)


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (Refused("no", error="invalid_grant", suberror="consent_required"), CauseKind.CONSENT),
        (Refused("no", error="invalid_grant", suberror="message_only"), CauseKind.SIGN_IN),
        (Refused("no", code="AADSTS650051"), CauseKind.CONSENT),
        (Refused("no", code="AADSTS7000112"), CauseKind.CONSENT),
        (Refused("no", code="Authorization_IdentityNotFound", status=401), CauseKind.CONSENT),
    ],
)
def test_the_count_of_failures_goes_by_the_same_kinds(problem: Refused, kind: CauseKind) -> None:
    assert kind_of(problem, "roles") is kind


@pytest.mark.parametrize(
    ("status", "body", "side"),
    [
        (401, {"code": 900421, "description": "no"}, Side.OWN),
        (401, {"code": "900421", "description": "no"}, Side.OWN),
        (403, {"code": "900421"}, Side.OWN),
        (401, {"description": "MFA is required (900421)"}, Side.OWN),
        (401, {"code": 800001}, Side.OWN),
        (401, {}, Side.OWN),
        (403, {"code": 2032}, Side.CUSTOMER),
        (404, {"code": 60003}, Side.CUSTOMER),
        (400, {"code": 3000}, Side.CUSTOMER),
    ],
)
def test_partner_center_says_whether_it_refuses_us_or_a_customer(
    status: int, body: dict[str, Any], side: Side
) -> None:
    problem = problem_from(
        Service.PARTNER_CENTER,
        host="pc",
        status=status,
        body=json.dumps(body).encode(),
        request_id=None,
        at="",
    )

    assert problem.side is side
