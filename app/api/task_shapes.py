"""Tasks on the wire: the JSON that calls answer with, and its entity tags."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from fastapi.responses import Response

from app.adapters.store.task_lists import LeadRead, Line, Said, TaskRead
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


@dataclass(frozen=True, kw_only=True)
class PersonShownWhole(PersonShown):
    """The same with everything else that was asked for or said in the form."""

    message: str | None
    preferred_channel: str | None
    zip: str | None
    state: str | None
    timezone: str | None
    source: str | None
    captured_at: datetime | None
    score: int | None
    external_id: str | None
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


@dataclass(frozen=True, kw_only=True)
class TaskShownWhole(TaskShown):
    """One task with its lead, the talk with that phone, and its own history."""

    lead: PersonShownWhole
    conversation: list[Said]
    history: list[Line]


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


def shown_whole(task: TaskRead, clinic: Clinic, talk: tuple[Said, ...], history: tuple[Line, ...]) -> TaskShownWhole:
    """A task by itself, with all that a coordinator needs to answer."""
    lead = PersonShownWhole(**_person(task.lead, task.phone), **_rest(task.lead))
    return TaskShownWhole(**_told(task, clinic), lead=lead, conversation=list(talk), history=list(history))


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
)
_OF_LEAD = ("id", "stage", "service", "location", "language", "test", "track")
_OF_FACTS = ("first_name", "last_name", "email", "request")
_REST_OF_LEAD = ("source", "captured_at", "score")
_REST_OF_FACTS = ("message", "preferred_channel", "zip", "state", "timezone", "external_id")


def _told(task: TaskRead, clinic: Clinic) -> dict[str, Any]:
    suggestions = list(suggest(clinic, task.about, addressee(task.lead)))
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
    return known | {name: facts.get(name) for name in _REST_OF_FACTS} | maps


# --- JSON and its tags -------------------------------------------------------------------------------------


def as_json(document: object, status: int = 200, *, tag: str | None = None) -> Response:
    """The document as JSON, with its entity tag; nothing on the way may keep it, for it is health data."""
    body = orjson.dumps(document, option=orjson.OPT_UTC_Z)
    headers = {"ETag": tag or f'"{_digest(body)}"', "Cache-Control": "no-store"}
    return Response(body, status, headers, "application/json")


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
