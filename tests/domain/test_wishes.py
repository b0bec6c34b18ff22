"""When somebody wants to come: what is certain becomes days and times, the rest stays words."""

import json
from datetime import date, time

import pytest

from app.domain.wishes import CLOSES, Wish, read_wish

TODAY = date(2026, 11, 23)
"""A Monday."""


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("Wednesday morning suits me", Wish(weekdays=(2,), parts=("morning",))),
        ("el viernes por la tarde", Wish(weekdays=(4,), parts=("afternoon",))),
        ("los lunes y miércoles", Wish(weekdays=(0, 2))),
        ("any weekday before 11", Wish(weekdays=(0, 1, 2, 3, 4), ranges=((time(0), time(11)),))),
        ("sat or sun", Wish(weekdays=(5, 6))),
        ("evenings only", Wish(parts=("evening",))),
        ("not Thursdays, afternoons please", Wish(not_weekdays=(3,), parts=("afternoon",))),
        ("Tuesday doesn't work but Friday is fine", Wish(weekdays=(4,), not_weekdays=(1,))),
        ("tomorrow at 4", Wish(dates=(date(2026, 11, 24),), ranges=((time(16), time(17)),))),
        ("mañana por la mañana", Wish(dates=(date(2026, 11, 24),), parts=("morning",))),
        ("pasado mañana", Wish(dates=(date(2026, 11, 25),))),
        ("tonight at 7?", Wish(dates=(TODAY,), ranges=((time(19), time(20)),))),
        ("Dec 3 around 9", Wish(dates=(date(2026, 12, 3),), ranges=((time(9), time(10)),))),
        ("3 de enero", Wish(dates=(date(2027, 1, 3),))),
        ("the 20th", Wish(dates=(date(2026, 12, 20),))),
        ("11/25 at noon", Wish(dates=(date(2026, 11, 25),), ranges=((time(12), time(13)),))),
        ("between 2 and 4pm", Wish(ranges=((time(14), time(16)),))),
        ("8-10am thurs", Wish(weekdays=(3,), ranges=((time(8), time(10)),))),
        ("I get off at 5", Wish(ranges=((time(17), CLOSES),))),
        ("a partir de las 3", Wish(ranges=((time(15), CLOSES),))),
        ("half past two on friday", Wish(weekdays=(4,), ranges=((time(14, 30), time(15, 30)),))),
        ("wed next week", Wish(dates=(date(2026, 12, 2),))),
    ],
)
def test_what_is_certain_of_a_wish_is_read(text: str, wish: Wish) -> None:
    assert read_wish(text, TODAY) == wish


@pytest.mark.parametrize(
    "text",
    ["yes please", "3", "12/5", "maybe next month", "February 30", "I came last Friday", "", "good morning"],
)
def test_what_is_ambiguous_stays_words(text: str) -> None:
    assert read_wish(text, TODAY) is None


def test_next_week_is_its_dates_but_those_that_are_barred() -> None:
    wish = read_wish("any day next week but not Sunday", TODAY)
    assert wish is not None
    assert wish.dates == (date(2026, 11, 30), *(date(2026, 12, number) for number in range(1, 6)))


def test_a_wish_is_json_without_what_was_not_said() -> None:
    wish = read_wish("Thursday the 26th after 3:30, no Mondays", TODAY)
    assert wish is not None
    told = {
        "dates": ["2026-11-26"],
        "weekdays": ["thursday"],
        "not_weekdays": ["monday"],
        "ranges": [{"from": "15:30", "until": "23:59"}],
    }
    assert json.loads(json.dumps(wish.as_json())) == told


def test_a_wish_is_the_windows_that_it_allows() -> None:
    wish = read_wish("friday mornings or after 6pm", TODAY)
    assert wish is not None
    assert list(wish) == [(4, time(18), CLOSES)]
    assert read_wish("afternoons", TODAY).windows == ((None, time(12), time(17)),)  # type: ignore[union-attr]
    barred = read_wish("any time except Saturday or Sunday", TODAY)
    assert barred is not None
    assert [day for day, _, _ in barred.windows] == [0, 1, 2, 3, 4]
