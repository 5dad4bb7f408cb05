"""How the command line ends: exit codes, signals, a second program, a reader that has left."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.fleet import PROGRAM, Fleet, json_lines, simulated_fleet

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs Unix signals")
SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with simulated_fleet(tmp_path, tenants=60) as started:
        yield started


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A fleet that was read, for tests that change nothing."""
    with simulated_fleet(tmp_path_factory.mktemp("still"), tenants=60) as started:
        started.run("sync")
        yield started


def healthy(fleet: Fleet) -> str:
    return next(str(t["id"]) for t in fleet.ask("tenants") if t["expected_outcome"] == "up-to-date")


def until(condition: Callable[[], bool], what: str) -> None:
    """Ask again, a twentieth of a second apart, until the condition holds."""
    for _ in range(400):
        if condition():
            return
        select.select([], [], [], 0.05)
    raise AssertionError(f"waited in vain for {what}")


@contextmanager
def started(fleet: Fleet, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command at work; it is ended with the block if it still runs."""
    process = fleet.start(*words)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def first_result(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The first tenant that was worked on."""
    assert process.stdout is not None
    while True:
        facts: dict[str, Any] = json.loads(process.stdout.readline())
        if facts["outcome"] != "skipped":
            return facts


def rest_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What is still printed until the end."""
    assert process.stdout is not None
    assert process.stderr is not None
    told = process.stdout.read(), process.stderr.read()
    process.wait(10)
    return told


# -- signals ------------------------------------------------------------------------------------
@posix_only
@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_during_a_refresh_ends_it_in_time_and_the_rest_can_be_resumed(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with simulated_fleet(tmp_path, tenants=100, latency_ms=100) as fleet:
        fleet.run("sync")
        with started(fleet, "refresh", "--all", "--json") as running:
            first_result(running)
            running.send_signal(number)
            began = time.monotonic()
            out, err = rest_of(running)
            took = time.monotonic() - began

        assert running.returncode == code, err
        assert took < 3
        assert "Traceback" not in err
        told, summary = json_lines(out)
        left = summary["stopped"]
        assert left > 0
        assert sum("outcome" not in facts for facts in told) == left
        resumed, rest = json_lines(fleet.run("jobs", "resume", "--json", expect=None).stdout)
        assert rest["total"] == left
        assert rest["stopped"] == 0
        assert len({facts["tenant_id"] for facts in resumed}) == len(resumed)
        assert "No job was interrupted" in fleet.run("jobs", "resume").stderr


@posix_only
@pytest.mark.parametrize(
    ("command", "number", "code"),
    [("refresh --all", *SIGNALS[0]), ("plan --all", *SIGNALS[1]), ("sync", *SIGNALS[0])],
)
def test_a_signal_while_the_list_is_read_ends_at_once(
    fleet: Fleet, command: str, number: signal.Signals, code: int
) -> None:
    fleet.ask("faults", [{"route": "relationships*", "action": "slow", "seconds": 30}])
    with started(fleet, *command.split()) as running:
        until(lambda: int(fleet.ask("counts")["total"]) > 0, "the first request")
        running.send_signal(number)
        began = time.monotonic()
        out, err = running.communicate(timeout=10)
        took = time.monotonic() - began

    assert running.returncode == code, err
    assert took < 3
    assert "Traceback" not in err
    assert out == ""


@posix_only
def test_while_a_principal_is_owed_the_first_signal_waits_and_the_second_leaves(
    fleet: Fleet,
) -> None:
    fleet.run("sync")
    one = healthy(fleet)
    # The first consent is the pre-flight's question, the second gives the access back.
    fleet.ask("faults", [{"route": "consent.create", "action": "slow", "seconds": 60, "nth": 2}])
    with started(fleet, "reset", one, "--yes-remove-access") as running:
        until(lambda: fleet.count("consent.create") == 2, "the consent to go")
        running.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(3.5)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=10)

    assert running.returncode == 4, err
    assert "Traceback" not in err
    fleet.ask("faults", [])
    fleet.run("jobs", "resume")
    assert fleet.ask(f"tenants/{one}")["wanted_complete"]
    assert fleet.count("consent.delete") == 1


@posix_only
@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_at_the_question_ends_at_once_and_nothing_was_done(
    still: Fleet, number: signal.Signals, code: int
) -> None:
    from tests.e2e.terminal import Terminal

    one = healthy(still)
    with Terminal([*PROGRAM, "reset", one], still.env, columns=100, rows=30) as terminal:
        terminal.wait_for("to go on:")
        terminal.kill(number)
        assert terminal.wait_end(5) == code

    assert still.count("consent.delete") == 0


# -- resetting ----------------------------------------------------------------------------------
def test_a_reset_where_nobody_can_be_asked_is_refused(still: Fleet) -> None:
    done = still.run("reset", healthy(still), expect=2, stdin="yes\n")

    assert "add --yes-remove-access" in done.stderr
    assert done.stdout == ""
    assert still.count("consent.delete") == 0


def test_a_reset_takes_the_consent_once_and_everything_is_there_again(fleet: Fleet) -> None:
    fleet.run("sync")
    one = healthy(fleet)
    before = fleet.ask(f"tenants/{one}")["principal"]

    told, summary = json_lines(fleet.run("reset", one, "--yes-remove-access", "--json").stdout)

    truth = fleet.ask(f"tenants/{one}")
    assert [facts["outcome"] for facts in told] == ["changed"]
    assert summary["total"] == summary["changed"] + summary["restored"] == 1
    assert truth["wanted_complete"]
    assert truth["principal"] not in (None, before)
    assert fleet.count("consent.delete") == 1


@posix_only
@pytest.mark.parametrize(("answer", "code"), [("the right one", 0), ("yes", 2)])
def test_at_a_terminal_only_the_tenants_own_domain_is_a_yes(
    fleet: Fleet, answer: str, code: int
) -> None:
    from tests.e2e.terminal import Terminal

    fleet.run("sync")
    one = healthy(fleet)
    domain = next(t["default_domain"] for t in fleet.ask("tenants") if t["id"] == one)
    with Terminal([*PROGRAM, "reset", one], fleet.env, columns=100, rows=30) as terminal:
        terminal.wait_for(f"Type {domain} to go on:")
        terminal.press((domain if code == 0 else answer) + "\n")
        assert terminal.wait_end() == code

    assert fleet.count("consent.delete") == (1 if code == 0 else 0)


# -- exit codes ---------------------------------------------------------------------------------
def signed_out(fleet: Fleet, folder: Path) -> Fleet:
    """The same fleet with a profile that holds no refresh token."""
    lines = Path(fleet.env["CIPP_TUI_CONFIG"]).read_text(encoding="utf-8").splitlines()
    config = folder / "signed-out.toml"
    config.write_text(
        "\n".join(line for line in lines if not line.startswith("refresh_token")), encoding="utf-8"
    )
    env = {"CIPP_TUI_CONFIG": str(config), "CIPP_TUI_DATA": str(folder / "signed-out")}
    return replace(fleet, env={**fleet.env, **env})


@pytest.mark.parametrize("command", ["refresh --all --json", "plan --all", "sync", "exclude x"])
def test_where_nobody_is_signed_in_the_way_to_sign_in_is_told(
    fleet: Fleet, tmp_path: Path, command: str
) -> None:
    done = signed_out(fleet, tmp_path).run(*command.split(), expect=3)

    assert done.stdout == ""
    assert "login" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_profile_that_is_not_signed_in_fails_its_check(still: Fleet, tmp_path: Path) -> None:
    done = signed_out(still, tmp_path).run("profiles", "check", expect=3)

    assert done.stdout.splitlines()[0].startswith("+ profile")
    assert done.stdout.splitlines()[-1].startswith("x ")


def test_a_client_secret_that_has_ended_asks_for_a_sign_in(still: Fleet) -> None:
    wrong = replace(still, env={**still.env, "CIPP_TUI_SIM_SECRET": "wrong~secret"})

    done = wrong.run("sync", expect=3)

    assert "AADSTS7000215" in done.stderr
    assert "wrong~secret" not in done.stderr


def test_a_profile_that_works_passes_its_check(still: Fleet) -> None:
    done = still.run("profiles", "check")

    assert all(line.startswith("+ ") for line in done.stdout.splitlines())


def test_an_exclusion_needs_no_sign_in_once_the_list_was_read(fleet: Fleet) -> None:
    fleet.run("sync")
    ended = replace(fleet, env={**fleet.env, "CIPP_TUI_SIM_REFRESH": "ended~token"})

    ended.run("sync", expect=3)
    ended.run("exclude", healthy(fleet))


def test_a_read_only_profile_refuses_what_writes(still: Fleet) -> None:
    one = healthy(still)

    for words in (["refresh", one], ["exclude", one], ["reset", one, "--yes-remove-access"]):
        done = still.run("--read-only", *words, expect=None)
        assert done.returncode != 0
        assert "read-only" in done.stderr
        assert "Traceback" not in done.stderr


# -- a second program ---------------------------------------------------------------------------
@posix_only
def test_a_second_program_may_look_and_plan_but_not_act(fleet: Fleet) -> None:
    fleet.run("sync")
    one, slow = [t["id"] for t in fleet.ask("tenants") if t["expected_outcome"] == "up-to-date"][:2]
    fleet.ask("faults", [{"route": "batch", "tenant": slow, "action": "slow", "seconds": 60}])
    with started(fleet, "refresh", "--all", "--json") as running:
        first_result(running)

        refused = fleet.run("exclude", one, expect=2)
        fleet.run("tenants", "--json")
        planned = fleet.run("plan", one)
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=10)

    assert f"(process {running.pid} on" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert refused.stdout == ""
    assert "in order" in planned.stdout
    fleet.run("exclude", one)


# -- a reader that has left ---------------------------------------------------------------------
@posix_only
@pytest.mark.parametrize("words", ["tenants --json", "tenants", "plan --all", "completion bash"])
def test_a_reader_that_has_left_is_no_reason_to_complain(still: Fleet, words: str) -> None:
    nobody, pipe = os.pipe()
    os.close(nobody)

    done = subprocess.run(
        [*PROGRAM, *words.split()],
        env=dict(still.env),
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(pipe)

    assert done.stderr == ""
    assert done.returncode == 0


# -- other backends -----------------------------------------------------------------------------
def test_the_cipp_backend_is_refused_in_one_line(still: Fleet, tmp_path: Path) -> None:
    guid = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
    config = tmp_path / "cipp.toml"
    config.write_text(
        '[profiles.old]\nbackend = "cipp"\nurl = "https://cipp.example"\n'
        f'tenant = "{guid}"\nclient_id = "{guid}"\n',
        encoding="utf-8",
    )
    env = {**still.env, "CIPP_TUI_CONFIG": str(config)}

    done = replace(still, env=env).run("tenants", expect=2)

    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"cipp-tui: {config}: profiles.old.backend: ")
    assert 'backend = "direct"' in done.stderr


def processes_of(folder: Path) -> list[int]:
    """Those that were started with this folder as their state."""
    found = []
    mark = f"CIPP_TUI_DATA={folder}".encode()
    for home in Path("/proc").iterdir():
        if home.name.isdigit():
            try:
                if mark in (home / "environ").read_bytes().split(b"\0"):
                    found.append(int(home.name))
            except OSError:
                continue
    return found


@pytest.fixture
def demo(tmp_path: Path) -> Fleet:
    """The command line with no config file at all."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "CIPP_TUI_CONFIG": str(tmp_path / "none.toml"),
        "CIPP_TUI_DATA": str(tmp_path / "demo-state"),
        "CIPP_TUI_PROFILE": "demo",
    }
    process = subprocess.Popen([sys.executable, "-c", ""], text=True)
    process.wait(10)
    return Fleet(process, "", env)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at /proc")
def test_the_demo_works_on_the_command_line_and_its_simulator_ends_with_it(demo: Fleet) -> None:
    read, summary = json_lines(demo.run("sync", "--json").stdout)
    told, _ = json_lines(demo.run("--profile", "demo", "tenants", "--json").stdout)

    assert len(read) == len(told) == 61
    assert summary["total"] == 61
    assert processes_of(Path(demo.env["CIPP_TUI_DATA"])) == []


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at /proc")
def test_a_killed_demo_takes_its_simulator_along(demo: Fleet) -> None:
    state = Path(demo.env["CIPP_TUI_DATA"])
    with started(demo, "refresh", "--all", "--json") as running:
        until(lambda: len(processes_of(state)) == 2, "the simulator")
        running.kill()
        running.wait(10)

        until(lambda: processes_of(state) == [], "the simulator to end")


# -- secrets ------------------------------------------------------------------------------------
def test_no_secret_reaches_output_log_or_state(fleet: Fleet, tmp_path: Path) -> None:
    log = tmp_path / "cipp-tui.log"
    fleet.run("sync")
    one = healthy(fleet)

    done = [
        fleet.run(*words, "--log", str(log), expect=None)
        for words in (
            ["refresh", "--all", "--json"],
            ["reset", one, "--yes-remove-access"],
            ["profiles", "check"],
            ["audit", "--json"],
            ["profiles", "list"],
        )
    ]

    shown = "".join(d.stdout + d.stderr for d in done)
    state = Path(fleet.env["CIPP_TUI_DATA"])
    kept = b"".join(path.read_bytes() for path in state.rglob("state.db*"))
    logged = log.read_bytes()
    assert b"request" in logged.lower() or b"POST" in logged
    assert kept
    for everything in (shown.encode(), logged, kept):
        assert fleet.env["CIPP_TUI_SIM_SECRET"].encode() not in everything
        assert fleet.env["CIPP_TUI_SIM_REFRESH"].encode() not in everything
        assert b"eyJ" not in everything
        assert b"Bearer" not in everything
    assert oct(log.stat().st_mode & 0o777) == "0o600"


def test_a_log_that_cannot_be_written_is_refused(still: Fleet, tmp_path: Path) -> None:
    done = still.run("tenants", "--log", str(tmp_path / "no" / "such.log"), expect=2)

    assert "there is no such file or folder" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# -- words --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "words",
    [
        "nonsense",
        "refresh --all --due",
        "tenants --json --csv",
        "jobs show x",
        "completion tcsh",
        "exclude",
        "profiles add lab",
        "simulate --faults rain",
        "--profile nobody tenants",
    ],
)
def test_wrong_words_are_told_without_a_traceback(still: Fleet, words: str) -> None:
    done = still.run(*words.split(), expect=2)

    assert done.stdout == ""
    assert done.stderr
    assert "Traceback" not in done.stderr
