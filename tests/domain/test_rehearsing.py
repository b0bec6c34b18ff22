"""Rehearsal: what is waived for it, for whom alone, and how much faster than life it goes."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from app.domain.contact import Stage
from app.domain.effects import Purpose
from app.domain.emails import may_email
from app.domain.gate import may_send
from app.domain.machine import decide
from app.domain.rehearsal import Rehearsal, asked_by, hastened, mistake, rehearsal_of, speed_of
from tests.domain.builders import NOW, a_contact, a_lead, a_sent
from tests.domain.test_emails import a_case as an_email
from tests.domain.test_gate import a_case
from tests.domain.test_nurture import CLINIC as NURTURING

NIGHT = NOW - timedelta(hours=7)
"""Three in the morning in Chicago."""
FULL = {"steps_sent": (NIGHT - timedelta(minutes=1),) * 9}
REHEARSED = {"test": True, "test_allowed": True, "rehearsed": True}


@pytest.mark.parametrize("flags", list(product((False, True), repeat=3)))
def test_hours_and_caps_are_waived_for_a_rehearsing_test_lead_on_an_allowed_phone_and_nobody_else(
    flags: tuple[bool, bool, bool],
) -> None:
    test, allowed, rehearsed = flags
    verdict = may_send(a_case(test=test, test_allowed=allowed, rehearsed=rehearsed, **FULL), NIGHT)
    email = may_email(an_email(test=test, test_allowed=allowed, rehearsed=rehearsed), NIGHT)
    assert ((verdict.verdict == "go"), (email.verdict == "go")) == (all(flags), all(flags))


@pytest.mark.parametrize("purpose", [Purpose.STEP, Purpose.ANSWER, Purpose.REPLY])
def test_what_a_rehearsal_sends_may_be_delivered_for_a_while(purpose: Purpose) -> None:
    verdict = may_send(a_case(purpose, **REHEARSED, **FULL), NIGHT)
    assert (verdict.verdict, verdict.validity) == ("go", timedelta(hours=1))


@pytest.mark.parametrize(
    ("forbids", "verdict", "rule"),
    [
        ({"suppressed_by": "stop"}, "drop", "suppression"),
        ({"consent_standing": False}, "drop", "consent"),
        ({"sending_all": False}, "wait", "sending"),
        ({"sending_clinic": False}, "wait", "sending"),
        ({"unread": True}, "wait", "unread_events"),
        ({"sender_held": "30007"}, "wait", "sender"),
        ({"expires_at": NIGHT}, "drop", "expiry"),
    ],
)
def test_everything_else_binds_a_rehearsal_too(forbids: dict[str, Any], verdict: str, rule: str) -> None:
    found = may_send(a_case(**REHEARSED, **forbids), NIGHT)
    assert (found.verdict, found.rule) == (verdict, rule)


@pytest.mark.parametrize(("written", "times"), [("1d=1m", 1440), ("1d=10s", 8640), ("1h=1h", 1), ("2w=7d", 2)])
def test_a_speed_says_what_becomes_of_a_span(written: str, times: float) -> None:
    assert speed_of(written) == times


@pytest.mark.parametrize("written", ["", "1d", "fast", "1m=1d", "1d=0s", "0d=1s", "100w=1s", "-1d=1m"])
def test_what_is_no_speed_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="must"):
        speed_of(written)


def test_a_day_takes_a_minute_for_a_test_lead_that_asks_for_it_and_a_day_for_everybody_else() -> None:
    asked = {"extra": {"rehearse": {"speed": "1d=1m"}}}
    tomorrow = NOW + timedelta(days=1)
    assert hastened(a_lead(test=True, facts=asked), NOW, tomorrow) == NOW + timedelta(minutes=1)
    assert hastened(a_lead(test=True, facts=asked), NOW, NOW) == NOW
    assert hastened(a_lead(facts=asked), NOW, tomorrow) == tomorrow
    assert hastened(a_lead(test=True), NOW, tomorrow) == tomorrow


@pytest.mark.parametrize(
    ("facts", "test", "stage", "sequence"),
    [
        ({"extra": {"rehearse": {"sequence": "request"}}}, True, Stage.FINISHED, "request"),
        ({"extra": {"rehearse": {"speed": "1d=1m"}}}, True, Stage.NURTURE, "slow"),
        ({"extra": {"rehearse": {"sequence": "request"}}}, False, Stage.NURTURE, "slow"),
    ],
    ids=["one sequence by name", "whatever comes", "a lead that is no test"],
)
def test_a_rehearsal_of_one_sequence_ends_with_it(
    facts: dict[str, Any], test: bool, stage: Stage, sequence: str
) -> None:
    lead = a_lead(step=3, pending="msg_last", facts=facts, test=test)
    decision = decide(a_contact(lead), a_sent(message_id="msg_last", step="last"), NOW, NURTURING)
    (after,) = decision.contact.leads
    assert (after.stage, after.sequence) == (stage, sequence)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (
            Rehearsal(times=1, sequence="slwo"),
            "names no sequence of this clinic; did you mean slow? Known are: request, slow",
        ),
        (Rehearsal(times=1, sequence="xyz"), "names no sequence of this clinic; known are: request, slow"),
        (Rehearsal(times=1, arm="b"), "names no arm of an experiment; known are: none"),
        (Rehearsal(times=1, sequence="slow"), None),
    ],
)
def test_what_a_clinic_does_not_know_is_told_with_what_it_does(asked: Rehearsal, why: str | None) -> None:
    assert mistake(NURTURING, asked) == why


@pytest.mark.parametrize("asked", [None, "yes", 5, [], {"speed": "soon"}, {"speed": 5}, {"pace": "1d=1m"}])
def test_what_cannot_be_read_is_no_rehearsal(asked: object) -> None:
    assert asked_by({"extra": {"rehearse": asked}}) is None
    assert asked_by({"extra": "rehearse"}) is None
    assert rehearsal_of(None) is None
