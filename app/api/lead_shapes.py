"""Leads and texts on the wire: the JSON that the reading doors answer with."""

import base64
import binascii
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field, TypeAdapter

from app.adapters.store.reading import LeadPlace, LeadSeen, MessageSeen
from app.adapters.store.timeline import TaskSeen, Timeline, Unreadable
from app.api.problems import invalid
from app.domain.clinic import Clinic
from app.domain.events import Event


class SequenceOut(BaseModel):
    """Where in which sequence a lead stands."""

    key: str
    version: int
    step: str | None


class NextOut(BaseModel):
    """What is planned next; `kind` is what the step does: `text`, `email`, `call` or `wait`."""

    at: datetime
    kind: str
    step: str | None


class ChosenOut(BaseModel):
    """Why a lead is in its sequence: what its form and answers fulfil, and the scoring rows that counted."""

    at: datetime
    event_id: str
    sequence: str
    version: int
    because: list[str]
    track: str
    points: int
    score: list[dict[str, Any]]


class ConsentOut(BaseModel):
    """The consent a lead stands on, in the words the person saw.

    `status` is `granted`, `renewed` by the phone's own START, or `withdrawn` by the later row `ended_by`;
    `occurred_at` is when the person agreed, as far as the form (`at`) or its arrival tells.
    """

    id: str
    status: str
    method: str
    text_key: str | None
    text_sha256: str | None
    source: str | None
    language: str | None
    clinic_name: str
    scope: str
    recorded_by: str | None
    reason: str | None
    corrects: str | None
    occurred_at: datetime
    recorded_at: datetime
    ended_by: str | None
    sms: bool
    text: str | None
    at: datetime | None
    url: str | None
    ip: str | None
    user_agent: str | None
    certificate: str | None


class LeadOut(BaseModel):
    """A lead as it stands."""

    id: str
    clinic: str
    stage: str
    reason: str | None
    track: str
    score: int
    sequence: SequenceOut | None
    variant: str | None = Field(description="Its arm, where its sequence tries something.")
    chosen: ChosenOut | None
    next: NextOut | None
    consent: ConsentOut | None
    consent_problem: str | None = Field(
        description="Why there is none, though an act is on record: `withdrawn`, `erased`, or what is wrong with it."
    )
    suppressed: bool
    suppressed_by: str | None
    first_name: str
    last_name: str | None
    phone: str
    email: str | None
    language: str | None
    zip: str | None
    state: str | None
    timezone: str | None
    zones: list[str]
    states: list[str]
    service: str | None
    location: str | None
    preferred_times: list[str]
    message: str | None
    request: str | None
    preferred_channel: str | None
    utm: dict[str, Any]
    external_id: str | None
    test: bool
    source: str
    token: str
    captured_at: datetime
    clicked_at: datetime | None
    replied_at: datetime | None
    extra: dict[str, Any]


class LeadsOut(BaseModel):
    """A page of leads, newest first; `cursor` is null at the end."""

    leads: list[LeadOut]
    cursor: str | None


class RuleOut(BaseModel):
    """One rule's say about a text."""

    rule: str
    verdict: str
    evidence: Any = None


class DecisionOut(BaseModel):
    """The gate's last verdict on a text: each rule, what it said, and on what evidence."""

    verdict: str
    at: datetime
    rules: list[RuleOut]


class ReadingOut(BaseModel):
    """How a reply was read: `because` names the row that matched, and no word of the person that is not the row's."""

    intent: str
    certainty: str
    because: str


class MessageOut(BaseModel):
    """A text or an e-mail, out or in; by its id also a step that was skipped."""

    id: str
    lead_id: str | None
    direction: str
    channel: str = Field(description="`text` or `email`; `wait` or `call` where a step was skipped.")
    status: str
    text: str
    purpose: str
    sequence: str | None
    version: int | None
    variant: str | None = Field(description="The arm of the sequence's experiment whose text it is.")
    step: str | None
    sender: str
    due_at: datetime
    sent_at: datetime | None
    expires_at: datetime
    carrier_id: str | None
    error_code: str | None
    segments: int
    decision: DecisionOut | None
    reading: ReadingOut | None


class MessagesOut(BaseModel):
    """A page of texts and e-mails, newest first; `cursor` is null at the end."""

    messages: list[MessageOut]
    cursor: str | None


class TimelineOut(BaseModel):
    """Everything around a lead, oldest first. `kind` is `event`, `message`, `task` or `stage`."""

    items: list[dict[str, Any]]


FACTS = (
    "last_name",
    "email",
    "zip",
    "state",
    "timezone",
    "message",
    "request",
    "preferred_channel",
    "external_id",
)
"""What of a form is shown as it was said, null when it was not."""


def lead_out(lead: LeadSeen, clinic: Clinic) -> LeadOut:
    """A lead of this clinic, as it is now, as JSON shows it."""
    facts = lead.facts
    consent = lead.consent
    return LeadOut(
        **{name: getattr(lead, name) for name in LeadOut.model_fields if hasattr(lead, name)}
        | {name: facts.get(name) for name in FACTS}
        | {
            "sequence": {"key": lead.sequence, "version": lead.version, "step": lead.step} if lead.sequence else None,
            "next": asdict(lead.next) | _kind_of_next(lead, clinic) if lead.next else None,
            "consent": asdict(consent.act) | asdict(consent) if consent else None,
            "suppressed": lead.suppressed_by is not None,
            "zones": list(lead.zones),
            "states": list(lead.states),
            "first_name": facts.get("first_name") or "",
            "preferred_times": facts.get("preferred_times") or [],
            "utm": facts.get("utm") or {},
            "extra": facts.get("extra") or {},
        }
    )


def _kind_of_next(lead: LeadSeen, clinic: Clinic) -> dict[str, str]:
    """What the planned step does: with conditions it is on record as the wait until they are asked."""
    sequence = clinic.sequence(lead.sequence or "", lead.version, lead.variant)
    steps = sequence.steps if sequence and lead.next else ()
    return next(({"kind": step.channel.value} for step in steps if lead.next and step.key == lead.next.step), {})


def message_out(message: MessageSeen) -> MessageOut:
    """A message as JSON shows it."""
    return MessageOut(**asdict(message))


def timeline_out(timeline: Timeline) -> TimelineOut:
    """All of it in one list, oldest first; a text stands at the moment it was sent, else at the one it was due."""
    items = [
        *(_event_item(event) for event in timeline.events),
        *(_consent_item(row) for row in timeline.consents),
        *(
            {"at": one.at, "kind": "stage", "id": one.id, "from": one.from_stage, "to": one.to_stage}
            | {"event_id": one.event_id}
            for one in timeline.stages
        ),
        *(_task_item(task) for task in timeline.tasks),
        *(_message_item(message) for message in timeline.messages),
    ]
    return TimelineOut(items=sorted(items, key=lambda item: item["at"]))


_AS_JSON: TypeAdapter[Any] = TypeAdapter(Event)


def _event_item(event: Event | Unreadable) -> dict[str, Any]:
    if isinstance(event, Unreadable):
        return {"at": event.at, "kind": "event", "id": event.id, "event": event.kind, "details": {}}
    said = _AS_JSON.dump_python(event, mode="json", exclude_none=True)
    said = {name: value for name, value in said.items() if name not in ("id", "at", "kind", "token")}
    return {"at": event.at, "kind": "event", "id": event.id, "event": event.kind, "details": said}


def _consent_item(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the ledger, told as what happened to consent when it was recorded."""
    said = {name: value for name, value in row.items() if value is not None and name not in ("id", "phone", "clinic")}
    return {"at": row["recorded_at"], "kind": "event", "id": row["id"], "event": f"consent_{row['status']}"} | {
        "details": said
    }


def _message_item(message: MessageSeen) -> dict[str, Any]:
    shown = message_out(message).model_dump()
    return {"at": message.sent_at or message.due_at, "kind": "message", **shown}


def _task_item(task: TaskSeen) -> dict[str, Any]:
    said = asdict(task)
    return {"at": task.opened_at, "kind": "task", "id": task.id, "task": said.pop("kind"), **said}


# -- cursors -----------------------------------------------------------------------------------


def cursor_of(*parts: str) -> str:
    """An opaque cursor for a place in a list."""
    return base64.urlsafe_b64encode("|".join(parts).encode()).decode().rstrip("=")


def parts_of(cursor: str, count: int) -> list[str]:
    """The parts of a cursor that `cursor_of` made; raises `Problem` for anything else."""
    try:
        parts = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
    except (binascii.Error, ValueError):
        parts = []
    if len(parts) != count or "\0" in "".join(parts):
        raise invalid([("cursor", "is not a cursor of this list")])
    return parts


def place_of(cursor: str) -> LeadPlace:
    """Where a list of leads goes on; raises `Problem`."""
    at, lead_id = parts_of(cursor, 2)
    try:
        return LeadPlace(datetime.fromisoformat(at).astimezone(UTC), lead_id)
    except (ValueError, OverflowError):
        raise invalid([("cursor", "is not a cursor of this list")]) from None
