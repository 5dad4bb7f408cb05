"""The sign-in sheet with a browser: the address, what is pasted, and the way between the two."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from textual import events
from textual.pilot import Pilot

from cipp_tui.screens.dialog import Field
from cipp_tui.screens.sign_in import SignInSheet
from cipp_tui.services.views import SignInState
from cipp_tui.simulator import Knobs
from tests.support import House, PatientClock, running_house, simulator_for
from tests.ui.host import Host, listening, text_of, until


@asynccontextmanager
async def sheet(
    folder: Path, monkeypatch: pytest.MonkeyPatch, knobs: Knobs | None = None
) -> AsyncIterator[tuple[House, Host[bool], Pilot[None]]]:
    """The sheet over SSH, where nobody is signed in, with its code on it."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    clock = PatientClock()
    simulator = simulator_for(clock, tenants=2, up_to_date=1.0, knobs=knobs)
    simulator.world.application.redirect_platform = "publicClient"
    async with running_house(
        folder, simulator, clock=clock, signed_in=False, public_client=True, ready=False
    ) as house:
        app: Host[bool] = Host(SignInSheet(house.session))
        async with app.run_test(size=(100, 40)) as pilot:
            await until(pilot, lambda: "Enter this code" in text_of(app.screen))
            await listening(pilot, clock)
            yield house, app, pilot


def address_of(app: Host[bool]) -> str:
    assert isinstance(app.shown, SignInSheet)
    assert app.shown.visit is not None
    return app.shown.visit.address


async def ended_on(address: str) -> str:
    async with httpx.AsyncClient(trust_env=False) as browser:
        return (await browser.get(address)).headers["Location"]


async def with_browser(app: Host[bool], pilot: Pilot[None]) -> None:
    await pilot.press("b")
    # Of these the one is said last, when the focus is where it stays; either may be painted first.
    said = ("Waiting for the browser", "paste its whole address here")
    await until(pilot, lambda: all(words in text_of(app.screen) for words in said))


@pytest.mark.parametrize("focus", ["#cancel", "#pasted"])
async def test_what_is_pasted_signs_in_wherever_the_focus_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, focus: str
) -> None:
    async with sheet(tmp_path, monkeypatch) as (house, app, pilot):
        await with_browser(app, pilot)
        assert "http://localhost:" in text_of(app.screen)
        app.screen.query_one(focus).focus()
        await until(pilot, lambda: app.screen.focused is app.screen.query_one(focus))

        field = app.screen.query_one("#pasted", Field)
        app.post_message(events.Paste(await ended_on(address_of(app))))
        if focus == "#pasted":
            await until(pilot, lambda: field.value)
            await pilot.press("enter")
        await until(pilot, lambda: app.answers)

        assert app.answer is True
        assert house.session.signing.state is SignInState.SIGNED_IN


async def test_rubbish_that_is_pasted_is_told_and_the_sheet_waits_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sheet(tmp_path, monkeypatch) as (house, app, pilot):
        await with_browser(app, pilot)

        app.post_message(events.Paste("rubbish\x1b[31m"))
        await until(pilot, lambda: "not the address the browser ended on" in text_of(app.screen))

        assert house.session.signing.state is SignInState.PENDING
        assert not app.answers


async def test_the_browser_may_come_back_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sheet(tmp_path, monkeypatch) as (_, app, pilot):
        await with_browser(app, pilot)
        async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as browser:
            assert (await browser.get(address_of(app))).status_code == 200

        await until(pilot, lambda: app.answers)

        assert app.answer is True


async def test_one_way_at_a_time_and_back_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sheet(tmp_path, monkeypatch) as (house, app, pilot):
        await with_browser(app, pilot)
        port = urlsplit(await ended_on(address_of(app))).port
        await pilot.press("d")
        await until(pilot, lambda: "Enter this code" in text_of(app.screen))

        async with httpx.AsyncClient(trust_env=False) as browser:
            with pytest.raises(httpx.ConnectError):
                await browser.get(f"http://127.0.0.1:{port}/")
        assert not app.screen.query_one("#pasted").display
        app.post_message(events.Paste("http://localhost:1/?code=a&state=b"))
        await pilot.pause()
        assert "address" not in str(app.screen.query_one("#copied").render())
        assert house.session.signing.state is SignInState.PENDING


async def test_a_refusal_offers_to_begin_anew_and_escape_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sheet(tmp_path, monkeypatch, Knobs(browser_sign_in="declined")) as (
        house,
        app,
        pilot,
    ):
        await with_browser(app, pilot)
        app.post_message(events.Paste(await ended_on(address_of(app))))
        await until(pilot, lambda: "Begin anew" in text_of(app.screen))
        text = text_of(app.screen)

        await pilot.press("escape")
        await pilot.pause()

        assert "No browser is waited for" in text
        assert "declined" in text
        assert app.answer is False
        assert house.session.signing.state is SignInState.NEEDED
