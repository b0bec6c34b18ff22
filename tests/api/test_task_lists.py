"""Lists of tasks through their door: cursors, filters, tags and waiting."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text

from app.runtime import Runtime
from tests.api.waiting_tasks import Json, Queue, Wanted, end, ids, open_task, open_tasks, until


@pytest.fixture
def queue(api: httpx.AsyncClient, keys: Any) -> Queue:
    return Queue(api, keys.coordinator)


BAD_QUERIES = [
    {"status": "opened"},
    {"kind": "complaint"},
    {"limit": 0},
    {"limit": 201},
    {"wait": 26},
    {"order": "name"},
    {"order": "due", "wait": 1},
    {"after": "zzz"},
    {"after": "ü"},
]


@pytest.mark.parametrize("query", BAD_QUERIES, ids=str)
async def test_a_question_that_is_not_right_is_422(queue: Queue, query: Json) -> None:
    """A typo is told, by the name of what is wrong, and not answered with an empty list."""
    answer = await queue.get(**query)

    assert (answer.status_code, [one["field"].partition(".")[0] for one in answer.json()["errors"]]) == (
        422,
        [list(query)[-1]],
    )


async def test_a_cursor_of_one_order_is_none_of_the_other(runtime: Runtime, queue: Queue) -> None:
    """Nor is one from a future that this database has not had."""
    await open_task(runtime)
    by_change = (await queue.list())["cursor"]
    by_due = (await queue.list(order="due"))["cursor"]
    async with runtime.engine.begin() as conn:
        await conn.execute(text("UPDATE change_counters SET last_no = 0"))

    answers = [
        (await queue.get(after=by_due)).status_code,
        (await queue.get(after=by_change, order="due")).status_code,
        (await queue.get(after=by_change)).status_code,
    ]

    assert answers == [422, 422, 422]


# --- lists ------------------------------------------------------------------------------------------------


async def test_a_list_shows_what_waits_and_its_cursor_what_changes(runtime: Runtime, queue: Queue) -> None:
    """Without a cursor what is open, claimed or snoozed; with it, every change, oldest first."""
    first, second, third, over = await open_tasks(runtime, [Wanted() for _ in range(4)])
    await end(runtime, over)
    await queue.act(first, "claim")
    await queue.act(second, "snooze", minutes=5)

    start = await queue.list()
    quiet = await queue.list(after=start["cursor"])
    await queue.act(third, "claim")
    await queue.act(first, "release")
    changed = await queue.list(after=quiet["cursor"])

    assert ids(start) == [third, first, second]
    assert (quiet["tasks"], quiet["cursor"]) == ([], start["cursor"])
    assert ids(changed) == [third, first]
    assert ids(await queue.list(after=changed["cursor"])) == []


async def test_an_empty_queue_has_a_cursor_too(runtime: Runtime, queue: Queue) -> None:
    """From which everything that is opened later is seen."""
    start = await queue.list()
    task_id = await open_task(runtime)

    assert start["tasks"] == []
    assert ids(await queue.list(after=start["cursor"])) == [task_id]


async def test_a_long_list_goes_on_behind_its_cursor(runtime: Runtime, queue: Queue) -> None:
    """Also the first list: its cursor stands behind the last task shown, not behind the newest change."""
    opened = await open_tasks(runtime, [Wanted() for _ in range(5)])

    first = await queue.list(limit=2)
    second = await queue.list(limit=2, after=first["cursor"])
    third = await queue.list(limit=2, after=second["cursor"])
    fourth = await queue.list(limit=2, after=third["cursor"])

    assert [ids(page) for page in (first, second, third, fourth)] == [opened[:2], opened[2:4], opened[4:], []]


async def test_the_queue_as_a_person_works_it(runtime: Runtime, queue: Queue) -> None:
    """`order=due`: what is urgent first, then what is due first, page by page."""
    late, early, urgent = await open_tasks(
        runtime,
        [
            Wanted(due_in=timedelta(hours=3)),
            Wanted(due_in=timedelta(hours=1)),
            Wanted(priority=0, due_in=timedelta(hours=9)),
        ],
    )

    first = await queue.list(order="due", limit=2)
    second = await queue.list(order="due", limit=2, after=first["cursor"])
    third = await queue.list(order="due", limit=2, after=second["cursor"])

    assert [ids(page) for page in (first, second, third)] == [[urgent, early], [late], []]
    assert third["cursor"] == second["cursor"]


async def test_filters_narrow_a_list(runtime: Runtime, queue: Queue) -> None:
    """By status (one or several), kind, team and assignee, in both orders."""
    held, call, billing = await open_tasks(runtime, [Wanted(), Wanted(kind="call"), Wanted(team="billing")])
    await queue.act(held, "claim")
    questions: list[tuple[Json, list[str]]] = [
        ({"status": "claimed"}, [held]),
        ({"status": "open"}, [call, billing]),
        ({"status": "open,claimed"}, [call, billing, held]),
        ({"status": ["open", "claimed"]}, [call, billing, held]),
        ({"status": "done"}, []),
        ({"kind": "call"}, [call]),
        ({"kind": "call,question"}, [call, billing, held]),
        ({"team": "billing"}, [billing]),
        ({"assignee": "ana"}, [held]),
        ({"assignee": "bo"}, []),
    ]

    for query, expected in questions:
        assert ids(await queue.list(**query)) == expected
        assert sorted(ids(await queue.list(order="due", **query))) == sorted(expected)


async def test_a_task_that_leaves_a_status_filter_comes_once_more(runtime: Runtime, queue: Queue) -> None:
    """In its new state, so that the poller can drop it; what it does later is not the poller's business."""
    task_id = await open_task(runtime)
    cursor = (await queue.list(status="open"))["cursor"]

    await queue.act(task_id, "claim")
    left = await queue.list(status="open", after=cursor)
    await queue.act(task_id, "notes", text="hm")
    later = await queue.list(status="open", after=left["cursor"])
    await queue.act(task_id, "release")
    back = await queue.list(status="open", after=later["cursor"])

    assert [task["status"] for task in left["tasks"]] == ["claimed"]
    assert later["tasks"] == []
    assert [task["status"] for task in back["tasks"]] == ["open"]


async def test_a_task_that_was_never_in_a_status_filter_does_not_come(runtime: Runtime, queue: Queue) -> None:
    """Filters apply to the latest state."""
    cursor = (await queue.list(status="snoozed"))["cursor"]
    task_id = await open_task(runtime)
    await queue.act(task_id, "claim")

    changed = await queue.list(status="snoozed", after=cursor)

    assert changed["tasks"] == []
    assert (await queue.list(status="snoozed", after=changed["cursor"]))["tasks"] == []


async def test_a_list_costs_the_same_number_of_statements_however_long(runtime: Runtime, queue: Queue) -> None:
    """One query for the tasks with their leads and contacts."""
    statements: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        if "FROM tasks" in statement or "FROM leads" in statement or "FROM contacts" in statement:
            statements.append(statement)

    sqlalchemy_event.listen(runtime.engine.sync_engine, "before_cursor_execute", note)
    await open_tasks(runtime, [Wanted() for _ in range(30)])
    counts = []
    for limit in (1, 30):
        statements.clear()
        assert len((await queue.list(limit=limit))["tasks"]) == limit
        counts.append(len(statements))
    sqlalchemy_event.remove(runtime.engine.sync_engine, "before_cursor_execute", note)

    assert counts == [1, 1]


# --- tags -------------------------------------------------------------------------------------------------


async def test_what_has_not_changed_is_304(runtime: Runtime, queue: Queue) -> None:
    """For the list and for one task; after a change the whole answer comes again."""
    task_id = await open_task(runtime)
    for path in ("/tasks", f"/tasks/{task_id}"):
        tag = (await queue.get(path)).headers["etag"]

        known = await queue.get(path, tag=f'"other", {tag}')
        assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)

        await queue.act(task_id, "notes", text="hm")
        assert (await queue.get(path, tag=tag)).status_code == 200


async def test_answers_with_health_data_are_not_to_be_kept(runtime: Runtime, queue: Queue) -> None:
    """By nobody on the way."""
    task_id = await open_task(runtime)

    answers = [await queue.get(), await queue.get(f"/tasks/{task_id}"), await queue.act(task_id, "claim")]

    assert [answer.headers["cache-control"] for answer in answers] == ["no-store"] * 3


# --- waiting ----------------------------------------------------------------------------------------------


async def test_a_poller_that_waits_hears_of_a_change(runtime: Runtime, queue: Queue) -> None:
    """As soon as it is committed, and long before its time is over."""
    cursor = (await queue.list())["cursor"]
    asked = asyncio.create_task(queue.list(after=cursor, wait=20))
    state = queue.api._transport.app.state  # type: ignore[attr-defined]
    await until(lambda: hasattr(state, "task_watch") and state.task_watch.waiting == 1)

    task_id = await open_task(runtime)
    async with asyncio.timeout(15):
        heard = await asked

    assert ids(heard) == [task_id]
    assert state.task_watch.waiting == 0


async def test_a_poller_that_waits_in_vain_gets_an_empty_list(runtime: Runtime, queue: Queue) -> None:
    """A change of another clinic, or one that its filters leave out, does not end the wait."""
    cursor = (await queue.list())["cursor"]
    asked = asyncio.create_task(queue.list(after=cursor, kind="call", wait=0.5))
    await open_task(runtime, clinic="other")
    await open_task(runtime)

    heard = await asked

    assert heard["tasks"] == []
    assert ids(await queue.list(after=heard["cursor"])) == []


async def test_a_poller_that_goes_away_leaves_nobody_waiting(runtime: Runtime, queue: Queue) -> None:
    """A cancelled request takes its place in the line with it."""
    cursor = (await queue.list())["cursor"]
    asked = asyncio.create_task(queue.list(after=cursor, wait=20))
    state = queue.api._transport.app.state  # type: ignore[attr-defined]
    await until(lambda: hasattr(state, "task_watch") and state.task_watch.waiting == 1)

    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked

    assert state.task_watch.waiting == 0


async def test_a_connection_that_breaks_leaves_nobody_waiting(queue: Queue) -> None:
    """Over a real connection the request itself is not cancelled; it looks up every two seconds."""
    app = queue.api._transport.app  # type: ignore[attr-defined]
    cursor = (await queue.list())["cursor"]
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    heard.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/tasks",
        "query_string": f"after={cursor}&wait=25".encode(),
        "headers": [(b"authorization", queue.headers["Authorization"].encode())],
        "client": ("127.0.0.1", 50000),
    }

    async def send(message: object) -> None:
        return None

    asked = asyncio.create_task(app(scope, heard.get, send))
    await until(lambda: hasattr(app.state, "task_watch") and app.state.task_watch.waiting == 1)
    heard.put_nowait({"type": "http.disconnect"})
    async with asyncio.timeout(20):
        await asked

    assert app.state.task_watch.waiting == 0
