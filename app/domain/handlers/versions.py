"""A changed sequence was applied, and somebody decided about the leads that stand in an older version of it."""

from typing import cast

from app.domain import moving
from app.domain.contact import Lead, Stage
from app.domain.events import SequenceMoved, SequenceStopped
from app.domain.experiments import carried
from app.domain.turn import Turn

NEW_VERSION = "the sequence has a new version"


def move(turn: Turn) -> None:
    """The lead goes on in the new version; its planned step is planned anew, from the moment the old one counted from.

    A lead that is there already, went elsewhere meanwhile, or finds no step it knows stays as it is.
    """
    event, lead, clinic = cast(SequenceMoved, turn.event), cast(Lead, turn.lead), turn.clinic
    old, new = clinic.sequence(event.sequence, lead.version), clinic.sequence(event.sequence, event.version)
    if not _stands_behind(lead, event) or old is None or new is None:
        return
    variant = carried(old, new, lead.variant, clinic.arm_for(new, turn.contact.id))
    old, new = old.seen_by(lead.variant), new.seen_by(variant)
    moved = moving.moved(lead, old, new, variant)
    if moved is None:
        return
    turn.adopt(moved)
    if lead.pending is not None and not (lead.step >= len(old.steps) and turn.pass_over() is None):
        _plan_anew(turn)


def _plan_anew(turn: Turn) -> None:
    course = cast(Lead, turn.lead).course
    turn.hold(NEW_VERSION)
    turn.plan_step(course.since or turn.event.at, turn.clinic.resume_after if course.rested else None)


def stop(turn: Turn) -> None:
    """The lead's version is not continued: nothing more is sent, and what the person writes is read as ever."""
    if _stands_behind(cast(Lead, turn.lead), cast(SequenceStopped, turn.event)):
        turn.hold("the sequence was stopped")
        turn.move(Stage.FINISHED, "the sequence was changed, and stopped for who stood in it")


def _stands_behind(lead: Lead, order: SequenceMoved | SequenceStopped) -> bool:
    return lead.sequence == order.sequence and lead.version < order.version
