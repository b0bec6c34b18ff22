"""Taking in what comes from outside: groups of leads in one transaction, and what was told us before.

The order of locks is contacts, then idempotency keys by (scope, key). A key that another transaction is
inserting makes ours wait, and only a *new* statement sees what that one wrote; so conflicts are read after.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.crypto import Vault
from app.adapters.lead_form import REPEAT_WINDOW
from app.adapters.store import events, installation
from app.adapters.store.contacts import ContactRef, Directory, lock_by_phone
from app.domain.events import LeadCaptured
from app.domain.ids import new_id

KEY_LIFE = timedelta(days=30)
"""How long an idempotency key is remembered."""


@dataclass(frozen=True)
class Told:
    """Something a sender tells us under a key: `subject` is what came of it, `fingerprint` what it said."""

    scope: str
    key: str
    fingerprint: bytes
    subject: str
    event_id: str = ""


@dataclass(frozen=True)
class Before:
    """What came of the first telling, and when that was."""

    fingerprint: bytes
    subject: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One lead on its way in. `facts` are `LeadCaptured`'s fields but for id, at and duplicate_of.

    `told` is its idempotency key, if it has one.
    """

    clinic: str
    phone: str
    lead_id: str
    facts: dict[str, Any] = field(repr=False)
    told: Told | None = None

    def captured(self, at: datetime, first: str) -> LeadCaptured:
        """The event of this submission; `first` is the lead it belongs to, its own or an earlier one's."""
        repeats = None if first == self.lead_id else first
        return LeadCaptured(id=new_id("evt"), at=at, lead_id=first, duplicate_of=repeats, **self.facts)

    def repeat(self, directory: Directory) -> tuple[str, str]:
        """Under which scope and key the ten-minute rule knows the same person asking for the same."""
        asked = f"{self.facts.get('service') or ''}\0{self.facts.get('location') or ''}"
        return f"repeat:{self.clinic}", sha256(directory.hash(self.phone) + asked.encode()).hexdigest()


@dataclass(frozen=True)
class Taken:
    """A lead that is in, or was in already."""

    lead_id: str
    received_at: datetime
    duplicate: bool
    lane: int | None = None


@dataclass(frozen=True)
class Conflict:
    """The key was used before with another body."""


async def take_in(
    conn: AsyncConnection, vault: Vault, directory: Directory, group: Sequence[Submission]
) -> list[Taken | Conflict]:
    """Append one `LeadCaptured` for each submission that is not the repetition of a key; answers in order."""
    contacts = await lock_by_phone(conn, directory, {(one.clinic, one.phone) for one in group})
    now = await installation.now(conn)
    told = [one.told for one in group if one.told]
    before = await tell(conn, told, now) if told else {}
    answers: dict[int, Taken | Conflict] = {}
    fresh: list[tuple[int, Submission]] = []
    for place, one in enumerate(group):
        earlier = _earlier(one, before, now)
        if earlier is None:
            fresh.append((place, one))
        else:
            answers[place] = _as_before(one, earlier)
    answers |= await _capture(conn, vault, directory, fresh, contacts, now)
    return [answers[place] for place in range(len(group))]


def _earlier(one: Submission, before: dict[tuple[str, str], Before], now: datetime) -> Before | None:
    """What was told under this submission's key before it; else it is the first, for the rest of the group too."""
    if one.told is None:
        return None
    key = one.told.scope, one.told.key
    earlier = before.get(key)
    if earlier is None:
        before[key] = Before(one.told.fingerprint, one.told.subject, now)
    return earlier


def _as_before(one: Submission, before: Before) -> Taken | Conflict:
    if one.told is None or one.told.fingerprint != before.fingerprint:
        return Conflict()
    return Taken(before.subject, before.at, duplicate=True)


async def _capture(
    conn: AsyncConnection,
    vault: Vault,
    directory: Directory,
    fresh: Sequence[tuple[int, Submission]],
    contacts: dict[tuple[str, str], ContactRef],
    now: datetime,
) -> dict[int, Taken | Conflict]:
    """Append the events, those of repetitions with the lead they repeat."""
    firsts = await _first_leads(conn, directory, [one for _, one in fresh], now)
    answers: dict[int, Taken | Conflict] = {}
    appended = []
    for (place, one), first in zip(fresh, firsts, strict=True):
        contact = contacts[one.clinic, one.phone]
        appended.append((contact, one.captured(now, first)))
        answers[place] = Taken(first, now, duplicate=first != one.lead_id, lane=contact.lane)
    await events.append(conn, vault, appended)
    return answers


_REMEMBER_FIRST = text("""
INSERT INTO idempotency_keys AS known (scope, key, fingerprint, event_id, subject, at)
SELECT scope, key, '', '', subject, :now
FROM unnest(CAST(:scopes AS text[]), CAST(:keys AS text[]), CAST(:subjects AS text[])) AS told (scope, key, subject)
ORDER BY scope, key
ON CONFLICT (scope, key) DO UPDATE SET
    subject = CASE WHEN known.at > :since AND known.at < :until THEN known.subject ELSE excluded.subject END,
    at = CASE WHEN known.at > :since AND known.at < :until THEN known.at ELSE excluded.at END
RETURNING scope, key, subject
""")


async def _first_leads(
    conn: AsyncConnection, directory: Directory, fresh: Sequence[Submission], now: datetime
) -> list[str]:
    """The ten-minute rule: the lead that each of these is, which may be an earlier one. A key goes before it."""
    asked = [one.repeat(directory) for one in fresh]
    firsts: dict[tuple[str, str], str] = {}
    for one, key in zip(fresh, asked, strict=True):
        firsts.setdefault(key, one.lead_id)
    known = await _remembered(conn, firsts, now) if firsts else {}
    return [one.lead_id if one.told else known[key] for one, key in zip(fresh, asked, strict=True)]


async def _remembered(
    conn: AsyncConnection, firsts: dict[tuple[str, str], str], now: datetime
) -> dict[tuple[str, str], str]:
    rows = await conn.execute(
        _REMEMBER_FIRST,
        {
            "scopes": [scope for scope, _ in firsts],
            "keys": [key for _, key in firsts],
            "subjects": list(firsts.values()),
            "now": now,
            "since": now - REPEAT_WINDOW,
            "until": now + REPEAT_WINDOW,
        },
    )
    return {(row.scope, row.key): row.subject for row in rows}


_TELL = text("""
INSERT INTO idempotency_keys AS known (scope, key, fingerprint, event_id, subject, at)
SELECT scope, key, fingerprint, event_id, subject, :now
FROM unnest(CAST(:scopes AS text[]), CAST(:keys AS text[]), CAST(:fingerprints AS bytea[]),
            CAST(:event_ids AS text[]), CAST(:subjects AS text[])) AS told (scope, key, fingerprint, event_id, subject)
ORDER BY scope, key
ON CONFLICT (scope, key) DO UPDATE SET fingerprint = excluded.fingerprint, event_id = excluded.event_id,
    subject = excluded.subject, at = excluded.at
    WHERE known.at < :oldest
RETURNING scope, key
""")

_TOLD_BEFORE = text("""
SELECT scope, key, fingerprint, subject, at FROM idempotency_keys
JOIN unnest(CAST(:scopes AS text[]), CAST(:keys AS text[])) AS asked (scope, key) USING (scope, key)
""")


async def tell(conn: AsyncConnection, told: Iterable[Told], now: datetime) -> dict[tuple[str, str], Before]:
    """Remember these; by (scope, key) what was told before under those that were known already."""
    firsts: dict[tuple[str, str], Told] = {}
    for one in told:
        firsts.setdefault((one.scope, one.key), one)
    rows = await conn.execute(
        _TELL,
        {
            "scopes": [scope for scope, _ in firsts],
            "keys": [key for _, key in firsts],
            "fingerprints": [one.fingerprint for one in firsts.values()],
            "event_ids": [one.event_id for one in firsts.values()],
            "subjects": [one.subject for one in firsts.values()],
            "now": now,
            "oldest": now - KEY_LIFE,
        },
    )
    known = firsts.keys() - {(row.scope, row.key) for row in rows}
    if not known:
        return {}
    # A new statement: its snapshot has what the transactions that won have committed meanwhile.
    found = await conn.execute(
        _TOLD_BEFORE, {"scopes": [scope for scope, _ in known], "keys": [key for _, key in known]}
    )
    return {(row.scope, row.key): Before(bytes(row.fingerprint), row.subject, row.at) for row in found}


_FORGET = text("""
DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM idempotency_keys WHERE at < :oldest ORDER BY at LIMIT :most FOR UPDATE SKIP LOCKED))
""")


async def forget_told(conn: AsyncConnection, now: datetime, most: int) -> int:
    """Delete keys that are past their life, the oldest first and `most` at once; how many. Waits for nobody."""
    return (await conn.execute(_FORGET, {"oldest": now - KEY_LIFE, "most": most})).rowcount
