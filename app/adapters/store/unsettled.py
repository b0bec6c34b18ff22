"""Texts whose end we did not see: left `sending` by a worker that died, or `unknown`, to be looked for."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

LEFT_AFTER = 30
"""Seconds after its claim at which a text still `sending` belongs to nobody (a call takes 11 at most)."""


async def left_sending(conn: AsyncConnection, channel: str, after: int, limit: int = 100) -> list[Any]:
    """Texts or e-mails that a worker claimed so many seconds ago and never settled, unlocked."""
    return list(
        await conn.execute(
            text("""
            SELECT id, contact_id, lead_id, step FROM messages
            WHERE status = 'sending' AND channel = :channel
              AND claimed_at < clock_timestamp() - :seconds * interval '1 second'
            ORDER BY claimed_at LIMIT :limit
            """),
            {"channel": channel, "seconds": after, "limit": limit},
        )
    )


async def make_unknown(conn: AsyncConnection, ids: Sequence[str]) -> set[str]:
    """Call these texts unknown, to be looked for at once; those that were still `sending`."""
    rows = await conn.execute(
        text("""
        UPDATE messages SET status = 'unknown', look_at = clock_timestamp()
        WHERE id = ANY(:ids) AND status = 'sending'
          AND claimed_at < clock_timestamp() - :seconds * interval '1 second' RETURNING id
        """),
        {"ids": list(ids), "seconds": LEFT_AFTER},
    )
    return {row.id for row in rows}


async def to_look_for(conn: AsyncConnection, limit: int = 20) -> list[Any]:
    """Unknown texts whose next look is due, and taken for this look: nobody else looks for a minute."""
    return list(
        await conn.execute(
            text("""
            UPDATE messages SET look_at = clock_timestamp() + interval '60 seconds'
            FROM contacts
            WHERE contacts.id = messages.contact_id AND messages.id IN (
                SELECT id FROM messages WHERE status = 'unknown' AND look_at <= clock_timestamp()
                ORDER BY look_at LIMIT :limit FOR UPDATE SKIP LOCKED)
            RETURNING messages.id, messages.clinic, messages.contact_id, messages.lead_id, messages.step,
                      messages.sender, messages.looks, messages.body_cipher, messages.segments, messages.claimed_at,
                      contacts.phone_cipher, messages.claimed_at < clock_timestamp() - interval '1 hour' AS old
            """),
            {"limit": limit},
        )
    )


async def found(conn: AsyncConnection, message_id: str, carrier_id: str) -> bool:
    """The carrier has it: sent. False when a callback was faster."""
    result = await conn.execute(
        text(
            "UPDATE messages SET status = 'sent', carrier_id = :carrier_id, look_at = NULL"
            " WHERE id = :id AND status = 'unknown'"
        ),
        {"id": message_id, "carrier_id": carrier_id},
    )
    return result.rowcount > 0


async def look_again(conn: AsyncConnection, message_id: str, *, counted: bool, in_seconds: float | None) -> bool:
    """Note a look that found nothing; None: it was the last. False when the text was settled meanwhile."""
    result = await conn.execute(
        text("""
        UPDATE messages SET looks = looks + :counted,
               look_at = clock_timestamp() + CAST(:seconds AS double precision) * interval '1 second'
        WHERE id = :id AND status = 'unknown'
        """),
        {"id": message_id, "counted": int(counted), "seconds": in_seconds},
    )
    return result.rowcount > 0


async def carrier_ids_of(conn: AsyncConnection, contact_id: str) -> frozenset[str]:
    """The carrier's ids of this contact's texts, so that one text is not taken for another that says the same."""
    rows = await conn.execute(
        text("SELECT carrier_id FROM messages WHERE contact_id = :contact AND carrier_id IS NOT NULL"),
        {"contact": contact_id},
    )
    return frozenset(row.carrier_id for row in rows)
