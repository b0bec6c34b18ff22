"""What the staff did: tasks completed, answers written, orders given."""

from dataclasses import replace
from typing import cast

from app.domain import calendar
from app.domain.contact import OPEN_STAGES, Lead, Stage
from app.domain.effects import CloseTask, Purpose
from app.domain.events import AnswerWritten, ConsentAct, StaffOrder, TaskCompleted
from app.domain.handlers import bookings, captures
from app.domain.turn import COORDINATORS_REPLY_LIVES, Handler, Turn

CALLS_AFTER_NO_ANSWER = 2
"""How often an unanswered call is planned again."""


def task_completed(turn: Turn) -> None:
    event = cast(TaskCompleted, turn.event)
    turn.note(CloseTask(id=event.task_id, outcome=event.outcome, assignee=event.assignee))
    left = tuple(one for one in turn.contact.tasks if one.id != event.task_id)
    turn.contact = replace(turn.contact, tasks=left)
    OUTCOMES[event.outcome](turn)


def _answered(turn: Turn) -> None:
    """The question is answered: the sequence resumes after a decent pause, unless more questions are open."""
    lead = turn.lead
    if lead is None or lead.sequence is None or lead.stage not in (Stage.PAUSED, Stage.TEXTING, Stage.NURTURE):
        return
    if lead.consent_id is None or turn.contact.suppressed_by is not None or turn.another_is_texted():
        return
    if any(one.lead_id == lead.id for one in turn.contact.tasks):
        return
    turn.hold("answered: planned anew")
    turn.move(Stage.TEXTING, "answered")
    turn.plan_step(since=turn.now, rest=turn.clinic.resume_after)


def _staff_booked(turn: Turn) -> None:
    if turn.lead is not None:
        bookings.booked(turn)


def _no_answer(turn: Turn) -> None:
    """Nobody picked up: a call on the next business day, twice at most."""
    lead = turn.lead
    if lead is None or lead.stage not in OPEN_STAGES:
        return
    turn.hold("no answer")
    turn.move(Stage.PAUSED, "no answer")
    if lead.no_answers < CALLS_AFTER_NO_ANSWER:
        turn.become(no_answers=lead.no_answers + 1)
        _call_next_day(turn)


def _call_next_day(turn: Turn) -> None:
    """A call that nobody is handed before the team opens on the next business day."""
    order = turn.task("call", "Nobody answered: try again.")
    team = turn.clinic.teams[order.team]
    (opens, _), *_ = calendar.open_intervals(team.hours, calendar.add_business_days(team.hours, turn.now, 1))
    due = calendar.respond_by(team.hours, opens, team.respond_within)
    turn.give(replace(order, due_at=due, snoozed_until=opens))


def _not_interested(turn: Turn) -> None:
    if turn.lead is not None and turn.lead.stage is not Stage.OPTED_OUT:
        turn.silence("not interested")
        turn.move(Stage.DECLINED, "not interested")


def _told_opt_out(turn: Turn) -> None:
    turn.opt_out(by="staff", method="told to staff")


def _told_wrong_number(turn: Turn) -> None:
    turn.silence("wrong number")
    turn.withdraw(ConsentAct(sms=False, at=turn.event.at), "wrong number")
    opted_out = turn.lead is not None and turn.lead.stage is Stage.OPTED_OUT
    turn.become(stage=Stage.OPTED_OUT if opted_out else Stage.FINISHED, reason="wrong number")


def _other_outcome(turn: Turn) -> None:
    if turn.lead is not None and turn.lead.stage in OPEN_STAGES:
        turn.hold("a person looks after this lead")
        turn.move(Stage.PAUSED, "other")


OUTCOMES: dict[str, Handler] = {
    "answered": _answered,
    "booked": _staff_booked,
    "no_answer": _no_answer,
    "not_interested": _not_interested,
    "opted_out": _told_opt_out,
    "wrong_number": _told_wrong_number,
    "other": _other_outcome,
}


def coordinator_wrote(turn: Turn) -> None:
    event = cast(AnswerWritten, turn.event)
    turn.send(event.text, Purpose.REPLY, COORDINATORS_REPLY_LIVES, id=event.message_id, task_id=event.task_id)


def staff_opt_out(turn: Turn) -> None:
    turn.opt_out(by="staff", method="told to staff")


def phone_closed(turn: Turn) -> None:
    """The phone is on the opt-out list: as if its STOP had been read, and nobody is told."""
    turn.opt_out(by="staff", method="opt-out list")


def phone_opened(turn: Turn) -> None:
    """The phone may be texted again; by whom and why stands in the event. What had ended stays ended."""
    if turn.contact.suppressed_by is not None:
        turn.lift()


def pause(turn: Turn) -> None:
    turn.hold("paused by staff")
    turn.move(Stage.PAUSED, cast(StaffOrder, turn.event).reason)


def resume(turn: Turn) -> None:
    """Staff let the sequence go on, if the person may be texted at all."""
    lead = cast(Lead, turn.lead)
    if lead.consent_id is None or turn.contact.suppressed_by is not None:
        return
    if lead.sequence is None or turn.another_is_texted():
        captures.start_texting(turn)
        return
    turn.hold("planned anew")
    turn.move(Stage.TEXTING, cast(StaffOrder, turn.event).reason)
    turn.plan_step(since=turn.now)


def close(turn: Turn) -> None:
    turn.hold("closed by staff")
    turn.move(Stage.FINISHED, cast(StaffOrder, turn.event).reason)
