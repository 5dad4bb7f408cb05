"""What the Tenants screen is made of: order, marks, words of the frame, text of the panel."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cipp_tui.domain.audit import AuditEntry
from cipp_tui.domain.fleet import Exclusion, Failures, Progress, TenantRow
from cipp_tui.domain.jobs import Action, ItemState, Outcome
from cipp_tui.domain.permissions import AppId, PermissionRecord, StepCounts, Verdict
from cipp_tui.domain.problems import SignInProblem, Unreachable
from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens import tenants_lines as words
from cipp_tui.screens.tenants_copy import copyable, fleet_table
from cipp_tui.screens.tenants_marks import Marks
from cipp_tui.screens.tenants_order import Arranger, Order, in_runs, pinned
from cipp_tui.services.diagnosis import Case, Diagnosis, diagnose
from cipp_tui.services.filter import compile_filter
from cipp_tui.services.views import (
    FleetCounts,
    JobView,
    Level,
    News,
    ProfileFacts,
    Reading,
    SignInState,
)
from cipp_tui.widgets.cells import Cell
from cipp_tui.widgets.columns import Seen
from cipp_tui.widgets.dock import dock_lines
from cipp_tui.widgets.panel_words import parts, plain
from tests.ui.host import NOW, row, rows

ALL = compile_filter("", NOW)


def text(pieces: list[Cell]) -> str:
    return "".join(piece.words for piece in pieces)


# -- order --------------------------------------------------------------------------------------
def test_names_are_sorted_without_regard_to_case_and_accents() -> None:
    found = [row(name, number) for number, name in enumerate(("Zürich", "Ärzte", "Beta", "alpha"))]

    shown = Arranger().arrange(found, ALL, Order(), NOW)

    by_id = {r.id: r.tenant.name for r in found}
    assert [by_id[key] for key in shown.keys] == ["alpha", "Ärzte", "Beta", "Zürich"]


def test_owed_tenants_are_on_top_in_every_order_and_filter() -> None:
    found = list(rows(9))
    found[7] = replace(found[7], stranded=True)
    arranger = Arranger()

    for order in (Order(), Order("name", backwards=True), Order("gdap")):
        assert arranger.arrange(found, ALL, order, NOW).keys[0] == found[7].id
    shown = arranger.arrange(found, compile_filter("adatum", NOW), Order(), NOW)
    assert shown.keys == [found[7].id, found[0].id]
    assert shown.owed_besides == 1


def test_a_kept_order_takes_new_ones_behind_and_drops_those_that_left() -> None:
    first, second, third, fourth = rows(4)

    shown = Arranger().arrange(
        [first, third, fourth], ALL, Order(), NOW, keep=[third.id, second.id, first.id]
    )

    assert shown.keys == [third.id, first.id, fourth.id]


def test_sorting_in_runs_is_sorting() -> None:
    found = [row(f"Customer {(number * 7919) % 5003:04d}", number) for number in range(5003)]

    for backwards in (False, True):
        by_name = in_runs(found, lambda r: r.tenant.name, backwards=backwards)
        assert by_name == sorted(found, key=lambda r: r.tenant.name, reverse=backwards)


def test_the_first_page_is_the_beginning_of_the_whole() -> None:
    found = [row(f"Customer {(number * 7919) % 3001:04d}", number) for number in range(3001)]
    arranger = Arranger()

    page = arranger.first_page(found, Order(), NOW)

    assert page == arranger.arrange(found, ALL, Order(), NOW).keys[: len(page)]


def test_pinning_changes_nothing_but_the_top() -> None:
    keys = [r.id for r in rows(4)]

    assert pinned(keys, [keys[2]]) == [keys[2], keys[0], keys[1], keys[3]]


@pytest.mark.parametrize("order", [Order(), Order("gdap", backwards=True)])
def test_an_order_is_remembered_in_one_word(order: Order) -> None:
    assert Order.from_stored(order.stored) == order
    assert Order.from_stored("nonsense") == Order()


# -- marks --------------------------------------------------------------------------------------
def ids(count: int) -> list[TenantId]:
    return [r.id for r in rows(count)]


def test_a_range_follows_the_cursor_and_can_be_dropped() -> None:
    keys, marks = ids(6), Marks()
    marks.toggle(keys[5])
    marks.begin_range(keys[1])

    marks.stretch(keys, 3)
    assert marks.all == {keys[1], keys[2], keys[3], keys[5]}
    changed = marks.stretch(keys, 0)
    assert marks.all == {keys[0], keys[1], keys[5]}
    assert changed == {keys[0], keys[2], keys[3]}

    marks.drop_range()
    assert marks.all == {keys[5]}


def test_a_kept_range_becomes_marks() -> None:
    keys, marks = ids(4), Marks()
    marks.begin_range(keys[0])
    marks.stretch(keys, 2)

    marks.keep_range()

    assert (len(marks), marks.ranging) == (3, False)


def test_invert_touches_only_what_is_shown() -> None:
    keys, marks = ids(4), Marks()
    marks.add(keys[:2])

    marks.invert(keys[1:3])

    assert marks.all == {keys[0], keys[2]}


def test_tenants_that_leave_lose_their_marks() -> None:
    keys, marks = ids(3), Marks()
    marks.add(keys)

    marks.keep_only(keys[:1])

    assert marks.all == {keys[0]}


# -- the words of the frame -----------------------------------------------------------------------
COUNTS = FleetCounts(total=412, managed=396, failing=9, excluded=16, no_access=1, gone=2, due=31)
IDLE = Reading(running=False)


def test_the_title_counts_and_says_how_old_the_list_is() -> None:
    rights = words.title_rights(COUNTS, IDLE, NOW - timedelta(minutes=4), NOW)

    assert text(rights[0]) == "412 tenants  396 managed  9 failing  1 no access  list 4 min "


def test_an_old_list_is_marked() -> None:
    rights = words.title_rights(COUNTS, IDLE, NOW - timedelta(days=2), NOW)

    assert "! list 2 d old" in text(rights[0])


def test_reading_is_told_beside_the_age() -> None:
    reading = Reading(running=True, seen=188, about=410)

    rights = words.title_rights(COUNTS, reading, NOW - timedelta(days=2), NOW)

    assert "list 2 d, reading 188 of about 410" in text(rights[0])


def test_no_access_is_the_last_number_to_go() -> None:
    *_, last, _few = words.title_rights(COUNTS, IDLE, NOW, NOW)

    assert text(last) == "1 no access  list now "


def test_narrow_screens_count_the_marks_in_the_title() -> None:
    rights = words.title_rights(COUNTS, IDLE, NOW, NOW, marked=3, narrow=True)

    assert text(rights[-1]) == "412, 3 marked "


@pytest.mark.parametrize(
    ("facts", "modes"),
    [
        ({}, ""),
        ({"read_only": True}, "READ-ONLY"),
        ({"tag": "PRODUCTION"}, "PRODUCTION"),
    ],
)
def test_the_title_says_in_capitals_what_is_special(facts: dict[str, object], modes: str) -> None:
    profile = ProfileFacts(name="acme", backend="direct", **facts)  # type: ignore[arg-type]

    left = words.title_left(
        profile, sign_in=SignInState.SIGNED_IN, offline=False, looking_only=False
    )

    assert text(left) == f" acme · direct{'   ' + modes if modes else ''}"


def test_sign_in_offline_and_looking_only_are_told_together() -> None:
    left = words.title_left(
        ProfileFacts(name="acme", backend="direct"),
        sign_in=SignInState.NEEDED,
        offline=True,
        looking_only=True,
    )

    assert "LOOKING ONLY OFFLINE SIGN-IN NEEDED" in text(left)


def job(**facts: object) -> JobView:
    known: dict[str, object] = {
        "id": 118,
        "action": Action.REFRESH,
        "actor": "kim@acme",
        "started_at": NOW,
        "ended_at": None,
        "total": 40,
        "waiting": 13,
        "running": 4,
        "changed": 21,
        "unchanged": 0,
        "failed": 1,
        "skipped": 1,
        "restored": 0,
        "stranded": 0,
        "stopped": 0,
        "left_s": 41.0,
        "in_flight": (),
        "last_failure": None,
    }
    return JobView(**{**known, **facts})  # type: ignore[arg-type]


def test_the_running_job_is_told_as_in_the_design() -> None:
    left, right = words.status_job(job(), 1, 80, "")

    assert text(left) == " !! 1 owed  > refresh 23/40  ██████░░░░░  57 %  1 failed  0:41 left"
    assert text(right) == "J open "


def test_on_a_narrow_screen_the_bar_goes_first() -> None:
    left, _ = words.status_job(job(failed=0, changed=22), 1, 50, "")

    assert text(left) == " !! 1 owed  > refresh 23/40  57 %  0:41 left"


def test_no_time_is_promised_before_it_is_known() -> None:
    left, _ = words.status_job(job(left_s=None), 0, 80, "")

    assert "left" not in text(left)


def test_a_debt_says_whose_and_how_far() -> None:
    paying = Progress(
        job=1, action=Action.RESET, state=ItemState.RUNNING, place=3, steps=5, note="try 2"
    )
    owed = replace(row("Litware Clinics"), stranded=True, progress=paying)

    assert (
        text(words.status_owed([owed]))
        == " !! Litware Clinics: giving its access back, step 3 of 5, try 2"
    )
    assert "2 tenants" in text(words.status_owed([owed, owed]))


def test_news_have_a_sign_and_their_time() -> None:
    left, right = words.status_news(News(at=NOW, level=Level.ERROR, text="It failed."))

    assert text(left) == " !! It failed."
    assert text(right).strip() == NOW.astimezone().strftime("%H:%M")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"total": 9, "filter_text": "zzz"}, 'No tenant matches "zzz"'),
        ({"reading": Reading(running=True, seen=188, started_at=NOW)}, "188 so far"),
        ({"sign_in": SignInState.NEEDED}, "Sign in first"),
        ({}, "has no GDAP relationship yet"),
        ({"read_at": None}, "The list was never read. ctrl+r reads it."),
        ({"read_at": None, "sign_in": SignInState.UNKNOWN}, "Signing in… The list was never read."),
        (
            {"read_at": None, "offline": Unreachable("127.0.0.1 cannot be reached")},
            "The list was never read: 127.0.0.1 cannot be reached.",
        ),
    ],
)
def test_an_empty_table_says_why(facts: dict[str, object], says: str) -> None:
    known: dict[str, object] = {
        "total": 0,
        "filter_text": "",
        "reading": IDLE,
        "now": NOW,
        "sign_in": SignInState.SIGNED_IN,
        "read_at": NOW,
        "offline": None,
    }

    assert says in words.empty_words(**{**known, **facts})  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [80, 100, 140, 200])
def test_the_dock_has_six_lines_that_fit(width: int) -> None:
    lines = dock_lines(job(), "Graph asks us to wait 30 s", NOW.timestamp(), width)

    assert len(lines) == 6
    assert "Job 118: refresh 40 tenants" in text(list(lines[0][0]))
    assert "23 of 40" in text(list(lines[1][0]))
    assert "Graph asks us to wait" in text(list(lines[5][0]))


# -- panel and files ------------------------------------------------------------------------------
def troubled() -> TenantRow:
    problem = SignInProblem(
        "AADSTS53003: Access has been blocked.", code="AADSTS53003", request_id="0f1c"
    )
    record = PermissionRecord(
        verdict=Verdict.MISSING,
        checked_at=NOW,
        app=AppId("app"),
        fingerprint="f",
        missing=(
            "app: Directory.ReadWrite.All",
            "app: Group.ReadWrite.All",
            "delegated: Mail.Send",
        ),
        extra=("delegated: Files.Read",),
    )
    return replace(
        row("Coho Vineyard"),
        failures=Failures(count=12, first_at=NOW, last_at=NOW, problem=problem),
        permissions=record,
        exclusion=Exclusion(by="kim@acme", at=NOW, reason="left us"),
    )


def entry() -> AuditEntry:
    return AuditEntry(
        at=NOW,
        actor="kim@acme",
        job=118,
        action=Action.REFRESH,
        reason="",
        tenant=troubled().id,
        tenant_name="Coho Vineyard",
        outcome=Outcome.CHANGED,
        counts=StepCounts(roles_added=2, scopes_added=1),
    )


def stored(of: TenantRow) -> Diagnosis:
    return diagnose(Case(row=of, now=NOW))


def test_the_panel_tells_its_parts_in_order() -> None:
    found = parts(troubled(), Seen(NOW), stored(troubled()), 120, history=[entry()])

    titles = [part.title.split(",")[0] for part in found]
    assert titles == ["Who", "What is wrong", "Access", "Permissions", "Exclusion", "History"]
    told = plain(found)
    assert "app: Directory.ReadWrite.All, Group.ReadWrite.All; delegated: Mail.Send" in told
    assert "kept: prune is off" in told
    assert "left us" in told
    assert "3 given, verified" in told


def test_a_healthy_tenant_has_nothing_wrong() -> None:
    found = parts(row("Contoso"), Seen(NOW), stored(row("Contoso")), 80, history=None)

    assert [part.title for part in found] == ["Who", "Access", "Permissions", "History"]
    assert "reading…" in plain(found)


@pytest.mark.parametrize("width", [43, 55, 79])
def test_no_line_of_the_panel_is_wider_than_it(width: int) -> None:
    found = parts(troubled(), Seen(NOW), stored(troubled()), width, history=[entry()])

    for part in found:
        for line in part.lines:
            assert len(text(line).rstrip()) <= width, text(line)


def test_copying_offers_what_is_there() -> None:
    texts = copyable(troubled(), Seen(NOW))

    assert texts["d"] == "cohovineyard.com"
    assert "AADSTS53003" in texts["e"]
    assert "request id: 0f1c" in texts["e"]
    assert "e" not in copyable(row("Contoso"), Seen(NOW))
    assert copyable(None, Seen(NOW)) == {}


def test_a_file_has_every_column() -> None:
    table = fleet_table([troubled()], Seen(NOW))

    assert table.heads[:3] == ("Tenant", "Domain", "Tenant id")
    assert len(table.rows[0]) == len(table.heads)
