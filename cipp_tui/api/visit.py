"""Work on one tenant, step by step. What was read is remembered; what is missing is read anew."""

import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cipp_tui.api.backend import StepResult
from cipp_tui.api.grants import Written
from cipp_tui.api.graph import TenantReading
from cipp_tui.api.instruments import Instruments
from cipp_tui.api.known import KnownTenant, demand_suited
from cipp_tui.api.pace import back_off
from cipp_tui.api.steps import (
    CONSENT,
    NOTHING_TO_GIVE,
    PREFLIGHT,
    ROLES,
    SCOPES,
    SNAPSHOT,
    TAKE_AWAY,
    VERIFY,
    VERIFY_PATIENCE_S,
    VISIBLE,
    VISIBLE_PATIENCE_S,
)
from cipp_tui.domain.entra import EntraKind
from cipp_tui.domain.jobs import Effect, Step
from cipp_tui.domain.permissions import NOTHING_DONE, StepCounts, WantedPermissions, against
from cipp_tui.domain.problems import (
    NotUnderstood,
    Problem,
    Refused,
    RemoteProblem,
    Unsuited,
    Unverified,
)
from cipp_tui.domain.tenants import Tenant, TenantKind


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
        self._known = KnownTenant(parts.tokens, parts.graph, tenant, prune=parts.prune)
        self._fresh = False  # consent was given on this visit: replication may lag
        self._wrote = False
        self._taken = False  # the consent was taken away on this visit
        self._attempts: dict[str, int] = dict(tried)
        self.done = NOTHING_DONE

    async def perform(self, step: Step) -> StepResult:
        """Run one step of a plan. Raises: Problem.

        Source: Partner Center, "Get customer consent as Control Panel Vendor"; Graph, grants.
        """
        self._attempts[step.name] = self._attempts.get(step.name, 0) + 1
        self.done = NOTHING_DONE
        try:
            result = await _STEPS[step.name](self)
        except Problem as problem:
            self._known.forget()  # the next try starts from the world
            outlived = isinstance(problem, Refused) and _is_about_the_token(problem)
            if not outlived or step.effect is Effect.DESTROY:
                raise
            result = await _STEPS[step.name](self)  # with new tokens
        return result if self.done is NOTHING_DONE else replace(result, counts=self.done)

    # -- before and while something is taken away ------------------------------------------
    async def _preflight(self) -> StepResult:
        report = await self._parts.preflight(self._tenant)
        if (ours := report.own_side) is not None:
            raise ours
        if not report.good:
            raise Unsuited(report.reason, code="preflight")
        return StepResult()

    async def _snapshot(self) -> StepResult:
        """Note what is there before it is taken away."""
        wanted = await self._parts.wanted()
        reading = await self._known.read_if_consented(wanted)
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
        reading = self._known.reading or await self._known.read_if_consented(wanted)
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
        self._known.forget()
        self._taken = True
        return StepResult(note="consent removed")

    # -- giving ----------------------------------------------------------------------------
    async def _consent(self) -> StepResult:
        """Make sure that our application is consented and may grant itself what it needs."""
        demand_suited(self._tenant)
        wanted = await self._parts.wanted()
        if self._tenant.kind is not TenantKind.CUSTOMER:
            await self._known.read_anew(wanted)
            return StepResult()
        if not self._taken:
            reading = await self._known.read_if_consented(wanted)
            if reading is not None and reading.granted.principal is not None:
                if not self._known.must_write(reading, wanted):
                    self._keep_extra(reading, wanted)
                    return StepResult(settled=NOTHING_TO_GIVE)
                if self._known.can_write(reading):
                    return StepResult()
        new = await self._parts.partner.grant_consent(
            self._tenant.id, wanted, request_id=self._request_id(CONSENT)
        )
        self._known.forget()
        self._fresh, self._taken = True, False
        self._wrote = self._wrote or new
        self.done += StepCounts(consents=1) if new else StepCounts(already_there=1)
        return StepResult(note="" if new else "consent was there")

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
                reading = await self._known.last_read(wanted)
                seen = reading.granted.principal is not None
                if seen and (
                    not self._known.must_write(reading, wanted)
                    or self._tenant.kind is not TenantKind.CUSTOMER
                    or self._known.can_write(reading)
                ):
                    return StepResult(tenant=self._known.told(reading))
                if seen and (attempt > 3 or not self._wrote):
                    raise Unsuited(
                        "The consent in this tenant lacks the scopes that let our application"
                        " grant itself the rest, and consenting again does not widen it",
                        code="consent-too-narrow",
                    )
            except Refused as refusal:
                if not _still_being_made(refusal):
                    raise
                problem = refusal
            wait = back_off(attempt, first_s=1.0, most_s=15.0)
            if clock.monotonic() + wait > until or not self._fresh:
                raise problem or Unverified(
                    "Our service principal has not become visible in the tenant",
                    code="not-visible",
                )
            self._known.forget()
            await self._parts.patience.wait(wait)

    async def _roles(self) -> StepResult:
        wanted = await self._parts.wanted()
        reading = await self._known.last_read(wanted)
        diff = self._known.diff(reading, wanted)
        if diff.roles_missing or diff.principals_missing or diff.directory_roles_missing:
            written = await self._give_roles(reading, wanted)
            if written.unseen:
                reading = await self._all_seen(wanted)
                written = await self._give_roles(reading, wanted)
            if written.resources:
                self._known.created(reading, written.resources)
        return StepResult()

    async def _give_roles(self, reading: TenantReading, wanted: WantedPermissions) -> Written:
        token = await self._known.token()
        diff = self._known.diff(reading, wanted)
        with self._writing() as written:
            await self._parts.grants.give_roles(written, token, reading, diff, wanted)
        return written

    async def _all_seen(self, wanted: WantedPermissions) -> TenantReading:
        """Read until the resources show that exist already: a lost reply made them, or somebody."""
        until = self._parts.clock.monotonic() + VERIFY_PATIENCE_S
        attempt = 0
        while True:
            attempt += 1
            reading = await self._known.read(wanted)
            wait = back_off(attempt, first_s=1.0, most_s=10.0)
            late = self._parts.clock.monotonic() + wait > until
            if late or not self._known.diff(reading, wanted).principals_missing:
                return reading
            await self._parts.patience.wait(wait)

    async def _scopes(self) -> StepResult:
        wanted = await self._parts.wanted()
        reading = await self._known.last_read(wanted)
        diff = self._known.diff(reading, wanted)
        prune = self._parts.prune
        if diff.scopes_missing or diff.directory_roles_missing or (prune and diff.scopes_extra):
            token = await self._known.token()
            then = self._parts.graph.parts(wanted)
            with self._writing() as written:
                await self._parts.grants.give_scopes(
                    written, token, reading, diff, wanted, prune=prune, then=then
                )
            if written.read_back and all(answer.good for answer in written.read_back.values()):
                self._known.learn(await self._parts.graph.understood(token, written.read_back))
        if not prune:
            self._keep_extra(reading, wanted)
        return StepResult()

    def _keep_extra(self, reading: TenantReading, wanted: WantedPermissions) -> None:
        if extra := self._known.diff(reading, wanted).scopes_extra:
            self.done += StepCounts(scopes_kept=len(extra))

    @contextmanager
    def _writing(self) -> Iterator[Written]:
        """For one group of writes. What they did is counted, whatever happens in between.

        Raises: the first refusal, when they are over.
        """
        written = Written()
        try:
            yield written
        finally:
            self._wrote = True
            self._known.written(written.unlicensed)
            self.done += written.counts
        if written.problem is not None:
            raise written.problem

    async def _verify(self) -> StepResult:
        """Read everything back; what replication still hides is waited for."""
        wanted = await self._parts.wanted()
        clock = self._parts.clock
        until = clock.monotonic() + VERIFY_PATIENCE_S
        attempt = 0
        while True:
            attempt += 1
            reading = self._known.reading
            if reading is None or not self._known.current:
                reading = await self._known.read_anew(wanted)
            compared = self._known.compared(reading, wanted)
            if compared.diff.in_order:
                if not reading.principal_enabled:
                    raise Unsuited(
                        "Our service principal is disabled in the tenant", code="principal-disabled"
                    )
                return StepResult(comparison=compared, tenant=self._known.told(reading))
            wait = back_off(attempt, first_s=1.0, most_s=10.0)
            if not (self._wrote or self._fresh) or clock.monotonic() + wait > until:
                raise Unverified(
                    f"{compared.diff.missing_count} permissions are still missing"
                    if not compared.diff.consent_missing
                    else "Our service principal is not there",
                    code="still-missing",
                )
            self._known.reading = None
            await self._parts.patience.wait(wait)

    def _request_id(self, step: Step) -> str:
        """The same for the same try of the same step of an item, also after a crash.

        A repeated call is then recognised as one; a new try is a new call.
        """
        words = (self._parts.seed, self._item, step.name, self._attempts.get(step.name, 0))
        return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(str(word) for word in words)))


def _is_about_the_token(refusal: Refused) -> bool:
    """Whether Graph or Partner Center refuses the token, and not Entra ID to give one."""
    return refusal.status == 401 and refusal.entra is None and not refusal.lacks_consent


def _still_being_made(refusal: Refused) -> bool:
    """Whether a refusal may only say that a consent has not reached every server yet."""
    being_made = refusal.lacks_consent or refusal.entra is EntraKind.BEING_MADE
    return being_made or refusal.status == 403


_STEPS: Final[Mapping[str, Callable[[DirectVisit], Awaitable[StepResult]]]] = {
    PREFLIGHT.name: DirectVisit._preflight,
    SNAPSHOT.name: DirectVisit._snapshot,
    TAKE_AWAY.name: DirectVisit._take_away,
    CONSENT.name: DirectVisit._consent,
    VISIBLE.name: DirectVisit._visible,
    ROLES.name: DirectVisit._roles,
    SCOPES.name: DirectVisit._scopes,
    VERIFY.name: DirectVisit._verify,
}
"""Not the visit's own: it would hold itself, and all it has read, until somebody finds that out."""
