"""The clock that jumps from one due thing to the next, and the reading of what comes in.

At one moment three things happen in this order: what comes from outside is read and decided; texts that fall due
join their sender's queue; each sender's most urgent are judged and leave (`post`). Reading takes no time here, so
nothing is ever unread when a text is judged.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from typing import Protocol

from app.domain.clinic import Channel, Clinic
from app.domain.contact import IN_SEQUENCE, Contact, Lead
from app.domain.effects import OpenTask, SkipStep
from app.domain.events import Event, TimePassed
from app.domain.machine import Decision, decide
from app.simulation import mail
from app.simulation.brand import Brand
from app.simulation.lines import Line, because
from app.simulation.office import Office
from app.simulation.rows import COMES, FALLS_DUE, Planned, Rows
from app.simulation.telling import written

Make = Callable[[str, Contact, datetime], Event | None]
"""What happens at its time: the event, given its id, the contact as it then is, and the moment. None: nothing."""


class People(Protocol):
    """Whoever reacts to what the service does; they answer by `Simulation.expect`."""

    def texted(self, simulation: "Simulation", contact: Contact, text: Planned, at: datetime) -> None:
        """A text reached this phone."""

    def emailed(self, simulation: "Simulation", contact: Contact, email: Planned, at: datetime) -> None:
        """An e-mail reached this person."""

    def asked(self, simulation: "Simulation", contact: Contact, task: OpenTask, at: datetime) -> None:
        """A task was opened for the staff."""


class Nobody:
    """People who never react by themselves; what they do is in a script."""

    def texted(self, simulation: "Simulation", contact: Contact, text: Planned, at: datetime) -> None:
        """Nothing."""

    def emailed(self, simulation: "Simulation", contact: Contact, email: Planned, at: datetime) -> None:
        """Nothing."""

    def asked(self, simulation: "Simulation", contact: Contact, task: OpenTask, at: datetime) -> None:
        """Nothing."""


class Simulation:
    """Clinics and their contacts in memory; `now` is the moment of what happened last.

    `names` is what each lead is called, by its id. A phone has a contact of its own at each clinic.
    """

    def __init__(self, clinics: Sequence[Clinic], begins: datetime, people: People | None = None) -> None:
        self.now = begins
        self.names: dict[str, str] = {}
        self.people: People = people or Nobody()
        brands = {one.brand: Brand() for one in clinics}
        named = len(clinics) > 1
        self.offices = {one.key: Office(self, one, brands[one.brand], begins, named=named) for one in clinics}
        self._contacts: dict[tuple[str, str], Rows] = {}
        self._agenda: list[tuple[datetime, int, int, Callable[[datetime], None]]] = []
        self._numbers = count(1)
        self._lines: list[Line] = []

    @property
    def clinic(self) -> Clinic:
        """The first clinic, which is the only one as a rule."""
        return next(iter(self.offices.values())).clinic

    def office(self, contact: Contact) -> Office:
        """The clinic whose contact this is."""
        return self.offices[contact.clinic]

    def expect(self, at: datetime, phone: str, make: Make, clinic: str | None = None) -> None:
        """Something will happen to this phone at a clinic (else the first) at a moment; never before now."""
        key = clinic or self.clinic.key

        def happen(now: datetime) -> None:
            rows = self._rows(key, phone)
            event = make(self.new_id("evt"), rows.contact, now)
            if event is not None:
                self.read(rows, event, now)

        self.plan(at, COMES, happen)

    def run(self, until: datetime) -> Iterator[Line]:
        """Let time pass, line by line; what would happen at `until` or later does not."""
        while self._agenda and self._agenda[0][0] < until:
            self.now, _, _, act = heappop(self._agenda)
            act(self.now)
            yield from self._lines
            self._lines.clear()

    def leads(self) -> Iterator[Lead]:
        """Every lead as it stands now."""
        for rows in self._contacts.values():
            yield from rows.contact.leads

    def order(self, clinic: str, orders: Callable[[Contact], Iterable[Event]]) -> None:
        """Have what is ordered about each contact of a clinic happen now."""
        for rows in [one for (key, _), one in self._contacts.items() if key == clinic]:
            for event in list(orders(rows.contact)):
                self.read(rows, event, self.now)

    def new_id(self, prefix: str) -> str:
        """An id in the service's form that depends on nothing but the order of happenings."""
        return f"{prefix}_{next(self._numbers):012x}{'0' * 20}"

    def tell(self, line: Line) -> None:
        """One more line."""
        self._lines.append(line)

    def plan(self, at: datetime, rank: int, act: Callable[[datetime], None]) -> None:
        """Do this at a moment, after all of a smaller rank and all that was planned before it."""
        heappush(self._agenda, (max(at, self.now), rank, next(self._numbers), act))

    def queue(self, text: Planned, due: datetime) -> None:
        """This text is due at a moment."""
        text.due_at = due
        self.plan(due, FALLS_DUE, lambda now: self._fall_due(text, due, now))

    def read(self, rows: Rows, event: Event, now: datetime) -> Decision:
        """Decide what follows from an event, and see it done."""
        before, office = rows.as_of_now(), self.offices[rows.contact.clinic]
        heard = office.teller.heard(before, event)
        if heard is not None:
            self.tell(heard)
        decision = decide(before, event, now, office.clinic)
        texts, opened = rows.obey(decision, now)
        if office.tasks.obey(decision):
            office.post.look_at_desk(now)
        if rows.contact is not before:
            self._lines.extend(office.teller.stages(before, rows.contact, event, now))
        for task in opened:
            self.tell(office.teller.task(rows.contact, task, event, now))
            self.people.asked(self, rows.contact, task, now)
        for text in texts:
            self.queue(text, text.due_at)
        return decision

    def _rows(self, clinic: str, phone: str) -> Rows:
        if (clinic, phone) not in self._contacts:
            contact = Contact(id=f"contact_{len(self._contacts) + 1}", clinic=clinic, phone=phone)
            brand = self.offices[clinic].brand
            self._contacts[clinic, phone] = Rows(contact, brand, brand.phone(phone))
        return self._contacts[clinic, phone]

    def _fall_due(self, text: Planned, due: datetime, now: datetime) -> None:
        if text.status != "scheduled" or text.due_at != due:
            return
        if text.order.channel is Channel.TEXT:
            self.office(text.rows.contact).post.take(text, now)
        elif text.order.channel is Channel.EMAIL and text.order.text:
            mail.fall_due(self, text, now)
        else:
            self.pass_by(text, now)

    def pass_by(self, text: Planned, now: datetime) -> None:
        """A call, e-mail or wait step: nothing leaves, the machine is told that its time has come."""
        order, rows, teller = text.order, text.rows, self.office(text.rows.contact).teller
        lead = rows.contact.lead(order.lead_id)
        if lead is None or lead.stage not in IN_SEQUENCE:
            rows.end(text, "dropped")
            return
        rows.end(text, "sent")
        if order.channel is Channel.EMAIL:
            rows.last_email = now
        if order.channel is not Channel.WAIT:
            why = (because("due", due_at=written(order.due_at)),)
            self.tell(teller.text(order.channel.value, text, now, why))
        passed = TimePassed(id=self.new_id("evt"), at=now, message_id=order.id, lead_id=order.lead_id, step=order.step)
        decision = self.read(rows, passed, now)
        for skipped in (one for one in decision.effects if isinstance(one, SkipStep)):
            why = ({"rule": "condition", "verdict": "drop", "evidence": {"unmet": list(skipped.why)}},)
            self.tell(teller.text("dropped", text, now, why))
