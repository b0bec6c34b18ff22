"""Buckets of time, and what is read from them."""

from datetime import timedelta

import pytest

from app.domain.funnel import EDGES, bucket_of, quantile
from tests.domain import builders as make


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(-5, 0), (0, 0), (10, 0), (10.5, 1), (60, 2), (61, 3), (EDGES[-1], len(EDGES) - 1), (EDGES[-1] + 1, len(EDGES))],
)
def test_a_bucket_holds_what_took_no_longer_than_its_edge(seconds: float, bucket: int) -> None:
    assert bucket_of(make.NOW + timedelta(seconds=seconds), since=make.NOW) == bucket


@pytest.mark.parametrize(
    ("buckets", "share", "seconds"),
    [
        ({}, 0.5, None),
        ({0: 10}, 0.5, 5.0),
        ({0: 10}, 0.9, 9.0),
        ({0: 1, 3: 1}, 0.5, 10.0),
        ({0: 1, 3: 3}, 0.5, 80.0),
        ({len(EDGES): 4}, 0.5, float(EDGES[-1])),
    ],
)
def test_a_quantile_lies_straight_between_the_ends_of_its_bucket(
    buckets: dict[int, int], share: float, seconds: float | None
) -> None:
    assert quantile(buckets, share) == (None if seconds is None else pytest.approx(seconds))


def test_the_edges_rise() -> None:
    assert list(EDGES) == sorted(set(EDGES))
