"""The postman on a real database and real mail servers: each e-mail once, or never, and what the log is told."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.adapters.clinic_file import read_clinic
from app.adapters.email.unsubscribing import token_for
from app.adapters.sms.line import Line
from app.adapters.store import contacts, events
from app.cli.doctor import examine
from app.domain.events import Event
from app.embedded import Servers
from app.runtime import Runtime
from app.simulation.month import installed, simulation_of
from app.simulation.scripts import read_leads
from app.workers.dispatcher import Dispatcher
from app.workers.inbox import Inbox
from app.workers.postman import Postman
from tests.house import a_carrier, a_socket, address, until
from tests.installation import LAKESIDE, OPEN_HOURS, a_client, a_lead, a_runtime, apply_clinic, set_clock
from tests.mailroom import DROP, Mail, Mailroom, a_mailroom, a_scripted_server
from tests.workers.test_claims import captured, replied

PHONE = "+13125550142"
ADDRESS = "maria@example.com"
STEPS = """
  letters:
    steps:
      - key: letter
        after: 0m
        email:
          subject: {en: "Your request", es: "Su solicitud"}
          body:
            en: "Hi {{ first_name }}, choose a time: {{ booking_link }}"
            es: "Hola {{ first_name }}, elija una hora: {{ booking_link }}"
      - key: later
        after: 0m
        text: {en: "Lakeside Clinic: still looking for a time? Reply YES.", es: "Lakeside Clinic: responda SI."}
      - {key: last, after: 5 business days, call: "Try a call"}
"""


def a_file(port: int, steps: str = STEPS, **smtp: object) -> str:
    """Lakeside with a mail server, and with one sequence that begins with an e-mail."""
    kept = re.sub(r"(?ms)^(question|sequences|experiments|smtp|approvals):.*?(?=^\S|\Z)", "", LAKESIDE)
    given = {"host": "127.0.0.1", "port": port, "from": "hello@lakeside.example", **smtp}
    server = ", ".join(f"{name}: {json.dumps(value)}" for name, value in given.items())
    return f"{kept}\nsmtp: {{{server}}}\nsequences:{steps}"


def test_the_file_is_right() -> None:
    _, findings = read_clinic(a_file(25))
    assert [one for one in findings if one.rule != "catch_all"] == []


@pytest.fixture
async def room() -> AsyncIterator[Mailroom]:
    async with a_mailroom() as opened:
        yield opened


@asynccontextmanager
async def lakeside(servers: Servers, port: int, **changes: Any) -> AsyncIterator[Runtime]:
    async with a_runtime(servers, a_file(port), **changes) as runtime:
        yield runtime


async def append(runtime: Runtime, phone: str, event: Event, clinic: str = "lakeside") -> None:
    async with runtime.engine.begin() as conn:
        found = await contacts.lock_by_phone(conn, runtime.directory, [(clinic, phone)])
        await events.append(conn, runtime.vault, [(found[clinic, phone], event)])


async def hand_in(runtime: Runtime, phone: str = PHONE, **changes: Any) -> None:
    """A form with an e-mail address; its letter is due at once."""
    await append(runtime, phone, replace(captured(phone), **{"email": ADDRESS, **changes}))
    await Inbox(runtime).read_all()


async def deliver(runtime: Runtime) -> None:
    """One postman's whole round, and what follows from it."""
    await deliver_unread(runtime)
    await Inbox(runtime).read_all()


async def deliver_unread(runtime: Runtime) -> None:
    """The round alone: what was told meanwhile stays unread."""
    await asyncio.gather(*await Postman(runtime).deliver_due())


async def rows(runtime: Runtime, columns: str = "step, status") -> list[Any]:
    async with runtime.engine.connect() as conn:
        ours = "direction = 'out' AND purpose = 'step' ORDER BY lead_id, planned_at, id"
        return [tuple(row) for row in await conn.execute(text(f"SELECT {columns} FROM messages WHERE {ours}"))]


async def query(runtime: Runtime, statement: str) -> Any:
    async with runtime.engine.begin() as conn:
        return (await conn.execute(text(statement))).scalars().all()


def read(mail: Mail) -> tuple[str, str, str]:
    """To whom, the subject, and the plain words."""
    message: Any = message_from_bytes(mail.data, policy=default)
    words = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    return message["To"], message["Subject"], words


async def test_a_due_email_is_sent_once_with_the_booking_link_and_the_next_step_follows(
    servers: Servers, room: Mailroom
) -> None:
    async with lakeside(servers, room.port) as runtime:
        await hand_in(runtime)
        await deliver(runtime)
        await deliver(runtime)
        (mail,) = room.mails
        ((message_id, carrier_id, decision),) = (await rows(runtime, "id, carrier_id, decision"))[:1]
        (token,) = await query(runtime, "SELECT token FROM leads")
        to, subject, words = read(mail)
        assert (to, subject) == (ADDRESS, "Your request")
        assert words.startswith(f"Hi Maria, choose a time: http://leadline.test/b/{token}\n\n-- \n")
        assert carrier_id == f"<{message_id}@lakeside.example>"
        assert (decision["verdict"], len(decision["rules"])) == ("go", 10)
        assert await rows(runtime) == [("letter", "sent"), ("later", "scheduled")]


async def test_the_lead_reads_it_in_spanish_when_the_form_was(servers: Servers, room: Mailroom) -> None:
    async with lakeside(servers, room.port) as runtime:
        await hand_in(runtime, language="es", first_name="Łucja")
        await deliver(runtime)
    assert read(room.mails[0])[1] == "Su solicitud"
    assert read(room.mails[0])[2].startswith("Hola Łucja, elija una hora: http")


async def test_many_postmen_send_each_email_once(servers: Servers, room: Mailroom) -> None:
    async with lakeside(servers, room.port) as runtime:
        for number in range(12):
            await hand_in(runtime, f"+1312556{number:04d}", email=f"p{number}@example.com")
        postmen = [Postman(runtime) for _ in range(3)]

        async def all_sent() -> bool:
            for postman in postmen:
                await postman.deliver_due()
            return len(room.mails) >= 12

        await until(all_sent)
        for postman in postmen:
            await postman.finish()
        await Inbox(runtime).read_all()
        assert sorted(mail.to[0] for mail in room.mails) == sorted(f"p{number}@example.com" for number in range(12))
        assert [status for step, status in await rows(runtime) if step == "letter"] == ["sent"] * 12


async def test_a_text_and_an_email_to_one_person_are_ten_minutes_apart(servers: Servers, room: Mailroom) -> None:
    """The letter has just gone, the text is due at once: it waits, and says why; nine minutes on it still does."""
    sock = a_socket()
    async with lakeside(servers, room.port, twilio_api_url=address(sock)) as runtime:
        async with a_carrier("http://127.0.0.1:9", sock) as carrier:
            await carrier.post("/settings", json={"callbacks": False})
            await hand_in(runtime)
            await deliver(runtime)
            line = Line()
            dispatcher = Dispatcher(runtime, line)
            await dispatcher.send_due()
            ((sent_at, decision, due_at),) = (
                await rows(runtime, "(SELECT sent_at FROM messages WHERE step = 'letter'), decision, due_at")
            )[1:]
            assert (decision["verdict"], decision["rule"]) == ("wait", "caps")
            assert due_at == sent_at + timedelta(minutes=10)
            await set_clock(runtime, due_at)
            await dispatcher.send_due()
            await dispatcher.finish()
            await line.close()
            assert await rows(runtime) == [("letter", "sent"), ("later", "sent")]


async def test_an_email_keeps_ten_minutes_from_any_text(servers: Servers, room: Mailroom) -> None:
    async with lakeside(servers, room.port) as runtime:
        await hand_in(runtime)
        await query(
            runtime,
            "INSERT INTO messages (id, clinic, contact_id, direction, purpose, channel, status, urgency, sender,"
            " body_cipher, planned_at, due_at, expires_at, sent_at) SELECT 'msg_answer', clinic, contact_id, 'out',"
            " 'answer', 'text', 'sent', 1, 'lakeside-main', '', due_at, due_at, due_at, due_at FROM messages"
            " RETURNING 1",
        )
        await deliver(runtime)
        ((due_at, decision),) = await rows(runtime, "due_at, decision")
        assert (room.mails, decision["rule"]) == ([], "between_channels")
        await set_clock(runtime, due_at)
        await deliver(runtime)
        assert len(room.mails) == 1


@pytest.mark.parametrize(
    ("script", "status", "code", "events"),
    [
        ({"RCPT": "550 no such user"}, "failed", "550", ["text_failed"]),
        ({"WORDS": "554 spam"}, "failed", "554", ["text_failed"]),
        ({"WORDS": DROP}, "unknown", None, ["text_unknown", "text_unknown"]),
    ],
)
async def test_what_ends_an_email_plans_the_next_step(
    servers: Servers, script: dict[str, str], status: str, code: str | None, events: list[str]
) -> None:
    """What may have been taken is never sent again, and a person is told; a refusal asks nobody."""
    async with a_scripted_server(script) as server, lakeside(servers, server.port) as runtime:
        await hand_in(runtime)
        await deliver(runtime)
        server.script.update({"RCPT": "250 fine", "WORDS": "250 taken"})
        await deliver(runtime)
        assert server.taken == 0
        assert await rows(runtime, "step, status, error_code") == [
            ("letter", status, code),
            ("later", "scheduled", None),
        ]
        assert await query(runtime, "SELECT kind FROM events WHERE kind LIKE 'text_%' ORDER BY no") == events
        asked = ["delivery_problem"] if status == "unknown" else []
        assert await query(runtime, "SELECT kind FROM tasks") == asked


async def test_a_greylisted_email_is_tried_again_and_sent_once(servers: Servers) -> None:
    async with a_scripted_server({"RCPT": "450 come back"}) as server, lakeside(servers, server.port) as runtime:
        await hand_in(runtime)
        await deliver(runtime)
        assert await rows(runtime, "step, status, tries") == [("letter", "scheduled", 1)]
        assert await query(runtime, "SELECT retry_at > clock_timestamp() + interval '25 seconds' FROM messages") == [
            True
        ]
        server.script["RCPT"] = "250 fine"
        await deliver(runtime)
        assert server.taken == 0
        await query(runtime, "UPDATE messages SET retry_at = NULL RETURNING 1")
        await deliver(runtime)
        assert (server.taken, await rows(runtime)) == (1, [("letter", "sent"), ("later", "scheduled")])


async def test_an_email_whose_server_stays_away_expires_and_the_sequence_goes_on(servers: Servers) -> None:
    async with a_scripted_server({"CONNECT": "421 away"}) as server, lakeside(servers, server.port) as runtime:
        await hand_in(runtime)
        await deliver(runtime)
        assert await rows(runtime) == [("letter", "scheduled")]
        ((expires_at,),) = await rows(runtime, "expires_at")
        await set_clock(runtime, expires_at + timedelta(seconds=1))
        await deliver(runtime)
        assert await rows(runtime) == [("letter", "expired"), ("later", "scheduled")]


async def test_a_server_that_is_away_is_left_alone_for_a_while(servers: Servers) -> None:
    async with a_scripted_server({"CONNECT": "421 away"}) as server, lakeside(servers, server.port) as runtime:
        await hand_in(runtime)
        postman = Postman(runtime)
        for _ in range(3):
            await asyncio.gather(*await postman.deliver_due())
        server.script["CONNECT"] = "220 hello"
        await deliver(runtime)
        assert (server.greeted, server.taken) == (2, 1)


async def test_a_slow_server_of_one_clinic_holds_up_no_other(servers: Servers, room: Mailroom) -> None:
    other = a_file(room.port).replace("clinic: lakeside", "clinic: third").replace("lakeside-main", "third-main")
    other = other.replace("+13125550199", "+13125550177").replace("  website:", "  third-website:")
    held = asyncio.Event()
    async with a_scripted_server() as slow, lakeside(servers, slow.port) as runtime:
        slow.waits = held
        await apply_clinic(runtime, other)
        await hand_in(runtime)
        form = replace(captured(PHONE), email="third@example.com", source="third-website")
        await append(runtime, PHONE, form, clinic="third")
        await Inbox(runtime).read_all()
        postman = Postman(runtime)
        await postman.deliver_due()

        async def arrived() -> bool:
            return [mail.to for mail in room.mails] == [["third@example.com"]]

        await until(arrived)
        assert slow.taken == 0
        held.set()
        await postman.finish()
        assert slow.taken == 1


async def test_a_worker_that_died_leaves_an_email_that_is_never_repeated(servers: Servers, room: Mailroom) -> None:
    async with lakeside(servers, room.port) as runtime:
        await hand_in(runtime)
        left = "clock_timestamp() - interval '130 seconds'"
        await query(runtime, f"UPDATE messages SET status = 'sending', claim_no = 1, claimed_at = {left} RETURNING 1")
        await Postman(runtime).adopt_left_behind()
        await Inbox(runtime).read_all()
        await deliver(runtime)
        assert (room.mails, await rows(runtime)) == ([], [("letter", "unknown"), ("later", "scheduled")])
        assert await query(runtime, "SELECT kind FROM tasks") == ["delivery_problem"]


async def test_an_email_being_sent_is_nobody_elses(servers: Servers, room: Mailroom) -> None:
    async with lakeside(servers, room.port) as runtime:
        await hand_in(runtime)
        await query(runtime, "UPDATE messages SET status = 'sending', claimed_at = clock_timestamp() RETURNING 1")
        await Postman(runtime).adopt_left_behind()
        await deliver(runtime)
        assert (room.mails, await rows(runtime)) == ([], [("letter", "sending")])


async def test_a_test_leads_email_goes_to_a_server_on_this_machine(servers: Servers, room: Mailroom) -> None:
    async with lakeside(servers, room.port) as runtime:
        await hand_in(runtime, test=True)
        await deliver(runtime)
        assert len(room.mails) == 1
        await apply_clinic(runtime, a_file(room.port, host="mail.example"))
        await hand_in(runtime, "+13125550143", test=True)
        await deliver(runtime)
        assert (await rows(runtime, "step, status, decision->>'rule'"))[-2:] == [
            ("letter", "dropped", "test_lead"),
            ("later", "scheduled", None),
        ]


async def test_an_address_that_no_server_takes_fails_without_being_tried(servers: Servers, room: Mailroom) -> None:
    async with lakeside(servers, room.port) as runtime:
        await hand_in(runtime, email="josé@example.com")
        await deliver(runtime)
        assert (room.mails, await rows(runtime)) == ([], [("letter", "failed"), ("later", "scheduled")])


async def test_when_the_clinic_gave_up_its_server_staff_write_the_email(servers: Servers, room: Mailroom) -> None:
    async with lakeside(servers, room.port) as runtime:
        await hand_in(runtime)
        await apply_clinic(runtime, re.sub(r"(?m)^smtp:.*\n", "", a_file(room.port)))
        await deliver(runtime)
        assert (room.mails, await rows(runtime)) == ([], [("letter", "sent"), ("later", "scheduled")])
        assert await query(runtime, "SELECT kind FROM tasks") == ["email_follow_up"]


async def test_a_missing_password_is_named_and_nothing_is_sent(servers: Servers, room: Mailroom) -> None:
    file = a_file(room.port, user="me", password="${LEADLINE_NO_SUCH_PASSWORD}")
    async with a_runtime(servers, file) as runtime:
        await hand_in(runtime)
        await deliver(runtime)
        assert (room.mails, await rows(runtime)) == ([], [("letter", "scheduled")])


# -- who wants none ----------------------------------------------------------------------------


async def test_unsubscribing_ends_emails_and_not_texts(servers: Servers, room: Mailroom) -> None:
    async with lakeside(servers, room.port) as runtime, a_client(runtime) as api:
        await hand_in(runtime)
        await deliver(runtime)
        link = unsubscribe_link(room.mails[0])
        asked = await api.get(link)
        assert (asked.status_code, "<form" in asked.text, "Lakeside Clinic" in asked.text) == (200, True, True)
        await Inbox(runtime).read_all()
        assert await query(runtime, "SELECT count(*) FROM email_suppressions") == [0]

        done = await api.post(link, content="List-Unsubscribe=One-Click", headers=FORM)
        again = await api.post(link)
        assert [(one.status_code, "<form" in one.text) for one in (done, again)] == [(200, False)] * 2
        await Inbox(runtime).read_all()
        assert (await api.post(link)).status_code == 200
        assert await query(runtime, "SELECT brand FROM email_suppressions") == ["lakeside"]
        assert await query(runtime, "SELECT stage FROM leads") == ["texting"]
        assert await query(runtime, "SELECT count(*) FROM suppressions") == [0]
        assert await query(runtime, "SELECT count(*) FROM tasks") == [0]
        assert await rows(runtime) == [("letter", "sent"), ("later", "scheduled")]

        await hand_in(runtime, "+13125550143", email=ADDRESS.upper())
        await deliver(runtime)
        assert len(room.mails) == 1
        assert (await rows(runtime, "step, status, decision->>'rule'"))[-2:] == [
            ("letter", "dropped", "email_suppression"),
            ("later", "scheduled", None),
        ]


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def unsubscribe_link(mail: Mail) -> str:
    """The link of the header, which is the one a person sees as well."""
    message: Any = message_from_bytes(mail.data, policy=default)
    link = str(message["List-Unsubscribe"]).strip("<>")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read(mail)[2].rstrip().endswith(f"\n{link}")
    return link


async def test_while_an_unsubscribing_is_unread_no_email_leaves(servers: Servers, room: Mailroom) -> None:
    async with lakeside(servers, room.port) as runtime, a_client(runtime) as api:
        await hand_in(runtime)
        (token,) = await query(runtime, "SELECT token FROM leads")
        link = f"/u/{token_for(runtime.directory.phone_key, token)}"
        assert (await api.post(link)).status_code == 200
        await deliver_unread(runtime)
        assert await rows(runtime, "status, decision->>'rule'") == [("scheduled", "unread_events")]
        await Inbox(runtime).read_all()
        await query(runtime, "UPDATE messages SET retry_at = NULL RETURNING 1")
        await deliver(runtime)
        assert (room.mails, await rows(runtime)) == ([], [("letter", "dropped"), ("later", "scheduled")])


@pytest.mark.parametrize("token", ["", "nonsense", "a.b", "%00", "%F0%9F%99%82.x", "a" * 3000])
async def test_a_link_we_never_made_does_nothing(api: httpx.AsyncClient, token: str) -> None:
    for method in ("GET", "POST"):
        answer = await api.request(method, f"/u/{token}")
        assert answer.status_code in (404, 422)
        assert token not in answer.text or not token


async def test_the_booking_links_token_unsubscribes_nobody(servers: Servers, room: Mailroom) -> None:
    async with lakeside(servers, room.port) as runtime, a_client(runtime) as api:
        await hand_in(runtime)
        (token,) = await query(runtime, "SELECT token FROM leads")
        assert (await api.post(f"/u/{token}")).status_code == 404


async def test_after_a_stop_by_text_no_email_leaves(servers: Servers, room: Mailroom) -> None:
    async with lakeside(servers, room.port) as runtime:
        await hand_in(runtime)
        await append(runtime, PHONE, replied("STOP"))
        await deliver_unread(runtime)
        assert (await rows(runtime, "status, decision->>'rule'")) == [("scheduled", "unread_events")]
        await Inbox(runtime).read_all()
        await deliver(runtime)
        assert (room.mails, await rows(runtime)) == ([], [("letter", "cancelled")])


# -- what others say of it ---------------------------------------------------------------------


async def test_the_doctor_asks_the_mail_server_and_sends_nothing(servers: Servers, room: Mailroom) -> None:
    async with lakeside(servers, room.port) as runtime:
        signs = {sign.check: (sign.state, sign.found) for sign in await examine(runtime.settings)}
        assert signs["mail server of lakeside"] == ("ok", "lets us in, not encrypted")
        async with a_scripted_server({"CONNECT": "554 go away"}) as closed:
            await apply_clinic(runtime, a_file(closed.port))
            signs = {sign.check: (sign.state, sign.found) for sign in await examine(runtime.settings)}
        assert signs["mail server of lakeside"] == ("fail", "no connection (554)")
        await apply_clinic(runtime, a_file(room.port, user="me", password="${LEADLINE_NO_SUCH_PASSWORD}"))
        signs = {sign.check: (sign.state, sign.found) for sign in await examine(runtime.settings)}
        assert signs["mail server of lakeside"] == (
            "fail",
            "the environment variable LEADLINE_NO_SUCH_PASSWORD is not set",
        )
        assert room.mails == []


async def test_what_is_due_and_has_not_left_is_counted(servers: Servers) -> None:
    async with a_scripted_server({"CONNECT": "421 away"}) as server, lakeside(servers, server.port) as runtime:
        await hand_in(runtime)
        async with a_client(runtime) as api:
            assert "\nleadline_due_emails 1.0\n" in (await api.get("/metrics")).text


def test_a_simulation_judges_emails_by_the_same_rules() -> None:
    clinic = installed(read_clinic(a_file(25))[0], "http://leadline.test")
    people = [a_lead("+13125550142", external_id="writes", email=ADDRESS), a_lead("+13125550143", external_id="none")]
    forms = read_leads(json.dumps(people).encode(), "people", clinic, "website", OPEN_HOURS)
    lines = list(simulation_of(clinic, OPEN_HOURS, forms, source="website").run(OPEN_HOURS + timedelta(hours=1)))
    told = [(line.kind, line.lead, str(line.text).partition("\n")[0]) for line in lines if line.kind != "stage"]
    later = "Lakeside Clinic: still looking for a time? Reply YES."
    assert told == [
        ("email", "writes", "Your request"),
        ("email", "none", "Your request"),
        ("task", "none", "Your request"),
        ("held", "writes", later),
        ("held", "none", later),
        ("text", "writes", later),
        ("text", "none", later),
    ]
    assert [why["rule"] for why in lines[2].why][-1] == "between_channels"


async def test_where_an_emulator_is_named_every_clinics_emails_go_there(servers: Servers, room: Mailroom) -> None:
    """A test lead's too: nothing of it leaves the machine, and the clinic's own password is not needed."""
    elsewhere = a_file(25, host="mail.example", user="me", password="${LEADLINE_NO_SUCH_PASSWORD}")
    async with a_runtime(servers, elsewhere, smtp_url=f"smtp://127.0.0.1:{room.port}") as runtime:
        await hand_in(runtime, test=True)
        await deliver(runtime)
        assert [mail.to for mail in room.mails] == [[ADDRESS]]
        signs = {sign.check: sign.found for sign in await examine(runtime.settings)}
        assert signs["mail server of lakeside"] == "lets us in, not encrypted"
