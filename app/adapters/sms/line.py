"""The line to a carrier: one HTTP request that starts in time or not at all, and what its failure means.

A claim is a promise that the first byte leaves within a second, or the text is judged again. aiohttp calls
`on_request_headers_sent` just before it writes the request's first byte, so that is where the deadline is checked
and where "begun" is noted: an error before it means *not sent*, any error after it means *unknown*. Pool, connect
and TLS must fit into the deadline too. What cannot be closed: a process frozen between the check and the write.
"""

import asyncio
import ssl
import time
from base64 import b64encode
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import aiohttp

ANSWER_WITHIN = 10.0
"""Seconds a carrier may take to answer; Twilio answers in well under one."""

LONGEST_ANSWER = 64 * 1024

KEEP_IDLE = 2.0
"""Seconds an idle connection is kept: shorter than any server's, so that it is not closed under our feet."""


class StartedTooLate(Exception):
    """The deadline passed before the first byte; nothing was sent."""


@dataclass
class Start:
    """Until when a request may begin (monotonic seconds), and whether it did."""

    deadline: float
    begun: bool = False


_start: ContextVar[Start | None] = ContextVar("start", default=None)


async def _before_first_byte(_session: object, _context: SimpleNamespace, _params: object) -> None:
    start = _start.get()
    if start is None:
        return
    if time.monotonic() >= start.deadline:
        raise StartedTooLate
    start.begun = True


@dataclass(frozen=True)
class Answer:
    """What the carrier answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class NotBegun:
    """Nothing was sent; `cause` is an error's name, never its text."""

    cause: str


@dataclass(frozen=True)
class Broken:
    """The request began and no whole answer came: it may have been taken."""

    cause: str


class AnswerTooLong(Exception):
    """More came than any answer of a carrier has."""


@cache
def trusted() -> ssl.SSLContext:
    """Whom this machine trusts, for every connection of this process: reading it takes a twentieth of a second."""
    return ssl.create_default_context()


class Line:
    """HTTP to one carrier, for many requests at a time."""

    def __init__(self, *, connections: int = 100) -> None:
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_before_first_byte)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=KEEP_IDLE, ssl=trusted()),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trace_configs=[trace],
        )

    async def post(
        self, url: str, data: Mapping[str, str], auth: tuple[str, str], deadline: float
    ) -> Answer | NotBegun | Broken:
        """Send a form; `deadline` is the monotonic second before which its first byte must leave."""
        headers = _headers(auth) | {"Content-Type": "application/x-www-form-urlencoded"}
        return await self._send(Start(deadline), "POST", url, headers=headers, data=urlencode(data).encode())

    async def get(self, url: str, params: Mapping[str, str], auth: tuple[str, str]) -> Answer | NotBegun | Broken:
        """Ask for something; asking twice does no harm, so there is no deadline but the time-out."""
        start = Start(time.monotonic() + ANSWER_WITHIN)
        return await self._send(start, "GET", url, headers=_headers(auth), params=dict(params))

    async def _send(self, start: Start, method: str, url: str, **what: Any) -> Answer | NotBegun | Broken:
        left = start.deadline - time.monotonic()
        if left <= 0:
            return NotBegun("StartedTooLate")
        token = _start.set(start)
        try:
            timeout = aiohttp.ClientTimeout(connect=left, sock_connect=left, sock_read=ANSWER_WITHIN)
            async with (
                asyncio.timeout(left + ANSWER_WITHIN),  # a body that drips must end too
                self._session.request(method, url, allow_redirects=False, timeout=timeout, **what) as response,
            ):
                return Answer(response.status, response.headers, await _read(response))
        except Exception as error:  # every failure of the way is one of two things: begun, or not
            cause = type(error).__name__
            return Broken(cause) if start.begun else NotBegun(cause)
        finally:
            _start.reset(token)

    async def close(self) -> None:
        """Hang up."""
        await self._session.close()


def _headers(auth: tuple[str, str]) -> dict[str, str]:
    credentials = b64encode(":".join(auth).encode()).decode()
    # We read the body as it comes, so it must not come compressed.
    return {"Authorization": f"Basic {credentials}", "Accept": "application/json", "Accept-Encoding": "identity"}


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = b""
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > LONGEST_ANSWER:
            raise AnswerTooLong
    return body
