"""Working the coordinator's queue: claim, give back, put aside, note, answer, complete."""

from dataclasses import replace
from datetime import datetime, timedelta

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.store import installation, tasks
from app.adapters.store.tasks import HeldTask
from app.api import task_reading, task_stream
from app.api.problems import Problem, invalid
from app.api.task_bodies import (
    AssignBody,
    ClaimBody,
    ClaimNextBody,
    CompleteBody,
    NoteBody,
    ReleaseBody,
    ReplyBody,
    SnoozeBody,
)
from app.api.task_desk import ALWAYS, REFUSALS, Act, AtDesk, AtTask, Desk, Done, TaskId, act, carry_out, read_one, rung
from app.api.task_shapes import ReplyShown, TaskAssigned, TaskShown, addressee, as_json, assigned, shown
from app.api.waiting import until_no_claim_can_start, until_read
from app.domain import leases, playbook
from app.domain import tasks as rules
from app.domain.clinic import Clinic
from app.domain.events import AnswerWritten, Event, TaskClaimed, TaskCompleted
from app.domain.ids import new_id
from app.domain.leases import Standing

router = APIRouter(tags=["tasks"], responses=ALWAYS)
router.include_router(task_stream.router)
router.include_router(task_reading.router)


def _claim(body: ClaimBody | ClaimNextBody) -> Act:
    lease = timedelta(seconds=body.lease_seconds)
    return Act(
        line="claimed",
        by=body.assignee,
        move=lambda standing, now: leases.claim(standing, body.assignee, now + lease, now),
        event=lambda held, now: _claimed(held, now, body.assignee),
    )


def _take_over(at: Desk, body: ClaimBody | AssignBody, to: str) -> Act:
    """Take a task from whoever holds it, for oneself or somebody else; the reason stands in its history."""
    if at.caller.role != "admin":
        raise Problem(403, "This key may not do that", "To take a task over from its holder, an admin's key is needed.")
    lease = timedelta(seconds=body.lease_seconds)
    return Act(
        line="taken_over",
        by=body.assignee,
        words=body.reason if to == body.assignee else f"{to}: {body.reason}",
        move=lambda standing, now: leases.take_over(standing, to, now + lease, now),
        event=lambda held, now: _claimed(held, now, to),
    )


def _claimed(held: HeldTask, now: datetime, assignee: str) -> Event:
    return TaskClaimed(id=new_id("evt"), at=now, task_id=held.id, assignee=assignee)


@router.post("/tasks/claim-next", response_model=TaskShown, responses={204: {"description": "Nothing waits."}})
async def claim_next(at: AtDesk, body: ClaimNextBody) -> Response:
    """Hand out the most urgent task that nobody holds; two callers never get the same. 204 when there is none."""
    while True:
        async with at.runtime.engine.begin() as conn:
            waiting = await tasks.candidates(conn, at.caller.clinic, body.team, await installation.now(conn))
            done = await _claim_first(conn, at, waiting, body)
        if done is not None:
            return rung(at, done).answer()
        if not waiting:
            return Response(status_code=204)
        # Others are at every one of them: wait for the first rather than say that there is nothing.
        async with at.runtime.engine.begin() as conn:
            await tasks.lock(conn, at.caller.clinic, waiting[0][0])


async def _claim_first(
    conn: AsyncConnection, at: Desk, waiting: list[tuple[str, str]], body: ClaimNextBody
) -> Done | None:
    for task_id, contact_id in waiting:
        held = await tasks.try_lock(conn, task_id, contact_id)
        if held and leases.settle(held.standing, await installation.now(conn)).status == "open":
            return await carry_out(conn, at, held, _claim(body))
    return None


@router.post("/tasks/{task_id}/claim", response_model=TaskShown, responses=REFUSALS)
async def claim(at: AtTask, task_id: TaskId, body: ClaimBody) -> Response:
    """Take a task, or renew one's own lease on it. With `force` (an admin's key, and a reason) from its holder."""
    what = _take_over(at, body, body.assignee) if body.force else _claim(body)
    return (await act(at, task_id, what)).answer()


@router.post("/tasks/{task_id}/assign", response_model=TaskAssigned, responses=REFUSALS)
async def assign(at: AtTask, task_id: TaskId, body: AssignBody) -> Response:
    """Give the task, and a lease on it, to `to`; `warnings` say when they are away."""
    done = await act(at, task_id, _take_over(at, body, body.to) if body.force else _assign(body))
    now = await _now(at)
    return as_json(assigned(done.task, done.clinic, _warnings(done.clinic, body.to, now)), tag=f'"{done.task.version}"')


def _warnings(clinic: Clinic, person: str, now: datetime) -> list[str]:
    absence = rules.away_until(clinic, person, now)
    return [f"{person} is away until {absence.until}"] if absence else []


async def _now(at: Desk) -> datetime:
    async with at.runtime.engine.connect() as conn:
        return await installation.now(conn)


def _assign(body: AssignBody) -> Act:
    lease = timedelta(seconds=body.lease_seconds)
    return Act(
        line="assigned",
        by=body.assignee,
        words=body.to,
        move=lambda standing, now: leases.assign(standing, body.assignee, now + lease, now, to=body.to),
        event=lambda held, now: _claimed(held, now, body.to),
    )


@router.post("/tasks/{task_id}/release", response_model=TaskShown, responses=REFUSALS)
async def release(at: AtTask, task_id: TaskId, body: ReleaseBody) -> Response:
    """Put the task back into the queue."""
    what = Act(
        line="released", by=body.assignee, move=lambda standing, now: leases.release(standing, body.assignee, now)
    )
    return (await act(at, task_id, what)).answer()


@router.post("/tasks/{task_id}/snooze", response_model=TaskShown, responses=REFUSALS)
async def snooze(at: AtTask, task_id: TaskId, body: SnoozeBody) -> Response:
    """Put the task aside; at the moment given it is open again."""

    def move(standing: Standing, now: datetime) -> Standing:
        until = body.until or now + timedelta(minutes=body.minutes or 0)
        if until <= now:
            raise invalid([("until", "must be in the future")])
        return leases.snooze(standing, body.assignee, until, now)

    return (await act(at, task_id, Act(line="snoozed", by=body.assignee, move=move))).answer()


@router.post("/tasks/{task_id}/notes", response_model=TaskShown, responses=REFUSALS)
async def note(at: AtTask, task_id: TaskId, body: NoteBody) -> Response:
    """Write into the task's history; always allowed, whoever holds it and when it is over."""
    what = Act(line="note", by=body.assignee, words=body.text, move=lambda standing, _: standing)
    return (await act(at, task_id, what)).answer()


@router.post("/tasks/{task_id}/reply", response_model=ReplyShown, status_code=202, responses=REFUSALS)
async def reply(at: AtTask, task_id: TaskId, body: ReplyBody) -> Response:
    """Text the lead, through the same gate as every other text."""
    words = await _reply_words(at, task_id, body)
    message_id = new_id("msg")
    what = Act(
        line="reply",
        by=body.assignee,
        words=words,
        move=lambda standing, now: leases.answer(standing, body.assignee, now),
        event=lambda held, now: AnswerWritten(
            id=new_id("evt"),
            at=now,
            task_id=held.id,
            lead_id=held.lead_id,
            message_id=message_id,
            text=words,
            assignee=body.assignee,
        ),
        answers=True,
    )
    done = await act(at, task_id, what)
    return as_json(ReplyShown(message_id, shown(done.task, done.clinic)), 202, tag=f'"{done.task.version}"')


async def _reply_words(at: Desk, task_id: str, body: ReplyBody) -> str:
    async with at.runtime.engine.connect() as conn:
        clinic, task = await read_one(conn, at, task_id)
    if task.phone is None:
        raise Problem(409, "There is nobody to text", "No phone is behind this task.")
    if body.text is not None:
        return body.text
    words = playbook.answer(clinic, str(body.playbook), addressee(task.lead))
    if words is None:
        raise invalid([("playbook", "is no play of this clinic that can be filled in for this lead")])
    return words


@router.post(
    "/tasks/{task_id}/complete",
    response_model=TaskShown,
    responses=REFUSALS | {202: {"description": "Taken in; what becomes of it takes longer.", "model": TaskShown}},
)
async def complete(at: AtTask, task_id: TaskId, body: CompleteBody) -> Response:
    """Say what came of the task; 200 once that took effect on the lead, 202 when it takes over two seconds."""
    what = Act(
        line="completed",
        by=body.assignee,
        words=body.note,
        move=lambda standing, now: leases.complete(standing, body.assignee, body.outcome, now),
        event=lambda held, now: TaskCompleted(
            id=new_id("evt"),
            at=now,
            task_id=held.id,
            lead_id=held.lead_id,
            outcome=body.outcome,
            assignee=body.assignee,
            note=body.note,
        ),
    )
    done = await act(at, task_id, what)
    await until_no_claim_can_start(at.runtime, done.task.contact_id)
    if done.event is None or not await until_read(at.runtime, done.event.id):
        return done.answer(202)
    async with at.runtime.engine.connect() as conn:
        clinic, task = await read_one(conn, at, task_id)
    return replace(done, clinic=clinic, task=task).answer()
