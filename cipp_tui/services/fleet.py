"""Every known tenant, in memory, the newest facts; and on disk soon after."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from cipp_tui.domain.clock import Clock
from cipp_tui.domain.due import due
from cipp_tui.domain.fleet import Exclusion, Failures, Progress, Standing, TenantRow
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

    def __init__(self, store: FleetStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._board: Board[TenantId, TenantRow] = Board()
        self._standings: Counter[Standing] = Counter()
        self._due: set[TenantId] = set()
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
        self._read_at = datetime.fromisoformat(read_at) if read_at else None
        self._exclusions = await self._store.exclusions()
        whole = await self._store.count() <= LOADED_AT_ONCE
        for row in (await self._store.load(None if whole else LOADED_AT_ONCE)).values():
            self._put(row)
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
                self._put(row)
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
        return FleetCounts(
            total=len(self._board),
            managed=standings[Standing.MANAGED]
            + standings[Standing.NO_DOMAIN]
            + standings[Standing.FAILING],
            failing=standings[Standing.FAILING] + standings[Standing.SUSPENDED],
            excluded=standings[Standing.EXCLUDED],
            no_access=standings[Standing.NO_ACCESS],
            gone=standings[Standing.GONE],
            due=len(self._due),
        )

    def due_tenants(self) -> list[TenantRow]:
        """Who is due for a refresh now."""
        return [row for row in self._board.values() if self._is_due(row)]

    @property
    def judged_by(self) -> tuple[AppId | None, str | None]:
        """The app and the fingerprint of the wanted set; None while it is not known."""
        return self._app, self._fingerprint

    def judge_by(self, app: AppId, fingerprint: str) -> None:
        """From now on, who is due is judged by this wanted set."""
        if (self._app, self._fingerprint) == (app, fingerprint):
            return
        self._app, self._fingerprint = app, fingerprint
        self._due = {row.id for row in self._board.values() if self._is_due(row)}

    # -- changes ---------------------------------------------------------------------------
    def learn(self, tenants: Iterable[Tenant]) -> list[Tenant]:
        """Take over newer facts of tenants. A fact that could not be read keeps the old one.

        Returns those that are new. Exclusions, failures and permissions stay as they are.
        """
        new: list[Tenant] = []
        changed: list[Tenant] = []
        for tenant in tenants:
            row = self._board.get(tenant.id)
            if row is None:
                new.append(tenant)
                self._put(TenantRow(tenant=tenant, exclusion=self._exclusions.get(tenant.id)))
                changed.append(tenant)
                continue
            merged = _merged(row.tenant, tenant)
            if replace(merged, seen_at=None) != replace(row.tenant, seen_at=None):
                self._put(replace(row, tenant=merged))
            changed.append(merged)
        if new:
            self.membership += 1
        self._store.put_tenants(changed)
        return new

    def forget(self, tenants: Iterable[TenantId]) -> None:
        """Take tenants off the list; their exclusions and their journal stay."""
        gone = [tenant for tenant in tenants if tenant in self._board]
        for tenant in gone:
            row = self._board.get(tenant)
            if row is not None:
                self._standings[row.standing] -= 1
            self._due.discard(tenant)
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

    def failed(self, tenant: TenantId, problem: Problem) -> None:
        """Count one more failure in a row."""
        row = self._board.get(tenant)
        if row is None:
            return
        now = self._clock.now()
        before = row.failures
        failures = Failures(
            count=before.count + 1 if before is not None else 1,
            first_at=before.first_at if before is not None else now,
            last_at=now,
            problem=problem,
        )
        self._store.put_failures(tenant, failures)
        self._put(replace(row, failures=failures))

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
        if before is not None:
            self._standings[before.standing] -= 1
        self._standings[row.standing] += 1
        self._board.put(row.id, row)
        if self._is_due(row):
            self._due.add(row.id)
        else:
            self._due.discard(row.id)

    def _is_due(self, row: TenantRow) -> bool:
        now = self._clock.now()
        return due(row, app=self._app, fingerprint=self._fingerprint, now=now) is not None


def _merged(old: Tenant, new: Tenant) -> Tenant:
    bare = new.name == new.id
    return replace(
        new,
        name=old.name if bare else new.name,
        default_domain=new.default_domain or old.default_domain,
        domains=new.domains if len(new.domains) >= len(old.domains) else old.domains,
        gone_since=(old.gone_since or new.gone_since) if new.gone_since is not None else None,
    )
