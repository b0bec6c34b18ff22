"""Consent from the form to the text: what opens texting and what does not, what ends it, and what the ledger keeps."""

import random
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.lead_form import LeadIn
from app.adapters.store import contacts, events, permissions
from app.adapters.store.vitals import vitals
from app.cli.doctor import examine
from app.domain.consents import ALLOWING, Entry, stands
from app.domain.effects import RecordConsent
from app.domain.events import ConsentAct, ConsentGiven, ReplyReceived
from app.domain.ids import new_id
from app.runtime import Runtime
from app.workers.claims import claim
from tests.installation import OPEN_HOURS, Keys, a_lead, bearer, consent_words, set_clock

PHONE = "+13125550142"
SENDER = "lakeside-main"
Work = Callable[[], Awaitable[int]]


def an_act(**changes: object) -> dict[str, object]:
    return {"sms": True, "text": consent_words(), "method": "web_form", **changes}


class Desk:
    """The doors, as a form and a coordinator use them; every request is read before it is looked at."""

    def __init__(self, runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work) -> None:
        self.runtime, self.api, self.keys, self.work = runtime, api, keys, work

    async def form(self, consent: object = None, **changes: object) -> str:
        body = a_lead(**{"phone": PHONE, "consent": consent or an_act(), **changes})  # type: ignore[arg-type]
        answer = await self.api.post("/leads", json=body, headers=bearer(self.keys.source))
        assert answer.status_code == 202, answer.text
        await self.work()
        return str(answer.json()["lead_id"])

    async def door(self, lead_id: str, **body: object) -> dict[str, Any]:
        headers = bearer(self.keys.coordinator)
        answer = await self.api.post(f"/leads/{lead_id}/consent", json=body, headers=headers)
        assert answer.status_code in (200, 202), answer.text
        await self.work()
        return await self.lead(lead_id)

    async def get(self, path: str) -> Any:
        answer = await self.api.get(path, headers=bearer(self.keys.coordinator))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def lead(self, lead_id: str) -> dict[str, Any]:
        shown: dict[str, Any] = await self.get(f"/leads/{lead_id}")
        return shown

    async def order(self, path: str, **body: object) -> None:
        answer = await self.api.post(path, json=body, headers=bearer(self.keys.coordinator))
        assert answer.status_code in (200, 202), answer.text
        await self.work()

    async def reply(self, words: str) -> None:
        said = ReplyReceived(id=new_id("evt"), at=OPEN_HOURS, sender=SENDER, carrier_id=new_id("SM"), body=words)
        async with self.runtime.engine.begin() as conn:
            found = await contacts.lock_by_phone(conn, self.runtime.directory, [("lakeside", PHONE)])
            await events.append(conn, self.runtime.vault, [(found["lakeside", PHONE], said)])
        await self.work()

    async def claim(self) -> dict[str, Any]:
        """What the gate said of consent in the newest text it judged, and the rule that decided."""
        found = await claim(self.runtime, SENDER, 10)
        await self.work()
        assert found is not None
        decision = found.judgements[-1].decision
        said = {row["rule"]: row for row in decision["rules"]}
        return {"verdict": decision["verdict"], "rule": decision.get("rule"), **said["consent"]["evidence"]}

    async def ledger(self, since: datetime | None = None) -> list[dict[str, Any]]:
        async with self.runtime.engine.connect() as conn:
            return [row async for row in permissions.ledger(conn, self.runtime.vault, "lakeside", since)]


@pytest.fixture
def desk(runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work) -> Desk:
    return Desk(runtime, api, keys, work)


# -- what opens texting --------------------------------------------------------------------------


async def test_a_text_names_the_consent_that_allowed_it(desk: Desk) -> None:
    """The ledger row, the text on file that it matched, how and when: ids and times, and no words."""
    at = OPEN_HOURS - timedelta(minutes=5)
    lead_id = await desk.form(an_act(at=at.isoformat()))
    consent = (await desk.lead(lead_id))["consent"]
    assert await desk.claim() == {
        "verdict": "go",
        "rule": None,
        "consent_id": consent["id"],
        "standing": True,
        "status": "granted",
        "text_key": "web-2026-09",
        "method": "web_form",
        "occurred_at": "2026-11-24T15:55:00Z",
    }


@pytest.mark.parametrize(
    "words",
    [
        lambda words: words.upper(),
        lambda words: words.replace(" ", "&nbsp;"),
        lambda words: f"<p>{words.replace('STOP', '<b>STOP</b>')}</p>\r\n".rstrip("."),
    ],
)
async def test_the_words_on_file_open_texting_however_the_form_sets_them(desk: Desk, words: Any) -> None:
    """And the ledger keeps them as the form sent them."""
    sent = words(consent_words())
    lead = await desk.lead(await desk.form(an_act(text=sent)))
    assert (lead["stage"], lead["consent"]["text"], lead["consent_problem"]) == ("texting", sent, None)
    assert lead["consent"]["text_sha256"] == sha256(sent.encode()).hexdigest()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"text": "I agree to receive calls."}, "words_not_on_file"),
        ({"text": None}, "no_words"),
        ({"text": "  "}, "no_words"),
        ({"sms": False}, "not_ticked"),
        ({"prechecked": True}, "pre_ticked"),
        ({"method": "prechecked"}, "pre_ticked"),
        ({"pre_ticked": True}, "pre_ticked"),
        ({"defaultChecked": "true"}, "pre_ticked"),
        ({"at": "2026-12-31T10:00:00Z"}, "in_future"),
        ({"at": "2026-03-01T10:00:00Z"}, "too_old"),
    ],
)
async def test_consent_that_does_not_count_is_a_call_and_evidence(desk: Desk, changes: Any, problem: str) -> None:
    lead_id = await desk.form(an_act(**changes))
    lead = await desk.lead(lead_id)
    assert (lead["stage"], lead["consent"], lead["consent_problem"], lead["next"]) == ("new", None, problem, None)
    (row,) = await desk.ledger()
    assert (row["status"], row["problem"], row["text_key"], row["lead_id"]) == ("unmatched", problem, None, lead_id)
    assert [one["kind"] for one in (await desk.get("/tasks"))["tasks"]] == ["call"]


async def test_a_form_that_says_the_box_was_not_ticked_beforehand_opens_texting(desk: Desk) -> None:
    lead = await desk.lead(await desk.form(an_act(pre_ticked="false", prechecked=False)))
    assert (lead["stage"], lead["consent_problem"]) == ("texting", None)


async def test_consent_that_staff_hands_in_with_the_lead_names_who_recorded_it(desk: Desk) -> None:
    body = a_lead(consent=an_act())
    await desk.api.post("/leads", json=body, headers=bearer(desk.keys.coordinator))
    await desk.work()
    (row,) = await desk.ledger()
    assert (row["source"], row["recorded_by"], row["status"]) == ("staff", desk.keys.ids["coordinator"], "granted")


async def test_the_call_of_a_drifting_form_says_why_nobody_is_texted(desk: Desk, runtime: Runtime) -> None:
    """And the source is counted, for the doctor and for Prometheus."""
    await desk.form(an_act(text="We may text you."), message="I need a visit")
    await desk.form(an_act(text="We may text you."), phone="+13125550143")
    tasks = (await desk.get("/tasks"))["tasks"]
    assert tasks[0]["about"] == "I need a visit (The consent words that the form showed are not on file at the clinic.)"
    async with runtime.engine.connect() as conn:
        assert (await vitals(conn)).drifting == (("website", 2),)
    (sign,) = [one for one in await examine(runtime.settings) if one.check == "consent words of forms"]
    assert (sign.state, sign.found) == (
        "warn",
        "source website: 2 forms in the last 7 days showed words that are not on file",
    )
    metrics = (await desk.api.get("/metrics")).text
    assert 'leadline_drifting_forms{source="website"} 2.0' in metrics
    await set_clock(runtime, OPEN_HOURS + timedelta(days=8))
    async with runtime.engine.connect() as conn:
        assert (await vitals(conn)).drifting == ()


async def test_the_staffs_own_lead_may_show_any_of_the_clinics_words(desk: Desk) -> None:
    body = a_lead(PHONE, consent=an_act(method="phone"))
    answer = await desk.api.post("/leads", json=body, headers=bearer(desk.keys.coordinator))
    await desk.work()
    lead = await desk.lead(answer.json()["lead_id"])
    assert (lead["stage"], lead["consent"]["method"], lead["source"]) == ("texting", "phone", "staff")


# -- the door for a later step -------------------------------------------------------------------


async def test_the_door_opens_texting_and_says_who_wrote_it_down_and_why(desk: Desk) -> None:
    lead_id = await desk.form(an_act(text="We may text you."))
    (drifted,) = await desk.ledger()
    still = await desk.door(lead_id, sms=True, text="Sure, text me")
    assert (still["stage"], still["consent"], still["consent_problem"]) == ("new", None, "words_not_on_file")
    lead = await desk.door(
        lead_id, **an_act(method=None), assignee="ana", reason="read to her on the phone", corrects=drifted["id"]
    )
    consent = lead["consent"]
    told = {name: consent[name] for name in ("status", "method", "recorded_by", "reason", "corrects", "text_key")}
    assert (lead["stage"], told) == (
        "texting",
        {
            "status": "granted",
            "method": "told to staff",
            "recorded_by": "ana",
            "reason": "read to her on the phone",
            "corrects": drifted["id"],
            "text_key": "web-2026-09",
        },
    )
    items = (await desk.get(f"/leads/{lead_id}/timeline"))["items"]
    recorded = [(item["event"], item["details"].get("problem")) for item in items if item["id"].startswith("consent_")]
    assert recorded == [
        ("consent_unmatched", "words_not_on_file"),
        ("consent_unmatched", "words_not_on_file"),
        ("consent_granted", None),
    ]


async def test_a_no_at_the_door_ends_consent_and_a_later_yes_gives_it_again(desk: Desk) -> None:
    lead_id = await desk.form()
    ended = await desk.door(lead_id, sms=False, reason="told us on the phone")
    assert (ended["stage"], ended["consent"], ended["consent_problem"], ended["next"]) == (
        "paused",
        None,
        "withdrawn",
        None,
    )
    again = await desk.door(lead_id, **an_act())
    assert (again["consent"]["status"], again["consent_problem"]) == ("granted", None)
    await desk.order(f"/leads/{lead_id}/resume", reason="asked")
    assert (await desk.claim())["consent_id"] == again["consent"]["id"]
    rows = [(row["status"], row["reason"], row["ended_by"]) for row in await desk.ledger()]
    ids = [row["id"] for row in await desk.ledger()]
    assert rows == [
        ("granted", None, ids[1]),
        ("withdrawn", "told us on the phone", None),
        ("granted", None, None),
    ]


async def test_the_door_wants_a_yes_or_a_no(desk: Desk) -> None:
    lead_id = await desk.form()
    bodies: tuple[Any, ...] = ({}, {"text": consent_words()}, {"sms": "yes"}, {"sms": True, "method": "a\0b"})
    for body in bodies:
        path = f"/leads/{lead_id}/consent"
        answer = await desk.api.post(path, json=body, headers=bearer(desk.keys.coordinator))
        assert answer.status_code == 422
    assert len(await desk.ledger()) == 1


async def test_a_forms_key_corrects_nothing_and_speaks_for_nobody(desk: Desk) -> None:
    lead_id = await desk.form()
    (first,) = await desk.ledger()
    body = {"sms": True, "text": "Other words", "corrects": first["id"], "assignee": "ana", "reason": "because"}
    answer = await desk.api.post(f"/leads/{lead_id}/consent", json=body, headers=bearer(desk.keys.source))
    await desk.work()
    assert answer.status_code == 202
    row = (await desk.ledger())[1]
    told = (row["status"], row["method"], row["corrects"], row["reason"], row["recorded_by"])
    assert told == ("unmatched", "web_form", None, None, desk.keys.ids["source"])
    assert (await desk.lead(lead_id))["consent"]["status"] == "granted"


def test_fields_of_a_later_release_are_no_part_of_a_body_unless_said() -> None:
    """So that a key told to the release before still knows its body after an upgrade."""
    unsaid, said = (LeadIn.model_validate(a_lead(consent=an_act(**more))) for more in ({}, {"prechecked": False}))
    assert b"prechecked" not in unsaid.canonical()
    assert b'"prechecked":false' in said.canonical()


# -- person and phone ----------------------------------------------------------------------------


async def test_consent_is_the_persons_and_another_name_on_the_phone_needs_its_own(desk: Desk) -> None:
    """Jo's tick, sent within ten minutes of Maria's form, is kept and opens nothing for Maria."""
    maria = await desk.form(an_act(sms=False))
    assert await desk.form(first_name="Jo") == maria
    lead = await desk.lead(maria)
    assert (lead["stage"], lead["consent"], lead["consent_problem"]) == ("new", None, "another_person")
    assert await desk.form(first_name=" MARIA ") == maria
    assert (await desk.lead(maria))["stage"] == "texting"


async def test_a_form_sent_again_without_the_tick_takes_consent_back(desk: Desk) -> None:
    lead_id = await desk.form()
    assert await desk.form(an_act(sms=False)) == lead_id
    lead = await desk.lead(lead_id)
    assert (lead["stage"], lead["consent"], lead["consent_problem"]) == ("paused", None, "withdrawn")
    assert [one["kind"] for one in (await desk.get("/tasks"))["tasks"]] == ["call"]


async def test_a_no_ends_every_consent_of_that_person_and_of_nobody_else(desk: Desk, runtime: Runtime) -> None:
    older = await desk.form()
    await set_clock(runtime, OPEN_HOURS + timedelta(hours=1))
    newer = await desk.form(service="check-up")
    jo = await desk.form(first_name="Jo", service="fertility")
    await desk.door(newer, sms=False)
    shown = [(await desk.lead(one))["consent_problem"] for one in (older, newer, jo)]
    assert shown == ["withdrawn", "withdrawn", None]


async def test_a_stop_ends_consent_and_a_new_form_gives_consent_to_a_closed_phone(desk: Desk, runtime: Runtime) -> None:
    """The form's consent is on record, the opt-out stands all the same, and a person is asked to call."""
    first = await desk.form()
    await desk.reply("STOP")
    stopped = await desk.lead(first)
    assert (stopped["stage"], stopped["consent"]["status"], stopped["suppressed"]) == ("opted_out", "withdrawn", True)
    await set_clock(runtime, OPEN_HOURS + timedelta(hours=1))
    second = await desk.form()
    lead = await desk.lead(second)
    assert (lead["stage"], lead["consent"]["status"], lead["suppressed"]) == ("new", "granted", True)
    assert [one["kind"] for one in (await desk.get("/tasks"))["tasks"]] == ["call"]


async def test_start_renews_what_the_phones_own_stop_ended(desk: Desk) -> None:
    lead_id = await desk.form()
    await desk.reply("STOP")
    await desk.reply("START")
    consent = (await desk.lead(lead_id))["consent"]
    assert (consent["status"], consent["text"], consent["ended_by"]) == ("renewed", "START", None)
    await desk.order(f"/leads/{lead_id}/resume", reason="asked")
    said = await desk.claim()
    assert (said["verdict"], said["consent_id"], said["status"]) == ("go", consent["id"], "renewed")


async def test_a_form_that_was_sent_before_the_stop_and_arrives_after_it_allows_nothing(
    desk: Desk, runtime: Runtime
) -> None:
    """The phone is open again by START; the late form's act is older than the STOP, and the gate says so."""
    await desk.form()
    await desk.reply("STOP")
    await desk.reply("START")
    await set_clock(runtime, OPEN_HOURS + timedelta(hours=1))
    long_ago = datetime.now(UTC) - timedelta(days=2)
    late = await desk.form(an_act(at=long_ago.isoformat()))
    said = await desk.claim()
    stop = next(row["id"] for row in await desk.ledger() if row["status"] == "withdrawn")
    assert (said["verdict"], said["rule"], said["standing"], said["ended_by"]) == ("drop", "consent", False, stop)
    lead = await desk.lead(late)
    assert (lead["stage"], lead["consent"]["status"], lead["reason"]) == ("paused", "withdrawn", "no valid consent")


# -- the moment of sending -----------------------------------------------------------------------


async def test_what_staff_write_needs_the_persons_consent_too(desk: Desk) -> None:
    lead_id = await desk.form(an_act(text="Call me."))
    (task,) = (await desk.get("/tasks"))["tasks"]
    await desk.order(f"/tasks/{task['id']}/reply", assignee="ana", text="Lakeside Clinic: we will call you.")
    said = await desk.claim()
    assert said == {"verdict": "drop", "rule": "consent", "consent_id": None, "standing": False}
    assert (await desk.lead(lead_id))["stage"] == "new"


async def test_a_withdrawal_that_is_being_written_is_never_overlooked(desk: Desk, runtime: Runtime) -> None:
    """While the door's transaction is open the contact is taken; committed, it blocks; read, nothing is left."""
    lead_id = await desk.form()
    no = ConsentGiven(id=new_id("evt"), at=OPEN_HOURS, lead_id=lead_id, by="ana", consent=ConsentAct(sms=False))
    async with runtime.engine.begin() as door:
        found = await contacts.lock_by_phone(door, runtime.directory, [("lakeside", PHONE)])
        await events.append(door, runtime.vault, [(found["lakeside", PHONE], no)])
        during = await claim(runtime, SENDER, 10)
        assert during is not None
        assert (during.texts, during.judgements) == ([], [])
    after = await claim(runtime, SENDER, 10)
    assert after is not None
    assert [one.decision["rule"] for one in after.judgements] == ["unread_events"]
    await desk.work()
    async with runtime.engine.connect() as conn:
        statuses = (await conn.execute(text("SELECT status FROM messages"))).scalars().all()
    assert statuses == ["cancelled"]


async def test_a_text_planned_under_a_consent_that_ended_since_is_dropped(desk: Desk, runtime: Runtime) -> None:
    """Whatever the plan says, the ledger decides: here a row that no decision of ours cancelled a text for."""
    lead_id = await desk.form()
    ended = RecordConsent(
        id=new_id("consent"), lead_id=None, status="withdrawn", act=ConsentAct(at=OPEN_HOURS), method="letter"
    )
    async with runtime.engine.begin() as conn:
        contact = await conn.scalar(text("SELECT contact_id FROM leads"))
        await permissions.record_consents(conn, runtime.vault, [("lakeside", contact, ended)], OPEN_HOURS)
    said = await desk.claim()
    assert (said["verdict"], said["rule"], said["ended_by"]) == ("drop", "consent", ended.id)
    lead = await desk.lead(lead_id)
    assert (lead["stage"], lead["reason"]) == ("paused", "no valid consent")
    assert [one["kind"] for one in (await desk.get("/tasks"))["tasks"]] == ["call"]


# -- the ledger ----------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["UPDATE consents SET status = 'granted'", "DELETE FROM consents"])
async def test_the_ledger_refuses_every_change(desk: Desk, runtime: Runtime, change: str) -> None:
    await desk.form()
    async with runtime.engine.connect() as conn:
        with pytest.raises(DBAPIError, match="consents only grows"):
            await conn.execute(text(change))
    assert len(await desk.ledger()) == 1


async def test_the_ledger_tells_a_regulator_everything_and_names_nobody(desk: Desk, runtime: Runtime) -> None:
    act = an_act(
        at="2026-11-24T15:55:00Z",
        url="https://lakeside.example/appointment",
        ip="192.0.2.17",
        user_agent="Mozilla/5.0",
        certificate="https://cert.example/1",
        language="en",
    )
    lead_id = await desk.form(act, language="es")
    (row,) = await desk.ledger()
    assert tuple(row) == permissions.LEDGER_COLUMNS
    assert row == {
        "id": row["id"],
        "clinic": "lakeside",
        "clinic_name": "Lakeside Clinic",
        "phone": PHONE,
        "lead_id": lead_id,
        "person": lead_id,
        "status": "granted",
        "problem": None,
        "method": "web_form",
        "scope": "appointment follow-up",
        "text_key": "web-2026-09",
        "text": consent_words(),
        "text_sha256": sha256(consent_words().encode()).hexdigest(),
        "language": "en",
        "occurred_at": datetime(2026, 11, 24, 15, 55, tzinfo=UTC),
        "recorded_at": row["recorded_at"],
        "source": "website",
        "url": "https://lakeside.example/appointment",
        "ip": "192.0.2.17",
        "user_agent": "Mozilla/5.0",
        "certificate": "https://cert.example/1",
        "prechecked": False,
        "recorded_by": None,
        "reason": None,
        "corrects": None,
        "ended_by": None,
    }
    assert timedelta(0) <= row["recorded_at"] - OPEN_HOURS < timedelta(minutes=1)
    await set_clock(runtime, OPEN_HOURS + timedelta(hours=2))
    await desk.reply("STOP")
    assert [one["status"] for one in await desk.ledger(OPEN_HOURS + timedelta(hours=1))] == ["withdrawn"]


async def test_the_database_and_the_rules_agree_on_what_stands(desk: Desk, runtime: Runtime) -> None:
    """Thirty phones with a dozen random rows each: the statement that judges texts finds what `stands` finds."""
    dice = random.Random(7)
    for number in range(30):
        await desk.form(phone=f"+1312555{1000 + number}")
    seen: set[bool] = set()
    async with runtime.engine.begin() as conn:
        for contact in (await conn.execute(text("SELECT id FROM contacts"))).scalars().all():
            orders = [("lakeside", contact, _any_row(dice, contact, place)) for place in range(12)]
            await permissions.record_consents(conn, runtime.vault, orders, OPEN_HOURS)
            ledger = [Entry.of(order, OPEN_HOURS) for _, _, order in orders]
            stood = {row.id: stands(row.id, row.lead_id, ledger) for row in ledger}
            assert await _standing(conn, contact, stood.keys()) == stood
            seen |= set(stood.values())
    assert seen == {True, False}


def _any_row(dice: random.Random, contact: str, place: int) -> RecordConsent:
    lead = dice.choice(["lead_1", "lead_2", "lead_3"])
    status = dice.choice(["granted", "granted", "granted", "renewed", "unmatched", "withdrawn"])
    at = dice.choice([None, OPEN_HOURS - timedelta(days=9, hours=dice.randrange(6))])
    whole_phone = status == "withdrawn" and dice.random() < 0.3
    corrected = f"consent_{contact}_{dice.randrange(12)}" if dice.random() < 0.1 else None
    return RecordConsent(
        id=f"consent_{contact}_{place}",
        lead_id=lead,
        status=status,
        act=ConsentAct(sms=status != "withdrawn", at=at, corrects=corrected),
        method="any",
        person=None if whole_phone else {"lead_2": "lead_1"}.get(lead, lead),
    )


async def _standing(conn: AsyncConnection, contact: str, ids: Iterable[str]) -> dict[str, bool]:
    query = f"SELECT id, status, ({permissions.ENDED_BY}) AS ended_by FROM consents AS act WHERE contact_id = :contact"
    rows = await conn.execute(text(query), {"contact": contact})
    found = {row.id: row.status in ALLOWING and row.ended_by is None for row in rows}
    return {one: found[one] for one in ids}
