"""Advice on what our own rules and our own machine say no to, and on every family of problems."""

from collections.abc import Mapping
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
    Unforeseen,
    Unreachable,
    Unsuited,
    Unverified,
)
from cipp_tui.services.advice_entra import NO_CONSENT
from cipp_tui.services.advice_entra_ours import SIGN_IN
from cipp_tui.services.advice_services import FAULT
from cipp_tui.services.next_steps import Advice

_STILL_MISSING: Final = Advice(
    "unverified",
    "verify",
    "Everything was accepted, but reading back shows permissions missing.",
    "Try again in a few minutes{refresh}; what is missing is listed with the tenant.",
)

LOCAL: Final[Mapping[str, Advice]] = {
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
        "Put right what the check names, then reset again{reset}.",
    ),
    "consent-too-narrow": Advice(
        "consent-too-narrow",
        "consent",
        "The consent in this tenant is too narrow to be widened from here.",
        "A reset{reset} removes it and consents anew.",
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
        "Sign in{sign_in}.",
        fleet_wide=True,
        signs_in=True,
    ),
    "browser-timeout": Advice(
        "browser-timeout",
        "sign-in",
        "The browser did not come back in time.",
        "Sign in again{browser}; over SSH paste the address that the browser ends on.",
        signs_in=True,
    ),
    "claims-challenge": Advice(
        "claims-challenge",
        "sign-in",
        "Microsoft wants our sign-in to prove more than a new token did.",
        "Sign in again{sign_in}.",
        fleet_wide=True,
        signs_in=True,
    ),
    "kept-sign-in": Advice(
        "kept-sign-in",
        "sign-in",
        "The kept sign-in is not this profile's: {about}.",
        "Sign in again{sign_in}.",
        fleet_wide=True,
        signs_in=True,
    ),
    "no-secret": Advice(
        "secret-missing",
        "secret",
        "A direct tenant is reached by the application itself, and there is no client secret.",
        "Set client_secret, client_certificate or federated_token_file in the profile.",
        fleet_wide=True,
    ),
    "federated-token": Advice(
        "federated-token",
        "token",
        "The federated token of federated_token_file cannot be used.",
        "Correct the path, or have the workload's platform write the file anew.",
        fleet_wide=True,
    ),
    "not-visible": Advice(
        "replication",
        "delay",
        "Our service principal has not become visible yet.",
        "Entra ID replicates slowly at times: try again in a few minutes{refresh}.",
    ),
    "still-missing": _STILL_MISSING,
    "unknown-permission": Advice(
        "app-registration",
        "app",
        "The app registration asks for a permission that its resource does not publish.",
        "Correct the app registration, or extra_permissions in the profile.",
        fleet_wide=True,
    ),
    "proxy-credentials": Advice(
        "proxy",
        "proxy",
        "The proxy asks for credentials, so nothing was sent.",
        "Put them into HTTPS_PROXY, as in http://USER:PASSWORD@HOST:PORT.",
        fleet_wide=True,
    ),
    "pasted": Advice(
        "sign-in",
        "sign-in",
        "{message}.",
        "Paste the whole address that the browser ended on.",
        fleet_wide=True,
        signs_in=True,
    ),
    "given-up": Advice(
        "sign-in",
        "sign-in",
        "{message}.",
        "Sign in{sign_in} when you like.",
        fleet_wide=True,
        signs_in=True,
    ),
    "no-refresh-token": Advice(
        "sign-in",
        "sign-in",
        "{message}, so it would be over within the hour.",
        "Let the app registration ask for offline_access, then sign in again{sign_in}.",
        fleet_wide=True,
        signs_in=True,
    ),
    "not-started": Advice(
        "sign-in",
        "sign-in",
        "{message}.",
        "Sign in{sign_in}.",
        fleet_wide=True,
        signs_in=True,
    ),
    "not-read": Advice(
        "replication",
        "delay",
        "A service was set up there meanwhile, and could not be read yet.",
        "Try again in a few minutes{refresh}.",
    ),
    "principal-replaced": Advice(
        "unverified",
        "verify",
        "Our service principal was replaced by another one while we worked.",
        "Try again{refresh}: everything is read anew.",
    ),
    "redirect": Advice(
        "not-understood",
        "answer",
        "The service sent us to another address; that is not followed.",
        "If it repeats, check the proxy in between.",
    ),
    "endless-pages": Advice(
        "not-understood",
        "answer",
        "{message}.",
        "Try again later. If it repeats, report it: what was read up to there is kept.",
    ),
    "coding": Advice(
        "not-understood",
        "answer",
        "The service's answer is packed in a way that cannot be read.",
        "If it repeats, check the proxy in between.",
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
        "Try again later{refresh}.",
    ),
    "own-tenant": Advice(
        "unsuited",
        "not fit",
        "Your own tenant is not reached through GDAP.",
        "Choose a customer's tenant.",
    ),
    "unknown-tenant": Advice(
        "unsuited",
        "not fit",
        "This tenant is not in the list.",
        "Read the list again{sync}.",
    ),
}
"""By code. Nothing here was said by a service."""

BY_FAMILY: Final[tuple[tuple[type[Problem], Advice], ...]] = (
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
            "The service did not answer; whether it did what was asked is not known.",
            "Try again{refresh}: what is done already is recognised.",
        ),
    ),
    (Broken, FAULT),
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
        Advice(
            "unsuited",
            "not fit",
            "This cannot be done with this tenant.",
            "Put right what is named, then try again.",
        ),
    ),
    (Unverified, _STILL_MISSING),
    (
        Unforeseen,
        Advice(
            "unforeseen",
            "bug",
            "Something unexpected ended it; whether what was under way was done is not known.",
            "Try again. If it repeats, report the words above with the program's log.",
        ),
    ),
    (
        StorageProblem,
        Advice(
            "storage",
            "disk",
            "The state on disk cannot be used.",
            "Put right what is named, then start again.",
            fleet_wide=True,
        ),
    ),
    (
        LockedElsewhere,
        Advice(
            "locked",
            "locked",
            "Another cipp-tui works on this profile.",
            "Wait until it has ended, or end it.",
            fleet_wide=True,
        ),
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
"""For every problem without a code that is known."""

IN_ITS_OWN_WORDS: Final = (Unsuited, StorageProblem, LockedElsewhere, ConfigProblem)
"""Families whose problem is its own headline: it names the thing."""
