"""The table of rules: one verdict whatever is known, our own side first, the raw problem kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cipp_tui.domain.evidence import Evidence, Holdings, Membership, RoleMapping, Unread
from cipp_tui.domain.failures import Failures
from cipp_tui.domain.fleet import Exclusion, Progress, TenantRow
from cipp_tui.domain.jobs import Action, ItemState
from cipp_tui.domain.permissions import (
    MICROSOFT_GRAPH,
    AppId,
    AppRole,
    DelegatedScope,
    PermissionDiff,
    PermissionRecord,
    Verdict,
)
from cipp_tui.domain.problems import (
    Broken,
    LostReply,
    NotUnderstood,
    Problem,
    Refused,
    SignInProblem,
    Stopped,
    Throttled,
    Unreachable,
    Unsuited,
    Unverified,
)
from cipp_tui.domain.roles import (
    APPLICATION_ADMINISTRATOR,
    COMPLIANCE_ADMINISTRATOR,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    RoleId,
)
from cipp_tui.domain.tenants import (
    GdapRelationship,
    RelationshipStatus,
    Tenant,
    TenantId,
    TenantKind,
)
from cipp_tui.services.diagnosis import Case, Weight, diagnose, diagnosis_of
from cipp_tui.services.next_steps import Surface

NOW = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
ONE = TenantId("11111111-1111-1111-1111-111111111111")
BOTH_ROLES = frozenset({APPLICATION_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR})
CODES = (
    *(f"AADSTS{number}" for number in (65001, 50020, 50076, 53003, 7000222, 90002, 7000112, 4711)),
    *("Authorization_RequestDenied", "Directory_QuotaExceeded", "2032", "gdap-ended", "", "odd"),
)

problems = st.builds(
    lambda kind, message, code, status: kind(message, code=code, status=status),
    st.sampled_from(
        (
            *(Problem, Refused, SignInProblem, Throttled, Unreachable, LostReply, Broken),
            *(NotUnderstood, Unsuited, Unverified, Stopped),
        )
    ),
    st.sampled_from(("", "no", "MFA required")),
    st.sampled_from(CODES),
    st.sampled_from((None, 400, 401, 403, 404, 429, 503)),
)


def facts(known: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Known, unread, or not asked."""
    return st.one_of(st.none(), st.builds(Unread, problems), known)


moments = st.integers(-40, 400).map(lambda days: NOW + timedelta(days=days))
role_sets = st.frozensets(
    st.sampled_from([*BOTH_ROLES, COMPLIANCE_ADMINISTRATOR, RoleId("else")]), max_size=4
)
relationships = st.lists(
    st.builds(
        GdapRelationship,
        id=st.sampled_from("abc"),
        name=st.sampled_from(("GDAP one", "MLT_one")),
        tenant=st.just(ONE),
        tenant_name=st.just("One"),
        status=st.sampled_from(list(RelationshipStatus)),
        roles=role_sets,
        ends_at=st.one_of(st.none(), moments),
        auto_extends=st.booleans(),
    ),
    max_size=3,
).map(tuple)
app_roles = st.frozensets(
    st.builds(AppRole, st.sampled_from([MICROSOFT_GRAPH, AppId("x")]), st.just("1"), st.just("R"))
)
scopes = st.frozensets(
    st.builds(DelegatedScope, st.sampled_from([MICROSOFT_GRAPH, AppId("x")]), st.just("S"))
)
diffs = st.builds(
    PermissionDiff,
    consent_missing=st.booleans(),
    principals_missing=st.frozensets(st.sampled_from([AppId("x"), AppId("y")])),
    roles_missing=app_roles,
    scopes_missing=scopes,
    directory_roles_missing=role_sets,
    scopes_extra=scopes,
)
evidence = st.builds(
    Evidence,
    at=st.just(NOW),
    sign_in=facts(st.just("kim@msp.example")),
    partner_center_mfa=facts(st.booleans()),
    membership=facts(
        st.builds(
            Membership, groups=st.frozensets(st.sampled_from("gh")), admin_agent=st.booleans()
        )
    ),
    wanted=facts(st.just(150)),
    relationships=facts(relationships),
    requests=facts(st.sampled_from(((), ("One, renewal",)))),
    mappings=facts(
        st.lists(
            st.builds(
                RoleMapping,
                group=st.sampled_from("gh"),
                roles=role_sets,
                status=st.sampled_from(("active", "pending", "error", "deleting", "odd")),
            ),
            max_size=3,
        ).map(tuple)
    ),
    token=facts(st.booleans()),
    holdings=facts(
        st.builds(
            Holdings,
            diff=diffs,
            enabled=st.booleans(),
            widenable=st.booleans(),
            longest_grant=st.sampled_from((0, 5000)),
            default_domain=st.booleans(),
            unlicensed=st.sampled_from(((), ("Defender",))),
        )
    ),
)
rows = st.builds(
    TenantRow,
    tenant=st.builds(
        Tenant,
        id=st.just(ONE),
        name=st.just("One"),
        kind=st.sampled_from(list(TenantKind)),
        default_domain=st.sampled_from((None, "one.example")),
        relationships=relationships,
        gone_since=st.one_of(st.none(), moments),
    ),
    exclusion=st.one_of(st.none(), st.just(Exclusion(by="kim@bastion", at=NOW, reason="left"))),
    failures=st.one_of(
        st.none(),
        st.builds(
            Failures,
            count=st.sampled_from((1, 8, 50)),
            first_at=st.just(NOW),
            last_at=st.just(NOW),
            problem=problems,
        ),
    ),
    permissions=st.one_of(
        st.none(),
        st.builds(
            PermissionRecord,
            verdict=st.sampled_from(list(Verdict)),
            checked_at=st.just(NOW),
            app=st.just(AppId("a")),
            fingerprint=st.just("f"),
            missing=st.sampled_from(((), ("app: A (Graph)",), ("delegated: B", "odd"))),
            unlicensed=st.sampled_from(((), ("Defender",))),
        ),
    ),
    progress=st.one_of(
        st.none(),
        st.builds(
            Progress,
            job=st.just(1),
            action=st.just(Action.REFRESH),
            state=st.sampled_from(list(ItemState)),
            problem=st.one_of(st.none(), problems),
        ),
    ),
    stranded=st.booleans(),
)
cases = st.builds(
    Case,
    row=rows,
    now=st.just(NOW),
    found=st.one_of(st.none(), evidence),
    listed=st.booleans(),
    prune=st.booleans(),
)


@settings(max_examples=3000, deadline=None)
@given(cases)
def test_whatever_is_known_there_is_one_verdict_with_one_next_step(case: Case) -> None:
    verdict = diagnose(case)

    assert verdict.kind
    assert verdict.headline.strip()
    assert all(verdict.next_step(surface).strip() for surface in Surface)
    assert len(verdict.short) <= 8
    assert all(fact.label and fact.words and len(fact.label) <= 12 for fact in verdict.facts)


@settings(max_examples=500, deadline=None)
@given(cases.filter(lambda case: case.found is not None), problems)
def test_a_broken_sign_in_of_our_own_is_said_before_anything_else(
    case: Case, problem: Problem
) -> None:
    assert case.found is not None

    verdict = diagnose(replace(case, found=replace(case.found, sign_in=Unread(problem))))

    assert verdict.weight is Weight.FLEET
    assert verdict.problem is problem


@given(problems)
def test_a_problem_alone_has_a_verdict_too(problem: Problem) -> None:
    verdict = diagnosis_of(problem)

    assert verdict.headline
    assert verdict.next_step(Surface.SCREEN)
    assert verdict.problem is problem


# -- single rules ---------------------------------------------------------------------------------
RELATIONSHIP = GdapRelationship(
    id="r",
    name="GDAP one",
    tenant=ONE,
    tenant_name="One",
    status=RelationshipStatus.ACTIVE,
    roles=BOTH_ROLES,
    ends_at=NOW + timedelta(days=300),
    auto_extends=False,
)
TENANT = Tenant(id=ONE, name="One", default_domain="one.example", relationships=(RELATIONSHIP,))
COMPLETE = Holdings(diff=PermissionDiff())
ALL_WELL = Evidence(
    at=NOW,
    sign_in="kim@msp.example",
    membership=Membership(groups=frozenset({"g"}), admin_agent=True),
    wanted=150,
    relationships=(RELATIONSHIP,),
    mappings=(RoleMapping(group="g", roles=BOTH_ROLES, status="active"),),
    token=True,
    holdings=COMPLETE,
)
CA = Refused("blocked", code="AADSTS53003", status=400, request_id="id-1", at="2026-03-02T09:00")


def failing(count: int, problem: Problem = CA, limit: int = 50) -> TenantRow:
    failures = Failures(count=count, first_at=NOW, last_at=NOW, problem=problem, limit=limit)
    return TenantRow(tenant=TENANT, failures=failures)


def case_of(row: TenantRow, found: Evidence | None = None) -> Case:
    return Case(row=row, now=NOW, found=found)


def test_a_failed_row_says_its_cause_without_asking_anybody_and_keeps_the_raw_error() -> None:
    verdict = diagnose(case_of(failing(3)))

    assert verdict.kind == "conditional-access"
    assert verdict.problem is CA
    assert verdict.looked_at is None


def test_a_suspended_tenant_says_the_cause_while_it_lasts() -> None:
    found = replace(ALL_WELL, token=Unread(CA), holdings=None)

    verdict = diagnose(case_of(failing(50), found))

    assert verdict.kind == "conditional-access"
    assert any("Suspended" in fact.words for fact in verdict.facts)


@pytest.mark.parametrize(("count", "kind"), [(50, "suspended"), (3, "recovered")])
def test_a_failure_that_is_over_is_called_so(count: int, kind: str) -> None:
    verdict = diagnose(case_of(failing(count), ALL_WELL))

    assert verdict.kind == kind
    assert verdict.weight is Weight.WARNING


def test_an_excluded_tenant_says_by_whom_and_why() -> None:
    exclusion = Exclusion(by="kim@bastion", at=NOW, reason="left us")

    verdict = diagnose(case_of(TenantRow(tenant=TENANT, exclusion=exclusion), ALL_WELL))

    assert verdict.kind == "excluded"
    assert "kim@bastion" in verdict.headline
    assert "left us" in verdict.headline


def test_access_that_is_owed_takes_the_next_step_from_what_hinders_it() -> None:
    found = replace(ALL_WELL, token=Unread(CA), holdings=None)
    owed = TenantRow(tenant=TENANT, stranded=True)

    hindered, waiting = diagnose(case_of(owed, found)), diagnose(case_of(owed))

    assert {hindered.kind, waiting.kind} == {"stranded"}
    assert "exclude service providers" in hindered.next_step(Surface.SCREEN)
    assert "by itself" in waiting.next_step(Surface.SCREEN)


def test_a_customer_the_last_reading_did_not_bring_has_ended() -> None:
    gone = replace(TENANT, gone_since=NOW)

    assert diagnose(case_of(TenantRow(tenant=gone))).kind == "relationship-ended"


@pytest.mark.parametrize("ends_in", [-1, 20])
def test_a_relationship_that_is_expiring_gives_no_access_whatever_its_date(ends_in: int) -> None:
    expiring = replace(
        RELATIONSHIP,
        status=RelationshipStatus.EXPIRING,
        ends_at=NOW + timedelta(days=ends_in),
        auto_extends=True,
    )
    row = TenantRow(tenant=replace(TENANT, relationships=(expiring,)))

    verdict = diagnose(case_of(row))

    assert verdict.kind == "relationship-ended"
    assert "end date has passed" in verdict.headline


def test_a_relationship_about_to_end_is_an_active_one() -> None:
    soon = replace(RELATIONSHIP, ends_at=NOW + timedelta(days=12))
    row = TenantRow(tenant=replace(TENANT, relationships=(soon,)))

    verdict = diagnose(case_of(row, replace(ALL_WELL, relationships=(soon,))))

    assert (verdict.kind, verdict.weight) == ("relationship-ending", Weight.WARNING)


def test_a_direct_tenant_without_consent_is_not_told_to_refresh() -> None:
    direct = replace(TENANT, kind=TenantKind.DIRECT, relationships=())
    problem = Refused("no", code="AADSTS7000229", status=401)
    found = Evidence(at=NOW, sign_in="kim", token=Unread(problem))

    assert diagnose(case_of(TenantRow(tenant=direct), found)).kind == "direct-no-consent"


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        (Throttled("wait"), "no-consent"),
        (Refused("full", code="Directory_QuotaExceeded", status=403), "quota"),
        (Refused("denied", code="2032", status=403), "no-consent"),
    ],
)
def test_of_the_last_failure_only_what_still_matters_is_said(last: Problem, kind: str) -> None:
    no_consent = Refused("no", code="AADSTS65001", status=400)
    found = replace(ALL_WELL, token=Unread(no_consent), holdings=None)

    assert diagnose(case_of(failing(1, last), found)).kind == kind


def test_unreadable_groups_do_not_accuse_the_user() -> None:
    problem = Refused("no", code="AADSTS50020", status=400)
    denied = Refused("no", code="Authorization_RequestDenied", status=403)
    found = replace(ALL_WELL, token=Unread(problem), holdings=None, membership=Unread(denied))

    verdict = diagnose(case_of(TenantRow(tenant=TENANT), found))

    assert verdict.kind == "user-unknown"
    assert any(fact.sign == "?" for fact in verdict.facts)


def test_a_default_domain_nobody_can_read_is_a_warning() -> None:
    nameless = TenantRow(tenant=replace(TENANT, default_domain=None))
    found = replace(ALL_WELL, holdings=replace(COMPLETE, default_domain=False))

    assert diagnose(case_of(nameless, found)).kind == "no-domain"


def test_extra_scopes_matter_only_where_they_would_be_taken_away() -> None:
    extra = PermissionDiff(scopes_extra=frozenset({DelegatedScope(MICROSOFT_GRAPH, "S")}))
    found = replace(ALL_WELL, holdings=Holdings(diff=extra))
    case = case_of(TenantRow(tenant=TENANT), found)

    assert diagnose(case).kind == "in-order"
    assert diagnose(replace(case, prune=True)).kind == "extra-scopes"


def test_a_customer_that_is_not_listed_though_a_relationship_is_active() -> None:
    bare = TenantRow(tenant=Tenant(id=ONE, name=ONE))

    assert diagnose(replace(case_of(bare, ALL_WELL), listed=False)).kind == "not-listed"
