"""A second reading of the rules, for tests: the wall clock at single minutes, and a small law table of its own.

Nothing here calls the code under test. A moment is judged by looking at the clocks on the walls of everywhere that
counts; the first allowed minute is found by looking at one after another. Hours in these tests begin and end on
quarters of an hour, so between quarters only caps and due times can open anything.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.clinic import Clinic, Hours, Span, Unit

MINUTE, QUARTER, DAY, WEEK = (timedelta(minutes=n) for n in (1, 15, 24 * 60, 7 * 24 * 60))


@dataclass(frozen=True)
class Home:
    """A state: a number, a ZIP code and the clock there; its law (Mon-Fri, Sat, Sun; a cap); another clock it has."""

    state: str
    phone: str
    zip: str
    zone: str
    week: tuple[str, str, str]
    cap: tuple[int, int] | None = None
    elsewhere: str | None = None


EARLY, LATE, SHORT = ("08-20",) * 3, ("09-21",) * 3, ("09-20",) * 3
HOMES = {
    home.state: home
    for home in (
        Home("IL", "+1312555", "60601", "America/Chicago", ("08-21",) * 3),
        Home("NY", "+1212555", "10001", "America/New_York", ("08-21",) * 3),
        Home("CA", "+1213555", "90012", "America/Los_Angeles", ("08-21",) * 3),
        Home("AZ", "+1602555", "85004", "America/Phoenix", ("08-21",) * 3, elsewhere="America/Denver"),
        Home("HI", "+1808555", "96813", "Pacific/Honolulu", ("08-21",) * 3),
        Home("CT", "+1203555", "06510", "America/New_York", SHORT),
        Home("MA", "+1617555", "02108", "America/New_York", EARLY),
        Home("NM", "+1505555", "87102", "America/Denver", LATE),
        Home("KY", "+1502555", "40202", "America/New_York", ("10-21",) * 3, elsewhere="America/Chicago"),
        Home("TX", "+1512555", "78701", "America/Chicago", ("09-21", "09-21", "12-21"), elsewhere="America/Denver"),
        Home("FL", "+1305555", "33130", "America/New_York", EARLY, (3, 24), "America/Chicago"),
        Home("ME", "+1207555", "04101", "America/New_York", ("09-17", "", ""), (1, 8)),
    )
}


@dataclass(frozen=True)
class Person:
    """Everywhere that somebody may be: each zone under each state's law."""

    zones: frozenset[str]
    states: frozenset[str]

    def may_be_texted(self, at: datetime) -> bool:
        """Whether the law lets a text arrive at this minute, by every clock and every state."""
        return all(
            _is_in(HOMES[state].week[max(0, wall.weekday() - 4)], wall)
            for wall in (at.astimezone(ZoneInfo(zone)) for zone in self.zones)
            for state in self.states
        )

    def caps(self) -> list[tuple[int, timedelta]]:
        """How many steps the law allows in how long."""
        caps = [HOMES[state].cap for state in self.states]
        return [(cap[0], timedelta(hours=cap[1])) for cap in caps if cap]


def _is_in(hours: str, wall: datetime) -> bool:
    if not hours:
        return False
    start, end = map(int, hours.split("-"))
    return start <= wall.hour < end


# -- the clinic --------------------------------------------------------------------------------


def intervals(hours: Hours, day: date) -> tuple[tuple[time, time], ...]:
    """When the place is open on a date, as its file says."""
    if day in hours.closed:
        return ()
    return hours.half_days[day] if day in hours.half_days else hours.week[day.weekday()]


def is_open(hours: Hours, at: datetime) -> bool:
    """Whether the clock on the clinic's wall is inside its hours."""
    wall = at.astimezone(ZoneInfo(hours.zone))
    return any(start <= wall.time() < end for start, end in intervals(hours, wall.date()))


def due(hours: Hours, since: datetime, after: Span, at: time | None) -> datetime:
    """When a step is due, before anybody asks whether it may leave."""
    wall = since.astimezone(ZoneInfo(hours.zone))
    if after.unit in (Unit.MINUTES, Unit.HOURS):
        exact = since + after.amount * (MINUTE if after.unit is Unit.MINUTES else 60 * MINUTE)
        if at is None:
            return exact
        wall = exact.astimezone(ZoneInfo(hours.zone))
        return _clock_shows(hours, wall.date() + timedelta(days=wall.time() > at), at, exact)
    day, left = wall.date(), after.amount
    while left:
        day += timedelta(days=1)
        left -= 1 if after.unit is Unit.DAYS else bool(intervals(hours, day))
    return max(since, _clock_shows(hours, day, at or wall.time(), since))


def _clock_shows(hours: Hours, day: date, clock: time, since: datetime) -> datetime:
    """The first minute from `since` on at which the clinic's clock has reached a local time."""
    target, moment = datetime.combine(day, clock), since
    while moment.astimezone(ZoneInfo(hours.zone)).replace(tzinfo=None) < target:
        left = target - moment.astimezone(ZoneInfo(hours.zone)).replace(tzinfo=None)
        moment += max(MINUTE, left - 3 * 60 * MINUTE)  # No clock is ever set by three hours.
    return moment


def expiry(hours: Hours, planned: datetime) -> datetime:
    """The end of the second open day after a step's due date."""
    day, left = planned.astimezone(ZoneInfo(hours.zone)).date(), 2
    while left:
        day += timedelta(days=1)
        left -= bool(intervals(hours, day))
    return datetime.combine(day, intervals(hours, day)[-1][1], ZoneInfo(hours.zone)).astimezone(UTC)


# -- the first minute --------------------------------------------------------------------------


def is_under_caps(clinic: Clinic, person: Person, sent: Iterable[datetime], at: datetime) -> bool:
    """Whether one more step at this moment keeps every cap, and ten minutes from the last."""
    moments = [one for one in sent if one <= at]
    caps = [(clinic.limits.per_day, DAY), (clinic.limits.per_week, WEEK), *person.caps()]
    return all(sum(at - span < one for one in moments) < most for most, span in caps) and all(
        at - one >= 10 * MINUTE for one in moments
    )


def _candidates(since: datetime, sent: Iterable[datetime], until: datetime) -> Iterator[datetime]:
    """Every minute that could be the first: the very first, quarters, and when something sent grows old enough."""
    spans = (10 * MINUTE, DAY, WEEK, *(timedelta(hours=home.cap[1]) for home in HOMES.values() if home.cap))
    ages = [one + span for one in sent for span in spans]
    quarter = since.replace(minute=since.minute // 15 * 15, second=0) + QUARTER
    quarters = [quarter + n * QUARTER for n in range(int((until - quarter) / QUARTER) + 1)]
    return iter(sorted({since, *quarters, *(age for age in ages if age >= since)}))


def first_open(
    clinic: Clinic, person: Person, since: datetime, sent: Iterable[datetime] | None = None
) -> datetime | None:
    """The first minute from `since` on at which a step may leave; without `sent`, caps aside. None: not in 40 days."""
    for at in _candidates(since, sent or (), since + 40 * DAY):
        opens = is_open(clinic.hours, at) and person.may_be_texted(at)
        if opens and (sent is None or is_under_caps(clinic, person, sent, at)):
            return at
    return None
