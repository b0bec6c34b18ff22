"""E-mail out, on real sockets: every byte of a message, and what each way a server can fail means for it."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import pytest

from app.adapters.email.envelope import Envelope, Letter, deliverable, seal
from app.adapters.email.server import Login, ServerAway, connect, disconnect, hand_over
from app.adapters.email.unsubscribing import lead_token, token_for
from app.adapters.sms.outcomes import Accepted, NotSent, Outcome, Rejected, Unknown
from app.domain.clinic import Clinic, Smtp
from tests.domain.builders import a_clinic
from tests.mailroom import DROP, HANG, Mailroom, a_certificate, a_mailroom, a_scripted_server

CLINIC = a_clinic(
    name="Clínica Ñandú",
    help_email="hello@lakeside.example",
    smtp=Smtp(host="127.0.0.1", from_="hello@mail.lakeside.example"),
)
LETTER = Letter(
    message_id="msg_1",
    to="maria@example.com",
    subject="Your appointment request",
    body="Hi Maria & co,\n\nchoose a time here: https://leadline.test/b/abc.\nOr call us.\n",
    language="en",
    unsubscribe="https://leadline.test/u/abc.sealed",
    at=datetime(2026, 11, 24, 16, 0, 1, 5, tzinfo=UTC),
)
SOON = 60.0


def patience_for(script: dict[str, str]) -> float:
    """Seconds to wait for answers: few only where none will come, since a loaded machine may take its time."""
    return 1.0 if HANG in script.values() else SOON


def an_envelope(letter: Letter = LETTER, clinic: Clinic = CLINIC) -> Envelope:
    envelope = seal(letter, clinic)
    assert envelope is not None
    return envelope


def a_login(port: int, **changes: object) -> Login:
    smtp = {name: changes.pop(name) for name in ("user", "host") if name in changes}
    given = {"password": None, "must_encrypt": False, "we": "leadline.test", "answer_within": SOON, **changes}
    return Login(smtp=Smtp(**{"host": "127.0.0.1", "from_": "a@b.example", "port": port, **smtp}), **given)  # type: ignore[arg-type]


async def sent(login: Login, letter: Letter = LETTER) -> Outcome:
    client = await connect(login)
    outcome = await hand_over(client, an_envelope(letter), time.monotonic() + SOON)
    await disconnect(client)
    return outcome


@pytest.fixture
async def room() -> AsyncIterator[Mailroom]:
    async with a_mailroom() as opened:
        yield opened


async def test_an_email_on_the_wire_byte_by_byte(room: Mailroom) -> None:
    assert await sent(a_login(room.port)) == Accepted("<msg_1@mail.lakeside.example>", 0)
    (mail,) = room.mails
    assert (mail.sender, mail.to) == ("hello@mail.lakeside.example", ["maria@example.com"])
    assert mail.data.decode("ascii").split("\r\n") == [
        "Message-ID: <msg_1@mail.lakeside.example>",
        "List-Unsubscribe: <https://leadline.test/u/abc.sealed>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Date: Tue, 24 Nov 2026 16:00:01 +0000",
        "From: =?utf-8?q?Cl=C3=ADnica_=C3=91and=C3=BA?= <hello@mail.lakeside.example>",
        "To: maria@example.com",
        "Reply-To: hello@lakeside.example",
        "Subject: Your appointment request",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        'Content-Type: multipart/alternative; boundary="=_msg_1"',
        "Content-Language: en",
        "",
        "--=_msg_1",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "Hi Maria & co,",
        "",
        "choose a time here: https://leadline.test/b/abc.",
        "Or call us.",
        "",
        "--=20",
        "You asked Cl=C3=ADnica =C3=91and=C3=BA to be in touch. No more e-mails, ple=",
        "ase:",
        "https://leadline.test/u/abc.sealed",
        "",
        "--=_msg_1",
        'Content-Type: text/html; charset="utf-8"',
        "Content-Transfer-Encoding: quoted-printable",
        "MIME-Version: 1.0",
        "",
        "<!doctype html>",
        '<html lang=3D"en">',
        '<body style=3D"font: 16px/1.5 sans-serif">',
        "<p>Hi Maria &amp; co,</p>",
        '<p>choose a time here: <a href=3D"https://leadline.test/b/abc">https://lead=',
        "line.test/b/abc</a>.<br>",
        "Or call us.</p>",
        '<p style=3D"color: #666; font-size: 13px">You asked Cl=C3=ADnica =C3=91and=',
        "=C3=BA to be in touch. No more e-mails, please:",
        '<a href=3D"https://leadline.test/u/abc.sealed">https://leadline.test/u/abc.=',
        "sealed</a></p>",
        "</body>",
        "</html>",
        "",
        "--=_msg_1--",
        "",
    ]


async def test_spanish_and_names_in_any_script_arrive_as_they_were_written(room: Mailroom) -> None:
    subject = "Łucja Nguyễn, su solicitud de cita en la Clínica Ñandú espera todavía una respuesta de usted 🙂"
    letter = replace(LETTER, subject=subject, body="Hola Łucja:\n\n. un punto\n李 <b>&\n", language="es")
    await sent(a_login(room.port), letter)
    read = cast(EmailMessage, message_from_bytes(room.mails[0].data, policy=default))
    parts = {part.get_content_subtype(): part.get_content().replace("\r\n", "\n") for part in read.iter_parts()}  # type: ignore[attr-defined]
    footer = "Usted pidió a Clínica Ñandú que se comunique con usted. No deseo más correos:"
    assert (read["Subject"], read["Content-Language"]) == (subject, "es")
    assert (
        parts["plain"] == f"Hola Łucja:\n\n. un punto\n李 <b>&\n\n-- \n{footer}\nhttps://leadline.test/u/abc.sealed\n"
    )
    assert "<p>. un punto<br>\n李 &lt;b&gt;&amp;</p>" in parts["html"]
    assert footer in parts["html"]
    assert max(map(len, room.mails[0].data.split(b"\r\n"))) <= 100


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ({}, Accepted("<msg_1@mail.lakeside.example>", 0)),
        ({"MAIL": "451 busy"}, NotSent("sender refused", 30.0)),
        ({"MAIL": "550 who are you"}, NotSent("sender refused", 30.0)),
        ({"MAIL": DROP}, NotSent("connection lost", 30.0)),
        ({"MAIL": HANG}, NotSent("connection lost", 30.0)),
        ({"RCPT": "450 greylisted"}, NotSent("450", 30.0)),
        ({"RCPT": "421 closing"}, NotSent("421", 30.0)),
        ({"RCPT": "550 no such user"}, Rejected("550", "address_refused")),
        ({"RCPT": DROP}, NotSent("connection lost", 30.0)),
        ({"RCPT": HANG}, NotSent("connection lost", 30.0)),
        ({"RCPT": "gibberish"}, NotSent("gibberish", 30.0)),
        ({"DATA": "451 not now"}, NotSent("451", 30.0)),
        ({"DATA": "554 no"}, Rejected("554", "address_refused")),
        ({"WORDS": "452 disk full"}, NotSent("452", 30.0)),
        ({"WORDS": "554 looks like spam"}, Rejected("554", "address_refused")),
        ({"WORDS": DROP}, Unknown("SMTPServerDisconnected")),
        ({"WORDS": HANG}, Unknown("SMTPReadTimeoutError")),
        ({"WORDS": "gibberish"}, Unknown("SMTPResponseException")),
    ],
)
async def test_what_a_servers_answer_or_silence_means(script: dict[str, str], outcome: Outcome) -> None:
    """Not sent as long as it never had the words; refused when it says so; unknown once it may have taken them."""
    async with a_scripted_server(script) as server:
        patience = patience_for(script)
        client = await connect(a_login(server.port, answer_within=patience))
        assert await hand_over(client, an_envelope(), time.monotonic() + SOON, take_within=patience) == outcome
        await disconnect(client)
        assert server.taken == (1 if isinstance(outcome, Accepted) else 0)


async def test_a_refusal_leaves_the_connection_good_for_the_next() -> None:
    async with a_scripted_server({"RCPT": "550 no such user"}) as server:
        client = await connect(a_login(server.port))
        first = await hand_over(client, an_envelope(), time.monotonic() + SOON)
        server.script["RCPT"] = "250 fine"
        second = await hand_over(client, an_envelope(), time.monotonic() + SOON)
        await disconnect(client)
    assert [type(first), type(second)] == [Rejected, Accepted]
    assert server.heard == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA", "QUIT"]


async def test_what_cannot_begin_in_time_is_not_begun() -> None:
    async with a_scripted_server() as server:
        client = await connect(a_login(server.port))
        assert await hand_over(client, an_envelope(), time.monotonic()) == NotSent("late", 0)
        await disconnect(client)
    assert "MAIL" not in server.heard


@pytest.mark.parametrize("script", [{"CONNECT": "554 go away"}, {"CONNECT": DROP}, {"CONNECT": HANG}, {"EHLO": DROP}])
async def test_a_server_that_does_not_let_us_in_is_away(script: dict[str, str]) -> None:
    async with a_scripted_server(script) as server:
        with pytest.raises(ServerAway):
            await connect(a_login(server.port, answer_within=patience_for(script)))


async def test_a_port_where_nobody_listens_is_a_server_away() -> None:
    async with a_scripted_server() as server:
        port = server.port
    with pytest.raises(ServerAway, match=r"^SMTPConnectError$"):
        await connect(a_login(port))


async def test_tls_is_used_where_it_is_offered_and_the_password_goes_through_it(tmp_path: Path) -> None:
    async with a_mailroom(tls_context=a_certificate(tmp_path)) as room:
        assert isinstance(await sent(a_login(room.port, user="me", password="secret")), Accepted)
    assert ([mail.encrypted for mail in room.mails], room.logins) == ([True], [(b"me", b"secret")])


async def test_a_server_without_tls_is_refused_where_tls_is_a_must(room: Mailroom) -> None:
    with pytest.raises(ServerAway, match=r"^SMTPException$"):
        await connect(a_login(room.port, must_encrypt=True))
    assert room.mails == []


async def test_a_certificate_nobody_signed_is_refused_but_on_this_machine(tmp_path: Path) -> None:
    async with a_mailroom("127.0.0.2", tls_context=a_certificate(tmp_path)) as room:
        with pytest.raises(ServerAway, match=r"^SMTPException$|^SSLCertVerificationError$"):
            await connect(a_login(room.port, host="127.0.0.2"))
    assert room.mails == []


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("maria@example.com", "maria@example.com"),
        (" Maria.Lopez+a@Example.COM ", "Maria.Lopez+a@Example.COM"),
        ("maria@münchen.example", "maria@xn--mnchen-3ya.example"),
        ("josé@example.com", None),
        ("a@b>,c@d", None),
        ("<script>@example.com", None),
        ("maria@", None),
        ("@example.com", None),
        ("maria@exam ple.com", None),
        ("maria@..", None),
    ],
)
def test_only_an_address_that_servers_take_is_written_to(written: str, address: str | None) -> None:
    assert deliverable(written) == address
    assert (seal(replace(LETTER, to=written), CLINIC) is None) == (address is None)


def test_an_unsubscribe_link_cannot_be_made_from_a_booking_link() -> None:
    made = token_for(b"key", "abc")
    assert lead_token(b"key", made) == "abc"
    forged = ["abc", "abc.", f"abd.{made.partition('.')[2]}", made[:-1], token_for(b"other", "abc"), "é.é", "", "\n"]
    assert [lead_token(b"key", token) for token in forged] == [None] * len(forged)
