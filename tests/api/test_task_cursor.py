"""The promise of the cursor: a poller that keeps it sees every change and misses none, however many write at once."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.store import contacts, installation, task_clock, task_lists, tasks
from app.adapters.store.task_lists import Filters
from app.adapters.store.tasks import Entry, TaskRow
from app.domain import leases
from app.domain.ids import new_id
from app.domain.leases import Refused
from app.runtime import Runtime
from tests.api.waiting_tasks import TEN_O_CLOCK, Wanted, open_tasks

WRITERS = 8
ROUNDS = 25
PAGE = 7

Seen = dict[str, tuple[int, str, str | None]]
"""By task: version, status and assignee."""


class Abandoned(Exception):
    """A writer that gives up after it has numbered its change."""


async def pause(conn: AsyncConnection, chance: random.Random) -> None:
    """A moment inside the transaction, so that others overtake."""
    await conn.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": chance.random() * 0.006})


async def open_some(runtime: Runtime, conn: AsyncConnection, chance: random.Random) -> list[str]:
    """Open one to three tasks of one contact."""
    phone = f"+1312555{chance.randrange(20):04d}"
    refs = await contacts.lock_by_phone(conn, runtime.directory, [("lakeside", phone)])
    rows = [
        TaskRow(
            id=new_id("task"),
            clinic="lakeside",
            contact_id=refs["lakeside", phone].id,
            lead_id=None,
            kind="question",
            priority=1,
            team="front-desk",
            opened_at=TEN_O_CLOCK,
            due_at=TEN_O_CLOCK,
            about="?",
            event_id="evt",
        )
        for _ in range(chance.randint(1, 3))
    ]
    await tasks.open_tasks(conn, runtime.vault, rows)
    return [row.id for row in rows]


MOVES: dict[str, Any] = {
    "claimed": lambda standing, who, now: leases.claim(standing, who, now + timedelta(milliseconds=30), now),
    "released": lambda standing, who, now: leases.release(standing, who, now),
    "note": lambda standing, who, now: standing,
    "completed": lambda standing, who, now: leases.complete(standing, who, "other", now),
}


async def act_on_one(conn: AsyncConnection, chance: random.Random, who: str) -> list[str]:
    """Claim, release, note or complete some task, if this person may."""
    ids = (await conn.execute(text("SELECT id FROM tasks ORDER BY id"))).scalars().all()
    if not ids:
        return []
    held = await tasks.lock(conn, "lakeside", chance.choice(ids))
    assert held is not None
    line = chance.choices(list(MOVES), weights=[4, 3, 4, 1])[0]
    now = await installation.now(conn)
    try:
        standing = MOVES[line](held.standing, who, now)
    except Refused:
        return []
    await tasks.move(conn, standing, Entry(task_id=held.id, at=now, kind=line, by=who))
    return [held.id]


async def write(runtime: Runtime, number: int, rounds: int = ROUNDS) -> None:
    """One of the writers: opens and acts, and now and then gives up at the last moment."""
    chance = random.Random(number)
    for _ in range(rounds):
        try:
            async with runtime.engine.begin() as conn:
                opens = chance.random() < 0.3
                changed = await (
                    open_some(runtime, conn, chance) if opens else act_on_one(conn, chance, f"person {number}")
                )
                await pause(conn, chance)
                await tasks.number_changes(conn, "lakeside", changed)
                await pause(conn, chance)
                if chance.random() < 0.1:
                    raise Abandoned
        except Abandoned:
            continue


async def sweep(runtime: Runtime, done: asyncio.Event) -> None:
    """Ends leases as a worker does, only more often."""
    while not done.is_set():
        async with runtime.engine.begin() as conn:
            await task_clock.end_leases(conn, await installation.now(conn))
        await asyncio.sleep(0.01)


class Poller:
    """A program that keeps its cursor; it never sees a version twice, or an older one later."""

    def __init__(self, api: httpx.AsyncClient, key: str, **query: Any) -> None:
        self.api = api
        self.headers = {"Authorization": f"Bearer {key}"}
        self.query = query | {"limit": PAGE}
        self.seen: Seen = {}

    async def page(self, wait: float = 0) -> int:
        """Take the next page; how many tasks stood on it."""
        answer = await self.api.get("/tasks", params={**self.query, "wait": wait}, headers=self.headers)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        for task in page["tasks"]:
            assert task["version"] > self.seen.get(task["id"], (0, "", None))[0]
            self.seen[task["id"]] = (task["version"], task["status"], task["assignee"])
        self.query["after"] = page["cursor"]
        return len(page["tasks"])

    async def poll(self, done: asyncio.Event, wait: float) -> Seen:
        """Poll until nothing more can come; what it saw."""
        while not done.is_set():
            await self.page(wait)
        while await self.page():
            pass
        return self.seen


async def poll_numbers(runtime: Runtime, done: asyncio.Event) -> Seen:
    """The same beneath the door, where the numbers show: strictly rising, page after page."""
    seen: Seen = {}
    after = 0
    while True:
        over = done.is_set()
        async with runtime.engine.connect() as conn:
            page = await task_lists.changes(conn, runtime.vault, Filters(clinic="lakeside"), after, PAGE)
        numbers = [task.change_no for task in page.tasks]
        assert numbers == sorted(set(numbers))
        assert all(after < number <= page.last_no for number in numbers)
        seen.update({task.id: (task.version, task.status, task.assignee) for task in page.tasks})
        after = numbers[-1] if page.more else page.last_no
        if over and not page.tasks:
            return seen


async def the_table(runtime: Runtime) -> Seen:
    async with runtime.engine.connect() as conn:
        rows = await conn.execute(text("SELECT id, version, status, assignee FROM tasks"))
        return {row.id: (row.version, row.status, row.assignee) for row in rows}


async def test_no_change_is_missed_while_many_write(runtime: Runtime, api: httpx.AsyncClient, keys: Any) -> None:
    """Eight writers who pause, overtake and give up; pollers by seven; in the end all saw what is in the table."""
    done = asyncio.Event()
    waits = (0.0, 0.2)
    clients = [Poller(api, keys.coordinator) for _ in waits]
    assert [await client.page() for client in clients] == [0, 0]
    pollers = [asyncio.create_task(client.poll(done, wait)) for client, wait in zip(clients, waits, strict=True)]
    beneath = [asyncio.create_task(poll_numbers(runtime, done)) for _ in range(2)]
    sweeper = asyncio.create_task(sweep(runtime, done))
    await asyncio.gather(*(write(runtime, number) for number in range(WRITERS)))
    done.set()
    await sweeper

    table = await the_table(runtime)
    everything = [await poller for poller in (*beneath, *pollers)]

    assert len(table) > WRITERS
    assert {status for _, status, _ in table.values()} >= {"open", "done"}
    assert [seen == table for seen in everything] == [True] * 4


@pytest.mark.parametrize("status", ["open", "claimed", "done"])
async def test_a_filtered_poller_keeps_a_true_picture(
    runtime: Runtime, api: httpx.AsyncClient, keys: Any, status: str
) -> None:
    """Whoever polls one status and drops what has left it holds, in the end, exactly the tasks in that status."""
    await open_tasks(runtime, [Wanted() for _ in range(10)])
    done = asyncio.Event()
    poller = asyncio.create_task(Poller(api, keys.coordinator, status=status).poll(done, 0.05))
    await asyncio.gather(*(write(runtime, 100 + number) for number in range(WRITERS)))
    done.set()

    seen = await poller

    held = {task_id: state for task_id, state in seen.items() if state[1] == status}
    assert held == {task_id: state for task_id, state in (await the_table(runtime)).items() if state[1] == status}
    assert len(held) > 0


async def test_numbers_leave_no_two_changes_alike(runtime: Runtime) -> None:
    """One transaction's changes are numbered in the order given, a task named twice once, each clinic by itself."""
    first, second = await open_tasks(runtime, [Wanted(), Wanted()])
    (other,) = await open_tasks(runtime, [Wanted(clinic="other")])
    async with runtime.engine.begin() as conn:
        await tasks.number_changes(conn, "lakeside", [second, first, second])
        await tasks.number_changes(conn, "lakeside", [])
        await tasks.number_changes(conn, "lakeside", [other])
        rows = await conn.execute(text("SELECT id, change_no FROM tasks"))
        numbers = {row.id: row.change_no for row in rows}
        last = await tasks.last_numbers(conn)

    assert numbers == {second: 3, first: 4, other: 1}
    assert last == {"lakeside": 5, "other": 1}
