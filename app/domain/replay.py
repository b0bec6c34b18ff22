"""Reading past replies again: what today's rows make of them, and what would follow, with nothing done.

How to think of it: a made-up lead stands where the real one stood when the reply came, and the machine itself decides
over it. So what is printed is what would happen, answers and tasks and all, under the rules as they are now.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.clinic import Clinic
from app.domain.contact import Contact, Lead, Stage
from app.domain.effects import OpenTask, ScheduleText
from app.domain.events import ReplyReceived
from app.domain.machine import decide
from app.domain.replies import Reading, read_reply

KEPT = ("intent", "certainty", "because")


def kept(reading: Reading) -> dict[str, str]:
    """A reading as it is stored with its message; `because` has the row's own words and none of the person's."""
    return {name: str(getattr(reading, name)) for name in KEPT}


@dataclass(frozen=True)
class Follow:
    """What follows from a reply: the lead's stage after it, the kinds of tasks it opens, the purposes of our texts."""

    stage: str | None
    tasks: tuple[str, ...]
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Past:
    """A reply as it was taken: `then` is how it was read (None: nobody kept that), `stood` the lead's stage before."""

    message_id: str
    event: ReplyReceived
    then: dict[str, str] | None
    stood: Stage | None
    followed: Follow


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """A past reply read again."""

    past: Past
    now: dict[str, str]
    would_follow: Follow

    @property
    def differs(self) -> bool:
        """Whether today's reading is another; where none was kept, whether something else would follow."""
        if self.past.then is None:
            return self._outcome(self.past.followed) != self._outcome(self.would_follow)
        return any(self.past.then.get(name) != self.now[name] for name in ("intent", "certainty"))

    @staticmethod
    def _outcome(follow: Follow) -> tuple[str | None, tuple[str, ...]]:
        return follow.stage, tuple(sorted(follow.tasks))

    def as_json(self, *, words: bool = False) -> dict[str, Any]:
        """The line that is printed; the words of the person only where they were asked for."""
        line: dict[str, Any] = {
            "message_id": self.past.message_id,
            "at": self.past.event.at,
            "stage": self.past.stood,
            "then": self.past.then,
            "now": self.now,
            "followed": _plain(self.past.followed),
            "would_follow": _plain(self.would_follow) | {"texts": list(self.would_follow.texts)},
        }
        return line | {"text": self.past.event.body} if words else line


def _plain(follow: Follow) -> dict[str, Any]:
    return {"stage": follow.stage, "tasks": list(follow.tasks)}


def replay(clinic: Clinic, past: Past, now: datetime) -> Replayed:
    """Read one past reply again with today's rows and the clinic file as it is now."""
    reading = read_reply(past.event.body, past.event.media)
    return Replayed(past=past, now=kept(reading), would_follow=_follows(clinic, past, now))


def _follows(clinic: Clinic, past: Past, now: datetime) -> Follow:
    contact = _stand_in(clinic, past.stood, now)
    decision = decide(contact, past.event, now, clinic)
    lead = decision.contact.subject()
    return Follow(
        stage=lead.stage if lead else None,
        tasks=tuple(one.kind for one in decision.effects if isinstance(one, OpenTask)),
        texts=tuple(one.purpose for one in decision.effects if isinstance(one, ScheduleText)),
    )


def _stand_in(clinic: Clinic, stood: Stage | None, now: datetime) -> Contact:
    """A contact whose one lead stands where the real one did, on its way through the clinic's first sequence."""
    suppressed = "stop" if stood is Stage.OPTED_OUT else None
    contact = Contact(id="contact_replay", clinic=clinic.key, phone="", suppressed_by=suppressed)
    if stood is None:
        return contact
    sequence = clinic.sequences[0]
    lead = Lead(
        id="lead_replay",
        stage=stood,
        captured_at=now,
        source="replay",
        token="",
        first_name="",
        zones=(clinic.hours.zone,),
        sequence=sequence.key,
        version=sequence.version,
        pending="msg_replay" if stood is Stage.TEXTING else None,
        consent_id="consent_replay",
    )
    return contact.with_lead(lead)
