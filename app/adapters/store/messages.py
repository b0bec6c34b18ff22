"""Texts: planned and cancelled by the inbox, claimed and settled by the dispatcher.

A message's plan (who, what, when, in which words) is written once. The delivery columns, `status` from
`sending` on, `due_at` when the gate moves it, the claim and the carrier's id, are the dispatcher's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.crypto import Vault
from app.adapters.store.permissions import ENDED_BY
from app.domain.clinic import Channel
from app.domain.effects import ScheduleText, Urgency
from app.domain.wording import measure


@dataclass(frozen=True, kw_only=True)
class PlannedText:
    """A message to be written: the machine's order with the contact it is for."""

    clinic: str
    contact_id: str
    order: ScheduleText
    status: str = "scheduled"


_PLAN = text("""
INSERT INTO messages (id, clinic, contact_id, lead_id, direction, purpose, channel, status, urgency, sender, sequence,
                      version, variant, step, task_id, consent_id, body_cipher, segments, planned_at, due_at,
                      expires_at)
SELECT id, clinic, contact_id, lead_id, 'out', purpose, channel, status, urgency, sender, sequence, version, variant,
       step, task_id, consent_id, body, segments, due_at, due_at, expires_at
FROM unnest(CAST(:id AS text[]), CAST(:clinic AS text[]), CAST(:contact AS text[]), CAST(:lead_id AS text[]),
            CAST(:purpose AS text[]), CAST(:channel AS text[]), CAST(:status AS text[]), CAST(:urgency AS smallint[]),
            CAST(:sender AS text[]), CAST(:sequence AS text[]), CAST(:version AS integer[]),
            CAST(:variant AS text[]), CAST(:step AS text[]), CAST(:task_id AS text[]),
            CAST(:consent_id AS text[]), CAST(:body AS bytea[]),
            CAST(:segments AS smallint[]), CAST(:due_at AS timestamptz[]), CAST(:expires_at AS timestamptz[]))
     AS new (id, clinic, contact_id, lead_id, purpose, channel, status, urgency, sender, sequence, version, variant,
             step, task_id, consent_id, body, segments, due_at, expires_at)
""")

_ORDER_FIELDS = (
    "id",
    "lead_id",
    "urgency",
    "sender",
    "sequence",
    "version",
    "variant",
    "step",
    "task_id",
    "consent_id",
    "due_at",
    "expires_at",
)


async def plan(conn: AsyncConnection, vault: Vault, texts: Sequence[PlannedText]) -> None:
    """Write planned texts, their bodies encrypted, in one statement."""
    if not texts:
        return
    orders = [one.order for one in texts]
    columns: dict[str, list[Any]] = {name: [getattr(order, name) for order in orders] for name in _ORDER_FIELDS}
    await conn.execute(
        _PLAN,
        {
            **columns,
            "clinic": [one.clinic for one in texts],
            "contact": [one.contact_id for one in texts],
            "status": [one.status for one in texts],
            "purpose": [order.purpose.value for order in orders],
            "channel": [order.channel.value for order in orders],
            "body": [vault.seal("message", order.text) for order in orders],
            "segments": [_segments(order) for order in orders],
        },
    )


def _segments(order: ScheduleText) -> int:
    """What the carrier will count; only a text has segments."""
    return measure(order.text).segments if order.text and order.channel is Channel.TEXT else 0


async def receive(
    conn: AsyncConnection,
    vault: Vault,
    replies: Sequence[tuple[str, str, str, str | None, str, str, str, datetime, dict[str, str] | None]],
) -> None:
    """Write texts that came in: (id, clinic, contact, lead, sender, carrier id, body, at, how it was read)."""
    if not replies:
        return
    ids, clinics, contacts, leads, senders, carrier_ids, bodies, ats, readings = zip(*replies, strict=True)
    await conn.execute(
        text("""
        INSERT INTO messages (id, clinic, contact_id, lead_id, direction, purpose, channel, status, urgency, sender,
                              carrier_id, body_cipher, planned_at, due_at, expires_at, sent_at, reading)
        SELECT id, clinic, contact_id, lead_id, 'in', 'reply', 'text', 'received', 0, sender, carrier_id, body,
               at, at, at, at, CAST(reading AS jsonb)
        FROM unnest(CAST(:ids AS text[]), CAST(:clinics AS text[]), CAST(:contacts AS text[]), CAST(:leads AS text[]),
                    CAST(:senders AS text[]), CAST(:carrier_ids AS text[]), CAST(:bodies AS bytea[]),
                    CAST(:ats AS timestamptz[]), CAST(:readings AS text[]))
             AS new (id, clinic, contact_id, lead_id, sender, carrier_id, body, at, reading)
        """),
        {
            "ids": list(ids),
            "clinics": list(clinics),
            "contacts": list(contacts),
            "leads": list(leads),
            "senders": list(senders),
            "carrier_ids": list(carrier_ids),
            "bodies": [vault.seal("message", body) for body in bodies],
            "ats": list(ats),
            "readings": [orjson.dumps(reading).decode() if reading else None for reading in readings],
        },
    )


@dataclass(frozen=True, kw_only=True)
class Cancellation:
    """Cancel what is scheduled and not yet being sent: of one lead, or of the whole contact."""

    contact_id: str
    lead_id: str | None
    steps_only: bool


async def skip(conn: AsyncConnection, reasons: Mapping[str, tuple[str, ...]], now: datetime) -> None:
    """These steps are not for their leads, and why: dropped if they have not left, or were but a moment."""
    if not reasons:
        return
    rules = [{"rule": "condition", "verdict": "drop", "evidence": {"unmet": why}} for why in reasons.values()]
    decisions = [{"verdict": "drop", "at": now, "rules": [rule], "rule": "condition"} for rule in rules]
    await conn.execute(
        text("""
        UPDATE messages SET status = 'dropped', sent_at = NULL, decision = CAST(skipped.decision AS jsonb)
        FROM unnest(CAST(:ids AS text[]), CAST(:decisions AS text[])) AS skipped (id, decision)
        WHERE messages.id = skipped.id AND (messages.status = 'scheduled' OR messages.channel = 'wait')
        """),
        {"ids": list(reasons), "decisions": [orjson.dumps(one, option=orjson.OPT_UTC_Z).decode() for one in decisions]},
    )


async def cancel(conn: AsyncConnection, cancellations: Sequence[Cancellation]) -> None:
    """Cancel in one statement; what is already being sent is beyond reach and stays."""
    if not cancellations:
        return
    await conn.execute(
        text("""
        UPDATE messages SET status = 'cancelled'
        FROM (SELECT DISTINCT * FROM unnest(CAST(:contacts AS text[]), CAST(:leads AS text[]),
                                            CAST(:steps AS boolean[])) AS given (contact_id, lead_id, steps_only)) AS c
        WHERE messages.contact_id = c.contact_id AND messages.status = 'scheduled' AND messages.direction = 'out'
          AND (c.lead_id IS NULL OR messages.lead_id = c.lead_id) AND (NOT c.steps_only OR messages.purpose = 'step')
        """),
        {
            "contacts": [one.contact_id for one in cancellations],
            "leads": [one.lead_id for one in cancellations],
            "steps": [one.steps_only for one in cancellations],
        },
    )


# -- claiming ----------------------------------------------------------------------------------

PHONE_LOCKS = 7302
"""The advisory-lock class of phones that a brand's clinics share."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A due text that may be claimed, before anything is locked."""

    id: str
    contact_id: str


_DUE = text("""
SELECT due.id, due.contact_id
FROM generate_series(0, 4) AS urgency
CROSS JOIN LATERAL (
    SELECT id, contact_id, due_at FROM messages
    WHERE sender = :sender AND messages.urgency = CAST(urgency.urgency AS smallint) AND status = 'scheduled'
      AND due_at <= :now AND (retry_at IS NULL OR retry_at <= clock_timestamp())
    ORDER BY due_at, id LIMIT :limit
) AS due
ORDER BY urgency.urgency, due.due_at, due.id LIMIT :limit
""")


async def due(conn: AsyncConnection, sender: str, now: datetime, limit: int) -> list[Candidate]:
    """The most urgent due texts of a sender, unlocked."""
    rows = await conn.execute(_DUE, {"sender": sender, "now": now, "limit": limit})
    return [Candidate(id=row.id, contact_id=row.contact_id) for row in rows]


async def senders_with_due(conn: AsyncConnection, now: datetime) -> list[str]:
    """Senders that have a due text which nothing holds back for the moment."""
    rows = await conn.execute(
        text("""
        SELECT key FROM senders WHERE EXISTS (
            SELECT FROM generate_series(0, 4) AS urgency CROSS JOIN LATERAL (
                SELECT 1 FROM messages
                WHERE sender = senders.key AND messages.urgency = CAST(urgency.urgency AS smallint)
                  AND status = 'scheduled' AND due_at <= :now AND (retry_at IS NULL OR retry_at <= clock_timestamp())
                LIMIT 1) AS one)
        """),
        {"now": now},
    )
    return [row.key for row in rows]


# The clinics of a brand share caps, and each has its own contact for a phone: two claims would not see each other's
# steps. So the phone is locked as well where a brand has several. Nobody waits for that lock, so it cannot deadlock.
_LOCK_FREE = text("""
SELECT id FROM contacts
WHERE id = ANY(:ids)
  AND (NOT :shared OR pg_try_advisory_xact_lock(:class, hashtext(:brand || encode(phone_hash, 'hex'))))
ORDER BY clinic, phone_hash FOR NO KEY UPDATE SKIP LOCKED
""")


async def lock_free_contacts(conn: AsyncConnection, ids: Sequence[str], brand: str, shared: bool) -> set[str]:
    """Lock those of these contacts that nobody holds; the others wait for the next round.

    `shared`: whether the brand has more than one clinic.
    """
    given = {"ids": sorted(set(ids)), "class": PHONE_LOCKS, "brand": brand, "shared": shared}
    return {row.id for row in await conn.execute(_LOCK_FREE, given)}


_CASES = text(f"""
SELECT messages.id, messages.clinic, messages.contact_id, messages.lead_id, messages.purpose, messages.channel,
       messages.expires_at, messages.segments, messages.step, messages.body_cipher,
       messages.claim_no, messages.tries, messages.urgency, contacts.phone_cipher, contacts.phone_hash,
       leads.stage, leads.track, leads.test, leads.zones, leads.states, leads.located, leads.location,
       CASE WHEN leads.test THEN leads.facts_cipher END AS test_facts,
       suppressions.by AS suppressed_by,
       coalesce(leads.consent_id, messages.consent_id) AS consent_id, act.status AS consent_status,
       act.text_key AS consent_text_key, act.method AS consent_method,
       coalesce(act.occurred_at, act.recorded_at) AS consent_at, ending.id AS consent_ended_by,
       coalesce(act.status IN ('granted', 'renewed') AND ending.id IS NULL AND act.id = leads.consent_id
                AND act.lead_id = leads.id AND act.contact_id = messages.contact_id, false) AS consent_standing,
       EXISTS (SELECT FROM events WHERE events.contact_id = messages.contact_id AND events.read_no IS NULL
                 AND events.blocks) AS unread,
       clinics.sending AS sending_clinic,
       (SELECT sending FROM installation) AS sending_all,
       (SELECT max(emails.sent_at) FROM messages AS emails WHERE emails.contact_id = messages.contact_id
          AND emails.channel = 'email' AND emails.sent_at IS NOT NULL) AS last_email
FROM messages
JOIN contacts ON contacts.id = messages.contact_id
JOIN clinics ON clinics.key = messages.clinic
LEFT JOIN leads ON leads.id = messages.lead_id
LEFT JOIN consents AS act ON act.id = coalesce(leads.consent_id, messages.consent_id)
LEFT JOIN LATERAL ({ENDED_BY}) AS ending ON true
LEFT JOIN suppressions ON suppressions.brand = clinics.brand AND suppressions.phone_hash = contacts.phone_hash
     AND suppressions.lifted_at IS NULL
WHERE messages.id = ANY(:ids) AND messages.status = 'scheduled'
ORDER BY messages.id FOR NO KEY UPDATE OF messages
""")  # noqa: S608 - the only insertion is our own constant.


async def judged(conn: AsyncConnection, ids: Sequence[str]) -> list[Any]:
    """Everything the gate needs of these texts, read in a statement of its own after their contacts were locked."""
    return list(await conn.execute(_CASES, {"ids": list(ids)}))


STEPS_URGENCIES = (Urgency.FIRST_TEXT, Urgency.FOLLOW_UP, Urgency.NURTURE)

# People first, then each one's texts: `MATERIALIZED` and `OFFSET 0` keep the planner from beginning with the texts
# of everybody, which are many more.
_STEPS_SENT = text("""
WITH people AS MATERIALIZED (
    SELECT contacts.id, clinics.brand, contacts.phone_hash
    FROM clinics JOIN contacts ON contacts.clinic = clinics.key
    WHERE clinics.brand = ANY(:brands) AND contacts.phone_hash = ANY(CAST(:hashes AS bytea[]))
)
SELECT people.brand, people.phone_hash, sent.sent_at FROM people CROSS JOIN LATERAL (
    SELECT sent_at FROM messages
    WHERE contact_id = people.id AND purpose = 'step' AND channel = 'text' AND sent_at > :since
      AND urgency = ANY(:urgencies) OFFSET 0
) AS sent
""")


async def steps_sent(
    conn: AsyncConnection,
    hashes: Sequence[bytes],
    brands: Sequence[str],
    since: datetime,
    urgencies: Sequence[int] = STEPS_URGENCIES,
) -> dict[tuple[str, bytes], tuple[datetime, ...]]:
    """When step texts went to these phones since a moment, over all clinics of the brand, by (brand, phone hash)."""
    asked = {"hashes": list(set(hashes)), "brands": list(set(brands)), "since": since, "urgencies": list(urgencies)}
    rows = await conn.execute(_STEPS_SENT, asked)
    found: dict[tuple[str, bytes], list[datetime]] = {}
    for row in rows:
        found.setdefault((row.brand, bytes(row.phone_hash)), []).append(row.sent_at)
    return {key: tuple(moments) for key, moments in found.items()}


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What the claim writes for one text: `sending`, still `scheduled` (moved or held), `dropped`, `expired`."""

    id: str
    status: str
    decision: dict[str, Any]
    due_at: datetime | None = None
    sent_at: datetime | None = None
    retry_in: float | None = None


async def write_judgements(conn: AsyncConnection, judgements: Sequence[Judgement]) -> None:
    """Store every verdict with its message; a `sending` row carries the moment of its claim."""
    if not judgements:
        return
    await conn.execute(
        text("""
        UPDATE messages SET status = j.status, decision = CAST(j.decision AS jsonb),
               due_at = coalesce(j.due_at, messages.due_at), sent_at = j.sent_at,
               retry_at = clock_timestamp() + j.retry_in * interval '1 second',
               claim_no = messages.claim_no + CASE j.status WHEN 'sending' THEN 1 ELSE 0 END,
               claimed_at = CASE j.status WHEN 'sending' THEN clock_timestamp() ELSE messages.claimed_at END
        FROM unnest(CAST(:ids AS text[]), CAST(:statuses AS text[]), CAST(:decisions AS text[]),
                    CAST(:dues AS timestamptz[]), CAST(:sents AS timestamptz[]), CAST(:retries AS double precision[]))
             AS j (id, status, decision, due_at, sent_at, retry_in)
        WHERE messages.id = j.id
        """),
        {
            "ids": [one.id for one in judgements],
            "statuses": [one.status for one in judgements],
            "decisions": [orjson.dumps(one.decision).decode() for one in judgements],
            "dues": [one.due_at for one in judgements],
            "sents": [one.sent_at for one in judgements],
            "retries": [one.retry_in for one in judgements],
        },
    )


# -- settling ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """How a claimed text ended: its status, and the carrier's id or code. Only the claim that sent it may say so."""

    id: str
    claim_no: int
    status: str
    carrier_id: str | None = None
    error_code: str | None = None
    retry_in: float | None = None
    look_in: float | None = None


async def settle(conn: AsyncConnection, settlements: Sequence[Settlement]) -> set[str]:
    """Write outcomes under the claim's fence; the ids that were still `sending` under that claim.

    A status callback may have been faster: then the row has moved on and is left as it is. A step that comes back
    unsent after its lead's course changed is cancelled, as it would have been had it not been on its way.
    """
    rows = await conn.execute(
        text("""
        UPDATE messages SET
               status = CASE WHEN s.status = 'scheduled' AND messages.purpose = 'step'
                              AND NOT EXISTS (SELECT FROM leads WHERE leads.pending = messages.id
                                              AND leads.id = messages.lead_id)
                             THEN 'cancelled' ELSE s.status END,
               carrier_id = coalesce(s.carrier_id, messages.carrier_id),
               error_code = s.error_code, retry_at = clock_timestamp() + s.retry_in * interval '1 second',
               look_at = clock_timestamp() + s.look_in * interval '1 second',
               tries = messages.tries + 1,
               sent_at = CASE WHEN s.status IN ('scheduled', 'failed') THEN NULL ELSE messages.sent_at END
        FROM unnest(CAST(:ids AS text[]), CAST(:claims AS integer[]), CAST(:statuses AS text[]),
                    CAST(:carrier_ids AS text[]), CAST(:codes AS text[]), CAST(:retries AS double precision[]),
                    CAST(:looks AS double precision[]))
             AS s (id, claim_no, status, carrier_id, error_code, retry_in, look_in)
        WHERE messages.id = s.id AND messages.claim_no = s.claim_no AND messages.status = 'sending'
        RETURNING messages.id
        """),
        {
            "ids": [one.id for one in settlements],
            "claims": [one.claim_no for one in settlements],
            "statuses": [one.status for one in settlements],
            "carrier_ids": [one.carrier_id for one in settlements],
            "codes": [one.error_code for one in settlements],
            "retries": [one.retry_in for one in settlements],
            "looks": [one.look_in for one in settlements],
        },
    )
    return {row.id for row in rows}
