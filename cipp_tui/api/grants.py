"""What is written through Graph in a tenant: principals, app roles, delegated grants, roles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from cipp_tui.api.batch import MOST, Part, PartAnswer, send_batch
from cipp_tui.api.errors import of_role
from cipp_tui.api.graph import TenantReading
from cipp_tui.api.http import HttpClient, Token
from cipp_tui.api.wire import Principal
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.permissions import (
    AppId,
    AppRole,
    PermissionDiff,
    StepCounts,
    WantedPermissions,
)
from cipp_tui.domain.problems import (
    ConfigProblem,
    NotUnderstood,
    Problem,
    Refused,
    RemoteProblem,
    Unsuited,
)
from cipp_tui.domain.roles import RoleId

LONGEST_SCOPE = 3850
"""Signs in one grant's scope. Source: Graph, oAuth2PermissionGrant resource type."""

_NO_BACKING_CODE: Final = "NoBackingApplicationObject"
_NO_GAIN: Final[Mapping[str, StepCounts]] = MappingProxyType({})


@dataclass(slots=True)
class Written:
    """What a group of writes came to. Filled in as answers come: it outlives a failure."""

    counts: StepCounts = field(default_factory=StepCounts)
    resources: dict[AppId, str] = field(default_factory=dict)  # principals created
    unlicensed: set[AppId] = field(default_factory=set)
    unseen: bool = False  # a principal is there although it was not in the reading
    read_back: dict[str, PartAnswer] = field(default_factory=dict)  # what the reads after it told
    problem: Problem | None = None  # the first refusal; one of the configuration before all


class Grants:
    """Writes of one tenant; everything here makes it so, twice equals once."""

    def __init__(self, http: HttpClient, clock: Clock) -> None:
        self._http = http
        self._clock = clock

    async def give_roles(
        self,
        written: Written,
        token: Token,
        reading: TenantReading,
        diff: PermissionDiff,
        wanted: WantedPermissions,
    ) -> None:
        """Create missing resource principals, then assign the missing app roles.

        A resource whose principal cannot be created (no licence) is reported, not a failure. What
        is refused otherwise is left in `written`.
        Raises: what sending raises; `written` tells what was done before.
        Source: Graph, "Create servicePrincipal", "Grant an appRoleAssignment".
        """
        principal = _principal(reading)
        creates = [
            Part(id=f"create {app}", method="POST", url="/servicePrincipals", body={"appId": app})
            for app in sorted(diff.principals_missing)
        ]
        activates = [
            Part(
                id=f"activate {role}",
                method="POST",
                url="/directoryRoles",
                body={"roleTemplateId": role},
            )
            for role in sorted(diff.directory_roles_missing - reading.active_directory_roles)
        ]
        roles = sorted(diff.roles_missing)
        known = [role for role in roles if role.resource in reading.resources]
        room = max(0, MOST - len(creates) - len(activates)) if creates or activates else len(known)
        first, later = known[:room], known[room:]
        parts = [
            *creates,
            *activates,
            *(_assign(principal, reading.resources[role.resource], role) for role in first),
        ]
        await self._send(written, token, parts, wanted)
        later += [role for role in roles if role.resource in written.resources]
        where = {**reading.resources, **written.resources}
        rest = [_assign(principal, where[role.resource], role) for role in later]
        await self._send(written, token, rest, wanted)

    async def give_scopes(
        self,
        written: Written,
        token: Token,
        reading: TenantReading,
        diff: PermissionDiff,
        wanted: WantedPermissions,
        *,
        prune: bool,
        then: Sequence[Part] = (),
    ) -> None:
        """Write the delegated grants whose scopes differ, and the application's directory roles.

        `then`: reads of everything, sent along where there is room: they verify in one go.
        Additive: scopes others added stay, unless `prune`.
        Raises: Unsuited when a grant would grow longer than Graph allows; what sending raises.
        Source: Graph, "Create/Update oAuth2PermissionGrant", "Add directory role member".
        """
        principal = _principal(reading)
        parts: list[Part] = []
        gains: dict[str, StepCounts] = {}  # by the id of the part that brings them
        for app in sorted({scope.resource for scope in wanted.scopes}):
            resource = reading.resources.get(app)
            if resource is None:
                continue
            target = {scope.value for scope in wanted.scopes if scope.resource == app}
            grant = reading.grants.get(app)
            present = set((grant.scope or "").split()) if grant is not None else set()
            final = target if prune else target | present
            if final == present:
                continue
            parts.append(_grant(principal, resource, app, grant.id if grant else None, final))
            gains[parts[-1].id] = StepCounts(
                scopes_added=len(final - present), scopes_removed=len(present - final)
            )
        for role in sorted(diff.directory_roles_missing):
            parts.append(
                Part(
                    id=f"member {role}",
                    method="POST",
                    url=f"/directoryRoles(roleTemplateId='{role}')/members/$ref",
                    body={"@odata.id": f"{self._audience}/v1.0/directoryObjects/{principal}"},
                    lags=True,
                )
            )
        await self._send(written, token, parts, wanted, gains=gains, then=then)

    @property
    def _audience(self) -> str:
        return self._http.endpoints.graph_scope.removesuffix("/.default")

    async def _send(
        self,
        written: Written,
        token: Token,
        parts: Sequence[Part],
        wanted: WantedPermissions,
        *,
        gains: Mapping[str, StepCounts] = _NO_GAIN,
        then: Sequence[Part] = (),
    ) -> None:
        if not parts:
            return
        heard: dict[str, PartAnswer] = {}
        try:
            await send_batch(self._http, token, parts, clock=self._clock, then=then, heard=heard)
        finally:
            written.read_back = {part.id: heard.pop(part.id) for part in then if part.id in heard}
            self._take(written, heard, wanted, gains)

    def _take(
        self,
        written: Written,
        answers: Mapping[str, PartAnswer],
        wanted: WantedPermissions,
        gains: Mapping[str, StepCounts],
    ) -> None:
        for name, answer in answers.items():
            kind, _, ident = name.partition(" ")
            problem = answer.problem()
            if kind == "create" and problem is not None and _unlicensed(problem):
                written.unlicensed.add(AppId(ident))
                name_of = wanted.resource_names.get(AppId(ident), ident)
                written.counts += StepCounts(unlicensed=(name_of,))
            elif problem is not None and kind == "activate":
                told = of_role(RoleId(ident), problem)
                first = isinstance(told, ConfigProblem)
                written.problem = told if first else written.problem or told
            elif problem is not None:
                written.problem = written.problem or problem
            elif answer.was_there:
                written.counts += StepCounts(already_there=1)
                written.unseen = written.unseen or kind == "create"
            elif kind == "create":
                written.counts += StepCounts(principals_created=1)
                try:
                    written.resources[AppId(ident)] = answer.one(Principal).id
                except NotUnderstood as odd:
                    written.problem = written.problem or odd
            elif kind == "role":
                written.counts += StepCounts(roles_added=1)
            elif kind == "grant":
                written.counts += gains[name]
            elif kind == "member":
                written.counts += StepCounts(directory_roles_added=1)


def _principal(reading: TenantReading) -> str:
    if reading.granted.principal is None:
        raise Unsuited("Our service principal is not in the tenant", code="no-principal")
    return reading.granted.principal


def _assign(principal: str, resource: str, role: AppRole) -> Part:
    return Part(
        id=f"role {role.resource} {role.id}",
        method="POST",
        url=f"/servicePrincipals/{resource}/appRoleAssignedTo",
        body={"principalId": principal, "resourceId": resource, "appRoleId": role.id},
        lags=True,
    )


def _grant(principal: str, resource: str, app: AppId, ident: str | None, scopes: set[str]) -> Part:
    text = " ".join(sorted(scopes))
    if len(text) > LONGEST_SCOPE:
        raise Unsuited(
            f"The delegated permissions for resource {app} would take {len(text)} signs;"
            f" Graph allows {LONGEST_SCOPE}",
            code="scope-too-long",
        )
    if ident is not None:
        return Part(
            id=f"grant {app}",
            method="PATCH",
            url=f"/oauth2PermissionGrants/{ident}",
            body={"scope": text},
        )
    return Part(
        id=f"grant {app}",
        method="POST",
        url="/oauth2PermissionGrants",
        body={
            "clientId": principal,
            "consentType": "AllPrincipals",
            "resourceId": resource,
            "scope": text,
        },
        lags=True,
    )


def _unlicensed(problem: RemoteProblem) -> bool:
    """Whether a refusal to create a first-party principal only means that the tenant lacks it.

    Any other refusal is one: of a malformed request, of a full directory, of a missing role. "The
    backing application … must in the local tenant" is one of missing rights, never of a licence.
    Source: Graph, "Create servicePrincipal"; refusals as collected in the field.
    """
    return isinstance(problem, Refused) and _NO_BACKING_CODE in problem.code.split("/")
