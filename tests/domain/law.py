"""The law once more, for tests: written down apart from the table under test, and read by the clock on the wall.

Hours by weekday, Saturday and Sunday (None: closed), whether holidays are closed, and the cap as (texts, hours).
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Hours = tuple[int, int] | None
Rule = tuple[Hours, Hours, Hours, bool, tuple[int, int] | None]

FED: Rule = ((8, 21), (8, 21), (8, 21), False, None)
STRICTEST: Rule = ((10, 17), None, None, True, (1, 8))


def daily(opens: int, closes: int, cap: tuple[int, int] | None = None) -> Rule:
    return ((opens, closes),) * 3 + (False, cap)


BY_STATE: dict[str, Rule] = {
    "AL": ((8, 20), (8, 20), None, True, None),
    "CT": daily(9, 20),
    "FL": daily(8, 20, (3, 24)),
    "IL": FED,
    "IN": daily(9, 20),
    "KY": daily(10, 21),
    "LA": ((8, 20), (8, 20), None, True, None),
    "ME": ((9, 17), None, None, False, (1, 8)),
    "MD": daily(8, 20, (3, 24)),
    "MA": daily(8, 20),
    "MI": daily(9, 21),
    "MN": daily(9, 21),
    "MS": ((8, 20), (8, 20), None, True, None),
    "NV": daily(9, 20),
    "NJ": daily(9, 20),
    "NM": daily(9, 21),
    "OK": ((8, 20), (8, 20), (8, 20), True, (3, 24)),
    "OR": daily(8, 20, (3, 24)),
    "PA": ((9, 19), (9, 19), None, True, None),
    "RI": ((9, 18), (10, 17), None, True, None),
    "SD": ((9, 21), (9, 21), None, False, None),
    "TX": ((9, 21), (9, 21), (12, 21), False, None),
    "UT": ((8, 21), (8, 21), None, True, None),
    "VA": FED,
    "WA": daily(8, 20),
    "WY": daily(8, 20),
}
"""The rows in force on 2026-11-23."""


def rule(state: str, day: date) -> Rule:
    """The rule of a state on a date."""
    if state == "OR" and day < date(2026, 1, 1):
        return FED
    if state == "PA" and day < date(2026, 10, 18):
        return ((8, 21), (8, 21), (8, 21), True, None)
    return BY_STATE.get(state, FED)


def allows(zone: str, state: str, at: datetime) -> bool:
    """Whether the wall clock in a zone shows an hour that the state allows; holidays are not asked."""
    wall = at.astimezone(ZoneInfo(zone))
    weekday, saturday, sunday, _, _ = rule(state, wall.date())
    hours = (weekday, weekday, weekday, weekday, weekday, saturday, sunday)[wall.weekday()]
    return hours is not None and hours[0] <= wall.hour < hours[1]


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    days = [date(year, month, 1) + timedelta(days=k) for k in range(31)]
    found = [day for day in days if day.month == month and day.weekday() == weekday]
    return found[n]


def federal_holidays(year: int) -> set[date]:
    """The holidays of 5 U.S.C. 6103, with their days in lieu, but Columbus Day: not all of these states keep it."""
    fixed = {date(year, month, day) for month, day in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))}
    moving = {_nth(year, 1, 0, 2), _nth(year, 5, 0, -1), _nth(year, 9, 0, 0), _nth(year, 11, 3, 3)}
    in_lieu = {day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0)) for day in fixed}
    return fixed | moving | {_nth(year, 2, 0, 2)} | {day for day in in_lieu if day.year == year}


def clock_changes(year: int) -> tuple[date, date]:
    """The Sundays on which most of the US moves its clocks (15 U.S.C. 260a)."""
    return _nth(year, 3, 6, 1), _nth(year, 11, 6, 0)


ZONES = {
    "America/New_York": ("NY", "FL", "PA", "MA", "CT", "NJ", "MD", "VA", "ME", "RI", "DC"),
    "America/Detroit": ("MI",),
    "America/Indiana/Indianapolis": ("IN",),
    "America/Kentucky/Louisville": ("KY",),
    "America/Chicago": ("IL", "TX", "MN", "OK", "LA", "AL", "MS", "SD", "FL", "KY", "IN"),
    "America/Menominee": ("MI",),
    "America/North_Dakota/Center": ("ND",),
    "America/Denver": ("CO", "NM", "UT", "WY", "SD", "AZ", "TX"),
    "America/Boise": ("ID", "OR"),
    "America/Phoenix": ("AZ",),
    "America/Los_Angeles": ("CA", "OR", "WA", "NV", "ID"),
    "America/Anchorage": ("AK",),
    "America/Adak": ("AK",),
    "Pacific/Honolulu": ("HI",),
    "America/Puerto_Rico": ("PR",),
    "Pacific/Guam": ("GU",),
    "Pacific/Pago_Pago": ("AS",),
}
"""The zones of the US and some states that keep them; `America/Denver` in Arizona is the Navajo Nation."""

FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2035, 12, 31, tzinfo=UTC)
