"""`cipp-tui plan`: whom it takes, why they are due, and the change notice it writes."""

import csv
import io
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.fleet import Fleet, json_lines, simulated_fleet


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with simulated_fleet(tmp_path, tenants=60) as started:
        started.run("sync")
        yield started


def ids(fleet: Fleet, outcome: str) -> list[str]:
    return [t["id"] for t in fleet.ask("tenants") if t["expected_outcome"] == outcome]


def test_a_plan_of_those_due_says_why_and_leaves_out_who_is_not(fleet: Fleet) -> None:
    one, other, *_ = ids(fleet, "up-to-date")
    fleet.run("refresh", one)
    fleet.run("exclude", other)

    told, summary = json_lines(fleet.run("plan", "--due", "--json", expect=1).stdout)

    planned = {facts["tenant_id"]: facts for facts in told if "skipped_because" not in facts}
    assert not {one, other} & planned.keys()
    assert {facts["due"] for facts in planned.values()} == {"never refreshed"}
    assert summary["would_add"] == sum(
        len(facts["would_give"]) + len(facts["would_create"]) * (not facts["consent_missing"])
        + facts["consent_missing"]
        for facts in planned.values()
        if "would_give" in facts
    )  # fmt: skip


def test_a_plan_of_a_tenant_that_is_not_due_says_so(fleet: Fleet) -> None:
    one = ids(fleet, "up-to-date")[0]
    fleet.run("refresh", one)

    (facts,), _ = json_lines(fleet.run("plan", one, "--json").stdout)
    words = fleet.run("plan", one).stdout

    assert (facts["due"], facts["not_due_because"], facts["would_take"]) == (None, None, [])
    assert facts["kept"] > 100
    assert words.splitlines()[0].endswith(", not due")


def test_a_filter_narrows_the_plan(fleet: Fleet) -> None:
    one = ids(fleet, "up-to-date")[0]
    domain = next(t["default_domain"] for t in fleet.ask("tenants") if t["id"] == one)

    told, _ = json_lines(fleet.run("plan", "--all", "--filter", domain, "--json").stdout)
    wrong = fleet.run("plan", "--all", "--filter", "gdap<", "--json", expect=None)

    assert [facts["tenant_id"] for facts in told] == [one]
    assert wrong.returncode in (1, 2)


def test_the_change_notice_is_a_private_file_with_a_head_and_no_formulas(
    fleet: Fleet, tmp_path: Path
) -> None:
    file = tmp_path / "notice.csv"

    done = fleet.run("plan", "--all", "--export", str(file), expect=1)

    head, _, body = file.read_text(encoding="utf-8").partition("\n\n")
    notice = dict(csv.reader(io.StringIO(head)))
    rows = list(csv.DictReader(io.StringIO(body)))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert notice["application"] == "CIPP-SAM"
    assert len(notice["wanted set"]) == 16
    assert notice["prune"] == "off"
    counted = {change: sum(row["change"] == change for row in rows) for change in ("add", "keep")}
    assert counted == {"add": int(notice["add"]), "keep": int(notice["keep"])}
    assert any(row["tenant"].startswith("'=1+1") for row in rows)
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@")]
    assert f"Wrote {len(rows):,} lines to {file}" in done.stderr
    assert done.stdout.splitlines()[-1].startswith("Nothing was changed: ")


def test_a_notice_is_printed_where_no_file_is_named(fleet: Fleet) -> None:
    one = ids(fleet, "missing-roles")[0]

    done = fleet.run("plan", one, "--format", "json")

    notice, *lines = map(json.loads, done.stdout.splitlines())
    assert notice["notice"]["tenants"] == "1"
    assert {line["tenant id"] for line in lines} == {one}
    assert {line["change"] for line in lines} >= {"add", "keep"}
    assert done.stderr.splitlines()[-1].startswith("Nothing was changed: ")


def test_the_form_of_the_notice_may_differ_from_the_name_of_its_file(
    fleet: Fleet, tmp_path: Path
) -> None:
    one = ids(fleet, "up-to-date")[0]
    file = tmp_path / "notice.txt"

    told, _ = json_lines(
        fleet.run("plan", one, "--json", "--export", str(file), "--format", "json").stdout
    )

    assert [facts["tenant_id"] for facts in told] == [one]
    assert "notice" in json.loads(file.read_text(encoding="utf-8").splitlines()[0])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "name tenants, or use --all or --due"),
        (["--all", "--export", "{}/n.txt"], "add --format"),
        (["--all", "--export", "{}/none/n.csv"], "there is no such folder"),
        (["--all", "--export", "{}/config.toml", "--format", "csv"], "nothing is overwritten"),
        (["--all", "--json", "--format", "csv"], "add --export for both"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_read(
    fleet: Fleet, tmp_path: Path, words: list[str], why: str
) -> None:
    before = fleet.ask("counts")["total"]

    done = fleet.run("plan", *(word.format(tmp_path) for word in words), expect=2)

    assert why in done.stderr
    assert fleet.ask("counts")["total"] == before


def test_no_write_is_sent_for_a_plan_and_its_notice(fleet: Fleet, tmp_path: Path) -> None:
    fleet.run("plan", "--due", "--export", str(tmp_path / "n.jsonl"), expect=1)

    inner = [one for entry in fleet.ask("log") for one in entry["inner"]]
    assert len(inner) > 100
    assert {method for method, *_ in inner} == {"GET"}
    others = {(e["method"], e["route"]) for e in fleet.ask("log") if e["method"] != "GET"}
    assert others <= {("POST", "batch"), ("POST", "token")}
