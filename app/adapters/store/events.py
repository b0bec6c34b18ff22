"""The log: appending under the contact's lock, reading by lane, and what is still unread."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.codec import dump_event, load_event
from app.adapters.crypto import Vault
from app.adapters.store.contacts import ContactRef
from app.domain.events import Event

LANE_LOCK = 0x1EAD
"""The advisory-lock class of lanes, so that no other lock can collide with them."""

_APPEND = text("""
INSERT INTO events (id, clinic, contact_id, lane, kind, blocks, payload_cipher, at)
SELECT id, clinic, contact_id, lane, kind, blocks, payload, at
FROM unnest(CAST(:ids AS text[]), CAST(:clinics AS text[]), CAST(:contacts AS text[]), CAST(:lanes AS smallint[]),
            CAST(:kinds AS text[]), CAST(:blocks AS boolean[]), CAST(:payloads AS bytea[]),
            CAST(:ats AS timestamptz[]))
     WITH ORDINALITY AS new (id, clinic, contact_id, lane, kind, blocks, payload, at, place)
ORDER BY place
""")


@dataclass(frozen=True)
class Unread:
    """One event that waits to be read, with how often reading it has failed. `raw` is its ciphertext."""

    no: int
    id: str
    clinic: str
    contact_id: str
    kind: str
    failures: int
    raw: bytes

    def open(self, vault: Vault) -> Event:
        """The event itself."""
        return load_event(vault.decrypt("event", self.raw))


async def append(conn: AsyncConnection, vault: Vault, events: Sequence[tuple[ContactRef, Event]]) -> None:
    """Add events to the log, in this order. The caller holds the lock of every contact named."""
    if not events:
        return
    await conn.execute(
        _APPEND,
        {
            "ids": [event.id for _, event in events],
            "clinics": [contact.clinic for contact, _ in events],
            "contacts": [contact.id for contact, _ in events],
            "lanes": [contact.lane for contact, _ in events],
            "kinds": [event.kind for _, event in events],
            "blocks": [event.blocks for _, event in events],
            "payloads": [vault.encrypt("event", dump_event(event)) for _, event in events],
            "ats": [event.at for _, event in events],
        },
    )


async def unread_lanes(conn: AsyncConnection, *, pressing: bool = False) -> list[int]:
    """The lanes that have something to read; or, `pressing`, something for which texts to somebody wait."""
    # A loose index scan: one probe per lane, however many events wait.
    rows = await conn.execute(
        text(
            "SELECT lane FROM generate_series(0, (SELECT lanes FROM installation) - 1) AS lane WHERE EXISTS"
            " (SELECT FROM events WHERE events.lane = CAST(lane.lane AS smallint) AND read_no IS NULL"
            " AND (blocks OR NOT :pressing))"
        ),
        {"pressing": pressing},
    )
    return [row.lane for row in rows]


_TAKE_LANES = text("""
SELECT lane FROM unnest(CAST(:lanes AS integer[])) AS wanted (lane) WHERE pg_try_advisory_xact_lock(:class, lane)
""")

_UNREAD = text("""
SELECT unread.* FROM unnest(CAST(:lanes AS smallint[])) AS taken (lane)
CROSS JOIN LATERAL (
    SELECT no, id, clinic, contact_id, kind, failures, payload_cipher FROM events
    WHERE events.lane = taken.lane AND read_no IS NULL ORDER BY no LIMIT :limit
) AS unread
ORDER BY no LIMIT :limit
""")


async def take_lanes(conn: AsyncConnection, lanes: Sequence[int]) -> list[int]:
    """Take those of these lanes that nobody has, for this transaction."""
    taken = await conn.execute(_TAKE_LANES, {"class": LANE_LOCK, "lanes": list(lanes)})
    return [row.lane for row in taken]


async def unread(conn: AsyncConnection, lanes: Sequence[int], limit: int) -> list[Unread]:
    """The oldest unread events of these lanes, in order.

    Asked in a statement of its own after the lanes were taken: its snapshot has what their last holders committed.
    """
    rows = await conn.execute(_UNREAD, {"lanes": list(lanes), "limit": limit}) if lanes else ()
    return [Unread(*row) for row in rows]


async def mark_read(
    conn: AsyncConnection, read: Sequence[tuple[int, int]], now: datetime, *, quarantined: bool = False
) -> None:
    """Give these events ((no, clinic version), in reading order) their read numbers; `now` is what `decide` saw."""
    await conn.execute(
        text("""
        UPDATE events SET read_no = numbered.read_no, read_at = :now, clinic_version = numbered.version,
               quarantined = :quarantined
        FROM (SELECT no, version, nextval('event_read_no') AS read_no
              FROM (SELECT * FROM unnest(CAST(:nos AS bigint[]), CAST(:versions AS integer[]))
                    WITH ORDINALITY AS given (no, version, place) ORDER BY place) AS ordered) AS numbered
        WHERE events.no = numbered.no
        """),
        {
            "nos": [no for no, _ in read],
            "versions": [version for _, version in read],
            "now": now,
            "quarantined": quarantined,
        },
    )


async def count_failure(conn: AsyncConnection, no: int) -> int:
    """Note that reading this event failed; the number of failures so far."""
    failures: int = (
        await conn.execute(
            text("UPDATE events SET failures = failures + 1 WHERE no = :no RETURNING failures"), {"no": no}
        )
    ).scalar_one()
    return failures


async def blocked(conn: AsyncConnection, contact_ids: Iterable[str]) -> set[str]:
    """Which of these contacts have an unread event that matters: ask in a statement of its own, after locking."""
    rows = await conn.execute(
        text("SELECT DISTINCT contact_id FROM events WHERE contact_id = ANY(:ids) AND read_no IS NULL AND blocks"),
        {"ids": list(contact_ids)},
    )
    return {row.contact_id for row in rows}


async def is_read(conn: AsyncConnection, event_id: str) -> bool:
    """Whether this event has been decided."""
    read = (
        await conn.execute(text("SELECT read_no IS NOT NULL FROM events WHERE id = :id"), {"id": event_id})
    ).scalar_one_or_none()
    return bool(read)


async def all_read(conn: AsyncConnection, contact_id: str) -> bool:
    """Whether everything that has happened to this contact took effect."""
    found: bool = (
        await conn.execute(
            text("SELECT NOT EXISTS (SELECT FROM events WHERE contact_id = :contact AND read_no IS NULL)"),
            {"contact": contact_id},
        )
    ).scalar_one()
    return found


async def is_set_aside(conn: AsyncConnection, event_id: str) -> bool:
    """Whether this event could not be read, and never will be."""
    aside = await conn.execute(text("SELECT quarantined FROM events WHERE id = :id"), {"id": event_id})
    return bool(aside.scalar_one_or_none())
