"""What can be asked about a tenant and about our own side. Nothing is changed out there."""

from collections.abc import AsyncGenerator, Callable, Sequence

from cipp_tui.api.backend import Backend, Check, Comparison, Preflight
from cipp_tui.api.live_record import Observation
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.credentials import CredentialStatus
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.gdap_verdicts import Trace, judge
from cipp_tui.domain.permissions import WantedPermissions
from cipp_tui.domain.problems import Unsuited
from cipp_tui.domain.tenants import Tenant, TenantId, TenantKind
from cipp_tui.services.diagnosis import Case, Diagnosis, diagnose
from cipp_tui.services.fleet import Fleet
from cipp_tui.services.records import record_of


class Inspection:
    """Asks the services, and judges what they say together with what is stored."""

    def __init__(
        self,
        backend: Backend,
        fleet: Fleet,
        clock: Clock,
        *,
        prune: bool,
        remembers: bool,
        on_left_out: Callable[[Sequence[str]], None],
    ) -> None:
        """`on_left_out` is told, once, what the registration asks for and nobody publishes."""
        self._backend = backend
        self._fleet = fleet
        self._clock = clock
        self._prune = prune
        self._on_left_out = on_left_out
        self.left_out: tuple[str, ...] = ()
        """What the app registration asks for and nobody publishes; known once it was read."""
        self._remembers = remembers  # False: what is stored may be in somebody else's hands

    async def wanted(self) -> WantedPermissions:
        """The permission set every tenant should hold. Raises: Problem."""
        wanted = await self._backend.wanted()
        self._fleet.judge_by(wanted.app, wanted.fingerprint)
        if wanted.left_out != self.left_out:
            self.left_out = wanted.left_out
            self._on_left_out(wanted.left_out)
        return wanted

    async def compare(self, tenant: TenantId) -> Comparison:
        """Compare one tenant now and remember the result. Raises: Problem."""
        row = self._row(tenant)
        before = row.permissions
        comparison = await self._backend.compare(
            row.tenant, unlicensed=before.unlicensed if before is not None else ()
        )
        record = record_of(
            comparison,
            now=self._clock.now(),
            applied_at=before.applied_at if before is not None else None,
        )
        if self._remembers:
            self._fleet.compared(tenant, record)
        return comparison

    def verdict(self, tenant: TenantId) -> Diagnosis:
        """Why the tenant does not work, by what is stored alone: at once, and nobody is asked."""
        return diagnose(Case(row=self._row(tenant), now=self._clock.now(), prune=self._prune))

    async def why(self, tenant: TenantId) -> Diagnosis:
        """The same, with the services asked just now. Writes nothing; what fails is a fact.

        The tenant need not be in the list.
        """
        row = self._fleet.row(tenant)
        known = row or TenantRow(tenant=Tenant(id=tenant, name=tenant))
        record = known.permissions
        found = await self._backend.evidence(
            known.tenant,
            unlicensed=record.unlicensed if record is not None else (),
            in_debt=known.stranded,
        )
        return diagnose(
            Case(
                row=self._fleet.row(tenant) or known,
                now=self._clock.now(),
                found=found,
                listed=row is not None,
                prune=self._prune,
            )
        )

    async def preflight(self, tenant: TenantId) -> Preflight:
        """Whether a reset would be able to give back. Raises: Problem."""
        return await self._backend.preflight(self._row(tenant).tenant)

    async def trace(
        self,
        tenant: TenantId,
        users: Sequence[str],
        heard: Callable[[str], None] = lambda words: None,
    ) -> Trace:
        """Which roles users of ours hold in a tenant, and through which groups. Raises: Problem.

        The tenant need not be in the list, nor be managed, nor work. `heard` is told what is read.
        """
        row = self._fleet.row(tenant)
        if row is not None and row.tenant.kind is TenantKind.PARTNER:
            raise Unsuited("Your own tenant is not reached through GDAP", code="own-tenant")
        reading = await self._backend.gdap_trace(tenant, users, heard)
        return judge(reading, self._clock.now())

    @property
    def credential(self) -> CredentialStatus:
        """What the application proves itself with, and when that ends, as far as it was read."""
        return self._backend.credential

    def live_check(self, tenant: TenantId | None) -> AsyncGenerator[Observation, None]:
        """What the services really answer to our reads, one by one. Raises: SignInProblem."""
        return self._backend.live_check(tenant)

    async def own_checks(self) -> Sequence[Check]:
        """Whether our own side can work: Partner Center, and our standing there."""
        return await self._backend.own_checks()

    def _row(self, tenant: TenantId) -> TenantRow:
        row = self._fleet.row(tenant)
        if row is None:
            raise Unsuited("This tenant is not in the list", code="unknown-tenant")
        return row
