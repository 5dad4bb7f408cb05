"""Whatever the state file holds: no command prints a sign that steers a terminal."""

import contextlib
import json
import shutil
import sqlite3
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from cipp_tui.domain.text import escape_controls
from cipp_tui.simulator import Simulator, build_world
from tests.contract.lab import Lab, lab_of

OLD = Path(__file__).parent.parent / "fixtures" / "v0_1_0" / "refresh.db"
HOSTILE = "\x1b]52;c;x\x07\x9b31m\u202eevil\u2066\x7f\r\n\x00" + "\u0301" * 300
CELLS = {
    "tenant": ("name", "default_domain"),
    "exclusion": ("by", "reason"),
    "job": ("actor", "reason"),
    "item": ("tenant_name",),
}
COMMANDS = (
    *("tenants", "tenants --json", "tenants --csv", "jobs", "jobs --json", "audit", "audit --json"),
    *(
        "jobs show 2",
        "jobs show 2 --json",
        "plan --all",
        "plan --all --json",
        "sync",
        "sync --json",
    ),
    *("plan --all --format csv", "plan --all --format json", "why {tenant}", "refresh {tenant}"),
)


@pytest.fixture
def lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Lab]:
    """A profile whose stored texts were all changed by somebody who wants to draw on terminals."""
    simulator = Simulator(build_world(6, 7, up_to_date=0.0))
    for tenant in simulator.world.tenants.values():
        tenant.name = f"{HOSTILE}{tenant.name}"
    with lab_of(simulator, tmp_path, monkeypatch, capsys) as made:
        made.state.mkdir(parents=True)
        path = made.state / "state.db"
        shutil.copy(OLD, path)
        with contextlib.closing(sqlite3.connect(path)) as file:
            for (name,) in file.execute(
                "SELECT name FROM sqlite_master WHERE type='trigger'"
            ).fetchall():
                file.execute(f"DROP TRIGGER {name}")
            for table, columns in CELLS.items():
                for column in columns:
                    file.execute(f"UPDATE {table} SET {column}=?||{column}", (HOSTILE,))  # noqa: S608
            file.commit()
        yield made


@pytest.mark.parametrize("words", COMMANDS)
def test_no_command_prints_what_steers_a_terminal(lab: Lab, words: str) -> None:
    tenant = next(one for one in lab.simulator.world.tenants)

    ended = lab.run(*words.format(tenant=tenant).split())

    assert ended.code in (0, 1, 2), ended
    assert "evil" in ended.out + ended.err
    for text in (ended.out, ended.err):
        assert escape_controls(text) == text
        assert "\u0301" * 11 not in unicodedata.normalize("NFD", text)
    if "--json" in words:
        for line in ended.out.splitlines():
            json.loads(line)


def test_a_name_with_line_breaks_stays_on_its_line(lab: Lab) -> None:
    listed = lab.run("tenants").out.splitlines()

    assert len(listed) == len(lab.simulator.world.tenants) + 1
