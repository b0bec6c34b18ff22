"""The inbox on a real database: whole or not at all, in order, once, and past whatever cannot be read."""

import asyncio
from collections import defaultdict
from dataclasses import replace
from typing import Any

from sqlalchemy import text
from structlog.testing import capture_logs

from app.adapters.crypto import lane_of
from app.adapters.store import contacts, events, messages
from app.adapters.store.messages import Settlement
from app.domain.events import Event
from app.domain.ids import new_id
from app.embedded import Servers
from app.runtime import Runtime
from app.workers.claims import claim
from app.workers.inbox import FAILURES_BEFORE_SETTING_ASIDE, Inbox
from tests.domain import builders as make
from tests.installation import OPEN_HOURS, a_runtime, consent_words

SENDER = "lakeside-main"
PHONE = "+13125550142"


async def append(runtime: Runtime, *said: tuple[str, Event]) -> list[str]:
    """Add events to these phones' log, each in a transaction of its own, as doors do; their ids."""
    ids = []
    for phone, event in said:
        made = replace(event, id=new_id("evt"), at=OPEN_HOURS)
        async with runtime.engine.begin() as conn:
            held = await contacts.lock_by_phone(conn, runtime.directory, [("lakeside", phone)])
            await events.append(conn, runtime.vault, [(held["lakeside", phone], made)])
        ids.append(made.id)
    return ids


async def rows(runtime: Runtime, query: str, **values: Any) -> list[Any]:
    async with runtime.engine.connect() as conn:
        return list(await conn.execute(text(query), values))


def a_form(**changes: Any) -> Event:
    consent = replace(make.CONSENT, text=consent_words())
    return make.a_submission(**{"lead_id": new_id("lead"), "token": new_id("t"), "consent": consent, **changes})


def a_reply(words: str) -> Event:
    return make.a_reply(words, sender=SENDER)


def neighbours(runtime: Runtime, number: int) -> list[str]:
    """Phones whose contacts share a lane."""
    by_lane = defaultdict(list)
    for place in range(1000):
        phone = f"+1312556{place:04d}"
        lane = by_lane[lane_of(runtime.directory.hash(phone), runtime.directory.lanes)]
        lane.append(phone)
        if len(lane) == number:
            return lane
    raise AssertionError("no lane is shared")


async def spoil(runtime: Runtime, event_id: str) -> None:
    """Make an event unreadable, as a lost key or a damaged page would."""
    async with runtime.engine.begin() as conn:
        await conn.execute(text("UPDATE events SET payload_cipher = 'noise' WHERE id = :id"), {"id": event_id})


async def test_an_unreadable_event_is_set_aside_and_stops_only_its_own_contact(servers: Servers) -> None:
    """Between good events of its lane, which are all read: it is tried three times, then its contact pauses."""
    async with a_runtime(servers) as runtime:
        maria, jo, ana = neighbours(runtime, 3)
        await append(runtime, (maria, a_form(lead_id="lead_maria")), (jo, a_form(lead_id="lead_jo")))
        (bad,) = await append(runtime, (maria, a_reply("YES")))
        await append(runtime, (ana, a_form(lead_id="lead_ana")), (jo, a_reply("NO")))
        await spoil(runtime, bad)
        assert await Inbox(runtime).read_all() >= 5

        log = await rows(runtime, "SELECT id, read_no, failures, quarantined FROM events ORDER BY no")
        assert [(row.failures, row.quarantined) for row in log] == [
            (0, False),
            (0, False),
            (FAILURES_BEFORE_SETTING_ASIDE, True),
            (0, False),
            (0, False),
        ]
        assert [row.read_no is None for row in log] == [False] * 5
        stages = await rows(runtime, "SELECT id, stage, pending IS NULL FROM leads ORDER BY id")
        assert [tuple(row) for row in stages] == [
            ("lead_ana", "texting", False),
            ("lead_jo", "declined", True),
            ("lead_maria", "paused", True),
        ]
        ((kind, status, about),) = await rows(runtime, "SELECT kind, status, about_cipher FROM tasks")
        assert (kind, status) == ("unclear", "open")
        said = runtime.vault.open("task", about)
        assert said == f"Something about this contact could not be read (event {bad}); texting is paused."
        planned = await rows(runtime, "SELECT status FROM messages WHERE lead_id = 'lead_maria'")
        assert [row.status for row in planned] == ["cancelled"]


async def test_after_an_unreadable_event_the_contacts_next_ones_are_read(servers: Servers) -> None:
    """A STOP behind an event that nobody can read is still a STOP."""
    async with a_runtime(servers) as runtime:
        phone = make.PHONE
        await append(runtime, (phone, a_form()))
        (bad,) = await append(runtime, (phone, a_reply("hello")))
        await append(runtime, (phone, a_reply("STOP")))
        await spoil(runtime, bad)
        await Inbox(runtime).read_all()
        assert [row.by for row in await rows(runtime, "SELECT by FROM suppressions WHERE lifted_at IS NULL")] == [
            "stop"
        ]
        assert [row.stage for row in await rows(runtime, "SELECT stage FROM leads")] == ["opted_out"]


async def test_two_inboxes_over_the_same_lanes_read_every_event_once(servers: Servers) -> None:
    async with a_runtime(servers) as runtime:
        phones = [f"+1312557{place:04d}" for place in range(40)]
        forms = [(phone, a_form()) for phone in phones]
        await append(runtime, *forms, *((phone, a_reply("how much?")) for phone in phones))
        readers = [Inbox(runtime) for _ in range(4)]
        read = sum(await asyncio.gather(*(one.read_all() for one in readers)))
        ((total, numbers),) = await rows(runtime, "SELECT count(*), count(DISTINCT read_no) FROM events")
        assert (read, total, numbers) == (80, 80, 80)
        made = [await rows(runtime, f"SELECT count(*) FROM {table}") for table in ("leads", "tasks", "consents")]
        assert [found[0][0] for found in made] == [40, 40, 40]


async def test_stop_and_all_that_follows_from_it_is_one_transaction(servers: Servers) -> None:
    """The event's read mark, the cancelled step, the suppression, the ledger, the lead: all or none, `xmin` says."""
    async with a_runtime(servers) as runtime:
        await append(runtime, (make.PHONE, a_form()))
        inbox = Inbox(runtime)
        await inbox.read_all()
        assert [row.status for row in await rows(runtime, "SELECT status FROM messages")] == ["scheduled"]
        (stop,) = await append(runtime, (make.PHONE, a_reply("STOP")))
        await inbox.read_all()
        written = await rows(
            runtime,
            "SELECT xmin::text FROM events WHERE id = :stop"
            " UNION ALL SELECT xmin::text FROM messages WHERE direction = 'out' AND status = 'cancelled'"
            " UNION ALL SELECT xmin::text FROM suppressions WHERE by = 'stop' AND lifted_at IS NULL"
            " UNION ALL SELECT xmin::text FROM consents WHERE status = 'withdrawn'"
            " UNION ALL SELECT xmin::text FROM leads WHERE stage = 'opted_out' AND pending IS NULL",
            stop=stop,
        )
        assert (len(written), len(set(written))) == (5, 1)


async def test_a_contacts_events_are_read_in_the_order_they_were_appended(servers: Servers) -> None:
    """Though several readers share the lanes, and what follows depends on the order: the last word decides."""
    async with a_runtime(servers) as runtime:
        phones = [f"+1312558{place:04d}" for place in range(8)]
        for event in (a_form, lambda: a_reply("STOP"), lambda: a_reply("START"), lambda: a_reply("NO")):
            await append(runtime, *((phone, event()) for phone in phones))
        await asyncio.gather(*(Inbox(runtime).read_all() for _ in range(3)))
        out_of_order = await rows(
            runtime,
            "SELECT id FROM (SELECT id, read_no, lag(read_no) OVER (PARTITION BY contact_id ORDER BY no) AS before"
            " FROM events) AS pairs WHERE read_no IS NULL OR read_no < before",
        )
        assert out_of_order == []
        assert {row.stage for row in await rows(runtime, "SELECT stage FROM leads")} == {"declined"}
        assert await rows(runtime, "SELECT 1 FROM suppressions WHERE lifted_at IS NULL") == []


async def test_a_step_that_comes_back_unsent_after_it_was_planned_anew_is_cancelled(servers: Servers) -> None:
    """Claimed, then YES, then the carrier could not be reached: one planned step is left, the new one."""
    async with a_runtime(servers) as runtime:
        await append(runtime, (make.PHONE, a_form()))
        inbox = Inbox(runtime)
        await inbox.read_all()
        found = await claim(runtime, SENDER, 10)
        assert found is not None
        (claimed,) = found.texts
        await append(runtime, (make.PHONE, a_reply("YES")))
        await inbox.read_all()
        async with runtime.engine.begin() as conn:
            unsent = Settlement(id=claimed.id, claim_no=claimed.claim_no, status="scheduled", retry_in=0.0)
            assert await messages.settle(conn, [unsent]) == {claimed.id}
        steps = await rows(
            runtime, "SELECT id, status FROM messages WHERE purpose = 'step' ORDER BY id = :id", id=claimed.id
        )
        ((pending,),) = await rows(runtime, "SELECT pending FROM leads")
        assert [(row.id, row.status) for row in steps] == [(pending, "scheduled"), (claimed.id, "cancelled")]


async def test_a_step_that_comes_back_unsent_is_planned_as_before(servers: Servers) -> None:
    """Nothing happened meanwhile, so it is simply judged again."""
    async with a_runtime(servers) as runtime:
        await append(runtime, (make.PHONE, a_form()))
        await Inbox(runtime).read_all()
        found = await claim(runtime, SENDER, 10)
        assert found is not None
        (claimed,) = found.texts
        async with runtime.engine.begin() as conn:
            await messages.settle(
                conn, [Settlement(id=claimed.id, claim_no=claimed.claim_no, status="scheduled", retry_in=0.0)]
            )
        ((status, text_id, pending),) = await rows(
            runtime, "SELECT status, messages.id, pending FROM messages JOIN leads ON leads.id = lead_id"
        )
        assert (status, text_id, pending) == ("scheduled", claimed.id, claimed.id)


async def test_while_texts_leave_as_fast_as_they_can_only_what_somebody_waits_for_is_read(servers: Servers) -> None:
    """A reply is read at once all the same, and with it what came before it in its lane."""
    async with a_runtime(servers) as runtime:
        silent, *_ = alone = [f"+1312557{place:04d}" for place in range(2)]
        lanes = {lane_of(runtime.directory.hash(phone), runtime.directory.lanes) for phone in alone}
        assert len(lanes) == 2
        await append(runtime, *((phone, a_form()) for phone in alone))
        inbox = Inbox(runtime)
        await inbox.read_all()
        delivered = [(phone, make.a_delivery()) for phone in alone]
        await append(runtime, *delivered, (alone[1], a_reply("NO")))
        assert await inbox.read_all(pressing=True) == 2
        unread = await rows(runtime, "SELECT contact_id, kind FROM events WHERE read_no IS NULL")
        async with runtime.engine.connect() as conn:
            held = await contacts.find(conn, runtime.directory, "lakeside", silent)
        assert held is not None
        assert [tuple(row) for row in unread] == [(held.id, "text_delivered")]
        assert await inbox.read_all() == 1


async def test_danger_raises_an_alarm_that_names_ids_and_nobody(runtime: Runtime) -> None:
    """Once, when the task is there for whoever is woken by it; other tasks raise none."""
    form = a_form()
    await append(runtime, (PHONE, form), (PHONE, a_reply("how much is it?")), (PHONE, a_reply("I have chest pain")))
    with capture_logs() as logged:
        await Inbox(runtime).read_all()
    (task,) = await rows(runtime, "SELECT id, lead_id, team FROM tasks WHERE kind = 'urgent'")
    assert logged == [
        {"event": "urgent", "log_level": "error", "task_id": task.id, "lead_id": task.lead_id, "team": task.team}
    ]


async def test_what_was_said_to_a_phone_is_remembered_sealed(runtime: Runtime) -> None:
    """Three answers, then none: the memory outlives the batch. Nothing of it can be read in the rows."""
    await append(runtime, (PHONE, a_form()))
    inbox = Inbox(runtime)
    for words in ("HELP", "help!", "Help please", "HELP me please"):
        await append(runtime, (PHONE, a_reply(words)))
        await inbox.read_all()
    answered = await rows(runtime, "SELECT id FROM messages WHERE purpose = 'help'")
    (contact,) = await rows(runtime, "SELECT talk_cipher FROM contacts")
    assert len(answered) == 3
    assert b"help" not in bytes(contact.talk_cipher)
