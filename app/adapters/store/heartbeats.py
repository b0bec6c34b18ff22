"""Which processes live: each writes a row every few seconds, by the database's own clock."""

from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def beat(conn: AsyncConnection, process: str, kind: str, state: dict[str, Any]) -> None:
    """This process lives, and this is how it stands (counts only, never words or numbers of people)."""
    await conn.execute(
        text("""
        INSERT INTO heartbeats (process, kind, state) VALUES (:process, :kind, CAST(:state AS jsonb))
        ON CONFLICT (process) DO UPDATE SET beat_at = clock_timestamp(), state = excluded.state
        """),
        {"process": process, "kind": kind, "state": orjson.dumps(state).decode()},
    )


async def end(conn: AsyncConnection, process: str) -> None:
    """This process ended of its own will; others' rows, long silent, go with it."""
    await conn.execute(
        text("DELETE FROM heartbeats WHERE process = :process OR beat_at < clock_timestamp() - interval '1 day'"),
        {"process": process},
    )
