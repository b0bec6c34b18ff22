"""The reading doors: leads, timelines, texts, health, the clock; each shows all of it, and only to whom it may."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.domain.experiments import arm_of
from app.runtime import Runtime
from tests.installation import OPEN_HOURS, Keys, a_client, a_lead, bearer, consent_words, set_clock


async def take(api: httpx.AsyncClient, keys: Keys, phone: str = "+13125550142", **changes: object) -> str:
    answer = await api.post("/leads", json=a_lead(phone, **changes), headers=bearer(keys.source))
    return str(answer.json()["lead_id"])


async def get(api: httpx.AsyncClient, keys: Keys, path: str) -> Any:
    answer = await api.get(path, headers=bearer(keys.coordinator))
    assert answer.status_code == 200
    return answer.json()


async def drawn_arm(runtime: Runtime, lead_id: str) -> str:
    """The arm that this lead's contact has in the example's experiment."""
    async with runtime.engine.connect() as conn:
        contact = await conn.scalar(text("SELECT contact_id FROM leads WHERE id = :lead"), {"lead": lead_id})
        clinic = await runtime.clinics.take(conn, "lakeside")
    (experiment,) = clinic.experiments.values()
    return arm_of(experiment, "lakeside", contact)


async def test_a_lead_is_shown_as_it_stands(runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any) -> None:
    lead_id = await take(api, keys, email="maria@example.com", preferred_times=["mornings"], gclid="x", zip="60657")
    await work()
    shown = await get(api, keys, f"/leads/{lead_id}")
    assert shown == {
        "id": lead_id,
        "clinic": "lakeside",
        "stage": "texting",
        "reason": None,
        "track": "hot",
        "score": 40,
        "sequence": {"key": "appointment-request", "version": 1, "step": "confirm"},
        "variant": await drawn_arm(runtime, lead_id),
        "chosen": {
            "at": shown["captured_at"],
            "event_id": shown["chosen"]["event_id"],
            "sequence": "appointment-request",
            "version": 1,
            "because": ["track is hot"],
            "track": "hot",
            "points": 40,
            "score": [{"when": ["service is new-patient"], "add": 20}, {"when": ["has preferred_times"], "add": 20}],
        },
        "clicked_at": None,
        "replied_at": None,
        "next": {"at": shown["captured_at"], "kind": "text", "step": "confirm"},
        "consent": {
            "id": shown["consent"]["id"],
            "status": "granted",
            "method": "web_form",
            "text_key": "web-2026-09",
            "text_sha256": sha256(consent_words().encode()).hexdigest(),
            "source": "website",
            "language": None,
            "clinic_name": "Lakeside Clinic",
            "scope": "appointment follow-up",
            "recorded_by": None,
            "reason": None,
            "corrects": None,
            "occurred_at": shown["consent"]["recorded_at"],
            "recorded_at": shown["consent"]["recorded_at"],
            "ended_by": None,
            "sms": True,
            "text": consent_words(),
            "at": None,
            "url": None,
            "ip": None,
            "user_agent": None,
            "certificate": None,
        },
        "consent_problem": None,
        "suppressed": False,
        "suppressed_by": None,
        "first_name": "Maria",
        "last_name": None,
        "phone": "+13125550142",
        "email": "maria@example.com",
        "language": None,
        "zip": "60657",
        "state": None,
        "timezone": None,
        "zones": ["America/Chicago"],
        "states": ["IL"],
        "service": "new-patient",
        "location": "north",
        "preferred_times": ["mornings"],
        "message": None,
        "request": None,
        "preferred_channel": None,
        "utm": {},
        "external_id": None,
        "test": False,
        "source": "website",
        "token": shown["token"],
        "captured_at": shown["captured_at"],
        "extra": {"gclid": "x"},
    }
    assert datetime.fromisoformat(shown["captured_at"]) - OPEN_HOURS < timedelta(minutes=1)


async def test_a_lead_without_consent_shows_none_and_nothing_next(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    lead_id = await take(api, keys, consent=None)
    await work()
    shown = await get(api, keys, f"/leads/{lead_id}")
    assert (shown["stage"], shown["consent"], shown["next"], shown["sequence"]) == ("new", None, None, None)


async def test_leads_are_listed_newest_first_and_page_by_page(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    ids = []
    for n in range(7):
        await set_clock(runtime, OPEN_HOURS + timedelta(minutes=n))
        ids.append(await take(api, keys, f"+131255501{n:02}"))
    await work()
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await get(api, keys, f"/leads?limit=3&cursor={cursor}")
        seen += [lead["id"] for lead in page["leads"]]
        cursor = page["cursor"]
    assert seen == ids[::-1]


async def test_leads_are_found_by_phone_stage_and_time(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    texting = await take(api, keys, "+13125550142")
    new = await take(api, keys, "+13125550143", consent=None)
    await work()
    await set_clock(runtime, OPEN_HOURS + timedelta(days=1))
    late = await take(api, keys, "+13125550144")
    await work()

    async def found(query: str) -> list[str]:
        return [lead["id"] for lead in (await get(api, keys, f"/leads?{query}"))["leads"]]

    assert await found("phone=%2B13125550143") == [new]
    assert await found("phone=+13125550143") == [new]
    assert await found("phone=(312) 555-0199") == []
    assert await found("stage=new") == [new]
    assert await found("stage=texting") == [late, texting]
    assert await found("since=2026-11-25T00:00:00Z") == [late]
    assert await found("since=2026-11-25T00:00:00Z&stage=new") == []


async def test_a_timeline_tells_everything_in_order(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    lead_id = await take(api, keys)
    await work()
    await set_clock(runtime, OPEN_HOURS + timedelta(minutes=30))
    await api.post("/bookings", json={"status": "booked", "phone": "3125550142"}, headers=bearer(keys.source))
    await work()
    items = (await get(api, keys, f"/leads/{lead_id}/timeline"))["items"]
    told = [(item["kind"], item.get("event") or item.get("to") or item.get("step")) for item in items]
    assert told == [
        ("event", "lead_captured"),
        ("message", "hello"),
        ("event", "consent_granted"),
        ("stage", "texting"),
        ("event", "appointment_booked"),
        ("stage", "booked"),
    ]
    assert [item["at"] for item in items] == sorted(item["at"] for item in items)
    assert all(item["id"] for item in items)
    text_item = items[1]
    assert (text_item["status"], text_item["text"][:9]) == ("cancelled", "Hi Maria,")


async def test_a_text_is_shown_with_its_decision(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    lead_id = await take(api, keys)
    await work()
    (listed,) = (await get(api, keys, f"/messages?lead_id={lead_id}"))["messages"]
    assert (listed["status"], listed["decision"]) == ("scheduled", None)
    ruled = '{"verdict": "go", "at": "2026-11-24T16:00:00Z", "rules": [{"rule": "x", "verdict": "go", "evidence": {}}]}'
    async with runtime.engine.begin() as conn:
        await conn.execute(text("UPDATE messages SET decision = CAST(:ruled AS jsonb)"), {"ruled": ruled})
    shown = await get(api, keys, f"/messages/{listed['id']}")
    assert shown == listed | {
        "decision": {
            "verdict": "go",
            "at": "2026-11-24T16:00:00Z",
            "rules": [{"rule": "x", "verdict": "go", "evidence": {}}],
        }
    }
    assert set(shown) >= {
        "id",
        "lead_id",
        "direction",
        "status",
        "text",
        "step",
        "due_at",
        "sent_at",
        "expires_at",
        "carrier_id",
        "segments",
    }
    assert (await get(api, keys, "/messages?status=sent"))["messages"] == []
    theirs = await api.get(f"/messages/{listed['id']}", headers=bearer(keys.other_coordinator))
    assert theirs.status_code == 404


async def test_texts_are_listed_page_by_page(runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any) -> None:
    for n in range(5):
        await take(api, keys, f"+131255501{n:02}")
    await work()
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await get(api, keys, f"/messages?limit=2&cursor={cursor}")
        seen += [message["id"] for message in page["messages"]]
        cursor = page["cursor"]
    assert (len(seen), seen) == (5, sorted(set(seen), reverse=True))


# -- health and the clock ----------------------------------------------------------------------


async def test_a_process_without_a_worker_is_ready_and_says_so(runtime: Runtime, api: httpx.AsyncClient) -> None:
    alive, ready = await api.get("/healthz"), await api.get("/readyz")
    assert (alive.status_code, alive.text, ready.status_code) == (200, "ok", 200)
    assert ready.json() == {
        "ready": True,
        "database": True,
        "valkey": True,
        "workers": 0,
        "worker_heartbeat_age": None,
        "lateness": None,
    }


async def test_a_missing_valkey_leaves_the_process_ready(runtime: Runtime) -> None:
    silent = replace(runtime, doorbell=replace(runtime.doorbell, url="redis://127.0.0.1:1/0", _pool=None))
    async with a_client(silent) as api:
        answer = await api.get("/readyz")
    assert (answer.status_code, answer.json()["valkey"]) == (200, False)


async def test_metrics_count_by_route_and_name_nobody(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    lead_id = await take(api, keys)
    await api.get(f"/leads/{lead_id}", headers=bearer(keys.source))
    counted = (await api.get("/metrics")).text
    assert 'leadline_requests_total{method="GET",route="/leads/{lead_id}",status="403"}' in counted
    assert "leadline_unread_events 1.0" in counted
    assert "leadline_intake_group_size_bucket" in counted
    assert lead_id not in counted
    assert "5550142" not in counted


async def test_the_clock_moves(runtime: Runtime, api: httpx.AsyncClient) -> None:
    before = (await api.get("/demo/clock")).json()
    after = (await api.post("/demo/clock", json={"advance_seconds": 172800})).json()
    there = (await api.post("/demo/clock", json={"to": "2026-11-26T15:00:00Z"})).json()
    real = (await api.post("/demo/clock", json={"real": True})).json()
    assert after["offset_seconds"] - before["offset_seconds"] == pytest.approx(172800)
    assert there["now"].startswith("2026-11-26T15:00:0")
    assert real["offset_seconds"] == 0


@pytest.mark.parametrize("body", [{}, {"real": True, "advance_seconds": 1}, {"to": "soon"}, {"advance_seconds": 1e99}])
async def test_the_clock_is_moved_in_one_way_only(
    runtime: Runtime, api: httpx.AsyncClient, body: dict[str, object]
) -> None:
    answer = await api.post("/demo/clock", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_the_clock_is_there_for_this_machine_only(runtime: Runtime, api: httpx.AsyncClient) -> None:
    transport = httpx.ASGITransport(app=api._transport.app, client=("203.0.113.7", 50000))  # type: ignore[attr-defined]
    async with httpx.AsyncClient(transport=transport, base_url="http://leadline.test") as far:
        assert (await far.get("/demo/clock")).status_code == 404


async def test_production_has_no_clock_and_no_docs_page(runtime: Runtime) -> None:
    settings = runtime.settings.model_copy(update={"env": "production"})
    async with a_client(replace(runtime, settings=settings)) as api:
        answers = [await api.get(path) for path in ("/demo/clock", "/docs", "/openapi.json")]
    assert [answer.status_code for answer in answers] == [404, 404, 200]


async def test_the_openapi_document_holds_together(runtime: Runtime, api: httpx.AsyncClient) -> None:
    """Every reference leads somewhere, and the doors that need a key say so."""
    document = (await api.get("/openapi.json")).json()

    def references(part: Any) -> set[str]:
        if isinstance(part, dict):
            own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
            return own.union(*(references(value) for value in part.values()))
        return set().union(*(references(value) for value in part)) if isinstance(part, list) else set()

    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= known
    open_doors = {
        path for path, doors in document["paths"].items() for door in doors.values() if not door.get("security")
    }
    assert open_doors == {
        "/webhooks/sms/{sender}/inbound",
        "/webhooks/sms/{sender}/status",
        "/b/{token}",
        "/u/{token}",
        "/healthz",
        "/readyz",
        "/metrics",
        "/demo/clock",
    }
