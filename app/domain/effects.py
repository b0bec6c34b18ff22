"""Effects: orders in the imperative. What `decide` wants done, in the order given; the store obeys.

What changes in the contact and its leads travels as the new contact, not as effects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.clinic import Channel
from app.domain.events import ConsentAct, Outcome


class Purpose(StrEnum):
    """Why a text exists. The gate's hours, the caps and the order of sending follow from it."""

    STEP = "step"
    ANSWER = "answer"
    REPLY = "reply"
    HELP = "help"
    STOP_CONFIRMATION = "stop_confirmation"
    SAFETY = "safety"


class Urgency:
    """Who goes first when a sender's pace allows only some: small numbers before large ones."""

    AT_ONCE = 0
    ANSWER = 1
    FIRST_TEXT = 2
    FOLLOW_UP = 3
    NURTURE = 4


@dataclass(frozen=True, kw_only=True)
class ScheduleText:
    """Plan a text (or, for a call, e-mail or wait step, the moment it falls due).

    `text` is the rendered body, exactly as it will be sent; `consent_id` names the ledger row that allows
    it; times are UTC; `urgency` is one of `Urgency`.
    """

    id: str
    lead_id: str | None
    purpose: Purpose
    due_at: datetime
    expires_at: datetime
    urgency: int
    sender: str
    text: str = ""
    channel: Channel = Channel.TEXT
    consent_id: str | None = None
    sequence: str | None = None
    version: int | None = None
    variant: str | None = None
    step: str | None = None
    task_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class TakePart:
    """A lead begins a sequence in which something is tried, with this arm; a person takes part once in an edition."""

    lead_id: str
    experiment: str
    edition: str
    arm: str


@dataclass(frozen=True, kw_only=True)
class CancelTexts:
    """Cancel what is scheduled and not yet being sent: a lead's steps, or (lead_id None) all of the contact's."""

    lead_id: str | None
    reason: str
    steps_only: bool = False


@dataclass(frozen=True, kw_only=True)
class SkipStep:
    """This planned step is not for the lead, and why (`conditions.unmet`): it is dropped if it has not left."""

    message_id: str
    why: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class OpenTask:
    """Ask a person. `about` is the lead's own words, or ours when there are none.

    With `snoozed_until` nobody is handed the task before that moment. Unanswered it escalates at `escalates_at`,
    else at `due_at`: to the team or person `escalates_to`, else one step up in the queue. `wish` is what is certain
    of the times that would suit, as JSON can hold it.
    """

    id: str
    lead_id: str | None
    kind: str
    priority: int
    team: str
    due_at: datetime
    about: str
    event_id: str
    snoozed_until: datetime | None = None
    escalates_at: datetime | None = None
    escalates_to: str | None = None
    wish: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class CloseTask:
    """A task is done, with what came of it."""

    id: str
    outcome: Outcome
    assignee: str


@dataclass(frozen=True, kw_only=True)
class CancelTasks:
    """These tasks no longer need anybody."""

    ids: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class RecordConsent:
    """Append to the consent ledger: `granted`, `renewed`, `unmatched` or `withdrawn`, in which words, by whom.

    `person` is None where the whole phone is meant; `text_key` names the clinic's text that the words matched,
    `problem` (one of `consents.PROBLEMS`) why they allow nothing; `by` is who of the staff recorded it, if anybody.
    """

    id: str
    lead_id: str | None
    status: str
    act: ConsentAct
    method: str
    person: str | None = None
    text_key: str | None = None
    problem: str | None = None
    source: str | None = None
    language: str | None = None
    clinic_name: str = ""
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Suppress:
    """Never text this phone again at this clinic (brand), until lifted. `by`: stop, carrier, staff, wrong_number."""

    by: str


@dataclass(frozen=True, kw_only=True)
class SuppressEmail:
    """Never e-mail this address again at this clinic (brand). It says nothing about texts."""

    email: str


@dataclass(frozen=True, kw_only=True)
class LiftSuppression:
    """The phone's own START undid its own STOP."""


@dataclass(frozen=True, kw_only=True)
class HoldSender:
    """This sender is at fault (filtered, unregistered): nothing leaves by it until a person looks.

    `task` is opened only if the sender was not held already: one a sender, not one a text.
    """

    sender: str
    code: str
    task: OpenTask


@dataclass(frozen=True, kw_only=True)
class ErasePerson:
    """Blank what was ever written of this contact's person up to this event; the consent ledger stays whole."""

    event_id: str


Effect = (
    ScheduleText
    | TakePart
    | CancelTexts
    | SkipStep
    | OpenTask
    | CloseTask
    | CancelTasks
    | RecordConsent
    | Suppress
    | SuppressEmail
    | LiftSuppression
    | HoldSender
    | ErasePerson
)
