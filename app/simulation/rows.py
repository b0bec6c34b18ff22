"""What the database would hold of one contact: texts planned and sent, the consent ledger, the steps that count.

`obey` carries out a decision's effects, in order, as a worker's batch does.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import Any

from app.domain.changing import changed
from app.domain.consents import Entry, stands
from app.domain.contact import Contact
from app.domain.effects import (
    CancelTasks,
    CancelTexts,
    CloseTask,
    LiftSuppression,
    OpenTask,
    Purpose,
    RecordConsent,
    ScheduleText,
    SkipStep,
    Suppress,
    SuppressEmail,
)
from app.domain.machine import Decision
from app.domain.wording import measure
from app.simulation.brand import Brand, Phone

COMES, FALLS_DUE, LEAVES = range(3)
"""What goes first at one moment: what comes from outside, what falls due, what leaves."""


@dataclass
class Planned:
    """A text (or a call, an e-mail, a wait) that is planned: due at `due_at`, until its `status` says otherwise."""

    order: ScheduleText
    rows: "Rows"
    due_at: datetime
    segments: int
    status: str = "scheduled"
    held_by: str | None = None
    """The rule that held it last."""
    held_for: set[str | None] = field(default_factory=set)
    """The rules that held it so far, so that the same is not told twice."""


@dataclass
class Rows:
    """One contact with everything that is the database's: `ledger` is in order of recording.

    `facts` is what the ledger says of a consent, by its id, for the decisions that stand on it. `phone` is what the
    contact's `brand` knows of its phone, which other clinics may share.
    """

    contact: Contact
    brand: Brand
    phone: Phone
    planned: dict[str, Planned] = field(default_factory=dict)
    ledger: list[Entry] = field(default_factory=list)
    facts: dict[str | None, dict[str, Any]] = field(default_factory=dict)
    last_email: datetime | None = None
    last_text: datetime | None = None

    def left(self, order: ScheduleText, now: datetime) -> None:
        """A text has left: it counts at the whole brand."""
        self.last_text = now
        self.phone.left(order, now)

    def as_of_now(self) -> Contact:
        """The contact as it is read from the database: another clinic of the brand may have closed its phone."""
        if self.contact.suppressed_by != self.phone.suppressed_by:
            self.contact = changed(self.contact, suppressed_by=self.phone.suppressed_by)
        return self.contact

    def consent_standing(self, consent_id: str | None, lead_id: str | None) -> bool:
        """Whether this consent still allows texts to this lead."""
        return stands(consent_id, lead_id, self.ledger)

    def obey(self, decision: Decision, now: datetime) -> tuple[list[Planned], list[OpenTask]]:
        """Carry out what was decided; the texts that were planned and the tasks that were opened."""
        self.contact = decision.contact
        texts: list[Planned] = []
        opened: list[OpenTask] = []
        for effect in decision.effects:
            if isinstance(effect, ScheduleText):
                segments = measure(effect.text).segments if effect.text else 0
                one = self.planned[effect.id] = Planned(effect, self, effect.due_at, segments)
                texts.append(one)
            elif isinstance(effect, CancelTexts):
                self._cancel(effect)
            elif isinstance(effect, SkipStep) and effect.message_id in self.planned:
                self.end(self.planned[effect.message_id], "dropped")
            elif isinstance(effect, RecordConsent):
                self.ledger.append(_entry(effect, now))
                self.facts[effect.id] = _facts(effect, now)
            elif isinstance(effect, OpenTask):
                opened.append(effect)
            elif isinstance(effect, Suppress | LiftSuppression | SuppressEmail):
                self.brand.obey(self.phone, effect)
        return [one for one in texts if one.status == "scheduled"], opened

    def _cancel(self, order: CancelTexts) -> None:
        for one in list(self.planned.values()):
            whose = order.lead_id is None or order.lead_id == one.order.lead_id
            if whose and (not order.steps_only or one.order.purpose is Purpose.STEP):
                one.status = "cancelled"
                del self.planned[one.order.id]

    def end(self, one: Planned, status: str) -> None:
        """A planned text is planned no more."""
        one.status = status
        self.planned.pop(one.order.id, None)


def _entry(order: RecordConsent, now: datetime) -> Entry:
    """A row of the ledger, as far as standing goes; a withdrawal counts from the earliest moment any clock gives."""
    at = order.act.at
    if order.status == "withdrawn":
        at = min(at or now, now)
    return Entry(
        id=order.id, status=order.status, lead_id=order.lead_id, person=order.person, at=at, corrects=order.act.corrects
    )


def _facts(order: RecordConsent, now: datetime) -> dict[str, Any]:
    occurred = (order.act.at or now).isoformat().replace("+00:00", "Z")
    return {"status": order.status, "text_key": order.text_key, "method": order.method, "occurred_at": occurred}


@dataclass
class Tasks:
    """The open tasks of all contacts, as far as the gate cares: how many of each team need somebody now."""

    _teams: dict[str, str] = field(default_factory=dict)
    _load: Counter[str] = field(default_factory=Counter)
    _snoozed: list[tuple[datetime, str, str]] = field(default_factory=list)

    def obey(self, decision: Decision) -> bool:
        """Take in the tasks that a decision opens and ends; whether any ended."""
        ended: list[str] = []
        for effect in decision.effects:
            if isinstance(effect, OpenTask):
                self._open(effect)
            elif isinstance(effect, CloseTask):
                ended.append(effect.id)
            elif isinstance(effect, CancelTasks):
                ended.extend(effect.ids)
        for task_id in ended:
            self._end(task_id)
        return bool(ended)

    def needing(self, team: str, now: datetime) -> int:
        """How many tasks of a team need somebody now: open, and not put aside."""
        while self._snoozed and self._snoozed[0][0] <= now:
            _, task_id, of_team = heappop(self._snoozed)
            self._count(task_id, of_team)
        return self._load[team]

    def _open(self, task: OpenTask) -> None:
        if task.snoozed_until is None:
            self._count(task.id, task.team)
        else:
            heappush(self._snoozed, (task.snoozed_until, task.id, task.team))

    def _count(self, task_id: str, team: str) -> None:
        self._teams[task_id] = team
        self._load[team] += 1

    def _end(self, task_id: str) -> None:
        team = self._teams.pop(task_id, None)
        if team is not None:
            self._load[team] -= 1
        else:
            self._snoozed = [one for one in self._snoozed if one[1] != task_id]
            heapify(self._snoozed)
