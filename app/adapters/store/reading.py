"""What the reading doors show: leads and messages. Queries only; ciphertext is opened here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.codec import load_consent
from app.adapters.crypto import Vault
from app.adapters.store.permissions import ENDED_BY
from app.domain.course import course_from
from app.domain.erasing import ERASED
from app.domain.events import ConsentAct


@dataclass(frozen=True, kw_only=True)
class NextSeen:
    """What is planned next for a lead. `kind` is what is on record: of a step with conditions the wait until then."""

    at: datetime
    kind: str
    step: str | None


@dataclass(frozen=True, kw_only=True)
class ConsentSeen:
    """The consent a lead stands on; `status` is `withdrawn` when a later row of the ledger (`ended_by`) says so."""

    id: str
    status: str
    method: str
    text_key: str | None
    text_sha256: str | None
    source: str | None
    language: str | None
    clinic_name: str
    scope: str
    recorded_by: str | None
    occurred_at: datetime
    recorded_at: datetime
    ended_by: str | None
    act: ConsentAct


@dataclass(frozen=True, kw_only=True)
class LeadSeen:
    """A lead as it stands. `facts` is all the form said; `step` the planned or, without one, the last step's key.

    `chosen` says why its sequence is its own.
    """

    id: str
    contact_id: str
    clinic: str
    stage: str
    reason: str | None
    captured_at: datetime
    source: str
    token: str
    service: str | None
    location: str | None
    language: str | None
    zones: tuple[str, ...]
    states: tuple[str, ...]
    test: bool
    track: str
    score: int
    sequence: str | None
    version: int
    variant: str | None
    step: str | None
    phone: str
    suppressed_by: str | None
    facts: dict[str, Any]
    next: NextSeen | None
    consent: ConsentSeen | None
    consent_problem: str | None
    chosen: dict[str, Any] | None
    clicked_at: datetime | None
    replied_at: datetime | None


_LEADS = f"""
SELECT leads.id, leads.contact_id, leads.clinic, leads.stage, leads.reason, leads.captured_at, leads.source,
       leads.token, leads.service, leads.location, leads.language, leads.zones, leads.states, leads.test,
       leads.track, leads.score, leads.sequence, leads.version, leads.variant, leads.facts_cipher,
       contacts.phone_cipher,
       suppressions.by AS suppressed_by,
       coalesce(pending.step, last.step) AS step,
       next.due_at AS next_at, next.channel AS next_kind, next.step AS next_step,
       act.id AS consent_id, act.status AS consent_status, act.method, act.text_key, act.text_sha256,
       act.source AS consent_source, act.language AS consent_language, act.clinic_name, act.scope, act.recorded_by,
       coalesce(act.occurred_at, act.recorded_at) AS occurred_at, act.recorded_at, act.act_cipher,
       ending.id AS ended_by, worth.status AS last_status, worth.problem AS last_problem
FROM leads
JOIN contacts ON contacts.id = leads.contact_id
JOIN clinics ON clinics.key = leads.clinic
LEFT JOIN suppressions ON suppressions.brand = clinics.brand AND suppressions.phone_hash = contacts.phone_hash
     AND suppressions.lifted_at IS NULL
LEFT JOIN consents AS act ON act.id = leads.consent_id
LEFT JOIN LATERAL ({ENDED_BY}) AS ending ON true
LEFT JOIN LATERAL (
    SELECT status, problem FROM consents
    WHERE contact_id = leads.contact_id AND lead_id = leads.id ORDER BY no DESC LIMIT 1) AS worth ON true
LEFT JOIN messages AS pending ON pending.id = leads.pending
LEFT JOIN LATERAL (
    SELECT due_at, channel, step FROM messages
    WHERE contact_id = leads.contact_id AND lead_id = leads.id AND status = 'scheduled'
    ORDER BY due_at, id LIMIT 1) AS next ON true
LEFT JOIN LATERAL (
    SELECT step FROM messages WHERE contact_id = leads.contact_id AND lead_id = leads.id AND purpose = 'step'
    ORDER BY due_at DESC, id DESC LIMIT 1) AS last ON true
"""  # noqa: S608 - the only insertion is our own constant.

_PLAIN = (
    "id",
    "contact_id",
    "clinic",
    "stage",
    "reason",
    "captured_at",
    "source",
    "token",
    "service",
    "location",
    "language",
    "test",
    "track",
    "score",
    "sequence",
    "version",
    "variant",
    "step",
    "suppressed_by",
)


def _consent(vault: Vault, row: Row[Any]) -> ConsentSeen | None:
    if row.consent_id is None:
        return None
    return ConsentSeen(
        **{name: row._mapping[name] for name in _CONSENT},
        id=row.consent_id,
        status="withdrawn" if row.ended_by else row.consent_status,
        source=row.consent_source,
        language=row.consent_language,
        act=load_consent(vault.decrypt("consent", row.act_cipher)),
    )


_CONSENT = (
    "method",
    "text_key",
    "text_sha256",
    "clinic_name",
    "scope",
    "recorded_by",
    "occurred_at",
    "recorded_at",
    "ended_by",
)


def _consent_problem(row: Row[Any]) -> str | None:
    """Why there is no consent to show: what is wrong with the lead's last act, `withdrawn`, or `erased`.

    None without an act.
    """
    if row.consent_id is not None or row.last_status is None:
        return None
    return ERASED if row.reason == ERASED else str(row.last_problem or "withdrawn")


def _lead(vault: Vault, row: Row[Any]) -> LeadSeen:
    facts = orjson.loads(vault.decrypt("lead", row.facts_cipher))
    course = course_from(facts.pop("course", None))
    return LeadSeen(
        **{name: row._mapping[name] for name in _PLAIN},
        zones=tuple(row.zones),
        states=tuple(row.states),
        phone=vault.open("phone", row.phone_cipher),
        facts=facts,
        chosen=dict(course.chosen[-1]) if course.chosen else None,
        clicked_at=course.clicked_at,
        replied_at=course.replied_at,
        next=NextSeen(at=row.next_at, kind=row.next_kind, step=row.next_step) if row.next_at else None,
        consent=_consent(vault, row),
        consent_problem=_consent_problem(row),
    )


async def lead(conn: AsyncConnection, vault: Vault, clinic: str, lead_id: str) -> LeadSeen | None:
    """One lead of this clinic, or None."""
    row = (
        await conn.execute(
            text(_LEADS + "WHERE leads.clinic = :clinic AND leads.id = :id"), {"clinic": clinic, "id": lead_id}
        )
    ).one_or_none()
    return _lead(vault, row) if row else None


@dataclass(frozen=True)
class LeadPlace:
    """Where a lead stands in the list, newest first: a page continues after it."""

    captured_at: datetime
    id: str


@dataclass(frozen=True, kw_only=True)
class LeadFilters:
    """Which leads are asked for; None asks for any."""

    phone_hash: bytes | None = None
    stage: str | None = None
    since: datetime | None = None


_LEAD_CONDITIONS = {
    "phone_hash": "contacts.phone_hash = :phone_hash",
    "stage": "leads.stage = :stage",
    "since": "leads.captured_at >= :since",
}


async def leads(
    conn: AsyncConnection, vault: Vault, clinic: str, filters: LeadFilters, after: LeadPlace | None, limit: int
) -> list[LeadSeen]:
    """Leads of this clinic, newest first."""
    asked = {name: getattr(filters, name) for name in _LEAD_CONDITIONS if getattr(filters, name) is not None}
    conditions = ["leads.clinic = :clinic", *(_LEAD_CONDITIONS[name] for name in asked)]
    if after is not None:
        conditions.append("(leads.captured_at, leads.id) < (:captured_at, :id)")
        asked |= {"captured_at": after.captured_at, "id": after.id}
    order = " ORDER BY leads.captured_at DESC, leads.id DESC LIMIT :limit"
    rows = await conn.execute(
        text(_LEADS + "WHERE " + " AND ".join(conditions) + order), {**asked, "clinic": clinic, "limit": limit}
    )
    return [_lead(vault, row) for row in rows]


async def contact_of_lead(conn: AsyncConnection, clinic: str, lead_id: str) -> str | None:
    """The contact whose lead this is."""
    found: str | None = (
        await conn.execute(
            text("SELECT contact_id FROM leads WHERE clinic = :clinic AND id = :id"), {"clinic": clinic, "id": lead_id}
        )
    ).scalar_one_or_none()
    return found


# -- messages ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class MessageSeen:
    """A text or an e-mail, out or in, or a step that was skipped. `decision` is the last `{"verdict","at","rules"}`.

    `reading` is how a reply was read: `{"intent","certainty","because"}`.
    """

    id: str
    lead_id: str | None
    direction: str
    purpose: str
    channel: str
    status: str
    text: str
    sequence: str | None
    version: int | None
    variant: str | None
    step: str | None
    sender: str
    due_at: datetime
    sent_at: datetime | None
    expires_at: datetime
    carrier_id: str | None
    error_code: str | None
    segments: int
    decision: dict[str, Any] | None
    reading: dict[str, str] | None


MESSAGES = """
SELECT id, lead_id, direction, purpose, channel, status, body_cipher, sequence, version, variant, step, sender,
       due_at, sent_at, expires_at, carrier_id, error_code, segments, decision, reading
FROM messages
"""
"""A message as it is shown; a condition follows."""

SHOWN = "(channel IN ('text', 'email') OR decision ->> 'rule' = 'condition')"
"""What is told as a message. A step with conditions is planned as a moment; it is told when that was the end of it."""


def message_seen(vault: Vault, row: Row[Any]) -> MessageSeen:
    """One row of `MESSAGES`, opened."""
    columns = dict(row._mapping)
    body = columns.pop("body_cipher")
    return MessageSeen(**columns, text=vault.open("message", body))


async def message(conn: AsyncConnection, vault: Vault, clinic: str, message_id: str) -> MessageSeen | None:
    """One message of this clinic, whatever its timeline shows as such, or None."""
    row = (
        await conn.execute(
            text(MESSAGES + f"WHERE clinic = :clinic AND id = :id AND {SHOWN}"),
            {"clinic": clinic, "id": message_id},
        )
    ).one_or_none()
    return message_seen(vault, row) if row else None


async def messages(
    conn: AsyncConnection,
    vault: Vault,
    clinic: str,
    *,
    lead_id: str | None,
    status: str | None,
    after: str | None,
    limit: int,
) -> list[MessageSeen]:
    """Texts and e-mails of this clinic, the newest ids first."""
    asked = {"lead_id": lead_id, "status": status, "after": after}
    conditions = {"lead_id": "lead_id = :lead_id", "status": "status = :status", "after": "id < :after"}
    given = {name: value for name, value in asked.items() if value is not None}
    where = " AND ".join(["clinic = :clinic", "channel IN ('text', 'email')", *(conditions[name] for name in given)])
    rows = await conn.execute(
        text(f"{MESSAGES} WHERE {where} ORDER BY id DESC LIMIT :limit"),
        {**given, "clinic": clinic, "limit": limit},
    )
    return [message_seen(vault, row) for row in rows]


# -- claims ------------------------------------------------------------------------------------

START_DEADLINE = 1.1
"""Seconds after its claim in which a text's first byte may still leave: the dispatcher's one, and the clocks' grain."""


async def claims_that_may_start(conn: AsyncConnection, contact_id: str) -> bool:
    """Whether a text to this contact was claimed so recently that its sending may not have begun."""
    found: bool = (
        await conn.execute(
            text(
                "SELECT EXISTS (SELECT FROM messages WHERE contact_id = :contact AND status = 'sending'"
                " AND claimed_at > clock_timestamp() - :seconds * interval '1 second')"
            ),
            {"contact": contact_id, "seconds": START_DEADLINE},
        )
    ).scalar_one()
    return found
