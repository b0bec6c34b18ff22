"""What the reading doors show: leads, their timelines, messages. Queries only; ciphertext is opened here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.codec import load_consent, load_event
from app.adapters.crypto import Vault
from app.domain.events import ConsentAct, Event


@dataclass(frozen=True, kw_only=True)
class NextSeen:
    """What is planned next for a lead. `kind` is a step's channel: text, call, email or wait."""

    at: datetime
    kind: str
    step: str | None


@dataclass(frozen=True, kw_only=True)
class ConsentSeen:
    """The consent a lead stands on; `status` is `withdrawn` when the ledger says so later."""

    id: str
    status: str
    method: str
    recorded_at: datetime
    act: ConsentAct


@dataclass(frozen=True, kw_only=True)
class LeadSeen:
    """A lead as it stands. `facts` is all the form said; `step` the planned or, without one, the last step's key."""

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
    test: bool
    track: str
    score: int
    sequence: str | None
    version: int
    step: str | None
    phone: str
    suppressed_by: str | None
    facts: dict[str, Any]
    next: NextSeen | None
    consent: ConsentSeen | None


_LEADS = """
SELECT leads.id, leads.contact_id, leads.clinic, leads.stage, leads.reason, leads.captured_at, leads.source,
       leads.token, leads.service, leads.location, leads.language, leads.zones, leads.test, leads.track, leads.score,
       leads.sequence, leads.version, leads.facts_cipher, contacts.phone_cipher, suppressions.by AS suppressed_by,
       coalesce(pending.step, last.step) AS step,
       next.due_at AS next_at, next.channel AS next_kind, next.step AS next_step,
       consents.id AS consent_id, consents.method, consents.recorded_at, consents.act_cipher,
       EXISTS (SELECT FROM consents AS later WHERE later.contact_id = leads.contact_id AND later.status = 'withdrawn'
               AND later.id > consents.id AND (later.lead_id IS NULL OR later.lead_id = leads.id)) AS withdrawn
FROM leads
JOIN contacts ON contacts.id = leads.contact_id
JOIN clinics ON clinics.key = leads.clinic
LEFT JOIN suppressions ON suppressions.brand = clinics.brand AND suppressions.phone_hash = contacts.phone_hash
     AND suppressions.lifted_at IS NULL
LEFT JOIN consents ON consents.id = leads.consent_id
LEFT JOIN messages AS pending ON pending.id = leads.pending
LEFT JOIN LATERAL (
    SELECT due_at, channel, step FROM messages
    WHERE contact_id = leads.contact_id AND lead_id = leads.id AND status = 'scheduled'
    ORDER BY due_at, id LIMIT 1) AS next ON true
LEFT JOIN LATERAL (
    SELECT step FROM messages WHERE contact_id = leads.contact_id AND lead_id = leads.id AND purpose = 'step'
    ORDER BY due_at DESC, id DESC LIMIT 1) AS last ON true
"""

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
    "step",
    "suppressed_by",
)


def _lead(vault: Vault, row: Row[Any]) -> LeadSeen:
    consent = row.consent_id and ConsentSeen(
        id=row.consent_id,
        status="withdrawn" if row.withdrawn else "granted",
        method=row.method,
        recorded_at=row.recorded_at,
        act=load_consent(vault.decrypt("consent", row.act_cipher)),
    )
    return LeadSeen(
        **{name: row._mapping[name] for name in _PLAIN},
        zones=tuple(row.zones),
        phone=vault.open("phone", row.phone_cipher),
        facts=orjson.loads(vault.decrypt("lead", row.facts_cipher)),
        next=NextSeen(at=row.next_at, kind=row.next_kind, step=row.next_step) if row.next_at else None,
        consent=consent or None,
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


async def place_of_token(conn: AsyncConnection, token: str) -> tuple[str, str | None] | None:
    """The clinic and location of the lead with this link token."""
    row = (
        await conn.execute(text("SELECT clinic, location FROM leads WHERE token = :token"), {"token": token})
    ).one_or_none()
    return (row.clinic, row.location) if row else None


# -- messages ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class MessageSeen:
    """A text, out or in. `decision` is the gate's last verdict: `{"verdict","at","rules"}`."""

    id: str
    lead_id: str | None
    direction: str
    purpose: str
    channel: str
    status: str
    text: str
    sequence: str | None
    version: int | None
    step: str | None
    sender: str
    due_at: datetime
    sent_at: datetime | None
    expires_at: datetime
    carrier_id: str | None
    error_code: str | None
    segments: int
    decision: dict[str, Any] | None


_MESSAGES = """
SELECT id, lead_id, direction, purpose, channel, status, body_cipher, sequence, version, step, sender, due_at, sent_at,
       expires_at, carrier_id, error_code, segments, decision
FROM messages
"""


def _message(vault: Vault, row: Row[Any]) -> MessageSeen:
    columns = dict(row._mapping)
    body = columns.pop("body_cipher")
    return MessageSeen(**columns, text=vault.open("message", body))


async def message(conn: AsyncConnection, vault: Vault, clinic: str, message_id: str) -> MessageSeen | None:
    """One text of this clinic, or None."""
    row = (
        await conn.execute(
            text(_MESSAGES + "WHERE clinic = :clinic AND id = :id AND channel = 'text'"),
            {"clinic": clinic, "id": message_id},
        )
    ).one_or_none()
    return _message(vault, row) if row else None


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
    """Texts of this clinic, the newest ids first."""
    asked = {"lead_id": lead_id, "status": status, "after": after}
    conditions = {"lead_id": "lead_id = :lead_id", "status": "status = :status", "after": "id < :after"}
    given = {name: value for name, value in asked.items() if value is not None}
    where = " AND ".join(["clinic = :clinic", "channel = 'text'", *(conditions[name] for name in given)])
    rows = await conn.execute(
        text(f"{_MESSAGES} WHERE {where} ORDER BY id DESC LIMIT :limit"),
        {**given, "clinic": clinic, "limit": limit},
    )
    return [_message(vault, row) for row in rows]


# -- a lead's timeline -------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TaskSeen:
    """A task of the lead, as far as its timeline tells."""

    id: str
    kind: str
    status: str
    team: str
    opened_at: datetime
    about: str
    assignee: str | None
    outcome: str | None
    completed_by: str | None
    completed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class StageChange:
    """A lead went from one stage to another, by an event."""

    id: str
    at: datetime
    from_stage: str | None
    to_stage: str
    event_id: str


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Everything that happened around a lead, each kind in its own order."""

    events: tuple[Event, ...]
    messages: tuple[MessageSeen, ...]
    tasks: tuple[TaskSeen, ...]
    stages: tuple[StageChange, ...]


async def timeline(conn: AsyncConnection, vault: Vault, contact_id: str, lead_id: str) -> Timeline:
    """What happened to a lead; events and texts that name no lead belong to every lead of the phone."""
    who = {"contact": contact_id, "lead": lead_id}
    tasks = tuple(_task(vault, row) for row in await conn.execute(_TASKS, who))
    events = await conn.execute(_EVENTS, who)
    found = (load_event(vault.decrypt("event", row.payload_cipher)) for row in events)
    about = {lead_id, *(task.id for task in tasks), None}
    return Timeline(
        events=tuple(event for event in found if _named(event) in about),
        messages=tuple(_message(vault, row) for row in await conn.execute(_TEXTS, who)),
        tasks=tasks,
        stages=tuple(StageChange(**row._mapping) for row in await conn.execute(_STAGES, who)),
    )


def _named(event: Event) -> str | None:
    """The lead an event names, else its task, else nothing: then it is about the phone."""
    return getattr(event, "lead_id", None) or getattr(event, "task_id", None)


def _task(vault: Vault, row: Row[Any]) -> TaskSeen:
    columns = dict(row._mapping)
    about = columns.pop("about_cipher")
    return TaskSeen(**columns, about=vault.open("task", about))


_EVENTS = text("SELECT payload_cipher FROM events WHERE contact_id = :contact ORDER BY no")
_TEXTS = text(
    _MESSAGES + "WHERE contact_id = :contact AND (lead_id = :lead OR lead_id IS NULL) AND channel = 'text' ORDER BY id"
)
_TASKS = text(
    "SELECT id, kind, status, team, opened_at, about_cipher, assignee, outcome, completed_by, completed_at FROM tasks"
    " WHERE contact_id = :contact AND (lead_id = :lead OR lead_id IS NULL) ORDER BY id"
)
_STAGES = text("SELECT id, at, from_stage, to_stage, event_id FROM stage_changes WHERE lead_id = :lead ORDER BY at, id")


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
