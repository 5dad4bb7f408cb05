"""The facts a verdict stands on, one line each: what was looked at, and how it stands."""

from collections.abc import Iterator

from cipp_tui.domain.evidence import Evidence, Unread
from cipp_tui.domain.roles import CAN_CONSENT
from cipp_tui.domain.tenants import GdapRelationship
from cipp_tui.services.diagnosis.case import Case
from cipp_tui.services.diagnosis.verdict import FactLine, Sign
from cipp_tui.services.facets import aside_sentence, failure_words


def fact_lines(case: Case) -> tuple[FactLine, ...]:
    """In the order of the way in: our side, the relationship, our user, the tenant, our notes."""
    lines: list[FactLine] = []
    if case.found is not None:
        lines += _own(case.found)
    if case.by_gdap:
        lines += _relationships(case)
    if case.found is not None:
        lines += _user(case, case.found)
        lines += _tenant(case, case.found)
    lines += _notes(case)
    return tuple(lines)


def _own(found: Evidence) -> Iterator[FactLine]:
    if isinstance(found.sign_in, Unread):
        yield _bad("sign-in", found.sign_in)
    elif found.sign_in is not None:
        yield FactLine(Sign.GOOD, "sign-in", f"{found.sign_in} is signed in")
    if isinstance(found.wanted, Unread):
        yield _bad("wanted", found.wanted)
    health = found.partner_center_mfa
    if isinstance(health, Unread):
        yield _bad("partner ctr", health)
    elif health is not None:
        words = "answers" if health else "answers; our sign-in carries no MFA"
        yield FactLine(Sign.GOOD if health else Sign.BAD, "partner ctr", words)


def _relationships(case: Case) -> Iterator[FactLine]:
    if case.found is not None and isinstance(case.found.relationships, Unread):
        yield _unread("relation", case.found.relationships)
    elif case.relationships is not None and not case.relationships:
        yield FactLine(Sign.BAD, "relation", "none")
    for relationship in (case.relationships or ())[:3]:
        yield _relationship(case, relationship)
    if (more := len(case.relationships or ()) - 3) > 0:
        yield FactLine(Sign.GOOD, "relation", f"and {more} more")
    requests = case.found.requests if case.found is not None else None
    if requests and not isinstance(requests, Unread):
        words = f"{', '.join(requests[:3])}: waits for approval"
        yield FactLine(Sign.WARN, "request", words)


def _relationship(case: Case, relationship: GdapRelationship) -> FactLine:
    words = f"{relationship.name}: {relationship.status}"
    if relationship.microsoft_led:
        return FactLine(Sign.WARN, "relation", f"{words}, Microsoft-led")
    if relationship not in case.usable:
        return FactLine(Sign.BAD, "relation", words)
    if relationship.auto_extends:
        return FactLine(Sign.GOOD, "relation", f"{words}, extends by itself")
    if relationship.ends_at is None:
        return FactLine(Sign.GOOD, "relation", words)
    left = (relationship.ends_at - case.now).days
    return FactLine(Sign.WARN if left <= 30 else Sign.GOOD, "relation", f"{words}, {left} d left")


def _user(case: Case, found: Evidence) -> Iterator[FactLine]:
    if isinstance(found.mappings, Unread):
        yield _unread("groups", found.mappings)
    if isinstance(found.membership, Unread):
        yield _unread("our user", found.membership)
    if case.mappings is not None:
        active = frozenset(role for m in case.active_mappings for role in m.roles)
        late = len(case.mappings) - len(case.active_mappings)
        words = f"{len(active)} roles given to our groups"
        words += f", {late} assignments not active" if late else ""
        yield FactLine(Sign.GOOD if active else Sign.BAD, "groups", words)
        if case.our_roles is not None:
            able = "one may consent" if case.our_roles & CAN_CONSENT else "none may consent"
            words = f"in groups with {len(case.our_roles)} of these roles; {able}"
            good = bool(case.our_roles & CAN_CONSENT)
            yield FactLine(Sign.GOOD if good else Sign.BAD, "our user", words)
    if case.membership is not None and not case.membership.admin_agent:
        yield FactLine(Sign.BAD, "our user", "not in AdminAgents")


def _tenant(case: Case, found: Evidence) -> Iterator[FactLine]:
    if isinstance(found.token, Unread):
        if found.token.problem.lacks_consent:
            yield FactLine(Sign.BAD, "consent", "not given")
        else:
            yield _bad("token", found.token)
    elif found.token:
        yield FactLine(Sign.GOOD, "token", "given by the customer's Entra ID")
    if isinstance(found.holdings, Unread):
        yield _unread("consent", found.holdings)
    holdings = case.holdings
    if holdings is None:
        return
    if holdings.diff.consent_missing:
        yield FactLine(Sign.BAD, "consent", "our service principal is not there")
        return
    words = "our service principal is there" + ("" if holdings.enabled else ", and disabled")
    yield FactLine(Sign.GOOD if holdings.enabled else Sign.BAD, "consent", words)
    diff = holdings.diff
    yield _count("app roles", len(diff.roles_missing))
    yield _count("delegated", len(diff.scopes_missing), len(diff.scopes_extra))
    if diff.directory_roles_missing:
        yield _count("dir. roles", len(diff.directory_roles_missing))
    if diff.principals_missing:
        words = f"{len(diff.principals_missing)} not set up in the tenant"
        yield FactLine(Sign.WARN, "services", words)
    if holdings.unlicensed:
        yield FactLine(Sign.GOOD, "no licence", ", ".join(holdings.unlicensed))


def _notes(case: Case) -> Iterator[FactLine]:
    row = case.row
    if row.stranded:
        yield FactLine(Sign.BAD, "owed", "our access was taken away and is not back")
    if row.exclusion is not None:
        yield FactLine(Sign.WARN, "excluded", f"by {row.exclusion.by}")
    if row.failures is not None:
        words = aside_sentence(row) or failure_words(row.failures)
        yield FactLine(Sign.WARN, "failures", words)


def _count(label: str, missing: int, extra: int = 0) -> FactLine:
    words = f"{missing} missing" if missing else "all there"
    words += f", {extra} extra" if extra else ""
    return FactLine(Sign.BAD if missing else Sign.GOOD, label, words)


def _bad(label: str, fact: Unread) -> FactLine:
    return FactLine(Sign.BAD, label, _reason(fact))


def _unread(label: str, fact: Unread) -> FactLine:
    return FactLine(Sign.UNKNOWN, label, f"could not be read: {_reason(fact)}")


def _reason(fact: Unread) -> str:
    return fact.problem.code or fact.problem.message or "no reason was given"
