"""The rule the program's safety hangs on."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cipp_tui.domain.jobs import (
    Effect,
    ItemState,
    Mark,
    Step,
    Word,
    in_debt,
    owed,
    state_of,
)

AT = datetime(2026, 3, 2, tzinfo=UTC)
LOOK = Step("look", Effect.READ)
TAKE = Step("take-away", Effect.DESTROY)
CONSENT = Step("consent", Effect.ENSURE)
VERIFY = Step("verify", Effect.READ)
RESET = (LOOK, TAKE, CONSENT, VERIFY)
REFRESH = (CONSENT, VERIFY)


def marks(*words: tuple[Step, Word]) -> tuple[Mark, ...]:
    return tuple(Mark(step=step.name, word=word, at=AT) for step, word in words)


def test_at_first_everything_is_owed() -> None:
    assert owed(RESET, ()) == RESET


def test_a_step_that_is_done_is_not_owed() -> None:
    assert owed(RESET, marks((LOOK, Word.DONE))) == (TAKE, CONSENT, VERIFY)


@pytest.mark.parametrize("word", [Word.INTENT, Word.DONE, Word.UNSURE])
def test_a_destroying_step_that_may_have_happened_is_never_owed_again(word: Word) -> None:
    assert owed(RESET, marks((LOOK, Word.DONE), (TAKE, word))) == (CONSENT, VERIFY)


def test_a_destroying_step_that_was_refused_for_certain_is_owed_again() -> None:
    said = marks((LOOK, Word.DONE), (TAKE, Word.INTENT), (TAKE, Word.REFUSED))

    assert owed(RESET, said) == (TAKE, CONSENT, VERIFY)
    assert not in_debt(RESET, said)


def test_what_prepared_the_taking_is_over_once_it_was_taken() -> None:
    assert owed(RESET, marks((TAKE, Word.INTENT))) == (CONSENT, VERIFY)


def test_an_intent_alone_is_a_debt() -> None:
    assert in_debt(RESET, marks((TAKE, Word.INTENT)))


def test_a_refresh_never_owes_access() -> None:
    assert not in_debt(REFRESH, marks((CONSENT, Word.UNSURE)))


def test_a_failed_ensuring_step_is_owed_again() -> None:
    assert owed(REFRESH, marks((CONSENT, Word.DONE), (CONSENT, Word.UNSURE))) == REFRESH


def test_access_that_is_back_after_an_unsure_taking_is_restored() -> None:
    said = marks((LOOK, Word.DONE), (TAKE, Word.UNSURE), (CONSENT, Word.DONE), (VERIFY, Word.DONE))

    assert state_of(RESET, said) is ItemState.RESTORED


def test_a_debt_that_is_not_paid_is_stranded() -> None:
    said = marks((TAKE, Word.DONE), (CONSENT, Word.REFUSED))

    assert state_of(RESET, said) is ItemState.STRANDED


def test_a_refused_refresh_has_failed() -> None:
    assert state_of(REFRESH, marks((CONSENT, Word.REFUSED))) is ItemState.FAILED


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(["a", "b", "c", "d", "e"]),
        st.sampled_from(list(Effect)),
    ),
    unique_by=lambda step: step.name,
    min_size=1,
    max_size=5,
)
said = st.lists(
    st.builds(
        Mark,
        step=st.sampled_from(["a", "b", "c", "d", "e", "end"]),
        word=st.sampled_from(list(Word)),
        at=st.just(AT),
    ),
    max_size=12,
)


@given(plan=steps, journal=said)
def test_no_history_makes_a_taking_happen_twice_without_a_certain_refusal(
    plan: list[Step], journal: list[Mark]
) -> None:
    last = {mark.step: mark.word for mark in journal}

    for step in owed(plan, journal):
        if step.effect is Effect.DESTROY:
            assert last.get(step.name) in (None, Word.REFUSED)


@given(plan=steps, journal=said)
def test_a_debt_always_leaves_something_to_do(plan: list[Step], journal: list[Mark]) -> None:
    if in_debt(plan, journal):
        assert owed(plan, journal)
        assert state_of(plan, journal) is ItemState.STRANDED


@given(plan=steps, journal=said)
def test_doing_what_is_owed_in_order_ends(plan: list[Step], journal: list[Mark]) -> None:
    done = list(journal)
    for _ in range(len(plan) + 1):
        rest = owed(plan, done)
        if not rest:
            break
        done.append(Mark(step=rest[0].name, word=Word.DONE, at=AT))

    assert owed(plan, done) == ()
