"""The table: any number of rows, drawn when they are seen."""

import time
from collections.abc import Sequence
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from cipp_tui.screens.styles import style_files
from cipp_tui.widgets.cells import Cell, Head, Line
from cipp_tui.widgets.fleet_table import FleetTable
from cipp_tui.widgets.themes import ALL

HEADS = (Head("name", "Tenant", 26), Head("state", "State", 12))


class TableApp(App[None]):
    """A table of numbered tenants."""

    def __init__(self, count: int) -> None:
        super().__init__(css_path=[*style_files()])
        for theme in ALL:
            self.register_theme(theme)
        self.theme = "cipp-dark"
        self.keys = [f"t{number}" for number in range(count)]
        self.drawn: list[str] = []
        self.states: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        yield FleetTable(lambda _width: HEADS, self.draw)

    def on_mount(self) -> None:
        self.table.show(self.keys)
        self.table.focus()

    @property
    def table(self) -> FleetTable:
        return self.query_one(FleetTable)

    def draw(self, key: str) -> Line:
        self.drawn.append(key)
        return Line((Cell(f"Customer {key} [/] 日本"), Cell(self.states.get(key, "managed"))))


async def lines_of(pilot: Pilot[Any], table: FleetTable) -> Sequence[str]:
    await pilot.pause()
    return [table.render_line(y).text for y in range(table.size.height)]


async def test_only_what_is_seen_is_drawn_of_50_000_rows() -> None:
    app = TableApp(50_000)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()

        assert len(set(app.drawn)) <= 60


async def test_50_000_rows_are_swapped_in_a_moment() -> None:
    app = TableApp(50_000)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        half = app.keys[::2]
        began = time.thread_time()

        app.table.show(half)

        assert time.thread_time() - began < 0.1


async def test_names_with_markup_and_wide_signs_are_cut_to_their_columns() -> None:
    app = TableApp(30)
    async with app.run_test(size=(80, 24)) as pilot:
        lines = await lines_of(pilot, app.table)

        assert any("Customer t0 [/] 日本" in line for line in lines)
        columns = {line.index("managed") for line in lines if "managed" in line}
        assert len(columns) == 1


async def test_the_cursor_stays_on_its_row_when_rows_are_swapped() -> None:
    app = TableApp(100)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*["j"] * 5)
        assert app.table.cursor_key == "t5"

        app.table.show(list(reversed(app.keys)))
        assert app.table.cursor_key == "t5"
        app.table.show([key for key in app.keys if key != "t5"])

        assert app.table.cursor_key == "t4"


async def test_until_it_is_moved_the_cursor_stays_on_top() -> None:
    app = TableApp(3)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()

        app.table.show(["a0", *app.keys])

        assert app.table.cursor_key == "a0"


async def test_g_and_G_go_to_the_ends() -> None:
    app = TableApp(50_000)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("G")
        assert app.table.cursor_key == "t49999"
        assert any("t49999" in line for line in await lines_of(pilot, app.table))

        await pilot.press("g")

        assert app.table.cursor_key == "t0"


async def test_a_changed_row_is_drawn_anew_and_no_other() -> None:
    app = TableApp(1000)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.drawn.clear()
        app.states["t3"] = "x excluded"

        app.table.put(["t3", "t900"])

        assert any("x excluded" in line for line in await lines_of(pilot, app.table))
        assert set(app.drawn) == {"t3"}


async def test_an_empty_table_takes_every_key() -> None:
    app = TableApp(0)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "k", "G", "g", "pagedown", "pageup", "ctrl+d", "ctrl+u")

        assert app.table.cursor_key is None
