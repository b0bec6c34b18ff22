"""When a step falls due, and what a clinic's words say to one lead."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain import calendar, offers, rehearsal, windows, wording
from app.domain.clinic import Clinic, Span, Step
from app.domain.conditions import known
from app.domain.contact import Lead


def asked_at(clinic: Clinic, lead: Lead, step: Step, since: datetime, rest: Span | None = None) -> datetime:
    """When a step's delay is over and its conditions are looked at, whether or not anything may leave then."""
    hours = clinic.hours_of(lead.location)
    planned = calendar.planned_at(hours, since, step.after, step.at)
    if rest is not None:
        planned = max(planned, calendar.planned_at(hours, since, rest, None))
    return rehearsal.hastened(lead, since, planned)


def due(clinic: Clinic, lead: Lead, step: Step, since: datetime, rest: Span | None = None) -> datetime:
    """When a step falls due, counted from `since`: the first minute that the clinic and the law allow.

    `rest` is a pause that must pass first, whatever the step's own delay. A rehearsal knows no hours.
    """
    hours, planned = clinic.hours_of(lead.location), asked_at(clinic, lead, step, since, rest)
    if rehearsal.rehearsal_of(lead) is not None:
        return planned
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

    def say(self, words: Mapping[str, str]) -> str:
        """The text to send, in the lead's language or the clinic's first."""
        return wording.plain(wording.render(self.template(words), Values(self)))

    def _language(self) -> str | None:
        return self.lead.language if self.lead else None

    def template(self, words: Mapping[str, str]) -> str:
        """The wording in the lead's language, or the clinic's first."""
        return wording.pick(words, self._language(), self.clinic.languages)

    def service(self) -> str:
        """The service by its public label, the only name under which it may appear."""
        service = self.clinic.services.get(self.lead.service or "") if self.lead else None
        return service.public_label if service else "appointment"

    def place(self) -> str:
        """Where the appointment would be."""
        location = self.clinic.locations.get(self.lead.location or "") if self.lead else None
        return location.name if location else self.clinic.name

    def times(self) -> str:
        """What there is to choose, numbered."""
        times = (offers.label(self.clinic, key, self._language()) for key in offers.times(self.clinic))
        return offers.numbered(self.choices or tuple(times))

    def question(self) -> str:
        """The qualifying question, as long as its answer is unknown."""
        asked = self.clinic.question
        if asked is None or self.lead is None or known(self.lead, asked.fills):
            return ""
        return wording.render(self.template(asked.ask), Values(self))


VARIABLES: Mapping[str, Callable[[Speaker], str]] = {
    "first_name": lambda by: wording.clean_name(by.lead.first_name) if by.lead else "",
    "service": Speaker.service,
    "location": Speaker.place,
    "clinic_name": lambda by: by.clinic.name,
    "booking_link": lambda by: f"{by.clinic.public_url}/b/{by.lead.token}" if by.lead else "",
    "intake_link": lambda by: by.clinic.intake_link or "",
    "time_options": Speaker.times,
    "help_phone": lambda by: by.clinic.help_phone or by.clinic.help_email or "",
    "question": Speaker.question,
}
"""Every name a template may use, and what it says."""


@dataclass(frozen=True)
class Values(Mapping[str, str]):
    """The variables of one speaker, each worked out when a template asks for it."""

    by: Speaker

    def __getitem__(self, name: str) -> str:
        return VARIABLES[name](self.by)

    def __contains__(self, name: object) -> bool:
        return name in VARIABLES

    def __iter__(self) -> Iterator[str]:
        return iter(VARIABLES)

    def __len__(self) -> int:
        return len(VARIABLES)
