"""A person is erased: everything about them ends, and what is known of them is forgotten."""

from dataclasses import replace

from app.domain.effects import CancelTasks, ErasePerson
from app.domain.erasing import ERASED, bare
from app.domain.talk import NOTHING_SAID
from app.domain.turn import Turn


def erase(turn: Turn) -> None:
    """Nothing stays planned or asked, no lead knows whose it was; an opt-out stays one. A later form begins afresh."""
    turn.silence(ERASED)
    if turn.contact.tasks:
        turn.note(CancelTasks(ids=tuple(one.id for one in turn.contact.tasks), reason=ERASED))
    left = tuple(bare(one, turn.event.id, place) for place, one in enumerate(turn.contact.leads))
    turn.contact = replace(turn.contact, leads=left, tasks=(), talk=NOTHING_SAID)
    turn.note(ErasePerson(event_id=turn.event.id))
