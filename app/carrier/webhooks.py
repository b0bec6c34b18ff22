"""Posts out: webhooks signed as Twilio signs them, and the queue that reports what became of each text.

A webhook is posted once and never again, since Twilio retries none by default: what a receiver loses is lost,
and finding out is the receiver's business.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urldefrag

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped, unused-ignore]

from app.adapters.sms.line import trusted
from app.carrier.faults import Report
from app.carrier.messages import Message
from app.carrier.wire import status_fields

PATIENCE_SECONDS = 15.0  # Twilio gives a webhook 15 s.
AT_ONCE = 50


class Webhooks:
    """Signs and posts forms to other people's addresses."""

    def __init__(self, token: str) -> None:
        self._validator = RequestValidator(token)
        limits = httpx.Limits(max_connections=2 * AT_ONCE)
        self._http = httpx.AsyncClient(
            transport=AiohttpTransport(limits=limits, verify=trusted()), timeout=PATIENCE_SECONDS, trust_env=False
        )

    async def post(self, url: str, fields: dict[str, str]) -> int | None:
        """Posts a signed form and returns the HTTP status; None when there was no answer."""
        # A fragment holds Twilio's connection overrides (#rc=5&rp=all): neither sent nor signed.
        address = urldefrag(url).url
        signature = self._validator.compute_signature(address, fields)
        headers = {"X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1"}
        # The transport lets some of aiohttp's own errors through; a strange host is a ValueError.
        with suppress(httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError):
            return (await self._http.post(address, data=fields, headers=headers)).status_code
        return None

    async def close(self) -> None:
        """Gives the connections back."""
        await self._http.aclose()


class Receipts:
    """Moves each accepted text along its statuses and tells its StatusCallback.

    One text's reports go out one after the other; different texts do not wait for each other, up to a
    fixed number of posts at once. `delay` is in seconds, before each report.
    """

    def __init__(self, webhooks: Webhooks, account: str, *, callbacks: bool, delay: float) -> None:
        self.callbacks = callbacks
        self.delay = delay
        self._webhooks = webhooks
        self._account = account
        self._due: asyncio.Queue[tuple[Message, Sequence[Report]]] = asyncio.Queue()
        self._posters: list[asyncio.Task[None]] = []

    def open(self) -> None:
        """Starts reporting; needs a running loop."""
        self._posters = [asyncio.create_task(self._report_for_ever()) for _ in range(AT_ONCE)]

    async def close(self) -> None:
        """Stops at once: reports still to come are lost, as in a carrier's outage."""
        for poster in self._posters:
            poster.cancel()
        await asyncio.gather(*self._posters, return_exceptions=True)

    def follow(self, message: Message, reports: Sequence[Report]) -> None:
        """Sees to it that these reports happen, in this order."""
        if not reports:
            return
        loop = asyncio.get_running_loop()
        if self.callbacks and message.callback:
            loop.call_later(self.delay, self._due.put_nowait, (message, reports))
        else:
            loop.call_later(self.delay, self._settle, message, reports)

    @staticmethod
    def _settle(message: Message, reports: Sequence[Report]) -> None:
        """Goes through the statuses at once: nobody is told, so nobody can tell."""
        for report in reports:
            message.move(report.status, report.error_code)

    async def _report_for_ever(self) -> None:
        while True:
            message, reports = await self._due.get()
            await self._report(message, reports[0])
            self.follow(message, reports[1:])

    async def _report(self, message: Message, report: Report) -> None:
        message.move(report.status, report.error_code)
        fields = status_fields(message, report.status, report.error_code, self._account)
        for _ in range(report.times):
            await self._webhooks.post(message.callback, fields)
