"""The state file: opened, brought up to date, and written in few, durable transactions."""

import asyncio
import contextlib
import os
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite

from cipp_tui.config.files import (
    Guard,
    UnfitFile,
    demand_guarded,
    demand_regular,
    make_private_folder,
    open_private,
)
from cipp_tui.domain.problems import StorageProblem
from cipp_tui.storage.faults import (
    damaged,
    lock_refusal,
    os_problem,
    sqlite_problem,
    translated,
    unfit_problem,
)
from cipp_tui.storage.schema import MIGRATIONS, VERSION, columns_by_table

_TABLE = re.compile(r"(?:INTO|FROM|UPDATE)\s+(\w+)")

TICK_S = 0.2
"""How often changes that nobody waits for are written."""

_HEADER = 100
"""Bytes of a SQLite file's header."""

BUSY_S = 5.0
"""How long another program may hold the file before it counts as locked."""


class Database:
    """One connection, one writer task. Writes are gathered and committed together, in order."""

    def __init__(self, connection: aiosqlite.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path
        self._pending: list[tuple[str, Sequence[Any]]] = []
        self._gathered = 0  # writes handed in so far
        self._written = 0  # of which this many are on disk
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._urgent = asyncio.Event()
        self._closing = False
        self._broken: StorageProblem | None = None
        self.on_broken: Callable[[StorageProblem], None] | None = None
        """Told once, when nothing can be written any more."""
        self.commits = 0

    def write(self, sql: str, *rows: Sequence[Any]) -> None:
        """Hand in a change; it reaches the disk within a tick. Raises: StorageProblem."""
        if self._broken is not None:
            raise self._broken
        self._pending.extend((sql, row) for row in rows)
        self._gathered += len(rows)
        self._wake.set()

    async def flush(self) -> None:
        """Return when everything handed in so far is on disk. Raises: StorageProblem.

        Callers that come together share one commit; a cancelled caller cancels nothing.
        """
        if self._broken is not None:
            raise self._broken
        if self._written >= self._gathered:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._gathered, done))
        self._urgent.set()
        self._wake.set()
        await done

    async def read(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query. Raises: StorageProblem."""
        with translated(self.path):
            async with self._connection.execute(sql, values) as cursor:
                return [tuple(row) for row in await cursor.fetchall()]

    async def keep_writing(self) -> None:
        """The one writer: commits what was gathered once per tick, or at once when asked to."""
        while not self._closing or self._pending:
            if not self._pending:
                await self._wake.wait()
            self._wake.clear()
            if not self._urgent.is_set() and not self._closing:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._urgent.wait(), TICK_S)
            self._urgent.clear()
            pending, self._pending = self._pending, []
            try:
                await self._commit(pending)
            except Exception as error:  # noqa: BLE001 - the top of a worker that others wait for
                self._fail(_problem(self.path, error))
                return
            self._written += len(pending)
            self._answer()

    async def close(self, writer: asyncio.Task[None]) -> None:
        """Write what is left and end the writer."""
        self._closing = True
        self._wake.set()
        self._urgent.set()
        await writer

    def demand_written(self) -> None:
        """Raises: StorageProblem when something that was handed in is not on disk."""
        if self._broken is not None:
            raise self._broken

    def _answer(self) -> None:
        still: list[tuple[int, asyncio.Future[None]]] = []
        for target, done in self._waiting:
            if target > self._written:
                still.append((target, done))
            elif not done.done():
                done.set_result(None)
        self._waiting = still
        if still:
            self._urgent.set()

    def _fail(self, problem: StorageProblem) -> None:
        self._broken = problem
        for _, done in self._waiting:
            if not done.done():
                done.set_exception(problem)
        self._waiting = []
        if self.on_broken is not None:
            self.on_broken(problem)

    async def _commit(self, pending: Sequence[tuple[str, Sequence[Any]]]) -> None:
        if not pending:
            return
        self.commits += 1
        await self._connection.execute("BEGIN IMMEDIATE")
        try:
            for sql, rows in _gathered(pending):
                await self._connection.executemany(sql, rows)
            await self._connection.commit()
        except sqlite3.Error:
            await self._connection.rollback()
            raise


def _problem(path: Path, error: Exception) -> StorageProblem:
    if isinstance(error, sqlite3.Error):
        return sqlite_problem(path, error)
    return StorageProblem(
        f"{path} cannot be written ({type(error).__name__}); nothing more is begun", code="storage"
    )


def _gathered(
    pending: Sequence[tuple[str, Sequence[Any]]],
) -> list[tuple[str, list[Sequence[Any]]]]:
    """The same writes in few statements. Writes to one table keep their order."""
    found: list[tuple[str, list[Sequence[Any]]]] = []
    open_for: dict[str, tuple[str, list[Sequence[Any]]]] = {}  # by table
    for sql, row in pending:
        table = _TABLE.search(sql)
        name = table.group(1) if table is not None else sql
        latest = open_for.get(name)
        if latest is None or latest[0] != sql:
            latest = open_for[name] = (sql, [])
            found.append(latest)
        latest[1].append(row)
    return found


@asynccontextmanager
async def open_database(path: Path, *, to_act: bool = True) -> AsyncIterator[Database]:
    """Open the state file, made or brought up to date where needed; all is on disk at the end.

    With `to_act`, a write is tried at once: who cannot write may not act, and must know before
    anything is sent. Without it, a file that can only be read is good enough.
    Raises: StorageProblem when it is newer than the program, damaged, read-only, locked or full.
    """
    await asyncio.to_thread(_prepare, path, to_act)
    with translated(path):
        connection = await aiosqlite.connect(path, isolation_level=None, timeout=BUSY_S)
    try:
        with translated(path):
            await connection.execute("PRAGMA synchronous=FULL")
            await connection.execute("PRAGMA foreign_keys=ON")
        database = Database(connection, path)
        writer = asyncio.create_task(database.keep_writing())
        try:
            yield database
        finally:
            await database.close(writer)
        if to_act:
            database.demand_written()
    finally:
        with translated(path):
            await connection.close()


def _prepare(path: Path, to_act: bool) -> None:
    try:
        make_private_folder(path.parent)
        if (refused := lock_refusal(path.parent)) is not None:
            raise os_problem(path.parent, refused)
        _demand_ours(path, to_act)
        if 0 < path.stat().st_size < _HEADER:  # SQLite would take it for a new, empty file
            raise damaged(path, "it was cut off")
        with (
            translated(path),
            contextlib.closing(sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)) as file,
        ):
            found = int(file.execute("PRAGMA user_version").fetchone()[0])
            if found > VERSION:
                raise StorageProblem(
                    f"{path} was written by a newer cipp-tui (format {found}, this one knows"
                    f" {VERSION}); update the program, or point CIPP_TUI_DATA elsewhere",
                    code="newer-file",
                )
            if found < 0:
                raise damaged(path, f"format {found}")
            file.execute("PRAGMA journal_mode=WAL")
            if found < VERSION:
                _migrate(file, found)
            if (seen := str(file.execute("PRAGMA quick_check(1)").fetchone()[0])) != "ok":
                raise damaged(path, seen)
            for table, columns in columns_by_table().items():
                if tuple(row[1] for row in file.execute(f"PRAGMA table_info({table})")) != columns:
                    raise damaged(path, f"table {table} has other columns")
            if to_act:
                file.execute("PRAGMA synchronous=FULL")
                file.execute("BEGIN IMMEDIATE")
                file.execute(f"PRAGMA user_version={VERSION}")
                file.execute("COMMIT")
    except UnfitFile as unfit:
        raise unfit_problem(path, unfit) from None
    except OSError as error:
        raise os_problem(path, error) from None


def _demand_ours(path: Path, to_act: bool) -> None:
    """Make the file, or see that it is a file and nobody else's. Raises: UnfitFile, OSError."""
    if path.exists():
        facts = path.stat()
        demand_regular(facts.st_mode)
        demand_guarded(path, facts, Guard.WRITE)
        if not to_act:  # on a file system that can only be read, for example
            return
    os.close(open_private(path, os.O_RDWR))


def _migrate(file: sqlite3.Connection, found: int) -> None:
    for version, script in enumerate(MIGRATIONS[found:], found + 1):
        file.executescript(f"BEGIN;{script};PRAGMA user_version={version};COMMIT;")
