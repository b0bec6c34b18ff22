"""Whether we may speak: the consent ledger, the suppressions, and senders that are held."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.codec import dump_consent, load_consent
from app.adapters.crypto import Vault
from app.domain.consents import SCOPE
from app.domain.effects import RecordConsent

_RECORD = text("""
INSERT INTO consents (id, clinic, contact_id, lead_id, person, phone_hash, phone_cipher, status, method, text_key,
                      text_sha256, problem, source, language, clinic_name, scope, recorded_by, corrects, act_cipher,
                      occurred_at, recorded_at)
SELECT new.id, new.clinic, new.contact_id, new.lead_id, new.person, contacts.phone_hash, contacts.phone_cipher,
       new.status, new.method, new.text_key, new.text_sha256, new.problem, new.source, new.language, new.clinic_name,
       :scope, new.recorded_by, new.corrects, new.act_cipher, new.occurred_at, :now
FROM unnest(CAST(:id AS text[]), CAST(:clinic AS text[]), CAST(:contact_id AS text[]), CAST(:lead_id AS text[]),
            CAST(:person AS text[]), CAST(:status AS text[]), CAST(:method AS text[]), CAST(:text_key AS text[]),
            CAST(:text_sha256 AS text[]), CAST(:problem AS text[]), CAST(:source AS text[]), CAST(:language AS text[]),
            CAST(:clinic_name AS text[]), CAST(:recorded_by AS text[]), CAST(:corrects AS text[]),
            CAST(:act_cipher AS bytea[]), CAST(:occurred_at AS timestamptz[])) WITH ORDINALITY
     AS new (id, clinic, contact_id, lead_id, person, status, method, text_key, text_sha256, problem, source, language,
             clinic_name, recorded_by, corrects, act_cipher, occurred_at, place)
JOIN contacts ON contacts.id = new.contact_id
ORDER BY new.place
""")


async def record_consents(
    conn: AsyncConnection, vault: Vault, rows: Sequence[tuple[str, str, RecordConsent]], now: datetime
) -> None:
    """Append (clinic, contact, order) to the ledger, in the order given, each with the phone it is about."""
    if not rows:
        return
    new = [
        {
            "id": order.id,
            "clinic": clinic,
            "contact_id": contact_id,
            **{name: getattr(order, name) for name in _PLAIN},
            "recorded_by": order.by,
            "corrects": order.act.corrects,
            "act_cipher": vault.encrypt("consent", dump_consent(order.act)),
            "text_sha256": _digest(order.act.text),
            "occurred_at": order.act.at,
        }
        for clinic, contact_id, order in rows
    ]
    columns = {name: [row[name] for row in new] for name in new[0]}
    await conn.execute(_RECORD, {**columns, "now": now, "scope": SCOPE})


_PLAIN = ("lead_id", "person", "status", "method", "text_key", "problem", "source", "language", "clinic_name")


def _digest(words: str | None) -> str | None:
    return hashlib.sha256(words.encode()).hexdigest() if words else None


LEDGER_COLUMNS = (
    "id",
    "clinic",
    "clinic_name",
    "phone",
    "lead_id",
    "person",
    "status",
    "problem",
    "method",
    "scope",
    "text_key",
    "text",
    "text_sha256",
    "language",
    "occurred_at",
    "recorded_at",
    "source",
    "url",
    "ip",
    "user_agent",
    "certificate",
    "prechecked",
    "recorded_by",
    "reason",
    "corrects",
    "ended_by",
)
"""What `ledger` tells of each row, in this order."""

ENDED_BY = """
SELECT later.id FROM consents AS later
WHERE later.contact_id = act.contact_id AND (later.corrects = act.id AND later.no > act.no OR later.status = 'withdrawn'
      AND (later.person IS NULL OR later.person = act.person OR later.lead_id = act.lead_id)
      AND (later.no > act.no
           OR act.occurred_at < least(coalesce(later.occurred_at, later.recorded_at), later.written_at)))
ORDER BY later.no LIMIT 1
"""
"""The row that ended the consent `act`, as `domain.consents.stands` has it; for use inside other statements."""

LEDGER = f"""
SELECT no, id, clinic, clinic_name, phone_cipher, lead_id, person, status, problem, method, scope, text_key,
       text_sha256, language, coalesce(occurred_at, recorded_at) AS occurred_at, recorded_at, source, recorded_by,
       act_cipher, CASE WHEN status IN ('granted', 'renewed') THEN ({ENDED_BY}) END AS ended_by
FROM consents AS act
"""  # noqa: S608 - the only insertion is our own constant.

_OF_CLINIC = text(
    LEDGER + "WHERE clinic = :clinic AND no > :after AND (CAST(:since AS timestamptz) IS NULL OR recorded_at >= :since)"
    " ORDER BY no LIMIT :page"
)
_PAGE = 500


async def ledger(
    conn: AsyncConnection, vault: Vault, clinic: str, since: datetime | None = None
) -> AsyncIterator[dict[str, Any]]:
    """A clinic's ledger in the order it was written, each row with the keys of `LEDGER_COLUMNS`; times in UTC.

    Later facts are rows of their own; `ended_by` names the one that ended a consent. `since` is by time of recording.
    """
    after, found = 0, True
    while found:
        asked = {"clinic": clinic, "since": since, "after": after, "page": _PAGE}
        found = False
        for row in (await conn.execute(_OF_CLINIC, asked)).all():
            yield ledger_row(vault, row)
            after, found = row.no, True


_OF_LEAD = text(LEDGER + "WHERE contact_id = :contact AND (lead_id = :lead OR person IS NULL) ORDER BY no")


async def ledger_of_lead(conn: AsyncConnection, vault: Vault, contact_id: str, lead_id: str) -> list[dict[str, Any]]:
    """The rows that concern a lead, those about the whole phone too, in the order they were written."""
    rows = await conn.execute(_OF_LEAD, {"contact": contact_id, "lead": lead_id})
    return [ledger_row(vault, row) for row in rows]


def ledger_row(vault: Vault, row: Row[Any]) -> dict[str, Any]:
    """One row of `LEDGER`, opened."""
    act = load_consent(vault.decrypt("consent", row.act_cipher))
    said = asdict(act) | dict(row._mapping) | {"phone": vault.open("phone", row.phone_cipher)}
    return {name: said[name] for name in LEDGER_COLUMNS}


async def set_suppressions(conn: AsyncConnection, changes: Mapping[str, str | None], now: datetime) -> None:
    """Close (by whom) or open again (None) the phones of these contacts, at the whole brand."""
    if not changes:
        return
    await conn.execute(
        text("""
        INSERT INTO suppressions (brand, phone_hash, by, since, lifted_at)
        SELECT DISTINCT ON (clinics.brand, contacts.phone_hash) clinics.brand, contacts.phone_hash,
               coalesce(change.by, 'start'), :now, CASE WHEN change.by IS NULL THEN CAST(:now AS timestamptz) END
        FROM unnest(CAST(:ids AS text[]), CAST(:by AS text[])) WITH ORDINALITY AS change (contact_id, by, place)
        JOIN contacts ON contacts.id = change.contact_id JOIN clinics ON clinics.key = contacts.clinic
        ORDER BY clinics.brand, contacts.phone_hash, change.place DESC
        ON CONFLICT (brand, phone_hash) DO UPDATE SET
            by = CASE WHEN excluded.lifted_at IS NULL THEN excluded.by ELSE suppressions.by END,
            since = CASE WHEN excluded.lifted_at IS NULL THEN excluded.since ELSE suppressions.since END,
            lifted_at = excluded.lifted_at
        """),
        {"ids": list(changes), "by": list(changes.values()), "now": now},
    )


async def hold_senders(conn: AsyncConnection, codes: Mapping[str, str], now: datetime) -> set[str]:
    """Hold these senders, with the carrier's code for it; those that were not held before."""
    if not codes:
        return set()
    rows = await conn.execute(
        text("""
        UPDATE senders SET held_code = held.code, held_at = :now
        FROM (SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:codes AS text[])) AS given (key, code)
              ORDER BY key) AS held
        WHERE senders.key = held.key AND senders.held_code IS NULL RETURNING senders.key
        """),
        {"keys": list(codes), "codes": list(codes.values()), "now": now},
    )
    return {row.key for row in rows}


async def free_sender(conn: AsyncConnection, key: str) -> bool:
    """Let a held sender speak again; False when it was not held."""
    result = await conn.execute(
        text("UPDATE senders SET held_code = NULL, held_at = NULL WHERE key = :key AND held_code IS NOT NULL"),
        {"key": key},
    )
    return result.rowcount > 0
