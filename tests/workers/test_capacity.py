"""Talks are not begun while the team that would answer has more to do than it can bear; hot leads wait last."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.runtime import Runtime
from app.workers.claims import Claim, claim
from tests.api.waiting_tasks import Queue, Wanted, open_tasks
from tests.installation import LAKESIDE, OPEN_HOURS, Keys, a_lead, apply_clinic, bearer, set_clock

Work = Callable[[], Awaitable[int]]

SMALL = LAKESIDE.replace("capacity: 40", "capacity: 3").replace(
    "segments_per_second: 10 ", "segments_per_second: 1000 "
)
HOT = {"request": "appointment", "preferred_times": ["mornings"]}


@pytest.fixture
async def door(runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work) -> Callable[..., Awaitable[None]]:
    """Takes leads in and has them read, at a clinic whose front desk can bear three tasks."""
    await apply_clinic(runtime, SMALL)

    async def take_in(phone: str, **changes: object) -> None:
        answer = await api.post("/leads", json=a_lead(phone, **changes), headers=bearer(keys.source))
        assert answer.status_code == 202
        await work()

    return take_in


async def judged(runtime: Runtime) -> Claim:
    found = await claim(runtime, "lakeside-main", 50)
    assert found is not None
    return found


async def went(runtime: Runtime) -> set[str]:
    """The phones whose texts may leave now."""
    return {one.to for one in (await judged(runtime)).texts}


async def busy(runtime: Runtime, number: int, **wanted: Any) -> list[str]:
    return await open_tasks(runtime, [Wanted(**wanted) for _ in range(number)])


async def capacity_rulings(runtime: Runtime) -> list[dict[str, Any]]:
    async with runtime.engine.connect() as conn:
        rows = await conn.execute(text("SELECT decision FROM messages WHERE decision IS NOT NULL ORDER BY id"))
        rules = [rule for row in rows for rule in row.decision["rules"]]
    return [rule for rule in rules if rule["rule"] == "capacity"]


async def test_a_first_text_waits_while_the_front_desk_has_too_much(runtime: Runtime, door: Any) -> None:
    """Three tasks it can bear; with the fourth the text waits a minute, and its decision says why, with the counts."""
    await door("+13125550142")
    await busy(runtime, 4)

    found = await judged(runtime)

    assert found.texts == []
    (ruling,) = await capacity_rulings(runtime)
    assert (ruling["verdict"], {**ruling["evidence"], "opens": None}) == (
        "wait",
        {"team": "front-desk", "open_tasks": 4, "capacity": 3, "hot": False, "bears": 3, "opens": None},
    )
    (judgement,) = found.judgements
    assert judgement.due_at == found.now + timedelta(minutes=1)
    assert (judgement.status, judgement.decision["rule"]) == ("scheduled", "capacity")


async def test_it_leaves_a_minute_after_the_desk_has_time_again(
    runtime: Runtime, door: Any, api: httpx.AsyncClient, keys: Keys
) -> None:
    """As soon as the open tasks no longer pass the capacity, and not before it is looked at again."""
    await door("+13125550142")
    first, *_ = await busy(runtime, 4)
    assert await went(runtime) == set()

    await Queue(api, keys.coordinator).act(first, "complete", outcome="other")
    await set_clock(runtime, OPEN_HOURS + timedelta(minutes=2))

    assert await went(runtime) == {"+13125550142"}


@pytest.mark.parametrize(
    ("tasks", "leave"),
    [(3, {"+13125550142", "+13125550143"}), (4, {"+13125550143"}), (6, {"+13125550143"}), (7, set())],
)
async def test_hot_leads_wait_last(runtime: Runtime, door: Any, tasks: int, leave: set[str]) -> None:
    """Up to twice the capacity they are still texted."""
    await door("+13125550142")
    await door("+13125550143", **HOT)
    await busy(runtime, tasks)

    assert await went(runtime) == leave


async def test_other_teams_and_sleeping_tasks_hold_nothing_back(
    runtime: Runtime, door: Any, api: httpx.AsyncClient, keys: Keys
) -> None:
    """Only what needs somebody of the team that would answer, now."""
    await door("+13125550142")
    await busy(runtime, 9, team="billing")
    for task_id in await busy(runtime, 5):
        await Queue(api, keys.coordinator).act(task_id, "snooze", minutes=60)

    assert await went(runtime) == {"+13125550142"}


@pytest.mark.parametrize("urgency", [1, 3])
async def test_answers_and_later_steps_do_not_wait(runtime: Runtime, door: Any, urgency: int) -> None:
    """A talk that has begun goes on: the rule says that it does not apply."""
    await door("+13125550142")
    await busy(runtime, 9)
    async with runtime.engine.begin() as conn:
        await conn.execute(text("UPDATE messages SET urgency = :urgency"), {"urgency": urgency})

    assert await went(runtime) == {"+13125550142"}
    assert await capacity_rulings(runtime) == [{"rule": "capacity", "verdict": "go", "evidence": {"apply": False}}]
