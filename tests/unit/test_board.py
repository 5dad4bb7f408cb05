"""The departures board."""

from hypothesis import given
from hypothesis import strategies as st

from cipp_tui.services.board import Board


def test_a_looker_sees_what_changed_since_it_looked() -> None:
    board: Board[str, int] = Board()
    board.put("a", 1)
    board.put("b", 1)
    seen, _ = board.since(0)
    board.put("a", 2)

    seen, news = board.since(seen)

    assert news == [("a", 2)]
    assert board.since(seen)[1] == []


def test_the_last_word_per_row_wins() -> None:
    board: Board[str, int] = Board()
    for value in range(5):
        board.put("a", value)

    assert board.since(0)[1] == [("a", 4)]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers())), st.integers(0, 20))
def test_looking_in_between_never_misses_a_row(
    changes: list[tuple[str, int]], look_at: int
) -> None:
    board: Board[str, int] = Board()
    known: dict[str, int] = {}
    seen = 0
    for place, (key, value) in enumerate(changes):
        board.put(key, value)
        if place == look_at:
            seen, news = board.since(seen)
            known.update(news)
    _, news = board.since(seen)
    known.update(news)

    assert known == dict(changes)
