"""Senders' rows: pace and day budget, taken under the sender's lock by whoever claims for it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.pace import CARRIER_DAY


@dataclass(frozen=True, kw_only=True)
class SenderRow:
    """A sender as it stands. `real_now` is the database's own clock, by which pace goes.

    `brand_shared`: whether its clinic's brand has other clinics, with which it shares caps.
    """

    key: str
    clinic: str
    free_at: datetime
    day_segments: float
    held_code: str | None
    real_now: datetime
    brand_shared: bool


async def take(conn: AsyncConnection, key: str) -> SenderRow | None:
    """Lock a sender for this claim; None when another worker is claiming for it."""
    row = (
        await conn.execute(
            text("""
            SELECT key, clinic, coalesce(next_free_at, clock_timestamp()) AS free_at, held_code,
                   clock_timestamp() AS real_now,
                   CASE WHEN CAST(day_at AT TIME ZONE :zone AS date) = CAST(now() AT TIME ZONE :zone AS date)
                        THEN day_segments ELSE 0 END AS day_segments,
                   (SELECT count(*) > 1 FROM clinics AS mine JOIN clinics AS sibling ON sibling.brand = mine.brand
                    WHERE mine.key = senders.clinic) AS brand_shared
            FROM senders WHERE key = :key FOR NO KEY UPDATE OF senders SKIP LOCKED
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
