"""Replies of the past, as they were taken: the event with the words, how it was read, and what followed."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.codec import load_event
from app.adapters.crypto import Vault
from app.domain.contact import Stage
from app.domain.events import ReplyReceived
from app.domain.ids import derive_id
from app.domain.replay import Follow, Past

PAGE = 500

_REPLIES = text("""
SELECT no, id, contact_id, payload_cipher FROM events
WHERE clinic = :clinic AND kind = 'reply_received' AND at >= :since AND read_no IS NOT NULL AND no > :after
ORDER BY no LIMIT :limit
""")

_KEPT = text("SELECT id, lead_id, reading FROM messages WHERE id = ANY(CAST(:ids AS text[]))")

_TASKS = text("""
SELECT event_id, kind FROM tasks
WHERE contact_id = ANY(CAST(:contacts AS text[])) AND event_id = ANY(CAST(:events AS text[])) ORDER BY id
""")

_STAGES = text("""
SELECT lead_id, at, to_stage, from_stage, event_id FROM stage_changes
WHERE lead_id = ANY(CAST(:leads AS text[])) ORDER BY lead_id, at, id
""")


async def past_replies(conn: AsyncConnection, vault: Vault, clinic: str, since: datetime) -> AsyncIterator[list[Past]]:
    """The replies of a clinic from a moment on, oldest first, in pages; erased ones are left out."""
    after = 0
    while rows := (await conn.execute(_REPLIES, _asked(clinic, since, after))).all():
        after = rows[-1].no
        yield await _page(conn, vault, rows)


def _asked(clinic: str, since: datetime, after: int) -> dict[str, Any]:
    return {"clinic": clinic, "since": since, "after": after, "limit": PAGE}


async def _page(conn: AsyncConnection, vault: Vault, rows: Sequence[Row[Any]]) -> list[Past]:
    message_ids = {row.id: derive_id("msg", row.id, -1) for row in rows}
    kept = {row.id: row for row in await conn.execute(_KEPT, {"ids": list(message_ids.values())})}
    leads = sorted({row.lead_id for row in kept.values() if row.lead_id})
    stages: dict[str, list[Row[Any]]] = {}
    for row in await conn.execute(_STAGES, {"leads": leads}):
        stages.setdefault(row.lead_id, []).append(row)
    opened: dict[str, list[str]] = {}
    asked = {"contacts": sorted({row.contact_id for row in rows}), "events": list(message_ids)}
    for row in await conn.execute(_TASKS, asked):
        opened.setdefault(row.event_id, []).append(row.kind)
    found = []
    for row in rows:
        event = load_event(vault.decrypt("event", row.payload_cipher))
        message = kept.get(message_ids[row.id])
        if isinstance(event, ReplyReceived) and message is not None and not _is_erased(event, message):
            course = stages.get(message.lead_id or "", ())
            found.append(_past(event, message, course, opened.get(row.id, ())))
    return found


def _is_erased(event: ReplyReceived, message: Row[Any]) -> bool:
    return not event.body and not event.media and message.reading is None


def _past(event: ReplyReceived, message: Row[Any], course: Sequence[Row[Any]], tasks: Sequence[str]) -> Past:
    stood, stage = _stages_around(event, course)
    reading: Mapping[str, str] | None = message.reading
    return Past(
        message_id=message.id,
        event=event,
        then=dict(reading) if reading is not None else None,
        stood=stood,
        followed=Follow(stage, tuple(tasks)),
    )


def _stages_around(event: ReplyReceived, course: Sequence[Row[Any]]) -> tuple[Stage | None, str | None]:
    """Where the lead stood before the reply, and after it: by the change it made, else by the last one before it."""
    mine = next((change for change in course if change.event_id == event.id), None)
    if mine is not None:
        return (Stage(mine.from_stage) if mine.from_stage else None), mine.to_stage
    before = [change.to_stage for change in course if change.at <= event.at]
    return (Stage(before[-1]), before[-1]) if before else (None, None)
