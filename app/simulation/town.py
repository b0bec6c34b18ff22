"""Made-up people at work: leads who answer, book and change their minds; coordinators who work their tasks.

Each acts on what reaches them, by dice of their own, so that the same seed gives the same month.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from app.domain.clinic import Clinic
from app.domain.contact import Contact, Lead, Stage
from app.domain.effects import OpenTask, Purpose
from app.domain.events import (
    AnswerWritten,
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCompleted,
    AppointmentMissed,
    AppointmentMoved,
    ConsentAct,
    ConsentGiven,
    EmailOptedOut,
    Event,
    LeadClosed,
    LeadPaused,
    LeadResumed,
    LinkClicked,
    Outcome,
    ReplyReceived,
    StaffOptedOut,
    TaskCompleted,
)
from app.simulation.engine import Simulation
from app.simulation.rows import Planned
from app.simulation.sayings import MEANT, SAYINGS

ANSWERS_A_STEP = 0.3
ANSWERS_AN_ANSWER = 0.15
CLICKS = 0.6
BOOKS_WHO_CLICKS = 0.8
UNSUBSCRIBES = 0.04
ANSWERS_THE_QUESTION = 0.5
DELAYS = (timedelta(minutes=1), timedelta(minutes=20), timedelta(hours=3), timedelta(days=1), timedelta(days=4))
"""A reply comes within one of these: mostly soon, sometimes when nobody waits for it any more."""

OUTCOMES: dict[Outcome, int] = {
    "answered": 30,
    "booked": 20,
    "no_answer": 20,
    "not_interested": 8,
    "opted_out": 2,
    "wrong_number": 2,
    "other": 8,
}

ORDERS = (LeadPaused, LeadResumed, LeadClosed, StaffOptedOut)
AFTERWARDS = {AppointmentCompleted: 70, AppointmentCancelled: 12, AppointmentMissed: 8, AppointmentMoved: 10}


class Town:
    """Everybody but the service. `seed` and the order of what happens are all they depend on."""

    def __init__(self, seed: int) -> None:
        self._dice = Random(f"{seed}/town")  # noqa: S311 - made-up people, not secrets

    # -- leads ---------------------------------------------------------------------------------

    def texted(self, simulation: Simulation, contact: Contact, text: Planned, at: datetime) -> None:
        """Somebody reads a text: some answer, some open the link in it and book, most do nothing."""
        order, dice = text.order, self._dice
        lead = contact.lead(order.lead_id)
        if lead is None:
            return
        self._open_link(simulation, contact, lead, order.text, at)
        share = ANSWERS_A_STEP if order.purpose is Purpose.STEP else ANSWERS_AN_ANSWER
        if dice.random() < share:
            said = self._says(simulation.office(contact).clinic, lead, order.sender)
            simulation.expect(at + self._soon(), contact.phone, said, contact.clinic)

    def emailed(self, simulation: Simulation, contact: Contact, email: Planned, at: datetime) -> None:
        """Somebody reads an e-mail: some open its link, a few want no more of them."""
        lead = contact.lead(email.order.lead_id)
        if lead is None:
            return
        self._open_link(simulation, contact, lead, email.order.text, at)
        if self._dice.random() < UNSUBSCRIBES:
            simulation.expect(at + self._soon(), contact.phone, _unsubscribes(lead.id), contact.clinic)

    def _open_link(self, simulation: Simulation, contact: Contact, lead: Lead, words: str, at: datetime) -> None:
        if "/b/" not in words or self._dice.random() >= CLICKS:
            return
        opened = at + self._soon()
        simulation.expect(opened, contact.phone, _clicks(lead.id), contact.clinic)
        if self._dice.random() < BOOKS_WHO_CLICKS:
            self._book(simulation, contact, lead, opened)

    def _says(self, clinic: Clinic, lead: Lead, sender: str) -> Callable[[str, Contact, datetime], Event]:
        spoken = SAYINGS["es" if (lead.language or "").startswith("es") else "en"]
        meant = self._dice.choices(tuple(MEANT), tuple(MEANT.values()))[0]
        body = self._dice.choice(spoken[meant])
        asked = clinic.question
        if asked is not None and asked.values and self._dice.random() < ANSWERS_THE_QUESTION:
            body = self._dice.choice([word for value, names in asked.values.items() for word in (value, *names)])

        def reply(event_id: str, contact: Contact, now: datetime) -> Event:
            return ReplyReceived(
                id=event_id, at=now, sender=sender, carrier_id=event_id, body=body, media=0 if body else 1
            )

        return reply

    def _book(self, simulation: Simulation, contact: Contact, lead: Lead, at: datetime) -> None:
        booked = at + self._soon()
        starts = booked + timedelta(days=self._dice.randrange(1, 10))
        simulation.expect(booked, contact.phone, _appointment(AppointmentBooked, lead.id, starts), contact.clinic)
        then = self._dice.choices(tuple(AFTERWARDS), tuple(AFTERWARDS.values()))[0]
        if self._dice.random() < 0.8:
            over = starts + timedelta(hours=1)
            simulation.expect(over, contact.phone, _appointment(then, lead.id, starts), contact.clinic)

    def _soon(self) -> timedelta:
        longest = self._dice.choices(DELAYS, (30, 30, 20, 12, 8))[0]
        return timedelta(seconds=5 + self._dice.randrange(int(longest.total_seconds())))

    # -- staff ---------------------------------------------------------------------------------

    def asked(self, simulation: Simulation, contact: Contact, task: OpenTask, at: datetime) -> None:
        """A coordinator takes a task well before it is due, as a rule; writes sometimes, and says what came of it."""
        dice = self._dice
        begins = max(at, task.snoozed_until or at)
        late = timedelta(days=dice.randrange(1, 4)) if dice.random() < 0.02 else timedelta(0)
        done = begins + max(task.due_at - begins, timedelta(minutes=30)) * dice.uniform(0.05, 0.5) + late
        if task.kind == "question" and dice.random() < 0.5:
            simulation.expect(done - timedelta(minutes=2), contact.phone, _writes(task), contact.clinic)
        outcome = dice.choices(tuple(OUTCOMES), tuple(OUTCOMES.values()))[0]
        simulation.expect(done, contact.phone, _completes(task, outcome), contact.clinic)
        if task.lead_id is not None and dice.random() < 0.05:
            later = done + timedelta(hours=dice.randrange(1, 72))
            order = self._order(simulation.office(contact).clinic, task.lead_id)
            simulation.expect(later, contact.phone, order, contact.clinic)

    def _order(self, clinic: Clinic, lead_id: str) -> Callable[[str, Contact, datetime], Event | None]:
        """Staff pause, resume, close or end a lead, or write down that it agreed to texts after all."""
        dice = self._dice
        words = next(iter(clinic.consent_texts.values()), "I agree to receive texts.")
        kind: Any = dice.choice((*ORDERS, ConsentGiven))

        def order(event_id: str, contact: Contact, now: datetime) -> Event | None:
            if contact.lead(lead_id) is None:
                return None
            given: dict[str, Any] = {"id": event_id, "at": now, "lead_id": lead_id, "by": "ana"}
            if kind is ConsentGiven:
                act = ConsentAct(sms=True, text=words, at=now, method="told to staff", received=now)
                return ConsentGiven(**given, consent=act)
            event: Event = kind(**given, reason="said so on the phone")
            return event

        return order


def _clicks(lead_id: str) -> Callable[[str, Contact, datetime], Event]:
    return lambda event_id, contact, now: LinkClicked(id=event_id, at=now, lead_id=lead_id)


def _unsubscribes(lead_id: str) -> Callable[[str, Contact, datetime], Event]:
    return lambda event_id, contact, now: EmailOptedOut(id=event_id, at=now, lead_id=lead_id)


def _appointment(kind: Any, lead_id: str, starts: datetime) -> Callable[[str, Contact, datetime], Event]:
    def happens(event_id: str, contact: Contact, now: datetime) -> Event:
        event: Event = kind(id=event_id, at=now, booking_id=f"booking_{lead_id[5:]}", lead_id=lead_id, starts_at=starts)
        return event

    return happens


def _completes(task: OpenTask, outcome: Outcome) -> Callable[[str, Contact, datetime], Event | None]:
    def complete(event_id: str, contact: Contact, now: datetime) -> Event | None:
        if not any(one.id == task.id for one in contact.tasks):
            return None  # it was cancelled meanwhile
        return TaskCompleted(
            id=event_id, at=now, task_id=task.id, lead_id=task.lead_id, outcome=outcome, assignee="ana"
        )

    return complete


def _writes(task: OpenTask) -> Callable[[str, Contact, datetime], Event | None]:
    def write(event_id: str, contact: Contact, now: datetime) -> Event | None:
        lead = contact.lead(task.lead_id)
        if lead is None or lead.stage is Stage.OPTED_OUT or not any(one.id == task.id for one in contact.tasks):
            return None
        return AnswerWritten(
            id=event_id,
            at=now,
            task_id=task.id,
            lead_id=task.lead_id,
            message_id=event_id.replace("evt", "msg", 1),
            text="Thank you for asking. A person of the clinic will call you about that.",
            assignee="ana",
        )

    return write
