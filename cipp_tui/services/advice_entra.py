"""Words for Entra's sign-in errors: in a customer's tenant, and in our own. Advice comes first."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Advice:
    """What a problem means and what to do about it."""

    kind: str  # stable, for machines: "conditional-access"
    short: str  # for a table cell, up to 8 signs: "CA"
    headline: str
    advice: str  # the next step
    fleet_wide: bool = False  # it would stop every tenant


NO_CONSENT: Final = Advice(
    "no-consent",
    "consent",
    "The customer has not consented to our application.",
    "Refresh (r) gives consent. If it repeats, check the relationship and its roles.",
)
NOT_IN_GROUP: Final = Advice(
    "user-unknown",
    "GDAP",
    "Our service user has no access to this customer.",
    "Put the service user into the GDAP groups; delete a guest copy of it in the customer.",
)
MFA: Final = Advice(
    "mfa",
    "MFA",
    "The sign-in carries no (or too old) multi-factor proof for this tenant.",
    "Sign in again with MFA (6, then s; or cipp-tui login).",
)
_MFA_NOT_SET_UP: Final = Advice(
    "mfa-not-set-up",
    "MFA",
    "Multi-factor authentication is asked for and our service user has not set it up.",
    "Register MFA for the service user, then sign in again (6, then s; or cipp-tui login).",
)
_POLICY: Final = Advice(
    "policy",
    "policy",
    "A policy of the customer blocks our sign-in.",
    "Look in the customer's sign-in log for the policy named there.",
)
_RISK: Final = Advice(
    "risk",
    "risk",
    "Our service user is blocked as a risk.",
    "Clear the user's risk in your own tenant (Entra ID Protection), then sign in again (s).",
)
SIGN_IN: Final = Advice(
    "sign-in",
    "sign-in",
    "Our own sign-in has ended.",
    "Sign in again (6, then s; or cipp-tui login).",
    fleet_wide=True,
)
_EXPIRED: Final = Advice(
    "sign-in-expired",
    "sign-in",
    "Our own sign-in has expired: its refresh token is too old.",
    "Sign in again (6, then s; or cipp-tui login).",
    fleet_wide=True,
)
_REVOKED: Final = Advice(
    "sign-in-revoked",
    "sign-in",
    "Our sign-in was revoked, for example by a password change.",
    "Sign in again (6, then s; or cipp-tui login).",
    fleet_wide=True,
)
_FREQUENCY: Final = Advice(
    "sign-in-frequency",
    "sign-in",
    "A sign-in frequency policy has ended our refresh token.",
    "Sign in again (s); exempt the service user from that policy.",
)
_SECRET_WRONG: Final = Advice(
    "secret-wrong",
    "secret",
    "The application's client secret is not accepted.",
    "Store the secret's value, not its id; else create a new one in the app registration.",
    fleet_wide=True,
)
_SECRET_EXPIRED: Final = Advice(
    "secret-expired",
    "secret",
    "The application's client secret has expired.",
    "Create a new secret in the app registration and store its value.",
    fleet_wide=True,
)
_SECRET_MISSING: Final = Advice(
    "secret-missing",
    "secret",
    "The application needs a client secret and was given none.",
    "Set client_secret in the profile, or allow public client flows in the app registration.",
    fleet_wide=True,
)
_SECRET_NOT_WANTED: Final = Advice(
    "secret-not-wanted",
    "secret",
    "The application is a public client and must not send a secret.",
    "Take client_secret out of the profile.",
    fleet_wide=True,
)
_CERTIFICATE: Final = Advice(
    "certificate",
    "secret",
    "The application's certificate is not known to Entra ID.",
    "Right after a rotation wait a minute; else upload the certificate to the app registration.",
    fleet_wide=True,
)
_USER_DISABLED: Final = Advice(
    "user-disabled",
    "user",
    "Our service user is disabled.",
    "Enable it in the partner tenant, or sign in as another.",
    fleet_wide=True,
)
_TENANT_GONE: Final = Advice(
    "tenant-gone",
    "gone",
    "The customer's tenant does not exist any more.",
    "Remove it from the list (D); check the id if this is unexpected.",
)
_TENANT_UNAVAILABLE: Final = Advice(
    "tenant-unavailable",
    "gone",
    "The customer's tenant is not available: it was probably taken out of service.",
    "Ask the customer whether the tenant is still in use; if not, remove it from the list (D).",
)
LICENCE: Final = Advice(
    "licence",
    "licence",
    "The customer has not subscribed to this service.",
    "Nothing to do: the permissions of this service are left out for this tenant.",
)
_TRANSIENT: Final = Advice(
    "transient",
    "later",
    "Entra ID is busy or still setting this up.",
    "Wait a minute and try again (r).",
)

ENTRA: Final[dict[int, Advice]] = {
    65001: NO_CONSENT,
    90099: NO_CONSENT,
    7000229: NO_CONSENT,
    700016: Advice(
        "no-consent",
        "app",
        "The application is not known in this tenant.",
        "Refresh (r) gives consent. If every tenant says so, check client_id in the profile.",
    ),
    700011: NO_CONSENT,
    650051: _TRANSIENT,
    650052: LICENCE,
    500011: LICENCE,
    650057: Advice(
        "permission-not-registered",
        "app",
        "The resource is not listed in the app registration.",
        "Add the permission to the partner's app registration.",
        fleet_wide=True,
    ),
    50020: NOT_IN_GROUP,
    50177: NOT_IN_GROUP,
    90072: NOT_IN_GROUP,
    50076: MFA,
    50078: MFA,
    50074: MFA,
    50079: _MFA_NOT_SET_UP,
    50072: _MFA_NOT_SET_UP,
    53003: Advice(
        "conditional-access",
        "CA",
        "Conditional Access of the customer blocks our sign-in.",
        "Customer: exclude service providers (your partner tenant) from that policy.",
    ),
    530032: _RISK,
    530034: _RISK,
    53000: _POLICY,
    53001: _POLICY,
    70043: _FREQUENCY,
    700082: _EXPIRED,
    70008: _EXPIRED,
    700084: _EXPIRED,
    50173: _REVOKED,
    50132: _REVOKED,
    50133: _REVOKED,
    50089: _REVOKED,
    50057: _USER_DISABLED,
    7000215: _SECRET_WRONG,
    7000222: _SECRET_EXPIRED,
    7000218: _SECRET_MISSING,
    700025: _SECRET_NOT_WANTED,
    700027: _CERTIFICATE,
    90002: _TENANT_GONE,
    5000224: _TENANT_UNAVAILABLE,
    900023: Advice(
        "tenant-id",
        "id",
        "The tenant id or domain is malformed.",
        "Correct the id.",
    ),
    9002313: Advice(
        "malformed",
        "request",
        "Entra ID did not accept the request.",
        "Check that client_id, secret and refresh token of the profile are complete.",
    ),
    7000112: Advice(
        "principal-disabled",
        "disabled",
        "Our application is disabled in this tenant.",
        "Customer: enable the enterprise application for sign-in.",
    ),
    50196: Advice(
        "looping",
        "loop",
        "Entra ID sees the same request too often.",
        "Wait a few minutes and try again.",
    ),
    90055: _TRANSIENT,
    90033: _TRANSIENT,
    50033: _TRANSIENT,
    90024: _TRANSIENT,
}
"""What a customer's Entra ID says.
Source: Entra, "Authentication and authorization error codes"; CIPP, error translations."""

_OWN_CONSENT: Final = Advice(
    "partner-consent",
    "consent",
    "Our own tenant has not consented to our application.",
    "Grant admin consent for the app registration in your own tenant.",
    fleet_wide=True,
)
_OWN_MFA: Final = Advice(
    "partner-mfa",
    "MFA",
    "Our own tenant asks for multi-factor proof that our sign-in does not carry.",
    "Sign in again with MFA (6, then s; or cipp-tui login).",
    fleet_wide=True,
)
_OWN_POLICY: Final = Advice(
    "partner-conditional-access",
    "CA",
    "Conditional Access of our own tenant blocks our sign-in.",
    "Look in your own sign-in log for the policy, and let the service user sign in from here.",
    fleet_wide=True,
)
_OWN_TENANT: Final = Advice(
    "partner-tenant",
    "id",
    "The partner tenant of the profile does not exist.",
    "Correct partner_tenant in the profile.",
    fleet_wide=True,
)

OWN_ENTRA: Final[dict[int, Advice]] = {
    65001: _OWN_CONSENT,
    90099: _OWN_CONSENT,
    7000229: _OWN_CONSENT,
    700016: Advice(
        "client-id",
        "app",
        "Our application is not known in our own tenant.",
        "Correct client_id in the profile; or the app registration was deleted: restore it.",
        fleet_wide=True,
    ),
    7000112: Advice(
        "partner-app-disabled",
        "disabled",
        "Our application is disabled in our own tenant.",
        "Enable the enterprise application for sign-in in your own tenant.",
        fleet_wide=True,
    ),
    50020: Advice(
        "partner-user",
        "user",
        "The signed-in user is not a user of the partner tenant.",
        "Sign in as the service user of the partner tenant (s), or correct partner_tenant.",
        fleet_wide=True,
    ),
    50076: _OWN_MFA,
    50078: _OWN_MFA,
    50074: _OWN_MFA,
    50079: _OWN_MFA,
    50072: _OWN_MFA,
    53003: _OWN_POLICY,
    53000: _OWN_POLICY,
    53001: _OWN_POLICY,
    530032: Advice(_RISK.kind, _RISK.short, _RISK.headline, _RISK.advice, fleet_wide=True),
    530034: Advice(_RISK.kind, _RISK.short, _RISK.headline, _RISK.advice, fleet_wide=True),
    70043: Advice(
        _FREQUENCY.kind, _FREQUENCY.short, _FREQUENCY.headline, _FREQUENCY.advice, fleet_wide=True
    ),
    90002: _OWN_TENANT,
    900023: _OWN_TENANT,
    5000224: _OWN_TENANT,
    9002313: Advice(
        "malformed",
        "request",
        "Entra ID does not accept our refresh token: it is not complete, or of another app.",
        "Sign in again (6, then s; or cipp-tui login), or store the whole refresh token.",
        fleet_wide=True,
    ),
}
"""What our own tenant's Entra ID says of our own sign-in, where it means something else there."""
