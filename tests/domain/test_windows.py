"""The state rows: each by an example, the order among them, and whom they bind."""

from datetime import date, time, timedelta

import pytest

from app.domain import calendar, windows
from app.domain.windows import FEDERAL, ROWS, STATES, UNKNOWN, US_ZONES, Row, Window, in_force
from tests.domain import law

MONDAY, SATURDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 28), date(2026, 11, 29)
CHRISTMAS = date(2026, 12, 25)
"""A Friday."""


def hours(written: law.Hours) -> tuple[tuple[time, time], ...]:
    return ((time(written[0]), time(written[1])),) if written else ()


@pytest.mark.parametrize("state", sorted(STATES | {UNKNOWN}))
def test_every_state_has_its_hours_its_holidays_and_its_cap(state: str) -> None:
    """Against the law as it is written down in the tests; who has no row of their own has the federal one."""
    weekday, saturday, sunday, holidays, cap = law.STRICTEST if state == UNKNOWN else law.rule(state, MONDAY)
    row = in_force(state, MONDAY)
    found = [Window("America/Chicago", state).on(day) for day in (MONDAY, SATURDAY, SUNDAY, CHRISTMAS)]
    assert found == [hours(weekday), hours(saturday), hours(sunday), () if holidays else hours(weekday)]
    assert (row.cap and (row.cap.texts, row.cap.span)) == (cap and (cap[0], timedelta(hours=cap[1])))
    assert row.state == (state if state in {*law.BY_STATE, UNKNOWN} else FEDERAL)


def test_every_row_says_where_it_is_written_and_no_two_share_a_name() -> None:
    rows = [row for found in ROWS.values() for row in found]
    assert all(row.citation and row.state in STATES | {FEDERAL, UNKNOWN} for row in rows)
    assert len({row.key for row in rows}) == len(rows) == 29


def test_a_change_of_law_is_a_row_with_a_date() -> None:
    """Pennsylvania's Sundays ended, by one source, on 18 October 2026; Oregon's hours began with that year."""
    assert [in_force("PA", day).key for day in (date(2026, 10, 17), date(2026, 10, 18))] == [
        "PA/2000-01-01",
        "PA/2026-10-18",
    ]
    assert [in_force("OR", day).key for day in (date(2025, 12, 31), date(2026, 1, 1))] == [
        "US/2000-01-01",
        "OR/2026-01-01",
    ]
    sundays = [Window("America/New_York", "PA").on(day) for day in (date(2026, 10, 11), date(2026, 10, 18))]
    assert sundays == [hours((8, 21)), ()]


def test_a_row_that_has_ended_gives_way_to_the_federal_one() -> None:
    row = in_force("WY", MONDAY)
    ended = Row(state="WY", since=row.since, until=MONDAY, week=row.week, citation=row.citation)
    before, after = (windows.binding((ended,), day).key for day in (MONDAY - timedelta(days=1), MONDAY))
    assert (before, after) == ("WY/2000-01-01", "US/2000-01-01")


@pytest.mark.parametrize(
    ("state", "day"),
    [
        ("LA", date(2027, 2, 9)),
        ("LA", date(2027, 3, 26)),
        ("LA", date(2027, 11, 1)),
        ("LA", date(2031, 4, 11)),
        ("RI", date(2026, 8, 10)),
        ("RI", date(2030, 8, 12)),
        ("AL", date(2027, 12, 24)),
        ("OK", date(2028, 11, 10)),
        ("PA", date(2026, 7, 3)),
        ("MS", date(2027, 7, 5)),
        ("UT", date(2026, 7, 24)),
        (UNKNOWN, date(2027, 2, 9)),
        (UNKNOWN, date(2026, 8, 10)),
        (UNKNOWN, date(2027, 11, 1)),
    ],
    ids=[
        "Mardi Gras",
        "Good Friday",
        "All Saints",
        "Good Friday 2031",
        "Victory Day",
        "Victory Day 2030",
        "Christmas in lieu",
        "Veterans Day in lieu",
        "Independence Day in lieu, a Friday",
        "Independence Day in lieu, a Monday",
        "Pioneer Day",
        "anywhere: Mardi Gras",
        "anywhere: Victory Day",
        "anywhere: All Saints",
    ],
)
def test_nobody_is_texted_on_a_states_holiday(state: str, day: date) -> None:
    """Each of these is a weekday, on which Illinois may be texted."""
    assert day.weekday() < 5
    assert (Window("America/Chicago", state).on(day), Window("America/Chicago", "IL").on(day)) == ((), hours((8, 21)))


def test_federal_holidays_are_closed_wherever_holidays_are(every_day: list[date]) -> None:
    """By the tests' own reading of the statute, 2024 to 2035, days in lieu included."""
    holidays = set.union(*map(law.federal_holidays, range(2024, 2036)))
    closing = sorted({state for state, rule in law.BY_STATE.items() if rule[3]} | {UNKNOWN})
    assert closing == ["AL", "LA", "MS", "OK", "PA", "RI", "UT", "unknown"]
    open_then = [
        (state, day) for state in closing for day in every_day if day in holidays and in_force(state, day).on(day)
    ]
    assert open_then == []


@pytest.fixture
def every_day() -> list[date]:
    return [date(2024, 1, 1) + timedelta(days=n) for n in range(12 * 365 + 3)]


def _within(inner: tuple[calendar.Interval, ...], outer: tuple[calendar.Interval, ...]) -> bool:
    return all(any(opens <= a and b <= closes for opens, closes in outer) for a, b in inner)


def test_the_rows_lie_inside_each_other(every_day: list[date]) -> None:
    """No state is laxer than the federal row, and who could be anywhere has the least, each day of 2025 to 2027."""
    laxer = [
        (state, day)
        for day in every_day[366 : 366 + 3 * 365]
        for state in ROWS
        if not _within(in_force(state, day).on(day), in_force(FEDERAL, day).on(day))
        or not _within(in_force(UNKNOWN, day).on(day), in_force(state, day).on(day))
    ]
    caps = [row.cap for rows in ROWS.values() for row in rows if row.cap]
    anywhere = in_force(UNKNOWN, MONDAY).cap
    assert laxer == []
    assert anywhere is not None
    assert all(anywhere.texts * (cap.span // anywhere.span) <= cap.texts for cap in caps)


@pytest.mark.parametrize(
    ("zones", "states", "bind"),
    [
        (("America/Denver",), ("CO",), [("America/Denver", "CO")]),
        (
            ("America/Chicago", "America/New_York"),
            ("IL", "NY"),
            [
                ("America/Chicago", "IL"),
                ("America/Chicago", "NY"),
                ("America/New_York", "IL"),
                ("America/New_York", "NY"),
            ],
        ),
        (("America/Chicago",), (), [("America/Chicago", UNKNOWN)]),
        ((), ("IL",), [(zone, "IL") for zone in US_ZONES]),
        (("Mars/Olympus",), ("IL",), [(zone, "IL") for zone in US_ZONES]),
        (("America/Chicago", "../etc/passwd"), ("IL",), [(zone, "IL") for zone in US_ZONES]),
        (("America",), ("IL",), [(zone, "IL") for zone in US_ZONES]),
        ((), (), [(zone, UNKNOWN) for zone in US_ZONES]),
        (("America/New_York",), ("MS",), [("America/New_York", "MS"), ("America/Chicago", "MS")]),
        (("America/Chicago",), ("MS",), [("America/Chicago", "MS")]),
    ],
    ids=[
        "one place",
        "every zone with every state",
        "no state: the strictest",
        "no zone: all of them",
        "no such zone",
        "no name of a zone",
        "a folder",
        "nothing at all",
        "Mississippi's own clock besides the person's",
        "Mississippi at home",
    ],
)
def test_whoever_may_be_in_several_places_is_bound_by_all(
    zones: tuple[str, ...], states: tuple[str, ...], bind: list[tuple[str, str]]
) -> None:
    assert list(windows.windows(zones, states)) == bind


def test_a_foreign_state_is_bound_by_the_strictest_row_and_a_territory_by_the_federal_one() -> None:
    assert [in_force(state, MONDAY).state for state in ("ON", "PW", "PR", "GU", "DC")] == [
        UNKNOWN,
        UNKNOWN,
        FEDERAL,
        FEDERAL,
        FEDERAL,
    ]


def test_who_could_be_anywhere_can_be_texted_at_some_hour_of_every_week(every_day: list[date]) -> None:
    """Ten in Honolulu or Adak until five in New York: an hour, or two, on a weekday."""
    anywhere = windows.windows((), ())
    for monday in every_day[::7]:
        at = calendar.open_intervals(Window("UTC", FEDERAL), monday)[0][0]
        opens = calendar.first_allowed(anywhere, at)
        assert opens - at < timedelta(days=7)
        assert calendar.allowed_until(anywhere, opens) - opens >= timedelta(hours=1)
