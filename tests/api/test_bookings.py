"""Bookings in, what staff order about a lead, and the link in a text."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.adapters.codec import load_event
from app.domain.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCompleted,
    AppointmentMissed,
    AppointmentMoved,
    ConsentGiven,
    Event,
    LeadPaused,
)
from app.runtime import Runtime
from app.workers.inbox import Inbox
from tests.installation import Keys, a_lead, bearer, consent_words


async def last_event(runtime: Runtime) -> Event:
    async with runtime.engine.connect() as conn:
        raw = (await conn.execute(text("SELECT payload_cipher FROM events ORDER BY no DESC LIMIT 1"))).scalar_one()
    return load_event(runtime.vault.decrypt("event", raw))


async def take(api: httpx.AsyncClient, keys: Keys, work: Any, phone: str, **changes: object) -> str:
    """A lead that is in and read; its id."""
    answer = await api.post("/leads", json=a_lead(phone, **changes), headers=bearer(keys.source))
    await work()
    return str(answer.json()["lead_id"])


async def show(api: httpx.AsyncClient, keys: Keys, lead_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = (await api.get(f"/leads/{lead_id}", headers=bearer(keys.coordinator))).json()
    return shown


async def book(api: httpx.AsyncClient, key: str, **body: object) -> httpx.Response:
    return await api.post("/bookings", json={"status": "booked", **body}, headers=bearer(key))


async def test_a_booking_is_matched_by_the_links_token_first(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    first = await take(api, keys, work, "+13125550142")
    await take(api, keys, work, "+13125550143")
    token = (await show(api, keys, first))["token"]
    answer = await book(api, keys.source, lead_token=token, phone="+13125550143", starts_at="2026-12-01T15:00:00Z")
    event = await last_event(runtime)
    assert (answer.status_code, answer.json()) == (
        202,
        {"booking_id": answer.json()["booking_id"], "matched": first},
    )
    assert isinstance(event, AppointmentBooked)
    assert (event.lead_id, event.booking_id) == (first, answer.json()["booking_id"])
    await work()
    after = await show(api, keys, first)
    assert (after["stage"], after["next"]) == ("booked", None)


async def test_a_booking_is_matched_by_phone_then_by_email(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    one = await take(api, keys, work, "+13125550142", email="One@Example.com")
    two = await take(api, keys, work, "+13125550143", email="two@example.com")
    by_phone = await book(api, keys.coordinator, phone="(312) 555-0142")
    by_email = await book(api, keys.coordinator, email=" TWO@example.com ")
    assert [one_.json()["matched"] for one_ in (by_phone, by_email)] == [one, two]
    await work()
    assert [(await show(api, keys, lead))["stage"] for lead in (one, two)] == ["booked", "booked"]


async def test_an_email_tells_two_people_on_one_phone_apart(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    ana = await take(api, keys, work, "+13125550142", first_name="Ana", email="ana@example.com")
    eva = await take(api, keys, work, "+13125550142", first_name="Eva", email="eva@example.com")
    answers = [await book(api, keys.source, phone="3125550142", email=f"{name}@example.com") for name in ("ana", "eva")]
    assert [answer.json()["matched"] for answer in answers] == [ana, eva]


@pytest.mark.parametrize(
    ("status", "kind", "stage"),
    [
        ("booked", AppointmentBooked, "booked"),
        ("rescheduled", AppointmentMoved, "booked"),
        ("cancelled", AppointmentCancelled, "paused"),
        ("no_show", AppointmentMissed, "paused"),
        ("completed", AppointmentCompleted, "finished"),
    ],
)
async def test_every_status_has_its_event(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any, status: str, kind: type, stage: str
) -> None:
    lead_id = await take(api, keys, work, "+13125550142")
    await book(api, keys.source, phone="+13125550142", status=status)
    assert type(await last_event(runtime)) is kind
    await work()
    assert (await show(api, keys, lead_id))["stage"] == stage


async def test_a_booking_that_matches_nobody_opens_a_task(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    answers = [
        await book(api, keys.source, email="stranger@example.com"),
        await book(api, keys.source, phone="+13125550177"),
    ]
    await work()
    tasks = (await api.get("/tasks", headers=bearer(keys.coordinator))).json()["tasks"]
    assert [(answer.status_code, answer.json()["matched"]) for answer in answers] == [(202, None), (202, None)]
    assert [task["kind"] for task in tasks] == ["booking_help", "booking_help"]


async def test_the_same_booking_told_twice_is_one(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    lead_id = await take(api, keys, work, "+13125550142")
    body = {"phone": "+13125550142", "external_id": "b-1", "starts_at": "2026-12-01T15:00:00Z"}
    answers = await asyncio.gather(*(book(api, keys.source, **body) for _ in range(20)))
    moved = await book(api, keys.source, **body | {"starts_at": "2026-12-02T15:00:00Z", "status": "rescheduled"})
    assert len({answer.json()["booking_id"] for answer in answers}) == 1
    assert {answer.json()["matched"] for answer in (*answers, moved)} == {lead_id}
    async with runtime.engine.connect() as conn:
        assert (await conn.execute(text("SELECT status FROM bookings ORDER BY id"))).scalars().all() == [
            "booked",
            "rescheduled",
        ]


async def test_another_clinics_lead_is_never_matched(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    lead_id = await take(api, keys, work, "+13125550142", email="ana@example.com")
    token = (await show(api, keys, lead_id))["token"]
    answer = await book(api, keys.other_source, lead_token=token, phone="+13125550142", email="ana@example.com")
    await work()
    assert (answer.status_code, answer.json()["matched"]) == (202, None)
    assert (await show(api, keys, lead_id))["stage"] == "texting"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"status": "booked"}, "lead_token phone email"),
        ({"status": "maybe", "phone": "3125550142"}, "status"),
        ({"phone": "3125550142"}, "status"),
        ({"status": "booked", "phone": "nobody"}, "phone"),
        ({"status": "booked", "phone": "3125550142", "starts_at": "tomorrow"}, "starts_at"),
        ({"status": "booked", "phone": "3125550142", "external_id": "a\0b"}, None),
    ],
)
async def test_a_booking_that_makes_no_sense_is_refused(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, body: dict[str, object], fields: str | None
) -> None:
    answer = await api.post("/bookings", json=body, headers=bearer(keys.source))
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json().get("errors", [])] == (fields or "").split()


# -- orders ------------------------------------------------------------------------------------


@pytest.fixture
async def reading(runtime: Runtime) -> Any:
    """A worker's inbox that reads while the test goes on."""
    stop, inbox = asyncio.Event(), Inbox(runtime)
    running = asyncio.create_task(inbox.run(stop))
    yield inbox
    stop.set()
    inbox.ring(())
    await running


ORDERS = [("pause", "paused"), ("close", "finished"), ("opt-out", "opted_out"), ("book", "booked")]


@pytest.mark.parametrize(("order", "stage"), ORDERS)
async def test_an_order_answers_with_the_lead_once_it_took_effect(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any, reading: Inbox, order: str, stage: str
) -> None:
    lead_id = await take(api, keys, work, "+13125550142")
    body = {"reason": "asked by phone", "assignee": "Dana"}
    answer = await api.post(f"/leads/{lead_id}/{order}", json=body, headers=bearer(keys.coordinator))
    assert (answer.status_code, answer.json()["stage"], answer.json()["next"]) == (200, stage, None)
    assert answer.json()["suppressed"] is (order == "opt-out")
    assert answer.json() == await show(api, keys, lead_id)


async def test_a_paused_lead_is_resumed(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any, reading: Inbox
) -> None:
    lead_id = await take(api, keys, work, "+13125550142")
    headers = bearer(keys.coordinator)
    await api.post(f"/leads/{lead_id}/pause", json={"reason": "on holiday"}, headers=headers)
    answer = await api.post(f"/leads/{lead_id}/resume", json={"reason": "back"}, headers=headers)
    assert (answer.status_code, answer.json()["stage"]) == (200, "texting")
    assert answer.json()["next"]["step"] == "hello"


async def test_an_order_that_nobody_reads_in_time_is_accepted(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    lead_id = await take(api, keys, work, "+13125550142")
    answer = await api.post(f"/leads/{lead_id}/pause", json={"reason": "wait"}, headers=bearer(keys.coordinator))
    event = await last_event(runtime)
    assert (answer.status_code, answer.json()["stage"]) == (202, "texting")
    assert isinstance(event, LeadPaused)
    assert (event.lead_id, event.by, event.reason) == (lead_id, keys.ids["coordinator"], "wait")


async def test_an_order_needs_a_reason_and_a_coordinator(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    lead_id = await take(api, keys, work, "+13125550142")
    path = f"/leads/{lead_id}/pause"
    nothing = await api.post(path, json={}, headers=bearer(keys.coordinator))
    blank = await api.post(path, json={"reason": " "}, headers=bearer(keys.coordinator))
    form = await api.post(path, json={"reason": "x"}, headers=bearer(keys.source))
    unknown = await api.post("/leads/lead_none/pause", json={"reason": "x"}, headers=bearer(keys.coordinator))
    assert [one.status_code for one in (nothing, blank, form, unknown)] == [422, 422, 403, 404]
    assert nothing.json()["errors"] == [{"field": "reason", "message": "is required"}]


@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_later_consent_opens_the_talk(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any, reading: Inbox, wrapped: bool
) -> None:
    lead_id = await take(api, keys, work, "+13125550142", consent=None)
    act = {"sms": True, "text": consent_words(), "method": "phone"}
    answer = await api.post(
        f"/leads/{lead_id}/consent", json={"consent": act} if wrapped else act, headers=bearer(keys.coordinator)
    )
    shown = answer.json()
    assert (answer.status_code, shown["stage"]) == (200, "texting")
    assert (shown["consent"]["status"], shown["consent"]["text"], shown["consent"]["method"]) == (
        "granted",
        consent_words(),
        "phone",
    )


async def test_a_forms_second_page_may_bring_consent_and_reads_nothing(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    lead_id = await take(api, keys, work, "+13125550142", consent=None)
    answer = await api.post(f"/leads/{lead_id}/consent", json={"sms": True, "text": "Yes"}, headers=bearer(keys.source))
    event = await last_event(runtime)
    assert answer.status_code == 202
    assert answer.json() == {"lead_id": lead_id, "received_at": event.at.isoformat().replace("+00:00", "Z")}
    assert isinstance(event, ConsentGiven)
    assert (event.lead_id, event.by) == (lead_id, keys.ids["source"])


# -- links -------------------------------------------------------------------------------------


async def test_the_link_goes_to_the_locations_page_and_says_who_comes(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    token = (await show(api, keys, await take(api, keys, work, "+13125550142", location="south")))["token"]
    answer = await api.get(f"/b/{token}")
    assert (answer.status_code, answer.headers["location"]) == (
        302,
        f"https://book.lakeside.example/south?lead={token}",
    )
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")


async def test_without_a_location_the_link_goes_to_the_first_page(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    token = (await show(api, keys, await take(api, keys, work, "+13125550142", location=None)))["token"]
    assert (await api.get(f"/b/{token}")).headers["location"] == f"https://book.lakeside.example/north?lead={token}"


@pytest.mark.parametrize("token", ["nothing", "%00", "a%0d%0ab", "ü" * 10, "x" * 500])
async def test_a_link_nobody_knows_is_answered_politely(runtime: Runtime, api: httpx.AsyncClient, token: str) -> None:
    answer = await api.get(f"/b/{token}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "does not work any more" in answer.text
