"""Steps with conditions: looked at when they fall due, skipped with the reason, looked at again until they leave."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from app.domain import choosing
from app.domain.clinic import Channel, Sequence, Step
from app.domain.contact import IN_SEQUENCE, Contact, Lead, Stage
from app.domain.course import NOTHING_YET, Course
from app.domain.effects import CancelTexts, OpenTask, ScheduleText, SkipStep
from app.domain.machine import Decision, decide
from tests.domain import builders as make
from tests.domain.builders import NOW, a_clinic, a_contact, a_lead, a_reply, span

UNLESS_CLICKED = {"signal": ("clicked",)}
FIRST = Step(key="first", after=span(0, "m"), channel=Channel.TEXT, words={"en": "Hello"})
LAST = Step(key="last", after=span(2), channel=Channel.TEXT, words={"en": "Goodbye"})
DAY = timedelta(days=1)


def a_step(channel: Channel = Channel.TEXT, **more: Any) -> Step:
    """The conditional step in the middle, an hour after the first."""
    said: dict[str, Any] = {"words": {"en": "Still there?"}} if channel is Channel.TEXT else {"note": "Call."}
    return Step(**{"key": "second", "after": span(1, "h"), "channel": channel, **said, **more})


def at_the_moment(step: Step, course: Course = NOTHING_YET, **more: Any) -> tuple[Contact, Any, Any]:
    """A lead whose conditional step has been planned: the contact, the plan, the clinic."""
    clinic = a_clinic(sequences=(Sequence(key="request", steps=(FIRST, step, LAST)),))
    lead = a_lead(step=0, pending="msg_first", course=course, **more)
    sent = make.a_sent(message_id="msg_first", step="first")
    decision = decide(a_contact(lead), sent, NOW, clinic)
    (plan,) = [one for one in decision.effects if isinstance(one, ScheduleText)]
    return decision.contact, plan, clinic


def at_its_time(contact: Contact, plan: ScheduleText, clinic: Any) -> Decision:
    moment = make.a_due_moment(message_id=plan.id, step=plan.step, at=plan.due_at)
    return decide(contact, moment, plan.due_at, clinic)


def the(decision: Decision) -> Lead:
    return decision.contact.leads[0]


def plans(decision: Decision) -> list[tuple[str | None, Channel, str]]:
    return [(one.step, one.channel, one.text) for one in decision.effects if isinstance(one, ScheduleText)]


def test_a_step_with_conditions_is_planned_as_a_moment() -> None:
    _, plan, _ = at_the_moment(a_step(unless=UNLESS_CLICKED))
    assert (plan.step, plan.channel, plan.text, plan.due_at) == ("second", Channel.WAIT, "", NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("conditions", "course", "skipped"),
    [
        ({"unless": UNLESS_CLICKED}, Course(), None),
        ({"unless": UNLESS_CLICKED}, Course(clicked_at=NOW), ("unless clicked",)),
        ({"if_": {"signal": ("no_reply",)}}, Course(), None),
        ({"if_": {"signal": ("no_reply",)}}, Course(replied_at=NOW), ("if no_reply",)),
        ({"if_": {"track": ("hot",)}}, Course(), ("if track is hot",)),
        ({"unless": {"service": ("fertility",)}}, Course(), None),
    ],
)
def test_a_condition_is_looked_at_when_the_step_falls_due(
    conditions: dict[str, Any], course: Course, skipped: tuple[str, ...] | None
) -> None:
    contact, plan, clinic = at_the_moment(a_step(**conditions), course)
    decision = at_its_time(contact, plan, clinic)
    if skipped is None:
        assert plans(decision) == [("second", Channel.TEXT, "Still there?")]
        assert (the(decision).step, the(decision).course.armed) == (1, the(decision).pending)
    else:
        assert decision.effects[0] == SkipStep(message_id=plan.id, why=skipped)
        assert (plans(decision), the(decision).step) == ([("last", Channel.TEXT, "Goodbye")], 2)


def test_what_is_known_by_then_counts_and_not_what_was_known_before() -> None:
    contact, plan, clinic = at_the_moment(a_step(unless=UNLESS_CLICKED))
    clicked = decide(contact, make.a_click(), NOW + timedelta(minutes=30), clinic)
    assert clicked.effects == ()
    decision = at_its_time(clicked.contact, plan, clinic)
    assert decision.effects[0] == SkipStep(message_id=plan.id, why=("unless clicked",))


def test_a_step_that_was_let_through_and_still_waits_is_taken_back_by_a_click() -> None:
    contact, plan, clinic = at_the_moment(a_step(unless=UNLESS_CLICKED))
    armed = at_its_time(contact, plan, clinic)
    decision = decide(armed.contact, make.a_click(at=plan.due_at), plan.due_at, clinic)
    assert decision.effects[0] == SkipStep(message_id=str(the(armed).pending), why=("unless clicked",))
    assert (plans(decision), the(decision).step) == ([("last", Channel.TEXT, "Goodbye")], 2)


def test_when_it_was_on_its_way_already_it_counts_as_sent_and_nothing_is_planned_twice() -> None:
    contact, plan, clinic = at_the_moment(a_step(unless=UNLESS_CLICKED))
    armed = at_its_time(contact, plan, clinic)
    clicked = decide(armed.contact, make.a_click(at=plan.due_at), plan.due_at, clinic)
    sent = make.a_sent(message_id=the(armed).pending, step="second")
    decision = decide(clicked.contact, sent, plan.due_at, clinic)
    assert decision.effects == ()
    assert [(one.sequence, one.step) for one in the(decision).course.told] == [("request", "second")]


def test_an_old_moment_means_nothing() -> None:
    """A reply has planned the step anew: the moment planned before it comes, and only the new one counts."""
    contact, plan, clinic = at_the_moment(a_step(unless=UNLESS_CLICKED))
    yes = decide(contact, a_reply("YES"), NOW, clinic)
    assert at_its_time(yes.contact, plan, clinic).effects == ()


@pytest.mark.parametrize("replied", [False, True])
def test_a_call_is_only_for_who_did_not_answer(replied: bool) -> None:
    """It falls due at night as a moment, and as a call in the team's first open minute."""
    call = a_step(Channel.CALL, after=span(10, "h"), if_={"signal": ("no_reply",)})
    contact, plan, clinic = at_the_moment(call, Course(replied_at=NOW if replied else None))
    decision = at_its_time(contact, plan, clinic)
    if replied:
        assert plans(decision) == [("last", Channel.TEXT, "Goodbye")]
        return
    assert plans(decision) == [("second", Channel.CALL, "")]
    (order,) = [one for one in decision.effects if isinstance(one, ScheduleText)]
    assert (plan.due_at, order.due_at) == (NOW + timedelta(hours=10), NOW - timedelta(hours=1) + DAY)
    called = at_its_time(decision.contact, order, clinic)
    assert [one.kind for one in called.effects if isinstance(one, OpenTask)] == ["call"]
    assert plans(called) == [("last", Channel.TEXT, "Goodbye")]


def test_when_all_that_is_left_is_skipped_the_sequence_is_over() -> None:
    steps = (FIRST, a_step(unless=UNLESS_CLICKED))
    clinic = a_clinic(sequences=(Sequence(key="request", steps=steps),))
    lead = a_lead(step=1, pending="msg_moment", course=Course(clicked_at=NOW))
    moment = make.a_due_moment(message_id="msg_moment", step="second")
    decision = decide(a_contact(lead), moment, NOW, clinic)
    assert decision.effects == (SkipStep(message_id="msg_moment", why=("unless clicked",)),)
    assert (the(decision).stage, the(decision).pending) == (Stage.FINISHED, None)


# -- whatever is skipped, nobody is left standing ----------------------------------------------

NEVER, EVER = {"track": ("warm",)}, {"track": ("hot",)}
FATES: dict[str, dict[str, Any]] = {"unconditional": {}, "held": {"unless": EVER}, "skipped": {"unless": NEVER}}


def two_sequences(channel: Channel, more: tuple[dict[str, Any], ...]) -> Any:
    """A first text, then steps with these conditions: two in the main sequence, the rest in the one that follows it."""
    words = {"words": {"en": "Still there?"}} if channel in (Channel.TEXT, Channel.EMAIL) else {}
    steps = [
        Step(key=f"step-{place}", after=span(1, "h"), channel=channel, subject=words.get("words", {}), **words, **given)
        for place, given in enumerate(more)
    ]
    slow = Sequence(key="slow", steps=tuple(replace(one, words=one.words and {"en": one.key}) for one in steps[2:]))
    main = tuple(replace(one, words=one.words and {"en": one.key}) for one in steps[:2])
    return a_clinic(sequences=(Sequence(key="request", steps=(FIRST, *main), then="slow"), slow))


def lived(clinic: Any, clicks_after: int | None = None) -> tuple[Lead, list[str], list[str]]:
    """What is planned falls due and is done until nothing is: the lead, the steps done, the steps skipped.

    After every event the lead has something planned or has left its sequence.
    """
    lead = a_lead(step=0, pending="msg_first", facts={"first_name": "Maria", "email": "maria@example.test"})
    contact, events = a_contact(lead), 0
    event: Any = make.a_sent(message_id="msg_first", step="first")
    done: list[Any] = []
    skipped: list[Any] = []
    planned: dict[str, ScheduleText] = {}
    while True:
        decision = decide(contact, event, event.at, clinic)
        contact, lead, events = decision.contact, the(decision), events + 1
        assert lead.stage not in IN_SEQUENCE or lead.pending is not None, f"{lead.sequence} {lead.step} stands still"
        planned |= {one.id: one for one in decision.effects if isinstance(one, ScheduleText)}
        skipped += [planned[one.message_id].step for one in decision.effects if isinstance(one, SkipStep)]
        if events == clicks_after:
            event = make.a_click(at=event.at)
            continue
        if lead.pending is None:
            return lead, done, skipped
        plan = planned[lead.pending]
        if plan.text:
            event = make.a_sent(message_id=plan.id, step=plan.step, at=plan.due_at)
        else:
            event = make.a_due_moment(message_id=plan.id, step=plan.step, at=plan.due_at)
        step = clinic.sequence(plan.sequence, plan.version).steps[lead.step]
        if plan.text or plan.channel is not Channel.WAIT or not (step.if_ or step.unless):
            done.append(plan.step)


@pytest.mark.parametrize("channel", Channel)
def test_whatever_steps_of_whatever_sequence_are_skipped_the_lead_goes_on_to_the_end(channel: Channel) -> None:
    for fates in product(FATES, repeat=5):
        clinic = two_sequences(channel, tuple(FATES[one] for one in fates))
        lead, done, skipped = lived(clinic)
        left_out = [f"step-{place}" for place, fate in enumerate(fates) if fate == "skipped"]
        said = [f"step-{place}" for place, fate in enumerate(fates) if fate != "skipped"]
        if channel is Channel.WAIT:  # A wait whose conditions hold is over in the moment in which they are looked at.
            said = [f"step-{place}" for place, fate in enumerate(fates) if fate == "unconditional"]
        assert (lead.stage, done, skipped) == (Stage.FINISHED, said, left_out), fates


@pytest.mark.parametrize("channel", Channel)
def test_whenever_the_link_is_opened_the_lead_goes_on_to_the_end(channel: Channel) -> None:
    """Every step is `unless: clicked`; the click comes before, between and after the moments of each."""
    clinic = two_sequences(channel, ({"unless": UNLESS_CLICKED},) * 5)
    for clicks_after in range(1, 14):
        lead, done, skipped = lived(clinic, clicks_after)
        assert lead.stage is Stage.FINISHED, clicks_after
        if channel is not Channel.WAIT:
            assert len({*done, *skipped}) == 5, (clicks_after, done, skipped)


def test_an_opt_out_ends_a_conditional_step_like_any_other() -> None:
    contact, plan, clinic = at_the_moment(a_step(unless=UNLESS_CLICKED))
    stopped = decide(contact, a_reply("STOP"), NOW, clinic)
    assert CancelTexts(lead_id=None, reason="opted out") in stopped.effects
    assert at_its_time(stopped.contact, plan, clinic).effects == ()


def test_a_skipped_step_is_not_remembered_as_said() -> None:
    """Who was spared a text in one sequence may get it in another."""
    contact, plan, clinic = at_the_moment(a_step(unless=UNLESS_CLICKED), Course(clicked_at=NOW))
    lead = the(at_its_time(contact, plan, clinic))
    assert [one.step for one in lead.course.told] == []
    other = Sequence(key="other", steps=(FIRST, replace(a_step(), key="again")))
    assert choosing.place_in(clinic, other, lead) == 1
