"""Whether we may speak: the consent ledger, the suppressions, and senders that are held."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.codec import dump_consent
from app.adapters.crypto import Vault
from app.domain.effects import RecordConsent


async def record_consents(
    conn: AsyncConnection, vault: Vault, rows: Sequence[tuple[str, str, RecordConsent]], now: datetime
) -> None:
    """Append (clinic, contact, order) to the ledger."""
    if not rows:
        return
    orders = [order for _, _, order in rows]
    await conn.execute(
        text("""
        INSERT INTO consents (id, clinic, contact_id, lead_id, status, method, act_cipher, text_sha256, occurred_at,
                              recorded_at)
        SELECT id, clinic, contact_id, lead_id, status, method, act, digest, occurred_at, :now
        FROM unnest(CAST(:ids AS text[]), CAST(:clinics AS text[]), CAST(:contacts AS text[]), CAST(:leads AS text[]),
                    CAST(:statuses AS text[]), CAST(:methods AS text[]), CAST(:acts AS bytea[]),
                    CAST(:digests AS text[]), CAST(:occurred AS timestamptz[]))
             AS new (id, clinic, contact_id, lead_id, status, method, act, digest, occurred_at)
        """),
        {
            "now": now,
            "ids": [order.id for order in orders],
            "clinics": [clinic for clinic, _, _ in rows],
            "contacts": [contact for _, contact, _ in rows],
            "leads": [order.lead_id for order in orders],
            "statuses": [order.status for order in orders],
            "methods": [order.method for order in orders],
            "acts": [vault.encrypt("consent", dump_consent(order.act)) for order in orders],
            "digests": [_digest(order.act.text) for order in orders],
            "occurred": [order.act.at for order in orders],
        },
    )


def _digest(words: str | None) -> str | None:
    return hashlib.sha256(words.encode()).hexdigest() if words else None


async def set_suppressions(conn: AsyncConnection, changes: Mapping[str, str | None], now: datetime) -> None:
    """Close (by whom) or open again (None) the phones of these contacts, at the whole brand."""
    if not changes:
        return
    await conn.execute(
        text("""
        INSERT INTO suppressions (brand, phone_hash, by, since, lifted_at)
        SELECT DISTINCT ON (clinics.brand, contacts.phone_hash) clinics.brand, contacts.phone_hash,
               coalesce(change.by, 'start'), :now, CASE WHEN change.by IS NULL THEN CAST(:now AS timestamptz) END
        FROM unnest(CAST(:ids AS text[]), CAST(:by AS text[])) WITH ORDINALITY AS change (contact_id, by, place)
        JOIN contacts ON contacts.id = change.contact_id JOIN clinics ON clinics.key = contacts.clinic
        ORDER BY clinics.brand, contacts.phone_hash, change.place DESC
        ON CONFLICT (brand, phone_hash) DO UPDATE SET
            by = CASE WHEN excluded.lifted_at IS NULL THEN excluded.by ELSE suppressions.by END,
            since = CASE WHEN excluded.lifted_at IS NULL THEN excluded.since ELSE suppressions.since END,
            lifted_at = excluded.lifted_at
        """),
        {"ids": list(changes), "by": list(changes.values()), "now": now},
    )


async def hold_senders(conn: AsyncConnection, codes: Mapping[str, str], now: datetime) -> set[str]:
    """Hold these senders, with the carrier's code for it; those that were not held before."""
    if not codes:
        return set()
    rows = await conn.execute(
        text("""
        UPDATE senders SET held_code = held.code, held_at = :now
        FROM (SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:codes AS text[])) AS given (key, code)
              ORDER BY key) AS held
        WHERE senders.key = held.key AND senders.held_code IS NULL RETURNING senders.key
        """),
        {"keys": list(codes), "codes": list(codes.values()), "now": now},
    )
    return {row.key for row in rows}


async def free_sender(conn: AsyncConnection, key: str) -> bool:
    """Let a held sender speak again; False when it was not held."""
    result = await conn.execute(
        text("UPDATE senders SET held_code = NULL, held_at = NULL WHERE key = :key AND held_code IS NOT NULL"),
        {"key": key},
    )
    return result.rowcount > 0
