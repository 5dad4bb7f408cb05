"""Users and groups of the partner tenant, and who is in what.

Source: Graph docs, user, group, directoryObject: memberOf, transitiveMemberOf,
checkMemberGroups, getByIds.
"""

from typing import Final

from cipp_tui.simulator.graph.call import (
    GraphCall,
    Key,
    Reply,
    bad_request,
    denied,
    not_found,
)
from cipp_tui.simulator.graph.endpoints import endpoint
from cipp_tui.simulator.graph.members import GROUP, MEMBER, USER, Member, home_roles
from cipp_tui.simulator.graph.odata import collection, filtered, single
from cipp_tui.simulator.rules import groups_of
from cipp_tui.simulator.world import Group, User

MOST_GROUPS_CHECKED: Final = 20
MOST_IDS: Final = 1000


@endpoint("GET", "me", route="me.get", delegated_only=True)
def get_me(call: GraphCall) -> Reply:
    """Answer the signed-in user."""
    return single(call, USER, _me(call))


@endpoint("GET", "users", route="users.list", cost=2)
def list_users(call: GraphCall) -> Reply:
    """Answer the users of the partner tenant; customers have none here."""
    users = list(call.world.users.values()) if _at_home(call) else []
    return collection(call, USER, filtered(call, USER, users))


@endpoint("GET", "users/{}", route="users.get")
def get_user(call: GraphCall) -> Reply:
    """Answer one user by id or user principal name."""
    return single(call, USER, _user(call, call.keys[0]))


@endpoint(
    "GET", "users/{}/memberOf", "users/{}/memberOf/microsoft.graph.group",
    route="users.member-of", cost=2,
)  # fmt: skip
def list_groups_of_user(call: GraphCall) -> Reply:
    """Answer the groups a user is in directly."""
    return _direct_groups(call, _user(call, call.keys[0]))


@endpoint(
    "GET", "me/memberOf", "me/memberOf/microsoft.graph.group",
    route="me.member-of", cost=2, delegated_only=True,
)  # fmt: skip
def list_my_groups(call: GraphCall) -> Reply:
    """Answer the groups the signed-in user is in directly."""
    return _direct_groups(call, _me(call))


@endpoint(
    "GET", "users/{}/transitiveMemberOf", "users/{}/transitiveMemberOf/microsoft.graph.group",
    route="users.transitive-member-of", cost=2,
)  # fmt: skip
def list_all_groups_of_user(call: GraphCall) -> Reply:
    """Answer the groups a user is in, through other groups too."""
    return _all_groups(call, _user(call, call.keys[0]))


@endpoint(
    "GET", "me/transitiveMemberOf", "me/transitiveMemberOf/microsoft.graph.group",
    route="me.transitive-member-of", cost=2, delegated_only=True,
)  # fmt: skip
def list_all_my_groups(call: GraphCall) -> Reply:
    """Answer the groups the signed-in user is in, through other groups too."""
    return _all_groups(call, _me(call))


@endpoint(
    "POST",
    "users/{}/checkMemberGroups",
    "me/checkMemberGroups",
    route="users.check-member-groups",
    cost=4,
)
def check_member_groups(call: GraphCall) -> Reply:
    """Answer which of at most twenty groups a user is in."""
    user = _user(call, call.keys[0]) if call.keys else _me(call)
    wanted = _ids(call, "groupIds", MOST_GROUPS_CHECKED)
    member_of = groups_of(call.world, user.id)
    context = f"{call.base}/{call.version}/$metadata#Collection(Edm.String)"
    found = [group for group in wanted if group.lower() in member_of]
    return Reply(200, {"@odata.context": context, "value": found})


@endpoint(
    "POST",
    "directoryObjects/getByIds",
    route="directory-objects.get-by-ids",
    cost=5,
)
def get_by_ids(call: GraphCall) -> Reply:
    """Answer the objects with these ids; unknown ones are left out."""
    known: dict[str, Member] = {}
    if _at_home(call):
        known = {**call.world.users, **call.world.groups}
    ids = _ids(call, "ids", MOST_IDS)
    wanted = call.body.get("types") or []
    if not isinstance(wanted, list):
        raise bad_request("A list is required for property 'types'.")
    types = {str(name).lower() for name in wanted}
    found = [
        known[key.lower()]
        for key in ids
        if key.lower() in known
        and (not types or type(known[key.lower()]).__name__.lower() in types)
    ]
    return collection(call, MEMBER, found, default_top=MOST_IDS)


@endpoint("GET", "groups", route="groups.list")
def list_groups(call: GraphCall) -> Reply:
    """Answer the security groups of the partner tenant."""
    groups = list(call.world.groups.values()) if _at_home(call) else []
    return collection(call, GROUP, filtered(call, GROUP, groups))


@endpoint("GET", "groups/{}", route="groups.get")
def get_group(call: GraphCall) -> Reply:
    """Answer one group."""
    return single(call, GROUP, _group(call))


@endpoint("GET", "groups/{}/members", route="groups.members", cost=3)
def list_group_members(call: GraphCall) -> Reply:
    """Answer the direct members of a group."""
    world = call.world
    members: list[Member] = [
        member
        for key in _group(call).members
        if (member := world.users.get(key) or world.groups.get(key)) is not None
    ]
    return collection(call, MEMBER, members)


@endpoint(
    "GET", "groups/{}/memberOf", "groups/{}/memberOf/microsoft.graph.group",
    route="groups.member-of",
)  # fmt: skip
def list_groups_of_group(call: GraphCall) -> Reply:
    """Answer the groups a group is in directly."""
    return _direct_groups(call, _group(call))


def _direct_groups(call: GraphCall, member: User | Group) -> Reply:
    groups: list[Member] = [
        group for group in call.world.groups.values() if member.id in group.members
    ]
    groups += home_roles(call, member)
    return collection(call, MEMBER, filtered(call, MEMBER, groups))


def _all_groups(call: GraphCall, user: User) -> Reply:
    groups: list[Member] = [call.world.groups[key] for key in groups_of(call.world, user.id)]
    groups += home_roles(call, user)
    return collection(call, MEMBER, filtered(call, MEMBER, groups))


def _at_home(call: GraphCall) -> bool:
    return call.tenant is call.world.partner


def _me(call: GraphCall) -> User:
    user = call.caller.user
    if user is None:
        raise bad_request("/me request is only valid with delegated authentication flow.")
    return user


def _user(call: GraphCall, key: Key) -> User:
    wanted = key.value.lower()
    if _at_home(call):
        for user in call.world.users.values():
            if wanted in (user.id, user.upn.lower()):
                return user
    raise not_found(key.value)


def _group(call: GraphCall) -> Group:
    key = call.keys[0].value.lower()
    group = call.world.groups.get(key) if _at_home(call) else None
    if group is None:
        raise not_found(key)
    if not group.readable:
        raise denied()
    return group


def _ids(call: GraphCall, name: str, most: int) -> list[str]:
    ids = call.body.get(name) if isinstance(call.body, dict) else None
    if not isinstance(ids, list) or not all(isinstance(key, str) for key in ids):
        raise bad_request(f"A value is required for property '{name}'.")
    if len(ids) > most:
        raise bad_request(f"Too many items in '{name}'. Max allowed: {most}.")
    return ids
