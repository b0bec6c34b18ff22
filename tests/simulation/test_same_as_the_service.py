"""What the simulator says would happen is what the service does: the same months on a real database, side by side.

Texts and e-mails, conditions, the sequence that follows, and a text of which there are two wordings: who gets which
hangs on ids that differ from one life to the next, so of that step everything but its words is compared.
"""

import asyncio
import re
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import text

from app.adapters.clinic_file import read_clinic
from app.adapters.sms.line import Line as Wire
from app.adapters.store import contacts, events, installation
from app.domain.events import ReplyReceived
from app.domain.ids import new_id
from app.embedded import Servers
from app.runtime import Runtime
from app.simulation.lines import REPLY, Line
from app.simulation.month import installed, simulation_of
from app.simulation.scripts import read_leads, read_replies
from app.workers.dispatcher import Dispatcher
from app.workers.inbox import Inbox
from app.workers.postman import Postman
from tests.house import a_carrier, a_socket, address, until
from tests.installation import LAKESIDE, OPEN_HOURS, a_client, a_lead, a_runtime, bearer, make_keys, set_clock
from tests.mailroom import a_mailroom

HOT = {"service": "new-patient", "preferred_times": "mornings", "request": "appointment"}
PEOPLE = [
    a_lead("+13125550142", external_id="says yes", preferred_times="mornings", request="appointment"),
    a_lead("+13125550147", external_id="hot and silent", **HOT, email="ana@example.com"),
    a_lead("+13125550148", external_id="hot and asks for no more", **HOT, email="eva@example.com", language="es"),
    a_lead("+13055550143", external_id="silent in Florida", zip="33130", language="es"),
    a_lead("+13125550144", external_id="stops"),
    a_lead("+13125550145", external_id="asks", location="south"),
    a_lead("+13125550146", external_id="never agreed", consent={"sms": True, "text": "Call me."}),
]
REPLIES = [
    {"lead": "stops", "after": "1h", "text": "STOP"},
    {"lead": "asks", "after": "2h", "text": "How much is it?"},
    {"lead": "says yes", "after": "26h", "text": "yes please"},
    {"lead": "hot and asks for no more", "after": "6 business days", "text": "STOP"},
]
FAST = LAKESIDE.replace("segments_per_second: 10 ", "segments_per_second: 100000 ")
DAYS = timedelta(days=90)
TRIED = "reminder"
Sent = tuple[str, str, str, tuple[tuple[str, str, str], ...]]


def simulated() -> list[Line]:
    clinic = installed(read_clinic(FAST)[0], "http://leadline.test")
    forms = read_leads(orjson.dumps(PEOPLE), "people", clinic, "website", OPEN_HOURS)
    said = read_replies(b"\n".join(map(orjson.dumps, REPLIES)), "replies", clinic, forms)
    simulation = simulation_of(clinic, OPEN_HOURS, forms, source="website", replies=said)
    return list(simulation.run(OPEN_HOURS + DAYS))


async def test_the_service_sends_what_was_simulated_for_the_same_reasons(servers: Servers) -> None:
    lines = simulated()
    sock = a_socket()
    async with a_mailroom() as room:
        smtp_url = f"smtp://127.0.0.1:{room.port}"
        async with a_runtime(servers, FAST, twilio_api_url=address(sock), smtp_url=smtp_url) as runtime:
            async with a_carrier("http://127.0.0.1:9", sock) as carrier:
                await carrier.post("/settings", json={"callbacks": False})
                await live_through(runtime, lines)
            sent, tasks, stages = await what_happened(runtime)
    assert sent == sorted(_sent(line.phone, line) for line in lines if line.kind in ("text", "email"))
    assert tasks == sorted((line.phone, line.why[0]["evidence"]["kind"]) for line in lines if line.kind == "task")
    assert stages == {line.phone: line.stage for line in lines if line.kind == "stage"}
    assert {line.kind for line in lines} == {"text", "email", "call", "task", "stage", "dropped", REPLY}
    assert {line.sequence for line in lines if line.kind == "text" and line.step} == {
        "appointment-request",
        "gentle",
        "nurture",
    }
    assert all(line.variant for line in lines if line.kind == "text" and line.step == TRIED)
    assert len([mail for mail in room.mails if mail.to]) == len([line for line in lines if line.kind == "email"])


def _sent(phone: str, line: Line) -> Sent:
    return phone, line.step or "", _words(line.step, str(line.text)), _reasons(list(line.why))


def _words(step: str | None, words: str) -> str:
    return "either wording" if step == TRIED else re.sub(r"http\S+", "LINK", words)


def _reasons(rules: list[Any]) -> tuple[tuple[str, str, str], ...]:
    """Each rule with its verdict and evidence, without ids and moments, in which two runs differ."""
    return tuple((one["rule"], one["verdict"], str(_settled(one["evidence"]))) for one in rules)


def _settled(evidence: Any) -> Any:
    if isinstance(evidence, dict):
        passing = {"consent_id", "occurred_at", "expires_at", "local_time", "open_tasks", "open", "asked_at"}
        passing |= {"last_text", "last_email", "server_is_local"}
        return sorted((key, _settled(value)) for key, value in evidence.items() if key not in passing)
    return [_settled(one) for one in evidence] if isinstance(evidence, list) else str(evidence)


# -- the real thing ----------------------------------------------------------------------------


async def live_through(runtime: Runtime, lines: list[Line]) -> None:
    """Go from one simulated moment to the next, a little later each time: the real clock runs on meanwhile."""
    inbox, dispatcher, postman = Inbox(runtime), Dispatcher(runtime, wire := Wire()), Postman(runtime)
    await hand_in(runtime)
    for number, at in enumerate(sorted({line.at for line in lines}), 1):
        await set_clock(runtime, at + number * timedelta(minutes=1))
        for line in lines:
            if line.at == at and line.kind == REPLY:
                await reply(runtime, line.phone, str(line.text))
        await until(lambda: at_rest(runtime, inbox, dispatcher, postman))
    await wire.close()


async def hand_in(runtime: Runtime) -> None:
    keys = await make_keys(runtime)
    async with a_client(runtime) as client:
        for person in PEOPLE:
            taken = await client.post("/leads", json=person, headers=bearer(keys.source))
            assert taken.status_code == 202


async def reply(runtime: Runtime, phone: str, words: str) -> None:
    async with runtime.engine.begin() as conn:
        found = await contacts.lock_by_phone(conn, runtime.directory, [("lakeside", phone)])
        now = await installation.now(conn)
        said = ReplyReceived(id=new_id("evt"), at=now, sender="lakeside-main", carrier_id=new_id("SM"), body=words)
        await events.append(conn, runtime.vault, [(found["lakeside", phone], said)])


async def at_rest(runtime: Runtime, inbox: Inbox, dispatcher: Dispatcher, postman: Postman) -> bool:
    """Read and send; whether nothing is left to do. A call that began too late is tried again a moment later."""
    await inbox.read_all()
    await dispatcher.send_due()
    await dispatcher.finish()
    await asyncio.gather(*await postman.deliver_due())
    read = await inbox.read_all()
    query = "SELECT count(*) FROM messages WHERE direction = 'out' AND status = 'scheduled' AND due_at <= :now"
    async with runtime.engine.connect() as conn:
        now = await installation.now(conn)
        left = (await conn.execute(text(query), {"now": now})).scalar_one()
    return not read and not left


async def what_happened(runtime: Runtime) -> tuple[list[Sent], list[tuple[str, str]], dict[str, str]]:
    """The texts that left, the tasks that opened, and where each lead stands, by phone."""
    async with runtime.engine.connect() as conn:
        phones = {
            row.id: runtime.vault.open("phone", row.phone_cipher)
            for row in await conn.execute(text("SELECT id, phone_cipher FROM contacts"))
        }
        texts = await conn.execute(
            text("SELECT * FROM messages WHERE direction = 'out' AND channel IN ('text', 'email') AND status = 'sent'")
        )
        sent = [
            (
                phones[row.contact_id],
                row.step or "",
                _words(row.step, runtime.vault.open("message", row.body_cipher)),
                _reasons(row.decision["rules"]),
            )
            for row in texts
        ]
        tasks = await conn.execute(text("SELECT contact_id, kind FROM tasks"))
        opened = [(phones[row.contact_id], row.kind) for row in tasks]
        leads = await conn.execute(text("SELECT contact_id, stage FROM leads"))
        return sorted(sent), sorted(opened), {phones[row.contact_id]: row.stage for row in leads}
