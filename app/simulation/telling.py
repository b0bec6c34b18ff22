"""How what happens becomes lines: who it is about, where they are, and the reasons for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from app.domain.clinic import Channel, Clinic
from app.domain.contact import Contact, Lead
from app.domain.effects import OpenTask
from app.domain.events import Event, ReplyReceived
from app.domain.replies import Reading, read_reply
from app.simulation.lines import REPLY, Line, Why, because
from app.simulation.rows import Planned


@dataclass
class Teller:
    """Makes lines. `names` is what each lead is called, by its id."""

    clinic: Clinic
    names: dict[str, str] = field(default_factory=dict)

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

    def reply(self, contact: Contact, event: ReplyReceived) -> Line:
        """What the person wrote."""
        return self._line(REPLY, contact, contact.subject(), event.at, text=event.body)

    def _line(self, kind: str, contact: Contact, lead: Lead | None, now: datetime, **more: Any) -> Line:
        return Line(
            at=now,
            kind=kind,
            lead=self.names.get(lead.id, lead.id) if lead else "",
            phone=contact.phone,
            state=_state(lead) or self.clinic.state,
            zone=_zone(lead) or self.clinic.hours.zone,
            stage=lead.stage.value if lead else None,
            **more,
        )

    def _note(self, text: Planned) -> str | None:
        """What a step that is no text says to staff."""
        order = text.order
        sequence = self.clinic.sequence(order.sequence or "", order.version or 0)
        return next((one.note for one in sequence.steps if one.key == order.step), None) if sequence else None


def _position(lead: Lead | None) -> dict[str, Any]:
    return {"sequence": lead.sequence, "version": lead.version or None} if lead else {}


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
