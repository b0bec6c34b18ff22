"""Reading the coordinator's queue: what changed, what to do next, and one task with everything about it."""

import asyncio
from time import monotonic
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.crypto import Vault
from app.adapters.store import reading, task_detail
from app.adapters.store import task_lists as stored
from app.adapters.store.task_lists import Filters, Page, Place, TaskRead
from app.api.problems import refusals
from app.api.state import get_runtime
from app.api.task_bodies import ListQuery, StreamQuery
from app.api.task_cursors import after_change, after_place, change_of, place_of, unknown_cursor
from app.api.task_desk import ALWAYS, AtDesk, Desk, TaskId, read_one
from app.api.task_shapes import Surroundings, TaskShownWhole, TasksShown, shown, shown_whole, unless_known
from app.api.task_watch import Watch
from app.domain.clinic import Clinic
from app.runtime import Runtime

router = APIRouter(tags=["tasks"], responses=ALWAYS)

DISCONNECT_EVERY = 2.0
"""Seconds after which a waiting request looks whether its caller is still there."""

IfNoneMatch = Annotated[str | None, Header()]

UNCHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "Nothing has changed since the tag in If-None-Match."}
}


@router.get("/tasks", response_model=TasksShown, responses=UNCHANGED)
async def list_tasks(
    request: Request, at: AtDesk, asked: Annotated[ListQuery, Query()], if_none_match: IfNoneMatch = None
) -> Response:
    """Changes since `after`, oldest first; without it what waits now. `order=due`: the queue as a person works it.

    A poller that keeps its cursor sees every change and misses none; changes of one task between two polls may be
    merged into its latest state. Filters apply to that state; a task that leaves a `status` filter comes once more.
    """
    filters = filters_of(at, asked)
    read = _by_due if asked.order == "due" else _by_change
    clinic, found, cursor = await read(request, at.runtime, filters, asked)
    return unless_known(TasksShown([shown(task, clinic) for task in found], cursor), if_none_match)


def filters_of(at: Desk, asked: StreamQuery) -> Filters:
    """What a question asks for, of the caller's clinic."""
    return Filters(
        clinic=at.caller.clinic,
        statuses=tuple(asked.status) if asked.status else None,
        kinds=tuple(asked.kind) if asked.kind else None,
        team=asked.team,
        assignee=asked.assignee,
    )


Listed = tuple[Clinic, tuple[TaskRead, ...], str]


async def _by_due(_: Request, runtime: Runtime, filters: Filters, asked: ListQuery) -> Listed:
    start = place_of(asked.after)
    async with runtime.engine.connect() as conn:
        clinic = await runtime.clinics.take(conn, filters.clinic)
        page = await stored.by_due(conn, runtime.vault, filters, start, asked.limit)
    last = page.tasks[-1] if page.tasks else None
    return clinic, page.tasks, after_place(Place(last.priority, last.due_at, last.id) if last else start)


async def _by_change(request: Request, runtime: Runtime, filters: Filters, asked: ListQuery) -> Listed:
    after = change_of(asked.after)
    deadline = monotonic() + asked.wait
    while True:
        clinic, page = await look(runtime, filters, after, asked.limit)
        if page.tasks or not await _change_comes(request, filters.clinic, page.last_no, deadline):
            return clinic, page.tasks, after_change(page.tasks[-1].change_no if page.more else page.last_no)


async def look(runtime: Runtime, filters: Filters, after: int | None, limit: int) -> tuple[Clinic, Page]:
    """The changes after this one, or (None) what waits now; a 422 for a change that has not been yet."""
    async with runtime.engine.connect() as conn:
        clinic = await runtime.clinics.take(conn, filters.clinic)
        if after is None:
            return clinic, await stored.current(conn, runtime.vault, filters, limit)
        page = await stored.changes(conn, runtime.vault, filters, after, limit)
    # A cursor from before a restore would make its poller miss what comes until the numbers catch up.
    if after > page.last_no:
        raise unknown_cursor()
    return clinic, page


async def _change_comes(request: Request, clinic: str, after: int, deadline: float) -> bool:
    """Wait, holding no connection, for a newer change of the clinic; False at the deadline or with nobody there."""
    while (left := deadline - monotonic()) > 0 and not is_stopping(request) and not await request.is_disconnected():
        if await watch(request).change(clinic, after, min(left, DISCONNECT_EVERY)):
            return True
    return False


def watch(request: Request) -> Watch:
    """This process's watch over the change counters."""
    state = request.app.state
    if not hasattr(state, "task_watch"):
        state.task_watch = Watch(get_runtime(request).engine)
    found: Watch = state.task_watch
    return found


def is_stopping(request: Request) -> bool:
    """Whether this process has been told to stop: then nobody is kept waiting."""
    stopping: asyncio.Event = request.app.state.stopping
    return stopping.is_set()


@router.get("/tasks/{task_id}", response_model=TaskShownWhole, responses=UNCHANGED | refusals(404))
async def read_task(at: AtDesk, task_id: TaskId, if_none_match: IfNoneMatch = None) -> Response:
    """One task with its lead, the conversation, what was asked before, playbook suggestions and its history."""
    vault = at.runtime.vault
    async with at.runtime.engine.connect() as conn:
        clinic, task = await read_one(conn, at, task_id)
        around = await _surroundings(conn, vault, task, clinic.key)
    return unless_known(shown_whole(task, clinic, around), if_none_match, version=task.version)


async def _surroundings(conn: AsyncConnection, vault: Vault, task: TaskRead, clinic: str) -> Surroundings:
    # A task without a phone belongs to a contact that stands for nobody: what else lies there is about others.
    someone = task.phone is not None
    return Surroundings(
        lead=await reading.lead(conn, vault, clinic, task.lead.id) if task.lead else None,
        talk=await task_detail.conversation(conn, vault, task.contact_id) if someone else (),
        earlier=await task_detail.earlier(conn, vault, task.contact_id, task.id) if someone else (),
        history=await task_detail.history(conn, vault, task.id),
    )
