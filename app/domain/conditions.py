"""Conditions: what a clinic file may ask about a lead in scoring, in a sequence's `for`, in a step's `if` and `unless`.

A condition is a name and the values that fulfil it. Most names are facts of the form (`service`, `utm.source`,
`extra.visit`); a few are worked out: `has` (a field that is filled), `signal` (what became of the lead since), and the
local time of its capture. Conditions are read in one place, the clinic file's shape, and judged in one place, here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from app.domain.clinic import Clinic, Step
from app.domain.contact import Lead

OWN_FIELDS = frozenset({"service", "location", "language"})
"""Fields of a form that are the lead's own, and not among its facts."""

FORM_FIELDS = frozenset({"request", "preferred_times", "preferred_channel", "zip", "state"})
"""Fields of a form that are facts by their own name; any other field is kept under `extra`."""

SIGNALS: Mapping[str, Callable[[Lead], bool]] = {
    "clicked": lambda lead: lead.course.clicked_at is not None,
    "no_click": lambda lead: lead.course.clicked_at is None,
    "replied": lambda lead: lead.course.replied_at is not None,
    "no_reply": lambda lead: lead.course.replied_at is None,
}
"""What became of a lead since it came in: the link was opened, or not; the person wrote to us, or not."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Known:
    """A lead as conditions see it: its facts by name, and the clinic's zone, in which its time of day counts."""

    lead: Lead
    facts: Mapping[str, Any]
    zone: str

    @property
    def captured(self) -> datetime:
        """When it came in, clinic-local."""
        return self.lead.captured_at.astimezone(ZoneInfo(self.zone))

    def fact(self, name: str) -> Any:
        """What is known under a name; a dotted one (`utm.source`) looks inside."""
        if "." not in name:
            return self.facts.get(name)
        found: Any = self.facts
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def has(self, field: str) -> bool:
        """Whether a field is filled: a fact, or else a field that only this clinic's form or question has."""
        return any(self.fact(name) not in (None, "", [], (), {}) for name in (field, f"extra.{field}"))


def known_of(clinic: Clinic, lead: Lead) -> Known:
    """What is known of a lead: its own fields over everything the form said."""
    own = {
        "service": lead.service,
        "location": lead.location,
        "source": lead.source,
        "language": lead.language,
        "track": lead.track,
    }
    return Known(lead, {**lead.facts, **own}, clinic.hours_of(lead.location).zone)


def known(lead: Lead, field: str) -> bool:
    """Whether the form, or an answer, has told this field (a field that forms do not have is looked for in `extra`)."""
    if field in OWN_FIELDS:
        return bool(getattr(lead, field))
    facts = lead.facts if field in FORM_FIELDS else lead.facts.get("extra") or {}
    return facts.get(field) not in (None, "", [], ())


def holds(conditions: Mapping[str, object], about: Known) -> bool:
    """Whether all of these conditions hold."""
    return all(_holds(name, values, about) for name, values in conditions.items())


def unmet(step: Step, clinic: Clinic, lead: Lead) -> tuple[str, ...]:
    """Why a step is not for this lead now, in the file's own words: each `if` that fails, each `unless` that holds."""
    if not (step.if_ or step.unless):
        return ()
    about = known_of(clinic, lead)
    failed = [f"if {told(*one)}" for one in singly(step.if_) if not _holds(*one, about)]
    forbidden = [f"unless {told(*one)}" for one in singly(step.unless) if _holds(*one, about)]
    return (*failed, *forbidden)


def singly(conditions: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The conditions one by one: several signals or fields are as many conditions, several values of a fact are one."""
    for name, values in conditions.items():
        yield from ((name, value) for value in several(values)) if name in ALL_OF else ((name, values),)


def told(name: str, values: object) -> str:
    """One condition as a person reads it: `service is new-patient or check-up`, `has email`, `clicked`."""
    written = " or ".join(str(value) for value in several(values))
    return WORDS.get(name, f"{name.removeprefix('extra.')} is {{}}").format(written)


def several(values: object) -> tuple[object, ...]:
    """The values of a condition, of which one may stand alone."""
    return tuple(values) if isinstance(values, list | tuple) else (values,)


def _holds(name: str, wanted: object, about: Known) -> bool:
    values = wanted if isinstance(wanted, tuple) else several(wanted)
    judge = JUDGES.get(name)
    return about.fact(name) in values if judge is None else judge(values, about)


def _local(written: object) -> time:
    return time.fromisoformat(str(written))


JUDGES: Mapping[str, Callable[[tuple[object, ...], Known], bool]] = {
    "has": lambda fields, about: all(about.has(str(field)) for field in fields),
    "signal": lambda signals, about: all(SIGNALS[str(one)](about.lead) for one in signals),
    "captured_before": lambda until, about: about.captured.time() < _local(until[0]),
    "captured_after": lambda since, about: about.captured.time() >= _local(since[0]),
    "captured_on": lambda days, about: DAYS[about.captured.weekday()] in days,
}
"""The conditions that are worked out; any other name is a fact that has one of the values."""

ALL_OF = frozenset({"has", "signal"})
"""Conditions in which several values mean all of them."""

WORDS = {
    "has": "has {}",
    "signal": "{}",
    "captured_before": "captured before {}",
    "captured_after": "captured from {} on",
    "captured_on": "captured on {}",
}
