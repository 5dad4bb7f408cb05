"""Foreign JSON as the documents give it. Slim on purpose: fields that nobody uses are not read."""

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from typing_extensions import TypedDict

from cipp_tui.domain.clock import bounded
from cipp_tui.domain.tenants import tenant_id
from cipp_tui.domain.text import clean

Clean = Annotated[str, BeforeValidator(clean)]
"""Text for people: control characters and direction overrides are made visible on the way in."""


def _or_empty(value: object) -> object:
    """Collections that a service leaves null are empty ones."""
    return [] if value is None else value


Moment = Annotated[
    datetime | None, AfterValidator(lambda found: bounded(found) if found is not None else None)
]
_SEGMENT: Final = r"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}$"
Ident = Annotated[str, StringConstraints(pattern=_SEGMENT)]
"""An id as Graph makes them. It becomes a part of URLs, so it can hold no piece of a path."""
Guid = Annotated[str, StringConstraints(to_lower=True, pattern=_SEGMENT)]
TenantGuid = Annotated[str, BeforeValidator(tenant_id)]


class Foreign(BaseModel):
    """Unknown fields are ignored, missing ones are an error."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Collection(Foreign):
    """A page of anything; what its rows are is looked at one by one. Source: Graph, "Paging"."""

    value: list[Any]
    next_link: str | None = Field(default=None, alias="@odata.nextLink")


class RoleRef(Foreign):
    role: Guid = Field(alias="roleDefinitionId")


class AccessDetails(Foreign):
    roles: Annotated[list[RoleRef], BeforeValidator(_or_empty)] = Field(
        default_factory=list, alias="unifiedRoles"
    )


class CustomerRef(Foreign):
    tenant: TenantGuid = Field(alias="tenantId")
    name: Clean = Field(default="", alias="displayName")


class Relationship(Foreign):
    """Nearly everything may be null, as the schema has it.

    Source: Graph, delegatedAdminRelationship resource type; msgraph-metadata, v1.0 CSDL.
    """

    id: Ident
    name: Clean = Field(default="", alias="displayName")
    customer: CustomerRef | None = None
    access: AccessDetails | None = Field(default=None, alias="accessDetails")
    status: str | None = None
    auto_extend: str | None = Field(default=None, alias="autoExtendDuration")
    ends: Moment = Field(default=None, alias="endDateTime")


class AccessContainer(Foreign):
    group: Guid = Field(alias="accessContainerId")


class AccessAssignment(Foreign):
    """Its status may be null. Source: Graph, delegatedAdminAccessAssignment resource type."""

    status: str | None = None
    container: AccessContainer = Field(alias="accessContainer")
    access: AccessDetails | None = Field(default=None, alias="accessDetails")

    @property
    def roles(self) -> list[RoleRef]:
        return self.access.roles if self.access is not None else []


class UserGroup(Foreign):
    """A group our user is in. Source: Graph, group resource type."""

    id: Guid
    name: Clean | None = Field(default=None, alias="displayName")


class TenantInformation(Foreign):
    """Source: Graph, tenantInformation resource type."""

    tenant: TenantGuid = Field(alias="tenantId")
    name: Clean | None = Field(default=None, alias="displayName")
    default_domain: Clean | None = Field(default=None, alias="defaultDomainName")


class Domain(Foreign):
    """Source: Graph, domain resource type."""

    name: Clean = Field(alias="id")
    is_default: bool | None = Field(default=None, alias="isDefault")
    is_verified: bool | None = Field(default=None, alias="isVerified")


class Organization(Foreign):
    name: Clean = Field(default="", alias="displayName")


class Principal(Foreign):
    """A service principal. Source: Graph, servicePrincipal resource type."""

    id: Ident
    app: Guid = Field(alias="appId")
    name: Clean = Field(default="", alias="displayName")
    enabled: bool | None = Field(default=None, alias="accountEnabled")


class ResourceId(Foreign):
    """A resource's principal, by its two ids."""

    id: Ident
    app: Guid = Field(alias="appId")


class PublishedRole(Foreign):
    id: Guid
    value: str | None = None


class PublishedScope(Foreign):
    id: Guid
    value: str | None = None


class ResourcePrincipal(Foreign):
    """A resource with the permissions it publishes."""

    app: Guid = Field(alias="appId")
    name: Clean = Field(default="", alias="displayName")
    roles: list[PublishedRole] = Field(default_factory=list, alias="appRoles")
    scopes: list[PublishedScope] = Field(default_factory=list, alias="oauth2PermissionScopes")


class ResourceAccess(Foreign):
    id: Guid
    type: str  # Role | Scope


class RequiredResource(Foreign):
    resource: Guid = Field(alias="resourceAppId")
    access: list[ResourceAccess] = Field(alias="resourceAccess")


class Application(Foreign):
    """The partner's app registration. Source: Graph, application resource type."""

    app: Guid = Field(alias="appId")
    name: Clean = Field(default="", alias="displayName")
    required: list[RequiredResource] = Field(alias="requiredResourceAccess")
    secrets: Any = Field(default=None, alias="passwordCredentials", repr=False)
    certificates: Any = Field(default=None, alias="keyCredentials", repr=False)


class RoleAssignment(TypedDict):
    """An app role assignment; a dict, for every tenant has seventy.

    Source: Graph, appRoleAssignment resource type.
    """

    appRoleId: Guid
    resourceId: Ident


class DelegatedGrant(Foreign):
    """Source: Graph, oAuth2PermissionGrant resource type."""

    id: Ident
    consent_type: str | None = Field(default=None, alias="consentType")
    resource: Ident = Field(alias="resourceId")
    scope: str | None = None


class DirectoryRole(Foreign):
    template: Guid = Field(alias="roleTemplateId")


class Membership(Foreign):
    """What a principal is a member of: directory roles among groups and units.

    The cast to directory roles is not asked for: it needs $count, which they do not support.
    Source: Graph, "servicePrincipal: List memberOf"; "Advanced query capabilities".
    """

    type: str = Field(default="", alias="@odata.type")
    template: Guid | None = Field(default=None, alias="roleTemplateId")

    @property
    def is_directory_role(self) -> bool:
        return self.type in ("", "#microsoft.graph.directoryRole")


class TokenAnswer(Foreign):
    """Source: Entra, "Microsoft identity platform and OAuth 2.0", token response."""

    access_token: str = Field(repr=False, min_length=1)
    expires_in: int = 3600
    scope: str = ""
    refresh_token: str | None = Field(default=None, repr=False)
