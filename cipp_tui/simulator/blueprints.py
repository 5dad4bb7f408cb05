"""What the application holds in a tenant before anybody changes anything."""

from functools import cache
from typing import Final

from cipp_tui.simulator.catalogue import DEFENDER, customer_resources, resource_applications
from cipp_tui.simulator.directory import Blueprint
from cipp_tui.simulator.directory_roles import COMPLIANCE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR

REPORTS: Final = "507bc9da-c4e2-40cb-96a7-ac90df92685c"
LICENSE_MANAGER: Final = "aeb86249-8ea3-49e2-900b-54cc8e308f85"
MODERN_WORKPLACE: Final = "c9d36ed4-91b3-4c87-b8d7-68d92826c96c"
# Resources a tenant that nobody has set up does not have yet.
OFTEN_MISSING: Final = frozenset({REPORTS, LICENSE_MANAGER, MODERN_WORKPLACE, DEFENDER})


@cache
def up_to_date() -> Blueprint:
    """Return a tenant with the whole wanted set."""
    return Blueprint(
        resources=frozenset(resource.app_id for resource in customer_resources()),
        consented=True,
        roles={r.app_id: r.wanted_roles for r in customer_resources() if r.wanted_roles},
        scopes={
            r.app_id: " ".join(r.wanted_scopes) for r in customer_resources() if r.wanted_scopes
        },
        own_directory_roles=(COMPLIANCE_ADMINISTRATOR,),
        active_directory_roles=(GLOBAL_ADMINISTRATOR, COMPLIANCE_ADMINISTRATOR),
    )


@cache
def never_consented() -> Blueprint:
    """Return a tenant the application has never been in."""
    resources = frozenset(resource.app_id for resource in customer_resources())
    return Blueprint(
        resources=resources - OFTEN_MISSING, active_directory_roles=(GLOBAL_ADMINISTRATOR,)
    )


@cache
def partner() -> Blueprint:
    """Return the partner's own tenant, where every resource is consented."""
    return Blueprint(
        resources=frozenset(resource_applications()),
        consented=True,
        roles={r.app_id: r.wanted_roles for r in resource_applications().values()},
        scopes={
            r.app_id: " ".join(r.wanted_scopes)
            for r in resource_applications().values()
            if r.wanted_scopes
        },
        active_directory_roles=(GLOBAL_ADMINISTRATOR,),
    )
