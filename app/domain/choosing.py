"""Choosing: the points of a lead, the track they reach, the sequence that is for it, and why.

The first sequence whose `for` fits wins. A new fact (an answer, a second form, a click) is scored like the first ones
and may put the lead into another sequence between two steps; whatever was sent already is behind it there.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.changing import changed
from app.domain.clinic import Clinic, ScoreRow, Sequence, Step
from app.domain.conditions import holds, known_of, singly, told
from app.domain.contact import Lead, Stage

DEFAULT_TRACK = "warm"

MOVABLE = frozenset({Stage.TEXTING, Stage.PAUSED})
"""Stages in which a lead may change its sequence: in nurture its own is over, and in the rest nothing is sent."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A sequence, and why it is this lead's."""

    sequence: Sequence
    because: tuple[str, ...]

    def as_json(self, clinic: Clinic, lead: Lead, event_id: str, at: datetime) -> dict[str, Any]:
        """What is remembered and shown: when and by which event, the reasons, and the scoring rows that counted."""
        return {
            "at": at.isoformat(),
            "event_id": event_id,
            "sequence": self.sequence.key,
            "version": self.sequence.version,
            "because": list(self.because),
            "track": lead.track,
            "points": lead.score,
            "score": [_row_told(row) for row in counted(clinic, lead)],
        }


def counted(clinic: Clinic, lead: Lead) -> tuple[ScoreRow, ...]:
    """The scoring rows that give this lead points."""
    about = known_of(clinic, lead)
    return tuple(row for row in clinic.scoring if row.track is None and holds(row.when, about))


def _row_told(row: ScoreRow) -> dict[str, Any]:
    return {"when": [told(*one) for one in singly(row.when)], "add": row.add}


def score(clinic: Clinic, lead: Lead) -> tuple[int, str]:
    """The lead's points and the track they reach: the highest `from` not above them, else `warm`."""
    points = sum(row.add for row in counted(clinic, lead))
    reached = [row for row in clinic.scoring if row.track is not None and row.from_ <= points]
    best = max(reached, key=lambda row: row.from_, default=None)
    return points, best.track if best and best.track else DEFAULT_TRACK


def scored(clinic: Clinic, lead: Lead) -> Lead:
    """The lead with its points and its track."""
    points, track = score(clinic, lead)
    return changed(lead, score=points, track=track)


def choose(clinic: Clinic, lead: Lead) -> Choice | None:
    """The first sequence that is for this lead, and why; None when the clinic has none for it.

    A sequence that another one names with `then` and that has no `for` of its own is nobody's first.
    """
    about = known_of(clinic, lead)
    follows = {one.then for one in clinic.sequences if one.then}
    for one in clinic.sequences:
        if (one.for_ or one.key not in follows) and holds(one.for_, about):
            because = tuple(told(*condition) for condition in singly(one.for_))
            return Choice(sequence=one, because=because or ("it is for everyone",))
    return None


def follow(clinic: Clinic, lead: Lead) -> Choice | None:
    """The sequence that follows the one the lead has come to the end of, if that names one of the clinic's."""
    ended = clinic.sequence(lead.sequence, lead.version) if lead.sequence else None
    after = ended.then if ended else None
    found = next((one for one in clinic.sequences if one.key == after), None)
    if any(one["sequence"] == after for one in lead.course.chosen):
        return None  # been there: two files that were applied one after the other may lead round in a circle
    return Choice(sequence=found, because=(f"it follows {lead.sequence}",)) if found else None


def is_slow(clinic: Clinic, lead: Lead) -> bool:
    """Whether the lead is in a nurture sequence: one that follows another, or one for the track of that name."""
    stands = clinic.sequence(lead.sequence, lead.version) if lead.sequence else None
    if stands is None or lead.stage is Stage.NURTURE:
        return stands is not None
    return stands.for_.get("track") == ("nurture",) or any(one.then == stands.key for one in clinic.sequences)


def enter(
    clinic: Clinic, lead: Lead, choice: Choice, event_id: str, at: datetime, contact_id: str, step: int = 0
) -> Lead:
    """The lead in a sequence, before its first step or another, with its contact's arm; its course says why."""
    course = lead.course
    why = choice.as_json(clinic, lead, event_id, at)
    return changed(
        lead,
        sequence=choice.sequence.key,
        version=choice.sequence.version,
        variant=clinic.arm_for(choice.sequence, contact_id),
        step=step,
        course=changed(course, chosen=(*course.chosen, why)),
    )


def reconsider(clinic: Clinic, before: Lead, after: Lead, event_id: str, at: datetime, contact_id: str) -> Lead:
    """What a new fact makes of a lead: `after`, scored anew, and in the sequence that is for it now.

    It moves only where the fact itself made the difference, while its own sequence goes on, and where the other one
    has something left to say.
    """
    lead = scored(clinic, after)
    was, now = choose(clinic, before), choose(clinic, lead)
    if now is None or now.sequence.key in (lead.sequence, was.sequence.key if was else None):
        return lead
    stands = clinic.sequence(lead.sequence, lead.version) if lead.sequence else None
    if lead.stage not in MOVABLE or stands is None or lead.step >= len(stands.steps):
        return lead
    step = place_in(clinic, now.sequence.seen_by(clinic.arm_for(now.sequence, contact_id)), lead)
    return lead if step >= len(now.sequence.steps) else enter(clinic, lead, now, event_id, at, contact_id, step)


def place_in(clinic: Clinic, sequence: Sequence, lead: Lead) -> int:
    """Where a lead stands in a sequence it moves to: behind the last step that it has had already.

    A step was had when it was done, when its words were said, or when the step of that key was, elsewhere.
    """
    had = {one.step for one in lead.course.told} | {step.key for step in _behind(clinic, lead)}
    places = [n for n, step in enumerate(sequence.steps) if step.key in had or lead.course.has(sequence.key, step)]
    return places[-1] + 1 if places else 0


def _behind(clinic: Clinic, lead: Lead) -> tuple[Step, ...]:
    """The steps that the lead has behind it where it stands."""
    stands = clinic.sequence(lead.sequence, lead.version, lead.variant) if lead.sequence else None
    return stands.steps[: lead.step] if stands else ()
