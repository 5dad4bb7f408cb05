"""GDAP relationships, their access assignments, and the customers behind them.

Source: Graph docs, delegatedAdminRelationship, delegatedAdminAccessAssignment and
delegatedAdminCustomer; application permissions are not supported.
"""

import base64
from typing import Any, Final

from cipp_tui.simulator.context import KeptRelationships
from cipp_tui.simulator.graph.call import GraphCall, Reply, denied, not_found
from cipp_tui.simulator.graph.endpoints import endpoint
from cipp_tui.simulator.graph.odata import (
    GDAP_MAX,
    Shape,
    collection,
    filtered,
    ordered,
    shape,
    single,
)
from cipp_tui.simulator.graph.times import graph_time
from cipp_tui.simulator.ids import derived_guid
from cipp_tui.simulator.world import GroupAccess, Relationship, World

Access = tuple[Relationship, GroupAccess]
Customer = tuple[str, str | None]  # tenant id, name

# Pages of one list come in quick succession; the filtered list is kept so long.
KEPT_S: Final = 5.0


def _etag(*parts: str) -> str:
    stamp = base64.b64encode(f"'{derived_guid(*parts)}'".encode()).decode()
    return f'W/"{stamp}"'


def _customer(relationship: Relationship) -> dict[str, Any] | None:
    if relationship.customer_id is None:
        return None
    return {"tenantId": relationship.customer_id, "displayName": relationship.customer_name}


def _roles(roles: tuple[str, ...]) -> dict[str, Any]:
    return {"unifiedRoles": [{"roleDefinitionId": role} for role in roles]}


def relationship_shape(now: float) -> Shape[Relationship]:
    """Return how relationships look at a moment."""
    return shape(
        "tenantRelationships/delegatedAdminRelationships",
        {
            "id": lambda r: r.id,
            "displayName": lambda r: r.name,
            "duration": lambda r: r.duration,
            "customer": _customer,
            "accessDetails": lambda r: _roles(r.roles),
            "status": lambda r: r.status_at(now),
            "autoExtendDuration": lambda r: r.auto_extend,
            "createdDateTime": lambda r: graph_time(r.created),
            "lastModifiedDateTime": lambda r: graph_time(r.activated or r.created),
            "activatedDateTime": lambda r: graph_time(r.activated),
            "endDateTime": lambda r: graph_time(r.ends),
        },
        {
            "@odata.type": lambda r: (
                "#microsoft.graph.resellerDelegatedAdminRelationship"
                if r.reseller
                else "#microsoft.graph.delegatedAdminRelationship"
            ),
            "@odata.etag": lambda r: _etag(r.id, r.status_at(now), r.auto_extend),
        },
        {
            "customer/tenantId": lambda r: r.customer_id,
            "customer/displayName": lambda r: r.customer_name,
        },
    )


ASSIGNMENT: Final[Shape[Access]] = shape(
    "tenantRelationships/delegatedAdminRelationships/accessAssignments",
    {
        "id": lambda a: derived_guid(a[0].id, a[1].group_id, *a[1].roles),
        "status": lambda a: a[1].status,
        "createdDateTime": lambda a: graph_time(a[0].created),
        "lastModifiedDateTime": lambda a: graph_time(a[0].activated or a[0].created),
        "accessContainer": lambda a: {
            "accessContainerId": a[1].group_id,
            "accessContainerType": "securityGroup",
        },
        "accessDetails": lambda a: _roles(a[1].roles),
    },
    {
        "@odata.type": lambda a: "#microsoft.graph.delegatedAdminAccessAssignment",
        "@odata.etag": lambda a: _etag(a[0].id, a[1].group_id, a[1].status),
    },
)
CUSTOMER: Final[Shape[Customer]] = shape(
    "tenantRelationships/delegatedAdminCustomers",
    {"id": lambda c: c[0], "tenantId": lambda c: c[0], "displayName": lambda c: c[1]},
    {
        "@odata.type": lambda c: "#microsoft.graph.delegatedAdminCustomer",
        "@odata.etag": lambda c: _etag("customer", c[0]),
    },
)


@endpoint(
    "GET",
    "tenantRelationships/delegatedAdminRelationships",
    route="relationships.list",
    home_only=True,
)
def list_relationships(call: GraphCall) -> Reply:
    """Answer the partner's relationships, at most 300 a page."""
    form = relationship_shape(call.now)
    return collection(call, form, _filtered(call, form), max_top=GDAP_MAX)


@endpoint(
    "GET",
    "tenantRelationships/delegatedAdminRelationships/{}",
    route="relationships.get",
    home_only=True,
)
def get_relationship(call: GraphCall) -> Reply:
    """Answer one relationship."""
    return single(call, relationship_shape(call.now), _relationship(call))


@endpoint(
    "GET",
    "tenantRelationships/delegatedAdminRelationships/{}/accessAssignments",
    route="access-assignments.list",
    home_only=True,
)
def list_access_assignments(call: GraphCall) -> Reply:
    """Answer which partner group has which roles of a relationship."""
    relationship = _relationship(call)
    if not relationship.access_readable:
        raise denied()
    rows: list[Access] = [(relationship, access) for access in relationship.access]
    return collection(call, ASSIGNMENT, filtered(call, ASSIGNMENT, rows), max_top=GDAP_MAX)


@endpoint(
    "GET",
    "tenantRelationships/delegatedAdminCustomers",
    route="delegated-customers.list",
    home_only=True,
)
def list_customers(call: GraphCall) -> Reply:
    """Answer the customers of any relationship, whatever its status."""
    rows = filtered(call, CUSTOMER, _customers(call.world))
    return collection(call, CUSTOMER, ordered(call, CUSTOMER, rows), max_top=GDAP_MAX)


def _filtered(call: GraphCall, form: Shape[Relationship]) -> list[Relationship]:
    world = call.world
    key = (world.version, call.query.get("$filter", ""), call.query.get("$orderby", ""))
    kept = call.context.kept_relationships
    if kept is None or kept.key != key or not kept.since <= call.now < kept.since + KEPT_S:
        found = ordered(call, form, filtered(call, form, world.relationships.values()))
        kept = call.context.kept_relationships = KeptRelationships(key, call.now, found)
    return kept.found


def _relationship(call: GraphCall) -> Relationship:
    key = call.keys[0].value
    relationship = call.world.relationships.get(key.lower())
    if relationship is None:
        raise not_found(key)
    return relationship


def _customers(world: World) -> list[Customer]:
    return list(
        {
            r.customer_id: (r.customer_id, r.customer_name)
            for r in world.relationships.values()
            if r.customer_id is not None
        }.values()
    )
