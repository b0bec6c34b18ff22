"""The contact: a clinic and a phone, with the leads that came in under it. The unit of decision.

A phone is not a person: an opt-out belongs to the phone at the clinic (brand), consent to person and
phone. One lead of a contact is texted at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.changing import changed
from app.domain.course import NOTHING_YET, Course
from app.domain.talk import NOTHING_SAID, Talk
from app.domain.windows import Place


class Stage(StrEnum):
    """Where the talk with a lead stands. Whether we may speak is the consent's business, not the stage's."""

    NEW = "new"
    TEXTING = "texting"
    PAUSED = "paused"
    BOOKED = "booked"
    DECLINED = "declined"
    OPTED_OUT = "opted_out"
    NURTURE = "nurture"
    FINISHED = "finished"


IN_SEQUENCE = frozenset({Stage.TEXTING, Stage.NURTURE})
"""Stages in which the steps of a sequence are sent."""

OPEN_STAGES = frozenset({Stage.NEW, Stage.TEXTING, Stage.PAUSED, Stage.NURTURE})
"""Stages in which a lead still awaits something from us."""


@dataclass(frozen=True, kw_only=True)
class Lead:
    """One request of one person, and how far we are with it.

    `pending` is the id of the one planned step; `step` the index of that step (or of the next one while
    none is planned), `variant` its arm where its sequence tries something; `facts` is everything the form said, for
    people and templates. `zones` and `states` are all in which the person may be (none: nobody knows), `located` what
    says so; `course` is what was done about it so far.
    """

    id: str
    stage: Stage
    captured_at: datetime
    source: str
    token: str
    first_name: str
    zones: tuple[str, ...]
    states: tuple[str, ...] = ()
    located: tuple[Place, ...] = ()
    language: str | None = None
    service: str | None = None
    location: str | None = None
    test: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    track: str = "warm"
    score: int = 0
    sequence: str | None = None
    version: int = 0
    variant: str | None = None
    step: int = 0
    pending: str | None = None
    consent_id: str | None = None
    no_answers: int = 0
    reason: str | None = None
    course: Course = NOTHING_YET

    def is_texted(self) -> bool:
        """Whether texts are planned for this person: in a sequence, or in a nurture one."""
        return self.stage is Stage.TEXTING or (self.stage is Stage.NURTURE and self.pending is not None)

    def is_of(self, first_name: str) -> bool:
        """Whether this is that person's: on one phone, a first name is what tells people apart."""
        return self.first_name.strip().casefold() == first_name.strip().casefold()


@dataclass(frozen=True, kw_only=True)
class OpenTask:
    """A task somebody still has to do, as far as the machine cares."""

    id: str
    lead_id: str | None
    kind: str


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A phone at a clinic.

    `suppressed_by` says who closed it (`stop`, `carrier`, `staff`, `wrong_number`) or is None;
    `sender` is the sender that last spoke with this phone; `talk` what the machine remembers having said to it.
    """

    id: str
    clinic: str
    phone: str
    suppressed_by: str | None = None
    sender: str | None = None
    leads: tuple[Lead, ...] = ()
    tasks: tuple[OpenTask, ...] = ()
    talk: Talk = NOTHING_SAID

    def lead(self, lead_id: str | None) -> Lead | None:
        """The lead with this id, if it is this contact's."""
        return next((lead for lead in self.leads if lead.id == lead_id), None)

    def subject(self) -> Lead | None:
        """The lead a reply is about: the one being texted, else the newest that awaits something, else the newest."""
        texted = [lead for lead in self.leads if lead.is_texted()]
        awaiting = [lead for lead in self.leads if lead.stage in OPEN_STAGES]
        return max(texted or awaiting or self.leads, key=lambda lead: (lead.captured_at, lead.id), default=None)

    def person(self, lead: Lead) -> str:
        """A key for the person a lead is about that names nobody: the first lead of that name on this phone."""
        return min(one.id for one in (*self.leads, lead) if one.is_of(lead.first_name))

    def with_lead(self, lead: Lead) -> "Contact":
        """This contact with one lead replaced, or added at the end."""
        leads = [lead if one.id == lead.id else one for one in self.leads]
        return changed(self, leads=tuple(leads if any(one is lead for one in leads) else [*leads, lead]))
