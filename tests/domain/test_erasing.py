"""Erasing by the rules alone: what stays of every kind of event, of a lead, and of a contact with all it had."""

from dataclasses import fields
from typing import Any

import pytest

from app.domain.contact import Contact, Lead, Stage
from app.domain.effects import CancelTasks, CancelTexts, ErasePerson, ScheduleText
from app.domain.erasing import skeleton
from app.domain.events import EVENTS, ConsentAct, Event, LeadCaptured
from app.domain.machine import decide
from app.domain.talk import Offer, Talk
from app.domain.windows import Place
from tests.domain import builders as make
from tests.domain.builders import NOW, a_contact, a_lead, a_task, an_erasure

CLINIC = make.a_clinic()

OF_THE_PERSON: dict[str, tuple[Any, Any]] = {
    **dict.fromkeys(("token", "first_name", "phone", "body", "text"), ("canary", "")),
    **dict.fromkeys(("last_name", "email", "language", "zip", "state", "timezone", "service"), ("canary", None)),
    **dict.fromkeys(("location", "message", "external_id", "request", "preferred_channel"), ("canary", None)),
    **dict.fromkeys(("note",), ("canary", None)),
    **dict.fromkeys(("zones", "states", "preferred_times"), (("canary",), ())),
    "located": ((Place(source="zip", zone="canary"),), ()),
    **{name: ({"canary": "canary"}, {}) for name in ("utm", "extra")},
    "consent": (ConsentAct(sms=True, text="canary", ip="canary"), None),
    "reason": ("canary", None),
    "starts_at": (NOW, None),
    "media": (3, 0),
}
"""By field: words that somebody may have written there, and what is left of them. Written apart from the rules."""

OF_THE_HAPPENING = {
    *("id", "at", "kind", "lead_id", "duplicate_of", "source", "test", "sender", "carrier_id", "booking_id"),
    *("message_id", "task_id", "assignee", "by", "outcome", "segments", "step", "cause", "code", "settled", "rule"),
    *("status", "sequence", "version"),
}

REQUIRED = {("consent_given", "consent"): ConsentAct()} | {
    (kind, "reason"): ""
    for kind in ("staff_opted_out", "lead_paused", "lead_resumed", "lead_closed", "phone_closed", "phone_opened")
}
"""What is left where a field must say something."""


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: str(kind.__name__))
def test_of_every_event_its_words_go_and_its_facts_stay(kind: type[Event]) -> None:
    """And each field of each event is either; a new one has to be put on one of the two lists."""
    example = next(one for one in make.one_of_each() if type(one) is kind)
    names = {field.name for field in fields(kind)}
    assert names <= OF_THE_PERSON.keys() | OF_THE_HAPPENING
    said = {name: OF_THE_PERSON[name][0] for name in names & OF_THE_PERSON.keys()}
    spoken = kind(**{**vars(example), **said})
    left = {name: REQUIRED.get((example.kind, name), OF_THE_PERSON[name][1]) for name in said}
    assert skeleton(spoken) == kind(**{**vars(example), **left})
    assert "canary" not in repr(skeleton(spoken))


def a_known_lead(stage: Stage, **changes: Any) -> Lead:
    given = {"service": "check-up", "location": "north", "language": "es", "reason": "told Maria"}
    return a_lead(stage, **given, located=(Place(source="zip", zone=make.CHICAGO),), **changes)


def bare(lead: Lead, token: str) -> Lead:
    """As a lead is left, written out."""
    return Lead(
        id=lead.id,
        stage=Stage.OPTED_OUT if lead.stage is Stage.OPTED_OUT else Stage.FINISHED,
        captured_at=lead.captured_at,
        source="website",
        token=token,
        first_name="",
        zones=(),
        sequence=lead.sequence,
        version=lead.version,
        step=lead.step,
        reason="erased",
    )


@pytest.mark.parametrize("stage", list(Stage))
def test_whatever_a_contact_had_ends_and_is_forgotten(stage: Stage) -> None:
    maria = a_known_lead(stage)
    jo = a_known_lead(Stage.PAUSED, id="lead_jo", first_name="Jo", token="jo", pending=None)
    talk = Talk(offer=Offer(lead_id="lead_jo", of="times", choices=("mornings",), until=NOW))
    tasks = (a_task(), a_task("call", lead_id=None, id="task_call"))
    before = a_contact(maria, jo, tasks=tasks, talk=talk, suppressed_by="stop", sender="main")
    event = an_erasure()

    decision = decide(before, event, NOW, CLINIC)

    first, second = decision.contact.leads
    assert decision.contact == Contact(
        id=before.id,
        clinic="lakeside",
        phone=make.PHONE,
        suppressed_by="stop",
        sender="main",
        leads=(bare(maria, first.token), bare(jo, second.token)),
    )
    assert len({first.token, second.token, "token", "jo"}) == 4
    assert decision.effects == (
        CancelTexts(lead_id=None, reason="erased"),
        CancelTasks(ids=("task_open", "task_call"), reason="erased"),
        ErasePerson(event_id=event.id),
    )


def test_a_phone_without_a_lead_is_erased_too() -> None:
    event = an_erasure()
    decision = decide(a_contact(), event, NOW, CLINIC)
    assert decision.contact == a_contact()
    assert decision.effects == (CancelTexts(lead_id=None, reason="erased"), ErasePerson(event_id=event.id))


def test_a_wrong_number_stays_one_whatever_the_name_of_the_next() -> None:
    """Who it was is forgotten, so it may be anybody: a person is asked, and nobody is texted."""
    wrong = a_known_lead(Stage.TEXTING, pending=None)
    ended = decide(a_contact(wrong), make.a_reply("wrong number"), NOW, CLINIC).contact
    erased = decide(ended, an_erasure(), NOW, CLINIC).contact
    assert (erased.leads[0].reason, erased.leads[0].first_name) == ("wrong number", "")
    form: LeadCaptured = make.a_submission(first_name="Jo")
    decision = decide(erased, form, NOW, CLINIC)
    assert [one.stage for one in decision.contact.leads] == [Stage.FINISHED, Stage.NEW]
    assert [one.kind for one in decision.contact.tasks] == ["wrong_number"]
    assert not any(isinstance(one, ScheduleText) for one in decision.effects)


def test_erasing_again_changes_no_lead() -> None:
    once = decide(a_contact(a_known_lead(Stage.TEXTING)), an_erasure(), NOW, CLINIC).contact
    assert decide(once, an_erasure(), NOW, CLINIC).contact == once


def test_a_later_form_of_the_same_name_is_another_request_and_its_consent_its_own() -> None:
    erased = decide(a_contact(a_known_lead(Stage.TEXTING)), an_erasure(), NOW, CLINIC).contact
    form: LeadCaptured = make.a_submission()
    after = decide(erased, form, NOW, CLINIC).contact
    old, new = after.leads
    assert old == erased.leads[0]
    assert (new.id, new.stage, new.first_name, new.consent_id is not None) == ("lead_new", Stage.TEXTING, "Maria", True)
    assert after.person(new) == "lead_new"
