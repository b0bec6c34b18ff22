"""The clinic's one question was asked, and the person wrote: what the reply teaches about the lead."""

from typing import cast

from app.domain import qualifying
from app.domain.contact import Lead, Stage
from app.domain.events import ReplyReceived
from app.domain.replies import Intent, Reading
from app.domain.turn import Turn

MAY_ANSWER = frozenset({Intent.CONFIRM, Intent.TIME_PREFERENCE, Intent.QUESTION, Intent.CALLBACK, Intent.OTHER})
TALKING = frozenset({Stage.TEXTING, Stage.PAUSED, Stage.NURTURE})


def learn(turn: Turn, reading: Reading) -> bool:
    """Take what the reply says to the question; whether that was all there was to it.

    What else it says wins: "new, and yes please" is learnt from and then read as yes.
    """
    lead, question = turn.lead, turn.clinic.question
    if lead is None or question is None or lead.stage not in TALKING or not qualifying.is_open(turn.clinic, lead):
        return False
    if reading.automatic or reading.intent not in MAY_ANSWER:
        return False
    value = qualifying.answer_in(question, cast(ReplyReceived, turn.event).body)
    if value is None:
        return False
    event, contact = turn.event, turn.contact.id
    turn.adopt(qualifying.answered(turn.clinic, lead, question, value, event.id, event.at, contact))
    turn.take_part(lead.sequence)
    return reading.intent is Intent.OTHER and _goes_on(turn, lead)


def _goes_on(turn: Turn, before: Lead) -> bool:
    """The talk goes on as it was, in another sequence if that is for the lead now; False when a person must look."""
    lead = cast(Lead, turn.lead)
    if lead.stage is not Stage.TEXTING:
        return lead.stage is Stage.PAUSED and any(one.lead_id == lead.id for one in turn.contact.tasks)
    if (lead.sequence, lead.version) != (before.sequence, before.version):
        turn.hold("another sequence is for this person now")
        turn.plan_step(since=turn.now)
    return True
