"""Tasks for the queue's tests, written by the store as the inbox writes them, and a coordinator who works them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
from sqlalchemy import text

from app.adapters.store import contacts, leads, tasks
from app.adapters.store.tasks import TaskRow
from app.domain.contact import Contact, Lead, Stage
from app.domain.ids import new_id
from app.runtime import Runtime

Json = dict[str, Any]

TEN_O_CLOCK = datetime(2026, 11, 24, 16, tzinfo=UTC)
"""What the tests' clock shows at first: a Tuesday, 10:00 in Chicago."""

_phones = count(3125550000 + 1000)


def a_phone() -> str:
    """A number that no other test has."""
    return f"+1{next(_phones)}"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A task to be opened, with its own contact and (unless `facts` is None) its own lead."""

    clinic: str = "lakeside"
    phone: str = field(default_factory=a_phone)
    kind: str = "question"
    priority: int = 2
    team: str = "front-desk"
    due_in: timedelta = timedelta(hours=2)
    about: str = "Can my mother come along?"
    escalates_in: timedelta | None = None
    escalates_to: str | None = None
    facts: dict[str, Any] | None = field(default_factory=lambda: {"first_name": "Ana"})
    lead: dict[str, Any] = field(default_factory=dict)


async def open_task(runtime: Runtime, **wanted: Any) -> str:
    """Open one task; its id."""
    return (await open_tasks(runtime, [Wanted(**wanted)]))[0]


async def open_tasks(runtime: Runtime, wanted: Sequence[Wanted]) -> list[str]:
    """Open tasks in one transaction; their ids, in the order given."""
    async with runtime.engine.begin() as conn:
        pairs = [(one.clinic, one.phone) for one in wanted]
        refs = await contacts.lock_by_phone(conn, runtime.directory, pairs)
        people = [_lead(one) for one in wanted]
        await leads.save(
            conn,
            runtime.directory,
            [
                (Contact(id=refs[pair].id, clinic=pair[0], phone=pair[1]), lead)
                for pair, lead in zip(pairs, people, strict=True)
                if lead
            ],
        )
        rows = [
            TaskRow(
                id=new_id("task"),
                clinic=one.clinic,
                contact_id=refs[one.clinic, one.phone].id,
                lead_id=lead.id if lead else None,
                kind=one.kind,
                priority=one.priority,
                team=one.team,
                opened_at=TEN_O_CLOCK,
                due_at=TEN_O_CLOCK + one.due_in,
                about=one.about,
                event_id=new_id("evt"),
                escalates_at=TEN_O_CLOCK + one.escalates_in if one.escalates_in else None,
                escalates_to=one.escalates_to,
            )
            for one, lead in zip(wanted, people, strict=True)
        ]
        await tasks.open_tasks(conn, runtime.vault, rows)
        for clinic in sorted({row.clinic for row in rows}):
            await tasks.number_changes(conn, clinic, [row.id for row in rows if row.clinic == clinic])
    return [row.id for row in rows]


def _lead(wanted: Wanted) -> Lead | None:
    if wanted.facts is None:
        return None
    known: dict[str, Any] = {
        "id": new_id("lead"),
        "stage": Stage.PAUSED,
        "captured_at": TEN_O_CLOCK - timedelta(hours=1),
        "source": "website",
        "token": new_id("t"),
        "first_name": wanted.facts["first_name"],
        "zones": ("America/Chicago",),
        "facts": wanted.facts,
    }
    return Lead(**known | wanted.lead)


async def end(runtime: Runtime, task_id: str) -> None:
    """Have the task be over, by whatever came before."""
    async with runtime.engine.begin() as conn:
        await conn.execute(text("UPDATE tasks SET status = 'done' WHERE id = :id"), {"id": task_id})


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that will come true, a minute at most."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


class Queue:
    """A coordinator at the queue: calls with a key, and says who acts."""

    def __init__(self, api: httpx.AsyncClient, key: str) -> None:
        self.api = api
        self.headers = {"Authorization": f"Bearer {key}"}

    async def get(self, path: str = "/tasks", tag: str | None = None, **query: Any) -> httpx.Response:
        headers = self.headers | ({"If-None-Match": tag} if tag else {})
        return await self.api.get(path, params=query, headers=headers)

    async def list(self, **query: Any) -> Json:
        answer = await self.get(**query)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def act(
        self, task_id: str, verb: str, who: str = "ana", if_match: str | None = None, **body: Any
    ) -> httpx.Response:
        headers = self.headers | ({"If-Match": if_match} if if_match else {})
        return await self.api.post(f"/tasks/{task_id}/{verb}", json={"assignee": who, **body}, headers=headers)

    async def next(self, who: str = "ana", **body: Any) -> httpx.Response:
        return await self.api.post("/tasks/claim-next", json={"assignee": who, **body}, headers=self.headers)


def ids(listed: Json) -> list[str]:
    """The ids of the tasks in a list, in its order."""
    return [task["id"] for task in listed["tasks"]]
