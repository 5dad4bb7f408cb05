"""Streams that cannot carry every sign, terminals, and what a shell is told."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.fleet import PROGRAM, Fleet, json_lines, simulated_fleet

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A fleet that was read, for tests that change nothing."""
    with simulated_fleet(tmp_path_factory.mktemp("fleet"), tenants=60) as started:
        started.run("sync")
        yield started


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("words", ["tenants", "tenants --csv", "tenants --json"])
def test_a_stream_without_unicode_still_gets_every_tenant(
    fleet: Fleet, encoding: str, words: str
) -> None:
    poor = replace(fleet, env={**fleet.env, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})

    done = subprocess.run(
        [*PROGRAM, *words.split()], env=dict(poor.env), capture_output=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    text = done.stdout.decode(encoding)
    assert len(text.splitlines()) == 62
    if "--json" in words:
        names = {facts["display_name"] for facts in json_lines(text)[0]}
        assert any(not name.isascii() for name in names)


def completions(fleet: Fleet, line: str) -> list[str]:
    """What a shell is told when tab is pressed at the end of the line."""
    done = subprocess.run(
        ["sh", "-c", '"$@" 8>&1 9>/dev/null 1>/dev/null', "sh", *PROGRAM],
        env={
            **fleet.env,
            "_ARGCOMPLETE": "3",  # python -m cipp_tui: two words before ours
            "_ARGCOMPLETE_IFS": "\n",
            "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
            "COMP_TYPE": "9",
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout.split("\n")


@posix_only
def test_a_shell_is_told_tenants_profiles_and_options(fleet: Fleet) -> None:
    told, _ = json_lines(fleet.run("tenants", "--json").stdout)
    one = next(facts for facts in told if facts["default_domain"])
    start = "python -m cipp_tui"

    assert one["default_domain"] in completions(
        fleet, f"{start} exclude {one['default_domain'][:5]}"
    )
    assert one["tenant_id"] in completions(fleet, f"{start} plan {one['tenant_id'][:9]}")
    assert completions(fleet, f"{start} --profile ") == ["sim", "demo"]
    assert completions(fleet, f"{start} refresh --du") == ["--due"]


@posix_only
def test_a_shell_is_told_nothing_where_the_config_is_broken(fleet: Fleet, tmp_path: Path) -> None:
    config = tmp_path / "broken.toml"
    config.write_text("x = ", encoding="utf-8")
    broken = replace(fleet, env={**fleet.env, "CIPP_TUI_CONFIG": str(config)})

    assert completions(broken, "python -m cipp_tui exclude c") == [""]


@posix_only
def test_on_a_terminal_the_progress_line_is_gone_at_the_end(fleet: Fleet) -> None:
    from tests.e2e.terminal import Terminal

    words = [*PROGRAM, "plan", "--all"]
    with Terminal(words, fleet.env, columns=100, rows=50) as terminal:
        terminal.wait_end()

        shown = [line.rstrip() for line in terminal.lines if line.strip()]
        assert shown[-1].startswith("Nothing was changed: ")
        assert b" compared" in terminal.raw
        assert not [line for line in shown if line.endswith(" compared")]
