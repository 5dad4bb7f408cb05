"""Rules about what our application holds in a tenant, what will go wrong, and what is well.

Source: Graph, oAuth2PermissionGrant and appRoleAssignment resource types; Partner Center,
"GDAP introduction".
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from cipp_tui.domain.evidence import Unread
from cipp_tui.domain.fleet import Standing
from cipp_tui.domain.permissions import MICROSOFT_GRAPH, PermissionDiff, Verdict
from cipp_tui.domain.problems import Unsuited
from cipp_tui.domain.roles import CAN_CONSENT, GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR
from cipp_tui.domain.tenants import ENDING_WITHIN, TenantKind
from cipp_tui.services.advice import advise
from cipp_tui.services.advice_entra import NO_CONSENT
from cipp_tui.services.diagnosis.case import Case
from cipp_tui.services.diagnosis.finding import Finding, found, of, said
from cipp_tui.services.diagnosis.rules_access import consent_hindered
from cipp_tui.services.diagnosis.verdict import Weight
from cipp_tui.services.diagnosis.words import WORDS

LONGEST_SCOPE: Final = 3850
"""Signs in one grant's scope. Source: Graph, oAuth2PermissionGrant resource type."""

CAN_ASSIGN: Final = frozenset({GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR})
"""Roles that may give Graph's app roles, and directory roles.
Source: Graph, "Grant an appRoleAssignment to a service principal"."""

_DAY: Final = timedelta(days=1)


def principal(case: Case) -> Finding | None:
    """Our service principal is there and switched off."""
    holdings = case.holdings
    if holdings is None or holdings.diff.consent_missing or holdings.enabled:
        return None
    return said(advise(Unsuited("", code="principal-disabled")))


def unreadable(case: Case) -> Finding | None:
    """A token was given, and reading with it failed."""
    if case.found is not None and isinstance(case.found.holdings, Unread):
        return of(case.found.holdings.problem)
    return None


def not_assignable(case: Case) -> Finding | None:
    """Something is missing that our user has no role to give."""
    holdings, roles = case.holdings, case.our_roles
    if holdings is None or roles is None or not case.by_gdap or roles & CAN_ASSIGN:
        return None
    diff = holdings.diff
    of_graph = any(role.resource == MICROSOFT_GRAPH for role in diff.roles_missing)
    if of_graph or diff.directory_roles_missing or (not diff.in_order and not roles & CAN_CONSENT):
        return found("role-cannot-assign")
    return None


def too_long(case: Case) -> Finding | None:
    """A refresh would write a grant longer than Graph keeps."""
    holdings = case.holdings
    return found("scope-too-long") if holdings and holdings.longest_grant > LONGEST_SCOPE else None


def last_problem(case: Case) -> Finding | None:
    """The last failure, unless what was read just now shows that it is over."""
    return of(case.standing_problem) if case.standing_problem is not None else None


def missing(case: Case) -> Finding | None:
    """Something is missing that a refresh gives."""
    if case.holdings is not None and not case.holdings.diff.in_order:
        diff = case.holdings.diff
        roles, scopes = len(diff.roles_missing), len(diff.scopes_missing)
        if diff.principals_missing and _all_of_absent_services(diff):
            return found("resource-principal-missing")
        return _lacking(roles, scopes, len(diff.directory_roles_missing))
    if case.found is not None:
        return None
    record = case.row.permissions
    if record is None or record.verdict is Verdict.IN_ORDER:
        return None
    if record.verdict is Verdict.NO_CONSENT:
        return said(NO_CONSENT)
    kinds = [line.partition(":")[0] for line in record.missing]
    return _lacking(kinds.count("app"), kinds.count("delegated"), kinds.count("directory role"))


def _all_of_absent_services(diff: PermissionDiff) -> bool:
    resources = {r.resource for r in diff.roles_missing} | {s.resource for s in diff.scopes_missing}
    return bool(resources) and resources <= diff.principals_missing


def _lacking(roles: int, scopes: int, directory_roles: int) -> Finding | None:
    if roles and scopes:
        kind, words = "permissions-missing", f"{roles} app roles and {scopes} delegated"
    elif roles:
        kind, words = "app-roles-missing", f"{roles} app roles"
    elif scopes:
        kind, words = "scopes-missing", f"{scopes} delegated permissions"
    elif directory_roles:
        return found("directory-role-missing")
    else:
        return None
    verb = "is" if roles + scopes == 1 else "are"
    return said(replace(WORDS[kind], headline=f"{words} {verb} missing."))


# -- it works -------------------------------------------------------------------------------------
def over(case: Case) -> Finding | None:
    """It failed before; what was read just now is in order."""
    if not case.complete or case.row.failures is None:
        return None
    problem = case.row.failures.problem
    suspended = case.row.standing is Standing.SUSPENDED
    return found("suspended" if suspended else "recovered", weight=Weight.WARNING, problem=problem)


def ends_today(case: Case) -> Finding | None:
    """The relationship has less than a day."""
    left = _left(case)
    if left is None or left > _DAY:
        return None
    return found("relationship-ending-today", weight=Weight.WARNING)


def ends_soon(case: Case) -> Finding | None:
    """The relationship has a month or less."""
    left = _left(case)
    if left is None or left > ENDING_WITHIN:
        return None
    words = f"The relationship ends in {left.days} days and does not extend by itself."
    return said(replace(WORDS["relationship-ending"], headline=words), weight=Weight.WARNING)


def _left(case: Case) -> timedelta | None:
    """How long access lasts; None where nothing ends it."""
    if not case.by_gdap or not case.usable:
        return None
    if any(r.auto_extends or r.ends_at is None for r in case.usable):
        return None
    return max(r.ends_at for r in case.usable if r.ends_at is not None) - case.now


def next_consent(case: Case) -> Finding | None:
    """It works; a consent could not be given again."""
    return consent_hindered(case, Weight.WARNING) if case.token_works else None


def no_domain(case: Case) -> Finding | None:
    """Neither we nor the customer's own directory know a default domain."""
    if case.row.tenant.kind is TenantKind.PARTNER or case.row.tenant.default_domain is not None:
        return None
    if case.holdings is not None and case.holdings.default_domain:
        return None
    return found("no-domain", weight=Weight.WARNING) if case.listed else None


def extra(case: Case) -> Finding | None:
    """A refresh would take something away."""
    if case.prune and case.holdings is not None and case.holdings.diff.scopes_extra:
        return found("extra-scopes", weight=Weight.WARNING)
    return None


def well(case: Case) -> Finding:
    """Nothing is wrong, as far as anybody knows."""
    record = case.row.permissions
    if case.found is not None:
        if not case.complete:
            return found("unknown", weight=Weight.WARNING)
        assert case.holdings is not None, "a complete case has them"
        unlicensed = case.holdings.unlicensed
    elif record is None or record.verdict is not Verdict.IN_ORDER:
        return found("not-checked", weight=Weight.FINE)
    else:
        unlicensed = record.unlicensed
    return found("licence" if unlicensed else "in-order", weight=Weight.FINE)
