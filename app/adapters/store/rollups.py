"""The figures' keeping: which read events are not counted yet, what they are about, and adding what they amount to.

How to think of it: a lane is read by one batch at a time, so a lane's read numbers become visible in order, and one
number a lane (`funnel_marks`) says how far counting is. Who counts has all lanes, by a lock that nobody waits for;
the marks move in the transaction that adds the figures. So each event is counted once, whoever counts and dies.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row as SqlRow
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.store import experiments
from app.adapters.tables import FUNNEL_MEASURES
from app.domain.funnel import Row, Span, Tally, TaskTrail, Trail

COUNTING = 0x1EAE
"""The advisory lock of whoever counts."""

_TRAIL = TypeAdapter(Trail)
_TASK = TypeAdapter(TaskTrail)

_TAKE = text("SELECT pg_try_advisory_xact_lock(:lock, 0)")
_WAIT = text("SELECT pg_advisory_xact_lock(:lock, 0)")


async def take(conn: AsyncConnection) -> bool:
    """Become the one who counts, for this transaction; False when somebody does already."""
    return bool((await conn.execute(_TAKE, {"lock": COUNTING})).scalar_one())


async def reset(conn: AsyncConnection) -> None:
    """Forget every figure and begin again at the first event; waits for whoever counts just now."""
    await conn.execute(_WAIT, {"lock": COUNTING})
    await conn.execute(text("TRUNCATE funnel_marks, funnel_leads, funnel_tasks, funnel_days, funnel_times"))
    await experiments.forget(conn)


# -- what is not counted yet -------------------------------------------------------------------


@dataclass(frozen=True)
class Fact:
    """A read event that is not counted yet. `raw` is its ciphertext; None where nothing in it is needed."""

    read_no: int
    lane: int
    id: str
    clinic: str
    contact_id: str
    kind: str
    at: datetime
    clinic_version: int
    quarantined: bool
    raw: bytes | None


OPENED_KINDS = (
    *("text_sent", "text_delivered", "text_failed", "lead_captured"),
    *("task_completed", "answer_written"),
)
"""Events whose words say what they are about; of the others the kind and the rows that they led to are enough."""

_UNCOUNTED = text("""
SELECT fresh.* FROM generate_series(0, (SELECT lanes FROM installation) - 1) AS lane
LEFT JOIN funnel_marks ON funnel_marks.lane = lane.lane
CROSS JOIN LATERAL (
    SELECT read_no, lane, id, clinic, contact_id, kind, at, clinic_version, quarantined,
           CASE WHEN kind = ANY(:opened) THEN payload_cipher END AS raw
    FROM events
    WHERE events.lane = CAST(lane.lane AS smallint) AND events.read_no > coalesce(funnel_marks.read_no, 0)
    ORDER BY events.read_no LIMIT :each
) AS fresh
ORDER BY fresh.read_no LIMIT :most
""")


async def uncounted(conn: AsyncConnection, *, each: int, most: int) -> list[Fact]:
    """The oldest events that are not counted, `each` of a lane at most; asked after `take`, in a new statement."""
    given = {"opened": list(OPENED_KINDS), "each": each, "most": most}
    return [Fact(*row) for row in await conn.execute(_UNCOUNTED, given)]


MANY = 300
"""Unread events that are many: then reading them is more urgent than counting."""

_CROWDED = text("SELECT count(*) = :many FROM (SELECT FROM events WHERE read_no IS NULL LIMIT :many) AS waiting")


async def crowded(conn: AsyncConnection) -> bool:
    """Whether many events wait to be read."""
    return bool((await conn.execute(_CROWDED, {"many": MANY})).scalar_one())


_BEHIND = text("""
SELECT extract(epoch FROM clock_timestamp() - min(oldest.recorded_at)) AS age, min(oldest.read_at) AS since
FROM generate_series(0, (SELECT lanes FROM installation) - 1) AS lane
LEFT JOIN funnel_marks ON funnel_marks.lane = lane.lane
CROSS JOIN LATERAL (
    SELECT read_no, recorded_at, read_at FROM events
    WHERE events.lane = CAST(lane.lane AS smallint) AND events.read_no > coalesce(funnel_marks.read_no, 0)
    ORDER BY events.read_no LIMIT 1
) AS oldest
""")


@dataclass(frozen=True, kw_only=True)
class Behind:
    """How far counting is behind: `age` of the oldest uncounted event in real seconds, `since` when it was read."""

    age: float | None
    since: datetime | None


async def behind(conn: AsyncConnection) -> Behind:
    """How far the figures are behind the log; no age where every read event is counted."""
    row = (await conn.execute(_BEHIND)).one()
    return Behind(age=None if row.age is None else float(row.age), since=row.since)


# -- what they are about -----------------------------------------------------------------------

_MESSAGES = text("""
SELECT id, lead_id, clinic, direction, channel, sequence, step, variant, segments,
       coalesce(sent_at, due_at) AS at
FROM messages WHERE id = ANY(:ids)
""")

# By contact, then by lead: what they are found by. That the event fits is looked at afterwards.
_STAGES = text("""
SELECT event_id, lead_id, from_stage, to_stage FROM stage_changes
WHERE lead_id = ANY(:leads) AND event_id = ANY(:events) ORDER BY lead_id, id
""")

_OPENED = text("""
SELECT event_id, id, lead_id, clinic, kind, opened_at FROM tasks
WHERE contact_id = ANY(:contacts) AND event_id = ANY(:events) ORDER BY id
""")

_TASKS = text("""
SELECT id, lead_id, team, funnel_tasks.state FROM tasks LEFT JOIN funnel_tasks ON funnel_tasks.task_id = tasks.id
WHERE id = ANY(:ids)
""")

_LEADS = text("""
SELECT leads.id, leads.contact_id, clinic, source, captured_at, test, funnel_leads.state
FROM leads LEFT JOIN funnel_leads ON funnel_leads.lead_id = leads.id
WHERE leads.id = ANY(:ids)
""")

_LEADS_OF = text("SELECT id FROM leads WHERE contact_id = ANY(:contacts)")


async def messages_of(conn: AsyncConnection, ids: Iterable[str]) -> dict[str, SqlRow[Any]]:
    """These messages' plans, by id; `at` is when each left (or would have)."""
    rows = await conn.execute(_MESSAGES, {"ids": list(ids)})
    return {row.id: row for row in rows}


async def stages_by(
    conn: AsyncConnection, facts: Sequence[Fact], lead_ids: Iterable[str]
) -> dict[str, list[SqlRow[Any]]]:
    """The stage changes of these leads that these events led to, by event."""
    given = {"leads": list(lead_ids), "events": [fact.id for fact in facts]}
    return _by_event(await conn.execute(_STAGES, given))


async def opened_by(conn: AsyncConnection, facts: Sequence[Fact]) -> dict[str, list[SqlRow[Any]]]:
    """The tasks that these events opened, by event."""
    given = {"contacts": list({fact.contact_id for fact in facts}), "events": [fact.id for fact in facts]}
    return _by_event(await conn.execute(_OPENED, given))


def _by_event(rows: Iterable[SqlRow[Any]]) -> dict[str, list[SqlRow[Any]]]:
    found: dict[str, list[SqlRow[Any]]] = {}
    for row in rows:
        found.setdefault(row.event_id, []).append(row)
    return found


async def leads_of(conn: AsyncConnection, contact_ids: Iterable[str]) -> list[str]:
    """The leads of these contacts."""
    return list((await conn.execute(_LEADS_OF, {"contacts": list(contact_ids)})).scalars())


async def leads(conn: AsyncConnection, ids: Iterable[str]) -> dict[str, SqlRow[Any]]:
    """These leads as they came in, with their trail's `state` where they have one."""
    return {row.id: row for row in await conn.execute(_LEADS, {"ids": list(ids)})}


async def tasks(conn: AsyncConnection, ids: Iterable[str]) -> dict[str, SqlRow[Any]]:
    """These counted tasks: whose, at which team now, and their trail's `state`."""
    return {row.id: row for row in await conn.execute(_TASKS, {"ids": list(ids)})}


def trail_from(state: Any) -> Trail:
    """A lead's trail as it was kept."""
    return _TRAIL.validate_python(state)


def task_from(state: Any) -> TaskTrail:
    """A task's trail as it was kept."""
    return _TASK.validate_python(state)


# -- adding ------------------------------------------------------------------------------------

_DAY_KEYS = Row._fields
_SPAN_KEYS = Span._fields
_TYPES = {"day": "date", "bucket": "smallint"}


def _arrays(names: Iterable[str], usual: str) -> str:
    """Parameters of these names as arrays, for `unnest`."""
    return ", ".join(f"CAST(:{name} AS {_TYPES.get(name, usual)}[])" for name in names)


_ADD_FIGURES = text(f"""
INSERT INTO funnel_days ({", ".join((*_DAY_KEYS, *FUNNEL_MEASURES))})
SELECT * FROM unnest({_arrays(_DAY_KEYS, "text")}, {_arrays(FUNNEL_MEASURES, "integer")})
ON CONFLICT ({", ".join(_DAY_KEYS)}) DO UPDATE SET
    {", ".join(f"{name} = funnel_days.{name} + excluded.{name}" for name in FUNNEL_MEASURES)}
""")  # noqa: S608 - the only insertions are our own column names.

_ADD_SPANS = text(f"""
INSERT INTO funnel_times ({", ".join(_SPAN_KEYS)}, count, booked)
SELECT * FROM unnest({_arrays(_SPAN_KEYS, "text")}, CAST(:count AS integer[]), CAST(:booked AS integer[]))
ON CONFLICT ({", ".join(_SPAN_KEYS)}) DO UPDATE SET
    count = funnel_times.count + excluded.count, booked = funnel_times.booked + excluded.booked
""")  # noqa: S608 - the only insertions are our own column names.

_KEEP_LEADS = text("""
INSERT INTO funnel_leads (lead_id, state)
SELECT id, CAST(state AS jsonb) FROM unnest(CAST(:ids AS text[]), CAST(:states AS text[])) AS new (id, state)
ON CONFLICT (lead_id) DO UPDATE SET state = excluded.state
""")

_KEEP_TASKS = text("""
INSERT INTO funnel_tasks (task_id, state)
SELECT id, CAST(state AS jsonb) FROM unnest(CAST(:ids AS text[]), CAST(:states AS text[])) AS new (id, state)
ON CONFLICT (task_id) DO UPDATE SET state = excluded.state
""")

_MOVE_MARKS = text("""
INSERT INTO funnel_marks (lane, read_no)
SELECT * FROM unnest(CAST(:lanes AS smallint[]), CAST(:nos AS bigint[]))
ON CONFLICT (lane) DO UPDATE SET read_no = excluded.read_no
""")


async def add(conn: AsyncConnection, tally: Tally) -> None:
    """Add what was counted to the figures."""
    figures: dict[Row, dict[str, int]] = {}
    for (row, name), number in tally.figures.items():
        figures.setdefault(row, {})[name] = number
    if figures:
        columns: dict[str, list[Any]] = {key: [getattr(row, key) for row in figures] for key in _DAY_KEYS}
        columns |= {name: [of.get(name, 0) for of in figures.values()] for name in FUNNEL_MEASURES}
        await conn.execute(_ADD_FIGURES, columns)
    spans = list(dict.fromkeys((*tally.spans, *tally.booked)))
    if spans:
        columns = {key: [getattr(span, key) for span in spans] for key in _SPAN_KEYS}
        counts = {"count": [tally.spans[span] for span in spans], "booked": [tally.booked[span] for span in spans]}
        await conn.execute(_ADD_SPANS, columns | counts)


async def keep(conn: AsyncConnection, trails: Mapping[str, Trail], tasks: Mapping[str, TaskTrail]) -> None:
    """Remember the trails of these leads and tasks."""
    if trails:
        states = [_TRAIL.dump_json(one, exclude_defaults=True).decode() for one in trails.values()]
        await conn.execute(_KEEP_LEADS, {"ids": list(trails), "states": states})
    if tasks:
        states = [_TASK.dump_json(one, exclude_defaults=True).decode() for one in tasks.values()]
        await conn.execute(_KEEP_TASKS, {"ids": list(tasks), "states": states})


async def move_marks(conn: AsyncConnection, facts: Sequence[Fact]) -> None:
    """These events are counted: the caller commits this with what they added."""
    last = {fact.lane: fact.read_no for fact in facts}
    await conn.execute(_MOVE_MARKS, {"lanes": list(last), "nos": list(last.values())})
