"""Tasks as they are written: opened, moved from standing to standing, closed, and numbered for pollers.

How to think of change numbers: whoever changes tasks calls `number_changes` as the transaction's last statement.
It takes the clinic's counter row, which stays locked until the commit, so numbers become visible in order: a
reader that sees change n has seen every change below n. A task keeps only the number of its latest change.

The order of locks is contact, task, counter. Only `task_clock` takes tasks without their contact, and it never
waits for one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.crypto import Vault
from app.adapters.store import contacts
from app.adapters.store.contacts import ContactRef
from app.domain.effects import CloseTask
from app.domain.ids import new_id
from app.domain.leases import Standing

STANDING = tuple(field.name for field in fields(Standing))
"""The columns in which a task's standing is kept."""


@dataclass(frozen=True, kw_only=True)
class TaskRow:
    """A task to be opened: `effects.OpenTask`, and whose it is. Times are UTC, `about` is in the clear."""

    id: str
    clinic: str
    contact_id: str
    lead_id: str | None
    kind: str
    priority: int
    team: str
    opened_at: datetime
    due_at: datetime
    about: str
    event_id: str
    snoozed_until: datetime | None = None
    escalates_at: datetime | None = None
    escalates_to: str | None = None
    wish: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of a task's history: what (`opened`, `claimed`, `note` …), by whom; `words` are sealed as "task"."""

    task_id: str
    at: datetime
    kind: str
    by: str | None = None
    words: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class HeldTask:
    """A task whose contact and row this transaction has locked."""

    id: str
    contact: ContactRef
    lead_id: str | None
    kind: str
    team: str
    version: int
    standing: Standing


# --- change numbers ----------------------------------------------------------------------------------------

_NUMBER = text("""
WITH counter AS (
    INSERT INTO change_counters (clinic, last_no) VALUES (:clinic, :count)
    ON CONFLICT (clinic) DO UPDATE SET last_no = change_counters.last_no + excluded.last_no
    RETURNING last_no - :count AS base
)
UPDATE tasks
SET change_no = base + place,
    left_nos = CASE WHEN listed_status <> status
                    THEN left_nos || jsonb_build_object(listed_status, base + place) ELSE left_nos END,
    listed_status = status
FROM counter, unnest(CAST(:ids AS text[])) WITH ORDINALITY AS changed (id, place)
WHERE tasks.id = changed.id AND tasks.clinic = :clinic
""")


async def number_changes(conn: AsyncConnection, clinic: str, task_ids: Sequence[str]) -> None:
    """Number the changes this transaction made to these tasks of one clinic: its last statement before commit.

    A transaction that changed tasks of several clinics calls this in the order of the clinics' keys.
    """
    ids = list(dict.fromkeys(task_ids))
    if ids:
        await conn.execute(_NUMBER, {"clinic": clinic, "count": len(ids), "ids": ids})


async def last_numbers(conn: AsyncConnection) -> dict[str, int]:
    """The number of the latest change by clinic, for whoever waits for the next."""
    rows = await conn.execute(text("SELECT clinic, last_no FROM change_counters"))
    return {row.clinic: row.last_no for row in rows}


# --- what the inbox orders ---------------------------------------------------------------------------------

_OPEN = text("""
INSERT INTO tasks (id, clinic, contact_id, lead_id, kind, priority, team, status, opened_at, due_at, snoozed_until,
                   about_cipher, event_id, listed_status, escalates_at, escalates_to, wish)
SELECT id, clinic, contact_id, lead_id, kind, priority, team, standing, opened_at, due_at, snoozed, about, event_id,
       standing, coalesce(escalates_at, due_at), escalates_to, CAST(wish AS jsonb)
FROM unnest(CAST(:ids AS text[]), CAST(:clinics AS text[]), CAST(:contacts AS text[]), CAST(:leads AS text[]),
            CAST(:kinds AS text[]), CAST(:priorities AS smallint[]), CAST(:teams AS text[]),
            CAST(:opened AS timestamptz[]), CAST(:due AS timestamptz[]), CAST(:snoozed AS timestamptz[]),
            CAST(:abouts AS bytea[]), CAST(:events AS text[]), CAST(:escalates_at AS timestamptz[]),
            CAST(:escalates_to AS text[]), CAST(:wishes AS text[]))
     AS new (id, clinic, contact_id, lead_id, kind, priority, team, opened_at, due_at, snoozed, about, event_id,
             escalates_at, escalates_to, wish)
CROSS JOIN LATERAL (SELECT CASE WHEN snoozed IS NULL THEN 'open' ELSE 'snoozed' END AS standing) AS first
""")

_CLOSE = text("""
UPDATE tasks
SET status = 'done', version = version + 1, assignee = closed.by, lease_until = NULL, snoozed_until = NULL,
    lapsed_by = NULL, lapsed_until = NULL, outcome = closed.outcome, completed_by = closed.by, completed_at = :now
FROM unnest(CAST(:ids AS text[]), CAST(:outcomes AS text[]), CAST(:people AS text[])) AS closed (id, outcome, by)
WHERE tasks.id = closed.id AND status IN ('open', 'claimed', 'snoozed')
RETURNING tasks.id
""")

_CANCEL = text("""
UPDATE tasks
SET status = 'cancelled', version = version + 1, assignee = NULL, lease_until = NULL, snoozed_until = NULL,
    lapsed_by = NULL, lapsed_until = NULL
WHERE id = ANY(:ids) AND status IN ('open', 'claimed', 'snoozed')
RETURNING id
""")


async def open_tasks(conn: AsyncConnection, vault: Vault, rows: Sequence[TaskRow]) -> None:
    """Open these tasks, each with the first line of its history. The caller numbers them."""
    if not rows:
        return
    await conn.execute(
        _OPEN,
        {
            "ids": [row.id for row in rows],
            "clinics": [row.clinic for row in rows],
            "contacts": [row.contact_id for row in rows],
            "leads": [row.lead_id for row in rows],
            "kinds": [row.kind for row in rows],
            "priorities": [row.priority for row in rows],
            "teams": [row.team for row in rows],
            "opened": [row.opened_at for row in rows],
            "due": [row.due_at for row in rows],
            "snoozed": [row.snoozed_until for row in rows],
            "abouts": [vault.seal("task", row.about) for row in rows],
            "events": [row.event_id for row in rows],
            "escalates_at": [row.escalates_at for row in rows],
            "escalates_to": [row.escalates_to for row in rows],
            "wishes": [orjson.dumps(row.wish).decode() if row.wish else None for row in rows],
        },
    )
    await record(conn, [Entry(task_id=row.id, at=row.opened_at, kind="opened") for row in rows])


async def close_tasks(conn: AsyncConnection, closes: Sequence[CloseTask], now: datetime) -> list[str]:
    """Close these tasks, unless they are over already; the ids of those that changed, for the caller to number."""
    if not closes:
        return []
    by_id = {close.id: close for close in closes}
    rows = await conn.execute(
        _CLOSE,
        {
            "ids": list(by_id),
            "outcomes": [close.outcome for close in by_id.values()],
            "people": [close.assignee for close in by_id.values()],
            "now": now,
        },
    )
    changed = sorted(rows.scalars())
    await record(conn, [Entry(task_id=id, at=now, kind="completed", by=by_id[id].assignee) for id in changed])
    return changed


async def cancel_tasks(
    conn: AsyncConnection, vault: Vault, ids: Sequence[str], now: datetime, reason: str
) -> list[str]:
    """Cancel these tasks, unless they are over already; the ids of those that changed, for the caller to number."""
    if not ids:
        return []
    changed = sorted((await conn.execute(_CANCEL, {"ids": list(ids)})).scalars())
    words = vault.seal("task", reason)
    await record(conn, [Entry(task_id=id, at=now, kind="cancelled", words=words) for id in changed])
    return changed


# --- what coordinators do ----------------------------------------------------------------------------------

_CONTACT_OF = text("SELECT contact_id FROM tasks WHERE id = :id AND clinic = :clinic")

_LOCK = text(
    f"SELECT id, lead_id, kind, team, version, {', '.join(STANDING)} FROM tasks WHERE id = :id FOR UPDATE"  # noqa: S608
)

_CANDIDATES = text("""
SELECT id, contact_id FROM tasks
WHERE clinic = :clinic AND status IN ('open', 'claimed', 'snoozed')
  AND (status = 'open' OR (status = 'claimed' AND lease_until <= :now)
                       OR (status = 'snoozed' AND snoozed_until <= :now))
  AND team = coalesce(CAST(:team AS text), team)
ORDER BY priority, due_at, id LIMIT :limit
""")

_TRY_CONTACT = text("SELECT id, clinic, lane FROM contacts WHERE id = :id FOR NO KEY UPDATE SKIP LOCKED")

_MOVE = text(
    "UPDATE tasks SET version = version + 1, "  # noqa: S608
    + ", ".join(f"{name} = :{name}" for name in STANDING)
    + " WHERE id = :id"
)

_RECORD = text("""
INSERT INTO task_entries (id, task_id, at, kind, by, text_cipher)
SELECT id, task_id, at, kind, by, words
FROM unnest(CAST(:ids AS text[]), CAST(:tasks AS text[]), CAST(:ats AS timestamptz[]), CAST(:kinds AS text[]),
            CAST(:people AS text[]), CAST(:words AS bytea[])) AS new (id, task_id, at, kind, by, words)
""")


async def lock(conn: AsyncConnection, clinic: str, task_id: str) -> HeldTask | None:
    """Lock a task of this clinic, its contact first; None when the clinic has no such task."""
    contact_id = (await conn.execute(_CONTACT_OF, {"id": task_id, "clinic": clinic})).scalar_one_or_none()
    if contact_id is None:
        return None
    held = await contacts.lock(conn, [contact_id])
    return await _lock_row(conn, held[contact_id], task_id)


async def candidates(
    conn: AsyncConnection, clinic: str, team: str | None, now: datetime, limit: int = 20
) -> list[tuple[str, str]]:
    """(task, contact) of what may be handed out next, most urgent first. Does not lock: look again after locking."""
    rows = await conn.execute(_CANDIDATES, {"clinic": clinic, "team": team, "now": now, "limit": limit})
    return [(row.id, row.contact_id) for row in rows]


async def try_lock(conn: AsyncConnection, task_id: str, contact_id: str) -> HeldTask | None:
    """Lock a task whose contact nobody has locked; None when somebody has."""
    row = (await conn.execute(_TRY_CONTACT, {"id": contact_id})).one_or_none()
    return await _lock_row(conn, ContactRef(row.id, row.clinic, row.lane), task_id) if row else None


async def _lock_row(conn: AsyncConnection, contact: ContactRef, task_id: str) -> HeldTask:
    row = (await conn.execute(_LOCK, {"id": task_id})).one()
    standing = Standing(**{name: row._mapping[name] for name in STANDING})
    return HeldTask(
        id=row.id,
        contact=contact,
        lead_id=row.lead_id,
        kind=row.kind,
        team=row.team,
        version=row.version,
        standing=standing,
    )


async def move(conn: AsyncConnection, standing: Standing, entry: Entry) -> None:
    """Write a locked task's new standing and the line of its history; its version goes up. The caller numbers it."""
    await conn.execute(_MOVE, {"id": entry.task_id, **asdict(standing)})
    await record(conn, [entry])


async def answered(conn: AsyncConnection, task_id: str, now: datetime) -> None:
    """Stop a locked task's clock: somebody has written to the lead, so it is neither overdue nor escalates."""
    await conn.execute(
        text("UPDATE tasks SET answered_at = coalesce(answered_at, :now), escalates_at = NULL WHERE id = :id"),
        {"id": task_id, "now": now},
    )


async def put_off(conn: AsyncConnection, task_id: str, until: datetime) -> None:
    """Let a locked task escalate no sooner than this, if it still would."""
    await conn.execute(
        text("UPDATE tasks SET escalates_at = :until WHERE id = :id AND escalates_at < :until"),
        {"id": task_id, "until": until},
    )


async def open_count(conn: AsyncConnection, clinic: str, team: str) -> int:
    """How many tasks of a team need somebody now: open or claimed, not those put aside."""
    found: int = (
        await conn.execute(
            text(
                "SELECT count(*) FROM tasks WHERE clinic = :clinic AND team = :team"
                # As the partial index says it, which has the waiting tasks only, and then what is meant.
                " AND status IN ('open', 'claimed', 'snoozed') AND status <> 'snoozed'"
            ),
            {"clinic": clinic, "team": team},
        )
    ).scalar_one()
    return found


async def unfinished(conn: AsyncConnection, contact_id: str, lead_id: str) -> list[str]:
    """The tasks about a lead that somebody still has to do."""
    rows = await conn.execute(
        text(
            "SELECT id FROM tasks WHERE contact_id = :contact AND lead_id = :lead"
            " AND status IN ('open', 'claimed', 'snoozed') ORDER BY id"
        ),
        {"contact": contact_id, "lead": lead_id},
    )
    return list(rows.scalars())


async def record(conn: AsyncConnection, entries: Sequence[Entry]) -> None:
    """Add lines to tasks' histories."""
    if not entries:
        return
    await conn.execute(
        _RECORD,
        {
            "ids": [new_id("entry") for _ in entries],
            "tasks": [entry.task_id for entry in entries],
            "ats": [entry.at for entry in entries],
            "kinds": [entry.kind for entry in entries],
            "people": [entry.by for entry in entries],
            "words": [entry.words for entry in entries],
        },
    )
