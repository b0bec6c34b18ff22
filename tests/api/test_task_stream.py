"""The queue as a stream: server-sent events with the cursor of the list, on real connections, also across restarts."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from app.adapters.store import keys as key_rows
from app.runtime import Runtime
from tests.api.test_task_cursor import PAGE, WRITERS, Seen, sweep, the_table, write
from tests.api.waiting_tasks import Json, Queue, Wanted, open_task, open_tasks
from tests.house import a_socket, address, an_api, until
from tests.installation import Keys, bearer


@dataclass
class Reader:
    """A program that reads the stream and keeps its last id, as an EventSource does."""

    api: httpx.AsyncClient
    key: str
    query: dict[str, Any] = field(default_factory=dict)
    last_id: str | None = None
    connections: int = 0

    async def tasks(self) -> AsyncGenerator[Json, None]:
        """The tasks of one connection, until it ends."""
        headers = bearer(self.key) | ({"Last-Event-ID": self.last_id} if self.last_id else {})
        async with self.api.stream("GET", "/tasks/stream", params=self.query, headers=headers, timeout=60) as answer:
            assert answer.status_code == 200, await answer.aread()
            self.connections += 1
            event: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                event |= {name: value} if name in ("id", "data") else {}
                if not line:
                    self.last_id = event.get("id", self.last_id)
                    if "data" in event:
                        yield json.loads(event["data"])
                    event = {}

    async def take(self, number: int) -> list[Json]:
        """The next tasks, on a connection of their own."""
        found = []
        async with asyncio.timeout(60):
            stream = self.tasks()
            async for task in stream:
                found.append(task)
                if len(found) == number:
                    await stream.aclose()
                    break
        return found


@pytest.fixture
async def served(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """The API on a real port."""
    async with an_api(runtime, a_socket()) as client:
        yield client


async def test_a_stream_begins_with_what_waits_and_goes_on_with_what_changes(
    runtime: Runtime, served: httpx.AsyncClient, keys: Keys
) -> None:
    """Each event is a task as the list shows it; its id is the cursor behind it, good for lists too."""
    queue = Queue(served, keys.coordinator)
    first, second = await open_tasks(runtime, [Wanted(), Wanted()])
    listed = await queue.list()
    reader = Reader(served, keys.coordinator)
    stream = reader.tasks()
    async with asyncio.timeout(60):
        assert [await anext(stream), await anext(stream)] == listed["tasks"]
        claimed = (await queue.act(first, "claim")).json()
        assert await anext(stream) == claimed
        assert reader.last_id == (await queue.list())["cursor"]
        await queue.act(second, "complete", outcome="other")
        done = await anext(stream)
    assert (done["id"], done["status"]) == (second, "done")
    await stream.aclose()


async def test_who_comes_back_with_the_last_id_goes_on_there(
    runtime: Runtime, served: httpx.AsyncClient, keys: Keys
) -> None:
    """Nothing is missed and nothing shown twice, however much happened meanwhile; also from a list's cursor."""
    opened = await open_tasks(runtime, [Wanted() for _ in range(5)])
    reader = Reader(served, keys.coordinator)

    halves = [await reader.take(2), await reader.take(3)]
    cursor = (await Queue(served, keys.coordinator).list())["cursor"]
    later = await open_tasks(runtime, [Wanted() for _ in range(250)])
    from_list = Reader(served, keys.coordinator, {"after": cursor})

    assert [task["id"] for half in halves for task in half] == opened
    assert [task["id"] for task in await reader.take(250)] == later
    assert [task["id"] for task in await from_list.take(250)] == later


async def test_a_stream_knows_the_filters_of_the_list(runtime: Runtime, served: httpx.AsyncClient, keys: Keys) -> None:
    """A task that leaves the status filter comes once more; what passes the filters by moves the cursor silently."""
    queue = Queue(served, keys.coordinator)
    other, mine = await open_tasks(runtime, [Wanted(kind="callback"), Wanted()])
    reader = Reader(served, keys.coordinator, {"status": "open", "kind": "question,unclear"})
    stream = reader.tasks()
    async with asyncio.timeout(60):
        assert (await anext(stream))["id"] == mine
        await queue.act(other, "claim")
        await queue.act(mine, "claim")
        left = await anext(stream)
    assert (left["id"], left["status"]) == (mine, "claimed")
    await stream.aclose()
    await open_task(runtime, clinic="other")
    after = Reader(served, keys.coordinator, {"kind": "urgent"}, reader.last_id)
    now = (await queue.list())["cursor"]
    waiting = asyncio.create_task(anext(after.tasks()))

    async def caught_up() -> bool:
        return after.last_id == now

    await until(caught_up)
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


@pytest.mark.parametrize(("cursor", "status"), [("nonsense", 422), ("WyJkdWUiXQ", 422), ("WyJjaGFuZ2UiLDk5XQ", 422)])
async def test_a_cursor_that_is_none_of_ours_is_refused(
    served: httpx.AsyncClient, keys: Keys, cursor: str, status: int
) -> None:
    """Also one of the other order, and one of a change that has not been; as the list does."""
    headers = bearer(keys.coordinator)
    asked = await served.get("/tasks/stream", headers=headers | {"Last-Event-ID": cursor})
    also = await served.get("/tasks/stream", headers=headers, params={"after": cursor})

    assert [asked.status_code, also.status_code] == [status, status]
    assert (await served.get("/tasks/stream", headers=bearer(keys.source))).status_code == 403


async def test_a_stream_ends_when_its_key_is_revoked(runtime: Runtime, served: httpx.AsyncClient, keys: Keys) -> None:
    """Within a second or two, though nothing happens in the queue."""
    await open_task(runtime)
    reader = Reader(served, keys.coordinator)
    stream = reader.tasks()
    async with asyncio.timeout(60):
        await anext(stream)
        async with runtime.engine.begin() as conn:
            await key_rows.revoke(conn, keys.ids["coordinator"])
        assert [task async for task in stream] == []


async def test_a_stream_ends_cleanly_when_the_server_stops(runtime: Runtime, keys: Keys) -> None:
    """As an answer that is complete, and soon: a deployment does not wait for readers to go."""
    await open_task(runtime)
    sock = a_socket()
    base = address(sock)
    async with asyncio.timeout(60), httpx.AsyncClient(base_url=base, verify=False) as client:
        async with an_api(runtime, sock):
            stream = Reader(client, keys.coordinator).tasks()
            await anext(stream)
            ending = asyncio.create_task(_rest(stream))
        assert await ending == []


async def _rest(stream: AsyncIterator[Json]) -> list[Json]:
    return [task async for task in stream]


async def test_a_reader_that_goes_away_leaves_nobody_waiting(
    runtime: Runtime, served: httpx.AsyncClient, keys: Keys
) -> None:
    """The request is over for the server, too, within moments."""
    await open_task(runtime)
    before = await _ended(served)

    await Reader(served, keys.coordinator).take(1)

    await until(lambda: _one_more(served, before))


async def _ended(served: httpx.AsyncClient) -> float:
    """How many streams have come to their end on the server."""
    lines = (await served.get("/metrics")).text.splitlines()
    counted = [line for line in lines if line.startswith("leadline_requests_total") and "/tasks/stream" in line]
    return sum(float(line.split()[-1]) for line in counted)


async def _one_more(served: httpx.AsyncClient, before: float) -> bool:
    return await _ended(served) == before + 1


# --- nothing missed, nothing repeated, across restarts -----------------------------------------------------


ROUNDS = 6
"""Of each writer, each time the API is there."""


class Watcher:
    """A program that follows the queue through every restart, and insists that no version comes twice or late."""

    def __init__(self, api: httpx.AsyncClient, key: str) -> None:
        self.reader = Reader(api, key)
        self.api, self.key, self.cursor = api, key, ""
        self.seen: Seen = {}

    def note(self, task: Json) -> None:
        assert task["version"] > self.seen.get(task["id"], (0, "", None))[0]
        self.seen[task["id"]] = (task["version"], task["status"], task["assignee"])

    async def stream(self) -> None:
        """Read, and connect again with the last id whenever the connection ends."""
        while True:
            with suppress(httpx.TransportError):
                async for task in self.reader.tasks():
                    self.note(task)
            await asyncio.sleep(0.05)

    async def poll(self) -> None:
        """The same by long polls."""
        while True:
            with suppress(httpx.TransportError):
                asked = {"limit": PAGE, "wait": 0.5} | ({"after": self.cursor} if self.cursor else {})
                answer = await self.api.get("/tasks", params=asked, headers=bearer(self.key))
                for task in answer.json()["tasks"]:
                    self.note(task)
                self.cursor = answer.json()["cursor"]
                continue
            await asyncio.sleep(0.05)


async def test_nothing_is_missed_or_repeated_while_many_write_and_the_api_restarts(
    runtime: Runtime, keys: Keys
) -> None:
    """Eight writers who overtake and give up; streams and pollers; the API goes away and comes back twice meanwhile."""
    done = asyncio.Event()
    with _listening_at(0) as probe:
        port = probe.getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, verify=False) as client:
        watchers = [Watcher(client, keys.coordinator) for _ in range(4)]
        following = [asyncio.create_task(one.stream()) for one in watchers[:2]]
        following += [asyncio.create_task(one.poll()) for one in watchers[2:]]
        sweeper = asyncio.create_task(sweep(runtime, done))
        for first in (0, 100):
            async with an_api(runtime, _listening_at(port)):
                await _all_connected(watchers)
                writing = asyncio.gather(*(write(runtime, first + number, ROUNDS) for number in range(WRITERS)))
            await writing
        async with an_api(runtime, _listening_at(port)):
            await _all_connected(watchers)
            await asyncio.gather(*(write(runtime, 200 + number, ROUNDS) for number in range(WRITERS)))
            done.set()
            await sweeper
            table = await the_table(runtime)
            async with asyncio.timeout(60):
                while not all(one.seen == table for one in watchers):
                    await asyncio.sleep(0.05)
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
    assert [one.reader.connections for one in watchers] == [3, 3, 0, 0]
    assert {status for _, status, _ in table.values()} >= {"open", "done"}


def _listening_at(port: int) -> socket.socket:
    """A socket on a port that was listened on a moment ago."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    return sock


async def _all_connected(watchers: list[Watcher]) -> None:
    """Until each stream has been connected once more than before."""
    before = [one.reader.connections for one in watchers[:2]]
    async with asyncio.timeout(60):
        while [one.reader.connections for one in watchers[:2]] == before:
            await asyncio.sleep(0.02)
