"""Every known tenant, in memory, the newest facts; and on disk soon after."""

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Final

from cipp_tui.domain.clock import Clock
from cipp_tui.domain.due import Aside, aside, dated_ahead, due, falls_due
from cipp_tui.domain.failures import SUSPENDED_AT, one_more
from cipp_tui.domain.fleet import Exclusion, Progress, Standing, TenantRow
from cipp_tui.domain.permissions import AppId, PermissionRecord
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import Tenant, TenantId
from cipp_tui.services.board import Board
from cipp_tui.services.views import FleetCounts
from cipp_tui.storage.state import FleetStore

READ_AT = "list-read-at"
LOADED_AT_ONCE = 1000
_SLICE = 500


class Fleet:
    """The tenants. Every change replaces a row, tells the board, and goes to disk."""

    def __init__(
        self,
        store: FleetStore,
        clock: Clock,
        *,
        suspend_after: int = SUSPENDED_AT,
        on_suspended: Callable[[TenantRow], None] | None = None,
    ) -> None:
        """`suspend_after`: failures in a row that set a tenant aside, which is told once each."""
        self._store = store
        self._suspend_after = suspend_after
        self._on_suspended = on_suspended
        self._clock = clock
        self._board: Board[TenantId, TenantRow] = Board()
        self._standings: Counter[Standing] = Counter()
        self._due: set[TenantId] = set()
        self._ripens: dict[TenantId, datetime] = {}  # when each of the others becomes due
        self._ripening: list[tuple[datetime, TenantId]] = []  # a heap of these; some are outdated
        self._exclusions: dict[TenantId, Exclusion] = {}  # also of tenants taken off the list
        self._app: AppId | None = None
        self._fingerprint: str | None = None
        self._read_at: datetime | None = None
        self.loaded = asyncio.Event()
        """Set when everything stored is in memory."""
        self.membership = 0
        """Grows when tenants come or go."""

    async def load(self, read_at: str | None) -> None:
        """Take over what is stored; of a large fleet the first tenants, enough to be looked at.

        `read_at` is when the list was last read, ISO 8601.
        """
        self._read_at = self._store.moment(read_at)
        self._exclusions = await self._store.exclusions()
        whole = await self._store.count() <= LOADED_AT_ONCE
        for row in (await self._store.load(None if whole else LOADED_AT_ONCE)).values():
            self._put(self._limited(row))
        self.membership += 1
        if whole:
            self.loaded.set()

    async def load_rest(self) -> None:
        """Take over the others, a slice at a time, so that nobody waits for it."""
        if self.loaded.is_set():
            return
        rows = await self._store.load()
        for place, row in enumerate(rows.values(), 1):
            if row.id not in self._board:
                self._put(self._limited(row))
            if place % _SLICE == 0:
                await asyncio.sleep(0)
        self.membership += 1
        self.loaded.set()

    @property
    def revision(self) -> int:
        """Grows with every changed row."""
        return self._board.revision

    @property
    def read_at(self) -> datetime | None:
        """When the whole list was last read."""
        return self._read_at

    def __len__(self) -> int:
        return len(self._board)

    def rows(self) -> Sequence[TenantRow]:
        """All rows, in no order."""
        return list(self._board.values())

    def row(self, tenant: TenantId) -> TenantRow | None:
        return self._board.get(tenant)

    def since(self, seen: int) -> tuple[int, list[TenantId]]:
        """The revision now, and whose rows changed after revision `seen`."""
        revision, news = self._board.since(seen)
        return revision, [tenant for tenant, _ in news]

    def counts(self) -> FleetCounts:
        """The numbers of the title line; kept up to date, so asking is cheap."""
        standings = self._standings
        self._ripen()
        return FleetCounts(
            total=len(self._board),
            managed=standings[Standing.MANAGED]
            + standings[Standing.NO_DOMAIN]
            + standings[Standing.FAILING]
            + standings[Standing.STUCK],
            failing=standings[Standing.FAILING]
            + standings[Standing.STUCK]
            + standings[Standing.SUSPENDED],
            excluded=standings[Standing.EXCLUDED],
            no_access=standings[Standing.NO_ACCESS],
            gone=standings[Standing.GONE],
            due=len(self._due),
        )

    def due_tenants(self) -> list[TenantRow]:
        """Who is due for a refresh now."""
        return [row for row in self._board.values() if self._is_due(row)]

    def tenants_aside(self) -> list[tuple[TenantRow, Aside]]:
        """Who is left to a human: suspended, or no longer tried by the schedule."""
        found = ((row, aside(row)) for row in self._board.values() if row.failures is not None)
        return [(row, why) for row, why in found if why is not None and not self._is_due(row)]

    @property
    def judged_by(self) -> tuple[AppId | None, str | None]:
        """The app and the fingerprint of the wanted set; None while it is not known."""
        return self._app, self._fingerprint

    def judge_by(self, app: AppId, fingerprint: str) -> None:
        """From now on, who is due is judged by this wanted set."""
        if (self._app, self._fingerprint) == (app, fingerprint):
            return
        self._app, self._fingerprint = app, fingerprint
        self._due.clear()
        self._ripens.clear()
        now = self._clock.now()
        for row in self._board.values():
            self._judge(row, now)
        self._ripening = [(ripe_at, tenant) for tenant, ripe_at in self._ripens.items()]
        heapq.heapify(self._ripening)

    # -- changes ---------------------------------------------------------------------------
    def learn(self, tenants: Iterable[Tenant]) -> list[Tenant]:
        """Take over newer facts of tenants. A fact that could not be read keeps the old one.

        Returns those that are new. Exclusions, failures and permissions stay as they are.
        """
        new: list[Tenant] = []
        changed: list[Tenant] = []
        told: list[Tenant] = []  # their domains, and no more
        for tenant in tenants:
            row = self._board.get(tenant.id)
            if row is None:
                new.append(tenant)
                self._put(TenantRow(tenant=tenant, exclusion=self._exclusions.get(tenant.id)))
                changed.append(tenant)
                continue
            merged = _merged(row.tenant, tenant)
            if _facts(merged) != _facts(row.tenant):
                self._put(replace(row, tenant=merged))
            (told if _but_domains(merged) == _but_domains(row.tenant) else changed).append(merged)
        if new:
            self.membership += 1
        self._store.put_tenants(changed)
        self._store.put_domains(told)
        return new

    def forget(self, tenants: Iterable[TenantId]) -> None:
        """Take tenants off the list; their exclusions and their journal stay."""
        gone = [tenant for tenant in tenants if tenant in self._board]
        for tenant in gone:
            row = self._board.get(tenant)
            if row is not None:
                self._standings[row.standing] -= 1
            self._due.discard(tenant)
            self._ripens.pop(tenant, None)
            self._board.drop(tenant)
        self._store.drop_tenants(gone)
        self.membership += 1

    def list_was_read(self) -> None:
        """The whole list was read just now."""
        self._read_at = self._clock.now()
        self._store.remember(READ_AT, self._read_at.isoformat())

    def exclude(self, tenant: TenantId, exclusion: Exclusion | None) -> None:
        """Set, or with None lift, an exclusion."""
        self._store.put_exclusion(tenant, exclusion)
        if exclusion is None:
            self._exclusions.pop(tenant, None)
        else:
            self._exclusions[tenant] = exclusion
        if (row := self._board.get(tenant)) is not None:
            self._put(replace(row, exclusion=exclusion))

    def failed(self, tenant: TenantId, problem: Problem, step: str = "") -> None:
        """Count one more failure in a row; `step` is the one that failed."""
        row = self._board.get(tenant)
        if row is None:
            return
        failures = one_more(
            row.failures,
            problem,
            at=self._clock.now(),
            step=step,
            app=self._app,
            fingerprint=self._fingerprint,
            limit=self._suspend_after,
        )
        self._store.put_failures(tenant, failures)
        row = replace(row, failures=failures)
        self._put(row)
        if failures.count == self._suspend_after and self._on_suspended is not None:
            self._on_suspended(row)

    def succeeded(self, tenant: TenantId) -> None:
        """Set the count of failures back."""
        row = self._board.get(tenant)
        if row is not None and row.failures is not None:
            self._store.put_failures(tenant, None)
            self._put(replace(row, failures=None))

    def compared(self, tenant: TenantId, record: PermissionRecord) -> None:
        """Remember what was found when the permissions were looked at."""
        self._store.put_permissions(tenant, record)
        if (row := self._board.get(tenant)) is not None:
            self._put(replace(row, permissions=record))

    def progress(self, tenant: TenantId, progress: Progress | None) -> None:
        """Show what a job does with the tenant. In memory only: the journal knows it anyway."""
        if (row := self._board.get(tenant)) is not None:
            self._put(replace(row, progress=progress))

    def stranded(self, tenant: TenantId, is_owed: bool) -> None:
        """Note that access is owed, or has been given back. In memory only, as above."""
        row = self._board.get(tenant)
        if row is not None and row.stranded != is_owed:
            self._put(replace(row, stranded=is_owed))

    def _put(self, row: TenantRow) -> None:
        before = self._board.get(row.id)
        self._board.put(row.id, row)
        if before is not None:
            if _stands_alike(before, row):  # a job's progress: most changes are no more than that
                return
            self._standings[before.standing] -= 1
        self._standings[row.standing] += 1
        if (ripe_at := self._judge(row, self._clock.now())) is not None:
            heapq.heappush(self._ripening, (ripe_at, row.id))

    def _judge(self, row: TenantRow, now: datetime) -> datetime | None:
        """Note whether the row is due, or when it will be; that moment, where it is news."""
        found = falls_due(row, app=self._app, fingerprint=self._fingerprint)
        ripe_at = found.ripe_at if found is not None else None
        if found is not None and (ripe_at is None or ripe_at <= now or dated_ahead(row, now)):
            self._due.add(row.id)
            self._ripens.pop(row.id, None)
            return None
        self._due.discard(row.id)
        if ripe_at is None:
            self._ripens.pop(row.id, None)
            return None
        before = self._ripens.get(row.id)
        self._ripens[row.id] = ripe_at
        return ripe_at if ripe_at != before else None

    def _ripen(self) -> None:
        """Take over who has become due by the mere passing of time."""
        if not self._ripening:
            return
        now = self._clock.now()
        while self._ripening and self._ripening[0][0] <= now:
            ripe_at, tenant = heapq.heappop(self._ripening)
            if self._ripens.get(tenant) == ripe_at:
                del self._ripens[tenant]
                self._due.add(tenant)

    def _limited(self, row: TenantRow) -> TenantRow:
        """A stored row under this profile's limit."""
        if row.failures is None or row.failures.limit == self._suspend_after:
            return row
        return replace(row, failures=replace(row.failures, limit=self._suspend_after))

    def _is_due(self, row: TenantRow) -> bool:
        now = self._clock.now()
        return due(row, app=self._app, fingerprint=self._fingerprint, now=now) is not None


_facts: Final = attrgetter(*(one.name for one in fields(Tenant) if one.name != "seen_at"))
"""All that is known of a tenant but when it was seen: cheaper than to replace that and compare."""


_but_domains: Final = attrgetter("name", "kind", "relationships", "gone_since")


def _stands_alike(one: TenantRow, other: TenantRow) -> bool:
    """Whether nothing changed that decides how a tenant stands and when it is due."""
    return (
        one.tenant is other.tenant
        and one.permissions is other.permissions
        and one.failures is other.failures
        and one.exclusion is other.exclusion
        and one.stranded == other.stranded
    )


def _merged(old: Tenant, new: Tenant) -> Tenant:
    bare = new.name == new.id
    return replace(
        new,
        name=old.name if bare else new.name,
        default_domain=new.default_domain or old.default_domain,
        domains=new.domains if len(new.domains) >= len(old.domains) else old.domains,
        gone_since=(old.gone_since or new.gone_since) if new.gone_since is not None else None,
    )
