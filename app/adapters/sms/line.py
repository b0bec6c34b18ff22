"""The line to a carrier: one HTTP request that starts in time or not at all, and what its failure means.

A claim is a promise that the first byte leaves within a second, or the text is judged again. aiohttp calls
`on_request_headers_sent` just before it writes the request's first byte, so that is where the deadline is checked
and where "begun" is noted: an error before it means *not sent*, any error after it means *unknown*. Pool, connect
and TLS must fit into the deadline too. What cannot be closed: a process frozen between the check and the write.
"""

import asyncio
import ssl
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

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


class Line:
    """HTTP to one carrier, for many requests at a time."""

    def __init__(self, *, connections: int = 100) -> None:
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_before_first_byte)
        context = ssl.create_default_context()

        def session() -> aiohttp.ClientSession:
            jar = aiohttp.DummyCookieJar()
            connector = aiohttp.TCPConnector(limit=connections, keepalive_timeout=KEEP_IDLE, ssl=context)
            return aiohttp.ClientSession(connector=connector, trace_configs=[trace], cookie_jar=jar)

        self._client = httpx.AsyncClient(
            transport=AiohttpTransport(client=session), follow_redirects=False, trust_env=False
        )

    async def post(
        self, url: str, data: Mapping[str, str], auth: tuple[str, str], deadline: float
    ) -> Answer | NotBegun | Broken:
        """Send a form; `deadline` is the monotonic second before which its first byte must leave."""
        return await self._send("POST", url, Start(deadline), auth=auth, data=dict(data))

    async def get(self, url: str, params: Mapping[str, str], auth: tuple[str, str]) -> Answer | NotBegun | Broken:
        """Ask for something; asking twice does no harm, so there is no deadline but the time-out."""
        return await self._send("GET", url, Start(time.monotonic() + ANSWER_WITHIN), auth=auth, params=dict(params))

    async def _send(
        self,
        method: str,
        url: str,
        start: Start,
        auth: tuple[str, str],
        data: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
    ) -> Answer | NotBegun | Broken:
        left = start.deadline - time.monotonic()
        if left <= 0:
            return NotBegun("StartedTooLate")
        token = _start.set(start)
        try:
            timeout = httpx.Timeout(ANSWER_WITHIN, connect=left, pool=left)
            request = self._client.build_request(method, url, data=data, params=params, timeout=timeout)
            async with asyncio.timeout(left + ANSWER_WITHIN):  # a body that drips must end too
                response = await self._client.send(request, auth=auth, stream=True)
                try:
                    body = await _read(response)
                finally:
                    await response.aclose()
        except Exception as error:  # every failure of the way is one of two things: begun, or not
            cause = type(error.__cause__ or error).__name__
            return Broken(cause) if start.begun else NotBegun(cause)
        finally:
            _start.reset(token)
        return Answer(response.status_code, response.headers, body)

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()


async def _read(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > LONGEST_ANSWER:
            raise httpx.DecodingError("the answer is too long")
    return body
