"""What each failure of the way means, on real sockets: not sent, or unknown. Nothing in between."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from app.adapters.sms import twilio
from app.adapters.sms.line import Line
from app.adapters.sms.outcomes import Accepted, Account, NotSent, Outcome, Outgoing, Rejected, Unknown

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

TEXT = Outgoing(
    to="+13125550142",
    from_="+13125550199",
    body="Hi Maria",
    validity=timedelta(minutes=10),
    status_url="https://leadline.test/webhooks/sms/main/status?message=msg_1",
)


@asynccontextmanager
async def a_server(talk: Talk) -> AsyncIterator[str]:
    """A carrier that behaves as told; its address."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await talk(reader, writer)
        writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def send(url: str, *, within: float = 30.0, line: Line | None = None) -> Outcome:
    """Send one text to that address."""
    account = Account(api_url=url, account="AC1", secret="token")
    own = line or Line()
    try:
        return await twilio.send(own, account, TEXT, time.monotonic() + within)
    finally:
        if line is None:
            await own.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    return head + await reader.readexactly(length)


def answering(raw: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _request(reader)
        writer.write(raw)
        await writer.drain()

    return talk


def _http(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _request(reader)
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _request(reader)


OUTCOMES: dict[str, tuple[Talk, Outcome]] = {
    "accepted": (answering(_http("201 Created", b'{"sid":"SM9","num_segments":"2"}')), Accepted("SM9", 2)),
    "too many": (answering(_http("429 Too Many", b'{"code":20429}', "Retry-After: 7")), NotSent("rate", retry_in=7.0)),
    "opted out": (answering(_http("400 Bad Request", b'{"code":21610}')), Rejected("21610", "opted_out")),
    "no number": (answering(_http("400 Bad Request", b'{"code":21211}')), Rejected("21211", "dead_number")),
    "unregistered": (answering(_http("400 Bad Request", b'{"code":21606}')), Rejected("21606", "sender_fault")),
    "wrong token": (answering(_http("401 Unauthorized", b'{"code":20003}')), Rejected("20003", "sender_fault")),
    "a proxy's page": (answering(_http("403 Forbidden", b"<html>")), Rejected("http 403", "sender_fault")),
    "another refusal": (answering(_http("400 Bad Request", b'{"code":21617}')), Rejected("21617", "refused")),
    "server error": (answering(_http("500 Oops", b"<html>")), Unknown("http 500")),
    "taken, unreadable": (answering(_http("201 Created", b"{")), Unknown("unreadable answer")),
    "redirected": (answering(_http("302 Found", b"", "Location: http://x.test/")), Unknown("http 302")),
    "reset": (_reset, Unknown("ClientOSError")),
    "closed after the request": (_hang_up, Unknown("ServerDisconnectedError")),
    "garbage": (answering(b"\x16\x03\x01 not http\r\n\r\n"), Unknown("ClientResponseError")),
    "half a body": (answering(_http("201 Created", b'{"sid":"SM9"}')[:-4]), Unknown("ClientPayloadError")),
    "an endless body": (answering(_http("201 Created", b" " * 200_000)), Unknown("AnswerTooLong")),
}


@pytest.mark.parametrize("name", OUTCOMES)
async def test_every_answer_and_every_break_has_one_meaning(name: str) -> None:
    talk, expected = OUTCOMES[name]
    async with a_server(talk) as url:
        assert await send(url) == expected


async def test_a_refused_connection_is_not_sent() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert await send(f"http://127.0.0.1:{port}") == NotSent("ClientConnectorError")


async def test_a_name_that_does_not_resolve_is_not_sent() -> None:
    outcome = await send("http://no-such-host.invalid")
    assert isinstance(outcome, NotSent)


async def test_after_the_deadline_no_byte_leaves() -> None:
    seen: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.read(1))

    async with a_server(talk) as url:
        assert await send(url, within=-0.001) == NotSent("StartedTooLate")
    assert [one for one in seen if one] == []


async def test_a_pool_that_frees_too_late_is_not_sent_and_the_line_stays_usable() -> None:
    """The only connection is busy beyond the second text's deadline; a third finds the line whole."""
    release = asyncio.Event()
    bodies: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            bodies.append(await _request(reader))
            await release.wait()
            writer.write(_http("201 Created", b'{"sid":"SM1","num_segments":"1"}'))
            await writer.drain()

    line = Line(connections=1)
    async with a_server(talk) as url:
        first = asyncio.create_task(send(url, line=line))
        while not bodies:
            await asyncio.sleep(0)
        late = await send(url, within=0.2, line=line)
        release.set()
        assert await first == Accepted("SM1", 1)
        assert isinstance(late, NotSent)
        assert len(bodies) == 1
        assert await send(url, line=line) == Accepted("SM1", 1)
        await line.close()


async def test_a_stale_connection_leaves_the_outcome_unknown_never_sent_twice() -> None:
    """The server closes a kept connection just as the next request is written: one request, no repeat."""
    requests = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        await _request(reader)
        requests += 1
        writer.write(_http("201 Created", b'{"sid":"SM1","num_segments":"1"}'))
        await writer.drain()
        await _request(reader)
        requests += 1

    line = Line()
    async with a_server(talk) as url:
        assert await send(url, line=line) == Accepted("SM1", 1)
        assert await send(url, line=line) == Unknown("ServerDisconnectedError")
        assert requests == 2
        await line.close()


async def test_the_form_is_what_twilio_documents() -> None:
    seen: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await _request(reader))
        writer.write(_http("201 Created", b'{"sid":"SM1"}'))

    async with a_server(talk) as url:
        await send(url)
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /2010-04-01/Accounts/AC1/Messages.json HTTP/1.1"
    assert b"authorization: basic QUMxOnRva2Vu" in head.lower().replace(b"qumxonrva2vu", b"QUMxOnRva2Vu")
    assert body == (
        b"To=%2B13125550142&From=%2B13125550199&Body=Hi+Maria"
        b"&StatusCallback=https%3A%2F%2Fleadline.test%2Fwebhooks%2Fsms%2Fmain%2Fstatus%3Fmessage%3Dmsg_1"
        b"&ValidityPeriod=600"
    )
