"""The person wrote: what each meaning leads to, by the stage of the lead it is about.

Only a sure reading acts by itself; everything else pauses and asks a person. Before its meaning is looked up, a reply
is tried as a choice out of an open offer, and as the answer to the clinic's one question: both mean something only
because of what was asked.
"""

from dataclasses import replace
from typing import cast

from app.domain.contact import OPEN_STAGES, Lead, Stage
from app.domain.effects import Purpose
from app.domain.events import ConsentAct, ReplyReceived
from app.domain.handlers import choices, questions
from app.domain.replies import Intent, Reading, read_reply
from app.domain.tasks import SCHEDULING
from app.domain.turn import OWN_STOP, WRONG_NUMBER, Handler, Turn


def reply(turn: Turn) -> None:
    """A reply: read it, then look up what that reading means in this stage."""
    event = cast(ReplyReceived, turn.event)
    turn.contact = replace(turn.contact, sender=event.sender)
    reading = read_reply(event.body, event.media)
    turn.unanswerable = reading.automatic
    _note_reply(turn, reading)
    if choices.pick(turn, reading) or questions.learn(turn, reading):
        return
    rows = REPLIES[turn.lead.stage if turn.lead else None]
    rows[_meant(reading)](turn)


def _note_reply(turn: Turn, reading: Reading) -> None:
    """The person answered us, as HELP does not; in nurture that opens the talk again and ends the sequence."""
    before = turn.lead
    if before is None or before.stage not in OPEN_STAGES or reading.automatic or _meant(reading) is Intent.HELP:
        return
    turn.become(course=replace(before.course, replied_at=turn.event.at))
    turn.reconsider(before)
    turn.look_again()
    if before.stage is Stage.NURTURE:
        turn.end_nurture()


LIKELY_OPT_OUT = "likely_opt_out"
LIKELY_URGENT = "likely_urgent"
LIKELY_WRONG_NUMBER = "likely_wrong_number"
URGENT_AND_OPT_OUT = "urgent_and_opt_out"

_DOUBTFUL: dict[Intent, Intent | str] = {
    Intent.OPT_OUT: LIKELY_OPT_OUT,
    Intent.URGENT: LIKELY_URGENT,
    Intent.WRONG_NUMBER: LIKELY_WRONG_NUMBER,
    Intent.CONFIRM: Intent.OTHER,
    Intent.DECLINE: Intent.OTHER,
    Intent.ALREADY_BOOKED: Intent.OTHER,
    Intent.HELP: Intent.OTHER,
    Intent.OPT_IN: Intent.OTHER,
}
"""What a reading is taken for that is not sure. What is not here only asks a person anyway."""

_HEARD_FROM_MACHINES = frozenset({Intent.OPT_OUT, Intent.URGENT})
"""What counts even when a machine seems to have written it: missing one of these would cost more."""


def _meant(reading: Reading) -> Intent | str:
    """What we act on. Acting on a wrong reading is the error that costs, so only `sure` acts by itself."""
    if reading.intent is Intent.URGENT and Intent.OPT_OUT in reading.also:
        return URGENT_AND_OPT_OUT
    if reading.automatic and reading.intent not in _HEARD_FROM_MACHINES:
        return Intent.OTHER
    # "I already booked" is believed when it is likely: no keyword says it, and all it does is stop texts.
    if reading.certainty == "sure" or (reading.intent, reading.certainty) == (Intent.ALREADY_BOOKED, "likely"):
        return reading.intent
    return _DOUBTFUL.get(reading.intent, reading.intent)


def _words(turn: Turn) -> str:
    event = cast(ReplyReceived, turn.event)
    return event.body if event.body.strip() else f"(no words, {event.media} picture{'s' * (event.media != 1)})"


def _hand_over(kind: str) -> Handler:
    """Pause and ask a person; the clinic's acknowledgement once, not after every message of a row."""

    def hand_over(turn: Turn) -> None:
        already_paused = turn.lead is not None and turn.lead.stage is Stage.PAUSED
        turn.hold(f"{kind}: a person answers")
        turn.move(Stage.PAUSED, kind)
        turn.ask(kind, _words(turn), choices.wish(turn) if kind in SCHEDULING else None)
        if not already_paused:
            turn.say_kindly("acknowledge")

    return hand_over


def _hold_all(kind: str) -> Handler:
    """Nothing at all leaves to this phone until a person has looked, who is asked at once; and nothing is answered."""

    def hold_all(turn: Turn) -> None:
        turn.silence(f"{kind}: a person looks")
        turn.move(Stage.PAUSED, kind)
        turn.ask(kind, _words(turn))

    return hold_all


def _only_ask(kind: str) -> Handler:
    """Ask a person and leave everything as it is."""

    def only_ask(turn: Turn) -> None:
        turn.ask(kind, _words(turn), choices.wish(turn) if kind in SCHEDULING else None)

    return only_ask


def _confirm(turn: Turn) -> None:
    """YES: a way to book at once; the planned step makes room and is planned anew from now."""
    lead = cast(Lead, turn.lead)
    if lead.consent_id is None or turn.contact.suppressed_by is not None or turn.another_is_texted():
        turn.ask("booking_help", _words(turn))
    elif turn.contact.talk.enough(turn.event.at):
        turn.hold("the phone keeps answering")
        turn.move(Stage.PAUSED, "the phone keeps answering")
        _keeps_answering(turn)
    else:
        turn.hold("the person said yes")
        turn.move(Stage.TEXTING, "said yes")
        choices.answer_yes(turn)


def _keeps_answering(turn: Turn) -> None:
    """Another machine, or somebody whom machines do not help: one task, however long it goes on."""
    lead_id = turn.lead.id if turn.lead else None
    if not any(one.kind == "unclear" and one.lead_id == lead_id for one in turn.contact.tasks):
        turn.ask("unclear", f"The phone keeps answering; it last wrote: {_words(turn)}")


def _decline(turn: Turn) -> None:
    turn.silence("the person said no")
    turn.move(Stage.DECLINED, "said no")
    turn.say_kindly("decline")


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
    turn.silence(WRONG_NUMBER)
    turn.withdraw(ConsentAct(sms=False, at=turn.event.at), WRONG_NUMBER)
    turn.become(stage=Stage.FINISHED, reason=WRONG_NUMBER)
    turn.ask("wrong_number", _words(turn))


def _urgent(turn: Turn) -> None:
    """Danger: nothing else leaves, a person is asked at once, and the clinic's safety text names who helps now."""
    _hold_all("urgent")(turn)
    turn.say_kindly("safety", Purpose.SAFETY)


def _urgent_and_stop(turn: Turn) -> None:
    """Danger and STOP in one message: both are honoured.

    The safety text is the one thing sent, in place of a confirmation: it sells nothing, and a text about a danger to
    health needs no consent (47 CFR 64.1200(a)(1), (f)(4)). A phone that was closed before hears nothing.
    """
    lead = turn.lead
    hears = turn.contact.suppressed_by is None and lead is not None and lead.consent_id is not None
    turn.opt_out(by="stop", method="text message")
    turn.ask("urgent", _words(turn))
    if hears:
        turn.answer("safety", Purpose.SAFETY)


def _help(turn: Turn) -> None:
    """HELP: the approved help text, to who agreed to texts; the rest is for people."""
    if turn.lead is None or turn.lead.consent_id is None:
        turn.ask("unclear", _words(turn))
    elif turn.contact.talk.enough(turn.event.at, "help"):
        _keeps_answering(turn)
    else:
        turn.answer("help", Purpose.HELP)


def _start(turn: Turn) -> None:
    """START lifts only what the phone's own STOP closed; it sends nothing, a person looks."""
    if turn.contact.suppressed_by in OWN_STOP:
        turn.lift()
        turn.renew_consent(_words(turn))
        turn.hold("START: a person looks")
        if turn.lead is not None and turn.lead.reason == WRONG_NUMBER:
            turn.move(Stage.FINISHED, WRONG_NUMBER)  # the phone is open again; this person was never on it
        else:
            turn.move(Stage.PAUSED, "START after STOP")
        turn.ask("unclear", _words(turn))
    else:
        _other_in(turn.lead)(turn)


def _other_in(lead: Lead | None) -> Handler:
    return REPLIES[lead.stage if lead else None][Intent.OTHER]


_AWAITING: dict[Intent | str, Handler] = {
    Intent.URGENT: _urgent,
    LIKELY_URGENT: _hold_all("urgent"),
    URGENT_AND_OPT_OUT: _urgent_and_stop,
    Intent.OPT_OUT: _stop,
    LIKELY_OPT_OUT: _hold_all("possible_opt_out"),
    Intent.WRONG_NUMBER: _wrong_number,
    LIKELY_WRONG_NUMBER: _hold_all("wrong_number"),
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
    LIKELY_URGENT: _only_ask("urgent"),
    URGENT_AND_OPT_OUT: _urgent_and_stop,
    Intent.OPT_OUT: _stop,
    LIKELY_OPT_OUT: _only_ask("possible_opt_out"),
    Intent.WRONG_NUMBER: _only_ask("wrong_number"),
    LIKELY_WRONG_NUMBER: _only_ask("wrong_number"),
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
