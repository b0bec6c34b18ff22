"""The machine: what follows from what. `decide` is the only place where a contact's course is set.

How to think about it. A contact is a phone at a clinic; its leads each stand in a stage. An event concerns one
lead (`_subject`), and the table says, for that lead's stage and the event's type, which handler answers. The
table is total and literal: what is ignored is written out as `_stay`, so that ignoring is somebody's decision. A
reply adds one small table more, by intent, because what follows depends on what was meant (`answers.reply`).

Three rules stand above all rows, and the handlers keep them:

1. Stopping wins. STOP is obeyed in every stage, by every number, with or without a lead.
2. One planned step per lead. The next step is planned when the last one was done, never before; pausing is
   cancelling that one row.
3. Consent is not a stage. The stage says where the talk stands; whether we may speak is asked at the gate.

Where two rows could both fire, the order inside the handler decides and says so.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.clinic import Clinic
from app.domain.contact import OPEN_STAGES, Contact, Lead, Stage
from app.domain.effects import Effect
from app.domain.events import (
    AnswerWritten,
    Appointment,
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCompleted,
    AppointmentMissed,
    AppointmentMoved,
    ConsentGiven,
    EmailOptedOut,
    Event,
    LeadCaptured,
    LeadClosed,
    LeadPaused,
    LeadResumed,
    LinkClicked,
    PersonErased,
    PhoneClosed,
    PhoneOpened,
    ReplyReceived,
    SequenceMoved,
    SequenceStopped,
    StaffOptedOut,
    TaskClaimed,
    TaskCompleted,
    TextDelivered,
    TextDropped,
    TextFailed,
    TextSent,
    TextUnknown,
    TimePassed,
)
from app.domain.handlers import answers, bookings, captures, clicks, emails, erasure, staff, texts, versions
from app.domain.turn import Handler, Turn


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
    by_phone = ReplyReceived | Appointment | TaskCompleted | AnswerWritten | PhoneClosed | PhoneOpened | PersonErased
    return contact.subject() if isinstance(event, by_phone) else None


def _stay(turn: Turn) -> None:
    """Nothing follows."""


TABLE: dict[Stage | None, dict[type[Event], Handler]] = {
    # A number without a lead: it may stop, be helped by a person, and nothing else.
    None: {
        LeadCaptured: captures.capture,
        ConsentGiven: _stay,
        ReplyReceived: answers.reply,
        AppointmentBooked: bookings.unmatched,
        AppointmentMoved: bookings.unmatched,
        AppointmentCancelled: bookings.unmatched,
        AppointmentMissed: bookings.unmatched,
        AppointmentCompleted: bookings.unmatched,
        TextSent: _stay,
        TextFailed: texts.failed,
        TextUnknown: texts.unknown,
        TextDropped: _stay,
        TextDelivered: _stay,
        LinkClicked: _stay,
        TaskClaimed: _stay,
        TaskCompleted: staff.task_completed,
        AnswerWritten: staff.coordinator_wrote,
        StaffOptedOut: staff.staff_opt_out,
        LeadPaused: _stay,
        LeadResumed: _stay,
        LeadClosed: _stay,
        SequenceMoved: _stay,
        SequenceStopped: _stay,
        PhoneClosed: staff.phone_closed,
        PhoneOpened: staff.phone_opened,
        EmailOptedOut: _stay,
        PersonErased: erasure.erase,
        TimePassed: _stay,
    },
    Stage.NEW: {
        LeadCaptured: captures.capture_beside,
        ConsentGiven: captures.consent_opens,
        ReplyReceived: answers.reply,
        AppointmentBooked: bookings.booked,
        AppointmentMoved: bookings.booked,
        AppointmentCancelled: bookings.called_off,
        AppointmentMissed: bookings.called_off,
        AppointmentCompleted: bookings.completed,
        TextSent: texts.step_passed,
        TextFailed: texts.failed,
        TextUnknown: texts.unknown,
        TextDropped: texts.answer_lost,
        TextDelivered: _stay,
        LinkClicked: clicks.clicked,
        TaskClaimed: _stay,
        TaskCompleted: staff.task_completed,
        AnswerWritten: staff.coordinator_wrote,
        StaffOptedOut: staff.staff_opt_out,
        LeadPaused: staff.pause,
        LeadResumed: staff.resume,
        LeadClosed: staff.close,
        SequenceMoved: _stay,
        SequenceStopped: _stay,
        PhoneClosed: staff.phone_closed,
        PhoneOpened: staff.phone_opened,
        EmailOptedOut: emails.opted_out,
        PersonErased: erasure.erase,
        TimePassed: _stay,
    },
    Stage.TEXTING: {
        LeadCaptured: captures.capture_beside,
        ConsentGiven: captures.consent_given,
        ReplyReceived: answers.reply,
        AppointmentBooked: bookings.booked,
        AppointmentMoved: bookings.booked,
        AppointmentCancelled: bookings.called_off,
        AppointmentMissed: bookings.called_off,
        AppointmentCompleted: bookings.completed,
        TextSent: texts.step_done,
        TextFailed: texts.failed,
        TextUnknown: texts.unknown,
        TextDropped: texts.dropped,
        TextDelivered: _stay,
        LinkClicked: clicks.clicked,
        TaskClaimed: _stay,
        TaskCompleted: staff.task_completed,
        AnswerWritten: staff.coordinator_wrote,
        StaffOptedOut: staff.staff_opt_out,
        LeadPaused: staff.pause,
        LeadResumed: _stay,
        LeadClosed: staff.close,
        SequenceMoved: versions.move,
        SequenceStopped: versions.stop,
        PhoneClosed: staff.phone_closed,
        PhoneOpened: staff.phone_opened,
        EmailOptedOut: emails.opted_out,
        PersonErased: erasure.erase,
        TimePassed: texts.time_passed,
    },
    Stage.PAUSED: {
        LeadCaptured: captures.capture_beside,
        ConsentGiven: captures.consent_given,
        ReplyReceived: answers.reply,
        AppointmentBooked: bookings.booked,
        AppointmentMoved: bookings.booked,
        AppointmentCancelled: bookings.called_off,
        AppointmentMissed: bookings.called_off,
        AppointmentCompleted: bookings.completed,
        TextSent: texts.step_passed,
        TextFailed: texts.failed,
        TextUnknown: texts.unknown,
        TextDropped: texts.answer_lost,
        TextDelivered: _stay,
        LinkClicked: clicks.clicked,
        TaskClaimed: _stay,
        TaskCompleted: staff.task_completed,
        AnswerWritten: staff.coordinator_wrote,
        StaffOptedOut: staff.staff_opt_out,
        LeadPaused: _stay,
        LeadResumed: staff.resume,
        LeadClosed: staff.close,
        SequenceMoved: versions.move,
        SequenceStopped: versions.stop,
        PhoneClosed: staff.phone_closed,
        PhoneOpened: staff.phone_opened,
        EmailOptedOut: emails.opted_out,
        PersonErased: erasure.erase,
        TimePassed: _stay,
    },
    Stage.NURTURE: {
        LeadCaptured: captures.capture_beside,
        ConsentGiven: captures.consent_given,
        ReplyReceived: answers.reply,
        AppointmentBooked: bookings.booked,
        AppointmentMoved: bookings.booked,
        AppointmentCancelled: bookings.called_off,
        AppointmentMissed: bookings.called_off,
        AppointmentCompleted: bookings.completed,
        TextSent: texts.step_done,
        TextFailed: texts.failed,
        TextUnknown: texts.unknown,
        TextDropped: texts.dropped,
        TextDelivered: _stay,
        LinkClicked: clicks.clicked,
        TaskClaimed: _stay,
        TaskCompleted: staff.task_completed,
        AnswerWritten: staff.coordinator_wrote,
        StaffOptedOut: staff.staff_opt_out,
        LeadPaused: staff.pause,
        LeadResumed: _stay,
        LeadClosed: staff.close,
        SequenceMoved: versions.move,
        SequenceStopped: versions.stop,
        PhoneClosed: staff.phone_closed,
        PhoneOpened: staff.phone_opened,
        EmailOptedOut: emails.opted_out,
        PersonErased: erasure.erase,
        TimePassed: texts.time_passed,
    },
    Stage.BOOKED: {
        LeadCaptured: captures.capture,
        ConsentGiven: captures.consent_given,
        ReplyReceived: answers.reply,
        AppointmentBooked: bookings.booked,
        AppointmentMoved: bookings.booked,
        AppointmentCancelled: bookings.called_off,
        AppointmentMissed: bookings.called_off,
        AppointmentCompleted: bookings.completed,
        TextSent: texts.step_passed,
        TextFailed: texts.failed,
        TextUnknown: texts.unknown,
        TextDropped: _stay,
        TextDelivered: _stay,
        LinkClicked: clicks.clicked,
        TaskClaimed: _stay,
        TaskCompleted: staff.task_completed,
        AnswerWritten: staff.coordinator_wrote,
        StaffOptedOut: staff.staff_opt_out,
        LeadPaused: _stay,
        LeadResumed: _stay,
        LeadClosed: staff.close,
        SequenceMoved: _stay,
        SequenceStopped: _stay,
        PhoneClosed: staff.phone_closed,
        PhoneOpened: staff.phone_opened,
        EmailOptedOut: emails.opted_out,
        PersonErased: erasure.erase,
        TimePassed: _stay,
    },
    Stage.DECLINED: {
        LeadCaptured: captures.capture,
        ConsentGiven: captures.consent_given,
        ReplyReceived: answers.reply,
        AppointmentBooked: bookings.booked,
        AppointmentMoved: bookings.booked,
        AppointmentCancelled: bookings.called_off,
        AppointmentMissed: bookings.called_off,
        AppointmentCompleted: bookings.completed,
        TextSent: texts.step_passed,
        TextFailed: texts.failed,
        TextUnknown: texts.unknown,
        TextDropped: _stay,
        TextDelivered: _stay,
        LinkClicked: clicks.clicked,
        TaskClaimed: _stay,
        TaskCompleted: staff.task_completed,
        AnswerWritten: staff.coordinator_wrote,
        StaffOptedOut: staff.staff_opt_out,
        LeadPaused: _stay,
        LeadResumed: _stay,
        LeadClosed: staff.close,
        SequenceMoved: _stay,
        SequenceStopped: _stay,
        PhoneClosed: staff.phone_closed,
        PhoneOpened: staff.phone_opened,
        EmailOptedOut: emails.opted_out,
        PersonErased: erasure.erase,
        TimePassed: _stay,
    },
    # Opted out: nothing re-opens it but the phone's own START (in `answers.reply`), or a booking made elsewhere.
    Stage.OPTED_OUT: {
        LeadCaptured: captures.capture,
        ConsentGiven: captures.consent_given,
        ReplyReceived: answers.reply,
        AppointmentBooked: bookings.booked,
        AppointmentMoved: bookings.booked,
        AppointmentCancelled: bookings.called_off_when_over,
        AppointmentMissed: bookings.called_off_when_over,
        AppointmentCompleted: bookings.completed,
        TextSent: texts.step_passed,
        TextFailed: texts.failed,
        TextUnknown: texts.unknown,
        TextDropped: _stay,
        TextDelivered: _stay,
        LinkClicked: clicks.clicked,
        TaskClaimed: _stay,
        TaskCompleted: staff.task_completed,
        AnswerWritten: staff.coordinator_wrote,
        StaffOptedOut: staff.staff_opt_out,
        LeadPaused: _stay,
        LeadResumed: _stay,
        LeadClosed: _stay,
        SequenceMoved: _stay,
        SequenceStopped: _stay,
        PhoneClosed: staff.phone_closed,
        PhoneOpened: staff.phone_opened,
        EmailOptedOut: emails.opted_out,
        PersonErased: erasure.erase,
        TimePassed: _stay,
    },
    Stage.FINISHED: {
        LeadCaptured: captures.capture,
        ConsentGiven: captures.consent_given,
        ReplyReceived: answers.reply,
        AppointmentBooked: bookings.booked,
        AppointmentMoved: bookings.booked,
        AppointmentCancelled: bookings.called_off,
        AppointmentMissed: bookings.called_off,
        AppointmentCompleted: bookings.completed,
        TextSent: texts.step_passed,
        TextFailed: texts.failed,
        TextUnknown: texts.unknown,
        TextDropped: _stay,
        TextDelivered: _stay,
        LinkClicked: clicks.clicked,
        TaskClaimed: _stay,
        TaskCompleted: staff.task_completed,
        AnswerWritten: staff.coordinator_wrote,
        StaffOptedOut: staff.staff_opt_out,
        LeadPaused: _stay,
        LeadResumed: _stay,
        LeadClosed: _stay,
        SequenceMoved: _stay,
        SequenceStopped: _stay,
        PhoneClosed: staff.phone_closed,
        PhoneOpened: staff.phone_opened,
        EmailOptedOut: emails.opted_out,
        PersonErased: erasure.erase,
        TimePassed: _stay,
    },
}
"""Stage × event, total: `tests/domain/test_machine.py` counts the cells."""
