"""Palette and help: everything is found by a few letters, and what is off says why."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from cipp_tui.domain.tenants import Tenant, TenantId
from cipp_tui.screens.help import HelpScreen
from cipp_tui.screens.palette import Palette, PaletteChoice, likeness
from cipp_tui.widgets.action_lookup import TENANTS_PLACES, specs_of
from cipp_tui.widgets.actions import SPECS
from tests.support import House, HurriedClock, running_house, simulator_for
from tests.ui.host import Host, text_of, until

HERE = specs_of(*TENANTS_PLACES)
OFF = {"tenant.reset": "this profile is read-only (acme-ro)"}


@asynccontextmanager
async def house_of(folder: Path, tenants: int = 6) -> AsyncIterator[House]:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=tenants, up_to_date=1.0)
    async with running_house(folder, simulator, clock=clock) as house:
        await house.read_list()
        yield house


def palette(house: House) -> Palette:
    return Palette(
        house.session,
        HERE,
        OFF,
        labels={"tenant.refresh": "Refresh CPV permissions, 3 marked"},
        themes=("cipp-dark", "plain"),
        profiles=("acme", "beta"),
    )


async def prepared(pilot: Pilot[None]) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, Palette)
    await until(pilot, lambda: screen._tenants)


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("refr", "refresh", "read the tenant list again"),
        ("list", "list of jobs", "read the tenant list again"),
        ("cl", "clear failures", "include"),
        ("rse", "reverse sort", "export"),
    ],
)
def test_the_better_word_wins(query: str, better: str, worse: str) -> None:
    assert likeness(query, better) > likeness(query, worse)


def test_letters_in_another_order_are_not_found() -> None:
    assert likeness("xzq", "refresh") == 0


async def test_what_is_typed_at_once_counts(tmp_path: Path) -> None:
    async with house_of(tmp_path) as house:
        app = Host(palette(house))
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press(*"refr", "enter")
            await pilot.pause()

            assert app.answer == PaletteChoice("action", "tenant.refresh")


async def test_an_action_that_is_off_says_why_and_can_be_asked_for(tmp_path: Path) -> None:
    async with house_of(tmp_path) as house:
        app = Host(palette(house))
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press(*"reset")
            await pilot.pause()
            assert "Reset: this profile is read-only (acme-ro)" in text_of(app.screen)
            await pilot.press("enter")
            await pilot.pause()

            assert app.answer == PaletteChoice("action", "tenant.reset")


async def test_marked_tenants_are_counted_in_the_label(tmp_path: Path) -> None:
    async with house_of(tmp_path) as house:
        app = Host(palette(house))
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()

            assert "Refresh CPV permissions, 3 marked" in text_of(app.screen)


@pytest.mark.parametrize("field", ["name", "domain", "id"])
async def test_a_tenant_is_found_by_name_domain_or_id(tmp_path: Path, field: str) -> None:
    async with house_of(tmp_path) as house:
        tenant = max(house.session.fleet.rows(), key=lambda row: len(row.tenant.name)).tenant
        query = {"name": tenant.name, "domain": tenant.default_domain or "", "id": tenant.id}
        app = Host(palette(house))
        async with app.run_test(size=(80, 24)) as pilot:
            await prepared(pilot)
            screen = app.screen
            assert isinstance(screen, Palette)
            screen.search(query[field])
            await pilot.press("enter")
            await pilot.pause()

            assert app.answer == PaletteChoice("tenant", tenant.id)


@pytest.mark.parametrize(
    ("typed", "choice"),
    [
        ("theme pl", PaletteChoice("theme", "plain")),
        ("profile beta", PaletteChoice("profile", "beta")),
        ("where", PaletteChoice("files")),
        ("read tenant", PaletteChoice("action", "tenant.force-refresh")),
    ],
)
async def test_other_things_are_found_too(
    tmp_path: Path, typed: str, choice: PaletteChoice
) -> None:
    async with house_of(tmp_path) as house:
        app = Host(palette(house))
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press(*("space" if sign == " " else sign for sign in typed), "enter")
            await pilot.pause()

            assert app.answer == choice


async def test_ten_thousand_tenants_are_searched_within_fifty_milliseconds(tmp_path: Path) -> None:
    async with house_of(tmp_path, tenants=1) as house:
        house.session.fleet.learn(
            [
                Tenant(
                    id=TenantId(f"{i:032x}"), name=f"Customer {i} Ltd", default_domain=f"c{i}.com"
                )
                for i in range(10_000)
            ]
        )
        app = Host(palette(house))
        async with app.run_test(size=(80, 24)) as pilot:
            await prepared(pilot)
            screen = app.screen
            assert isinstance(screen, Palette)
            took = []
            for _ in range(5):  # the best of five: other programs share the machine
                began = time.thread_time()
                found = screen.entries("customer 9999")
                took.append(time.thread_time() - began)
    assert "Customer 9999 Ltd" in found[0].cells[0].words
    assert min(took) < 0.05


async def test_help_lists_every_key_of_the_screen_and_what_is_off() -> None:
    app = Host(HelpScreen("Tenants", HERE, OFF))
    async with app.run_test(size=(140, 80)) as pilot:
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, HelpScreen)

        keys = {entry.key for entry in screen.entries("")}
        text = "\n".join(
            " ".join(cell.words for cell in entry.cells) for entry in screen.entries("")
        )
    assert {spec.id for spec in HERE} <= keys
    assert "this profile is read-only (acme-ro)" in text


async def test_typing_in_help_narrows_it_and_enter_runs() -> None:
    app = Host(HelpScreen("Tenants", HERE, OFF))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"failure", "enter")
        await pilot.pause()

        assert app.answer == "tenant.clear"


async def test_help_starts_on_a_key_not_on_a_heading() -> None:
    app = Host(HelpScreen("Tenants", HERE, {}))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("up", "up", "enter")
        await pilot.pause()

        assert app.answer in {spec.id for spec in SPECS}


async def test_nothing_found_is_nothing_run() -> None:
    app = Host(HelpScreen("Tenants", HERE, {}))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"zzzz", "enter")
        await pilot.pause()
        assert app.answers == []
        await pilot.press("escape")
        await pilot.pause()

        assert app.answer is None
