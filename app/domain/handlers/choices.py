"""A way to book: the link, or a choice by number where no link is wanted; and what a choice made leads to.

A choice books nothing, for only the booking system knows what is free: it becomes a task with the wish. With several
places to choose from the place is asked first, then the time.
"""

from collections.abc import Mapping
from typing import Any, cast
from zoneinfo import ZoneInfo

from app.domain import offers
from app.domain.contact import OPEN_STAGES, Lead, Stage
from app.domain.events import ReplyReceived
from app.domain.replies import Intent, Reading
from app.domain.talk import WAYS_TO_BOOK
from app.domain.tasks import SCHEDULING
from app.domain.turn import Turn
from app.domain.wishes import read_wish

MAY_PICK = frozenset({Intent.CONFIRM, Intent.TIME_PREFERENCE, Intent.OTHER})
"""What a bare "1", "mornings" or "the first one" may be read as; everything that outranks these is no choice."""


def answer_yes(turn: Turn) -> None:
    """The person wants to book: the link, or the choice that stands for it, and then the next step from now."""
    lead = cast(Lead, turn.lead)
    if not offers.instead_of_a_link(turn.clinic, lead):
        turn.answer("booking_link")
    elif places := offers.places(turn.clinic, lead):
        _offer_places(turn, tuple(place.key for place in places), tuple(place.name for place in places))
    else:
        _offer_times(turn)
    _leave_nobody_alone(turn)
    plan_on(turn)


def _leave_nobody_alone(turn: Turn) -> None:
    """A yes that gets no way to book, now or in answer to the yes before it, is for a person: nobody else sees it."""
    lead, at = cast(Lead, turn.lead), turn.event.at
    answered = any(
        one.name in WAYS_TO_BOOK and one.lead_id == lead.id and at - one.at <= turn.clinic.reply_window
        for one in turn.contact.talk.lately(at)
    )
    if not answered and SCHEDULING.isdisjoint(one.kind for one in turn.contact.tasks if one.lead_id == lead.id):
        turn.ask("booking_help", _words(turn))


def plan_on(turn: Turn) -> None:
    """The next step, anew from now; after the last one, the end."""
    if turn.current_step() is not None:
        turn.plan_step(since=turn.now)
    else:
        turn.plan_end()


def _offer_places(turn: Turn, keys: tuple[str, ...], names: tuple[str, ...]) -> None:
    if turn.answer("choose_place", choices=names):
        turn.offer("places", keys)


def _offer_times(turn: Turn) -> None:
    own = offers.named_in(turn.clinic.answers.get("booking_link", {}))
    if turn.answer("booking_link" if own else "choose_time"):
        turn.offer("times", offers.times(turn.clinic))


def pick(turn: Turn, reading: Reading) -> bool:
    """Take the reply as a choice out of the open offer, if it is one; whether it was."""
    lead, offer = turn.lead, turn.contact.talk.offer
    if lead is None or offer is None or offer.lead_id != lead.id or lead.stage not in OPEN_STAGES:
        return False
    if turn.now >= offer.until or reading.automatic or reading.intent not in MAY_PICK:
        return False
    labels = offers.labels_of(turn.clinic, offer, lead.language)
    index = offers.pick(labels, _words(turn))
    if index is None:
        return False
    turn.settle_offer()
    if offer.of == "places":
        _take_place(turn, offer.choices[index])
    else:
        _take_time(turn, offer.choices[index], labels[index])
    return True


def _take_place(turn: Turn, key: str) -> None:
    before = cast(Lead, turn.lead)
    turn.become(location=key)
    if turn.contact.talk.enough(turn.event.at):
        _hand_to_people(turn, {"location": key}, turn.clinic.locations[key].name)
        return
    turn.hold("the person chose a place")
    turn.reconsider(before)
    turn.move(Stage.TEXTING, "said yes")
    _offer_times(turn)
    plan_on(turn)


def _take_time(turn: Turn, key: str, label: str) -> None:
    lead = cast(Lead, turn.lead)
    before = [one for one in lead.facts.get("preferred_times") or () if one != label]
    turn.become(facts={**lead.facts, "preferred_times": [label, *before]})
    _hand_to_people(turn, {"chosen": key, "location": lead.location, "fits": [key]}, label)


def _hand_to_people(turn: Turn, wish: Mapping[str, Any], label: str) -> None:
    words = _words(turn).strip()
    turn.hold("time_preference: a person answers")
    turn.move(Stage.PAUSED, "time_preference")
    turn.ask("time_preference", words if words.casefold() == label.casefold() else f"{words} ({label})", wish)
    turn.say_kindly("acknowledge")


def wish(turn: Turn) -> Mapping[str, Any] | None:
    """What is certain of the times a reply asks for, and which of the clinic's own times fit; None for nothing."""
    hours = turn.clinic.hours_of(turn.lead.location if turn.lead else None)
    asked = read_wish(_words(turn), turn.now.astimezone(ZoneInfo(hours.zone)).date())
    if asked is None:
        return None
    fits = {"fits": list(offers.fitting(turn.clinic, asked.windows))} if turn.clinic.time_options else {}
    return {**asked.as_json(), **fits}


def _words(turn: Turn) -> str:
    return cast(ReplyReceived, turn.event).body
