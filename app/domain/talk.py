"""What the machine remembers of the talk with one phone: its own automatic answers of late, and the choice it offers.

It is kept with the contact, not with a lead, for a loop with another machine is a matter of the phone. Nothing in it
quotes anybody: what an answer was for is a digest of the person's words.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

MEMORY = timedelta(hours=24)
"""How long automatic answers are remembered, and the span in which `ENOUGH` of them are enough."""

ENOUGH = 3
"""Automatic answers to one phone in `MEMORY`; beyond them the other side is a machine, or needs a person."""

ENOUGH_HELP = 10
"""The same for HELP: carriers want it answered whenever a person asks (CTIA Messaging Principles 5.1.3), not a loop."""

WAYS_TO_BOOK = frozenset({"booking_link", "choose_place", "choose_time"})
"""Answers that a person waits for in order to book."""

SAME_WORDS_WITHIN = timedelta(minutes=10)
"""The same words again within this are the same message, sent twice."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """One automatic answer: its message's id, which answer it was, and the digest of the words it answers.

    `waiting`: it was planned, and nothing has been heard of it since.
    """

    id: str
    lead_id: str | None
    name: str
    at: datetime
    to: str
    purpose: str = "answer"
    waiting: bool = True


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A numbered choice that is open: of times, or of places. The choices are the clinic's keys, in the order shown."""

    lead_id: str
    of: Literal["times", "places"]
    choices: tuple[str, ...]
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Talk:
    """The memory. The answers are those of the last `MEMORY`, oldest first."""

    said: tuple[Said, ...] = ()
    offer: Offer | None = None

    def spoken(self, message_id: str) -> Said | None:
        """The automatic answer with this id, if it was one."""
        return next((one for one in self.said if one.id == message_id), None)

    def add(self, said: Said) -> "Talk":
        """With one answer more, and without those that are past remembering."""
        return replace(self, said=(*self.lately(said.at), said))

    def lately(self, at: datetime) -> tuple[Said, ...]:
        """The answers within `MEMORY` before `at`."""
        return tuple(one for one in self.said if at - MEMORY < one.at <= at)

    def enough(self, at: datetime, purpose: str = "answer") -> bool:
        """Whether this phone has had all the automatic answers it gets for now; HELP has a count of its own."""
        helped = sum(one.purpose == "help" for one in self.lately(at))
        return helped >= ENOUGH_HELP if purpose == "help" else len(self.lately(at)) - helped >= ENOUGH

    def allows(self, name: str, purpose: str, to: str, at: datetime, window: timedelta) -> bool:
        """Whether one more automatic answer may go, to words with the digest `to`.

        Not when there were enough of its kind; not the same answer to the same words again; and no plain answer while
        another one still waits to leave (at most its `window`), for then two would arrive in a row.
        """
        lately = self.lately(at)
        again = any(one.name == name and one.to == to and at - one.at < SAME_WORDS_WITHIN for one in lately)
        behind = any(one.waiting and one.purpose == purpose == "answer" and at - one.at < window for one in lately)
        return not self.enough(at, purpose) and not again and not behind

    def heard(self, message_id: str) -> "Talk":
        """The answer with this id waits no longer."""
        if not any(one.id == message_id and one.waiting for one in self.said):
            return self
        settled = (replace(one, waiting=False) if one.id == message_id else one for one in self.said)
        return replace(self, said=tuple(settled))

    def silenced(self) -> "Talk":
        """Nothing waits, nothing is offered: everything planned was cancelled, or has arrived and was answered."""
        if self.offer is None and not any(one.waiting for one in self.said):
            return self
        return Talk(said=tuple(replace(one, waiting=False) for one in self.said))

    def as_json(self) -> dict[str, Any]:
        """What is stored; moments in ISO form."""
        said = [{**asdict(one), "at": one.at.isoformat()} for one in self.said]
        offer = {**asdict(self.offer), "until": self.offer.until.isoformat()} if self.offer else None
        return {"said": said, "offer": offer}


NOTHING_SAID = Talk()


def talk_from(stored: Mapping[str, Any]) -> Talk:
    """The memory that `as_json` wrote."""
    said = tuple(Said(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in stored["said"])
    offer = stored["offer"]
    if offer is not None:
        until = datetime.fromisoformat(offer["until"])
        offer = Offer(**{**offer, "choices": tuple(offer["choices"]), "until": until})
    return Talk(said=said, offer=offer)


def digest(words: str) -> str:
    """What is remembered of a message to know it again: the same for the same words, whatever their case and spaces."""
    return hashlib.blake2b(" ".join(words.casefold().split()).encode(), digest_size=8).hexdigest()
