"""Leads in: what `POST /leads` takes, answers and stores, and that it tells a repetition from a new wish."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.adapters.codec import load_event
from app.adapters.store.ingest import Conflict, Submission, Taken, Told
from app.api.ingest import Intake
from app.domain.events import ConsentAct, LeadCaptured
from app.domain.ids import new_id
from app.domain.windows import Place
from app.runtime import Runtime
from tests.installation import OPEN_HOURS, Keys, a_lead, bearer, consent_words, set_clock


async def captured(runtime: Runtime) -> list[LeadCaptured]:
    """Every `LeadCaptured` in the log, in order."""
    async with runtime.engine.connect() as conn:
        rows = await conn.execute(text("SELECT payload_cipher FROM events WHERE kind = 'lead_captured' ORDER BY no"))
        found = [load_event(runtime.vault.decrypt("event", row.payload_cipher)) for row in rows]
    return [event for event in found if isinstance(event, LeadCaptured)]


def received_of(event: LeadCaptured) -> datetime | None:
    """When its consent reached us, by the real clock."""
    return event.consent.received if event.consent else None


async def post(api: httpx.AsyncClient, key: str, body: Any = None, **headers: str) -> httpx.Response:
    return await api.post("/leads", json=a_lead() if body is None else body, headers={**bearer(key), **headers})


async def test_a_lead_is_committed_before_it_is_answered(runtime: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    answer = await post(api, keys.source)
    (event,) = await captured(runtime)
    assert (answer.status_code, answer.json()) == (
        202,
        {"lead_id": event.lead_id, "received_at": event.at.isoformat().replace("+00:00", "Z"), "duplicate": False},
    )
    assert event == LeadCaptured(
        id=event.id,
        at=event.at,
        lead_id=event.lead_id,
        token=event.token,
        source="website",
        first_name="Maria",
        phone="+13125550142",
        zones=("America/Chicago",),
        states=("IL",),
        located=(Place("clinic", "America/Chicago", "IL"), Place("number", "America/Chicago", "IL")),
        service="new-patient",
        location="north",
        consent=ConsentAct(sms=True, text=consent_words(), method="web_form", received=received_of(event)),
    )
    assert timedelta(0) <= event.at - OPEN_HOURS < timedelta(minutes=1)


async def test_a_form_may_be_urlencoded_with_dotted_names(runtime: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    form = {
        "first_name": "Ana",
        "phone": "(312) 555-0143",
        "email": "",
        "consent.sms": "on",
        "consent.text": "I agree",
        "preferred_times": ["mornings", "Friday"],
        "utm.source": "ads",
        "test": "no",
        "favourite.colour": "blue",
    }
    answer = await api.post("/leads", data=form, headers=bearer(keys.source))
    (event,) = await captured(runtime)
    assert answer.status_code == 202
    assert (event.first_name, event.phone, event.email, event.test) == ("Ana", "+13125550143", None, False)
    assert event.consent == ConsentAct(sms=True, text="I agree", received=received_of(event))
    assert event.preferred_times == ("mornings", "Friday")
    assert (event.utm, event.extra) == ({"source": "ads"}, {"favourite.colour": "blue"})


async def test_unknown_fields_are_kept(runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any) -> None:
    body = a_lead(gclid="abc", nested={"a": [1, None]}, consent={"sms": True, "text": "Yes", "box": "7"})
    answer = await post(api, keys.source, body)
    await work()
    shown = await api.get(f"/leads/{answer.json()['lead_id']}", headers=bearer(keys.coordinator))
    assert shown.json()["extra"] == {"gclid": "abc", "nested": {"a": [1, None]}, "consent": {"box": "7"}}


async def test_a_lead_without_consent_is_taken_in_all_the_same(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys
) -> None:
    answer = await post(api, keys.source, {"first_name": "Ana", "phone": "3125550143"})
    (event,) = await captured(runtime)
    assert (answer.status_code, event.consent) == (202, None)


async def test_a_coordinator_hands_in_a_lead_as_staff(runtime: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    answer = await post(api, keys.coordinator)
    (event,) = await captured(runtime)
    assert (answer.status_code, event.source) == (202, "staff")


async def test_a_person_may_be_where_the_form_says_and_where_the_number_is_from(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys
) -> None:
    """A form that says nothing leaves the clinic and the number; what cannot be read says nothing."""
    await post(api, keys.source, a_lead("+12125550142", timezone="America/Denver"))
    await post(api, keys.source, a_lead("+12125550143"))
    await post(api, keys.source, a_lead("+12125550144", zip="60657-1234", state="Illinois"))
    await post(api, keys.source, a_lead("+13125550145", zip="?", state="Ontario"))
    assert [(event.zones, event.states) for event in await captured(runtime)] == [
        (("America/Denver", "America/New_York"), ("IL", "NY")),
        (("America/Chicago", "America/New_York"), ("IL", "NY")),
        (("America/Chicago", "America/New_York"), ("IL", "NY")),
        (("America/Chicago",), ("IL",)),
    ]


async def test_the_same_key_and_body_answer_as_before(runtime: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    first = await post(api, keys.source, **{"Idempotency-Key": "k-1"})
    # Another writing of the same fields is the same body.
    again = await post(api, keys.source, a_lead("312.555.0142"), **{"Idempotency-Key": "k-1"})
    assert (first.json()["duplicate"], again.status_code) == (False, 202)
    assert again.json() == first.json() | {"duplicate": True}
    assert len(await captured(runtime)) == 1


async def test_the_same_key_with_another_body_is_a_conflict(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys
) -> None:
    await post(api, keys.source, **{"Idempotency-Key": "k-1"})
    other = await post(api, keys.source, a_lead(first_name="Eva"), **{"Idempotency-Key": "k-1"})
    elsewhere = await post(api, keys.source, a_lead("+13125550144"), **{"Idempotency-Key": "k-1"})
    assert (other.status_code, elsewhere.status_code) == (409, 409)
    assert other.headers["content-type"] == "application/problem+json"
    assert len(await captured(runtime)) == 1
    # The refused lead left no trace by which a later one would be called its repetition.
    later = await post(api, keys.source, a_lead("+13125550144"))
    assert (later.status_code, later.json()["duplicate"]) == (202, False)


async def test_the_header_wins_over_the_external_id(runtime: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    first = await post(api, keys.source, a_lead(external_id="e-1"))
    again = await post(api, keys.source, a_lead(external_id="e-1"))
    by_header = await post(api, keys.source, a_lead(external_id="e-1"), **{"Idempotency-Key": "k-1"})
    assert again.json() == first.json() | {"duplicate": True}
    assert by_header.json()["duplicate"] is False
    assert len(await captured(runtime)) == 2


async def test_a_key_belongs_to_the_api_key(runtime: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    first = await post(api, keys.source, **{"Idempotency-Key": "k-1"})
    other = await post(api, keys.coordinator, **{"Idempotency-Key": "k-1"})
    assert (first.json()["duplicate"], other.json()["duplicate"]) == (False, False)


async def test_a_key_lives_thirty_days(runtime: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    first = await post(api, keys.source, **{"Idempotency-Key": "k-1"})
    await set_clock(runtime, OPEN_HOURS + timedelta(days=29, hours=23))
    kept = await post(api, keys.source, **{"Idempotency-Key": "k-1"})
    await set_clock(runtime, OPEN_HOURS + timedelta(days=30, hours=1))
    forgotten = await post(api, keys.source, a_lead(first_name="Eva"), **{"Idempotency-Key": "k-1"})
    assert kept.json() == first.json() | {"duplicate": True}
    assert (forgotten.status_code, forgotten.json()["duplicate"]) == (202, False)


async def test_fifty_at_once_with_one_key_are_one_lead(runtime: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    answers = await asyncio.gather(*(post(api, keys.source, **{"Idempotency-Key": "k-1"}) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["lead_id"] for answer in answers}) == 1
    assert sorted(answer.json()["duplicate"] for answer in answers) == [False] + [True] * 49
    assert len(await captured(runtime)) == 1


async def test_two_processes_with_one_key_make_one_lead(runtime: Runtime, keys: Keys) -> None:
    """The key's row decides, not one process's queue."""
    one, two = Intake(runtime), Intake(runtime)
    told = [a_submission(phone, key="k-1") for phone in ["+13125550142"] * 20]
    answers = await asyncio.gather(*(intake.submit(each) for each in told for intake in (one, two)))
    await asyncio.gather(one.close(), two.close())
    taken = [answer for answer in answers if isinstance(answer, Taken)]
    assert len(taken) == 40
    assert len({answer.lead_id for answer in taken}) == 1
    assert len(await captured(runtime)) == 1


async def test_without_a_key_the_same_wish_within_ten_minutes_is_a_duplicate(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys
) -> None:
    first = await post(api, keys.source)
    await set_clock(runtime, OPEN_HOURS + timedelta(minutes=9))
    again = await post(api, keys.source, a_lead(email="maria@example.com"))
    elsewhere = await post(api, keys.source, a_lead(location="south"))
    events = await captured(runtime)
    assert (again.json()["lead_id"], again.json()["duplicate"]) == (first.json()["lead_id"], True)
    assert elsewhere.json()["duplicate"] is False
    assert [event.duplicate_of for event in events] == [None, first.json()["lead_id"], None]
    assert events[1].email == "maria@example.com"


async def test_ten_minutes_count_from_the_first(runtime: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    first = await post(api, keys.source, a_lead(external_id="e-1"))
    await set_clock(runtime, OPEN_HOURS + timedelta(minutes=9))
    second = await post(api, keys.source)
    await set_clock(runtime, OPEN_HOURS + timedelta(minutes=11))
    third = await post(api, keys.source)
    assert [one.json()["duplicate"] for one in (first, second, third)] == [False, True, False]


async def test_the_same_wish_many_times_in_one_group_is_one_lead(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys
) -> None:
    answers = await asyncio.gather(*(post(api, keys.source) for _ in range(20)))
    assert len({answer.json()["lead_id"] for answer in answers}) == 1
    assert sum(not answer.json()["duplicate"] for answer in answers) == 1
    events = await captured(runtime)
    assert (len(events), sum(event.duplicate_of is None for event in events)) == (20, 1)


def a_submission(phone: str, *, clinic: str = "lakeside", key: str | None = None) -> Submission:
    lead_id = new_id("lead")
    return Submission(
        clinic=clinic,
        phone=phone,
        lead_id=lead_id,
        told=Told("key:one", key, b"same", lead_id) if key else None,
        facts={"token": lead_id, "source": "website", "first_name": "Ana", "phone": phone, "zones": ("UTC",)},
    )


async def test_one_bad_lead_in_a_group_spoils_no_other(runtime: Runtime) -> None:
    """A clinic that is not there breaks a foreign key: only its own request fails."""
    intake = Intake(runtime)
    phones = [f"+1312555{n:04}" for n in range(100, 130)]
    group = [a_submission(phone, clinic="gone" if n == 7 else "lakeside") for n, phone in enumerate(phones)]
    answers = await asyncio.gather(*(intake.submit(one) for one in group), return_exceptions=True)
    failed = [n for n, answer in enumerate(answers) if isinstance(answer, BaseException | Conflict)]
    assert failed == [7]
    assert len(await captured(runtime)) == 29


async def test_a_lead_is_never_answered_with_yes_when_its_commit_failed(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys
) -> None:
    """The connection is cut while the group waits for a lock: 503, come back, and nothing is stored."""
    await post(api, keys.source)
    async with runtime.engine.connect() as holder:
        await holder.execute(text("SELECT id FROM contacts FOR UPDATE"))
        waiting = asyncio.create_task(post(api, keys.source, a_lead(location="south")))
        await cut_whoever_waits(runtime)
        answer = await waiting
        await holder.rollback()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert len(await captured(runtime)) == 1
    assert (await post(api, keys.source, a_lead(location="south"))).status_code == 202


async def cut_whoever_waits(runtime: Runtime) -> None:
    """End the database session that waits for a lock, as soon as there is one."""
    cut = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(60):
        while True:
            async with runtime.engine.connect() as conn:
                if (await conn.execute(cut)).all():
                    return


@pytest.mark.parametrize("written", ["312-555-0142", "(312) 555-0142", "+1 312 555 0142", "1.312.555.0142"])
async def test_a_phone_may_be_written_in_any_usual_form(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, written: str
) -> None:
    answer = await post(api, keys.source, a_lead(written))
    (event,) = await captured(runtime)
    assert (answer.status_code, event.phone) == (202, "+13125550142")
