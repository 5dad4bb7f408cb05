"""Who is due for a refresh, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cipp_tui.domain.due import Aside, DueReason, aside, due
from cipp_tui.domain.failures import NEEDS_HUMAN_AFTER, Failures
from cipp_tui.domain.fleet import Exclusion, TenantRow
from cipp_tui.domain.permissions import AppId, PermissionRecord, Verdict
from cipp_tui.domain.problems import Refused
from cipp_tui.domain.tenants import Tenant, TenantId, TenantKind

NOW = datetime(2026, 3, 9, 0, 0, tzinfo=UTC)
APP = AppId("app")


def row(*, applied_days_ago: float | None = 1.0, failures: Failures | None = None) -> TenantRow:
    applied = NOW - timedelta(days=applied_days_ago) if applied_days_ago is not None else None
    return TenantRow(
        tenant=Tenant(id=TenantId("t"), name="Contoso", default_domain="contoso.com"),
        failures=failures,
        permissions=PermissionRecord(
            verdict=Verdict.IN_ORDER,
            checked_at=applied or NOW,
            app=APP,
            fingerprint="set-1",
            applied_at=applied,
        ),
    )


def failed(count: int, hours_ago: float, *, limit: int = 50) -> Failures:
    at = NOW - timedelta(hours=hours_ago)
    return Failures(
        count=count,
        first_at=at,
        last_at=at,
        problem=Refused("no", code="AADSTS53003"),
        app=APP,
        fingerprint="set-1",
        limit=limit,
    )


def reason(
    subject: TenantRow, fingerprint: str = "set-1", app: AppId = APP, now: datetime = NOW
) -> DueReason | None:
    found = due(subject, app=app, fingerprint=fingerprint, now=now)
    return found.reason if found is not None else None


# -- each rule ----------------------------------------------------------------------------------
def test_a_tenant_never_refreshed_is_due() -> None:
    assert reason(replace(row(), permissions=None)) is DueReason.NEVER
    assert reason(row(applied_days_ago=None)) is DueReason.NEVER


def test_a_fresh_tenant_is_not_due() -> None:
    assert reason(row(applied_days_ago=1)) is None


def test_seven_days_less_the_tolerance_make_a_tenant_due() -> None:
    assert reason(row(applied_days_ago=7 - 1.9 / 24)) is DueReason.AGE
    assert reason(row(applied_days_ago=7 - 2.1 / 24)) is None


def test_a_new_wanted_set_makes_a_tenant_due() -> None:
    assert reason(row(), fingerprint="set-2") is DueReason.NEW_SET


def test_a_new_application_makes_a_tenant_due() -> None:
    assert reason(row(), app=AppId("other")) is DueReason.NEW_APP


def test_while_the_wanted_set_is_unknown_nobody_is_due_for_it() -> None:
    assert due(row(), app=None, fingerprint=None, now=NOW) is None


@pytest.mark.parametrize("verdict", [Verdict.MISSING, Verdict.NO_CONSENT, Verdict.NOT_CHECKED])
def test_a_tenant_that_a_comparison_found_wanting_is_due(verdict: Verdict) -> None:
    found = row()
    assert found.permissions is not None

    wanting = replace(found, permissions=replace(found.permissions, verdict=verdict))

    assert reason(wanting) is DueReason.MISSING


def test_a_tenant_without_a_domain_is_due_once_a_day_and_only_a_customer() -> None:
    nameless = replace(row().tenant, default_domain=None)

    assert reason(replace(row(applied_days_ago=0.5), tenant=nameless)) is None
    assert reason(replace(row(applied_days_ago=0.95), tenant=nameless)) is DueReason.NO_DOMAIN
    assert reason(replace(row(applied_days_ago=9), tenant=nameless)) is DueReason.NO_DOMAIN
    for kind in (TenantKind.DIRECT, TenantKind.PARTNER):
        other = replace(nameless, kind=kind)
        assert reason(replace(row(applied_days_ago=3), tenant=other)) is None


@pytest.mark.parametrize(
    ("count", "hours", "is_due"),
    [
        (1, 22.1, True),
        (1, 21.9, False),
        (2, 46.1, True),
        (2, 45.9, False),
        (3, 94.1, True),
        (3, 93.9, False),
        (4, 166.1, True),
        (4, 165.9, False),
        (7, 166.1, True),
        (7, 165.9, False),
    ],
)
def test_repeated_failures_back_off(count: int, hours: float, is_due: bool) -> None:
    assert (reason(row(failures=failed(count, hours))) is DueReason.FAILED) is is_due


def test_after_eight_failures_a_human_is_needed() -> None:
    stuck = row(failures=failed(NEEDS_HUMAN_AFTER, 24 * 30))

    assert reason(stuck) is None
    assert aside(stuck) is Aside.NEEDS_HUMAN
    assert aside(row(failures=failed(NEEDS_HUMAN_AFTER - 1, 1))) is None


def test_a_change_of_ours_waives_the_back_off_and_tries_a_stuck_tenant_once_more() -> None:
    for count in (1, 20):
        tried = row(failures=failed(count, 1))
        assert reason(tried, app=AppId("other")) is DueReason.NEW_APP
        assert reason(tried, fingerprint="set-2") is DueReason.NEW_SET
        assert tried.failures is not None
        again = replace(tried.failures, fingerprint="set-2")
        assert reason(replace(tried, failures=again), fingerprint="set-2") is None


def test_failures_of_an_older_program_know_no_set_and_keep_their_back_off() -> None:
    old = replace(failed(1, 1), app=None, fingerprint=None)

    assert reason(row(failures=old), app=AppId("other"), fingerprint="set-2") is None


def test_a_suspended_tenant_is_never_due() -> None:
    suspended = row(failures=failed(3, 24 * 90, limit=3))

    assert reason(suspended, app=AppId("other"), fingerprint="set-2") is None
    assert aside(suspended) is Aside.SUSPENDED


def test_an_excluded_tenant_is_never_due() -> None:
    excluded = replace(row(applied_days_ago=90), exclusion=Exclusion(by="kim", at=NOW))

    assert reason(excluded) is None


def test_a_gone_tenant_is_never_due() -> None:
    gone = replace(row(applied_days_ago=90), tenant=replace(row().tenant, gone_since=NOW))

    assert reason(gone) is None


def test_a_date_of_a_clock_that_was_wrong_hides_nobody() -> None:
    assert reason(row(applied_days_ago=-365)) is DueReason.AGE
    assert reason(row(failures=failed(1, hours_ago=-24 * 365))) is DueReason.FAILED
    assert reason(row(applied_days_ago=-0.5)) is None


# -- whatever a row holds -----------------------------------------------------------------------
MOMENTS = st.floats(0, 40).map(lambda days: NOW - timedelta(days=days))
APPS = st.sampled_from([APP, AppId("other")])
SETS = st.sampled_from(["set-1", "set-2"])


@st.composite
def problems_in_a_row(draw: st.DrawFn) -> Failures:
    first, last = sorted((draw(MOMENTS), draw(MOMENTS)))
    return Failures(
        count=draw(st.integers(1, 60)),
        first_at=first,
        last_at=last,
        problem=Refused("no", code="AADSTS53003"),
        app=draw(st.none() | APPS),
        fingerprint=draw(st.none() | SETS),
        limit=draw(st.sampled_from([3, 50])),
    )


@st.composite
def records(draw: st.DrawFn) -> PermissionRecord:
    return PermissionRecord(
        verdict=draw(st.sampled_from(Verdict)),
        checked_at=draw(MOMENTS),
        app=draw(APPS),
        fingerprint=draw(SETS),
        applied_at=draw(st.none() | MOMENTS),
    )


@st.composite
def rows(draw: st.DrawFn) -> TenantRow:
    return TenantRow(
        tenant=Tenant(
            id=TenantId("t"),
            name="Contoso",
            kind=draw(st.sampled_from(TenantKind)),
            default_domain=draw(st.sampled_from([None, "contoso.com"])),
            gone_since=draw(st.none() | st.just(NOW)),
        ),
        exclusion=draw(st.none() | st.just(Exclusion(by="kim", at=NOW))),
        failures=draw(st.none() | problems_in_a_row()),
        permissions=draw(st.none() | records()),
    )


@given(rows(), st.none() | APPS, st.none() | SETS, st.floats(0, 30), st.floats(0, 30))
@settings(max_examples=500)
def test_who_is_due_stays_due_as_time_goes_by(
    subject: TenantRow, app: AppId | None, fingerprint: str | None, days: float, more: float
) -> None:
    sooner = NOW + timedelta(days=days)

    now = due(subject, app=app, fingerprint=fingerprint, now=sooner)
    again = due(subject, app=app, fingerprint=fingerprint, now=sooner)
    later = due(subject, app=app, fingerprint=fingerprint, now=sooner + timedelta(days=more))

    assert now == again
    assert now is None or later == now


@given(rows(), APPS, SETS)
@settings(max_examples=500)
def test_nobody_is_forgotten(subject: TenantRow, app: AppId, fingerprint: str) -> None:
    in_a_year = NOW + timedelta(days=365)
    found = due(subject, app=app, fingerprint=fingerprint, now=in_a_year)

    if subject.exclusion is not None or subject.tenant.gone_since is not None:
        assert found is None
        assert aside(subject) is None
    elif found is None:
        assert aside(subject) is not None
    if aside(subject) is Aside.SUSPENDED:
        assert found is None


def test_every_reason_can_be_reached_and_so_can_none() -> None:
    nameless = replace(row().tenant, default_domain=None)
    rows_of_all_sorts = [
        replace(base, tenant=owner, failures=failures, permissions=record)
        for base in (row(applied_days_ago=days) for days in (None, 0.1, 2, 8))
        for owner in (base.tenant, nameless)
        for failures in (None, failed(1, 30), failed(9, 30))
        for record in (base.permissions, None)
    ]

    reached = {
        reason(subject, fingerprint, app)
        for subject in rows_of_all_sorts
        for fingerprint in ("set-1", "set-2")
        for app in (APP, AppId("other"))
    }
    wanting = row().permissions
    assert wanting is not None
    lacking = replace(row(), permissions=replace(wanting, verdict=Verdict.MISSING))

    assert reached | {reason(lacking)} == {*DueReason, None}
