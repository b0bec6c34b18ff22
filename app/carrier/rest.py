"""The door for programs: Twilio's Messages REST API, form in, JSON out.

The create path is written to be quick, because load tests stand on it: one parse, one comparison of the
credentials, one table of checks, no models.
"""

import asyncio
import hmac
from base64 import b64encode
from collections.abc import Callable
from datetime import date

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.carrier.carrier import Carrier
from app.carrier.faults import BEHAVIOURS, CRASH, NORMAL, Behaviour
from app.carrier.messages import CreateRequest, Message, now
from app.carrier.wire import (
    API_VERSION,
    UNAUTHORIZED,
    Page,
    Params,
    Refusal,
    account_resource,
    day,
    form,
    message_page,
    message_resource,
)

HANG_UP = "leadline.hang_up"
"""The ASGI extension by which the server lets a request end without an answer (see server.py)."""

_JSON = "application/json"
_DAY_FILTERS: dict[str, Callable[[date, date], bool]] = {
    "DateSent": date.__eq__,
    "DateSent>": date.__ge__,
    "DateSent<": date.__le__,
}


class Rest:
    """The account's resources, over one carrier."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._account = carrier.options.account
        pair = f"{self._account}:{carrier.options.token}"
        self._credentials = b64encode(pair.encode())

    def routes(self) -> list[Route]:
        """Where Twilio has them."""
        account = f"/{API_VERSION}/Accounts/{{account}}"
        return [
            Route(f"{account}/Messages.json", self.create_message, methods=["POST"]),
            Route(f"{account}/Messages.json", self.list_messages, methods=["GET"]),
            Route(f"{account}/Messages/{{sid}}.json", self.fetch_message, methods=["GET"]),
            Route(f"{account}.json", self.fetch_account, methods=["GET"]),
        ]

    async def create_message(self, request: Request) -> Response:
        """Accepts or refuses a text, or misbehaves as ordered; every request is noted, answered or not."""
        at = now()
        body = await request.body()
        note = self._carrier.requests.arrived(at, body)
        params = form(body)
        refusal = self._stranger(request) or self._carrier.refusal(params)
        if refusal:
            return _answer(note, refusal)
        fault = self._carrier.faults.take()
        if fault is None:
            return _answer(note, None, self._keep(note, params, NORMAL))
        return await self._misbehave(request, note, params, BEHAVIOURS[fault.kind], fault.seconds)

    async def _misbehave(
        self, request: Request, note: CreateRequest, params: Params, behaviour: Behaviour, seconds: float
    ) -> Response:
        content = self._keep(note, params, behaviour) if behaviour.keeps else b""
        if not behaviour.answers:
            await _say_nothing(request, seconds)
            # Heard only where the server cannot hang up: there a gateway would have given up by now.
            return Response(status_code=504)
        await asyncio.sleep(seconds)
        return _answer(note, behaviour.refusal, content)

    def _keep(self, note: CreateRequest, params: Params, behaviour: Behaviour) -> bytes:
        message = self._carrier.accept(params, behaviour.reports)
        note.sid = message.sid
        return orjson.dumps(message_resource(message, self._account))

    async def fetch_message(self, request: Request) -> Response:
        """One text as it stands now; 404 with code 20404 for an unknown sid."""
        self._admit(request)
        message = self._carrier.messages.find(request.path_params["sid"])
        if message is None:
            raise HTTPException(404)
        return _json(message_resource(message, self._account))

    async def list_messages(self, request: Request) -> Response:
        """Texts, newest first, by To, From and the UTC day they were sent (made, while not yet sent)."""
        self._admit(request)
        query = dict(request.query_params)
        try:
            wanted = self._filter(query)
            page = Page.asked(query)
        except ValueError:
            raise HTTPException(400) from None
        texts = self._carrier.messages.newest_first(query.get("To", ""), query.get("From", ""))
        found = [message for message in texts if wanted(message)]
        return _json(message_page(found, page, query, self._account))

    @staticmethod
    def _filter(query: Params) -> Callable[[Message], bool]:
        days = [(holds, day(query[name])) for name, holds in _DAY_FILTERS.items() if query.get(name)]
        to, sender = query.get("To"), query.get("From")

        def wanted(message: Message) -> bool:
            sent = (message.sent or message.created).date()
            return (
                to in (None, "", message.recipient)
                and sender in (None, "", message.sender)
                and all(holds(sent, limit) for holds, limit in days)
            )

        return wanted

    async def fetch_account(self, request: Request) -> Response:
        """The account itself: how a client finds out that its credentials are right."""
        self._admit(request)
        return _json(account_resource(self._account))

    def _admit(self, request: Request) -> None:
        if self._stranger(request):
            raise HTTPException(401)

    def _stranger(self, request: Request) -> Refusal | None:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        known = scheme.lower() == "basic" and hmac.compare_digest(credentials.encode(), self._credentials)
        return None if known and request.path_params["account"] == self._account else UNAUTHORIZED


def _answer(note: CreateRequest, refusal: Refusal | None, content: bytes = b"") -> Response:
    """The answer to a create request, noted as it leaves."""
    if refusal is None:
        note.status = 201
        return Response(content, 201, media_type=_JSON)
    note.status, note.code = refusal.status, refusal.code or None
    if refusal is CRASH:
        return Response("<html><body>Internal Server Error</body></html>", 500, media_type="text/html")
    return refused(refusal)


def refused(refusal: Refusal) -> Response:
    """A refusal as Twilio sends it; 429 says when to come back, 401 how to prove oneself."""
    extra = {429: {"Retry-After": "1"}, 401: {"WWW-Authenticate": 'Basic realm="Twilio API"'}}
    return Response(refusal.as_json(), refusal.status, extra.get(refusal.status), _JSON)


def _json(document: object) -> Response:
    return Response(orjson.dumps(document), media_type=_JSON)


async def _say_nothing(request: Request, seconds: float) -> None:
    """Holds the line, then drops it; ends early when the other side hangs up first."""
    try:
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        hang_up = request.scope.get("extensions", {}).get(HANG_UP)
        if hang_up:
            hang_up["now"]()
            await request.receive()
