"""Work on one tenant, step by step. What was read is remembered; what is missing is read anew."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from cipp_tui.api.backend import Comparison, Preflight, StepResult
from cipp_tui.api.customers import with_domains
from cipp_tui.api.grants import Grants, Written
from cipp_tui.api.graph import Graph, TenantReading, names_of
from cipp_tui.api.http import Token
from cipp_tui.api.pace import Patience, back_off
from cipp_tui.api.partner import PartnerCenter
from cipp_tui.api.steps import (
    CONSENT,
    NO_CONSENT_CODES,
    PREFLIGHT,
    ROLES,
    SCOPES,
    SNAPSHOT,
    STILL_BEING_MADE,
    TAKE_AWAY,
    VERIFY,
    VERIFY_PATIENCE_S,
    VISIBLE,
    VISIBLE_PATIENCE_S,
)
from cipp_tui.api.tokens import Tokens
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.jobs import Effect, Step
from cipp_tui.domain.permissions import (
    BOOTSTRAP_SCOPES,
    MICROSOFT_GRAPH,
    NOTHING_DONE,
    AppId,
    GrantedPermissions,
    PermissionDiff,
    StepCounts,
    WantedPermissions,
    against,
)
from cipp_tui.domain.problems import (
    NotUnderstood,
    Problem,
    Refused,
    RemoteProblem,
    Unsuited,
    Unverified,
)
from cipp_tui.domain.tenants import RelationshipStatus, Tenant, TenantKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """What every visit of a session works with."""

    tokens: Tokens
    graph: Graph
    grants: Grants
    partner: PartnerCenter
    wanted: Callable[[], Awaitable[WantedPermissions]]
    preflight: Callable[[Tenant], Awaitable[Preflight]]
    prune: bool
    patience: Patience
    seed: str  # makes request ids unique to this state on disk
    clock: Clock


class DirectVisit:
    """One visit to one tenant."""

    def __init__(
        self,
        parts: Instruments,
        tenant: Tenant,
        *,
        item: int,
        tried: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._parts = parts
        self._tenant = tenant
        self._item = item
        self._token: Token | None = None
        self._reading: TenantReading | None = None
        self._stale = False  # something was written since the reading
        self._fresh = False  # consent was given on this visit: replication may lag
        self._wrote = False
        self._taken = False  # the consent was taken away on this visit
        self._attempts: dict[str, int] = dict(tried)
        self._unlicensed: set[AppId] = set()
        self._compared_last: tuple[tuple[GrantedPermissions, int], PermissionDiff] | None = None
        self._steps: dict[str, Callable[[], Awaitable[StepResult]]] = {
            PREFLIGHT.name: self._preflight,
            SNAPSHOT.name: self._snapshot,
            TAKE_AWAY.name: self._take_away,
            CONSENT.name: self._consent,
            VISIBLE.name: self._visible,
            ROLES.name: self._roles,
            SCOPES.name: self._scopes,
            VERIFY.name: self._verify,
        }

    async def perform(self, step: Step) -> StepResult:
        """Run one step of a plan. Raises: Problem.

        Source: Partner Center, "Get customer consent as Control Panel Vendor"; Graph, grants.
        """
        self._attempts[step.name] = self._attempts.get(step.name, 0) + 1
        try:
            return await self._steps[step.name]()
        except Problem as problem:
            self._parts.tokens.forget(self._tenant.id)  # the next try starts from the world
            self._token = self._reading = None
            outlived = isinstance(problem, Refused) and problem.status == 401
            if not outlived or step.effect is Effect.DESTROY:
                raise
        return await self._steps[step.name]()  # with new tokens: nothing was done with the old

    async def compare(self, unlicensed: tuple[str, ...]) -> Comparison:
        """Read and compare; writes nothing. Raises: Problem.

        Source: Graph, servicePrincipal, appRoleAssignment and oAuth2PermissionGrant.
        """
        self._suited()
        wanted = await self._parts.wanted()
        reading = await self._fetch_if_consented(wanted)
        there = reading.granted.resources if reading is not None else frozenset()
        self._unlicensed = {
            app
            for app, name in wanted.resource_names.items()
            if name in unlicensed and app not in there
        }
        nothing = TenantReading(granted=GrantedPermissions(principal=None))
        return self._compared(reading or nothing, wanted)

    # -- before and while something is taken away ------------------------------------------
    async def _preflight(self) -> StepResult:
        report = await self._parts.preflight(self._tenant)
        if not report.good:
            raise Unsuited(report.reason, code="preflight")
        return StepResult()

    async def _snapshot(self) -> StepResult:
        """Note what is there before it is taken away."""
        wanted = await self._parts.wanted()
        reading = await self._fetch_if_consented(wanted)
        if reading is None or reading.granted.principal is None:
            return StepResult(note="no principal")
        granted = reading.granted
        diff = against(granted, wanted)
        extra = sorted(s.value for s in diff.scopes_extra)
        return StepResult(
            note=f"principal {granted.principal}, {len(granted.roles)} app roles,"
            f" {len(granted.scopes)} delegated" + (f", extra: {' '.join(extra)}" if extra else "")
        )

    async def _take_away(self) -> StepResult:
        """Remove the consent. Nothing is sent twice; whether the principal goes is read later."""
        wanted = await self._parts.wanted()
        reading = self._reading or await self._fetch_if_consented(wanted)
        try:
            await self._parts.partner.remove_consent(
                self._tenant.id, wanted.app, request_id=self._request_id(TAKE_AWAY)
            )
        except Refused as problem:
            if problem.status != 404 or reading is None or reading.granted.principal is None:
                raise
            # Our principal was there just now: "not found" may be the answer to a removal that
            # has happened, and is no certain no.
            raise NotUnderstood(
                problem.message,
                code=problem.code,
                host=problem.host,
                status=problem.status,
                request_id=problem.request_id,
                at=problem.at,
            ) from problem
        self._parts.tokens.forget(self._tenant.id)
        self._token, self._reading, self._taken = None, None, True
        return StepResult(note="consent removed")

    # -- giving ----------------------------------------------------------------------------
    async def _consent(self) -> StepResult:
        """Make sure that our application is consented and may grant itself what it needs."""
        self._suited()
        wanted = await self._parts.wanted()
        if self._tenant.kind is not TenantKind.CUSTOMER:
            await self._fetch(wanted)
            return StepResult()
        if not self._taken:
            reading = await self._fetch_if_consented(wanted)
            if reading is not None and reading.granted.principal is not None:
                diff = self._diff(reading, wanted)
                if not self._must_write(reading, diff) or self._can_write(reading):
                    return StepResult()
        new = await self._parts.partner.grant_consent(
            self._tenant.id, wanted, request_id=self._request_id(CONSENT)
        )
        self._parts.tokens.forget(self._tenant.id)
        self._token, self._reading, self._fresh, self._taken = None, None, True, False
        self._wrote = self._wrote or new
        if not new:
            return StepResult(counts=StepCounts(already_there=1), note="consent was there")
        return StepResult(counts=StepCounts(consents=1))

    async def _visible(self) -> StepResult:
        """Wait until our principal can be seen and its token carries what was consented."""
        wanted = await self._parts.wanted()
        clock = self._parts.clock
        until = clock.monotonic() + VISIBLE_PATIENCE_S
        attempt = 0
        while True:
            attempt += 1
            problem: RemoteProblem | None = None
            try:
                reading = self._reading or await self._fetch(wanted)
                seen = reading.granted.principal is not None
                if seen and (
                    not self._must_write(reading, self._diff(reading, wanted))
                    or self._tenant.kind is not TenantKind.CUSTOMER
                    or self._can_write(reading)
                ):
                    return StepResult(tenant=self._told(reading))
                if seen and (attempt > 3 or not self._wrote):
                    raise Unsuited(
                        "The consent in this tenant lacks the scopes that let our application"
                        " grant itself the rest, and consenting again does not widen it",
                        code="consent-too-narrow",
                    )
            except Refused as refusal:
                if refusal.aadsts not in STILL_BEING_MADE and refusal.status != 403:
                    raise
                problem = refusal
            wait = back_off(attempt, first_s=1.0, most_s=15.0)
            if clock.monotonic() + wait > until or not self._fresh:
                raise problem or Unverified(
                    "Our service principal has not become visible in the tenant",
                    code="not-visible",
                )
            self._parts.tokens.forget(self._tenant.id)
            self._token, self._reading = None, None
            await self._parts.patience.wait(wait)

    async def _roles(self) -> StepResult:
        wanted = await self._parts.wanted()
        reading = self._reading or await self._fetch(wanted)
        diff = self._diff(reading, wanted)
        total = NOTHING_DONE
        if diff.roles_missing or diff.principals_missing or diff.directory_roles_missing:
            token = await self._customer_token()
            written = await self._parts.grants.give_roles(token, reading, diff, wanted)
            total += self._after(written)
            if written.unseen:
                reading = await self._all_seen(wanted)
                written = await self._parts.grants.give_roles(
                    token, reading, self._diff(reading, wanted), wanted
                )
                total += self._after(written)
            if written.resources:
                self._reading = replace(
                    reading, resources={**reading.resources, **written.resources}
                )
        return StepResult(counts=total)

    async def _all_seen(self, wanted: WantedPermissions) -> TenantReading:
        """Read until the resources show that exist already: a lost reply made them, or somebody."""
        until = self._parts.clock.monotonic() + VERIFY_PATIENCE_S
        attempt = 0
        while True:
            attempt += 1
            reading = await self._read(wanted)
            wait = back_off(attempt, first_s=1.0, most_s=10.0)
            late = self._parts.clock.monotonic() + wait > until
            if late or not self._diff(reading, wanted).principals_missing:
                return reading
            await self._parts.patience.wait(wait)

    async def _scopes(self) -> StepResult:
        wanted = await self._parts.wanted()
        reading = self._reading or await self._fetch(wanted)
        diff = self._diff(reading, wanted)
        prune = self._parts.prune
        total = NOTHING_DONE
        if diff.scopes_missing or diff.directory_roles_missing or (prune and diff.scopes_extra):
            token = await self._customer_token()
            written = await self._parts.grants.give_scopes(
                token, reading, diff, wanted, prune=prune, then=self._parts.graph.parts(wanted)
            )
            total += self._after(written)
            if written.read_back and all(answer.good for answer in written.read_back.values()):
                self._reading = await self._parts.graph.understood(token, written.read_back)
                self._stale = False
        else:
            total += StepCounts(scopes_kept=len(diff.scopes_extra))
        return StepResult(counts=total)

    async def _verify(self) -> StepResult:
        """Read everything back; what replication still hides is waited for."""
        wanted = await self._parts.wanted()
        clock = self._parts.clock
        until = clock.monotonic() + VERIFY_PATIENCE_S
        attempt = 0
        while True:
            attempt += 1
            if self._stale or self._reading is None:
                await self._fetch(wanted)
            reading = self._reading
            assert reading is not None
            compared = self._compared(reading, wanted)
            if compared.diff.in_order:
                if not reading.principal_enabled:
                    raise Unsuited(
                        "Our service principal is disabled in the tenant", code="principal-disabled"
                    )
                return StepResult(comparison=compared, tenant=self._told(reading))
            wait = back_off(attempt, first_s=1.0, most_s=10.0)
            if not (self._wrote or self._fresh) or clock.monotonic() + wait > until:
                raise Unverified(
                    f"{compared.diff.missing_count} permissions are still missing"
                    if not compared.diff.consent_missing
                    else "Our service principal is not there",
                    code="still-missing",
                )
            self._reading = None
            await self._parts.patience.wait(wait)

    # -- reading ---------------------------------------------------------------------------
    async def _fetch(self, wanted: WantedPermissions) -> TenantReading:
        self._token = None
        return await self._read(wanted)

    async def _fetch_if_consented(self, wanted: WantedPermissions) -> TenantReading | None:
        """The reading; None when the customer's Entra says that there is no consent."""
        if self._reading is not None and not self._stale:
            return self._reading
        try:
            return await self._fetch(wanted)
        except Refused as problem:
            if problem.aadsts in NO_CONSENT_CODES and self._tenant.kind is TenantKind.CUSTOMER:
                return None
            raise

    async def _read(self, wanted: WantedPermissions) -> TenantReading:
        self._reading = await self._parts.graph.read(await self._customer_token(), wanted)
        self._stale = False
        return self._reading

    async def _customer_token(self) -> Token:
        if self._token is None:
            ask = self._parts.tokens
            direct = self._tenant.kind is TenantKind.DIRECT
            self._token = await (
                ask.application(self._tenant.id) if direct else ask.customer(self._tenant.id)
            )
        return self._token

    # -- rules -----------------------------------------------------------------------------
    def _after(self, written: Written) -> StepCounts:
        self._stale = True
        self._wrote = True
        self._unlicensed |= written.unlicensed
        if written.problem is not None:
            raise written.problem
        return written.counts

    def _diff(self, reading: TenantReading, wanted: WantedPermissions) -> PermissionDiff:
        known = (reading.granted, len(self._unlicensed))
        if (
            self._compared_last is None
            or self._compared_last[0][0] is not reading.granted
            or self._compared_last[0][1] != known[1]
        ):
            diff = against(reading.granted, wanted, unobtainable=frozenset(self._unlicensed))
            self._compared_last = (known, diff)
        return self._compared_last[1]

    def _compared(self, reading: TenantReading, wanted: WantedPermissions) -> Comparison:
        return Comparison(
            wanted=wanted,
            granted=reading.granted,
            diff=self._diff(reading, wanted),
            unlicensed=tuple(
                sorted(wanted.resource_names.get(app, app) for app in self._unlicensed)
            ),
        )

    def _must_write(self, reading: TenantReading, diff: PermissionDiff) -> bool:
        return not diff.in_order or (self._parts.prune and bool(diff.scopes_extra))

    def _can_write(self, reading: TenantReading) -> bool:
        """Whether the token, or at least the grant behind it, holds the three bootstrap scopes."""
        needed = frozenset(BOOTSTRAP_SCOPES)
        if self._token is not None and needed <= self._token.scopes:
            return True
        if self._token is not None and not self._token.scopes:
            return needed <= {
                s.value for s in reading.granted.scopes if s.resource == MICROSOFT_GRAPH
            }
        return False

    def _suited(self) -> None:
        if self._tenant.kind is not TenantKind.CUSTOMER or not self._tenant.relationships:
            return
        if any(r.usable for r in self._tenant.relationships):
            return
        if any(
            r.microsoft_led and r.status is RelationshipStatus.ACTIVE
            for r in self._tenant.relationships
        ):
            raise Unsuited(
                "The only active relationship is Microsoft-led (MLT_): read-only", code="gdap-mlt"
            )
        raise Unsuited("No GDAP relationship with this customer is active", code="gdap-ended")

    def _told(self, reading: TenantReading) -> Tenant | None:
        """The tenant with the domains that came along; None when nothing is new."""
        if reading.domains is None:
            return None
        default, domains = names_of(reading.domains)
        told = with_domains(self._tenant, default, domains)
        return None if told == self._tenant else told

    def _request_id(self, step: Step) -> str:
        """The same for the same try of the same step of an item, also after a crash.

        A repeated call is then recognised as one; a new try is a new call.
        """
        words = (self._parts.seed, self._item, step.name, self._attempts.get(step.name, 0))
        return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(str(word) for word in words)))
