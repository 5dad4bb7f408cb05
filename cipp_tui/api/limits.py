"""Everything that keeps us from asking too much: per host, and per tenant on it."""

import random
from collections import deque
from collections.abc import Mapping
from typing import Final

from cipp_tui.api.endpoints import WORDS, Service
from cipp_tui.api.pace import Gate, Patience, Quota, longest_hold
from cipp_tui.domain.clock import Clock

PARTNER_CENTER_PER_SECOND: Final = 50.0
"""Source: Partner Center, "Get customer consent as Control Panel Vendor"."""

APP_UNITS: Final = (150_000.0, 20.0)
APP_WRITES: Final = (35_000.0, 300.0)
TENANT_UNITS: Final = (3_500.0, 10.0)
TENANT_WRITES: Final = (3_000.0, 150.0)
"""Resource units or writes, in so many seconds; of a tenant with less than 50 users, the lowest.
Source: Graph, "Throttling limits", identity and access."""

_LOOKED_AT: Final = 8
_HOST_WIDE_FROM: Final = 6
_TENANTS: Final = 4
"""When of the last 8 answers of a host 6 were refusals, of 4 tenants, it is the host that is full,
not the tenants one by one."""

_JITTER_S: Final = 0.05
_KEPT_TENANTS: Final = 256


class Host:
    """One service's gate and quotas, and those of the tenants on it."""

    def __init__(self, service: Service, clock: Clock, patience: Patience) -> None:
        partner_center = service is Service.PARTNER_CENTER
        self.gate = Gate(clock, per_second=PARTNER_CENTER_PER_SECOND if partner_center else None)
        self._clock = clock
        self._patience = patience
        self._counts = service is Service.GRAPH
        self._units, self._writes = Quota(*APP_UNITS), Quota(*APP_WRITES)
        self._held: dict[str, float] = {}  # until when a tenant is to wait
        self._tenants: dict[str, tuple[Quota, Quota]] = {}
        self._answers: deque[str] = deque(maxlen=_LOOKED_AT)  # the refused tenant, or ""

    async def enter(self, tenant: str, units: int, writes: int) -> None:
        """Wait until so much may be asked of the service about this tenant."""
        while True:
            now = self._clock.monotonic()
            own = self._own_wait(tenant, units, writes, now)
            if own > 0:
                await self._patience.wait(own + random.random() * _JITTER_S)
                continue
            if self._counts:
                everybody = max(
                    self._units.wait_for(units, now), self._writes.wait_for(writes, now)
                )
                if everybody > 0:
                    await self._clock.sleep(everybody + random.random() * _JITTER_S)
                    continue
                self._take(tenant, units, writes, now)
            await self.gate.enter()
            if tenant not in self._held:
                return

    def open_to(self, tenant: str) -> bool:
        """Whether nothing has closed the way since `enter`."""
        held = self._held.get(tenant)
        return self.gate.closed_for == 0 and (held is None or held <= self._clock.monotonic())

    def accepted(self) -> None:
        """A request was answered without a 429."""
        self._answers.append("")
        self.gate.accepted()

    def hold(
        self, tenant: str, seconds: float, *, scope: str = "", sent_at: float | None = None
    ) -> bool:
        """Close the gate a throttled answer is about; whether that is everybody's.

        The answer may say whom it means. Where it does not, it is the tenant, whose own limit is
        the nearest, until most answers of the host are refusals.
        """
        self._answers.append(tenant)
        refused = [name for name in self._answers if name]
        full = len(refused) >= _HOST_WIDE_FROM and len(set(refused)) >= _TENANTS
        if not tenant or scope.startswith("Application") or (full and not scope):
            self.gate.hold(seconds, sent_at=sent_at)
            return True
        until = self._clock.monotonic() + seconds
        self._held[tenant] = max(until, self._held.get(tenant, until))
        return False

    def _own_wait(self, tenant: str, units: int, writes: int, now: float) -> float:
        held = self._held.get(tenant)
        wait = 0.0
        if held is not None:
            wait = held - now
            if wait <= 0:
                del self._held[tenant]
        if (quotas := self._tenants.get(tenant)) is not None:
            wait = max(wait, quotas[0].wait_for(units, now), quotas[1].wait_for(writes, now))
        return wait

    def _take(self, tenant: str, units: int, writes: int, now: float) -> None:
        self._units.take(units, now)
        quotas = self._tenants.get(tenant)
        if writes:
            self._writes.take(writes, now)
            if quotas is None:
                quotas = self._tenants[tenant] = Quota(*TENANT_UNITS), Quota(*TENANT_WRITES)
                self._forget_idle(now)
            quotas[1].take(writes, now)
        if quotas is not None:  # a tenant that is only read is never near its limit
            quotas[0].take(units, now)

    def _forget_idle(self, now: float) -> None:
        if len(self._tenants) <= _KEPT_TENANTS:
            return
        for tenant, quotas in list(self._tenants.items()):
            for quota in quotas:
                quota.wait_for(0, now)
            if all(quota.idle for quota in quotas):
                del self._tenants[tenant]


class Limits:
    """The hosts of a session."""

    def __init__(self, clock: Clock, patience: Patience) -> None:
        self._hosts = {service: Host(service, clock, patience) for service in Service}

    def of(self, service: Service) -> Host:
        """The service's limits."""
        return self._hosts[service]

    def learned_rates(self) -> Mapping[str, float]:
        """Requests a second that hosts were seen to bear, where a limit was met."""
        rates = {service.value: host.gate.learned for service, host in self._hosts.items()}
        return {name: rate for name, rate in rates.items() if rate is not None}

    def resume_rates(self, rates: Mapping[str, float]) -> None:
        """Take rates over that an earlier run learned."""
        for service, host in self._hosts.items():
            if (rate := rates.get(service.value)) is not None:
                host.gate.resume(rate)

    @property
    def holding(self) -> str:
        """Words for a service that asks us to wait; empty when none does."""
        return longest_hold([(WORDS[s], host.gate) for s, host in self._hosts.items()])
