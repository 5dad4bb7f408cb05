"""Which permissions open which part of Graph.

Source: Graph docs, permissions tables of the calls; Directory.* covers directory objects.
"""

from typing import Final

READ_APPLICATIONS: Final = frozenset(
    {
        "Application.Read.All",
        "Application.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    }
)
WRITE_APPLICATIONS: Final = frozenset({"Application.ReadWrite.All", "Directory.ReadWrite.All"})
READ_APP_ROLES: Final = READ_APPLICATIONS | {"AppRoleAssignment.ReadWrite.All"}
WRITE_APP_ROLES: Final = frozenset({"AppRoleAssignment.ReadWrite.All"})
READ_GRANTS: Final = frozenset(
    {
        "DelegatedPermissionGrant.Read.All",
        "DelegatedPermissionGrant.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    }
)
WRITE_GRANTS: Final = frozenset(
    {"DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"}
)
READ_DIRECTORY: Final = frozenset({"Directory.Read.All", "Directory.ReadWrite.All"})
READ_DOMAINS: Final = READ_DIRECTORY | {"Domain.Read.All", "Domain.ReadWrite.All"}
READ_ROLES: Final = READ_DIRECTORY | {
    "RoleManagement.Read.All",
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
}
WRITE_ROLES: Final = frozenset({"RoleManagement.ReadWrite.Directory"})
READ_GROUPS: Final = READ_DIRECTORY | {
    "Group.Read.All",
    "Group.ReadWrite.All",
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
}
READ_USERS: Final = READ_DIRECTORY | {"User.Read.All", "User.ReadWrite.All"}
READ_RELATIONSHIPS: Final = frozenset(
    {"DelegatedAdminRelationship.Read.All", "DelegatedAdminRelationship.ReadWrite.All"}
)
READ_TENANT_INFORMATION: Final = READ_DIRECTORY | {"CrossTenantInformation.ReadBasic.All"}
