"""The emulated mail server: takes every e-mail it is given, forwards none, and shows them.

It speaks as much SMTP as handing over needs (RFC 5321), in the clear, for it belongs on a loopback address.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from html import escape

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

LARGEST_MAIL = 1024 * 1024
KEPT = 1000

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>E-mails</title></head>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem">
<h1>E-mails</h1><p>Newest first. Nothing of this has left the machine. <a href="/">Phones</a></p>
{mails}</body></html>
"""

MAIL = """<article style="border-top: 1px solid #ccc; padding: 1rem 0">
<b>{subject}</b><br>from {sender}, to {to}<pre style="white-space: pre-wrap; font: inherit">{text}</pre></article>
"""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Mail:
    """An e-mail as it came."""

    sender: str
    to: str
    at: datetime
    data: bytes

    def as_json(self) -> dict[str, str]:
        """What the page and programs are shown; `unsubscribe` is the link of the header."""
        message = message_from_bytes(self.data, policy=default)
        plain = message.get_body(("plain",))
        return {
            "from": str(message["From"] or self.sender),
            "to": self.to,
            "subject": str(message["Subject"] or ""),
            "text": str(plain.get_content()).replace("\r\n", "\n") if plain else "",
            "unsubscribe": str(message["List-Unsubscribe"] or "").strip("<>"),
            "at": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }


@dataclass
class MailServer:
    """What came, oldest first, and the two doors to it: SMTP, and HTTP for people and tests."""

    mails: deque[Mail] = field(default_factory=lambda: deque(maxlen=KEPT))

    def routes(self) -> list[Route]:
        """`GET /mails` (of one address: `?to=`), and a page."""
        return [Route("/mails", self.listed), Route("/mail", self.page)]

    async def listed(self, request: Request) -> Response:
        """Every e-mail, oldest first."""
        to = request.query_params.get("to")
        found = [mail.as_json() for mail in self.mails if to in (None, mail.to)]
        return Response(orjson.dumps({"mails": found}), media_type="application/json")

    async def page(self, request: Request) -> Response:
        """The same for people, newest first."""
        shown = ({name: escape(value) for name, value in mail.as_json().items()} for mail in reversed(self.mails))
        mails = "".join(MAIL.format(sender=one["from"], **one) for one in shown)
        return HTMLResponse(PAGE.format(mails=mails), headers=HEADERS)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One SMTP connection, from greeting to goodbye; what is too long or breaks off is dropped."""
        try:
            async with asyncio.timeout(60):
                await _Talk(self, reader, writer).hold()
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass
        finally:
            writer.close()


@dataclass
class _Talk:
    server: MailServer
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sender: str = ""
    to: list[str] = field(default_factory=list)

    async def hold(self) -> None:
        await self._say("220 emulated mail server")
        while line := await self.reader.readline():
            verb, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            act = self._verbs().get(verb.upper())
            await self._say(await act(rest) if act else "502 not known here")
            if verb.upper() == "QUIT":
                return

    def _verbs(self) -> dict[str, Callable[[str], Awaitable[str]]]:
        said = dict.fromkeys(("HELO", "EHLO", "NOOP", "RSET"), self._begin)
        return {**said, "QUIT": self._end, "MAIL": self._mail, "RCPT": self._rcpt, "DATA": self._data}

    async def _begin(self, _: str) -> str:
        self.sender, self.to = "", []
        return "250 fine"

    async def _end(self, _: str) -> str:
        return "221 bye"

    async def _mail(self, rest: str) -> str:
        self.sender, self.to = _address(rest), []
        return "250 fine"

    async def _rcpt(self, rest: str) -> str:
        self.to.append(_address(rest))
        return "250 fine"

    async def _data(self, _: str) -> str:
        if not self.to:
            return "503 to whom?"
        await self._say("354 go on")
        data = b"\r\n".join([line async for line in self._lines()])
        self.server.mails.extend(Mail(self.sender, to, datetime.now(UTC), data) for to in self.to)
        return "250 taken"

    async def _lines(self) -> AsyncIterator[bytes]:
        size = 0
        while (line := await self.reader.readuntil(b"\r\n")) != b".\r\n":
            size += len(line)
            if size > LARGEST_MAIL:
                raise ValueError("too long")
            yield line.removesuffix(b"\r\n").removeprefix(b".")

    async def _say(self, line: str) -> None:
        self.writer.write(f"{line}\r\n".encode())
        await self.writer.drain()


def _address(rest: str) -> str:
    """What stands between `<` and `>` in `FROM:<…>` and `TO:<…>`."""
    return rest.partition("<")[2].partition(">")[0]
