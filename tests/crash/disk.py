"""A state file whose every write is an event, and pictures of what a dead program leaves of it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiosqlite

from cipp_tui.storage.database import Database, open_database

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of a state file, and of its write-ahead log, at one moment."""

    main: bytes
    log: bytes

    @classmethod
    def of(cls, path: Path) -> "Picture":
        log = path.with_name(path.name + "-wal")
        return cls(path.read_bytes(), log.read_bytes() if log.exists() else b"")

    def hang_up(self, path: Path) -> None:
        """Make a state file that looks like this."""
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob(path.name + "*"):
            old.unlink()
        path.write_bytes(self.main)
        if self.log:
            path.with_name(path.name + "-wal").write_bytes(self.log)


async def blank(folder: Path) -> Picture:
    """A state file that was just made."""
    path = folder / "blank.db"
    async with open_database(path):
        pass
    return Picture.of(path)


class _Rows:
    """The answer of a query, in the shape the database expects."""

    def __init__(self, connection: sqlite3.Connection, sql: str, values: Sequence[Any]) -> None:
        self._connection, self._sql, self._values = connection, sql, values
        self._cursor: sqlite3.Cursor | None = None

    def __await__(self) -> Generator[Any, None, "_Rows"]:
        yield from ()
        self._cursor = self._connection.execute(self._sql, self._values)
        return self

    async def __aenter__(self) -> "_Rows":
        self._cursor = self._connection.execute(self._sql, self._values)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._cursor is not None:
            self._cursor.close()

    async def fetchall(self) -> list[Any]:
        assert self._cursor is not None
        return self._cursor.fetchall()


class InlineConnection:
    """SQLite without a thread, so that events have one order, and each write is told."""

    def __init__(self, path: Path, told: Told) -> None:
        self._file = sqlite3.connect(path, isolation_level=None, timeout=0.1)
        # The program dies, not the machine: what the system was handed is not lost.
        self._file.execute("PRAGMA synchronous=OFF")
        self._file.execute("PRAGMA foreign_keys=ON")
        self._told = told
        self.full = False
        """From now on nothing can be written: what SQLite says of a disk without room."""

    def execute(self, sql: str, values: Sequence[Any] = ()) -> _Rows:
        if sql.startswith("BEGIN"):
            self._told("disk: before a write")
        return _Rows(self._file, sql, values)

    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if self.full:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorname, error.sqlite_errorcode = "SQLITE_FULL", 13
            raise error
        self._file.executemany(sql, rows)
        self._told("disk: in the middle of a write")

    async def commit(self) -> None:
        self._file.execute("COMMIT")
        self._told("disk: after a write")

    async def rollback(self) -> None:
        if self._file.in_transaction:
            self._file.execute("ROLLBACK")

    def close(self) -> None:
        self._file.close()


@asynccontextmanager
async def opened(path: Path, told: Told, *, room: int | None = None) -> AsyncIterator[Database]:
    """The program's own database over an inline connection, with `room` for so many writes."""
    left = room

    def noticed(event: str) -> None:
        nonlocal left
        if event.startswith("disk: before") and left is not None:
            connection.full = left == 0
            left -= 1
        told(event)

    connection = InlineConnection(path, noticed)
    database = Database(cast(aiosqlite.Connection, connection), path)
    writer = asyncio.create_task(database.keep_writing())
    try:
        yield database
    finally:
        await database.close(writer)
        connection.close()
