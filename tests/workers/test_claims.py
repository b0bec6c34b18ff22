"""The claim: judged on what is committed, at the sender's pace, once; and what becomes of what was claimed."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import text

from app.adapters.sms.line import Line
from app.adapters.store import contacts, events, installation
from app.domain.events import ConsentAct, Event, LeadCaptured, ReplyReceived
from app.domain.ids import new_id
from app.embedded import Servers
from app.runtime import Runtime
from app.workers.claims import claim
from app.workers.dispatcher import Dispatcher
from app.workers.inbox import Inbox
from app.workers.upkeep import Upkeep
from tests.house import a_carrier, a_house, a_socket, address, until
from tests.installation import LAKESIDE, OPEN_HOURS, a_runtime, consent_words, set_clock

SENDER = "lakeside-main"
FAST = LAKESIDE.replace("segments_per_second: 10", "segments_per_second: 1000000").replace(
    "segments_per_day: 1800", "segments_per_day: 1000000"
)


async def append(runtime: Runtime, phone: str, event: Event) -> None:
    async with runtime.engine.begin() as conn:
        found = await contacts.lock_by_phone(conn, runtime.directory, [("lakeside", phone)])
        await events.append(conn, runtime.vault, [(found["lakeside", phone], event)])


def captured(phone: str, at: datetime = OPEN_HOURS, **changes: object) -> LeadCaptured:
    return LeadCaptured(
        id=new_id("evt"),
        at=at,
        lead_id=new_id("lead"),
        token=new_id("t"),
        source="website",
        first_name="Maria",
        phone=phone,
        zones=("America/Chicago",),
        consent=ConsentAct(sms=True, text=consent_words()),
        **changes,  # type: ignore[arg-type]
    )


def replied(words: str) -> ReplyReceived:
    return ReplyReceived(id=new_id("evt"), at=OPEN_HOURS, sender=SENDER, carrier_id=new_id("SM"), body=words)


def phones(number: int) -> list[str]:
    return [f"+1312556{place:04d}" for place in range(number)]


async def statuses(runtime: Runtime) -> dict[str, int]:
    query = "SELECT status, count(*) FROM messages WHERE direction = 'out' GROUP BY status"
    async with runtime.engine.connect() as conn:
        return {row[0]: row[1] for row in await conn.execute(text(query))}


@pytest.fixture
async def fast(servers: Servers) -> AsyncIterator[Runtime]:
    """Lakeside with a sender as fast as one could wish."""
    async with a_runtime(servers, FAST) as opened:
        yield opened


@pytest.fixture
async def emulated(servers: Servers) -> AsyncIterator[tuple[Runtime, httpx.AsyncClient]]:
    """The same, with an emulated carrier to send to; its callbacks go nowhere."""
    sock = a_socket()
    async with a_runtime(servers, FAST, twilio_api_url=address(sock)) as opened:
        async with a_carrier("http://127.0.0.1:9", sock) as carrier:
            await carrier.post("/settings", json={"callbacks": False})
            yield opened, carrier


async def test_a_reply_between_insert_and_commit_is_never_overlooked(fast: Runtime) -> None:
    """While the reply's transaction is open the contact is taken; once it is committed, the reply is unread mail."""
    await append(fast, phones(1)[0], captured(phones(1)[0]))
    await Inbox(fast).read_all()
    async with fast.engine.begin() as webhook:
        found = await contacts.lock_by_phone(webhook, fast.directory, [("lakeside", phones(1)[0])])
        await events.append(webhook, fast.vault, [(found["lakeside", phones(1)[0]], replied("STOP"))])
        during = await claim(fast, SENDER, 10)
        assert during is not None
        assert (during.texts, during.judgements) == ([], [])
    after = await claim(fast, SENDER, 10)
    assert after is not None
    assert after.texts == []
    assert [one.decision["rule"] for one in after.judgements] == ["unread_events"]
    await Inbox(fast).read_all()
    assert await statuses(fast) == {"cancelled": 1}


async def test_two_dispatchers_send_each_text_once(emulated: tuple[Runtime, httpx.AsyncClient]) -> None:
    runtime, carrier = emulated
    for phone in phones(120):
        await append(runtime, phone, captured(phone))
    await Inbox(runtime).read_all()
    lines = [Line(), Line()]
    racers = [Dispatcher(runtime, line) for line in lines]

    async def all_sent() -> bool:
        await asyncio.gather(*(racer.send_due() for racer in racers))
        return (await statuses(runtime)).get("sent") == 120

    await until(all_sent)
    requests = (await carrier.get("/requests")).json()["requests"]
    assert sorted(one["params"]["To"] for one in requests) == phones(120)
    for line in lines:
        await line.close()


async def test_a_slow_sender_hands_out_one_segment_a_second(servers: Servers) -> None:
    slow = LAKESIDE.replace("segments_per_second: 10", "segments_per_second: 1")
    async with a_runtime(servers, slow) as runtime:
        for phone in phones(3):
            await append(runtime, phone, captured(phone))
        await Inbox(runtime).read_all()
        first = await claim(runtime, SENDER, 10)
        second = await claim(runtime, SENDER, 10)
        assert first is not None
        assert second is not None
        assert (len(first.texts), len(second.texts)) == (1, 0)
        assert second.wait is not None
        assert 0 < second.wait <= 1


async def test_an_answer_overtakes_first_texts(servers: Servers) -> None:
    slow = LAKESIDE.replace("segments_per_second: 10", "segments_per_second: 1")
    async with a_runtime(servers, slow) as runtime:
        for phone in phones(4):
            await append(runtime, phone, captured(phone))
        await Inbox(runtime).read_all()
        await append(runtime, phones(4)[3], replied("YES"))
        await Inbox(runtime).read_all()
        first = await claim(runtime, SENDER, 10)
        assert first is not None
        assert [one.to for one in first.texts] == [phones(4)[3]]
        assert "/b/" in first.texts[0].body


async def test_a_claim_that_starts_too_late_is_judged_again(emulated: tuple[Runtime, httpx.AsyncClient]) -> None:
    runtime, carrier = emulated
    await append(runtime, phones(1)[0], captured(phones(1)[0]))
    await Inbox(runtime).read_all()
    found = await claim(runtime, SENDER, 10)
    assert found is not None
    line = Line()
    dispatcher = Dispatcher(runtime, line)
    await dispatcher._send(found.clinic, found.sender, found.texts[0], time.monotonic() - 0.001)
    await dispatcher.finish()
    assert await statuses(runtime) == {"scheduled": 1}
    assert (await carrier.get("/requests")).json()["requests"] == []
    await line.close()


async def test_what_a_dead_worker_left_is_unknown_then_found_in_the_carriers_list(
    emulated: tuple[Runtime, httpx.AsyncClient],
) -> None:
    """The worker died after the carrier took the text and before it could write that down."""
    runtime, carrier = emulated
    await append(runtime, phones(1)[0], captured(phones(1)[0]))
    await Inbox(runtime).read_all()
    found = await claim(runtime, SENDER, 10)
    assert found is not None
    line = Line()
    await Dispatcher(runtime, line)._call(found.clinic, found.sender, found.texts[0], time.monotonic() + 60)
    async with runtime.engine.begin() as conn:
        await conn.execute(text("UPDATE messages SET claimed_at = claimed_at - interval '31 seconds'"))
    upkeep = Upkeep(runtime, line)
    await upkeep.find_lost_texts()
    assert await statuses(runtime) == {"sent": 1}
    await Inbox(runtime).read_all()
    assert await statuses(runtime) == {"sent": 1, "scheduled": 1}
    assert len((await carrier.get("/requests")).json()["requests"]) == 1
    await line.close()


async def test_a_lost_text_is_not_taken_for_another_that_says_the_same(
    emulated: tuple[Runtime, httpx.AsyncClient],
) -> None:
    """Asked twice for help, answered twice in the same words: one arrived, and the other is still looked for."""
    runtime, carrier = emulated
    (phone,) = phones(1)
    for event in (captured(phone), replied("HELP"), replied("Help please")):
        await append(runtime, phone, event)
    await Inbox(runtime).read_all()
    found = await claim(runtime, SENDER, 10)
    assert found is not None
    lost, arrived = [one for one in found.texts if one.step is None]
    assert lost.body == arrived.body
    line = Line()
    dispatcher = Dispatcher(runtime, line)
    outcome = await dispatcher._call(found.clinic, found.sender, arrived, time.monotonic() + 60)
    await dispatcher._settle([(arrived, outcome)])
    async with runtime.engine.begin() as conn:
        await conn.execute(text("UPDATE messages SET claimed_at = claimed_at - interval '31 seconds'"))
    await Upkeep(runtime, line).find_lost_texts()
    async with runtime.engine.connect() as conn:
        rows = await conn.execute(text("SELECT id, status FROM messages WHERE purpose = 'help'"))
        assert {row.id: row.status for row in rows} == {lost.id: "unknown", arrived.id: "sent"}
    assert len((await carrier.get("/requests")).json()["requests"]) == 1
    await line.close()


async def test_a_text_that_is_nowhere_ends_with_a_person_and_is_never_sent_again(
    emulated: tuple[Runtime, httpx.AsyncClient],
) -> None:
    runtime, carrier = emulated
    await append(runtime, phones(1)[0], captured(phones(1)[0]))
    await Inbox(runtime).read_all()
    assert await claim(runtime, SENDER, 10) is not None
    line = Line()
    upkeep = Upkeep(runtime, line)
    for _ in range(5):
        async with runtime.engine.begin() as conn:
            await conn.execute(text("UPDATE messages SET claimed_at = claimed_at - interval '31 seconds'"))
            await conn.execute(text("UPDATE messages SET look_at = clock_timestamp() WHERE look_at IS NOT NULL"))
        await upkeep.find_lost_texts()
    await Inbox(runtime).read_all()
    async with runtime.engine.connect() as conn:
        looks = await conn.scalar(text("SELECT looks FROM messages WHERE status = 'unknown'"))
        kinds = (await conn.execute(text("SELECT kind FROM tasks"))).scalars().all()
    assert (looks, kinds) == (4, ["delivery_problem"])
    assert (await carrier.get("/requests")).json()["requests"] == []
    await line.close()


async def test_two_steps_to_one_phone_are_ten_minutes_apart_over_leads(fast: Runtime) -> None:
    """Two people on one phone: the second one's step waits, though another clinic lead planned it for now."""
    phone = phones(1)[0]
    await append(fast, phone, captured(phone))
    await Inbox(fast).read_all()
    first = await claim(fast, SENDER, 10)
    assert first is not None
    assert len(first.texts) == 1
    async with fast.engine.begin() as conn:
        await conn.execute(text("UPDATE messages SET status = 'sent'"))
    await append(fast, phone, captured(phone, service="new-patient"))
    await Inbox(fast).read_all()
    second = await claim(fast, SENDER, 10)
    assert second is not None
    (held,) = second.judgements
    assert (second.texts, held.decision["rule"]) == ([], "caps")
    assert held.due_at is not None
    assert first.now + timedelta(minutes=10) == held.due_at


async def test_a_text_that_grew_too_old_expires_and_the_sequence_goes_on(fast: Runtime) -> None:
    phone = phones(1)[0]
    await append(fast, phone, captured(phone))
    await Inbox(fast).read_all()
    await set_clock(fast, OPEN_HOURS + timedelta(days=6))
    found = await claim(fast, SENDER, 10)
    assert found is not None
    assert [one.status for one in found.judgements] == ["expired"]
    await Inbox(fast).read_all()
    assert await statuses(fast) == {"expired": 1, "scheduled": 1}


async def test_a_test_lead_never_reaches_a_real_phone(fast: Runtime) -> None:
    """No emulated carrier is set here, so the phone counts as real; staff phones are the exception."""
    await append(fast, phones(1)[0], captured(phones(1)[0], test=True))
    await Inbox(fast).read_all()
    found = await claim(fast, SENDER, 10)
    assert found is not None
    assert [(one.status, one.decision["rule"]) for one in found.judgements] == [("dropped", "test_lead")]


async def test_after_a_stop_is_answered_no_call_starts(servers: Servers) -> None:
    """STOPs race due texts while the carrier is slow: no create request arrives after the STOP's 2xx."""
    async with a_house(servers, FAST) as house:
        await house.carrier.post("/faults", json={"kind": "slow", "share": 0.5, "seconds": 0.3})
        numbers = phones(24)
        acknowledged: dict[str, float] = {}

        async def stop(place: int, phone: str) -> None:
            await house.post_lead(phone)
            for _ in range(place * 3):
                await asyncio.sleep(0)
            answer = await house.reply("STOP", phone, to="+13125550199")
            assert answer.json()["webhook_status"] == 200
            acknowledged[phone] = time.time()

        await asyncio.gather(*(stop(place, phone) for place, phone in enumerate(numbers)))
        await house.settled()
        requests = (await house.carrier.get("/requests")).json()["requests"]
        late = [
            one["params"]["To"]
            for one in requests
            if datetime.fromisoformat(one["at"]).timestamp() > acknowledged[one["params"]["To"]]
        ]
        assert late == []
        async with house.runtime.engine.connect() as conn:
            stages = set((await conn.execute(text("SELECT stage FROM leads"))).scalars())
        assert stages == {"opted_out"}


async def test_the_webhook_waits_for_a_claim_that_may_still_start(servers: Servers) -> None:
    async with a_house(servers, FAST, worker=False) as house:
        await house.post_lead()
        await Inbox(house.runtime).read_all()
        began = time.monotonic()
        assert await claim(house.runtime, SENDER, 10) is not None
        answer = await house.reply("STOP", to="+13125550199")
        assert answer.json()["webhook_status"] == 200
        assert time.monotonic() - began >= 1.0
        async with house.runtime.engine.connect() as conn:
            assert await installation.now(conn) > OPEN_HOURS
