"""Whose sequence it is and why, what conditions ask, and what a new fact changes."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from app.domain import choosing, conditions
from app.domain.clinic import Channel, Clinic, Question, ScoreRow, Sequence, Step
from app.domain.contact import Lead, Stage
from app.domain.course import Course, Told, course_from
from app.domain.effects import CancelTexts, ScheduleText
from app.domain.machine import Decision, decide
from tests.domain import builders as make
from tests.domain.builders import NOW, a_clinic, a_contact, a_lead, a_reply, span

CLICKED = Course(clicked_at=NOW)
REPLIED = Course(replied_at=NOW)
MORNING = datetime(2026, 11, 17, 15, 30, tzinfo=UTC)
"""A Tuesday, 9:30 in Chicago."""

FORM: dict[str, Any] = {
    "request": "appointment",
    "preferred_times": ["mornings"],
    "utm": {"campaign": "fall"},
    "extra": {"visit": "new"},
    "email": "",
}


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({}, True),
        ({"service": ("check-up", "fertility")}, True),
        ({"service": ("fertility",)}, False),
        ({"location": ("north",), "source": ("website",), "language": ("es",)}, True),
        ({"location": ("north",), "source": ("ads",)}, False),
        ({"track": ("hot",)}, False),
        ({"request": ("call", "appointment")}, True),
        ({"utm.campaign": ("fall",)}, True),
        ({"utm.campaign": ("spring",)}, False),
        ({"utm.medium": ("cpc",)}, False),
        ({"extra.visit": ("new",)}, True),
        ({"has": ("preferred_times", "visit")}, True),
        ({"has": ("preferred_times", "email")}, False),
        ({"captured_before": ("16:00",)}, True),
        ({"captured_before": ("09:30",)}, False),
        ({"captured_after": ("09:30",)}, True),
        ({"captured_after": ("09:31",)}, False),
        ({"captured_on": ("mon", "tue")}, True),
        ({"captured_on": ("sat",)}, False),
        ({"signal": ("no_click", "no_reply")}, True),
        ({"signal": ("clicked",)}, False),
        ({"signal": ("no_click", "replied")}, False),
    ],
)
def test_every_condition_is_judged_by_what_is_known(asked: dict[str, tuple[str, ...]], holds: bool) -> None:
    lead = a_lead(service="check-up", location="north", language="es", captured_at=MORNING, facts=FORM)
    assert conditions.holds(asked, conditions.known_of(a_clinic(), lead)) is holds


@pytest.mark.parametrize(
    ("course", "signals"),
    [
        (Course(), {"no_click", "no_reply"}),
        (CLICKED, {"clicked", "no_reply"}),
        (REPLIED, {"no_click", "replied"}),
        (Course(clicked_at=NOW, replied_at=NOW), {"clicked", "replied"}),
    ],
)
def test_signals_say_what_became_of_a_lead(course: Course, signals: set[str]) -> None:
    assert {name for name, given in conditions.SIGNALS.items() if given(a_lead(course=course))} == signals


def test_a_step_tells_each_condition_that_keeps_it_from_a_lead() -> None:
    step = Step(
        key="one",
        after=span(1),
        channel=Channel.TEXT,
        if_={"signal": ("no_reply", "clicked"), "language": ("en", "fr"), "has": ("email",)},
        unless={"service": ("check-up",), "extra.visit": ("old",), "captured_before": ("16:00",)},
    )
    lead = a_lead(service="check-up", language="es", captured_at=MORNING)
    assert conditions.unmet(step, a_clinic(), lead) == (
        "if clicked",
        "if language is en or fr",
        "if has email",
        "unless service is check-up",
        "unless captured before 16:00",
    )


# -- why ---------------------------------------------------------------------------------------

SCORING = (
    ScoreRow(when={"service": "check-up"}, add=20),
    ScoreRow(when={"has": ["preferred_times", "email"]}, add=15),
    ScoreRow(when={"signal": ("clicked",)}, add=30),
    ScoreRow(track="hot", from_=40),
    ScoreRow(track="nurture", from_=0),
    ScoreRow(track="warm", from_=10),
)


def words(key: str, text: str, **more: Any) -> Step:
    """A text step, a business day after the one before."""
    return Step(**{"key": key, "after": span(1), "channel": Channel.TEXT, "words": {"en": text}, **more})


HOT = Sequence(
    key="hot",
    for_={"track": ("hot",)},
    steps=(words("hello", "Hot hello"), words("ask", "Hot ask"), words("close", "We close it.")),
)
CALM = Sequence(
    key="calm", steps=(words("hello", "Calm hello"), words("think", "Calm think"), words("bye", "We close it."))
)
CHOICES = a_clinic(scoring=SCORING, sequences=(HOT, CALM))


def captured(clinic: Clinic = CHOICES, **form: Any) -> Decision:
    return decide(a_contact(), make.a_submission(**form), NOW, clinic)


def the(decision: Decision) -> Lead:
    return decision.contact.leads[-1]


def planned(decision: Decision) -> list[tuple[str | None, str | None, str]]:
    plans = [one for one in decision.effects if isinstance(one, ScheduleText)]
    return [(one.sequence, one.step, one.text) for one in plans]


def test_the_lead_says_why_its_sequence_is_its_own() -> None:
    event = make.a_submission(service="check-up", preferred_times=("mornings",), email="m@x.example", location="north")
    spanish = replace(CALM, key="north", for_={"location": ("north",), "has": ("email", "preferred_times")})
    lead = the(decide(a_contact(), event, NOW, a_clinic(scoring=SCORING, sequences=(HOT, spanish, CALM))))
    assert lead.course.chosen == (
        {
            "at": NOW.isoformat(),
            "event_id": event.id,
            "sequence": "north",
            "version": 1,
            "because": ["location is north", "has email", "has preferred_times"],
            "track": "warm",
            "points": 35,
            "score": [
                {"when": ["service is check-up"], "add": 20},
                {"when": ["has preferred_times", "has email"], "add": 15},
            ],
        },
    )
    assert (lead.track, lead.score, lead.sequence) == ("warm", 35, "north")


def test_what_follows_another_sequence_is_nobodys_first_unless_it_says_for_whom() -> None:
    slow = Sequence(key="slow", steps=CALM.steps)
    hot = replace(HOT, then="slow")
    clinics = [
        a_clinic(sequences=(slow, hot)),
        a_clinic(sequences=(replace(slow, for_={"track": ("warm",)}), hot)),
        a_clinic(sequences=(slow, replace(hot, then=None))),
    ]
    chosen = [choosing.choose(clinic, a_lead(Stage.NEW)) for clinic in clinics]
    assert [one.sequence.key if one else None for one in chosen] == [None, "slow", "slow"]


def test_a_lead_of_the_track_nurture_begins_in_its_own_sequence_and_waits_behind_everybody() -> None:
    slow = replace(CALM, key="slow", for_={"track": ("nurture",)})
    decision = captured(a_clinic(scoring=SCORING, sequences=(slow, HOT)))
    (plan,) = [one for one in decision.effects if isinstance(one, ScheduleText)]
    assert (the(decision).track, the(decision).stage, plan.sequence, plan.urgency) == (
        "nurture",
        Stage.TEXTING,
        "slow",
        4,
    )


# -- new facts ---------------------------------------------------------------------------------


def calm(step: int, told: tuple[str, ...] = (), **more: Any) -> Lead:
    """A lead in the calm sequence that was told these of its steps."""
    by_key = {one.key: one for one in CALM.steps}
    course = Course()
    for n, key in enumerate(told):
        course = course.plan(f"msg_{n}", "calm", by_key[key]).done(f"msg_{n}")
    return a_lead(sequence="calm", step=step, course=course, service="check-up", **more)


def test_a_click_may_move_a_lead_between_two_steps_behind_what_it_was_told() -> None:
    decision = decide(a_contact(calm(1, ("hello",))), make.a_click(), NOW, CHOICES)
    lead = the(decision)
    assert (lead.sequence, lead.step, lead.track, lead.score) == ("hot", 1, "hot", 50)
    assert lead.course.chosen[-1]["because"] == ["track is hot"]
    assert [type(one) for one in decision.effects] == [CancelTexts, ScheduleText]
    assert planned(decision) == [("hot", "ask", "Hot ask")]


def test_a_click_while_paused_moves_the_lead_and_plans_nothing() -> None:
    decision = decide(a_contact(calm(1, ("hello",), stage=Stage.PAUSED, pending=None)), make.a_click(), NOW, CHOICES)
    assert (the(decision).sequence, the(decision).step, decision.effects) == ("hot", 1, ())


def test_words_that_were_said_are_not_said_again_under_another_name() -> None:
    """`bye` and `close` are the same words: who heard the one is behind the other."""
    decision = decide(a_contact(calm(2, ("hello", "bye"))), make.a_click(), NOW, CHOICES)
    assert (the(decision).sequence, the(decision).step, decision.effects) == ("calm", 2, ())


@pytest.mark.parametrize("stage", [one for one in Stage if one not in (Stage.TEXTING, Stage.PAUSED)])
def test_elsewhere_a_click_is_remembered_and_moves_nobody(stage: Stage) -> None:
    decision = decide(a_contact(calm(1, stage=stage, pending=None)), make.a_click(), NOW, CHOICES)
    lead = the(decision)
    assert (lead.stage, lead.sequence, lead.step, lead.course.clicked_at, decision.effects) == (
        stage,
        "calm",
        1,
        NOW,
        (),
    )


def test_a_changed_file_moves_nobody_by_itself() -> None:
    """The clinic put another sequence first; a click that has no part in that leaves the lead in its own."""
    first = replace(HOT, key="first", for_={})
    clinic = a_clinic(sequences=(first, CALM), scoring=())
    assert the(decide(a_contact(calm(1)), make.a_click(), NOW, clinic)).sequence == "calm"


def test_a_text_that_was_on_its_way_when_the_lead_moved_is_not_said_again() -> None:
    """`bye` was being sent when the click moved the lead before `close`, which is the same words."""
    hot = replace(HOT, steps=(HOT.steps[2], HOT.steps[1]))
    clinic = a_clinic(scoring=SCORING, sequences=(hot, CALM))
    course = Course().plan("msg_pending", "calm", CALM.steps[2])
    moved = decide(a_contact(replace(calm(2), course=course)), make.a_click(), NOW, clinic)
    assert planned(moved) == [("hot", "close", "We close it.")]
    sent = decide(moved.contact, make.a_sent(message_id="msg_pending", step="bye"), NOW, clinic)
    assert [type(one) for one in sent.effects] == [CancelTexts, ScheduleText]
    assert planned(sent) == [("hot", "ask", "Hot ask")]


def test_an_answer_to_the_question_moves_a_lead_and_says_so() -> None:
    asking = replace(CALM, steps=(words("hello", "{{ question }}"), *CALM.steps[1:]))
    new = replace(HOT, key="new", for_={"extra.visit": ("new",)})
    question = Question(ask={"en": "New or returning?"}, fills="visit", values={"new": (), "returning": ()})
    clinic = a_clinic(scoring=(), sequences=(new, asking), question=question)
    decision = decide(a_contact(calm(1, ("hello",))), a_reply("new"), NOW, clinic)
    assert (the(decision).sequence, the(decision).course.chosen[-1]["because"]) == ("new", ["visit is new"])
    assert planned(decision) == [("new", "ask", "Hot ask")]


def test_the_same_form_again_may_tell_what_moves_a_lead() -> None:
    lead = replace(the(captured()), stage=Stage.TEXTING)
    again = make.a_submission(duplicate_of=lead.id, lead_id=lead.id, utm={"campaign": "fall"})
    hot = replace(HOT, for_={"utm.campaign": ("fall",)})
    decision = decide(a_contact(lead), again, NOW, a_clinic(scoring=(), sequences=(hot, CALM)))
    assert (the(decision).sequence, planned(decision)) == ("hot", [("hot", "hello", "Hot hello")])


# -- the memory --------------------------------------------------------------------------------


def test_a_course_reads_back_what_it_wrote() -> None:
    course = Course(
        planned=(Told(id="msg_2", sequence="calm", step="think", marks=("aa",)),),
        told=(Told(id="msg_1", sequence="calm", step="hello", marks=("bb", "cc")),),
        armed="msg_2",
        clicked_at=NOW,
        replied_at=NOW + timedelta(hours=1),
        chosen=the(captured()).course.chosen,
    )
    assert course_from(course.as_json()) == course
    assert (Course().as_json(), course_from(None), course_from({})) == ({}, Course(), Course())


def test_the_first_text_goes_the_same_day_while_the_clinic_is_open_else_the_next_business_morning() -> None:
    """Before 16:00, so that there is time to answer: a condition on the hour of capture, and a wait for the others."""
    early = words("today", "Today", after=span(0, "m"), if_={"captured_before": ("16:00",)})
    late = words("morning", "Next morning", after=span(1), at=time(9), unless={"captured_before": ("16:00",)})
    clinic = a_clinic(sequences=(Sequence(key="request", steps=(early, late)),))
    due: list[tuple[str | None, str]] = []
    for hour in (15, 19, 22, 23):  # 9:00, 13:00, 16:00 and 17:00 in Chicago
        at = NOW.replace(hour=hour)
        form = make.a_submission(at=at, consent=replace(make.CONSENT, at=at))
        decision = decide(a_contact(), form, at, clinic)
        for _ in range(3):
            plan = [one for one in decision.effects if isinstance(one, ScheduleText)][-1]
            if plan.channel is Channel.TEXT:
                due.append((plan.step, plan.due_at.isoformat()))
                break
            moment = make.a_due_moment(message_id=plan.id, step=plan.step, lead_id="lead_new", at=plan.due_at)
            decision = decide(decision.contact, moment, plan.due_at, clinic)
    assert due == [
        ("today", "2026-11-17T15:00:00+00:00"),
        ("today", "2026-11-17T19:00:00+00:00"),
        ("morning", "2026-11-18T15:00:00+00:00"),
        ("morning", "2026-11-18T15:00:00+00:00"),
    ]
