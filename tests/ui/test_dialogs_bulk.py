"""Sheets before actions on several tenants: whom they name, and what counts as an answer."""

import pytest
from textual.pilot import Pilot

from cipp_tui.screens.bulk import BulkAnswer, BulkSheet
from cipp_tui.screens.dialog import Choice
from cipp_tui.screens.reason import ReasonSheet
from cipp_tui.screens.remove import RemoveAnswer, RemoveSheet
from cipp_tui.services.suits import LeftOut, Selection
from tests.ui.host import Host, StillClock, excluded, listening, row, rows, text_of

TEN = Selection(
    rows(10),
    (
        LeftOut(excluded(row("Fourth Coffee", 90)), "excluded already"),
        LeftOut(row("Acme MSP", 91), "your own tenant"),
    ),
)
HIDDEN = Selection(rows(12)[10:], ())
NONE = Selection((), ())


def bulk(
    clock: StillClock,
    *,
    shown: Selection = TEN,
    hidden: Selection = NONE,
    type_number: bool = False,
    reason: bool = False,
    reason_required: bool = False,
) -> BulkSheet:
    return BulkSheet(
        "Exclude",
        shown,
        hidden,
        type_number=type_number,
        reason=reason,
        reason_required=reason_required,
        clock=clock,
    )


def ids(selection: Selection) -> tuple[str, ...]:
    return tuple(taken.id for taken in selection.taken)


def off(pilot: Pilot[None], choice: str) -> bool:
    return pilot.app.screen.query_one(f"#{choice}", Choice).disabled


async def test_the_sheet_names_whom_it_takes_and_leaves_out_and_why() -> None:
    app = Host(bulk(StillClock(), hidden=HIDDEN, reason=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()

        text = text_of(app.screen)
    assert "Exclude 10 tenants" in text
    assert "14 are marked. The filter hides 2 of them: these are left alone." in text
    assert "Contoso [Test] Ltd" in text
    assert "and 3 more" in text
    assert "Left out: Fourth Coffee (excluded already), Acme MSP (your own tenant)" in text
    assert "[ Cancel ]   [ Exclude 10 ]   [ Exclude 12, hidden ones too ]" in text


async def test_the_focus_starts_on_cancel_and_enter_there_changes_nothing() -> None:
    clock = StillClock()
    app = Host(bulk(clock))
    async with app.run_test(size=(80, 24)) as pilot:
        await listening(pilot, clock)
        await pilot.press("enter")
        await pilot.pause()

        assert app.answer is None


async def test_keys_typed_before_it_could_be_read_do_nothing() -> None:
    clock = StillClock()
    app = Host(bulk(clock))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("y", "enter", "tab", "enter", "escape")
        clock.seconds += 0.14
        await pilot.press("y", "escape")
        assert app.answers == []

        clock.seconds += 0.02
        await pilot.press("y")
        await pilot.pause()
        assert app.answer == BulkAnswer(ids(TEN))  # type: ignore[arg-type]  # plain strings


async def test_y_takes_those_that_are_shown() -> None:
    clock = StillClock()
    app = Host(bulk(clock, hidden=HIDDEN))
    async with app.run_test(size=(80, 24)) as pilot:
        await listening(pilot, clock)
        await pilot.press("y")
        await pilot.pause()

        answer = app.answer
    assert answer is not None
    assert answer.tenants == ids(TEN)


async def test_hidden_tenants_have_a_button_of_their_own() -> None:
    clock = StillClock()
    app = Host(bulk(clock, hidden=HIDDEN))
    async with app.run_test(size=(80, 24)) as pilot:
        await listening(pilot, clock)
        app.screen.query_one("#everyone").focus()
        await pilot.press("enter")
        await pilot.pause()

        answer = app.answer
    assert answer is not None
    assert answer.tenants == ids(TEN) + ids(HIDDEN)


async def test_y_in_the_reason_is_a_letter() -> None:
    clock = StillClock()
    app = Host(bulk(clock, reason=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await listening(pilot, clock)
        app.screen.query_one("#reason").focus()
        await pilot.press("y", "e", "s", "enter")
        assert app.answers == []
        await pilot.press("y")
        await pilot.pause()

        answer = app.answer
    assert answer is not None
    assert answer.reason == "yes"


async def test_a_required_reason_is_asked_for() -> None:
    clock = StillClock()
    app = Host(bulk(clock, reason_required=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await listening(pilot, clock)
        await pilot.press("y")
        await pilot.pause()

        assert app.answers == []
        assert "This profile asks for a reason." in text_of(app.screen)
        assert app.screen.focused is app.screen.query_one("#reason")


@pytest.mark.parametrize("typed", ["", "1", "100", "ten", "y"])
async def test_a_number_that_is_not_theirs_confirms_nothing(typed: str) -> None:
    clock = StillClock()
    app = Host(bulk(clock, type_number=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await listening(pilot, clock)
        await pilot.press(*typed, "enter")
        await pilot.pause()

        assert app.answers == []
        assert off(pilot, "shown")


@pytest.mark.parametrize(("typed", "count"), [("10", 10), (" 12 ", 12)])
async def test_the_typed_number_says_whether_hidden_ones_are_meant(typed: str, count: int) -> None:
    clock = StillClock()
    app = Host(bulk(clock, hidden=HIDDEN, type_number=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await listening(pilot, clock)
        app.screen.query_one("#number").focus()
        await pilot.press(*["space" if sign == " " else sign for sign in typed], "enter")
        await pilot.pause()

        answer = app.answer
    assert answer is not None
    assert len(answer.tenants) == count


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (60, 12)])
async def test_question_and_buttons_stay_visible_on_any_screen(size: tuple[int, int]) -> None:
    clock = StillClock()
    app = Host(bulk(clock, hidden=HIDDEN, reason=True))
    async with app.run_test(size=size) as pilot:
        await listening(pilot, clock)
        await pilot.pause()

        text = text_of(app.screen)
    assert "Reason" in text
    assert "[ Cancel ]" in text
    assert "[ Exclude 10 ]" in text


async def test_all_names_can_be_read() -> None:
    clock = StillClock()
    app = Host(bulk(clock))
    async with app.run_test(size=(80, 24)) as pilot:
        await listening(pilot, clock)
        app.screen.query_one(".names").focus()
        await pilot.pause()

        text = text_of(app.screen)
    assert "50% [/" in text
    assert "日本ソフト株式会社" in text


async def test_removing_one_says_that_it_comes_back() -> None:
    clock = StillClock()
    app = Host(RemoveSheet(Selection(rows(1), ()), clock=clock))
    async with app.run_test(size=(80, 24)) as pilot:
        await listening(pilot, clock)
        assert "comes back at the next full read" in text_of(app.screen)
        app.screen.query_one("#exclude").focus()
        await pilot.press("enter")
        await pilot.pause()

        assert app.answer == RemoveAnswer((rows(1)[0].id,), exclude=True)


async def test_removing_several_asks_for_their_number() -> None:
    clock = StillClock()
    app = Host(RemoveSheet(Selection(rows(12), ()), clock=clock))
    async with app.run_test(size=(80, 24)) as pilot:
        await listening(pilot, clock)
        await pilot.press("y", "enter")
        await pilot.pause()
        assert app.answers == []
        assert off(pilot, "remove")
        await pilot.press("backspace", "1", "2", "enter", "enter")
        await pilot.pause()

        answer = app.answer
    assert answer is not None
    assert (len(answer.tenants), answer.exclude) == (12, False)


async def test_a_reason_may_be_empty_unless_it_is_required() -> None:
    clock = StillClock()
    app = Host(ReasonSheet("Exclude", "Contoso [Test]", clock=clock))
    async with app.run_test(size=(80, 24)) as pilot:
        await listening(pilot, clock)
        await pilot.press("enter")
        await pilot.pause()

        assert app.answer == ""


async def test_a_required_reason_cannot_be_skipped() -> None:
    clock = StillClock()
    app = Host(ReasonSheet("Exclude", "Contoso", required=True, clock=clock))
    async with app.run_test(size=(80, 24)) as pilot:
        await listening(pilot, clock)
        await pilot.press("enter")
        assert app.answers == []
        await pilot.press("o", "k", "enter")
        await pilot.pause()

        assert app.answer == "ok"
