"""Whose booking link this is, whether it still works, and that it was opened."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.crypto import Vault
from app.adapters.store import contacts, events, installation
from app.adapters.store.contacts import ContactRef
from app.domain.events import LinkClicked
from app.domain.ids import new_id

LIVES = timedelta(days=90)
"""How long a link works after the last text or e-mail to its lead, or after its capture."""

LIVES_AFTER_THE_END = timedelta(days=30)
"""How long after the lead declined, opted out or was finished; who changes their mind soon still finds the way."""

CLICKS_APART = timedelta(minutes=1)
"""Clicks closer together are one: a double tap, or somebody who reloads."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """The lead behind a link token. `expired`: it leads nowhere any more."""

    clinic: str
    contact_id: str
    lead_id: str
    location: str | None
    service: str | None
    expired: bool
    clicked_lately: bool


_LINK = text("""
SELECT leads.clinic, leads.contact_id, leads.id AS lead_id, leads.location, leads.service, leads.captured_at,
       (SELECT max(sent_at) FROM messages WHERE messages.contact_id = leads.contact_id
          AND messages.lead_id = leads.id AND channel IN ('text', 'email')) AS last_sent,
       CASE WHEN leads.stage IN ('declined', 'opted_out', 'finished') THEN
         (SELECT max(at) FROM stage_changes WHERE stage_changes.lead_id = leads.id) END AS ended_at,
       (SELECT max(at) FROM events WHERE events.contact_id = leads.contact_id AND kind = 'link_clicked') AS clicked_at
FROM leads WHERE token = :token
""")


async def link(conn: AsyncConnection, token: str) -> Link | None:
    """What this token leads to; None when it is nobody's."""
    row = (await conn.execute(_LINK, {"token": token})).one_or_none()
    if row is None:
        return None
    now = await installation.now(conn)
    return Link(
        clinic=row.clinic,
        contact_id=row.contact_id,
        lead_id=row.lead_id,
        location=row.location,
        service=row.service,
        expired=_expired(row, now),
        clicked_lately=row.clicked_at is not None and timedelta() <= now - row.clicked_at < CLICKS_APART,
    )


def _expired(row: Any, now: datetime) -> bool:
    if row.ended_at is not None and now >= row.ended_at + LIVES_AFTER_THE_END:
        return True
    heard: datetime = max(row.captured_at, row.last_sent or row.captured_at)
    return now >= heard + LIVES


async def note_click(conn: AsyncConnection, vault: Vault, opened: Link) -> ContactRef:
    """Append that this link was opened; whose lane is to be rung for."""
    contact = (await contacts.lock(conn, [opened.contact_id]))[opened.contact_id]
    clicked = LinkClicked(id=new_id("evt"), at=await installation.now(conn), lead_id=opened.lead_id)
    await events.append(conn, vault, [(contact, clicked)])
    return contact
