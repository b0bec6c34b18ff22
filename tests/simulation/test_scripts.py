"""Files for a simulation: what they may say, and how every mistake in them is named by its place."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.simulation.scripts import BadScript, read_leads, read_replies
from tests.domain.builders import NOW, a_clinic

CLINIC = a_clinic()
MARIA = {"first_name": "Maria", "phone": "(312) 555-0142"}
ANA = {"first_name": "Ana", "phone": "312-555-0143", "external_id": "form-7"}


def lines(*pieces: Any) -> bytes:
    return "\n".join(one if isinstance(one, str) else json.dumps(one) for one in pieces).encode()


def leads(raw: bytes) -> list[tuple[str, str, datetime]]:
    return [(one.name, one.form.phone, one.at) for one in read_leads(raw, "leads.jsonl", CLINIC, "website", NOW)]


BOTH = [("1", "+13125550142", NOW), ("form-7", "+13125550143", NOW)]


@pytest.mark.parametrize(
    "raw",
    [
        lines(MARIA, ANA),
        lines(MARIA, "", ANA, ""),
        json.dumps([MARIA, ANA]).encode(),
        json.dumps([MARIA, ANA], indent=2).encode(),
        lines(MARIA, ANA, ANA),
    ],
    ids=["lines", "lines with blank ones", "a list", "a list over many lines", "one of them twice"],
)
def test_leads_are_read_from_lines_and_from_a_list(raw: bytes) -> None:
    assert leads(raw) == BOTH


def test_one_lead_may_be_a_document_of_many_lines() -> None:
    assert leads(json.dumps(ANA, indent=2).encode()) == BOTH[1:]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "leads.jsonl: there is no lead in it"),
        (lines(MARIA, "{"), "leads.jsonl:2: is not JSON"),
        (lines(MARIA, "", "[1]"), "leads.jsonl:3: body must be an object"),
        (
            lines({"phone": "911"}, MARIA),
            "leads.jsonl:1: first_name is required; phone is not a phone number; send one like +13125550123",
        ),
        (
            json.dumps([MARIA, {**ANA, "location": "moon"}]).encode(),
            "leads.jsonl: lead 2: location is not known at this clinic; known are: north",
        ),
        (
            lines(ANA, {**ANA, "first_name": "Eva"}),
            "leads.jsonl:2: external_id is that of an earlier lead, with another body",
        ),
        (lines("{", "["), "leads.jsonl:1: is not JSON\nleads.jsonl:2: is not JSON"),
    ],
)
def test_a_mistake_in_a_lead_is_named_with_its_place_and_without_a_value(raw: bytes, told: str) -> None:
    with pytest.raises(BadScript) as caught:
        leads(raw)
    assert str(caught.value) == told


def test_of_very_many_mistakes_the_first_twenty_are_told() -> None:
    with pytest.raises(BadScript) as caught:
        leads(b"{\n" * 23)
    told = str(caught.value).splitlines()
    assert (len(told), told[-1]) == (21, "and 3 more")


def replies(*given: Any) -> list[tuple[str, timedelta, str]]:
    forms = read_leads(lines(MARIA, ANA), "leads.jsonl", CLINIC, "website", NOW)
    said = read_replies(lines(*given), "replies.jsonl", CLINIC, forms)
    return [(one.form.name, one.at - NOW, one.text) for one in said]


def test_a_reply_names_its_lead_by_key_or_number_and_its_time_as_a_clinic_writes_it() -> None:
    assert replies(
        {"lead": "form-7", "after": "90m", "text": "YES"},
        {"lead": 1, "after": "2h", "text": "STOP"},
        {"lead": "2", "after": "3d", "text": ""},
        {"lead": 2, "after": "1 business day", "text": "later"},
        {"lead": 1, "after": 45, "text": "seconds"},
    ) == [
        ("form-7", timedelta(minutes=90), "YES"),
        ("1", timedelta(hours=2), "STOP"),
        ("form-7", timedelta(days=3), ""),
        ("form-7", timedelta(days=1), "later"),
        ("1", timedelta(seconds=45), "seconds"),
    ]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("no", "is not JSON"),
        ([1], 'reply must be an object with "lead", "after" and "text"'),
        (
            {"lead": 3, "after": "1h", "text": "YES"},
            "lead is neither the external_id of a lead nor its number, 1 to 2",
        ),
        ({"after": "1h", "text": "YES"}, "lead is neither the external_id of a lead nor its number, 1 to 2"),
        ({"lead": 1, "after": "soon", "text": "YES"}, "after must be a duration such as 15m, 2h, 3d or 1 business day"),
        ({"lead": 1, "after": -5, "text": "YES"}, "after must be a duration such as 15m, 2h, 3d or 1 business day"),
        ({"lead": 1, "after": True, "text": "YES"}, "after must be a duration such as 15m, 2h, 3d or 1 business day"),
        ({"lead": 1, "after": "1h"}, "text must be a string"),
    ],
)
def test_a_mistake_in_a_reply_is_named_with_its_line(reply: Any, told: str) -> None:
    with pytest.raises(BadScript) as caught:
        replies({"lead": 1, "after": "1h", "text": "YES"}, reply)
    assert str(caught.value) == f"replies.jsonl:2: {told}"


def test_replies_over_the_change_of_clocks_keep_the_local_time() -> None:
    saturday = datetime(2026, 10, 31, 15, 0, tzinfo=UTC)
    forms = read_leads(lines(MARIA), "leads.jsonl", CLINIC, "website", saturday)
    (said,) = read_replies(lines({"lead": 1, "after": "1d", "text": "YES"}), "replies.jsonl", CLINIC, forms)
    assert said.at == datetime(2026, 11, 1, 16, 0, tzinfo=UTC)
