"""What carriers tell us: texts that came in, and what became of ours. Statuses only ever move forward.

A receipt about a text whose sending we did not see end proves that the carrier took it; then, and only then, the
receipt brings `TextSent` with it. Terminal statuses are final, and a repetition changes nothing.
"""

from datetime import datetime

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.crypto import Vault
from app.adapters.sms.outcomes import Inbound, Receipt
from app.adapters.store import events, installation
from app.adapters.store.contacts import ContactRef, Directory, lock, lock_by_phone
from app.adapters.store.ingest import Told, tell
from app.domain.events import Event, ReplyReceived, TextDelivered, TextDropped, TextFailed, TextSent
from app.domain.ids import new_id

UNPROVEN = ("scheduled", "sending", "unknown")
"""Statuses in which nobody knows yet that the carrier took the text."""

RANKS = {"scheduled": 0, "sending": 0, "unknown": 0, "sent": 1, "delivered": 2, "undelivered": 2, "failed": 2}
"""How far a text has come; a status not named here is final."""

FINAL = 2


async def take_reply(
    conn: AsyncConnection, vault: Vault, directory: Directory, *, clinic: str, sender: str, inbound: Inbound
) -> ContactRef:
    """Append a text that came in, once however often it is told; the contact it came from is locked from here on."""
    contacts = await lock_by_phone(conn, directory, [(clinic, inbound.from_)])
    contact = contacts[clinic, inbound.from_]
    now = await installation.now(conn)
    event = ReplyReceived(
        id=new_id("evt"),
        at=now,
        sender=sender,
        carrier_id=inbound.carrier_id,
        body=inbound.body,
        media=inbound.media,
    )
    told = Told(f"sms:{sender}", inbound.carrier_id, b"", event.id, event.id)
    if not await tell(conn, [told], now):
        await events.append(conn, vault, [(contact, event)])
    return contact


_MESSAGE = text("""
SELECT id, lead_id, contact_id, status, carrier_id, segments, step, claim_no FROM messages
WHERE id = :id AND sender = :sender AND direction = 'out' FOR NO KEY UPDATE
""")

_MOVE = text("""
UPDATE messages SET status = :status, carrier_id = :carrier_id, error_code = coalesce(:code, error_code),
       retry_at = NULL, look_at = NULL
WHERE id = :id
""")


async def take_receipt(
    conn: AsyncConnection, vault: Vault, *, sender: str, message_id: str, receipt: Receipt
) -> ContactRef | None:
    """Move a text forward as the carrier says and append what that means; None when there is no such text."""
    contact = await _contact_of(conn, sender, message_id)
    if contact is None:
        return None
    # A new statement, after the lock: what the row says now is what the dispatcher left.
    row = (await conn.execute(_MESSAGE, {"id": message_id, "sender": sender})).one()
    if not _moves(row, receipt):
        return contact
    await conn.execute(
        _MOVE, {"id": row.id, "status": receipt.status, "carrier_id": receipt.carrier_id, "code": receipt.code}
    )
    now = await installation.now(conn)
    facts = _facts(row, receipt, sender, now)
    await events.append(conn, vault, [(contact, fact) for fact in facts])
    return contact


async def _contact_of(conn: AsyncConnection, sender: str, message_id: str) -> ContactRef | None:
    """The contact of one of this sender's texts, locked."""
    found = await conn.execute(
        text("SELECT contact_id FROM messages WHERE id = :id AND sender = :sender AND direction = 'out'"),
        {"id": message_id, "sender": sender},
    )
    contact_id = found.scalar_one_or_none()
    return (await lock(conn, [contact_id]))[contact_id] if contact_id else None


def _moves(row: Row[tuple[object, ...]], receipt: Receipt) -> bool:
    """Whether the receipt says something new about this very text."""
    if row.carrier_id not in (None, receipt.carrier_id) or (row.status == "scheduled" and not row.claim_no):
        return False
    return RANKS.get(receipt.status, FINAL) > RANKS.get(row.status, FINAL)


def _facts(row: Row[tuple[object, ...]], receipt: Receipt, sender: str, now: datetime) -> list[Event]:
    facts: list[Event] = []
    if row.status in UNPROVEN:
        facts.append(
            TextSent(
                id=new_id("evt"),
                at=now,
                message_id=row.id,
                lead_id=row.lead_id,
                carrier_id=receipt.carrier_id,
                segments=row.segments,
                step=row.step,
            )
        )
    ending = _ending(row, receipt, sender, now)
    return [*facts, ending] if ending else facts


def _ending(row: Row[tuple[object, ...]], receipt: Receipt, sender: str, now: datetime) -> Event | None:
    """The fact that a text has come to its end, if the receipt says so."""
    event_id, message_id, lead_id = new_id("evt"), row.id, row.lead_id
    if receipt.status == "delivered":
        return TextDelivered(id=event_id, at=now, message_id=message_id, lead_id=lead_id, status=receipt.status)
    if receipt.status == "expired":
        return TextDropped(
            id=event_id,
            at=now,
            message_id=message_id,
            lead_id=lead_id,
            rule="carrier_validity",
            status="expired",
            step=row.step,
        )
    if receipt.status in ("undelivered", "failed"):
        return TextFailed(
            id=event_id,
            at=now,
            message_id=message_id,
            lead_id=lead_id,
            cause=receipt.cause,
            code=receipt.code,
            sender=sender,
            step=row.step,
        )
    return None
