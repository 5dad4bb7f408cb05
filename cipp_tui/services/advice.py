"""Words for problems: a headline and one next step, by what is wrong and whose side it is on."""

from typing import Final

from cipp_tui.domain.entra import EntraKind, entra_kind
from cipp_tui.domain.problems import (
    DIRECT_TENANT,
    MFA_REQUIRED,
    BrowserSignInProblem,
    DeviceSignInProblem,
    Problem,
    Refused,
    Side,
    SignInProblem,
    Throttled,
)
from cipp_tui.services import advice_entra as entra
from cipp_tui.services import advice_entra_ours as entra_ours
from cipp_tui.services import advice_services as services
from cipp_tui.services.advice_local import BY_FAMILY, IN_ITS_OWN_WORDS, LOCAL
from cipp_tui.services.advice_services import PARTNER_CENTER_MFA
from cipp_tui.services.next_steps import Advice, Surface

__all__ = ["PARTNER_CENTER_MFA", "Advice", "Surface", "advise"]


def advise(problem: Problem) -> Advice:
    """The advice for a problem. A code nobody knows keeps the service's own sentence, unaltered.

    Entra's `error` and `suberror` come first, then codes, then what kind of problem it is: each of
    them has a next step. What is about our own side has other words than what is a customer's.
    """
    if isinstance(problem, Throttled):
        return services.THROTTLED
    found = _of_entra(problem) or _of_code(problem) or _of_kind(problem)
    words = found.headline.replace("{about}", problem.about or "what we asked for")
    return found.saying(words.replace("{message}", problem.message.rstrip(".")))


def _of_entra(problem: Problem) -> Advice | None:
    kind, number = problem.entra, problem.aadsts
    if kind is None:
        return None
    if isinstance(problem, DeviceSignInProblem):
        number = number or entra_ours.DEVICE_CODE_ERRORS.get(problem.error)
        if number is not None and number in entra_ours.DEVICE_CODE:
            return entra_ours.DEVICE_CODE[number]
        if kind is EntraKind.POLICY:
            return entra_ours.DEVICE_CODE_BLOCKED
    if isinstance(problem, BrowserSignInProblem) and (
        kind is EntraKind.DEVICE_CODE or problem.error == "access_denied"
    ):
        return entra_ours.BROWSER_DECLINED
    if kind is EntraKind.UNKNOWN:
        return _unknown_of_entra(problem) if isinstance(problem, Refused | SignInProblem) else None
    own = problem.side is Side.OWN
    if kind is EntraKind.CONSENT and problem.about == DIRECT_TENANT:
        return entra.DIRECT_NO_CONSENT
    by_number = entra.OWN_ENTRA if own else entra.ENTRA
    if number is not None and number in by_number and entra_kind("", "", number) is kind:
        return by_number[number]
    by_kind = entra.OWN_BY_KIND if own else entra.BY_KIND
    return by_kind[kind]


def _unknown_of_entra(problem: Problem) -> Advice:
    """Entra's own page explains every number."""
    number = problem.aadsts
    page = f"https://login.microsoftonline.com/error?code={number}" if number else "the code"
    if problem.side is Side.OWN:
        words = f"Entra ID refuses our own sign-in: {problem.message}"
        step = f"Sign in again{{sign_in}}; if that is refused too, look {page} up."
        return Advice("sign-in", "sign-in", words, step, fleet_wide=True, signs_in=True)
    step = f"Look {page} up, and the request in the customer's sign-in log."
    return Advice("refused", (problem.code or "error")[:8], problem.message, step)


def _of_code(problem: Problem) -> Advice | None:
    first, _, detail = problem.code.partition("/")
    if problem.status == 401 and "mfa" in problem.message.casefold():
        return PARTNER_CENTER_MFA
    if problem.side is Side.OWN and MFA_REQUIRED in problem.message:
        return PARTNER_CENTER_MFA
    by_code = services.OWN_GRAPH if problem.side is Side.OWN else services.GRAPH
    for code in (problem.code, detail, first):
        if code in LOCAL:
            return LOCAL[code]
        if code in services.OWN_BY_CODE and (problem.side is Side.OWN or problem.status == 401):
            return services.OWN_BY_CODE[code]
        if code in services.PARTNER_CENTER:
            own = problem.side is Side.OWN
            return services.OWN_PARTNER_CENTER if own else services.PARTNER_CENTER[code]
        if code in by_code:
            return _backing_application(problem) or by_code[code]
    return None


def _backing_application(problem: Problem) -> Advice | None:
    """A refusal for want of rights that reads as if something else were missing."""
    if problem.side is Side.OWN:
        return None
    told = services.BACKING_APPLICATION_TEXT in problem.message.casefold()
    return services.BACKING_APPLICATION if told and problem.status == 403 else None


_PARTNER_CENTER: Final = "Partner Center"

_BY_STATUS: Final = {
    401: services.TOKEN_REFUSED,
    403: services.DENIED,
    404: services.NOT_FOUND,
    409: services.CONFLICT,
}
_OWN_BY_STATUS: Final = {
    401: services.OWN_TOKEN,
    403: services.OWN_DENIED,
    404: services.OWN_NOT_FOUND,
}


def _of_kind(problem: Problem) -> Advice:
    """For every code without a line: by the family of the problem, then by the status."""
    for family, advice in BY_FAMILY:
        if isinstance(problem, family):
            own_words = isinstance(problem, IN_ITS_OWN_WORDS) and str(problem)
            return advice.saying(own_words) if own_words else advice
    if problem.side is Side.OWN:
        if problem.status == 401 and problem.about == _PARTNER_CENTER:
            return services.PARTNER_CENTER_SIGN_IN
        advice = _OWN_BY_STATUS.get(problem.status or 0, services.OWN_BAD_REQUEST)
        said = f": {problem.message}" if problem.message else "."
        return advice.saying(advice.headline.rstrip(".") + said)
    step = _BY_STATUS.get(problem.status or 0, services.BAD_REQUEST).step
    return Advice("refused", (problem.code or "error")[:8], problem.message, step)
