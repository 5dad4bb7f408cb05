"""The trace screen: asked, answered, compared, taken away as a file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from cipp_tui.domain.gdap_verdicts import Verdict
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.trace import TraceScreen
from cipp_tui.simulator import Faults
from cipp_tui.simulator.demo_access import tangle_access
from cipp_tui.simulator.world import Tenant
from tests.support import House, HurriedClock, running_house, simulator_for
from tests.ui.host import Host, text_of, until
from tests.ui.support import customer, open_app, under_cursor

ADELE = "adele.vance@blueyonder.example"
ON_CALL = "on.call@blueyonder.example"


@asynccontextmanager
async def open_trace(
    folder: Path, *users: str, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[House, TraceScreen, Pilot[Any]]]:
    """The screen over a customer with tangled access; users are those remembered."""
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    tenant = a_customer(simulator.world.tenants, simulator.world.partner)
    tangle_access(simulator.world, tenant)
    async with running_house(folder, simulator, clock=clock) as house:
        await house.read_list()
        for place, user in enumerate(users):
            house.session.remember(("trace-user", "trace-user-2")[place], user)
        screen = TraceScreen(house.session, TenantId(tenant.id))
        app = Host(screen)
        async with app.run_test(size=size) as pilot:
            if users:
                await until(pilot, lambda: screen.found is not None and screen.table.keys)
            yield house, screen, pilot


def a_customer(tenants: dict[str, Tenant], partner: Tenant) -> Tenant:
    return next(t for t in tenants.values() if t is not partner)


def lines_of(screen: TraceScreen) -> list[str]:
    return text_of(screen).splitlines()


async def test_a_user_is_asked_for_and_remembered(tmp_path: Path) -> None:
    async with open_trace(tmp_path) as (house, screen, pilot):
        await until(pilot, lambda: "cipp-service@" in text_of(screen))
        await pilot.press("ctrl+u", *ADELE, "enter")
        await until(pilot, lambda: "M365 GDAP" in text_of(screen))

        assert house.session.remembered("trace-user") == ADELE
        assert "15 access  2 not  1 not there  1 ?" in lines_of(screen)[1]
        assert "Application Admin               + access" in text_of(screen)


async def test_the_trace_reads_in_80_by_24(tmp_path: Path) -> None:
    async with open_trace(tmp_path, ADELE) as (_, screen, pilot):
        await pilot.press("G")
        await until(pilot, lambda: "Tier 2 Engineers are not" in text_of(screen))

        shown = lines_of(screen)
    told = [line.split("  ")[1].strip() for line in shown[3:14]]
    assert told[-5:] == [
        "User Admin",
        "Global Admin",
        "Cloud Application Admin",
        "Directory Readers",
        "Helpdesk Admin",
    ]
    verdicts = [line[34:50].strip() for line in shown[9:14]]
    assert verdicts == [
        "! not member",
        "? unknown",
        "! not assigned",
        "x not there",
        "+ access",
    ]
    assert shown[14].startswith("─ Helpdesk Administrator ──")
    assert shown[15] == f" {ADELE} > Service Desk > Tier 2 Engineers > M365 GDAP"
    assert "(active, ends in 2" in shown[17]
    assert shown[22].startswith(" ! Who has the roles of Taken over")
    assert len(shown) == 24


async def test_enter_shows_all_about_a_role(tmp_path: Path) -> None:
    async with open_trace(tmp_path, ADELE) as (_, screen, pilot):
        await pilot.press("G", "enter")
        await until(pilot, lambda: "[ Close ]" in text_of(pilot.app.screen))

        assert "was made by Microsoft" in text_of(pilot.app.screen)
        assert screen.found is not None


async def test_two_users_stand_side_by_side(tmp_path: Path) -> None:
    async with open_trace(tmp_path, ADELE, size=(120, 35)) as (house, screen, pilot):
        await pilot.press("o", *ON_CALL, "enter")
        await until(pilot, lambda: "on.call " in lines_of(screen)[2])

        assert " ".join(lines_of(screen)[2].split()) == "Role adele.vance on.call What to do"
        assert "is disabled: none of its roles" in text_of(screen)
        assert house.session.remembered("trace-user-2") == ON_CALL
        helpdesk = next(line for line in lines_of(screen) if "Helpdesk Administrator" in line)
        assert helpdesk.split()[2:] == ["+", "access", "!", "disabled"]
        await pilot.press("o", "ctrl+u", "enter")
        await until(pilot, lambda: "Verdict" in lines_of(screen)[2])


async def test_a_user_who_is_not_there_is_said_so(tmp_path: Path) -> None:
    async with open_trace(tmp_path, ADELE) as (_, screen, pilot):
        await pilot.press("u", "ctrl+u", *"nobody@x", "enter")
        await until(pilot, lambda: "no user nobody@x" in text_of(screen))

        assert screen.table.keys == []


async def test_escape_leaves_the_field_and_then_the_screen(tmp_path: Path) -> None:
    async with open_trace(tmp_path, ADELE) as (_, screen, pilot):
        await pilot.press("u", "x", "escape")
        await pilot.pause()
        assert screen.is_current
        assert screen.users[0] == ADELE
        await pilot.press("escape")
        await pilot.pause()

        assert not screen.is_current


async def test_escape_at_the_first_question_goes_back(tmp_path: Path) -> None:
    async with open_trace(tmp_path) as (_, screen, pilot):
        await until(pilot, lambda: "cipp-service@" in text_of(screen))
        await pilot.press("escape")
        await pilot.pause()

        assert not screen.is_current


async def test_what_fails_is_said_and_reading_again_helps(tmp_path: Path) -> None:
    async with open_trace(tmp_path, ADELE) as (house, screen, pilot):
        down = {"route": "relationships.list", "action": "status", "status": 403}
        house.simulator.faults = Faults.script([down])
        await pilot.press("ctrl+r")
        await until(pilot, lambda: not screen.table.keys and "Reading" not in text_of(screen))
        said = " ".join(text_of(screen).split())
        house.simulator.faults = Faults.none()
        await pilot.press("ctrl+r")
        await until(pilot, lambda: screen.table.keys)

        assert "It could not be traced." in said
        assert "generalException" in said  # the raw code, beside what it means
        assert screen.found is not None
        assert screen.found.users[0].count(Verdict.ACCESS) == 15


async def test_the_trace_is_exported_role_by_role(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    async with open_trace(tmp_path, ADELE) as (_, screen, _pilot):
        table = screen.table_now()

    assert len(table.rows) == 19
    facts = dict(zip(table.heads, table.rows[-1], strict=True))
    assert facts["role"] == "Helpdesk Administrator"
    assert facts["path"] == f"{ADELE} > Service Desk > Tier 2 Engineers > M365 GDAP Helpdesk"


async def test_t_on_a_tenant_opens_its_trace_but_not_on_our_own(tmp_path: Path) -> None:
    async with open_app(tmp_path, tenants=4) as (house, app, pilot):
        while under_cursor(house, app).id != house.world.partner.id:
            await pilot.press("j")
        await pilot.press("t")
        await until(pilot, lambda: "not reached through GDAP" in text_of(app.screen))
        await pilot.press("g")
        await customer(house, app, pilot)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, TraceScreen))
