"""A state file of an older program opens, with everything in it."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from cipp_tui.domain.failures import CauseKind, Failures, one_more
from cipp_tui.domain.permissions import AppId
from cipp_tui.domain.problems import Refused
from cipp_tui.domain.tenants import Tenant, TenantId
from cipp_tui.storage.database import open_database
from cipp_tui.storage.journal import Journal
from cipp_tui.storage.schema import MIGRATIONS, VERSION
from cipp_tui.storage.state import FleetStore

AT = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
ONE = TenantId("11111111-1111-4111-8111-111111111111")
PROBLEM = (
    '{"family": "refused", "message": "blocked", "code": "AADSTS53003", "host": "",'
    ' "status": 400, "request_id": "id", "at": ""}'
)


def old_file(path: Path) -> None:
    """As the first released version wrote it: one failing, excluded tenant and one job."""
    with sqlite3.connect(path) as file:
        file.executescript(f"{MIGRATIONS[0]};PRAGMA user_version=1;")
        file.execute(
            "INSERT INTO tenant VALUES (?,?,?,?,?,?,?,?)",
            (ONE, "Contoso", "customer", "contoso.com", '["contoso.com"]', "[]", None, None),
        )
        file.execute(
            "INSERT INTO failures VALUES (?,?,?,?,?)",
            (ONE, 12, AT.isoformat(), AT.isoformat(), PROBLEM),
        )
        file.execute(
            "INSERT INTO exclusion VALUES (?,?,?,?)", (ONE, "kim", AT.isoformat(), "left us")
        )
        file.execute(
            "INSERT INTO permissions VALUES (?,?,?,?,?,?,?,?,?)",
            (ONE, "in order", AT.isoformat(), "app", "f", "[]", "[]", "[]", AT.isoformat()),
        )
        file.execute(
            "INSERT INTO job VALUES (1,'refresh','kim@bastion',?,'',NULL)", (AT.isoformat(),)
        )
        file.execute("INSERT INTO item VALUES (1,1,?,'Contoso','[]')", (ONE,))
        file.execute("INSERT INTO remembered VALUES ('list-read-at', ?)", (AT.isoformat(),))
    file.close()


async def test_a_file_of_the_first_version_opens_with_its_data(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    old_file(path)

    async with open_database(path) as database:
        store, journal = FleetStore(database), Journal(database)
        await journal.open()
        row = (await store.load())[ONE]
        entries = await journal.newest(10)
        memories = await store.remembered()

    assert row.tenant.default_domain == "contoso.com"
    assert row.exclusion is not None
    assert row.exclusion.reason == "left us"
    assert row.permissions is not None
    assert row.permissions.applied_at == AT
    assert row.failures is not None
    assert (row.failures.count, row.failures.first_at) == (12, AT)
    assert [(c.kind, c.count) for c in row.failures.causes] == [(CauseKind.SIGN_IN, 12)]
    assert (row.failures.app, row.failures.fingerprint) == (None, None)
    assert [entry.item.tenant for entry in entries] == [ONE]
    assert memories["list-read-at"] == AT.isoformat()
    with sqlite3.connect(path) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (VERSION,)
    file.close()


async def test_failures_of_an_older_program_go_on_being_counted(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    old_file(path)
    async with open_database(path) as database:
        store = FleetStore(database)
        before = (await store.load())[ONE].failures
        after = one_more(before, Refused("no", code="AADSTS65001"), at=AT, app=AppId("app"))
        store.put_failures(ONE, after)

    async with open_database(path) as database:
        found = (await FleetStore(database).load())[ONE].failures

    assert found is not None
    assert [(c.kind, c.count) for c in found.causes] == [
        (CauseKind.CONSENT, 1),
        (CauseKind.SIGN_IN, 12),
    ]
    assert (found.count, found.app) == (13, "app")


async def test_what_caused_the_failures_survives(tmp_path: Path) -> None:
    failures: Failures | None = None
    for code in ("AADSTS53003", "AADSTS65001", "AADSTS53003"):
        failures = one_more(
            failures, Refused("no", code=code), at=AT, app=AppId("app"), fingerprint="set-1"
        )
    assert failures is not None
    async with open_database(tmp_path / "state.db") as database:
        store = FleetStore(database)
        store.put_tenants([Tenant(id=ONE, name="Contoso")])
        store.put_failures(ONE, failures)

    async with open_database(tmp_path / "state.db") as database:
        found = (await FleetStore(database).load())[ONE].failures

    assert found is not None
    assert [(c.kind, c.count, c.first_at, c.problem.code) for c in found.causes] == [
        (CauseKind.SIGN_IN, 2, AT, "AADSTS53003"),
        (CauseKind.CONSENT, 1, AT, "AADSTS65001"),
    ]
    assert (found.app, found.fingerprint) == ("app", "set-1")
