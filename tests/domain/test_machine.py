"""What follows what: the table is total, every row of what follows what holds, and the laws above all rows too.

A decision is compared whole: the lead as it is afterwards, and every effect in order, each field of it.
"""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from app.domain.clinic import Channel
from app.domain.contact import Contact, Lead, Stage
from app.domain.contact import OpenTask as Waiting
from app.domain.effects import (
    CancelTasks,
    CancelTexts,
    CloseTask,
    Effect,
    HoldSender,
    LiftSuppression,
    OpenTask,
    Purpose,
    RecordConsent,
    ScheduleText,
    Suppress,
)
from app.domain.events import EVENTS, Appointment, ConsentAct, Event, TaskCompleted
from app.domain.handlers.answers import (
    LIKELY_OPT_OUT,
    LIKELY_URGENT,
    LIKELY_WRONG_NUMBER,
    REPLIES,
    URGENT_AND_OPT_OUT,
)
from app.domain.handlers.staff import OUTCOMES
from app.domain.handlers.texts import FAILURES
from app.domain.ids import derive_id
from app.domain.machine import TABLE, Decision, decide, set_aside
from app.domain.replies import Intent
from app.domain.tasks import PRIORITY
from tests.domain import builders as make
from tests.domain.builders import NOW, a_clinic, a_contact, a_lead, a_reply, a_task

CLINIC = a_clinic()
TWO_HOURS = datetime(2026, 11, 17, 18, 0, tzinfo=UTC)
"""When the desk should have answered what came in at `NOW`: its lunch begins just then."""

TOMORROW = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
"""The next business day at 10:00 in Chicago."""

MARIA = "lead_maria"


def after(event: Event, *leads: Lead, **contact: Any) -> Decision:
    """What the machine makes of this event for a contact with these leads."""
    return decide(a_contact(*leads, **contact), event, NOW, CLINIC)


# The effects a row may have, with everything that does not matter for the row filled in.


def hold(reason: str, lead: str = MARIA) -> CancelTexts:
    return CancelTexts(lead_id=lead, reason=reason, steps_only=True)


def silence(reason: str) -> CancelTexts:
    return CancelTexts(lead_id=None, reason=reason)


def text(event: Event, place: int, purpose: Purpose, words: str, **more: Any) -> ScheduleText:
    """A text that answers at once."""
    hour, day = timedelta(hours=1), timedelta(hours=24)
    lives = {Purpose.ANSWER: hour, Purpose.HELP: hour, Purpose.REPLY: day}
    at_once = purpose in (Purpose.STOP_CONFIRMATION, Purpose.SAFETY)
    given: dict[str, Any] = {
        "id": derive_id("msg", event.id, place),
        "lead_id": MARIA,
        "due_at": NOW,
        "expires_at": NOW + lives.get(purpose, timedelta(minutes=15)),
        "urgency": 0 if at_once else 1,
        "sender": "main",
        "consent_id": "consent_given",
    }
    return ScheduleText(purpose=purpose, text=words, **{**given, **more})


STEP_TEXTS = {
    "first": "Hi Maria, Lakeside. YES?",
    "second": "Lakeside: still looking?",
    "call": "",
    "last": "Lakeside: we close your request.",
}


def step(event: Event, place: int, key: str, due: datetime, expires: datetime, **more: Any) -> ScheduleText:
    """A step of the sequence, planned."""
    given: dict[str, Any] = {
        "id": derive_id("msg", event.id, place),
        "lead_id": MARIA,
        "urgency": 2 if key == "first" else 3,
        "sender": "main",
        "text": STEP_TEXTS[key],
        "channel": Channel.CALL if key == "call" else Channel.TEXT,
        "consent_id": "consent_given",
        "sequence": "request",
        "version": 1,
    }
    return ScheduleText(purpose=Purpose.STEP, due_at=due, expires_at=expires, **{"step": key, **given, **more})


def task(event: Event, place: int, kind: str, about: str, **more: Any) -> OpenTask:
    """A task for the desk."""
    given: dict[str, Any] = {
        "id": derive_id("task", event.id, place),
        "lead_id": MARIA,
        "due_at": NOW if kind == "urgent" else TWO_HOURS,
        "event_id": event.id,
        "team": "desk",
        "escalates_at": NOW + timedelta(minutes=15) if kind == "urgent" else None,
    }
    return OpenTask(kind=kind, priority=PRIORITY[kind], about=about, **{**given, **more})


def recorded(event: Event, place: int, status: str, act: ConsentAct, method: str, **more: Any) -> RecordConsent:
    """A row for the ledger, about Maria's lead."""
    given: dict[str, Any] = {
        "lead_id": MARIA,
        "person": MARIA,
        "source": "website",
        "clinic_name": "Lakeside",
        "by": getattr(event, "by", None) or getattr(event, "assignee", None),
    }
    return RecordConsent(
        id=derive_id("consent", event.id, place), status=status, act=act, method=method, **{**given, **more}
    )


def withdrawn(event: Event, place: int, method: str, person: str | None = None, **more: Any) -> RecordConsent:
    """The whole phone's consent ends, or this person's."""
    act = ConsentAct(sms=False, at=NOW, reason=getattr(event, "reason", None))
    return recorded(event, place, "withdrawn", act, method, person=person, **more)


def granted(event: Event, place: int, lead: str = "lead_new", person: str | None = None) -> RecordConsent:
    more = {"lead_id": lead, "person": person or lead, "text_key": "web"}
    return recorded(event, place, "granted", make.CONSENT, "web_form", **more)


def close(outcome: Any) -> CloseTask:
    return CloseTask(id="task_open", outcome=outcome, assignee="ana")


FRIDAY_CLOSE = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
THURSDAY_CLOSE = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
SECOND = {"key": "second", "due": TOMORROW, "expires": FRIDAY_CLOSE}
"""The second step as it is planned anew at `NOW`."""


# -- the table ---------------------------------------------------------------------------------


def test_the_table_has_a_cell_for_every_stage_and_every_event() -> None:
    assert set(TABLE) == {*Stage, None}
    assert {stage: set(row) for stage, row in TABLE.items()} == {stage: set(EVENTS) for stage in (*Stage, None)}
    assert sum(map(len, TABLE.values())) == 9 * len(EVENTS)


def test_the_reply_table_has_a_cell_for_every_stage_and_every_meaning() -> None:
    meanings = {*Intent, LIKELY_OPT_OUT, LIKELY_URGENT, LIKELY_WRONG_NUMBER, URGENT_AND_OPT_OUT}
    assert {stage: set(row) for stage, row in REPLIES.items()} == dict.fromkeys((*Stage, None), meanings)


def test_every_outcome_and_every_cause_of_failure_has_a_handler() -> None:
    assert set(OUTCOMES) == set(make.OUTCOMES)
    assert set(FAILURES) == {"opted_out", "dead_number", "sender_fault", "refused", "address_refused"}


def test_the_examples_cover_every_event() -> None:
    assert {type(one) for one in make.one_of_each()} == set(EVENTS)


# -- every cell runs, and keeps the laws -------------------------------------------------------

CLOSED_BY = (None, "stop", "carrier", "staff")
STANDINGS = {
    "plain": {},
    "without consent": {"consent_id": None},
    "nothing planned": {"pending": None},
    "at its last step": {"step": 3},
    "past its last step": {"step": 4, "pending": None},
    "without a sequence": {"sequence": None, "version": 0, "step": 0, "pending": None},
    "on a version that is gone": {"version": 7},
}


def standings() -> list[Contact]:
    """Contacts of every stage and standing, with and without tasks, open and closed, alone and shared."""
    tasks = (a_task("question"), a_task("call", id="task_call"))
    bare = [a_contact(suppressed_by=by, tasks=held) for by in CLOSED_BY for held in ((), (a_task(lead_id=None),))]
    lone = [
        a_contact(a_lead(stage, **changes), suppressed_by=by, tasks=held)
        for stage in Stage
        for changes in STANDINGS.values()
        for by in CLOSED_BY
        for held in ((), tasks)
        if by is None or stage is not Stage.TEXTING  # a closed phone is texted by nobody
    ]
    jo = a_lead(Stage.TEXTING, id="lead_jo", first_name="Jo", token="jo", pending="msg_jo", captured_at=NOW)
    shared = [a_contact(a_lead(stage), jo) for stage in Stage if stage is not Stage.TEXTING]
    return bare + lone + shared


@pytest.mark.parametrize("event", make.one_of_each(), ids=lambda one: one.kind)
def test_every_cell_runs_and_keeps_the_laws(event: Event) -> None:
    """Same input, same decision; one live step a lead; nobody closed is texted; opting out leaves nothing planned."""
    for contact in standings():
        untouched = replace(contact)
        decision = decide(contact, event, NOW, CLINIC)
        assert contact == untouched
        assert decision == decide(contact, event, NOW, CLINIC)
        assert_ids_differ(decision.effects)
        assert_one_live_step(contact, decision)
        assert_closed_phones_are_left_alone(decision, event)
        assert_opting_out_is_whole(decision)
        assert_opted_out_stays(contact, decision, event)


def assert_opted_out_stays(contact: Contact, decision: Decision, event: Event) -> None:
    """Only the phone's own START, or an appointment that was made, takes a lead out of `opted_out`."""
    if getattr(event, "body", "") == "START" or isinstance(event, Appointment):
        return
    if isinstance(event, TaskCompleted) and event.outcome == "booked":
        return
    closed = [lead.id for lead in contact.leads if lead.stage is Stage.OPTED_OUT]
    assert [lead.id for lead in decision.contact.leads if lead.id in closed and lead.stage is not Stage.OPTED_OUT] == []


def assert_ids_differ(effects: tuple[Effect, ...]) -> None:
    ids = [one.id for one in effects if isinstance(one, ScheduleText | OpenTask | RecordConsent)]
    assert len(ids) == len(set(ids))


def assert_one_live_step(contact: Contact, decision: Decision) -> None:
    """Played in order, the effects never leave a lead with two steps, and the lead names the one that is left."""
    live = {lead.id: {lead.pending} - {None} for lead in contact.leads}
    for effect in decision.effects:
        if isinstance(effect, CancelTexts):
            live |= {lead_id: set() for lead_id in live if effect.lead_id in (None, lead_id)}
        elif isinstance(effect, ScheduleText) and effect.purpose is Purpose.STEP:
            live.setdefault(str(effect.lead_id), set()).add(effect.id)
    named = {lead.id: lead.pending for lead in decision.contact.leads}
    for lead_id, texts in live.items():
        # What the event says has ended (sent, dropped, refused, closed by opting out) is no longer named by its lead.
        left = texts - {"msg_pending"} if named[lead_id] != "msg_pending" else texts
        assert left == {named[lead_id]} - {None}


def assert_closed_phones_are_left_alone(decision: Decision, event: Event) -> None:
    if decision.contact.suppressed_by is None:
        return
    purposes = {one.purpose for one in decision.effects if isinstance(one, ScheduleText)}
    may = {Purpose.STOP_CONFIRMATION, Purpose.SAFETY}  # safety is asked for; the gate has the last word
    may |= {Purpose.REPLY} if event.kind == "answer_written" else set()
    may |= {Purpose.HELP} if getattr(event, "body", "") == "HELP" else set()
    assert purposes <= may


def assert_opting_out_is_whole(decision: Decision) -> None:
    """Whoever closes the phone: every lead is opted out, nothing is planned, at most a confirmation leaves."""
    if not any(isinstance(one, Suppress) for one in decision.effects):
        return
    assert {lead.stage for lead in decision.contact.leads} <= {Stage.OPTED_OUT}
    assert {lead.pending for lead in decision.contact.leads} <= {None}
    texts = [one for one in decision.effects if isinstance(one, ScheduleText)]
    assert [one.purpose for one in texts] in ([], [Purpose.STOP_CONFIRMATION])


@pytest.mark.parametrize("stage", [None, *Stage])
def test_stop_is_obeyed_in_every_stage(stage: Stage | None) -> None:
    """The order of effects, too: everything is cancelled first, then consent is withdrawn, then the phone is closed."""
    leads = (a_lead(stage), a_lead(Stage.PAUSED, id="lead_jo", token="jo")) if stage else ()
    event = a_reply("STOP")
    decision = after(event, *leads)
    record = withdrawn(event, 1, "text message")
    subject = decision.effects[1].lead_id if stage else None
    record = replace(record, lead_id=subject, source="website" if stage else None)
    assert decision.effects == (silence("opted out"), record, Suppress(by="stop"))
    assert decision.contact.suppressed_by == "stop"
    assert [one.stage for one in decision.contact.leads] == [Stage.OPTED_OUT] * len(leads)


# -- what follows what, row by row ---------------------------------------------------------------------


def one_lead(decision: Decision) -> Lead:
    (lead,) = decision.contact.leads
    return lead


def test_a_lead_with_consent_is_texted() -> None:
    event = make.a_submission()
    decision = after(event)
    first = step(
        event, 1, "first", NOW, THURSDAY_CLOSE, lead_id="lead_new", consent_id=derive_id("consent", event.id, 0)
    )
    assert decision.effects == (granted(event, 0), first)
    lead = one_lead(decision)
    assert (lead.stage, lead.sequence, lead.version, lead.step) == (Stage.TEXTING, "request", 1, 0)
    assert (lead.pending, lead.consent_id) == (first.id, derive_id("consent", event.id, 0))


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"request": "call"}, "call"),
        ({"preferred_channel": "call"}, "call"),
        ({"preferred_channel": "email", "email": "m@x.example"}, "email_follow_up"),
        ({"preferred_channel": "email"}, "email_follow_up"),
    ],
)
def test_a_lead_that_would_not_be_texted_is_a_task(changes: Any, kind: str) -> None:
    """Another channel asked for: a person calls or writes, no text is planned."""
    event = make.a_submission(message="My back hurts", **changes)
    decision = after(event)
    assert decision.effects == (granted(event, 0), task(event, 1, kind, "My back hurts", lead_id="lead_new"))
    assert (one_lead(decision).stage, one_lead(decision).pending) == (Stage.NEW, None)


@pytest.mark.parametrize(
    ("act", "channel", "problem", "about"),
    [
        (None, None, None, "My back hurts"),
        (None, "email", None, "My back hurts"),
        (ConsentAct(sms=False, text="I agree to texts."), None, "not_ticked", "My back hurts"),
        (ConsentAct(sms=True), None, "no_words", "My back hurts (The form did not send the consent words it showed.)"),
        (
            ConsentAct(sms=True, text="I agree to calls."),
            "email",
            "words_not_on_file",
            "My back hurts (The consent words that the form showed are not on file at the clinic.)",
        ),
    ],
)
def test_a_lead_that_may_not_be_texted_is_a_task_that_says_why(
    act: ConsentAct | None, channel: str | None, problem: str | None, about: str
) -> None:
    """No consent, or none that counts: a person calls or writes, and what the form sent is kept as evidence."""
    event = make.a_submission(message="My back hurts", consent=act, preferred_channel=channel)
    decision = after(event)
    kind = "email_follow_up" if channel else "call"
    kept = () if act is None else (recorded(event, 0, "unmatched", act, "web_form", **NEW, problem=problem),)
    assert decision.effects == (*kept, task(event, len(kept), kind, about, lead_id="lead_new"))
    assert (one_lead(decision).stage, one_lead(decision).consent_id) == (Stage.NEW, None)


NEW = {"lead_id": "lead_new", "person": "lead_new"}


@pytest.mark.parametrize("stage", [Stage.TEXTING, Stage.PAUSED])
def test_yes_sends_the_link_and_plans_the_next_step_anew(stage: Stage) -> None:
    event = a_reply("YES")
    decision = after(event, a_lead(stage, step=1))
    link = text(event, 1, Purpose.ANSWER, "Lakeside: http://leadline.test/b/token")
    assert decision.effects == (hold("the person said yes"), link, step(event, 2, **SECOND))
    lead = one_lead(decision)
    assert (lead.stage, lead.step, lead.pending) == (Stage.TEXTING, 1, derive_id("msg", event.id, 2))


def test_yes_after_the_last_step_sends_the_link_and_the_end_comes_when_nothing_is_heard() -> None:
    """The end is a moment without a step, `resume_after` from now; what was nurtured is nurtured again after it."""
    event = a_reply("YES")
    decision = after(event, a_lead(Stage.NURTURE))
    link = text(event, 1, Purpose.ANSWER, "Lakeside: http://leadline.test/b/token")
    end = step(event, 2, "last", TOMORROW, FRIDAY_CLOSE, step=None, text="", channel=Channel.WAIT)
    assert decision.effects == (hold("the person said yes"), link, end)
    assert (one_lead(decision).stage, one_lead(decision).pending) == (Stage.TEXTING, end.id)
    over = decide(decision.contact, make.a_due_moment(message_id=end.id, step=None), TOMORROW, CLINIC)
    assert over.effects == ()
    assert (one_lead(over).stage, one_lead(over).pending) == (Stage.NURTURE, None)


def test_no_ends_it_with_the_clinics_one_closing_line() -> None:
    event = a_reply("No, thanks")
    decision = after(event, a_lead())
    assert decision.effects == (silence("the person said no"), text(event, 1, Purpose.ANSWER, "Lakeside: goodbye."))
    assert one_lead(decision).stage is Stage.DECLINED


def test_a_clinic_without_a_closing_line_says_nothing_to_a_no() -> None:
    silent = a_clinic(answers={})
    decision = decide(a_contact(a_lead()), a_reply("NO"), NOW, silent)
    assert decision.effects == (silence("the person said no"),)


def test_already_booked_is_booked_and_cancels_the_tasks_of_scheduling() -> None:
    event = a_reply("I already booked")
    question, call = a_task("question"), a_task("call", id="task_call")
    decision = after(event, a_lead(), tasks=(question, call))
    assert decision.effects == (
        silence("the person has booked already"),
        CancelTasks(ids=("task_call",), reason="booked already"),
    )
    assert (one_lead(decision).stage, decision.contact.tasks) == (Stage.BOOKED, (question,))


def test_stop_is_confirmed_where_we_confirm_it_and_only_once() -> None:
    """`stop_confirmed_by` is the sender's to which the person wrote; a phone that is closed already hears nothing."""
    event = a_reply("STOP", sender="second")
    first = after(event, a_lead())
    confirmation = text(event, 3, Purpose.STOP_CONFIRMATION, "Lakeside: no more texts.", sender="second")
    assert first.effects == (
        silence("opted out"),
        withdrawn(event, 1, "text message"),
        Suppress(by="stop"),
        confirmation,
    )
    again = a_reply("STOP", sender="second")
    assert decide(first.contact, again, NOW, CLINIC).effects == (
        silence("opted out"),
        withdrawn(again, 1, "text message"),
    )


def test_a_likely_opt_out_pauses_and_a_person_looks() -> None:
    words = "can you stop texting so much"
    event = a_reply(words)
    decision = after(event, a_lead())
    assert decision.effects == (silence("possible_opt_out: a person looks"), task(event, 1, "possible_opt_out", words))
    assert (one_lead(decision).stage, decision.contact.suppressed_by) == (Stage.PAUSED, None)


TUESDAY_MORNINGS = {"weekdays": ["tuesday"], "parts": ["morning"]}
HANDED_OVER = {
    "question": "how much is it?",
    "unclear": "bananas",
    "time_preference": "Tuesday mornings",
    "callback": "call me",
}


@pytest.mark.parametrize("kind", HANDED_OVER)
def test_what_a_person_must_answer_pauses_and_is_acknowledged_once(kind: str) -> None:
    words = HANDED_OVER[kind]
    event, again = a_reply(words), a_reply(words)
    first = after(event, a_lead())
    held = hold(f"{kind}: a person answers")
    acknowledged = text(event, 2, Purpose.ANSWER, "Lakeside: a person will answer.")
    wish = TUESDAY_MORNINGS if kind == "time_preference" else None
    assert first.effects == (held, task(event, 1, kind, words, wish=wish), acknowledged)
    assert one_lead(first).stage is Stage.PAUSED
    assert decide(first.contact, again, NOW, CLINIC).effects == (held, task(again, 1, kind, words, wish=wish))


def test_a_picture_without_words_is_unclear() -> None:
    event = a_reply("", media=2)
    assert after(event, a_lead()).effects[1] == task(event, 1, "unclear", "(no words, 2 pictures)")


def test_a_wrong_number_is_finished_for_this_person_and_asked_about() -> None:
    event = a_reply("wrong number")
    decision = after(event, a_lead())
    asked = task(event, 2, "wrong_number", "wrong number")
    assert decision.effects == (silence("wrong number"), withdrawn(event, 1, "wrong number", MARIA), asked)
    lead = one_lead(decision)
    assert (lead.stage, lead.consent_id, decision.contact.suppressed_by) == (Stage.FINISHED, None, None)


def test_a_person_reported_as_a_wrong_number_is_never_texted_here_again_but_another_is() -> None:
    wrong = decide(a_contact(a_lead()), a_reply("wrong number"), NOW, CLINIC).contact
    same, another = make.a_submission(first_name="MARIA "), make.a_submission(first_name="Jo")
    about = "This name was reported as a wrong number on this phone before."
    assert decide(wrong, same, NOW, CLINIC).effects == (
        granted(same, 0, person=MARIA),
        task(same, 1, "wrong_number", about, lead_id="lead_new"),
    )
    assert decide(wrong, another, NOW, CLINIC).contact.leads[1].stage is Stage.TEXTING


def test_a_consent_that_comes_later_does_not_open_a_wrong_number_either() -> None:
    wrong = decide(a_contact(a_lead()), a_reply("wrong number"), NOW, CLINIC).contact
    unticked = decide(wrong, make.a_submission(consent=None), NOW, CLINIC).contact
    event = make.a_consent(lead_id="lead_new")
    decision = decide(unticked, event, NOW, CLINIC)
    assert decision.effects == (granted(event, 0, person=MARIA),)
    assert decision.contact.leads[1].stage is Stage.NEW


def test_urgent_pauses_and_sends_the_safety_text_at_once() -> None:
    words = "I have chest pain"
    event = a_reply(words)
    decision = after(event, a_lead())
    assert decision.effects == (
        silence("urgent: a person looks"),
        task(event, 1, "urgent", words),
        text(event, 2, Purpose.SAFETY, "Lakeside: call 911."),
    )
    assert one_lead(decision).stage is Stage.PAUSED


@pytest.mark.parametrize("stage", list(Stage))
def test_help_changes_nothing_and_says_whom_to_call(stage: Stage) -> None:
    event = a_reply("HELP")
    lead = a_lead(stage)
    decision = after(event, lead)
    assert decision.effects == (text(event, 0, Purpose.HELP, "Lakeside: call +13125550100"),)
    assert decision.contact == replace(a_contact(lead, sender="main"), talk=decision.contact.talk)
    assert [one.name for one in decision.contact.talk.said] == ["help"]


@pytest.mark.parametrize("by", ["stop", "carrier"])
def test_start_lifts_the_phones_own_stop_and_sends_nothing(by: str) -> None:
    event = a_reply("START")
    decision = after(event, a_lead(Stage.OPTED_OUT), suppressed_by=by)
    act = ConsentAct(sms=True, text="START", at=NOW)
    assert decision.effects == (
        LiftSuppression(),
        recorded(event, 1, "renewed", act, "text message"),
        hold("START: a person looks"),
        task(event, 3, "unclear", "START"),
    )
    lead = one_lead(decision)
    assert (lead.stage, decision.contact.suppressed_by) == (Stage.PAUSED, None)
    assert lead.consent_id == derive_id("consent", event.id, 1)


def test_start_gives_no_consent_to_who_had_none_nor_to_others_on_the_phone() -> None:
    jo = a_lead(Stage.OPTED_OUT, id="lead_jo", first_name="Jo", token="jo", captured_at=NOW - timedelta(days=9))
    renewed = after(a_reply("START"), a_lead(Stage.OPTED_OUT), jo, suppressed_by="stop").contact
    never = after(a_reply("START"), a_lead(Stage.OPTED_OUT, consent_id=None), jo, suppressed_by="stop")
    assert [one.consent_id is None for one in renewed.leads] == [False, True]
    assert [one for one in never.effects if isinstance(one, RecordConsent)] == []


def test_start_does_not_undo_what_staff_closed() -> None:
    event = a_reply("START")
    decision = after(event, a_lead(Stage.OPTED_OUT), suppressed_by="staff")
    assert decision.effects == (task(event, 0, "unclear", "START"),)
    assert (one_lead(decision).stage, decision.contact.suppressed_by) == (Stage.OPTED_OUT, "staff")


@pytest.mark.parametrize(
    ("what", "stage", "reason"),
    [
        ("booked", Stage.BOOKED, "booked"),
        ("moved", Stage.BOOKED, "booked"),
        ("completed", Stage.FINISHED, "appointment completed"),
    ],
)
@pytest.mark.parametrize("before", list(Stage))
def test_a_booking_cancels_texts_and_tasks_of_scheduling(what: str, stage: Stage, reason: str, before: Stage) -> None:
    mine, others, another = a_task("call"), a_task("call", "lead_jo", "task_jo"), a_task("question", id="task_question")
    jo = a_lead(Stage.FINISHED, id="lead_jo", token="jo")
    decision = after(make.an_appointment(what), a_lead(before), jo, tasks=(mine, others, another))
    assert decision.effects == (silence(reason), CancelTasks(ids=("task_open",), reason=reason))
    assert (decision.contact.leads[0].stage, decision.contact.leads[0].pending) == (stage, None)
    assert decision.contact.tasks == (others, another)


@pytest.mark.parametrize("what", ["cancelled", "missed"])
@pytest.mark.parametrize("before", [one for one in Stage if one is not Stage.OPTED_OUT])
def test_an_appointment_that_is_off_pauses_and_a_person_helps(what: str, before: Stage) -> None:
    starts = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    event = make.an_appointment(what, external_id="A7", starts_at=starts)
    decision = after(event, a_lead(before))
    about = f"Appointment {what}, booking A7, for 2026-11-20T15:00:00+00:00."
    assert decision.effects == (silence("the appointment is off"), task(event, 1, "booking_help", about))
    assert one_lead(decision).stage is Stage.PAUSED


@pytest.mark.parametrize("what", make.APPOINTMENTS)
def test_a_booking_that_matches_nobody_is_a_task(what: str) -> None:
    event = make.an_appointment(what, lead_id=None)
    about = f"Appointment {what}; it matches no lead."
    assert after(event).effects == (task(event, 0, "booking_help", about, lead_id=None),)


OVER = (Stage.BOOKED, Stage.DECLINED, Stage.FINISHED, Stage.OPTED_OUT)
AS_READ = {
    "yes": "booking_help",
    "no": "unclear",
    "booked": "unclear",
    "question": "question",
    "callback": "callback",
    "time": "time_preference",
    "other": "unclear",
    "likely stop": "possible_opt_out",
    "wrong number": "wrong_number",
    "urgent": "urgent",
}


@pytest.mark.parametrize("stage", OVER)
@pytest.mark.parametrize("meaning", AS_READ)
def test_when_it_is_over_a_reply_is_a_task_and_changes_nothing(stage: Stage, meaning: str) -> None:
    event = a_reply(make.SAYINGS[meaning])
    lead = a_lead(stage)
    kind = "unclear" if (stage, meaning) == (Stage.OPTED_OUT, "yes") else AS_READ[meaning]
    decision = after(event, lead)
    asked = task(event, 0, kind, event.body, wish=TUESDAY_MORNINGS if meaning == "time" else None)
    assert decision.effects == (asked,)
    assert decision.contact == a_contact(lead, sender="main", tasks=(Waiting(id=asked.id, lead_id=MARIA, kind=kind),))


def test_an_answered_task_lets_the_sequence_go_on_after_a_decent_pause() -> None:
    """By its own delay of a minute the step would be due at once; `resume_after` makes it wait a business day."""
    quick = tuple(replace(one, after=make.span(1, "m"), at=None) for one in make.STEPS)
    clinic = a_clinic(sequences=(replace(make.SEQUENCE, steps=quick),))
    event = make.a_completion("answered")
    decision = decide(a_contact(a_lead(Stage.PAUSED), tasks=(a_task(),)), event, NOW, clinic)
    planned = step(event, 2, **SECOND)
    assert decision.effects == (close("answered"), hold("answered: planned anew"), planned)
    assert (one_lead(decision).stage, one_lead(decision).pending) == (Stage.TEXTING, planned.id)


def test_an_answered_task_resumes_nothing_while_another_question_is_open() -> None:
    lead = a_lead(Stage.PAUSED)
    left = a_task(id="task_other")
    decision = after(make.a_completion("answered"), lead, tasks=(a_task(), left))
    assert decision == Decision(contact=a_contact(lead, tasks=(left,)), effects=(close("answered"),))


def test_a_task_that_ended_in_a_booking_books() -> None:
    decision = after(
        make.a_completion("booked"), a_lead(Stage.PAUSED), tasks=(a_task(), a_task("call", id="task_call"))
    )
    assert decision.effects == (
        close("booked"),
        silence("booked"),
        CancelTasks(ids=("task_call",), reason="booked"),
    )
    assert one_lead(decision).stage is Stage.BOOKED


@pytest.mark.parametrize("before", [0, 1, 2])
def test_nobody_picked_up_is_tried_again_the_next_business_day_twice_at_most(before: int) -> None:
    event = make.a_completion("no_answer")
    decision = after(event, a_lead(no_answers=before), tasks=(a_task("call"),))
    about = "Nobody answered: try again."
    again = task(
        event, 2, "call", about, due_at=TOMORROW + timedelta(hours=1), snoozed_until=TOMORROW - timedelta(hours=1)
    )
    assert decision.effects == (close("no_answer"), hold("no answer"), *((again,) if before < 2 else ()))
    lead = one_lead(decision)
    assert (lead.stage, lead.no_answers, lead.pending) == (Stage.PAUSED, min(before + 1, 2), None)


def test_a_refusal_written_down_later_withdraws_consent_and_pauses() -> None:
    event = make.a_consent(consent=ConsentAct(sms=False, at=NOW))
    decision = after(event, a_lead())
    assert decision.effects == (withdrawn(event, 0, "told to staff", MARIA), silence("consent withdrawn"))
    assert (one_lead(decision).stage, one_lead(decision).consent_id) == (Stage.PAUSED, None)


@pytest.mark.parametrize(
    ("outcome", "stage", "effects"),
    [
        ("not_interested", Stage.DECLINED, [silence("not interested")]),
        ("other", Stage.PAUSED, [hold("a person looks after this lead")]),
    ],
)
def test_what_else_came_of_a_task(outcome: Any, stage: Stage, effects: list[Effect]) -> None:
    decision = after(make.a_completion(outcome), a_lead(), tasks=(a_task(),))
    assert decision.effects == (close(outcome), *effects)
    assert (one_lead(decision).stage, one_lead(decision).pending, decision.contact.tasks) == (stage, None, ())


def test_a_coordinator_who_heard_an_opt_out_or_a_wrong_number_ends_it_like_a_text() -> None:
    left, wrong = make.a_completion("opted_out"), make.a_completion("wrong_number")
    opted_out = after(left, a_lead(), tasks=(a_task(),))
    assert opted_out.effects == (
        close("opted_out"),
        silence("opted out"),
        withdrawn(left, 2, "told to staff"),
        Suppress(by="staff"),
    )
    assert (one_lead(opted_out).stage, opted_out.contact.suppressed_by) == (Stage.OPTED_OUT, "staff")
    finished = after(wrong, a_lead(), tasks=(a_task(),))
    assert finished.effects == (
        close("wrong_number"),
        silence("wrong number"),
        withdrawn(wrong, 2, "wrong number", MARIA),
    )
    assert (one_lead(finished).stage, one_lead(finished).consent_id) == (Stage.FINISHED, None)


@pytest.mark.parametrize(("then", "stage"), [("nurture", Stage.NURTURE), (None, Stage.FINISHED)])
def test_after_the_last_step_comes_nurture_or_the_end(then: str | None, stage: Stage) -> None:
    clinic = a_clinic(sequences=(replace(make.SEQUENCE, then=then),))
    event = make.a_sent(step="last")
    decision = decide(a_contact(a_lead(step=3)), event, NOW, clinic)
    assert decision.effects == ()
    assert (one_lead(decision).stage, one_lead(decision).step, one_lead(decision).pending) == (stage, 4, None)


def test_a_dead_number_pauses_every_lead_of_the_phone_and_one_person_is_asked() -> None:
    event, again = make.a_failure("dead_number"), make.a_failure("dead_number", message_id="msg_older")
    jo = a_lead(Stage.NEW, id="lead_jo", token="jo")
    decision = after(event, a_lead(), jo)
    about = "The carrier says that this number cannot receive texts."
    assert decision.effects == (silence("the number takes no texts"), task(event, 1, "delivery_problem", about))
    assert [one.stage for one in decision.contact.leads] == [Stage.PAUSED, Stage.PAUSED]
    assert decide(decision.contact, again, NOW, CLINIC).effects == (silence("the number takes no texts"),)


def test_a_carrier_that_says_opted_out_is_believed() -> None:
    event = make.a_failure("opted_out")
    decision = after(event, a_lead())
    assert decision.effects == (silence("opted out"), withdrawn(event, 1, "carrier"), Suppress(by="carrier"))
    assert (one_lead(decision).stage, decision.contact.suppressed_by) == (Stage.OPTED_OUT, "carrier")
    assert decide(decision.contact, make.a_failure("opted_out"), NOW, CLINIC).effects == ()


def test_a_sender_at_fault_is_held_and_the_lead_stands() -> None:
    event = make.a_failure("sender_fault", code="30034")
    decision = after(event, a_lead())
    about = "The carrier refuses texts from main (code 30034); nothing leaves by it until it is freed."
    asked = task(event, 0, "delivery_problem", about, lead_id=None)
    held = HoldSender(sender="main", code="30034", task=asked)
    assert decision.effects == (held, step(event, 1, **SECOND))
    assert (one_lead(decision).stage, one_lead(decision).step) == (Stage.TEXTING, 1)
    assert decision.contact.tasks == ()


CALL = {
    "key": "call",
    "due": datetime(2026, 11, 18, 16, 0, tzinfo=UTC),
    "expires": FRIDAY_CLOSE,
}


@pytest.mark.parametrize(
    "event",
    [
        make.a_sent(),
        make.an_unknown(),
        make.a_drop("expiry"),
        make.a_drop("test_lead"),
    ],
    ids=["sent", "unknown", "expired", "dropped"],
)
def test_when_a_step_is_done_the_next_is_planned(event: Event) -> None:
    decision = after(event, a_lead())
    assert decision.effects == (step(event, 0, **CALL),)
    lead = one_lead(decision)
    assert (lead.stage, lead.step, lead.pending) == (Stage.TEXTING, 2, derive_id("msg", event.id, 0))


def test_a_text_refused_for_another_reason_is_a_task_and_the_next_step_is_planned() -> None:
    event = make.a_failure("refused", code="21617")
    decision = after(event, a_lead())
    about = "The carrier refused a text (code 21617)."
    assert decision.effects == (task(event, 0, "delivery_problem", about), step(event, 1, **CALL))


def test_an_unknown_text_that_nobody_finds_is_one_task() -> None:
    event = make.an_unknown(settled=True)
    about = "Whether a message was sent could not be found out."
    lead = a_lead(step=2)
    decision = after(event, lead)
    assert decision.effects == (task(event, 0, "delivery_problem", about),)
    assert decision.contact.leads == (lead,)


def test_a_call_step_opens_its_task_and_is_done() -> None:
    event = make.a_due_moment()
    decision = after(event, a_lead(step=2))
    last = step(event, 1, "last", THURSDAY_CLOSE - timedelta(hours=7), datetime(2026, 11, 23, 23, 0, tzinfo=UTC))
    assert decision.effects == (task(event, 0, "call", "Try a call."), last)
    assert (one_lead(decision).stage, one_lead(decision).step) == (Stage.TEXTING, 3)


# -- what the rows leave to the order of things -------------------------------------------------


def test_a_step_that_left_before_a_yes_was_read_is_not_sent_again() -> None:
    """The text was on its way when YES planned it anew: its second plan is cancelled, the next step is planned."""
    replanned = decide(a_contact(a_lead()), a_reply("YES"), NOW, CLINIC).contact
    event = make.a_sent()
    decision = decide(replanned, event, NOW, CLINIC)
    assert decision.effects == (hold("this step has gone out already"), step(event, 1, **CALL))
    assert one_lead(decision).step == 2


def test_a_step_dropped_after_it_was_planned_anew_skips_nothing() -> None:
    """What the gate refused was the cancelled plan; the new one stands."""
    replanned = decide(a_contact(a_lead(Stage.PAUSED)), make.an_order("resume"), NOW, CLINIC).contact
    assert decide(replanned, make.a_drop("stage"), NOW, CLINIC) == Decision(contact=replanned, effects=())


@pytest.mark.parametrize("stage", [one for one in Stage if one not in (Stage.NEW, Stage.TEXTING)])
def test_a_step_that_arrives_late_is_remembered_and_plans_nothing(stage: Stage) -> None:
    decision = after(make.a_sent(), a_lead(stage, step=1))
    assert (decision.effects, one_lead(decision).step, one_lead(decision).stage) == ((), 2, stage)


def test_a_drop_for_good_ends_or_pauses_the_lead() -> None:
    closed, unasked = make.a_drop("suppression"), make.a_drop("consent")
    gone = after(closed, a_lead())
    assert (gone.effects, one_lead(gone).stage, one_lead(gone).pending) == ((), Stage.OPTED_OUT, None)
    paused = after(unasked, a_lead())
    about = "There is no valid consent to text this person."
    assert paused.effects == (task(unasked, 0, "call", about),)
    assert (one_lead(paused).stage, one_lead(paused).pending) == (Stage.PAUSED, None)


def test_the_same_person_asking_again_replaces_the_older_request() -> None:
    event = make.a_submission()
    decision = after(event, a_lead())
    consent = derive_id("consent", event.id, 1)
    first = step(event, 2, "first", NOW, THURSDAY_CLOSE, lead_id="lead_new", consent_id=consent)
    assert decision.effects == (hold("replaced by a newer request"), granted(event, 1, person=MARIA), first)
    assert [(one.id, one.stage, one.pending) for one in decision.contact.leads] == [
        (MARIA, Stage.FINISHED, None),
        ("lead_new", Stage.TEXTING, first.id),
    ]


@pytest.mark.parametrize("kind", ["possible_opt_out", "wrong_number", "urgent"])
def test_a_phone_that_a_person_must_look_at_first_is_not_texted_for_a_new_form(kind: str) -> None:
    event = make.a_submission()
    held = a_contact(a_lead(Stage.PAUSED, pending=None), tasks=(a_task(kind),))
    decision = decide(held, event, NOW, CLINIC)
    assert [type(one).__name__ for one in decision.effects] == ["RecordConsent", "OpenTask"]
    assert [(one.id, one.stage) for one in decision.contact.leads] == [
        ("lead_maria", Stage.PAUSED),
        ("lead_new", Stage.NEW),
    ]
    assert [one.kind for one in decision.contact.tasks] == [kind, "call"]


def test_another_person_on_a_phone_that_is_being_texted_is_called() -> None:
    event = make.a_submission(first_name="Jo")
    decision = after(event, a_lead())
    about = "Another person's request came in from a phone that is already being texted."
    assert decision.effects == (granted(event, 0), task(event, 1, "call", about, lead_id="lead_new"))
    assert [one.stage for one in decision.contact.leads] == [Stage.TEXTING, Stage.NEW]


def test_one_lead_of_a_phone_is_texted_at_a_time() -> None:
    """Consent, a resume, an answered task and a YES for the second lead of a phone all end with a person."""
    texted = a_lead(id="lead_jo", first_name="Jo", token="jo", pending="msg_jo")
    for stage, event in (
        (Stage.NEW, make.a_consent()),
        (Stage.PAUSED, make.an_order("resume")),
        (Stage.PAUSED, make.a_completion("answered")),
        (Stage.NEW, make.a_submission(duplicate_of=MARIA)),
    ):
        contact = a_contact(a_lead(stage, consent_id=None if stage is Stage.NEW else "consent_given"), texted)
        decision = decide(contact, event, NOW, CLINIC)
        assert [one.stage for one in decision.contact.leads] == [stage, Stage.TEXTING]
        assert [one for one in decision.effects if isinstance(one, ScheduleText)] == []


def test_a_reply_concerns_the_lead_that_is_being_texted() -> None:
    """A second person's request, newer and waiting for a call, does not draw the replies to itself."""
    jo = a_lead(Stage.NEW, id="lead_jo", first_name="Jo", token="jo", captured_at=NOW)
    event = a_reply("how much is it?")
    decision = after(event, a_lead(), jo)
    assert [one.stage for one in decision.contact.leads] == [Stage.PAUSED, Stage.NEW]


def test_who_shares_a_phone_pauses_when_everything_on_it_is_cancelled() -> None:
    jo = a_lead(Stage.NURTURE, id="lead_jo", first_name="Jo", token="jo")
    decision = after(a_reply("NO"), a_lead(), jo)
    assert [(one.stage, one.reason) for one in decision.contact.leads] == [
        (Stage.DECLINED, "said no"),
        (Stage.PAUSED, "another request on this phone: the person said no"),
    ]


def test_the_same_submission_again_fills_what_was_empty_and_starts_nothing_twice() -> None:
    facts = {"first_name": "Maria", "email": None, "zip": "60657"}
    event = make.a_submission(duplicate_of=MARIA, email="m@x.example", zip="10001", language="es")
    decision = after(event, a_lead(facts=facts))
    lead = one_lead(decision)
    assert decision.effects == (replace(granted(event, 0, MARIA), language="es"),)
    assert (lead.facts["email"], lead.facts["zip"], lead.language) == ("m@x.example", "60657", "es")
    assert (lead.stage, lead.pending, lead.consent_id) == (
        Stage.TEXTING,
        "msg_pending",
        derive_id("consent", event.id, 0),
    )


def test_a_later_consent_starts_the_texting() -> None:
    event = make.a_consent()
    decision = after(event, a_lead(Stage.NEW, consent_id=None))
    consent = derive_id("consent", event.id, 0)
    assert decision.effects == (
        granted(event, 0, MARIA),
        step(event, 1, "first", NOW, THURSDAY_CLOSE, consent_id=consent),
    )
    assert (one_lead(decision).stage, one_lead(decision).consent_id) == (Stage.TEXTING, consent)


@pytest.mark.parametrize("by", ["stop", "carrier", "staff"])
def test_a_form_does_not_reopen_a_closed_phone(by: str) -> None:
    event = make.a_submission()
    decision = after(event, a_lead(Stage.OPTED_OUT), suppressed_by=by)
    about = "This phone is closed to texts, and the person asked again by form."
    assert decision.effects == (granted(event, 0, person=MARIA), task(event, 1, "call", about, lead_id="lead_new"))
    assert [one.stage for one in decision.contact.leads] == [Stage.OPTED_OUT, Stage.NEW]


def test_staff_pause_resume_close_and_opt_out() -> None:
    pause, resume, ended, opt_out = (make.an_order(what) for what in ("pause", "resume", "close", "opt-out"))
    assert after(pause, a_lead()).effects == (hold("paused by staff"),)
    assert after(resume, a_lead(Stage.PAUSED)).effects == (hold("planned anew"), step(resume, 1, **SECOND))
    assert after(ended, a_lead()).effects == (hold("closed by staff"),)
    assert after(opt_out, a_lead()).effects == (
        silence("opted out"),
        withdrawn(opt_out, 1, "told to staff"),
        Suppress(by="staff"),
    )
    stages = [one_lead(after(one, a_lead())).stage for one in (pause, ended, opt_out)]
    assert stages == [Stage.PAUSED, Stage.FINISHED, Stage.OPTED_OUT]


def test_a_coordinators_answer_lives_a_day_and_keeps_its_own_id() -> None:
    event = make.an_answer()
    reply = text(event, 0, Purpose.REPLY, "Hello", id="msg_written", task_id="task_open")
    assert after(event, a_lead(Stage.PAUSED)).effects == (reply,)


def test_who_can_never_be_texted_in_clinic_hours_is_called() -> None:
    """Hours that never meet the person's legal window: no error, no endless wait, a person calls."""
    hawaii = a_lead(zones=("Pacific/Honolulu",))
    mornings = replace(make.HOURS, week=(((time(9), time(12)),),) * 7)
    clinic = a_clinic(hours=mornings)
    event = make.a_sent(step="call")
    decision = decide(a_contact(replace(hawaii, step=2, pending="msg_pending")), event, NOW, clinic)
    about = "The clinic's hours never meet the hours in which this person may be texted."
    assert [type(one) for one in decision.effects] == [OpenTask]
    assert (decision.effects[0].about, one_lead(decision).stage) == (about, Stage.PAUSED)  # type: ignore[union-attr]


def test_an_event_that_cannot_be_read_stops_everything_and_a_person_looks() -> None:
    decision = set_aside(a_contact(a_lead(), a_lead(Stage.BOOKED, id="lead_jo", token="jo")), "evt_bad", NOW, CLINIC)
    about = "Something about this contact could not be read (event evt_bad); texting is paused."
    bad = make.a_due_moment(id="evt_bad")
    assert decision.effects == (silence("an event could not be read"), task(bad, 1, "unclear", about))
    assert [one.stage for one in decision.contact.leads] == [Stage.PAUSED, Stage.BOOKED]


def test_ids_follow_from_the_event_alone() -> None:
    """The same event decided again gives the same rows; another event gives others."""
    event = a_reply("YES")
    ids = [one.id for one in after(event, a_lead()).effects if isinstance(one, ScheduleText)]
    assert ids == [derive_id("msg", event.id, 1), derive_id("msg", event.id, 2)]
    others = [one.id for one in after(a_reply("YES"), a_lead()).effects if isinstance(one, ScheduleText)]
    assert set(ids).isdisjoint(others)
