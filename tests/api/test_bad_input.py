"""What the doors refuse: how, with which words, and that nothing of it is stored or repeated."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.adapters.store import keys as key_rows
from app.runtime import Runtime
from tests.installation import Keys, a_lead, bearer

PROBLEM = "application/problem+json"
CANARY = "canary-5550199"


async def events_stored(runtime: Runtime) -> int:
    async with runtime.engine.connect() as conn:
        return int((await conn.execute(text("SELECT count(*) FROM events"))).scalar_one())


async def refused(runtime: Runtime, answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem, once it is sure that it is one, repeats nothing, and left nothing."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert CANARY not in answer.text
    assert await events_stored(runtime) == 0
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    return problem


# -- keys --------------------------------------------------------------------------------------


async def test_missing_malformed_wrong_and_revoked_keys_get_the_same_answer(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys
) -> None:
    async with runtime.engine.begin() as conn:
        await key_rows.revoke(conn, keys.ids["source"])
    tries: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer llk_" + "x" * 43},
        {"Authorization": "Bearer llk_\x00'; --"},
        {"Authorization": f"Basic {keys.coordinator}"},
        bearer(keys.source),
    ]
    answers = [await api.post("/leads", json=a_lead(), headers=headers) for headers in tries]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
    assert await events_stored(runtime) == 0


async def test_a_revoked_key_is_refused_within_a_second(runtime: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    assert (await api.get("/leads", headers=bearer(keys.coordinator))).status_code == 200
    async with runtime.engine.begin() as conn:
        await key_rows.revoke(conn, keys.ids["coordinator"])
    since = asked = monotonic()
    while (await api.get("/leads", headers=bearer(keys.coordinator))).status_code != 401:
        assert asked - since < 1
        await asyncio.sleep(0)
        asked = monotonic()


async def test_a_forms_key_reads_nothing(runtime: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    paths = ("/leads", "/leads/lead_x", "/leads/lead_x/timeline", "/messages", "/messages/msg_x")
    answers = [await api.get(path, headers=bearer(keys.source)) for path in paths]
    assert {answer.status_code for answer in answers} == {403}


async def test_another_clinics_lead_is_not_there(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    lead_id = (await api.post("/leads", json=a_lead(), headers=bearer(keys.source))).json()["lead_id"]
    await work()
    theirs = bearer(keys.other_coordinator)
    answers = [
        await api.get(f"/leads/{lead_id}", headers=theirs),
        await api.get(f"/leads/{lead_id}/timeline", headers=theirs),
        await api.post(f"/leads/{lead_id}/pause", json={"reason": "no"}, headers=theirs),
        await api.post(f"/leads/{lead_id}/book", json={"reason": "no"}, headers=theirs),
        await api.post(f"/leads/{lead_id}/consent", json={"sms": True}, headers=theirs),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert (await api.get("/leads", headers=theirs)).json() == {"leads": [], "cursor": None}
    assert (await api.get(f"/leads/{lead_id}", headers=bearer(keys.admin))).status_code == 200


# -- fields ------------------------------------------------------------------------------------

FIELDS: list[tuple[dict[str, Any], list[str]]] = [
    ({"phone": CANARY}, ["phone"]),
    ({"phone": 3125550142}, ["phone"]),
    ({"phone": "+44 20 7946 0958"}, ["phone"]),
    ({"phone": "(416) 555-0142"}, ["phone"]),
    ({"phone": "800-555-0199"}, ["phone"]),
    ({"phone": "900-555-0199"}, ["phone"]),
    ({"phone": "500-222-0199"}, ["phone"]),
    ({"phone": "312-555-0142 x12"}, ["phone"]),
    ({"phone": None}, ["phone"]),
    ({"first_name": " "}, ["first_name"]),
    ({"first_name": CANARY * 20}, ["first_name"]),
    ({"email": CANARY}, ["email"]),
    ({"timezone": "Mars/" + CANARY}, ["timezone"]),
    ({"state": CANARY * 5}, ["state"]),
    ({"zip": CANARY * 5}, ["zip"]),
    ({"message": "x" * 5001}, ["message"]),
    ({"service": CANARY}, ["service"]),
    ({"location": CANARY}, ["location"]),
    ({"request": CANARY}, ["request"]),
    ({"preferred_channel": "fax"}, ["preferred_channel"]),
    ({"consent": {"sms": "yes", "text": "I agree"}}, ["consent.sms"]),
    ({"consent": True}, ["consent"]),
    ({"consent": {"sms": True, "at": "2026-11-24T10:00:00"}}, ["consent.at"]),
    ({"consent": {"sms": True, "at": "0001-01-01T00:00:00+14:00"}}, ["consent.at"]),
    ({"test": 1}, ["test"]),
    ({"utm": {CANARY: 7}}, ["utm"]),
    ({"preferred_times": ["mornings", ""]}, ["preferred_times.1"]),
    ({"external_id": "x" * 256}, ["external_id"]),
    ({"phone": CANARY, "first_name": ""}, ["first_name", "phone"]),
]


@pytest.mark.parametrize(("changes", "blamed"), FIELDS)
async def test_a_wrong_field_is_named(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, changes: dict[str, Any], blamed: list[str]
) -> None:
    answer = await api.post("/leads", json=a_lead() | changes, headers=bearer(keys.source))
    problem = await refused(runtime, answer, 422)
    assert [error["field"] for error in problem["errors"]] == blamed
    assert all(error["message"] for error in problem["errors"])


async def test_a_phone_sent_as_a_number_is_told_what_to_send(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys
) -> None:
    answer = await api.post("/leads", json=a_lead() | {"phone": 3125550142}, headers=bearer(keys.source))
    problem = await refused(runtime, answer, 422)
    assert problem["errors"] == [{"field": "phone", "message": 'must be a string such as "+13125550123"'}]


async def test_an_unknown_service_is_told_which_there_are(runtime: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    answer = await api.post("/leads", json=a_lead(service="dental"), headers=bearer(keys.source))
    problem = await refused(runtime, answer, 422)
    known = "is not known at this clinic; known are: check-up, fertility, new-patient"
    assert problem["errors"] == [{"field": "service", "message": known}]


# -- bodies ------------------------------------------------------------------------------------

LEAD = b'{"first_name": "Ana", "phone": "3125550142", "note": %s}'
BODIES: list[tuple[str, bytes, int]] = [
    ("broken JSON", b'{"first_name": "Ana"', 400),
    ("nothing", b"", 400),
    ("not UTF-8", LEAD % b'"\xff\xfe"', 400),
    ("a byte order mark", b"\xef\xbb\xbf" + LEAD % b'"x"', 400),
    ("an escaped NUL", LEAD % b'"a\\u0000b"', 400),
    ("an escaped NUL in a name", LEAD % b'{"a\\u0000b": 1}', 400),
    ("a raw NUL", LEAD % b'"a\x00b"', 400),
    ("a lone surrogate", LEAD % b'"\\ud800"', 400),
    ("no object", b"[1, 2]", 422),
    ("null", b"null", 422),
    ("a string", b'"lead"', 422),
    ("nested too deep", LEAD % (b"[" * 60 + b"]" * 60), 422),
    ("nested far too deep", LEAD % (b"[" * 30000 + b"]" * 30000), 400),
    ("a huge integer", LEAD % (b"9" * 40), 422),
    ("an endless integer", LEAD % (b"9" * 6000), 400),
    ("too much unknown", LEAD % (b'"' + b"x" * 20000 + b'"'), 422),
]


@pytest.mark.parametrize(("body", "status"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
async def test_a_body_that_cannot_be_read_is_refused(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, body: bytes, status: int
) -> None:
    headers = bearer(keys.source) | {"Content-Type": "application/json"}
    await refused(runtime, await api.post("/leads", content=body, headers=headers), status)


FORMS: list[tuple[str, bytes, int]] = [
    ("2,000 fields", b"&".join(b"f%d=x" % n for n in range(2000)), 400),
    ("a NUL", b"first_name=A%00na&phone=3125550142", 400),
    ("not UTF-8", b"first_name=%ff%fe&phone=3125550142", 400),
    ("a lone surrogate", b"first_name=%ed%a0%80&phone=3125550142", 400),
    ("a tick that is none", b"first_name=Ana&phone=3125550142&consent.sms=perhaps", 422),
    ("consent twice over", b"first_name=Ana&phone=3125550142&consent.text=a&consent=on", 422),
    ("no fields", b"", 422),
]


@pytest.mark.parametrize(("body", "status"), [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
async def test_a_form_that_cannot_be_read_is_refused(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, body: bytes, status: int
) -> None:
    headers = bearer(keys.source) | {"Content-Type": "application/x-www-form-urlencoded"}
    await refused(runtime, await api.post("/leads", content=body, headers=headers), status)


async def test_other_kinds_of_body_are_refused(runtime: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/xml", ""):
        headers = bearer(keys.source) | {"Content-Type": kind}
        await refused(runtime, await api.post("/leads", content=b"{}", headers=headers), 415)


async def test_of_a_name_written_twice_the_last_counts(runtime: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    body = b'{"first_name": "Ana", "phone": "nonsense", "phone": "3125550142"}'
    headers = bearer(keys.source) | {"Content-Type": "application/json"}
    assert (await api.post("/leads", content=body, headers=headers)).status_code == 202


async def test_a_backslash_before_u0000_is_no_nul(runtime: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    headers = bearer(keys.source) | {"Content-Type": "application/json"}
    answer = await api.post("/leads", content=LEAD % b'"C:\\\\u0000"', headers=headers)
    assert answer.status_code == 202


async def test_ten_megabytes_are_refused_whether_announced_or_not(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys
) -> None:
    async def in_chunks() -> AsyncIterator[bytes]:
        for _ in range(160):
            yield b"x" * 65536

    headers = bearer(keys.source) | {"Content-Type": "application/json"}
    for content in (b"x" * 10_485_760, in_chunks()):
        answer = await api.post("/leads", content=content, headers=headers)
        await refused(runtime, answer, 413)
    unauthorised = await api.post("/leads", content=b"x" * 10_485_760)
    assert (unauthorised.status_code, unauthorised.headers["content-type"]) == (413, PROBLEM)


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_an_idempotency_key_has_bounds(runtime: Runtime, api: httpx.AsyncClient, keys: Keys, key: str) -> None:
    headers = bearer(keys.source) | {"Idempotency-Key": key}
    await refused(runtime, await api.post("/leads", json=a_lead(), headers=headers), 400)


# -- paths and queries -------------------------------------------------------------------------

PATHS: list[tuple[str, str, int]] = [
    ("GET", "/nowhere", 404),
    ("DELETE", "/leads", 405),
    ("GET", "/leads?limit=0", 422),
    ("GET", "/leads?limit=many", 422),
    ("GET", "/leads?stage=lost", 422),
    ("GET", "/leads?phone=nobody", 422),
    ("GET", "/leads?since=yesterday", 422),
    ("GET", "/leads?cursor=nonsense", 422),
    ("GET", "/leads?cursor=%00", 422),
    ("GET", "/leads/lead_%00", 422),
    ("GET", "/messages/msg_nothing", 404),
    ("GET", "/messages?status=lost", 422),
    ("GET", "/messages?lead_id=%00", 422),
]


@pytest.mark.parametrize(("method", "path", "status"), PATHS)
async def test_a_path_or_query_that_makes_no_sense_is_a_problem(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, method: str, path: str, status: int
) -> None:
    await refused(runtime, await api.request(method, path, headers=bearer(keys.coordinator)), status)
