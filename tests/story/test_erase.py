"""A person is erased: their words and names go from every place, and what proves what was allowed stays."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.adapters.store import contacts, erasing, events, exporting, installation, messages, optouts, past_replies
from app.domain.events import Event
from app.domain.ids import new_id
from app.embedded import Servers
from app.runtime import Runtime, open_runtime
from app.settings import Settings
from app.workers.claims import claim
from app.workers.inbox import Inbox
from tests.domain import builders as make
from tests.house import until
from tests.installation import (
    LAKESIDE,
    OPEN_HOURS,
    Keys,
    a_client,
    a_lead,
    a_runtime,
    bearer,
    consent_words,
    make_keys,
)
from tests.story.commands import Done, Leadline, ask
from tests.story.test_exports import ANA, BEN, _with_two_leads

NAME, SURNAME, PHONE, EMAIL = "Zenobia", "Quackenbush", "+13125550177", "zenobia@canary.example"
CANARIES = (NAME, SURNAME, "3125550177", EMAIL, "canary", "Canary", "Tuesday")

PURPOSES = {
    ("installation", "phone_key_cipher"): "phone key",
    ("contacts", "phone_cipher"): "phone",
    ("contacts", "talk_cipher"): "talk",
    ("leads", "facts_cipher"): "lead",
    ("events", "payload_cipher"): "event",
    ("consents", "phone_cipher"): "phone",
    ("consents", "act_cipher"): "consent",
    ("messages", "body_cipher"): "message",
    ("tasks", "about_cipher"): "task",
    ("task_entries", "text_cipher"): "task",
}
"""What each column of ciphertext was sealed for."""

_CIPHERS = text("""
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND data_type = 'bytea' AND column_name LIKE '%\\_cipher'
""")

Work = Callable[[], Awaitable[int]]


async def append(runtime: Runtime, event: Event, phone: str = PHONE) -> None:
    """As a door does it."""
    async with runtime.engine.begin() as conn:
        held = await contacts.lock_by_phone(conn, runtime.directory, [("lakeside", phone)])
        await events.append(conn, runtime.vault, [(held["lakeside", phone], event)])


async def say(runtime: Runtime, words: str) -> None:
    async with runtime.engine.connect() as conn:
        now = await installation.now(conn)
    await append(runtime, make.a_reply(words, id=new_id("evt"), at=now, sender="lakeside-main"))


async def order(runtime: Runtime, phone: str = PHONE) -> None:
    """As the command does it."""
    async with runtime.engine.begin() as conn:
        contact = await contacts.find(conn, runtime.directory, "lakeside", phone)
        assert contact is not None
        await erasing.order(conn, runtime.directory, contact, "sam")


async def post(api: httpx.AsyncClient, keys: Keys, path: str, **body: Any) -> Any:
    source = path in ("/leads", "/bookings")
    answer = await api.post(path, json=body, headers=bearer(keys.source if source else keys.coordinator))
    assert answer.status_code in (200, 201, 202), answer.text
    return answer.json()


async def get(api: httpx.AsyncClient, keys: Keys, path: str) -> Any:
    answer = await api.get(path, headers=bearer(keys.coordinator))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def a_whole_story(runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work) -> tuple[str, str]:
    """Zenobia's form, replies, task, notes, answer and booking; the ids of the lead and of the task."""
    form = {"last_name": SURNAME, "email": EMAIL, "message": "a canary sings", "utm": {"campaign": "canary"}}
    more = {"external_id": "canary-7", "preferred_times": ["Tuesday mornings"], "pet": "canary", "language": "es"}
    headers = bearer(keys.source) | {"Idempotency-Key": "form-7"}
    answer = await api.post("/leads", json=a_lead(PHONE, first_name=NAME, **form, **more), headers=headers)
    await work()
    await say(runtime, "Tuesday mornings work for the canary")
    await work()
    (task,) = (await get(api, keys, "/tasks"))["tasks"]
    await post(api, keys, f"/tasks/{task['id']}/notes", assignee="ana", text="her canary sings")
    await post(api, keys, f"/tasks/{task['id']}/reply", assignee="ana", text=f"Dear {NAME}, Tuesday it is.")
    await work()
    await say(runtime, "how much is it for a canary?")
    await post(
        api,
        keys,
        "/bookings",
        phone=PHONE,
        status="cancelled",
        external_id="canary-9",
        starts_at="2026-11-30T15:00:00Z",
    )
    await work()
    return answer.json()["lead_id"], task["id"]


async def opened(runtime: Runtime) -> dict[tuple[str, str], str]:
    """All that every column of ciphertext says when it is opened, and all that stands in the clear."""
    said = {}
    async with runtime.engine.connect() as conn:
        columns = [(row.table_name, row.column_name) for row in await conn.execute(_CIPHERS)]
        assert set(columns) == PURPOSES.keys()
        for table, column in columns:
            sealed = (await conn.execute(text(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"))).scalars()
            plain = [runtime.vault.decrypt(PURPOSES[table, column], one) for one in sealed]
            said[table, column] = b"\n".join(plain).decode(errors="replace")
        tables = (await conn.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))).scalars()
        for table in set(tables) - {"clinics", "clinic_versions", "alembic_version"}:
            shown = await conn.execute(text(f'SELECT CAST(t AS text) FROM "{table}" AS t'))
            said[table, "in the clear"] = "\n".join(shown.scalars())
    return said


async def telling(runtime: Runtime) -> set[tuple[str, str]]:
    """Where something of the person can be found."""
    return {place for place, said in (await opened(runtime)).items() if any(one in said for one in CANARIES)}


async def test_after_erasing_nothing_opens_to_the_persons_words_but_the_ledger_and_the_number(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work
) -> None:
    lead_id, task_id = await a_whole_story(runtime, api, keys, work)
    assert await telling(runtime) == {
        ("contacts", "phone_cipher"),
        ("consents", "phone_cipher"),
        ("leads", "facts_cipher"),
        ("events", "payload_cipher"),
        ("messages", "body_cipher"),
        ("tasks", "about_cipher"),
        ("task_entries", "text_cipher"),
        ("bookings", "in the clear"),
    }
    before = await opened(runtime)

    await order(runtime)
    await work()

    assert await telling(runtime) == {("contacts", "phone_cipher"), ("consents", "phone_cipher")}
    after = await opened(runtime)
    for kept in ("consents", "suppressions"):
        assert [said for (table, _), said in after.items() if table == kept and _ == "in the clear"] == [
            said for (table, _), said in before.items() if table == kept and _ == "in the clear"
        ]
    assert after["consents", "act_cipher"] == before["consents", "act_cipher"]
    async with runtime.engine.connect() as conn:
        left = (await conn.execute(text("SELECT email_hash, zones, states, located, service FROM leads"))).one()
        assert tuple(left) == (None, [], [], [], None)
        rows = await conn.execute(text("SELECT DISTINCT wish IS NULL, status IN ('done', 'cancelled') FROM tasks"))
        assert rows.all() == [(True, True)]
        kept_texts = await conn.execute(text("SELECT DISTINCT status, reading IS NULL FROM messages ORDER BY status"))
        assert kept_texts.all() == [("cancelled", True), ("received", True)]
        prints = "SELECT scope LIKE 'key:%', length(fingerprint) FROM idempotency_keys WHERE scope NOT LIKE 'booking:%'"
        assert (await conn.execute(text(prints))).all() == [(True, 0)]

    shown = await get(api, keys, f"/leads/{lead_id}")
    asked = (
        "stage",
        "reason",
        "first_name",
        "last_name",
        "email",
        "message",
        "extra",
        "utm",
        "phone",
        "consent",
        "next",
    )
    assert {name: shown[name] for name in asked} == {
        "stage": "finished",
        "reason": "erased",
        "first_name": "",
        "last_name": None,
        "email": None,
        "message": None,
        "extra": {},
        "utm": {},
        "phone": PHONE,
        "consent": None,
        "next": None,
    }
    assert shown["consent_problem"] == "erased"
    for path in (f"/leads/{lead_id}/timeline", f"/tasks/{task_id}", f"/messages?lead_id={lead_id}", "/leads"):
        said = json.dumps(await get(api, keys, path))
        assert [one for one in CANARIES if one in said.replace(PHONE, "")] == []


async def exported(runtime: Runtime, kind: str) -> list[dict[str, Any]]:
    async with runtime.engine.connect() as conn:
        return [line async for line in exporting.export(conn, runtime.vault, kind, "lakeside")]


async def test_an_export_shows_blanks_and_the_ledger_whole(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work
) -> None:
    lead_id, _ = await a_whole_story(runtime, api, keys, work)
    await order(runtime)
    await work()

    assert {one["text"] for one in await exported(runtime, "messages")} == {""}
    assert {one["about"] for one in await exported(runtime, "tasks")} == {""}
    assert [(one["id"], one["first_name"], one["email"]) for one in await exported(runtime, "leads")] == [
        (lead_id, None, None)
    ]
    consents = await exported(runtime, "consents")
    assert [(one["phone"], one["status"], one["text"]) for one in consents] == [(PHONE, "granted", consent_words())]
    log = await exported(runtime, "events")
    assert [(one["kind"], one["lead_id"]) for one in log] == [
        ("lead_captured", lead_id),
        ("reply_received", None),
        ("answer_written", lead_id),
        ("reply_received", None),
        ("appointment_cancelled", None),
        ("person_erased", None),
    ]
    assert log[0]["fields"]["first_name"] == ""
    assert log[1]["fields"] | {"carrier_id": "…"} == {
        "sender": "lakeside-main",
        "carrier_id": "…",
        "body": "",
        "media": 0,
    }
    assert log[-1]["fields"] == {"by": "sam"}
    async with runtime.engine.connect() as conn:
        replies = [page async for page in past_replies.past_replies(conn, runtime.vault, "lakeside", OPEN_HOURS)]
    assert replies == [[]]


async def test_a_later_form_of_that_phone_begins_afresh_and_the_old_link_is_dead(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work
) -> None:
    old = (await post(api, keys, "/leads", **a_lead(PHONE, first_name=NAME)))["lead_id"]
    await work()
    token = (await get(api, keys, f"/leads/{old}"))["token"]
    assert (await api.get(f"/b/{token}")).status_code == 302
    await order(runtime)

    taken = await post(api, keys, "/leads", **a_lead(PHONE, first_name=NAME))
    await work()

    assert (taken["duplicate"], taken["lead_id"] == old) == (False, False)
    assert (await api.get(f"/b/{token}")).status_code == 404
    shown = await get(api, keys, f"/leads/{taken['lead_id']}")
    assert (shown["stage"], shown["first_name"], shown["consent"]["status"]) == ("texting", NAME, "granted")
    (planned,) = (await get(api, keys, f"/messages?lead_id={taken['lead_id']}"))["messages"]
    assert (planned["status"], planned["text"][:11]) == ("scheduled", f"Hi {NAME},")
    assert (await get(api, keys, f"/leads/{old}"))["stage"] == "finished"


async def test_an_opt_out_outlives_the_person_and_a_later_form_does_not_lift_it(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work
) -> None:
    old = (await post(api, keys, "/leads", **a_lead(PHONE, first_name=NAME)))["lead_id"]
    await work()
    await say(runtime, "STOP")
    await order(runtime)
    await work()
    shown = await get(api, keys, f"/leads/{old}")
    assert (shown["stage"], shown["reason"], shown["suppressed_by"]) == ("opted_out", "erased", "stop")

    new = (await post(api, keys, "/leads", **a_lead(PHONE, first_name=NAME)))["lead_id"]
    await work()

    again = await get(api, keys, f"/leads/{new}")
    assert (again["stage"], again["suppressed_by"], again["next"]) == ("new", "stop", None)
    assert [one["kind"] for one in (await get(api, keys, "/tasks"))["tasks"]] == ["call"]
    async with runtime.engine.connect() as conn:
        listed = [one async for one in optouts.listed(conn, runtime.vault, "lakeside")]
    assert [(one["phone"], one["by"], one["lifted_at"]) for one in listed] == [(PHONE, "stop", None)]


async def test_what_is_unread_before_the_order_goes_with_it_and_what_comes_after_keeps_its_words(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work
) -> None:
    """All of it in one batch: form, reply, order, then a form and a reply of somebody new."""
    await post(api, keys, "/leads", **a_lead(PHONE, first_name=NAME, message="a canary sings"))
    await say(runtime, "how much is it for a canary?")
    await order(runtime)
    new = (await post(api, keys, "/leads", **a_lead(PHONE, first_name="Ben")))["lead_id"]
    await say(runtime, "when are you open?")
    assert await work() == 5

    said = "\n".join((await opened(runtime)).values())
    assert [one for one in (NAME, "canary") if one in said] == []
    texts = (await get(api, keys, f"/messages?lead_id={new}"))["messages"]
    assert sorted((one["direction"], one["text"][:12]) for one in texts if one["purpose"] in ("step", "reply")) == [
        ("in", "when are you"),
        ("out", "Hi Ben, Lake"),
    ]
    waiting = (await get(api, keys, "/tasks"))["tasks"]
    assert [(one["kind"], one["about"], one["lead"]["id"]) for one in waiting] == [
        ("question", "when are you open?", new)
    ]


async def test_erasing_twice_is_erasing_once(runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work) -> None:
    lead_id, _ = await a_whole_story(runtime, api, keys, work)
    await order(runtime)
    await work()
    once = await get(api, keys, f"/leads/{lead_id}")
    texts = await exported(runtime, "messages")
    await order(runtime)
    await work()
    assert await get(api, keys, f"/leads/{lead_id}") == once
    assert await exported(runtime, "messages") == texts
    assert [one["kind"] for one in await exported(runtime, "events")][-2:] == ["person_erased", "person_erased"]


async def test_a_text_that_comes_back_unsent_leaves_no_more_and_an_unknown_one_is_not_looked_for(
    servers: Servers,
) -> None:
    """Their words are gone. The confirmation of an opt-out needs no consent and no hour: nothing else would stop it."""
    confirming = LAKESIDE.replace("stop_confirmed_by: carrier", "stop_confirmed_by: us")
    async with a_runtime(servers, confirming) as runtime, a_client(runtime) as api:
        inbox = Inbox(runtime)
        await post(api, await make_keys(runtime), "/leads", **a_lead(PHONE, first_name=NAME))
        await inbox.read_all()
        await until(lambda: becomes(runtime, "sending"))
        await settle(runtime, "unknown")
        await say(runtime, "STOP")
        await inbox.read_all()
        await until(lambda: becomes(runtime, "sending"))
        await order(runtime)
        await inbox.read_all()
        await settle(runtime, "scheduled")

        assert await until(lambda: becomes(runtime, "expired")) == [("stop_confirmation", None)]
        assert await becomes(runtime, "unknown") == [("step", None)]


async def becomes(runtime: Runtime, status: str) -> list[tuple[str, object]]:
    """Claim what is due; then the purpose and the next look of every text of this status."""
    await claim(runtime, "lakeside-main", 10)
    async with runtime.engine.connect() as conn:
        query = text("SELECT purpose, look_at FROM messages WHERE direction = 'out' AND status = :status")
        return [(row.purpose, row.look_at) for row in await conn.execute(query, {"status": status})]


async def settle(runtime: Runtime, status: str) -> None:
    """What became of every text that is on its way."""
    async with runtime.engine.begin() as conn:
        rows = await conn.execute(text("SELECT id, claim_no FROM messages WHERE status = 'sending'"))
        look_in = 30.0 if status == "unknown" else None
        ended = [messages.Settlement(id=row.id, claim_no=row.claim_no, status=status, look_in=look_in) for row in rows]
        assert len(await messages.settle(conn, ended)) == 1


async def test_the_neighbours_keep_everything(runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work) -> None:
    other = (await post(api, keys, "/leads", **a_lead("+13125550178", first_name="Ben", message="a fish")))["lead_id"]
    await a_whole_story(runtime, api, keys, work)
    before = await get(api, keys, f"/leads/{other}"), await get(api, keys, f"/leads/{other}/timeline")
    await order(runtime)
    await work()
    assert (await get(api, keys, f"/leads/{other}"), await get(api, keys, f"/leads/{other}/timeline")) == before


async def test_an_unreadable_event_is_emptied_and_the_timeline_still_tells(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work
) -> None:
    lead_id = (await post(api, keys, "/leads", **a_lead(PHONE, first_name=NAME)))["lead_id"]
    await work()
    await append(runtime, make.a_claim(id="evt_broken"))
    async with runtime.engine.begin() as conn:
        await conn.execute(text("UPDATE events SET payload_cipher = 'noise' WHERE id = 'evt_broken'"))
    for _ in range(3):
        await work()
    broken = {"kind": "event", "id": "evt_broken", "event": "task_claimed", "details": {}}
    for erased in (False, True):
        if erased:
            await order(runtime)
            await work()
        items = (await get(api, keys, f"/leads/{lead_id}/timeline"))["items"]
        (found,) = [one for one in items if one["id"] == "evt_broken"]
        assert {name: found[name] for name in broken} == broken


# -- the command -------------------------------------------------------------------------------


async def _reading(command: Callable[[], Done]) -> Done:
    """What a command gives while a worker reads."""
    async with open_runtime(Settings()) as runtime:
        stop = asyncio.Event()
        reading = asyncio.create_task(Inbox(runtime).run(stop))
        done = await asyncio.to_thread(command)
        stop.set()
        await reading
    return done


async def test_the_command_says_what_went_and_what_is_kept(lakeside: str, leadline: Leadline) -> None:
    await _with_two_leads()

    done = await _reading(lambda: leadline("erase", "--clinic", "lakeside", "--phone", "(312) 555-0142", "--yes"))

    assert done == Done(
        0,
        "",
        "Erased: what 1 lead, 1 message, 0 tasks, 0 bookings and 1 event said of the person.\n"
        "Kept: the number, that it did not opt out, and 1 row of the consent ledger, to prove what was allowed.\n",
    )
    lines = [json.loads(line) for line in leadline("export", "leads", "--clinic", "lakeside").out.splitlines()]
    assert [(one["phone"], one["first_name"], one["stage"]) for one in lines] == [
        (ANA, None, "finished"),
        (BEN, "Ben", "texting"),
    ]


async def test_without_a_worker_it_is_queued_and_nothing_leaves_meanwhile(lakeside: str, leadline: Leadline) -> None:
    await _with_two_leads()
    done = leadline("erase", "--clinic", "lakeside", "--phone", ANA, "--yes", "--by", "sam")
    assert (done.code, done.err.splitlines()[0]) == (
        0,
        "Queued: what 1 lead, 1 message, 0 tasks, 0 bookings and 1 event said of the person."
        " A worker erases it as soon as one runs; until then nothing leaves to this phone.",
    )
    assert await ask(lakeside, "SELECT kind, blocks FROM events WHERE read_no IS NULL") == [("person_erased", True)]


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["--phone", ANA, "--yes"], 1, "leadline: lakeside knows no such phone: there is nothing to erase\n"),
        (["--phone", "12", "--yes"], 2, "leadline: --phone is not a phone number"),
    ],
)
def test_what_cannot_be_erased_gets_one_clear_line(
    lakeside: str, leadline: Leadline, arguments: list[str], code: int, line: str
) -> None:
    done = leadline("erase", "--clinic", "lakeside", *arguments)
    assert (done.code, done.out, done.err[: len(line)]) == (code, "", line)


async def test_nobody_is_erased_unasked(lakeside: str, leadline: Leadline) -> None:
    await _with_two_leads()
    done = leadline("erase", "--clinic", "lakeside", "--phone", ANA)
    assert done == Done(2, "", "leadline: this cannot be undone, and nobody is here to be asked: add --yes\n")
    assert await ask(lakeside, "SELECT count(*) FROM events WHERE kind = 'person_erased'") == [(0,)]
