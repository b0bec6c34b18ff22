"""A clinic, contacts, leads and events to prove the rules with: everything has a default, a test says what matters.

The clinic is small and read at a glance: Chicago, 9:00 to 17:00 with a lunch break from Monday to Friday, one
sequence of four steps (two texts, a call, a text), every standing answer in one short line.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any

from app.domain.clinic import (
    Channel,
    Clinic,
    Hours,
    Location,
    ScoreRow,
    Sender,
    Sequence,
    Service,
    Source,
    Span,
    Step,
    Team,
    Unit,
)
from app.domain.contact import Contact, Lead, OpenTask, Stage
from app.domain.events import (
    AnswerWritten,
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCompleted,
    AppointmentMissed,
    AppointmentMoved,
    ConsentAct,
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

CHICAGO = "America/Chicago"
NOW = datetime(2026, 11, 17, 16, 0, tzinfo=UTC)
"""A Tuesday, 10:00 in Chicago."""

PHONE = "+13125550142"
CONSENT = ConsentAct(sms=True, text="I agree to texts.", at=NOW, method="web_form")

_numbers = count(1)


def fresh(prefix: str) -> str:
    """An id in the service's form, new every time."""
    return f"{prefix}_{next(_numbers):012x}{'0' * 20}"


def span(amount: int, unit: str = "business day") -> Span:
    """`span(1)` is one business day."""
    return Span(amount=amount, unit=Unit(unit))


OPEN = ((time(9), time(12)), (time(13), time(17)))
HOURS = Hours(zone=CHICAGO, week=(OPEN,) * 5 + ((), ()))

STEPS = (
    Step(key="first", after=span(0, "m"), channel=Channel.TEXT, words={"en": "Hi {{ first_name }}, Lakeside. YES?"}),
    Step(key="second", after=span(1), at=time(10), channel=Channel.TEXT, words={"en": "Lakeside: still looking?"}),
    Step(key="call", after=span(1), channel=Channel.CALL, note="Try a call."),
    Step(key="last", after=span(2), channel=Channel.TEXT, words={"en": "Lakeside: we close your request."}),
)

SEQUENCE = Sequence(key="request", steps=STEPS, then="nurture")

ANSWERS = {
    "booking_link": {"en": "Lakeside: {{ booking_link }}"},
    "help": {"en": "Lakeside: call {{ help_phone }}"},
    "stop_confirmation": {"en": "Lakeside: no more texts."},
    "safety": {"en": "Lakeside: call 911."},
    "acknowledge": {"en": "Lakeside: a person will answer."},
    "decline": {"en": "Lakeside: goodbye."},
}


def a_clinic(**changes: Any) -> Clinic:
    """The clinic; `sequences` are pinned at their versions unless `pinned` says otherwise."""
    sequences = changes.get("sequences", (SEQUENCE,))
    given: dict[str, Any] = {
        "key": "lakeside",
        "name": "Lakeside",
        "brand": "lakeside",
        "state": "IL",
        "hours": HOURS,
        "help_phone": "+13125550100",
        "locations": {"north": Location(key="north", name="Lakeside North", hours=HOURS, state="IL")},
        "services": {
            "check-up": Service(key="check-up", public_label="regular visit"),
            "fertility": Service(key="fertility", public_label="appointment", sensitive=True),
        },
        "senders": {
            "main": Sender(key="main", carrier="twilio", number="+13125550199", account="a", secret="s"),
            "second": Sender(
                key="second", carrier="twilio", number="+13125550198", account="a", secret="s", stop_confirmed_by="us"
            ),
        },
        "sources": {"website": Source(key="website", consent_texts=("web",))},
        "consent_texts": {"web": "I agree to texts."},
        "teams": {"desk": Team(key="desk", respond_within=span(2, "h"), capacity=40, hours=HOURS)},
        "scoring": (ScoreRow(when={"has": "preferred_times"}, add=40), ScoreRow(track="hot", from_=40)),
        "answers": ANSWERS,
        "sequences": sequences,
        "version": 1,
        "public_url": "http://leadline.test",
        "pinned": {(one.key, one.version): one for one in sequences},
    }
    return Clinic(**{**given, **changes})


def a_lead(stage: Stage = Stage.TEXTING, **changes: Any) -> Lead:
    """A lead with consent; one that is being texted stands at the second step, `msg_pending` planned."""
    texting = stage is Stage.TEXTING
    given: dict[str, Any] = {
        "id": "lead_maria",
        "captured_at": NOW - timedelta(days=1),
        "source": "website",
        "token": "token",
        "first_name": "Maria",
        "zones": (CHICAGO,),
        "states": ("IL",),
        "facts": {"first_name": "Maria"},
        "sequence": None if stage is Stage.NEW else "request",
        "version": 0 if stage is Stage.NEW else 1,
        "step": 4 if stage is Stage.NURTURE else 0 if stage is Stage.NEW else 1,
        "pending": "msg_pending" if texting else None,
        "consent_id": "consent_given",
    }
    return Lead(stage=stage, **{**given, **changes})


def a_contact(*leads: Lead, **changes: Any) -> Contact:
    """A phone at the clinic with these leads."""
    return Contact(id="contact_1", clinic="lakeside", phone=PHONE, leads=leads, **changes)


def a_task(kind: str = "question", lead_id: str | None = "lead_maria", id: str = "task_open") -> OpenTask:
    """An open task."""
    return OpenTask(id=id, lead_id=lead_id, kind=kind)


# -- events ------------------------------------------------------------------------------------


def _made(make: Callable[..., Event], given: dict[str, Any], changes: dict[str, Any]) -> Any:
    return make(**{"id": fresh("evt"), "at": NOW, **given, **changes})


def a_submission(**changes: Any) -> LeadCaptured:
    """A form with valid consent."""
    given = {
        "lead_id": "lead_new",
        "token": "token_new",
        "source": "website",
        "first_name": "Maria",
        "phone": PHONE,
        "zones": (CHICAGO,),
        "states": ("IL",),
        "consent": CONSENT,
    }
    return _made(LeadCaptured, given, changes)


def a_reply(body: str, **changes: Any) -> ReplyReceived:
    """The person wrote this."""
    return _made(ReplyReceived, {"sender": "main", "carrier_id": fresh("SM"), "body": body}, changes)


def a_consent(**changes: Any) -> ConsentGiven:
    """A later consent step."""
    return _made(ConsentGiven, {"lead_id": "lead_maria", "consent": CONSENT, "by": "ana"}, changes)


APPOINTMENTS = {
    "booked": AppointmentBooked,
    "moved": AppointmentMoved,
    "cancelled": AppointmentCancelled,
    "missed": AppointmentMissed,
    "completed": AppointmentCompleted,
}


def an_appointment(what: str, **changes: Any) -> Any:
    """Booked, moved, cancelled, missed or completed."""
    return _made(APPOINTMENTS[what], {"booking_id": "booking_1", "lead_id": "lead_maria"}, changes)


_OURS = {"message_id": "msg_pending", "lead_id": "lead_maria", "step": "second"}


def a_sent(**changes: Any) -> TextSent:
    """The planned step was accepted by the carrier."""
    return _made(TextSent, {**_OURS, "carrier_id": "SM1", "segments": 1}, changes)


def a_failure(cause: str, **changes: Any) -> TextFailed:
    """The carrier refused the planned step."""
    return _made(TextFailed, {**_OURS, "cause": cause, "code": "30000", "sender": "main"}, changes)


def an_unknown(**changes: Any) -> TextUnknown:
    """The planned step may have reached the carrier."""
    return _made(TextUnknown, _OURS, changes)


def a_drop(rule: str, **changes: Any) -> TextDropped:
    """The gate refused the planned step."""
    status = "expired" if rule == "expiry" else "dropped"
    return _made(TextDropped, {**_OURS, "rule": rule, "status": status}, changes)


def a_delivery(**changes: Any) -> TextDelivered:
    """A receipt for the planned step."""
    given = {"message_id": "msg_pending", "lead_id": "lead_maria", "status": "delivered"}
    return _made(TextDelivered, given, changes)


def a_click(**changes: Any) -> LinkClicked:
    """The person opened the booking link."""
    return _made(LinkClicked, {"lead_id": "lead_maria"}, changes)


def a_due_moment(**changes: Any) -> TimePassed:
    """A planned call has come due."""
    return _made(TimePassed, {**_OURS, "step": "call"}, changes)


def a_claim(**changes: Any) -> TaskClaimed:
    """Ana took the task."""
    return _made(TaskClaimed, {"task_id": "task_open", "assignee": "ana"}, changes)


def a_completion(outcome: str, **changes: Any) -> TaskCompleted:
    """Ana finished the task."""
    given = {"task_id": "task_open", "lead_id": "lead_maria", "outcome": outcome, "assignee": "ana"}
    return _made(TaskCompleted, given, changes)


def an_answer(**changes: Any) -> AnswerWritten:
    """Ana wrote to the person."""
    given = {
        "task_id": "task_open",
        "lead_id": "lead_maria",
        "message_id": "msg_written",
        "text": "Hello",
        "assignee": "ana",
    }
    return _made(AnswerWritten, given, changes)


ORDERS = {"opt-out": StaffOptedOut, "pause": LeadPaused, "resume": LeadResumed, "close": LeadClosed}


def an_order(what: str, **changes: Any) -> Any:
    """Staff's order about the lead."""
    return _made(ORDERS[what], {"lead_id": "lead_maria", "by": "ana", "reason": "because"}, changes)


SAYINGS = {
    "stop": "STOP",
    "likely stop": "can you stop texting so much",
    "yes": "YES",
    "no": "NO",
    "booked": "I already booked",
    "wrong number": "wrong number",
    "urgent": "I have chest pain",
    "callback": "call me",
    "question": "how much is it?",
    "time": "Tuesday mornings",
    "help": "HELP",
    "start": "START",
    "other": "bananas",
}
"""One reply of every meaning."""


def a_listing(what: type[PhoneClosed | PhoneOpened]) -> Any:
    """Somebody put the phone on the opt-out list, or took it off."""
    return _made(what, {"by": "sam", "reason": "told us by phone"}, {})


def a_version_order(what: type[SequenceMoved | SequenceStopped], **changes: Any) -> Any:
    """Sam applied the second version of the sequence, and decided about who stands in the first."""
    return _made(what, {"lead_id": "lead_maria", "sequence": "request", "version": 2, "by": "sam"}, changes)


def an_unsubscribing(**changes: Any) -> EmailOptedOut:
    """The person wants no more e-mails."""
    return _made(EmailOptedOut, {"lead_id": "lead_maria"}, changes)


def an_erasure(**changes: Any) -> PersonErased:
    """Sam was told to forget the person."""
    return _made(PersonErased, {"by": "sam"}, changes)


def one_of_each(**changes: Any) -> list[Event]:
    """Events of every type, in every variety that the machine tells apart."""
    made: list[Event] = [a_reply(body) for body in SAYINGS.values()]
    made += [a_reply("YES", sender="second"), a_reply("", media=2), a_reply("STOP", sender="second")]
    made += [a_submission(), a_submission(first_name="Jo"), a_submission(consent=None)]
    made += [
        a_submission(duplicate_of="lead_maria"),
        a_submission(request="call"),
        a_submission(preferred_channel="email"),
    ]
    made += [a_consent(), a_consent(consent=ConsentAct(sms=False))]
    made += [an_appointment(what, **more) for what in APPOINTMENTS for more in ({}, {"lead_id": None})]
    made += [a_sent(), a_sent(step=None, message_id="msg_answer"), a_delivery(), a_claim(), an_answer(), a_due_moment()]
    made += [a_failure(cause) for cause in ("opted_out", "dead_number", "sender_fault", "refused", "address_refused")]
    made += [an_unknown(settled=settled) for settled in (False, True)]
    made += [a_drop(rule) for rule in ("suppression", "consent", "expiry", "stage", "test_lead")]
    made += [a_completion(outcome) for outcome in OUTCOMES]
    made += [an_order(what) for what in ORDERS]
    made += [a_click()]
    made += [a_listing(PhoneClosed), a_listing(PhoneOpened), an_unsubscribing(), an_erasure()]
    made += [a_version_order(SequenceMoved), a_version_order(SequenceStopped)]
    return [replace(one, **changes) for one in made]


OUTCOMES = ("answered", "booked", "no_answer", "not_interested", "opted_out", "wrong_number", "other")
