"""The filter language, sign by sign, and that no text can break it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cipp_tui.domain.fleet import Exclusion, Failures, Progress, TenantRow
from cipp_tui.domain.jobs import Action, ItemState
from cipp_tui.domain.permissions import AppId, PermissionRecord, Verdict
from cipp_tui.domain.problems import Refused
from cipp_tui.domain.tenants import (
    GdapRelationship,
    RelationshipStatus,
    Tenant,
    TenantId,
)
from cipp_tui.services.filter import compile_filter, haystack
from cipp_tui.services.sorting import SORTS

NOW = datetime(2026, 8, 3, 10, 0, tzinfo=UTC)


def tenant_row(name: str, domain: str | None = "contoso.com", number: int = 1) -> TenantRow:
    tenant = Tenant(
        id=TenantId(f"00000000-0000-0000-0000-{number:012d}"),
        name=name,
        default_domain=domain,
        domains=(domain, f"{domain}.onmicrosoft.com") if domain else (),
    )
    return TenantRow(tenant=tenant)


def failing(row: TenantRow, count: int) -> TenantRow:
    problem = Refused("Conditional Access")
    return replace(row, failures=Failures(count=count, first_at=NOW, last_at=NOW, problem=problem))


def with_gdap(row: TenantRow, days: int | None, *, auto_extends: bool = False) -> TenantRow:
    relationship = GdapRelationship(
        id="r",
        name="Acme",
        tenant=row.id,
        tenant_name=row.tenant.name,
        status=RelationshipStatus.ACTIVE,
        roles=frozenset(),
        ends_at=None if days is None else NOW + timedelta(days=days, hours=1),
        auto_extends=auto_extends,
    )
    return replace(row, tenant=replace(row.tenant, relationships=(relationship,)))


def excluded(row: TenantRow, by: str = "kim@acme") -> TenantRow:
    return replace(row, exclusion=Exclusion(by=by, at=NOW))


def checked(row: TenantRow, days_ago: float, verdict: Verdict = Verdict.IN_ORDER) -> TenantRow:
    at = NOW - timedelta(days=days_ago)
    record = PermissionRecord(
        verdict=verdict, checked_at=at, app=AppId("a"), fingerprint="f", applied_at=at
    )
    return replace(row, permissions=record)


def shows(text: str, row: TenantRow) -> bool:
    compiled = compile_filter(text, NOW)
    assert compiled.error is None
    return compiled.matches(row, haystack(row))


CONTOSO = tenant_row("Contoso Dental Ltd")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "contoso",
        "dental contoso",
        "CONTOSO",
        '"contoso dental"',
        "contoso.com.onmicrosoft",
        "0000-000000000001",
        "-fabrikam",
        "fabrikam OR contoso",
        "OR contoso OR",
        "contoso - dental",
        '"contoso',
        "contoso gdap<",
        "contoso state:",
        "Ltd",
    ],
)
def test_a_text_that_fits_shows_the_tenant(text: str) -> None:
    assert shows(text, CONTOSO)


@pytest.mark.parametrize(
    "text",
    [
        "fabrikam",
        "contoso fabrikam",
        '"dental contoso"',
        "-contoso",
        '-"contoso dental"',
        "fabrikam OR litware",
        "-excluded -contoso",
        "con.oso",
        "ltdcontoso",
    ],
)
def test_a_text_that_does_not_fit_hides_the_tenant(text: str) -> None:
    assert not shows(text, CONTOSO)


@pytest.mark.parametrize("name", ["Contoso (East)", "Contoso [Test]", "A+B", "50% [/", "C*", "a=b"])
def test_signs_of_a_pasted_name_are_only_signs(name: str) -> None:
    assert shows(name, tenant_row(name))


@pytest.mark.parametrize(
    ("text", "name"),
    [("munchen", "München GmbH"), ("MÜNCHEN", "Munchen"), ("strasse", "Straße"), ("日本", "日本")],
)
def test_case_and_accents_do_not_count(text: str, name: str) -> None:
    assert shows(text, tenant_row(name))


def test_a_word_is_not_found_across_two_fields_of_the_tenant() -> None:
    assert not shows("ltdcontoso", tenant_row("Ltd"))


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("state:failing", failing(CONTOSO, 7)),
        ("state:failing", failing(CONTOSO, 12)),
        ("state:stuck", failing(CONTOSO, 12)),
        ('state:"needs human"', failing(CONTOSO, 12)),
        ("state:suspended", failing(CONTOSO, 50)),
        ("state:excluded", excluded(CONTOSO)),
        ("state:gone", replace(CONTOSO, tenant=replace(CONTOSO.tenant, gone_since=NOW))),
        ("state:managed", CONTOSO),
        ('state:"no access"', replace(CONTOSO, stranded=True)),
        ("state:no-domain", tenant_row("X", domain=None)),
        ("perm:unknown", CONTOSO),
        ("perm:missing", checked(CONTOSO, 1, Verdict.MISSING)),
        ("perm:consent", checked(CONTOSO, 1, Verdict.NO_CONSENT)),
        ('perm:"in order"', checked(CONTOSO, 1)),
        ("perm:due", checked(CONTOSO, 9)),
        ("by:KIM", excluded(CONTOSO)),
        ("gdap<30", with_gdap(CONTOSO, 12)),
        ("gdap<=12", with_gdap(CONTOSO, 12)),
        ("gdap:12", with_gdap(CONTOSO, 12)),
        ("gdap>300", with_gdap(CONTOSO, 12, auto_extends=True)),
        ("gdap:auto", with_gdap(CONTOSO, 12, auto_extends=True)),
        ("gdap:none", CONTOSO),
        ("fails>=10", failing(CONTOSO, 10)),
        ("fails:0", CONTOSO),
        ("checked>7d", checked(CONTOSO, 8)),
        ("checked>7", checked(CONTOSO, 8)),
        ("checked>1w", CONTOSO),
        ("checked<12h", checked(CONTOSO, 0.4)),
        ("gdap<30 OR fails>2 -excluded", failing(CONTOSO, 3)),
        ("-state:excluded", CONTOSO),
    ],
)
def test_a_field_that_holds_shows_the_tenant(text: str, row: TenantRow) -> None:
    assert shows(text, row)


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("state:failing", CONTOSO),
        ("state:stuck", failing(CONTOSO, 7)),
        ("-failing", failing(CONTOSO, 12)),
        ("-stuck", failing(CONTOSO, 12)),
        ("-excluded", excluded(CONTOSO)),
        ("-state:excluded", excluded(CONTOSO)),
        ("by:lee", excluded(CONTOSO)),
        ("by:kim", CONTOSO),
        ("gdap<30", CONTOSO),
        ("gdap<30", with_gdap(CONTOSO, 5, auto_extends=True)),
        ("gdap>30", with_gdap(CONTOSO, 5)),
        ("fails>10", failing(CONTOSO, 10)),
        ("checked<7d", CONTOSO),
        ("checked>7d", checked(CONTOSO, 6)),
        ("gdap<30 OR fails>2 -excluded", excluded(failing(CONTOSO, 3))),
    ],
)
def test_a_field_that_does_not_hold_hides_the_tenant(text: str, row: TenantRow) -> None:
    assert not shows(text, row)


def test_job_takes_the_tenants_that_job_works_on() -> None:
    progress = Progress(job=118, action=Action.REFRESH, state=ItemState.RUNNING)
    row = replace(CONTOSO, progress=progress)

    assert shows("job:118", row)
    assert not shows("job:11", row)


def test_an_owed_tenant_is_never_hidden_by_what_it_is() -> None:
    owed = replace(tenant_row("Litware", "litware.com"), stranded=True)

    assert shows("contoso", owed)
    assert shows("gdap<30 fails>5", owed)
    assert shows("-managed -contoso", owed)


def test_an_owed_tenant_can_be_left_out_by_name() -> None:
    owed = replace(tenant_row("Litware", "litware.com"), stranded=True)

    assert not shows("-litware", owed)
    assert not shows("contoso -litware", owed)


def test_fits_tells_owed_tenants_apart_from_those_that_fit() -> None:
    owed = replace(tenant_row("Litware", "litware.com"), stranded=True)

    assert not compile_filter("contoso", NOW).fits(owed, haystack(owed))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("stat:failing", "stat"),
        ("contoso colour<3", "colour"),
        ("gdap<soon", "gdap"),
        ("job:latest", "job"),
        ("state<3", "state"),
        ("fails>7d", "fails"),
    ],
)
def test_a_field_that_cannot_be_read_is_named_and_underlined(text: str, named: str) -> None:
    error = compile_filter(text, NOW).error

    assert error is not None
    assert named in error.words
    assert text[error.start : error.end] == named


def test_a_wrong_field_names_the_known_ones() -> None:
    assert str(compile_filter("tag:gold", NOW).error) == (
        "No field is called tag. Fields: state: perm: by: job: gdap< fails> checked>"
    )


def test_a_filter_in_error_hides_nothing() -> None:
    compiled = compile_filter("stat:failing fabrikam", NOW)

    assert compiled.matches(CONTOSO, haystack(CONTOSO))


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    compile_filter(text, NOW).matches(CONTOSO, haystack(CONTOSO))


_pieces = st.sampled_from(
    ["-", '"', "OR", " ", "gdap<", "checked>7d", "state:", "a", "=", ":", "fails>=", "9" * 12, "é"]
)


@given(st.lists(_pieces, max_size=12).map("".join))
def test_no_mixture_of_the_languages_own_signs_raises(text: str) -> None:
    compile_filter(text, NOW).matches(CONTOSO, haystack(CONTOSO))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30))
def test_every_name_in_quotes_finds_its_own_tenant(name: str) -> None:
    wanted = name.replace('"', "")
    assert shows(f'"{wanted}"', tenant_row(wanted))


@given(st.text(alphabet="abc", min_size=1, max_size=4), st.text(alphabet="abc ", max_size=12))
def test_minus_shows_exactly_what_the_word_hides(word: str, name: str) -> None:
    row = tenant_row(name, domain=None)
    assert shows(word, row) is not shows(f"-{word}", row)


@pytest.mark.parametrize(
    ("by", "first", "last"),
    [
        ("name", tenant_row("álpha"), tenant_row("Beta")),
        ("domain", tenant_row("Z", "a.com"), tenant_row("A", None)),
        ("state", failing(tenant_row("Z"), 60), tenant_row("A")),
        ("state", failing(tenant_row("Z"), 9), failing(tenant_row("A"), 3)),
        ("permissions", checked(tenant_row("Z"), 1, Verdict.MISSING), checked(tenant_row("A"), 1)),
        ("gdap", with_gdap(tenant_row("Z"), 12), with_gdap(tenant_row("A"), 400)),
        ("gdap", with_gdap(tenant_row("Z"), 400), with_gdap(tenant_row("A"), 1, auto_extends=True)),
        ("fails", failing(tenant_row("Z"), 9), tenant_row("A")),
        ("checked", checked(tenant_row("Z"), 9), checked(tenant_row("A"), 2)),
        ("checked", tenant_row("Z"), checked(tenant_row("A"), 2)),
    ],
)
def test_an_order_begins_with_what_asks_for_attention(
    by: str, first: TenantRow, last: TenantRow
) -> None:
    key = SORTS[by].key

    assert key(first, NOW) < key(last, NOW)


def test_the_sort_list_can_pick_every_order_by_its_first_letter() -> None:
    letters = {sort.label[0].lower() for sort in SORTS.values()}

    assert len(letters) == len(SORTS)
