"""What the command line prints: one object a line, inert cells, problems in words."""

import csv
import io
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.opening import told
from cipp_tui.cli.output import csv_text, table
from cipp_tui.cli.parser import build_parser
from cipp_tui.cli.streams import json_line
from cipp_tui.domain.problems import (
    ConfigProblem,
    LockedElsewhere,
    Problem,
    Refused,
    SignInProblem,
    StorageProblem,
)
from cipp_tui.domain.text import clean, inert


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_csv_holds_every_cell_cleaned_and_none_of_them_is_a_formula(cells: list[str]) -> None:
    text = csv_text(["head"] * len(cells), [cells])

    _, row = csv.reader(io.StringIO(text, newline=""))
    assert row == [inert(clean(cell)) for cell in cells]
    assert not [cell for cell in row if cell[:1] in tuple("=+-@\t\r")]


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_a_formula_is_marked_as_text(value: str) -> None:
    assert inert(value) == f"'{value}"


def test_a_json_line_is_one_line_in_every_script(capsys: pytest.CaptureFixture[str]) -> None:
    json_line({"name": "日本\nx"})

    out = capsys.readouterr().out
    assert out == '{"name":"日本\\nx"}\n'
    assert json.loads(out) == {"name": "日本\nx"}


def test_wide_signs_do_not_bend_the_columns() -> None:
    rows = table(("Name", "Id"), [("日本", "1"), ("ab", "2")]).splitlines()

    assert rows == ["Name  Id", "日本  1", "ab    2"]


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (ConfigProblem("is wrong", key="k", fix="Correct it."), Exit.USAGE),
        (StorageProblem("state.db is damaged"), Exit.USAGE),
        (LockedElsewhere("kim works on this profile"), Exit.USAGE),
        (SignInProblem("Nobody is signed in", code="not-signed-in"), Exit.SIGN_IN),
        (Refused("No", code="AADSTS1", request_id="r-1"), Exit.SOME_FAILED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Problem) else str(value),
)
def test_a_problem_is_told_on_standard_error_and_has_its_exit_code(
    capsys: pytest.CaptureFixture[str], problem: Problem, code: Exit
) -> None:
    ended = told(problem)

    out, err = capsys.readouterr()
    assert (ended, out) == (code, "")
    assert err.startswith("cipp-tui: ")


@given(st.text(max_size=30))
def test_a_config_problem_is_one_clean_line_whatever_it_quotes(words: str) -> None:
    problem = ConfigProblem(f"{words} is not set", file=words, key=words, fix="Set it.")

    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr("cipp_tui.cli.opening.tell", lines.append)
        told(problem)

    (line,) = lines
    assert not [sign for sign in line if unicodedata.category(sign) in ("Cc", "Cs")]


@pytest.mark.parametrize(
    "words", ["--profile lab tenants", "tenants --profile lab", "jobs list --profile lab"]
)
def test_a_profile_is_understood_before_and_after_the_command(words: str) -> None:
    assert build_parser().parse_args(words.split()).profile == "lab"


@pytest.mark.parametrize("words", ["jobs --json", "jobs list --json", "jobs --json list"])
def test_json_is_understood_before_and_after_the_kind_of_look(words: str) -> None:
    assert build_parser().parse_args(words.split()).json


def test_every_command_has_a_function_that_is_there() -> None:
    from importlib import import_module

    words = ["tenants", "sync", "plan x", "refresh x", "exclude x", "include x", "remove x"]
    words += ["reset x", "jobs", "jobs list", "jobs show 1", "jobs resume", "audit", "profiles"]
    words += ["profiles list", "profiles check", "login", "simulate", "keys", "demo", ""]
    for one in [*words, "completion bash", "profiles add x --partner-tenant a --client-id b"]:
        module, _, function = build_parser().parse_args(one.split()).run.partition(":")
        assert callable(getattr(import_module(f"cipp_tui.cli.{module}"), function)), one
