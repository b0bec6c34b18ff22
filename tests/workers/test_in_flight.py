"""Leads in flight when their sequence changes, on a real database: ordered, moved or stopped, and never told twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from io import StringIO
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML
from sqlalchemy import text

from app.adapters.codec import load_event
from app.adapters.sms.line import Line
from app.adapters.store import messages, moving, versions
from app.adapters.store.clinics import ClinicShelf
from app.adapters.store.messages import Settlement
from app.adapters.store.moving import Given, Order
from app.domain.ids import new_id
from app.embedded import Servers
from app.runtime import Runtime
from app.workers.claims import ClaimedText, claim
from app.workers.dispatcher import Dispatcher
from app.workers.inbox import Inbox
from tests.domain import builders as make
from tests.house import a_carrier, a_socket, address, until
from tests.installation import a_runtime, apply_clinic
from tests.workers.test_claims import FAST, SENDER, append, captured, phones

SEQUENCE = "request"


def document(*steps: str, words: str = "we are here", **more: Any) -> str:
    """Lakeside with one sequence of these steps, a business day from one to the next; all say so in these words."""
    page = YAML().load(FAST)
    page.pop("experiments", None)
    page.pop("approvals", None)
    spelled = [
        {
            "key": key,
            "after": "1 business day" if place else "0m",
            "text": f"Lakeside Clinic: {key}, {words}. STOP ends it.",
        }
        for place, key in enumerate(steps)
    ]
    page["sequences"] = {SEQUENCE: {"steps": spelled, **more}}
    page["languages"] = ["en"]
    out = StringIO()
    YAML().dump(page, out)
    return out.getvalue()


FIRST = document("hello", "ask", "close")


@pytest.fixture
async def house(servers: Servers) -> AsyncIterator[Runtime]:
    async with a_runtime(servers, FIRST) as opened:
        yield opened


async def leads_came(runtime: Runtime, number: int) -> None:
    for phone in phones(number):
        await append(runtime, phone, captured(phone))
    await Inbox(runtime).read_all()


async def send(runtime: Runtime, number: int = 100) -> list[str]:
    """Claim what is due, and let the carrier take it; the steps that left."""
    return await land(runtime, await take(runtime, number))


async def take(runtime: Runtime, number: int = 100) -> list[ClaimedText]:
    found = await claim(runtime, SENDER, number)
    return found.texts if found else []


async def land(runtime: Runtime, texts: list[ClaimedText], status: str = "sent") -> list[str]:
    for one in texts:
        async with runtime.engine.begin() as conn:
            await messages.settle(conn, [Settlement(id=one.id, claim_no=one.claim_no, status=status)])
        if status == "sent":
            done = make.a_sent(id=new_id("evt"), message_id=one.id, lead_id=one.lead_id, step=one.step)
            await append(runtime, one.to, done)
    await Inbox(runtime).read_all()
    return [str(one.step) for one in texts]


async def order(runtime: Runtime, version: int, moves: bool = True) -> Order:
    async with runtime.engine.connect() as conn:
        clinic = await runtime.clinics.take(conn, "lakeside")
    return Order(clinic=clinic, sequence=SEQUENCE, version=version, moves=moves, by="sam")


async def give(runtime: Runtime, wanted: Order, limit: int = 500) -> Given:
    """Everybody who stands behind, in rounds."""
    total, after = Given(), None
    while True:
        async with runtime.engine.begin() as conn:
            given = await moving.give(conn, runtime.directory, wanted, after, limit)
        total.ordered, total.busy = total.ordered + given.ordered, total.busy + given.busy
        total.nowhere += given.nowhere
        after = given.last
        if after is None:
            return total


async def rows(runtime: Runtime, query: str) -> list[tuple[Any, ...]]:
    async with runtime.engine.connect() as conn:
        return [tuple(row) for row in await conn.execute(text(query))]


async def standing(runtime: Runtime) -> Any:
    async with runtime.engine.connect() as conn:
        return await moving.in_flight(conn, await runtime.clinics.take(conn, "lakeside"))


PLANS = (
    "SELECT step, version, status, count(*)::int FROM messages WHERE purpose = 'step'"
    " GROUP BY step, version, status ORDER BY version, step, status"
)


async def test_leads_move_by_step_key_with_one_planned_step_each_and_the_old_plan_cancelled(house: Runtime) -> None:
    await leads_came(house, 6)
    assert await send(house, 4) == ["hello"] * 4
    assert await standing(house) == {(SEQUENCE, 1): {"hello": 2, "ask": 4}}
    await apply_clinic(house, document("greet", "hello", "close", "ask", words="how can we help"))
    assert (await give(house, await order(house, 2), limit=2)).ordered == 6
    await Inbox(house).read_all()
    assert await standing(house) == {(SEQUENCE, 2): {"hello": 2, "ask": 4}}
    assert await rows(house, PLANS) == [
        ("ask", 1, "cancelled", 4),
        ("hello", 1, "cancelled", 2),
        ("hello", 1, "sent", 4),
        ("ask", 2, "scheduled", 4),
        ("hello", 2, "scheduled", 2),
    ]
    same = "SELECT count(DISTINCT due_at)::int FROM messages WHERE step = 'ask'"
    assert await rows(house, same) == [(1,)]  # it counts from the same moment as before


async def test_ordering_again_after_an_interruption_orders_only_who_is_left_and_obeying_twice_changes_nothing(
    house: Runtime,
) -> None:
    await leads_came(house, 5)
    await apply_clinic(house, document("hello", "ask", "new", "close"))
    wanted = await order(house, 2)
    async with house.engine.begin() as conn:
        interrupted = await moving.give(conn, house.directory, wanted, None, limit=2)
    assert interrupted.ordered == 2
    assert (await give(house, wanted)).ordered == 5  # nobody has read the first two yet
    await Inbox(house).read_all()
    before = await rows(house, PLANS)
    assert before == [("hello", 1, "cancelled", 5), ("hello", 2, "scheduled", 5)]
    assert await give(house, wanted) == Given()
    assert await rows(house, PLANS) == before


async def test_who_is_kept_finishes_on_the_version_it_began(house: Runtime) -> None:
    await leads_came(house, 2)
    await apply_clinic(house, document("hello", words="something else"))
    await send(house)
    assert await standing(house) == {(SEQUENCE, 1): {"ask": 2}}
    assert await rows(house, PLANS) == [("ask", 1, "scheduled", 2), ("hello", 1, "sent", 2)]


async def test_who_is_stopped_gets_nothing_more(house: Runtime) -> None:
    await leads_came(house, 3)
    await apply_clinic(house, document("hello", words="something else"))
    assert (await give(house, await order(house, 2, moves=False))).ordered == 3
    await Inbox(house).read_all()
    assert await rows(house, PLANS) == [("hello", 1, "cancelled", 3)]
    assert await rows(house, "SELECT DISTINCT stage, reason FROM leads") == [
        ("finished", "the sequence was changed, and stopped for who stood in it")
    ]
    assert await standing(house) == {}


async def test_who_knows_no_step_of_the_new_version_is_not_ordered_and_is_counted(house: Runtime) -> None:
    await leads_came(house, 3)
    await send(house, 2)
    await apply_clinic(house, document("other", "another"))
    given = await give(house, await order(house, 2))
    assert (given.ordered, given.nowhere) == (1, 2)  # who has begun nothing begins there
    await Inbox(house).read_all()
    assert await standing(house) == {(SEQUENCE, 1): {"ask": 2}, (SEQUENCE, 2): {"other": 1}}


async def test_sequences_that_the_newest_file_changed_or_left_out_are_to_be_decided_about(house: Runtime) -> None:
    await leads_came(house, 2)

    async def undecided() -> list[tuple[str, int, int, bool]]:
        async with house.engine.connect() as conn:
            found = await moving.undecided(conn, "lakeside")
        return [(one.sequence, one.version, one.leads, one.gone) for one in found]

    assert await undecided() == []
    await apply_clinic(house, document("hello", words="something else"))
    assert await undecided() == [(SEQUENCE, 2, 2, False)]
    page = YAML().load(document("hello", words="something else"))
    page["sequences"]["another"] = page["sequences"].pop(SEQUENCE)
    out = StringIO()
    YAML().dump(page, out)
    await apply_clinic(house, out.getvalue())
    assert await undecided() == [(SEQUENCE, 3, 2, True)]
    await apply_clinic(house, out.getvalue().replace("something else", "yet another word"))
    assert await undecided() == []  # that they are kept was decided when it went


# -- races -------------------------------------------------------------------------------------


async def test_a_step_on_its_way_is_waited_for_and_not_said_again(house: Runtime) -> None:
    await leads_came(house, 2)
    flying = await take(house, 1)
    await apply_clinic(house, document("new", "hello", "ask"))
    wanted = await order(house, 2)
    given = await give(house, wanted)
    assert (given.ordered, given.busy) == (1, 1)
    await Inbox(house).read_all()
    await land(house, flying)
    given = await give(house, wanted)
    assert (given.ordered, given.busy) == (1, 0)
    await Inbox(house).read_all()
    assert await standing(house) == {(SEQUENCE, 2): {"hello": 1, "ask": 1}}


async def test_a_step_that_came_back_unsent_moves_like_any_other(house: Runtime) -> None:
    await leads_came(house, 1)
    flying = await take(house)
    await apply_clinic(house, document("hello", "ask", words="how can we help"))
    assert (await give(house, await order(house, 2))).busy == 1
    await land(house, flying, status="scheduled")
    assert (await give(house, await order(house, 2))).ordered == 1
    await Inbox(house).read_all()
    assert await rows(house, PLANS) == [("hello", 1, "cancelled", 1), ("hello", 2, "scheduled", 1)]


async def test_nothing_leaves_between_the_order_and_its_reading(house: Runtime) -> None:
    await leads_came(house, 3)
    await apply_clinic(house, document("hello", "ask", words="how can we help"))
    await give(house, await order(house, 2))
    assert await take(house) == []
    held = "SELECT DISTINCT decision ->> 'rule' FROM messages"
    assert await rows(house, held) == [("unread_events",)]
    await Inbox(house).read_all()
    assert await send(house) == ["hello"] * 3
    assert (await rows(house, "SELECT count(*)::int FROM messages WHERE status = 'sent' AND version = 2")) == [(3,)]


async def test_a_claim_that_runs_while_the_order_is_written_takes_nobody_who_is_ordered(house: Runtime) -> None:
    """The order's transaction is open: its contacts are taken, so the claim leaves them alone."""
    await leads_came(house, 3)
    await apply_clinic(house, document("hello", "ask", words="how can we help"))
    async with house.engine.begin() as conn:
        await moving.give(conn, house.directory, await order(house, 2), None)
        assert await take(house) == []


async def test_dispatchers_readers_and_moves_racing_send_every_step_once(servers: Servers) -> None:
    sock = a_socket()
    async with (
        a_runtime(servers, FIRST, twilio_api_url=address(sock)) as runtime,
        a_carrier("http://127.0.0.1:9", sock) as carrier,
    ):
        await carrier.post("/settings", json={"callbacks": False})
        await leads_came(runtime, 40)
        lines = [Line(), Line()]
        dispatchers, inbox = [Dispatcher(runtime, line) for line in lines], Inbox(runtime)

        async def edit_and_move() -> None:
            for number in range(2, 6):
                steps = ("hello", "ask", "close") if number % 2 else ("new", "hello", "other", "ask")
                await apply_clinic(runtime, document(*steps, words=f"version {number}"))
                wanted = await order(runtime, number)
                for _ in range(3):
                    await give(runtime, wanted, limit=7)

        async def all_told() -> bool:
            await asyncio.gather(*(one.send_due() for one in dispatchers), inbox.read_all())
            return await rows(runtime, "SELECT count(DISTINCT lead_id)::int FROM messages WHERE status = 'sent'") == [
                (40,)
            ]

        editing = asyncio.create_task(edit_and_move())
        while not editing.done():
            await all_told()
        await editing
        await until(all_told)
        await give(runtime, await order(runtime, 5))
        await inbox.read_all()
        for line in lines:
            await line.close()
        told = Counter(await _told(carrier))
        twice = "SELECT lead_id, step FROM messages WHERE status = 'sent' GROUP BY lead_id, step HAVING count(*) > 1"
        assert await rows(runtime, twice) == []
        pending = "SELECT count(*)::int FROM leads WHERE stage = 'texting' AND version = 5 AND pending IN" \
                  " (SELECT id FROM messages WHERE status = 'scheduled')"  # fmt: skip
        assert await rows(runtime, pending) == [(40,)]
    assert sorted(told) == sorted(phones(40))
    assert set(told.values()) == {1}


async def _told(carrier: httpx.AsyncClient) -> list[str]:
    return [one["params"]["To"] for one in (await carrier.get("/requests")).json()["requests"]]


# -- history -----------------------------------------------------------------------------------


async def test_versions_in_which_nobody_stands_are_not_loaded(house: Runtime) -> None:
    await leads_came(house, 1)
    for words in ("two", "three", "four"):
        await apply_clinic(house, document("hello", words=words))

    async def loaded() -> list[tuple[str, int]]:
        async with house.engine.connect() as conn:
            return sorted((await ClinicShelf("").take(conn, "lakeside")).pinned)

    assert await loaded() == [(SEQUENCE, 1), (SEQUENCE, 2), (SEQUENCE, 3), (SEQUENCE, 4)]
    async with house.engine.begin() as conn:
        await conn.execute(text("UPDATE clinic_versions SET applied_at = applied_at - interval '2 hours'"))
    assert await loaded() == [(SEQUENCE, 1), (SEQUENCE, 4)]
    async with house.engine.connect() as conn:
        earlier = await ClinicShelf("").take(conn, "lakeside", 3)
    assert sorted(earlier.pinned) == [(SEQUENCE, 1), (SEQUENCE, 2), (SEQUENCE, 3)]


async def test_the_history_names_who_stands_where_in_which_version(house: Runtime) -> None:
    await leads_came(house, 3)
    await apply_clinic(house, document("hello", "ask", words="how can we help"))
    await append(house, "+13125550777", captured("+13125550777"))
    await Inbox(house).read_all()
    await send(house, 1)
    async with house.engine.connect() as conn:
        known = await versions.history(conn, await house.clinics.take(conn, "lakeside"))
    assert [(one.version, one.file, one.current, sum(one.in_flight.values())) for one in known] == [
        (2, 2, True, 1),
        (1, 1, False, 3),
    ]


async def test_an_order_is_on_the_timeline_with_who_gave_it(house: Runtime) -> None:
    await leads_came(house, 1)
    await apply_clinic(house, document("hello", words="how can we help"))
    await give(house, await order(house, 2))
    async with house.engine.connect() as conn:
        (row,) = (await conn.execute(text("SELECT payload_cipher FROM events WHERE kind = 'sequence_moved'"))).all()
    event = load_event(house.vault.decrypt("event", row.payload_cipher))
    assert {"sequence": SEQUENCE, "version": 2, "by": "sam"}.items() <= vars(event).items()
