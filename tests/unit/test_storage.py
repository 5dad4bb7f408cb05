"""What is on disk survives, is brought up to date, and is never quietly wrong."""

import asyncio
import errno
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cipp_tui.domain.fleet import Exclusion, Failures
from cipp_tui.domain.jobs import Action, Effect, Job, Mark, Step, Word
from cipp_tui.domain.permissions import AppId, PermissionRecord, Verdict
from cipp_tui.domain.problems import LockedElsewhere, Refused, StorageProblem
from cipp_tui.domain.roles import RoleId
from cipp_tui.domain.tenants import GdapRelationship, RelationshipStatus, Tenant, TenantId
from cipp_tui.domain.text import clean
from cipp_tui.storage.database import BUSY_S, open_database
from cipp_tui.storage.faults import sqlite_problem
from cipp_tui.storage.journal import Draft, Journal
from cipp_tui.storage.lock import runner_lock
from cipp_tui.storage.schema import VERSION
from cipp_tui.storage.state import FleetStore, names_stored

AT = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
ONE = TenantId("11111111-1111-4111-8111-111111111111")
TWO = TenantId("22222222-2222-4222-8222-222222222222")
PLAN = (Step("take-away", Effect.DESTROY), Step("verify", Effect.READ))


def tenant(ident: TenantId = ONE) -> Tenant:
    return Tenant(
        id=ident,
        name="日本 [x]",
        default_domain="contoso.com",
        domains=("contoso.com",),
        relationships=(
            GdapRelationship(
                id="r-1",
                name="Acme",
                tenant=ident,
                tenant_name="日本 [x]",
                status=RelationshipStatus.ACTIVE,
                roles=frozenset({RoleId("role")}),
                ends_at=AT,
                auto_extends=True,
            ),
        ),
        seen_at=AT,
    )


def wish(action: Action = Action.RESET) -> Job:
    return Job(id=0, action=action, actor="kim@bastion", created_at=AT)


async def test_a_tenant_with_everything_known_of_it_survives(tmp_path: Path) -> None:
    failures = Failures(
        count=3, first_at=AT, last_at=AT, problem=Refused("no", code="AADSTS53003", request_id="id")
    )
    record = PermissionRecord(
        verdict=Verdict.MISSING,
        checked_at=AT,
        app=AppId("app"),
        fingerprint="f",
        missing=("app: A",),
        applied_at=AT,
    )
    async with open_database(tmp_path / "state.db") as database:
        store = FleetStore(database)
        store.put_tenants([tenant()])
        store.put_exclusion(ONE, Exclusion(by="kim", at=AT, reason="left us"))
        store.put_failures(ONE, failures)
        store.put_permissions(ONE, record)

    async with open_database(tmp_path / "state.db") as database:
        row = (await FleetStore(database).load())[ONE]

    assert row.tenant == tenant()
    assert row.exclusion == Exclusion(by="kim", at=AT, reason="left us")
    assert row.permissions == record
    assert row.failures is not None
    assert row.failures.count == 3
    assert isinstance(row.failures.problem, Refused)
    assert row.failures.problem.aadsts == 53003


async def test_writing_a_tenant_anew_leaves_its_exclusion(tmp_path: Path) -> None:
    async with open_database(tmp_path / "state.db") as database:
        store = FleetStore(database)
        store.put_tenants([tenant()])
        store.put_exclusion(ONE, Exclusion(by="kim", at=AT))
        store.put_tenants([tenant()])
        row = (await store.load())[ONE]

    assert row.exclusion is not None


async def test_a_job_with_its_marks_survives(tmp_path: Path) -> None:
    async with open_database(tmp_path / "state.db") as database:
        journal = Journal(database)
        await journal.open()
        job, items = await journal.begin(wish(), [Draft(ONE, "Contoso", PLAN)])
        journal.mark(items[0].id, Mark(step="take-away", word=Word.INTENT, at=AT))
        await journal.flush()

    async with open_database(tmp_path / "state.db") as database:
        journal = Journal(database)
        await journal.open()
        (entry,) = await journal.debts()

    assert entry.job == job
    assert entry.item.plan == PLAN
    assert [mark.word for mark in entry.marks] == [Word.INTENT]


async def test_a_closed_item_is_no_longer_looked_for(tmp_path: Path) -> None:
    async with open_database(tmp_path / "state.db") as database:
        journal = Journal(database)
        await journal.open()
        _, items = await journal.begin(wish(), [Draft(ONE, "a", PLAN), Draft(TWO, "b", PLAN)])
        journal.mark(items[0].id, Mark(step="end", word=Word.DONE, at=AT))

        assert [entry.item.id for entry in await journal.unfinished()] == [items[1].id]
        assert [entry.item.id for entry in await journal.unfinished()] == [items[1].id]


async def test_the_journal_cannot_be_rewritten(tmp_path: Path) -> None:
    async with open_database(tmp_path / "state.db") as database:
        journal = Journal(database)
        await journal.open()
        await journal.begin(wish(), [Draft(ONE, "Contoso", PLAN)])

    with sqlite3.connect(tmp_path / "state.db") as file:
        with pytest.raises(sqlite3.IntegrityError, match="append only"):
            file.execute("UPDATE job SET actor='somebody else'")
        with pytest.raises(sqlite3.IntegrityError, match="append only"):
            file.execute("DELETE FROM item")
    file.close()


async def test_many_who_wait_share_few_commits(tmp_path: Path) -> None:
    async with open_database(tmp_path / "state.db") as database:
        store = FleetStore(database)

        async def write(number: int) -> None:
            store.remember(f"key {number}", "value")
            await store.flush()

        await asyncio.gather(*(write(number) for number in range(200)))

        assert len(await store.remembered()) == 200
        assert database.commits <= 5


async def test_a_cancelled_waiter_loses_nothing(tmp_path: Path) -> None:
    async with open_database(tmp_path / "state.db") as database:
        store = FleetStore(database)
        store.remember("key", "value")
        waiter = asyncio.create_task(store.flush())
        await asyncio.sleep(0)
        waiter.cancel()

    async with open_database(tmp_path / "state.db") as database:
        assert await FleetStore(database).remembered() == {"key": "value"}


async def test_a_file_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with sqlite3.connect(path) as file:
        file.execute(f"PRAGMA user_version={VERSION + 1}")
    file.close()

    with pytest.raises(StorageProblem, match="newer cipp-tui"):
        async with open_database(path):
            pass


async def test_a_damaged_file_is_told_before_anything_else(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"this is no database" * 200)

    with pytest.raises(StorageProblem, match="damaged"):
        async with open_database(path):
            pass


async def test_a_file_that_is_locked_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cipp_tui.storage.database.BUSY_S", 0.1)
    path = tmp_path / "state.db"
    async with open_database(path):
        pass
    file = sqlite3.connect(path, isolation_level=None)
    file.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(StorageProblem, match="the state file is locked"):
            async with open_database(path):
                pass
        async with open_database(path, to_act=False) as database:
            FleetStore(database).remember("key", "value")
            with pytest.raises(StorageProblem, match="locked"):
                await database.flush()
            with pytest.raises(StorageProblem, match="locked"):
                FleetStore(database).remember("key", "value")
    finally:
        file.close()


@pytest.mark.parametrize("length", [0, 1, 100, 4096, 6000])
async def test_a_file_that_was_cut_off_is_told_or_is_as_good_as_new(
    tmp_path: Path, length: int
) -> None:
    path = tmp_path / "state.db"
    async with open_database(path) as database:
        store = FleetStore(database)
        for number in range(200):
            store.remember(f"key {number}", "value" * 50)
    path.write_bytes(path.read_bytes()[:length])

    if length == 0:  # SQLite takes an empty file for a new one, and so do we
        async with open_database(path):
            pass
        return
    with pytest.raises(StorageProblem, match=r"state\.db"):
        async with open_database(path):
            pass


@pytest.mark.parametrize("content", [b"garbage " * 600, b"\x00" * 8192])
async def test_a_lock_file_of_garbage_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "runner.lock").write_bytes(content)

    with (
        pytest.raises(StorageProblem, match=r"runner\.lock"),
        runner_lock(tmp_path, "kim@bastion", AT),
    ):
        pass


def test_who_holds_the_lock_need_not_be_readable(tmp_path: Path) -> None:
    with runner_lock(tmp_path, "kim@bastion", AT):
        (tmp_path / "runner.json").write_text("{", encoding="utf-8")
        with (
            pytest.raises(LockedElsewhere, match="another cipp-tui works on this profile"),
            runner_lock(tmp_path, "lee@bastion", AT),
        ):
            pass


def test_only_one_program_acts_on_a_profile(tmp_path: Path) -> None:
    with (
        runner_lock(tmp_path, "kim@bastion", AT),
        pytest.raises(LockedElsewhere, match="kim@bastion works on this profile"),
        runner_lock(tmp_path, "lee@bastion", AT),
    ):
        pass

    with runner_lock(tmp_path, "lee@bastion", AT):
        pass


@pytest.mark.parametrize("to_act", [True, False])
async def test_a_folder_that_cannot_lock_is_not_called_locked_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to_act: bool
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.lockf", refuse)

    with pytest.raises(StorageProblem, match="this folder cannot lock files") as told:
        async with open_database(tmp_path / "state.db", to_act=to_act):
            pass
    assert "set CIPP_TUI_DATA to a folder on a local disk" in told.value.message


def test_neither_is_a_profile_whose_lock_cannot_be_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite says "busy" to both, so it is asked a second time why."""
    other = sqlite3.connect(tmp_path / "runner.lock", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with (
            pytest.raises(LockedElsewhere, match="another cipp-tui works on this profile"),
            runner_lock(tmp_path, "kim@bastion", AT),
        ):
            pass

        def refuse(*_: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr("fcntl.lockf", refuse)
        with (
            pytest.raises(StorageProblem, match="this folder cannot lock files"),
            runner_lock(tmp_path, "kim@bastion", AT),
        ):
            pass
    finally:
        other.close()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EROFS, "the file system is mounted read-only"),
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "your disk quota is used up"),
        (errno.EACCES, "permission denied"),
        (errno.EIO, "the disk reports an input/output error"),
        (errno.ENAMETOOLONG, "a name in the path is too long"),
        (errno.ELOOP, "its symbolic links lead in a circle"),
    ],
)
async def test_what_keeps_the_file_from_being_opened_is_told_by_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    path = tmp_path / "state.db"

    def refuse(*_: object) -> int:
        raise OSError(number, "raw", str(path))

    monkeypatch.setattr("cipp_tui.storage.database.open_private", refuse)

    with pytest.raises(StorageProblem) as told:
        async with open_database(path):
            pass
    assert told.value.message.startswith(f"{path}: {words}; ")


async def test_sqlites_own_refusals_get_the_systems_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = sqlite3.OperationalError("unable to open database file")
    error.sqlite_errorname = "SQLITE_CANTOPEN"

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EDQUOT, "raw")

    monkeypatch.setattr("cipp_tui.storage.faults.tempfile.TemporaryFile", refuse)

    assert "your disk quota is used up" in sqlite_problem(tmp_path / "state.db", error).message


@pytest.mark.parametrize("name", ["a b", "50%", "what?", "a#b", "日本"])
async def test_a_folder_of_any_name_holds_a_state(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / "state.db"
    async with open_database(path) as database:
        FleetStore(database).put_tenants([tenant()])

    async with open_database(path) as database:
        assert list(await FleetStore(database).load()) == [ONE]
    assert names_stored(path) == [(ONE, "日本 [x]", "contoso.com")]


async def test_a_shell_is_not_kept_waiting_by_a_file_that_is_locked(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with open_database(path):
        pass
    file = sqlite3.connect(path, isolation_level=None)
    file.execute("PRAGMA locking_mode=EXCLUSIVE")
    file.execute("BEGIN EXCLUSIVE")
    file.execute("PRAGMA user_version=3")
    began = time.monotonic()
    try:
        with pytest.raises(StorageProblem, match="locked"):
            names_stored(path)
    finally:
        file.close()
    assert time.monotonic() - began < BUSY_S / 2


def test_who_holds_the_profile_cannot_draw_on_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "runner.json").write_text(
        '{"actor": "\\u001b]52;c;x\\u0007kim", "pid": "\\u009b31m",'
        ' "host": "b", "since": "\\u202e"}'
    )
    other = sqlite3.connect(tmp_path / "runner.lock", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with (
            pytest.raises(LockedElsewhere, match="kim works on this profile") as told,
            runner_lock(tmp_path, "kim@bastion", AT),
        ):
            pass
    finally:
        other.close()
    assert told.value.message == clean(told.value.message)
