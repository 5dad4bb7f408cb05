"""Work on one tenant, step by step. What was read is remembered; what is missing is read anew."""

import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cipp_tui.api.backend import StepResult
from cipp_tui.api.grants import PartKey, Written, scopes_key
from cipp_tui.api.graph import TenantReading
from cipp_tui.api.instruments import Instruments
from cipp_tui.api.known import KnownTenant, demand_suited
from cipp_tui.api.pace import back_off
from cipp_tui.api.remainder import Remainder
from cipp_tui.api.steps import (
    CONSENT,
    NOTHING_TO_GIVE,
    PREFLIGHT,
    ROLES,
    SCOPES,
    SNAPSHOT,
    TAKE_AWAY,
    TOKEN_PATIENCE_S,
    VERIFY,
    VERIFY_PATIENCE_S,
    VISIBLE,
    VISIBLE_PATIENCE_S,
)
from cipp_tui.domain.entra import EntraKind
from cipp_tui.domain.jobs import Effect, Step
from cipp_tui.domain.permissions import (
    BOOTSTRAP_SCOPES,
    NOTHING_DONE,
    Kind,
    StepCounts,
    WantedPermissions,
    against,
)
from cipp_tui.domain.problems import (
    Broken,
    NotUnderstood,
    Problem,
    Refused,
    RemoteProblem,
    Unsuited,
    Unverified,
    retold,
)
from cipp_tui.domain.tenants import Tenant, TenantKind

_Give = Callable[[Written, TenantReading, frozenset[PartKey]], Awaitable[None]]


class DirectVisit:
    """One visit to one tenant."""

    def __init__(
        self,
        parts: Instruments,
        tenant: Tenant,
        *,
        item: int,
        tried: Mapping[str, int] = MappingProxyType({}),
        removed: str | None = None,
    ) -> None:
        """`removed`: the object id our principal had when its consent was, or may have been, taken
        away; empty when it is not known; None when nothing was taken."""
        self._parts = parts
        self._tenant = tenant
        self._item = item
        self._known = KnownTenant(parts.tokens, parts.graph, tenant, prune=parts.prune)
        self._remainder = Remainder()
        self._fresh = False  # consent was given on this visit: replication may lag
        self._wrote = False
        self._removed = removed
        self._must_consent = removed is not None
        self._was_consented_now = False  # by the question of the pre-flight
        self._gave_to: str | None = None  # the principal that something was given to
        self._proven: str | None = None  # the principal that a write was answered for since
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
        """Look whether access could be given back, and ask it of the service that has to give it.

        A consent that is there already answers so and changes nothing. Where there was none, it is
        there now, and the snapshot tells whether there is anything to take away.
        Source: Partner Center, "Get customer consent as Control Panel Vendor"; CIPP-API,
        Set-CIPPCPVConsent ("Permission entry already exists").
        """
        report = await self._parts.preflight(self._tenant)
        if (ours := report.own_side) is not None:
            raise ours
        if not report.good:
            raise Unsuited(report.reason, code="preflight")
        wanted = await self._parts.wanted()
        try:
            new = await self._parts.partner.grant_consent(
                self._tenant.id, wanted, request_id=self._request_id(PREFLIGHT)
            )
        except Refused as problem:
            about = "whether the consent could be given back"
            raise retold(problem, Refused, about=about) from None
        if new:
            self._known.forget()
            self._fresh = self._was_consented_now = True
            self.done += StepCounts(consents=1)
        return StepResult()

    async def _snapshot(self) -> StepResult:
        """Note what is there before it is taken away."""
        wanted = await self._parts.wanted()
        reading = await self._known.read_if_consented(wanted)
        if self._was_consented_now and (reading is None or self._is_bare(reading)):
            return StepResult(note="there was nothing to take away", settled=(TAKE_AWAY.name,))
        if reading is None or reading.granted.principal is None:
            return StepResult(note="no principal", principal="")
        granted = reading.granted
        diff = against(granted, wanted)
        extra = sorted(s.value for s in diff.scopes_extra)
        return StepResult(
            note=f"principal {granted.principal}, {len(granted.roles)} app roles,"
            f" {len(granted.scopes)} delegated" + (f", extra: {' '.join(extra)}" if extra else ""),
            principal=granted.principal,
        )

    @staticmethod
    def _is_bare(reading: TenantReading) -> bool:
        """Whether there is no more than what a consent gives that was given just now."""
        granted = reading.granted
        scopes = {scope.value for scope in granted.scopes}
        return not granted.roles and not granted.unknown and scopes <= set(BOOTSTRAP_SCOPES)

    async def _take_away(self) -> StepResult:
        """Remove the consent. Nothing is sent twice; whether the principal goes is read later."""
        wanted = await self._parts.wanted()
        reading = self._known.reading or await self._known.read_if_consented(wanted)
        there = reading.granted.principal if reading is not None else None
        self._removed = there or ""
        self._must_consent = True
        try:
            await self._parts.partner.remove_consent(
                self._tenant.id, wanted.app, request_id=self._request_id(TAKE_AWAY)
            )
        except Refused as problem:
            if problem.status != 404:
                raise
            if there is None:  # there was nothing to take away
                self._known.forget()
                return StepResult(note="there was no consent")
            # Our principal was there just now: "not found" may be the answer to a removal that
            # has happened, and is no certain no.
            raise retold(problem, NotUnderstood) from problem
        self._known.forget()
        return StepResult(note="consent removed")

    # -- giving ----------------------------------------------------------------------------
    async def _consent(self) -> StepResult:
        """Make sure that our application is consented and may grant itself what it needs."""
        demand_suited(self._tenant)
        wanted = await self._parts.wanted()
        if self._tenant.kind is not TenantKind.CUSTOMER:
            await self._known.read_anew(wanted)
            return StepResult()
        if not self._must_consent:
            reading = await self._known.read_if_consented(wanted)
            if reading is not None and reading.granted.principal is not None:
                if not self._known.must_write(reading, wanted):
                    self._keep_extra(reading, wanted)
                    return StepResult(settled=NOTHING_TO_GIVE)
                if self._known.can_write(reading):
                    return StepResult()
        try:
            new = await self._parts.partner.grant_consent(
                self._tenant.id, wanted, request_id=self._request_id(CONSENT)
            )
        except Refused as refusal:
            if self._removed is not None and refusal.status == 403:
                await self._demand_relationship(refusal)
            raise
        self._known.forget()
        self._fresh, self._must_consent = True, False
        self._wrote = self._wrote or new
        self.done += StepCounts(consents=1) if new else StepCounts(already_there=1)
        return StepResult(note="" if new else "consent was there")

    async def _demand_relationship(self, refusal: Refused) -> None:
        """Partner Center says 403 to a missing role, which may pass, and to a relationship that
        has ended, which does not. The list we have may be older than that.

        Raises: Unsuited where every relationship has ended.
        """
        ended = await self._parts.ended(self._tenant)
        if ended is not None:
            raise Unsuited(
                f"Access cannot be given back: {ended}",
                code="gdap-ended",
                host=refusal.host,
                status=refusal.status,
                request_id=refusal.request_id,
                at=refusal.at,
            ) from refusal

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
                seen = await self._is_real(reading)
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
                raise (
                    problem
                    or Unverified(
                        "Our service principal has not become visible in the tenant",
                        code="not-visible",
                    )
                )
            self._known.forget()
            await self._parts.patience.wait(wait)

    async def _scopes(self) -> StepResult:
        """Create the resources' principals, write the delegated grants."""
        wanted = await self._parts.wanted()
        prune = self._parts.prune

        async def give(written: Written, reading: TenantReading, skip: frozenset[PartKey]) -> None:
            diff = self._known.diff(reading, wanted)
            unknown = Kind.SCOPES in diff.unknown
            unproven = self._unproven(reading, wanted)
            if not (
                diff.principals_missing
                or unproven
                or diff.scopes_missing
                or unknown
                or (prune and diff.scopes_extra)
            ):
                return
            last = not (diff.roles_missing or diff.directory_roles_missing or diff.unknown)
            with self._writing(written, reading):
                await self._parts.grants.give_scopes(
                    written,
                    await self._known.token(),
                    reading,
                    diff,
                    wanted,
                    prune=prune,
                    skip=skip,
                    unproven=unproven,
                    lags=not self._is_doubtful(reading),
                    then=self._parts.graph.parts(wanted) if last else (),
                )

        reading = await self._settle(wanted, give)
        if not self._parts.prune:
            self._keep_extra(reading, wanted)
        return StepResult()

    async def _roles(self) -> StepResult:
        """Give app roles and directory roles, with a token that carries the right to."""
        wanted = await self._parts.wanted()
        reading = await self._known.last_read(wanted)
        if self._known.diff(reading, wanted).scopes_missing and not self._remainder.has_scopes:
            await self._scopes()  # a plan of before, in the old order

        async def give(written: Written, reading: TenantReading, skip: frozenset[PartKey]) -> None:
            diff = self._known.diff(reading, wanted)
            if not (diff.roles_missing or diff.directory_roles_missing or diff.unknown):
                return
            token = await self._known.token()
            if self._known.lacks_for_roles(wanted):
                await self._renew_token(wanted)
                token = await self._known.token()
            with self._writing(written, reading):
                await self._parts.grants.give_roles(
                    written,
                    token,
                    reading,
                    diff,
                    wanted,
                    skip=skip,
                    lags=not self._is_doubtful(reading),
                    then=self._parts.graph.parts(wanted),
                )

        await self._settle(wanted, give)
        return StepResult()

    async def _settle(self, wanted: WantedPermissions, give: _Give) -> TenantReading:
        """Give, and read anew as long as only a reading can tell what became of something.

        What breaks every time is not asked again once it was read that it did not happen.
        """
        clock = self._parts.clock
        until = clock.monotonic() + VERIFY_PATIENCE_S
        skip: frozenset[PartKey] = frozenset()
        attempt = 0
        while True:
            attempt += 1
            reading = await self._known.last_read(wanted)
            written = Written()
            await give(written, reading, skip)
            self._remainder.learn(written)
            told = written.read_back
            if self._known.reading is not None and told and all(a.good for a in told.values()):
                token = await self._known.token()
                self._known.learn(await self._parts.graph.understood(token, told))
            if not written.unsettled or (Kind.SCOPES in reading.granted.unknown and attempt > 1):
                return reading
            wait = back_off(attempt, first_s=1.0, most_s=10.0)
            if clock.monotonic() + wait > until:
                return reading  # reading everything back decides
            broken = [key for key, one in written.unsettled.items() if _keeps_breaking(one.problem)]
            skip |= frozenset(broken)
            self._known.reading = None
            await self._parts.patience.wait(wait)
            if len(broken) == len(written.unsettled) and attempt > 1:
                return await self._known.last_read(wanted)

    async def _renew_token(self, wanted: WantedPermissions) -> None:
        """Have a token that was issued after the scopes were granted.

        One that does not carry them yet is waited for a little; what it is not good for is then
        refused part by part, and named.
        """
        clock = self._parts.clock
        until = clock.monotonic() + TOKEN_PATIENCE_S
        attempt = 0
        while True:
            attempt += 1
            await self._known.renew_token()
            wait = back_off(attempt, first_s=1.0, most_s=8.0)
            late = clock.monotonic() + wait > until
            if late or not self._wrote or not self._known.lacks_for_roles(wanted):
                return
            await self._parts.patience.wait(wait)

    def _keep_extra(self, reading: TenantReading, wanted: WantedPermissions) -> None:
        if extra := self._known.diff(reading, wanted).scopes_extra:
            self.done += StepCounts(scopes_kept=len(extra))

    @contextmanager
    def _writing(self, written: Written, reading: TenantReading) -> Iterator[None]:
        """For one group of writes. What they did is counted, whatever happens in between."""
        try:
            yield
        finally:
            self._wrote = True
            self._known.written(written.resources, written.absent)
            self.done += written.counts
            if written.given:
                self._proven = self._gave_to = reading.granted.principal

    def _is_doubtful(self, reading: TenantReading) -> bool:
        """Whether the principal may be the old one, which replicas show for a while."""
        principal = reading.granted.principal
        if self._removed is None or principal is None or principal == self._proven:
            return False
        return self._removed in ("", principal)

    def _unproven(self, reading: TenantReading, wanted: WantedPermissions) -> frozenset[PartKey]:
        """Grants in a reading that may still show what was before the removal.

        A principal that stays has the object id of before, so that nothing but a write can tell.
        """
        principal = reading.granted.principal
        if self._removed is None or self._removed not in ("", principal):
            return frozenset()
        there = reading.grants.keys() & {scope.resource for scope in wanted.scopes}
        return self._remainder.unproven(scopes_key(app) for app in there)

    async def _verify(self) -> StepResult:
        """Read everything back; what replication still hides is waited for.

        What was refused for good is not waited for: it is told with the result.
        """
        wanted = await self._parts.wanted()
        clock = self._parts.clock
        until = clock.monotonic() + VERIFY_PATIENCE_S
        attempt = 0
        while True:
            attempt += 1
            wait = back_off(attempt, first_s=1.0, most_s=10.0)
            is_last = not (self._wrote or self._fresh) or clock.monotonic() + wait > until
            reading = self._known.reading
            if reading is None or not self._known.current:
                reading = await self._known.read_anew(wanted)
            if await self._is_real(reading):
                compared = self._known.compared(reading, wanted)
                diff = self._remainder.settled(compared.diff, wanted)
                left = self._remainder.left(compared.diff, reading, wanted, is_last=is_last)
                unproven = self._unproven(reading, wanted)
                if left.is_complete and not unproven:
                    if not reading.principal_enabled:
                        raise Unsuited(
                            "Our service principal is disabled in the tenant",
                            code="principal-disabled",
                        )
                    return StepResult(
                        comparison=replace(compared, diff=diff),
                        tenant=self._known.told(reading),
                        refused=left.refused,
                    )
                if self._gave_to not in (None, reading.granted.principal):
                    raise Unverified(
                        "Our service principal was replaced by another one meanwhile",
                        code="principal-replaced",
                    )
                words = f"{left.pending} permissions are still missing"
                if unproven:
                    words = "What can be read may be from before the removal"
            else:
                words = "Our service principal is not there"
            if is_last:
                raise Unverified(words, code="still-missing")
            self._known.reading = None
            await self._parts.patience.wait(wait)

    async def _is_real(self, reading: TenantReading) -> bool:
        """Whether our principal is there now, and not only in what replicas remember."""
        if reading.granted.principal is None:
            return False
        if not self._is_doubtful(reading):
            return True
        if await self._parts.grants.is_there(await self._known.token(), reading):
            self._proven = reading.granted.principal
            return True
        return False

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


def _keeps_breaking(problem: Problem) -> bool:
    return isinstance(problem, Broken)


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
