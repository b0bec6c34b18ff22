"""E-mail by the rules alone: when an e-mail step has words, what forbids or delays it, what follows from its end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.clinic import Channel, Clinic, Sequence, Smtp, Step
from app.domain.contact import Contact, Lead, Stage
from app.domain.effects import OpenTask, Purpose, ScheduleText, SuppressEmail
from app.domain.emails import RULES, EmailCase, mailbox, may_email, parts
from app.domain.events import Event
from app.domain.gate import Verdict, may_send
from app.domain.machine import decide
from tests.domain import builders as make
from tests.domain.builders import HOURS, NOW, a_clinic, a_contact, a_lead, span
from tests.domain.test_gate import a_case as a_text

LETTER = Step(
    key="letter",
    after=span(1, "h"),
    channel=Channel.EMAIL,
    subject={"en": "Your request,\n {{ first_name }}", "es": "Su solicitud"},
    words={"en": "Hi {{ first_name }}:\n\n{{ booking_link }}\n", "es": "Hola {{ first_name }}"},
)
LATER = Step(key="later", after=span(2), channel=Channel.TEXT, words={"en": "Lakeside: still there."})
SEQUENCE = Sequence(key="request", steps=(make.STEPS[0], LETTER, LATER))
SERVER = Smtp(host="mail.example", from_="hello@lakeside.example")
WITH_SERVER = a_clinic(sequences=(SEQUENCE,), smtp=SERVER, languages=("en", "es"))
WITHOUT = a_clinic(sequences=(SEQUENCE,))


def maria(**changes: Any) -> Lead:
    """Maria's lead: the first text has just gone, the letter is next."""
    return a_lead(**{"step": 0, "facts": {"first_name": "Maria", "email": "maria@example.com"}, **changes})


def planned_after_the_first_text(clinic: Clinic, lead: Lead) -> ScheduleText:
    (order,) = decide(a_contact(lead), make.a_sent(step="first"), NOW, clinic).effects
    assert isinstance(order, ScheduleText)
    return order


def test_an_email_step_is_planned_with_its_words_under_the_clinics_mailbox() -> None:
    order = planned_after_the_first_text(WITH_SERVER, maria())
    assert (order.channel, order.step, order.sender) == (Channel.EMAIL, "letter", "smtp:lakeside")
    assert order.due_at == NOW + timedelta(hours=1)
    assert order.text == "Your request, Maria\n\nHi Maria:\n\nhttp://leadline.test/b/token\n"
    assert parts(order.text) == ("Your request, Maria", "Hi Maria:\n\nhttp://leadline.test/b/token\n")


def test_it_is_written_in_the_leads_language() -> None:
    order = planned_after_the_first_text(WITH_SERVER, maria(language="es"))
    assert order.text == "Su solicitud\n\nHola Maria\n"


@pytest.mark.parametrize(
    ("clinic", "lead"),
    [
        (WITHOUT, maria()),
        (WITH_SERVER, maria(facts={"first_name": "Maria"})),
        (WITH_SERVER, maria(facts={"email": " "})),
    ],
    ids=["no server", "no address", "a blank address"],
)
def test_without_a_server_or_an_address_staff_write_it(clinic: Clinic, lead: Lead) -> None:
    order = planned_after_the_first_text(clinic, lead)
    assert (order.text, order.sender) == ("", "main")
    standing = replace(lead, step=1, pending=order.id)
    due = make.a_due_moment(step="letter", message_id=order.id)
    asked, following = decide(a_contact(standing), due, NOW, clinic).effects
    assert isinstance(asked, OpenTask)
    assert isinstance(following, ScheduleText)
    assert (asked.kind, following.step) == ("email_follow_up", "later")


def after(event: Event, lead: Lead | None = None) -> tuple[Contact, tuple[object, ...]]:
    decision = decide(a_contact(lead or maria(step=1)), event, NOW, WITH_SERVER)
    return decision.contact, decision.effects


@pytest.mark.parametrize(
    "event",
    [
        make.a_sent(step="letter", segments=0),
        make.an_unknown(step="letter"),
        make.a_failure("address_refused", step="letter"),
        make.a_drop("email_suppression", step="letter"),
        make.a_drop("contact_request", step="letter"),
        make.a_drop("expiry", step="letter"),
    ],
    ids=["accepted", "unknown", "refused", "unsubscribed", "no address", "expired"],
)
def test_when_an_email_is_accepted_or_will_never_be_the_next_step_is_planned(event: Event) -> None:
    """And nobody is asked: the texts go on."""
    contact, effects = after(event)
    assert [(type(one), getattr(one, "step", None)) for one in effects] == [(ScheduleText, "later")]
    assert [(lead.stage, lead.step) for lead in contact.leads] == [(Stage.TEXTING, 2)]


def test_unsubscribing_closes_that_address_and_changes_nothing_else() -> None:
    for stage in Stage:
        lead = maria(stage=stage, step=1)
        contact, effects = after(make.an_unsubscribing(), lead)
        assert (contact, effects) == (a_contact(lead), (SuppressEmail(email="maria@example.com"),))


def test_unsubscribing_of_somebody_who_was_erased_closes_nothing() -> None:
    assert after(make.an_unsubscribing(), maria(facts={}))[1] == ()


def test_a_stop_by_text_cancels_the_email_too() -> None:
    lead = maria(step=1)
    contact, effects = after(make.a_reply("STOP"), lead)
    assert contact.leads[0].stage is Stage.OPTED_OUT
    assert (type(effects[0]).__name__, getattr(effects[0], "lead_id", "")) == ("CancelTexts", None)


# -- the rules ---------------------------------------------------------------------------------


def a_case(**changes: Any) -> EmailCase:
    """An e-mail that may leave at `NOW`."""
    given: dict[str, Any] = {
        "expires_at": NOW + timedelta(days=1),
        "stage": Stage.TEXTING,
        "test": False,
        "test_allowed": False,
        "suppressed_by": None,
        "email_suppressed_by": None,
        "has_address": True,
        "asked_at": NOW - timedelta(days=1),
        "source": "website",
        "unread": False,
        "sending_all": True,
        "sending_clinic": True,
        "hours": HOURS,
        "last_text": None,
    }
    return EmailCase(**{**given, **changes})


def test_an_email_that_may_leave_says_why_rule_by_rule() -> None:
    assert may_email(a_case(), NOW).as_json() == {
        "verdict": "go",
        "at": "2026-11-17T16:00:00Z",
        "rules": [
            {"rule": "test_lead", "verdict": "go", "evidence": {"test": False, "server_is_local": False}},
            {"rule": "suppression", "verdict": "go", "evidence": {"suppressed_by": None}},
            {"rule": "email_suppression", "verdict": "go", "evidence": {"suppressed_by": None}},
            {
                "rule": "contact_request",
                "verdict": "go",
                "evidence": {"asked_at": "2026-11-16T16:00:00Z", "source": "website", "has_address": True},
            },
            {"rule": "stage", "verdict": "go", "evidence": {"stage": "texting"}},
            {"rule": "expiry", "verdict": "go", "evidence": {"expires_at": "2026-11-18T16:00:00Z"}},
            {"rule": "sending", "verdict": "go", "evidence": {"all": True, "clinic": True}},
            {"rule": "unread_events", "verdict": "go", "evidence": {"unread": False}},
            {
                "rule": "clinic_hours",
                "verdict": "go",
                "evidence": {"zone": "America/Chicago", "local_time": "2026-11-17T10:00-06:00"},
            },
            {"rule": "between_channels", "verdict": "go", "evidence": {"last_text": None}},
        ],
    }


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"test": True}, "test_lead"),
        *(({"suppressed_by": by}, "suppression") for by in ("stop", "carrier", "staff")),
        ({"email_suppressed_by": "unsubscribed"}, "email_suppression"),
        ({"has_address": False}, "contact_request"),
        *(({"stage": stage}, "stage") for stage in Stage if stage not in (Stage.TEXTING, Stage.NURTURE)),
        ({"expires_at": NOW}, "expiry"),
        ({"hours": replace(HOURS, week=((),) * 7)}, "clinic_hours"),
    ],
)
def test_what_forbids_an_email_for_good(changes: dict[str, Any], rule: str) -> None:
    verdict = may_email(a_case(**changes), NOW)
    assert (verdict.verdict, verdict.rule, verdict.rules[-1].verdict) == ("drop", rule, "drop")


def test_a_test_lead_is_written_to_by_a_server_on_this_machine_only() -> None:
    assert may_email(a_case(test=True, test_allowed=True), NOW).verdict == "go"


@pytest.mark.parametrize(
    ("changes", "at", "rule", "until"),
    [
        ({"sending_all": False}, NOW, "sending", None),
        ({"sending_clinic": False}, NOW, "sending", None),
        ({"unread": True}, NOW, "unread_events", None),
        ({}, datetime(2026, 11, 17, 18, 30, tzinfo=UTC), "clinic_hours", datetime(2026, 11, 17, 19, 0, tzinfo=UTC)),
        ({"last_text": NOW - timedelta(minutes=4)}, NOW, "between_channels", NOW + timedelta(minutes=6)),
        (
            {"last_text": datetime(2026, 11, 17, 17, 58, tzinfo=UTC)},
            datetime(2026, 11, 17, 17, 59, tzinfo=UTC),
            "between_channels",
            datetime(2026, 11, 17, 19, 0, tzinfo=UTC),
        ),
    ],
)
def test_what_delays_an_email_and_until_when(
    changes: dict[str, Any], at: datetime, rule: str, until: datetime | None
) -> None:
    verdict = may_email(a_case(**changes), at)
    assert (verdict.verdict, verdict.rule, verdict.until) == ("wait", rule, until)
    if until is not None:
        assert may_email(a_case(**changes), until).verdict == "go"


def test_what_would_wake_only_to_be_too_old_is_dropped_at_once() -> None:
    verdict = may_email(a_case(last_text=NOW - timedelta(minutes=1), expires_at=NOW + timedelta(minutes=9)), NOW)
    assert (verdict.verdict, verdict.rule) == ("drop", "expiry")


def test_every_rule_has_a_case_of_its_own() -> None:
    said = {one.rule for one in may_email(a_case(), NOW).rules}
    assert len(said) == len(RULES)


def test_a_step_by_text_keeps_ten_minutes_from_an_email() -> None:
    verdicts = [_text_after_an_email(minutes) for minutes in (0, 9, 10)]
    assert [(one.verdict, one.rule, one.until) for one in verdicts] == [
        ("wait", "caps", NOW + timedelta(minutes=10)),
        ("wait", "caps", NOW + timedelta(minutes=1)),
        ("go", None, None),
    ]


def test_an_answer_by_text_waits_for_no_email() -> None:
    assert _text_after_an_email(0, Purpose.ANSWER).verdict == "go"


def _text_after_an_email(minutes: int, purpose: Purpose = Purpose.STEP) -> Verdict:
    return may_send(a_text(purpose, last_email=NOW - timedelta(minutes=minutes)), NOW)


def test_no_sender_of_texts_can_have_a_mailboxs_name() -> None:
    assert mailbox("lakeside") == "smtp:lakeside"
