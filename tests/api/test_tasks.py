"""The coordinator's queue through its doors, on a real database."""

import asyncio
import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.adapters.codec import load_event
from app.adapters.store import installation, task_clock, tasks
from app.domain.contact import Stage
from app.domain.effects import CloseTask
from app.runtime import Runtime
from tests.api.waiting_tasks import TEN_O_CLOCK, Json, Queue, Wanted, end, open_task, open_tasks


@pytest.fixture
def queue(api: httpx.AsyncClient, keys: Any) -> Queue:
    return Queue(api, keys.coordinator)


async def advance(runtime: Runtime, seconds: float) -> None:
    async with runtime.engine.begin() as conn:
        await installation.advance_clock(conn, seconds)


async def end_leases(runtime: Runtime) -> list[str]:
    async with runtime.engine.begin() as conn:
        return await task_clock.end_leases(conn, await installation.now(conn))


async def the_events(runtime: Runtime) -> list[Json]:
    async with runtime.engine.connect() as conn:
        rows = await conn.execute(text("SELECT payload_cipher FROM events ORDER BY no"))
        return [asdict(load_event(runtime.vault.decrypt("event", row.payload_cipher))) for row in rows]


async def history(queue: Queue, task_id: str) -> list[tuple[str, str | None, str | None]]:
    found = (await queue.get(f"/tasks/{task_id}")).json()["history"]
    return [(line["kind"], line["by"], line["text"]) for line in found]


def moment(written: str) -> datetime:
    return datetime.fromisoformat(written)


def seconds_after(written: str, start: datetime) -> float:
    return (moment(written) - start).total_seconds()


# --- what a task looks like --------------------------------------------------------------------------------


async def test_a_task_shows_every_field_of_the_contract(runtime: Runtime, queue: Queue) -> None:
    """A list shows a task with its lead, their words and the plays that fit them."""
    facts = {
        "first_name": "Ana",
        "last_name": "Ruiz",
        "email": "ana@example.com",
        "preferred_times": ["mornings"],
        "request": "appointment",
    }
    lead = {
        "id": "lead_1",
        "service": "new-patient",
        "location": "north",
        "language": "es",
        "track": "hot",
        "test": True,
    }
    task_id = await open_task(runtime, phone="+13125557001", about="¿Cuánto cuesta?", facts=facts, lead=lead)

    listed = await queue.list()

    assert listed["tasks"] == [
        {
            "id": task_id,
            "kind": "question",
            "priority": 2,
            "team": "front-desk",
            "status": "open",
            "opened_at": "2026-11-24T16:00:00Z",
            "due_at": "2026-11-24T18:00:00Z",
            "version": 1,
            "lead": {
                "id": "lead_1",
                "stage": "paused",
                "first_name": "Ana",
                "last_name": "Ruiz",
                "phone": "+13125557001",
                "email": "ana@example.com",
                "service": "new-patient",
                "location": "north",
                "preferred_times": ["mornings"],
                "request": "appointment",
                "language": "es",
                "test": True,
                "track": "hot",
            },
            "about": "¿Cuánto cuesta?",
            "suggestions": [
                {
                    "key": "pricing",
                    "text": "Gracias por preguntar, Ana. Lakeside Clinic se lo explica por llamada: +13125550100."
                    " Diga a qué hora le conviene.",
                }
            ],
            "assignee": None,
            "lease_until": None,
            "outcome": None,
            "completed_at": None,
            "snoozed_until": None,
            "answered_at": None,
            "escalated_at": None,
            "escalated_to": None,
            "wish": None,
        }
    ]


async def test_a_task_without_a_lead_shows_the_phone_alone(runtime: Runtime, queue: Queue) -> None:
    """A reply from an unknown number has no lead; every other field of the lead is null."""
    await open_task(runtime, phone="+13125557002", facts=None)

    (task,) = (await queue.list())["tasks"]

    assert task["lead"] == {
        "id": None,
        "stage": None,
        "first_name": None,
        "last_name": None,
        "phone": "+13125557002",
        "email": None,
        "service": None,
        "location": None,
        "preferred_times": [],
        "request": None,
        "language": None,
        "test": None,
        "track": None,
    }


READ = {"intent": "question", "certainty": "sure", "because": "a question: may i"}


async def test_one_task_comes_with_its_lead_its_talk_and_its_history(runtime: Runtime, queue: Queue) -> None:
    """`GET /tasks/{id}` adds the whole form, the conversation and who did what."""
    task_id = await open_task(runtime, facts={"first_name": "Ana", "message": "I have a cough", "zip": "60657"})
    async with runtime.engine.begin() as conn:
        await conn.execute(
            text("""
            INSERT INTO messages (id, clinic, contact_id, direction, purpose, channel, status, urgency, sender,
                                  body_cipher, planned_at, due_at, expires_at, sent_at, reading)
            SELECT 'msg_' || given.no, 'lakeside', contact_id, given.direction, 'step', 'text', given.status, 0,
                   'lakeside-main', CASE given.no WHEN 2 THEN CAST(:reply AS bytea) ELSE CAST(:hello AS bytea) END,
                   opened_at, opened_at + given.no * interval '1 minute', opened_at,
                   CASE WHEN given.status = 'scheduled' THEN NULL ELSE opened_at + given.no * interval '1 second' END,
                   CASE given.no WHEN 2 THEN CAST(:reading AS jsonb) END
            FROM tasks, (VALUES (1, 'out', 'delivered'), (2, 'in', 'received'), (3, 'out', 'scheduled'),
                                (4, 'out', 'cancelled')) AS given (no, direction, status)
            """),
            {"hello": runtime.vault.seal("message", "Hello"), "reply": runtime.vault.seal("message", "May I ask?")}
            | {"reading": json.dumps(READ)},
        )
    await queue.act(task_id, "notes", text="She prefers mornings")

    task = (await queue.get(f"/tasks/{task_id}")).json()

    assert task["conversation"] == [
        {"at": "2026-11-24T16:00:01Z", "direction": "out", "text": "Hello", "status": "delivered", "reading": None},
        {"at": "2026-11-24T16:00:02Z", "direction": "in", "text": "May I ask?", "status": "received", "reading": READ},
        {"at": "2026-11-24T16:03:00Z", "direction": "out", "text": "Hello", "status": "scheduled", "reading": None},
    ]
    assert [(line["kind"], line["by"], line["text"]) for line in task["history"]] == [
        ("opened", None, None),
        ("note", "ana", "She prefers mornings"),
    ]
    assert (task["lead"]["message"], task["lead"]["zip"], task["lead"]["source"]) == (
        "I have a cough",
        "60657",
        "website",
    )


async def test_one_task_shows_where_its_lead_stands_and_what_was_asked_before(runtime: Runtime, queue: Queue) -> None:
    """The step it is at and of how many, consent and suppression, and the person's other tasks, the newest first."""
    lead = {"id": "lead_1", "sequence": "appointment-request", "version": 1, "step": 1, "reason": "a question"}
    phone = "+13125557008"
    task_id = await open_task(runtime, phone=phone, lead=lead)
    earlier = await open_task(runtime, phone=phone, facts=None, about="Is there parking?")
    await queue.act(earlier, "complete", outcome="answered")
    await open_task(runtime, about="Somebody else's")
    async with runtime.engine.begin() as conn:
        await conn.execute(
            text("""
            INSERT INTO messages (id, clinic, contact_id, lead_id, direction, purpose, channel, status, urgency, sender,
                                  step, body_cipher, planned_at, due_at, expires_at)
            SELECT 'msg_1', clinic, contact_id, lead_id, 'out', 'step', 'text', 'scheduled', 3, 'lakeside-main',
                   'options', :body, opened_at, opened_at + interval '1 day', opened_at + interval '2 days'
            FROM tasks WHERE id = :id
            """),
            {"id": task_id, "body": runtime.vault.seal("message", "Hello")},
        )

    task = (await queue.get(f"/tasks/{task_id}")).json()

    shown = {name: task["lead"][name] for name in ("reason", "sequence", "next", "consent", "suppressed")}
    assert shown == {
        "reason": "a question",
        "sequence": {"key": "appointment-request", "version": 1, "step": "options", "number": 2, "of": 6},
        "next": {"at": "2026-11-25T16:00:00Z", "kind": "text", "step": "options"},
        "consent": None,
        "suppressed": False,
    }
    (other,) = task["earlier_tasks"]
    assert (other["id"], other["about"], other["status"], other["outcome"], other["assignee"]) == (
        *(earlier, "Is there parking?", "done", "answered", "ana"),
    )


async def test_what_people_wrote_is_ciphertext_in_the_database(runtime: Runtime, queue: Queue) -> None:
    """Neither a task's words nor a note stand in the clear in any row."""
    task_id = await open_task(runtime, about="zebra question")
    await queue.act(task_id, "notes", text="zebra note")

    async with runtime.engine.connect() as conn:
        stored = (
            await conn.execute(
                text(
                    "SELECT string_agg(encode(about_cipher, 'escape'), '') FROM tasks UNION ALL"
                    " SELECT string_agg(encode(text_cipher, 'escape'), '') FROM task_entries"
                )
            )
        ).scalars()
        assert all(column and "zebra" not in column for column in stored)


# --- who may ----------------------------------------------------------------------------------------------


async def test_a_source_key_may_not_see_the_queue(api: httpx.AsyncClient, keys: Any) -> None:
    """Tasks are for coordinators and admins."""
    answers = [
        (await Queue(api, key).get()).status_code for key in (keys.source, keys.coordinator, keys.admin, "llk_no")
    ]

    assert answers == [403, 200, 200, 401]


async def test_another_clinics_task_is_not_there(runtime: Runtime, api: httpx.AsyncClient, keys: Any) -> None:
    """Another clinic's coordinator gets 404 from every call, and neither lists nor is handed the task."""
    task_id = await open_task(runtime)
    other = Queue(api, keys.other_coordinator)
    bodies: dict[str, Json] = {
        "claim": {},
        "release": {},
        "complete": {"outcome": "answered"},
        "snooze": {"minutes": 5},
        "assign": {"to": "bo"},
        "notes": {"text": "hm"},
        "reply": {"text": "hm"},
    }

    answers = [(await other.act(task_id, verb, **body)).status_code for verb, body in bodies.items()]

    assert answers == [404] * 7
    assert (await other.get(f"/tasks/{task_id}")).status_code == 404
    assert (await other.list())["tasks"] == []
    assert (await other.next()).status_code == 204


@pytest.mark.parametrize("task_id", ["task_0", "%00", "t%C3%A4sk"])
async def test_an_unknown_id_is_404(queue: Queue, task_id: str) -> None:
    """Whatever stands in the path."""
    answer = await queue.get(f"/tasks/{task_id}")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


# --- claim, release, assign, snooze ------------------------------------------------------------------------


async def test_a_claim_gives_a_lease_of_fifteen_minutes(runtime: Runtime, queue: Queue) -> None:
    """The answer is the task; the claim is in the log and in the history."""
    task_id = await open_task(runtime)

    answer = await queue.act(task_id, "claim")

    task = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert (task["status"], task["assignee"], task["version"]) == ("claimed", "ana", 2)
    assert 900 <= seconds_after(task["lease_until"], TEN_O_CLOCK) < 960
    (claimed,) = await the_events(runtime)
    assert (claimed["kind"], claimed["task_id"], claimed["assignee"]) == ("task_claimed", task_id, "ana")
    assert await history(queue, task_id) == [("opened", None, None), ("claimed", "ana", None)]


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("claim", {}),
        ("release", {}),
        ("complete", {"outcome": "answered"}),
        ("snooze", {"minutes": 5}),
        ("assign", {"to": "cy"}),
        ("reply", {"text": "Hello"}),
    ],
)
async def test_somebody_elses_lease_is_a_409_that_names_the_holder(
    runtime: Runtime, queue: Queue, verb: str, body: Json
) -> None:
    """Whoever acts on a task that another holds learns who holds it and until when, and changes nothing."""
    task_id = await open_task(runtime)
    held = (await queue.act(task_id, "claim", who="bo")).json()
    until = moment(held["lease_until"]).strftime("%Y-%m-%dT%H:%M:%SZ")

    answer = await queue.act(task_id, verb, **body)

    assert answer.status_code == 409
    assert answer.json() == {
        "type": "about:blank",
        "title": "The task is not yours",
        "status": 409,
        "detail": f"Somebody else holds the task: held by bo until {until}.",
        "holder": "bo",
        "until": until,
    }
    assert (await queue.list())["tasks"] == [held]
    assert len(await the_events(runtime)) == 1


@pytest.mark.parametrize("swept", [False, True])
async def test_an_expired_lease_of_ones_own_is_a_409_until_claimed_again(
    runtime: Runtime, queue: Queue, swept: bool
) -> None:
    """Somebody else may have acted since, so the former holder takes a new lease first; others need not."""
    task_id = await open_task(runtime)
    until = moment((await queue.act(task_id, "claim", lease_seconds=5)).json()["lease_until"])
    await advance(runtime, 10)
    assert await end_leases(runtime) == ["lakeside"] if swept else True

    late = await queue.act(task_id, "release")

    assert (late.status_code, late.json()["holder"]) == (409, "ana")
    assert late.json()["until"] == until.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (await queue.act(task_id, "claim")).status_code == 200
    assert (await queue.act(task_id, "release")).status_code == 200


async def test_an_expired_lease_of_another_does_not_hold_the_task(runtime: Runtime, queue: Queue) -> None:
    """Even in the moment before the lease's end is written."""
    task_id = await open_task(runtime)
    await queue.act(task_id, "claim", who="bo", lease_seconds=5)
    await advance(runtime, 10)

    assert (await queue.act(task_id, "claim")).json()["assignee"] == "ana"


async def test_one_may_renew_ones_own_lease(runtime: Runtime, queue: Queue) -> None:
    """A second claim by the holder moves the end of the lease."""
    task_id = await open_task(runtime)
    await queue.act(task_id, "claim", lease_seconds=5)

    renewed = (await queue.act(task_id, "claim", lease_seconds=3600)).json()

    assert 3600 <= seconds_after(renewed["lease_until"], TEN_O_CLOCK) < 3660


async def test_a_released_task_is_open_for_all(runtime: Runtime, queue: Queue) -> None:
    """Release gives the lease back; another may claim."""
    task_id = await open_task(runtime)
    await queue.act(task_id, "claim", who="bo")

    task = (await queue.act(task_id, "release", who="bo")).json()

    assert (task["status"], task["assignee"], task["lease_until"]) == ("open", None, None)
    assert (await queue.act(task_id, "claim")).status_code == 200


async def test_assigning_gives_the_lease_to_another(runtime: Runtime, queue: Queue) -> None:
    """The acting person needs not hold the task when nobody does; afterwards the other holds it."""
    task_id = await open_task(runtime)

    task = (await queue.act(task_id, "assign", who="ana", to="bo", lease_seconds=60)).json()

    assert (task["status"], task["assignee"]) == ("claimed", "bo")
    assert 60 <= seconds_after(task["lease_until"], TEN_O_CLOCK) < 120
    assert (await queue.act(task_id, "release", who="ana")).json()["holder"] == "bo"
    assert (await history(queue, task_id))[1] == ("assigned", "ana", "bo")
    assert [(one["kind"], one["assignee"]) for one in await the_events(runtime)] == [("task_claimed", "bo")]


async def test_a_snoozed_task_sleeps_until_its_moment(runtime: Runtime, queue: Queue) -> None:
    """It is not handed out before, and open again after."""
    task_id = await open_task(runtime)

    task = (await queue.act(task_id, "snooze", until="2026-11-24T12:00:00-06:00")).json()

    assert (task["status"], task["snoozed_until"], task["assignee"]) == ("snoozed", "2026-11-24T18:00:00Z", None)
    assert (await queue.next()).status_code == 204
    await advance(runtime, 7200)
    assert await end_leases(runtime) == ["lakeside"]
    assert (await queue.list())["tasks"][0]["status"] == "open"
    assert (await history(queue, task_id))[1:] == [("snoozed", "ana", None), ("snooze_ended", None, None)]


async def test_a_snooze_may_be_counted_in_minutes(runtime: Runtime, queue: Queue) -> None:
    """`minutes` counts from now, by the installation's clock."""
    task_id = await open_task(runtime)

    task = (await queue.act(task_id, "snooze", minutes=30)).json()

    assert 1800 <= seconds_after(task["snoozed_until"], TEN_O_CLOCK) < 1860


async def test_a_snooze_into_the_past_is_refused(runtime: Runtime, queue: Queue) -> None:
    """By the installation's clock, which in a demo may be ahead."""
    task_id = await open_task(runtime)

    answer = await queue.act(task_id, "snooze", until="2026-11-24T15:59:00Z")

    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [{"field": "until", "message": "must be in the future"}],
    )


async def test_a_note_is_allowed_to_anybody_at_any_time(runtime: Runtime, queue: Queue) -> None:
    """Also while another holds the task, and when it is done."""
    task_id = await open_task(runtime)
    await queue.act(task_id, "claim", who="bo")

    held = (await queue.act(task_id, "notes", text="left a voicemail")).json()
    await queue.act(task_id, "release", who="bo")
    await end(runtime, task_id)
    over = await queue.act(task_id, "notes", text="called back")

    assert (held["status"], held["assignee"], held["version"]) == ("claimed", "bo", 3)
    assert (over.status_code, over.json()["status"]) == (200, "done")


async def test_a_lease_that_ends_is_a_change(runtime: Runtime, queue: Queue) -> None:
    """A poller sees it as any other change, once."""
    task_id = await open_task(runtime)
    await queue.act(task_id, "claim", lease_seconds=600)
    cursor = (await queue.list())["cursor"]
    await advance(runtime, 500)
    assert await end_leases(runtime) == []
    await advance(runtime, 101)
    assert await end_leases(runtime) == ["lakeside"]
    assert await end_leases(runtime) == []

    (task,) = (await queue.list(after=cursor))["tasks"]

    assert (task["id"], task["status"], task["assignee"], task["version"]) == (task_id, "open", None, 3)
    assert (await history(queue, task_id))[-1] == ("lease_ended", "ana", None)


async def test_a_task_that_is_being_worked_on_is_left_for_the_next_sweep(runtime: Runtime, queue: Queue) -> None:
    """The sweep waits for nobody: a row that a door has locked is not its business now."""
    task_id = await open_task(runtime)
    await queue.act(task_id, "claim", lease_seconds=5)
    await advance(runtime, 10)
    async with runtime.engine.begin() as conn:
        await tasks.lock(conn, "lakeside", task_id)
        assert await end_leases(runtime) == []
    assert await end_leases(runtime) == ["lakeside"]


# --- If-Match ---------------------------------------------------------------------------------------------


async def test_a_stale_version_is_412_and_changes_nothing(runtime: Runtime, queue: Queue) -> None:
    """`If-Match` holds against what changed since the caller looked."""
    task_id = await open_task(runtime)
    await queue.act(task_id, "notes", text="hm")

    answer = await queue.act(task_id, "claim", if_match='"1"')

    assert (answer.status_code, answer.json()["detail"]) == (412, "It is at version 2 now.")
    assert (await queue.list())["tasks"][0]["version"] == 2


@pytest.mark.parametrize("tag", ['"1"', "1", "*", '"7", "1"', 'W/"1"'])
async def test_the_known_version_lets_the_call_through(runtime: Runtime, queue: Queue, tag: str) -> None:
    """In any of the ways a client may write it."""
    task_id = await open_task(runtime)

    assert (await queue.act(task_id, "claim", if_match=tag)).status_code == 200


async def test_the_tag_of_a_read_is_good_for_if_match(runtime: Runtime, queue: Queue) -> None:
    """Clients send back the tag they were given."""
    task_id = await open_task(runtime)
    tag = (await queue.get(f"/tasks/{task_id}")).headers["etag"]

    assert (await queue.act(task_id, "claim", if_match=tag)).status_code == 200
    assert (await queue.act(task_id, "release", if_match=tag)).status_code == 412


# --- claim-next -------------------------------------------------------------------------------------------


async def test_the_next_task_is_the_most_urgent_then_the_first_due(runtime: Runtime, queue: Queue) -> None:
    """Priority before due time; what is held, snoozed or over is passed by; then nothing is left."""
    late, early, urgent, held, snoozed, over = await open_tasks(
        runtime,
        [
            Wanted(due_in=timedelta(hours=3)),
            Wanted(due_in=timedelta(hours=1)),
            Wanted(priority=0, due_in=timedelta(hours=9)),
            Wanted(priority=0),
            Wanted(priority=0),
            Wanted(priority=0),
        ],
    )
    await queue.act(held, "claim", who="bo")
    await queue.act(snoozed, "snooze", minutes=60)
    await end(runtime, over)

    handed = [(await queue.next()).json()["id"] for _ in range(3)]

    assert handed == [urgent, early, late]
    assert (await queue.next()).status_code == 204


async def test_the_next_task_of_a_team(runtime: Runtime, queue: Queue) -> None:
    """A team gets its own tasks only."""
    _, billing = await open_tasks(runtime, [Wanted(priority=0), Wanted(team="billing")])

    assert (await queue.next(team="billing")).json()["id"] == billing
    assert (await queue.next(team="billing")).status_code == 204


async def test_the_next_task_may_be_one_whose_lease_has_ended(runtime: Runtime, queue: Queue) -> None:
    """Before the sweep has written it."""
    task_id = await open_task(runtime)
    await queue.next(who="bo", lease_seconds=5)
    await advance(runtime, 6)

    task = (await queue.next()).json()

    assert (task["id"], task["assignee"]) == (task_id, "ana")


@pytest.mark.parametrize("one_phone", [False, True])
async def test_twenty_callers_get_ten_tasks_once_each(runtime: Runtime, queue: Queue, one_phone: bool) -> None:
    """Two callers never get the same task, and nobody is sent away while one waits; also of one contact."""
    phones = {"phone": "+13125557003"} if one_phone else {}
    opened = await open_tasks(runtime, [Wanted(**phones) for _ in range(10)])

    answers = await asyncio.gather(*(queue.next(who=f"person {n}") for n in range(20)))

    handed = [answer.json()["id"] for answer in answers if answer.status_code == 200]
    assert sorted(handed) == sorted(opened)
    assert sorted(answer.status_code for answer in answers) == [200] * 10 + [204] * 10


async def test_a_task_whose_contact_is_busy_is_waited_for(runtime: Runtime, queue: Queue) -> None:
    """204 means that nothing waits, not that a reply of the same person is just being taken in."""
    task_id = await open_task(runtime)
    async with runtime.engine.begin() as conn:
        await tasks.lock(conn, "lakeside", task_id)
        asked = asyncio.create_task(queue.next())
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        async with asyncio.timeout(60), runtime.engine.connect() as watcher:
            while not (await watcher.execute(waiting)).scalar_one():
                await watcher.rollback()
        assert not asked.done()

    assert (await asked).json()["id"] == task_id


# --- complete ---------------------------------------------------------------------------------------------


async def working(work: Any, done: asyncio.Event) -> None:
    """A worker beside the door."""
    while not done.is_set():
        await work()
        await asyncio.sleep(0.01)


async def test_a_completed_task_answers_with_what_became_of_it(runtime: Runtime, queue: Queue, work: Any) -> None:
    """200 once the machine has read it: the lead's stage in the answer is the new one."""
    task_id = await open_task(runtime, lead={"id": "lead_1"})
    await queue.act(task_id, "claim")
    done = asyncio.Event()
    worker = asyncio.create_task(working(work, done))

    answer = await queue.act(task_id, "complete", outcome="not_interested", note="chose another clinic")

    done.set()
    await worker
    task = answer.json()
    assert answer.status_code == 200
    assert (task["status"], task["outcome"], task["assignee"], task["lease_until"]) == (
        "done",
        "not_interested",
        "ana",
        None,
    )
    assert moment(task["completed_at"]) >= TEN_O_CLOCK
    assert task["lead"]["stage"] == "declined"
    assert await history(queue, task_id) == [
        ("opened", None, None),
        ("claimed", "ana", None),
        ("completed", "ana", "chose another clinic"),
    ]
    completed = (await the_events(runtime))[1]
    assert {name: completed[name] for name in ("kind", "task_id", "lead_id", "outcome", "assignee", "note")} == {
        "kind": "task_completed",
        "task_id": task_id,
        "lead_id": "lead_1",
        "outcome": "not_interested",
        "assignee": "ana",
        "note": "chose another clinic",
    }


async def test_without_a_worker_a_completed_task_answers_202(runtime: Runtime, queue: Queue) -> None:
    """Taken in and done, but what follows takes more than two seconds."""
    task_id = await open_task(runtime)

    answer = await queue.act(task_id, "complete", outcome="other")

    assert (answer.status_code, answer.json()["status"]) == (202, "done")


async def test_of_two_who_complete_one_wins(runtime: Runtime, queue: Queue) -> None:
    """The second hears that the task is over, and the log has one outcome."""
    task_id = await open_task(runtime)

    answers = await asyncio.gather(
        queue.act(task_id, "complete", who="ana", outcome="answered"),
        queue.act(task_id, "complete", who="bo", outcome="no_answer"),
    )

    assert sorted(answer.status_code for answer in answers) == [202, 409]
    assert [one["kind"] for one in await the_events(runtime)] == ["task_completed"]


@pytest.mark.parametrize("verb", ["claim", "release", "complete", "snooze", "assign", "reply"])
async def test_a_task_that_is_over_stays_over(runtime: Runtime, queue: Queue, verb: str) -> None:
    """409 for everything but notes."""
    bodies = {
        "complete": {"outcome": "other"},
        "snooze": {"minutes": 5},
        "assign": {"to": "bo"},
        "reply": {"text": "Hello"},
    }
    task_id = await open_task(runtime)
    await end(runtime, task_id)

    answer = await queue.act(task_id, verb, **bodies.get(verb, {}))

    assert (answer.status_code, answer.json()["detail"]) == (409, "The task is already done.")


# --- reply ------------------------------------------------------------------------------------------------


async def test_a_reply_is_an_event_and_a_line_of_the_history(runtime: Runtime, queue: Queue) -> None:
    """202 with the id of the message to be; smart punctuation is made plain before it is stored."""
    task_id = await open_task(runtime, lead={"id": "lead_1"})

    answer = await queue.act(task_id, "reply", text="  Yes – she’s welcome…  ")

    (written,) = await the_events(runtime)
    assert (answer.status_code, answer.json()["task"]["id"]) == (202, task_id)
    assert {name: written[name] for name in ("kind", "task_id", "lead_id", "message_id", "text", "assignee")} == {
        "kind": "answer_written",
        "task_id": task_id,
        "lead_id": "lead_1",
        "message_id": answer.json()["message_id"],
        "text": "Yes - she's welcome...",
        "assignee": "ana",
    }
    assert (await history(queue, task_id))[1] == ("reply", "ana", "Yes - she's welcome...")


async def test_a_reply_may_be_a_play_of_the_playbook(runtime: Runtime, queue: Queue) -> None:
    """Filled in for the lead, in their language."""
    task_id = await open_task(runtime, lead={"language": "en"})

    answer = await queue.act(task_id, "reply", playbook="pricing")

    (written,) = await the_events(runtime)
    assert answer.status_code == 202
    assert written["text"] == (
        "Thanks for asking, Ana. Lakeside Clinic will go over this with you by phone: +13125550100."
        " When is a good time to call?"
    )


async def test_nobody_can_be_texted_where_no_phone_is(runtime: Runtime, queue: Queue) -> None:
    """A booking that matched no lead has a task and no phone."""
    task_id = await open_task(runtime, phone="", facts=None)

    assert (await queue.list())["tasks"][0]["lead"]["phone"] is None
    assert (await queue.act(task_id, "reply", text="Hello")).status_code == 409


# --- bodies that are not right ----------------------------------------------------------------------------

BAD_BODIES = [
    ("claim", {"assignee": ""}, "assignee"),
    ("claim", {"assignee": "a" * 121}, "assignee"),
    ("claim", {"assignee": "a\0b"}, "assignee"),
    ("claim", {"lease_seconds": 4}, "lease_seconds"),
    ("claim", {"lease_seconds": 86401}, "lease_seconds"),
    ("claim", {"colour": "red"}, "colour"),
    ("claim", {"force": True}, "reason"),
    ("claim", {"reason": "she is ill"}, "reason"),
    ("assign", {"to": "bo", "force": True}, "reason"),
    ("assign", {}, "to"),
    ("complete", {}, "outcome"),
    ("complete", {"outcome": "sold"}, "outcome"),
    ("notes", {"text": " "}, "text"),
    ("snooze", {}, "until minutes"),
    ("snooze", {"minutes": 5, "until": "2026-11-25T00:00:00Z"}, "until minutes"),
    ("snooze", {"minutes": 0}, "minutes"),
    ("snooze", {"until": "2026-11-25T00:00:00"}, "until"),
    ("reply", {}, "text playbook"),
    ("reply", {"text": "Hello", "playbook": "pricing"}, "text playbook"),
    ("reply", {"playbook": "nothing-like-it"}, "playbook"),
    ("reply", {"text": "\u200b"}, "text"),
    ("reply", {"text": "a" * 1601}, "text"),
]


@pytest.mark.parametrize(("verb", "body", "fields"), BAD_BODIES)
async def test_a_body_that_is_not_right_is_422_and_names_the_fields(
    runtime: Runtime, queue: Queue, verb: str, body: Json, fields: str
) -> None:
    """Nothing changes, and the answer does not repeat what was sent."""
    task_id = await open_task(runtime)

    answer = await queue.act(task_id, verb, **body)

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, fields.split())
    assert (await queue.list())["tasks"][0]["version"] == 1


async def test_a_call_without_a_person_is_422(runtime: Runtime, queue: Queue) -> None:
    """Who acts is always said."""
    task_id = await open_task(runtime)

    answer = await queue.api.post(f"/tasks/{task_id}/claim", json={}, headers=queue.headers)

    assert (answer.status_code, answer.json()["errors"]) == (422, [{"field": "assignee", "message": "is required"}])


# --- what the inbox does ----------------------------------------------------------------------------------


async def test_closing_and_cancelling_change_what_waits_and_only_that(runtime: Runtime, queue: Queue) -> None:
    """The inbox may order it again: what is over already is left as it is, and is not numbered anew."""
    closed, cancelled, over = await open_tasks(runtime, [Wanted() for _ in range(3)])
    await end(runtime, over)
    cursor = (await queue.list())["cursor"]
    closes = [CloseTask(id=id, outcome="booked", assignee="bo") for id in (closed, over)]
    async with runtime.engine.begin() as conn:
        ended = await tasks.close_tasks(conn, closes, TEN_O_CLOCK)
        again = await tasks.close_tasks(conn, closes, TEN_O_CLOCK)
        dropped = await tasks.cancel_tasks(conn, runtime.vault, [cancelled, closed], TEN_O_CLOCK, "booked")
        await tasks.number_changes(conn, "lakeside", [*ended, *dropped])

    changed = await queue.list(after=cursor)

    assert (ended, again, dropped) == ([closed], [], [cancelled])
    assert [(task["id"], task["status"], task["outcome"], task["version"]) for task in changed["tasks"]] == [
        (closed, "done", "booked", 2),
        (cancelled, "cancelled", None, 2),
    ]
    assert await history(queue, cancelled) == [("opened", None, None), ("cancelled", None, "booked")]


async def test_a_paused_lead_is_what_the_tests_begin_with(runtime: Runtime, queue: Queue) -> None:
    """The builder's own promise, so that the stages asserted above are changes."""
    await open_task(runtime)

    assert (await queue.list())["tasks"][0]["lead"]["stage"] == Stage.PAUSED


async def test_a_body_that_is_no_json_is_refused(runtime: Runtime, queue: Queue) -> None:
    """As a problem, without repeating it."""
    task_id = await open_task(runtime)
    headers = queue.headers | {"Content-Type": "application/json"}

    answer = await queue.api.post(f"/tasks/{task_id}/claim", content=b'{"assignee": "zebra', headers=headers)

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert "zebra" not in answer.text
