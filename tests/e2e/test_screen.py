"""The real program on a real pseudo-terminal."""

import os
import signal
from pathlib import Path

import pytest

from tests.e2e.fleet import PROGRAM, simulated_fleet

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")

if os.name == "posix":
    from tests.e2e.terminal import Terminal

LEFT_ALTERNATE_SCREEN = b"\x1b[?1049l"
SHOWN_CURSOR = b"\x1b[?25h"


def demo_env(folder: Path) -> dict[str, str]:
    """An environment without any profile."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("CIPP_TUI_")},
        "CIPP_TUI_CONFIG": str(folder / "config.toml"),
        "CIPP_TUI_DATA": str(folder / "state"),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "TEXTUAL_ANIMATIONS": "none",
    }


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (140, 45)])
def test_the_demo_opens_works_and_remembers(tmp_path: Path, columns: int, rows: int) -> None:
    env = demo_env(tmp_path)
    with Terminal([*PROGRAM, "demo"], env, columns=columns, rows=rows) as terminal:
        terminal.wait_for("of 61")
        terminal.press("j", "x")
        terminal.wait_for("x excluded")
        terminal.press("j", *["space"] * 40)
        terminal.wait_for("40 marked")
        terminal.press("r")
        terminal.wait_for("y Refresh")
        terminal.press("y")
        terminal.wait_until(lambda: "Job 2: " in terminal.text, "the job's end", 60)
        terminal.press("q")
        assert terminal.wait_end() == 0
        assert LEFT_ALTERNATE_SCREEN in terminal.raw

    with Terminal([*PROGRAM, "demo"], env, columns=columns, rows=rows) as terminal:
        terminal.wait_for("of 61")
        terminal.press("g", "j")
        terminal.wait_for("x excluded")
        terminal.press("i")
        terminal.wait_until(lambda: "x excluded" not in terminal.text, "the include")
        terminal.press("q")
        assert terminal.wait_end() == 0


def test_without_a_profile_the_first_steps_are_offered(tmp_path: Path) -> None:
    with Terminal([*PROGRAM], demo_env(tmp_path)) as terminal:
        terminal.wait_for("Try the demo")
        terminal.press("d")
        terminal.wait_for("DEMO")
        terminal.wait_for("List read")
        terminal.press("q")
        assert terminal.wait_end() == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_during_work_leaves_the_terminal_as_it_was_found(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with (
        simulated_fleet(tmp_path, latency_ms=1500) as fleet,
        Terminal([*PROGRAM], fleet.env) as terminal,
    ):
        terminal.wait_for("of 61")
        terminal.press("a")
        terminal.wait_for("61 marked")
        terminal.press("r")
        terminal.wait_for("y Refresh")
        terminal.press("y")
        terminal.wait_for("refresh ")
        terminal.kill(number)
        assert terminal.wait_end(8) == code
        assert LEFT_ALTERNATE_SCREEN in terminal.raw
        assert SHOWN_CURSOR in terminal.raw


def test_a_lost_link_ends_the_program_and_its_demo(tmp_path: Path) -> None:
    with Terminal([*PROGRAM, "demo"], demo_env(tmp_path)) as terminal:
        terminal.wait_for("List read")
        terminal.hang_up()
        assert terminal.wait_end(10) == 129


def test_no_color_sends_no_colour_codes(tmp_path: Path) -> None:
    env = {**demo_env(tmp_path), "NO_COLOR": ""}
    with Terminal([*PROGRAM, "demo"], env) as terminal:
        terminal.wait_for("List read")
        terminal.press("q")
        terminal.wait_end()

        assert b"\x1b[38;" not in terminal.raw
        assert b"\x1b[48;" not in terminal.raw
        assert b";38;2;" not in terminal.raw


def test_a_terminal_that_cannot_draw_is_refused_in_words(tmp_path: Path) -> None:
    with Terminal([*PROGRAM, "demo"], {**demo_env(tmp_path), "TERM": "dumb"}) as terminal:
        assert terminal.wait_end() == 2
        assert "cannot draw a screen" in terminal.text.replace("\n", " ")
