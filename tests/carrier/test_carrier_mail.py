"""The emulated mail server: what a program hands over by SMTP is shown, whole and harmless, and goes nowhere."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from app.adapters.email.server import connect, disconnect, hand_over
from app.adapters.sms.outcomes import Accepted
from app.carrier import CarrierOptions, serve
from tests.adapters.test_email import CLINIC, LETTER, a_login, an_envelope
from tests.house import a_socket, address, until


@asynccontextmanager
async def an_emulator() -> AsyncIterator[tuple[httpx.AsyncClient, int]]:
    """The carrier's process-to-be with its mail server; the client of its pages, and the port of its SMTP."""
    sock, other = a_socket(), a_socket()
    port = int(other.getsockname()[1])
    other.close()
    options = CarrierOptions(numbers={}, account="AC1", token="t", mail=("127.0.0.1", port))
    serving = asyncio.create_task(serve(options, sock=sock))
    async with httpx.AsyncClient(base_url=address(sock), verify=False) as client:

        async def answers() -> bool:
            try:
                return (await client.get("/mails")).status_code == 200
            except httpx.TransportError:
                return False

        await until(answers)
        yield client, port
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_an_email_that_was_handed_over_is_shown_and_its_markup_is_not_alive() -> None:
    letter = replace(LETTER, body="Hi <b>Łucja</b>\n\n.dot\n..two\n")
    async with an_emulator() as (client, port):
        server = await connect(a_login(port))
        outcome = await hand_over(server, an_envelope(letter), time.monotonic() + 60)
        await disconnect(server)
        (mail,) = (await client.get("/mails", params={"to": "maria@example.com"})).json()["mails"]
        none = (await client.get("/mails", params={"to": "jo@example.com"})).json()
        page = await client.get("/mail")
    assert isinstance(outcome, Accepted)
    words = (
        "-- \nYou asked Clínica Ñandú to be in touch. No more e-mails, please:\nhttps://leadline.test/u/abc.sealed\n"
    )
    assert {name: value for name, value in mail.items() if name != "at"} == {
        "from": f"{CLINIC.name} <hello@mail.lakeside.example>",
        "to": "maria@example.com",
        "subject": "Your appointment request",
        "text": f"Hi <b>Łucja</b>\n\n.dot\n..two\n\n{words}",
        "unsubscribe": "https://leadline.test/u/abc.sealed",
    }
    assert none == {"mails": []}
    assert ("Hi &lt;b&gt;Łucja&lt;/b&gt;" in page.text, "<b>Łucja" in page.text) == (True, False)


@pytest.mark.parametrize("said", [b"NONSENSE\r\n", b"DATA\r\n", b"\x00\xff\r\n", b"MAIL FROM:<a@b>\r\nDATA\r\n"])
async def test_what_is_out_of_order_is_answered_with_an_error(said: bytes) -> None:
    async with an_emulator() as (client, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said + b"QUIT\r\n")
        answers = (await reader.read()).decode().split("\r\n")
        writer.close()
        await writer.wait_closed()
        assert [answer[:1] for answer in answers if answer[:3] != "250"] == ["2", "5", "2", ""]
        assert (await client.get("/mails")).json() == {"mails": []}
