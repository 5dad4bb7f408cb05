"""Wanted and granted permissions of our application in a tenant, and their difference."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple, NewType

from cipp_tui.domain.roles import RoleId
from cipp_tui.domain.shared import shared

AppId = NewType("AppId", str)
"""An application's (client) id, lower case; the same in every tenant."""

MICROSOFT_GRAPH: Final = AppId("00000003-0000-0000-c000-000000000000")
PARTNER_CENTER: Final = AppId("fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd")

BOOTSTRAP_SCOPES: Final = (
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
)
"""The three Graph scopes consented through Partner Center; everything else is granted with them.
Source: CIPP-API, Set-CIPPCPVConsent."""


GRANT_WRITERS: Final = frozenset(
    {"DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"}
)
"""Either of them lets our application widen its own delegated permissions, and so all the rest.
Source: Graph permissions reference, POST /oauth2PermissionGrants."""

ROLE_WRITERS: Final = frozenset(
    {
        "AppRoleAssignment.ReadWrite.All",
        "Application.Read.All",
        "Directory.Read.All",
        "RoleManagement.ReadWrite.Directory",
    }
)
"""What app roles and directory roles are given with; a token has those it was issued with.
Source: Graph permissions reference, POST /servicePrincipals/{id}/appRoleAssignedTo and
POST /directoryRoles."""


class AppRole(NamedTuple):
    """An application permission."""

    resource: AppId
    id: str  # the same id may name different permissions on two resources
    value: str


class DelegatedScope(NamedTuple):
    """A delegated permission."""

    resource: AppId
    value: str


@dataclass(frozen=True, kw_only=True)
class WantedPermissions:
    """What the application should hold in every tenant."""

    app: AppId
    app_name: str
    roles: frozenset[AppRole]
    scopes: frozenset[DelegatedScope]
    directory_roles: frozenset[RoleId]
    resource_names: Mapping[AppId, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()  # what the registration asks for and nobody publishes

    @cached_property
    def resources(self) -> frozenset[AppId]:
        return frozenset(r.resource for r in self.roles) | frozenset(
            s.resource for s in self.scopes
        )

    @property
    def count(self) -> int:
        return len(self.roles) + len(self.scopes)

    @cached_property
    def role_ids(self) -> frozenset[tuple[AppId, str]]:
        return frozenset((role.resource, role.id) for role in self.roles)

    @cached_property
    def fingerprint(self) -> str:
        """Changes when, and only when, what is wanted changes."""
        lines = sorted(
            [self.app]
            + [f"role {r.resource} {r.id}" for r in self.roles]
            + [f"scope {s.resource} {s.value}" for s in self.scopes]
            + [f"directory {r}" for r in self.directory_roles]
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


class Kind(StrEnum):
    """What is given, each by calls of its own."""

    APP_ROLES = "app roles"
    SCOPES = "delegated permissions"
    DIRECTORY_ROLES = "directory roles"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedPermissions:
    """What the application holds in one tenant, as it was read."""

    principal: str | None  # our service principal's object id; None: not there
    roles: frozenset[tuple[AppId, str]] = frozenset()  # resource, app role id
    scopes: frozenset[DelegatedScope] = frozenset()
    directory_roles: frozenset[RoleId] = frozenset()
    resources: frozenset[AppId] = frozenset()  # wanted resources that have a service principal
    unknown: frozenset["Kind"] = frozenset()  # what could not be read: neither there nor missing


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionDiff:
    """The difference between wanted and granted, in both directions."""

    consent_missing: bool = False
    principals_missing: frozenset[AppId] = frozenset()
    roles_missing: frozenset[AppRole] = frozenset()
    scopes_missing: frozenset[DelegatedScope] = frozenset()
    directory_roles_missing: frozenset[RoleId] = frozenset()
    roles_extra: frozenset[tuple[AppId, str]] = frozenset()
    scopes_extra: frozenset[DelegatedScope] = frozenset()
    unknown: frozenset[Kind] = frozenset()

    @property
    def missing_count(self) -> int:
        return (
            len(self.roles_missing) + len(self.scopes_missing) + len(self.directory_roles_missing)
        )

    @property
    def extra_count(self) -> int:
        return len(self.roles_extra) + len(self.scopes_extra)

    @property
    def in_order(self) -> bool:
        """All was read, and nothing that is wanted is missing."""
        return not self.consent_missing and self.missing_count == 0 and not self.unknown


def against(
    granted: GrantedPermissions,
    wanted: WantedPermissions,
    *,
    unobtainable: frozenset[AppId] = frozenset(),
) -> PermissionDiff:
    """Compare. Resources in `unobtainable` (not licensed) are left out of what is missing."""
    unknown = granted.unknown
    roles_missing: frozenset[AppRole] = frozenset()
    if Kind.APP_ROLES in unknown:
        pass
    elif lacking := wanted.role_ids - granted.roles:
        roles_missing = frozenset(
            role
            for role in wanted.roles
            if (role.resource, role.id) in lacking and role.resource not in unobtainable
        )
    scopes_missing = wanted.scopes - granted.scopes
    if Kind.SCOPES in unknown:
        scopes_missing = frozenset()
    if unobtainable:
        scopes_missing = frozenset(s for s in scopes_missing if s.resource not in unobtainable)
    return PermissionDiff(
        consent_missing=granted.principal is None,
        principals_missing=wanted.resources - granted.resources - unobtainable,
        roles_missing=roles_missing,
        scopes_missing=scopes_missing,
        directory_roles_missing=wanted.directory_roles - granted.directory_roles
        if Kind.DIRECTORY_ROLES not in unknown
        else frozenset(),
        roles_extra=granted.roles - wanted.role_ids,
        scopes_extra=granted.scopes - wanted.scopes,
        unknown=unknown if granted.principal is not None else frozenset(),
    )


class Verdict(StrEnum):
    """What is known about a tenant's permissions."""

    IN_ORDER = "in order"
    MISSING = "missing"
    NO_CONSENT = "no consent"
    NOT_CHECKED = "not checked"  # comparing failed


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRecord:
    """What was found, or done, when a tenant's permissions were last looked at."""

    verdict: Verdict
    checked_at: datetime
    app: AppId
    fingerprint: str  # of the wanted set it was compared with
    missing: tuple[str, ...] = ()  # in words, sorted: "app: Directory.ReadWrite.All"
    extra: tuple[str, ...] = ()
    unlicensed: tuple[str, ...] = ()  # resources this tenant cannot have
    applied_at: datetime | None = None  # last verified success


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCounts:
    """What a step, or a whole refresh, did. Adds up."""

    consents: int = 0
    principals_created: int = 0
    roles_added: int = 0
    scopes_added: int = 0
    scopes_removed: int = 0
    scopes_kept: int = 0
    directory_roles_added: int = 0
    already_there: int = 0
    unlicensed: tuple[str, ...] = field(default=())

    def __add__(self, other: "StepCounts") -> "StepCounts":
        counts = StepCounts(
            consents=self.consents + other.consents,
            principals_created=self.principals_created + other.principals_created,
            roles_added=self.roles_added + other.roles_added,
            scopes_added=self.scopes_added + other.scopes_added,
            scopes_removed=self.scopes_removed + other.scopes_removed,
            scopes_kept=self.scopes_kept + other.scopes_kept,
            directory_roles_added=self.directory_roles_added + other.directory_roles_added,
            already_there=self.already_there + other.already_there,
            unlicensed=tuple(sorted({*self.unlicensed, *other.unlicensed})),
        )
        return shared(counts)

    @property
    def changed(self) -> bool:
        """Whether anything in the tenant is different now."""
        return bool(
            self.consents
            + self.principals_created
            + self.roles_added
            + self.scopes_added
            + self.scopes_removed
            + self.directory_roles_added
        )

    @property
    def given(self) -> int:
        """Permissions given."""
        return self.roles_added + self.scopes_added + self.directory_roles_added


NOTHING_DONE: Final = StepCounts()
