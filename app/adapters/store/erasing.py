"""Erasing a person: the order under the contact's lock, and the blanking of every row when a worker has read it.

What is kept, and why: the consent ledger and the opt-out list (they prove what was allowed, and ended), and with
them the number, without which neither is about anybody. All else that says who it was, or what was said, goes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.codec import dump_event, load_event
from app.adapters.crypto import CannotDecrypt, Vault
from app.adapters.store import contacts, events, installation
from app.adapters.store.contacts import ContactRef, Directory
from app.domain.erasing import skeleton
from app.domain.events import LeadCaptured, PersonErased
from app.domain.ids import new_id


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """How much is on record about a person at one clinic; the last two stay."""

    leads: int
    messages: int
    tasks: int
    bookings: int
    events: int
    consents: int
    opted_out: bool


_HOLDINGS = text("""
SELECT (SELECT count(*) FROM leads WHERE contact_id = contacts.id) AS leads,
       (SELECT count(*) FROM messages WHERE contact_id = contacts.id AND channel <> 'wait') AS messages,
       (SELECT count(*) FROM tasks WHERE contact_id = contacts.id) AS tasks,
       (SELECT count(*) FROM bookings WHERE contact_id = contacts.id) AS bookings,
       (SELECT count(*) FROM events WHERE contact_id = contacts.id) AS events,
       (SELECT count(*) FROM consents WHERE contact_id = contacts.id) AS consents,
       EXISTS (SELECT FROM suppressions JOIN clinics USING (brand) WHERE clinics.key = contacts.clinic
               AND suppressions.phone_hash = contacts.phone_hash AND lifted_at IS NULL) AS opted_out
FROM contacts WHERE id = :contact
""")


async def holdings(conn: AsyncConnection, contact_id: str) -> Holdings:
    """What is on record about this contact."""
    return Holdings(**(await conn.execute(_HOLDINGS, {"contact": contact_id})).one()._mapping)


async def order(conn: AsyncConnection, directory: Directory, contact: ContactRef, by: str) -> PersonErased:
    """Append the order to erase this contact's person, and forget at once what makes a later form a repetition.

    From the commit on nothing leaves to the phone until a worker has read it, and a form begins afresh.
    """
    await contacts.lock(conn, [contact.id])
    await _forget_tellings(conn, await _lead_ids(conn, directory.vault, contact.id))
    event = PersonErased(id=new_id("evt"), at=await installation.now(conn), by=by)
    await events.append(conn, directory.vault, [(contact, event)])
    return event


async def _lead_ids(conn: AsyncConnection, vault: Vault, contact_id: str) -> list[str]:
    """The contact's leads, those too that no worker has written down yet."""
    written = await conn.execute(text("SELECT id FROM leads WHERE contact_id = :contact"), {"contact": contact_id})
    ids = list(written.scalars())
    unread = await conn.execute(_UNREAD_FORMS, {"contact": contact_id})
    for payload in unread.scalars():
        form = load_event(vault.decrypt("event", payload))
        ids += [form.lead_id] if isinstance(form, LeadCaptured) else []
    return ids


_UNREAD_FORMS = text(
    "SELECT payload_cipher FROM events WHERE contact_id = :contact AND kind = 'lead_captured' AND read_no IS NULL"
)


async def _forget_tellings(conn: AsyncConnection, lead_ids: list[str]) -> None:
    """The ten-minute rule knows them no more; a key that was used stays used, but not by which words."""
    await conn.execute(
        text("DELETE FROM idempotency_keys WHERE scope LIKE 'repeat:%' AND subject = ANY(:leads)"), {"leads": lead_ids}
    )
    await conn.execute(
        text("UPDATE idempotency_keys SET fingerprint = '' WHERE subject = ANY(:leads)"), {"leads": lead_ids}
    )


# A text that is on its way comes back unsent with nothing in it: it is too old by then. What is unknown and without
# words cannot be looked for at the carrier; a callback may still settle it.
_BLANK = (
    text("UPDATE contacts SET talk_cipher = NULL WHERE id = :contact"),
    text("""
    UPDATE messages SET body_cipher = :no_message, reading = NULL, look_at = NULL,
           expires_at = CASE status WHEN 'sending' THEN least(expires_at, :now) ELSE expires_at END
    WHERE contact_id = :contact
    """),
    text("UPDATE tasks SET about_cipher = :no_task, wish = NULL WHERE contact_id = :contact"),
    text("""
    UPDATE task_entries SET text_cipher = NULL FROM tasks
    WHERE tasks.id = task_entries.task_id AND tasks.contact_id = :contact
    """),
    text("UPDATE bookings SET external_id = NULL, starts_at = NULL WHERE contact_id = :contact"),
)

_LOG = text("""
SELECT no, payload_cipher FROM events
WHERE contact_id = :contact AND no <= (SELECT no FROM events WHERE id = :event) ORDER BY no
""")

_REWRITE = text("""
UPDATE events SET payload_cipher = new.payload
FROM unnest(CAST(:nos AS bigint[]), CAST(:payloads AS bytea[])) AS new (no, payload) WHERE events.no = new.no
""")


async def erase(conn: AsyncConnection, vault: Vault, orders: Mapping[str, str], now: datetime) -> None:
    """Blank all rows of these contacts (the event that ordered it, by contact), and their log up to that event.

    The caller holds the contacts' locks and saves their leads; what it writes after this call is not touched.
    """
    blanks = {"no_message": vault.seal("message", ""), "no_task": vault.seal("task", "")}
    for contact_id, event_id in orders.items():
        for statement in _BLANK:
            await conn.execute(statement, {"contact": contact_id, "now": now, **blanks})
        log = (await conn.execute(_LOG, {"contact": contact_id, "event": event_id})).all()
        payloads = [vault.encrypt("event", _skeleton(vault, row)) for row in log]
        await conn.execute(_REWRITE, {"nos": [row.no for row in log], "payloads": payloads})


def _skeleton(vault: Vault, row: Row[Any]) -> bytes:
    """What stays of a log entry; of one that could not be read, nothing."""
    try:
        return dump_event(skeleton(load_event(vault.decrypt("event", row.payload_cipher))))
    except (CannotDecrypt, ValidationError):
        return b"{}"
