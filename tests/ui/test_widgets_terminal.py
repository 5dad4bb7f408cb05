"""The private names of Textual that we use: what they really send to a terminal."""

import os
import re
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")

if os.name == "posix":
    from tests.e2e.terminal import Terminal

ROOT = Path(__file__).parents[2]

PROGRAM = """
from textual.app import App, ComposeResult
from textual.binding import Binding
from cipp_tui.widgets import textual_private as private
from cipp_tui.widgets.cells import Cell, Head, Line
from cipp_tui.widgets.fleet_table import FleetTable

class Tried(App[None]):
    CSS = "FleetTable { height: 1fr; }"
    BINDINGS = [
        Binding("M", "mouse"), Binding("B", "boom"), Binding("q", "quit"), Binding("T", "name")
    ]

    def compose(self) -> ComposeResult:
        yield FleetTable(lambda width: [Head("name", "Tenant", 20)], lambda key: Line([Cell(key)]))

    def on_mount(self) -> None:
        private.push_window_title(self)
        private.show_terminal_cursor(self)
        table = self.query_one(FleetTable)
        table.leads_cursor = True
        table.show([f"row {n}" for n in range(30)])
        table.focus()

    def action_name(self) -> None:
        private.set_window_title(self, "cipp-tui acme 23/40")

    def action_mouse(self) -> None:
        private.switch_mouse(self)

    def action_boom(self) -> None:
        token = "-".join(["SECRET", "TOKEN", "123"])
        raise RuntimeError(f"boom while holding {len(token)} signs")

    def _fatal_error(self) -> None:
        private.crash_quietly(self)

    def on_unmount(self) -> None:
        private.pop_window_title(self)

app = Tried(driver_class=private.driver_class())
app.run(mouse=False)
raise SystemExit(app.return_code or 0)
"""
ENV = {
    **os.environ,
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "TEXTUAL_ANIMATIONS": "none",
    "PYTHONPATH": str(ROOT),
}
MOUSE_ON, MOUSE_OFF = b"\x1b[?1003h", b"\x1b[?1003l"


def tried() -> "Terminal":
    return Terminal([sys.executable, "-c", PROGRAM], ENV)


def test_the_mouse_is_off_until_it_is_switched_on() -> None:
    with tried() as terminal:
        terminal.wait_for("row 5")
        assert MOUSE_ON not in terminal.raw

        terminal.press("M")
        terminal.wait_until(lambda: MOUSE_ON in terminal.raw, "mouse reports")
        terminal.press("M")
        terminal.wait_until(
            lambda: terminal.raw.rfind(MOUSE_OFF) > terminal.raw.rfind(MOUSE_ON), "no reports"
        )
        terminal.press("q")
        assert terminal.wait_end() == 0


def test_the_window_is_named_and_gets_its_own_name_back() -> None:
    with tried() as terminal:
        terminal.wait_for("row 5")
        terminal.press("T")
        terminal.wait_until(lambda: b"\x1b]2;cipp-tui acme 23/40\x1b\\" in terminal.raw, "title")

        terminal.press("q")
        terminal.wait_end()

        assert terminal.raw.index(b"\x1b[22;2t") < terminal.raw.index(b"\x1b]2;")
        assert b"\x1b[23;2t" in terminal.raw


def test_a_crash_shows_where_and_never_what() -> None:
    with tried() as terminal:
        terminal.wait_for("row 5")

        terminal.press("B")

        assert terminal.wait_end() == 1
        terminal.settle()
        assert b"boom while holding" in terminal.raw
        assert b"action_boom" in terminal.raw
        assert b"SECRET-TOKEN-123" not in terminal.raw
        assert b"\x1b[?1049l" in terminal.raw


def test_for_readers_the_terminals_own_cursor_is_on_the_row() -> None:
    with tried() as terminal:
        terminal.wait_for("row 5")
        assert b"\x1b[?25h" in terminal.raw

        terminal.press("j", "j", "j")
        terminal.settle()

        *_, last = re.finditer(rb"\x1b\[(\d+);(\d+)H", terminal.raw)
        assert (int(last[1]), int(last[2])) == (5, 1)  # heads are on line 1, row 0 on line 2
