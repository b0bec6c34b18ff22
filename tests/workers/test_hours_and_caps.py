"""Hours and caps on the real database: over the clinics of a brand, over night, and for leads of before the rows."""

import time
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.adapters.store import contacts, events, messages
from app.domain.events import ConsentAct, Event, LeadCaptured, ReplyReceived, TextSent
from app.domain.ids import new_id
from app.embedded import Servers
from app.runtime import Runtime
from app.workers.claims import Claim, ClaimedText, claim
from app.workers.inbox import Inbox
from tests.house import until
from tests.installation import LAKESIDE, OPEN_HOURS, a_runtime, consent_words, set_clock

FAST = LAKESIDE.replace("segments_per_second: 10", "segments_per_second: 1000000")
ONE = FAST.replace("name: Lakeside Clinic", "name: Lakeside Clinic\nbrand: lakes", 1)
TWO = (
    ONE.replace("clinic: lakeside", "clinic: seaside", 1)
    .replace("lakeside-main", "seaside-main")
    .replace("+13125550199", "+13125550177")
    .replace("  website:", "  seaside-website:")
)


def phones(number: int) -> list[str]:
    return [f"+1312556{place:04d}" for place in range(number)]


async def append(runtime: Runtime, clinic: str, phone: str, event: Event) -> None:
    async with runtime.engine.begin() as conn:
        found = await contacts.lock_by_phone(conn, runtime.directory, [(clinic, phone)])
        await events.append(conn, runtime.vault, [(found[clinic, phone], event)])


async def capture(runtime: Runtime, clinic: str, phone: str, at: datetime = OPEN_HOURS, **changes: Any) -> None:
    """A form of this clinic's, by a person of Illinois."""
    source = "website" if clinic == "lakeside" else f"{clinic}-website"
    given = {"zones": ("America/Chicago",), "states": ("IL",), **changes}
    act = ConsentAct(sms=True, text=consent_words())
    event = LeadCaptured(
        id=new_id("evt"),
        at=at,
        lead_id=new_id("lead"),
        token=new_id("t"),
        source=source,
        first_name="Maria",
        phone=phone,
        consent=act,
        **given,
    )
    await append(runtime, clinic, phone, event)


async def claimed(runtime: Runtime, sender: str) -> Claim:
    found = await claim(runtime, sender, 100)
    assert found is not None
    return found


async def settle(runtime: Runtime, texts: list[ClaimedText], at: datetime = OPEN_HOURS) -> None:
    """The carrier took these: the log says so, and the sequences go on."""
    for one in texts:
        sent = TextSent(
            id=new_id("evt"),
            at=at,
            message_id=one.id,
            lead_id=one.lead_id,
            carrier_id=new_id("SM"),
            segments=one.segments,
            step=one.step,
        )
        await append(runtime, one.clinic, one.to, sent)
    async with runtime.engine.begin() as conn:
        ids = {"ids": [one.id for one in texts]}
        await conn.execute(text("UPDATE messages SET status = 'sent' WHERE id = ANY(:ids)"), ids)
    await Inbox(runtime).read_all()


# -- the clinics of a brand --------------------------------------------------------------------


async def test_the_clinics_of_a_brand_share_their_caps(servers: Servers) -> None:
    """One step from each, ten minutes apart; the third within a day waits for the first to be a day old."""
    async with a_runtime(servers, ONE, TWO) as runtime:
        (phone,) = phones(1)
        for clinic in ("lakeside", "seaside"):
            await capture(runtime, clinic, phone)
        await Inbox(runtime).read_all()
        first = await claimed(runtime, "lakeside-main")
        await settle(runtime, first.texts)
        second = await claimed(runtime, "seaside-main")
        assert (len(first.texts), second.texts) == (1, [])
        assert [(one.decision["rule"], one.due_at) for one in second.judgements] == [
            ("caps", first.now + timedelta(minutes=10))
        ]
        await set_clock(runtime, OPEN_HOURS + timedelta(minutes=11))
        later = await claimed(runtime, "seaside-main")
        await settle(runtime, later.texts)
        assert len(later.texts) == 1
        await capture(runtime, "seaside", phone, at=OPEN_HOURS + timedelta(minutes=12), service="fertility")
        await Inbox(runtime).read_all()
        await set_clock(runtime, OPEN_HOURS + timedelta(minutes=30))
        third = await claimed(runtime, "seaside-main")
        (held,) = third.judgements
        counted = next(rule for rule in held.decision["rules"] if rule["rule"] == "caps")["evidence"]
        assert (held.decision["rule"], counted["last_24h"], counted["per_day"]) == ("caps", 2, 2)
        assert held.due_at == first.now + timedelta(hours=24)


async def test_while_one_clinic_claims_a_phone_no_other_of_the_brand_does(servers: Servers) -> None:
    """Each has its own contact for the phone, so two claims would not see each other's steps; one waits its turn."""
    async with a_runtime(servers, ONE, TWO) as runtime:
        shared, own = phones(2)
        for clinic, phone in (("lakeside", shared), ("seaside", shared), ("seaside", own)):
            await capture(runtime, clinic, phone)
        await Inbox(runtime).read_all()
        async with runtime.engine.begin() as conn:
            (due,) = await messages.due(conn, "lakeside-main", OPEN_HOURS + timedelta(hours=1), 10)
            assert await messages.lock_free_contacts(conn, [due.contact_id], "lakes", True) == {due.contact_id}
            during = await claimed(runtime, "seaside-main")
        after = await claimed(runtime, "seaside-main")
        assert [[one.to for one in found.texts] for found in (during, after)] == [[own], [shared]]


# -- nights ------------------------------------------------------------------------------------

FRIDAY, MONDAY_NIGHT = OPEN_HOURS - timedelta(days=4), OPEN_HOURS - timedelta(hours=13)
TUESDAY_AT_NINE = OPEN_HOURS - timedelta(hours=1)


async def test_an_overnight_backlog_leaves_at_its_senders_own_pace_most_urgent_first(servers: Servers) -> None:
    """Monday's follow-ups were never sent, forms came in by night, people write as the clinic opens: in that order
    they fell due, and in the other they leave, no faster than ten segments a second."""
    async with a_runtime(servers, LAKESIDE) as runtime:
        await _follow_ups_for_monday(runtime, phones(9)[:6])
        await set_clock(runtime, MONDAY_NIGHT)
        for phone in phones(9)[6:]:
            await capture(runtime, "lakeside", phone, at=MONDAY_NIGHT)
        await Inbox(runtime).read_all()
        await set_clock(runtime, TUESDAY_AT_NINE)
        for phone in phones(9)[:3]:
            reply = ReplyReceived(
                id=new_id("evt"), at=TUESDAY_AT_NINE, sender="lakeside-main", carrier_id=new_id("SM"), body="YES"
            )
            await append(runtime, "lakeside", phone, reply)
        await Inbox(runtime).read_all()
        texts, seconds = await _drain(runtime, 9)
        assert await _urgencies(runtime, texts) == [1] * 3 + [2] * 3 + [3] * 3
        assert [one.to for one in texts[3:]] == phones(9)[6:] + phones(9)[3:6]
        assert seconds >= sum(one.segments for one in texts[:-1]) / 10


async def _follow_ups_for_monday(runtime: Runtime, numbers: list[str]) -> None:
    await set_clock(runtime, FRIDAY)
    for phone in numbers:
        await capture(runtime, "lakeside", phone, at=FRIDAY)
    await Inbox(runtime).read_all()
    texts, _ = await _drain(runtime, len(numbers))
    await settle(runtime, texts, FRIDAY)


async def _drain(runtime: Runtime, number: int) -> tuple[list[ClaimedText], float]:
    """Claim as a dispatcher does until so many texts were taken: these, in order, and the seconds it took."""
    texts: list[ClaimedText] = []
    began = time.monotonic()

    async def all_taken() -> bool:
        found = await claim(runtime, "lakeside-main", 100)
        texts.extend(found.texts if found else ())
        return len(texts) >= number

    await until(all_taken)
    return texts, time.monotonic() - began


async def _urgencies(runtime: Runtime, texts: list[ClaimedText]) -> list[int]:
    async with runtime.engine.connect() as conn:
        rows = await conn.execute(text("SELECT id, urgency FROM messages WHERE direction = 'out'"))
        urgency = {row.id: row.urgency for row in rows}
    return [urgency[one.id] for one in texts]


# -- leads of before the state rows ------------------------------------------------------------


async def test_a_lead_without_states_is_bound_by_its_clinic_and_its_number(servers: Servers) -> None:
    """A Texan number at a clinic in Illinois, taken in before the rows: Texas opens at nine, Illinois at eight."""
    async with a_runtime(servers, FAST) as runtime:
        await capture(runtime, "lakeside", "+19725560142", states=(), located=())
        await Inbox(runtime).read_all()
        found = await claimed(runtime, "lakeside-main")
        (judged,) = found.judgements
        places = next(rule for rule in judged.decision["rules"] if rule["rule"] == "recipient_window")["evidence"][
            "places"
        ]
        shown = [(place["zone"], place["state"], place["state_by"], place["row"]) for place in places]
        assert (judged.status, shown) == (
            "sending",
            [
                ("America/Chicago", "IL", ["clinic"], "IL/2000-01-01"),
                ("America/Chicago", "TX", ["number"], "TX/2000-01-01"),
            ],
        )


async def test_a_text_for_a_strict_state_leaves_in_that_states_first_minute(servers: Servers) -> None:
    """Kentucky opens at ten, which is nine in Chicago, as the clinic does."""
    async with a_runtime(servers, FAST) as runtime:
        kentucky = {"zones": ("America/New_York",), "states": ("KY",)}
        early = datetime.fromisoformat("2026-11-24T14:30:00+00:00")
        await set_clock(runtime, early)
        await capture(runtime, "lakeside", phones(1)[0], at=early, **kentucky)
        await Inbox(runtime).read_all()
        async with runtime.engine.connect() as conn:
            due = await conn.scalar(text("SELECT due_at FROM messages WHERE direction = 'out'"))
        await set_clock(runtime, due - timedelta(seconds=30))
        before = await claim(runtime, "lakeside-main", 10)
        await set_clock(runtime, due)
        after = await claimed(runtime, "lakeside-main")
        assert due.isoformat() == "2026-11-24T15:00:00+00:00"
        assert (before, len(after.texts)) == (None, 1)
        assert after.texts[0].validity == timedelta(hours=1)
