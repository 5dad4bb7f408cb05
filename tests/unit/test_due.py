"""Who is due for a refresh, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cipp_tui.domain.due import DueReason, due
from cipp_tui.domain.fleet import Exclusion, Failures, TenantRow
from cipp_tui.domain.permissions import AppId, PermissionRecord, Verdict
from cipp_tui.domain.problems import Refused
from cipp_tui.domain.tenants import Tenant, TenantId

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


def failed(count: int, hours_ago: float) -> Failures:
    at = NOW - timedelta(hours=hours_ago)
    return Failures(count=count, first_at=at, last_at=at, problem=Refused("no", code="AADSTS53003"))


def reason(subject: TenantRow, fingerprint: str = "set-1", app: AppId = APP) -> DueReason | None:
    found = due(subject, app=app, fingerprint=fingerprint, now=NOW)
    return found.reason if found is not None else None


def test_a_tenant_never_refreshed_is_due() -> None:
    assert reason(replace(row(), permissions=None)) is DueReason.NEVER


def test_a_fresh_tenant_is_not_due() -> None:
    assert reason(row(applied_days_ago=1)) is None


def test_seven_days_less_the_tolerance_make_a_tenant_due() -> None:
    assert reason(row(applied_days_ago=7 - 1.9 / 24)) is DueReason.AGE
    assert reason(row(applied_days_ago=7 - 2.1 / 24)) is None


def test_a_new_wanted_set_makes_a_tenant_due() -> None:
    assert reason(row(), fingerprint="set-2") is DueReason.NEW_SET


def test_a_new_application_makes_a_tenant_due() -> None:
    assert reason(row(), app=AppId("other")) is DueReason.NEW_APP


@pytest.mark.parametrize(
    ("count", "hours", "is_due"),
    [(1, 23, True), (1, 20, False), (2, 47, True), (2, 40, False), (4, 166, True), (4, 100, False)],
)
def test_repeated_failures_back_off(count: int, hours: float, is_due: bool) -> None:
    assert (reason(row(failures=failed(count, hours))) is DueReason.FAILED) is is_due


def test_after_many_failures_a_human_is_needed() -> None:
    assert reason(row(failures=failed(8, 24 * 30))) is None


def test_an_excluded_tenant_is_never_due() -> None:
    excluded = replace(row(applied_days_ago=90), exclusion=Exclusion(by="kim", at=NOW))

    assert reason(excluded) is None


def test_a_gone_tenant_is_never_due() -> None:
    gone = replace(row(applied_days_ago=90), tenant=replace(row().tenant, gone_since=NOW))

    assert reason(gone) is None
