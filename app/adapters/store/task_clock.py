"""What time does to tasks: leases and snoozes end, unanswered tasks escalate, the absent give theirs back.

Nobody asks for these, so they take rows without their contact, and never wait for one: what somebody is working on
is left for the next second. Several workers may look at once; a row is one's alone until its change is committed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.crypto import Vault
from app.adapters.store.tasks import STANDING, Entry, number_changes, record
from app.domain.leases import Standing

# The same rule as `leases.settle`. Rows that somebody is working on are left for the next second: waiting for
# them here could close a circle of locks.
_END = text("""
WITH ended AS (
    SELECT id, status, assignee, coalesce(lease_until, snoozed_until) AS ended_at FROM tasks
    WHERE (status = 'claimed' AND lease_until <= :now) OR (status = 'snoozed' AND snoozed_until <= :now)
    ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
)
UPDATE tasks
SET status = 'open', version = version + 1, lapsed_by = tasks.assignee, lapsed_until = tasks.lease_until,
    assignee = NULL, lease_until = NULL, snoozed_until = NULL
FROM ended WHERE tasks.id = ended.id
RETURNING tasks.clinic, tasks.id, ended.status, ended.assignee, ended.ended_at
""")

_ENDINGS: Mapping[str, str] = {"claimed": "lease_ended", "snoozed": "snooze_ended"}


async def end_leases(conn: AsyncConnection, now: datetime, limit: int = 500) -> list[str]:
    """Put back into the queue what a lease or a snooze held until now, numbered; the clinics where that happened."""
    rows = sorted(await conn.execute(_END, {"now": now, "limit": limit}))
    await record(
        conn, [Entry(task_id=row.id, at=row.ended_at, kind=_ENDINGS[row.status], by=row.assignee) for row in rows]
    )
    return await _number(conn, [(row.clinic, row.id) for row in rows])


@dataclass(frozen=True, kw_only=True)
class Held:
    """A waiting task that this transaction has locked, to be moved without anybody having asked.

    `escalates_to` is the team or person that its playbook row names; `since` is when its lease was given.
    """

    id: str
    clinic: str
    team: str
    priority: int
    standing: Standing
    escalates_to: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What became of a held task, and how its history says it. `escalated` marks it as such, once and for all."""

    held: Held
    standing: Standing
    team: str
    priority: int
    line: str
    words: str | None = None
    escalated: bool = False


_UNANSWERED = text(f"""
SELECT id, clinic, team, priority, escalates_to, {", ".join(STANDING)} FROM tasks
WHERE status IN ('open', 'claimed') AND escalates_at <= :now
ORDER BY escalates_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
""")  # noqa: S608 - the only insertion is our own constant.

_HELD_BY = text(f"""
SELECT id, clinic, team, priority, {", ".join(STANDING)},
       (SELECT max(at) FROM task_entries WHERE task_id = tasks.id
        AND kind IN ('claimed', 'assigned', 'taken_over', 'escalated')) AS since
FROM tasks WHERE clinic = :clinic AND status = 'claimed' AND assignee = ANY(CAST(:people AS text[]))
ORDER BY id FOR UPDATE SKIP LOCKED
""")  # noqa: S608 - as above.

_WRITE = text("""
UPDATE tasks
SET version = version + 1, status = moved.status, assignee = moved.assignee, lease_until = moved.lease_until,
    snoozed_until = moved.snoozed_until, lapsed_by = moved.lapsed_by, lapsed_until = moved.lapsed_until,
    team = moved.team, priority = moved.priority,
    escalated_at = CASE WHEN moved.escalated THEN :now ELSE tasks.escalated_at END,
    escalated_to = CASE WHEN moved.escalated THEN moved.words ELSE tasks.escalated_to END,
    escalates_at = CASE WHEN moved.escalated THEN NULL ELSE tasks.escalates_at END
FROM unnest(CAST(:ids AS text[]), CAST(:status AS text[]), CAST(:assignee AS text[]),
            CAST(:lease_until AS timestamptz[]), CAST(:snoozed_until AS timestamptz[]), CAST(:lapsed_by AS text[]),
            CAST(:lapsed_until AS timestamptz[]), CAST(:teams AS text[]), CAST(:priorities AS smallint[]),
            CAST(:escalated AS boolean[]), CAST(:words AS text[]))
     AS moved (id, status, assignee, lease_until, snoozed_until, lapsed_by, lapsed_until, team, priority, escalated,
               words)
WHERE tasks.id = moved.id
""")

_MOVED_STANDING = ("status", "assignee", "lease_until", "snoozed_until", "lapsed_by", "lapsed_until")


async def unanswered(conn: AsyncConnection, now: datetime, limit: int = 200) -> list[Held]:
    """Tasks whose time to be answered is over, the longest waiting first, locked for this transaction."""
    return [_held(row) for row in await conn.execute(_UNANSWERED, {"now": now, "limit": limit})]


async def held_by(conn: AsyncConnection, clinic: str, people: Sequence[str]) -> list[Held]:
    """The tasks that these people hold, locked for this transaction."""
    return [_held(row) for row in await conn.execute(_HELD_BY, {"clinic": clinic, "people": list(people)})]


async def move(conn: AsyncConnection, vault: Vault, moved: Sequence[Moved], now: datetime) -> list[str]:
    """Write what became of held tasks, with a line each, numbered; the clinics where that happened."""
    if not moved:
        return []
    standings = [asdict(one.standing) for one in moved]
    columns = {name: [standing[name] for standing in standings] for name in _MOVED_STANDING}
    await conn.execute(
        _WRITE,
        {
            **columns,
            "ids": [one.held.id for one in moved],
            "teams": [one.team for one in moved],
            "priorities": [one.priority for one in moved],
            "escalated": [one.escalated for one in moved],
            "words": [one.words if one.escalated else None for one in moved],
            "now": now,
        },
    )
    await record(conn, [_line(vault, one, now) for one in moved])
    return await _number(conn, [(one.held.clinic, one.held.id) for one in moved])


def _line(vault: Vault, one: Moved, now: datetime) -> Entry:
    words = vault.seal("task", one.words) if one.words else None
    return Entry(task_id=one.held.id, at=now, kind=one.line, words=words)


def _held(row: Row[Any]) -> Held:
    known = row._mapping
    return Held(
        id=row.id,
        clinic=row.clinic,
        team=row.team,
        priority=row.priority,
        standing=Standing(**{name: known[name] for name in STANDING}),
        escalates_to=known.get("escalates_to"),
        since=known.get("since"),
    )


async def _number(conn: AsyncConnection, changed: Sequence[tuple[str, str]]) -> list[str]:
    by_clinic: dict[str, list[str]] = {}
    for clinic, task_id in sorted(changed):
        by_clinic.setdefault(clinic, []).append(task_id)
    for clinic, ids in by_clinic.items():
        await number_changes(conn, clinic, ids)
    return list(by_clinic)
