"""Choosing and planning: points, tracks, whose sequence it is, when a step is due, in which words; and tasks' teams."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.domain import choosing, sequences, tasks
from app.domain.clinic import Channel, Location, Route, ScoreRow, Sequence, Step, Team
from app.domain.contact import Contact, Lead, Stage
from app.domain.effects import ScheduleText
from app.domain.machine import decide
from tests.domain import builders as make
from tests.domain.builders import CHICAGO, HOURS, NOW, a_clinic, a_contact, a_lead, span

CLINIC = a_clinic()


def chicago(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(CHICAGO)).astimezone(UTC)


def a_fact(**facts: Any) -> Lead:
    own = {name: facts.pop(name) for name in ("service", "location", "language") if name in facts}
    return a_lead(Stage.NEW, facts=facts, **own)


# -- score and choice --------------------------------------------------------------------------

SCORING = (
    ScoreRow(when={"request": "appointment"}, add=10),
    ScoreRow(when={"service": ["check-up", "fertility"]}, add=20),
    ScoreRow(when={"has": ["preferred_times", "email"]}, add=15),
    ScoreRow(when={"utm.source": "google"}, add=5),
    ScoreRow(when={"request": "call", "service": "check-up"}, add=100),
    ScoreRow(track="hot", from_=30),
    ScoreRow(track="mild", from_=10),
)


@pytest.mark.parametrize(
    ("facts", "scored"),
    [
        ({}, (0, "warm")),
        ({"request": "appointment"}, (10, "mild")),
        ({"service": "fertility"}, (20, "mild")),
        ({"service": "check-up", "request": "appointment"}, (30, "hot")),
        ({"preferred_times": ["mornings"]}, (0, "warm")),
        ({"preferred_times": ["mornings"], "email": "m@x.example"}, (15, "mild")),
        ({"utm": {"source": "google"}}, (5, "warm")),
        ({"utm": "google"}, (0, "warm")),
        ({"service": "check-up", "request": "call"}, (120, "hot")),
    ],
)
def test_points_add_up_and_the_highest_track_reached_counts(facts: dict[str, Any], scored: tuple[int, str]) -> None:
    assert choosing.score(a_clinic(scoring=SCORING), a_fact(**facts)) == scored


def test_the_first_sequence_that_fits_is_chosen() -> None:
    hot = Sequence(key="hot", steps=make.STEPS, for_={"track": ("hot",)})
    spanish = Sequence(key="spanish", steps=make.STEPS, for_={"language": ("es",), "track": ("warm", "hot")})
    everybody = Sequence(key="everybody", steps=make.STEPS)
    clinic = a_clinic(sequences=(hot, spanish, everybody))
    chosen = [
        choosing.choose(clinic, lead)
        for lead in (a_lead(track="hot", language="es"), a_lead(language="es"), a_lead(language="en"))
    ]
    assert [(one.sequence, one.because) for one in chosen if one] == [
        (hot, ("track is hot",)),
        (spanish, ("language is es", "track is warm or hot")),
        (everybody, ("it is for everyone",)),
    ]
    assert choosing.choose(a_clinic(sequences=(hot,)), a_lead()) is None


def test_a_lead_for_whom_there_is_no_sequence_is_called() -> None:
    clinic = a_clinic(sequences=())
    decision = decide(a_contact(), make.a_submission(), NOW, clinic)
    assert [one.kind for one in decision.contact.tasks] == ["call"]
    assert [one.stage for one in decision.contact.leads] == [Stage.NEW]


def test_a_lead_finishes_on_the_version_it_began() -> None:
    """The clinic has a second version with other words; who began on the first hears the first's."""
    old = replace(make.SEQUENCE, version=1)
    new_words = tuple(replace(one, words={"en": "Lakeside: new words."}) for one in make.STEPS)
    new = replace(make.SEQUENCE, version=2, steps=new_words)
    clinic = a_clinic(sequences=(new,), pinned={("request", 1): old, ("request", 2): new})
    kept = decide(a_contact(a_lead(version=1, step=0)), make.a_sent(step="first"), NOW, clinic)
    began = decide(a_contact(), make.a_submission(), NOW, clinic)
    said = [one for one in (*kept.effects, *began.effects) if isinstance(one, ScheduleText)]
    assert [(one.version, one.text) for one in said] == [(1, "Lakeside: still looking?"), (2, "Lakeside: new words.")]


# -- when --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "at", "since", "due"),
    [
        (span(0, "m"), None, chicago(17, 10), chicago(17, 10)),
        (span(0, "m"), None, chicago(17, 12, 30), chicago(17, 13)),
        (span(0, "m"), None, chicago(20, 17), chicago(23, 9)),
        (span(0, "m"), None, chicago(17, 11, 59) + timedelta(seconds=30), chicago(17, 13)),
        (span(2, "h"), None, chicago(17, 11), chicago(17, 13)),
        (span(1), time(10), chicago(17, 16), chicago(18, 10)),
        (span(1), None, chicago(17, 16), chicago(18, 16)),
        (span(1), None, chicago(17, 20), chicago(19, 9)),
        (span(2), time(12, 30), chicago(19, 10), chicago(23, 13)),
        (span(3, "d"), None, chicago(18, 10), chicago(23, 9)),
    ],
)
def test_a_step_is_due_in_the_first_allowed_minute_after_its_delay(
    after: Any, at: time | None, since: datetime, due: datetime
) -> None:
    step = Step(key="one", after=after, at=at, channel=Channel.TEXT)
    assert sequences.due(CLINIC, a_lead(), step, since) == due


def test_a_rest_lengthens_a_delay_and_never_shortens_it() -> None:
    quick = Step(key="one", after=span(5, "m"), channel=Channel.TEXT)
    slow = Step(key="two", after=span(3), channel=Channel.TEXT)
    due = [sequences.due(CLINIC, a_lead(), step, NOW, span(1)) for step in (quick, slow)]
    assert due == [chicago(18, 10), chicago(20, 10)]


def test_a_step_keeps_to_the_hours_of_the_leads_location_and_to_the_persons_day() -> None:
    """North opens at noon; for somebody in Los Angeles the clinic's nine o'clock is seven."""
    north = Location(key="north", name="North", state="IL", hours=replace(HOURS, week=(((time(12), time(17)),),) * 7))
    clinic = a_clinic(locations={"north": north})
    step = Step(key="one", after=span(1), at=time(9), channel=Channel.TEXT)
    leads = (
        a_lead(location="north"),
        a_lead(zones=("America/Los_Angeles",)),
        a_lead(zones=(CHICAGO, "America/Denver")),
    )
    due = [sequences.due(clinic, lead, step, NOW) for lead in leads]
    assert due == [chicago(18, 12), chicago(18, 10), chicago(18, 9)]


# -- words -------------------------------------------------------------------------------------

WORDS = {"en": "Hi {{ first_name }}, {{ service }} at {{ location }}", "es": "Hola {{ first_name }}"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Hi Maria, appointment at Lakeside"),
        ({"service": "check-up", "location": "north"}, "Hi Maria, regular visit at Lakeside North"),
        ({"service": "fertility"}, "Hi Maria, appointment at Lakeside"),
        ({"service": "gone"}, "Hi Maria, appointment at Lakeside"),
        ({"language": "es-MX"}, "Hola Maria"),
        ({"language": "fr"}, "Hi Maria, appointment at Lakeside"),
        ({"first_name": "http://evil.example"}, "Hi, appointment at Lakeside"),
    ],
)
def test_a_text_says_only_what_may_be_said(changes: dict[str, Any], said: str) -> None:
    """Services by their public label, the lead's language or the clinic's, and nothing a stranger slipped in."""
    speaker = sequences.Speaker(clinic=a_clinic(languages=("en", "es")), lead=a_lead(**changes))
    assert speaker.say(WORDS) == said


def test_a_number_without_a_lead_is_spoken_to_without_a_name() -> None:
    speaker = sequences.Speaker(clinic=CLINIC, lead=None)
    assert speaker.say(WORDS) == "Hi, appointment at Lakeside"


# -- tasks -------------------------------------------------------------------------------------

BILLING = Team(key="billing", respond_within=span(1, "d"), capacity=20, hours=HOURS)
ROUTED = a_clinic(
    teams={**CLINIC.teams, "billing": BILLING},
    routing=(
        Route(team="billing", kinds=("question",), words=("insurance", "Bill")),
        Route(team="billing", kinds=("delivery_problem",)),
    ),
)


@pytest.mark.parametrize(
    ("kind", "about", "team"),
    [
        ("question", "do you take my INSURANCE?", "billing"),
        ("question", "who sends the bills?", "billing"),
        ("question", "where is Billings road?", "desk"),
        ("question", "is there parking?", "desk"),
        ("callback", "about my insurance", "desk"),
        ("delivery_problem", "", "billing"),
    ],
)
def test_a_task_goes_to_the_first_team_whose_kind_and_words_fit(kind: str, about: str, team: str) -> None:
    assert tasks.route(ROUTED, kind, about).key == team


def test_a_task_is_due_in_the_teams_own_time_and_an_urgent_one_at_once() -> None:
    desk = CLINIC.teams["desk"]
    assert tasks.due(desk, "question", chicago(17, 11, 30)) == chicago(17, 14, 30)
    assert tasks.due(desk, "question", chicago(20, 16)) == chicago(23, 10)
    assert tasks.due(BILLING, "question", chicago(20, 16)) == chicago(23, 16)
    assert tasks.due(desk, "urgent", chicago(22, 3)) == chicago(22, 3)


def test_the_kinds_are_the_contracts_and_scheduling_is_some_of_them() -> None:
    kinds = "question time_preference booking_help callback call email_follow_up urgent possible_opt_out"
    assert set(tasks.PRIORITY) == {*kinds.split(), "wrong_number", "unclear", "delivery_problem"}
    assert min(tasks.PRIORITY, key=lambda kind: tasks.PRIORITY[kind]) == "urgent"
    assert set(tasks.PRIORITY) > tasks.SCHEDULING


# -- whom a reply concerns ---------------------------------------------------------------------


def several(*stages: Stage) -> Contact:
    """Leads of these stages on one phone, oldest first."""
    leads = [
        a_lead(stage, id=f"lead_{n}", token=str(n), captured_at=NOW + timedelta(hours=n))
        for n, stage in enumerate(stages)
    ]
    return a_contact(*leads)


@pytest.mark.parametrize(
    ("stages", "place"),
    [
        ((Stage.BOOKED, Stage.FINISHED), 1),
        ((Stage.PAUSED, Stage.FINISHED), 0),
        ((Stage.PAUSED, Stage.NEW, Stage.DECLINED), 1),
        ((Stage.TEXTING, Stage.NEW, Stage.DECLINED), 0),
    ],
)
def test_a_reply_is_about_who_is_texted_else_who_waits_else_the_newest(stages: tuple[Stage, ...], place: int) -> None:
    subject = several(*stages).subject()
    assert subject is not None
    assert subject.id == f"lead_{place}"


def test_a_phone_without_leads_has_no_subject() -> None:
    assert a_contact().subject() is None


def test_a_lead_is_replaced_in_its_place_or_added_at_the_end() -> None:
    contact = several(Stage.PAUSED, Stage.NEW)
    changed = replace(contact.leads[0], stage=Stage.BOOKED)
    added = a_lead(id="lead_2", token="2")
    assert contact.with_lead(changed).leads == (changed, contact.leads[1])
    assert contact.with_lead(added).leads == (*contact.leads, added)
    assert contact.lead("lead_9") is None
