"""The machine: what follows from what. `decide` is the only place where a contact's course is set.

How to think about it. A contact is a phone at a clinic; its leads each stand in a stage. An event concerns one
lead (`_subject`), and the table says, for that lead's stage and the event's type, which handler answers. The
table is total and literal: what is ignored is written out as `_stay`, so that ignoring is somebody's decision. A
reply adds one small table more, by intent, because what follows depends on what was meant (`_reply`).

Three rules stand above all rows, and the handlers keep them:

1. Stopping wins. STOP is obeyed in every stage, by every number, with or without a lead.
2. One planned step per lead. The next step is planned when the last one was done, never before; pausing is
   cancelling that one row.
3. Consent is not a stage. The stage says where the talk stands; whether we may speak is asked at the gate.

Where two rows could both fire, the order inside the handler decides and says so.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from app.domain import calendar
from app.domain.clinic import Channel, Clinic, Span, Unit
from app.domain.contact import OPEN_STAGES, Contact, Lead, Stage
from app.domain.effects import CloseTask, Effect, HoldSender, Purpose
from app.domain.events import (
    AnswerWritten,
    Appointment,
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCompleted,
    AppointmentMissed,
    AppointmentMoved,
    ConsentAct,
    ConsentGiven,
    Event,
    LeadCaptured,
    LeadClosed,
    LeadPaused,
    LeadResumed,
    ReplyReceived,
    StaffOptedOut,
    StaffOrder,
    TaskClaimed,
    TaskCompleted,
    TextDelivered,
    TextDropped,
    TextFailed,
    TextSent,
    TextUnknown,
    TimePassed,
)
from app.domain.replies import Intent, Reading, read_reply
from app.domain.sequences import choose, score
from app.domain.tasks import SCHEDULING
from app.domain.turn import COORDINATORS_REPLY_LIVES, Turn

NEXT_BUSINESS_DAY = Span(amount=1, unit=Unit.BUSINESS_DAYS)
CALLS_AFTER_NO_ANSWER = 2
"""How often an unanswered call is planned again."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The contact as it is after the event, and what is to be done, in order."""

    contact: Contact
    effects: tuple[Effect, ...]


def decide(contact: Contact, event: Event, now: datetime, clinic: Clinic) -> Decision:
    """What follows from one event. Pure: the same arguments give the same decision, ids included.

    `now` is the installation's time at reading, aware UTC; `clinic` the file version that holds then.
    """
    lead = _subject(contact, event)
    turn = Turn(contact=contact, lead=lead, event=event, now=now, clinic=clinic)
    TABLE[lead.stage if lead else None][type(event)](turn)
    return Decision(contact=turn.contact, effects=tuple(turn.effects))


def set_aside(contact: Contact, event_id: str, now: datetime, clinic: Clinic) -> Decision:
    """What follows from an event that cannot be read, whatever it says: everything stops and a person looks."""
    unreadable = TimePassed(id=event_id, at=now, message_id="", lead_id=None)
    turn = Turn(contact=contact, lead=contact.subject(), event=unreadable, now=now, clinic=clinic)
    turn.silence("an event could not be read")
    paused = tuple(
        replace(one, stage=Stage.PAUSED, reason="an event could not be read") if one.stage in OPEN_STAGES else one
        for one in turn.contact.leads
    )
    turn.contact = replace(turn.contact, leads=paused)
    turn.ask("unclear", f"Something about this contact could not be read (event {event_id}); texting is paused.")
    return Decision(contact=turn.contact, effects=tuple(turn.effects))


def _subject(contact: Contact, event: Event) -> Lead | None:
    if isinstance(event, LeadCaptured):
        return contact.lead(event.duplicate_of) or contact.subject()
    return contact.lead(getattr(event, "lead_id", None)) or _subject_by_phone(contact, event)


def _subject_by_phone(contact: Contact, event: Event) -> Lead | None:
    by_phone = ReplyReceived | Appointment | TaskCompleted | AnswerWritten
    return contact.subject() if isinstance(event, by_phone) else None


def _stay(turn: Turn) -> None:
    """Nothing follows."""


# -- a lead comes in ---------------------------------------------------------------------------


def _capture(turn: Turn) -> None:
    """A form arrived and no lead of this phone awaits anything: begin."""
    event = cast(LeadCaptured, turn.event)
    if turn.lead is not None and event.duplicate_of == turn.lead.id:
        _fill(turn, event)
    else:
        _begin(turn, event)


def _capture_beside(turn: Turn) -> None:
    """A form arrived while another lead of this phone awaits something.

    The same person asking again replaces the older lead: one talk, about the newest wish. Another name on
    the same phone cannot be told apart by text, so a person calls.
    """
    event = cast(LeadCaptured, turn.event)
    older = turn.lead
    if older is not None and event.duplicate_of == older.id:
        _fill(turn, event)
    elif older is not None and _same_person(older, event):
        turn.hold("replaced by a newer request")
        turn.move(Stage.FINISHED, "replaced by a newer request")
        _begin(turn, event)
    else:
        _enter(turn, event)
        turn.ask("call", "Another person's request came in from a phone that is already being texted.")


def _begin(turn: Turn, event: LeadCaptured) -> None:
    _enter(turn, event)
    lead = cast(Lead, turn.lead)
    if lead.consent_id is None or lead.facts.get("request") == "call" or _channel(lead) != "sms":
        turn.ask(_without_texts(lead), _request(lead))
    elif turn.contact.suppressed_by is not None:
        turn.ask("call", "This phone is closed to texts, and the person asked again by form.")
    elif _ended_as_wrong_number(turn.contact, lead):
        turn.ask("wrong_number", "This name was reported as a wrong number on this phone before.")
    else:
        _start_texting(turn)


def _enter(turn: Turn, event: LeadCaptured) -> None:
    lead = Lead(
        id=event.lead_id,
        stage=Stage.NEW,
        captured_at=event.at,
        source=event.source,
        token=event.token,
        first_name=event.first_name,
        zones=event.zones,
        language=event.language,
        service=event.service,
        location=event.location,
        test=event.test,
        facts=_facts(event),
    )
    points, track = score(turn.clinic, lead)
    turn.adopt(replace(lead, score=points, track=track))
    _take_consent(turn, event.consent)


def _start_texting(turn: Turn) -> None:
    lead = cast(Lead, turn.lead)
    if _another_is_texted(turn):
        turn.ask("call", "Another person's request is being texted on this phone.")
        return
    sequence = choose(turn.clinic, lead)
    if sequence is None:
        turn.ask("call", "No sequence of the clinic is for this request.")
        return
    turn.become(stage=Stage.TEXTING, sequence=sequence.key, version=sequence.version, step=0, reason=None)
    turn.plan_step(since=turn.event.at)


def _fill(turn: Turn, event: LeadCaptured) -> None:
    """The same submission again: fill what was empty, keep its consent act, change nothing else."""
    lead = cast(Lead, turn.lead)
    new = _facts(event)
    kept = {**new, **{name: value for name, value in lead.facts.items() if value not in (None, "", (), [], {})}}
    turn.become(facts=kept, language=lead.language or event.language)
    had_consent = lead.consent_id is not None
    _take_consent(turn, event.consent)
    if lead.stage is Stage.NEW and not had_consent:
        _consented(turn)


def _take_consent(turn: Turn, act: ConsentAct | None) -> None:
    """A valid act (said yes, in words that were shown) is recorded and allows texts; any other allows nothing."""
    if act is not None and act.sms and act.text:
        turn.become(consent_id=turn.record_consent(act, "granted", act.method or "web_form"))


def _consent_given(turn: Turn) -> None:
    event = cast(ConsentGiven, turn.event)
    _take_consent(turn, event.consent)


def _consent_opens(turn: Turn) -> None:
    _consent_given(turn)
    _consented(turn)


def _consented(turn: Turn) -> None:
    lead = cast(Lead, turn.lead)
    wants_texts = lead.facts.get("request") != "call" and _channel(lead) == "sms"
    if lead.consent_id is not None and wants_texts and turn.contact.suppressed_by is None:
        _start_texting(turn)


def _another_is_texted(turn: Turn) -> bool:
    """One lead of a phone is texted at a time: a reply could be either person's."""
    return any(one.stage is Stage.TEXTING for one in turn.contact.leads if turn.lead is None or one.id != turn.lead.id)


def _same_person(lead: Lead, event: LeadCaptured) -> bool:
    return lead.first_name.strip().casefold() == event.first_name.strip().casefold()


def _ended_as_wrong_number(contact: Contact, lead: Lead) -> bool:
    name = lead.first_name.strip().casefold()
    return any(
        one.reason == "wrong number" and one.first_name.strip().casefold() == name
        for one in contact.leads
        if one.id != lead.id
    )


def _channel(lead: Lead) -> str:
    return str(lead.facts.get("preferred_channel") or "sms")


def _without_texts(lead: Lead) -> str:
    return "email_follow_up" if _channel(lead) == "email" and lead.facts.get("email") else "call"


def _request(lead: Lead) -> str:
    return str(lead.facts.get("message") or "Asked for an appointment by form; not to be texted.")


def _facts(event: LeadCaptured) -> dict[str, object]:
    return {
        "first_name": event.first_name,
        "last_name": event.last_name,
        "email": event.email,
        "zip": event.zip,
        "state": event.state,
        "timezone": event.timezone,
        "preferred_times": list(event.preferred_times),
        "message": event.message,
        "request": event.request,
        "preferred_channel": event.preferred_channel,
        "external_id": event.external_id,
        "utm": event.utm,
        "extra": event.extra,
    }


# -- the person wrote --------------------------------------------------------------------------


def _reply(turn: Turn) -> None:
    """A reply: read it, then look up what that reading means in this stage."""
    event = cast(ReplyReceived, turn.event)
    turn.contact = replace(turn.contact, sender=event.sender)
    reading = read_reply(event.body, event.media)
    rows = REPLIES[turn.lead.stage if turn.lead else None]
    rows[_meant(reading)](turn)


def _meant(reading: Reading) -> Intent | str:
    """What we act on. Acting on a wrong reading is the error that costs, so only `sure` acts by itself.

    "I already booked" is believed as it is read: it only stops texts, and no keyword says it (contract, section 9).
    """
    if reading.intent is Intent.OPT_OUT:
        return Intent.OPT_OUT if reading.certainty == "sure" else LIKELY_OPT_OUT
    acts = {Intent.CONFIRM, Intent.DECLINE, Intent.HELP, Intent.OPT_IN, Intent.WRONG_NUMBER}
    if reading.intent in acts and reading.certainty != "sure":
        return Intent.OTHER
    return reading.intent


LIKELY_OPT_OUT = "likely_opt_out"


def _words(turn: Turn) -> str:
    event = cast(ReplyReceived, turn.event)
    return event.body if event.body.strip() else f"(no words, {event.media} picture{'s' * (event.media != 1)})"


def _hand_over(kind: str) -> Callable[[Turn], None]:
    """Pause and ask a person; the clinic's acknowledgement once, not after every message of a row."""

    def hand_over(turn: Turn) -> None:
        already_paused = turn.lead is not None and turn.lead.stage is Stage.PAUSED
        turn.hold(f"{kind}: a person answers")
        turn.move(Stage.PAUSED, kind)
        turn.ask(kind, _words(turn))
        if not already_paused and kind != "possible_opt_out":
            _say(turn, "acknowledge")

    return hand_over


def _say(turn: Turn, name: str) -> None:
    """A courtesy, and so never to a closed phone, nor to somebody who did not ask for texts."""
    if turn.contact.suppressed_by is None and turn.lead is not None and turn.lead.consent_id is not None:
        turn.answer(name)


def _only_ask(kind: str) -> Callable[[Turn], None]:
    """Ask a person and leave everything as it is."""

    def only_ask(turn: Turn) -> None:
        turn.ask(kind, _words(turn))

    return only_ask


def _confirm(turn: Turn) -> None:
    """YES: the booking link at once; the planned step makes room and is planned anew from now."""
    lead = cast(Lead, turn.lead)
    if lead.consent_id is None or turn.contact.suppressed_by is not None or _another_is_texted(turn):
        turn.ask("booking_help", _words(turn))
        return
    turn.hold("the person said yes")
    turn.move(Stage.TEXTING, "said yes")
    turn.answer("booking_link")
    if turn.current_step() is not None:
        turn.plan_step(since=turn.now)


def _decline(turn: Turn) -> None:
    turn.silence("the person said no")
    turn.move(Stage.DECLINED, "said no")
    _say(turn, "decline")


def _says_booked(turn: Turn) -> None:
    turn.silence("the person has booked already")
    turn.move(Stage.BOOKED, "says it is booked already")
    turn.drop_tasks(SCHEDULING, "booked already")


def _stop(turn: Turn) -> None:
    """STOP: everything ends for this phone, all leads of it, before anything else is thought about."""
    was_open = turn.contact.suppressed_by is None
    _opt_out(turn, by="stop", method="text message")
    sender = turn.clinic.senders.get(cast(ReplyReceived, turn.event).sender)
    if was_open and sender is not None and sender.stop_confirmed_by == "us":
        turn.answer("stop_confirmation", Purpose.STOP_CONFIRMATION)


def _opt_out(turn: Turn, *, by: str, method: str) -> None:
    turn.silence("opted out")
    turn.record_consent(ConsentAct(sms=False, at=turn.event.at), "withdrawn", method)
    turn.suppress(by)
    ended = tuple(replace(one, stage=Stage.OPTED_OUT, reason=f"opted out ({by})") for one in turn.contact.leads)
    turn.contact = replace(turn.contact, leads=ended)
    turn.lead = turn.contact.lead(turn.lead.id) if turn.lead else None


def _wrong_number(turn: Turn) -> None:
    """Not this person's phone: this person is never texted here again, and somebody checks the number."""
    turn.silence("wrong number")
    turn.record_consent(ConsentAct(sms=False, at=turn.event.at), "withdrawn", "wrong number")
    turn.become(stage=Stage.FINISHED, reason="wrong number", consent_id=None)
    turn.ask("wrong_number", _words(turn))


def _urgent(turn: Turn) -> None:
    turn.hold("urgent: a person answers")
    turn.move(Stage.PAUSED, "urgent")
    turn.ask("urgent", _words(turn))
    turn.answer("safety", Purpose.SAFETY)


def _help(turn: Turn) -> None:
    if turn.lead is not None and turn.lead.consent_id is not None:
        turn.answer("help", Purpose.HELP)
    else:
        turn.ask("unclear", _words(turn))


def _start(turn: Turn) -> None:
    """START lifts only what the phone's own STOP closed; it sends nothing, a person looks."""
    if turn.contact.suppressed_by in ("stop", "carrier"):
        turn.lift()
        turn.hold("START: a person looks")
        turn.move(Stage.PAUSED, "START after STOP")
        turn.ask("unclear", _words(turn))
    else:
        _other_in(turn.lead)(turn)


def _other_in(lead: Lead | None) -> Callable[[Turn], None]:
    return REPLIES[lead.stage if lead else None][Intent.OTHER]


Handler = Callable[[Turn], None]

_AWAITING: dict[Intent | str, Handler] = {
    Intent.URGENT: _urgent,
    Intent.OPT_OUT: _stop,
    LIKELY_OPT_OUT: _hand_over("possible_opt_out"),
    Intent.WRONG_NUMBER: _wrong_number,
    Intent.DECLINE: _decline,
    Intent.CALLBACK: _hand_over("callback"),
    Intent.QUESTION: _hand_over("question"),
    Intent.ALREADY_BOOKED: _says_booked,
    Intent.TIME_PREFERENCE: _hand_over("time_preference"),
    Intent.CONFIRM: _confirm,
    Intent.HELP: _help,
    Intent.OPT_IN: _start,
    Intent.OTHER: _hand_over("unclear"),
}

_OVER: dict[Intent | str, Handler] = {
    Intent.URGENT: _only_ask("urgent"),
    Intent.OPT_OUT: _stop,
    LIKELY_OPT_OUT: _only_ask("possible_opt_out"),
    Intent.WRONG_NUMBER: _only_ask("wrong_number"),
    Intent.DECLINE: _only_ask("unclear"),
    Intent.CALLBACK: _only_ask("callback"),
    Intent.QUESTION: _only_ask("question"),
    Intent.ALREADY_BOOKED: _only_ask("unclear"),
    Intent.TIME_PREFERENCE: _only_ask("time_preference"),
    Intent.CONFIRM: _only_ask("booking_help"),
    Intent.HELP: _help,
    Intent.OPT_IN: _start,
    Intent.OTHER: _only_ask("unclear"),
}

REPLIES: dict[Stage | None, dict[Intent | str, Handler]] = {
    None: {**_OVER, Intent.CONFIRM: _only_ask("unclear")},
    Stage.NEW: _AWAITING,
    Stage.TEXTING: _AWAITING,
    Stage.PAUSED: _AWAITING,
    Stage.NURTURE: _AWAITING,
    Stage.BOOKED: _OVER,
    Stage.DECLINED: _OVER,
    Stage.OPTED_OUT: {**_OVER, Intent.CONFIRM: _only_ask("unclear")},
    Stage.FINISHED: _OVER,
}
"""By stage, what each meaning leads to. In stages that are over, and for numbers without a lead, nothing is
ever restarted by a reply: only STOP, START and HELP act, the rest is for a person."""


# -- bookings ----------------------------------------------------------------------------------


def _booked(turn: Turn) -> None:
    _stop_for_booking(turn, Stage.BOOKED, "booked")


def _completed(turn: Turn) -> None:
    _stop_for_booking(turn, Stage.FINISHED, "appointment completed")


def _stop_for_booking(turn: Turn, stage: Stage, reason: str) -> None:
    """The lead's course is run. Others on the phone pause: who of a shared phone booked is not ours to guess."""
    turn.silence(reason)
    turn.move(stage, reason)
    turn.drop_tasks(SCHEDULING, reason)


def _booking_off(turn: Turn) -> None:
    """Cancelled or missed: texting never resumes by itself; a person helps."""
    turn.silence("the appointment is off")
    turn.move(Stage.PAUSED, "the appointment is off")
    turn.ask("booking_help", _booking_words(turn))


def _booking_off_when_over(turn: Turn) -> None:
    turn.ask("booking_help", _booking_words(turn))


def _booking_unmatched(turn: Turn) -> None:
    turn.ask("booking_help", _booking_words(turn))


def _booking_words(turn: Turn) -> str:
    event = cast(Appointment, turn.event)
    what = event.__class__.__name__.removeprefix("Appointment").lower()
    which = f", booking {event.external_id}" if event.external_id else ""
    when = f", for {event.starts_at.isoformat()}" if event.starts_at else ""
    whose = "" if turn.lead else "; it matches no lead"
    return f"Appointment {what}{which}{when}{whose}."


# -- our own texts -----------------------------------------------------------------------------


def _is_current(turn: Turn) -> bool:
    """Whether the event's text was the step the lead stands at (and not an answer, or a step long done)."""
    step = turn.current_step()
    return step is not None and getattr(turn.event, "step", None) == step.key


def _step_done(turn: Turn) -> None:
    """The step was sent (or may have been, or could not be): plan the next.

    A step may have been on its way when a reply planned it anew; then that second plan is cancelled here.
    """
    if not _is_current(turn):
        return
    lead = cast(Lead, turn.lead)
    if lead.pending not in (None, cast(TextSent, turn.event).message_id):
        turn.hold("this step has gone out already")
    turn.become(step=lead.step + 1, pending=None)
    turn.plan_step(since=turn.event.at)


def _step_passed(turn: Turn) -> None:
    """The step was sent while the lead stood still: remember that, plan nothing."""
    if _is_current(turn):
        turn.become(step=cast(Lead, turn.lead).step + 1, pending=None)


def _unknown(turn: Turn) -> None:
    """It may have been sent, so it counts as sent; when nobody can find out, a person is asked."""
    if cast(TextUnknown, turn.event).settled:
        turn.ask("delivery_problem", "Whether a text was sent could not be found out.")
    elif turn.lead is not None and turn.lead.stage is Stage.TEXTING:
        _step_done(turn)
    else:
        _step_passed(turn)


def _dropped(turn: Turn) -> None:
    """The gate said no for good: a passing reason skips the step, a lasting one ends or pauses the lead."""
    event = cast(TextDropped, turn.event)
    lead = cast(Lead, turn.lead)
    if event.step is None or lead.pending not in (None, event.message_id):
        return  # an answer, or a step that has been planned anew since: that plan stands
    if event.rule == "suppression":
        turn.become(stage=Stage.OPTED_OUT, reason="opted out (elsewhere at the brand)", pending=None)
    elif event.rule == "consent":
        turn.become(stage=Stage.PAUSED, reason="no valid consent", pending=None)
        turn.ask("call", "There is no valid consent to text this person.")
    else:
        _step_done(turn)


def _failed(turn: Turn) -> None:
    FAILURES[cast(TextFailed, turn.event).cause](turn)


def _carrier_says_opted_out(turn: Turn) -> None:
    if turn.contact.suppressed_by is None:
        _opt_out(turn, by="carrier", method="carrier")


def _dead_number(turn: Turn) -> None:
    """No text can reach this phone: all talks on it pause, and a person finds another way."""
    turn.silence("the number takes no texts")
    paused = tuple(
        replace(one, stage=Stage.PAUSED, reason="the number takes no texts") if one.stage in OPEN_STAGES else one
        for one in turn.contact.leads
    )
    turn.contact = replace(turn.contact, leads=paused)
    turn.lead = turn.contact.lead(turn.lead.id) if turn.lead else None
    lead_id = turn.lead.id if turn.lead else None
    if not any(one.kind == "delivery_problem" and one.lead_id == lead_id for one in turn.contact.tasks):
        turn.ask("delivery_problem", "The carrier says that this number cannot receive texts.")


def _sender_at_fault(turn: Turn) -> None:
    """Not the person's doing: the lead stands, the sender is held, and the text waits for its return."""
    event = cast(TextFailed, turn.event)
    sender = event.sender or turn.sender()
    about = f"The carrier refuses texts from {sender} (code {event.code}); nothing leaves by it until it is freed."
    # The task is about the sender, so it is no lead's: it must not hold up the lead that happened to notice.
    task = replace(turn.task("delivery_problem", about), lead_id=None)
    turn.note(HoldSender(sender=sender, code=event.code or "", task=task))
    lead = turn.lead
    if lead is not None and lead.stage is Stage.TEXTING and lead.pending == event.message_id:
        turn.become(pending=None)
        turn.plan_step(since=turn.event.at)


def _refused(turn: Turn) -> None:
    """The carrier refuses this one text for another reason: a person is told, the sequence goes on."""
    event = cast(TextFailed, turn.event)
    turn.ask("delivery_problem", f"The carrier refused a text (code {event.code}).")
    if turn.lead is not None and turn.lead.stage is Stage.TEXTING and turn.lead.pending == event.message_id:
        _step_done(turn)


FAILURES: dict[str, Handler] = {
    "opted_out": _carrier_says_opted_out,
    "dead_number": _dead_number,
    "sender_fault": _sender_at_fault,
    "refused": _refused,
}


def _time_passed(turn: Turn) -> None:
    """A step that is no text has come due: open its task, then plan the next."""
    step = turn.current_step()
    if step is None or not _is_current(turn):
        return
    if step.channel is Channel.CALL:
        turn.ask("call", step.note or "Try a call.")
    elif step.channel is Channel.EMAIL:
        turn.ask("email_follow_up", step.note or "Write an e-mail.")
    _step_done(turn)


# -- the staff ---------------------------------------------------------------------------------


def _task_completed(turn: Turn) -> None:
    event = cast(TaskCompleted, turn.event)
    turn.note(CloseTask(id=event.task_id, outcome=event.outcome, assignee=event.assignee))
    left = tuple(one for one in turn.contact.tasks if one.id != event.task_id)
    turn.contact = replace(turn.contact, tasks=left)
    OUTCOMES[event.outcome](turn)


def _answered(turn: Turn) -> None:
    """The question is answered: the sequence resumes after a decent pause, unless more questions are open."""
    lead = turn.lead
    if lead is None or lead.sequence is None or lead.stage not in (Stage.PAUSED, Stage.TEXTING, Stage.NURTURE):
        return
    if lead.consent_id is None or turn.contact.suppressed_by is not None or _another_is_texted(turn):
        return
    if any(one.lead_id == lead.id for one in turn.contact.tasks):
        return
    turn.hold("answered: planned anew")
    turn.move(Stage.TEXTING, "answered")
    turn.plan_step(since=turn.now, rest=turn.clinic.resume_after)


def _staff_booked(turn: Turn) -> None:
    if turn.lead is not None:
        _booked(turn)


def _no_answer(turn: Turn) -> None:
    """Nobody picked up: a call on the next business day, twice at most."""
    lead = turn.lead
    if lead is None or lead.stage not in OPEN_STAGES:
        return
    turn.hold("no answer")
    turn.move(Stage.PAUSED, "no answer")
    if lead.no_answers < CALLS_AFTER_NO_ANSWER:
        turn.become(no_answers=lead.no_answers + 1)
        _call_next_day(turn)


def _call_next_day(turn: Turn) -> None:
    about = "Nobody answered: try again."
    team = turn.task("call", about).team
    due = calendar.planned_at(turn.clinic.teams[team].hours, turn.now, NEXT_BUSINESS_DAY, None)
    order = turn.task("call", about, due=due)
    turn.give(order)


def _not_interested(turn: Turn) -> None:
    if turn.lead is not None and turn.lead.stage is not Stage.OPTED_OUT:
        turn.silence("not interested")
        turn.move(Stage.DECLINED, "not interested")


def _told_opt_out(turn: Turn) -> None:
    _opt_out(turn, by="staff", method="told to staff")


def _told_wrong_number(turn: Turn) -> None:
    turn.silence("wrong number")
    turn.record_consent(ConsentAct(sms=False, at=turn.event.at), "withdrawn", "wrong number")
    opted_out = turn.lead is not None and turn.lead.stage is Stage.OPTED_OUT
    turn.become(stage=Stage.OPTED_OUT if opted_out else Stage.FINISHED, reason="wrong number", consent_id=None)


def _other_outcome(turn: Turn) -> None:
    if turn.lead is not None and turn.lead.stage in OPEN_STAGES:
        turn.hold("a person looks after this lead")
        turn.move(Stage.PAUSED, "other")


OUTCOMES: dict[str, Handler] = {
    "answered": _answered,
    "booked": _staff_booked,
    "no_answer": _no_answer,
    "not_interested": _not_interested,
    "opted_out": _told_opt_out,
    "wrong_number": _told_wrong_number,
    "other": _other_outcome,
}


def _coordinator_wrote(turn: Turn) -> None:
    event = cast(AnswerWritten, turn.event)
    turn.send(event.text, Purpose.REPLY, COORDINATORS_REPLY_LIVES, id=event.message_id, task_id=event.task_id)


def _staff_opt_out(turn: Turn) -> None:
    _opt_out(turn, by="staff", method="told to staff")


def _pause(turn: Turn) -> None:
    turn.hold("paused by staff")
    turn.move(Stage.PAUSED, cast(StaffOrder, turn.event).reason)


def _resume(turn: Turn) -> None:
    """Staff let the sequence go on, if the person may be texted at all."""
    lead = cast(Lead, turn.lead)
    if lead.consent_id is None or turn.contact.suppressed_by is not None:
        return
    if lead.sequence is None or _another_is_texted(turn):
        _start_texting(turn)
        return
    turn.hold("planned anew")
    turn.move(Stage.TEXTING, cast(StaffOrder, turn.event).reason)
    turn.plan_step(since=turn.now)


def _close(turn: Turn) -> None:
    turn.hold("closed by staff")
    turn.move(Stage.FINISHED, cast(StaffOrder, turn.event).reason)


# -- the table ---------------------------------------------------------------------------------

TABLE: dict[Stage | None, dict[type[Event], Handler]] = {
    # A number without a lead: it may stop, be helped by a person, and nothing else.
    None: {
        LeadCaptured: _capture,
        ConsentGiven: _stay,
        ReplyReceived: _reply,
        AppointmentBooked: _booking_unmatched,
        AppointmentMoved: _booking_unmatched,
        AppointmentCancelled: _booking_unmatched,
        AppointmentMissed: _booking_unmatched,
        AppointmentCompleted: _booking_unmatched,
        TextSent: _stay,
        TextFailed: _failed,
        TextUnknown: _unknown,
        TextDropped: _stay,
        TextDelivered: _stay,
        TaskClaimed: _stay,
        TaskCompleted: _task_completed,
        AnswerWritten: _coordinator_wrote,
        StaffOptedOut: _staff_opt_out,
        LeadPaused: _stay,
        LeadResumed: _stay,
        LeadClosed: _stay,
        TimePassed: _stay,
    },
    Stage.NEW: {
        LeadCaptured: _capture_beside,
        ConsentGiven: _consent_opens,
        ReplyReceived: _reply,
        AppointmentBooked: _booked,
        AppointmentMoved: _booked,
        AppointmentCancelled: _booking_off,
        AppointmentMissed: _booking_off,
        AppointmentCompleted: _completed,
        TextSent: _step_passed,
        TextFailed: _failed,
        TextUnknown: _unknown,
        TextDropped: _stay,
        TextDelivered: _stay,
        TaskClaimed: _stay,
        TaskCompleted: _task_completed,
        AnswerWritten: _coordinator_wrote,
        StaffOptedOut: _staff_opt_out,
        LeadPaused: _pause,
        LeadResumed: _resume,
        LeadClosed: _close,
        TimePassed: _stay,
    },
    Stage.TEXTING: {
        LeadCaptured: _capture_beside,
        ConsentGiven: _consent_given,
        ReplyReceived: _reply,
        AppointmentBooked: _booked,
        AppointmentMoved: _booked,
        AppointmentCancelled: _booking_off,
        AppointmentMissed: _booking_off,
        AppointmentCompleted: _completed,
        TextSent: _step_done,
        TextFailed: _failed,
        TextUnknown: _unknown,
        TextDropped: _dropped,
        TextDelivered: _stay,
        TaskClaimed: _stay,
        TaskCompleted: _task_completed,
        AnswerWritten: _coordinator_wrote,
        StaffOptedOut: _staff_opt_out,
        LeadPaused: _pause,
        LeadResumed: _stay,
        LeadClosed: _close,
        TimePassed: _time_passed,
    },
    Stage.PAUSED: {
        LeadCaptured: _capture_beside,
        ConsentGiven: _consent_given,
        ReplyReceived: _reply,
        AppointmentBooked: _booked,
        AppointmentMoved: _booked,
        AppointmentCancelled: _booking_off,
        AppointmentMissed: _booking_off,
        AppointmentCompleted: _completed,
        TextSent: _step_passed,
        TextFailed: _failed,
        TextUnknown: _unknown,
        TextDropped: _stay,
        TextDelivered: _stay,
        TaskClaimed: _stay,
        TaskCompleted: _task_completed,
        AnswerWritten: _coordinator_wrote,
        StaffOptedOut: _staff_opt_out,
        LeadPaused: _stay,
        LeadResumed: _resume,
        LeadClosed: _close,
        TimePassed: _stay,
    },
    Stage.NURTURE: {
        LeadCaptured: _capture_beside,
        ConsentGiven: _consent_given,
        ReplyReceived: _reply,
        AppointmentBooked: _booked,
        AppointmentMoved: _booked,
        AppointmentCancelled: _booking_off,
        AppointmentMissed: _booking_off,
        AppointmentCompleted: _completed,
        TextSent: _step_passed,
        TextFailed: _failed,
        TextUnknown: _unknown,
        TextDropped: _stay,
        TextDelivered: _stay,
        TaskClaimed: _stay,
        TaskCompleted: _task_completed,
        AnswerWritten: _coordinator_wrote,
        StaffOptedOut: _staff_opt_out,
        LeadPaused: _pause,
        LeadResumed: _stay,
        LeadClosed: _close,
        TimePassed: _stay,
    },
    Stage.BOOKED: {
        LeadCaptured: _capture,
        ConsentGiven: _consent_given,
        ReplyReceived: _reply,
        AppointmentBooked: _booked,
        AppointmentMoved: _booked,
        AppointmentCancelled: _booking_off,
        AppointmentMissed: _booking_off,
        AppointmentCompleted: _completed,
        TextSent: _step_passed,
        TextFailed: _failed,
        TextUnknown: _unknown,
        TextDropped: _stay,
        TextDelivered: _stay,
        TaskClaimed: _stay,
        TaskCompleted: _task_completed,
        AnswerWritten: _coordinator_wrote,
        StaffOptedOut: _staff_opt_out,
        LeadPaused: _stay,
        LeadResumed: _stay,
        LeadClosed: _close,
        TimePassed: _stay,
    },
    Stage.DECLINED: {
        LeadCaptured: _capture,
        ConsentGiven: _consent_given,
        ReplyReceived: _reply,
        AppointmentBooked: _booked,
        AppointmentMoved: _booked,
        AppointmentCancelled: _booking_off,
        AppointmentMissed: _booking_off,
        AppointmentCompleted: _completed,
        TextSent: _step_passed,
        TextFailed: _failed,
        TextUnknown: _unknown,
        TextDropped: _stay,
        TextDelivered: _stay,
        TaskClaimed: _stay,
        TaskCompleted: _task_completed,
        AnswerWritten: _coordinator_wrote,
        StaffOptedOut: _staff_opt_out,
        LeadPaused: _stay,
        LeadResumed: _stay,
        LeadClosed: _close,
        TimePassed: _stay,
    },
    # Opted out: nothing re-opens it but the phone's own START (in `_reply`), or a booking made elsewhere.
    Stage.OPTED_OUT: {
        LeadCaptured: _capture,
        ConsentGiven: _consent_given,
        ReplyReceived: _reply,
        AppointmentBooked: _booked,
        AppointmentMoved: _booked,
        AppointmentCancelled: _booking_off_when_over,
        AppointmentMissed: _booking_off_when_over,
        AppointmentCompleted: _completed,
        TextSent: _step_passed,
        TextFailed: _failed,
        TextUnknown: _unknown,
        TextDropped: _stay,
        TextDelivered: _stay,
        TaskClaimed: _stay,
        TaskCompleted: _task_completed,
        AnswerWritten: _coordinator_wrote,
        StaffOptedOut: _staff_opt_out,
        LeadPaused: _stay,
        LeadResumed: _stay,
        LeadClosed: _stay,
        TimePassed: _stay,
    },
    Stage.FINISHED: {
        LeadCaptured: _capture,
        ConsentGiven: _consent_given,
        ReplyReceived: _reply,
        AppointmentBooked: _booked,
        AppointmentMoved: _booked,
        AppointmentCancelled: _booking_off,
        AppointmentMissed: _booking_off,
        AppointmentCompleted: _completed,
        TextSent: _step_passed,
        TextFailed: _failed,
        TextUnknown: _unknown,
        TextDropped: _stay,
        TextDelivered: _stay,
        TaskClaimed: _stay,
        TaskCompleted: _task_completed,
        AnswerWritten: _coordinator_wrote,
        StaffOptedOut: _staff_opt_out,
        LeadPaused: _stay,
        LeadResumed: _stay,
        LeadClosed: _stay,
        TimePassed: _stay,
    },
}
"""Stage × event, total: `tests/domain/test_machine.py` counts the cells."""
