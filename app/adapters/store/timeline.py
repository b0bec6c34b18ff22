"""A lead's timeline: all that happened around it, of whatever kind, as it is on record. Queries only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.codec import load_event
from app.adapters.crypto import CannotDecrypt, Vault
from app.adapters.store.permissions import ledger_of_lead
from app.adapters.store.reading import MESSAGES, SHOWN, MessageSeen, message_seen
from app.adapters.store.task_detail import Line, histories
from app.domain.events import Event


@dataclass(frozen=True, kw_only=True)
class TaskSeen:
    """A task of the lead, as far as its timeline tells."""

    id: str
    kind: str
    status: str
    team: str
    opened_at: datetime
    due_at: datetime
    event_id: str
    about: str
    assignee: str | None
    outcome: str | None
    completed_by: str | None
    completed_at: datetime | None
    history: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """An event that nobody can open: only that it happened is known, and to which phone."""

    id: str
    at: datetime
    kind: str


@dataclass(frozen=True, kw_only=True)
class StageChange:
    """A lead went from one stage to another, by an event."""

    id: str
    at: datetime
    from_stage: str | None
    to_stage: str
    event_id: str


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Everything that happened around a lead, each kind in its own order."""

    events: tuple[Event | Unreadable, ...]
    messages: tuple[MessageSeen, ...]
    tasks: tuple[TaskSeen, ...]
    stages: tuple[StageChange, ...]
    consents: tuple[dict[str, Any], ...]


async def timeline(conn: AsyncConnection, vault: Vault, contact_id: str, lead_id: str) -> Timeline:
    """What happened to a lead; events, texts and tasks that name no lead belong to every lead of the phone."""
    who = {"contact": contact_id, "lead": lead_id}
    asked = (await conn.execute(_TASKS, who)).all()
    told = await histories(conn, vault, [row.id for row in asked])
    tasks = tuple(_task(vault, row, told[row.id]) for row in asked)
    found = [_event(vault, row) for row in await conn.execute(_EVENTS, who)]
    about = {lead_id, *(task.id for task in tasks), None}
    return Timeline(
        events=tuple(event for event in found if _named(event) in about),
        messages=tuple(message_seen(vault, row) for row in await conn.execute(_TEXTS, who)),
        tasks=tasks,
        stages=tuple(StageChange(**row._mapping) for row in await conn.execute(_STAGES, who)),
        consents=tuple(await ledger_of_lead(conn, vault, contact_id, lead_id)),
    )


def _event(vault: Vault, row: Row[Any]) -> Event | Unreadable:
    try:
        return load_event(vault.decrypt("event", row.payload_cipher))
    except (CannotDecrypt, ValidationError):
        return Unreadable(id=row.id, at=row.at, kind=row.kind)


def _named(event: Event | Unreadable) -> str | None:
    """The lead an event names, else its task, else nothing: then it is about the phone."""
    return getattr(event, "lead_id", None) or getattr(event, "task_id", None)


def _task(vault: Vault, row: Row[Any], history: tuple[Line, ...]) -> TaskSeen:
    columns = dict(row._mapping)
    about = columns.pop("about_cipher")
    return TaskSeen(**columns, about=vault.open("task", about), history=history)


_EVENTS = text("SELECT id, at, kind, payload_cipher FROM events WHERE contact_id = :contact ORDER BY no")
_TEXTS = text(
    MESSAGES + f"WHERE contact_id = :contact AND (lead_id = :lead OR lead_id IS NULL) AND {SHOWN} ORDER BY id"
)
_TASKS = text(
    "SELECT id, kind, status, team, opened_at, due_at, event_id, about_cipher, assignee, outcome, completed_by,"
    " completed_at FROM tasks WHERE contact_id = :contact AND (lead_id = :lead OR lead_id IS NULL) ORDER BY id"
)
_STAGES = text("SELECT id, at, from_stage, to_stage, event_id FROM stage_changes WHERE lead_id = :lead ORDER BY at, id")
