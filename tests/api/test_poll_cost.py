"""What a poll costs does not grow with the tasks that are done: no scan of them all, and as many rows as are shown."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.store import task_clock, task_lists, tasks
from app.adapters.store.task_lists import Filters
from app.runtime import Runtime
from tests.api.waiting_tasks import TEN_O_CLOCK, Wanted, open_tasks

DONE, WAITING = 20_000, 30

FINISHED = text("""
WITH model AS (SELECT * FROM tasks ORDER BY id LIMIT 1),
     counter AS (UPDATE change_counters SET last_no = last_no + :done WHERE clinic = 'lakeside'
                 RETURNING last_no - :done AS base)
INSERT INTO tasks (id, clinic, contact_id, lead_id, kind, priority, team, status, opened_at, due_at, about_cipher,
                   event_id, version, change_no, listed_status, left_nos)
SELECT 'task_done_' || n, clinic, contact_id, lead_id, kind, priority, team, 'done', opened_at, due_at, about_cipher,
       event_id, 3, base + n, 'done', jsonb_build_object('open', base + n)
FROM model, counter, generate_series(1, :done) AS n
""")

Look = Callable[[AsyncConnection, Runtime, int], Awaitable[Any]]

HERE = "lakeside"
LOOKS: dict[str, Look] = {
    "what waits": lambda conn, r, _: task_lists.current(conn, r.vault, Filters(clinic=HERE), 50),
    "what is open": lambda conn, r, _: task_lists.current(conn, r.vault, Filters(clinic=HERE, statuses=("open",)), 50),
    "a team's": lambda conn, r, _: task_lists.current(conn, r.vault, Filters(clinic=HERE, team="billing"), 50),
    "nothing new": lambda conn, r, last: task_lists.changes(conn, r.vault, Filters(clinic=HERE), last, 50),
    "the last changes": lambda conn, r, last: task_lists.changes(conn, r.vault, Filters(clinic=HERE), last - 20, 50),
    "a status that was left": lambda conn, r, last: task_lists.changes(
        conn, r.vault, Filters(clinic=HERE, statuses=("open",)), last - 20, 50
    ),
    "in the order of work": lambda conn, r, _: task_lists.by_due(conn, r.vault, Filters(clinic=HERE), None, 50),
    "the next to hand out": lambda conn, r, _: tasks.candidates(conn, HERE, "billing", TEN_O_CLOCK),
    "how many a team has": lambda conn, r, _: tasks.open_count(conn, HERE, "front-desk"),
    "every team's load": lambda conn, r, _: task_lists.loads(conn),
    "leases that ended": lambda conn, r, _: task_clock.end_leases(conn, TEN_O_CLOCK),
    "whom nobody answered": lambda conn, r, _: task_clock.unanswered(conn, TEN_O_CLOCK),
    "what the absent hold": lambda conn, r, _: task_clock.held_by(conn, HERE, ["ana"]),
}


@pytest.fixture(scope="module")
async def full(house: Runtime) -> Runtime:
    """A queue of thirty after twenty thousand that are done."""
    async with house.engine.begin() as conn:
        await conn.execute(text("TRUNCATE contacts CASCADE"))
    wanted = [Wanted(team=team, due_in=timedelta(hours=1)) for team in ("front-desk", "billing", "billing")]
    await open_tasks(house, wanted * (WAITING // 3))
    async with house.engine.begin() as conn:
        await conn.execute(FINISHED, {"done": DONE})
    async with house.engine.connect() as conn:
        await (await conn.execution_options(isolation_level="AUTOCOMMIT")).execute(text("VACUUM ANALYZE tasks"))
    return house


async def rows_read(conn: AsyncConnection) -> tuple[int, int]:
    """How often this session scanned all tasks so far, and how many rows it took by indexes."""
    # Helpers of a parallel scan would count for themselves.
    await conn.execute(text("SET LOCAL max_parallel_workers_per_gather = 0"))
    await conn.execute(text("SELECT pg_stat_clear_snapshot()"))
    query = "SELECT seq_scan, idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'tasks'"
    row = (await conn.execute(text(query))).one()
    return row.seq_scan, row.idx_tup_fetch


@pytest.mark.parametrize("name", LOOKS)
async def test_no_look_at_the_queue_reads_what_is_done(full: Runtime, name: str) -> None:
    """Counted by PostgreSQL itself: no sequential scan, and no more rows than wait or are shown."""
    async with full.engine.begin() as conn:
        last = (await tasks.last_numbers(conn))[HERE]
        before = await rows_read(conn)

        await LOOKS[name](conn, full, last)

        scans, fetched = (now - then for now, then in zip(await rows_read(conn), before, strict=True))
    assert scans == 0
    assert fetched <= 2 * WAITING


async def test_a_look_that_read_everything_would_be_noticed(full: Runtime) -> None:
    """The count can fail: here is what it says of a query without an index."""
    async with full.engine.begin() as conn:
        before = await rows_read(conn)
        await conn.execute(text("SELECT count(*) FROM tasks WHERE kind = 'call'"))
        assert (await rows_read(conn))[0] == before[0] + 1
