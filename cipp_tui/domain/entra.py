"""What Entra ID's refusals are about, by `error` and `suberror` first, then by number.

Source: Entra, "Authentication and authorization error codes" (`error` "should be used to react to
errors", numbers "are subject to change"); MSAL, "Handle errors and exceptions" (suberrors).
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final


class EntraKind(StrEnum):
    """What a refusal of the token endpoint is about."""

    CONSENT = "consent"  # our application is not consented in the tenant
    BEING_MADE = "being-made"  # our service principal is being created there
    INTERACTION = "interaction"  # the user has to do something: multi-factor authentication
    POLICY = "policy"  # a policy says no; asking again is no help
    SIGN_IN = "sign-in"  # the refresh token is no longer good: sign in again
    USER = "user"  # our user is not known there, disabled or locked
    APPLICATION = "application"  # secret, certificate, registration
    SERVICE = "service"  # the resource is not set up, not subscribed to, or disabled
    TENANT = "tenant"  # the tenant is not there, or its id is malformed
    REQUEST = "request"  # the request itself is not accepted
    DEVICE_CODE = "device-code"  # the device code was declined, mistyped, or has expired
    PASSING = "passing"  # busy: the same request is good a little later
    UNKNOWN = "unknown"


def entra_kind(error: str, suberror: str, number: int | None) -> EntraKind:
    """What a refusal is about.

    A suberror decides, and so does an `error` that says one thing only. The others (`invalid_grant`
    and `invalid_client` stand for a dozen causes each) are told apart by the number, where that is
    documented. A loop of requests is never a passing matter, whatever the rest says.
    """
    of_number = _BY_NUMBER.get(number, EntraKind.UNKNOWN) if number else EntraKind.UNKNOWN
    if number == LOOPING:
        return of_number
    for word, kinds in ((suberror, _BY_SUBERROR), (error, _BY_ERROR)):
        if word in kinds:
            return kinds[word]
    if of_number is EntraKind.UNKNOWN:
        return _BY_COARSE_ERROR.get(error, of_number)
    return of_number


def is_ours_alone(error: str, suberror: str, number: int | None) -> bool:
    """Whether a customer's Entra ID refuses for a cause of our own, which hits every tenant alike.

    Our secret, our one refresh token, or our user. A token refused by a customer's sign-in
    frequency is not among them, nor is an application that only this tenant does not know.
    """
    kind = entra_kind(error, suberror, number)
    if number is not None and _BY_NUMBER.get(number) is kind:
        return number in _OURS_BY_NUMBER
    if suberror in _OURS_BY_SUBERROR:
        return True
    return error == "invalid_client" and kind is EntraKind.APPLICATION


LOOPING: Final = 50196

_BY_SUBERROR: Final = {
    "consent_required": EntraKind.CONSENT,
    "basic_action": EntraKind.INTERACTION,
    "message_only": EntraKind.POLICY,
    "protection_policy_required": EntraKind.POLICY,
    "additional_action": EntraKind.SIGN_IN,
    "bad_token": EntraKind.SIGN_IN,
    "token_expired": EntraKind.SIGN_IN,
    "user_password_expired": EntraKind.SIGN_IN,
    "client_mismatch": EntraKind.SIGN_IN,
    "device_authentication_failed": EntraKind.SIGN_IN,
}
_BY_ERROR: Final = {
    "consent_required": EntraKind.CONSENT,
    "interaction_required": EntraKind.INTERACTION,
    "login_required": EntraKind.SIGN_IN,
    "temporarily_unavailable": EntraKind.PASSING,
    "authorization_declined": EntraKind.DEVICE_CODE,
    "bad_verification_code": EntraKind.DEVICE_CODE,
    "expired_token": EntraKind.DEVICE_CODE,
    "authorization_pending": EntraKind.DEVICE_CODE,
    "slow_down": EntraKind.DEVICE_CODE,
}
_BY_COARSE_ERROR: Final = {
    "invalid_client": EntraKind.APPLICATION,
    "unauthorized_client": EntraKind.APPLICATION,
    "invalid_resource": EntraKind.SERVICE,
    "invalid_tenant": EntraKind.TENANT,
    "invalid_request": EntraKind.REQUEST,
    "invalid_scope": EntraKind.REQUEST,
    "unsupported_grant_type": EntraKind.REQUEST,
}
"""Of an `error` whose number is not documented."""


def _numbers(groups: Iterable[tuple[EntraKind, tuple[int, ...]]]) -> Mapping[int, EntraKind]:
    return {number: kind for kind, numbers in groups for number in numbers}


_BY_NUMBER: Final = _numbers(
    (
        (EntraKind.CONSENT, (65001, 90099, 7000229, 700016, 700011, 90008, 90094, 90095, 650056)),
        (EntraKind.BEING_MADE, (650051,)),
        (EntraKind.INTERACTION, (50076, 50078, 50074, 50079, 50072, 50158, 700020)),
        (EntraKind.POLICY, (53003, 53000, 53001, 53002, 53004, 53011, 530032, 530034, 530035)),
        (EntraKind.POLICY, (50005, 50097, 50105, 50131, 500021, 500022, 500212, 500213)),
        (EntraKind.SIGN_IN, (700082, 70008, 700084, 70000, 70043, 50173, 50132, 50133, 50089)),
        (EntraKind.SIGN_IN, (50055, 50144, 50058, 50155, 50187, 700003, 135011)),
        (EntraKind.USER, (50020, 50177, 50178, 90072, 50034, 51004, 50014, 16000, 16003)),
        (EntraKind.USER, (50057, 50053)),
        (EntraKind.APPLICATION, (7000215, 7000222, 7000218, 700025, 700027, 700030, 70002)),
        (EntraKind.APPLICATION, (7000112, 70001, 650057, 65005)),
        (EntraKind.APPLICATION, (700021, 700023, 700024, 70021, 700211, 700212, 700213)),
        (EntraKind.SERVICE, (650052, 500011, 500014, 650054, 50001)),
        (EntraKind.TENANT, (90002, 5000224, 900023, 50059, 50128, 90019, 90038)),
        (EntraKind.REQUEST, (9002313, 70011, 28002, 28003, 70003, 90014, 900144, 90023, 90100)),
        (EntraKind.REQUEST, (LOOPING,)),
        (EntraKind.DEVICE_CODE, (70016, 70018, 70019, 70020, 90119, 90120, 65004)),
        (EntraKind.PASSING, (90033, 50033, 90024, 90025, 90055)),
    )
)

_OURS_BY_SUBERROR: Final = frozenset(
    {"bad_token", "user_password_expired", "client_mismatch", "device_authentication_failed"}
)
_OURS_BY_NUMBER: Final = frozenset(
    {7000215, 7000222, 7000218, 700025, 700027, 700030, 70002, 700082, 70008, 700084, 70000}
    | {700021, 700023, 700024, 70021, 700211, 700212, 700213}
    | {50173, 50132, 50133, 50089, 50057, 50053, 50055, 50144, 700003, 50155, 50187, 135011}
)
