"""What a plan says of each permission, and what its change notice holds."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cipp_tui.domain.due import Due, DueReason
from cipp_tui.domain.permissions import (
    MICROSOFT_GRAPH,
    AppId,
    AppRole,
    DelegatedScope,
    GrantedPermissions,
    PermissionDiff,
    WantedPermissions,
    against,
)
from cipp_tui.domain.problems import Refused
from cipp_tui.domain.roles import COMPLIANCE_ADMINISTRATOR
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.export import FORMATS, write
from cipp_tui.screens.notice import NoticeRows, notice_table
from cipp_tui.screens.plan_words import lines_of, shown_count
from cipp_tui.services.plans import Change, Kind, TenantPlan

AT = datetime(2026, 8, 3, 10, 2, tzinfo=UTC)
DEFENDER = AppId("8ee8fdad-f234-4243-8f3b-15c294843740")
STRANGE = AppId("11111111-1111-1111-1111-111111111111")
MAIL = DelegatedScope(MICROSOFT_GRAPH, "Mail.Send")
FILES = DelegatedScope(MICROSOFT_GRAPH, "Files.Read")
ELSEWHERE = DelegatedScope(STRANGE, "user_impersonation")
DIRECTORY = AppRole(MICROSOFT_GRAPH, "1", "Directory.ReadWrite.All")
ALERTS = AppRole(DEFENDER, "2", "Alert.Read.All")
WANTED = WantedPermissions(
    app=AppId("a" * 8),
    app_name="CIPP-SAM",
    roles=frozenset({DIRECTORY, ALERTS}),
    scopes=frozenset({MAIL}),
    directory_roles=frozenset({COMPLIANCE_ADMINISTRATOR}),
    resource_names={MICROSOFT_GRAPH: "Microsoft Graph", DEFENDER: "Defender"},
)


def planned(
    granted: GrantedPermissions, *, prune: bool = False, name: str = "Alpine"
) -> TenantPlan:
    return TenantPlan(
        tenant=TenantId("t"),
        name=name,
        due=Due(DueReason.NEVER),
        prune=prune,
        diff=against(granted, WANTED),
        wanted=WANTED,
    )


SOME = GrantedPermissions(
    principal="p",
    roles=frozenset({(DEFENDER, "2")}),
    scopes=frozenset({FILES, ELSEWHERE}),
    directory_roles=WANTED.directory_roles,
    resources=WANTED.resources,
)
ALL = GrantedPermissions(
    principal="p",
    roles=WANTED.role_ids,
    scopes=WANTED.scopes,
    directory_roles=WANTED.directory_roles,
    resources=WANTED.resources,
)


def told(plan: TenantPlan) -> list[tuple[str, str, str, str]]:
    return [
        (one.change, one.kind, plan.resource_name(one.resource), one.permission)
        for one in plan.changes()
    ]


def test_what_is_missing_is_added_and_the_rest_kept() -> None:
    assert told(planned(SOME)) == [
        ("add", "app", "Microsoft Graph", "Directory.ReadWrite.All"),
        ("add", "delegated", "Microsoft Graph", "Mail.Send"),
        ("keep", "app", "Defender", "Alert.Read.All"),
        ("keep", "directory role", "", "Compliance Administrator"),
        ("keep", "delegated", STRANGE, "user_impersonation"),
        ("keep", "delegated", "Microsoft Graph", "Files.Read"),
    ]


def test_prune_takes_away_only_from_resources_that_we_want_scopes_of() -> None:
    plan = planned(SOME, prune=True)

    assert [one.permission for one in plan.removals()] == ["Files.Read"]
    assert [(one.permission, one.why) for one in plan.extras()] == [
        ("user_impersonation", "extra, kept: not a resource of ours")
    ]


def test_a_tenant_without_consent_gets_it_first() -> None:
    plan = planned(GrantedPermissions(principal=None))

    first, *rest = told(plan)
    assert first == ("add", "consent", "", "consent")
    assert {change for change, *_ in rest} == {"add"}
    assert Kind.PRINCIPAL not in {kind for _, kind, *_ in rest}


def test_missing_service_principals_are_made() -> None:
    plan = planned(replace(ALL, resources=frozenset({MICROSOFT_GRAPH})))

    assert told(plan)[0] == ("add", "service principal", "Defender", "Defender")


def test_what_a_tenant_has_no_licence_for_is_neither_added_nor_kept() -> None:
    granted = replace(ALL, roles=frozenset({(MICROSOFT_GRAPH, "1")}))
    diff = against(granted, WANTED, unobtainable=frozenset({DEFENDER}))
    plan = replace(planned(granted), diff=diff, unlicensed=("Defender",))

    assert "Defender" not in {resource for _, _, resource, _ in told(plan)}
    assert plan.changes_nothing
    assert lines_of(plan, whole=True)[-1].permission == "service principal Defender"


values = st.sets(st.sampled_from(["A", "B", "C", "D"]))
resources = st.sampled_from([MICROSOFT_GRAPH, DEFENDER, STRANGE])


@given(
    st.builds(
        GrantedPermissions,
        principal=st.sampled_from([None, "p"]),
        roles=st.sets(st.tuples(resources, st.sampled_from(["1", "2", "3"]))).map(frozenset),
        scopes=st.sets(
            st.builds(DelegatedScope, resources, st.sampled_from(["Mail.Send", "X"]))
        ).map(frozenset),
        resources=st.sets(resources).map(frozenset),
    ),
    st.booleans(),
)
def test_the_counts_are_those_of_the_lines(granted: GrantedPermissions, prune: bool) -> None:
    plan = planned(granted, prune=prune)

    changes = [one.change for one in plan.changes()]
    assert changes.count(Change.ADD) == plan.added_count
    assert changes.count(Change.REMOVE) == plan.removed_count
    assert changes.count(Change.KEEP) == plan.kept_count
    assert len(list(NoticeRows((plan,)))) == len(NoticeRows((plan,)))
    assert len(lines_of(plan, whole=True)) == shown_count(plan) + 1


def test_the_screen_folds_a_long_plan() -> None:
    plan = planned(GrantedPermissions(principal=None))

    lines = [(line.sign, line.permission) for line in lines_of(plan, whole=False)]

    assert lines == [
        (">", "add 5, keep 0"),
        ("+", "consent"),
        ("+", "app Alert.Read.All (Defender)"),
        ("+", "app Directory.ReadWrite.All"),
        (" ", "(2 more)"),
    ]


def test_nothing_to_do_is_a_line_too_and_says_whether_it_is_due() -> None:
    (line,) = lines_of(replace(planned(ALL), due=None), whole=True)

    assert (line.sign, line.permission, line.why) == ("=", "in order, keep 4", "not due")


def test_what_could_not_be_read_is_no_plan() -> None:
    problem = Refused("no", code="AADSTS50020")
    plan = TenantPlan(tenant=TenantId("t"), name="Alpine", problem=problem, not_due="suspended")

    (line,) = lines_of(plan, whole=True)

    assert (line.sign, line.permission) == ("?", "could not be read")
    assert line.why.endswith("(not due: suspended)")


# -- the notice ---------------------------------------------------------------------------------
PLANS = [
    planned(SOME, name="=1+1 Consulting"),
    TenantPlan(tenant=TenantId("u"), name="Refusing", problem=Refused("no", code="AADSTS50020")),
    TenantPlan(tenant=TenantId("x"), name="Gone", left_out="excluded", not_due="excluded"),
]


@pytest.mark.parametrize(("only", "lines"), [(False, 8), (True, 4)])
def test_a_notice_in_csv_has_a_head_and_one_line_per_tenant_and_permission(
    tmp_path: Path, only: bool, lines: int
) -> None:
    table = notice_table(PLANS, profile="lab", wanted=WANTED, at=AT, changes_only=only)
    text = write(tmp_path / "n.csv", FORMATS[0], table).read_text(encoding="utf-8")

    head, _, body = text.partition("\n\n")
    notice = dict(csv.reader(io.StringIO(head)))
    rows = list(csv.DictReader(io.StringIO(body)))
    assert notice["made at"] == "2026-08-03T10:02:00+00:00"
    assert (notice["profile"], notice["application"]) == ("lab", "CIPP-SAM")
    assert notice["wanted set"] == WANTED.fingerprint
    assert (notice["add"], notice["not read"], notice["left out"]) == ("2", "1", "1")
    assert len(rows) == lines == len(table.rows)
    assert rows[0]["tenant"] == "'=1+1 Consulting"
    assert rows[0]["due"] == "due: never refreshed"
    assert [row["change"] for row in rows[-2:]] == ["not read", "left out"]
    assert rows[-2]["why"].endswith("[AADSTS50020]")


def test_a_notice_in_json_is_the_notice_and_then_its_lines(tmp_path: Path) -> None:
    table = notice_table(PLANS, profile="lab", wanted=WANTED, at=AT)
    text = write(tmp_path / "n.jsonl", FORMATS[1], table).read_text(encoding="utf-8")

    notice, *rows = map(json.loads, text.splitlines())
    assert notice["notice"]["wanted set"] == WANTED.fingerprint
    assert len(rows) == 8
    assert rows[0]["permission"] == "Directory.ReadWrite.All"


def test_lines_of_a_notice_are_found_by_their_place() -> None:
    rows = notice_table(PLANS, profile="lab", wanted=WANTED, at=AT).rows

    assert rows[0] == next(iter(rows))
    assert rows[-1][0] == "Gone"
    assert list(rows[1:3]) == list(rows)[1:3]
    with pytest.raises(IndexError):
        rows[8]


def test_a_diff_alone_without_its_set_counts_nothing_as_kept() -> None:
    assert TenantPlan(tenant=TenantId("t"), name="t", diff=PermissionDiff()).kept_count == 0
