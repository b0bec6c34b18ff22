"""Where a person may be: how each word is read, how they weigh against each other, and the tables behind them."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
import zipcodes
from phonenumbers import timezone

from app.adapters.phones import PhoneError, parse_us_phone
from app.adapters.places import AREA_CODES, STATE_ZONES, Whereabouts, locate, read_state, read_zip
from app.domain.windows import STATES, Place

NEW_YORK, CHICAGO, DENVER, PHOENIX = "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix"
LOS_ANGELES, HONOLULU = "America/Los_Angeles", "Pacific/Honolulu"


def found(area: int, **said: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The zones and states of a lead of a Chicago clinic, whose number has this area code."""
    where = locate(f"+1{area}5550142", CHICAGO, "IL", **said)
    return where.zones, where.states


@pytest.mark.parametrize(
    ("area", "said", "zones", "states"),
    [
        (312, {}, (CHICAGO,), ("IL",)),
        (212, {}, (CHICAGO, NEW_YORK), ("IL", "NY")),
        (312, {"zip_code": "60657"}, (CHICAGO,), ("IL",)),
        (312, {"zip_code": "10001"}, (NEW_YORK, CHICAGO), ("NY", "IL")),
        (212, {"zip_code": "10001"}, (NEW_YORK,), ("NY",)),
        (212, {"state": "CA"}, (LOS_ANGELES, NEW_YORK), ("CA", "NY")),
        (310, {"state": "CA"}, (LOS_ANGELES,), ("CA",)),
        (317, {"state": "IN"}, (CHICAGO, NEW_YORK), ("IN",)),
        (317, {"state": "IN", "zip_code": "46204"}, (NEW_YORK,), ("IN",)),
        (317, {"state": "IN", "timezone": "America/Indiana/Indianapolis"}, ("America/Indiana/Indianapolis",), ("IN",)),
        (219, {}, (CHICAGO, NEW_YORK), ("IL", "IN")),
        (219, {"zip_code": "46307"}, (CHICAGO,), ("IN",)),
        (312, {"timezone": HONOLULU}, (HONOLULU, CHICAGO), ("IL",)),
        (808, {"timezone": HONOLULU}, (HONOLULU,), ("IL", "HI")),
        (312, {"zip_code": "10001", "state": "CA"}, (NEW_YORK, LOS_ANGELES, CHICAGO), ("NY", "CA", "IL")),
        (928, {"state": "AZ"}, (DENVER, PHOENIX), ("AZ",)),
        (928, {"zip_code": "86515"}, (DENVER,), ("AZ",)),
        (602, {"zip_code": "85001"}, (PHOENIX,), ("AZ",)),
        (915, {"state": "TX"}, (CHICAGO, DENVER), ("TX",)),
        (787, {"zip_code": "00907"}, ("America/Puerto_Rico",), ("PR",)),
        (312, {"zip_code": "nonsense", "state": "Ontario", "timezone": "Mars/Olympus"}, (CHICAGO,), ("IL",)),
        (312, {"zip_code": "00000"}, (CHICAGO,), ("IL",)),
        (999, {}, (), ()),
        (999, {"zip_code": "60657"}, (CHICAGO,), ("IL",)),
    ],
    ids=[
        "the clinic and the number agree",
        "a silent form: the clinic and the number",
        "form, clinic and number agree",
        "a number from elsewhere binds too",
        "form and number agree: the clinic says nothing",
        "a state with one zone, a number from elsewhere",
        "state and number agree",
        "a state with two zones: both, the number decides nothing",
        "the ZIP knows better than the state",
        "so does the zone, under whatever name",
        "a split area code: all its zones",
        "a split area code that the ZIP decides",
        "a zone alone: the number binds, and states are the clinic's and the number's",
        "a zone that agrees with the number",
        "a form that contradicts itself",
        "Arizona and the Navajo Nation",
        "the Navajo Nation",
        "Arizona",
        "the west of Texas",
        "Puerto Rico",
        "what cannot be read is not there",
        "a ZIP that is none",
        "the clinic alone does not say where a person is",
        "the form alone does",
    ],
)
def test_candidates_by_order_of_trust(
    area: int, said: dict[str, str], zones: tuple[str, ...], states: tuple[str, ...]
) -> None:
    assert found(area, **said) == (zones, states)


def test_it_is_told_who_says_so() -> None:
    assert locate("+13125550142", CHICAGO, "IL", timezone=DENVER, zip_code="80202", state="co") == Whereabouts(
        zones=(DENVER, CHICAGO),
        states=("CO", "IL"),
        located=(
            Place("timezone", DENVER),
            Place("zip", DENVER, "CO"),
            Place("state", DENVER, "CO"),
            Place("number", CHICAGO, "IL"),
        ),
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("IL", "IL"),
        (" il ", "IL"),
        ("Illinois", "IL"),
        ("new  york", "NY"),
        ("D.C.", "DC"),
        ("Washington, DC", "DC"),
        ("Washington D.C.", "DC"),
        ("Washington", "WA"),
        ("Puerto Rico", "PR"),
        ("Ontario", None),
        ("", None),
        (None, None),
    ],
)
def test_a_state_is_read_as_forms_write_it(written: str | None, read: str | None) -> None:
    assert read_state(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("60657", "60657"),
        ("60657-1234", "60657"),
        ("606571234", "60657"),
        (" 60657 1234", "60657"),
        ("2139", "02139"),
        ("606", None),
        ("60657x", None),
        ("SW1A 1AA", None),
        (None, None),
    ],
)
def test_a_zip_code_is_read_as_forms_write_it(written: str | None, read: str | None) -> None:
    assert read_zip(written) == read


# -- the tables --------------------------------------------------------------------------------


@cache
def clock(zone: str) -> tuple[object, ...]:
    """What the wall shows over some years: zones that agree in this are one for us."""
    months = [datetime(year, month, 15, tzinfo=UTC) for year in (2024, 2030) for month in range(1, 13)]
    return tuple(at.astimezone(ZoneInfo(zone)).utcoffset() for at in months)


SLIPS = {"99634": "America/Anchorage", "89883": DENVER}
"""Zones that the package has wrong: a town for a zone, and West Wendover, which keeps Mountain time."""


def test_every_zip_code_in_use_is_where_the_directory_has_it() -> None:
    wrong = []
    for row in zipcodes.list_all():
        said = locate("+19995550142", CHICAGO, "IL", zip_code=row["zip_code"])
        zone = SLIPS.get(row["zip_code"], row["timezone"])
        expected = [(clock(zone), row["state"])] if zone else []
        if [(clock(place.zone or ""), place.state) for place in said.located] != expected:
            wrong.append((row["zip_code"], said.located))
    assert wrong == []


def _zones_by_exchange(area: str, exchanges: range) -> set[tuple[object, ...]]:
    numbers = (phonenumbers.PhoneNumber(country_code=1, national_number=int(f"{area}{n}2368")) for n in exchanges)
    zones = {zone for number in numbers for zone in timezone.time_zones_for_geographical_number(number)}
    return {clock(zone) for zone in zones - {timezone.UNKNOWN_TIMEZONE}}


CORRECTED = {"364", "930", "689", "448", "458", "986", "907"}
"""Overlays with the zones of their partners; 986 likewise; 907 without Honolulu, whose clock no Alaskan keeps."""


def test_every_area_code_has_all_the_zones_that_its_exchanges_have() -> None:
    """The 19 split ones among them: one zone alone would be a guess."""
    wrong = [
        area
        for area, (zones, _) in AREA_CODES.items()
        if area not in CORRECTED and _zones_by_exchange(area, range(200, 1000, 7)) - set(map(clock, zones))
    ]
    split = {area for area, (zones, _) in AREA_CODES.items() if len(zones) > 1}
    several = "208 219 270 308 423 541 574 605 606 620 701 775 785 812 850 906 907 928 986"
    assert wrong == []
    assert split == {*several.split(), "364", "930", "448", "458"}


def test_every_area_code_in_use_is_in_the_table_and_every_state_has_its_zones() -> None:
    in_use = {f"{area}" for area in range(200, 1000) if _in_use(area)}
    assert in_use - AREA_CODES.keys() == set()
    assert {state for _, states in AREA_CODES.values() for state in states} == set(STATES)
    assert set(STATE_ZONES) == set(STATES)


def _in_use(area: int) -> bool:
    for exchange in (236, 258, 633, 773):
        try:
            parse_us_phone(f"+1{area}{exchange}2368")
        except PhoneError:
            continue
        return True
    return False
