"""Choosing a lead's sequence and planning its next step."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain import calendar, wording
from app.domain.clinic import Clinic, ScoreRow, Sequence, Span, Step
from app.domain.contact import Lead

DEFAULT_TRACK = "warm"


def facts_of(lead: Lead) -> dict[str, object]:
    """What scoring rows and sequences may ask about: the lead's own fields over everything the form said."""
    return {
        **lead.facts,
        "service": lead.service,
        "location": lead.location,
        "source": lead.source,
        "language": lead.language,
        "track": lead.track,
    }


def score(clinic: Clinic, lead: Lead) -> tuple[int, str]:
    """The lead's points and the track they reach: the highest `from` not above them, else `warm`."""
    facts = facts_of(lead)
    points = sum(row.add for row in clinic.scoring if row.track is None and _matches(row, facts))
    reached = [row for row in clinic.scoring if row.track is not None and row.from_ <= points]
    best = max(reached, key=lambda row: row.from_, default=None)
    return points, best.track if best and best.track else DEFAULT_TRACK


def choose(clinic: Clinic, lead: Lead) -> Sequence | None:
    """The first sequence that is for this lead; None when the clinic has none for it."""
    facts = facts_of(lead)
    return next((s for s in clinic.sequences if _is_for(s.for_, facts)), None)


def due(clinic: Clinic, lead: Lead, step: Step, since: datetime, rest: Span | None = None) -> datetime:
    """When a step falls due, counted from `since`: the first minute that the clinic and the law allow.

    `rest` is a pause that must pass first, whatever the step's own delay.
    """
    hours = clinic.hours_of(lead.location)
    planned = calendar.planned_at(hours, since, step.after, step.at)
    if rest is not None:
        planned = max(planned, calendar.planned_at(hours, since, rest, None))
    return calendar.first_allowed(hours, lead.zones, planned)


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """Renders a clinic's words for one lead (or for a number without one)."""

    clinic: Clinic
    lead: Lead | None

    def variables(self) -> dict[str, str]:
        """Every name a template may use. A service appears only by its public label."""
        clinic, lead = self.clinic, self.lead
        service = clinic.services.get(lead.service or "") if lead else None
        location = clinic.locations.get(lead.location or "") if lead else None
        return {
            "first_name": wording.clean_name(lead.first_name) if lead else "",
            "service": service.public_label if service else "appointment",
            "location": location.name if location else clinic.name,
            "clinic_name": clinic.name,
            "booking_link": f"{clinic.public_url}/b/{lead.token}" if lead else "",
            "intake_link": clinic.intake_link or "",
            "time_options": "",
            "help_phone": clinic.help_phone or clinic.help_email or "",
        }

    def say(self, words: Mapping[str, str]) -> str:
        """The text to send, in the lead's language or the clinic's first."""
        language = self.lead.language if self.lead else None
        template = wording.pick(words, language, self.clinic.languages)
        return wording.plain(wording.render(template, self.variables()))


def _matches(row: ScoreRow, facts: Mapping[str, object]) -> bool:
    return all(_holds(name, wanted, facts) for name, wanted in row.when.items())


_SEVERAL = (list, tuple)


def _holds(name: str, wanted: object, facts: Mapping[str, object]) -> bool:
    values = wanted if isinstance(wanted, _SEVERAL) else (wanted,)
    if name == "has":
        return all(bool(facts.get(str(field))) for field in values)
    return _fact(name, facts) in values


def _fact(name: str, facts: Mapping[str, object]) -> object:
    """What the form said under a name; a dotted one (`utm.source`) looks inside."""
    head, _, inside = name.partition(".")
    found = facts.get(head)
    if not inside:
        return found
    return _fact(inside, found) if isinstance(found, Mapping) else None


def _is_for(wanted: Mapping[str, tuple[str, ...]], facts: Mapping[str, object]) -> bool:
    return all(_holds(name, values, facts) for name, values in wanted.items())
