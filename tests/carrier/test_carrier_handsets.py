"""What people see on their phones, what they write back, and what the business is told."""

import re
from datetime import UTC, datetime

from app.carrier.carrier import START_CONFIRMATION, STOP_CONFIRMATION

ACCOUNT, CLINIC, PHONE, OTHER = "AC" + "0" * 32, "+13125550199", "+13125550123", "+13125550124"


async def test_status_callbacks_are_signed_over_the_exact_address(bench, receiver, until):
    callback = f"{receiver.address}/status/msg_1?a=b%20c&try=2"
    sid = (await bench.create(StatusCallback=f"{callback}#rc=5&rp=all")).json()["sid"]
    await until(lambda: len(receiver.posts) == 2)
    fields = {"MessageSid": sid, "SmsSid": sid, "To": PHONE, "From": CLINIC}
    fields |= {"AccountSid": ACCOUNT, "ApiVersion": "2010-04-01"}
    assert receiver.posts == [
        ("/status/msg_1?a=b%20c&try=2", {**fields, "MessageStatus": status, "SmsStatus": status}, True)
        for status in ("sent", "delivered")
    ]


async def test_a_failing_callback_is_not_repeated(bench, receiver, until):
    receiver.answer = 500
    await bench.create(StatusCallback=f"{receiver.address}/status/1")
    await until(lambda: len(receiver.posts) == 2)
    await bench.create(StatusCallback=f"{receiver.address}/status/2")
    await until(lambda: len(receiver.posts) == 4)
    assert receiver.statuses() == ["sent", "delivered"] * 2


async def test_a_reply_reaches_the_webhook_signed_in_twilio_s_form(bench, receiver):
    await bench.create()
    answer = (await bench.reply("Sí, mañana 😀")).json()
    places = {
        side + what: "US" if what == "Country" else ""
        for side in ("To", "From")
        for what in ("Country", "State", "City", "Zip")
    }
    expected = {
        **places,
        "SmsMessageSid": answer["sid"],
        "SmsSid": answer["sid"],
        "MessageSid": answer["sid"],
        "AccountSid": ACCOUNT,
        "SmsStatus": "received",
        "NumMedia": "0",
        "NumSegments": "1",
        "Body": "Sí, mañana 😀",
        "From": PHONE,
        "To": CLINIC,
        "ApiVersion": "2010-04-01",
    }
    assert receiver.posts == [("/webhooks/sms/main/inbound", expected, True)]
    assert answer["webhook_status"] == 200
    assert 0 < answer["webhook_ms"] < 5000


async def test_pictures_are_counted_and_addressed(bench, receiver):
    answer = await bench.reply("", media=2)
    fields = receiver.posts[0][1]
    assert answer.json()["sid"].startswith("MM")
    assert (fields["NumMedia"], fields["MediaContentType1"], fields["Body"]) == ("2", "image/jpeg", "")
    assert fields["MediaUrl0"] != fields["MediaUrl1"]


async def test_a_webhook_s_own_answer_is_passed_on(bench, receiver):
    receiver.answer = 403
    assert (await bench.reply("YES")).json()["webhook_status"] == 403


async def test_a_phone_shows_both_sides_oldest_first(bench, until):
    sid = (await bench.create(Body="Hi")).json()["sid"]
    reply = (await bench.reply("YES")).json()["sid"]
    while await bench.status_of(sid) != ("delivered", None):
        pass
    shown = (await bench.http.get(f"/handsets/{PHONE}/messages")).json()["messages"]
    times = [message.pop("at") for message in shown]
    assert shown == [
        {"sid": sid, "direction": "to_phone", "from": CLINIC, "to": PHONE, "body": "Hi", "status": "delivered"},
        {"sid": reply, "direction": "from_phone", "from": PHONE, "to": CLINIC, "body": "YES", "status": "received"},
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", at) for at in times)
    assert times[0] < times[1] <= datetime.now(UTC).isoformat()


async def test_phones_are_listed_by_their_last_text(bench):
    await bench.create()
    await bench.create(To=OTHER, Body="Hi")
    await bench.reply("STOP", PHONE)
    listed = (await bench.http.get("/handsets")).json()
    assert listed["numbers"] == [CLINIC]
    assert [(h["phone"], h["messages"], h["last"]["body"], h["opted_out"]) for h in listed["handsets"]] == [
        (PHONE, 3, STOP_CONFIRMATION, [CLINIC]),
        (OTHER, 1, "Hi", []),
    ]


async def test_stop_is_confirmed_once_blocks_and_is_still_forwarded_and_start_lifts(bench, receiver):
    await bench.create(Body="Hi")
    await bench.reply(" stop ")
    await bench.reply("STOP")
    refused = await bench.create(Body="Again")
    elsewhere = await bench.create(To=OTHER)
    await bench.reply("START")
    await bench.reply("start")
    lifted = await bench.create(Body="Back")
    assert (refused.status_code, refused.json()["code"]) == (400, 21610)
    assert (elsewhere.status_code, lifted.status_code) == (201, 201)
    assert await bench.bubbles() == [
        ("to_phone", "Hi"),
        ("from_phone", " stop "),
        ("to_phone", STOP_CONFIRMATION),
        ("from_phone", "STOP"),
        ("from_phone", "START"),
        ("to_phone", START_CONFIRMATION),
        ("from_phone", "start"),
        ("to_phone", "Back"),
    ]
    assert [fields["Body"] for _, fields, _ in receiver.posts] == [" stop ", "STOP", "START", "start"]


async def test_only_the_single_word_opts_out(bench):
    for text in ("STOP PLEASE", "please stop", "STOP.", "HELP", "YES"):
        await bench.reply(text)
    assert (await bench.create()).status_code == 201
    assert {direction for direction, _ in (await bench.bubbles())[:-1]} == {"from_phone"}


async def test_every_opt_out_word_of_a_long_code_blocks(bench):
    words = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"]
    phones = [f"+1312555{n:04}" for n in range(len(words))]
    for phone, word in zip(phones, words, strict=True):
        await bench.reply(word, phone)
    assert [(await bench.create(To=phone)).json()["code"] for phone in phones] == [21610] * len(words)


async def test_a_reply_goes_to_whoever_wrote_last_and_needs_a_number_when_nobody_did(open_bench):
    assert (await open_bench.reply("Hello?")).status_code == 404
    assert (await open_bench.reply("Hello?", to=CLINIC)).json()["webhook_status"] is None
    await open_bench.create(From="+12125550100")
    await open_bench.reply("YES")
    shown = (await open_bench.http.get(f"/handsets/{PHONE}/messages")).json()["messages"]
    assert [message["to"] for message in shown] == [CLINIC, PHONE, "+12125550100"]


async def test_wrong_replies_are_told_why(bench):
    answers = [
        await bench.reply(""),
        await bench.reply("x" * 1601),
        await bench.reply("Hi", to="clinic"),
        await bench.reply("Hi", media=-1),
        await bench.reply("Hi", phone="12"),
    ]
    fields = [answer.json()["detail"].partition(":")[0] for answer in answers]
    assert [answer.status_code for answer in answers] == [422] * 5
    assert fields == ["text", "text", "to", "media", "phone"]


async def test_a_page_of_another_origin_cannot_write_from_a_phone(bench, receiver):
    path = f"/handsets/{PHONE}/reply"
    foreign = await bench.http.post(path, json={"text": "STOP"}, headers={"Origin": "http://evil.example"})
    own = await bench.http.post(path, json={"text": "YES"}, headers={"Origin": bench.address})
    assert (foreign.status_code, own.status_code) == (403, 200)
    assert [fields["Body"] for _, fields, _ in receiver.posts] == ["YES"]


async def test_the_handset_page_is_whole_and_reads_no_text_as_markup(bench):
    answer = await bench.http.get("/?phone=%2B13125550123")
    page = answer.text
    assert answer.status_code == 200
    assert "script-src 'sha256-" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(| on\w+=", page)
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//|@import|url\(""", page)
    assert 'rel = "noreferrer noopener"' in page
    assert 'aria-label="Conversation"' in page


async def test_the_oldest_texts_are_forgotten_past_the_limit(options):
    from app.carrier.messages import Message, Messages

    messages = Messages(2)
    kept = [messages.add(Message(CLINIC, phone, "Hi")) for phone in (PHONE, OTHER, OTHER)]
    assert list(messages.newest_first()) == [kept[2], kept[1]]
    assert (messages.find(kept[0].sid), messages.latest_phones(9)) == (None, [OTHER])
