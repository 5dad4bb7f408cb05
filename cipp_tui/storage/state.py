"""What is known of tenants: list, exclusions, failures, permissions, and small memories."""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cipp_tui.domain.fleet import Exclusion, Failures, TenantRow
from cipp_tui.domain.permissions import PermissionRecord
from cipp_tui.domain.problems import StorageProblem
from cipp_tui.domain.tenants import Tenant, TenantId, tenant_id
from cipp_tui.storage.database import Database
from cipp_tui.storage.faults import translated
from cipp_tui.storage.rows import (
    domains_to,
    exclusion_from,
    exclusion_to,
    failures_from,
    failures_to,
    permissions_from,
    permissions_to,
    tenant_from,
    tenant_to,
)
from cipp_tui.storage.shapes import decoded, optional_moment, optional_text, text

_CHUNK = 2000


class FleetStore:
    """The fleet on disk. A tenant's exclusion is never touched by writing the tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self) -> int:
        """How many tenants are stored."""
        ((count,),) = await self._database.read("SELECT count(*) FROM tenant")
        return int(count)

    async def load(self, first: int | None = None) -> dict[TenantId, TenantRow]:
        """Every stored tenant, or the first ones by name. Read in a thread: the loop goes on."""
        await self._database.flush()
        return await asyncio.to_thread(_load, self._database.path, first)

    async def exclusions(self) -> dict[TenantId, Exclusion]:
        """Every exclusion, also of tenants that are not on the list at present."""
        rows = await self._database.read("SELECT * FROM exclusion")
        with decoded(self._database.path, "exclusion"):
            return {tenant_id(row[0]): exclusion_from(row) for row in rows}

    def put_tenants(self, tenants: Iterable[Tenant]) -> None:
        self._database.write(
            "INSERT OR REPLACE INTO tenant VALUES (?,?,?,?,?,?,?,?)",
            *(tenant_to(tenant) for tenant in tenants),
        )

    def put_domains(self, tenants: Iterable[Tenant]) -> None:
        """Write the domains of tenants that are stored already."""
        self._database.write(
            "UPDATE tenant SET default_domain=?, domains=?, seen_at=? WHERE id=?",
            *(domains_to(tenant) for tenant in tenants),
        )

    def drop_tenants(self, tenants: Iterable[TenantId]) -> None:
        """Forget tenants; their exclusions and their journal stay."""
        for table in ("tenant", "failures", "permissions"):
            column = "id" if table == "tenant" else "tenant"
            self._database.write(
                f"DELETE FROM {table} WHERE {column}=?",  # noqa: S608 - names are ours
                *((tenant,) for tenant in tenants),
            )

    def put_exclusion(self, tenant: TenantId, exclusion: Exclusion | None) -> None:
        if exclusion is None:
            self._database.write("DELETE FROM exclusion WHERE tenant=?", (tenant,))
        else:
            self._database.write(
                "INSERT OR REPLACE INTO exclusion VALUES (?,?,?,?)",
                exclusion_to(tenant, exclusion),
            )

    def put_failures(self, tenant: TenantId, failures: Failures | None) -> None:
        if failures is None:
            self._database.write("DELETE FROM failures WHERE tenant=?", (tenant,))
        else:
            self._database.write(
                "INSERT OR REPLACE INTO failures VALUES (?,?,?,?,?,?,?,?)",
                failures_to(tenant, failures),
            )

    def put_permissions(self, tenant: TenantId, record: PermissionRecord) -> None:
        self._database.write(
            "INSERT OR REPLACE INTO permissions VALUES (?,?,?,?,?,?,?,?,?)",
            permissions_to(tenant, record),
        )

    async def remembered(self) -> dict[str, str]:
        rows = await self._database.read("SELECT key, value FROM remembered")
        with decoded(self._database.path, "remembered"):
            return {text(key): text(value) for key, value in rows}

    def moment(self, remembered: str | None) -> datetime | None:
        """A date that was remembered. Raises: StorageProblem."""
        with decoded(self._database.path, "remembered"):
            return optional_moment(remembered)

    def remember(self, key: str, value: str) -> None:
        self._database.write("INSERT OR REPLACE INTO remembered VALUES (?,?)", (key, value))

    async def flush(self) -> None:
        await self._database.flush()

    def tell_when_broken(self, told: Callable[[StorageProblem], None]) -> None:
        """Have somebody told, once, when nothing can be written any more."""
        self._database.on_broken = told


@contextmanager
def opened_to_read(path: Path, *, patience_s: float = 5.0) -> Iterator[sqlite3.Connection]:
    """The file as it is, for reading alone. Raises: StorageProblem."""
    address = f"{path.absolute().as_uri()}?mode=ro"  # quoted: a path may hold ? and #
    with (
        translated(path),
        contextlib.closing(sqlite3.connect(address, uri=True, timeout=patience_s)) as file,
    ):
        yield file


def names_stored(path: Path) -> list[tuple[TenantId, str, str | None]]:
    """Id, name and default domain of every tenant, for a shell that waits: now or not at all.

    Raises: StorageProblem.
    """
    with opened_to_read(path, patience_s=0.0) as file, decoded(path, "tenant"):
        rows = file.execute("SELECT id, name, default_domain FROM tenant")
        return [(tenant_id(row[0]), text(row[1]), optional_text(row[2])) for row in rows]


def _load(path: Path, first: int | None) -> dict[TenantId, TenantRow]:
    only = "" if first is None else f" ORDER BY name COLLATE NOCASE LIMIT {first:d}"
    with opened_to_read(path) as file:
        with decoded(path, "tenant"):
            tenants = [tenant_from(row) for row in _rows(file, f"SELECT * FROM tenant{only}")]  # noqa: S608
        ids = None if first is None else json.dumps([tenant.id for tenant in tenants])
        with decoded(path, "exclusion"):
            exclusions = {r[0]: exclusion_from(r) for r in _about(file, "exclusion", ids)}
        with decoded(path, "failures"):
            failures = {r[0]: failures_from(r) for r in _about(file, "failures", ids)}
        with decoded(path, "permissions"):
            permissions = {r[0]: permissions_from(r) for r in _about(file, "permissions", ids)}
        return {
            tenant.id: TenantRow(
                tenant=tenant,
                exclusion=exclusions.get(tenant.id),
                failures=failures.get(tenant.id),
                permissions=permissions.get(tenant.id),
            )
            for tenant in tenants
        }


def _about(file: sqlite3.Connection, table: str, ids: str | None) -> Iterator[tuple[str, ...]]:
    sql = f"SELECT * FROM {table}"  # noqa: S608 - names are ours
    if ids is None:
        return _rows(file, sql)
    about = f"{sql} WHERE tenant IN (SELECT value FROM json_each(?))"  # noqa: S608 - as above
    return _rows(file, about, ids)


def _rows(file: sqlite3.Connection, sql: str, *values: str) -> Iterator[tuple[str, ...]]:
    cursor = file.execute(sql, values)
    while rows := cursor.fetchmany(_CHUNK):
        yield from rows
