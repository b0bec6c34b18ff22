"""Leads coming in as the API takes them in: validated, told what their source knows, joined to what they repeat."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.adapters.lead_form import REPEAT_WINDOW, LeadIn, captured_facts
from app.domain.clinic import Clinic
from app.domain.contact import Contact
from app.domain.events import Event, LeadCaptured
from app.simulation.engine import Simulation


@dataclass
class Intake:
    """A clinic's door for forms; what repeats a form within ten minutes joins its lead."""

    simulation: Simulation
    clinic: Clinic
    _first: dict[tuple[str, str | None, str | None], tuple[str, datetime]] = field(default_factory=dict)

    def expect(self, at: datetime, name: str, form: LeadIn, source: str | None) -> None:
        """A form will come in at a moment; raises `FormError` when the clinic does not know what it asks for."""
        facts = captured_facts(form, self.clinic, source, received=at)
        keyed = form.external_id is not None

        def come(event_id: str, contact: Contact, now: datetime) -> Event:
            lead_id, repeats = self._lead(form.phone, facts, name, now, keyed=keyed)
            token = hashlib.sha256(lead_id.encode()).hexdigest()[:16]
            return LeadCaptured(
                id=event_id, at=now, lead_id=lead_id, token=token, duplicate_of=lead_id if repeats else None, **facts
            )

        self.simulation.expect(at, form.phone, come, self.clinic.key)

    def _lead(self, phone: str, facts: dict[str, Any], name: str, now: datetime, *, keyed: bool) -> tuple[str, bool]:
        """The lead this form is or repeats: without a key, the same person's same wish within ten minutes is one."""
        wish = (phone, facts["service"], facts["location"])
        first = self._first.get(wish)
        if first is not None and not keyed and now - first[1] < REPEAT_WINDOW:
            return first[0], True
        lead_id = self.simulation.new_id("lead")
        self.simulation.names[lead_id] = name
        if first is None or now - first[1] >= REPEAT_WINDOW:
            self._first[wish] = (lead_id, now)
        return lead_id, False
