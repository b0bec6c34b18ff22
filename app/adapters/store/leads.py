"""Contacts with their leads, as the machine sees them: loaded by the batch, written back by difference."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.store.contacts import Directory
from app.domain.contact import Contact, Lead, OpenTask, Stage
from app.domain.course import course_from
from app.domain.talk import NOTHING_SAID, Talk, talk_from
from app.domain.windows import Place

_LEADS = text("""
SELECT id, contact_id, stage, captured_at, source, token, zones, states, located, language, service, location, test,
       facts_cipher, track, score, sequence, version, variant, step, pending, consent_id, no_answers, reason
FROM leads WHERE contact_id = ANY(:ids) ORDER BY captured_at, id
""")

_CONTACTS = text("""
SELECT contacts.id, contacts.clinic, contacts.phone_cipher, contacts.sender, contacts.talk_cipher,
       suppressions.by AS suppressed_by
FROM contacts JOIN clinics ON clinics.key = contacts.clinic
LEFT JOIN suppressions ON suppressions.brand = clinics.brand AND suppressions.phone_hash = contacts.phone_hash
     AND suppressions.lifted_at IS NULL
WHERE contacts.id = ANY(:ids)
""")

_TASKS = text("""
SELECT id, contact_id, lead_id, kind FROM tasks
WHERE contact_id = ANY(:ids) AND status IN ('open', 'claimed', 'snoozed') ORDER BY id
""")

_SAVE = text("""
INSERT INTO leads (id, clinic, contact_id, stage, captured_at, source, token, zones, states, located, language, service,
                   location, test, facts_cipher, email_hash, track, score, sequence, version, variant, step, pending,
                   consent_id, no_answers, reason)
SELECT id, clinic, contact_id, stage, captured_at, source, token, string_to_array(zones, ','),
       string_to_array(states, ','), CAST(located AS jsonb), language, service, location, test, facts_cipher,
       email_hash, track, score, sequence, version, variant, step, pending, consent_id, no_answers, reason
FROM unnest(CAST(:id AS text[]), CAST(:clinic AS text[]), CAST(:contact_id AS text[]), CAST(:stage AS text[]),
            CAST(:captured_at AS timestamptz[]), CAST(:source AS text[]), CAST(:token AS text[]),
            CAST(:zones AS text[]), CAST(:states AS text[]), CAST(:located AS text[]), CAST(:language AS text[]),
            CAST(:service AS text[]), CAST(:location AS text[]), CAST(:test AS boolean[]),
            CAST(:facts_cipher AS bytea[]), CAST(:email_hash AS bytea[]),
            CAST(:track AS text[]), CAST(:score AS integer[]), CAST(:sequence AS text[]), CAST(:version AS integer[]),
            CAST(:variant AS text[]), CAST(:step AS integer[]), CAST(:pending AS text[]), CAST(:consent_id AS text[]),
            CAST(:no_answers AS integer[]), CAST(:reason AS text[]))
     AS new (id, clinic, contact_id, stage, captured_at, source, token, zones, states, located, language, service,
             location, test, facts_cipher, email_hash, track, score, sequence, version, variant, step, pending,
             consent_id, no_answers, reason)
ON CONFLICT (id) DO UPDATE SET
    stage = excluded.stage, token = excluded.token, zones = excluded.zones, states = excluded.states,
    located = excluded.located,
    language = excluded.language,
    service = excluded.service, location = excluded.location, facts_cipher = excluded.facts_cipher,
    email_hash = excluded.email_hash, track = excluded.track, score = excluded.score, sequence = excluded.sequence,
    version = excluded.version, variant = excluded.variant, step = excluded.step, pending = excluded.pending,
    consent_id = excluded.consent_id, no_answers = excluded.no_answers, reason = excluded.reason
""")

_AS_IS = (
    "id",
    "captured_at",
    "source",
    "token",
    "language",
    "service",
    "location",
    "test",
    "track",
    "score",
    "sequence",
    "version",
    "variant",
    "step",
    "pending",
    "consent_id",
    "no_answers",
    "reason",
)


async def load(conn: AsyncConnection, directory: Directory, ids: Iterable[str]) -> dict[str, Contact]:
    """These contacts with all their leads and open tasks, in three queries however many they are."""
    wanted = {"ids": list(ids)}
    leads: dict[str, list[Lead]] = {}
    for row in await conn.execute(_LEADS, wanted):
        leads.setdefault(row.contact_id, []).append(_lead(directory, row._mapping))
    tasks: dict[str, list[OpenTask]] = {}
    for row in await conn.execute(_TASKS, wanted):
        tasks.setdefault(row.contact_id, []).append(OpenTask(id=row.id, lead_id=row.lead_id, kind=row.kind))
    return {
        row.id: Contact(
            id=row.id,
            clinic=row.clinic,
            phone=directory.vault.open("phone", row.phone_cipher),
            suppressed_by=row.suppressed_by,
            sender=row.sender,
            leads=tuple(leads.get(row.id, ())),
            tasks=tuple(tasks.get(row.id, ())),
            talk=_talk(directory, row.talk_cipher),
        )
        for row in await conn.execute(_CONTACTS, wanted)
    }


def _talk(directory: Directory, cipher: bytes | None) -> Talk:
    return talk_from(orjson.loads(directory.vault.decrypt("talk", cipher))) if cipher else NOTHING_SAID


def _lead(directory: Directory, row: Mapping[Any, Any]) -> Lead:
    facts = orjson.loads(directory.vault.decrypt("lead", row["facts_cipher"]))
    course = course_from(facts.pop("course", None))
    return Lead(
        **{name: row[name] for name in _AS_IS},
        stage=Stage(row["stage"]),
        zones=tuple(row["zones"]),
        states=tuple(row["states"]),
        located=tuple(Place(**place) for place in row["located"]),
        first_name=facts.get("first_name") or "",
        facts=facts,
        course=course,
    )


async def save(conn: AsyncConnection, directory: Directory, changed: Sequence[tuple[Contact, Lead]]) -> None:
    """Write these leads, new or changed, in one statement."""
    if not changed:
        return
    columns: dict[str, list[Any]] = {name: [getattr(lead, name) for _, lead in changed] for name in _AS_IS}
    await conn.execute(
        _SAVE,
        {
            **columns,
            "clinic": [contact.clinic for contact, _ in changed],
            "contact_id": [contact.id for contact, _ in changed],
            "stage": [lead.stage.value for _, lead in changed],
            "zones": [",".join(lead.zones) for _, lead in changed],
            "states": [",".join(lead.states) for _, lead in changed],
            "located": [orjson.dumps(lead.located).decode() for _, lead in changed],
            "facts_cipher": [directory.vault.encrypt("lead", _sealed(lead)) for _, lead in changed],
            "email_hash": [email_hash(directory, lead.facts.get("email")) for _, lead in changed],
        },
    )


def _sealed(lead: Lead) -> bytes:
    """What is stored enciphered: the facts, and the lead's course beside them."""
    course = lead.course.as_json()
    return orjson.dumps({**lead.facts, "course": course} if course else dict(lead.facts))


def email_hash(directory: Directory, email: object) -> bytes | None:
    """The blind index of an e-mail address, the same however it is capitalised; None without one."""
    return directory.hash(str(email).strip().casefold()) if email else None


async def set_talks(conn: AsyncConnection, directory: Directory, talks: Mapping[str, Talk]) -> None:
    """Remember what was said to these contacts of late."""
    if talks:
        await conn.execute(
            text(
                "UPDATE contacts SET talk_cipher = new.talk FROM unnest(CAST(:ids AS text[]), CAST(:talks AS bytea[]))"
                " AS new (id, talk) WHERE contacts.id = new.id"
            ),
            {
                "ids": list(talks),
                "talks": [directory.vault.encrypt("talk", orjson.dumps(talk.as_json())) for talk in talks.values()],
            },
        )


async def set_senders(conn: AsyncConnection, senders: Mapping[str, str]) -> None:
    """Remember which sender last spoke with these contacts. The caller has locked them."""
    if senders:
        await conn.execute(
            text(
                "UPDATE contacts SET sender = new.sender FROM unnest(CAST(:ids AS text[]), CAST(:senders AS text[]))"
                " AS new (id, sender) WHERE contacts.id = new.id"
            ),
            {"ids": list(senders), "senders": list(senders.values())},
        )


async def note_stages(
    conn: AsyncConnection, changes: Sequence[tuple[str, str, str | None, str, str]], now: datetime
) -> None:
    """Write stage changes for the timeline: (id, lead, from, to, event)."""
    if not changes:
        return
    ids, lead_ids, before, after, event_ids = zip(*changes, strict=True)
    await conn.execute(
        text("""
        INSERT INTO stage_changes (id, lead_id, at, from_stage, to_stage, event_id)
        SELECT id, lead_id, :now, from_stage, to_stage, event_id
        FROM unnest(CAST(:ids AS text[]), CAST(:leads AS text[]), CAST(:before AS text[]), CAST(:after AS text[]),
                    CAST(:events AS text[])) AS new (id, lead_id, from_stage, to_stage, event_id)
        """),
        {
            "now": now,
            "ids": list(ids),
            "leads": list(lead_ids),
            "before": list(before),
            "after": list(after),
            "events": list(event_ids),
        },
    )
