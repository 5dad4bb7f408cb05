"""What a visit knows of its tenant: read once, remembered, read anew where it may have changed."""

from collections.abc import Awaitable, Callable, Mapping, Set
from dataclasses import replace

from cipp_tui.api.backend import Comparison
from cipp_tui.api.customers import with_domains
from cipp_tui.api.graph import Graph, TenantReading, names_of
from cipp_tui.api.http import Token
from cipp_tui.api.tokens import Tokens
from cipp_tui.domain.permissions import (
    GRANT_WRITERS,
    MICROSOFT_GRAPH,
    ROLE_WRITERS,
    AppId,
    GrantedPermissions,
    PermissionDiff,
    WantedPermissions,
    against,
)
from cipp_tui.domain.problems import DIRECT_TENANT, Refused, Unsuited, asking_for
from cipp_tui.domain.tenants import RelationshipStatus, Tenant, TenantKind


class KnownTenant:
    """Our token for a tenant, the last reading of it, and how it compares with what is wanted."""

    def __init__(self, tokens: Tokens, graph: Graph, tenant: Tenant, *, prune: bool) -> None:
        self._tokens = tokens
        self._graph = graph
        self._tenant = tenant
        self._prune = prune
        self._token: Token | None = None
        self._stale = False  # something was written since the reading
        self._compared_last: tuple[tuple[GrantedPermissions, int], PermissionDiff] | None = None
        self.reading: TenantReading | None = None
        """The last reading, if there is one; `current` tells whether it still holds."""
        self.unlicensed: set[AppId] = set()
        """Resources that were found to be none of this tenant's."""

    @property
    def current(self) -> bool:
        """Whether there is a reading, and nothing was written since."""
        return self.reading is not None and not self._stale

    # -- reading ---------------------------------------------------------------------------
    async def token(self) -> Token:
        """Our token for the tenant's Graph. Raises: Refused, SignInProblem, remote problems.

        Source: Entra, "OAuth 2.0 authorization code flow", "client credentials flow".
        """
        if self._token is None:
            if self._tenant.kind is TenantKind.DIRECT:
                with asking_for(DIRECT_TENANT):
                    self._token = await self._tokens.application(self._tenant.id)
            else:
                self._token = await self._tokens.customer(self._tenant.id)
        return self._token

    async def last_read(self, wanted: WantedPermissions) -> TenantReading:
        """The last reading, however old; a new one where there is none. Raises: as `read`.

        Source: Graph, servicePrincipal, appRoleAssignment and oAuth2PermissionGrant.
        """
        return self.reading or await self.read_anew(wanted)

    async def read_anew(self, wanted: WantedPermissions) -> TenantReading:
        """Read, with the token that is good now. Raises: as `read`.

        Source: Graph, servicePrincipal, appRoleAssignment and oAuth2PermissionGrant.
        """
        self._token = None
        return await self.read(wanted)

    async def read(self, wanted: WantedPermissions) -> TenantReading:
        """Read with the token at hand. Raises: Refused, NotUnderstood, other remote problems.

        Source: Graph, servicePrincipal, appRoleAssignment and oAuth2PermissionGrant.
        """
        self.learn(await self._graph.read(await self.token(), wanted))
        assert self.reading is not None
        return self.reading

    async def read_if_consented(self, wanted: WantedPermissions) -> TenantReading | None:
        """A current reading; None when the customer's Entra says that there is no consent.

        Raises: as `read`. Source: Entra, "Authentication and authorization error codes".
        """
        if self.current:
            return self.reading
        try:
            return await self.read_anew(wanted)
        except Refused as problem:
            if problem.lacks_consent and self._tenant.kind is TenantKind.CUSTOMER:
                return None
            raise

    async def renew_token(self) -> Token:
        """A token issued now: one holds the scopes that were granted when it was issued.

        Raises: as `token`. Source: Entra, "Permissions and consent", the .default scope.
        """
        self._tokens.forget(self._tenant.id)
        self._token = None
        return await self.token()

    # -- what happened to it ---------------------------------------------------------------
    def learn(self, reading: TenantReading) -> None:
        """A reading came in; nothing was written since."""
        self.reading = reading
        self._stale = False

    def written(self, resources: Mapping[AppId, str], unlicensed: Set[AppId]) -> None:
        """Something was written: the reading is no longer the whole truth.

        `resources` got their service principals, and `unlicensed` cannot have one.
        """
        self._stale = True
        self.unlicensed |= unlicensed
        if self.reading is not None and resources:
            self.reading = replace(self.reading, resources={**self.reading.resources, **resources})

    def forget(self) -> None:
        """Start from the world: drop the reading and every token for this tenant."""
        self._tokens.forget(self._tenant.id)
        self._token = self.reading = None

    # -- comparing -------------------------------------------------------------------------
    def diff(self, reading: TenantReading, wanted: WantedPermissions) -> PermissionDiff:
        """What is missing and what is extra."""
        known = (reading.granted, len(self.unlicensed))
        if (
            self._compared_last is None
            or self._compared_last[0][0] is not reading.granted
            or self._compared_last[0][1] != known[1]
        ):
            diff = against(reading.granted, wanted, unobtainable=frozenset(self.unlicensed))
            self._compared_last = (known, diff)
        return self._compared_last[1]

    def compared(self, reading: TenantReading, wanted: WantedPermissions) -> Comparison:
        """The same, with all that a reader needs to judge it."""
        return Comparison(
            wanted=wanted,
            granted=reading.granted,
            diff=self.diff(reading, wanted),
            unlicensed=tuple(
                sorted(wanted.resource_names.get(app, app) for app in self.unlicensed)
            ),
        )

    async def compare(
        self, ask: Callable[[], Awaitable[WantedPermissions]], unlicensed: tuple[str, ...]
    ) -> Comparison:
        """Read and compare with what `ask` tells is wanted; writes nothing. Raises: Problem.

        `unlicensed` names resources that an earlier refresh found the tenant cannot have.
        Source: Graph, servicePrincipal, appRoleAssignment and oAuth2PermissionGrant.
        """
        demand_suited(self._tenant)
        wanted = await ask()
        reading = await self.read_if_consented(wanted)
        there = reading.granted.resources if reading is not None else frozenset()
        self.unlicensed = {
            app
            for app, name in wanted.resource_names.items()
            if name in unlicensed and app not in there
        }
        nothing = TenantReading(granted=GrantedPermissions(principal=None))
        return self.compared(reading or nothing, wanted)

    def must_write(self, reading: TenantReading, wanted: WantedPermissions) -> bool:
        """Whether anything has to be given, or taken from others."""
        diff = self.diff(reading, wanted)
        return not diff.in_order or (self._prune and bool(diff.scopes_extra))

    def can_write(self, reading: TenantReading) -> bool:
        """Whether the token, or at least the grant behind it, can widen what we hold there."""
        if self._token is None:
            return False
        held = self._token.scopes or graph_scopes(reading.granted)
        return not GRANT_WRITERS.isdisjoint(held)

    def lacks_for_roles(self, wanted: WantedPermissions) -> frozenset[str]:
        """Scopes of the wanted set that roles are given with, and that the token does not carry."""
        if self._token is None or not self._token.scopes:
            return frozenset()
        wanted_there = {s.value for s in wanted.scopes if s.resource == MICROSOFT_GRAPH}
        return (ROLE_WRITERS & wanted_there) - self._token.scopes

    def told(self, reading: TenantReading) -> Tenant | None:
        """The tenant with the domains that came along; None when nothing is new."""
        if reading.domains is None:
            return None
        default, domains = names_of(reading.domains)
        told = with_domains(self._tenant, default, domains)
        return None if told == self._tenant else told


def graph_scopes(granted: GrantedPermissions) -> frozenset[str]:
    """The delegated permissions held on Microsoft Graph."""
    return frozenset(s.value for s in granted.scopes if s.resource == MICROSOFT_GRAPH)


def demand_suited(tenant: Tenant) -> None:
    """Raises: Unsuited when no relationship gives access, by the list that was read last.

    Source: Graph, delegatedAdminRelationship resource type.
    """
    if tenant.kind is not TenantKind.CUSTOMER or not tenant.relationships:
        return
    if any(r.usable for r in tenant.relationships):
        return
    if any(r.microsoft_led and r.status is RelationshipStatus.ACTIVE for r in tenant.relationships):
        raise Unsuited(
            "The only active relationship is Microsoft-led (MLT_): read-only", code="gdap-mlt"
        )
    raise Unsuited("No GDAP relationship with this customer is active", code="gdap-ended")
