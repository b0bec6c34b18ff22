"""What time does to the queue: unanswered tasks escalate, the absent give theirs back; by the moved clock."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.adapters.sms.line import Line
from app.adapters.store import tasks
from app.domain import tasks as rules
from app.runtime import Runtime
from app.workers.upkeep import Upkeep
from tests.api.waiting_tasks import TEN_O_CLOCK, Json, Queue, Wanted, open_task, open_tasks
from tests.installation import LAKESIDE, apply_clinic, set_clock

STAFFED = LAKESIDE.replace("people: [ana, bo]}", "people: [ana, bo], away: [{who: bo, from: 2026-11-25}]}")
TWO_LATER = TEN_O_CLOCK + timedelta(hours=2)


@pytest.fixture
async def upkeep(runtime: Runtime) -> AsyncIterator[Upkeep]:
    """A worker's chores, on a clinic whose front desk is staffed by Ana and Bo, who is away on Wednesday."""
    await apply_clinic(runtime, STAFFED)
    line = Line()
    yield Upkeep(runtime, line)
    await line.close()


@pytest.fixture
def queue(api: httpx.AsyncClient, keys: Any) -> Queue:
    return Queue(api, keys.coordinator)


async def history(queue: Queue, task_id: str) -> list[tuple[str, str | None, str | None]]:
    found = (await queue.get(f"/tasks/{task_id}")).json()["history"]
    return [(line["kind"], line["by"], line["text"]) for line in found]


async def one(queue: Queue, task_id: str) -> Json:
    found: Json = (await queue.get(f"/tasks/{task_id}")).json()
    return found


def told(task: Json, *names: str) -> list[Any]:
    return [task[name] for name in names]


# --- escalation -------------------------------------------------------------------------------------------


async def test_a_task_past_due_rises_by_one_and_its_poller_sees_it(
    runtime: Runtime, upkeep: Upkeep, queue: Queue
) -> None:
    """Once: a second look changes nothing, and a minute before the due time nothing happens."""
    task_id = await open_task(runtime, priority=3)
    cursor = (await queue.list())["cursor"]
    await set_clock(runtime, TWO_LATER - timedelta(minutes=1))
    await upkeep.escalate()
    assert (await queue.list(after=cursor))["tasks"] == []

    await set_clock(runtime, TWO_LATER)
    await upkeep.escalate()
    await upkeep.escalate()

    (task,) = (await queue.list(after=cursor))["tasks"]
    assert told(task, "id", "status", "priority", "team", "escalated_to", "version") == [
        *(task_id, "open", 2, "front-desk", None, 2),
    ]
    assert TWO_LATER <= datetime.fromisoformat(task["escalated_at"]) < TWO_LATER + timedelta(minutes=1)
    assert await history(queue, task_id) == [("opened", None, None), ("escalated", None, None)]


async def test_a_row_of_the_playbook_moves_the_task_to_its_team(runtime: Runtime, upkeep: Upkeep, queue: Queue) -> None:
    """Its holder loses the lease, and is told so; the other team is handed the task."""
    task_id = await open_task(runtime, escalates_to="billing", escalates_in=timedelta(hours=1))
    await queue.act(task_id, "claim", who="ana", lease_seconds=86_400)
    await set_clock(runtime, TEN_O_CLOCK + timedelta(hours=1))

    await upkeep.escalate()

    task = await one(queue, task_id)
    assert told(task, "status", "team", "priority", "escalated_to") == ["open", "billing", 2, "billing"]
    assert (await history(queue, task_id))[-1] == ("escalated", None, "billing")
    late = await queue.act(task_id, "complete", who="ana", outcome="answered")
    assert (late.status_code, late.json()["holder"]) == (409, "ana")
    assert (await queue.next(who="cy", team="billing")).json()["id"] == task_id


async def test_a_row_may_name_a_person_who_then_holds_the_task(runtime: Runtime, upkeep: Upkeep, queue: Queue) -> None:
    """For a day, whoever held it before."""
    task_id = await open_task(runtime, escalates_to="cy", escalates_in=timedelta(hours=1))
    await queue.act(task_id, "claim", who="ana", lease_seconds=86_400)
    await set_clock(runtime, TEN_O_CLOCK + timedelta(hours=1))

    await upkeep.escalate()

    task = await one(queue, task_id)
    until = datetime.fromisoformat(task["lease_until"])
    assert told(task, "status", "assignee", "team", "escalated_to") == ["claimed", "cy", "front-desk", "cy"]
    assert timedelta(hours=25) <= until - TEN_O_CLOCK < timedelta(hours=25, minutes=1)
    assert (await queue.act(task_id, "release", who="ana")).json()["holder"] == "cy"


async def test_who_holds_a_task_that_only_rises_keeps_it(runtime: Runtime, upkeep: Upkeep, queue: Queue) -> None:
    """They are on it; the mark is for whoever looks after the queue."""
    task_id = await open_task(runtime, priority=3)
    await queue.act(task_id, "claim", who="ana", lease_seconds=86_400)
    await set_clock(runtime, TWO_LATER)

    await upkeep.escalate()

    task = await one(queue, task_id)
    assert told(task, "status", "assignee", "priority") == ["claimed", "ana", 2]
    assert (await queue.act(task_id, "release", who="ana")).status_code == 200


@pytest.mark.parametrize("how", ["reply", "complete", "snooze"])
async def test_who_was_answered_does_not_escalate(runtime: Runtime, upkeep: Upkeep, queue: Queue, how: str) -> None:
    """A reply or the end stops the clock; what was put aside has its whole time again when it wakes."""
    bodies: dict[str, Json] = {
        "reply": {"text": "Yes, of course"},
        "complete": {"outcome": "answered"},
        "snooze": {"minutes": 180},
    }
    task_id = await open_task(runtime)
    await queue.act(task_id, how, **bodies[how])
    await set_clock(runtime, TEN_O_CLOCK + timedelta(hours=3, minutes=30))
    await upkeep.end_leases()

    await upkeep.escalate()

    task = await one(queue, task_id)
    assert told(task, "escalated_at", "priority") == [None, 2]
    assert (task["answered_at"] is not None) == (how == "reply")


async def test_what_was_put_aside_escalates_when_nobody_answers_it_after_that(
    runtime: Runtime, upkeep: Upkeep, queue: Queue
) -> None:
    """Asleep until 13:30, the front desk has its two hours from then on."""
    task_id = await open_task(runtime, priority=3)
    await queue.act(task_id, "snooze", until="2026-11-24T13:30:00-06:00")
    waking = datetime(2026, 11, 24, 19, 30, tzinfo=UTC)
    seen = []
    for moment in (waking, waking + timedelta(minutes=119), waking + timedelta(hours=2)):
        await set_clock(runtime, moment)
        await upkeep.end_leases()
        await upkeep.escalate()
        seen.append((await one(queue, task_id))["priority"])

    assert seen == [3, 3, 2]


async def test_many_workers_escalate_each_task_once(runtime: Runtime, upkeep: Upkeep, queue: Queue) -> None:
    """However many look at once, and more tasks than one look takes."""
    opened = await open_tasks(runtime, [Wanted(priority=3, facts=None, phone="+13125557009") for _ in range(250)])
    cursor = (await queue.list())["cursor"]
    await set_clock(runtime, TWO_LATER)

    for _ in range(3):
        await asyncio.gather(*(upkeep.escalate() for _ in range(4)))

    changed: list[Json] = []
    while page := (found := await queue.list(after=cursor, limit=200))["tasks"]:
        changed, cursor = changed + page, found["cursor"]
    assert sorted(task["id"] for task in changed) == sorted(opened)
    assert {(task["priority"], task["version"]) for task in changed} == {(2, 2)}


async def test_the_metrics_and_the_queue_show_who_is_late(
    runtime: Runtime, upkeep: Upkeep, queue: Queue, api: httpx.AsyncClient
) -> None:
    """Open tasks, those past due and unanswered, and the capacity, for every team of every clinic."""
    first, *_ = await open_tasks(runtime, [Wanted(), Wanted(), Wanted(), Wanted(team="billing")])
    await queue.act(first, "reply", text="Yes")
    asleep = await open_task(runtime)
    await queue.act(asleep, "snooze", minutes=600)
    await set_clock(runtime, TWO_LATER)

    lines = (await api.get("/metrics")).text.splitlines()

    shown = sorted(line for line in lines if line.startswith("leadline_team_") and 'clinic="lakeside"' in line)
    assert shown == [
        'leadline_team_capacity{clinic="lakeside",team="billing"} 20.0',
        'leadline_team_capacity{clinic="lakeside",team="front-desk"} 40.0',
        'leadline_team_open_tasks{clinic="lakeside",team="billing"} 1.0',
        'leadline_team_open_tasks{clinic="lakeside",team="front-desk"} 3.0',
        'leadline_team_overdue_tasks{clinic="lakeside",team="billing"} 1.0',
        'leadline_team_overdue_tasks{clinic="lakeside",team="front-desk"} 2.0',
    ]


# --- absence ----------------------------------------------------------------------------------------------

WEDNESDAY = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
"""Midnight in Chicago, when Bo's absence begins."""


async def test_who_goes_away_gives_back_what_they_held(runtime: Runtime, upkeep: Upkeep, queue: Queue) -> None:
    """At midnight on the clinic's clock, and not a minute before; others keep theirs."""
    his, hers = await open_tasks(runtime, [Wanted(), Wanted()])
    await queue.act(his, "claim", who="bo", lease_seconds=86_400)
    await queue.act(hers, "claim", who="ana", lease_seconds=86_400)
    await set_clock(runtime, WEDNESDAY - timedelta(minutes=1))
    await upkeep.free_from_the_absent()
    assert (await one(queue, his))["assignee"] == "bo"

    await set_clock(runtime, WEDNESDAY)
    await upkeep.free_from_the_absent()
    await upkeep.free_from_the_absent()

    given_back = await one(queue, his)
    assert told(given_back, "status", "assignee", "version") == ["open", None, 3]
    assert (await history(queue, his))[-1] == ("released", None, "bo is away until 2026-11-25")
    assert (await one(queue, hers))["assignee"] == "ana"


async def test_who_works_while_away_is_there_after_all(runtime: Runtime, upkeep: Upkeep, queue: Queue) -> None:
    """What they take themselves, or are given in spite of the warning, stays theirs."""
    taken, given = await open_tasks(runtime, [Wanted(), Wanted()])
    await set_clock(runtime, WEDNESDAY + timedelta(hours=9))
    assert (await queue.next(who="bo")).json()["assignee"] == "bo"

    answer = await queue.act(given if (await one(queue, taken))["assignee"] else taken, "assign", who="ana", to="bo")
    await upkeep.free_from_the_absent()

    assert answer.json()["warnings"] == ["bo is away until 2026-11-25"]
    assert [(await one(queue, task_id))["assignee"] for task_id in (taken, given)] == ["bo", "bo"]


async def test_assigning_to_somebody_who_is_there_warns_of_nothing(
    runtime: Runtime, upkeep: Upkeep, queue: Queue
) -> None:
    """Bo is away tomorrow and not today."""
    task_id = await open_task(runtime)

    assert (await queue.act(task_id, "assign", who="ana", to="bo")).json()["warnings"] == []


# --- takeover ---------------------------------------------------------------------------------------------


async def test_an_admin_may_take_a_task_over_with_a_reason(runtime: Runtime, api: httpx.AsyncClient, keys: Any) -> None:
    """Its holder hears who has it now; the reason stands in the history."""
    task_id = await open_task(runtime)
    desk, lead = Queue(api, keys.coordinator), Queue(api, keys.admin)
    await desk.act(task_id, "claim", who="bo")

    taken = await lead.act(task_id, "claim", who="ana", force=True, reason="bo went home")

    assert (taken.status_code, taken.json()["assignee"]) == (200, "ana")
    assert (await desk.act(task_id, "release", who="bo")).json()["holder"] == "ana"
    assert (await history(desk, task_id))[-1] == ("taken_over", "ana", "bo went home")

    given = await lead.act(task_id, "assign", who="ana", to="cy", force=True, reason="she knows the plan")

    assert (given.status_code, given.json()["assignee"]) == (200, "cy")
    assert (await history(desk, task_id))[-1] == ("taken_over", "ana", "cy: she knows the plan")


@pytest.mark.parametrize("verb", ["claim", "assign"])
async def test_a_coordinators_key_takes_nothing_over(
    runtime: Runtime, queue: Queue, api: httpx.AsyncClient, keys: Any, verb: str
) -> None:
    """403, and 422 for force without a reason or a reason without force; nothing changes."""
    task_id = await open_task(runtime)
    await queue.act(task_id, "claim", who="bo")
    body = {"to": "cy"} if verb == "assign" else {}
    lead = Queue(api, keys.admin)

    answers = [
        await queue.act(task_id, verb, who="ana", force=True, reason="mine", **body),
        await lead.act(task_id, verb, who="ana", force=True, **body),
        await lead.act(task_id, verb, who="ana", reason="mine", **body),
    ]

    assert [answer.status_code for answer in answers] == [403, 422, 422]
    assert told(await one(queue, task_id), "assignee", "version") == ["bo", 2]


# --- fair under racing callers ----------------------------------------------------------------------------


async def test_racing_callers_of_two_teams_share_the_queue_out(runtime: Runtime, queue: Queue) -> None:
    """Nobody gets a task twice or of the other team, and each team's tasks go out in the order of work.

    Some of the tasks were held by leases that end meanwhile, and are swept while they are being asked for.
    """
    wanted = [Wanted(team=team, due_in=timedelta(minutes=n)) for n in range(15) for team in ("front-desk", "billing")]
    opened = await open_tasks(runtime, wanted)
    for task_id in opened[:10]:
        await queue.act(task_id, "claim", who="gone", lease_seconds=5)
    await set_clock(runtime, TEN_O_CLOCK + timedelta(minutes=5))
    line = Line()
    sweeper = Upkeep(runtime, line)

    async def work_off(person: str, team: str) -> list[str]:
        mine = []
        while (answer := await queue.next(who=person, team=team)).status_code == 200:
            mine.append(answer.json()["id"])
        return mine

    people = [(f"{team} {n}", team) for n in range(5) for team in ("front-desk", "billing")]
    sweeps = [asyncio.create_task(sweeper.end_leases()) for _ in range(5)]
    done = await asyncio.gather(*(work_off(person, team) for person, team in people))
    await asyncio.gather(*sweeps)
    await line.close()

    handed = {(team, task_id) for (_, team), mine in zip(people, done, strict=True) for task_id in mine}
    assert sorted(task_id for mine in done for task_id in mine) == sorted(opened)
    assert handed == {(one.team, task_id) for one, task_id in zip(wanted, opened, strict=True)}
    order = {task_id: place for place, task_id in enumerate(opened)}
    assert all(mine == sorted(mine, key=order.__getitem__) for mine in done)


async def test_the_count_of_a_team_is_of_what_needs_somebody_now(runtime: Runtime, queue: Queue) -> None:
    """Open and claimed; neither asleep nor done, nor another team's or clinic's."""
    first, second, third, *_ = await open_tasks(
        runtime, [*(Wanted() for _ in range(4)), Wanted(team="billing"), Wanted(clinic="other")]
    )
    await queue.act(first, "claim")
    await queue.act(second, "snooze", minutes=5)
    await queue.act(third, "complete", outcome="other")

    async with runtime.engine.begin() as conn:
        assert await tasks.open_count(conn, "lakeside", "front-desk") == 2
        clinic = await runtime.clinics.take(conn, "lakeside")
        assert rules.answering_team(clinic).key == "front-desk"
