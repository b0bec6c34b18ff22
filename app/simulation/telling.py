"""How what happens becomes lines: who it is about, where they are, and the reasons for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from app.domain.clinic import Channel, Clinic
from app.domain.contact import Contact, Lead
from app.domain.effects import OpenTask
from app.domain.events import EmailOptedOut, Event, LinkClicked, ReplyReceived
from app.domain.replies import Reading, read_reply
from app.simulation.lines import CLICK, REPLY, UNSUBSCRIBE, Line, Why, because
from app.simulation.rows import Planned

ACTS = {LinkClicked: CLICK, EmailOptedOut: UNSUBSCRIBE}


@dataclass
class Teller:
    """Makes lines. `names` is what each lead is called, by its id; `told` the clinic's key where there are several."""

    clinic: Clinic
    names: dict[str, str] = field(default_factory=dict)
    told: str | None = None

    def text(self, kind: str, text: Planned, now: datetime, why: Sequence[Why]) -> Line:
        """A message that left, waits or never will; a call or an e-mail that came due has its note as words."""
        order = text.order
        is_text = order.channel is Channel.TEXT
        return self._line(
            kind,
            text.rows.contact,
            text.rows.contact.lead(order.lead_id),
            now,
            sequence=order.sequence,
            version=order.version,
            step=order.step,
            variant=order.variant,
            text=order.text if is_text or order.text else self._note(text),
            segments=text.segments if is_text else None,
            why=why,
        )

    def task(self, contact: Contact, task: OpenTask, event: Event, now: datetime) -> Line:
        """A task that was opened, its words as text."""
        due_at, lead = written(task.due_at), contact.lead(task.lead_id)
        why = because("task", kind=task.kind, team=task.team, priority=task.priority, due_at=due_at)
        return self._line("task", contact, lead, now, **_position(lead), text=task.about, why=(why, *_reasons(event)))

    def stages(self, before: Contact, after: Contact, event: Event, now: datetime) -> Iterator[Line]:
        """A line for each lead that is new, or stands in another stage than before."""
        known = {lead.id: lead.stage for lead in before.leads}
        for lead in after.leads:
            was = known.get(lead.id)
            if was is not lead.stage:
                moved = {"from": was.value if was else None, "to": lead.stage.value, "reason": lead.reason}
                why = (because("stage", **moved), *_reasons(event))
                yield self._line("stage", after, lead, now, **_position(lead), why=why)

    def heard(self, contact: Contact, event: Event) -> Line | None:
        """What the person did: wrote, opened a link, unsubscribed from e-mail; None where the event is nobody's act."""
        if isinstance(event, ReplyReceived):
            return self._line(REPLY, contact, contact.subject(), event.at, text=event.body)
        kind = ACTS.get(type(event))
        return self._line(kind, contact, contact.lead(getattr(event, "lead_id", None)), event.at) if kind else None

    def _line(self, kind: str, contact: Contact, lead: Lead | None, now: datetime, **more: Any) -> Line:
        return Line(
            at=now,
            kind=kind,
            lead=self.names.get(lead.id, lead.id) if lead else "",
            phone=contact.phone,
            state=_state(lead) or self.clinic.state,
            zone=_zone(lead) or self.clinic.hours.zone,
            stage=lead.stage.value if lead else None,
            clinic=self.told,
            **more,
        )

    def _note(self, text: Planned) -> str | None:
        """What a step that is no text says to staff."""
        order = text.order
        sequence = self.clinic.sequence(order.sequence or "", order.version or 0)
        return next((one.note for one in sequence.steps if one.key == order.step), None) if sequence else None


def _position(lead: Lead | None) -> dict[str, Any]:
    return {"sequence": lead.sequence, "version": lead.version or None, "variant": lead.variant} if lead else {}


def _reasons(event: Event) -> tuple[Why, ...]:
    """Which event it was and, for a reply, how it was read."""
    told = because("event", kind=event.kind)
    if not isinstance(event, ReplyReceived):
        return (told,)
    reading = _read(event.body, event.media)
    return told, because("reading", intent=reading.intent, certainty=reading.certainty, because=reading.because)


@lru_cache(maxsize=1024)
def _read(body: str, media: int) -> Reading:
    """How a reply is read, remembered: it is told with everything that followed from it."""
    return read_reply(body, media)


def _state(lead: Lead | None) -> str | None:
    return next((place.state for place in lead.located if place.state), None) if lead else None


def _zone(lead: Lead | None) -> str | None:
    return lead.zones[0] if lead and lead.zones else None


def written(moment: datetime) -> str:
    """A moment as evidence has it: RFC 3339 in UTC."""
    return moment.isoformat().replace("+00:00", "Z")
