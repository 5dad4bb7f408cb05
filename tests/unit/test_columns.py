"""The columns of the tenants table: which fit, and what their cells say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cipp_tui.domain.fleet import Exclusion, Failures, Progress, TenantRow
from cipp_tui.domain.jobs import Action, ItemState, Outcome
from cipp_tui.domain.permissions import AppId, PermissionRecord, Verdict
from cipp_tui.domain.problems import LostReply, Problem, SignInProblem
from cipp_tui.domain.tenants import (
    GdapRelationship,
    RelationshipStatus,
    Tenant,
    TenantId,
    TenantKind,
)
from cipp_tui.widgets.cells import Tone, fit, width_of
from cipp_tui.widgets.columns import (
    MARKS,
    Seen,
    checked_cell,
    excluded_cell,
    furthest_shift,
    gdap_cell,
    layout,
    permissions_cell,
    state_cell,
    tenant_cell,
    worse_cell,
)

NOW = datetime(2026, 8, 3, 10, 2, tzinfo=UTC)
SEEN = Seen(NOW)
ID = TenantId("00000001-0000-0000-0000-000000000000")


def relationship(**facts: object) -> GdapRelationship:
    known = {
        "id": "r",
        "name": "Acme-Contoso",
        "tenant": ID,
        "tenant_name": "Contoso",
        "status": RelationshipStatus.ACTIVE,
        "roles": frozenset(),
        "ends_at": NOW + timedelta(days=412, hours=1),
        "auto_extends": False,
    }
    return GdapRelationship(**{**known, **facts})  # type: ignore[arg-type]


def row(**facts: object) -> TenantRow:
    tenant = Tenant(
        id=ID, name="Contoso Ltd", default_domain="contoso.com", relationships=(relationship(),)
    )
    return replace(TenantRow(tenant=tenant), **facts)  # type: ignore[arg-type]


def tenant_with(**facts: object) -> TenantRow:
    plain = row()
    return replace(plain, tenant=replace(plain.tenant, **facts))  # type: ignore[arg-type]


def failures(count: int) -> Failures:
    problem = SignInProblem("no", code="AADSTS53003")
    return Failures(count=count, first_at=NOW, last_at=NOW, problem=problem)


def record(verdict: Verdict, *, days: float = 3, **facts: object) -> PermissionRecord:
    at = NOW - timedelta(days=days)
    known = {"checked_at": at, "applied_at": at, "app": AppId("app"), "fingerprint": "f"}
    return PermissionRecord(verdict=verdict, **{**known, **facts})  # type: ignore[arg-type]


def progress(state: ItemState, **facts: object) -> Progress:
    return Progress(job=118, action=Action.REFRESH, state=state, **facts)  # type: ignore[arg-type]


# -- state --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("found", "words", "tone"),
    [
        (row(), "managed", Tone.PLAIN),
        (row(stranded=True), "!! no access", Tone.URGENT),
        (row(failures=failures(50)), "!! suspended", Tone.BAD),
        (row(failures=failures(7)), "! failing 7", Tone.WARN),
        (row(failures=failures(12)), "! stuck 12", Tone.BAD),
        (tenant_with(default_domain=None), "! no domain", Tone.WARN),
        (tenant_with(gone_since=NOW - timedelta(days=3, hours=2)), "~ gone 3 d", Tone.MUTED),
        (tenant_with(kind=TenantKind.PARTNER), "partner", Tone.PLAIN),
        (row(exclusion=Exclusion(by="kim@acme", at=NOW)), "x excluded", Tone.MUTED),
    ],
)
def test_state_says_how_a_tenant_stands(found: TenantRow, words: str, tone: Tone) -> None:
    assert state_cell(found, SEEN) == (words, tone)


# -- permissions --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "unknown"),
        (record(Verdict.IN_ORDER), "in order 3 d"),
        (record(Verdict.IN_ORDER, days=0.003), "in order 4 m"),
        (record(Verdict.IN_ORDER, days=9), "due 9 d"),
        (record(Verdict.MISSING, missing=("app: A", "app: B", "delegated: C")), "3 missing"),
        (record(Verdict.NO_CONSENT), "no consent"),
        (record(Verdict.NOT_CHECKED), "? not checked"),
    ],
)
def test_permissions_say_what_was_found(found: PermissionRecord | None, words: str) -> None:
    assert permissions_cell(row(permissions=found), SEEN).words == words


def test_another_wanted_set_makes_a_tenant_due() -> None:
    seen = Seen(NOW, app=AppId("app"), fingerprint="new")

    cell = permissions_cell(row(permissions=record(Verdict.IN_ORDER)), seen)

    assert cell.words == "due: new set"


@pytest.mark.parametrize(
    ("found", "words", "tone"),
    [
        (progress(ItemState.WAITING), "> waiting", Tone.BUSY),
        (progress(ItemState.RUNNING, step="roles", place=2, steps=5), "> 2/5 roles", Tone.BUSY),
        (
            progress(ItemState.RUNNING, step="roles", place=3, steps=5, paying=True),
            "> back 3/5",
            Tone.URGENT,
        ),
        (
            progress(ItemState.RUNNING, place=1, steps=5, problem=LostReply("")),
            "? unsure",
            Tone.WARN,
        ),
        (
            progress(ItemState.DONE, took_s=7, since=NOW, outcome=Outcome.CHANGED),
            "+ done 0:07",
            Tone.GOOD,
        ),
        (progress(ItemState.RESTORED, outcome=Outcome.RESTORED), "+ restored", Tone.GOOD),
        (
            progress(ItemState.FAILED, problem=SignInProblem("", code="AADSTS53003")),
            "x failed: CA",
            Tone.BAD,
        ),
        (progress(ItemState.STOPPED, place=2), "- stopped", Tone.MUTED),
        (progress(ItemState.STOPPED), "- not started", Tone.MUTED),
    ],
)
def test_a_job_at_work_takes_the_permissions_cell(found: Progress, words: str, tone: Tone) -> None:
    assert permissions_cell(row(progress=found), SEEN) == (words, tone)


def test_done_turns_into_in_order_at_the_next_reload() -> None:
    done = progress(ItemState.DONE, took_s=7, since=NOW, outcome=Outcome.CHANGED)
    found = row(progress=done, permissions=record(Verdict.IN_ORDER, days=0))

    later = Seen(NOW + timedelta(minutes=5), fresh_since=NOW + timedelta(minutes=5))

    assert permissions_cell(found, later).words == "in order 5 m"


def test_an_exclusion_is_no_news_about_permissions() -> None:
    done = Progress(job=1, action=Action.EXCLUDE, state=ItemState.DONE, took_s=0, since=NOW)

    assert permissions_cell(row(progress=done), SEEN).words == "unknown"


# -- the other cells ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("found", "words"),
    [
        (row(), "412 d"),
        (tenant_with(relationships=(relationship(auto_extends=True),)), "auto"),
        (
            tenant_with(relationships=(relationship(ends_at=NOW + timedelta(days=12, hours=1)),)),
            "! 12 d",
        ),
        (tenant_with(relationships=(relationship(ends_at=NOW),)), "ended"),
        (tenant_with(relationships=()), "none"),
        (tenant_with(kind=TenantKind.DIRECT), "direct"),
        (tenant_with(kind=TenantKind.PARTNER), "own"),
    ],
)
def test_gdap_says_how_long_access_lasts(found: TenantRow, words: str) -> None:
    assert gdap_cell(found, SEEN).words == words


def test_the_partner_is_named_as_such() -> None:
    assert tenant_cell(tenant_with(kind=TenantKind.PARTNER), SEEN).words == "Contoso Ltd (partner)"


@pytest.mark.parametrize(("days", "words"), [(3, "3 d"), (80, "15 May"), (400, "Jun 2025")])
def test_checked_gets_coarser_with_age(days: int, words: str) -> None:
    found = row(permissions=record(Verdict.IN_ORDER, days=days))

    assert checked_cell(found, SEEN).words == words


def test_who_excluded_it_gives_way_to_the_day() -> None:
    by = "somebody-with-a-long-name@bastion-host-1"
    found = row(exclusion=Exclusion(by=by, at=NOW - timedelta(days=80)))

    cell = excluded_cell(found, SEEN)

    assert cell.words == "somebody-wit… 15 May"
    assert width_of(cell.words) <= 20


def test_where_there_is_room_for_one_the_worse_of_two_is_shown() -> None:
    busy = progress(ItemState.RUNNING, step="roles", place=2, steps=5)

    assert worse_cell(row(permissions=record(Verdict.IN_ORDER)), SEEN).words == "in order 3 d"
    assert worse_cell(row(failures=failures(7)), SEEN).words == "! failing 7"
    assert worse_cell(row(failures=failures(12), progress=busy), SEEN).words == "> 2/5 roles"
    assert worse_cell(row(stranded=True, progress=busy), SEEN).words == "!! no access"


def test_an_unknown_problem_is_told_without_a_code() -> None:
    found = row(progress=progress(ItemState.FAILED, problem=Problem("something else")))

    assert permissions_cell(found, SEEN).words.startswith("x failed")


# -- widths -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (50, {"tenant": 30, "state": 18}),
        (80, {"tenant": 25, "domain": 18, "state": 13, "permissions": 15, "gdap": 7}),
        (
            140,
            {
                "tenant": 33,
                "domain": 31,
                "state": 14,
                "permissions": 17,
                "gdap": 8,
                "fails": 6,
                "checked": 8,
                "excluded": 21,
            },
        ),
    ],
)
def test_columns_are_those_of_the_design(width: int, expected: dict[str, int]) -> None:
    found = layout(width)

    assert {c.name: w for c, w in zip(found.columns, found.widths, strict=True)} == expected


@pytest.mark.parametrize("width", range(40, 300))
def test_columns_never_need_more_than_the_screen_has(width: int) -> None:
    for shift in range(furthest_shift(width) + 1):
        found = layout(width, shift=shift)

        assert sum(found.widths) + MARKS <= width
        assert found.columns[0].name == "tenant"


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_every_column_comes_into_sight_by_shifting(width: int) -> None:
    names = {
        column.name
        for shift in range(furthest_shift(width) + 1)
        for column in layout(width, shift=shift).columns
    }

    assert {"domain", "state", "permissions", "gdap", "fails", "checked", "excluded"} <= names


def test_the_sorted_column_is_marked_in_its_head() -> None:
    heads = {head.name: head.label for head in layout(80).heads("gdap", backwards=True)}

    assert heads["gdap"] == "GDAP v"
    assert heads["tenant"] == "Tenant"


# -- fitting ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "Contoso",
        "日本ソフト株式会社",
        "Café Brûlée 🥐☕",
        "👩\u200d💻 Team",
        "e\u0301te\u0301",
        "[/]",
        "",
    ],
)
@pytest.mark.parametrize("width", [1, 2, 7, 24])
def test_a_fitted_text_takes_exactly_its_width(text: str, width: int) -> None:
    assert width_of(fit(text, width)) == width
