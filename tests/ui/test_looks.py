"""Looks, held as pictures: `pytest tests/ui/test_looks.py --snapshot-update` takes them anew."""

from collections.abc import Callable

import pytest

from cipp_tui.domain.jobs import Action
from cipp_tui.screens.bulk import BulkSheet
from cipp_tui.screens.first_run import FirstRunApp
from cipp_tui.screens.help import HelpScreen
from cipp_tui.screens.remove import RemoveSheet
from cipp_tui.services.suits import select
from cipp_tui.widgets.action_lookup import specs_of
from cipp_tui.widgets.action_spec import Place
from tests.ui.host import Host, StillClock, rows
from tests.ui.test_fleet_table import TableApp

Compare = Callable[..., bool]
SIZES = [(80, 24), (140, 45)]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_table_looks_as_before(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(TableApp(60), press=["j", "j"], terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_sheet_for_many_looks_as_before(snap_compare: Compare, size: tuple[int, int]) -> None:
    sheet = BulkSheet(
        "Exclude",
        select(rows(10), Action.EXCLUDE),
        type_number=False,
        reason=True,
        reason_required=False,
        clock=StillClock(),
    )

    assert snap_compare(Host(sheet), terminal_size=size)


def test_the_sheet_for_removing_looks_as_before(snap_compare: Compare) -> None:
    sheet = RemoveSheet(select(rows(1), Action.REMOVE), clock=StillClock())

    assert snap_compare(Host(sheet), terminal_size=(80, 24))


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_help_looks_as_before(snap_compare: Compare, size: tuple[int, int]) -> None:
    specs = specs_of(Place.ANY, Place.TABLE, Place.TENANTS)
    screen = HelpScreen("Tenants", specs, {"tenant.reset": "read-only"}, clock=StillClock())

    assert snap_compare(Host(screen), terminal_size=size)


def test_the_first_start_looks_as_before(snap_compare: Compare) -> None:
    assert snap_compare(FirstRunApp("config.toml"), terminal_size=(80, 24))
