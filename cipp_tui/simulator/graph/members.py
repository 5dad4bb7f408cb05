"""How users, groups and roles at home look on the wire, alone and among each other.

Source: Graph docs, user, group and directoryRole resource types.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cipp_tui.simulator.directory_roles import ROLE_NAMES
from cipp_tui.simulator.graph.call import GraphCall
from cipp_tui.simulator.graph.odata import Shape, shape
from cipp_tui.simulator.ids import derived_guid
from cipp_tui.simulator.world import Group, User

USER: Final[Shape[User]] = shape(
    "users",
    {
        "businessPhones": lambda u: [],
        "displayName": lambda u: u.name,
        "givenName": lambda u: None,
        "jobTitle": lambda u: None,
        "mail": lambda u: u.upn,
        "mobilePhone": lambda u: None,
        "officeLocation": lambda u: None,
        "preferredLanguage": lambda u: None,
        "surname": lambda u: None,
        "userPrincipalName": lambda u: u.upn,
        "id": lambda u: u.id,
        "accountEnabled": lambda u: u.enabled,
        "userType": lambda u: "Guest" if u.guest else "Member",
    },
)
GROUP: Final[Shape[Group]] = shape(
    "groups",
    {
        "id": lambda g: g.id,
        "deletedDateTime": lambda g: None,
        "description": lambda g: None,
        "displayName": lambda g: g.name,
        "groupTypes": lambda g: [],
        "isAssignableToRole": lambda g: g.role_assignable,
        "mail": lambda g: None,
        "mailEnabled": lambda g: False,
        "mailNickname": lambda g: g.id[:8],
        "securityEnabled": lambda g: True,
    },
)


@dataclass(frozen=True, slots=True)
class HomeRole:
    """A directory role a user has in the partner tenant: memberOf lists it among the groups."""

    id: str
    name: str


HOME_ROLE: Final[Shape[HomeRole]] = shape(
    "directoryRoles", {"id": lambda r: r.id, "displayName": lambda r: r.name}
)
Member = User | Group | HomeRole
_TYPES: Final = {
    User: "#microsoft.graph.user",
    Group: "#microsoft.graph.group",
    HomeRole: "#microsoft.graph.directoryRole",
}
_FORMS: Final[dict[type[Member], Shape[Any]]] = {User: USER, Group: GROUP, HomeRole: HOME_ROLE}
_MEMBER_FIELDS: Final = (
    "id",
    "displayName",
    "userPrincipalName",
    "mail",
    "accountEnabled",
    "securityEnabled",
    "isAssignableToRole",
)


def _property(member: Member, name: str) -> Any:
    if isinstance(member, Group) and not member.readable and name != "id":
        return None
    field = _FORMS[type(member)].fields.get(name)
    return field(member) if field else None


def _reader(name: str) -> Callable[[Member], Any]:
    return lambda member: _property(member, name)


MEMBER: Final[Shape[Member]] = shape(
    "directoryObjects",
    {name: _reader(name) for name in _MEMBER_FIELDS},
    {"@odata.type": lambda m: _TYPES[type(m)]},
)


def home_roles(call: GraphCall, member: User | Group) -> list[Member]:
    """Return the directory roles of a user, unless only groups are asked for."""
    if isinstance(member, Group) or call.path.endswith("/microsoft.graph.group"):
        return []
    home = call.world.partner.id
    return [HomeRole(derived_guid(home, r), ROLE_NAMES[r]) for r in sorted(member.home_roles)]
