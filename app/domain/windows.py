"""When the law lets a person be texted: the state rows as dated data, and which of them bind somebody.

How to think of it: a person may be in several places, each a time zone and a state, and a text is lawful only when
every one of them allows it. A `Window` is one zone under one state's row; its hours on a date are those of the row
in force on that date. The rows are `rules/windows.toml`, one table a row: whoever changes the law adds a row there,
with its date. Nothing known means that nothing is assumed: the strictest row, in all zones of the states.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

import holidays

from app.domain.calendar import is_zone
from app.domain.clinic import Interval, Week

FEDERAL, UNKNOWN = "US", "unknown"
"""Two keys of the table that are no state: the row for whoever has no other, and the one for who could be anywhere."""

_STATES = """
AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA
RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI
"""
STATES = frozenset(_STATES.split())
"""The states, the district and the territories, by their two letters."""

US_ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Adak",
    "Pacific/Honolulu",
)
"""The zones of the fifty states; whoever could be anywhere may be texted only when all of them allow it."""

Source = Literal["timezone", "zip", "state", "clinic", "number"]


@dataclass(frozen=True)
class Place:
    """Where a person may be, and what says so: a field of the form, the clinic, or the number's area code."""

    source: Source
    zone: str | None = None
    state: str | None = None


@dataclass(frozen=True)
class Cap:
    """At most so many texts to one phone in any `span` of time."""

    texts: int
    span: timedelta


@dataclass(frozen=True, kw_only=True)
class Row:
    """One rule of law: a state's hours by weekday, from a date on, with where it is written."""

    state: str
    since: date
    week: Week
    citation: str
    until: date | None = None
    closed_on: tuple[str, ...] = ()
    closed_too: tuple[str, ...] = ()
    cap: Cap | None = None
    zone: str | None = None
    note: str = ""
    conflict: str = ""

    @property
    def key(self) -> str:
        """The row's name in evidence: `FL/2000-01-01`."""
        return f"{self.state}/{self.since}"

    def on(self, day: date) -> tuple[Interval, ...]:
        """The hours on a date; none on a holiday of the row's calendars."""
        holiday = any(day in _holidays(calendar, day.year) for calendar in self.closed_on)
        return () if holiday or f"{day:%m-%d}" in self.closed_too else self.week[day.weekday()]


class Window(NamedTuple):
    """One state's law in one time zone: for the calendar, hours like a clinic's, but dated."""

    zone: str
    state: str

    def on(self, day: date) -> tuple[Interval, ...]:
        """The hours on a local date, by the row in force then."""
        return _hours(self.state, day)


@lru_cache(maxsize=4096)
def windows(zones: tuple[str, ...], states: tuple[str, ...]) -> tuple[Window, ...]:
    """Every window that binds a person who may be in any of these zones and states: all must be open at once.

    No zone, or one nobody knows, means every US zone; no state means the strictest row.
    """
    known = zones if zones and all(map(is_zone, zones)) else US_ZONES
    own = [Window(zone, state) for zone in known for state in states or (UNKNOWN,)]
    fixed = [Window(row.zone, row.state) for state in states for row in ROWS.get(state, ()) if row.zone]
    return tuple(dict.fromkeys(own + fixed))


@lru_cache(maxsize=65536)
def in_force(state: str, day: date) -> Row:
    """The row that binds in a state on a date: its own that began last, else the federal one."""
    return binding(ROWS.get(state) or ROWS[FEDERAL if state in STATES else UNKNOWN], day)


def binding(rows: tuple[Row, ...], day: date) -> Row:
    """Of one state's rows, the oldest first, the one in force on a date; the federal one where none is."""
    begun = [row for row in rows if row.since <= day and (row.until is None or day < row.until)]
    return begun[-1] if begun else ROWS[FEDERAL][-1]


@lru_cache(maxsize=4096)
def any_cap(legal: tuple[Window, ...]) -> bool:
    """Whether any of these states ever had a cap, or will."""
    return any(row.cap for window in legal for row in ROWS.get(window.state, ()))


@lru_cache(maxsize=65536)
def _hours(state: str, day: date) -> tuple[Interval, ...]:
    return in_force(state, day).on(day)


@lru_cache(maxsize=1024)
def _holidays(calendar: str, year: int) -> frozenset[date]:
    """The public holidays of `US` or a state in a year, with the days on which they are observed."""
    state = None if calendar == FEDERAL else calendar
    found: Iterable[date] = holidays.country_holidays("US", subdiv=state, years=year)
    return frozenset(found)


# -- the table ---------------------------------------------------------------------------------


def _interval(written: str) -> tuple[Interval, ...]:
    opens, closes = written.split("-")
    return ((time.fromisoformat(opens), time.fromisoformat(closes)),)


def _week(row: dict[str, Any]) -> Week:
    days = [row.pop(days, None) for days in ("mon-fri", "sat", "sun")]
    weekday, saturday, sunday = (() if written is None else _interval(written) for written in days)
    return (weekday,) * 5 + (saturday, sunday)


def _row(row: dict[str, Any]) -> Row:
    closed_on, closed_too = (tuple(row.pop(name, ())) for name in ("closed_on", "closed_too"))
    cap = row.pop("cap", None)
    cap = cap and Cap(cap["texts"], timedelta(hours=cap["hours"]))
    return Row(week=_week(row), closed_on=closed_on, closed_too=closed_too, cap=cap, **row)


def _read() -> Mapping[str, tuple[Row, ...]]:
    table = tomllib.loads((files("app.domain") / "rules" / "windows.toml").read_text())
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(map(_row, table["row"]), key=lambda row: row.since):
        rows[row.state].append(row)
    return {state: tuple(found) for state, found in rows.items()}


ROWS = _read()
"""Every row, past and future ones too, by state, the oldest first."""
