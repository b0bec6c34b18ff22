"""A coordinator's poll when a million tasks are done, against the same poll when a thousand are.

Two installations beside each other, a hundred tasks waiting in each, one API process on each; the same requests in
turn. The done tasks are made inside PostgreSQL, with the cursor's numbers they would have.
"""

import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from statistics import median

import aiohttp
import asyncpg

from app.adapters.store import contacts, tasks
from app.adapters.store.tasks import TaskRow
from app.domain.ids import new_id
from benchmarks.figures import Bound, Figure
from benchmarks.ground import OPEN_HOURS, Ground, Place

FEW, MANY = 1_000, 1_000_000
WAITING = 100
REQUESTS = 60
AT_ONCE = 100_000

POLLS = {
    "nothing new": {"after": "", "limit": "50"},
    "what is open": {"status": "open", "limit": "50"},
    "the next to do": {"order": "due", "limit": "50"},
}

DONE = """
WITH model AS (SELECT * FROM tasks WHERE status = 'open' ORDER BY id LIMIT 1),
     counter AS (UPDATE change_counters SET last_no = last_no + $1 WHERE clinic = 'lakeside'
                 RETURNING last_no - $1 AS base)
INSERT INTO tasks (id, clinic, contact_id, lead_id, kind, priority, team, status, opened_at, due_at, about_cipher,
                   event_id, version, change_no, assignee, outcome, completed_by, completed_at, listed_status, left_nos)
SELECT 'task_' || (base + n), clinic, contact_id, lead_id, kind, priority, team, 'done', opened_at, due_at,
       about_cipher, event_id, 3, base + n, 'ana', 'answered', 'ana', opened_at, 'done',
       jsonb_build_object('open', base + n)
FROM model, counter, generate_series(1, $1) AS n
"""


async def measure(ground: Ground, rounds: int, step: Callable[[], None]) -> list[Figure]:
    """Each round asks both the same, many times over; a figure is the median request of a round."""
    async with AsyncExitStack() as stack:
        places = [await stack.enter_async_context(ground.place()) for _ in (FEW, MANY)]
        apis = [await stack.enter_async_context(place.api()) for place in places]
        for place, number in zip(places, (FEW, MANY), strict=True):
            await _fill(place, number)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        took: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in POLLS}
        for turn in range(-1, rounds):
            for side, (place, api) in enumerate(zip(places, apis, strict=True)):
                for name, asked in POLLS.items():
                    found = await _ask(http, api, place.secrets["coordinator"], asked)
                    if turn >= 0:
                        took[name][side].append(found)
                if turn >= 0:
                    step()
    return [
        Figure(f"a poll, {MANY:,} done against {FEW:,}: {name}", "ms", tuple(many), tuple(few), Bound(most=1.5))
        for name, (few, many) in took.items()
    ]


async def _fill(place: Place, number: int) -> None:
    """A hundred tasks that wait, and so many that are done."""
    runtime = place.runtime
    async with runtime.engine.begin() as conn:
        pairs = [("lakeside", f"+1312555{n:04d}") for n in range(WAITING)]
        refs = await contacts.lock_by_phone(conn, runtime.directory, pairs)
        rows = [
            TaskRow(
                id=new_id("task"),
                clinic="lakeside",
                contact_id=refs[pair].id,
                lead_id=None,
                kind="question",
                priority=3,
                team="front-desk",
                opened_at=OPEN_HOURS,
                due_at=OPEN_HOURS,
                about="How long does a first visit take?",
                event_id=new_id("evt"),
            )
            for pair in pairs
        ]
        await tasks.open_tasks(conn, runtime.vault, rows)
        await tasks.number_changes(conn, "lakeside", [row.id for row in rows])
    conn = await asyncpg.connect(place.database)
    for start in range(0, number, AT_ONCE):
        await conn.execute(DONE, min(AT_ONCE, number - start))
    await conn.execute("VACUUM ANALYZE tasks")
    await conn.close()


async def _ask(http: aiohttp.ClientSession, api: str, key: str, asked: dict[str, str]) -> float:
    """The median of some requests, in milliseconds; `after` given empty is the cursor of now."""
    headers = {"Authorization": f"Bearer {key}"}
    if "after" in asked:
        async with http.get(f"{api}/tasks", params={"limit": "200"}, headers=headers) as answer:
            cursor = (await answer.json())["cursor"]
        asked = asked | {"after": cursor}
    took = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        async with http.get(f"{api}/tasks", params=asked, headers=headers) as answer:
            answer.raise_for_status()
            await answer.read()
        took.append((time.perf_counter() - began) * 1000)
    return median(took)
