"""The machine on long random walks: whatever happens in whatever order, the laws hold after every single event.

A walk plays the part of everybody else: the person replies, forms come in, staff give orders, and the texts that
the machine plans are claimed, sent, lost, refused or dropped, as a dispatcher would, also long after a reply.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.domain.clinic import Channel
from app.domain.contact import Contact, Stage
from app.domain.effects import CancelTexts, OpenTask, Purpose, ScheduleText, Suppress
from app.domain.events import Appointment, Event, ReplyReceived, TaskCompleted, TextFailed, TextSent, TextUnknown
from app.domain.machine import Decision, decide
from tests.domain import builders as make

CLINIC = make.a_clinic()
STEPS = len(make.STEPS)
ACTS_BY_ITSELF = {"stop", "start", "help", "yes", "no", "booked"}


@dataclass
class Walk:
    """Where a walk stands: the contact, what is planned, what is on its way, and which steps are done."""

    now: datetime = make.NOW
    contact: Contact = field(default_factory=make.a_contact)
    planned: dict[str, ScheduleText] = field(default_factory=dict)
    on_its_way: dict[str, ScheduleText] = field(default_factory=dict)
    done: set[tuple[str | None, str | None]] = field(default_factory=set)
    submissions: int = 0

    def read(self, event: Event, saying: str | None = None) -> None:
        """Decide, check the laws, then carry the effects out."""
        before = self.contact
        decision = decide(before, event, self.now, CLINIC)
        self.contact = decision.contact
        self._note_done(event)
        for effect in decision.effects:
            if isinstance(effect, CancelTexts):
                self._cancel(effect)
            elif isinstance(effect, ScheduleText):
                self.planned[effect.id] = effect
        self._assert_steps(decision)
        self._assert_silence(decision, saying)
        assert_stages(before, event, decision, saying)
        assert_asks_once(event, decision, saying)

    def _note_done(self, event: Event) -> None:
        settled = isinstance(event, TextUnknown) and event.settled
        if isinstance(event, TextSent | TextUnknown) and event.step and not settled:
            self.done.add((event.lead_id, event.step))

    def _cancel(self, order: CancelTexts) -> None:
        for text in list(self.planned.values()):
            whose = order.lead_id is None or order.lead_id == text.lead_id
            if whose and (not order.steps_only or text.purpose is Purpose.STEP):
                del self.planned[text.id]

    def _assert_steps(self, decision: Decision) -> None:
        """One planned step a lead, the one it names; none that is done; none missing while the talk goes on."""
        for lead in self.contact.leads:
            mine = {t.id for t in self.planned.values() if t.lead_id == lead.id and t.purpose is Purpose.STEP}
            assert len(mine) <= 1
            assert mine <= {lead.pending}
            assert lead.pending is None or lead.pending in mine | self.on_its_way.keys()
            assert lead.pending is None or lead.stage is Stage.TEXTING
            assert lead.stage is not Stage.TEXTING or lead.pending is not None  # nobody stands still unnoticed
        for effect in decision.effects:
            if isinstance(effect, ScheduleText) and effect.purpose is Purpose.STEP:
                assert (effect.lead_id, effect.step) not in self.done

    def _assert_silence(self, decision: Decision, saying: str | None) -> None:
        """A closed phone is never texted by the machine's own wish, and opting out leaves nothing planned."""
        texts = [one for one in decision.effects if isinstance(one, ScheduleText)]
        if self.contact.suppressed_by is not None and saying != "help":
            assert {one.purpose for one in texts}.isdisjoint({Purpose.STEP, Purpose.ANSWER})
        if any(isinstance(one, Suppress) for one in decision.effects):
            assert [one.purpose for one in self.planned.values()] in ([], [Purpose.STOP_CONFIRMATION])
            assert {lead.stage for lead in self.contact.leads} <= {Stage.OPTED_OUT}
        assert sum(lead.stage is Stage.TEXTING for lead in self.contact.leads) <= 1

    # -- what may happen next, by somebody's choice ---------------------------------------------

    def submit(self, choose: Callable[..., Any]) -> None:
        self.submissions += 1
        same = choose([None, *(lead.id for lead in self.contact.leads)])
        event = make.a_submission(
            at=self.now,
            lead_id=f"lead_{self.submissions}",
            token=f"token_{self.submissions}",
            first_name=choose(["Maria", "Jo"]),
            consent=choose([make.CONSENT, make.CONSENT, None]),
            request=choose([None, None, "call"]),
            duplicate_of=same if choose([False, False, True]) else None,
        )
        self.read(event)

    def say(self, choose: Callable[..., Any]) -> None:
        saying = choose(list(make.SAYINGS))
        self.read(make.a_reply(make.SAYINGS[saying], at=self.now, sender=choose(["main", "second"])), saying)

    def order(self, choose: Callable[..., Any]) -> None:
        if self.contact.leads:
            lead = choose(self.contact.leads)
            made = make.an_order(choose(list(make.ORDERS)), at=self.now, lead_id=lead.id)
            self.read(choose([made, made, make.a_consent(at=self.now, lead_id=lead.id)]))

    def book(self, choose: Callable[..., Any]) -> None:
        lead_id = choose([None, *(lead.id for lead in self.contact.leads)])
        self.read(make.an_appointment(choose(list(make.APPOINTMENTS)), at=self.now, lead_id=lead_id))

    def complete(self, choose: Callable[..., Any]) -> None:
        if self.contact.tasks:
            task = choose(self.contact.tasks)
            outcome = choose(list(make.OUTCOMES))
            self.read(make.a_completion(outcome, at=self.now, task_id=task.id, lead_id=task.lead_id))

    def claim(self, choose: Callable[..., Any]) -> None:
        """A planned text leaves; the gate lets no step go to a closed phone or a lead that is not being texted."""
        if self.planned:
            text = choose(list(self.planned.values()))
            del self.planned[text.id]
            lead = self.contact.lead(text.lead_id)
            if self.contact.suppressed_by is not None:
                self.end(text, make.a_drop("suppression", at=self.now))
            elif text.channel is not Channel.TEXT:
                self.end(text, make.a_due_moment(at=self.now))
            elif text.purpose is Purpose.STEP and (lead is None or lead.stage is not Stage.TEXTING):
                self.end(text, make.a_drop("stage", at=self.now))
            else:
                self.on_its_way[text.id] = text

    def land(self, choose: Callable[..., Any]) -> None:
        """A text that was on its way has an end, which we may not see, or comes back to be judged again."""
        if self.on_its_way:
            text = choose(list(self.on_its_way.values()))
            kinds = [make.a_sent, make.a_sent, make.an_unknown, None]
            causes = ["opted_out", "dead_number", "sender_fault", "refused"]
            how = choose([*kinds, *causes])
            del self.on_its_way[text.id]
            if how is None:
                self.end(text, make.a_drop("expiry", at=self.now))
            else:
                self.end(text, how(at=self.now) if callable(how) else make.a_failure(how, at=self.now))

    def end(self, text: ScheduleText, event: Any) -> None:
        """The event, about this text."""
        self.on_its_way.pop(text.id, None)
        self.read(type(event)(**{**vars(event), "message_id": text.id, "lead_id": text.lead_id, "step": text.step}))

    def receipt(self, choose: Callable[..., Any]) -> None:
        """News about a text long gone."""
        if self.done:
            lead_id, step = choose(sorted(self.done, key=str))
            old = {"at": self.now, "message_id": "msg_old", "lead_id": lead_id, "step": step}
            self.read(
                choose([make.a_sent(**old), make.an_unknown(settled=True, **old), make.a_failure("refused", **old)])
            )


def assert_stages(before: Contact, event: Event, decision: Decision, saying: str | None) -> None:
    """A lead leaves `opted_out` by START, or because an appointment was made."""
    booked = isinstance(event, Appointment) or (isinstance(event, TaskCompleted) and event.outcome == "booked")
    for lead in before.leads:
        now = decision.contact.lead(lead.id)
        if lead.stage is Stage.OPTED_OUT and now is not None and now.stage is not Stage.OPTED_OUT:
            assert saying == "start" or booked


def assert_asks_once(event: Event, decision: Decision, saying: str | None) -> None:
    """Whatever the machine does not act upon by itself is a task, and one only."""
    if isinstance(event, ReplyReceived) and saying not in ACTS_BY_ITSELF:
        assert len([one for one in decision.effects if isinstance(one, OpenTask)]) == 1
    if isinstance(event, TextFailed) and event.cause == "sender_fault":
        # The sender's own task is inside `HoldSender`; a task here is for somebody who waits for an answer.
        tasks = [one for one in decision.effects if isinstance(one, OpenTask)]
        assert not tasks or (event.step is None and {one.kind for one in tasks} <= {"booking_help", "unclear"})


MOVES = (
    Walk.submit,
    Walk.say,
    Walk.say,
    Walk.order,
    Walk.book,
    Walk.complete,
    Walk.claim,
    Walk.claim,
    Walk.land,
    Walk.land,
    Walk.receipt,
)


@pytest.mark.parametrize("tens", range(10))
def test_the_laws_hold_on_every_walk(tens: int) -> None:
    """Walks of sixty events, by numbered dice: a walk that breaks a law names its number and can be walked again."""
    for number in range(tens * 50, tens * 50 + 50):
        dice = random.Random(number)
        walk = Walk()
        walk.submit(dice.choice)
        for move in dice.choices(MOVES, k=60):
            walk.now += timedelta(hours=dice.randrange(30))
            try:
                move(walk, dice.choice)
            except AssertionError as broken:
                broken.add_note(f"walk {number}")
                raise
