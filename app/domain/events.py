"""Events: facts in the past. Everything that happens to a contact is one of these, our own sends included.

An event says what happened and never what to do about it; `machine.decide` answers that. Each has an id,
the moment it was written (`at`, by the installation's clock) and one `kind`, which is its name in the log.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal, get_args

from app.domain.windows import Place


@dataclass(frozen=True, kw_only=True)
class ConsentAct:
    """What the person agreed to, in the words they were shown. `sms` False or no words: no texting.

    `at` is when they did, by the form's clock; `received` when it reached us, by the real one. `corrects` names the
    ledger row that this act puts right, and `reason` says why staff wrote it down.
    """

    sms: bool = False
    text: str | None = None
    at: datetime | None = None
    method: str | None = None
    url: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    certificate: str | None = None
    language: str | None = None
    prechecked: bool = False
    received: datetime | None = None
    reason: str | None = None
    corrects: str | None = None


@dataclass(frozen=True, kw_only=True)
class Happening:
    """What every event has. `blocks`: while it is unread, nothing leaves to that contact."""

    id: str
    at: datetime
    blocks: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class LeadCaptured(Happening):
    """A form (or staff) handed in a person who wants an appointment.

    `zones` and `states` are those the person may be in, by the form and by the number, `located` what says so (leads
    of before the state rows have neither); `duplicate_of` names the lead this submission repeats (the ten-minute
    rule), in which case it only fills what was empty; `by` names who of the staff handed it in, by their key.
    """

    lead_id: str
    token: str
    source: str
    first_name: str
    phone: str
    zones: tuple[str, ...]
    states: tuple[str, ...] = ()
    located: tuple[Place, ...] = ()
    last_name: str | None = None
    email: str | None = None
    language: str | None = None
    zip: str | None = None
    state: str | None = None
    timezone: str | None = None
    service: str | None = None
    location: str | None = None
    preferred_times: tuple[str, ...] = ()
    message: str | None = None
    utm: dict[str, Any] = field(default_factory=dict)
    external_id: str | None = None
    test: bool = False
    request: str | None = None
    preferred_channel: str | None = None
    consent: ConsentAct | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    duplicate_of: str | None = None
    by: str | None = None
    kind: Literal["lead_captured"] = "lead_captured"
    blocks: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class ConsentGiven(Happening):
    """A later consent step: staff, or a second page of the form."""

    lead_id: str
    consent: ConsentAct
    by: str
    kind: Literal["consent_given"] = "consent_given"
    blocks: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class ReplyReceived(Happening):
    """The person wrote to one of our numbers. `media` counts pictures; the body may be empty."""

    sender: str
    carrier_id: str
    body: str
    media: int = 0
    kind: Literal["reply_received"] = "reply_received"
    blocks: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class Appointment(Happening):
    """What the booking events share; `lead_id` is the lead it was matched to by token, else None."""

    booking_id: str
    external_id: str | None = None
    starts_at: datetime | None = None
    lead_id: str | None = None
    by: str | None = None
    reason: str | None = None
    blocks: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class AppointmentBooked(Appointment):
    """An appointment was made."""

    kind: Literal["appointment_booked"] = "appointment_booked"


@dataclass(frozen=True, kw_only=True)
class AppointmentMoved(Appointment):
    """An appointment got another time."""

    kind: Literal["appointment_moved"] = "appointment_moved"


@dataclass(frozen=True, kw_only=True)
class AppointmentCancelled(Appointment):
    """An appointment was called off; texting never resumes by itself."""

    kind: Literal["appointment_cancelled"] = "appointment_cancelled"


@dataclass(frozen=True, kw_only=True)
class AppointmentMissed(Appointment):
    """The person did not come."""

    kind: Literal["appointment_missed"] = "appointment_missed"


@dataclass(frozen=True, kw_only=True)
class AppointmentCompleted(Appointment):
    """The person came; our part is done."""

    kind: Literal["appointment_completed"] = "appointment_completed"


@dataclass(frozen=True, kw_only=True)
class TextSent(Happening):
    """The carrier accepted a text, or a server an e-mail (`carrier_id` is its Message-ID then, `segments` 0)."""

    message_id: str
    lead_id: str | None
    carrier_id: str
    segments: int
    step: str | None = None
    kind: Literal["text_sent"] = "text_sent"


FailureCause = Literal["opted_out", "dead_number", "sender_fault", "refused", "address_refused"]
"""Why a text failed for good: the person opted out, the number takes none, our sender is at fault, other.

`address_refused` is an e-mail's: its server will not take it for that address.
"""


@dataclass(frozen=True, kw_only=True)
class TextFailed(Happening):
    """The carrier refused a text, at once or in a later receipt, and said why (`code` is the carrier's)."""

    message_id: str
    lead_id: str | None
    cause: FailureCause
    code: str | None = None
    sender: str | None = None
    step: str | None = None
    kind: Literal["text_failed"] = "text_failed"
    blocks: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class TextUnknown(Happening):
    """A text may have reached the carrier. `settled` False: we wait for evidence; True: we gave up looking."""

    message_id: str
    lead_id: str | None
    settled: bool = False
    step: str | None = None
    kind: Literal["text_unknown"] = "text_unknown"


@dataclass(frozen=True, kw_only=True)
class TextDropped(Happening):
    """The gate refused a text for good, or it grew too old. `status` is `dropped` or `expired`."""

    message_id: str
    lead_id: str | None
    rule: str
    status: Literal["dropped", "expired"]
    step: str | None = None
    kind: Literal["text_dropped"] = "text_dropped"


@dataclass(frozen=True, kw_only=True)
class TextDelivered(Happening):
    """A receipt: the carrier says the text arrived."""

    message_id: str
    lead_id: str | None
    status: str
    kind: Literal["text_delivered"] = "text_delivered"


@dataclass(frozen=True, kw_only=True)
class LinkClicked(Happening):
    """Somebody, and not a machine that draws previews, opened the lead's booking link."""

    lead_id: str
    kind: Literal["link_clicked"] = "link_clicked"


@dataclass(frozen=True, kw_only=True)
class TaskClaimed(Happening):
    """A coordinator took a task. The lease itself is on the task's row and not the machine's business."""

    task_id: str
    assignee: str
    kind: Literal["task_claimed"] = "task_claimed"


Outcome = Literal["answered", "booked", "no_answer", "not_interested", "opted_out", "wrong_number", "other"]
"""What a coordinator found out."""


@dataclass(frozen=True, kw_only=True)
class TaskCompleted(Happening):
    """A coordinator finished a task and says what happened."""

    task_id: str
    lead_id: str | None
    outcome: Outcome
    assignee: str
    note: str | None = None
    kind: Literal["task_completed"] = "task_completed"
    blocks: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class AnswerWritten(Happening):
    """A coordinator wrote to the person; the text goes through the gate like any other."""

    task_id: str
    lead_id: str | None
    message_id: str
    text: str
    assignee: str
    kind: Literal["answer_written"] = "answer_written"
    blocks: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class StaffOrder(Happening):
    """What the staff's orders about a lead share."""

    lead_id: str
    by: str
    reason: str
    blocks: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class StaffOptedOut(StaffOrder):
    """Staff heard that the person wants no texts."""

    kind: Literal["staff_opted_out"] = "staff_opted_out"


@dataclass(frozen=True, kw_only=True)
class LeadPaused(StaffOrder):
    """Staff stopped the sequence for now."""

    kind: Literal["lead_paused"] = "lead_paused"


@dataclass(frozen=True, kw_only=True)
class LeadResumed(StaffOrder):
    """Staff let the sequence go on."""

    kind: Literal["lead_resumed"] = "lead_resumed"


@dataclass(frozen=True, kw_only=True)
class LeadClosed(StaffOrder):
    """Staff ended the lead."""

    kind: Literal["lead_closed"] = "lead_closed"


@dataclass(frozen=True, kw_only=True)
class SequenceOrder(Happening):
    """What the orders about a changed sequence share: they mean a lead that stands in it in a version before this."""

    lead_id: str
    sequence: str
    version: int
    by: str
    blocks: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class SequenceMoved(SequenceOrder):
    """Somebody moved the leads of older versions into this version."""

    kind: Literal["sequence_moved"] = "sequence_moved"


@dataclass(frozen=True, kw_only=True)
class SequenceStopped(SequenceOrder):
    """Somebody stopped the leads of older versions."""

    kind: Literal["sequence_stopped"] = "sequence_stopped"


@dataclass(frozen=True, kw_only=True)
class PhoneClosed(Happening):
    """Somebody put this phone on the clinic's opt-out list, whether or not a lead stands behind it."""

    by: str
    reason: str
    kind: Literal["phone_closed"] = "phone_closed"
    blocks: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class PhoneOpened(Happening):
    """Somebody took this phone off the opt-out list, and says why. No lead is resumed by it, no consent is made."""

    by: str
    reason: str
    kind: Literal["phone_opened"] = "phone_opened"
    blocks: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class EmailOptedOut(Happening):
    """The person unsubscribed from e-mail, by the link or the header that every e-mail has; texts are not meant."""

    lead_id: str
    kind: Literal["email_opted_out"] = "email_opted_out"
    blocks: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class PersonErased(Happening):
    """The person behind this phone is to be forgotten, by order of `by`; opt-out and consent stay on record."""

    by: str
    kind: Literal["person_erased"] = "person_erased"
    blocks: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class TimePassed(Happening):
    """A planned step that is no text (call, e-mail, wait) has come due."""

    message_id: str
    lead_id: str | None
    step: str | None = None
    kind: Literal["time_passed"] = "time_passed"


Event = (
    LeadCaptured
    | ConsentGiven
    | ReplyReceived
    | AppointmentBooked
    | AppointmentMoved
    | AppointmentCancelled
    | AppointmentMissed
    | AppointmentCompleted
    | TextSent
    | TextFailed
    | TextUnknown
    | TextDropped
    | TextDelivered
    | LinkClicked
    | TaskClaimed
    | TaskCompleted
    | AnswerWritten
    | StaffOptedOut
    | LeadPaused
    | LeadResumed
    | LeadClosed
    | SequenceMoved
    | SequenceStopped
    | PhoneClosed
    | PhoneOpened
    | EmailOptedOut
    | PersonErased
    | TimePassed
)

EVENTS: tuple[type[Event], ...] = get_args(Event)
