"""Appointments as booking tools report them: found by token, phone or e-mail, and appended to the contact's log."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.crypto import Vault
from app.adapters.store import events, installation
from app.adapters.store.contacts import NOBODY, ContactRef, Directory, lock, lock_by_phone
from app.adapters.store.ingest import Told, tell
from app.domain.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCompleted,
    AppointmentMissed,
    AppointmentMoved,
)
from app.domain.ids import new_id

AppointmentEvent = type[
    AppointmentBooked | AppointmentMoved | AppointmentCancelled | AppointmentMissed | AppointmentCompleted
]

STATUSES: dict[str, AppointmentEvent] = {
    "booked": AppointmentBooked,
    "rescheduled": AppointmentMoved,
    "cancelled": AppointmentCancelled,
    "no_show": AppointmentMissed,
    "completed": AppointmentCompleted,
}
"""What a booking tool's word for it is in our log."""


@dataclass(frozen=True, kw_only=True)
class Booking:
    """What a booking tool says. At least one of token, phone (E.164) and e-mail tells whose it is."""

    clinic: str
    status: str
    token: str | None = None
    phone: str | None = None
    email: str | None = None
    starts_at: datetime | None = None
    external_id: str | None = None
    by: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Match:
    """Whose appointment it is: a contact and, where one lead stands out, that lead. `certain`: it was named itself."""

    contact_id: str
    lead_id: str
    certain: bool


@dataclass(frozen=True)
class Booked:
    """A booking that is in. `contact` is None when it was in before."""

    booking_id: str
    matched: str | None
    event_id: str = ""
    contact: ContactRef | None = None


_BY_TOKEN = text("""
SELECT contact_id, id, true AS certain FROM leads WHERE clinic = :clinic AND token = :token
""")

# As the machine picks: the newest that still awaits something, else the newest; an e-mail tells two on a phone apart.
_BY_PHONE = text("""
SELECT leads.contact_id, leads.id, leads.email_hash IS NOT DISTINCT FROM CAST(:email AS bytea) AS certain
FROM leads JOIN contacts ON contacts.id = leads.contact_id
WHERE contacts.clinic = :clinic AND contacts.phone_hash = :phone
ORDER BY coalesce(leads.email_hash = CAST(:email AS bytea), false) DESC,
         leads.stage IN ('new', 'texting', 'paused', 'nurture') DESC, leads.captured_at DESC, leads.id DESC LIMIT 1
""")

_BY_EMAIL = text("""
SELECT contact_id, id, true AS certain FROM leads WHERE clinic = :clinic AND email_hash = :email
ORDER BY stage IN ('new', 'texting', 'paused', 'nurture') DESC, captured_at DESC, id DESC LIMIT 1
""")


async def match(conn: AsyncConnection, directory: Directory, booking: Booking) -> Match | None:
    """Whose booking this is: by the link's token, else by phone (and e-mail), else by e-mail alone."""
    email = directory.hash(booking.email.strip().casefold()) if booking.email else None
    phone = directory.hash(booking.phone) if booking.phone else None
    looks = (
        (_BY_TOKEN, booking.token, {"token": booking.token}),
        (_BY_PHONE, phone, {"phone": phone, "email": email}),
        (_BY_EMAIL, email, {"email": email}),
    )
    for look, given, asked in looks:
        row = (await conn.execute(look, {"clinic": booking.clinic, **asked})).one_or_none() if given else None
        if row is not None:
            return Match(row.contact_id, row.id, bool(row.certain and (given is not phone or email)))
    return None


async def take_booking(conn: AsyncConnection, vault: Vault, directory: Directory, booking: Booking) -> Booked:
    """Append an appointment's event to whose it is, or to the clinic's own contact when nobody can be found."""
    found = await match(conn, directory, booking)
    contact = await _locked(conn, directory, booking, found)
    now = await installation.now(conn)
    booking_id, event_id = new_id("booking"), new_id("evt")
    matched = found.lead_id if found else None
    if booking.external_id:
        told = _told(booking, f"{booking_id} {matched or ''}", event_id)
        before = await tell(conn, [told], now)
        if before:
            first, _, lead = before[told.scope, told.key].subject.partition(" ")
            return Booked(first, lead or None)
    event = STATUSES[booking.status](
        id=event_id,
        at=now,
        booking_id=booking_id,
        external_id=booking.external_id,
        starts_at=booking.starts_at,
        lead_id=matched if found and found.certain else None,
        by=booking.by,
        reason=booking.reason,
    )
    await _write(conn, booking, booking_id, contact, matched, now)
    await events.append(conn, vault, [(contact, event)])
    return Booked(booking_id, matched, event_id, contact)


def _told(booking: Booking, subject: str, event_id: str) -> Told:
    """The same appointment in the same state at the same time is the same message, told twice."""
    at = booking.starts_at.isoformat() if booking.starts_at else ""
    key = sha256("\0".join((booking.external_id or "", booking.status, at)).encode()).hexdigest()
    return Told(f"booking:{booking.clinic}", key, b"", subject, event_id)


async def _locked(conn: AsyncConnection, directory: Directory, booking: Booking, found: Match | None) -> ContactRef:
    if found is not None:
        return (await lock(conn, [found.contact_id]))[found.contact_id]
    whose = booking.clinic, booking.phone or NOBODY
    return (await lock_by_phone(conn, directory, [whose]))[whose]


async def _write(
    conn: AsyncConnection, booking: Booking, booking_id: str, contact: ContactRef, lead_id: str | None, now: datetime
) -> None:
    await conn.execute(
        text(
            "INSERT INTO bookings (id, clinic, contact_id, lead_id, external_id, status, starts_at, at)"
            " VALUES (:id, :clinic, :contact, :lead, :external_id, :status, :starts_at, :at)"
        ),
        {
            "id": booking_id,
            "clinic": booking.clinic,
            "contact": contact.id,
            "lead": lead_id,
            "external_id": booking.external_id,
            "status": booking.status,
            "starts_at": booking.starts_at,
            "at": now,
        },
    )
