"""What was read by a clock that was wrong is no better than what was read long ago."""

from datetime import UTC, datetime, timedelta

import pytest

from cipp_tui.domain.clock import bounded, is_stale

NOW = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("at", "stale"),
    [
        (None, True),
        (NOW, False),
        (NOW - HOUR, False),
        (NOW - HOUR - timedelta(seconds=1), True),
        (NOW + HOUR, False),  # the clock was an hour ahead: no more than a list that old
        (NOW + HOUR + timedelta(seconds=1), True),
        (NOW + timedelta(days=400), True),
    ],
)
def test_a_list_is_stale_on_either_side(at: datetime | None, stale: bool) -> None:
    assert is_stale(at, NOW, HOUR) is stale


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+14:00"])
def test_a_date_without_an_end_exists_in_every_time_zone(text: str) -> None:
    moment = bounded(datetime.fromisoformat(text))

    for hours in (-14, 0, 14):
        moment + timedelta(hours=hours)
    assert moment.astimezone(UTC).tzinfo is UTC
