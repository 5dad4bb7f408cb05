"""Rules about the way into a tenant: relationship, roles, groups, the customer's sign-in, consent.

Source: Partner Center, "GDAP introduction" and "GDAP frequently asked questions"; Entra,
"Authentication and authorization error codes".
"""

from typing import Final, TypeGuard

from cipp_tui.domain.entra import EntraKind
from cipp_tui.domain.evidence import Unread
from cipp_tui.domain.problems import Broken, Problem, Refused, Unverified
from cipp_tui.domain.roles import CAN_CONSENT
from cipp_tui.domain.tenants import RelationshipStatus, TenantKind
from cipp_tui.services.advice import PARTNER_CENTER_MFA
from cipp_tui.services.advice_entra import NO_CONSENT
from cipp_tui.services.advice_entra_ours import OWN_CONSENT
from cipp_tui.services.diagnosis.case import USER_UNKNOWN_CODES, Case
from cipp_tui.services.diagnosis.finding import Finding, found, of, said
from cipp_tui.services.diagnosis.verdict import Weight
from cipp_tui.services.diagnosis.words import WORDS

DENIED_CONSENT: Final = "2032"
"""Source: Partner Center, "Error codes": access denied."""

_ACTIVATING: Final = frozenset({RelationshipStatus.APPROVED, RelationshipStatus.ACTIVATING})
_REQUESTED: Final = frozenset({RelationshipStatus.CREATED, RelationshipStatus.APPROVAL_PENDING})
_ENDING: Final = frozenset(
    {RelationshipStatus.TERMINATION_REQUESTED, RelationshipStatus.TERMINATING}
)


def tenant_gone(case: Case) -> Finding | None:
    """The tenant itself is not there any more."""
    problem = case.token_problem
    return of(problem) if problem is not None and problem.entra is EntraKind.TENANT else None


def relationship(case: Case) -> Finding | None:
    """No relationship gives access: why not."""
    if not case.by_gdap or case.relationships is None or case.usable:
        return None
    problem = case.token_problem or case.last_problem
    ours = {r.status for r in case.relationships if not r.microsoft_led}
    requests = case.found.requests if case.found is not None else None
    if ours & _ACTIVATING:
        return found("relationship-activating", problem=problem)
    if ours & _REQUESTED or (requests and not isinstance(requests, Unread)):
        return found("relationship-pending", problem=problem)
    if any(r.microsoft_led and r.status is RelationshipStatus.ACTIVE for r in case.relationships):
        return found("relationship-read-only", problem=problem)
    if ours & _ENDING:
        return found("relationship-terminating", problem=problem)
    if RelationshipStatus.EXPIRING in ours:
        words = "The relationship's end date has passed, and Microsoft is cleaning it up."
        return said(WORDS["relationship-ended"].saying(words), problem=problem)
    if case.relationships or case.found is None:
        return found("relationship-ended", problem=problem)
    return found("relationship-none", problem=problem)


def mapping(case: Case) -> Finding | None:
    """The relationship is there, and our user gets nothing through it."""
    if not case.by_gdap or case.mappings is None or not case.usable or case.token_works:
        return None
    problem = case.token_problem
    if not case.active_mappings:
        return found(_unmapped({m.status for m in case.mappings}), problem=problem)
    if case.our_roles is not None and not case.our_roles:
        return found("user-not-in-group", problem=problem)
    return None


def _unmapped(statuses: set[str]) -> str:
    if "error" in statuses:
        return "mapping-failed"
    return "mapping-pending" if "pending" in statuses else "roles-not-mapped"


def customer_sign_in(case: Case) -> Finding | None:
    """The customer's Entra ID refuses, for another reason than a missing consent."""
    problem = case.token_problem
    if problem is None or problem.lacks_consent:
        return None
    if problem.aadsts in USER_UNKNOWN_CODES and case.our_roles:
        return found("guest-clash", problem=problem)
    return of(problem)


def consent(case: Case) -> Finding | None:
    """Our application is not in the tenant: what keeps it out, or nothing but a refresh."""
    if not case.consent_missing:
        return None
    problem = case.consent_problem
    if case.row.tenant.kind is TenantKind.DIRECT:
        return found("direct-no-consent", problem=problem)
    if case.row.tenant.kind is TenantKind.PARTNER:
        return said(OWN_CONSENT, problem=problem)
    hindrance = consent_hindered(case, Weight.BROKEN)
    if hindrance is not None:
        return hindrance
    last = case.last_problem
    if _kept_consent_out(last, case):
        return of(last)
    return of(problem) if problem is not None else said(NO_CONSENT)


def _kept_consent_out(last: Problem | None, case: Case) -> TypeGuard[Problem]:
    """Whether the last failure tells more than that no consent is there.

    Partner Center's "no right to consent" does not, where our rights were read and suffice.
    """
    if not isinstance(last, Refused | Unverified) or last.entra is not None:
        return False
    return last.code != DENIED_CONSENT or case.our_roles is None


def narrow_consent(case: Case) -> Finding | None:
    """The consent is there and lets us give nothing: it has to be given anew."""
    if not case.too_narrow:
        return None
    holdings = case.found.holdings if case.found is not None else None
    read = holdings.problem if isinstance(holdings, Unread) else None
    return consent_hindered(case, Weight.BROKEN) or found("consent-too-narrow", problem=read)


def consent_hindered(case: Case, weight: Weight) -> Finding | None:
    """What would keep a consent from being given now."""
    if case.found is None or not case.by_gdap:
        return None
    health = case.found.partner_center_mfa
    if isinstance(health, Unread):
        return _partner_center(health.problem)
    if health is False:
        return said(PARTNER_CENTER_MFA)
    if case.membership is not None and not case.membership.admin_agent:
        return found("not-admin-agent")
    return _no_consenting_role(case, weight)


def _partner_center(problem: Problem) -> Finding:
    if isinstance(problem, Broken):
        return found("partner-center-down", problem=problem)
    return of(problem)


def _no_consenting_role(case: Case, weight: Weight) -> Finding | None:
    if not case.usable:
        return None
    if not any(r.roles & CAN_CONSENT for r in case.usable):
        return found("role-cannot-consent", weight=weight)
    if case.mappings is None:
        return None
    able = [m for m in case.mappings if m.roles & CAN_CONSENT]
    if not any(m.active for m in able):
        kind = _unmapped({m.status for m in able})
        if kind == "roles-not-mapped":
            kind = "consent-role-not-mapped"
        return found(kind, weight=weight)
    if case.our_roles is not None and not case.our_roles & CAN_CONSENT:
        return found("user-not-in-consent-group", weight=weight)
    return None
