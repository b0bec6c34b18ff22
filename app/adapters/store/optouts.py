"""The opt-out list of a clinic (its brand), as the operator handles it: what stands on it, onto it, off it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.crypto import Vault
from app.adapters.store import contacts, events, installation, permissions
from app.adapters.store.contacts import Directory
from app.domain.events import PhoneClosed, PhoneOpened
from app.domain.ids import new_id

COLUMNS = ("phone", "by", "since", "lifted_at")

_LISTED = text("""
SELECT closed.phone_hash AS place, closed.by, closed.since, closed.lifted_at,
       (SELECT phone_cipher FROM contacts WHERE phone_hash = closed.phone_hash LIMIT 1) AS phone_cipher
FROM suppressions AS closed JOIN clinics ON clinics.brand = closed.brand
WHERE clinics.key = :clinic AND closed.phone_hash > :after ORDER BY closed.phone_hash LIMIT 500
""")


async def listed(conn: AsyncConnection, vault: Vault, clinic: str) -> AsyncIterator[dict[str, Any]]:
    """Every phone that is closed at this clinic's brand, or was once: a row with the keys of `COLUMNS` each."""
    after = b""
    while rows := (await conn.execute(_LISTED, {"clinic": clinic, "after": after})).all():
        for row in rows:
            phone = vault.open("phone", row.phone_cipher) if row.phone_cipher else None
            yield {"phone": phone, "by": row.by, "since": row.since, "lifted_at": row.lifted_at}
        after = bytes(rows[-1].place)


@dataclass(frozen=True)
class Listing:
    """Who puts phones on the list or takes them off, at which clinic, and why."""

    clinic: str
    by: str
    reason: str


async def close(conn: AsyncConnection, directory: Directory, listing: Listing, phones: Sequence[str]) -> int:
    """Put these phones (E.164) on the list; how many were not on it. From the commit on nothing leaves to them.

    The row is written at once, and an event tells the machine, which ends what was planned.
    """
    held = await contacts.lock_by_phone(conn, directory, {(listing.clinic, phone) for phone in phones})
    closed = await _closed(conn, listing.clinic, [directory.hash(phone) for phone in phones])
    fresh = [phone for phone in dict.fromkeys(phones) if directory.hash(phone) not in closed]
    now = await installation.now(conn)
    named = [held[listing.clinic, phone] for phone in fresh]
    await events.append(conn, directory.vault, [(one, _told(PhoneClosed, listing, now)) for one in named])
    await permissions.set_suppressions(conn, {one.id: "staff" for one in named}, now)
    return len(fresh)


async def lift(conn: AsyncConnection, directory: Directory, listing: Listing, phone: str) -> bool:
    """Take a phone off the list; False when it is not on it. Nothing is sent, no lead goes on, no consent is made."""
    if directory.hash(phone) not in await _closed(conn, listing.clinic, [directory.hash(phone)]):
        return False
    held = await contacts.lock_by_phone(conn, directory, {(listing.clinic, phone)})
    now = await installation.now(conn)
    told = _told(PhoneOpened, listing, now)
    await events.append(conn, directory.vault, [(contact, told) for contact in held.values()])
    return True


async def _closed(conn: AsyncConnection, clinic: str, hashes: Sequence[bytes]) -> set[bytes]:
    rows = await conn.execute(
        text(
            "SELECT phone_hash FROM suppressions JOIN clinics USING (brand)"
            " WHERE clinics.key = :clinic AND phone_hash = ANY(CAST(:hashes AS bytea[])) AND lifted_at IS NULL"
        ),
        {"clinic": clinic, "hashes": list(hashes)},
    )
    return {bytes(row.phone_hash) for row in rows}


def _told(kind: type[PhoneClosed | PhoneOpened], listing: Listing, now: datetime) -> PhoneClosed | PhoneOpened:
    return kind(id=new_id("evt"), at=now, by=listing.by, reason=listing.reason)
