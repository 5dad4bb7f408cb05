"""Advice on what Graph and Partner Center refuse: about a customer's tenant, and about our own.

Sources: Graph, "Microsoft Graph error responses and resource types", "Throttling guidance"; Partner
Center, "Error codes", "Mandating multifactor authentication for your tenant", "GDAP frequently
asked questions".
"""

from collections.abc import Mapping
from typing import Final

from cipp_tui.domain.problems import IDENTITY_NOT_FOUND, MFA_REQUIRED
from cipp_tui.services.next_steps import Advice

_WAIT: Final = "Wait a few minutes, then try again{refresh}."


def _own(kind: str, short: str, headline: str, step: str, *, signs_in: bool = False) -> Advice:
    return Advice(kind, short, headline, step, fleet_wide=True, signs_in=signs_in)


# -- Graph, about a customer's tenant -------------------------------------------------------------
DENIED: Final = Advice(
    "denied",
    "denied",
    "The tenant refuses: our user lacks a role there, or our token a permission.",
    "Check that the relationship gives Application and Privileged Role Administrator.",
)
BACKING_APPLICATION: Final = Advice(
    "denied",
    "denied",
    "The tenant refuses to set a service up: our user lacks a role there, or the application is"
    " only seconds old.",
    "Check that the relationship gives Application or Cloud Application Administrator; right after"
    " a consent wait a minute, then try again{refresh}.",
)
BACKING_APPLICATION_TEXT: Final = "backing application of the service principal"
"""A refusal for want of rights with this text has its own cause; no licence is ever among them.
Source: field reports on "Create servicePrincipal"."""

TOKEN_REFUSED: Final = Advice(
    "token-refused",
    "token",
    "Graph does not accept the token that this tenant gave us.",
    "Try again{refresh}, which asks for a new one; if it repeats, sign in again{sign_in}.",
    signs_in=True,
)
_PRINCIPAL_MISSING: Final = Advice(
    "no-consent",
    "consent",
    "Graph finds no service principal of our application in this tenant.",
    "A refresh{refresh} consents and so makes it; if it repeats, a reset{reset} consents anew.",
)
_CLAIMS: Final = Advice(
    "mfa",
    "MFA",
    "A policy of this tenant asks for more proof than our sign-in carries.",
    "Sign in again with multi-factor authentication{sign_in}.",
    signs_in=True,
)
NOT_FOUND: Final = Advice(
    "not-found",
    "missing",
    "What was asked for is not in this tenant, or not on every server yet.",
    f"{_WAIT} If it repeats, read the list again{{sync}}.",
)
CONFLICT: Final = Advice(
    "conflict",
    "conflict",
    "Something else in this tenant stands in the way of what was asked for.",
    "Try again{refresh}, which reads what is there first.",
)
_BUSY: Final = Advice(
    "busy",
    "later",
    "Others are writing to this tenant's directory at the same moment.",
    _WAIT,
)
_DEPENDENCY: Final = Advice(
    "dependency",
    "depends",
    "A part of a batch was not done, because the one before it failed.",
    "Try again{refresh}; the part that failed has its own cause.",
)
_QUOTA: Final = Advice(
    "quota",
    "quota",
    "The tenant's directory quota is used up.",
    "Customer: delete unused objects or raise the quota.",
)
_NOT_IN_CATALOGUE: Final = Advice(
    "licence",
    "licence",
    "A service we need permissions for does not exist for this tenant.",
    "Nothing to do: the permissions of this service are left out for this tenant.",
)
_QUERY: Final = Advice(
    "query",
    "request",
    "Graph does not support a query that we asked.",
    "Nothing was changed. Report it with the request id: it is a fault of this program.",
)
BAD_REQUEST: Final = Advice(
    "refused",
    "request",
    "Graph did not accept a request.",
    "Nothing was changed. If it repeats, report it with the code and the request id.",
)
_PAGE_EXPIRED: Final = Advice(
    "page-expired",
    "page",
    "A list could not be read to its end: the service forgot where we were.",
    "Try again{refresh}: it is read from its beginning.",
)
FAULT: Final = Advice(
    "service",
    "service",
    "The service has a fault of its own.",
    _WAIT,
)
THROTTLED: Final = Advice(
    "throttled",
    "wait",
    "The service asked us to wait for longer than we had patience.",
    "Try again later{refresh}. It does not count as a failure.",
)

GRAPH: Final[Mapping[str, Advice]] = {
    "Authorization_RequestDenied": DENIED,
    "accessDenied": DENIED,
    IDENTITY_NOT_FOUND: _PRINCIPAL_MISSING,
    "InvalidAuthenticationToken": TOKEN_REFUSED,
    "Authentication_ExpiredToken": TOKEN_REFUSED,
    "Authentication_MissingOrMalformed": TOKEN_REFUSED,
    "TokenNotFound": TOKEN_REFUSED,
    "insufficient_claims": _CLAIMS,
    "Request_BadRequest": BAD_REQUEST,
    "Request_UnsupportedQuery": _QUERY,
    "Request_ResourceNotFound": NOT_FOUND,
    "Directory_ObjectNotFound": NOT_FOUND,
    "Request_MultipleObjectsWithSameKeyValue": CONFLICT,
    "Directory_ConcurrencyViolation": _BUSY,
    "Directory_QuotaExceeded": _QUOTA,
    "Directory_ExpiredPageToken": _PAGE_EXPIRED,
    "NoBackingApplicationObject": _NOT_IN_CATALOGUE,
    "FailedDependency": _DEPENDENCY,
    "TooManyRequests": THROTTLED,
    "Request_ThrottledTemporarily": THROTTLED,
    "activityLimitReached": THROTTLED,
    "InternalServerError": FAULT,
    "serviceNotAvailable": FAULT,
    "UnknownError": FAULT,
    "generalException": FAULT,
}

# -- Graph, about our own tenant ------------------------------------------------------------------
OWN_DENIED: Final = _own(
    "partner-denied",
    "denied",
    "Our own tenant refuses to let us read {about}.",
    "Give the app registration the permission for it, with admin consent, and the service user its"
    " role in your own tenant; then sign in again{sign_in}.",
)
OWN_TOKEN: Final = _own(
    "partner-token",
    "sign-in",
    "Our own tenant's Graph does not accept our sign-in.",
    "Sign in again{sign_in}.",
    signs_in=True,
)
_OWN_IDENTITY: Final = _own(
    "partner-consent",
    "consent",
    "Graph finds no service principal of our application in our own tenant.",
    "Grant admin consent for the app registration in your own tenant.",
)
OWN_NOT_FOUND: Final = _own(
    "partner-not-found",
    "missing",
    "Our own tenant does not find {about}.",
    "Check client_id and partner_tenant of the profile against the app registration.",
)
OWN_BAD_REQUEST: Final = _own(
    "partner-refused",
    "request",
    "Our own tenant did not accept a request about {about}.",
    BAD_REQUEST.step,
)

OWN_GRAPH: Final[Mapping[str, Advice]] = {
    **{
        code: advice
        for code, advice in GRAPH.items()
        if advice in (THROTTLED, FAULT, _BUSY, _QUERY, _DEPENDENCY, _PAGE_EXPIRED, CONFLICT)
    },
    "Authorization_RequestDenied": OWN_DENIED,
    "accessDenied": OWN_DENIED,
    IDENTITY_NOT_FOUND: _OWN_IDENTITY,
    "InvalidAuthenticationToken": OWN_TOKEN,
    "Authentication_ExpiredToken": OWN_TOKEN,
    "Authentication_MissingOrMalformed": OWN_TOKEN,
    "TokenNotFound": OWN_TOKEN,
    "insufficient_claims": _own(
        "partner-mfa",
        "MFA",
        "A policy of our own tenant asks for more proof than our sign-in carries.",
        _CLAIMS.step,
        signs_in=True,
    ),
    "Request_BadRequest": OWN_BAD_REQUEST,
    "Request_ResourceNotFound": OWN_NOT_FOUND,
    "Directory_ObjectNotFound": OWN_NOT_FOUND,
    "Directory_QuotaExceeded": _own(
        "quota",
        "quota",
        "The directory quota of our own tenant is used up.",
        "Delete unused objects in your own tenant, or raise its quota.",
    ),
    "NoBackingApplicationObject": OWN_NOT_FOUND,
}

# -- Partner Center -------------------------------------------------------------------------------
PARTNER_CENTER_MFA: Final = _own(
    "partner-center-mfa",
    "MFA",
    "Partner Center does not accept our sign-in: it carries no multi-factor proof.",
    "Sign in again with multi-factor authentication{sign_in}.",
    signs_in=True,
)
PARTNER_CENTER_SIGN_IN: Final = _own(
    "partner-center-sign-in",
    "sign-in",
    "Partner Center does not accept our sign-in.",
    "Sign in again{sign_in}, with multi-factor authentication and as a user in AdminAgents.",
    signs_in=True,
)
OWN_PARTNER_CENTER: Final = _own(
    "partner-center-denied",
    "PC",
    "Partner Center refuses our application or our user, whichever customer is asked about.",
    "Put the service user into AdminAgents, and consent to Partner Center for the app registration"
    " in your own tenant.",
)
_CONSENT_DENIED: Final = Advice(
    "consent-denied",
    "consent",
    "Partner Center does not let our user consent for this customer.",
    "Put the user into AdminAgents and into a GDAP group with Application Administrator.",
)
CUSTOMER_UNKNOWN: Final = Advice(
    "customer-unknown",
    "customer",
    "Partner Center does not know this customer.",
    "Read the list again{sync}: the relationship, or the tenant, may be gone.",
)
_NOT_A_CUSTOMER: Final = Advice(
    "customer-unknown",
    "customer",
    "Partner Center knows this customer, and none of our relationships with it.",
    "Check in Partner Center that the customer has a relationship with the account we sign in to.",
)
_BAD_INPUT: Final = Advice(
    "refused",
    "request",
    "Partner Center did not accept a value of our request.",
    "Nothing was changed. Check client_id of the profile; report it with the request id.",
)

PARTNER_CENTER: Final[Mapping[str, Advice]] = {
    "1000": CUSTOMER_UNKNOWN,
    "2032": _CONSENT_DENIED,
    "3000": _BAD_INPUT,
    "20002": _NOT_A_CUSTOMER,
    "60003": CUSTOMER_UNKNOWN,
    "800002": _BAD_INPUT,
    "900118": CUSTOMER_UNKNOWN,
}
"""About a customer; what has no line here is about us."""

OWN_BY_CODE: Final[Mapping[str, Advice]] = {
    MFA_REQUIRED: PARTNER_CENTER_MFA,
    "400": PARTNER_CENTER_SIGN_IN,
    "800001": PARTNER_CENTER_SIGN_IN,
}
"""Partner Center's codes that are always about us, as long as it answers 401."""
