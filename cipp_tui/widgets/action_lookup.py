"""Finding actions in the table: by id, by where they work, by heading."""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from cipp_tui.widgets.action_spec import ActionSpec, Group, Place
from cipp_tui.widgets.actions import SPECS

BY_ID: Final = MappingProxyType({spec.id: spec for spec in SPECS})
"""Every spec by its id."""

TENANTS_PLACES: Final = (Place.ANY, Place.TABLE, Place.TENANTS, Place.PANEL)
"""Whose keys work on the Tenants screen."""


def specs_of(*places: Place) -> tuple[ActionSpec, ...]:
    """The specs of these places, in the order of the table."""
    return tuple(spec for spec in SPECS if spec.place in places)


def by_group(specs: Iterable[ActionSpec]) -> dict[Group, list[ActionSpec]]:
    """The specs under their headings; empty headings are left out."""
    found: dict[Group, list[ActionSpec]] = {}
    for group in Group:
        if members := [spec for spec in specs if spec.group is group]:
            found[group] = members
    return found
