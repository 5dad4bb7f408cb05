"""Words for problems: a headline and one next step. One row per known code, with its source."""

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
from cipp_tui.services.advice_entra import ENTRA, NO_CONSENT, OWN_ENTRA, SIGN_IN, Advice

__all__ = ["PARTNER_CENTER_MFA", "Advice", "advise"]


_CODES: Final[dict[str, Advice]] = {
    "gdap-ended": Advice(
        "relationship-ended",
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
    "no-principal": NO_CONSENT,
    "not-signed-in": Advice(
        "not-signed-in",
        "sign-in",
        "Nobody is signed in.",
        "Sign in (6, then s; or cipp-tui login).",
        fleet_wide=True,
    ),
    "no-secret": Advice(
        "secret-missing",
        "secret",
        "A direct tenant is reached by the application itself, and there is no client secret.",
        "Set client_secret in the profile.",
        fleet_wide=True,
    ),
    "2032": Advice(
        "consent-denied",
        "consent",
        "Partner Center does not let our user consent for this customer.",
        "Put the user into AdminAgents and into a GDAP group with Application Administrator.",
    ),
    "60003": Advice(
        "customer-unknown",
        "customer",
        "Partner Center does not know this customer.",
        "Read the list again (F): the relationship, or the tenant, may be gone.",
    ),
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

_THROTTLED: Final = Advice(
    "throttled",
    "wait",
    "The service asked us to wait for longer than we had patience.",
    "Try again later (r). It does not count as a failure.",
)
PARTNER_CENTER_MFA: Final = Advice(
    "partner-center-mfa",
    "MFA",
    "Partner Center does not accept our sign-in: it carries no multi-factor proof.",
    "Sign in again with MFA (6, then s; or cipp-tui login).",
    fleet_wide=True,
)

_BY_KIND: Final[tuple[tuple[type[Problem], Advice], ...]] = (
    (SignInProblem, SIGN_IN),
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
            "no-answer",
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
    (
        StorageProblem,
        Advice(
            "storage",
            "disk",
            "The state on disk cannot be used.",
            "Check room and rights of the state folder (cipp-tui profiles list names it).",
            fleet_wide=True,
        ),
    ),
    (
        LockedElsewhere,
        Advice("locked", "locked", "Another cipp-tui works on this profile.", "Wait, or end it."),
    ),
    (Stopped, Advice("stopped", "stopped", "It was stopped.", "Start it again when you like.")),
    (
        ConfigProblem,
        Advice(
            "config",
            "config",
            "The configuration is not right.",
            "Correct the place that is named.",
            fleet_wide=True,
        ),
    ),
)


def advise(problem: Problem) -> Advice:
    """The advice for a problem. An unknown code keeps the service's own sentence, unaltered.

    Codes choose words here, never behaviour: Entra's own reference says its numbers may change.
    """
    if isinstance(problem, Throttled):
        return _THROTTLED
    number = problem.aadsts
    if number is not None and isinstance(problem, SignInProblem) and number in OWN_ENTRA:
        return OWN_ENTRA[number]
    if number is not None and number in ENTRA:
        return ENTRA[number]
    if "mfa" in problem.message.casefold() and problem.status == 401:
        return PARTNER_CENTER_MFA
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
    return Advice(
        "refused",
        (problem.code or "error")[:8],
        problem.message,
        "The raw answer with its request id is in the panel (y e copies it).",
    )
