"""Words for problems: a headline and one next step. One row per known code, with its source."""

from dataclasses import dataclass
from typing import Final

from cipp_tui.domain.problems import (
    Broken,
    ConfigProblem,
    LockedElsewhere,
    LostReply,
    NotUnderstood,
    Problem,
    SignInProblem,
    Stopped,
    StorageProblem,
    Throttled,
    Unreachable,
    Unsuited,
    Unverified,
)


@dataclass(frozen=True, slots=True)
class Advice:
    """What a problem means and what to do about it."""

    kind: str  # stable, for machines: "conditional-access"
    short: str  # for a table cell, up to 8 signs: "CA"
    headline: str
    advice: str  # the next step
    fleet_wide: bool = False  # it would stop every tenant


_NO_CONSENT = Advice(
    "no-consent",
    "consent",
    "The customer has not consented to our application.",
    "Refresh (r) gives consent. If it repeats, check the relationship and its roles.",
)
_NOT_IN_GROUP = Advice(
    "user-unknown",
    "GDAP",
    "Our service user has no access to this customer.",
    "Put the service user into the GDAP groups; delete a guest copy of it in the customer.",
)
_MFA = Advice(
    "mfa",
    "MFA",
    "The sign-in carries no (or too old) multi-factor proof for this tenant.",
    "Sign in again with MFA (s, or cipp-tui login).",
)
_POLICY = Advice(
    "policy",
    "policy",
    "A policy or a risk finding blocks our sign-in.",
    "Look in the customer's sign-in log for the policy named there.",
)
_SIGN_IN = Advice(
    "sign-in",
    "sign-in",
    "Our own sign-in has ended.",
    "Sign in again (s, or cipp-tui login).",
    fleet_wide=True,
)
_SECRET = Advice(
    "secret",
    "secret",
    "The application's client secret is not accepted.",
    "Create a new secret in the app registration and store its value, not its id.",
    fleet_wide=True,
)
_TENANT_GONE = Advice(
    "tenant-gone",
    "gone",
    "The customer's tenant does not exist any more.",
    "Remove it from the list (D); check the id if this is unexpected.",
)
_LICENCE = Advice(
    "licence",
    "licence",
    "The customer has not subscribed to this service.",
    "Nothing to do: the permissions of this service are left out for this tenant.",
)
_TRANSIENT = Advice(
    "transient",
    "later",
    "Entra ID is busy or still setting this up.",
    "Wait a minute and try again (r).",
)

_AADSTS: Final[dict[int, Advice]] = {
    65001: _NO_CONSENT,
    90099: _NO_CONSENT,
    7000229: _NO_CONSENT,
    700016: Advice(
        "no-consent",
        "app",
        "The application is not known in this tenant.",
        "Refresh (r) gives consent. If every tenant says so, check client_id in the profile.",
    ),
    650051: _TRANSIENT,
    650052: _LICENCE,
    500011: _LICENCE,
    650057: Advice(
        "permission-not-registered",
        "app",
        "The resource is not listed in the app registration.",
        "Add the permission to the partner's app registration.",
    ),
    50020: _NOT_IN_GROUP,
    50177: _NOT_IN_GROUP,
    90072: _NOT_IN_GROUP,
    50076: _MFA,
    50079: _MFA,
    50078: _MFA,
    50074: _MFA,
    50072: _MFA,
    53003: Advice(
        "conditional-access",
        "CA",
        "Conditional Access of the customer blocks our sign-in.",
        "Customer: exclude service providers (your partner tenant) from that policy.",
    ),
    530032: _POLICY,
    530034: _POLICY,
    53000: _POLICY,
    53001: _POLICY,
    70043: Advice(
        "sign-in-frequency",
        "sign-in",
        "A sign-in frequency policy has ended our refresh token.",
        "Sign in again (s); exempt the service user from that policy.",
    ),
    700082: _SIGN_IN,
    70008: _SIGN_IN,
    700084: _SIGN_IN,
    50173: Advice(
        "sign-in",
        "sign-in",
        "Our sign-in was revoked, for example by a password change.",
        "Sign in again (s, or cipp-tui login).",
        fleet_wide=True,
    ),
    50132: _SIGN_IN,
    50133: _SIGN_IN,
    50089: _SIGN_IN,
    50057: Advice(
        "user-disabled",
        "user",
        "Our service user is disabled.",
        "Enable it in the partner tenant, or sign in as another.",
        fleet_wide=True,
    ),
    7000215: _SECRET,
    7000222: Advice(
        "secret",
        "secret",
        "The application's client secret has expired.",
        "Create a new secret in the app registration and store its value.",
        fleet_wide=True,
    ),
    7000218: Advice(
        "secret",
        "secret",
        "The application needs a client secret and was given none.",
        "Set client_secret in the profile, or allow public client flows in the app registration.",
        fleet_wide=True,
    ),
    700025: Advice(
        "secret",
        "secret",
        "The application is a public client and must not send a secret.",
        "Take client_secret out of the profile.",
        fleet_wide=True,
    ),
    700027: _SECRET,
    90002: _TENANT_GONE,
    5000224: _TENANT_GONE,
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
"""Source: Entra, "Authentication and authorization error codes"; CIPP, error translations."""

_CODES: Final[dict[str, Advice]] = {
    "gdap-ended": Advice(
        "relationship",
        "GDAP",
        "No GDAP relationship with this customer is active.",
        "Send the customer a new relationship request.",
    ),
    "gdap-mlt": Advice(
        "relationship-read-only",
        "MLT",
        "The only active relationship is Microsoft-led (MLT_) and read-only.",
        "Send the customer a relationship request of your own.",
    ),
    "preflight": Advice(
        "preflight",
        "check",
        "A check before the reset failed; nothing was taken away.",
        "Put right what the check names, then reset again.",
    ),
    "consent-too-narrow": Advice(
        "consent-too-narrow",
        "consent",
        "The consent in this tenant is too narrow to be widened from here.",
        "Reset (R) removes it and consents anew.",
    ),
    "principal-disabled": Advice(
        "principal-disabled",
        "disabled",
        "Our service principal is disabled in this tenant.",
        "Customer: enable the enterprise application for sign-in.",
    ),
    "scope-too-long": Advice(
        "scope-too-long",
        "length",
        "The delegated permissions of one resource exceed what Graph stores.",
        "Set prune = true in the profile to drop scopes that others added.",
    ),
    "no-principal": _NO_CONSENT,
    "not-visible": Advice(
        "replication",
        "delay",
        "Our service principal has not become visible yet.",
        "Entra ID replicates slowly at times: try again in a few minutes (r).",
    ),
    "still-missing": Advice(
        "unverified",
        "verify",
        "Everything was accepted, but reading back shows permissions missing.",
        "Try again in a few minutes (r); the panel lists what is missing.",
    ),
    "Authorization_RequestDenied": Advice(
        "denied",
        "denied",
        "The tenant refuses: our user lacks a role there, or our token a permission.",
        "Check that the relationship gives Application and Privileged Role Administrator.",
    ),
    "Directory_QuotaExceeded": Advice(
        "quota",
        "quota",
        "The tenant's directory quota is used up.",
        "Customer: delete unused objects or raise the quota.",
    ),
    "unknown-permission": Advice(
        "app-registration",
        "app",
        "The app registration asks for a permission that its resource does not publish.",
        "Correct the app registration, or extra_permissions in the profile.",
        fleet_wide=True,
    ),
    "foreign-link": Advice(
        "foreign-link",
        "link",
        "An answer pointed to another host; it was not followed.",
        "Nothing was sent there. If it repeats, check the proxy in between.",
    ),
    "too-large": Advice(
        "too-large",
        "size",
        "An answer was far larger than it may be; it was dropped.",
        "If it repeats, check the proxy in between.",
    ),
    "deadline": Advice(
        "deadline",
        "slow",
        "The tenant took too long to answer.",
        "Try again later (r).",
    ),
}

_BY_KIND: Final[tuple[tuple[type[Problem], Advice], ...]] = (
    (SignInProblem, _SIGN_IN),
    (
        Throttled,
        Advice(
            "throttled",
            "wait",
            "The service asked us to wait for longer than we had patience.",
            "Try again later (r). It does not count as a failure.",
        ),
    ),
    (
        Unreachable,
        Advice(
            "network",
            "network",
            "The service cannot be reached.",
            "Check network, proxy and ca_bundle; nothing was sent.",
        ),
    ),
    (
        LostReply,
        Advice(
            "network",
            "network",
            "The service did not answer.",
            "Try again (r): what is done already is recognised.",
        ),
    ),
    (
        Broken,
        Advice(
            "service",
            "service",
            "The service has a fault of its own.",
            "Try again in a few minutes (r).",
        ),
    ),
    (
        NotUnderstood,
        Advice(
            "not-understood",
            "answer",
            "The service's answer has another shape than documented.",
            "If it repeats, check the proxy in between and report the request id.",
        ),
    ),
    (
        Unsuited,
        Advice("unsuited", "not fit", "This cannot be done with this tenant.", "See the reason."),
    ),
    (Unverified, _CODES["still-missing"]),
    (StorageProblem, Advice("storage", "disk", "The state on disk cannot be used.", "", True)),
    (
        LockedElsewhere,
        Advice("locked", "locked", "Another cipp-tui works on this profile.", "Wait, or end it."),
    ),
    (Stopped, Advice("stopped", "stopped", "It was stopped.", "Start it again when you like.")),
    (ConfigProblem, Advice("config", "config", "The configuration is not right.", "", True)),
)


def advise(problem: Problem) -> Advice:
    """The advice for a problem. An unknown code keeps the service's own sentence, unaltered.

    Codes choose words here, never behaviour: Entra's own reference says its numbers may change.
    """
    number = problem.aadsts
    if number is not None and number in _AADSTS:
        return _AADSTS[number]
    for code in (problem.code, problem.code.partition("/")[0]):
        if code in _CODES:
            return _CODES[code]
    for kind, advice in _BY_KIND:
        if isinstance(problem, kind):
            if kind in (Unsuited, StorageProblem, LockedElsewhere, ConfigProblem):
                return Advice(
                    advice.kind, advice.short, str(problem), advice.advice, advice.fleet_wide
                )
            return advice
    if "mfa" in problem.message.casefold() and problem.status == 401:
        return _MFA
    return Advice(
        "refused",
        (problem.code or "error")[:8],
        problem.message,
        "The raw answer with its request id is in the panel (y e copies it).",
    )
