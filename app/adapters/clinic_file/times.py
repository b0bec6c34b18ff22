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

_MEANT = {
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("workday", "workdays", "working day", "working days", "weekday", "weekdays"), " business days"),
}
_IN_DAYS = {"w": 7, "week": 7, "weeks": 7, "month": 30, "months": 30, "year": 365}
_ANY_SPAN = re.compile(r"(\d{1,3}) *([a-z]+(?: days?)?)")
_ANY_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2})?)? *(?:([ap])\.?m\.?)?")

_SPAN = re.compile(r"(\d{1,6}) ?(m|h|d|business days?)")
_INTERVAL = re.compile(r"(\d{1,2}:\d{2}) ?- ?(\d{1,2}:\d{2})")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def span(spot: Spot) -> Span:
    """A duration: `15m`, `2h`, `3d`, `1 business day`."""
    read = span_of(spot.scalar("str") or "")
    if read is None:
        message = f"{spot.label()} must be a duration such as 15m, 2h, 3d or 1 business day"
        raise Mistake("value", message, _span_meant(spot.scalar("str") or ""))
    if read.amount > LONGEST[read.unit]:
        raise Mistake("value", f"{spot.label()} is longer than anyone would wait")
    return read


def span_of(written: str) -> Span | None:
    """What a written duration means; None when it is none."""
    matched = _SPAN.fullmatch(written)
    return Span(amount=int(matched[1]), unit=Unit(matched[2].removesuffix("s"))) if matched else None


def _span_meant(written: str) -> str | None:
    """How we write what somebody wrote in other words; a month is thirty days."""
    matched = _ANY_SPAN.fullmatch(written.strip().lower())
    if matched is None:
        return None
    amount, unit = int(matched[1]), matched[2]
    if unit in _IN_DAYS:
        days = amount * _IN_DAYS[unit]
        return f"{days}d" if days <= LONGEST[Unit.DAYS] else None
    meant = _MEANT.get(unit)
    return f"write {amount}{meant}" if meant == " business days" else f"{amount}{meant}" if meant else None


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
        message = f"{spot.label()} must be a time from 00:00 to 23:59, not {written!r}"
        raise Mistake("value", message, _time_meant(written))
    return time(int(matched[1]), int(matched[2]))


def _time_meant(written: str) -> str | None:
    """How we write a time of day that somebody wrote in another way, such as `2pm` or `9`."""
    matched = _ANY_TIME.fullmatch(written.strip().lower())
    if matched is None:
        return None
    hour, minute, half = int(matched[1]), int(matched[2] or 0), matched[3]
    if half is not None:
        hour = hour % 12 + 12 * (half == "p") if 1 <= hour <= 12 else 24
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else None


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
