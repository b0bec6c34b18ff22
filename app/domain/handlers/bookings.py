"""Appointments made, moved, kept, called off or missed."""

from typing import cast

from app.domain.contact import Stage
from app.domain.events import Appointment
from app.domain.tasks import SCHEDULING
from app.domain.turn import Turn


def booked(turn: Turn) -> None:
    _stop_for_booking(turn, Stage.BOOKED, "booked")


def completed(turn: Turn) -> None:
    _stop_for_booking(turn, Stage.FINISHED, "appointment completed")


def _stop_for_booking(turn: Turn, stage: Stage, reason: str) -> None:
    """The lead's course is run. Others on the phone pause: who of a shared phone booked is not ours to guess."""
    turn.silence(reason)
    turn.move(stage, reason)
    turn.drop_tasks(SCHEDULING, reason)


def called_off(turn: Turn) -> None:
    """Cancelled or missed: texting never resumes by itself; a person helps."""
    turn.silence("the appointment is off")
    turn.move(Stage.PAUSED, "the appointment is off")
    turn.ask("booking_help", _words(turn))


def called_off_when_over(turn: Turn) -> None:
    turn.ask("booking_help", _words(turn))


def unmatched(turn: Turn) -> None:
    turn.ask("booking_help", _words(turn))


def _words(turn: Turn) -> str:
    event = cast(Appointment, turn.event)
    what = event.__class__.__name__.removeprefix("Appointment").lower()
    which = f", booking {event.external_id}" if event.external_id else ""
    when = f", for {event.starts_at.isoformat()}" if event.starts_at else ""
    whose = "" if turn.lead else "; it matches no lead"
    return f"Appointment {what}{which}{when}{whose}."
