"""What is read from Graph in a tenant: principal, resources, roles, grants and domains, at once."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from cipp_tui.api.batch import Part, PartAnswer, send_batch
from cipp_tui.api.http import HttpClient, Token
from cipp_tui.api.paging import Pager
from cipp_tui.api.wire import (
    DelegatedGrant,
    DirectoryRole,
    Domain,
    Membership,
    Principal,
    ResourceId,
    RoleAssignment,
)
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.permissions import (
    AppId,
    DelegatedScope,
    GrantedPermissions,
    Kind,
    WantedPermissions,
)
from cipp_tui.domain.problems import Refused, RemoteProblem
from cipp_tui.domain.roles import RoleId

LOG = logging.getLogger("cipp_tui.graph")

Shape = TypeVar("Shape")
_OF_PRINCIPAL = ("roles", "grants", "held")
MOST_VALUES = 15
"""Values one `in` may hold. Source: Graph, advanced query limits (15 OR clauses)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantReading:
    """Everything one read batch told of a tenant."""

    granted: GrantedPermissions
    principal_enabled: bool = True
    resources: Mapping[AppId, str] = field(default_factory=dict)  # object ids of the principals
    grants: Mapping[AppId, DelegatedGrant] = field(default_factory=dict)  # for all principals
    active_directory_roles: frozenset[RoleId] = frozenset()
    domains: tuple[Domain, ...] | None = None  # None: could not be read
    unread: Mapping[Kind, RemoteProblem] = field(default_factory=dict)  # and why


class Graph:
    """Reads of one tenant."""

    def __init__(self, http: HttpClient, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self.pager = Pager(http)
        self._parts: tuple[str, list[Part]] | None = None  # the same for every tenant

    async def read(self, token: Token, wanted: WantedPermissions) -> TenantReading:
        """Read the tenant's state in one batch.

        Raises: Refused when the principal or its grants may not be read; NotUnderstood; others.
        Source: Graph, servicePrincipal, appRoleAssignment, oAuth2PermissionGrant, directoryRole.
        """
        parts = self.parts(wanted)
        return await self.understood(
            token, await send_batch(self._http, token, parts, clock=self._clock)
        )

    def parts(self, wanted: WantedPermissions) -> list[Part]:
        """What a reading asks. Source: as for `read`."""
        if self._parts is None or self._parts[0] != wanted.fingerprint:
            self._parts = (wanted.fingerprint, _parts(wanted))
        return self._parts[1]

    async def understood(self, token: Token, answers: dict[str, PartAnswer]) -> TenantReading:
        """The reading that the answers to `parts` give; what they lack is asked for.

        Raises: as `read`. Source: as for `read`.
        """
        own = answers["own"]
        if own.status == 404:
            return TenantReading(
                granted=GrantedPermissions(principal=None),
                domains=await self._domains(token, answers["domains"]),
            )
        _demand(own)
        principal = own.one(Principal)
        if any(answers[name].status in (400, 404) for name in _OF_PRINCIPAL):
            again = _by_object_id(principal.id)
            answers |= await send_batch(self._http, token, again, clock=self._clock)
        unread: dict[Kind, RemoteProblem] = {}
        resources: dict[AppId, str] = {}
        for name, answer in answers.items():
            if name.startswith("resources"):
                for resource in await self._all(token, answer, ResourceId):
                    resources[AppId(resource.app)] = resource.id
        apps = {ident: app for app, ident in resources.items()}
        roles = await self._if_readable(
            token, answers["roles"], RoleAssignment, unread, Kind.APP_ROLES
        )
        grants = {
            apps.get(grant.resource, AppId(grant.resource)): grant
            for grant in await self._if_readable(
                token, answers["grants"], DelegatedGrant, unread, Kind.SCOPES
            )
            if grant.consent_type == "AllPrincipals"
        }
        held = await self._if_readable(
            token, answers["held"], Membership, unread, Kind.DIRECTORY_ROLES
        )
        return TenantReading(
            granted=GrantedPermissions(
                principal=principal.id,
                roles=frozenset(
                    [
                        (
                            apps.get(role["resourceId"]) or AppId(role["resourceId"]),
                            role["appRoleId"],
                        )
                        for role in roles
                    ]
                ),
                scopes=frozenset().union(
                    *(_scopes(app, grant.scope or "") for app, grant in grants.items())
                ),
                directory_roles=frozenset(
                    RoleId(one.template) for one in held if one.is_directory_role and one.template
                ),
                resources=frozenset(resources),
                unknown=frozenset(unread),
            ),
            unread=unread,
            principal_enabled=principal.enabled is not False,
            resources=resources,
            grants=grants,
            active_directory_roles=await self._active(token, answers["active"]),
            domains=await self._domains(token, answers["domains"]),
        )

    async def _all(self, token: Token, answer: PartAnswer, shape: type[Shape]) -> list[Shape]:
        rows, odd = await self.pager.rows(answer, token, shape)
        for one in odd:  # counts as not read: what it gives is given once more, and is there
            LOG.warning("a row of %s was left out: %s", answer.id, one)
        return rows

    async def _if_readable(
        self,
        token: Token,
        answer: PartAnswer,
        shape: type[Shape],
        unread: dict[Kind, RemoteProblem],
        kind: Kind,
    ) -> list[Shape]:
        """Every row; where we may not read them, that is noted and nothing is known of them.

        Raises: what may be otherwise the next time.
        """
        try:
            return await self._all(token, answer, shape)
        except Refused as problem:
            if problem.status == 401:
                raise
            unread[kind] = problem
            return []

    async def _active(self, token: Token, answer: PartAnswer) -> frozenset[RoleId]:
        """Which directory roles are active; unreadable counts as none, for activating is safe."""
        if not answer.good:
            return frozenset()
        return frozenset(
            RoleId(role.template) for role in await self._all(token, answer, DirectoryRole)
        )

    async def _domains(self, token: Token, answer: PartAnswer) -> tuple[Domain, ...] | None:
        if not answer.good:
            return None
        return tuple(await self._all(token, answer, Domain))


def _parts(wanted: WantedPermissions) -> list[Part]:
    own = f"/servicePrincipals(appId='{wanted.app}')"
    apps = sorted(wanted.resources)
    chunks = [apps[i : i + MOST_VALUES] for i in range(0, len(apps), MOST_VALUES)]
    resources = [
        Part(
            id=f"resources{place}",
            method="GET",
            url="/servicePrincipals?$filter=appId in ("
            + ",".join(f"'{app}'" for app in chunk)
            + ")&$select=id,appId",
        )
        for place, chunk in enumerate(chunks)
    ]
    return [
        Part(id="own", method="GET", url=f"{own}?$select=id,appId,displayName,accountEnabled"),
        *resources,
        Part(
            id="roles",
            method="GET",
            url=f"{own}/appRoleAssignments?$top=999&$select=appRoleId,resourceId",
        ),
        Part(id="grants", method="GET", url=f"{own}/oauth2PermissionGrants", units=2),
        Part(
            id="held",
            method="GET",
            url=f"{own}/memberOf",
        ),
        Part(id="active", method="GET", url="/directoryRoles?$select=id,roleTemplateId"),
        Part(id="domains", method="GET", url="/domains?$select=id,isDefault,isVerified"),
    ]


def _by_object_id(principal: str) -> list[Part]:
    own = f"/servicePrincipals/{principal}"
    return [
        Part(
            id="roles",
            method="GET",
            url=f"{own}/appRoleAssignments?$top=999&$select=appRoleId,resourceId",
            lags=True,
        ),
        Part(
            id="grants",
            method="GET",
            url=f"/oauth2PermissionGrants?$filter=clientId eq '{principal}'",
            units=2,
        ),
        Part(
            id="held",
            method="GET",
            url=f"{own}/memberOf",
            lags=True,
        ),
    ]


@lru_cache(maxsize=1024)
def _scopes(app: AppId, text: str) -> frozenset[DelegatedScope]:
    """The scopes of one grant; the same text again and again, from tenant to tenant."""
    return frozenset(DelegatedScope(app, scope) for scope in text.split())


def _demand(answer: PartAnswer) -> None:
    problem = answer.problem()
    if problem is not None:
        raise problem


def names_of(domains: Sequence[Domain]) -> tuple[str | None, tuple[str, ...]]:
    """The default domain and every verified one.

    Source: Graph, domain resource type.
    """
    verified = tuple(d.name for d in domains if d.is_verified is not False)
    default = next((d.name for d in domains if d.is_default), None)
    return default, verified
