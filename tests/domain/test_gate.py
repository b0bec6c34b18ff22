"""The gate: each rule's go, wait and drop with its evidence, and the first allowed minute by the clock on the wall."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.clinic import Hours, Limits
from app.domain.contact import Stage
from app.domain.effects import Purpose
from app.domain.gate import RULES, Case, Ruling, Verdict, first_minute, may_send
from app.domain.windows import Place
from tests.domain.builders import CHICAGO, HOURS, NOW, OPEN

MINUTE = timedelta(minutes=1)
ANY_HOUR = (Purpose.STOP_CONFIRMATION, Purpose.SAFETY, Purpose.HELP)
DIRECT = (Purpose.ANSWER, Purpose.REPLY)


def a_case(purpose: Purpose = Purpose.STEP, **changes: Any) -> Case:
    """A text that nothing forbids at `NOW`, a Tuesday at 10:00 in Chicago."""
    given: dict[str, Any] = {
        "purpose": purpose,
        "expires_at": NOW + timedelta(days=7),
        "stage": Stage.TEXTING,
        "test": False,
        "test_allowed": False,
        "suppressed_by": None,
        "consent_id": "consent_1",
        "consent_standing": True,
        "unread": False,
        "sending_all": True,
        "sending_clinic": True,
        "sender_held": None,
        "hours": HOURS,
        "zones": (CHICAGO,),
        "states": ("IL",),
        "located": (Place("zip", CHICAGO, "IL"), Place("number", CHICAGO, "IL")),
        "limits": Limits(per_day=2, per_week=4),
        "steps_sent": (),
    }
    return Case(**{**given, **changes})


def chicago(day: int, hour: int, minute: int = 0, month: int = 11, second: int = 0) -> datetime:
    """A local moment in Chicago in 2026, as UTC."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=ZoneInfo(CHICAGO)).astimezone(UTC)


def ruling(verdict: Verdict, rule: str) -> Ruling:
    (found,) = [one for one in verdict.rules if one.rule == rule]
    return found


NAMES = [
    "test_lead",
    "suppression",
    "consent",
    "stage",
    "expiry",
    "sending",
    "unread_events",
    "sender",
    "clinic_hours",
    "recipient_window",
    "caps",
    "capacity",
]


def test_a_text_that_nothing_forbids_leaves_with_every_rule_on_record() -> None:
    """All rules are asked, in their order: what forbids for good before what delays."""
    verdict = may_send(a_case(), NOW)
    assert (verdict.verdict, verdict.rule, verdict.until, verdict.validity) == ("go", None, None, timedelta(hours=1))
    assert [(one.rule, one.verdict) for one in verdict.rules] == [(name, "go") for name in NAMES]
    assert len(RULES) == len(NAMES)


IN_ILLINOIS = {
    "zone": CHICAGO,
    "zone_by": ["zip", "number"],
    "state": "IL",
    "state_by": ["zip", "number"],
    "local_time": "2026-11-17T10:00-06:00",
    "hours": ["08:00-21:00"],
    "row": "IL/2000-01-01",
    "since": "2000-01-01",
    "citation": "47 CFR 64.1200(c)(1); 815 ILCS 305",
    "opens": None,
}


def test_the_decision_that_is_stored_shows_every_rule_and_its_evidence() -> None:
    assert may_send(a_case(), NOW).as_json() == {
        "verdict": "go",
        "at": "2026-11-17T16:00:00Z",
        "validity_seconds": 3600,
        "rules": [
            {"rule": "test_lead", "verdict": "go", "evidence": {"test": False}},
            {"rule": "suppression", "verdict": "go", "evidence": {"suppressed_by": None}},
            {"rule": "consent", "verdict": "go", "evidence": {"consent_id": "consent_1", "standing": True}},
            {"rule": "stage", "verdict": "go", "evidence": {"stage": "texting"}},
            {"rule": "expiry", "verdict": "go", "evidence": {"expires_at": "2026-11-24T16:00:00Z"}},
            {"rule": "sending", "verdict": "go", "evidence": {"all": True, "clinic": True}},
            {"rule": "unread_events", "verdict": "go", "evidence": {"unread": False}},
            {"rule": "sender", "verdict": "go", "evidence": {"held_for_code": None}},
            {
                "rule": "clinic_hours",
                "verdict": "go",
                "evidence": {
                    "zone": CHICAGO,
                    "local_time": "2026-11-17T10:00-06:00",
                    "hours": ["09:00-12:00", "13:00-17:00"],
                },
            },
            {"rule": "recipient_window", "verdict": "go", "evidence": {"places": [IN_ILLINOIS]}},
            {
                "rule": "caps",
                "verdict": "go",
                "evidence": {"last_24h": 0, "per_day": 2, "last_168h": 0, "per_week": 4},
            },
            {"rule": "capacity", "verdict": "go", "evidence": {"apply": False}},
        ],
    }


DROPS = [
    ("test_lead", {"test": True}, {"test": True, "phone_allowed": False}),
    ("suppression", {"suppressed_by": "stop"}, {"suppressed_by": "stop"}),
    ("consent", {"consent_standing": False}, {"consent_id": "consent_1", "standing": False}),
    ("stage", {"stage": Stage.PAUSED}, {"stage": "paused"}),
    ("stage", {"stage": None}, {"stage": None}),
    ("expiry", {"expires_at": NOW}, {"expires_at": "2026-11-17T16:00:00Z"}),
    ("expiry", {"expires_at": NOW + timedelta(seconds=59)}, {"expires_at": "2026-11-17T16:00:59Z"}),
]


@pytest.mark.parametrize(("rule", "changes", "evidence"), DROPS)
def test_what_forbids_for_good_drops_the_text_with_its_evidence(rule: str, changes: Any, evidence: Any) -> None:
    verdict = may_send(a_case(**changes), NOW)
    assert (verdict.verdict, verdict.rule, verdict.until, verdict.validity) == ("drop", rule, None, None)
    assert verdict.rules[-1] == Ruling(rule=rule, verdict="drop", evidence=evidence)
    assert [one.rule for one in verdict.rules] == NAMES[: NAMES.index(rule) + 1]


def test_the_first_drop_in_order_is_the_one_that_is_named() -> None:
    """Everything is wrong at once; taking the reasons away one by one shows the order."""
    changes: dict[str, Any] = {}
    for _, wrong, _ in DROPS:
        changes = {**wrong, **changes}
    named = []
    for rule, wrong, _ in DROPS[:4] + DROPS[5:6]:
        named.append(may_send(a_case(sending_all=False, **changes), NOW).rule)
        changes = {name: value for name, value in changes.items() if name not in wrong}
        assert rule == named[-1]
    assert may_send(a_case(sending_all=False, **changes), NOW).verdict == "wait"


def test_a_test_lead_is_texted_on_a_staff_phone() -> None:
    verdict = may_send(a_case(test=True, test_allowed=True), NOW)
    assert (verdict.verdict, ruling(verdict, "test_lead").evidence) == ("go", {"test": True, "phone_allowed": True})


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_closed_phone_hears_nothing_but_the_confirmation_of_its_stop(purpose: Purpose) -> None:
    verdict = may_send(a_case(purpose, suppressed_by="stop", consent_standing=False), NOW)
    answers_it = purpose in (Purpose.STOP_CONFIRMATION, Purpose.SAFETY)
    assert verdict.verdict == ("go" if answers_it else "drop")


def test_the_safety_text_passes_only_the_stop_it_stands_beside() -> None:
    verdict = may_send(a_case(Purpose.SAFETY, suppressed_by="staff", consent_standing=False), NOW)
    assert (verdict.verdict, verdict.rule) == ("drop", "suppression")


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("stage", [None, *Stage])
def test_only_steps_need_a_lead_that_is_being_texted(purpose: Purpose, stage: Stage | None) -> None:
    """A coordinator's answer, a link, a safety text may go to whoever wrote, wherever the lead stands."""
    verdict = may_send(a_case(purpose, stage=stage), NOW)
    texted = stage in (Stage.TEXTING, Stage.NURTURE)
    assert verdict.verdict == ("go" if purpose is not Purpose.STEP or texted else "drop")


@pytest.mark.parametrize(
    ("rule", "changes", "evidence"),
    [
        ("sending", {"sending_all": False}, {"all": False, "clinic": True}),
        ("sending", {"sending_clinic": False}, {"all": True, "clinic": False}),
        ("unread_events", {"unread": True}, {"unread": True}),
        ("sender", {"sender_held": "30034"}, {"held_for_code": "30034"}),
    ],
)
@pytest.mark.parametrize("purpose", list(Purpose))
def test_what_ends_by_somebodys_act_waits_without_a_time(
    rule: str, changes: Any, evidence: Any, purpose: Purpose
) -> None:
    """The switch, an unread reply and a held sender stop every purpose, the any-hour ones too."""
    verdict = may_send(a_case(purpose, **changes), NOW)
    assert (verdict.verdict, verdict.rule, verdict.until) == ("wait", rule, None)
    assert ruling(verdict, rule) == Ruling(rule=rule, verdict="wait", evidence=evidence)


def test_a_wait_without_a_time_comes_before_one_with_a_time() -> None:
    verdict = may_send(a_case(sending_all=False), chicago(17, 3))
    assert (verdict.verdict, verdict.rule, verdict.until) == ("wait", "sending", None)
    assert [one.rule for one in verdict.rules if one.verdict == "wait"] == [
        "sending",
        "clinic_hours",
        "recipient_window",
    ]


# -- hours -------------------------------------------------------------------------------------

THANKSGIVING = replace(HOURS, closed=frozenset({date(2026, 11, 26), date(2026, 11, 27)}))
ALWAYS = Hours(zone=CHICAGO, week=(((time(0), time.max),),) * 7)
NEW_YORK = ("America/New_York",)


@pytest.mark.parametrize(
    ("at", "until", "changes"),
    [
        (chicago(17, 6), chicago(17, 9), {}),
        (chicago(17, 12), chicago(17, 13), {}),
        (chicago(17, 11, 59, second=1), chicago(17, 13), {}),
        (chicago(17, 17), chicago(18, 9), {}),
        (chicago(20, 17), chicago(23, 9), {}),
        (chicago(25, 17), chicago(30, 9), {"hours": THANKSGIVING}),
        (chicago(17, 21), chicago(18, 8), {"hours": ALWAYS}),
        (chicago(17, 20, 59, second=30), chicago(18, 8), {"hours": ALWAYS}),
        (chicago(17, 20), chicago(18, 7), {"hours": ALWAYS, "zones": NEW_YORK}),
        (chicago(17, 20), chicago(18, 8), {"hours": ALWAYS, "zones": (CHICAGO, *NEW_YORK)}),
        (chicago(17, 7), chicago(17, 12), {"hours": ALWAYS, "zones": ()}),
        (chicago(7, 21, month=3), datetime(2026, 3, 8, 13, tzinfo=UTC), {"hours": ALWAYS}),
        (chicago(31, 21, month=10), datetime(2026, 11, 1, 14, tzinfo=UTC), {"hours": ALWAYS}),
    ],
    ids=[
        "before opening",
        "lunch begins",
        "less than a minute before lunch",
        "the close",
        "Friday's close",
        "over closures and a weekend",
        "21:00",
        "less than a minute before 21:00",
        "21:00 in New York",
        "in one of two zones it is late, in the other early",
        "anywhere: Honolulu and Adak must be awake",
        "over the change to summer time",
        "over the change to standard time",
    ],
)
def test_a_step_waits_for_the_clinic_and_the_persons_day(at: datetime, until: datetime, changes: Any) -> None:
    verdict = may_send(a_case(expires_at=at + timedelta(days=30), **changes), at)
    assert (verdict.verdict, verdict.until) == ("wait", until)
    assert may_send(a_case(expires_at=at + timedelta(days=30), **changes), until).verdict == "go"


def test_clinic_hours_are_the_clinics_own_even_before_eight() -> None:
    """At 7:30 in Chicago a clinic that opens at seven may text New York, where it is half past eight."""
    early = Hours(zone=CHICAGO, week=(((time(7), time(9)),),) * 7)
    verdict = may_send(a_case(hours=early, zones=NEW_YORK), chicago(17, 7, 30))
    assert verdict.verdict == "go"


@pytest.mark.parametrize("purpose", DIRECT)
def test_direct_answers_keep_to_the_legal_window_and_not_to_clinic_hours(purpose: Purpose) -> None:
    evening, night = chicago(17, 20), chicago(17, 21)
    sent = (evening, evening, evening, evening, night)
    case = a_case(purpose, steps_sent=sent)
    assert (may_send(case, evening).verdict, may_send(case, night).until) == ("go", chicago(18, 8))
    for rule in ("clinic_hours", "caps"):
        assert ruling(may_send(case, evening), rule) == Ruling(rule=rule, verdict="go", evidence={"apply": False})


@pytest.mark.parametrize("purpose", ANY_HOUR)
def test_stop_confirmation_and_safety_go_at_any_hour_while_they_are_fresh(purpose: Purpose) -> None:
    night = chicago(17, 3)
    assert may_send(a_case(purpose), night).verdict == "go"
    assert may_send(a_case(purpose, expires_at=night + timedelta(seconds=1)), night).verdict == "go"
    assert may_send(a_case(purpose, expires_at=night), night).rule == "expiry"


def test_hours_that_never_come_drop_the_text_instead_of_failing() -> None:
    """A clinic that is closed for good, and one whose mornings are Hawaii's night."""
    shut = Hours(zone=CHICAGO, week=((),) * 7)
    mornings = Hours(zone=CHICAGO, week=(((time(9), time(11)),),) * 7)
    closed = may_send(a_case(hours=shut), NOW)
    apart = may_send(a_case(hours=mornings, zones=("Pacific/Honolulu",)), NOW)
    assert (closed.verdict, closed.rule, apart.verdict, apart.rule) == (
        "drop",
        "clinic_hours",
        "drop",
        "recipient_window",
    )
    assert apart.rules[-1].evidence == {"ever_within_clinic_hours": False}


# -- caps --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "until"),
    [
        ([timedelta(hours=24), timedelta(hours=23)], None),
        ([timedelta(hours=23, minutes=59), timedelta(hours=20)], NOW + timedelta(minutes=1)),
        ([timedelta(hours=20), timedelta(hours=2)], NOW + timedelta(hours=4)),
        ([timedelta(minutes=9)], NOW + timedelta(minutes=1)),
        ([timedelta(minutes=10)], None),
        ([timedelta(days=7), timedelta(days=6), timedelta(days=5), timedelta(days=4)], None),
        (
            [timedelta(days=6, hours=23), timedelta(days=6), timedelta(days=5), timedelta(days=4)],
            NOW + timedelta(hours=1),
        ),
        ([timedelta(days=5), timedelta(days=4), timedelta(days=3), timedelta(hours=2)], chicago(19, 10)),
    ],
    ids=[
        "the first of two is 24 h ago",
        "not quite",
        "two within the day",
        "nine minutes after the last",
        "ten minutes after the last",
        "the first of four is 168 h ago",
        "not quite a week",
        "four within the week",
    ],
)
def test_caps_are_rolling_and_steps_keep_ten_minutes_apart(sent: list[timedelta], until: datetime | None) -> None:
    verdict = may_send(a_case(hours=ALWAYS, steps_sent=tuple(NOW - ago for ago in sent)), NOW)
    assert (verdict.verdict, verdict.until) == (("go", None) if until is None else ("wait", until))
    assert verdict.rule == (None if until is None else "caps")


def test_the_caps_evidence_counts_the_day_and_the_week() -> None:
    sent = tuple(NOW - timedelta(hours=ago) for ago in (160, 30, 20, 2))
    rule = ruling(may_send(a_case(steps_sent=sent), NOW), "caps")
    evidence = {"last_24h": 2, "per_day": 2, "last_168h": 4, "per_week": 4, "opens": "2026-11-18T00:00:00Z"}
    assert rule == Ruling(rule="caps", verdict="wait", evidence=evidence, until=NOW + timedelta(hours=8))


# -- expiry and validity -----------------------------------------------------------------------


def test_a_wait_that_would_end_too_late_is_an_expiry_now() -> None:
    """Lunch ends at 13:00; a text that is stale by then, or a minute's validity later, is dropped at once."""
    lunch, opens = chicago(17, 12), chicago(17, 13)
    for expires, verdict in ((opens, "drop"), (opens + timedelta(seconds=59), "drop"), (opens + MINUTE, "wait")):
        judged = may_send(a_case(expires_at=expires), lunch)
        assert judged.verdict == verdict
    stale = may_send(a_case(expires_at=opens), lunch)
    last = Ruling(rule="expiry", verdict="drop", evidence={"first_allowed": "2026-11-17T19:00:00Z"})
    assert (stale.rule, stale.rules[-1]) == ("expiry", last)


@pytest.mark.parametrize(
    ("purpose", "at", "lives", "validity"),
    [
        (Purpose.STEP, chicago(17, 10), timedelta(days=2), timedelta(hours=1)),
        (Purpose.STEP, chicago(17, 11, 30), timedelta(days=2), timedelta(minutes=30)),
        (Purpose.STEP, chicago(17, 11, 59), timedelta(days=2), MINUTE),
        (Purpose.STEP, chicago(17, 10), timedelta(minutes=20), timedelta(minutes=20)),
        (Purpose.ANSWER, chicago(17, 11, 59), timedelta(hours=1), timedelta(hours=1)),
        (Purpose.ANSWER, chicago(17, 20, 50), timedelta(hours=1), timedelta(minutes=10)),
        (Purpose.REPLY, chicago(17, 19, 30), timedelta(minutes=5), timedelta(minutes=5)),
        (Purpose.SAFETY, chicago(17, 3), timedelta(minutes=15), timedelta(minutes=15)),
    ],
)
def test_validity_is_the_rest_of_window_or_life_and_an_hour_at_most(
    purpose: Purpose, at: datetime, lives: timedelta, validity: timedelta
) -> None:
    verdict = may_send(a_case(purpose, expires_at=at + lives), at)
    assert (verdict.verdict, verdict.validity) == ("go", validity)


# -- the first allowed minute, against every minute on the wall ---------------------------------

DAYS = (OPEN, (), ((time(7), time(9, 30)),), ((time(18), time(22)),))
weeks = st.tuples(*[st.sampled_from(DAYS)] * 7).filter(lambda week: sum(map(bool, week)) >= 5)
places = st.sampled_from([CHICAGO, "America/New_York", "America/Los_Angeles", "America/Phoenix"])
moments = st.integers(0, 3 * 24 * 60).map(lambda minutes: datetime(2026, 10, 30, tzinfo=UTC) + minutes * MINUTE)


def allowed(case: Case, at: datetime) -> bool:
    """The same question asked plainly: local clocks, counted texts, and nothing of the gate's own."""
    return _open(case, at) and _awake(case, at) and _uncapped(case, at)


def _open(case: Case, at: datetime) -> bool:
    if case.purpose is not Purpose.STEP:
        return True
    now, end = (moment.astimezone(ZoneInfo(case.hours.zone)) for moment in (at, at + MINUTE))
    return any(opens <= now.time() < end.time() <= closes for opens, closes in case.hours.week[now.weekday()])


def _awake(case: Case, at: datetime) -> bool:
    clocks = [(at.astimezone(ZoneInfo(zone)), (at + MINUTE).astimezone(ZoneInfo(zone))) for zone in case.zones]
    return all(time(8) <= now.time() < end.time() <= time(21) for now, end in clocks)


def _uncapped(case: Case, at: datetime) -> bool:
    if case.purpose is not Purpose.STEP:
        return True
    ago = [at - moment for moment in case.steps_sent]
    day, week = (sum(one < timedelta(hours=hours) for one in ago) for hours in (24, 168))
    apart = all(one >= timedelta(minutes=10) for one in ago)
    return day < case.limits.per_day and week < case.limits.per_week and apart


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([Purpose.STEP, Purpose.STEP, Purpose.ANSWER]),
    weeks,
    places,
    st.lists(places, min_size=1, max_size=2),
    moments,
    st.lists(st.integers(0, 170 * 60), max_size=5),
)
def test_the_gate_names_the_first_allowed_minute(
    purpose: Purpose, week: Any, zone: str, zones: list[str], now: datetime, ago: list[int]
) -> None:
    """Go when the minute is allowed, else wait until the first that is, where the same case goes; over the change of
    clocks on 1 November, lunch breaks, closed days and caps."""
    sent = tuple(now - minutes * MINUTE for minutes in ago)
    hours = Hours(zone=zone, week=week)
    case = a_case(purpose, hours=hours, zones=tuple(zones), steps_sent=sent, expires_at=now + timedelta(days=60))
    minutes = range(4 * 24 * 60)
    first = next((n for n in minutes if allowed(case, now + n * MINUTE)), None)
    verdict = may_send(case, now)
    if first is None:
        assert verdict.verdict == "drop" or (verdict.until is not None and verdict.until > now + minutes[-1] * MINUTE)
    elif first == 0:
        assert (verdict.verdict, verdict.until) == ("go", None)
    else:
        assert (verdict.verdict, verdict.until) == ("wait", now + first * MINUTE)
        assert may_send(case, now + first * MINUTE).verdict == "go"


def test_the_first_minute_passes_caps_and_closed_hours_in_turn() -> None:
    """A cap that opens at night, after which the morning's hours are still to come."""
    sent = (chicago(16, 20), chicago(16, 20, 30))
    assert first_minute(a_case(hours=ALWAYS, steps_sent=sent), chicago(17, 19)) == chicago(17, 20)
    assert first_minute(a_case(steps_sent=sent), chicago(17, 16)) == chicago(18, 9)
