"""Waiting at a door, never with a transaction open: for claims that may still start, for events to be read."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

from app.adapters.store import events, reading
from app.runtime import Runtime

CLAIMS_PATIENCE = 1.25
"""Seconds a door waits for claims; by then none of them can start any more."""

READ_PATIENCE = 2.0
"""Seconds a door waits for its event to take effect before it answers 202."""

FRESH = 2.0
"""Seconds after its making in which an id may name something that a worker has yet to write."""

LOOK_EVERY = 0.025

Found = TypeVar("Found")


async def until_no_claim_can_start(runtime: Runtime, contact_id: str) -> None:
    """Return when no text to this contact, claimed before our event was committed, can still leave."""
    deadline = monotonic() + CLAIMS_PATIENCE
    while monotonic() < deadline:
        async with runtime.engine.connect() as conn:
            if not await reading.claims_that_may_start(conn, contact_id):
                return
        await asyncio.sleep(LOOK_EVERY)


async def until_read(runtime: Runtime, event_id: str) -> bool:
    """Whether the event took effect within two seconds."""
    deadline = monotonic() + READ_PATIENCE
    while monotonic() < deadline:
        async with runtime.engine.connect() as conn:
            if await events.is_read(conn, event_id):
                return True
        await asyncio.sleep(LOOK_EVERY)
    return False


async def when_written(thing_id: str, look: Callable[[], Awaitable[Found | None]]) -> Found | None:
    """What `look` finds. For an id made a moment ago, whose rows a worker has yet to write, it looks a while."""
    found = await look()
    while found is None and _age(thing_id) < FRESH:
        await asyncio.sleep(LOOK_EVERY)
        found = await look()
    return found


def _age(thing_id: str) -> float:
    """Seconds since an id was made, by the time it carries; endless for what carries none or lies ahead."""
    try:
        age = time.time() - int(thing_id.partition("_")[2][:12], 16) / 1000
    except ValueError:
        return float("inf")
    return age if age > -1 else float("inf")
