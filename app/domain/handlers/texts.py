"""What became of our own texts, and steps that are no text coming due."""

from dataclasses import replace
from typing import cast

from app.domain import conditions, offers
from app.domain.clinic import Channel, Step
from app.domain.contact import IN_SEQUENCE, OPEN_STAGES, Lead, Stage
from app.domain.effects import HoldSender, OpenTask
from app.domain.events import TextDropped, TextFailed, TextSent, TextUnknown, TimePassed
from app.domain.talk import WAYS_TO_BOOK
from app.domain.tasks import SCHEDULING
from app.domain.turn import Handler, Turn

NOBODY_WAITS = frozenset({"suppression", "test_lead", "opted_out", "dead_number"})
"""Reasons for which a lost answer asks nobody, or the reason's own handler asks."""


def _is_current(turn: Turn) -> bool:
    """Whether the event's text was the step the lead stands at (and not an answer, or a step long done)."""
    step = turn.current_step()
    return step is not None and getattr(turn.event, "step", None) == step.key


def step_done(turn: Turn) -> None:
    """The step was sent (or may have been, or could not be): plan the next.

    A step may have been on its way when a reply planned it anew; then that second plan is cancelled here.
    """
    _heard(turn)
    _remember(turn)
    if not _is_current(turn):
        _said_elsewhere(turn)
        return
    lead = cast(Lead, turn.lead)
    if lead.pending not in (None, cast(TextSent, turn.event).message_id):
        turn.hold("this step has gone out already")
    if lead.is_texted():
        _go_on(turn)
    else:
        turn.become(step=lead.step + 1, pending=None)


def _go_on(turn: Turn) -> None:
    """The step the lead stands at is behind it: plan the next, or end what has none."""
    turn.become(step=cast(Lead, turn.lead).step + 1, pending=None)
    turn.plan_step(since=turn.event.at)


def step_passed(turn: Turn) -> None:
    """The step was sent while the lead stood still: remember that, plan nothing."""
    _heard(turn)
    _remember(turn)
    if _is_current(turn):
        turn.become(step=cast(Lead, turn.lead).step + 1, pending=None)


def _remember(turn: Turn) -> None:
    """What was planned under this message was done, or will not be."""
    if turn.lead is None:
        return
    course, message_id = turn.lead.course, cast(TextSent, turn.event).message_id
    done = isinstance(turn.event, TextSent | TextUnknown)
    turn.become(course=course.done(message_id) if done else course.undone(message_id))


def _said_elsewhere(turn: Turn) -> None:
    """A text was on its way when its lead moved to another sequence: what is planned there must not say it again."""
    lead, step = turn.lead, turn.current_step()
    if lead is None or step is None or lead.pending is None or not lead.course.has(str(lead.sequence), step):
        return
    turn.hold("these words have gone out already")
    turn.plan_step(since=turn.event.at)


def _heard(turn: Turn) -> None:
    """One of our texts has gone out: an answer waits no longer; any other text ends an open offer, or makes one."""
    event = turn.event
    if not isinstance(event, TextSent | TextUnknown):
        return
    if turn.contact.talk.spoken(event.message_id) is not None:
        turn.contact = replace(turn.contact, talk=turn.contact.talk.heard(event.message_id))
        return
    turn.end_offer()
    step = turn.current_step()
    if step is not None and step.key == event.step and turn.clinic.time_options and offers.named_in(step.words):
        turn.offer("times", offers.times(turn.clinic))


def answer_lost(turn: Turn) -> None:
    """An automatic answer will not arrive: who waits for it is not left alone, unless somebody looks after it already.

    Nobody is asked where the phone is closed to texts, or the text was only a courtesy.
    """
    event = cast(TextDropped | TextFailed, turn.event)
    said = turn.contact.talk.spoken(event.message_id)
    if said is None or turn.lead is None or not said.waiting:
        return
    turn.contact = replace(turn.contact, talk=turn.contact.talk.heard(event.message_id))
    why = event.rule if isinstance(event, TextDropped) else event.cause
    if turn.contact.suppressed_by is not None or why in NOBODY_WAITS:
        return
    kinds = {one.kind for one in turn.contact.tasks if one.lead_id == turn.lead.id}
    if said.name in WAYS_TO_BOOK and kinds.isdisjoint(SCHEDULING):
        turn.end_offer()
        turn.ask("booking_help", "The person said yes, and the way to book could not be sent in time.")
    elif said.name == "help" and not kinds:
        turn.ask("unclear", "The person asked for help, and the answer could not be sent in time.")


def unknown(turn: Turn) -> None:
    """It may have been sent, so it counts as sent; when nobody can find out, a person is asked."""
    if cast(TextUnknown, turn.event).settled:
        turn.ask("delivery_problem", "Whether a message was sent could not be found out.")
    elif turn.lead is not None and turn.lead.stage in IN_SEQUENCE:
        step_done(turn)
    else:
        step_passed(turn)


def dropped(turn: Turn) -> None:
    """The gate said no for good: a passing reason skips the step, a lasting one ends or pauses the lead."""
    event = cast(TextDropped, turn.event)
    lead = cast(Lead, turn.lead)
    if event.step is None:
        answer_lost(turn)
    elif lead.pending not in (None, event.message_id):
        return  # a step that has been planned anew since: that plan stands
    elif event.rule == "suppression":
        turn.become(stage=Stage.OPTED_OUT, reason="opted out (elsewhere at the brand)", pending=None)
    elif event.rule == "consent":
        turn.become(stage=Stage.PAUSED, reason="no valid consent", pending=None)
        turn.ask("call", "There is no valid consent to text this person.")
    else:
        step_done(turn)


def failed(turn: Turn) -> None:
    """The carrier said no, for the cause that it names; an answer that somebody waits for is made up for by people."""
    answer_lost(turn)
    FAILURES[cast(TextFailed, turn.event).cause](turn)


def _carrier_says_opted_out(turn: Turn) -> None:
    if turn.contact.suppressed_by is None:
        turn.opt_out(by="carrier", method="carrier")


def _dead_number(turn: Turn) -> None:
    """No text can reach this phone: all talks on it pause, and a person finds another way."""
    turn.silence("the number takes no texts")
    paused = tuple(
        replace(one, stage=Stage.PAUSED, reason="the number takes no texts") if one.stage in OPEN_STAGES else one
        for one in turn.contact.leads
    )
    turn.contact = replace(turn.contact, leads=paused)
    turn.lead = turn.contact.lead(turn.lead.id) if turn.lead else None
    lead_id = turn.lead.id if turn.lead else None
    if not any(one.kind == "delivery_problem" and one.lead_id == lead_id for one in turn.contact.tasks):
        turn.ask("delivery_problem", "The carrier says that this number cannot receive texts.")


def _sender_at_fault(turn: Turn) -> None:
    """Not the person's doing: the lead stands, the sender is held, and the text waits for its return."""
    event = cast(TextFailed, turn.event)
    sender = event.sender or turn.sender()
    about = f"The carrier refuses texts from {sender} (code {event.code}); nothing leaves by it until it is freed."
    # The task is about the sender, so it is no lead's: it must not hold up the lead that happened to notice.
    task = replace(turn.task("delivery_problem", about), lead_id=None)
    turn.note(HoldSender(sender=sender, code=event.code or "", task=task))
    lead = turn.lead
    if lead is not None and lead.stage in IN_SEQUENCE and lead.pending == event.message_id:
        turn.become(pending=None)
        turn.plan_step(since=turn.event.at)


def _refused(turn: Turn) -> None:
    """The carrier refuses this one text for another reason: a person is told, the sequence goes on."""
    event = cast(TextFailed, turn.event)
    if not any(one.event_id == event.id for one in turn.effects if isinstance(one, OpenTask)):
        turn.ask("delivery_problem", f"The carrier refused a text (code {event.code}).")
    if turn.lead is not None and turn.lead.stage in IN_SEQUENCE and turn.lead.pending == event.message_id:
        step_done(turn)


def _address_refused(turn: Turn) -> None:
    """No e-mail reaches that address: nobody is asked, for the texts go on."""
    lead = turn.lead
    if lead is not None and lead.pending == cast(TextFailed, turn.event).message_id:
        step_done(turn)


FAILURES: dict[str, Handler] = {
    "opted_out": _carrier_says_opted_out,
    "dead_number": _dead_number,
    "sender_fault": _sender_at_fault,
    "refused": _refused,
    "address_refused": _address_refused,
}


def time_passed(turn: Turn) -> None:
    """A step that is no text has come due: open its task, then plan the next. The moment without a step is the end."""
    event, lead = cast(TimePassed, turn.event), cast(Lead, turn.lead)
    if event.step is None and lead.pending == event.message_id:
        turn.become(pending=None)
        turn.end_sequence()
        return
    step = turn.current_step()
    if step is None or not _is_current(turn):
        return
    if (step.if_ or step.unless) and lead.course.armed != event.message_id:
        _look_at_conditions(turn, step)
        return
    turn.become(course=lead.course.done(event.message_id))
    if step.channel is Channel.CALL:
        turn.ask("call", step.note or "Try a call.")
    elif step.channel is Channel.EMAIL:
        turn.ask("email_follow_up", step.note or "Write an e-mail.")
    step_done(turn)


def _look_at_conditions(turn: Turn, step: Step) -> None:
    """A step with conditions has fallen due: it is done or skipped, by what is known now; an old moment is none."""
    lead, moment = cast(Lead, turn.lead), cast(TimePassed, turn.event).message_id
    if lead.pending != moment:
        return
    why = conditions.unmet(step, turn.clinic, lead)
    if why:
        turn.skip(moment, why)
        _go_on(turn)
        return
    turn.become(course=lead.course.undone(moment), pending=None)
    if step.channel is Channel.WAIT:
        _go_on(turn)
    else:
        turn.arm(step)
