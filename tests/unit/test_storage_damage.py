"""A damaged state file is told as damaged, wherever the damage is; never a traceback.

Some damage cannot be seen: a changed letter is a letter. Then it is read as it stands.
"""

import asyncio
import contextlib
import random
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cipp_tui.cli.main import main
from cipp_tui.domain.failures import one_more
from cipp_tui.domain.fleet import Exclusion
from cipp_tui.domain.jobs import Action, Effect, Job, Mark, Outcome, Step, Word
from cipp_tui.domain.permissions import AppId, PermissionRecord, StepCounts, Verdict
from cipp_tui.domain.problems import Refused, StorageProblem
from cipp_tui.domain.roles import RoleId
from cipp_tui.domain.tenants import GdapRelationship, RelationshipStatus, Tenant, TenantId
from cipp_tui.services.backlog import Backlog
from cipp_tui.services.fleet import READ_AT, Fleet
from cipp_tui.services.jobbook import JobBook
from cipp_tui.services.news import NewsDesk
from cipp_tui.services.notes import END, note_of
from cipp_tui.services.past import Past
from cipp_tui.storage.database import open_database
from cipp_tui.storage.journal import Draft, Journal
from cipp_tui.storage.schema import VERSION, columns_by_table
from cipp_tui.storage.state import FleetStore
from tests.conftest import Tried
from tests.ui.host import StillClock

AT = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
GUID = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
PLAN = (
    Step("preflight", Effect.READ),
    Step("take-away", Effect.DESTROY),
    Step("consent", Effect.ENSURE),
)
SEEDS = range(10)
NO = Refused("blocked", code="AADSTS53003", host="login", status=400, request_id="id")


def tenant(number: int) -> Tenant:
    ident = TenantId(f"{number:08x}-0000-4000-8000-000000000000")
    return Tenant(
        id=ident,
        name=f"Contoso 日本 {number}",
        default_domain=f"contoso{number}.example",
        domains=(f"contoso{number}.example",),
        relationships=(
            GdapRelationship(
                id=f"{ident}-{ident}",
                name="Acme",
                tenant=ident,
                tenant_name="Contoso",
                status=RelationshipStatus.ACTIVE,
                roles=frozenset({RoleId("role")}),
                ends_at=AT,
                auto_extends=True,
            ),
        ),
        gone_since=AT if number % 5 == 0 else None,
        seen_at=AT,
    )


async def filled(path: Path) -> None:
    async with open_database(path) as database:
        store, journal = FleetStore(database), Journal(database)
        await journal.open()
        tenants = [tenant(number) for number in range(1, 13)]
        store.put_tenants(tenants)
        store.remember(READ_AT, AT.isoformat())
        store.remember("ui:sort", "name")
        for one in tenants[:4]:
            store.put_exclusion(one.id, Exclusion(by="kim", at=AT, reason="left us"))
            store.put_failures(one.id, one_more(None, NO, at=AT, app=AppId("app")))
            store.put_permissions(
                one.id,
                PermissionRecord(
                    verdict=Verdict.MISSING,
                    checked_at=AT,
                    app=AppId("app"),
                    fingerprint="f",
                    missing=("app: A",),
                    applied_at=AT,
                ),
            )
        for action in (Action.RESET, Action.REFRESH):
            wish = Job(
                id=0, action=action, actor="kim@bastion", created_at=AT, partner="p", app="a"
            )
            _, items = await journal.begin(wish, [Draft(one.id, one.name, PLAN) for one in tenants])
            for item in items[:-3]:
                counts = note_of(counts=StepCounts(roles_added=3, unlicensed=("Exchange",)))
                journal.mark(item.id, Mark(step="preflight", word=Word.DONE, at=AT, note=counts))
                journal.mark(item.id, Mark(step="take-away", word=Word.INTENT, at=AT))
                journal.mark(item.id, Mark(step="take-away", word=Word.DONE, at=AT))
            for item in items[:-6]:
                ended = note_of(
                    outcome=Outcome.FAILED, problem=NO, took_s=1.5, stopped_at="consent"
                )
                journal.mark(item.id, Mark(step=END, word=Word.REFUSED, at=AT, note=ended))
        await journal.flush()
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "state.db"
    asyncio.run(filled(path))
    return path


async def used(path: Path) -> None:
    """Read everything that the program ever reads from it. Raises: StorageProblem."""
    clock = StillClock()
    async with open_database(path) as database:
        store, journal = FleetStore(database), Journal(database)
        await journal.open()
        fleet = Fleet(store, clock)
        await fleet.load((await store.remembered()).get(READ_AT))
        await fleet.load_rest()
        backlog = Backlog(journal, fleet, NewsDesk(clock), clock, partner="p", app="a")
        await backlog.take_stock()
        for job in list(backlog.interrupted):
            backlog.leave_out(job)
            backlog.works(backlog.take_job(job))
        for entries in backlog.take_debts():
            backlog.works(entries)
        past = Past(journal, JobBook(clock))
        for view in await past.jobs(100):
            await past.of_job(view.id)
        await past.audit(10_000)
        await past.of_tenant(tenant(1).id)


async def told(path: Path) -> str | None:
    """What is told of the file; None when nothing is wrong with it as far as anybody can see."""
    found: StorageProblem | None = None
    try:
        await used(path)
    except StorageProblem as problem:
        found = problem
    if found is None:
        return None
    assert str(path) in found.message
    if found.code != "newer-file":
        assert found.code == "damaged", found.message
        assert "is damaged" in found.message
        assert "exclusions" in found.message
    return found.message


def spoil(path: Path, chance: random.Random) -> str:
    """Damage the file as a disk does: cut, flipped, zeroed, swapped; what was done."""
    content = bytearray(path.read_bytes())
    page = 4096
    match chance.randrange(4):
        case 0:
            size = chance.randrange(1, len(content))
            path.write_bytes(content[:size])
            return f"cut to {size}"
        case 1:
            places = [chance.randrange(len(content)) for _ in range(chance.randrange(1, 40))]
            for place in places:
                content[place] ^= 1 << chance.randrange(8)
            path.write_bytes(content)
            return f"flipped bits at {places[:5]}"
        case 2:
            first = chance.randrange(len(content) // page) * page
            content[first : first + page] = bytes(page)
            path.write_bytes(content)
            return f"zeroed the page at {first}"
        case _:
            one, other = (chance.randrange(len(content) // page) * page for _ in range(2))
            content[one : one + page], content[other : other + page] = (
                content[other : other + page],
                content[one : one + page],
            )
            path.write_bytes(content)
            return f"swapped the pages at {one} and {other}"


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_a_disk_does_to_it_ends_in_words(
    whole: Path, tmp_path: Path, seed: int, tried: Tried
) -> None:
    chance = random.Random(seed)
    path = tmp_path / "state.db"
    for _ in range(11):
        shutil.copy(whole, path)
        what = spoil(path, chance)
        try:
            await told(path)
        except Exception as error:
            raise AssertionError(what) from error
    tried("damaged state files", "by a disk", 11)


VALUES: tuple[object, ...] = (
    None,
    "",
    "x",
    "7",
    7,
    -1,
    2**62,
    1.5,
    b"\xff\x00",
    "[]",
    "{}",
    "null",
    "[[1, 2, 3]]",
    '[["take-away"]]',
    '[["take-away", "destroy", 1]]',
    '{"counts": {"roles_added": "many"}}',
    '{"counts": {"no_such": 1}}',
    '{"outcome": "splendid"}',
    '{"problem": ["x"]}',
    '{"took_s": NaN}',
    "[" * 3000,
    "2026-03-02T09:41:00",
    "9999-12-31T23:59:59-05:00",
    "0001-01-01T00:00:00+14:00",
    "../../../v1.0/users",
    "\x1b]52;c;x\x07",
)
CELLS = [(table, column) for table, columns in columns_by_table().items() for column in columns]


def change(path: Path, table: str, column: str, value: object) -> bool:
    """Change one cell of every row as an editor would; False where SQLite itself refuses."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
        for (name,) in file.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            file.execute(f"DROP TRIGGER {name}")
        key = columns_by_table()[table][0]
        rows = file.execute(f"SELECT {key} FROM {table}").fetchall()  # noqa: S608 - names are ours
        try:
            file.execute(
                f"UPDATE {table} SET {column}=? WHERE {key}=?",  # noqa: S608 - names are ours
                (value, rows[len(rows) // 2][0]),
            )
        except sqlite3.Error:
            return False
    return True


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_a_hand_does_to_it_ends_in_words(
    whole: Path, tmp_path: Path, seed: int, tried: Tried
) -> None:
    chance = random.Random(seed)
    path = tmp_path / "state.db"
    changed = 0
    while changed < 10:
        table, column = chance.choice(CELLS)
        value = chance.choice(VALUES)
        shutil.copy(whole, path)
        if not change(path, table, column, value):
            continue
        changed += 1
        try:
            await told(path)
        except Exception as error:
            raise AssertionError(f"{table}.{column} = {value!r}") from error
    tried("damaged state files", "by a hand", changed)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("tenant", "id", "../../../common"),
        ("tenant", "kind", "splendid"),
        ("tenant", "name", b"\xff"),
        ("tenant", "domains", "{"),
        ("tenant", "relationships", '[["../x"]]'),
        ("exclusion", "at", "yesterday"),
        ("exclusion", "tenant", "x"),
        ("failures", "count", "many"),
        ("failures", "problem", "[]"),
        ("permissions", "verdict", ""),
        ("job", "action", "delete"),
        ("item", "plan", '[["take-away","maybe"]]'),
        ("item", "tenant", "../x"),
        ("item", "job", 4242),
        ("mark", "word", "perhaps"),
        ("mark", "at", "2026-03-02T09:41:00"),
        ("mark", "note", '{"counts":{"roles_added":-1}}'),
        ("remembered", "value", b"\x00"),
    ],
)
async def test_such_a_row_is_damage(
    whole: Path, tmp_path: Path, table: str, column: str, value: object
) -> None:
    path = tmp_path / "state.db"
    shutil.copy(whole, path)
    assert change(path, table, column, value)

    assert await told(path) is not None


@pytest.mark.parametrize("version", [-1, 0, 1, VERSION - 1, VERSION + 1, 2**31 - 1])
async def test_a_wrong_version_is_told(whole: Path, tmp_path: Path, version: int) -> None:
    path = tmp_path / "state.db"
    shutil.copy(whole, path)
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.execute(f"PRAGMA user_version={version}")
        file.commit()

    assert await told(path) is not None


@pytest.mark.parametrize("table", columns_by_table())
@pytest.mark.parametrize("how", ["DROP TABLE {}", "ALTER TABLE {} ADD COLUMN more TEXT"])
async def test_a_table_that_is_not_ours_is_told(
    whole: Path, tmp_path: Path, table: str, how: str
) -> None:
    path = tmp_path / "state.db"
    shutil.copy(whole, path)
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.execute(how.format(table))
        file.commit()

    assert await told(path) is not None


@pytest.mark.parametrize("words", ["tenants", "audit", "jobs", "jobs show 1", "sync", "nightly"])
def test_a_command_ends_with_2_and_one_sentence(
    whole: Path,
    tmp_path: Path,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = tmp_path / "data" / "profiles" / "lab"
    home.mkdir(parents=True)
    shutil.copy(whole, home / "state.db")
    assert change(home / "state.db", "tenant", "kind", "splendid")
    config = tmp_path / "config.toml"
    nobody = '"http://127.0.0.1:9"'  # whoever asks there is refused
    config.write_text(
        f'[profiles.lab]\nbackend = "direct"\npartner_tenant = "{GUID}"\nclient_id = "{GUID}"\n'
        f"endpoints = {{ login = {nobody}, graph = {nobody}, partner_center = {nobody} }}\n",
        encoding="utf-8",
    )
    config.chmod(0o600)
    monkeypatch.setenv("CIPP_TUI_CONFIG", str(config))
    monkeypatch.setenv("CIPP_TUI_DATA", str(tmp_path / "data"))

    code = main(words.split())

    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "is damaged" in err


async def test_a_date_without_an_end_is_no_damage(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    shutil.copy(whole, path)
    assert change(path, "tenant", "seen_at", "9999-12-31T23:59:59-05:00")

    assert await told(path) is None
    async with open_database(path) as database:
        rows = (await FleetStore(database).load()).values()
    assert max(row.tenant.seen_at for row in rows if row.tenant.seen_at) > AT + timedelta(days=9999)
