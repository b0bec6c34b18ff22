"""Unsubscribing from e-mail: it ends e-mail only, and asks nobody."""

from app.domain.effects import SuppressEmail
from app.domain.emails import address_of
from app.domain.turn import Turn


def opted_out(turn: Turn) -> None:
    """This address is not written to again; the step that is planned is dropped when due, and the texts go on."""
    address = address_of(turn.lead) if turn.lead else None
    if address is not None:
        turn.note(SuppressEmail(email=address))
