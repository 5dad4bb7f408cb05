"""Dialogs that ask the session: reset, force refresh, sign-in. Against the simulated services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Action
from cipp_tui.screens.dialog import Choice, Field
from cipp_tui.screens.force_refresh import ForceRefreshChoice, ForceRefreshSheet
from cipp_tui.screens.reset import ResetSheet
from cipp_tui.screens.sign_in import SignInSheet
from cipp_tui.services.session import Session
from cipp_tui.services.suits import Selection, select
from cipp_tui.services.views import SignInState
from cipp_tui.simulator import Faults
from cipp_tui.simulator.plant import plant
from tests.support import House, HurriedClock, running_house, simulator_for
from tests.ui.host import Host, listening, rows, text_of, until


@asynccontextmanager
async def small_house(
    folder: Path, *, tenants: int = 6, planted: tuple[str, ...] = ()
) -> AsyncIterator[tuple[House, HurriedClock]]:
    """A few customers in order, the first of them with these troubles."""
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=tenants, up_to_date=1.0)
    partner = simulator.world.partner.id
    customers = sorted(tenant for tenant in simulator.world.tenants if tenant != partner)
    for tenant, cause in zip(customers, planted, strict=False):
        plant(simulator.world, tenant, cause)
    async with running_house(folder, simulator, clock=clock) as house:
        await house.read_list()
        yield house, clock


def customers(session: Session, count: int) -> list[TenantRow]:
    found = select(session.fleet.rows(), Action.RESET).taken
    return sorted(found, key=lambda row: row.id)[:count]


def choose(session: Session, count: int) -> Selection:
    return select(customers(session, count), Action.RESET)


def typed(text: str) -> list[str]:
    return ["space" if sign == " " else "full_stop" if sign == "." else sign for sign in text]


def checked(pilot: Pilot[None]) -> bool:
    sheet = pilot.app.screen
    assert isinstance(sheet, ResetSheet)
    return not sheet.checking


async def test_reset_shows_what_it_takes_and_gives_and_what_was_checked(tmp_path: Path) -> None:
    async with small_house(tmp_path) as (house, clock):
        app = Host(ResetSheet(house.session, choose(house.session, 1)))
        async with app.run_test(size=(80, 24)) as pilot:
            await listening(pilot, clock)
            await until(pilot, lambda: "reading…" not in text_of(app.screen))
            await until(pilot, lambda: checked(pilot))

            text = text_of(app.screen)
    assert "Taken away  consent, service principal," in text
    assert "permissions of the partner app, verified by reading" in text
    assert "+ Partner Center answers" in text
    assert "If this program dies half-way, access is given back at the next start." in text


@pytest.mark.parametrize("what", ["domain", "name", "DOMAIN"])
async def test_reset_of_one_takes_its_domain_or_its_name(tmp_path: Path, what: str) -> None:
    async with small_house(tmp_path) as (house, clock):
        selection = choose(house.session, 1)
        tenant = selection.taken[0].tenant
        domain = tenant.default_domain or ""
        text = {"domain": domain, "name": tenant.name, "DOMAIN": f" {domain.upper()} "}[what]
        app = Host(ResetSheet(house.session, selection))
        async with app.run_test(size=(80, 24)) as pilot:
            await listening(pilot, clock)
            await until(pilot, lambda: checked(pilot))
            app.screen.query_one("#typed", Field).value = text
            await pilot.press("enter")
            await pilot.pause()

            assert app.answer == (tenant.id,)


async def test_enter_alone_or_the_wrong_name_never_resets(tmp_path: Path) -> None:
    async with small_house(tmp_path) as (house, clock):
        app = Host(ResetSheet(house.session, choose(house.session, 1)))
        async with app.run_test(size=(80, 24)) as pilot:
            await listening(pilot, clock)
            await until(pilot, lambda: checked(pilot))
            await pilot.press("enter", *typed("contoso.co"), "enter", "y", "enter")
            await pilot.pause()

            assert app.answers == []
            assert app.screen.query_one("#yes", Choice).disabled
            await pilot.press("escape")
            await pilot.pause()
            assert app.answer is None


async def test_reset_stays_off_while_it_is_checked(tmp_path: Path) -> None:
    async with small_house(tmp_path) as (house, clock):
        house.simulator.faults = Faults.script([{"action": "slow", "seconds": 2}])
        selection = choose(house.session, 1)
        app = Host(ResetSheet(house.session, selection))
        async with app.run_test(size=(80, 24)) as pilot:
            await listening(pilot, clock)
            app.screen.query_one("#typed", Field).value = selection.taken[0].tenant.name
            await pilot.press("enter")

            assert app.answers == []
            assert app.screen.query_one("#yes", Choice).disabled
            assert "Checked     checking…" in text_of(app.screen)


@pytest.mark.parametrize("cause", ["role-cannot-consent", "partner-center-down"])
async def test_a_failed_check_cannot_be_typed_away(tmp_path: Path, cause: str) -> None:
    async with small_house(tmp_path, planted=(cause,)) as (house, clock):
        selection = choose(house.session, 1)
        app = Host(ResetSheet(house.session, selection))
        async with app.run_test(size=(80, 24)) as pilot:
            await listening(pilot, clock)
            await until(pilot, lambda: checked(pilot))
            await pilot.pause()
            app.screen.query_one("#typed", Field).value = selection.taken[0].tenant.name
            await pilot.pause()

            assert app.screen.query_one("#yes", Choice).disabled
            assert app.screen.focused is app.screen.query_one("#cancel")
            assert "It is not reset: access could not be given back." in text_of(app.screen)


async def test_reset_of_several_leaves_out_whoever_could_not_be_given_back(tmp_path: Path) -> None:
    async with small_house(tmp_path, planted=("role-cannot-consent",)) as (house, clock):
        selection = choose(house.session, 4)
        app = Host(ResetSheet(house.session, selection))
        async with app.run_test(size=(140, 45)) as pilot:
            await listening(pilot, clock)
            await until(pilot, lambda: checked(pilot))
            await pilot.pause()
            text = text_of(app.screen)
            await pilot.press(*typed("reset 4"), "enter")
            assert app.answers == []
            app.screen.query_one("#typed", Field).value = ""
            await pilot.press(*typed("Reset 3"), "enter")
            await pilot.pause()

            assert app.answer == tuple(row.id for row in selection.taken[1:])
    assert "x left out" in text
    assert "Type  reset 3  to go on:" in text
    assert "alone. Only when it is verified do the other 2 follow" in text


async def test_more_than_fifty_cannot_be_reset_in_one_go(tmp_path: Path) -> None:
    async with small_house(tmp_path) as (house, clock):
        app = Host(ResetSheet(house.session, Selection(rows(51), ())))
        async with app.run_test(size=(80, 24)) as pilot:
            await listening(pilot, clock)
            assert "At most 50 tenants" in text_of(app.screen)
            await pilot.press("enter")
            await pilot.pause()

            assert app.answer is None


async def test_reading_everything_again_is_two_keys_from_cancel(tmp_path: Path) -> None:
    async with small_house(tmp_path) as (house, clock):
        app = Host(ForceRefreshSheet(house.session))
        async with app.run_test(size=(80, 24)) as pilot:
            await listening(pilot, clock)
            assert "Last full read: today" in text_of(app.screen)
            await pilot.press("tab", "enter")
            await pilot.pause()

            assert app.answer == ForceRefreshChoice("all")


async def test_one_tenant_is_looked_up_while_it_is_typed(tmp_path: Path) -> None:
    async with small_house(tmp_path) as (house, clock):
        tenant = customers(house.session, 1)[0].tenant
        app = Host(ForceRefreshSheet(house.session))
        async with app.run_test(size=(80, 24)) as pilot:
            await listening(pilot, clock)
            field = app.screen.query_one("#tenant", Field)
            field.focus()
            field.value = tenant.default_domain or ""
            await pilot.pause()
            assert tenant.name in text_of(app.screen)
            await pilot.press("enter")
            await pilot.pause()

            assert app.answer == ForceRefreshChoice("one", tenant.id)


async def test_an_unknown_tenant_is_allowed_and_said(tmp_path: Path) -> None:
    async with small_house(tmp_path) as (house, clock):
        app = Host(ForceRefreshSheet(house.session))
        async with app.run_test(size=(80, 24)) as pilot:
            await listening(pilot, clock)
            field = app.screen.query_one("#tenant", Field)
            field.focus()
            field.value = "not a domain"
            await pilot.press("enter")
            assert app.answers == []
            field.value = "elsewhere.example"
            await pilot.pause()
            assert "not in the list" in text_of(app.screen)
            await pilot.press("enter")
            await pilot.pause()

            assert app.answer == ForceRefreshChoice("one", "elsewhere.example")


@asynccontextmanager
async def strangers_house(folder: Path) -> AsyncIterator[tuple[House, HurriedClock]]:
    """Nobody is signed in."""
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(
        folder, simulator, clock=clock, signed_in=False, public_client=True, ready=False
    ) as house:
        yield house, clock


async def test_signing_in_closes_the_sheet_by_itself(tmp_path: Path) -> None:
    async with strangers_house(tmp_path) as (house, _):
        app = Host(SignInSheet(house.session))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "Enter this code" in text_of(app.screen))
            assert "cipp-tui login lab" in text_of(app.screen)
            house.simulator.approve_device_codes()
            await until(pilot, lambda: app.answers)

            assert app.answer is True
            assert house.session.signing.state is SignInState.SIGNED_IN


async def test_a_declined_code_is_told_and_a_new_one_offered(tmp_path: Path) -> None:
    async with strangers_house(tmp_path) as (house, clock):
        app = Host(SignInSheet(house.session))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "Enter this code" in text_of(app.screen))
            house.simulator.decline_device_codes()
            await until(pilot, lambda: "No code is waiting" in text_of(app.screen))
            await listening(pilot, clock)
            assert app.screen.focused is app.screen.query_one("#again")
            await pilot.press("enter")

            await until(pilot, lambda: "Enter this code" in text_of(app.screen))


async def test_cancelling_gives_the_sign_in_up(tmp_path: Path) -> None:
    async with strangers_house(tmp_path) as (house, clock):
        app = Host(SignInSheet(house.session))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "Enter this code" in text_of(app.screen))
            await listening(pilot, clock)
            await pilot.press("escape")
            await pilot.pause()

            assert app.answer is False
            assert house.session.signing.state is SignInState.NEEDED


def test_tenant_ids_are_what_the_sheet_takes() -> None:
    from cipp_tui.screens.force_refresh import looks_like_a_tenant

    assert looks_like_a_tenant("9B895D92-2cd3-44c7-9d02-a6ac2d5ea5c3")
    assert looks_like_a_tenant("contoso.onmicrosoft.com")
    assert not looks_like_a_tenant("contoso")
    assert not looks_like_a_tenant("https://contoso.com")
