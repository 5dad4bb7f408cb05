"""The resource applications and the permissions they publish, as facts shared by every tenant.

The wanted set lies in `permissions.tsv`; a few more permissions exist that nobody wants.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Final

from cipp_tui.simulator.ids import derived_guid

GRAPH: Final = "00000003-0000-0000-c000-000000000000"
EXCHANGE: Final = "00000002-0000-0ff1-ce00-000000000000"
SHAREPOINT: Final = "00000003-0000-0ff1-ce00-000000000000"
DEFENDER: Final = "fc780465-2017-40d4-a0c5-307022471b92"
PARTNER_CENTER: Final = "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd"
MICROSOFT_SERVICES_TENANT: Final = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"

# Permissions Graph publishes that are not part of the wanted set.
UNWANTED_GRAPH_SCOPES: Final = (
    "Bookings.Read.All",
    "Calendars.Read",
    "Family.Read",
    "Financials.ReadWrite.All",
    "Notes.Read",
    "ShortNotes.Read",
    "Application.Read.All",
    "Directory.Read.All",
    "Mail.Read",
    "User.Read.All",
    "email",
)
UNWANTED_GRAPH_ROLES: Final = ("Bookings.Read.All", "Notes.Read.All", "ShortNotes.Read.All")

# Identifiers by which a token request may name a resource.
AUDIENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "https://graph.microsoft.com": GRAPH,
        "https://api.partnercenter.microsoft.com": PARTNER_CENTER,
        "https://outlook.office365.com": EXCHANGE,
        "https://outlook.office.com": EXCHANGE,
        "https://api.securitycenter.microsoft.com": DEFENDER,
    }
)


@dataclass(frozen=True, slots=True)
class ResourceApplication:
    """A first-party application whose permissions can be granted."""

    app_id: str
    name: str
    roles: Mapping[str, str]  # permission id -> value, all that it publishes
    scopes: Mapping[str, str]
    wanted_roles: frozenset[str]  # permission ids
    wanted_scopes: tuple[str, ...]  # values, in the order of the list

    @property
    def audience(self) -> str:
        """The `aud` claim of tokens for this resource."""
        return _AUDIENCE_OF.get(self.app_id, self.app_id)


_AUDIENCE_OF: Final[dict[str, str]] = {
    app_id: audience for audience, app_id in reversed(list(AUDIENCES.items()))
}


@functools.cache
def resource_applications() -> Mapping[str, ResourceApplication]:
    """Return every resource application by its app id."""
    rows = [line.split("\t") for line in _table().splitlines()[1:] if line]
    names = {row[0]: row[1] for row in rows}
    return MappingProxyType({app_id: _resource(app_id, names[app_id], rows) for app_id in names})


@functools.cache
def customer_resources() -> tuple[ResourceApplication, ...]:
    """Return the resources consented in customers: every one but Partner Center.

    Source: Partner Center, Control Panel Vendor APIs.
    """
    return tuple(r for r in resource_applications().values() if r.app_id != PARTNER_CENTER)


def _table() -> str:
    return (resources.files("cipp_tui.simulator") / "permissions.tsv").read_text("utf-8")


def _resource(app_id: str, name: str, rows: list[list[str]]) -> ResourceApplication:
    roles = {row[3]: row[4] for row in rows if row[0] == app_id and row[2] == "Role"}
    # Eight unpublished scopes are known by name only; their ids are made up.
    scopes = {
        row[3] or derived_guid(app_id, row[4]): row[4]
        for row in rows
        if row[0] == app_id and row[2] == "Scope"
    }
    more_roles, more_scopes = _unwanted(app_id)
    return ResourceApplication(
        app_id=app_id,
        name=name,
        roles=MappingProxyType(roles | more_roles),
        scopes=MappingProxyType(scopes | more_scopes),
        wanted_roles=frozenset(roles),
        wanted_scopes=tuple(scopes.values()),
    )


def _unwanted(app_id: str) -> tuple[dict[str, str], dict[str, str]]:
    if app_id != GRAPH:
        return {}, {}
    roles = {derived_guid(app_id, "Role", value): value for value in UNWANTED_GRAPH_ROLES}
    scopes = {derived_guid(app_id, "Scope", value): value for value in UNWANTED_GRAPH_SCOPES}
    return roles, scopes
