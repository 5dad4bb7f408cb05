"""Reading the list of tenants again: rows change in place, nothing is ever deleted."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace

from cipp_tui.api.backend import Backend
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import Tenant, TenantId, TenantKind, UnreadableRow
from cipp_tui.services.fleet import Fleet
from cipp_tui.services.told import told_problems
from cipp_tui.services.views import FactChange, Reading


class Listing:
    """One reading at a time."""

    def __init__(
        self,
        backend: Backend,
        fleet: Fleet,
        clock: Clock,
        on_end: Callable[[Reading], None],
        loaded: Callable[[], Awaitable[object]],
    ) -> None:
        self._backend = backend
        self._loaded = loaded
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
        try:
            with told_problems("taking the list of tenants over"):
                self.reading = await self._whole(only)
        except Problem as error:  # what a service says is in the reading already
            self.reading = replace(self.reading, running=False, problem=error)
        self._on_end(self.reading)

    async def _whole(self, only: TenantId | None) -> Reading:
        await self._loaded()  # else stored tenants would be taken for new ones
        before = {row.id: row.tenant for row in self._fleet.rows()}
        named = {ident for ident, tenant in before.items() if tenant.default_domain is not None}
        seen: dict[TenantId, Tenant] = {}
        gone: list[Tenant] = []
        odd: list[UnreadableRow] = []
        problem: Problem | None = None
        tenants = self._backend.tenants(only, unreadable=odd.append, known=named)
        try:
            with told_problems("reading the list of tenants"):
                async with aclosing(tenants) as pages:
                    async for page in pages:
                        self._fleet.learn(page)
                        seen.update((tenant.id, tenant) for tenant in page)
                        self.reading = replace(self.reading, seen=len(seen))
                gone = self._mark_gone([only] if only is not None else before, seen, odd)
                if only is None:
                    self._fleet.list_was_read()
        except Problem as error:
            problem = error
        return self._difference(before, seen, gone, odd, problem)

    def _mark_gone(
        self,
        known: Iterable[TenantId],
        seen: dict[TenantId, Tenant],
        odd: Sequence[UnreadableRow],
    ) -> list[Tenant]:
        """Customers that a whole reading did not bring have no relationship any more.

        One whose relationship may be the row that nobody could read is left as it was.
        """
        now = self._clock.now()
        unread = {row.name for row in odd}
        about = {row.tenant for row in odd}
        gone: list[Tenant] = []
        for tenant in known:
            row = self._fleet.row(tenant)
            if row is None or tenant in seen or row.tenant.kind is not TenantKind.CUSTOMER:
                continue
            held = {relationship.id for relationship in row.tenant.relationships}
            if tenant in about or (None in about and (not held or held & unread)):
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
        odd: Sequence[UnreadableRow],
        problem: Problem | None,
    ) -> Reading:
        new: list[str] = []
        changed: list[FactChange] = []
        excluded = 0
        unread: list[str] = []
        left = [tenant.name for tenant in gone]
        for ident in seen:
            row = self._fleet.row(ident)
            if row is None:
                continue
            tenant, old = row.tenant, before.get(ident)
            excluded += row.exclusion is not None
            if old is None:
                new.append(tenant.name)
            else:
                changed += _changes(old, tenant)
            if old is not None and old.gone_since is None and tenant.gone_since is not None:
                left.append(tenant.name)
            if tenant.default_domain is None and tenant.gone_since is None:
                unread.append(tenant.name)
        return replace(
            self.reading,
            running=False,
            seen=len(seen),
            problem=problem,
            new=tuple(new),
            changed=tuple(changed),
            gone=tuple(left),
            excluded=excluded,
            domains_unread=tuple(unread),
            domains_refusal=self._backend.domains_refusal,
            unreadable=tuple(odd),
        )


def _changes(old: Tenant, new: Tenant) -> Iterator[FactChange]:
    """Facts that are other than before. One that was not known before has not changed."""
    facts = (
        ("name", old.name, new.name),
        ("default domain", old.default_domain, new.default_domain),
    )
    for what, before, now in facts:
        if before and now and before != now:
            yield FactChange(tenant=new.id, name=new.name, what=what, old=before, new=now)
