"""The person wrote: what each meaning leads to, by the stage of the lead it is about.

Only a sure reading acts by itself; everything else pauses and asks a person.
"""

from dataclasses import replace
from typing import cast

from app.domain.contact import Lead, Stage
from app.domain.effects import Purpose
from app.domain.events import ConsentAct, ReplyReceived
from app.domain.replies import Intent, Reading, read_reply
from app.domain.tasks import SCHEDULING
from app.domain.turn import Handler, Turn


def reply(turn: Turn) -> None:
    """A reply: read it, then look up what that reading means in this stage."""
    event = cast(ReplyReceived, turn.event)
    turn.contact = replace(turn.contact, sender=event.sender)
    reading = read_reply(event.body, event.media)
    rows = REPLIES[turn.lead.stage if turn.lead else None]
    rows[_meant(reading)](turn)


def _meant(reading: Reading) -> Intent | str:
    """What we act on. Acting on a wrong reading is the error that costs, so only `sure` acts by itself.

    "I already booked" is believed as it is read: it only stops texts, and no keyword says it.
    """
    if reading.intent is Intent.OPT_OUT:
        return Intent.OPT_OUT if reading.certainty == "sure" else LIKELY_OPT_OUT
    acts = {Intent.CONFIRM, Intent.DECLINE, Intent.HELP, Intent.OPT_IN, Intent.WRONG_NUMBER}
    if reading.intent in acts and reading.certainty != "sure":
        return Intent.OTHER
    return reading.intent


LIKELY_OPT_OUT = "likely_opt_out"


def _words(turn: Turn) -> str:
    event = cast(ReplyReceived, turn.event)
    return event.body if event.body.strip() else f"(no words, {event.media} picture{'s' * (event.media != 1)})"


def _hand_over(kind: str) -> Handler:
    """Pause and ask a person; the clinic's acknowledgement once, not after every message of a row."""

    def hand_over(turn: Turn) -> None:
        already_paused = turn.lead is not None and turn.lead.stage is Stage.PAUSED
        turn.hold(f"{kind}: a person answers")
        turn.move(Stage.PAUSED, kind)
        turn.ask(kind, _words(turn))
        if not already_paused and kind != "possible_opt_out":
            _say(turn, "acknowledge")

    return hand_over


def _say(turn: Turn, name: str) -> None:
    """A courtesy, and so never to a closed phone, nor to somebody who did not ask for texts."""
    if turn.contact.suppressed_by is None and turn.lead is not None and turn.lead.consent_id is not None:
        turn.answer(name)


def _only_ask(kind: str) -> Handler:
    """Ask a person and leave everything as it is."""

    def only_ask(turn: Turn) -> None:
        turn.ask(kind, _words(turn))

    return only_ask


def _confirm(turn: Turn) -> None:
    """YES: the booking link at once; the planned step makes room and is planned anew from now."""
    lead = cast(Lead, turn.lead)
    if lead.consent_id is None or turn.contact.suppressed_by is not None or turn.another_is_texted():
        turn.ask("booking_help", _words(turn))
        return
    turn.hold("the person said yes")
    turn.move(Stage.TEXTING, "said yes")
    turn.answer("booking_link")
    if turn.current_step() is not None:
        turn.plan_step(since=turn.now)


def _decline(turn: Turn) -> None:
    turn.silence("the person said no")
    turn.move(Stage.DECLINED, "said no")
    _say(turn, "decline")


def _says_booked(turn: Turn) -> None:
    turn.silence("the person has booked already")
    turn.move(Stage.BOOKED, "says it is booked already")
    turn.drop_tasks(SCHEDULING, "booked already")


def _stop(turn: Turn) -> None:
    """STOP: everything ends for this phone, all leads of it, before anything else is thought about."""
    was_open = turn.contact.suppressed_by is None
    turn.opt_out(by="stop", method="text message")
    sender = turn.clinic.senders.get(cast(ReplyReceived, turn.event).sender)
    if was_open and sender is not None and sender.stop_confirmed_by == "us":
        turn.answer("stop_confirmation", Purpose.STOP_CONFIRMATION)


def _wrong_number(turn: Turn) -> None:
    """Not this person's phone: this person is never texted here again, and somebody checks the number."""
    turn.silence("wrong number")
    turn.record_consent(ConsentAct(sms=False, at=turn.event.at), "withdrawn", "wrong number")
    turn.become(stage=Stage.FINISHED, reason="wrong number", consent_id=None)
    turn.ask("wrong_number", _words(turn))


def _urgent(turn: Turn) -> None:
    turn.hold("urgent: a person answers")
    turn.move(Stage.PAUSED, "urgent")
    turn.ask("urgent", _words(turn))
    turn.answer("safety", Purpose.SAFETY)


def _help(turn: Turn) -> None:
    if turn.lead is not None and turn.lead.consent_id is not None:
        turn.answer("help", Purpose.HELP)
    else:
        turn.ask("unclear", _words(turn))


def _start(turn: Turn) -> None:
    """START lifts only what the phone's own STOP closed; it sends nothing, a person looks."""
    if turn.contact.suppressed_by in ("stop", "carrier"):
        turn.lift()
        turn.hold("START: a person looks")
        turn.move(Stage.PAUSED, "START after STOP")
        turn.ask("unclear", _words(turn))
    else:
        _other_in(turn.lead)(turn)


def _other_in(lead: Lead | None) -> Handler:
    return REPLIES[lead.stage if lead else None][Intent.OTHER]


_AWAITING: dict[Intent | str, Handler] = {
    Intent.URGENT: _urgent,
    Intent.OPT_OUT: _stop,
    LIKELY_OPT_OUT: _hand_over("possible_opt_out"),
    Intent.WRONG_NUMBER: _wrong_number,
    Intent.DECLINE: _decline,
    Intent.CALLBACK: _hand_over("callback"),
    Intent.QUESTION: _hand_over("question"),
    Intent.ALREADY_BOOKED: _says_booked,
    Intent.TIME_PREFERENCE: _hand_over("time_preference"),
    Intent.CONFIRM: _confirm,
    Intent.HELP: _help,
    Intent.OPT_IN: _start,
    Intent.OTHER: _hand_over("unclear"),
}

_OVER: dict[Intent | str, Handler] = {
    Intent.URGENT: _only_ask("urgent"),
    Intent.OPT_OUT: _stop,
    LIKELY_OPT_OUT: _only_ask("possible_opt_out"),
    Intent.WRONG_NUMBER: _only_ask("wrong_number"),
    Intent.DECLINE: _only_ask("unclear"),
    Intent.CALLBACK: _only_ask("callback"),
    Intent.QUESTION: _only_ask("question"),
    Intent.ALREADY_BOOKED: _only_ask("unclear"),
    Intent.TIME_PREFERENCE: _only_ask("time_preference"),
    Intent.CONFIRM: _only_ask("booking_help"),
    Intent.HELP: _help,
    Intent.OPT_IN: _start,
    Intent.OTHER: _only_ask("unclear"),
}

REPLIES: dict[Stage | None, dict[Intent | str, Handler]] = {
    None: {**_OVER, Intent.CONFIRM: _only_ask("unclear")},
    Stage.NEW: _AWAITING,
    Stage.TEXTING: _AWAITING,
    Stage.PAUSED: _AWAITING,
    Stage.NURTURE: _AWAITING,
    Stage.BOOKED: _OVER,
    Stage.DECLINED: _OVER,
    Stage.OPTED_OUT: {**_OVER, Intent.CONFIRM: _only_ask("unclear")},
    Stage.FINISHED: _OVER,
}
"""By stage, what each meaning leads to. In stages that are over, and for numbers without a lead, nothing is
ever restarted by a reply: only STOP, START and HELP act, the rest is for a person."""
