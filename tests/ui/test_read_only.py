"""No key of a read-only screen sends anything that changes a tenant, also while one is owed."""

from pathlib import Path

from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.tenants import TenantsScreen
from cipp_tui.widgets.actions import SPECS
from tests.contract.lab import changes_in, owe
from tests.support import HurriedClock, simulator_for
from tests.ui.support import open_app, screen_of


async def test_no_key_changes_anything_while_access_is_owed(tmp_path: Path) -> None:
    world = simulator_for(HurriedClock(), tenants=3, up_to_date=1.0).world
    owed = next(one for one in world.tenants.values() if one is not world.partner)
    await owe(tmp_path / "state.db", TenantId(owed.id), owed.name)

    async with open_app(tmp_path, tenants=3, read_only=True) as (house, app, pilot):
        assert [row.id for row in house.session.owed] == [owed.id]
        for spec in [one for one in SPECS if one.writes or one.action is not None]:
            await pilot.press(spec.key, "enter", "y")
            while not isinstance(app.screen, TenantsScreen):
                await pilot.press("escape")
        await pilot.pause()

        assert changes_in(house.simulator) == []
        assert [row.id for row in house.session.owed] == [owed.id]
        assert screen_of(app).is_current
        told = " ".join(message.text for message in house.session.news.all)
        assert "read-only and sends nothing" in told
