"""Erasing a person: what is left of a lead, and of an event, when the person behind them is gone.

How to think of it: the skeleton stays, the words go. When a form came, which step was sent and who of the staff did
what can still be told, but not of whom. Nothing here decides about permission: opt-outs and the consent ledger are
kept elsewhere, under the phone, and are not touched.
"""

from dataclasses import MISSING, Field, fields, replace
from typing import Any

from app.domain.contact import Lead, Stage
from app.domain.events import Event
from app.domain.ids import derive_id
from app.domain.turn import WRONG_NUMBER

ERASED = "erased"
"""Why a lead ended whose person was erased."""

KEPT = frozenset(
    {
        # When, what, and which rows of ours it names.
        *("id", "at", "kind", "lead_id", "duplicate_of", "booking_id", "message_id", "task_id"),
        # Which way it came, and who of the staff did it.
        *("source", "test", "sender", "carrier_id", "assignee", "by", "outcome"),
        # Which step it was, and what became of it.
        *("sequence", "version", "step", "segments", "cause", "code", "settled", "rule", "status"),
    }
)
"""The fields of an event that say what happened, and nothing of the person; whatever is not listed is blanked."""

KEPT_OF_A_LEAD = (
    *("id", "token", "captured_at", "source", "test"),
    *("track", "score", "sequence", "version", "step", "no_answers"),
)
"""What stays of a lead, for figures; whatever is not listed is as in a lead of whom nothing is known."""


def bare(lead: Lead, event_id: str, place: int) -> Lead:
    """What is left of a lead: that it was, where its sequence ended, and that it is over.

    An opt-out stays one, and a wrong number. The link in texts that left dies with the token; the new one derives from
    the event that erased and the lead's `place` on the phone. A lead that is bare already stays as it is.
    """
    left = Lead(
        **{name: getattr(lead, name) for name in KEPT_OF_A_LEAD},
        stage=Stage.OPTED_OUT if lead.stage is Stage.OPTED_OUT else Stage.FINISHED,
        reason=WRONG_NUMBER if lead.reason == WRONG_NUMBER else ERASED,
        first_name="",
        zones=(),
    )
    return lead if left == lead else replace(left, token=derive_id("erased", event_id, place))


def skeleton(event: Event) -> Event:
    """The same event with every word, name, number, wish and consent act blanked; it reads like any other."""
    blanks = {field.name: _blank(field, event) for field in fields(event) if field.name not in KEPT}
    return replace(event, **blanks)


def _blank(field: Field[Any], event: Event) -> Any:
    if field.default is not MISSING:
        return field.default
    return type(getattr(event, field.name))()
