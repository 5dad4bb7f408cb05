"""What the command line asks before it acts, and how a script answers."""

import os
import select
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.fleet import PROGRAM, Fleet, json_lines, simulated_fleet

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs Unix signals and terminals")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A fleet of many that was read; tests leave it as it was."""
    with simulated_fleet(tmp_path_factory.mktemp("large"), tenants=130) as started:
        started.run("sync")
        yield started


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with simulated_fleet(tmp_path, tenants=60) as started:
        started.run("sync")
        yield started


def with_setting(fleet: Fleet, folder: Path, *settings: str) -> Fleet:
    """The same fleet and state, through a profile that says more."""
    text = Path(fleet.env["CIPP_TUI_CONFIG"]).read_text(encoding="utf-8")
    config = folder / "more.toml"
    config.write_text(text + "\n".join(settings) + "\n", encoding="utf-8")
    return replace(fleet, env={**fleet.env, "CIPP_TUI_CONFIG": str(config)})


def healthy(fleet: Fleet) -> list[str]:
    return [t["id"] for t in fleet.ask("tenants") if t["expected_outcome"] == "up-to-date"]


def many(fleet: Fleet) -> list[str]:
    """One more than can be acted on without saying how many."""
    told, _ = json_lines(fleet.run("tenants", "--json").stdout)
    found = [facts["tenant_id"] for facts in told if facts["kind"] == "customer"][:101]
    assert len(found) == 101
    return found


def excluded(fleet: Fleet) -> set[str]:
    told, _ = json_lines(fleet.run("tenants", "--json").stdout)
    return {facts["tenant_id"] for facts in told if facts["excluded"]}


def until(condition: Callable[[], bool], what: str) -> None:
    """Ask again, a twentieth of a second apart, until the condition holds."""
    for _ in range(400):
        if condition():
            return
        select.select([], [], [], 0.05)
    raise AssertionError(f"waited in vain for {what}")


def typed_answer(fleet: Fleet, words: list[str], question: str, answer: str) -> int:
    """Run a command on a terminal and answer its question; the exit code."""
    from tests.e2e.terminal import Terminal

    with Terminal([*PROGRAM, *words], fleet.env, columns=100, rows=60) as terminal:
        terminal.wait_for(question)
        terminal.press(f"{answer}\n")
        return terminal.wait_end()


# -- how many -----------------------------------------------------------------------------------
@pytest.mark.parametrize("command", ["exclude", "remove", "refresh", "reset --yes-remove-access"])
def test_a_number_that_is_not_theirs_stops_the_command(large: Fleet, command: str) -> None:
    one, two, *_ = healthy(large)

    done = large.run(*command.split(), one, two, "--count", "3", expect=2)

    assert "but 2 would be worked on" in done.stderr
    assert done.stdout == ""
    assert excluded(large) == set()
    assert large.count("consent.delete") == 0


def test_more_than_a_hundred_are_not_excluded_before_their_number_was_said(large: Fleet) -> None:
    ids = many(large)

    refused = large.run("exclude", *ids, expect=2)
    before = excluded(large)
    large.run("exclude", *ids, "--count", "101")
    after = excluded(large)
    large.run("include", *ids, "--count", "101")

    assert "add --count 101" in refused.stderr
    assert before == excluded(large) == set()
    assert after == set(ids)


@posix_only
def test_at_a_terminal_the_number_is_typed_and_another_one_changes_nothing(large: Fleet) -> None:
    ids = many(large)

    wrong = typed_answer(large, ["exclude", *ids], "Type 101 to go on:", "100")
    before = excluded(large)
    right = typed_answer(large, ["exclude", *ids], "Type 101 to go on:", "101")
    after = excluded(large)
    large.run("include", *ids, "--count", "101")

    assert (wrong, right) == (2, 0)
    assert (before, after) == (set(), set(ids))


# -- what a profile asks for --------------------------------------------------------------------
@posix_only
def test_a_profile_that_always_asks_is_answered_by_key_or_by_number(
    fleet: Fleet, tmp_path: Path
) -> None:
    careful = with_setting(fleet, tmp_path, 'confirm = "always"')
    one, two, three, *_ = healthy(fleet)

    for command in ("exclude", "remove", "refresh"):
        assert "add --count 1" in careful.run(command, one, expect=2).stderr
    careful.run("exclude", one, "--count", "1")
    no = typed_answer(careful, ["exclude", two], "Type y to go on:", "n")
    yes = typed_answer(careful, ["exclude", three], "Type y to go on:", "y")

    assert (no, yes) == (2, 0)
    assert excluded(fleet) == {one, three}


def test_a_profile_that_asks_for_a_reason_is_given_one(fleet: Fleet, tmp_path: Path) -> None:
    careful = with_setting(fleet, tmp_path, 'reason = "required"')
    one = healthy(fleet)[0]

    refused = careful.run("exclude", one, expect=2)
    careful.run("exclude", one, "--reason", "left us")

    assert "add --reason" in refused.stderr
    assert excluded(fleet) == {one}


@posix_only
def test_what_prune_takes_away_is_shown_before_and_asked_on_a_terminal(
    fleet: Fleet, tmp_path: Path
) -> None:
    plan, _ = json_lines(fleet.run("plan", "--all", "--json", expect=1).stdout)
    loser = next(
        facts["tenant_id"]
        for facts in plan
        if facts.get("would_keep") and not facts["would_give"] and not facts["consent_missing"]
    )
    pruning = with_setting(fleet, tmp_path, "prune = true")

    no = typed_answer(pruning, ["refresh", loser], "Type y to go on:", "n")
    kept, _ = json_lines(fleet.run("plan", loser, "--json").stdout)
    done = pruning.run("refresh", loser, "--json")
    left, _ = json_lines(fleet.run("plan", loser, "--json").stdout)

    assert no == 2
    assert kept[0]["would_keep"]
    assert "would lose" in done.stderr
    assert all(words in done.stderr for words in kept[0]["would_keep"] if "delegated" in words)
    assert json_lines(done.stdout)[0][0]["counts"]["scopes_removed"] > 0
    assert not [words for words in left[0]["would_keep"] if "delegated" in words]


# -- words --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "words",
    ["reset {} --yes", "refresh {} --all", "refresh {} --due", "plan {} --all", "refresh {} --al"],
)
def test_half_words_and_contradictions_are_refused(large: Fleet, words: str) -> None:
    one = healthy(large)[0]
    large.ask("reset-log", {})

    done = large.run(*words.format(one).split(), expect=2)

    assert done.stdout == ""
    assert large.ask("counts")["total"] == 0


@pytest.mark.parametrize("command", ["refresh", "exclude", "reset --yes-remove-access"])
def test_a_read_only_start_is_refused_before_anything_is_asked(large: Fleet, command: str) -> None:
    done = large.run(*command.split(), healthy(large)[0], "--read-only", expect=2)

    assert "read-only" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_where_there_is_nothing_to_do_no_job_is_written(fleet: Fleet) -> None:
    one = healthy(fleet)[0]
    fleet.run("exclude", one)

    words = fleet.run("exclude", one)
    told, summary = json_lines(fleet.run("exclude", one, "--json").stdout)
    jobs, _ = json_lines(fleet.run("jobs", "--json").stdout)

    assert "Nothing was done: 1 left out" in words.stdout
    assert told[0]["skipped_because"] == "excluded already"
    assert (summary["job"], summary["total"], summary["skipped"]) == (None, 1, 1)
    assert [facts["job"] for facts in jobs] == [1]


# -- what is owed, and a reader that has left ---------------------------------------------------
@posix_only
def test_what_is_owed_is_given_back_by_whatever_command_acts_next(fleet: Fleet) -> None:
    one, other, *_ = healthy(fleet)
    fleet.ask("faults", [{"route": "consent.create", "action": "slow", "seconds": 60, "nth": 2}])
    running = fleet.start("reset", one, "--yes-remove-access")
    until(lambda: fleet.count("consent.create") == 2, "the consent to go")
    running.kill()
    running.communicate(timeout=10)
    fleet.ask("faults", [])

    fleet.run("exclude", other)

    assert fleet.ask(f"tenants/{one}")["wanted_complete"]
    assert fleet.count("consent.delete") == 1


@posix_only
def test_while_something_stays_owed_the_exit_code_says_so(fleet: Fleet) -> None:
    one, other, *_ = healthy(fleet)
    fleet.ask("faults", [{"route": "consent.create", "action": "slow", "seconds": 60, "nth": 2}])
    running = fleet.start("reset", one, "--yes-remove-access")
    until(lambda: fleet.count("consent.create") == 2, "the consent to go")
    running.kill()
    running.communicate(timeout=10)
    fleet.ask("faults", [{"route": "token", "action": "status", "status": 503, "count": 100000}])

    done = fleet.run("exclude", other, expect=4)

    assert "Traceback" not in done.stderr
    assert excluded(fleet) == {other}


@posix_only
def test_when_the_reader_leaves_the_work_stops_and_can_be_resumed(tmp_path: Path) -> None:
    with simulated_fleet(tmp_path, tenants=150, latency_ms=100) as slow:
        slow.run("sync")
        running = slow.start("refresh", "--all", "--json")
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        told = running.stderr.read()
        code = running.wait(20)
        running.stderr.close()

        assert (code, told) == (1, "")
        rest, summary = json_lines(slow.run("jobs", "resume", "--json", expect=None).stdout)
        assert summary["total"] == len(rest) > 0


# -- signing in ---------------------------------------------------------------------------------
def signed_out(fleet: Fleet, folder: Path) -> Fleet:
    lines = Path(fleet.env["CIPP_TUI_CONFIG"]).read_text(encoding="utf-8").splitlines()
    config = folder / "signed-out.toml"
    kept = [line for line in lines if not line.startswith(("refresh_token", "client_secret"))]
    config.write_text("\n".join(kept), encoding="utf-8")
    return replace(fleet, env={**fleet.env, "CIPP_TUI_CONFIG": str(config)})


@posix_only
def test_a_login_shows_the_code_and_ends_when_it_was_used(fleet: Fleet, tmp_path: Path) -> None:
    out = signed_out(fleet, tmp_path)
    running = out.start("login")
    assert running.stderr is not None
    shown = [running.stderr.readline() for _ in range(4)]
    until(lambda: fleet.ask("device/approve", {})["decided"] == 1, "the code to be known")
    told, _ = running.communicate(timeout=60)

    assert running.returncode == 0
    assert "Enter this code" in shown[1]
    assert told.startswith("Signed in as ")
    out.run("sync")


@posix_only
def test_a_login_that_is_given_up_ends_at_once(fleet: Fleet, tmp_path: Path) -> None:
    running = signed_out(fleet, tmp_path).start("login")
    assert running.stderr is not None
    running.stderr.readline()
    running.send_signal(signal.SIGINT)
    try:
        _, err = running.communicate(timeout=5)
    except subprocess.TimeoutExpired:
        running.kill()
        raise

    assert running.returncode == 130
    assert "Traceback" not in err


@posix_only
@pytest.mark.parametrize("command", ["refresh --all", "login", "profiles check"])
def test_a_sign_in_that_does_not_answer_is_not_waited_for_at_the_end(
    fleet: Fleet, command: str
) -> None:
    fleet.ask("faults", [{"route": "*", "action": "slow", "seconds": 30}])
    fleet.ask("reset-log", {})
    running = fleet.start(*command.split())
    until(lambda: fleet.ask("counts")["total"] > 0, "the first request")
    running.send_signal(signal.SIGTERM)
    try:
        _, err = running.communicate(timeout=3)
    except subprocess.TimeoutExpired:
        running.kill()
        raise

    assert running.returncode == 143, err
    assert "Traceback" not in err
