"""What stands around one task: the talk with the contact, what was asked of people before, and its own history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.crypto import Vault

TALK_LIMIT = 200
"""How many of the latest texts of a conversation are shown."""

EARLIER_LIMIT = 50
"""How many of the latest other tasks of a contact are shown."""


@dataclass(frozen=True)
class Said:
    """A text of a conversation: `direction` is `in` or `out`, `at` when it came, left or is due.

    `reading` is how a text that came in was read: `{"intent","certainty","because"}`.
    """

    at: datetime
    direction: str
    text: str
    status: str
    reading: dict[str, Any] | None


@dataclass(frozen=True)
class Line:
    """A line of a task's history."""

    at: datetime
    kind: str
    by: str | None
    text: str | None


@dataclass(frozen=True)
class Earlier:
    """Another task of the same contact: what it was about, and what came of it."""

    id: str
    lead_id: str | None
    kind: str
    status: str
    team: str
    opened_at: datetime
    about: str
    assignee: str | None
    outcome: str | None
    completed_at: datetime | None


async def conversation(conn: AsyncConnection, vault: Vault, contact_id: str) -> tuple[Said, ...]:
    """The texts with this contact, oldest first; those that were called off before they left are not part of it."""
    rows = await conn.execute(
        text("""
        SELECT * FROM (
            SELECT coalesce(sent_at, due_at) AS at, id, direction, body_cipher, status, reading FROM messages
            WHERE contact_id = :contact_id AND channel = 'text' AND status <> 'cancelled'
            ORDER BY at DESC, id DESC LIMIT :limit) AS latest
        ORDER BY at, id
        """),
        {"contact_id": contact_id, "limit": TALK_LIMIT},
    )
    return tuple(
        Said(row.at, row.direction, vault.open("message", row.body_cipher), row.status, row.reading) for row in rows
    )


async def earlier(conn: AsyncConnection, vault: Vault, contact_id: str, task_id: str) -> tuple[Earlier, ...]:
    """The other tasks of this contact, the newest first."""
    rows = await conn.execute(
        text("""
        SELECT id, lead_id, kind, status, team, opened_at, about_cipher, assignee, outcome, completed_at FROM tasks
        WHERE contact_id = :contact_id AND id <> :id ORDER BY opened_at DESC, id DESC LIMIT :limit
        """),
        {"contact_id": contact_id, "id": task_id, "limit": EARLIER_LIMIT},
    )
    found = ({**row._mapping} for row in rows)
    return tuple(Earlier(about=vault.open("task", columns.pop("about_cipher")), **columns) for columns in found)


async def history(conn: AsyncConnection, vault: Vault, task_id: str) -> tuple[Line, ...]:
    """What happened to a task, in order."""
    return (await histories(conn, vault, [task_id]))[task_id]


async def histories(conn: AsyncConnection, vault: Vault, task_ids: Sequence[str]) -> dict[str, tuple[Line, ...]]:
    """What happened to each of these tasks, in order."""
    rows = await conn.execute(
        text("SELECT task_id, at, kind, by, text_cipher FROM task_entries WHERE task_id = ANY(:ids) ORDER BY id"),
        {"ids": list(task_ids)},
    )
    told: dict[str, list[Line]] = {task_id: [] for task_id in task_ids}
    for row in rows:
        words = vault.open("task", row.text_cipher) if row.text_cipher else None
        told[row.task_id].append(Line(row.at, row.kind, row.by, words))
    return {task_id: tuple(lines) for task_id, lines in told.items()}
