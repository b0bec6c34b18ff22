"""Hours, business days and windows, against the clock on the wall: every minute of it, where the rule is subtle."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import calendar
from app.domain.clinic import Hours, Interval, Span, Unit

CHICAGO = "America/Chicago"
WEEKDAY = ((time(9), time(12, 30)), (time(13, 30), time(17, 30)))
CLINIC = Hours(
    zone=CHICAGO,
    week=(WEEKDAY,) * 5 + (((time(9), time(12)),), ()),
    closed=frozenset({date(2026, 11, 26), date(2026, 12, 25)}),
    half_days={date(2026, 12, 24): ((time(9), time(12)),)},
)
MINUTE = timedelta(minutes=1)


def chicago(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(CHICAGO)).astimezone(UTC)


def span(words: str) -> Span:
    amount, unit = words.split(" ", 1)
    return Span(amount=int(amount), unit=Unit(unit))


def one_day(*intervals: Interval, zone: str = CHICAGO) -> Hours:
    return Hours(zone=zone, week=(intervals,) * 7)


# Clinic hours.


def test_a_day_has_its_intervals_as_instants() -> None:
    """A weekday with a lunch break is two stretches in UTC."""
    assert calendar.open_intervals(CLINIC, date(2026, 11, 23)) == (
        (datetime(2026, 11, 23, 15, tzinfo=UTC), datetime(2026, 11, 23, 18, 30, tzinfo=UTC)),
        (datetime(2026, 11, 23, 19, 30, tzinfo=UTC), datetime(2026, 11, 23, 23, 30, tzinfo=UTC)),
    )


@pytest.mark.parametrize(
    ("day", "intervals"),
    [
        (date(2026, 11, 26), ()),
        (date(2026, 11, 29), ()),
        (date(2026, 11, 28), ((chicago(11, 28, 9), chicago(11, 28, 12)),)),
        (date(2026, 12, 24), ((chicago(12, 24, 9), chicago(12, 24, 12)),)),
    ],
    ids=["a closure beats the week", "a Sunday", "a Saturday", "a half day beats the week"],
)
def test_closures_and_half_days_override_the_week(day: date, intervals: tuple[calendar.Stretch, ...]) -> None:
    """Closed is closed, a half day has its own intervals, and only days with intervals are business days."""
    assert (calendar.open_intervals(CLINIC, day), calendar.is_business_day(CLINIC, day)) == (
        intervals,
        bool(intervals),
    )


@pytest.mark.parametrize(
    ("hours", "day", "intervals"),
    [
        (one_day((time(2, 30), time(5))), date(2026, 3, 8), ((8, 0, 10, 0),)),
        (one_day((time(1), time(2, 30))), date(2026, 3, 8), ((7, 0, 8, 0),)),
        (one_day((time(2, 15), time(2, 45))), date(2026, 3, 8), ()),
        (one_day((time(1, 30), time(5))), date(2026, 11, 1), ((6, 30, 11, 0),)),
        (one_day((time(1), time(1, 30))), date(2026, 11, 1), ((6, 0, 6, 30),)),
        (one_day((time(9), time(12)), (time(12), time(17))), date(2026, 11, 23), ((15, 0, 23, 0),)),
    ],
    ids=["opens in the gap", "closes in the gap", "lies in the gap", "opens twice", "closes twice", "touches"],
)
def test_daylight_saving_neither_invents_nor_doubles_hours(
    hours: Hours, day: date, intervals: tuple[tuple[int, int, int, int], ...]
) -> None:
    """A skipped time means the first instant after the gap, a repeated one its first occurrence."""
    expected = tuple(
        (
            datetime(day.year, day.month, day.day, a, b, tzinfo=UTC),
            datetime(day.year, day.month, day.day, c, d, tzinfo=UTC),
        )
        for a, b, c, d in intervals
    )
    assert calendar.open_intervals(hours, day) == expected


@pytest.mark.parametrize(
    ("at", "opens", "until"),
    [
        (chicago(11, 23, 8, 59), chicago(11, 23, 9), None),
        (chicago(11, 23, 9), chicago(11, 23, 9), chicago(11, 23, 12, 30)),
        (chicago(11, 23, 12, 30), chicago(11, 23, 13, 30), None),
        (chicago(11, 23, 17, 30), chicago(11, 24, 9), None),
        (chicago(11, 25, 20), chicago(11, 27, 9), None),
        (chicago(11, 28, 12), chicago(11, 30, 9), None),
    ],
    ids=["before", "at opening", "in the break", "at closing", "over Thanksgiving", "over Sunday"],
)
def test_the_next_opening_is_now_or_after_the_break(at: datetime, opens: datetime, until: datetime | None) -> None:
    """Opening counts as open, closing as closed; breaks, Sundays and holidays are skipped."""
    assert (calendar.next_open(CLINIC, at), calendar.open_until(CLINIC, at), calendar.is_open(CLINIC, at)) == (
        opens,
        until,
        until is not None,
    )


def test_a_place_without_hours_never_opens() -> None:
    """Rather than looking for ever, a place without hours says so, also for business days and joint hours."""
    shut = Hours(zone=CHICAGO, week=((),) * 7)
    for ask in (
        lambda: calendar.next_open(shut, chicago(11, 23, 9)),
        lambda: calendar.add_business_days(shut, chicago(11, 23, 9), 1),
        lambda: calendar.first_allowed((shut, legal(CHICAGO)), chicago(11, 23, 9)),
    ):
        with pytest.raises(calendar.NeverOpen):
            ask()


def test_an_instant_without_a_zone_is_refused() -> None:
    """A naive time would silently mean the server's zone."""
    with pytest.raises(ValueError, match="time zone"):
        calendar.is_open(CLINIC, datetime(2026, 11, 23, 9))


@pytest.mark.parametrize(
    ("n", "day"),
    [(0, date(2026, 11, 25)), (1, date(2026, 11, 27)), (2, date(2026, 11, 28)), (3, date(2026, 11, 30))],
)
def test_business_days_are_counted_after_the_local_date(n: int, day: date) -> None:
    """Wednesday 23:30 in Chicago is Thursday in UTC; the count starts from the local Wednesday, past Thanksgiving."""
    assert calendar.add_business_days(CLINIC, chicago(11, 25, 23, 30), n) == day


# When things are due.


@pytest.mark.parametrize(
    ("since", "after", "at", "due"),
    [
        (chicago(11, 23, 10), "15 m", None, chicago(11, 23, 10, 15)),
        (chicago(11, 23, 10), "2 h", time(11), chicago(11, 24, 11)),
        (chicago(11, 23, 10), "2 h", time(12), chicago(11, 23, 12)),
        (chicago(11, 23, 10), "1 h", time(15), chicago(11, 23, 15)),
        (chicago(11, 25, 10), "1 d", None, chicago(11, 26, 10)),
        (chicago(11, 25, 10), "2 d", time(9, 30), chicago(11, 27, 9, 30)),
        (chicago(11, 25, 22), "1 business day", None, chicago(11, 27, 22)),
        (chicago(11, 25, 22), "1 business day", time(10), chicago(11, 27, 10)),
        (chicago(11, 28, 9), "2 business day", time(10), chicago(12, 1, 10)),
        (chicago(11, 29, 9), "0 business day", time(10), chicago(11, 29, 10)),
        (chicago(11, 29, 12), "0 d", time(10), chicago(11, 29, 12)),
        (chicago(10, 31, 10), "1 d", None, chicago(11, 1, 10)),
        (chicago(10, 31, 10), "24 h", None, chicago(11, 1, 9)),
        (chicago(3, 7, 2, 30), "1 d", None, datetime(2026, 3, 8, 8, tzinfo=UTC)),
        (datetime(2026, 11, 1, 7, 30, tzinfo=UTC), "1 d", None, chicago(11, 2, 1, 30)),
        (chicago(12, 31, 16), "1 business day", None, chicago(1, 1, 16, year=2027)),
    ],
)
def test_a_step_is_due_by_the_calendar_it_names(since: datetime, after: str, at: time | None, due: datetime) -> None:
    """Hours are exact, days keep the local time over a change of clocks, business days skip closures."""
    assert calendar.planned_at(CLINIC, since, span(after), at) == due


@pytest.mark.parametrize(
    ("due", "expires"),
    [
        (chicago(11, 23, 10), chicago(11, 25, 17, 30)),
        (chicago(11, 25, 10), chicago(11, 28, 12)),
        (chicago(12, 22, 20), chicago(12, 24, 12)),
    ],
    ids=["two weekdays on", "over Thanksgiving to a Saturday", "to a half day's close"],
)
def test_a_step_expires_at_the_end_of_the_second_open_day_after(due: datetime, expires: datetime) -> None:
    """Its due date itself does not count."""
    assert calendar.step_expiry(CLINIC, due) == expires


@pytest.mark.parametrize(
    ("opened", "within", "by"),
    [
        (chicago(11, 23, 10), "2 h", chicago(11, 23, 12)),
        (chicago(11, 23, 11, 30), "2 h", chicago(11, 23, 14, 30)),
        (chicago(11, 23, 10, 30), "2 h", chicago(11, 23, 12, 30)),
        (chicago(11, 25, 17), "90 m", chicago(11, 27, 10)),
        (chicago(11, 29, 8), "30 m", chicago(11, 30, 9, 30)),
        (chicago(11, 23, 10), "23 h", chicago(11, 27, 10, 30)),
        (chicago(11, 25, 10), "1 d", chicago(11, 27, 10)),
        (chicago(11, 25, 10), "1 business day", chicago(11, 27, 10)),
        (chicago(11, 23, 7), "1 d", chicago(11, 24, 9)),
        (chicago(11, 23, 22), "1 d", chicago(11, 24, 17, 30)),
        (chicago(11, 27, 13), "1 d", chicago(11, 28, 12)),
        (chicago(11, 23, 12, 45), "1 d", chicago(11, 24, 13, 30)),
    ],
)
def test_people_have_open_hours_to_respond_in(opened: datetime, within: str, by: datetime) -> None:
    """Minutes and hours run only while the place is open; days are business days, moved into that day's hours."""
    assert calendar.respond_by(CLINIC, opened, span(within)) == by


# Several at once.


def legal(zone: str) -> Hours:
    return one_day((time(8), time(21)), zone=zone)


def test_a_text_waits_when_the_window_is_about_to_close() -> None:
    """With a minute left it may leave, with less it waits for the next window."""
    both = (CLINIC, legal("America/New_York"))
    close = chicago(11, 23, 17, 30)
    answers = [calendar.first_allowed(both, close - left) for left in (MINUTE, timedelta(seconds=59))]
    assert answers == [close - MINUTE, chicago(11, 24, 9)]


def test_the_joint_window_ends_with_whichever_ends_first() -> None:
    """The clinic's break for a local person; nine in the evening for one far to the east; nothing left outside."""
    late = one_day((time(8), time(22)))
    answers = (
        calendar.allowed_until((CLINIC, legal(CHICAGO)), chicago(11, 23, 10)),
        calendar.allowed_until((late, legal("America/New_York")), chicago(11, 23, 10)),
        calendar.allowed_until((legal(CHICAGO),), chicago(11, 23, 10)),
        calendar.allowed_until((CLINIC, legal(CHICAGO)), chicago(11, 23, 13)),
    )
    assert answers == (chicago(11, 23, 12, 30), chicago(11, 23, 20), chicago(11, 23, 21), chicago(11, 23, 13))


def test_hours_that_never_meet_are_named() -> None:
    """A clinic that opens only at night has no minute in which its texts are legal."""
    with pytest.raises(calendar.NeverOpen, match="no common hours"):
        calendar.first_allowed((one_day((time(1), time(5))), legal(CHICAGO)), chicago(11, 23, 10))


# Against the wall clock, minute by minute.

ZONES = (
    CHICAGO,
    "America/New_York",
    "America/Phoenix",
    "America/Los_Angeles",
    "Pacific/Honolulu",
    "America/St_Johns",
)
DAYS_AROUND = [date(2026, 3, 5) + timedelta(days=n) for n in range(6)] + [
    date(2026, 10, 29) + timedelta(days=n) for n in range(6)
]
WALKED = 6


@cache
def wall(zone: str, day: date) -> tuple[tuple[datetime, datetime], ...]:
    """Every minute of a local date in UTC order: the instant, and what the clock on the wall shows."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    minutes = (noon + n * MINUTE for n in range(-14 * 60, 26 * 60))
    shown = ((at, at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)) for at in minutes)
    return tuple((at, local) for at, local in shown if local.date() == day)


@cache
def minutes_between(zone: str, day: date, opens: time, closes: time) -> frozenset[datetime]:
    """The minutes from when the wall first shows opening on a local date until it first shows closing."""
    minutes = wall(zone, day)
    opened = next((i for i, (_, local) in enumerate(minutes) if local.time() >= opens), len(minutes))
    closed = next((i for i, (_, local) in enumerate(minutes) if local.time() >= closes), len(minutes))
    return frozenset(at for at, _ in minutes[opened:closed])


def open_minutes(hours: Hours, first: date) -> set[datetime]:
    """The minutes in which a place is open, over the days walked."""
    days = [first + timedelta(days=n) for n in range(-1, WALKED + 1)]
    return {
        minute
        for day in days
        if day not in hours.closed
        for interval in hours.half_days.get(day, hours.week[day.weekday()])
        for minute in minutes_between(hours.zone, day, *interval)
    }


@cache
def legal_minutes(zone: str, first: date) -> frozenset[datetime]:
    """The minutes in which a person in this zone may be texted."""
    return frozenset(open_minutes(legal(zone), first))


clock = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
times = st.lists(clock, unique=True, max_size=4).map(sorted)
day_plan = times.map(lambda t: tuple(zip(t[::2], t[1::2], strict=False)))
near = st.sampled_from(DAYS_AROUND)
hours_around = st.builds(
    Hours,
    zone=st.sampled_from(ZONES),
    week=st.tuples(*[day_plan] * 7),
    closed=st.frozensets(near, max_size=3),
    half_days=st.dictionaries(near, day_plan, max_size=2),
)
starts = st.builds(
    lambda day, minute: datetime(day.year, day.month, day.day, tzinfo=UTC) + minute * MINUTE,
    near,
    st.integers(0, 1439),
)


def answer_or_later(ask: object, limit: datetime) -> datetime | None:
    """The function's answer, or None when it is never or beyond what the oracle walked."""
    try:
        found = ask()  # type: ignore[operator]
    except calendar.NeverOpen:
        return None
    return found if found <= limit else None


@settings(max_examples=80, deadline=None)
@given(hours=hours_around, at=starts)
def test_the_next_opening_agrees_with_every_minute_on_the_wall(hours: Hours, at: datetime) -> None:
    """Over gaps, folds, breaks, closures and half days."""
    limit = at + timedelta(days=WALKED - 1)
    expected = min((minute for minute in open_minutes(hours, at.date()) if at <= minute <= limit), default=None)
    assert answer_or_later(lambda: calendar.next_open(hours, at), limit) == expected


@settings(max_examples=80, deadline=None)
@given(
    hours=st.none() | hours_around,
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True).map(tuple),
    at=starts,
    need=st.sampled_from([1, 5, 90]),
)
def test_the_first_allowed_minute_agrees_with_every_minute_on_the_wall(
    hours: Hours | None, zones: tuple[str, ...], at: datetime, need: int
) -> None:
    """The clinic's hours and each of the person's zones, with the time a text needs left in all of them."""
    allowed = set.intersection(*(set(legal_minutes(zone, at.date())) for zone in zones))
    allowed &= open_minutes(hours, at.date()) if hours else allowed
    limit = at + timedelta(days=WALKED - 1)
    fits = (m for m in sorted(allowed) if at <= m <= limit and all(m + n * MINUTE in allowed for n in range(need)))
    expected = next(fits, None)
    limits = (*((hours,) if hours else ()), *map(legal, zones))
    found = answer_or_later(lambda: calendar.first_allowed(limits, at, need * MINUTE), limit)
    assert found == expected
    if found is not None:
        until = calendar.allowed_until(limits, found)
        assert (until - MINUTE in allowed, until in allowed) == (True, False)


@settings(max_examples=60, deadline=None)
@given(hours=hours_around, at=starts, n=st.integers(1, 3))
def test_business_days_agree_with_the_dates_on_the_wall(hours: Hours, at: datetime, n: int) -> None:
    """The nth local date after the instant's own that has an open minute; a step due then expires two such dates on."""
    today = at.astimezone(ZoneInfo(hours.zone)).date()
    minutes = open_minutes(hours, at.date())
    by_day: dict[date, list[datetime]] = {}
    for minute in sorted(minutes):
        by_day.setdefault(minute.astimezone(ZoneInfo(hours.zone)).date(), []).append(minute)
    later = [day for day in sorted(by_day) if today < day <= at.date() + timedelta(days=WALKED - 1)]
    if len(later) >= n:
        assert calendar.add_business_days(hours, at, n) == later[n - 1]
    if len(later) >= 2:
        assert calendar.step_expiry(hours, at) == by_day[later[1]][-1] + MINUTE


@settings(max_examples=60, deadline=None)
@given(hours=hours_around, at=starts, length=st.integers(1, 600))
def test_response_times_agree_with_the_open_minutes_on_the_wall(hours: Hours, at: datetime, length: int) -> None:
    """So many open minutes after the instant, whatever breaks, closures and changes of clocks lie between."""
    limit = at + timedelta(days=WALKED - 1)
    ahead = [minute for minute in sorted(open_minutes(hours, at.date())) if at <= minute < limit]
    if len(ahead) >= length:
        assert calendar.respond_by(hours, at, Span(amount=length, unit=Unit.MINUTES)) == ahead[length - 1] + MINUTE
