"""One turn of the machine: the contact as it was, one event, and the few verbs that handlers may use.

A turn never acts. Its verbs change the contact it will hand back and note effects, in order; whoever called
`decide` carries them out. Ids derive from the event, so the same turn played again gives the same rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from app.domain import sequences, tasks
from app.domain.calendar import NeverOpen, step_expiry
from app.domain.clinic import Channel, Clinic, Span, Step
from app.domain.contact import Contact, Lead, OpenTask, Stage, changed
from app.domain.effects import (
    CancelTasks,
    CancelTexts,
    Effect,
    LiftSuppression,
    Purpose,
    RecordConsent,
    ScheduleText,
    Suppress,
    Urgency,
)
from app.domain.effects import OpenTask as OpenTaskOrder
from app.domain.events import ConsentAct, Event
from app.domain.ids import derive_id
from app.domain.sequences import Speaker

COORDINATORS_REPLY_LIVES = timedelta(hours=24)
"""How long a coordinator's answer may wait for lawful hours before it is stale."""

SAFETY_LIVES = timedelta(minutes=15)


@dataclass
class Turn:
    """What a handler works with. `lead` is the one the event is about, or None for a number without one."""

    contact: Contact
    lead: Lead | None
    event: Event
    now: datetime
    clinic: Clinic
    effects: list[Effect] = field(default_factory=list)

    # -- the contact ---------------------------------------------------------------------------

    def become(self, **changes: Any) -> None:
        """Change the lead this turn is about."""
        if self.lead is not None:
            self.adopt(changed(self.lead, **changes))

    def adopt(self, lead: Lead) -> None:
        """Put this lead into the contact and make it the turn's subject."""
        self.lead = lead
        self.contact = self.contact.with_lead(lead)

    def move(self, stage: Stage, reason: str | None = None) -> None:
        """The lead enters a stage; `reason` says why, for people."""
        self.become(stage=stage, reason=reason)

    def another_is_texted(self) -> bool:
        """Whether another lead of this phone is being texted: one at a time, for a reply could be either person's."""
        mine = self.lead.id if self.lead else None
        return any(one.stage is Stage.TEXTING for one in self.contact.leads if one.id != mine)

    # -- texts ---------------------------------------------------------------------------------

    def hold(self, reason: str) -> None:
        """Cancel the lead's one planned step."""
        if self.lead is not None:
            self.note(CancelTexts(lead_id=self.lead.id, reason=reason, steps_only=True))
            self.become(pending=None)

    def silence(self, reason: str) -> None:
        """Cancel everything planned for this phone, whichever lead it belongs to.

        Another lead that was on its way pauses: with nothing planned it would stand still and nobody would know.
        """
        self.note(CancelTexts(lead_id=None, reason=reason))
        mine = self.lead.id if self.lead else None
        self.contact = replace(self.contact, leads=tuple(_silenced(one, mine, reason) for one in self.contact.leads))
        self.lead = self.contact.lead(mine)

    def current_step(self) -> Step | None:
        """The step the lead stands at; None after the last, or without a sequence."""
        if self.lead is None or self.lead.sequence is None:
            return None
        sequence = self.clinic.sequence(self.lead.sequence, self.lead.version)
        if sequence is None or self.lead.step >= len(sequence.steps):
            return None
        return sequence.steps[self.lead.step]

    def plan_step(self, since: datetime, rest: Span | None = None) -> None:
        """Plan the step the lead stands at; when none is left, the sequence is over."""
        step = self.current_step()
        if self.lead is None or step is None:
            self.end_sequence()
            return
        try:
            due = sequences.due(self.clinic, self.lead, step, since, rest)
        except NeverOpen:
            self.move(Stage.PAUSED, "the clinic is never open when this person may be texted")
            self.ask("call", "The clinic's hours never meet the hours in which this person may be texted.")
            return
        order = ScheduleText(
            id=self.new_id("msg"),
            lead_id=self.lead.id,
            purpose=Purpose.STEP,
            channel=step.channel,
            due_at=due,
            expires_at=step_expiry(self.clinic.hours_of(self.lead.location), due),
            urgency=Urgency.FIRST_TEXT if self.lead.step == 0 else Urgency.FOLLOW_UP,
            sender=self.sender(),
            text=self.say(step.words) if step.channel is Channel.TEXT else "",
            consent_id=self.lead.consent_id,
            sequence=self.lead.sequence,
            version=self.lead.version,
            step=step.key,
        )
        self.note(order)
        self.become(pending=order.id)

    def end_sequence(self) -> None:
        """Nothing is left to send: nurture when the sequence says so, else finished."""
        if self.lead is None or self.lead.stage is not Stage.TEXTING or self.lead.sequence is None:
            return
        sequence = self.clinic.sequence(self.lead.sequence, self.lead.version)
        nurtured = sequence is not None and sequence.then is not None
        self.move(Stage.NURTURE if nurtured else Stage.FINISHED, "sequence over, nothing heard")

    def answer(self, name: str, purpose: Purpose = Purpose.ANSWER) -> None:
        """Send one of the clinic's standing answers to what the person just wrote, if the clinic has it."""
        words = self.clinic.answers.get(name)
        if words:
            lives = self.clinic.reply_window if purpose in (Purpose.ANSWER, Purpose.HELP) else SAFETY_LIVES
            self.send(self.say(words), purpose, lives)

    def send(self, text: str, purpose: Purpose, lives: timedelta, **more: Any) -> None:
        """Plan a text for now that is stale after `lives`."""
        at_once = purpose in (Purpose.STOP_CONFIRMATION, Purpose.SAFETY)
        order = ScheduleText(
            id=more.pop("id", None) or self.new_id("msg"),
            lead_id=self.lead.id if self.lead else None,
            purpose=purpose,
            due_at=self.now,
            expires_at=self.event.at + lives,
            urgency=Urgency.AT_ONCE if at_once else Urgency.ANSWER,
            sender=self.sender(),
            text=text,
            consent_id=self.lead.consent_id if self.lead else None,
            **more,
        )
        self.note(order)

    def say(self, words: Mapping[str, str]) -> str:
        """The clinic's words, rendered for this lead."""
        return Speaker(clinic=self.clinic, lead=self.lead).say(words)

    def sender(self) -> str:
        """The number that speaks: the one this phone already knows, else the clinic's choice for the location."""
        known = self.contact.sender
        if known is not None and known in self.clinic.senders:
            return known
        return self.clinic.sender_for(self.lead.location if self.lead else None).key

    # -- people --------------------------------------------------------------------------------

    def ask(self, kind: str, about: str) -> None:
        """Open a task."""
        self.give(self.task(kind, about))

    def give(self, order: OpenTaskOrder) -> None:
        """Open a task that was prepared with `task`."""
        self.note(order)
        opened = OpenTask(id=order.id, lead_id=order.lead_id, kind=order.kind)
        self.contact = replace(self.contact, tasks=(*self.contact.tasks, opened))

    def task(self, kind: str, about: str) -> OpenTaskOrder:
        """A task order that is not given yet."""
        team = tasks.route(self.clinic, kind, about)
        return OpenTaskOrder(
            id=self.new_id("task"),
            lead_id=self.lead.id if self.lead else None,
            kind=kind,
            priority=tasks.PRIORITY[kind],
            team=team.key,
            due_at=tasks.due(team, kind, self.now),
            about=about,
            event_id=self.event.id,
        )

    def drop_tasks(self, kinds: frozenset[str], reason: str) -> None:
        """Cancel the lead's open tasks of these kinds."""
        lead_id = self.lead.id if self.lead else None
        mine = tuple(one.id for one in self.contact.tasks if one.kind in kinds and one.lead_id == lead_id)
        if mine:
            self.note(CancelTasks(ids=mine, reason=reason))
            self.contact = replace(self.contact, tasks=tuple(o for o in self.contact.tasks if o.id not in mine))

    # -- permission ----------------------------------------------------------------------------

    def record_consent(self, act: ConsentAct, status: str, method: str) -> str:
        """Add a row to the consent ledger; its id."""
        order = RecordConsent(
            id=self.new_id("consent"),
            lead_id=self.lead.id if self.lead else None,
            status=status,
            act=act,
            method=method,
        )
        self.note(order)
        return order.id

    def suppress(self, by: str) -> None:
        """Close this phone at the clinic. Who closed it first stays on record."""
        if self.contact.suppressed_by is None:
            self.note(Suppress(by=by))
            self.contact = replace(self.contact, suppressed_by=by)

    def opt_out(self, *, by: str, method: str) -> None:
        """Everything ends for this phone: nothing stays planned, every lead is opted out, the ledger says so."""
        self.silence("opted out")
        self.record_consent(ConsentAct(sms=False, at=self.event.at), "withdrawn", method)
        self.suppress(by)
        ended = tuple(replace(one, stage=Stage.OPTED_OUT, reason=f"opted out ({by})") for one in self.contact.leads)
        self.contact = replace(self.contact, leads=ended)
        self.lead = self.contact.lead(self.lead.id if self.lead else None)

    def lift(self) -> None:
        """Open this phone again."""
        self.note(LiftSuppression())
        self.contact = replace(self.contact, suppressed_by=None)

    # -- the rest ------------------------------------------------------------------------------

    def note(self, effect: Effect) -> None:
        """Add an effect; order is meaning."""
        self.effects.append(effect)

    def new_id(self, prefix: str) -> str:
        """An id derived from the event and the number of effects so far."""
        return derive_id(prefix, self.event.id, len(self.effects))


def _silenced(lead: Lead, mine: str | None, reason: str) -> Lead:
    if lead.id != mine and lead.stage in (Stage.TEXTING, Stage.NURTURE):
        return replace(lead, pending=None, stage=Stage.PAUSED, reason=f"another request on this phone: {reason}")
    return replace(lead, pending=None)


Handler = Callable[[Turn], None]
"""What a cell of the machine's table holds."""
