"""What is written through Graph in a tenant: principals, delegated grants, app and directory roles.

One refused part never keeps another from being given: what became of each is told apart.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cipp_tui.api.batch import MOST, Part, PartAnswer, send_batch
from cipp_tui.api.errors import of_role
from cipp_tui.api.graph import TenantReading
from cipp_tui.api.http import HttpClient, Token
from cipp_tui.api.wire import Principal
from cipp_tui.domain import refusals
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.permissions import (
    BOOTSTRAP_SCOPES,
    MICROSOFT_GRAPH,
    AppId,
    AppRole,
    Kind,
    PermissionDiff,
    StepCounts,
    WantedPermissions,
)
from cipp_tui.domain.problems import (
    Broken,
    NotUnderstood,
    Problem,
    Refused,
    RemoteProblem,
    Unsuited,
)
from cipp_tui.domain.refusals import Refusal
from cipp_tui.domain.roles import RoleId, role_name

LONGEST_SCOPE = 3850
"""Signs in one grant's scope. Source: Graph, oAuth2PermissionGrant resource type."""

_NO_BACKING_CODE: Final = "NoBackingApplicationObject"


class PartKey(NamedTuple):
    """What can be given, or refused, by itself."""

    part: refusals.Part
    ident: str


def principal_key(app: AppId) -> PartKey:
    return PartKey(refusals.Part.PRINCIPAL, app)


def app_role_key(role: AppRole) -> PartKey:
    return PartKey(refusals.Part.APP_ROLE, f"{role.resource} {role.id}")


def scopes_key(app: AppId) -> PartKey:
    return PartKey(refusals.Part.SCOPES, app)


def directory_role_key(role: RoleId) -> PartKey:
    return PartKey(refusals.Part.DIRECTORY_ROLE, role)


@dataclass(slots=True)
class Written:
    """What a group of writes came to. Filled in as answers come: it outlives a failure."""

    counts: StepCounts = field(default_factory=StepCounts)
    resources: dict[AppId, str] = field(default_factory=dict)  # principals created
    given: set[PartKey] = field(default_factory=set)  # accepted now, or there already
    refused: dict[PartKey, Refusal] = field(default_factory=dict)  # for certain
    unsettled: dict[PartKey, Refusal] = field(default_factory=dict)  # only a reading can tell
    doubted: dict[PartKey, Refusal] = field(default_factory=dict)  # activations: a joining tells
    read_back: dict[str, PartAnswer] = field(default_factory=dict)  # what the reads after it told

    @property
    def absent(self) -> frozenset[AppId]:
        """Resources that the tenant cannot have."""
        return frozenset(AppId(key.ident) for key, one in self.refused.items() if one.is_absent)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One part that is sent, and what it stands for."""

    part: Part
    keys: tuple[PartKey, ...]
    gain: StepCounts
    name: str


class Grants:
    """Writes of one tenant; everything here makes it so, twice equals once."""

    def __init__(self, http: HttpClient, clock: Clock) -> None:
        self._http = http
        self._clock = clock

    async def give_scopes(
        self,
        written: Written,
        token: Token,
        reading: TenantReading,
        diff: PermissionDiff,
        wanted: WantedPermissions,
        *,
        prune: bool,
        skip: frozenset[PartKey] = frozenset(),
        unproven: frozenset[PartKey] = frozenset(),
        lags: bool = True,
        then: Sequence[Part] = (),
    ) -> None:
        """Create missing resource principals, and write the delegated grants whose scopes differ.

        Additive: scopes others added stay, unless `prune`. `skip`: what is not asked again.
        `unproven`: grants that are written although the reading has them as they should be.
        `lags`: our principal is known to be there, so that its absence is only replication's.
        `then`: reads of everything, sent along where there is room: they verify in one go.
        Raises: what sending raises; `written` tells what was done before.
        Source: Graph, "Create servicePrincipal", "Create/Update oAuth2PermissionGrant".
        """
        principal = _principal(reading)
        creates = [
            _create(app, wanted)
            for app in sorted(diff.principals_missing)
            if principal_key(app) not in skip
        ]
        there = self._grants(
            written,
            principal,
            reading,
            reading.resources,
            wanted,
            prune=prune,
            skip=skip,
            unproven=unproven,
            lags=lags,
        )
        if not creates:
            await self._send(written, token, there, wanted, then=then)
            return
        await self._send(written, token, [*creates, *there], wanted)
        new = self._grants(
            written,
            principal,
            reading,
            written.resources,
            wanted,
            prune=prune,
            skip=skip,
            unproven=unproven,
            lags=lags,
        )
        await self._send(written, token, new, wanted, then=then)

    async def give_roles(
        self,
        written: Written,
        token: Token,
        reading: TenantReading,
        diff: PermissionDiff,
        wanted: WantedPermissions,
        *,
        skip: frozenset[PartKey] = frozenset(),
        lags: bool = True,
        then: Sequence[Part] = (),
    ) -> None:
        """Assign the missing app roles, and make our principal a member of the directory roles.

        A directory role that was never used in the tenant is activated first; an activation that
        is answered 404 may have happened, which joining the role tells.
        `skip`, `lags`, `then`, Raises: as for `give_scopes`.
        Source: Graph, "Grant an appRoleAssignment", "Activate directoryRole", "Add directory role
        member".
        """
        principal = _principal(reading)
        missing = diff.directory_roles_missing
        if Kind.DIRECTORY_ROLES in diff.unknown:
            missing = wanted.directory_roles
        members = sorted(role for role in missing if directory_role_key(role) not in skip)
        activates = [
            _activate(role) for role in members if role not in reading.active_directory_roles
        ]
        lacking = wanted.roles if Kind.APP_ROLES in diff.unknown else diff.roles_missing
        roles = [
            _assign(principal, reading.resources[role.resource], role, wanted, lags=lags)
            for role in sorted(lacking)
            if role.resource in reading.resources and app_role_key(role) not in skip
        ]
        room = MOST - len(activates)
        first, rest = (roles[:room], roles[room:]) if activates else ([], roles)
        await self._send(written, token, [*activates, *first], wanted)
        joins = [
            self._join(principal, role, lags=lags)
            for role in members
            if directory_role_key(role) not in written.refused
            and directory_role_key(role) not in written.unsettled
        ]
        await self._send(written, token, [*rest, *joins], wanted, then=then)

    async def is_there(self, token: Token, reading: TenantReading) -> bool:
        """Whether the principal that was read is really there, proved by a write that names it.

        It asks for a grant that the consent has given already. Raises: RemoteProblem.
        Source: Graph, "Create oAuth2PermissionGrant"; replicas are not asked by a write.
        """
        principal, graph = _principal(reading), reading.resources[MICROSOFT_GRAPH]
        text = " ".join(BOOTSTRAP_SCOPES)
        part = _post_grant("proof", principal, graph, text, lags=False)
        answer = (await send_batch(self._http, token, [part], clock=self._clock))["proof"]
        problem = answer.problem()
        if problem is None:
            return True
        if problem.status == 404:
            return False
        raise problem

    # -- the parts -------------------------------------------------------------------------
    def _grants(
        self,
        written: Written,
        principal: str,
        reading: TenantReading,
        resources: Mapping[AppId, str],
        wanted: WantedPermissions,
        *,
        prune: bool,
        skip: frozenset[PartKey],
        unproven: frozenset[PartKey],
        lags: bool,
    ) -> list[_Asked]:
        asked: list[_Asked] = []
        for app in sorted({scope.resource for scope in wanted.scopes} & resources.keys()):
            if scopes_key(app) in skip:
                continue
            target = {scope.value for scope in wanted.scopes if scope.resource == app}
            grant = reading.grants.get(app)
            present = set((grant.scope or "").split()) if grant is not None else set()
            final = target if prune else target | present
            if final == present and scopes_key(app) not in unproven:
                continue
            name = wanted.resource_names.get(app, app)
            try:
                part = _grant(
                    principal, resources[app], app, grant.id if grant else None, final, lags=lags
                )
            except Unsuited as problem:
                key = scopes_key(app)
                written.refused[key] = Refusal(key.part, app, name, problem)
                continue
            gain = StepCounts(
                scopes_added=len(final - present), scopes_removed=len(present - final)
            )
            asked.append(_Asked(part, (scopes_key(app),), gain, name))
        return asked

    def _join(self, principal: str, role: RoleId, *, lags: bool) -> _Asked:
        part = Part(
            id=f"member {role}",
            method="POST",
            url=f"/directoryRoles(roleTemplateId='{role}')/members/$ref",
            body={"@odata.id": f"{self._audience}/v1.0/directoryObjects/{principal}"},
            lags=lags,
        )
        gain = StepCounts(directory_roles_added=1)
        return _Asked(part, (directory_role_key(role),), gain, role_name(role))

    @property
    def _audience(self) -> str:
        return self._http.endpoints.graph_scope.removesuffix("/.default")

    # -- sending and understanding ----------------------------------------------------------
    async def _send(
        self,
        written: Written,
        token: Token,
        asked: Sequence[_Asked],
        wanted: WantedPermissions,
        *,
        then: Sequence[Part] = (),
    ) -> None:
        if not asked:
            return
        if written.refused or written.unsettled:
            then = ()  # it will be read anew in any case
        heard: dict[str, PartAnswer] = {}
        parts = [one.part for one in asked]
        try:
            await send_batch(self._http, token, parts, clock=self._clock, then=then, heard=heard)
        finally:
            written.read_back = {part.id: heard.pop(part.id) for part in then if part.id in heard}
            for one in asked:
                if (answer := heard.get(one.part.id)) is not None:
                    _take(written, one, answer, wanted)


def _take(written: Written, asked: _Asked, answer: PartAnswer, wanted: WantedPermissions) -> None:
    """Note what became of one part."""
    problem: Problem | None = answer.problem()
    kind = asked.part.id.partition(" ")[0]
    if problem is None and kind == "grant" and answer.was_there:
        problem = _unseen(answer)  # what it holds is not known
    if problem is None:
        if kind == "activate":  # only the way to a membership
            return
        written.given.update(asked.keys)
        written.counts += StepCounts(already_there=1) if answer.was_there else asked.gain
        if kind != "create":
            return
        app = AppId(asked.keys[0].ident)
        if answer.was_there:
            problem = _unseen(answer)
        else:
            try:
                written.resources[app] = answer.one(Principal).id
                return
            except NotUnderstood as odd:
                problem = odd
        written.unsettled[asked.keys[0]] = _refusal(asked, asked.keys[0], problem)
        return
    if kind == "create" and _unlicensed(problem):
        app = AppId(asked.keys[0].ident)
        name = wanted.resource_names.get(app, app)
        written.counts += StepCounts(unlicensed=(name,))
        written.refused[asked.keys[0]] = _refusal(asked, asked.keys[0], problem, is_absent=True)
        return
    if kind == "activate" and isinstance(problem, RemoteProblem) and not problem.maybe_applied:
        key = asked.keys[0]
        known = written.doubted if _is_lag(problem) else written.refused
        known[key] = _refusal(asked, key, of_role(RoleId(key.ident), problem))
        return
    if kind == "member" and _is_lag(problem) and asked.keys[0] in written.doubted:
        written.refused[asked.keys[0]] = written.doubted.pop(asked.keys[0])
        return
    may_pass = isinstance(problem, Broken) or problem.maybe_applied or _is_lag(problem)
    for key in asked.keys:
        (written.unsettled if may_pass else written.refused)[key] = _refusal(asked, key, problem)


def _refusal(asked: _Asked, key: PartKey, problem: Problem, *, is_absent: bool = False) -> Refusal:
    return Refusal(key.part, key.ident, asked.name, problem, is_absent=is_absent)


def _is_lag(problem: Problem) -> bool:
    """Whether a refusal may be about an object id that no longer, or not yet, is the right one.

    A create that is answered 404 may have happened all the same.
    Source: Graph, error responses; replication as reported in the field.
    """
    return isinstance(problem, RemoteProblem) and problem.status == 404


def _unseen(answer: PartAnswer) -> RemoteProblem:
    """A principal is there although it was not in the reading: its object id has to be read."""
    return NotUnderstood(
        "It is there already, and its object id was not read yet",
        code="not-read",
        host=answer.host,
        status=answer.status,
        request_id=answer.request_id,
    )


def _principal(reading: TenantReading) -> str:
    if reading.granted.principal is None:
        raise Unsuited("Our service principal is not in the tenant", code="no-principal")
    return reading.granted.principal


def _create(app: AppId, wanted: WantedPermissions) -> _Asked:
    part = Part(id=f"create {app}", method="POST", url="/servicePrincipals", body={"appId": app})
    gain = StepCounts(principals_created=1)
    return _Asked(part, (principal_key(app),), gain, wanted.resource_names.get(app, app))


def _activate(role: RoleId) -> _Asked:
    part = Part(
        id=f"activate {role}", method="POST", url="/directoryRoles", body={"roleTemplateId": role}
    )
    return _Asked(part, (directory_role_key(role),), StepCounts(), role_name(role))


def _assign(
    principal: str, resource: str, role: AppRole, wanted: WantedPermissions, *, lags: bool
) -> _Asked:
    part = Part(
        id=f"role {role.resource} {role.id}",
        method="POST",
        url=f"/servicePrincipals/{resource}/appRoleAssignedTo",
        body={"principalId": principal, "resourceId": resource, "appRoleId": role.id},
        lags=lags,
    )
    name = f"{role.value} ({wanted.resource_names.get(role.resource, role.resource)})"
    return _Asked(part, (app_role_key(role),), StepCounts(roles_added=1), name)


def _grant(
    principal: str,
    resource: str,
    app: AppId,
    ident: str | None,
    scopes: Iterable[str],
    *,
    lags: bool,
) -> Part:
    text = " ".join(sorted(scopes))
    if len(text) > LONGEST_SCOPE:
        raise Unsuited(
            f"The delegated permissions for resource {app} would take {len(text)} signs;"
            f" Graph allows {LONGEST_SCOPE}",
            code="scope-too-long",
        )
    if ident is None:
        return _post_grant(f"grant {app}", principal, resource, text, lags=lags)
    return Part(
        id=f"grant {app}",
        method="PATCH",
        url=f"/oauth2PermissionGrants/{ident}",
        body={"scope": text},
    )


def _post_grant(ident: str, principal: str, resource: str, scope: str, *, lags: bool) -> Part:
    return Part(
        id=ident,
        method="POST",
        url="/oauth2PermissionGrants",
        body={
            "clientId": principal,
            "consentType": "AllPrincipals",
            "resourceId": resource,
            "scope": scope,
        },
        lags=lags,
    )


def _unlicensed(problem: Problem) -> bool:
    """Whether a refusal to create a first-party principal only means that the tenant lacks it.

    Any other refusal is one: of a malformed request, of a full directory, of a missing role. "The
    backing application … must in the local tenant" is one of missing rights, never of a licence.
    Source: Graph, "Create servicePrincipal"; refusals as collected in the field.
    """
    return isinstance(problem, Refused) and _NO_BACKING_CODE in problem.code.split("/")
