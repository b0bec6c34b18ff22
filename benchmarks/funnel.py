"""The report of a clinic with millions of messages, against a plain scan of the same messages; and what keeping costs.

The messages are made inside PostgreSQL, spread evenly over a year, sequences, steps, places and services, and the
figures are made of them in the same way; that both say the same is checked. Only what the two questions read is there:
the messages' other indexes are dropped, as nobody asks them. What keeping costs is measured apart, with real events:
forms that came in, read by the inbox, and counted.
"""

from collections.abc import Callable
from time import perf_counter

import asyncpg

from app.adapters.store import reports
from app.adapters.store.reports import Period
from app.workers.inbox import Inbox
from app.workers.rollup import Rollup
from benchmarks import leads_waiting
from benchmarks.figures import Bound, Figure
from benchmarks.ground import AT_NIGHT, BenchmarkFailed, Ground, Place

AT_ONCE = 1_000_000
TEXTS_OF_A_LEAD = 4
EVENTS = 5_000

UNREAD_INDEXES = """
SELECT indexrelid::regclass::text FROM pg_index
WHERE indrelid IN ('messages'::regclass, 'leads'::regclass, 'contacts'::regclass)
  AND NOT indisprimary AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""

CONTACTS = """
INSERT INTO contacts (id, clinic, phone_hash, phone_cipher, lane)
SELECT 'contact_' || n, 'lakeside', int8send(n), '', n % 64 FROM generate_series($1::bigint, $2::bigint) AS n
"""

LEADS = """
INSERT INTO leads (id, clinic, contact_id, stage, captured_at, source, token, zones, test, facts_cipher, track, score,
                   version, step, service, location)
SELECT 'lead_' || n, 'lakeside', 'contact_' || n, 'texting', '2026-01-01Z'::timestamptz + n % 365 * interval '1 day',
       (ARRAY['website', 'ads', 'phone'])[1 + n % 3], 'token_' || n, '{}', false, '', 'hot', 0, 1, 1,
       (ARRAY['new-patient', 'check-up', 'fertility'])[1 + n / 3 % 3], (ARRAY['north', 'south'])[1 + n / 9 % 2]
FROM generate_series($1::bigint, $2::bigint) AS n
"""

MESSAGES = """
INSERT INTO messages (id, clinic, contact_id, lead_id, direction, purpose, channel, status, urgency, sender, sequence,
                      version, step, variant, body_cipher, segments, planned_at, due_at, expires_at, sent_at)
SELECT 'msg_' || n, 'lakeside', 'contact_' || n / 4, 'lead_' || n / 4, 'out', 'step', 'text',
       CASE n % 20 WHEN 0 THEN 'undelivered' ELSE 'delivered' END, 2, 'lakeside-main',
       (ARRAY['hot', 'warm', 'nurture'])[1 + n / 4 % 3], 1, (ARRAY['hello', 'offer', 'reminder', 'goodbye'])[1 + n % 4],
       (ARRAY['a', 'b'])[1 + n / 8 % 2], '', 1, at, at, at, at
FROM generate_series($1::bigint, $2::bigint) AS n
CROSS JOIN LATERAL (
    SELECT '2026-01-01Z'::timestamptz + n / 4 % 365 * interval '1 day' + n % 4 * interval '2 days') AS t (at)
"""

SCAN = """
SELECT messages.sequence, messages.step, count(*) AS sent, sum(segments) AS segments,
       count(*) FILTER (WHERE status = 'delivered') AS delivered
FROM messages JOIN leads ON leads.id = messages.lead_id
WHERE messages.clinic = 'lakeside' AND messages.channel = 'text' AND sent_at IS NOT NULL AND NOT leads.test
GROUP BY 1, 2 ORDER BY 1, 2
"""

FIGURES = """
INSERT INTO funnel_days (clinic, day, sequence, step, variant, source, location, service, sent, segments, delivered)
SELECT messages.clinic, (sent_at AT TIME ZONE 'America/Chicago')::date, messages.sequence, messages.step,
       variant, source, location, service, count(*), sum(segments), count(*) FILTER (WHERE status = 'delivered')
FROM messages JOIN leads ON leads.id = messages.lead_id GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""


async def measure(ground: Ground, rounds: int, step: Callable[[], None]) -> list[Figure]:
    """A round asks for the report and scans, then counts the events of a new installation."""
    async with ground.place() as place:
        began = perf_counter()
        rows = await _fill(place, ground.messages)
        note = f"made in {perf_counter() - began:.0f} s; {rows:,} rows of figures"
        kept, scanned = [], []
        for _ in range(rounds):
            sent, took = await _report(place)
            kept.append(took)
            there, took = await _scan(place)
            scanned.append(took)
            if sent != there:
                raise BenchmarkFailed(f"the report says {sent}, the messages say {there}")
            step()
    costs = [await _keeping(ground, step) for _ in range(rounds)]
    name = f"the funnel by step, {ground.messages:,} messages, against a scan"
    return [
        Figure(name, "ms", tuple(kept), tuple(scanned), Bound(most=0.3), note),
        Figure("counting an event", "µs", tuple(costs), (), Bound(most=1_000), "one connection, one process"),
    ]


async def _fill(place: Place, number: int) -> int:
    """Make the messages, and the figures of them; how many rows of figures there are."""
    conn = await asyncpg.connect(place.database, command_timeout=None)
    await conn.execute("SET session_replication_role = replica")  # What refers to what is right by making.
    await conn.execute("SET synchronous_commit = off")
    for row in await conn.fetch(UNREAD_INDEXES):
        await conn.execute(f"DROP INDEX {row[0]}")
    people = number // TEXTS_OF_A_LEAD
    for statement, last in ((CONTACTS, people), (LEADS, people), (MESSAGES, number - 1)):
        for first in range(0, last + 1, AT_ONCE):
            await conn.execute(statement, first, min(first + AT_ONCE - 1, last))
    await conn.execute("VACUUM ANALYZE messages")
    await conn.execute("VACUUM ANALYZE leads")
    await conn.execute(FIGURES)
    await conn.execute("VACUUM ANALYZE funnel_days")
    rows: int = await conn.fetchval("SELECT count(*) FROM funnel_days")
    await conn.close()
    return rows


Sums = list[tuple[str, str, int, int, int]]


async def _report(place: Place) -> tuple[Sums, float]:
    """The whole report, as the API reads it."""
    began = perf_counter()
    async with place.runtime.engine.connect() as conn:
        await conn.execution_options(isolation_level="REPEATABLE READ")
        report = await reports.whole(conn, "lakeside", "step", Period())
    took = (perf_counter() - began) * 1000
    names = ("sent", "segments", "delivered")
    return [(*row.keys.values(), *(row.figures[name] for name in names)) for row in report.funnel.rows], took  # type: ignore[misc]


async def _scan(place: Place) -> tuple[Sums, float]:
    """The same sums out of the messages themselves; less than the report, which also has people, times and tasks."""
    conn = await asyncpg.connect(place.database, command_timeout=None)
    began = perf_counter()
    rows = await conn.fetch(SCAN)
    took = (perf_counter() - began) * 1000
    await conn.close()
    return [tuple(row) for row in rows], took


async def _keeping(ground: Ground, step: Callable[[], None]) -> float:
    """Microseconds to count one event, over forms that an inbox has read."""
    async with ground.place(AT_NIGHT) as place:
        await leads_waiting.append(place, 0, EVENTS)
        await Inbox(place.runtime).read_all()
        began = perf_counter()
        counted = await Rollup(place.runtime).count_all()
        took = perf_counter() - began
        if counted < EVENTS:
            raise BenchmarkFailed(f"{counted} events were counted of {EVENTS}")
    step()
    return took / counted * 1_000_000
