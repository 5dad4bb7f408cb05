"""Advice on what Entra ID refuses to our own side: application, user, sign-in, device code.

Source of the numbers and their meanings: Entra, "Authentication and authorization error codes".
"""

from collections.abc import Mapping
from typing import Final

from cipp_tui.services.next_steps import Advice

SIGN_IN_AGAIN: Final = "Sign in again{sign_in}."
SIGN_IN_WITH_MFA: Final = "Sign in again with multi-factor authentication{sign_in}."
SET_UP_MFA: Final = (
    "Register multi-factor authentication for the service user, then sign in again{sign_in}."
)


def _own(kind: str, short: str, headline: str, step: str, *, signs_in: bool = False) -> Advice:
    return Advice(kind, short, headline, step, fleet_wide=True, signs_in=signs_in)


OWN_CONSENT: Final = _own(
    "partner-consent",
    "consent",
    "Our own tenant has not consented to our application.",
    "Grant admin consent for the app registration in your own tenant.",
)
OWN_APP_UNKNOWN: Final = _own(
    "client-id",
    "app",
    "Our application is not known in our own tenant.",
    "Correct client_id in the profile; or the app registration was deleted: restore it.",
)
OWN_BEING_MADE: Final = Advice(
    "transient",
    "later",
    "Entra ID is still setting our application up in our own tenant.",
    "Wait a minute, then try again.",
)

OWN_MFA: Final = _own(
    "partner-mfa",
    "MFA",
    "Our own tenant asks for multi-factor proof that our sign-in does not carry.",
    SIGN_IN_WITH_MFA,
    signs_in=True,
)
OWN_MFA_NOT_SET_UP: Final = _own(
    "partner-mfa",
    "MFA",
    "Our own tenant asks for multi-factor authentication, and our service user has not set it up.",
    SET_UP_MFA,
    signs_in=True,
)

OWN_POLICY: Final = _own(
    "partner-conditional-access",
    "CA",
    "Conditional Access of our own tenant blocks our sign-in.",
    "Look in your own sign-in log for the policy, and let the service user sign in from here.",
)
CROSS_TENANT_OUT: Final = _own(
    "partner-cross-tenant",
    "policy",
    "Our own cross-tenant access settings do not let our users out to this tenant.",
    "Allow outbound access to the customer in your own cross-tenant access settings.",
)

SIGN_IN: Final = _own(
    "sign-in", "sign-in", "Our own sign-in is not accepted any more.", SIGN_IN_AGAIN, signs_in=True
)
EXPIRED: Final = _own(
    "sign-in-expired",
    "sign-in",
    "Our own sign-in has expired: its refresh token is too old.",
    SIGN_IN_AGAIN,
    signs_in=True,
)
REVOKED: Final = _own(
    "sign-in-revoked",
    "sign-in",
    "Our sign-in was revoked, for example by a password change.",
    SIGN_IN_AGAIN,
    signs_in=True,
)
DEVICE_DELETED: Final = _own(
    "sign-in-device",
    "sign-in",
    "The device our sign-in was made on is deleted, disabled or not accepted.",
    "Sign in again{sign_in}, on a device that is in the directory or on none that is managed.",
    signs_in=True,
)
PASSWORD_EXPIRED: Final = _own(
    "password-expired",
    "user",
    "The password of our service user has expired.",
    "Set a new password for the service user, then sign in again{sign_in}.",
    signs_in=True,
)
OWN_USER: Final = _own(
    "partner-user",
    "user",
    "The signed-in user is not a user of the partner tenant.",
    "Sign in as the service user of the partner tenant{sign_in}, or correct partner_tenant.",
    signs_in=True,
)
USER_DISABLED: Final = _own(
    "user-disabled",
    "user",
    "Our service user is disabled.",
    "Enable it in the partner tenant, or sign in as another{sign_in}.",
    signs_in=True,
)
USER_LOCKED: Final = _own(
    "user-locked",
    "user",
    "Our service user is locked, or signs in from an address that is blocked.",
    "Look in your own sign-in log for the reason, unblock the user, then sign in again{sign_in}.",
    signs_in=True,
)

SECRET_WRONG: Final = _own(
    "secret-wrong",
    "secret",
    "The application's client secret is not accepted.",
    "Store the secret's value, not its id; else create a new one in the app registration.",
)
SECRET_EXPIRED: Final = _own(
    "secret-expired",
    "secret",
    "The application's client secret has expired.",
    "Create a new secret in the app registration and store its value.",
)
SECRET_MISSING: Final = _own(
    "secret-missing",
    "secret",
    "The application needs a client secret and was given none.",
    "Set client_secret or client_certificate in the profile, or allow public client flows in the"
    " app registration.",
)
SECRET_NOT_WANTED: Final = _own(
    "secret-not-wanted",
    "secret",
    "The application is a public client and must not send a secret.",
    "Take client_secret out of the profile.",
)
CERTIFICATE: Final = _own(
    "certificate",
    "secret",
    "The application's certificate is not known to Entra ID.",
    "Right after a rotation wait a minute; else upload the certificate to the app registration.",
)
ASSERTION_TIME: Final = _own(
    "assertion-time",
    "clock",
    "The proof our application signed is not good at this time of day.",
    "Set this machine's clock right; a federated token that has run out must be written anew.",
)
FEDERATION: Final = _own(
    "federated-credential",
    "token",
    "No federated credential of the app registration fits the token of federated_token_file.",
    "Compare its issuer, subject and audience with the app registration's federated credentials.",
)
NOT_REGISTERED: Final = _own(
    "permission-not-registered",
    "app",
    "The resource is not listed in the app registration.",
    "Add the permission to the partner's app registration.",
)
OWN_APPLICATION: Final = _own(
    "application",
    "app",
    "Entra ID does not accept our application's credentials.",
    "Check client_id and the secret or certificate of the profile against the app registration.",
)
OWN_DISABLED: Final = _own(
    "partner-app-disabled",
    "disabled",
    "Our application is disabled in our own tenant.",
    "Enable the enterprise application for sign-in in your own tenant.",
)

OWN_SERVICE: Final = _own(
    "partner-service-disabled",
    "service",
    "A service is disabled, lapsed or not set up in our own tenant.",
    "Renew its subscription, or enable its enterprise application in your own tenant. Signing in"
    " again is no help.",
)
OWN_TENANT: Final = _own(
    "partner-tenant",
    "id",
    "The partner tenant of the profile does not exist.",
    "Correct partner_tenant in the profile, and cloud where the tenant is in another one.",
)

OWN_MALFORMED: Final = _own(
    "malformed",
    "request",
    "Entra ID does not accept our refresh token: it is not complete, or of another app.",
    "Sign in again{sign_in}, or store the whole refresh token.",
    signs_in=True,
)
ODD_CODE: Final = Advice(
    "device-code",
    "code",
    "The sign-in by device code was not finished.",
    "Ask for a new code{new_code}.",
    fleet_wide=True,
    signs_in=True,
)

DEVICE_CODE: Final[Mapping[int, Advice]] = {
    7000218: _own(
        "public-client-flows",
        "app",
        "The app registration does not allow signing in by device code.",
        'Set "Allow public client flows" to Yes in the app registration, under Authentication.',
    ),
    65004: _own(
        "sign-in-declined",
        "code",
        "The sign-in was declined in the browser.",
        "Ask for a new code{new_code} and accept it there.",
        signs_in=True,
    ),
    70018: _own(
        "device-code",
        "code",
        "Another code was typed in than the one shown.",
        "Ask for a new code{new_code}.",
        signs_in=True,
    ),
    70019: _own(
        "device-code",
        "code",
        "The code was not used in time.",
        "Ask for a new code{new_code}.",
        signs_in=True,
    ),
}
"""To a sign-in by device code, which never sends the application's secret.
Source: Entra, "OAuth 2.0 device authorization grant flow"; "Public client and confidential client
applications"."""

DEVICE_CODE_BLOCKED: Final = _own(
    "device-code-blocked",
    "policy",
    "A policy of our own tenant blocks this sign-in; many tenants block device codes.",
    "Sign in with the browser{browser}.",
    signs_in=True,
)
"""Source: Entra, "Conditional Access: Authentication flows"."""

BROWSER_DECLINED: Final = _own(
    "sign-in-declined",
    "sign-in",
    "The sign-in was declined in the browser.",
    "Sign in again{browser} and accept it there.",
    signs_in=True,
)

DEVICE_CODE_ERRORS: Final[Mapping[str, int]] = {
    "authorization_declined": 65004,
    "bad_verification_code": 70018,
    "expired_token": 70019,
}
"""Where a device code's refusal has no number, its `error` stands for one."""
