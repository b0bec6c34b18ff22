"""Senders' rows: pace and day budget, taken under the sender's lock by whoever claims for it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

CARRIER_DAY = "America/Los_Angeles"
"""Carriers' daily caps begin anew at midnight Pacific (T-Mobile's brand cap)."""


@dataclass(frozen=True, kw_only=True)
class SenderRow:
    """A sender as it stands. `real_now` is the database's own clock, by which pace goes."""

    key: str
    clinic: str
    free_at: datetime
    day_segments: float
    held_code: str | None
    real_now: datetime


async def take(conn: AsyncConnection, key: str) -> SenderRow | None:
    """Lock a sender for this claim; None when another worker is claiming for it."""
    row = (
        await conn.execute(
            text("""
            SELECT key, clinic, coalesce(next_free_at, clock_timestamp()) AS free_at, held_code,
                   clock_timestamp() AS real_now,
                   CASE WHEN CAST(day_at AT TIME ZONE :zone AS date) = CAST(now() AT TIME ZONE :zone AS date)
                        THEN day_segments ELSE 0 END AS day_segments
            FROM senders WHERE key = :key FOR NO KEY UPDATE SKIP LOCKED
            """),
            {"key": key, "zone": CARRIER_DAY},
        )
    ).one_or_none()
    return SenderRow(**row._mapping) if row else None


async def spend(conn: AsyncConnection, key: str, free_at: datetime, day_segments: float) -> None:
    """Write what a claim used up."""
    await conn.execute(
        text(
            "UPDATE senders SET next_free_at = :free_at, day_segments = :segments, day_at = clock_timestamp()"
            " WHERE key = :key"
        ),
        {"key": key, "free_at": free_at, "segments": day_segments},
    )
