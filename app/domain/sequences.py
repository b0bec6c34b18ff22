"""When a step falls due, and what a clinic's words say to one lead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain import calendar, offers, windows, wording
from app.domain.clinic import Clinic, Span, Step
from app.domain.conditions import known
from app.domain.contact import Lead


def asked_at(clinic: Clinic, lead: Lead, step: Step, since: datetime, rest: Span | None = None) -> datetime:
    """When a step's delay is over and its conditions are looked at, whether or not anything may leave then."""
    hours = clinic.hours_of(lead.location)
    planned = calendar.planned_at(hours, since, step.after, step.at)
    return planned if rest is None else max(planned, calendar.planned_at(hours, since, rest, None))


def due(clinic: Clinic, lead: Lead, step: Step, since: datetime, rest: Span | None = None) -> datetime:
    """When a step falls due, counted from `since`: the first minute that the clinic and the law allow.

    `rest` is a pause that must pass first, whatever the step's own delay.
    """
    hours, planned = clinic.hours_of(lead.location), asked_at(clinic, lead, step, since, rest)
    # Leads of before the state rows have no state: the gate, which sees the number, will find the rows that bind them.
    legal = windows.windows(lead.zones, lead.states or (windows.FEDERAL,))
    return calendar.first_allowed((hours, *legal), planned)


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """Renders a clinic's words for one lead (or for a number without one).

    `choices` are what `time_options` lists, when it is not the clinic's times.
    """

    clinic: Clinic
    lead: Lead | None
    choices: tuple[str, ...] = ()

    def variables(self) -> dict[str, str]:
        """Every name a template may use. A service appears only by its public label."""
        clinic, lead = self.clinic, self.lead
        service = clinic.services.get(lead.service or "") if lead else None
        location = clinic.locations.get(lead.location or "") if lead else None
        values = {
            "first_name": wording.clean_name(lead.first_name) if lead else "",
            "service": service.public_label if service else "appointment",
            "location": location.name if location else clinic.name,
            "clinic_name": clinic.name,
            "booking_link": f"{clinic.public_url}/b/{lead.token}" if lead else "",
            "intake_link": clinic.intake_link or "",
            "time_options": offers.numbered(self.choices or self._times()),
            "help_phone": clinic.help_phone or clinic.help_email or "",
        }
        return {**values, "question": self._question(values)}

    def say(self, words: Mapping[str, str]) -> str:
        """The text to send, in the lead's language or the clinic's first."""
        template = wording.pick(words, self._language(), self.clinic.languages)
        return wording.plain(wording.render(template, self.variables()))

    def _language(self) -> str | None:
        return self.lead.language if self.lead else None

    def _times(self) -> tuple[str, ...]:
        return tuple(offers.label(self.clinic, key, self._language()) for key in offers.times(self.clinic))

    def _question(self, values: Mapping[str, str]) -> str:
        """The qualifying question, as long as its answer is unknown."""
        asked = self.clinic.question
        if asked is None or self.lead is None or known(self.lead, asked.fills):
            return ""
        return wording.render(wording.pick(asked.ask, self._language(), self.clinic.languages), values)
