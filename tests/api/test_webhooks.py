"""Carriers' webhooks: who may speak, what is stored once, and that statuses only move forward."""

import asyncio
from itertools import permutations
from time import monotonic
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import text
from twilio.request_validator import RequestValidator

from app.adapters.codec import load_event
from app.domain.events import Event, ReplyReceived, TextDelivered, TextDropped, TextFailed, TextSent
from app.runtime import Runtime
from tests.installation import TWILIO, Keys, a_lead, bearer

INBOUND = "/webhooks/sms/lakeside-main/inbound"
OURS = "+13125550199"
PERSON = "+13125550142"
ACCOUNT, TOKEN = TWILIO["TWILIO_ACCOUNT_SID"], TWILIO["TWILIO_AUTH_TOKEN"]


def a_reply(body: str = "YES", **changes: str) -> dict[str, str]:
    sid = {"MessageSid": "SM" + "a" * 32, "AccountSid": ACCOUNT, "NumMedia": "0"}
    return {**sid, "From": PERSON, "To": OURS, "Body": body, **changes}


async def signed(
    api: httpx.AsyncClient,
    path: str,
    params: dict[str, str],
    *,
    token: str = TOKEN,
    public: str = "http://leadline.test",
) -> httpx.Response:
    """Post as Twilio does: signed over the public URL with its query, and every field."""
    signature = RequestValidator(token).compute_signature(public + path, params)
    return await api.post(path, data=params, headers={"X-Twilio-Signature": signature})


async def log_of(runtime: Runtime) -> list[Event]:
    """The whole log, in order."""
    async with runtime.engine.connect() as conn:
        rows = await conn.execute(text("SELECT payload_cipher FROM events ORDER BY no"))
        return [load_event(runtime.vault.decrypt("event", row.payload_cipher)) for row in rows]


async def replies(runtime: Runtime) -> list[ReplyReceived]:
    return [event for event in await log_of(runtime) if isinstance(event, ReplyReceived)]


# -- texts that come in ------------------------------------------------------------------------


async def test_a_reply_is_stored_and_answered_in_twilios_form(runtime: Runtime, api: httpx.AsyncClient) -> None:
    """From a number nobody knows, too."""
    answer = await signed(api, INBOUND, a_reply("¿Cuánto cuesta? 🙂"))
    (event,) = await log_of(runtime)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert answer.text == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    assert event == ReplyReceived(
        id=event.id, at=event.at, sender="lakeside-main", carrier_id="SM" + "a" * 32, body="¿Cuánto cuesta? 🙂"
    )


async def test_a_picture_without_words_is_a_reply(runtime: Runtime, api: httpx.AsyncClient) -> None:
    params = a_reply("", NumMedia="1", MediaUrl0="https://api.twilio.example/x", MediaContentType0="image/jpeg")
    answer = await signed(api, INBOUND, params)
    (event,) = await replies(runtime)
    assert (answer.status_code, event.body, event.media) == (200, "", 1)


async def test_a_replayed_webhook_is_answered_and_not_stored_again(runtime: Runtime, api: httpx.AsyncClient) -> None:
    first, again = await signed(api, INBOUND, a_reply()), await signed(api, INBOUND, a_reply())
    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
    assert len(await replies(runtime)) == 1


async def test_fifty_copies_at_once_are_one_event(runtime: Runtime, api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(signed(api, INBOUND, a_reply()) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await replies(runtime)) == 1


async def test_two_texts_of_one_person_keep_their_order(runtime: Runtime, api: httpx.AsyncClient) -> None:
    for n, body in enumerate(("YES", "no wait", "STOP")):
        await signed(api, INBOUND, a_reply(body, MessageSid=f"SM{n:032}"))
    assert [event.body for event in await replies(runtime)] == ["YES", "no wait", "STOP"]


FORGERIES: list[tuple[str, dict[str, Any]]] = [
    ("another token", {"token": "another-token"}),
    ("another host", {"public": "http://evil.example"}),
    ("another scheme", {"public": "https://leadline.test"}),
]


@pytest.mark.parametrize("how", [row[1] for row in FORGERIES], ids=[row[0] for row in FORGERIES])
async def test_a_forged_signature_is_refused(runtime: Runtime, api: httpx.AsyncClient, how: dict[str, Any]) -> None:
    answer = await signed(api, INBOUND, a_reply(), **how)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert await log_of(runtime) == []


async def test_what_was_changed_after_signing_is_refused(runtime: Runtime, api: httpx.AsyncClient) -> None:
    params = a_reply("YES")
    signature = RequestValidator(TOKEN).compute_signature("http://leadline.test" + INBOUND, params)
    shifted = {**params, "Body": "", "BodyYES": ""}
    tries: list[tuple[str, bytes]] = [
        (INBOUND, urlencode({**params, "Body": "STOP"}).encode()),
        (INBOUND, urlencode({**params, "Extra": "1"}).encode()),
        (INBOUND, urlencode(shifted).encode()),
        (INBOUND, urlencode([*params.items(), ("Body", "YES")]).encode()),
        (INBOUND + "?x=1", urlencode(params).encode()),
        (INBOUND + "/", urlencode(params).encode()),
    ]
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    answers = [await api.post(path, content=body, headers=headers) for path, body in tries]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 403, 403, 307]
    unsigned = await api.post(INBOUND, data=params)
    assert unsigned.status_code == 403
    assert await log_of(runtime) == []


async def test_forwarded_headers_change_nothing(runtime: Runtime, api: httpx.AsyncClient) -> None:
    params = a_reply()
    signature = RequestValidator(TOKEN).compute_signature("http://leadline.test" + INBOUND, params)
    forged = {"Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    answer = await api.post(INBOUND, data=params, headers={"X-Twilio-Signature": signature, **forged})
    assert answer.status_code == 200


async def test_another_account_is_refused_although_it_signed(runtime: Runtime, api: httpx.AsyncClient) -> None:
    answer = await signed(api, INBOUND, a_reply(AccountSid="AC" + "2" * 32))
    assert (answer.status_code, await log_of(runtime)) == (403, [])


async def test_a_signed_webhook_that_lacks_fields_is_told_which(runtime: Runtime, api: httpx.AsyncClient) -> None:
    answer = await signed(api, INBOUND, {"AccountSid": ACCOUNT, "Body": "YES", "To": OURS})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["MessageSid", "From"]


async def test_an_unknown_sender_is_not_there(runtime: Runtime, api: httpx.AsyncClient) -> None:
    answer = await signed(api, "/webhooks/sms/nobody/inbound", a_reply())
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_two_thousand_fields_are_refused_before_the_signature_is_looked_at(
    runtime: Runtime, api: httpx.AsyncClient
) -> None:
    answer = await signed(api, INBOUND, a_reply() | {f"f{n}": "" for n in range(2000)})
    assert answer.status_code == 400


async def stored(runtime: Runtime) -> None:
    """Wait until a reply is stored."""
    async with asyncio.timeout(60):
        while not await replies(runtime):
            await asyncio.sleep(0)


async def test_the_yes_waits_until_no_earlier_claim_can_start(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    """A text claimed just before may still be on its way to the carrier; after our 2xx to a STOP none may."""
    message_id = await a_claimed_text(runtime, api, keys, work)
    began = monotonic()
    waiting = asyncio.create_task(signed(api, INBOUND, a_reply("STOP")))
    await stored(runtime)
    assert not waiting.done()
    answer = await waiting
    assert answer.status_code == 200
    async with runtime.engine.connect() as conn:
        age = text("SELECT extract(epoch FROM clock_timestamp() - claimed_at) FROM messages WHERE id = :id")
        assert (await conn.execute(age, {"id": message_id})).scalar_one() >= 1.0
    assert monotonic() - began < 20


async def test_the_yes_does_not_wait_for_a_text_whose_sending_has_ended(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    message_id = await a_claimed_text(runtime, api, keys, work)
    long_yet = text("UPDATE messages SET claimed_at = claimed_at + interval '1 minute' WHERE id = :id")
    async with runtime.engine.begin() as conn:
        await conn.execute(long_yet, {"id": message_id})
    waiting = asyncio.create_task(signed(api, INBOUND, a_reply("STOP")))
    await stored(runtime)
    assert not waiting.done()
    async with runtime.engine.begin() as conn:
        await conn.execute(text("UPDATE messages SET status = 'sent' WHERE id = :id"), {"id": message_id})
    async with asyncio.timeout(20):
        assert (await waiting).status_code == 200


# -- receipts ----------------------------------------------------------------------------------


async def a_claimed_text(runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any) -> str:
    """A lead's first text, as the dispatcher leaves it while it speaks to the carrier."""
    await api.post("/leads", json=a_lead(PERSON), headers=bearer(keys.source))
    await work()
    async with runtime.engine.begin() as conn:
        claim = text(
            "UPDATE messages SET status = 'sending', claim_no = 1, claimed_at = clock_timestamp(), sent_at = due_at"
            " WHERE status = 'scheduled' RETURNING id"
        )
        return str((await conn.execute(claim)).scalar_one())


SID = "SM" + "b" * 32


async def receipt(api: httpx.AsyncClient, message_id: str, status: str, **changes: str) -> httpx.Response:
    params = {"MessageSid": SID, "MessageStatus": status, "AccountSid": ACCOUNT, "To": PERSON, "From": OURS, **changes}
    return await signed(api, f"/webhooks/sms/lakeside-main/status?message={message_id}", params)


async def standing(runtime: Runtime, message_id: str) -> tuple[str, str | None, str | None]:
    async with runtime.engine.connect() as conn:
        look = text("SELECT status, carrier_id, error_code FROM messages WHERE id = :id")
        row = (await conn.execute(look, {"id": message_id})).one()
    return row.status, row.carrier_id, row.error_code


async def outcomes(runtime: Runtime) -> list[Event]:
    kinds = TextSent | TextDelivered | TextFailed | TextDropped
    return [event for event in await log_of(runtime) if isinstance(event, kinds)]


async def test_a_receipt_proves_that_the_carrier_took_the_text(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    message_id = await a_claimed_text(runtime, api, keys, work)
    assert (await receipt(api, message_id, "queued")).status_code == 200
    assert (await receipt(api, message_id, "sent")).status_code == 200
    (event,) = await outcomes(runtime)
    assert await standing(runtime, message_id) == ("sent", SID, None)
    assert isinstance(event, TextSent)
    assert (event.message_id, event.carrier_id, event.segments, event.step) == (message_id, SID, 1, "hello")


@pytest.mark.parametrize("order", list(permutations(("queued", "sent", "delivered"))))
async def test_receipts_in_any_order_and_twice_over_end_the_same(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any, order: tuple[str, ...]
) -> None:
    message_id = await a_claimed_text(runtime, api, keys, work)
    answers = [await receipt(api, message_id, status) for status in (*order, *order)]
    assert {answer.status_code for answer in answers} == {200}
    assert await standing(runtime, message_id) == ("delivered", SID, None)
    assert [type(event) for event in await outcomes(runtime)] == [TextSent, TextDelivered]


async def test_twenty_receipts_at_once_say_sent_once(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    message_id = await a_claimed_text(runtime, api, keys, work)
    await asyncio.gather(*(receipt(api, message_id, "sent") for _ in range(20)))
    assert [type(event) for event in await outcomes(runtime)] == [TextSent]


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("21610", "opted_out"),
        ("30006", "dead_number"),
        ("30007", "sender_fault"),
        ("30034", "sender_fault"),
        ("30008", "refused"),
    ],
)
async def test_a_failure_says_what_it_means(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any, code: str, cause: str
) -> None:
    message_id = await a_claimed_text(runtime, api, keys, work)
    await receipt(api, message_id, "undelivered", ErrorCode=code)
    _, failed = await outcomes(runtime)
    assert await standing(runtime, message_id) == ("undelivered", SID, code)
    assert isinstance(failed, TextFailed)
    assert (failed.cause, failed.code, failed.sender, failed.step) == (cause, code, "lakeside-main", "hello")


async def test_what_the_carrier_gave_up_in_time_is_expired(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    message_id = await a_claimed_text(runtime, api, keys, work)
    await receipt(api, message_id, "undelivered", ErrorCode="30036")
    assert await standing(runtime, message_id) == ("expired", SID, "30036")
    assert [type(event) for event in await outcomes(runtime)] == [TextSent, TextDropped]


async def test_a_final_status_is_final(runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any) -> None:
    message_id = await a_claimed_text(runtime, api, keys, work)
    await receipt(api, message_id, "delivered")
    late = await receipt(api, message_id, "failed", ErrorCode="30007")
    other = await receipt(api, message_id, "failed", MessageSid="SM" + "c" * 32)
    assert (late.status_code, other.status_code) == (200, 200)
    assert await standing(runtime, message_id) == ("delivered", SID, None)


async def test_a_receipt_for_a_text_that_was_never_claimed_changes_nothing(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    await api.post("/leads", json=a_lead(PERSON), headers=bearer(keys.source))
    await work()
    async with runtime.engine.connect() as conn:
        message_id = (await conn.execute(text("SELECT id FROM messages"))).scalar_one()
    await receipt(api, message_id, "delivered")
    assert await standing(runtime, message_id) == ("scheduled", None, None)


async def test_a_receipt_for_an_unknown_message_gets_a_clear_answer(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any
) -> None:
    message_id = await a_claimed_text(runtime, api, keys, work)
    unknown = await receipt(api, "msg_0000", "delivered")
    params = {"MessageSid": SID, "MessageStatus": "delivered", "AccountSid": ACCOUNT}
    elsewhere = await signed(api, f"/webhooks/sms/other-main/status?message={message_id}", params)
    nothing = await signed(api, "/webhooks/sms/lakeside-main/status", params)
    assert [one.status_code for one in (unknown, elsewhere, nothing)] == [404, 404, 422]
    assert unknown.json() == {"type": "about:blank", "title": "There is no such message", "status": 404}
    assert (await standing(runtime, message_id))[0] == "sending"


async def test_a_forged_receipt_moves_nothing(runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Any) -> None:
    message_id = await a_claimed_text(runtime, api, keys, work)
    params = {"MessageSid": SID, "MessageStatus": "delivered", "AccountSid": ACCOUNT}
    path = f"/webhooks/sms/lakeside-main/status?message={message_id}"
    signature = RequestValidator(TOKEN).compute_signature("http://leadline.test" + path, params)
    answer = await api.post(
        path.replace(message_id, "msg_other"), data=params, headers={"X-Twilio-Signature": signature}
    )
    assert answer.status_code == 403
    assert (await standing(runtime, message_id))[0] == "sending"
