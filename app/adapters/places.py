"""Where a person may be: the form's zone, ZIP and state, the clinic and the number, weighed against each other.

In this order each is trusted less than the one before. What the form says comes first; a less trusted word that
agrees with it adds nothing, one that contradicts it binds as well, for nobody can tell which is true. So a number from
elsewhere is one more place in which a text must be lawful. Where the form is silent, the person may be where the clinic
is or where the number is from, and both bind. What cannot be read is as if it were not there.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from itertools import product
from zoneinfo import ZoneInfo

from app.domain.calendar import is_zone
from app.domain.windows import STATES, Place, Source

_NAMES = """
Alabama AL, Alaska AK, American Samoa AS, Arizona AZ, Arkansas AR, California CA, Colorado CO, Connecticut CT,
Delaware DE, District of Columbia DC, Washington DC DC, Florida FL, Georgia GA, Guam GU, Hawaii HI, Idaho ID,
Illinois IL, Indiana IN, Iowa IA, Kansas KS, Kentucky KY, Louisiana LA, Maine ME, Maryland MD, Massachusetts MA,
Michigan MI, Minnesota MN, Mississippi MS, Missouri MO, Montana MT, Nebraska NE, Nevada NV, New Hampshire NH,
New Jersey NJ, New Mexico NM, New York NY, North Carolina NC, North Dakota ND, Northern Mariana Islands MP, Ohio OH,
Oklahoma OK, Oregon OR, Pennsylvania PA, Puerto Rico PR, Rhode Island RI, South Carolina SC, South Dakota SD,
Tennessee TN, Texas TX, Utah UT, Vermont VT, Virgin Islands VI, US Virgin Islands VI, Virginia VA, Washington WA,
Washington State WA, West Virginia WV, Wisconsin WI, Wyoming WY
"""
STATE_NAMES = {name.casefold(): state for name, _, state in (row.strip().rpartition(" ") for row in _NAMES.split(","))}
"""The states' full names, in small letters, by which forms call them."""

_ZIP = re.compile(r"(\d{4,5})(?:[- ]?\d{4})?")


@dataclass(frozen=True, kw_only=True)
class Whereabouts:
    """All zones and states in which a person may be, and what says so. Empty means that nobody knows."""

    zones: tuple[str, ...]
    states: tuple[str, ...]
    located: tuple[Place, ...]


@dataclass(frozen=True)
class _Word:
    """What one source says: every zone and every state that it leaves possible."""

    source: Source
    zones: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


def locate(
    phone: str,
    clinic_zone: str,
    clinic_state: str,
    timezone: str | None = None,
    zip_code: str | None = None,
    state: str | None = None,
) -> Whereabouts:
    """Where the person behind a number in E.164 may be, by what the form said and where the clinic (location) is."""
    return _locate(phone[2:5], clinic_zone, clinic_state, timezone, zip_code, state)


# Remembered: most leads of a clinic are alike in all of these, and every lead asks on its way in.
@lru_cache(maxsize=8192)
def _locate(
    area: str, clinic_zone: str, clinic_state: str, timezone: str | None, zip_code: str | None, state: str | None
) -> Whereabouts:
    form = (_by_timezone(timezone), _by_zip(zip_code), _by_state(state))
    clinic, number = _Word("clinic", (clinic_zone,), (clinic_state,)), _by_area(area)
    zones = _weigh([(word.source, word.zones) for word in form], clinic.zones, number.zones)
    states = _weigh([(word.source, word.states) for word in form], clinic.states, number.states)
    return Whereabouts(
        zones=tuple(dict.fromkeys(zone for found in zones.values() for zone in found)),
        states=tuple(dict.fromkeys(state for found in states.values() for state in found)),
        located=tuple(_places(zones, states)),
    )


def _places(zones: Mapping[Source, list[str]], states: Mapping[Source, list[str]]) -> Iterable[Place]:
    for source in ORDER:
        if source in zones or source in states:
            nothing: list[str | None] = [None]
            pairs = product(zones.get(source) or nothing, states.get(source) or nothing)
            yield from (Place(source, zone, state) for zone, state in pairs)


ORDER: tuple[Source, ...] = ("timezone", "zip", "state", "clinic", "number")
"""From the most trusted to the least."""

Said = tuple[Source, tuple[str, ...]]


def _weigh(form: list[Said], clinic: tuple[str, ...], number: tuple[str, ...]) -> dict[Source, list[str]]:
    """Which zones (or states) bind, by who says so."""
    bound: dict[Source, list[str]] = {}
    for source, values in form:
        _bind(bound, source, values)
    if bound:
        _bind(bound, "number", number)
        return bound
    if not number:
        return {}  # The clinic alone says nothing about where a person is.
    return {"clinic": list(clinic), "number": list(number)}


def _bind(bound: dict[Source, list[str]], source: Source, values: tuple[str, ...]) -> None:
    """Add what a source says: where it agrees with what is bound only that much of it, else all of it."""
    known = {_clock(value): value for found in bound.values() for value in found}
    agreed = [known[_clock(value)] for value in values if _clock(value) in known]
    if values:
        bound[source] = list(dict.fromkeys(agreed or values))


@lru_cache(maxsize=1024)
def _clock(value: str) -> object:
    """What tells two values apart: of zones the clock on the wall, not the name; of states the state."""
    if "/" not in value:
        return value
    zone = ZoneInfo(value)
    return tuple(datetime(2026, month, 15, tzinfo=UTC).astimezone(zone).utcoffset() for month in range(1, 13))


# -- what each source says ---------------------------------------------------------------------


def _by_timezone(written: str | None) -> _Word:
    return _Word("timezone", (written,) if written and is_zone(written) else ())


def _by_zip(written: str | None) -> _Word:
    zip_code = read_zip(written)
    row = ZIP_CODES[bisect_right(ZIP_CODES, (zip_code, "~", "~")) - 1] if zip_code else ("", "-", "-")
    return _Word("zip") if row[1] == "-" else _Word("zip", (row[2],), (row[1],))


def _by_state(written: str | None) -> _Word:
    state = read_state(written)
    return _Word("state", STATE_ZONES[state], (state,)) if state else _Word("state")


def _by_area(area: str) -> _Word:
    zones, states = AREA_CODES.get(area, ((), ()))
    return _Word("number", zones, states)


def read_zip(written: str | None) -> str | None:
    """The five digits of a ZIP code as forms write it (`60657-1234`; `2139` has lost a zero); None when it is none."""
    matched = _ZIP.fullmatch((written or "").strip())
    return matched[1].zfill(5) if matched else None


def read_state(written: str | None) -> str | None:
    """The two letters of a state as forms write it (`il`, `Illinois`, `D.C.`); None when it is none."""
    plain = " ".join((written or "").replace(".", "").replace(",", " ").split())
    return plain.upper() if plain.upper() in STATES else STATE_NAMES.get(plain.casefold())


# -- the tables --------------------------------------------------------------------------------


def _lines(name: str) -> list[list[str]]:
    text = (files("app.adapters") / name).read_text()
    return [line.split() for line in text.splitlines() if not line.startswith("#")]


ZIP_CODES = tuple((first, state, zone) for first, state, zone in _lines("zip_codes.txt"))
"""From which ZIP code on, which state, which zone."""

AREA_CODES = {
    code: (tuple(zones.split(",")), tuple(states.split(","))) for code, states, zones in _lines("area_codes.txt")
}
"""The zones and states of each area code."""


def _state_zones() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for _, state, zone in ZIP_CODES:
        if state in STATES:
            found[state].append(zone)
    for zones, states in AREA_CODES.values():
        for state in states:
            found[state] += zones
    return {state: tuple(sorted(set(zones))) for state, zones in found.items()}


STATE_ZONES = _state_zones()
"""Every zone that some part of a state keeps."""
