"""Rules about our own side, which come first, and about what we decided ourselves."""

from dataclasses import replace

from cipp_tui.domain.evidence import Unread
from cipp_tui.domain.problems import Refused, SignInProblem
from cipp_tui.services.advice import advise
from cipp_tui.services.diagnosis.case import Case
from cipp_tui.services.diagnosis.finding import Finding, found, of, said
from cipp_tui.services.diagnosis.verdict import Weight
from cipp_tui.services.diagnosis.words import WORDS


def own_sign_in(case: Case) -> Finding | None:
    """Our sign-in, secret, user or network: nothing works, for nobody."""
    if case.found is None:
        return None
    if isinstance(case.found.sign_in, Unread):
        return of(case.found.sign_in.problem, weight=Weight.FLEET)
    problem = case.token_problem
    return of(problem) if isinstance(problem, SignInProblem) else None


def own_permissions(case: Case) -> Finding | None:
    """What we may read of our own tenant."""
    if case.found is None:
        return None
    if isinstance(case.found.relationships, Unread):
        problem = case.found.relationships.problem
        if isinstance(problem, Refused) and problem.status == 403:
            return found("partner-permission", problem=problem)
        if not case.token_works:
            return of(problem, weight=Weight.FLEET)
    if isinstance(case.found.wanted, Unread):
        return of(case.found.wanted.problem, weight=Weight.FLEET)
    return None


def own_last_problem(case: Case) -> Finding | None:
    """The last failure, when it was about our own side and nobody was asked since."""
    problem = case.last_problem
    if case.found is None and problem is not None and advise(problem).fleet_wide:
        return of(problem)
    return None


def not_listed(case: Case) -> Finding | None:
    """A customer the list does not have, though it could."""
    return found("not-listed") if not case.listed and case.usable else None


def excluded(case: Case) -> Finding | None:
    """Left out by somebody of us."""
    exclusion = case.row.exclusion
    if exclusion is None:
        return None
    words = f"Excluded by {exclusion.by} on {exclusion.at:%d %b %Y}"
    reason = f": {exclusion.reason}" if exclusion.reason else "."
    return said(
        replace(WORDS["excluded"], headline=words + reason),
        weight=Weight.FINE,
        problem=case.last_problem,
    )
