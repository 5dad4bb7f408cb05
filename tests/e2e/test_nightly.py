"""The real `nightly`: once, refused beside another one, and staying for the nights."""

import json
import os
import select
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.fleet import Fleet, json_lines, simulated_fleet

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs Unix signals")


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with simulated_fleet(tmp_path, tenants=30) as started:
        yield started


def until(condition: Callable[[], bool], what: str) -> None:
    """Ask again, a twentieth of a second apart, until the condition holds."""
    for _ in range(400):
        if condition():
            return
        select.select([], [], [], 0.05)
    raise AssertionError(f"waited in vain for {what}")


def state(fleet: Fleet) -> Path:
    return Path(fleet.env["CIPP_TUI_DATA"]) / "profiles" / "sim" / "state.db"


def remembered(fleet: Fleet) -> str | None:
    """When the last nightly run ended, as it stands on disk."""
    with sqlite3.connect(state(fleet)) as file:
        row = file.execute("SELECT value FROM remembered WHERE key='nightly-ended-at'").fetchone()
    file.close()
    return str(row[0]) if row is not None else None


def put_back(fleet: Fleet, by: timedelta) -> None:
    """As if the last run had ended so long ago."""
    with sqlite3.connect(state(fleet)) as file:
        file.execute(
            "INSERT OR REPLACE INTO remembered VALUES ('nightly-ended-at', ?)",
            ((datetime.now(UTC) - by).isoformat(),),
        )
    file.close()


@contextmanager
def started(fleet: Fleet, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command at work; it is ended with the block, and by itself after a minute."""
    process = fleet.start(*words)
    patience = threading.Timer(60, process.kill)
    patience.start()
    try:
        yield process
    finally:
        patience.cancel()
        if process.poll() is None:
            process.kill()
        process.wait(10)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def next_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    facts: dict[str, Any] = json.loads(process.stdout.readline())
    return facts


def told_until(process: subprocess.Popen[str], words: str) -> str:
    """What is told the human, up to the line with these words."""
    assert process.stderr is not None
    told = ""
    for line in process.stderr:
        told += line
        if words in line:
            return told
    raise AssertionError(f"{words!r} was not said, only: {told}")


def test_a_night_looks_at_everybody_and_with_due_only_at_who_is(fleet: Fleet) -> None:
    told, summary = json_lines(fleet.run("nightly", "--json", expect=1).stdout)

    assert summary["total"] == len(told) == summary["due"]["never refreshed"]
    assert summary["read"] >= summary["total"]
    assert summary["failed"] > 0
    assert summary["changed"] > 0
    assert summary["list_problem"] is None
    assert remembered(fleet) is not None
    for facts in told:
        if facts["outcome"] in ("changed", "unchanged"):
            assert fleet.ask(f"tenants/{facts['tenant_id']}")["wanted_complete"]

    failed = {facts["tenant_id"] for facts in told if facts["outcome"] == "failed"}
    assert set(summary["failed_newly"]) == failed
    assert summary["looked_at"] == summary["total"] - summary["skipped"]

    again, summary = json_lines(fleet.run("nightly", "--json").stdout)
    assert summary["due"] == {}
    assert summary["looked_at"] == summary["unchanged"] == len(told) - len(failed)
    assert set(summary["backing_off"]) == failed

    again, summary = json_lines(fleet.run("nightly", "--due", "--json").stdout)
    assert again == []
    assert summary["due"] == {}
    assert summary["jobs"] == []


def test_the_summary_in_words_names_who_needs_a_human(fleet: Fleet) -> None:
    fleet.run("sync")
    bad = next(t["id"] for t in fleet.ask("tenants") if t["expected_outcome"] == "ca-blocked")
    for _ in range(8):
        fleet.run("refresh", bad, expect=1)
    listed, _ = json_lines(fleet.run("tenants", "--json").stdout)
    name = next(t["display_name"] for t in listed if t["tenant_id"] == bad)

    done = fleet.run("nightly", expect=1)

    assert f"- {name}" in done.stdout
    assert "left out, needs a human: 8 failures in a row (8 sign-in)" in done.stdout
    summary = done.stdout[done.stdout.index("Nightly run: ") :]
    assert f"Needs a human: {name} (" in summary
    assert "never refreshed" in summary
    assert "! stuck 8" in fleet.run("tenants", "--filter", "state:stuck").stdout
    facts, _ = json_lines(fleet.run("tenants", "--json", "--filter", "state:stuck").stdout)
    assert [(f["tenant_id"], f["state"], f["due"]) for f in facts] == [(bad, "stuck", None)]
    assert [(c["kind"], c["count"]) for c in facts[0]["failures"]] == [("sign-in", 8)]
    left_out, _ = json_lines(fleet.run("refresh", "--due", "--json", expect=None).stdout)
    assert "needs a human" in next(f["skipped_because"] for f in left_out if f["tenant_id"] == bad)


def test_the_profiles_limit_suspends(fleet: Fleet, tmp_path: Path) -> None:
    text = Path(fleet.env["CIPP_TUI_CONFIG"]).read_text(encoding="utf-8")
    config = tmp_path / "strict.toml"
    config.write_text(f"{text}\nsuspend_after = 2\n", encoding="utf-8")
    strict = replace(fleet, env={**fleet.env, "CIPP_TUI_CONFIG": str(config)})
    strict.run("sync")
    bad = next(t["id"] for t in fleet.ask("tenants") if t["expected_outcome"] == "ca-blocked")
    for _ in range(2):
        strict.run("refresh", bad, expect=1)

    _, summary = json_lines(strict.run("nightly", "--json", expect=None).stdout)

    assert summary["suspended"] == [bad]
    assert "!! suspended" in strict.run("tenants", "--filter", "state:suspended").stdout


def test_where_the_list_cannot_be_read_those_known_are_refreshed(fleet: Fleet) -> None:
    fleet.run("sync")
    fleet.ask("faults", [{"route": "relationships*", "action": "status", "status": 403}])

    done = fleet.run("nightly", expect=1)

    assert "List: could not be read, those known were refreshed." in done.stdout
    assert "never refreshed" in done.stdout


@posix_only
def test_a_second_one_is_refused_while_one_works(fleet: Fleet) -> None:
    fleet.run("sync")
    slow = next(t["id"] for t in fleet.ask("tenants") if t["expected_outcome"] == "up-to-date")
    fleet.ask("faults", [{"route": "batch", "tenant": slow, "action": "slow", "seconds": 60}])
    with started(fleet, "nightly", "--json") as running:
        next_line(running)

        refused = fleet.run("nightly", expect=2)

        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=10)
    assert f"(process {running.pid} on" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert refused.stdout == ""
    assert running.returncode == 143, err
    assert "Traceback" not in err
    assert json.loads(out.splitlines()[-1])["summary"]["stopped"] == 1
    assert remembered(fleet) is None  # it did not come to its end

    fleet.ask("faults", [])
    _, summary = json_lines(fleet.run("nightly", "--json", expect=None).stdout)
    assert summary["resumed"] == 1


@posix_only
def test_a_watch_catches_up_says_when_it_goes_on_and_leaves_the_profile_free(fleet: Fleet) -> None:
    fleet.run("sync")
    put_back(fleet, timedelta(days=2))
    hour = datetime.now(UTC) - timedelta(hours=2)
    with started(fleet, "nightly", "--watch", "--at", f"{hour:%H:%M}", "--json") as watching:
        while "summary" not in (facts := next_line(watching)):
            pass
        until(lambda: (remembered(fleet) or "") > hour.isoformat(), "the end to be remembered")
        fleet.run("refresh", "--due", expect=None)  # between the nights the profile is free
        watching.send_signal(signal.SIGTERM)
        out, err = watching.communicate(timeout=10)

    summary = facts["summary"]
    assert summary["due"]["never refreshed"] == summary["total"] > 0
    assert datetime.fromisoformat(summary["next_run"]) > datetime.now(UTC)
    assert watching.returncode == 143
    assert out == ""
    assert "was missed: it starts now" in err
    assert "Traceback" not in err


@posix_only
def test_a_watch_whose_sign_in_has_ended_says_so_and_stays(fleet: Fleet) -> None:
    fleet.run("sync")
    put_back(fleet, timedelta(days=2))
    lost = replace(fleet, env={**fleet.env, "CIPP_TUI_SIM_REFRESH": "ended~token"})
    with started(lost, "nightly", "--watch") as watching:
        told = told_until(watching, "Next run: ")
        assert watching.poll() is None
        watching.send_signal(signal.SIGINT)
        _, err = watching.communicate(timeout=10)

    assert watching.returncode == 130
    assert "cipp-tui login" in told
    assert "Traceback" not in told + err


@posix_only
def test_a_watch_waits_while_another_one_has_the_profile(fleet: Fleet) -> None:
    fleet.run("sync")
    slow = next(t["id"] for t in fleet.ask("tenants") if t["expected_outcome"] == "up-to-date")
    fleet.ask("faults", [{"route": "batch", "tenant": slow, "action": "slow", "seconds": 60}])
    fleet.ask("reset-log", {})
    put_back(fleet, timedelta(days=2))
    with started(fleet, "refresh", slow) as other:
        until(lambda: fleet.count("batch") > 0, "the other one to be at work")
        with started(fleet, "nightly", "--watch") as watching:
            told = told_until(watching, "tried again every 10 minutes")
            watching.send_signal(signal.SIGTERM)
            watching.communicate(timeout=10)

    assert "was missed" in told
    assert f"(process {other.pid} on" in told
    assert watching.returncode == 143


def test_what_cannot_run_is_refused_at_the_start(fleet: Fleet) -> None:
    for words, code in (
        (["nightly", "--at", "25:00"], 2),
        (["nightly", "--watch", "--print-cron"], 2),
        (["--read-only", "nightly"], 2),
        (["--read-only", "nightly", "--watch"], 2),
    ):
        done = fleet.run(*words, expect=code)
        assert done.stdout == ""
        assert "Traceback" not in done.stderr


def test_the_printed_units_start_this_program(fleet: Fleet) -> None:
    units = fleet.run("nightly", "--print-systemd", "--at", "04:30").stdout

    assert "OnCalendar=*-*-* 04:30:00 UTC" in units
    assert f"Environment=CIPP_TUI_DATA={fleet.env['CIPP_TUI_DATA']}" in units
    assert " -m cipp_tui nightly --profile sim\n" in units
    for text in (units, fleet.run("nightly", "--print-cron").stdout):
        assert fleet.env["CIPP_TUI_SIM_SECRET"] not in text
        assert fleet.env["CIPP_TUI_SIM_REFRESH"] not in text
    assert fleet.ask("counts")["total"] == 0
