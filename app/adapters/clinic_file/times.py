"""Times as a clinic writes them: durations, times of day, opening hours, days and weeks.

Each reader takes a spot on the page and gives back the value, or raises `Mistake`.
"""

import re
from datetime import date, time
from functools import partial
from itertools import pairwise

from app.adapters.clinic_file.page import Mistake, Spot
from app.domain.clinic import Interval, Span, Unit, Week

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

LONGEST = {Unit.MINUTES: 60 * 24 * 60, Unit.HOURS: 60 * 24, Unit.DAYS: 366, Unit.BUSINESS_DAYS: 90}
"""Beyond these a duration is a slip of the pen."""

_SPAN = re.compile(r"(\d{1,6}) ?(m|h|d|business days?)")
_INTERVAL = re.compile(r"(\d{1,2}:\d{2}) ?- ?(\d{1,2}:\d{2})")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def span(spot: Spot) -> Span:
    """A duration: `15m`, `2h`, `3d`, `1 business day`."""
    read = span_of(spot.scalar("str") or "")
    if read is None:
        raise Mistake("value", f"{spot.label()} must be a duration such as 15m, 2h, 3d or 1 business day")
    if read.amount > LONGEST[read.unit]:
        raise Mistake("value", f"{spot.label()} is longer than anyone would wait")
    return read


def span_of(written: str) -> Span | None:
    """What a written duration means; None when it is none."""
    matched = _SPAN.fullmatch(written)
    return Span(amount=int(matched[1]), unit=Unit(matched[2].removesuffix("s"))) if matched else None


def some_span(spot: Spot) -> Span:
    """A duration that is more than nothing."""
    read = span(spot)
    if read.amount == 0:
        raise Mistake("value", f"{spot.label()} must be longer than nothing")
    return read


def exact_span(spot: Spot) -> Span:
    """A duration in minutes or hours, whose length depends on no calendar."""
    read = some_span(spot)
    if read.unit not in (Unit.MINUTES, Unit.HOURS):
        raise Mistake("value", f"{spot.label()} must be in minutes or hours, such as 60m")
    return read


def clock(spot: Spot) -> time:
    """A time of day, `10:00`."""
    return _time(spot, spot.scalar("str") or "")


def _time(spot: Spot, written: str) -> time:
    matched = _TIME.fullmatch(written)
    if matched is None:
        raise Mistake("value", f"{spot.label()} must be a time from 00:00 to 23:59, not {written!r}")
    return time(int(matched[1]), int(matched[2]))


def interval(spot: Spot) -> Interval:
    """Opening hours within a day, `09:00-12:30`."""
    matched = _INTERVAL.fullmatch(spot.scalar("str") or "")
    if matched is None:
        raise Mistake("value", f"{spot.label()} must be hours such as 09:00-12:30")
    opens, closes = _time(spot, matched[1]), _time(spot, matched[2])
    if opens >= closes:
        raise Mistake("hours", f"{spot.label()} must end after it begins, and on the same day")
    return opens, closes


def intervals(spot: Spot) -> tuple[Interval, ...]:
    """The opening hours of one day, in order, none of them overlapping; an empty list is a closed day."""
    read = sorted(hours for each in spot.elements() if (hours := each.read(interval)) is not None)
    for (_, closes), (opens, _) in pairwise(read):
        if opens < closes:
            raise Mistake("hours", f"{spot.label()} has hours that overlap: {opens:%H:%M} is before {closes:%H:%M}")
    return tuple(read)


def week(spot: Spot) -> Week:
    """A week of opening hours by day, days or range: `mon-fri`, `sat`, `mon,wed`; days left out are closed."""
    days: dict[str, tuple[Interval, ...]] = {}
    noted = len(spot.notes.findings)
    for named, one in spot.entries().items():
        hours = one.read(intervals) or ()
        for name in one.read(partial(_days, named)) or ():
            if name in days:
                one.wrong("hours", f"{spot.label()} names {name} twice")
            days[name] = hours
    if not any(days.values()) and len(spot.notes.findings) == noted:
        raise Mistake("hours", f"{spot.label()} has no opening hours")
    return tuple(days.get(name, ()) for name in DAY_NAMES)


def _days(named: str, _: Spot) -> list[str]:
    """The days that a key of a week names."""
    found: list[str] = []
    for part in named.replace(" ", "").split(","):
        first, _dash, last = part.partition("-")
        if not {first, last or first} <= set(DAY_NAMES):
            raise Mistake("unknown_key", f"{named!r} is no day; write {', '.join(DAY_NAMES)}, or mon-fri, or mon,wed")
        start, end = DAY_NAMES.index(first), DAY_NAMES.index(last or first)
        found += DAY_NAMES[start : end + 1] if start <= end else (*DAY_NAMES[start:], *DAY_NAMES[: end + 1])
    return found


def day(spot: Spot) -> date:
    """A date, `2026-12-24`."""
    return _date(spot.scalar("str", "timestamp") or "", spot)


def half_days(spot: Spot) -> dict[date, tuple[Interval, ...]]:
    """Days with hours of their own: date → intervals."""
    dated = {one.read(partial(_date, named)): one for named, one in spot.entries().items()}
    return {on: one.read(intervals) or () for on, one in dated.items() if on is not None}


def _date(written: str, spot: Spot) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Mistake("value", f"{spot.label()} must be a date such as 2026-12-24, not {written!r}") from None
