"""Every private name of Textual that is used anywhere. Textual is pinned; each has a test."""

import os
from collections.abc import Callable
from io import TextIOWrapper
from typing import Any, Final, TextIO, cast

import rich
from rich.segment import Segments
from rich.traceback import Traceback
from textual.app import App
from textual.driver import Driver

SHOW_CURSOR: Final = "\x1b[?25h"


class _GoneQuietly:
    """The terminal's file. When the link is gone, what is written to it is for nobody.

    Textual's writer thread would die of it, and the program would wait for that thread for ever.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._gone = False

    def write(self, text: str) -> int:
        return self._unless_gone(lambda: self._file.write(text))

    def flush(self) -> None:
        self._unless_gone(self._file.flush)

    def isatty(self) -> bool:
        return self._file.isatty()

    def fileno(self) -> int:
        return self._file.fileno()

    def _unless_gone(self, act: Callable[[], int | None]) -> int:
        if not self._gone:
            try:
                return act() or 0
            except OSError:
                self._gone = True
        return 0


def driver_class() -> type[Driver] | None:
    """A driver that survives the loss of its terminal; None: Textual's own choice."""
    if os.name != "posix":
        return None
    from textual.drivers.linux_driver import LinuxDriver

    class PatientDriver(LinuxDriver):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            if self._file is not None:
                self._file = cast(TextIOWrapper, _GoneQuietly(self._file))  # quacks like one

    return PatientDriver


def set_window_title(app: App[Any], title: str) -> None:
    """Name the terminal's window. The title must be our own words and numbers."""
    _write(app, f"\x1b]2;{title}\x1b\\")


def push_window_title(app: App[Any]) -> None:
    """Let the terminal remember its title, for `pop_window_title`."""
    _write(app, "\x1b[22;2t")


def pop_window_title(app: App[Any]) -> None:
    """Give the terminal its own title back."""
    _write(app, "\x1b[23;2t")


def show_terminal_cursor(app: App[Any]) -> None:
    """Show the terminal's own cursor, which Textual hides at start."""
    _write(app, SHOW_CURSOR)


def switch_mouse(app: App[Any]) -> bool | None:
    """Turn mouse reports on or off; what it is now, None where there is no such switch."""
    driver = app._driver
    if driver is None or app.is_headless:
        return None
    on: bool | None = getattr(driver, "_mouse", None)
    enable = getattr(driver, "_enable_mouse_support", None)
    disable = getattr(driver, "_disable_mouse_support", None)
    if on is None or enable is None or disable is None:
        return None
    if on:
        disable()
        driver._mouse = False
    else:
        driver._mouse = True
        enable()
    driver.flush()
    return not on


def crash_quietly(app: App[Any]) -> None:
    """End the app with a traceback that shows where, never what: no local variables."""
    app.bell()
    trace = Traceback(show_locals=False, width=100, suppress=[rich])
    app._exit_renderables.append(Segments(app.console.render(trace, app.console.options)))
    app._close_messages_no_wait()


def _write(app: App[Any], sequence: str) -> None:
    driver = app._driver
    if driver is not None and not app.is_headless:
        driver.write(sequence)
        driver.flush()
