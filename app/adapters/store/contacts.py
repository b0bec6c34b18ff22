"""Contacts: found or made by clinic and phone, and locked before anything is appended to them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.crypto import Vault, lane_of, phone_hash
from app.domain.ids import new_id


@dataclass(frozen=True, kw_only=True)
class Directory:
    """What turns a phone into a row: the key of its hash, the vault for its ciphertext, the number of lanes."""

    vault: Vault
    phone_key: bytes
    lanes: int

    def hash(self, phone: str) -> bytes:
        """The blind index of an E.164 number in this installation."""
        return phone_hash(self.phone_key, phone)


@dataclass(frozen=True)
class ContactRef:
    """Which contact, and the lane its events go to."""

    id: str
    clinic: str
    lane: int


NOBODY = ""
"""The phone of the contact to whom a clinic's own matters belong (a booking that matches no lead)."""

_UPSERT = text("""
INSERT INTO contacts (id, clinic, phone_hash, phone_cipher, lane)
SELECT id, clinic, phone_hash, phone_cipher, lane
FROM unnest(CAST(:ids AS text[]), CAST(:clinics AS text[]), CAST(:hashes AS bytea[]),
            CAST(:ciphers AS bytea[]), CAST(:lanes AS smallint[]))
     AS wanted (id, clinic, phone_hash, phone_cipher, lane)
ORDER BY clinic, phone_hash
ON CONFLICT (clinic, phone_hash) DO UPDATE SET lane = contacts.lane
RETURNING id, clinic, phone_hash, lane
""")


async def lock_by_phone(
    conn: AsyncConnection, directory: Directory, wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], ContactRef]:
    """Find or make the contacts of these (clinic, phone) pairs and lock them, in key order.

    There must be a row to lock, so that everything appended to one contact stands in one order.
    """
    pairs = {(clinic, directory.hash(phone)): phone for clinic, phone in wanted}
    keys = sorted(pairs)
    rows = await conn.execute(
        _UPSERT,
        {
            "ids": [new_id("contact") for _ in keys],
            "clinics": [clinic for clinic, _ in keys],
            "hashes": [hashed for _, hashed in keys],
            "ciphers": [directory.vault.seal("phone", pairs[key]) for key in keys],
            "lanes": [lane_of(hashed, directory.lanes) for _, hashed in keys],
        },
    )
    return {
        (row.clinic, pairs[row.clinic, bytes(row.phone_hash)]): ContactRef(row.id, row.clinic, row.lane) for row in rows
    }


async def lock(conn: AsyncConnection, ids: Sequence[str]) -> dict[str, ContactRef]:
    """Lock contacts, waiting for whoever holds them; unknown ids are left out.

    The order is the one of `lock_by_phone`, clinic and hash, so that no two transactions wait for each other.
    """
    rows = await conn.execute(
        text(
            "SELECT id, clinic, lane FROM contacts WHERE id = ANY(:ids) ORDER BY clinic, phone_hash FOR NO KEY UPDATE"
        ),
        {"ids": sorted(set(ids))},
    )
    return {row.id: ContactRef(row.id, row.clinic, row.lane) for row in rows}


async def find(conn: AsyncConnection, directory: Directory, clinic: str, phone: str) -> ContactRef | None:
    """The contact of this phone at this clinic, if there is one. Does not lock."""
    row = (
        await conn.execute(
            text("SELECT id, clinic, lane FROM contacts WHERE clinic = :clinic AND phone_hash = :hash"),
            {"clinic": clinic, "hash": directory.hash(phone)},
        )
    ).one_or_none()
    return ContactRef(row.id, row.clinic, row.lane) if row else None
