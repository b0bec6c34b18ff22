"""Moving leads to a newer version of their sequence: by step key, saying nothing twice, whatever is edited and when."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.domain.clinic import Channel, Clinic, Sequence, Step
from app.domain.contact import Contact, Stage
from app.domain.course import Course, Told
from app.domain.effects import CancelTexts, Purpose, ScheduleText
from app.domain.events import Event, SequenceMoved, SequenceStopped
from app.domain.handlers.versions import NEW_VERSION
from app.domain.machine import Decision, decide
from app.domain.moving import place
from tests.domain import builders as make
from tests.domain.builders import NOW, SEQUENCE, STEPS, a_clinic, a_contact, a_lead

LATER = NOW + timedelta(hours=3)
FIRST, SECOND, CALL, LAST = STEPS


def version(number: int, *steps: Step) -> Sequence:
    return replace(SEQUENCE, steps=steps, version=number)


def keys(*names: str) -> Sequence:
    """A sequence of texts that all say something else."""
    return version(1, *(a_text(name) for name in names))


def a_text(key: str, words: str = "") -> Step:
    return Step(key=key, after=make.span(1), channel=Channel.TEXT, words={"en": f"Lakeside: {words or key}."})


def clinic_of(*versions: Sequence) -> Clinic:
    """The clinic after all these versions were applied: the last is current, leads may stand in each."""
    return a_clinic(sequences=versions[-1:], pinned={(one.key, one.version): one for one in versions})


# -- the place ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "step", "expected"),
    [
        ("a b c", "a b c", 1, 1),
        ("a b c", "a x b c", 1, 2),  # inserted before: the step it waits for is what counts
        ("a b c", "a b x c", 1, 1),
        ("a b c", "a c", 1, 1),  # removed: the next of the old order
        ("a b c d", "a d c", 1, 2),
        ("a b c", "c b a", 2, 0),
        ("a b c", "x a", 1, 2),  # nothing left of what was ahead: behind what it has had
        ("a b c", "a b c x", 3, 3),  # at its end, and there is more now
        ("a b c", "a b", 3, 2),
        ("a b c", "x y", 0, 0),
        ("a b c", "x y", 1, None),
        ("a b c", "x y", 3, None),
    ],
)
def test_a_lead_stands_where_its_step_stands(old: str, new: str, step: int, expected: int | None) -> None:
    assert place(keys(*old.split()), keys(*new.split()), step) == expected


# -- the order ---------------------------------------------------------------------------------

PLANNED_SINCE = NOW - timedelta(hours=20)
ON_ITS_WAY = a_lead(course=Course(since=PLANNED_SINCE))


def moved(lead: Any, new: Sequence, **changes: Any) -> Decision:
    event = make.a_version_order(SequenceMoved, at=LATER, **changes)
    return decide(a_contact(lead), event, LATER, clinic_of(SEQUENCE, new))


def test_the_planned_step_is_planned_anew_in_the_new_words_from_the_same_moment() -> None:
    slower = replace(SECOND, after=make.span(3), words={"en": "Lakeside: may we help?"})
    decision = moved(ON_ITS_WAY, version(2, FIRST, a_text("new"), slower, LAST))
    cancel, plan = decision.effects
    assert cancel == CancelTexts(lead_id="lead_maria", reason=NEW_VERSION, steps_only=True)
    assert isinstance(plan, ScheduleText)
    assert (plan.step, plan.version, plan.text) == ("second", 2, "Lakeside: may we help?")
    # Three business days at 10:00, from Monday's first text and not from Tuesday's move.
    assert plan.due_at == datetime(2026, 11, 19, 16, 0, tzinfo=NOW.tzinfo)
    (lead,) = decision.contact.leads
    assert (lead.stage, lead.version, lead.step, lead.pending) == (Stage.TEXTING, 2, 2, plan.id)
    assert lead.course.since == PLANNED_SINCE


def test_who_waited_for_a_pause_after_an_answer_waits_for_it_still() -> None:
    rested = a_lead(course=Course(since=NOW, rested=True))
    plan = moved(rested, version(2, FIRST, replace(SECOND, after=make.span(0, "m"), at=None))).effects[-1]
    assert isinstance(plan, ScheduleText)
    assert plan.due_at == NOW + timedelta(days=1)


def test_a_step_that_was_passed_and_now_stands_later_is_not_said_again() -> None:
    decision = moved(replace(ON_ITS_WAY, step=3), version(2, LAST, CALL, FIRST, a_text("new"), SECOND))
    (lead,) = decision.contact.leads
    assert lead.step == 0
    course = (Told(id="", sequence="request", step="first"), Told(id="", sequence="request", step="second"))
    assert {one for one in lead.course.told if not one.id} >= set(course)
    steps = [FIRST.key]
    contact, clinic = decision.contact, clinic_of(SEQUENCE, version(2, LAST, CALL, FIRST, a_text("new"), SECOND))
    while contact.leads[0].pending:
        waits = contact.leads[0]
        key = clinic.sequences[0].steps[waits.step].key
        steps.append(key)
        done = make.a_sent(message_id=waits.pending, step=key, at=LATER)
        contact = decide(contact, done, LATER, clinic).contact
    assert steps == ["first", "last", "new"]


def test_who_stands_still_takes_the_new_place_and_nothing_is_planned() -> None:
    decision = moved(a_lead(Stage.PAUSED), version(2, a_text("new"), *STEPS))
    (lead,) = decision.contact.leads
    assert (decision.effects, lead.stage, lead.version, lead.step, lead.pending) == ((), Stage.PAUSED, 2, 2, None)


def test_who_awaits_only_the_end_goes_on_when_there_is_more_now_and_else_awaits_it_still() -> None:
    ending = a_lead(step=4, pending="msg_end", course=Course(since=NOW))
    more = moved(ending, version(2, *STEPS, a_text("new")))
    assert [getattr(one, "step", None) for one in more.effects] == [None, "new"]
    same = moved(ending, version(2, *STEPS[1:]))
    (lead,) = same.contact.leads
    assert (same.effects, lead.version, lead.step, lead.pending) == ((), 2, 3, "msg_end")


def test_whose_remaining_steps_are_gone_has_come_to_the_end() -> None:
    decision = moved(ON_ITS_WAY, replace(version(2, FIRST), then=None))
    assert [type(one) for one in decision.effects] == [CancelTexts]
    assert (decision.contact.leads[0].stage, decision.contact.leads[0].pending) == (Stage.FINISHED, None)


@pytest.mark.parametrize(
    "lead",
    [
        a_lead(version=2),
        a_lead(version=3),
        a_lead(sequence="other"),
        a_lead(sequence=None, pending=None, step=0),
        *(a_lead(stage) for stage in (Stage.NEW, Stage.BOOKED, Stage.DECLINED, Stage.OPTED_OUT, Stage.FINISHED)),
    ],
)
@pytest.mark.parametrize("what", [SequenceMoved, SequenceStopped])
def test_who_does_not_stand_in_an_older_version_on_the_way_is_not_meant(lead: Any, what: Any) -> None:
    contact = a_contact(lead)
    assert decide(contact, make.a_version_order(what), NOW, clinic_of(SEQUENCE, version(2, FIRST))) == Decision(
        contact=contact, effects=()
    )


def test_who_finds_no_step_it_knows_stays_where_it_is() -> None:
    contact = a_contact(ON_ITS_WAY)
    assert moved(ON_ITS_WAY, version(2, a_text("x"), a_text("y"))) == Decision(contact=contact, effects=())


@pytest.mark.parametrize("stage", [Stage.TEXTING, Stage.PAUSED])
def test_who_is_stopped_gets_nothing_more_and_the_reason_is_on_record(stage: Stage) -> None:
    decision = decide(a_contact(a_lead(stage)), make.a_version_order(SequenceStopped), NOW, clinic_of(SEQUENCE))
    (lead,) = decision.contact.leads
    assert [type(one) for one in decision.effects] == [CancelTexts]
    assert (lead.stage, lead.pending) == (Stage.FINISHED, None)
    assert lead.reason == "the sequence was changed, and stopped for who stood in it"


# -- whatever is edited, whenever --------------------------------------------------------------


@dataclass
class Road:
    """A lead on its way while somebody edits its sequence: what was sent, what is planned, what is on its way."""

    clinic: Clinic
    contact: Contact
    now: datetime = NOW
    planned: dict[str, ScheduleText] = field(default_factory=dict)
    flying: dict[str, ScheduleText] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    opted_out: bool = False

    def read(self, event: Event) -> Decision:
        decision = decide(self.contact, event, self.now, self.clinic)
        self.contact = decision.contact
        for effect in decision.effects:
            if isinstance(effect, CancelTexts):
                self.planned.clear()
            elif isinstance(effect, ScheduleText) and effect.purpose is Purpose.STEP:
                assert not self.opted_out
                self.planned[effect.id] = effect
        self.assert_laws()
        return decision

    def assert_laws(self) -> None:
        (lead,) = self.contact.leads
        assert len(self.planned) <= 1
        assert lead.pending is None or lead.pending in {**self.planned, **self.flying}
        assert lead.stage is not Stage.TEXTING or lead.pending is not None
        assert lead.stage in (Stage.TEXTING, Stage.NURTURE) or not self.planned
        assert not self.opted_out or lead.stage is Stage.OPTED_OUT

    @property
    def current(self) -> Sequence:
        return self.clinic.sequences[0]

    def edit(self, dice: random.Random) -> None:
        """A new version: steps inserted, removed, in another order, in other words."""
        steps = list(self.current.steps)
        change = dice.choice(["insert", "insert", "remove", "shuffle", "words"])
        if change == "insert":
            known = {one.key for each in self.clinic.pinned.values() for one in each.steps}
            new = dice.choice([f"new{len(known)}", *sorted(known - {one.key for one in steps})])
            steps.insert(dice.randint(0, len(steps)), a_text(new, f"{new} {dice.random()}"))
        elif change == "remove" and len(steps) > 1:
            steps.pop(dice.randrange(len(steps)))
        elif change == "shuffle":
            dice.shuffle(steps)
        else:
            at = dice.randrange(len(steps))
            steps[at] = a_text(steps[at].key, f"{steps[at].key} {dice.random()}")
        new_version = replace(self.current, steps=tuple(steps), version=self.current.version + 1)
        pinned = {**self.clinic.pinned, (new_version.key, new_version.version): new_version}
        self.clinic = replace(self.clinic, sequences=(new_version,), pinned=pinned)

    def move(self, dice: random.Random) -> None:
        """The lead is ordered to move; ordering it again changes nothing."""
        if self.flying:
            return  # no order is given while a step is on its way
        to = self.current.version
        self.read(make.a_version_order(SequenceMoved, version=to, at=self.now))
        again = self.read(make.a_version_order(SequenceMoved, version=to, at=self.now))
        assert again.effects == ()

    def claim(self, dice: random.Random) -> None:
        for text in list(self.planned.values()):
            if text.step is not None:
                self.flying[text.id] = self.planned.pop(text.id)
                self.now = max(self.now, text.due_at)

    def land(self, dice: random.Random) -> None:
        for text in list(self.flying.values()):
            assert text.step not in self.sent  # the law: no step key twice
            self.sent.append(str(text.step))
            del self.flying[text.id]
            self.read(make.a_sent(message_id=text.id, step=text.step, at=self.now))

    def drop(self, dice: random.Random) -> None:
        for text in [one for one in self.planned.values() if one.step is not None]:
            del self.planned[text.id]
            self.read(make.a_drop("expiry", message_id=text.id, step=text.step, at=self.now))

    def pause(self, dice: random.Random) -> None:
        self.read(make.an_order("pause", at=self.now))
        self.planned.clear()

    def resume(self, dice: random.Random) -> None:
        if not self.flying:
            self.read(make.an_order("resume", at=self.now))

    def confirm(self, dice: random.Random) -> None:
        if not self.flying:
            self.read(make.a_reply("YES", at=self.now))

    def stop(self, dice: random.Random) -> None:
        self.read(make.a_reply("STOP", at=self.now))
        self.opted_out = True


ACTS: tuple[Callable[[Road, random.Random], None], ...] = (
    *(Road.edit, Road.edit, Road.move, Road.move, Road.claim, Road.claim, Road.land, Road.land),
    *(Road.drop, Road.pause, Road.resume, Road.resume, Road.confirm),
)


@given(some.integers(min_value=0, max_value=10**9), some.integers(min_value=1, max_value=6))
def test_no_edit_and_no_move_says_a_step_twice_or_texts_who_opted_out(seed: int, length: int) -> None:
    dice = random.Random(seed)
    begun = keys(*"abcdef"[:length])
    road = Road(clinic=clinic_of(begun), contact=a_contact())
    road.read(make.a_submission(lead_id="lead_maria"))
    stops_at = dice.randrange(60)
    for turn in range(40):
        road.now += timedelta(minutes=dice.randrange(600))
        act = Road.stop if turn == stops_at and not road.flying else dice.choice(ACTS)
        act(road, dice)
    assert len(road.sent) == len(set(road.sent))
