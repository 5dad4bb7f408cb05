"""Every documented code has a next step: by whose side it is on, and by where it is read."""

import re
from typing import Final

import pytest

from cipp_tui.domain.problems import (
    Broken,
    DeviceSignInProblem,
    Problem,
    Refused,
    Side,
    SignInProblem,
    Throttled,
)
from cipp_tui.services.advice import Advice, Surface, advise
from cipp_tui.services.next_steps import MEANS
from cipp_tui.widgets.action_lookup import BY_ID

ENTRA: Final[dict[int, tuple[str, str]]] = {
    **dict.fromkeys((65001, 90099, 7000229, 700011), ("no-consent", "partner-consent")),
    700016: ("no-consent", "client-id"),
    700011: ("no-consent", "client-id"),
    650051: ("transient", "transient"),
    650052: ("licence", "partner-service-disabled"),
    500011: ("licence", "partner-service-disabled"),
    500014: ("service-disabled", "partner-service-disabled"),
    650057: ("permission-not-registered", "permission-not-registered"),
    **dict.fromkeys((50020, 50177, 90072), ("user-unknown", "partner-user")),
    **dict.fromkeys((50076, 50078, 50074), ("mfa", "partner-mfa")),
    **dict.fromkeys((50079, 50072), ("mfa-not-set-up", "partner-mfa")),
    53003: ("conditional-access", "partner-conditional-access"),
    530032: ("policy", "partner-conditional-access"),
    530034: ("risk", "risk"),
    **dict.fromkeys((53000, 53001), ("policy", "partner-conditional-access")),
    70043: ("sign-in-frequency", "sign-in-frequency"),
    **dict.fromkeys((700082, 70008, 700084, 50089), ("sign-in-expired", "sign-in-expired")),
    **dict.fromkeys((50173, 50132, 50133), ("sign-in-revoked", "sign-in-revoked")),
    700003: ("sign-in-device", "sign-in-device"),
    50057: ("user-disabled", "user-disabled"),
    7000215: ("secret-wrong", "secret-wrong"),
    7000222: ("secret-expired", "secret-expired"),
    7000218: ("secret-missing", "secret-missing"),
    700025: ("secret-not-wanted", "secret-not-wanted"),
    700027: ("certificate", "certificate"),
    7000112: ("principal-disabled", "partner-app-disabled"),
    90002: ("tenant-gone", "partner-tenant"),
    900023: ("tenant-id", "partner-tenant"),
    5000224: ("tenant-unavailable", "partner-tenant"),
    9002313: ("malformed", "malformed"),
    **dict.fromkeys((70011, 28002), ("malformed", "malformed")),
    50196: ("looping", "looping"),
    **dict.fromkeys((90055, 90033, 50033, 90024, 90025), ("transient", "transient")),
    **dict.fromkeys((70016, 70018, 70019, 70020), ("device-code", "device-code")),
}
"""By number: the kind in a customer's tenant, and in our own.
Source: Entra, "Authentication and authorization error codes"."""

GRAPH: Final[dict[str, tuple[int, str, str]]] = {
    "Request_BadRequest": (400, "refused", "partner-refused"),
    "Request_UnsupportedQuery": (400, "query", "query"),
    "InvalidAuthenticationToken": (401, "token-refused", "partner-token"),
    "Authorization_IdentityNotFound": (401, "no-consent", "partner-consent"),
    "Authorization_RequestDenied": (403, "denied", "partner-denied"),
    "Request_ResourceNotFound": (404, "not-found", "partner-not-found"),
    "Directory_ObjectNotFound": (404, "not-found", "partner-not-found"),
    "Request_MultipleObjectsWithSameKeyValue": (409, "conflict", "conflict"),
    "Directory_ConcurrencyViolation": (409, "busy", "busy"),
    "Directory_QuotaExceeded": (403, "quota", "quota"),
    "Directory_ExpiredPageToken": (400, "page-expired", "page-expired"),
    "FailedDependency": (424, "dependency", "dependency"),
    "TooManyRequests": (429, "throttled", "throttled"),
    "Request_ThrottledTemporarily": (429, "throttled", "throttled"),
    "activityLimitReached": (429, "throttled", "throttled"),
    "InternalServerError": (500, "service", "service"),
    "serviceNotAvailable": (503, "service", "service"),
    "UnknownError": (502, "service", "service"),
    "generalException": (500, "service", "service"),
}
PARTNER_CENTER: Final[dict[str, tuple[int, str, str]]] = {
    "400": (401, "partner-center-sign-in", "partner-center-sign-in"),
    "1000": (404, "customer-unknown", "partner-center-denied"),
    "2032": (403, "consent-denied", "partner-center-denied"),
    "3000": (400, "refused", "partner-center-denied"),
    "20002": (403, "customer-unknown", "partner-center-denied"),
    "60003": (404, "customer-unknown", "partner-center-denied"),
    "800001": (401, "partner-center-sign-in", "partner-center-sign-in"),
    "800002": (400, "refused", "partner-center-denied"),
    "900118": (400, "customer-unknown", "partner-center-denied"),
}
LOCAL: Final = (
    *("gdap-ended", "gdap-mlt", "preflight", "consent-too-narrow", "principal-disabled"),
    *("scope-too-long", "no-principal", "not-signed-in", "no-secret", "not-visible"),
    *("still-missing", "unknown-permission", "proxy-credentials"),
    *("foreign-link", "too-large", "deadline", "own-tenant", "unknown-tenant"),
)

KEYS: Final = {means.key for means in MEANS.values()}
KEY_WORDS: Final = re.compile(
    r"\((?:" + "|".join(re.escape(key) for key in sorted(KEYS)) + r")\)|\bpress\b"
)


def refusal(code: str, status: int, side: Side) -> Problem:
    kind = Throttled if status == 429 else Broken if status >= 500 else Refused
    return kind("The service's own sentence", code=code, status=status, side=side)


def of_entra(number: int, side: Side) -> Problem:
    if side is Side.OWN:
        return SignInProblem("The service's own sentence", code=f"AADSTS{number}")
    return Refused("The service's own sentence", code=f"AADSTS{number}", status=400)


def expected(kinds: tuple[str, str], side: Side) -> str:
    return kinds[0] if side is Side.CUSTOMER else kinds[1]


CASES: Final = [
    *((of_entra(n, side), expected(kinds, side)) for n, kinds in ENTRA.items() for side in Side),
    *(
        (refusal(code, status, side), expected((theirs, ours), side))
        for table in (GRAPH, PARTNER_CENTER)
        for code, (status, theirs, ours) in table.items()
        for side in Side
    ),
]


@pytest.mark.parametrize(("problem", "kind"), CASES, ids=lambda one: getattr(one, "code", one))
def test_every_documented_code_is_of_its_kind_on_either_side(problem: Problem, kind: str) -> None:
    advice = advise(problem)

    assert advice.kind == kind
    assert_is_whole(advice)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 409, 410, 423, 424, 429, 500])
@pytest.mark.parametrize("code", ["LunarError", "", "AADSTS999999", "777777"])
def test_every_code_without_a_line_has_a_next_step_by_its_kind(
    code: str, status: int, side: Side
) -> None:
    advice = advise(refusal(code, status, side))

    assert_is_whole(advice)
    assert "own sentence" in advice.headline or status >= 429 or advice.fleet_wide


@pytest.mark.parametrize("code", LOCAL)
def test_every_code_of_our_own_has_a_next_step(code: str) -> None:
    assert_is_whole(advise(Problem("x", code=code)))


def assert_is_whole(advice: Advice) -> None:
    """It can be read everywhere, and names only what can be done there."""
    assert advice.headline.strip()
    assert "{" not in advice.headline
    assert len(advice.short) <= 8
    texts = {surface: advice.next_step(surface) for surface in Surface}
    assert all(text.strip() and "{" not in text for text in texts.values()), texts
    assert "cipp-tui" not in texts[Surface.SCREEN]
    assert not KEY_WORDS.search(texts[Surface.COMMAND_LINE])
    assert not KEY_WORDS.search(texts[Surface.JSON])
    assert "cipp-tui" not in texts[Surface.JSON]


def test_a_key_or_command_is_named_where_there_is_one() -> None:
    advice = advise(SignInProblem("x", code="AADSTS50173"))

    assert "(6, then s)" in advice.next_step(Surface.SCREEN)
    assert "cipp-tui login" in advice.next_step(Surface.COMMAND_LINE)


@pytest.mark.parametrize("name", sorted(MEANS))
def test_the_keys_named_are_the_keys_of_the_screen(name: str) -> None:
    means = MEANS[name]

    if means.action:
        assert means.key.split(",")[0] == BY_ID[means.action].keys.split(",")[0]


@pytest.mark.parametrize("code", [900421, "900421"])
def test_partner_center_asks_for_mfa_by_number_or_text(code: object) -> None:
    by_code = advise(Refused("no", code=str(code), status=401, side=Side.OWN))
    by_text = advise(Refused("no (900421)", code="400", status=401, side=Side.OWN))

    assert {by_code.kind, by_text.kind} == {"partner-center-mfa"}
    assert by_code.fleet_wide


def test_a_device_code_is_not_mended_by_a_secret() -> None:
    advice = advise(DeviceSignInProblem("x", code="AADSTS7000218", error="invalid_client"))

    for surface in Surface:
        assert "secret" not in f"{advice.headline} {advice.next_step(surface)}".casefold()
        assert "public client flows" in advice.next_step(surface)


@pytest.mark.parametrize(
    "error", ["authorization_declined", "expired_token", "bad_verification_code"]
)
def test_a_device_code_without_a_number_is_told_by_its_error(error: str) -> None:
    advice = advise(DeviceSignInProblem("x", code=error, error=error))

    assert "new code" in advice.next_step(Surface.SCREEN)


@pytest.mark.parametrize("number", [650052, 500011, 500014])
def test_where_no_token_is_given_nothing_is_said_to_be_left_out(number: int) -> None:
    advice = advise(of_entra(number, Side.CUSTOMER))

    for surface in Surface:
        assert "left out" not in advice.next_step(surface)
        assert "Nothing to do" not in advice.next_step(surface)


def test_a_disabled_service_of_our_own_is_not_mended_by_signing_in() -> None:
    own = advise(Refused("x", code="AADSTS500014", error="invalid_resource", side=Side.OWN))

    assert own.fleet_wide
    assert not own.signs_in
    assert "ubscription" in own.next_step(Surface.JSON)


def test_missing_rights_are_never_called_a_missing_licence() -> None:
    words = (
        "When using this permission, the backing application of the service principal being"
        " created must in the local tenant"
    )

    advice = advise(Refused(words, code="Authorization_RequestDenied", status=403))

    assert advice.kind == "denied"
    assert "Cloud Application Administrator" in advice.next_step(Surface.JSON)


def test_what_our_own_tenant_refuses_names_what_was_asked_for() -> None:
    problem = Refused("x", code="Authorization_RequestDenied", status=403, side=Side.OWN)
    problem.about = "the GDAP relationships"

    advice = advise(problem)

    assert "the GDAP relationships" in advice.headline
    assert advice.fleet_wide
