"""Experiments: even shares, an arm for good, one plain sequence for each arm, and what moving a lead makes of it."""

from collections import Counter
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from scipy.stats import chisquare

from app.domain.clinic import Clinic, Sequence
from app.domain.contact import Contact, Stage
from app.domain.course import Course, Told
from app.domain.effects import ScheduleText, TakePart
from app.domain.events import SequenceMoved
from app.domain.experiments import Experiment, arm_of
from app.domain.machine import Decision, decide
from tests.domain import builders as make
from tests.domain.builders import NOW, SEQUENCE, STEPS, a_clinic, a_contact, a_lead

WORDS = {"a": {"en": "Lakeside: one way of asking."}, "b": {"en": "Lakeside: another way of asking."}}


def tried(change: str = "text", arms: Any = WORDS, **more: Any) -> Experiment:
    step = None if change == "order" else "first"
    return Experiment(**{"key": "trial", "sequence": "request", "change": change, "step": step, "arms": arms, **more})


ORDER = tried("order", {"a": ("first", "second"), "b": ("second", "first")})


def trying(experiment: Experiment | None, version: int = 1) -> Sequence:
    return replace(SEQUENCE, experiment=experiment, version=version)


def clinic_of(*versions: Sequence, **more: Any) -> Clinic:
    pinned = {(one.key, one.version): one for one in versions}
    return a_clinic(sequences=versions[-1:], pinned=pinned, **more)


def contact_with(arm: str, experiment: Experiment, clinic: str = "lakeside") -> str:
    """A contact that gets this arm."""
    ids = (f"contact_{number}" for number in range(1000))
    return next(one for one in ids if arm_of(experiment, clinic, one) == arm)


# -- who gets what -----------------------------------------------------------------------------


@pytest.mark.parametrize("arms", ["ab", "abc", "abcd"])
def test_of_ten_thousand_people_each_arm_gets_its_even_share(arms: str) -> None:
    """Ten experiments, so that no lucky key passes: by chance one in 10,000 of these would be called uneven."""
    for number in range(10):
        experiment = tried(arms={arm: {"en": arm} for arm in arms}, key=f"trial-{number}")
        shares = Counter(arm_of(experiment, "lakeside", f"contact_{one}") for one in range(10_000))
        assert set(shares) == set(arms)
        assert chisquare(list(shares.values())).pvalue > 1e-5


def test_two_experiments_divide_people_independently_of_each_other() -> None:
    both = Counter(
        (arm_of(tried(), "lakeside", one), arm_of(tried(key="other"), "lakeside", one))
        for one in (f"contact_{number}" for number in range(10_000))
    )
    assert len(both) == 4
    assert chisquare(list(both.values())).pvalue > 1e-5


def test_an_arm_is_the_same_in_every_process_and_release() -> None:
    """These were drawn when experiments came; who was given an arm then must find it again."""
    drawn = "".join(arm_of(tried(), "lakeside", f"contact_{number}") for number in range(24))
    assert drawn == "abbbbbaaaababbaabbabaaaa"


def test_the_order_of_the_arms_in_the_file_changes_nobodys_arm() -> None:
    turned = tried(arms={"b": WORDS["b"], "a": WORDS["a"]})
    assert turned.edition == tried().edition
    for number in range(200):
        assert arm_of(turned, "lakeside", f"contact_{number}") == arm_of(tried(), "lakeside", f"contact_{number}")


def test_the_edition_changes_with_the_arms_and_with_nothing_else() -> None:
    assert tried(opt_out_limit=0.05).edition == tried().edition
    assert tried(arms={**WORDS, "b": {"en": "Lakeside: a third way."}}).edition != tried().edition
    assert tried("after", {"a": make.span(1), "b": make.span(2)}).edition != tried().edition


def test_a_stopped_arm_gets_nobody_and_its_people_are_spread_over_the_others() -> None:
    experiment = tried(arms={arm: {"en": arm} for arm in "abc"})
    ids = [f"contact_{number}" for number in range(9_000)]
    before = {one: arm_of(experiment, "lakeside", one) for one in ids}
    after = {one: arm_of(experiment, "lakeside", one, ["b"]) for one in ids}
    assert all(after[one] == before[one] for one in ids if before[one] != "b")
    spread = Counter(after[one] for one in ids if before[one] == "b")
    assert set(spread) == {"a", "c"}
    assert chisquare(list(spread.values())).pvalue > 1e-5
    assert {arm_of(tried(), "lakeside", one, ["b"]) for one in ids} == {"a"}


# -- what a lead of an arm sees ----------------------------------------------------------------


def test_an_arm_changes_the_one_thing_and_leaves_the_rest() -> None:
    first, *rest = STEPS
    assert trying(tried()).seen_by("b").steps == (replace(first, words=WORDS["b"]), *rest)
    later = tried("after", {"a": make.span(0, "m"), "b": make.span(2, "h")})
    assert trying(later).seen_by("b").steps == (replace(first, after=make.span(2, "h")), *rest)
    at_two = tried("at", {"a": time(9), "b": time(14)}, step="second")
    assert trying(at_two).seen_by("b").steps == (first, replace(rest[0], at=time(14)), *rest[1:])


def test_in_another_order_the_places_keep_their_times() -> None:
    first, second, *rest = STEPS
    seen = trying(ORDER).seen_by("b").steps
    moved = (replace(second, after=first.after, at=first.at), replace(first, after=second.after, at=second.at))
    assert seen == (*moved, *rest)
    assert trying(ORDER).seen_by("a").steps == STEPS


def test_a_sequence_with_its_arm_is_made_once() -> None:
    clinic = clinic_of(trying(tried()))
    assert clinic.sequence("request", 1, "b") is clinic.sequence("request", 1, "b")
    assert clinic.sequence("request", 1, "gone") is clinic.sequence("request", 1)


def captured(clinic: Clinic, contact_id: str, **changes: Any) -> Decision:
    contact = Contact(id=contact_id, clinic="lakeside", phone=make.PHONE)
    return decide(contact, make.a_submission(**changes), NOW, clinic)


@pytest.mark.parametrize("arm", ["a", "b"])
def test_a_new_lead_is_given_its_arm_and_is_texted_in_its_words(arm: str) -> None:
    decision = captured(clinic_of(trying(tried())), contact_with(arm, tried()))
    (lead,) = decision.contact.leads
    (text,) = [one for one in decision.effects if isinstance(one, ScheduleText)]
    assert (lead.variant, text.variant, text.text) == (arm, arm, WORDS[arm]["en"])
    part = TakePart(lead_id=lead.id, experiment="trial", edition=tried().edition, arm=arm)
    assert [one for one in decision.effects if isinstance(one, TakePart)] == [part]


def test_a_test_lead_has_an_arm_and_takes_no_part() -> None:
    decision = captured(clinic_of(trying(tried())), contact_with("b", tried()), test=True)
    assert decision.contact.leads[0].variant == "b"
    assert not [one for one in decision.effects if isinstance(one, TakePart)]


def test_where_nothing_is_tried_nobody_has_an_arm() -> None:
    decision = captured(clinic_of(trying(None)), "contact_1")
    assert decision.contact.leads[0].variant is None
    assert not [one for one in decision.effects if isinstance(one, TakePart)]


def test_who_asks_again_gets_the_same_arm_though_another_is_stopped() -> None:
    experiment = tried(opt_out_limit=0.05)
    clinic = clinic_of(trying(experiment))
    contact_id = contact_with("a", experiment)
    stopped = replace(clinic, stopped=frozenset({(experiment.edition, "b")}))
    for one in (clinic, stopped):
        assert captured(one, contact_id).contact.leads[0].variant == "a"
    assert captured(stopped, contact_with("b", experiment)).contact.leads[0].variant == "a"


def test_the_whole_sequence_of_an_arm_is_sent_once_in_its_order() -> None:
    clinic = clinic_of(trying(ORDER))
    decision = captured(clinic, contact_with("b", ORDER))
    sent: list[str] = []
    for hours in range(1, 6):
        contact = decision.contact
        (lead,) = contact.leads
        if lead.stage is not Stage.TEXTING or lead.pending is None:
            break
        (text,) = [one for one in decision.effects if isinstance(one, ScheduleText)]
        sent.append(str(text.step))
        at = text.due_at + timedelta(minutes=hours)
        happened = make.a_sent if text.channel == "text" else make.a_due_moment
        event = happened(message_id=text.id, lead_id=lead.id, step=text.step, at=at)
        decision = decide(contact, event, at, clinic)
    assert sent == ["second", "first", "call", "last"]


# -- moving ------------------------------------------------------------------------------------


def moved(clinic: Clinic, contact_id: str, **lead: Any) -> Decision:
    contact = replace(a_contact(a_lead(**lead)), id=contact_id)
    order = SequenceMoved(id=make.fresh("evt"), at=NOW, lead_id="lead_maria", sequence="request", version=2, by="sam")
    return decide(contact, order, NOW, clinic)


def test_who_moves_to_a_version_in_which_the_same_is_tried_keeps_the_arm() -> None:
    """Also who by the hash would get another: the arm that was given counts."""
    clinic = clinic_of(trying(tried()), trying(tried(opt_out_limit=0.1), 2))
    decision = moved(clinic, contact_with("a", tried()), variant="b")
    (lead,) = decision.contact.leads
    assert (lead.version, lead.variant, lead.step) == (2, "b", 1)
    assert not [one for one in decision.effects if isinstance(one, TakePart)]


def test_who_moves_to_changed_arms_is_given_one_and_takes_no_part_half_way() -> None:
    changed = tried(arms={**WORDS, "b": {"en": "Lakeside: a third way."}})
    clinic = clinic_of(trying(tried()), trying(changed, 2))
    decision = moved(clinic, contact_with("a", changed), variant="b")
    assert decision.contact.leads[0].variant == "a"
    assert not [one for one in decision.effects if isinstance(one, TakePart)]


def test_who_moves_to_a_version_without_an_experiment_has_no_arm_any_more() -> None:
    clinic = clinic_of(trying(ORDER), trying(None, 2))
    said = Course(told=(Told(id="msg_0", sequence="request", step="second"),))
    decision = moved(clinic, contact_with("b", ORDER), variant="b", course=said)
    (lead,) = decision.contact.leads
    (text,) = [one for one in decision.effects if isinstance(one, ScheduleText)]
    assert (lead.variant, lead.step, text.step, text.variant) == (None, 0, "first", None)


def test_a_lead_moves_by_the_order_of_its_own_arm() -> None:
    """Before its second step, which in its arm is the first of the file, it goes on to just that one."""
    clinic = clinic_of(trying(ORDER), trying(replace(ORDER, opt_out_limit=0.1), 2))
    said = Course(told=(Told(id="msg_0", sequence="request", step="second"),))
    decision = moved(clinic, contact_with("b", ORDER), variant="b", course=said)
    (text,) = [one for one in decision.effects if isinstance(one, ScheduleText)]
    assert (decision.contact.leads[0].step, text.step, text.variant) == (1, "first", "b")
