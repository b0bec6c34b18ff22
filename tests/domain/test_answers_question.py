"""The one qualifying question: asked where a step says so, answered in a reply, and what the answer changes."""

from dataclasses import replace
from typing import Any

import pytest

from app.domain import qualifying
from app.domain.clinic import Clinic, Question, ScoreRow, Sequence
from app.domain.contact import Lead, Stage
from app.domain.effects import OpenTask, ScheduleText
from app.domain.machine import Decision, decide
from tests.domain import builders as make
from tests.domain.builders import NOW, a_clinic, a_contact, a_lead, a_reply, a_task

QUESTION = Question(
    ask={"en": "Is it your first visit? Reply NEW or BACK.", "es": "¿Primera visita? NUEVO o VOLVER."},
    fills="visit",
    values={"new": ("first time", "nuevo", "primera vez"), "back": ("been before", "volver")},
)
FIRST = replace(make.STEPS[0], words={"en": "Hi {{ first_name }}. {{ question }}", "es": "Hola. {{ question }}"})
NEWCOMERS = Sequence(
    key="newcomers",
    for_={"extra.visit": ("new",)},
    steps=(FIRST, replace(make.STEPS[1], key="welcome", words={"en": "Welcome!"}), make.STEPS[3]),
    then="nurture",
)
EVERYONE = replace(make.SEQUENCE, steps=(FIRST, *make.STEPS[1:]))


def clinic(**changes: Any) -> Clinic:
    given: dict[str, Any] = {
        "question": QUESTION,
        "languages": ("en", "es"),
        "sequences": (NEWCOMERS, EVERYONE),
        "scoring": (ScoreRow(when={"extra.visit": "new"}, add=50), ScoreRow(track="hot", from_=40)),
    }
    return a_clinic(**{**given, **changes})


CLINIC = clinic()


def says(words: str, lead: Lead, where: Clinic = CLINIC, **contact: Any) -> Decision:
    return decide(a_contact(lead, **contact), a_reply(words), NOW, where)


def told(decision: Decision) -> list[str]:
    """Kinds of tasks and steps planned."""
    tasks = [one.kind for one in decision.effects if isinstance(one, OpenTask)]
    return tasks + [str(one.step) for one in decision.effects if isinstance(one, ScheduleText) and one.step]


def first_text(**changes: Any) -> str:
    decision = decide(a_contact(), make.a_submission(**changes), NOW, CLINIC)
    (text,) = [one.text for one in decision.effects if isinstance(one, ScheduleText)]
    return text


def test_a_step_asks_in_the_persons_language_unless_the_form_knows_already() -> None:
    assert first_text() == "Hi Maria. Is it your first visit? Reply NEW or BACK."
    assert first_text(language="es") == "Hola. ¿Primera visita? NUEVO o VOLVER."
    assert first_text(extra={"visit": "back"}) == "Hi Maria."


@pytest.mark.parametrize(
    ("words", "value"),
    [
        *((words, "new") for words in ("new", "NEW!", "I'm new", "my first time", "nuevo", "primera vez", "1")),
        *((words, "back") for words in ("back", "I've been before", "Volver", "2")),
        *((words, None) for words in ("new and back", "3", "", "bananas", "news", "1 2")),
        *((words, None) for words in ("this is my new phone", "any new times?", "I will be back on Tuesday")),
        ("how much is it? I am new", "new"),
    ],
)
def test_an_answer_names_one_value_by_its_words_or_its_number(words: str, value: str | None) -> None:
    assert qualifying.answer_in(QUESTION, words) == value


def test_an_answer_fills_the_field_scores_again_and_changes_the_sequence_behind_what_was_sent() -> None:
    decision = says("new", a_lead())
    (lead,) = decision.contact.leads
    assert (lead.facts["extra"], lead.score, lead.track) == ({"visit": "new"}, 50, "hot")
    assert (lead.stage, lead.sequence, lead.step) == (Stage.TEXTING, "newcomers", 1)
    assert told(decision) == ["welcome"]


def test_an_answer_that_changes_no_sequence_leaves_the_plan_alone() -> None:
    decision = says("back", a_lead())
    (lead,) = decision.contact.leads
    assert (decision.effects, lead.pending, lead.facts["extra"]) == ((), "msg_pending", {"visit": "back"})


def test_what_was_sent_in_both_sequences_is_never_sent_again() -> None:
    """Behind the last shared step; and where that leaves nothing, the lead stays in its sequence."""
    far = says("new", a_lead(step=3)).contact.leads[0]
    assert (far.sequence, far.step) == ("newcomers", 1)
    nothing_left = clinic(sequences=(replace(NEWCOMERS, steps=(FIRST,)), EVERYONE))
    stays = says("new", a_lead(), nothing_left).contact.leads[0]
    assert (stays.sequence, stays.step, stays.pending) == ("request", 1, "msg_pending")


def test_yes_in_the_same_text_wins_and_the_answer_is_learnt() -> None:
    decision = says("YES", says("new", a_lead()).contact.leads[0])
    assert told(decision) == ["welcome"]
    both = says("how much is it? I am new", a_lead())
    assert (told(both), both.contact.leads[0].facts["extra"]) == (["question"], {"visit": "new"})


@pytest.mark.parametrize(
    ("lead", "where"),
    [
        (a_lead(step=1, facts={"extra": {"visit": "back"}}), CLINIC),
        (a_lead(), clinic(sequences=(make.SEQUENCE,))),
        (a_lead(), clinic(question=None, sequences=(make.SEQUENCE,))),
    ],
    ids=["known already", "never asked", "no question"],
)
def test_without_an_open_question_the_words_are_unclear(lead: Lead, where: Clinic) -> None:
    assert told(says("new", lead, where)) == ["unclear"]


def test_an_answer_to_a_paused_talk_is_learnt_and_asks_again_only_if_nobody_looks() -> None:
    paused = a_lead(Stage.PAUSED)
    assert told(says("new", paused, tasks=(a_task(),))) == []
    assert told(says("new", paused)) == ["unclear"]


@pytest.mark.parametrize("field", ["service", "location", "language"])
def test_the_question_may_fill_a_field_that_forms_have(field: str) -> None:
    asked = replace(QUESTION, fills=field)
    lead = says("new", a_lead(), clinic(question=asked, sequences=(EVERYONE,))).contact.leads[0]
    assert getattr(lead, field) == "new"


def test_a_fact_of_the_form_is_filled_under_its_own_name() -> None:
    asked = replace(QUESTION, fills="request")
    lead = says("new", a_lead(), clinic(question=asked, sequences=(EVERYONE,))).contact.leads[0]
    assert lead.facts == {"first_name": "Maria", "request": "new"}
