"""The desk: how anybody acts on a task, whatever the act.

Every call is an `Act`: the rule that moves the task's standing, the line of its history, and the event that tells
the machine. `carry_out` does all of them the same way, in one transaction whose last statement numbers the change.
Nothing here decides what follows, and nothing sends.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.store import events, installation, task_lists, tasks
from app.adapters.store.task_lists import TaskRead
from app.adapters.store.tasks import Entry, HeldTask
from app.api.auth import Caller, coordinator
from app.api.problems import Problem, not_found, refusals
from app.api.state import get_runtime
from app.api.task_shapes import as_json, meets, shown
from app.domain import tasks as task_rules
from app.domain.clinic import Clinic
from app.domain.events import Event
from app.domain.leases import Refused, Standing
from app.runtime import Runtime


@dataclass(frozen=True)
class Desk:
    """Where a call comes in: for which clinic, and (`if_match`) for which version of a task."""

    runtime: Runtime
    caller: Caller
    if_match: str | None = None


def desk(request: Request, caller: Annotated[Caller, Depends(coordinator)]) -> Desk:
    """The desk at which tasks are read, or handed out."""
    return Desk(get_runtime(request), caller)


def acting_desk(
    at: Annotated[Desk, Depends(desk)],
    if_match: Annotated[str | None, Header(description='The version the caller knows, as `"3"`.')] = None,
) -> Desk:
    """The desk at which one task is acted on."""
    return replace(at, if_match=if_match)


def known_id(task_id: str) -> str:
    """A task's id as it came in the path; what can be no id of ours is 404 without asking the database."""
    if not (task_id.isascii() and task_id.isprintable()):
        raise not_found("task")
    return task_id


AtDesk = Annotated[Desk, Depends(desk)]
AtTask = Annotated[Desk, Depends(acting_desk)]
TaskId = Annotated[str, Depends(known_id)]

REFUSALS = refusals(404, 409, 412)
"""409: another holds the task (`holder`, `until`), your lease has ended, or it is over. 412: If-Match is stale."""

ALWAYS = refusals(401, 403, 413, 422, 503)


@dataclass(frozen=True, kw_only=True)
class Act:
    """Something a person does to a task: `move` is the rule, `line` its name in the history.

    One that `answers` the lead stops the task's clock.
    """

    line: str
    by: str
    move: Callable[[Standing, datetime], Standing]
    words: str | None = None
    event: Callable[[HeldTask, datetime], Event] | None = None
    answers: bool = False


@dataclass(frozen=True)
class Done:
    """A task after an act, and the event that told of it, with the lane that will read it."""

    clinic: Clinic
    task: TaskRead
    lane: int
    event: Event | None

    def answer(self, status: int = 200) -> Response:
        """The task as JSON; its tag is its version, for the next If-Match."""
        return as_json(shown(self.task, self.clinic), status, tag=f'"{self.task.version}"')


async def act(at: Desk, task_id: str, what: Act) -> Done:
    """Do this to a task, in a transaction of its own, and tell the workers. 404, 409 and 412 change nothing."""
    async with at.runtime.engine.begin() as conn:
        held = await tasks.lock(conn, at.caller.clinic, task_id)
        if held is None:
            raise not_found("task")
        if not meets(at.if_match, held.version):
            raise Problem(412, "The task has changed", f"It is at version {held.version} now.")
        done = await carry_out(conn, at, held, what)
    return rung(at, done)


async def carry_out(conn: AsyncConnection, at: Desk, held: HeldTask, what: Act) -> Done:
    """Do this to a task that the transaction has locked: move, note, tell, read, and number it last."""
    vault = at.runtime.vault
    now = await installation.now(conn)
    standing = _moved(what, held.standing, now)
    words = vault.seal("task", what.words) if what.words else None
    await tasks.move(conn, standing, Entry(task_id=held.id, at=now, kind=what.line, by=what.by, words=words))
    await _mind_the_clock(conn, at, held, what, standing, now)
    event = what.event(held, now) if what.event else None
    if event is not None:
        await events.append(conn, vault, [(held.contact, event)])
    clinic, task = await read_one(conn, at, held.id)
    await tasks.number_changes(conn, at.caller.clinic, [held.id])
    return Done(clinic, task, held.contact.lane, event)


async def _mind_the_clock(
    conn: AsyncConnection, at: Desk, held: HeldTask, what: Act, standing: Standing, now: datetime
) -> None:
    """An answer stops the clock; what sleeps has its team's whole time again when it wakes."""
    if what.answers:
        await tasks.answered(conn, held.id, now)
    elif standing.snoozed_until is not None:
        clinic = await at.runtime.clinics.take(conn, at.caller.clinic)
        team = clinic.teams.get(held.team)
        if team is not None:
            await tasks.put_off(conn, held.id, task_rules.answer_anew_by(team, held.kind, standing.snoozed_until))


def _moved(what: Act, standing: Standing, now: datetime) -> Standing:
    try:
        return what.move(standing, now)
    except Refused as refusal:
        raise _refused(refusal) from None


def _refused(refusal: Refused) -> Problem:
    why = str(refusal).capitalize()
    if refusal.until is None:
        return Problem(409, "The task is over", f"{why}.")
    until = refusal.until.isoformat(timespec="seconds").replace("+00:00", "Z")
    detail = f"{why}: held by {refusal.holder} until {until}."
    return Problem(409, "The task is not yours", detail, holder=refusal.holder, until=until)


def rung(at: Desk, done: Done) -> Done:
    """Tell the workers of an act after its commit."""
    if done.event is not None:
        at.runtime.doorbell.ring({done.lane})
    return done


async def read_one(conn: AsyncConnection, at: Desk, task_id: str) -> tuple[Clinic, TaskRead]:
    """One task of the desk's clinic, and the clinic; 404 when there is none."""
    task = await task_lists.one(conn, at.runtime.vault, at.caller.clinic, task_id)
    if task is None:
        raise not_found("task")
    return await at.runtime.clinics.take(conn, at.caller.clinic), task
