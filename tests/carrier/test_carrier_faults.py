"""Each way the carrier can misbehave, seen from outside."""

import asyncio
import time

import httpx
import pytest

CLINIC, PHONE = "+13125550199", "+13125550123"


@pytest.fixture
def order(bench):
    async def order(kind, **more):
        answer = await bench.http.post("/faults", json={"kind": kind, **more})
        assert answer.status_code == 200
        return answer.json()["faults"]

    return order


@pytest.fixture
def callback(receiver):
    return f"{receiver.address}/status/msg_1?try=1"


async def test_a_crash_is_not_json_keeps_nothing_and_is_over_after_its_count(bench, order):
    await order("http_500", count=2)
    answers = [await bench.create() for _ in range(3)]
    assert [a.status_code for a in answers] == [500, 500, 201]
    assert answers[0].headers["content-type"].startswith("text/html")
    assert len(await bench.bubbles()) == 1


async def test_a_crash_after_accepting_has_sent_the_text_all_the_same(bench, order):
    await order("http_500_after_accept")
    assert (await bench.create()).status_code == 500
    assert await bench.bubbles() == [("to_phone", "Hello")]


async def test_too_many_requests_says_when_to_come_back(bench, order):
    await order("http_429")
    answer = await bench.create()
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (429, 20429, "1")
    assert await bench.bubbles() == []


async def test_a_slow_answer_is_late_and_right(bench, order):
    await order("slow", seconds=0.3)
    began = time.monotonic()
    answer = await bench.create()
    assert answer.status_code == 201
    assert 0.3 <= time.monotonic() - began < 20


async def test_a_timeout_after_accept_sends_the_text_and_hangs_up_without_a_word(
    bench, order, receiver, callback, until
):
    await order("timeout_after_accept", seconds=0.2)
    with pytest.raises(httpx.RemoteProtocolError):
        await bench.create(StatusCallback=callback)
    await until(lambda: receiver.statuses() == ["sent", "delivered"])
    (noted,) = (await bench.http.get("/requests")).json()["requests"]
    assert (noted["sid"], noted["status"]) == (receiver.posts[0][1]["MessageSid"], None)


async def test_a_caller_that_gives_up_first_frees_the_line(bench, order):
    await order("timeout_after_accept")
    caller = asyncio.create_task(
        bench.http.post(
            f"/2010-04-01/Accounts/{bench.twilio.username}/Messages.json",
            data={"To": PHONE, "From": CLINIC, "Body": "Hello"},
            auth=(bench.twilio.username, bench.twilio.password),
        )
    )
    while await bench.bubbles() != [("to_phone", "Hello")]:
        assert not caller.done()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert (await bench.create()).status_code == 201


@pytest.mark.parametrize(
    ("kind", "statuses", "end"),
    [
        (None, ["sent", "delivered"], ("delivered", None)),
        ("duplicate_status", ["sent"] * 3 + ["delivered"] * 3, ("delivered", None)),
        ("reordered_status", ["delivered", "sent"], ("delivered", None)),
        ("landline", ["undelivered"], ("undelivered", 30006)),
        ("filtered", ["undelivered"], ("undelivered", 30007)),
    ],
)
async def test_what_is_reported_and_where_the_text_ends(bench, order, receiver, callback, until, kind, statuses, end):
    if kind:
        await order(kind)
    sid = (await bench.create(StatusCallback=callback)).json()["sid"]
    await until(lambda: len(receiver.posts) >= len(statuses))
    assert receiver.statuses() == statuses
    assert await bench.status_of(sid) == end
    codes = {fields.get("ErrorCode") for _, fields, _ in receiver.posts}
    assert codes == {str(end[1]) if end[1] else None}


async def test_an_ordered_opt_out_is_21610(bench, order):
    await order("opted_out")
    assert (await bench.create()).json()["code"] == 21610
    assert (await bench.create()).status_code == 201


async def test_a_share_is_exact_and_lasts_until_it_is_cleared(bench, order):
    assert await order("http_429", share=0.25) == [{"kind": "http_429", "count": None, "share": 0.25, "seconds": 0}]
    answers = [(await bench.create()).status_code for _ in range(8)]
    assert answers == [201, 201, 201, 429] * 2
    assert (await bench.http.delete("/faults")).status_code == 204
    assert [(await bench.create()).status_code for _ in range(4)] == [201] * 4
    assert (await bench.http.get("/faults")).json() == {"faults": []}


async def test_faults_wait_for_requests_that_would_have_been_accepted(bench, order):
    await order("http_500")
    assert (await bench.create(Body="")).json()["code"] == 21602
    assert (await bench.http.get("/faults")).json()["faults"] == [
        {"kind": "http_500", "count": 1, "share": None, "seconds": 0}
    ]


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ({"kind": "gremlins"}, "kind: must be one of timeout_after_accept, http_500, "),
        ({}, "kind: must be one of "),
        ({"kind": "slow", "count": 0}, "count: must be a whole number from 1"),
        ({"kind": "slow", "share": 2}, "share: must be a number from 0 to 1"),
        ({"kind": "slow", "count": 1, "share": 0.5}, "share: give either count or share, not both"),
        ({"kind": "slow", "seconds": "3"}, "seconds: must be a number from 0 to 600"),
        ([], "The body must be a JSON object."),
    ],
)
async def test_an_order_that_makes_no_sense_is_told_why(bench, order, says):
    answer = await bench.http.post("/faults", json=order)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith(says)


async def test_callbacks_can_be_switched_off_while_texts_still_arrive(bench, receiver, callback, until):
    answer = await bench.http.post("/settings", json={"callbacks": False})
    assert answer.json() == {"callbacks": False, "delay": 0}
    quiet = (await bench.create(StatusCallback=callback)).json()["sid"]
    while await bench.status_of(quiet) != ("delivered", None):
        pass
    await bench.http.post("/settings", json={"callbacks": True})
    loud = (await bench.create(StatusCallback=callback)).json()["sid"]
    await until(lambda: len(receiver.posts) == 2)
    assert {fields["MessageSid"] for _, fields, _ in receiver.posts} == {loud}
    assert (await bench.http.post("/settings", json={"callbacks": "no"})).status_code == 422
