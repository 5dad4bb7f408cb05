"""Foreign JSON that only a GDAP trace reads: users, directory objects, names of roles."""

from pydantic import Field

from cipp_tui.api.wire import Clean, Foreign, Guid


class UserObject(Foreign):
    """Source: Graph, user resource type."""

    id: Guid
    name: Clean = Field(default="", alias="displayName")
    upn: Clean = Field(default="", alias="userPrincipalName")
    enabled: bool | None = Field(default=None, alias="accountEnabled")
    type: str | None = Field(default=None, alias="userType")


class DirectoryObject(Foreign):
    """An element of memberOf. Source: Graph, directoryObject and group resource types."""

    id: Guid
    type: str = Field(default="", alias="@odata.type")
    name: Clean = Field(default="", alias="displayName")  # null where only the id may be seen
    role_assignable: bool | None = Field(default=None, alias="isAssignableToRole")


class RoleTemplate(Foreign):
    """Source: Graph, directoryRoleTemplate resource type."""

    id: Guid
    name: Clean = Field(default="", alias="displayName")
