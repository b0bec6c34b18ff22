"""When: clinic hours and business days, when things are due, and where the hours of several places meet.

How to think of it: everything that limits a text in time is an `Opening`, a zone and the intervals of each local
date. A clinic has one (`Hours`); the law gives one for each place the person may be in (`windows.Window`).
`_meeting` walks any number of them together and names the first stretch that lies in all. Instants are aware UTC
outside; local times live only inside this file. A local time that daylight saving skips means the first instant
after the gap; one that occurs twice means its first occurrence.
"""

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from app.domain.clinic import Hours, Interval, Span, Unit

Stretch = tuple[datetime, datetime]
"""From an instant, until an instant (exclusive)."""


class Opening(Protocol):
    """Hours on local dates, of a clinic or of the law; hashable, for the memory of this file."""

    @property
    def zone(self) -> str:
        """The time zone of its dates and times."""

    def on(self, day: date) -> tuple[Interval, ...]:
        """The intervals of a local date, in order."""

    def __hash__(self) -> int: ...


Limits = tuple[Opening, ...]
"""Everything that must be open at once."""

HORIZON = 400
"""Days to look ahead; a place that opens on none of them is taken to be closed for good."""

MONTHS = HORIZON // 28
DAY = timedelta(days=1)


class NeverOpen(LookupError):
    """Nothing is open, or everything is never open at once, within `HORIZON` days."""


# Clinic hours.


def open_intervals(hours: Opening, day: date) -> tuple[Stretch, ...]:
    """When a place is open on a local date."""
    return _instants(hours.zone, day, hours.on(day))


def is_business_day(hours: Hours, day: date) -> bool:
    """Whether a local date has opening hours and no closure."""
    return bool(open_intervals(hours, day))


def is_open(hours: Opening, at: datetime) -> bool:
    """Whether the place is open at an instant."""
    return open_until(hours, at) is not None


def next_open(hours: Opening, at: datetime, need: timedelta = timedelta(0)) -> datetime:
    """The instant itself when open then (with `need` left), else the next such opening; raises `NeverOpen`."""
    return _meeting((hours,), at, need)[0]


def open_until(hours: Opening, at: datetime) -> datetime | None:
    """When the place closes next, for breaks too; None when it is closed at that instant."""
    start, end = _stretch(hours, at)
    return end if start <= at else None


def add_business_days(hours: Hours, at: datetime, n: int) -> date:
    """The n-th business day after an instant's local date; for 0 that local date itself; raises `NeverOpen`."""
    day, left = _local(hours.zone, at).date(), n
    for _ in range(HORIZON):
        if left <= 0:
            return day
        day += timedelta(days=1)
        left -= is_business_day(hours, day)
    raise NeverOpen(f"fewer than {n} business days within {HORIZON} days")


# When things are due.


def planned_at(hours: Hours, since: datetime, after: Span, at: time | None) -> datetime:
    """When a step is due: `after` counted from `since`, at the clinic-local time `at` if one is given.

    Days and business days keep the local time of day of `since` where `at` is None; minutes and hours are exact,
    and with `at` move to the first such local time from there on. Never before `since`.
    """
    if after.unit in (Unit.MINUTES, Unit.HOURS):
        exact = since + after.exact()
        return exact if at is None else _first_at(hours.zone, at, exact)
    local = _local(hours.zone, since)
    if after.unit is Unit.BUSINESS_DAYS:
        day = add_business_days(hours, since, after.amount)
    else:
        day = local.date() + timedelta(days=after.amount)
    return max(since, _instant(hours.zone, day, local.time() if at is None else at))


def step_expiry(hours: Hours, due: datetime) -> datetime:
    """When a step grows too old: the close of the second business day after its due date."""
    return open_intervals(hours, add_business_days(hours, due, 2))[-1][1]


def respond_by(hours: Hours, opened: datetime, span: Span) -> datetime:
    """By when people should answer a task opened at an instant.

    Minutes and hours count only while the place is open. Days of either kind are business days: the same local time
    on that day, moved into its hours (before opening: the opening; in a break: its end; after closing: the close).
    """
    if span.unit in (Unit.MINUTES, Unit.HOURS):
        return _after_open_time(hours, opened, span.exact())
    due = planned_at(hours, opened, Span(amount=max(1, span.amount), unit=Unit.BUSINESS_DAYS), None)
    that_day = open_intervals(hours, _local(hours.zone, due).date())
    return next((max(due, start) for start, end in that_day if due < end), that_day[-1][1])


def _after_open_time(hours: Hours, at: datetime, length: timedelta) -> datetime:
    """The instant by which the place has been open for `length` since `at`."""
    while True:
        start, end = _stretch(hours, at)
        start = max(at, start)
        if length <= end - start:
            return start + length
        length, at = length - (end - start), end


# Where several meet.


def first_allowed(limits: Limits, at: datetime, need: timedelta = timedelta(seconds=60)) -> datetime:
    """The first instant from `at` on that lies inside all the limits, with `need` left in them.

    A text needs at least sixty seconds of validity at the carrier. Raises `NeverOpen`.
    """
    return _meeting(limits, at, need)[0]


def allowed_until(limits: Limits, at: datetime) -> datetime:
    """When the joint stretch that an instant is inside ends; the instant itself when it is outside."""
    ends = [open_until(limit, at) for limit in limits]
    return min((at if end is None else end for end in ends), default=at)


# Remembered: a claim judges up to a hundred texts at one moment, most of them by the same few hours.
@lru_cache(maxsize=1024)
def _meeting(limits: Limits, at: datetime, need: timedelta) -> Stretch:
    """The first stretch from `at` on, `need` long at least, that lies inside all the limits; raises `NeverOpen`."""
    horizon = at + timedelta(days=HORIZON)
    while at < horizon:
        stretches = [_stretch(limit, at) for limit in limits]
        start, end = max(at, *(first for first, _ in stretches)), min(last for _, last in stretches)
        if start < end and end - start >= need:
            return start, end
        at = end  # The limit that ends first cannot be part of the answer; go on from its end.
    raise NeverOpen(f"no common hours within {HORIZON} days")


def _stretch(hours: Opening, at: datetime) -> Stretch:
    """The stretch an instant is inside, else the next one; raises `NeverOpen`."""
    if at.tzinfo is not UTC:
        at = _utc(at)
    yesterday = at - DAY  # No zone is a whole day behind, so what is not over began then at the earliest.
    first = yesterday.year * 12 + yesterday.month - 1
    for month in range(first, first + MONTHS):
        ends, stretches = _month(hours, month)
        place = bisect_right(ends, at)
        if place < len(ends):
            return stretches[place]
    raise NeverOpen(f"closed for the next {HORIZON} days")


# Remembered: everything that is judged in a month looks into the same few of these.
@lru_cache(maxsize=8192)
def _month(hours: Opening, month: int) -> tuple[list[datetime], list[Stretch]]:
    """All stretches of the local dates of a month (counted from the year 0) with their ends, in order."""
    first = date(month // 12, month % 12 + 1, 1)
    days = (first + timedelta(days=n) for n in range(31))
    stretches = [one for day in days if day.month == first.month for one in open_intervals(hours, day)]
    return [end for _, end in stretches], stretches


# Local time to instants and back.


@lru_cache(maxsize=65536)
def _instants(zone: str, day: date, intervals: tuple[Interval, ...]) -> tuple[Stretch, ...]:
    """Local intervals as stretches: what daylight saving swallows is left out, what touches is joined."""
    joined: list[Stretch] = []
    for opens, closes in intervals:
        start, end = _instant(zone, day, opens), _instant(zone, day, closes)
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        elif start < end:
            joined.append((start, end))
    return tuple(joined)


def _instant(zone: str, day: date, clock: time) -> datetime:
    """A local date and time as an instant: in a gap the first after it, twice there the first."""
    local = datetime.combine(day, clock.replace(fold=0), ZoneInfo(zone))
    instant = local.astimezone(UTC)
    if instant.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    return _end_of_gap(local.replace(fold=1).astimezone(UTC).replace(microsecond=0), instant, ZoneInfo(zone))


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant, to the second, at which the zone's offset changes between two instants."""

    def changed(second: int) -> bool:
        return (before + timedelta(seconds=second)).astimezone(zone).utcoffset() == new_offset

    new_offset = after.astimezone(zone).utcoffset()
    seconds = range(int((after - before).total_seconds()) + 1)
    return before + timedelta(seconds=bisect_left(seconds, True, key=changed))


def _first_at(zone: str, clock: time, since: datetime) -> datetime:
    """The first instant from `since` on at which the local clock shows a time."""
    today = _local(zone, since).date()
    due = _instant(zone, today, clock)
    return due if due >= since else _instant(zone, today + timedelta(days=1), clock)


def _local(zone: str, at: datetime) -> datetime:
    """An instant on the local clock; a naive one has no meaning here."""
    return _utc(at).astimezone(ZoneInfo(zone))


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC)


def is_zone(name: str) -> bool:
    """Whether the zone database knows a name."""
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # Unknown; not a name at all; a folder such as "America".
        return False
    return True
