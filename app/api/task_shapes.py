"""Tasks on the wire: the JSON that calls answer with, and its entity tags."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from fastapi.responses import Response
from pydantic import BaseModel

from app.adapters.store.reading import LeadSeen
from app.adapters.store.task_detail import Earlier, Line, Said
from app.adapters.store.task_lists import LeadRead, TaskRead
from app.api.lead_shapes import ConsentOut, NextOut, lead_out
from app.domain.clinic import Clinic
from app.domain.playbook import Addressee, Suggestion, suggest


@dataclass(frozen=True, kw_only=True)
class PersonShown:
    """The lead of a task as a coordinator sees it; all but the phone is null where no lead is behind the task."""

    id: str | None
    stage: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    email: str | None
    service: str | None
    location: str | None
    preferred_times: list[str]
    request: str | None
    language: str | None
    test: bool | None
    track: str | None


@dataclass(frozen=True)
class PositionShown:
    """Where a lead stands: the step planned or, without one, the last, which is the `number`th `of` all."""

    key: str
    version: int
    step: str | None
    number: int | None
    of: int | None


@dataclass(frozen=True, kw_only=True)
class PersonShownWhole(PersonShown):
    """The same with everything else that was said in the form, and how the lead stands: may it be texted, what next."""

    reason: str | None
    sequence: PositionShown | None
    next: NextOut | None
    consent: ConsentOut | None
    suppressed: bool | None
    suppressed_by: str | None
    message: str | None
    preferred_channel: str | None
    zip: str | None
    state: str | None
    timezone: str | None
    source: str | None
    captured_at: datetime | None
    score: int | None
    external_id: str | None
    clicked_at: datetime | None
    utm: dict[str, Any]
    extra: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class TaskShown:
    """A task, in the interface's field names. `about` is the lead's own words."""

    id: str
    kind: str
    priority: int
    team: str
    status: str
    opened_at: datetime
    due_at: datetime
    version: int
    lead: PersonShown
    about: str
    suggestions: list[Suggestion]
    assignee: str | None
    lease_until: datetime | None
    outcome: str | None
    completed_at: datetime | None
    snoozed_until: datetime | None
    answered_at: datetime | None
    escalated_at: datetime | None
    escalated_to: str | None
    wish: dict[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class TaskShownWhole(TaskShown):
    """One task with its lead, the talk with that phone, what was asked there before, and its own history."""

    lead: PersonShownWhole
    conversation: list[Said]
    earlier_tasks: list[Earlier]
    history: list[Line]


@dataclass(frozen=True, kw_only=True)
class TaskAssigned(TaskShown):
    """A task that was given to somebody; `warnings` say in words what the giver should know, such as an absence."""

    warnings: list[str]


@dataclass(frozen=True)
class TasksShown:
    """A list of tasks. `cursor` is what to send as `after` next; it is there also when the list is empty."""

    tasks: list[TaskShown]
    cursor: str


@dataclass(frozen=True)
class ReplyShown:
    """A coordinator's text was taken in; whether and when it leaves is the gate's to say (`GET /messages/{id}`)."""

    message_id: str
    task: TaskShown


def shown(task: TaskRead, clinic: Clinic) -> TaskShown:
    """A task for lists and lease calls."""
    return TaskShown(**_told(task, clinic), lead=PersonShown(**_person(task.lead, task.phone)))


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What is read around one task."""

    lead: LeadSeen | None
    talk: tuple[Said, ...]
    earlier: tuple[Earlier, ...]
    history: tuple[Line, ...]


def shown_whole(task: TaskRead, clinic: Clinic, around: Surroundings) -> TaskShownWhole:
    """A task by itself, with all that a coordinator needs to answer."""
    standing = _standing(around.lead, clinic)
    lead = PersonShownWhole(**_person(task.lead, task.phone), **_rest(task.lead), **standing)
    return TaskShownWhole(
        **_told(task, clinic),
        lead=lead,
        conversation=list(around.talk),
        earlier_tasks=list(around.earlier),
        history=list(around.history),
    )


def assigned(task: TaskRead, clinic: Clinic, warnings: list[str]) -> TaskAssigned:
    """A task after it was given to somebody."""
    lead = PersonShown(**_person(task.lead, task.phone))
    return TaskAssigned(**_told(task, clinic), lead=lead, warnings=warnings)


def addressee(lead: LeadRead | None) -> Addressee:
    """What a play may say about this lead."""
    if lead is None:
        return Addressee()
    return Addressee(
        first_name=lead.facts.get("first_name"),
        service=lead.service,
        location=lead.location,
        language=lead.language,
        token=lead.token,
    )


_COPIED = (
    *("id", "kind", "priority", "team", "status", "opened_at", "due_at", "version", "about"),
    *("assignee", "lease_until", "outcome", "completed_at", "snoozed_until"),
    *("answered_at", "escalated_at", "escalated_to", "wish"),
)
_OF_LEAD = ("id", "stage", "service", "location", "language", "test", "track")
_OF_FACTS = ("first_name", "last_name", "email", "request")
_REST_OF_LEAD = ("source", "captured_at", "score")
_REST_OF_FACTS = ("message", "preferred_channel", "zip", "state", "timezone", "external_id")


def _told(task: TaskRead, clinic: Clinic) -> dict[str, Any]:
    suggestions = list(suggest(clinic, task.about, addressee(task.lead), task.team))
    return {name: getattr(task, name) for name in _COPIED} | {"suggestions": suggestions}


def _person(lead: LeadRead | None, phone: str | None) -> dict[str, Any]:
    known = {name: getattr(lead, name, None) for name in _OF_LEAD}
    facts = lead.facts if lead else {}
    times = list(facts.get("preferred_times") or ())
    return known | {name: facts.get(name) for name in _OF_FACTS} | {"phone": phone, "preferred_times": times}


def _rest(lead: LeadRead | None) -> dict[str, Any]:
    known = {name: getattr(lead, name, None) for name in _REST_OF_LEAD}
    facts = lead.facts if lead else {}
    maps = {name: dict(facts.get(name) or {}) for name in ("utm", "extra")}
    known["clicked_at"] = lead.clicked_at if lead else None
    return known | {name: facts.get(name) for name in _REST_OF_FACTS} | maps


_OF_STANDING = ("reason", "next", "consent", "suppressed", "suppressed_by")


def _standing(lead: LeadSeen | None, clinic: Clinic) -> dict[str, Any]:
    seen = lead_out(lead, clinic) if lead else None
    return {name: getattr(seen, name, None) for name in _OF_STANDING} | {
        "sequence": _position(lead, clinic) if lead and lead.sequence else None
    }


def _position(lead: LeadSeen, clinic: Clinic) -> PositionShown:
    sequence = clinic.sequence(str(lead.sequence), lead.version, lead.variant)
    keys = [step.key for step in sequence.steps] if sequence else []
    number = keys.index(lead.step) + 1 if lead.step in keys else None
    return PositionShown(str(lead.sequence), lead.version, lead.step, number, len(keys) or None)


# --- JSON and its tags -------------------------------------------------------------------------------------


def as_json(document: object, status: int = 200, *, tag: str | None = None) -> Response:
    """The document as JSON, with its entity tag; nothing on the way may keep it, for it is health data."""
    body = json_of(document)
    headers = {"ETag": tag or f'"{_digest(body)}"', "Cache-Control": "no-store"}
    return Response(body, status, headers, "application/json")


def json_of(document: object) -> bytes:
    """The document as JSON bytes, times as `2026-11-24T16:00:00Z`."""
    return orjson.dumps(document, default=_plainly, option=orjson.OPT_UTC_Z)


def _plainly(part: object) -> object:
    if isinstance(part, BaseModel):
        return part.model_dump()
    raise TypeError(f"{type(part).__name__} has no form in JSON")


def unless_known(document: object, known: str | None, *, version: int | None = None) -> Response:
    """The document, or an empty 304 when one of the tags in `known` (If-None-Match) is its tag."""
    answer = as_json(document)
    if version is not None:
        answer.headers["ETag"] = f'"{version}-{answer.headers["ETag"][1:]}'
    tag = answer.headers["ETag"]
    if known is not None and {tag, "*"} & set(_tags(known)):
        return Response(status_code=304, headers={"ETag": tag, "Cache-Control": "no-store"})
    return answer


def meets(if_match: str | None, version: int) -> bool:
    """Whether an If-Match header allows a change of this version: `"3"`, or the tag that `GET` gave, or `*`."""
    if if_match is None:
        return True
    return any(tag == "*" or tag.strip('"').partition("-")[0] == str(version) for tag in _tags(if_match))


def _tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]
