"""What became of our own texts, and steps that are no text coming due."""

from dataclasses import replace
from typing import cast

from app.domain.clinic import Channel
from app.domain.contact import OPEN_STAGES, Lead, Stage
from app.domain.effects import HoldSender
from app.domain.events import TextDropped, TextFailed, TextSent, TextUnknown
from app.domain.turn import Handler, Turn


def _is_current(turn: Turn) -> bool:
    """Whether the event's text was the step the lead stands at (and not an answer, or a step long done)."""
    step = turn.current_step()
    return step is not None and getattr(turn.event, "step", None) == step.key


def step_done(turn: Turn) -> None:
    """The step was sent (or may have been, or could not be): plan the next.

    A step may have been on its way when a reply planned it anew; then that second plan is cancelled here.
    """
    if not _is_current(turn):
        return
    lead = cast(Lead, turn.lead)
    if lead.pending not in (None, cast(TextSent, turn.event).message_id):
        turn.hold("this step has gone out already")
    turn.become(step=lead.step + 1, pending=None)
    turn.plan_step(since=turn.event.at)


def step_passed(turn: Turn) -> None:
    """The step was sent while the lead stood still: remember that, plan nothing."""
    if _is_current(turn):
        turn.become(step=cast(Lead, turn.lead).step + 1, pending=None)


def unknown(turn: Turn) -> None:
    """It may have been sent, so it counts as sent; when nobody can find out, a person is asked."""
    if cast(TextUnknown, turn.event).settled:
        turn.ask("delivery_problem", "Whether a text was sent could not be found out.")
    elif turn.lead is not None and turn.lead.stage is Stage.TEXTING:
        step_done(turn)
    else:
        step_passed(turn)


def dropped(turn: Turn) -> None:
    """The gate said no for good: a passing reason skips the step, a lasting one ends or pauses the lead."""
    event = cast(TextDropped, turn.event)
    lead = cast(Lead, turn.lead)
    if event.step is None or lead.pending not in (None, event.message_id):
        return  # an answer, or a step that has been planned anew since: that plan stands
    if event.rule == "suppression":
        turn.become(stage=Stage.OPTED_OUT, reason="opted out (elsewhere at the brand)", pending=None)
    elif event.rule == "consent":
        turn.become(stage=Stage.PAUSED, reason="no valid consent", pending=None)
        turn.ask("call", "There is no valid consent to text this person.")
    else:
        step_done(turn)


def failed(turn: Turn) -> None:
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
    if lead is not None and lead.stage is Stage.TEXTING and lead.pending == event.message_id:
        turn.become(pending=None)
        turn.plan_step(since=turn.event.at)


def _refused(turn: Turn) -> None:
    """The carrier refuses this one text for another reason: a person is told, the sequence goes on."""
    event = cast(TextFailed, turn.event)
    turn.ask("delivery_problem", f"The carrier refused a text (code {event.code}).")
    if turn.lead is not None and turn.lead.stage is Stage.TEXTING and turn.lead.pending == event.message_id:
        step_done(turn)


FAILURES: dict[str, Handler] = {
    "opted_out": _carrier_says_opted_out,
    "dead_number": _dead_number,
    "sender_fault": _sender_at_fault,
    "refused": _refused,
}


def time_passed(turn: Turn) -> None:
    """A step that is no text has come due: open its task, then plan the next."""
    step = turn.current_step()
    if step is None or not _is_current(turn):
        return
    if step.channel is Channel.CALL:
        turn.ask("call", step.note or "Try a call.")
    elif step.channel is Channel.EMAIL:
        turn.ask("email_follow_up", step.note or "Write an e-mail.")
    step_done(turn)
