"""Advice on what Entra ID refuses: in a customer's tenant, and in our own.

Source of the numbers and their meanings: Entra, "Authentication and authorization error codes"
(MicrosoftDocs/entra-docs, reference-error-codes.md); CIPP, error translations.
"""

from collections.abc import Mapping
from typing import Final

from cipp_tui.domain.entra import EntraKind
from cipp_tui.services import advice_entra_ours as ours
from cipp_tui.services.next_steps import Advice

# -- consent ------------------------------------------------------------------------------------
NO_CONSENT: Final = Advice(
    "no-consent",
    "consent",
    "The customer has not consented to our application.",
    "A refresh{refresh} gives consent. If it repeats, check the relationship and its roles.",
)
DIRECT_NO_CONSENT: Final = Advice(
    "direct-no-consent",
    "consent",
    "This direct tenant has not consented to our application.",
    "An administrator there must grant admin consent; without GDAP we cannot.",
)
_APP_UNKNOWN: Final = Advice(
    "no-consent",
    "app",
    "The application is not known in this tenant.",
    "A refresh{refresh} gives consent. If every tenant says so, check client_id in the profile.",
)
_BEING_MADE: Final = Advice(
    "transient",
    "later",
    "Entra ID is still setting our application up in this tenant.",
    "Wait a minute, then try again{refresh}.",
)

# -- multi-factor authentication ------------------------------------------------------------------
MFA: Final = Advice(
    "mfa",
    "MFA",
    "The sign-in carries no (or too old) multi-factor proof for this tenant.",
    ours.SIGN_IN_WITH_MFA,
    signs_in=True,
)
_MFA_NOT_SET_UP: Final = Advice(
    "mfa-not-set-up",
    "MFA",
    "Multi-factor authentication is asked for and our service user has not set it up.",
    ours.SET_UP_MFA,
    signs_in=True,
)

# -- policies and risk ----------------------------------------------------------------------------
_POLICY: Final = Advice(
    "policy",
    "policy",
    "A policy of the customer blocks our sign-in.",
    "Customer: find the policy in the sign-in log and exclude service providers from it.",
)
_CONDITIONAL_ACCESS: Final = Advice(
    "conditional-access",
    "CA",
    "Conditional Access of the customer blocks our sign-in.",
    "Customer: exclude service providers (your partner tenant) from that policy.",
)
_RISK: Final = Advice(
    "risk",
    "risk",
    "Our service user is blocked as a risk.",
    "Clear the user's risk in your own tenant (Entra ID Protection), then sign in again{sign_in}.",
    signs_in=True,
)
_DEVICE_PROOF: Final = Advice(
    "policy",
    "policy",
    "A policy of the customer asks for a managed device, which no service user has.",
    "Customer: exclude service providers (your partner tenant) from that policy.",
)
_CROSS_TENANT: Final = Advice(
    "cross-tenant",
    "policy",
    "The customer's cross-tenant access settings do not let our users in.",
    "Customer: allow inbound access for your partner tenant in the cross-tenant access settings.",
)

# -- our sign-in ----------------------------------------------------------------------------------
_THEIRS_SIGN_IN: Final = Advice(
    "sign-in",
    "sign-in",
    "The customer's Entra ID does not accept our sign-in any more.",
    ours.SIGN_IN_AGAIN,
    signs_in=True,
)
_FREQUENCY: Final = Advice(
    "sign-in-frequency",
    "sign-in",
    "A sign-in frequency policy has ended our refresh token.",
    "Sign in again{sign_in}; exempt the service user from that policy.",
    signs_in=True,
)

# -- our user -------------------------------------------------------------------------------------
NOT_IN_GROUP: Final = Advice(
    "user-unknown",
    "GDAP",
    "Our service user has no access to this customer.",
    "Put the service user into the GDAP groups; delete a guest copy of it in the customer.",
)

# -- our application ------------------------------------------------------------------------------
_APPLICATION: Final = Advice(
    "application",
    "app",
    "The customer's Entra ID does not accept our application.",
    "Check that the enterprise application is enabled there; a reset{reset} consents anew.",
)
_DISABLED: Final = Advice(
    "principal-disabled",
    "disabled",
    "Our application is disabled in this tenant.",
    "Customer: enable the enterprise application for sign-in.",
)

# -- services and tenants -------------------------------------------------------------------------
LICENCE: Final = Advice(
    "licence",
    "licence",
    "The customer has not subscribed to a service that our sign-in needs, or not enabled it.",
    "Customer: check the service subscriptions. Without the service nothing can be done there.",
)
_NOT_SET_UP: Final = Advice(
    "licence",
    "licence",
    "A service that our sign-in needs is not set up in this tenant.",
    "Customer: enable the service's enterprise application, then try again{refresh}.",
)
_SERVICE_DISABLED: Final = Advice(
    "service-disabled",
    "service",
    "A service is disabled in this tenant, or its subscription has lapsed.",
    "Customer: renew the subscription, or enable the service's enterprise application.",
)
_TENANT_GONE: Final = Advice(
    "tenant-gone",
    "gone",
    "Entra ID does not find the customer's tenant: it is deleted, or has no subscription any more.",
    "Take it off the list{remove}; check the id if this is unexpected.",
)
_TENANT_UNAVAILABLE: Final = Advice(
    "tenant-unavailable",
    "gone",
    "The customer's tenant is not available: it was probably taken out of service.",
    "Ask the customer whether the tenant is still in use; if not, take it off the list{remove}.",
)
_TENANT_ID: Final = Advice(
    "tenant-id",
    "id",
    "Entra ID finds no tenant of this id.",
    "Correct the id; where it is right, check that the profile's cloud is the customer's.",
)

# -- requests, and what passes --------------------------------------------------------------------
_MALFORMED: Final = Advice(
    "malformed",
    "request",
    "Entra ID did not accept the request.",
    "Check that client_id, secret and refresh token of the profile are complete.",
)
_LOOPING: Final = Advice(
    "looping",
    "loop",
    "Entra ID sees the same request too often.",
    "Wait a few minutes and try again.",
)
TRANSIENT: Final = Advice(
    "transient",
    "later",
    "Entra ID is busy, and was still so after several tries.",
    "Wait a minute, then try again{refresh}.",
)
_OWN_TRANSIENT: Final = Advice(
    TRANSIENT.kind, TRANSIENT.short, TRANSIENT.headline, "Wait a minute, then try again."
)
ENTRA: Final[Mapping[int, Advice]] = {
    65001: NO_CONSENT,
    90099: NO_CONSENT,
    7000229: NO_CONSENT,
    700011: NO_CONSENT,
    700016: _APP_UNKNOWN,
    650051: _BEING_MADE,
    650052: LICENCE,
    500011: _NOT_SET_UP,
    500014: _SERVICE_DISABLED,
    650057: ours.NOT_REGISTERED,
    65005: ours.NOT_REGISTERED,
    50020: NOT_IN_GROUP,
    50177: NOT_IN_GROUP,
    90072: NOT_IN_GROUP,
    50057: ours.USER_DISABLED,
    50053: ours.USER_LOCKED,
    50076: MFA,
    50078: MFA,
    50074: MFA,
    50079: _MFA_NOT_SET_UP,
    50072: _MFA_NOT_SET_UP,
    53003: _CONDITIONAL_ACCESS,
    530034: _RISK,
    53011: _RISK,
    53000: _DEVICE_PROOF,
    53001: _DEVICE_PROOF,
    500213: _CROSS_TENANT,
    500212: ours.CROSS_TENANT_OUT,
    70043: _FREQUENCY,
    700082: ours.EXPIRED,
    70008: ours.EXPIRED,
    700084: ours.EXPIRED,
    50089: ours.EXPIRED,
    50173: ours.REVOKED,
    50132: ours.REVOKED,
    50133: ours.REVOKED,
    700003: ours.DEVICE_DELETED,
    50155: ours.DEVICE_DELETED,
    135011: ours.DEVICE_DELETED,
    50055: ours.PASSWORD_EXPIRED,
    50144: ours.PASSWORD_EXPIRED,
    7000215: ours.SECRET_WRONG,
    70002: ours.SECRET_WRONG,
    7000222: ours.SECRET_EXPIRED,
    7000218: ours.SECRET_MISSING,
    700025: ours.SECRET_NOT_WANTED,
    700027: ours.CERTIFICATE,
    700030: ours.CERTIFICATE,
    700021: ours.CERTIFICATE,
    700023: ours.CERTIFICATE,
    700024: ours.ASSERTION_TIME,
    70021: ours.FEDERATION,
    700211: ours.FEDERATION,
    700212: ours.FEDERATION,
    700213: ours.FEDERATION,
    7000112: _DISABLED,
    70001: _DISABLED,
    90002: _TENANT_GONE,
    5000224: _TENANT_UNAVAILABLE,
    900023: Advice("tenant-id", "id", "The tenant id or domain is malformed.", "Correct the id."),
    9002313: _MALFORMED,
    50196: _LOOPING,
}
"""What a customer's Entra ID says, where the number tells more than the kind."""

OWN_ENTRA: Final[Mapping[int, Advice]] = {
    **{number: advice for number, advice in ENTRA.items() if advice.fleet_wide},
    700016: ours.OWN_APP_UNKNOWN,
    700011: ours.OWN_APP_UNKNOWN,
    650051: ours.OWN_BEING_MADE,
    50079: ours.OWN_MFA_NOT_SET_UP,
    50072: ours.OWN_MFA_NOT_SET_UP,
    530034: _RISK.for_all(),
    53011: _RISK.for_all(),
    70043: _FREQUENCY.for_all(),
    7000112: ours.OWN_DISABLED,
    70001: ours.OWN_DISABLED,
    9002313: ours.OWN_MALFORMED,
    50196: _LOOPING.for_all(),
}
"""What our own tenant's Entra ID says of our own sign-in, likewise."""

BY_KIND: Final[Mapping[EntraKind, Advice]] = {
    EntraKind.CONSENT: NO_CONSENT,
    EntraKind.BEING_MADE: _BEING_MADE,
    EntraKind.INTERACTION: MFA,
    EntraKind.POLICY: _POLICY,
    EntraKind.SIGN_IN: _THEIRS_SIGN_IN,
    EntraKind.USER: NOT_IN_GROUP,
    EntraKind.APPLICATION: _APPLICATION,
    EntraKind.SERVICE: LICENCE,
    EntraKind.TENANT: _TENANT_ID,
    EntraKind.REQUEST: _MALFORMED,
    EntraKind.DEVICE_CODE: ours.ODD_CODE,
    EntraKind.PASSING: TRANSIENT,
}
OWN_BY_KIND: Final[Mapping[EntraKind, Advice]] = {
    EntraKind.CONSENT: ours.OWN_CONSENT,
    EntraKind.BEING_MADE: ours.OWN_BEING_MADE,
    EntraKind.INTERACTION: ours.OWN_MFA,
    EntraKind.POLICY: ours.OWN_POLICY,
    EntraKind.SIGN_IN: ours.SIGN_IN,
    EntraKind.USER: ours.OWN_USER,
    EntraKind.APPLICATION: ours.OWN_APPLICATION,
    EntraKind.SERVICE: ours.OWN_SERVICE,
    EntraKind.TENANT: ours.OWN_TENANT,
    EntraKind.REQUEST: ours.OWN_MALFORMED,
    EntraKind.DEVICE_CODE: ours.ODD_CODE,
    EntraKind.PASSING: _OWN_TRANSIENT,
}
"""By what a refusal is about, for every number without a line of its own."""
