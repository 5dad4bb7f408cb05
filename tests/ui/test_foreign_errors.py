"""Something foreign is raised behind the screen: it stays, and says what it met."""

from pathlib import Path

import pytest

from cipp_tui.app import CippTui
from cipp_tui.widgets.looks import Looks
from tests.support import HurriedClock, running_house, simulator_for
from tests.ui.host import until

CANARY = "words-that-nobody-reads"


class Odd(Exception):
    """No part of the program knows it."""


@pytest.mark.parametrize(
    "seam",
    [
        "cipp_tui.api.direct.DirectBackend.signed_in",
        "cipp_tui.api.token_store.MemoryTokenStore.load",
        "cipp_tui.api.http.HttpClient._request",
        "cipp_tui.api.transport.Connections.handle_async_request",
        "cipp_tui.api.http.bounded_body",
        "msal.ConfidentialClientApplication.acquire_token_by_refresh_token",
        "cipp_tui.services.fleet.Fleet.judge_by",
    ],
)
async def test_the_screen_stays_and_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seam: str
) -> None:
    def fails(*_: object, **__: object) -> object:
        raise Odd(CANARY)

    monkeypatch.setattr(seam, fails)
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock, ready=False) as house:
        app = CippTui(house.session, looks=Looks())
        async with app.run_test(size=(100, 30)) as pilot:
            news = house.session.news
            await until(pilot, lambda: any("Odd" in message.text for message in news.all))
            await pilot.press("F")
            await pilot.pause()
            told = " ".join(message.text for message in news.all)
            assert CANARY not in told
            assert app.is_running

    assert app.return_code in (None, 0)
