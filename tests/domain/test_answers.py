"""What follows from a reply: a table of whole effects by what was written and where the lead stands, and its memory.

Every row is told as the list of what is to be done, in order, and where the lead stands afterwards.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.domain.contact import Contact, Stage
from app.domain.effects import (
    CancelTasks,
    CancelTexts,
    Effect,
    LiftSuppression,
    OpenTask,
    Purpose,
    RecordConsent,
    ScheduleText,
    Suppress,
)
from app.domain.events import Event
from app.domain.machine import Decision, decide
from app.domain.talk import ENOUGH, ENOUGH_HELP, Offer, Talk, talk_from
from tests.domain import builders as make
from tests.domain.builders import NOW, a_clinic, a_contact, a_lead, a_reply

CLINIC = a_clinic()


def told(effect: Effect) -> str:
    """An effect in a few words: what a reader of the table needs."""
    match effect:
        case ScheduleText():
            return f"plan {effect.step}" if effect.step else "plan the end" if _is_end(effect) else f"say {effect.text}"
        case CancelTexts():
            return "hold the step" if effect.steps_only else "cancel all"
        case OpenTask():
            return f"ask {effect.kind}"
        case CancelTasks():
            return "drop tasks"
        case RecordConsent():
            return effect.status
        case Suppress():
            return f"close by {effect.by}"
        case LiftSuppression():
            return "open again"
    raise AssertionError(effect)


def _is_end(effect: ScheduleText) -> bool:
    return effect.purpose is Purpose.STEP


def tell(decision: Decision) -> tuple[list[str], Stage]:
    (lead,) = decision.contact.leads
    return [told(one) for one in decision.effects], lead.stage


ACK, LINK, SAFETY = (
    "say Lakeside: a person will answer.",
    "say Lakeside: http://leadline.test/b/token",
    "say Lakeside: call 911.",
)
STOPPED = ["cancel all", "withdrawn", "close by stop"]


def handed_over(kind: str) -> list[str]:
    return ["hold the step", f"ask {kind}", ACK]


# What was written, and what follows for a lead that is being texted, nurtured or (without the acknowledgement) paused.
AWAITING: dict[str, tuple[list[str], Stage]] = {
    "yes": (["hold the step", LINK, "plan second"], Stage.TEXTING),
    "no": (["cancel all", "say Lakeside: goodbye."], Stage.DECLINED),
    "booked": (["cancel all"], Stage.BOOKED),
    "stop": (STOPPED, Stage.OPTED_OUT),
    "likely stop": (["cancel all", "ask possible_opt_out"], Stage.PAUSED),
    "urgent": (["cancel all", "ask urgent", SAFETY], Stage.PAUSED),
    "wrong number": (["cancel all", "withdrawn", "ask wrong_number"], Stage.FINISHED),
    "callback": (handed_over("callback"), Stage.PAUSED),
    "question": (handed_over("question"), Stage.PAUSED),
    "time": (handed_over("time_preference"), Stage.PAUSED),
    "start": (handed_over("unclear"), Stage.PAUSED),
    "other": (handed_over("unclear"), Stage.PAUSED),
}
AS_READ = {
    "yes": "booking_help",
    "no": "unclear",
    "booked": "unclear",
    "likely stop": "possible_opt_out",
    "urgent": "urgent",
    "wrong number": "wrong_number",
    "callback": "callback",
    "question": "question",
    "time": "time_preference",
    "start": "unclear",
    "other": "unclear",
}
OVER = (Stage.BOOKED, Stage.DECLINED, Stage.FINISHED)


def expected(saying: str, stage: Stage) -> tuple[list[str], Stage]:
    """The table's cell."""
    if saying == "help":
        return ["say Lakeside: call +13125550100"], stage
    if saying == "stop":
        return STOPPED, Stage.OPTED_OUT
    if stage in OVER:
        return [f"ask {AS_READ[saying]}"], stage
    effects, after = AWAITING[saying]
    if stage is Stage.PAUSED and ACK in effects:
        effects = [one for one in effects if one != ACK]
    if stage in (Stage.NEW, Stage.NURTURE) and saying == "yes":
        effects = [*effects[:-1], "plan the end"]
    return effects, after


@pytest.mark.parametrize("stage", [one for one in Stage if one is not Stage.OPTED_OUT])
@pytest.mark.parametrize("saying", make.SAYINGS)
def test_what_follows_from_a_reply_by_meaning_and_stage(saying: str, stage: Stage) -> None:
    lead = replace(a_lead(stage), step=1) if stage is Stage.NURTURE else a_lead(stage)
    decision = decide(a_contact(lead), a_reply(make.SAYINGS[saying]), NOW, CLINIC)
    assert tell(decision) == expected(saying, stage)


@pytest.mark.parametrize("saying", [one for one in make.SAYINGS if one not in ("stop", "help", "start")])
def test_who_opted_out_is_answered_by_people_alone(saying: str) -> None:
    contact = a_contact(a_lead(Stage.OPTED_OUT), suppressed_by="stop")
    kind = "unclear" if saying == "yes" else AS_READ[saying]
    assert tell(decide(contact, a_reply(make.SAYINGS[saying]), NOW, CLINIC)) == ([f"ask {kind}"], Stage.OPTED_OUT)


# -- danger, and stopping ----------------------------------------------------------------------

DANGER_AND_STOP = "STOP texting me, I have chest pain and can't breathe"


def test_danger_beside_a_stop_is_escalated_and_the_stop_is_honoured() -> None:
    """The safety text goes in place of a confirmation, whoever confirms STOP: it is the one thing sent."""
    for sender in ("main", "second"):
        decision = decide(a_contact(a_lead()), a_reply(DANGER_AND_STOP, sender=sender), NOW, CLINIC)
        assert tell(decision) == ([*STOPPED, "ask urgent", SAFETY], Stage.OPTED_OUT)
        assert decision.contact.suppressed_by == "stop"


def test_a_closed_phone_in_danger_hears_nothing_and_a_person_is_asked() -> None:
    contact = a_contact(a_lead(Stage.OPTED_OUT), suppressed_by="stop")
    decision = decide(contact, a_reply(DANGER_AND_STOP), NOW, CLINIC)
    assert tell(decision) == (["cancel all", "withdrawn", "ask urgent"], Stage.OPTED_OUT)


def test_start_does_not_undo_what_staff_closed_after_the_phones_own_stop() -> None:
    stopped = decide(a_contact(a_lead()), a_reply("STOP"), NOW, CLINIC).contact
    closed = decide(stopped, make.an_order("opt-out"), NOW, CLINIC)
    assert closed.contact.suppressed_by == "staff"
    assert tell(decide(closed.contact, a_reply("START"), NOW, CLINIC)) == (["ask unclear"], Stage.OPTED_OUT)


def test_a_wrong_number_stays_one_through_stop_and_start() -> None:
    """STOP and START are about the phone; that it was never this person's is not undone by them."""
    contact, read = a_contact(a_lead()), []
    for words in ("wrong number", "STOP", "START"):
        contact = decide(contact, a_reply(words), NOW, CLINIC).contact
        (lead,) = contact.leads
        read.append((lead.stage, lead.reason, lead.consent_id, contact.suppressed_by))
    assert read == [
        (Stage.FINISHED, "wrong number", None, None),
        (Stage.OPTED_OUT, "wrong number", None, "stop"),
        (Stage.FINISHED, "wrong number", None, None),
    ]
    again = decide(contact, make.a_submission(first_name="Maria"), NOW, CLINIC)
    assert [told(one) for one in again.effects] == ["granted", "ask wrong_number"]


# -- machines on the other side ----------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["Liked “Reply YES for a link”", "I'm driving right now. I'll get back to you later."]
)
def test_what_a_machine_wrote_is_never_answered_and_never_acted_upon(words: str) -> None:
    decision = decide(a_contact(a_lead()), a_reply(words), NOW, CLINIC)
    assert tell(decision) == (["hold the step", "ask unclear"], Stage.PAUSED)


def told_to(contact: Contact, words: str, minutes: float, sent: bool = True) -> Decision:
    """The person writes so many minutes after `NOW`, and the answer leaves at once, as it does when all is well."""
    at = NOW + timedelta(minutes=minutes)
    decision = decide(contact, a_reply(words, at=at), at, CLINIC)
    for one in decision.effects if sent else ():
        if isinstance(one, ScheduleText) and one.purpose is not Purpose.STEP:
            report = make.a_sent(message_id=one.id, lead_id=one.lead_id, step=None, at=at)
            decision = replace(decision, contact=decide(decision.contact, report, at, CLINIC).contact)
    return decision


@pytest.mark.parametrize(("words", "enough"), [("yes", ENOUGH), ("HELP", ENOUGH_HELP)])
def test_a_loop_with_another_machine_ends_after_enough_answers_with_one_task(words: str, enough: int) -> None:
    contact, heard = a_contact(a_lead()), []
    for minute in range(0, 15 * (enough + 3), 15):
        decision = told_to(contact, words, minute)
        contact = decision.contact
        heard += [told(one) for one in decision.effects if isinstance(one, ScheduleText) and one.step is None]
        heard += [told(one) for one in decision.effects if isinstance(one, OpenTask)]
    assert len([one for one in heard if one.startswith("say")]) == enough
    assert heard[enough:] == ["ask unclear"]


def test_a_day_later_the_phone_is_answered_again() -> None:
    contact = a_contact(a_lead())
    for minute in (0, 15, 30):
        contact = told_to(contact, "HELP", minute).contact
    assert tell(told_to(contact, "HELP", 24 * 60 + 1))[0] == ["say Lakeside: call +13125550100"]


def test_yes_beyond_enough_pauses_and_asks_a_person() -> None:
    contact = a_contact(a_lead())
    for minute in (0, 15, 30):
        contact = told_to(contact, "yes", minute).contact
    assert tell(told_to(contact, "yes", 45)) == (["hold the step", "ask unclear"], Stage.PAUSED)


def test_stop_is_confirmed_however_much_was_said() -> None:
    contact = a_contact(a_lead())
    for minute in (0, 15, 30):
        contact = told_to(contact, "HELP", minute).contact
    decision = decide(contact, a_reply("STOP", sender="second"), NOW, CLINIC)
    assert tell(decision)[0] == [*STOPPED, "say Lakeside: no more texts."]


def test_the_same_words_again_within_minutes_are_answered_once() -> None:
    first = told_to(a_contact(a_lead()), "YES", 0)
    again = told_to(first.contact, " yes ", 3)
    later = told_to(again.contact, "YES", 30)
    assert [LINK in tell(one)[0] for one in (first, again, later)] == [True, False, True]


def test_no_second_answer_while_the_first_waits_to_leave() -> None:
    """A sender is held, say: two answers would arrive in a row. Help and safety are owed all the same."""
    first = told_to(a_contact(a_lead()), "YES", 0, sent=False)
    assert tell(told_to(first.contact, "yes please", 3, sent=False))[0] == ["hold the step", "plan second"]
    assert tell(told_to(first.contact, "how much is it?", 3))[0] == ["hold the step", "ask question"]
    assert tell(told_to(first.contact, "HELP", 3))[0] == ["say Lakeside: call +13125550100"]


def test_a_yes_that_gets_no_link_because_a_courtesy_waits_is_for_a_person() -> None:
    """The link would arrive in a row with it, so it is not sent; and nobody but the machine has read the yes."""
    asked = told_to(a_contact(a_lead()), "how much is it?", 0, sent=False)
    told_yes = told_to(asked.contact, "YES", 3, sent=False)
    assert tell(told_yes)[0] == ["hold the step", "ask booking_help", "plan second"]
    assert tell(told_to(told_yes.contact, "yes please", 6))[0] == ["hold the step", "plan second"]


def test_what_is_remembered_survives_being_stored() -> None:
    talk = told_to(a_contact(a_lead()), "YES", 0).contact.talk
    offer = Offer(lead_id="lead_maria", of="times", choices=("mornings",), until=NOW)
    for one in (Talk(), talk, replace(talk, offer=offer)):
        assert talk_from(one.as_json()) == one


# -- an answer that never arrives --------------------------------------------------------------


def lost(contact: Contact, what: Any) -> Decision:
    """What follows when the last thing said is lost in this way."""
    said = contact.talk.said[-1]
    return decide(contact, replace(what, message_id=said.id, lead_id=said.lead_id, step=None), NOW, CLINIC)


@pytest.mark.parametrize(
    "what", [make.a_drop("expiry"), make.a_drop("consent"), make.a_failure("refused"), make.a_failure("sender_fault")]
)
def test_a_link_that_is_lost_opens_booking_help_once(what: Event) -> None:
    contact = told_to(a_contact(a_lead()), "YES", 0, sent=False).contact
    first = lost(contact, what)
    asked = [one.kind for one in first.effects if isinstance(one, OpenTask)]
    assert asked == ["booking_help"]
    assert [one for one in lost(first.contact, make.a_drop("expiry")).effects if isinstance(one, OpenTask)] == []


def test_a_help_text_that_is_lost_asks_a_person() -> None:
    contact = told_to(a_contact(a_lead(Stage.PAUSED)), "HELP", 0, sent=False).contact
    assert tell(lost(contact, make.a_drop("expiry"))) == (["ask unclear"], Stage.PAUSED)


@pytest.mark.parametrize("words", ["YES", "HELP"])
def test_nobody_is_asked_about_an_answer_that_a_closed_phone_does_not_get(words: str) -> None:
    contact = told_to(a_contact(a_lead()), words, 0, sent=False).contact
    assert lost(contact, make.a_drop("suppression")).effects == ()


def test_an_acknowledgement_that_is_lost_costs_nothing() -> None:
    contact = told_to(a_contact(a_lead()), "how much is it?", 0, sent=False).contact
    assert lost(contact, make.a_drop("expiry")).effects == ()


def test_after_yes_to_the_last_step_the_end_comes_and_can_be_called_off() -> None:
    """Whoever answers again before it is not ended: the moment is one planned step like any other."""
    contact = told_to(a_contact(a_lead(Stage.NURTURE)), "YES", 0).contact
    paused = told_to(contact, "how much is it?", 20)
    assert tell(paused) == (["hold the step", "ask question", ACK], Stage.PAUSED)
    assert paused.contact.leads[0].pending is None


def test_a_lead_without_a_sequence_that_says_yes_is_finished_when_nothing_is_heard() -> None:
    contact = told_to(a_contact(a_lead(Stage.NEW)), "YES", 0).contact
    over = decide(contact, make.a_due_moment(message_id=contact.leads[0].pending, step=None), NOW, CLINIC)
    assert tell(over) == ([], Stage.FINISHED)
