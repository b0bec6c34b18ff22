"""One turn of the machine: the contact as it was, one event, and the few verbs that handlers may use.

A turn never acts. Its verbs change the contact it will hand back and note effects, in order; whoever called
`decide` carries them out. Ids derive from the event, so the same turn played again gives the same rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from app.domain import choosing, conditions, emails, offers, rehearsal, sequences, tasks
from app.domain.calendar import NeverOpen, planned_at, step_expiry
from app.domain.changing import changed
from app.domain.clinic import Channel, Clinic, Span, Step, Unit
from app.domain.contact import IN_SEQUENCE, Contact, Lead, OpenTask, Stage
from app.domain.effects import (
    CancelTasks,
    CancelTexts,
    Effect,
    LiftSuppression,
    Purpose,
    RecordConsent,
    ScheduleText,
    SkipStep,
    Suppress,
    TakePart,
    Urgency,
)
from app.domain.effects import OpenTask as OpenTaskOrder
from app.domain.events import ConsentAct, Event
from app.domain.ids import derive_id
from app.domain.sequences import Speaker
from app.domain.talk import Offer, Said, digest

COORDINATORS_REPLY_LIVES = timedelta(hours=24)
"""How long a coordinator's answer may wait for lawful hours before it is stale."""

SAFETY_LIVES = timedelta(minutes=15)

AT_ONCE = Span(amount=0, unit=Unit.MINUTES)

WRONG_NUMBER = "wrong number"
"""Why a lead ended whose person cannot be reached by this phone: that person is never texted here again."""

OWN_STOP = frozenset({"stop", "carrier"})
"""Who may have closed a phone so that its own START opens it again."""


@dataclass
class Turn:
    """What a handler works with. `lead` is the one the event is about, or None for a number without one."""

    contact: Contact
    lead: Lead | None
    event: Event
    now: datetime
    clinic: Clinic
    effects: list[Effect] = field(default_factory=list)
    unanswerable: bool = False
    """A machine wrote what we react to: nothing is answered to it by itself."""

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
        return any(one.is_texted() for one in self.contact.leads if one.id != mine)

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
        leads = tuple(_silenced(one, mine, reason) for one in self.contact.leads)
        self.contact = replace(self.contact, leads=leads, talk=self.contact.talk.silenced())
        self.lead = self.contact.lead(mine)

    def current_step(self) -> Step | None:
        """The step the lead stands at; None after the last, or without a sequence."""
        if self.lead is None or self.lead.sequence is None:
            return None
        sequence = self.clinic.sequence(self.lead.sequence, self.lead.version, self.lead.variant)
        if sequence is None or self.lead.step >= len(sequence.steps):
            return None
        return sequence.steps[self.lead.step]

    def pass_over(self) -> Step | None:
        """The next step that the lead has not had in another sequence; None after the last."""
        while (step := self.current_step()) is not None and self.lead is not None:
            if not self.lead.course.has(str(self.lead.sequence), step):
                return step
            self.become(step=self.lead.step + 1)
        return None

    def reconsider(self, before: Lead) -> None:
        """The lead has a fact more than `before`: score it, and when another sequence is for it now, go on there."""
        if self.lead is None:
            return
        at, contact = self.event.at, self.contact.id
        self.adopt(choosing.reconsider(self.clinic, before, self.lead, self.event.id, at, contact))
        self.take_part(before.sequence)
        if self.lead.pending is not None and (self.lead.sequence, self.lead.step) != (before.sequence, before.step):
            self.hold("another sequence is for this person now")
            self.plan_step(since=self.now)

    def enter(self, choice: choosing.Choice) -> None:
        """Put the lead into a sequence, before its first step."""
        if self.lead is not None:
            was, at, contact = self.lead.sequence, self.event.at, self.contact.id
            self.adopt(choosing.enter(self.clinic, self.lead, choice, self.event.id, at, contact))
            self.take_part(was)

    def take_part(self, was: str | None) -> None:
        """A lead that went from another sequence to the beginning of one in which something is tried takes part there.

        Who comes to it half way has an arm, for it must be told something, and shows nothing; so does a test.
        """
        lead = self.lead
        if lead is None or lead.variant is None or lead.sequence in (None, was) or lead.step or lead.test:
            return
        sequence = self.clinic.sequence(str(lead.sequence), lead.version)
        tried = sequence.experiment if sequence else None
        if tried is not None:
            self.note(TakePart(lead_id=lead.id, experiment=tried.key, edition=tried.edition, arm=lead.variant))

    def plan_step(self, since: datetime, rest: Span | None = None) -> None:
        """Plan the step the lead stands at; when none is left, the sequence is over.

        A step with conditions is planned as the moment in which they are looked at (`texts.time_passed`).
        """
        step = self.pass_over()
        if self.lead is not None:
            self.become(course=changed(self.lead.course, since=since, rested=rest is not None))
        if self.lead is None or step is None:
            self.end_sequence() if rest is None else self.plan_end()
            return
        self.plan(step, since, rest, Channel.WAIT if step.if_ or step.unless else step.channel)

    def plan(self, step: Step, since: datetime, rest: Span | None, channel: Channel) -> None:
        """Plan a step, or (as `wait`) the moment in which it is decided whether it is for this lead."""
        if self.lead is None:
            return
        asks = channel is Channel.WAIT and step.channel is not Channel.WAIT
        falls_due = sequences.asked_at if asks else sequences.due
        try:
            due = falls_due(self.clinic, self.lead, step, since, rest)
        except NeverOpen:
            self.move(Stage.PAUSED, "the clinic is never open when this person may be texted")
            self.ask("call", "The clinic's hours never meet the hours in which this person may be texted.")
            return
        order = ScheduleText(
            id=self.new_id("msg"),
            lead_id=self.lead.id,
            purpose=Purpose.STEP,
            channel=channel,
            due_at=due,
            expires_at=step_expiry(self.clinic.hours_of(self.lead.location), due),
            urgency=self._urgency(self.lead),
            **self._written(self.lead, step, channel),
            consent_id=self.lead.consent_id,
            sequence=self.lead.sequence,
            version=self.lead.version,
            variant=self.lead.variant,
            step=step.key,
        )
        self.note(order)
        course = self.lead.course.plan(order.id, str(self.lead.sequence), step)
        self.become(pending=order.id, course=course)

    def _urgency(self, lead: Lead) -> int:
        if choosing.is_slow(self.clinic, lead):
            return Urgency.NURTURE
        begins = lead.step == 0 or (lead.course.chosen and not lead.course.told)
        return Urgency.FIRST_TEXT if begins else Urgency.FOLLOW_UP

    def _written(self, lead: Lead, step: Step, channel: Channel) -> dict[str, str]:
        """Who will say a step, and in which words; a step without words only falls due."""
        letter = emails.written(self.clinic, lead, step) if channel is Channel.EMAIL else ""
        if letter:
            return {"sender": emails.mailbox(self.clinic.key), "text": letter}
        return {"sender": self.sender(), "text": self.say(step.words) if channel is Channel.TEXT else ""}

    def plan_end(self) -> None:
        """Nothing is left to send, and the person was just answered: the end comes when they had time to act on it.

        The plan is a moment without a step; when it comes the sequence is over (`texts.time_passed`).
        """
        if self.lead is None:
            return
        hours = self.clinic.hours_of(self.lead.location)
        due = rehearsal.hastened(self.lead, self.now, planned_at(hours, self.now, self.clinic.resume_after, None))
        order = ScheduleText(
            id=self.new_id("msg"),
            lead_id=self.lead.id,
            purpose=Purpose.STEP,
            channel=Channel.WAIT,
            due_at=due,
            expires_at=step_expiry(hours, due),
            urgency=Urgency.FOLLOW_UP,
            sender=self.sender(),
            consent_id=self.lead.consent_id,
            sequence=self.lead.sequence,
            version=self.lead.version if self.lead.sequence else None,
        )
        self.note(order)
        self.become(pending=order.id)

    def end_sequence(self) -> None:
        """Nothing is left to send: on to the sequence that follows, in nurture; else finished.

        `then: nurture` where the clinic has no sequence of that name is the stage alone, without texts.
        """
        lead = self.lead
        if lead is None or lead.stage not in IN_SEQUENCE:
            return
        if rehearsal.ends_with_its_sequence(lead):
            self.move(Stage.FINISHED, "the rehearsed sequence is over")
            return
        choice = choosing.follow(self.clinic, lead)
        if choice is not None:
            self.enter(choice)
            self.move(Stage.NURTURE, "sequence over, nothing heard")
            self.plan_step(since=self.event.at)
            return
        ended = self.clinic.sequence(lead.sequence, lead.version) if lead.sequence else None
        waits = lead.stage is Stage.TEXTING and ended is not None and ended.then is not None
        self.move(Stage.NURTURE if waits else Stage.FINISHED, "sequence over, nothing heard")

    def arm(self, step: Step) -> None:
        """The conditions of a step held when it fell due: it leaves in the first allowed minute."""
        self.plan(replace(step, after=AT_ONCE, at=None), self.event.at, None, step.channel)
        if self.lead is not None:
            self.become(course=replace(self.lead.course, armed=self.lead.pending))

    def skip(self, message_id: str, why: tuple[str, ...]) -> None:
        """A step is not for this lead now: its message says why, and it counts as not said."""
        self.note(SkipStep(message_id=message_id, why=why))
        if self.lead is not None:
            self.become(pending=None, course=self.lead.course.undone(message_id))

    def look_again(self) -> None:
        """Something new is known: a step that was let through and still waits to leave may not be for this lead now."""
        lead, step = self.lead, self.current_step()
        if lead is None or step is None or lead.pending is None or lead.pending != lead.course.armed:
            return
        why = conditions.unmet(step, self.clinic, lead)
        if why:
            self.note(SkipStep(message_id=lead.pending, why=why))
            # Its plan stays remembered: it may be on its way already, and then it was said.
            self.become(step=lead.step + 1, pending=None, course=replace(lead.course, armed=None))
            self.plan_step(since=self.event.at)

    def end_nurture(self) -> None:
        """The person answered: the talk is open again, and the rest of the slow sequence is not sent."""
        lead = self.lead
        sequence = self.clinic.sequence(lead.sequence, lead.version) if lead and lead.sequence else None
        if lead is None or sequence is None:
            return
        if lead.pending is not None:
            self.hold("the person wrote")
        self.become(step=len(sequence.steps))

    def answer(self, name: str, purpose: Purpose = Purpose.ANSWER, choices: tuple[str, ...] = ()) -> bool:
        """Send one of the clinic's standing answers to what the person just wrote; whether it was planned.

        Not if the clinic has no such answer, if a machine wrote, or if it would be one too many (`Talk.allows`); the
        confirmation of STOP is above that and not counted. `choices` are what the answer lists, by number.
        """
        words = self.clinic.answers.get(name)
        counted = purpose is not Purpose.STOP_CONFIRMATION
        if not words or (counted and not self._may_answer(name, purpose)):
            return False
        lives = self.clinic.reply_window if purpose in (Purpose.ANSWER, Purpose.HELP) else SAFETY_LIVES
        message_id = self.new_id("msg")
        self.send(self.say(words, choices), purpose, lives, id=message_id)
        if counted:
            self._remember(message_id, name, purpose)
        return True

    def say_kindly(self, name: str, purpose: Purpose = Purpose.ANSWER) -> None:
        """An answer that nobody is owed: never to a closed phone, nor to somebody who did not agree to texts."""
        if self.contact.suppressed_by is None and self.lead is not None and self.lead.consent_id is not None:
            self.answer(name, purpose)

    def _may_answer(self, name: str, purpose: Purpose) -> bool:
        window, at = self.clinic.reply_window, self.event.at
        return not self.unanswerable and self.contact.talk.allows(name, purpose, self._answered_words(), at, window)

    def _remember(self, message_id: str, name: str, purpose: Purpose) -> None:
        said = Said(
            id=message_id,
            lead_id=self.lead.id if self.lead else None,
            name=name,
            at=self.event.at,
            to=self._answered_words(),
            purpose=purpose.value,
        )
        self.contact = replace(self.contact, talk=self.contact.talk.add(said))

    def _answered_words(self) -> str:
        return digest(getattr(self.event, "body", ""))

    def offer(self, of: Literal["times", "places"], choices: tuple[str, ...]) -> None:
        """Remember that this lead was given a choice by number."""
        if self.lead is not None:
            until = self.now + offers.LIVES * self.clinic.reply_window
            made = Offer(lead_id=self.lead.id, of=of, choices=choices, until=until)
            self.contact = replace(self.contact, talk=replace(self.contact.talk, offer=made))

    def settle_offer(self) -> None:
        """The choice was made: the offer is over, and whatever we said has arrived, for it was answered."""
        self.contact = replace(self.contact, talk=self.contact.talk.silenced())

    def end_offer(self) -> None:
        """From here on a bare number means nothing."""
        if self.contact.talk.offer is not None:
            self.contact = replace(self.contact, talk=replace(self.contact.talk, offer=None))

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

    def say(self, words: Mapping[str, str], choices: tuple[str, ...] = ()) -> str:
        """The clinic's words, rendered for this lead."""
        return Speaker(clinic=self.clinic, lead=self.lead, choices=choices).say(words)

    def sender(self) -> str:
        """The number that speaks: the one this phone already knows, else the clinic's choice for the location."""
        known = self.contact.sender
        if known is not None and known in self.clinic.senders:
            return known
        return self.clinic.sender_for(self.lead.location if self.lead else None).key

    # -- people --------------------------------------------------------------------------------

    def ask(self, kind: str, about: str, wish: Mapping[str, Any] | None = None) -> None:
        """Open a task; `wish` is what is certain of the times that would suit."""
        self.give(replace(self.task(kind, about), wish=wish))

    def give(self, order: OpenTaskOrder) -> None:
        """Open a task that was prepared with `task`."""
        self.note(order)
        opened = OpenTask(id=order.id, lead_id=order.lead_id, kind=order.kind)
        self.contact = replace(self.contact, tasks=(*self.contact.tasks, opened))

    def task(self, kind: str, about: str) -> OpenTaskOrder:
        """A task order that is not given yet."""
        team = tasks.route(self.clinic, kind, about)
        deadline = tasks.deadline(self.clinic, team, kind, about, self.now)
        return OpenTaskOrder(
            id=self.new_id("task"),
            lead_id=self.lead.id if self.lead else None,
            kind=kind,
            priority=tasks.PRIORITY[kind],
            team=team.key,
            due_at=tasks.due(team, kind, self.now),
            about=about,
            event_id=self.event.id,
            escalates_at=deadline.at if deadline else None,
            escalates_to=deadline.to if deadline else None,
        )

    def drop_tasks(self, kinds: frozenset[str], reason: str) -> None:
        """Cancel the lead's open tasks of these kinds."""
        lead_id = self.lead.id if self.lead else None
        mine = tuple(one.id for one in self.contact.tasks if one.kind in kinds and one.lead_id == lead_id)
        if mine:
            self.note(CancelTasks(ids=mine, reason=reason))
            self.contact = replace(self.contact, tasks=tuple(o for o in self.contact.tasks if o.id not in mine))

    # -- permission ----------------------------------------------------------------------------

    def record_consent(
        self, act: ConsentAct, status: str, method: str, *, whole_phone: bool = False, **more: str | None
    ) -> str:
        """Add a row to the consent ledger, about this lead's person or the whole phone; its id."""
        lead = self.lead
        order = RecordConsent(
            id=self.new_id("consent"),
            lead_id=lead.id if lead else None,
            status=status,
            act=act,
            method=method,
            person=self.contact.person(lead) if lead and not whole_phone else None,
            source=lead.source if lead else None,
            language=act.language or (lead.language if lead else None),
            clinic_name=self.clinic.name,
            by=getattr(self.event, "by", None) or getattr(self.event, "assignee", None),
            **more,
        )
        self.note(order)
        return order.id

    def withdraw(self, act: ConsentAct, method: str) -> None:
        """This person's consent ends, for every lead of theirs on this phone; the ledger says so."""
        self.record_consent(act, "withdrawn", method)
        self._keep_consent(lambda one: self.lead is not None and not one.is_of(self.lead.first_name))

    def renew_consent(self, words: str) -> None:
        """The phone's own START undid its STOP: who was allowed to be texted in this talk is so again, nobody else."""
        if self.lead is None or self.lead.consent_id is None:
            return
        act = ConsentAct(sms=True, text=words, at=self.event.at)
        self.become(consent_id=self.record_consent(act, "renewed", "text message"))
        self._keep_consent(lambda one: self.lead is not None and one.id == self.lead.id)

    def _keep_consent(self, keeps: Callable[[Lead], bool]) -> None:
        leads = tuple(one if keeps(one) else changed(one, consent_id=None) for one in self.contact.leads)
        self.contact = replace(self.contact, leads=leads)
        self.lead = self.contact.lead(self.lead.id if self.lead else None)

    def suppress(self, by: str) -> None:
        """Close this phone at the clinic. Who closed it first stays on record, unless START would open that again."""
        closed_by = self.contact.suppressed_by
        if closed_by is None or (closed_by in OWN_STOP and by not in OWN_STOP):
            self.note(Suppress(by=by))
            self.contact = replace(self.contact, suppressed_by=by)

    def opt_out(self, *, by: str, method: str) -> None:
        """Everything ends for this phone: nothing stays planned, every lead is opted out, the ledger says so."""
        self.silence("opted out")
        act = ConsentAct(sms=False, at=self.event.at, reason=getattr(self.event, "reason", None))
        self.record_consent(act, "withdrawn", method, whole_phone=True)
        self.suppress(by)
        ended = tuple(_opted_out(one, by) for one in self.contact.leads)
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


def _opted_out(lead: Lead, by: str) -> Lead:
    """That this was never the person's phone stays known, whatever else is said on it."""
    reason = WRONG_NUMBER if lead.reason == WRONG_NUMBER else f"opted out ({by})"
    return replace(lead, stage=Stage.OPTED_OUT, reason=reason)


def _silenced(lead: Lead, mine: str | None, reason: str) -> Lead:
    if lead.id != mine and lead.stage in (Stage.TEXTING, Stage.NURTURE):
        return replace(lead, pending=None, stage=Stage.PAUSED, reason=f"another request on this phone: {reason}")
    return replace(lead, pending=None)


Handler = Callable[[Turn], None]
"""What a cell of the machine's table holds."""
