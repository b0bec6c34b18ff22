"""The dispatcher's part: due texts wait in their sender's queue, are judged by the gate, and leave at its pace."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from app.domain.clinic import Clinic, Sender
from app.domain.effects import Purpose, Urgency
from app.domain.events import TextDelivered, TextDropped, TextSent
from app.domain.gate import Case, Desk, Verdict, may_send
from app.domain.pace import CARRIER_DAY, Pace
from app.domain.rehearsal import rehearsal_of
from app.domain.tasks import answering_team
from app.simulation.lines import Why
from app.simulation.rows import FALLS_DUE, LEAVES, Planned

if TYPE_CHECKING:
    from app.simulation.engine import Simulation
    from app.simulation.office import Office

LOOK_AGAIN = timedelta(minutes=1)
"""Until a text is judged again that waits for something which ends at no known time."""

LAST_LOOK = timedelta(seconds=90)
"""Before its expiry, a text that waited for the desk all the time is judged once more."""


@dataclass
class Counter:
    """A sender's queue: texts that are due, most urgent first, its pace, and what it sent on the carrier's day."""

    sender: Sender
    pace: Pace
    queue: list[tuple[int, datetime, str, Planned]] = field(default_factory=list)
    looks_at: datetime | None = None
    day: date = date.min
    segments: int = 0

    def spent(self, now: datetime) -> int:
        """Segments sent on this day of the carrier's."""
        return self.segments if self.day == _carrier_day(now) else 0

    def spend(self, segments: int, now: datetime) -> None:
        """A text of so many segments leaves."""
        self.segments, self.day = self.spent(now) + segments, _carrier_day(now)
        self.pace.spend(segments, now)

    def free_at(self, now: datetime) -> datetime:
        """When the pace allows the next text."""
        return now + timedelta(seconds=self.pace.wait(now))


class Post:
    """All senders of a clinic."""

    def __init__(self, simulation: "Simulation", office: "Office", begins: datetime) -> None:
        self._simulation = simulation
        self._office = office
        self._counters: dict[str, Counter] = {}
        self.adopt(office.clinic, begins)
        self._waiting: dict[bool, list[tuple[int, datetime, str, Planned]]] = {True: [], False: []}
        """Texts that wait for the desk, hot leads' and others', most urgent first."""
        self._looks_at_desk = False

    def adopt(self, clinic: Clinic, now: datetime) -> None:
        """Go by this version of the clinic's file; a sender that it leaves out sends nothing more."""
        self._clinic = clinic
        self._team = answering_team(clinic)
        for key, sender in clinic.senders.items():
            pace = Pace(rate=sender.segments_per_second, free_at=now)
            known = self._counters.setdefault(key, Counter(sender, pace))
            known.sender, known.pace.rate = sender, sender.segments_per_second

    def take(self, text: Planned, now: datetime) -> None:
        """A text is due: it waits in its sender's queue from here on; for ever, if the file has no such sender now."""
        if text.order.sender not in self._clinic.senders:
            return
        counter = self._counters[text.order.sender]
        heappush(counter.queue, (text.order.urgency, text.due_at, text.order.id, text))
        self._look(counter, counter.free_at(now))

    def _look(self, counter: Counter, at: datetime) -> None:
        """Have the sender's queue looked at, once, at the earliest moment asked for."""
        if counter.looks_at is None or at < counter.looks_at:
            counter.looks_at = at
            self._simulation.plan(at, LEAVES, lambda now: self._send(counter, now))

    def _send(self, counter: Counter, now: datetime) -> None:
        """Judge the most urgent texts of a sender until its pace is used up or none is left."""
        if counter.looks_at != now:
            return
        counter.looks_at = None
        while counter.queue:
            text = counter.queue[0][-1]
            if text.status == "scheduled":
                verdict = may_send(self._case(text, now), now)
                if verdict.verdict == "go" and not counter.pace.allows(now):
                    self._look(counter, counter.free_at(now))
                    return
                heappop(counter.queue)
                self._follow(counter, text, verdict, now)
            else:
                heappop(counter.queue)

    def _case(self, text: Planned, now: datetime) -> Case:
        """What `workers/claims.py` gathers for the gate, from the same rows."""
        order, contact = text.order, text.rows.contact
        lead = contact.lead(order.lead_id)
        return Case(
            purpose=order.purpose,
            expires_at=order.expires_at,
            stage=lead.stage if lead else None,
            test=bool(lead and lead.test),
            rehearsed=rehearsal_of(lead) is not None,
            test_allowed=contact.phone in self._clinic.test_phones,
            suppressed_by=text.rows.phone.suppressed_by,
            consent_id=order.consent_id,
            consent_standing=text.rows.consent_standing(order.consent_id, order.lead_id),
            consent_facts=text.rows.facts.get(order.consent_id, {}),
            unread=False,
            sending_all=True,
            sending_clinic=True,
            sender_held=None,
            hours=self._clinic.hours_of(lead.location if lead else None),
            zones=lead.zones if lead else (),
            states=lead.states if lead else (),
            located=lead.located if lead else (),
            limits=self._clinic.limits,
            steps_sent=text.rows.phone.steps_counted(now) if order.purpose is Purpose.STEP else (),
            nurture_sent=text.rows.phone.nurture_sent if order.urgency == Urgency.NURTURE else (),
            last_email=text.rows.last_email,
            urgency=order.urgency,
            hot=_is_hot(text),
            desk=Desk(self._team.key, self._office.tasks.needing(self._team.key, now), self._team.capacity),
        )

    def _follow(self, counter: Counter, text: Planned, verdict: Verdict, now: datetime) -> None:
        """Do what the gate said."""
        if text.held_by == "capacity" and verdict.rule != "capacity":
            self._release(_is_hot(text), now)
        why = verdict.as_json()["rules"]
        if verdict.verdict == "drop":
            self._drop(text, verdict, why, now)
        elif verdict.verdict == "wait":
            self._hold(text, why, verdict.rule, verdict.until, now)
        elif text.order.urgency > Urgency.ANSWER and self._over_budget(counter, text, now):
            self._hold_for_budget(counter, text, why, now)
        else:
            self._leave(counter, text, why, now)

    def _leave(self, counter: Counter, text: Planned, why: Sequence[Why], now: datetime) -> None:
        order, rows, world = text.order, text.rows, self._simulation
        counter.spend(text.segments, now)
        rows.end(text, "sent")
        rows.left(order, now)
        world.tell(self._office.teller.text("text", text, now, why))
        what: dict[str, Any] = {"message_id": order.id, "lead_id": order.lead_id}
        sent = TextSent(id=world.new_id("evt"), at=now, **what, step=order.step, segments=text.segments, carrier_id="")
        world.read(rows, sent, now)
        world.read(rows, TextDelivered(id=world.new_id("evt"), at=now, **what, status="delivered"), now)
        world.people.texted(world, rows.contact, text, now)

    def _drop(self, text: Planned, verdict: Verdict, why: Sequence[Why], now: datetime) -> None:
        order, world = text.order, self._simulation
        expired = verdict.rule == "expiry"
        text.rows.end(text, "expired" if expired else "dropped")
        world.tell(self._office.teller.text("dropped", text, now, why))
        dropped = TextDropped(
            id=world.new_id("evt"),
            at=now,
            message_id=order.id,
            lead_id=order.lead_id,
            rule=str(verdict.rule),
            status="expired" if expired else "dropped",
            step=order.step,
        )
        world.read(text.rows, dropped, now)

    def _hold(self, text: Planned, why: Sequence[Why], rule: str | None, until: datetime | None, now: datetime) -> None:
        """It waits: told once for each rule, however often it is judged."""
        text.held_by = rule
        if rule not in text.held_for:
            text.held_for.add(rule)
            self._simulation.tell(self._office.teller.text("held", text, now, why))
        if rule == "capacity":
            self._wait_for_desk(text)
        else:
            self._simulation.queue(text, until or now + LOOK_AGAIN)

    # A worker asks each minute whether the desk has room. The answer is another only after a task has ended, and
    # only for as many texts as then leave; so here the most urgent one is asked about, then the next.

    def _wait_for_desk(self, text: Planned) -> None:
        order = text.order
        heappush(self._waiting[_is_hot(text)], (order.urgency, order.due_at, order.id, text))
        self._simulation.queue(text, order.expires_at - LAST_LOOK)

    def look_at_desk(self, now: datetime) -> None:
        """A task has ended: soon see whether there is room for who waits."""
        if not self._looks_at_desk and any(self._waiting.values()):
            self._looks_at_desk = True
            self._simulation.plan(now + LOOK_AGAIN, FALLS_DUE, self._look_at_desk)

    def _look_at_desk(self, now: datetime) -> None:
        self._looks_at_desk = False
        for hot in self._waiting:
            self._release(hot, now)

    def _release(self, hot: bool, now: datetime) -> None:
        """Have the most urgent text that waits for the desk judged again."""
        while self._waiting[hot]:
            text = heappop(self._waiting[hot])[-1]
            if text.status == "scheduled" and text.due_at == text.order.expires_at - LAST_LOOK:
                self._simulation.queue(text, now)
                return

    def _over_budget(self, counter: Counter, text: Planned, now: datetime) -> bool:
        return counter.spent(now) + text.segments > counter.sender.segments_per_day

    def _hold_for_budget(self, counter: Counter, text: Planned, why: Sequence[Why], now: datetime) -> None:
        evidence = {"segments_today": counter.spent(now), "segments_per_day": counter.sender.segments_per_day}
        rules = [*why, {"rule": "sender_day", "verdict": "wait", "evidence": evidence}]
        self._hold(text, rules, "sender_day", _next_carrier_day(now), now)


_CARRIER = ZoneInfo(CARRIER_DAY)


def _is_hot(text: Planned) -> bool:
    lead = text.rows.contact.lead(text.order.lead_id)
    return lead is not None and lead.track == "hot"


def _carrier_day(now: datetime) -> date:
    return now.astimezone(_CARRIER).date()


def _next_carrier_day(now: datetime) -> datetime:
    return datetime.combine(_carrier_day(now) + timedelta(days=1), time(0), _CARRIER).astimezone(UTC)
