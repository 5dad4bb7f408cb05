"""Reading the list of tenants again: rows change in place, nothing is ever deleted."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import aclosing
from dataclasses import replace

from cipp_tui.api.backend import Backend
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import Tenant, TenantId, TenantKind
from cipp_tui.services.fleet import Fleet
from cipp_tui.services.views import Reading


class Listing:
    """One reading at a time."""

    def __init__(
        self, backend: Backend, fleet: Fleet, clock: Clock, on_end: Callable[[Reading], None]
    ) -> None:
        self._backend = backend
        self._fleet = fleet
        self._clock = clock
        self._on_end = on_end
        self._task: asyncio.Task[None] | None = None
        self.reading = Reading(running=False)

    def start(self, only: TenantId | None = None) -> bool:
        """Start reading; False when the list is being read already."""
        if self._task is not None and not self._task.done():
            return False
        self.reading = Reading(
            running=True,
            about=1 if only else len(self._fleet) or None,
            started_at=self._clock.now(),
        )
        self._task = asyncio.create_task(self._read(only))
        return True

    async def finished(self) -> Reading:
        """Wait for the reading under way; how it went."""
        if self._task is not None:
            await asyncio.shield(self._task)
        return self.reading

    async def cancel(self) -> None:
        """Break the reading off; what was read stays."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _read(self, only: TenantId | None) -> None:
        await self._fleet.loaded.wait()  # else stored tenants would be taken for new ones
        before = {row.id: row.tenant for row in self._fleet.rows()}
        named = {ident for ident, tenant in before.items() if tenant.default_domain is not None}
        seen: dict[TenantId, Tenant] = {}
        gone: list[Tenant] = []
        problem: Problem | None = None
        try:
            async with aclosing(self._backend.tenants(only, known=named)) as pages:
                async for page in pages:
                    self._fleet.learn(page)
                    seen.update((tenant.id, tenant) for tenant in page)
                    self.reading = replace(self.reading, seen=len(seen))
            gone = self._mark_gone([only] if only is not None else before, seen)
            if only is None:
                self._fleet.list_was_read()
        except Problem as error:
            problem = error
        self.reading = self._difference(before, seen, gone, problem)
        self._on_end(self.reading)

    def _mark_gone(self, known: Iterable[TenantId], seen: dict[TenantId, Tenant]) -> list[Tenant]:
        """Customers that a whole reading did not bring have no relationship any more."""
        now = self._clock.now()
        gone: list[Tenant] = []
        for tenant in known:
            row = self._fleet.row(tenant)
            if row is None or tenant in seen or row.tenant.kind is not TenantKind.CUSTOMER:
                continue
            if row.tenant.gone_since is None:
                gone.append(replace(row.tenant, gone_since=now))
        self._fleet.learn(gone)
        return gone

    def _difference(
        self,
        before: dict[TenantId, Tenant],
        seen: dict[TenantId, Tenant],
        gone: list[Tenant],
        problem: Problem | None,
    ) -> Reading:
        new: list[str] = []
        renamed: list[str] = []
        unread: list[str] = []
        left = [tenant.name for tenant in gone]
        for ident in seen:
            row = self._fleet.row(ident)
            if row is None:
                continue
            tenant, old = row.tenant, before.get(ident)
            if old is None:
                new.append(tenant.name)
            elif old.name != tenant.name:
                renamed.append(tenant.name)
            if old is not None and old.gone_since is None and tenant.gone_since is not None:
                left.append(tenant.name)
            if tenant.default_domain is None and tenant.gone_since is None:
                unread.append(tenant.name)
        return replace(
            self.reading,
            running=False,
            seen=len(seen),
            problem=problem,
            new=tuple(new) if before else (),
            gone=tuple(left),
            renamed=tuple(renamed),
            domains_unread=tuple(unread),
        )
