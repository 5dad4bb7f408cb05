"""The tables, and how an older file becomes a current one."""

import contextlib
import sqlite3
from collections.abc import Mapping
from functools import cache
from typing import Final

MIGRATIONS: Final = (
    """
    CREATE TABLE tenant (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, default_domain TEXT,
        domains TEXT NOT NULL, relationships TEXT NOT NULL, gone_since TEXT, seen_at TEXT
    ) WITHOUT ROWID;
    CREATE TABLE exclusion (
        tenant TEXT PRIMARY KEY, by TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE failures (
        tenant TEXT PRIMARY KEY, count INTEGER NOT NULL, first_at TEXT NOT NULL,
        last_at TEXT NOT NULL, problem TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE permissions (
        tenant TEXT PRIMARY KEY, verdict TEXT NOT NULL, checked_at TEXT NOT NULL,
        app TEXT NOT NULL, fingerprint TEXT NOT NULL, missing TEXT NOT NULL,
        extra TEXT NOT NULL, unlicensed TEXT NOT NULL, applied_at TEXT
    ) WITHOUT ROWID;
    CREATE TABLE job (
        id INTEGER PRIMARY KEY, action TEXT NOT NULL, actor TEXT NOT NULL,
        created_at TEXT NOT NULL, reason TEXT NOT NULL, retry_of INTEGER
    );
    CREATE TABLE item (
        id INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES job(id), tenant TEXT NOT NULL,
        tenant_name TEXT NOT NULL, plan TEXT NOT NULL
    );
    CREATE INDEX item_by_job ON item(job);
    CREATE INDEX item_by_tenant ON item(tenant);
    CREATE TABLE mark (
        seq INTEGER PRIMARY KEY, item INTEGER NOT NULL REFERENCES item(id), step TEXT NOT NULL,
        word TEXT NOT NULL, at TEXT NOT NULL, request_id TEXT, note TEXT NOT NULL
    );
    CREATE INDEX mark_by_item ON mark(item);
    CREATE INDEX mark_of_end ON mark(item) WHERE step = 'end';
    CREATE TABLE remembered (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

    CREATE TRIGGER mark_is_append_only_u BEFORE UPDATE ON mark
        BEGIN SELECT RAISE(ABORT, 'the journal is append only'); END;
    CREATE TRIGGER mark_is_append_only_d BEFORE DELETE ON mark
        BEGIN SELECT RAISE(ABORT, 'the journal is append only'); END;
    CREATE TRIGGER item_is_append_only_u BEFORE UPDATE ON item
        BEGIN SELECT RAISE(ABORT, 'the journal is append only'); END;
    CREATE TRIGGER item_is_append_only_d BEFORE DELETE ON item
        BEGIN SELECT RAISE(ABORT, 'the journal is append only'); END;
    CREATE TRIGGER job_is_append_only_u BEFORE UPDATE ON job
        BEGIN SELECT RAISE(ABORT, 'the journal is append only'); END;
    CREATE TRIGGER job_is_append_only_d BEFORE DELETE ON job
        BEGIN SELECT RAISE(ABORT, 'the journal is append only'); END;
    """,
    """
    ALTER TABLE failures ADD COLUMN causes TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE failures ADD COLUMN app TEXT;
    ALTER TABLE failures ADD COLUMN fingerprint TEXT;
    """,
    """
    ALTER TABLE job ADD COLUMN partner TEXT;
    ALTER TABLE job ADD COLUMN app TEXT;
    """,
)
"""Each entry brings a file of the version before to its own: never edit one that was released."""

VERSION: Final = len(MIGRATIONS)


@cache
def columns_by_table() -> Mapping[str, tuple[str, ...]]:
    """The columns that each table of a current file has."""
    with contextlib.closing(sqlite3.connect(":memory:")) as file:
        for script in MIGRATIONS:
            file.executescript(script)
        names = [
            row[0] for row in file.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        return {
            name: tuple(row[1] for row in file.execute(f"PRAGMA table_info({name})"))
            for name in names
        }
