"""The gate's hours and caps against an oracle that knows only the wall clock: every minute asked, none computed.

The oracle has its own copy of the law (`tests/domain/law.py`) and of the clinic's week, and looks at each minute in
turn until one is allowed. So it says both that no text leaves outside what binds, and that none waits longer.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.clinic import Hours, Limits
from app.domain.effects import Purpose
from app.domain.gate import Case, may_send
from app.domain.windows import Place
from tests.domain import law
from tests.domain.builders import CHICAGO
from tests.domain.test_gate import ALWAYS, a_case, ruling

MINUTE = timedelta(minutes=1)
DAYS_WALKED = 5

# -- the oracle --------------------------------------------------------------------------------


def allowed(case: Case, at: datetime) -> bool:
    """Whether a step (or an answer, to which clinic hours and caps do not apply) may leave at a minute."""
    legal = all(law.allows(zone, state, at) for zone in case.zones for state in case.states)
    if case.purpose is not Purpose.STEP or not legal:
        return legal
    return _clinic_open(case.hours, at) and _uncapped(case, at)


def _clinic_open(hours: Hours, at: datetime) -> bool:
    wall = at.astimezone(ZoneInfo(hours.zone))
    if wall.date() in hours.closed:
        return False
    today = hours.half_days.get(wall.date(), hours.week[wall.weekday()])
    return any(opens <= wall.time() < closes for opens, closes in today)


def _uncapped(case: Case, at: datetime) -> bool:
    ago = [at - moment for moment in case.steps_sent]
    caps = [(case.limits.per_day, 24), (case.limits.per_week, 168)]
    for zone in case.zones:
        day = at.astimezone(ZoneInfo(zone)).date()
        caps += [cap for state in case.states if (cap := law.rule(state, day)[4])]
    under = all(sum(one < timedelta(hours=span) for one in ago) < texts for texts, span in caps)
    return under and all(one >= timedelta(minutes=10) for one in ago)


def first_allowed(case: Case, at: datetime) -> datetime | None:
    minutes = (at + n * MINUTE for n in range(DAYS_WALKED * 24 * 60))
    return next((minute for minute in minutes if allowed(case, minute)), None)


# -- random clinics, people and moments --------------------------------------------------------

CLOSE_ON_HOLIDAYS = {state for state, rule in law.BY_STATE.items() if rule[3]}
"""Whose holidays the oracle would have to know; they have a test of their own."""

PLACES = [(zone, state) for zone, states in law.ZONES.items() for state in states if state not in CLOSE_ON_HOLIDAYS]
DAYS = ((time(9), time(12)), (time(13), time(17))), (), ((time(7), time(9, 30)),), ((time(17, 45), time(22)),)


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """A minute of 2024 to 2035; every other one within two days of a change of clocks."""
    year = draw(st.integers(2024, 2035))
    if draw(st.booleans()):
        changes = law.clock_changes(year)
        day = draw(st.sampled_from(changes)) + timedelta(days=draw(st.integers(-2, 1)))
    else:
        day = date(year, 1, 1) + timedelta(days=draw(st.integers(0, 364)))
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + draw(st.integers(0, 1439)) * MINUTE


@st.composite
def cases(draw: st.DrawFn, places: list[tuple[str, str]]) -> tuple[Case, datetime]:
    """A text and the moment at which it is judged."""
    now = draw(moments())
    where = draw(st.lists(st.sampled_from(places), min_size=1, max_size=2))
    near = [now.date() + timedelta(days=n) for n in range(4)]
    hours = Hours(
        zone=draw(st.sampled_from([*law.ZONES])),
        week=draw(st.tuples(*[st.sampled_from(DAYS)] * 7)),
        closed=frozenset(draw(st.lists(st.sampled_from(near), max_size=1))),
        half_days=draw(st.dictionaries(st.sampled_from(near), st.sampled_from(DAYS), max_size=1)),
    )
    sent = draw(st.lists(st.integers(0, 170 * 60), max_size=6))
    case = a_case(
        draw(st.sampled_from([Purpose.STEP, Purpose.STEP, Purpose.ANSWER, Purpose.REPLY])),
        hours=hours,
        zones=tuple(dict.fromkeys(zone for zone, _ in where)),
        states=tuple(dict.fromkeys(state for _, state in where)),
        limits=Limits(per_day=draw(st.integers(1, 4)), per_week=draw(st.integers(2, 6))),
        steps_sent=tuple(now - minutes * MINUTE for minutes in sent),
        expires_at=now + timedelta(days=60),
    )
    return case, now


@settings(max_examples=120, deadline=None)
@given(cases(PLACES))
def test_a_text_leaves_in_the_first_minute_that_everything_allows_and_in_no_other(drawn: tuple[Case, datetime]) -> None:
    """Over clinics, places, caps, closures and changes of clocks; its validity ends before what binds it does."""
    case, now = drawn
    first, verdict = first_allowed(case, now), may_send(case, now)
    if first is None:
        beyond = now + timedelta(days=DAYS_WALKED)
        assert verdict.verdict == "drop" or (verdict.until is not None and verdict.until >= beyond)
    elif first == now:
        assert verdict.verdict == "go"
        assert verdict.validity is not None
        last = now + verdict.validity - MINUTE
        hours_alone = replace(case, steps_sent=())
        assert timedelta(minutes=1) <= verdict.validity <= timedelta(hours=1)
        assert all(allowed(hours_alone, now + n * MINUTE) for n in range((last - now) // MINUTE + 1))
    else:
        assert (verdict.verdict, verdict.until) == ("wait", first)
        assert may_send(case, first).verdict == "go"


@settings(max_examples=60, deadline=None)
@given(cases([(zone, state) for zone, states in law.ZONES.items() for state in states if state in CLOSE_ON_HOLIDAYS]))
def test_no_text_leaves_for_a_state_that_closes_on_holidays_outside_its_hours(drawn: tuple[Case, datetime]) -> None:
    """Whatever its own calendar says besides, federal holidays are closed, and so is every hour outside the row."""
    case, now = drawn
    verdict = may_send(case, now)
    leaves = now if verdict.verdict == "go" else verdict.until
    if leaves is not None:
        days = {leaves.astimezone(ZoneInfo(zone)).date() for zone in case.zones}
        assert allowed(case, leaves)
        assert not any(day in law.federal_holidays(day.year) for day in days)


@pytest.mark.parametrize("zone", sorted(law.ZONES))
@pytest.mark.parametrize("state", ["IL", "TX", "KY"])
def test_on_every_change_of_clocks_a_window_opens_once_and_closes_once(zone: str, state: str) -> None:
    """At the row's hours on the wall, in every zone of the US, also where clocks never change."""
    for year in range(2024, 2036):
        for day in law.clock_changes(year):
            opens, closes = (
                datetime(day.year, day.month, day.day, h, tzinfo=ZoneInfo(zone)) for h in law.rule(state, day)[2]
            )  # type: ignore[union-attr]
            case = a_case(Purpose.REPLY, zones=(zone,), states=(state,), expires_at=closes + timedelta(days=9))
            opens, closes = opens.astimezone(UTC), closes.astimezone(UTC)
            assert may_send(case, opens - MINUTE).until == opens
            assert may_send(case, opens).verdict == may_send(case, closes - MINUTE).verdict == "go"
            assert may_send(case, closes - 59 * timedelta(seconds=1)).verdict == "wait"
            assert may_send(case, closes).verdict == "wait"
            assert may_send(case, closes - MINUTE).validity == MINUTE


# -- the rows at the gate, by example ----------------------------------------------------------


def local(zone: str, *moment: int) -> datetime:
    return datetime(*moment, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[misc,arg-type]


def later(**changes: Any) -> Case:
    """A text that is still fresh at the end of the year."""
    return a_case(**{"expires_at": datetime(2026, 12, 31, tzinfo=UTC), **changes})


NEW_YORK = "America/New_York"
FRIDAY_NIGHT = local(CHICAGO, 2026, 11, 27, 22)


@pytest.mark.parametrize(
    ("zone", "state", "opens"),
    [
        (CHICAGO, "IL", local(CHICAGO, 2026, 11, 28, 8)),
        (CHICAGO, "MN", local(CHICAGO, 2026, 11, 28, 9)),
        ("America/Kentucky/Louisville", "KY", local(NEW_YORK, 2026, 11, 28, 10)),
        (NEW_YORK, "RI", local(NEW_YORK, 2026, 11, 28, 10)),
        (NEW_YORK, "ME", local(NEW_YORK, 2026, 11, 30, 9)),
        (CHICAGO, "", local(CHICAGO, 2026, 11, 30, 10)),
    ],
    ids=["Illinois", "Minnesota", "Kentucky", "Rhode Island", "Maine: no weekends", "nobody knows which state"],
)
def test_after_a_friday_night_each_state_opens_at_its_hour(zone: str, state: str, opens: datetime) -> None:
    states = (state,) if state else ()
    verdict = may_send(later(hours=ALWAYS, zones=(zone,), states=states), FRIDAY_NIGHT)
    assert (verdict.verdict, verdict.until) == ("wait", opens)


def test_a_saturday_night_in_texas_waits_for_sunday_noon_and_in_alabama_for_monday() -> None:
    night = local(CHICAGO, 2026, 11, 28, 21)
    until = [may_send(later(hours=ALWAYS, states=(state,)), night).until for state in ("TX", "AL")]
    assert until == [local(CHICAGO, 2026, 11, 29, 12), local(CHICAGO, 2026, 11, 30, 8)]


def test_a_holiday_is_passed_over_where_the_row_says_so() -> None:
    """Christmas of 2026 is a Friday; Pennsylvania opens again on Saturday, Maryland does not close."""
    eve = local(NEW_YORK, 2026, 12, 24, 21)
    until = [may_send(later(hours=ALWAYS, zones=(NEW_YORK,), states=(s,)), eve).until for s in ("PA", "MD")]
    assert until == [local(NEW_YORK, 2026, 12, 26, 9), local(NEW_YORK, 2026, 12, 25, 8)]


def test_a_law_that_changes_overnight_binds_from_its_first_minute() -> None:
    """Saturday evening, 17 October 2026, in Pennsylvania: until nine by the old row; Sunday is closed by the new."""
    evening, later = local(NEW_YORK, 2026, 10, 17, 20), local(NEW_YORK, 2026, 10, 17, 21)
    case = a_case(hours=ALWAYS, zones=(NEW_YORK,), states=("PA",), expires_at=later + timedelta(days=7))
    assert (may_send(case, evening).verdict, may_send(case, later).until) == ("go", local(NEW_YORK, 2026, 10, 19, 9))


def test_a_number_from_elsewhere_binds_beside_the_form() -> None:
    """A Californian form with a New York number: neither before eight there nor after nine here."""
    case = a_case(Purpose.ANSWER, zones=("America/Los_Angeles", NEW_YORK), states=("CA", "NY"))
    moments_asked = [local("America/Los_Angeles", 2026, 11, 17, hour) for hour in (7, 8, 17, 18)]
    assert [may_send(case, at).verdict for at in moments_asked] == ["wait", "go", "go", "wait"]


def test_the_evidence_names_each_place_its_clock_its_row_and_when_it_opens() -> None:
    at = local(NEW_YORK, 2026, 11, 29, 11, 30)
    case = later(
        purpose=Purpose.ANSWER,
        zones=(NEW_YORK,),
        states=("TX",),
        located=(Place("timezone", NEW_YORK), Place("number", NEW_YORK, "TX")),
    )
    opens = "2026-11-29T17:00:00Z"
    assert ruling(may_send(case, at), "recipient_window").evidence == {
        "places": [
            {
                "zone": NEW_YORK,
                "zone_by": ["timezone", "number"],
                "state": "TX",
                "state_by": ["number"],
                "local_time": "2026-11-29T11:30-05:00",
                "hours": ["12:00-21:00"],
                "row": "TX/2000-01-01",
                "since": "2000-01-01",
                "citation": "Tex. B&C Code 301.051, 302",
                "opens": opens,
            }
        ],
        "opens": opens,
    }


# -- caps --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "hours_ago", "until"),
    [
        ("FL", (3, 2, 1), timedelta(hours=22)),
        ("FL", (25, 2, 1), None),
        ("IL", (3, 2, 1), None),
        ("ME", (1,), timedelta(hours=23)),
        ("ME", (8,), None),
    ],
    ids=["three in Florida", "one of them a day ago", "no cap in Illinois", "one in Maine", "eight hours ago in Maine"],
)
def test_a_states_cap_binds_steps_however_many_the_clinic_allows(
    state: str, hours_ago: tuple[int, ...], until: timedelta | None
) -> None:
    """The cap ends at seven in Florida, before its day begins, and at five in Maine, when its day is over."""
    now = local(NEW_YORK, 2026, 11, 17, 10)
    sent = tuple(now - timedelta(hours=hours) for hours in hours_ago)
    generous = Limits(per_day=9, per_week=20)
    case = a_case(hours=ALWAYS, zones=(NEW_YORK,), states=(state,), limits=generous, steps_sent=sent)
    verdict = may_send(case, now)
    assert (verdict.verdict, verdict.until) == (("wait", now + until) if until else ("go", None))
    answer = may_send(replace(case, purpose=Purpose.ANSWER), now)
    assert (answer.verdict, ruling(answer, "caps").evidence) == ("go", {"apply": False})


def test_the_caps_evidence_names_the_states_row_and_its_count() -> None:
    now = local(NEW_YORK, 2026, 11, 17, 10)
    sent = tuple(now - timedelta(hours=hours) for hours in (30, 3))
    case = a_case(zones=(NEW_YORK,), states=("FL", "MD"), steps_sent=sent)
    rule: dict[str, Any] = ruling(may_send(case, now), "caps").evidence
    assert rule["by_law"] == [
        {"row": "FL/2000-01-01", "texts": 3, "hours": 24, "sent": 1},
        {"row": "MD/2000-01-01", "texts": 3, "hours": 24, "sent": 1},
    ]
