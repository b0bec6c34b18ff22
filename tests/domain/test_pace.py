"""Pace: a sender's segments leave at its rate, whatever their order and length, and never in a burst that shows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.pace import BURST, FAST, Pace

NOW = datetime(2026, 11, 17, 16, 0, tzinfo=UTC)


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


def test_a_sender_that_rested_may_speak_at_once_and_then_waits_its_turn() -> None:
    pace = Pace(rate=1.0, free_at=NOW - timedelta(days=1))
    assert (pace.allows(NOW), pace.wait(NOW)) == (True, 0.0)
    pace.spend(2, NOW)
    assert (pace.free_at, pace.allows(NOW), pace.wait(NOW)) == (NOW + seconds(2), False, 2.0)
    assert (pace.allows(NOW + seconds(1.999)), pace.allows(NOW + seconds(2))) == (False, True)


def test_rest_is_not_saved_up() -> None:
    """A day of silence allows one text, not a day's worth."""
    pace = Pace(rate=1.0, free_at=NOW - timedelta(days=1))
    pace.spend(1, NOW)
    assert not pace.allows(NOW)


def test_a_text_without_segments_counts_as_one() -> None:
    pace = Pace(rate=2.0, free_at=NOW)
    pace.spend(0, NOW)
    assert pace.free_at == NOW + seconds(0.5)


@pytest.mark.parametrize(("rate", "at_once"), [(1.0, 1), (10.0, 1), (FAST, 1), (100.0, 11), (1000.0, 101)])
def test_only_fast_senders_take_a_tenth_of_a_second_together(rate: float, at_once: int) -> None:
    pace = Pace(rate=rate, free_at=NOW)
    taken = 0
    while pace.allows(NOW):
        pace.spend(1, NOW)
        taken += 1
    assert taken == at_once


@given(
    st.sampled_from([1.0, 10.0, 100.0]),
    st.lists(st.tuples(st.integers(1, 4), st.floats(0, 3)), min_size=1, max_size=60),
)
def test_no_stretch_of_time_carries_more_than_the_rate(rate: float, asked: list[tuple[int, float]]) -> None:
    """Between any two departures no more segments leave than rate, burst and the first text allow."""
    pace, now = Pace(rate=rate, free_at=NOW), NOW
    left: list[tuple[datetime, int]] = []
    for segments, pause in asked:
        now = max(now + seconds(pause / rate), now + seconds(pace.wait(now)))
        now += seconds(0.000001) * (not pace.allows(now))  # a wait is a float; the clock has microseconds
        assert pace.allows(now)
        pace.spend(segments, now)
        left.append((now, segments))
    burst = rate * BURST.total_seconds() if rate > FAST else 0
    for start in range(len(left)):
        for end in range(start, len(left)):
            carried = sum(segments for _, segments in left[start:end])
            assert carried <= rate * (left[end][0] - left[start][0]).total_seconds() + burst + 0.001
