"""Nurture: what follows a sequence that nobody answered, slowly, under its own cap, until it ends by itself."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.domain.clinic import Channel, Limits, Sequence, Step
from app.domain.contact import Lead, Stage
from app.domain.course import Course
from app.domain.effects import Purpose, ScheduleText, Urgency
from app.domain.gate import may_send
from app.domain.machine import Decision, decide
from tests.domain import builders as make
from tests.domain.builders import NOW, STEPS, a_clinic, a_contact, a_lead, a_reply, span
from tests.domain.test_gate import ALWAYS, a_case, ruling

SLOW = Sequence(
    key="slow",
    steps=(
        Step(key="hello", after=span(14, "d"), channel=Channel.TEXT, words={"en": "Lakeside: whenever you like."}),
        Step(key="wave", after=span(28, "d"), channel=Channel.TEXT, words={"en": "Lakeside: we are still here."}),
    ),
)
REQUEST = Sequence(key="request", steps=STEPS, then="slow")
CLINIC = a_clinic(sequences=(REQUEST, SLOW))


def told_last(**changes: Any) -> Decision:
    """The last step of the first sequence was sent."""
    lead = a_lead(step=3, pending="msg_last", **changes)
    return decide(a_contact(lead), make.a_sent(message_id="msg_last", step="last"), NOW, CLINIC)


def the(decision: Decision) -> Lead:
    return decision.contact.leads[0]


def plans(decision: Decision) -> list[ScheduleText]:
    return [one for one in decision.effects if isinstance(one, ScheduleText)]


def sent(decision: Decision) -> Decision:
    """The planned step leaves when it is due."""
    (plan,) = plans(decision)
    event = make.a_sent(message_id=plan.id, step=plan.step, at=plan.due_at)
    return decide(decision.contact, event, plan.due_at, CLINIC)


def test_after_the_last_step_the_named_sequence_begins_weeks_later_behind_everybody_else() -> None:
    decision = told_last()
    (plan,) = plans(decision)
    lead = the(decision)
    assert (lead.stage, lead.sequence, lead.step, lead.pending) == (Stage.NURTURE, "slow", 0, plan.id)
    assert (plan.sequence, plan.step, plan.urgency) == ("slow", "hello", Urgency.NURTURE)
    assert (plan.purpose, plan.due_at, plan.text) == (
        Purpose.STEP,
        NOW + timedelta(days=14),
        "Lakeside: whenever you like.",
    )
    assert lead.course.chosen[-1]["because"] == ["it follows request"]


def test_it_ends_by_itself() -> None:
    second = sent(told_last())
    assert (the(second).stage, plans(second)[0].due_at) == (Stage.NURTURE, NOW + timedelta(days=42))
    over = sent(second)
    assert (the(over).stage, the(over).pending, over.effects) == (Stage.FINISHED, None, ())


@pytest.mark.parametrize(
    ("saying", "stage", "says"),
    [
        ("question", Stage.PAUSED, "ask question"),
        ("other", Stage.PAUSED, "ask unclear"),
        ("yes", Stage.TEXTING, "plan the end"),
        ("no", Stage.DECLINED, None),
        ("stop", Stage.OPTED_OUT, None),
    ],
)
def test_a_reply_opens_the_talk_again_and_not_the_sequence(saying: str, stage: Stage, says: str | None) -> None:
    decision = decide(told_last().contact, a_reply(make.SAYINGS[saying]), NOW, CLINIC)
    assert (the(decision).stage, [one for one in plans(decision) if one.step is not None]) == (stage, [])
    asked = [f"ask {one.kind}" for one in decision.contact.tasks]
    ends = ["plan the end" for one in plans(decision) if one.channel is Channel.WAIT]
    assert asked + ends == ([says] if says else [])


def test_help_is_answered_and_the_slow_sequence_goes_on() -> None:
    before = told_last()
    decision = decide(before.contact, a_reply("HELP"), NOW, CLINIC)
    assert (the(decision), [one.purpose for one in plans(decision)]) == (the(before), [Purpose.HELP])


def test_when_people_have_answered_there_is_a_pause_and_then_the_end() -> None:
    asked = decide(told_last().contact, a_reply(make.SAYINGS["question"]), NOW, CLINIC)
    task_id = asked.contact.tasks[0].id
    answered = decide(asked.contact, make.a_completion("answered", task_id=task_id), NOW, CLINIC)
    (end,) = plans(answered)
    assert (the(answered).stage, end.step, end.channel) == (Stage.TEXTING, None, Channel.WAIT)
    over = decide(answered.contact, make.a_due_moment(message_id=end.id, step=None), end.due_at, CLINIC)
    assert (the(over).stage, over.effects) == (Stage.FINISHED, ())


def test_words_said_in_the_first_sequence_are_left_out_in_the_one_that_follows() -> None:
    again = replace(SLOW, steps=(replace(SLOW.steps[0], words=STEPS[3].words), SLOW.steps[1]))
    clinic = a_clinic(sequences=(REQUEST, again))
    lead = a_lead(step=3, pending="msg_last", course=Course().plan("msg_last", "request", STEPS[3]))
    decision = decide(a_contact(lead), make.a_sent(message_id="msg_last", step="last"), NOW, clinic)
    assert [one.step for one in plans(decision)] == ["wave"]


def test_files_applied_one_after_the_other_lead_nobody_round_in_a_circle() -> None:
    lead = the(sent(told_last()))
    circle = a_clinic(sequences=(REQUEST, replace(SLOW, then="request")))
    back = replace(lead, course=replace(lead.course, chosen=({"sequence": "request"}, *lead.course.chosen)))
    event = make.a_sent(message_id=lead.pending, step="wave")
    assert the(decide(a_contact(back), event, NOW, circle)).stage is Stage.FINISHED


def test_staff_pause_and_close_it_and_a_booking_ends_it() -> None:
    happenings = (make.an_order("pause"), make.an_order("close"), make.an_appointment("booked"))
    after = [decide(told_last().contact, event, NOW, CLINIC) for event in happenings]
    assert [(the(one).stage, the(one).pending) for one in after] == [
        (Stage.PAUSED, None),
        (Stage.FINISHED, None),
        (Stage.BOOKED, None),
    ]


def test_one_person_of_a_phone_is_texted_at_a_time_in_nurture_too() -> None:
    contact = told_last().contact
    other = a_lead(Stage.PAUSED, id="lead_jo", token="jo", first_name="Jo")
    asked = decide(contact.with_lead(other), make.an_order("resume", lead_id="lead_jo"), NOW, CLINIC)
    assert [one.kind for one in asked.contact.tasks] == ["call"]
    assert contact.with_lead(other).subject() == contact.leads[0]


# -- the cap -----------------------------------------------------------------------------------

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("days_ago", "waits"),
    [((), None), ((10,), None), ((29, 10), 1), ((31, 10), None), ((29, 20, 10), 10), ((29, 28), 1)],
)
def test_nurture_has_a_cap_of_its_own_over_thirty_days(days_ago: tuple[int, ...], waits: int | None) -> None:
    """`waits` is in days. Texts of other sequences do not count, and those of nurture wait for nothing else."""
    slow = tuple(NOW - ago * DAY for ago in days_ago)
    case = a_case(hours=ALWAYS, urgency=Urgency.NURTURE, nurture_sent=slow, expires_at=NOW + 60 * DAY)
    case = replace(case, limits=Limits(nurture_per_month=2))
    verdict = may_send(case, NOW)
    assert (verdict.verdict, verdict.until) == (("wait", NOW + waits * DAY) if waits else ("go", None))
    assert ruling(verdict, "caps").evidence["nurture_last_30_days"] == sum(ago < 30 for ago in days_ago)


def test_the_cap_of_nurture_binds_nobody_else() -> None:
    full = tuple(NOW - ago * DAY for ago in (3, 2, 1))
    verdict = may_send(a_case(hours=ALWAYS, urgency=Urgency.FOLLOW_UP, nurture_sent=full), NOW)
    assert (verdict.verdict, "nurture_per_month" in ruling(verdict, "caps").evidence) == ("go", False)
