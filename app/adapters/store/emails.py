"""E-mails: who is due, everything they are judged by, the mailbox's pace, and who wants none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.crypto import Vault
from app.adapters.store import contacts, events, installation
from app.adapters.store.contacts import ContactRef, Directory
from app.adapters.store.leads import email_hash
from app.domain.emails import mailbox
from app.domain.events import EmailOptedOut
from app.domain.ids import new_id

LEFT_AFTER = 120
"""Seconds after its claim at which an e-mail still `sending` belongs to nobody (handing one over takes 60 at most)."""

_CLINICS_WITH_DUE = text("""
SELECT key FROM clinics WHERE EXISTS (
    SELECT FROM generate_series(0, 4) AS urgency CROSS JOIN LATERAL (
        SELECT 1 FROM messages
        WHERE sender = :prefix || clinics.key AND messages.urgency = CAST(urgency.urgency AS smallint)
          AND status = 'scheduled' AND due_at <= :now AND (retry_at IS NULL OR retry_at <= clock_timestamp())
        LIMIT 1) AS one)
ORDER BY key
""")


async def clinics_with_due(conn: AsyncConnection, now: datetime) -> list[str]:
    """Clinics that have a due e-mail which nothing holds back for the moment."""
    rows = await conn.execute(_CLINICS_WITH_DUE, {"now": now, "prefix": mailbox("")})
    return [row.key for row in rows]


@dataclass(frozen=True, kw_only=True)
class Mailbox:
    """A clinic's outgoing mail, locked: how fast it may go, and who shares its list of those who want none."""

    brand_shared: bool
    free_at: datetime
    real_now: datetime


_TAKE = text("""
INSERT INTO mailboxes (clinic) VALUES (:clinic) ON CONFLICT (clinic) DO UPDATE SET clinic = excluded.clinic
RETURNING coalesce(next_free_at, clock_timestamp()) AS free_at, clock_timestamp() AS real_now,
          (SELECT count(*) > 1 FROM clinics AS others
           WHERE brand = (SELECT brand FROM clinics WHERE key = :clinic)) AS brand_shared
""")


async def take(conn: AsyncConnection, clinic: str) -> Mailbox:
    """Lock the clinic's mailbox for this transaction, after whoever has it."""
    row = (await conn.execute(_TAKE, {"clinic": clinic})).one()
    return Mailbox(brand_shared=row.brand_shared, free_at=row.free_at, real_now=row.real_now)


async def spend(conn: AsyncConnection, clinic: str, free_at: datetime) -> None:
    """Remember when the next e-mail may leave."""
    await conn.execute(
        text("UPDATE mailboxes SET next_free_at = :free_at WHERE clinic = :clinic"),
        {"free_at": free_at, "clinic": clinic},
    )


_CASES = text("""
SELECT messages.id, messages.contact_id, messages.lead_id, messages.step, messages.expires_at, messages.body_cipher,
       messages.claim_no, messages.tries, leads.stage, leads.test, leads.token, leads.language, leads.location,
       leads.captured_at, leads.source, leads.facts_cipher, suppressions.by AS suppressed_by,
       CASE WHEN closed.since IS NOT NULL THEN 'unsubscribed' END AS email_suppressed_by,
       EXISTS (SELECT FROM events WHERE events.contact_id = messages.contact_id AND events.read_no IS NULL
                 AND events.blocks) AS unread,
       clinics.sending AS sending_clinic, (SELECT sending FROM installation) AS sending_all,
       (SELECT max(sent_at) FROM messages AS texts
        WHERE texts.contact_id = messages.contact_id AND texts.channel = 'text' AND texts.direction = 'out'
          AND texts.sent_at IS NOT NULL) AS last_text
FROM messages
JOIN contacts ON contacts.id = messages.contact_id
JOIN clinics ON clinics.key = messages.clinic
JOIN leads ON leads.id = messages.lead_id
LEFT JOIN suppressions ON suppressions.brand = clinics.brand AND suppressions.phone_hash = contacts.phone_hash
     AND suppressions.lifted_at IS NULL
LEFT JOIN email_suppressions AS closed ON closed.brand = clinics.brand AND closed.email_hash = leads.email_hash
WHERE messages.id = ANY(:ids) AND messages.status = 'scheduled'
ORDER BY messages.id FOR NO KEY UPDATE OF messages
""")


async def judged(conn: AsyncConnection, ids: Sequence[str]) -> dict[str, Any]:
    """Everything these e-mails are judged by, read in a statement of its own after their contacts were locked."""
    return {row.id: row for row in await conn.execute(_CASES, {"ids": list(ids)})}


async def make_unknown(conn: AsyncConnection, ids: Sequence[str]) -> set[str]:
    """Call these e-mails unknown, for good: no server can be asked what it took. Those that were still `sending`."""
    rows = await conn.execute(
        text("UPDATE messages SET status = 'unknown' WHERE id = ANY(:ids) AND status = 'sending' RETURNING id"),
        {"ids": list(ids)},
    )
    return {row.id for row in rows}


# -- who wants none ----------------------------------------------------------------------------


async def suppress(
    conn: AsyncConnection, directory: Directory, closed: Sequence[tuple[str, str]], now: datetime
) -> None:
    """Put these (clinic, address) on their brands' lists; whoever is there already stays since then."""
    if not closed:
        return
    await conn.execute(
        text("""
        INSERT INTO email_suppressions (brand, email_hash, since)
        SELECT DISTINCT clinics.brand, new.email_hash, CAST(:now AS timestamptz)
        FROM unnest(CAST(:clinics AS text[]), CAST(:hashes AS bytea[])) AS new (clinic, email_hash)
        JOIN clinics ON clinics.key = new.clinic
        ON CONFLICT (brand, email_hash) DO NOTHING
        """),
        {
            "clinics": [clinic for clinic, _ in closed],
            "hashes": [email_hash(directory, address) for _, address in closed],
            "now": now,
        },
    )


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Whose e-mails a link speaks of. `closed`: unsubscribed already."""

    lead_id: str
    contact_id: str
    clinic: str
    language: str | None
    closed: bool


async def reader_of(conn: AsyncConnection, token: str) -> Reader | None:
    """The lead with this token."""
    row = (
        await conn.execute(
            text("""
            SELECT leads.id AS lead_id, leads.contact_id, leads.clinic, leads.language,
                   closed.since IS NOT NULL AS closed
            FROM leads JOIN clinics ON clinics.key = leads.clinic
            LEFT JOIN email_suppressions AS closed
                   ON closed.brand = clinics.brand AND closed.email_hash = leads.email_hash
            WHERE leads.token = :token
            """),
            {"token": token},
        )
    ).one_or_none()
    return Reader(**row._mapping) if row else None


async def unsubscribe(conn: AsyncConnection, vault: Vault, reader: Reader) -> ContactRef:
    """Append that this person wants no more e-mails; from the commit on none is claimed."""
    contact = (await contacts.lock(conn, [reader.contact_id]))[reader.contact_id]
    event = EmailOptedOut(id=new_id("evt"), at=await installation.now(conn), lead_id=reader.lead_id)
    await events.append(conn, vault, [(contact, event)])
    return contact
