"""The booking link was opened: what that tells about the lead. It books nothing."""

from dataclasses import replace

from app.domain.turn import Turn


def clicked(turn: Turn) -> None:
    """Remember when the link was opened last, and score the lead anew: it may be for another sequence now.

    A step whose conditions held, and which still waits to leave, is looked at again.
    """
    before = turn.lead
    if before is None:
        return
    turn.become(course=replace(before.course, clicked_at=turn.event.at))
    turn.reconsider(before)
    turn.look_again()
