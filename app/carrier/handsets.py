"""The door for people and tests: the handset page, what each phone shows, faults, settings, the request log.

None of it asks for credentials, so it belongs on a loopback address. A page of another origin is turned away.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.carrier.carrier import Carrier
from app.carrier.messages import CreateRequest, Message
from app.carrier.wire import LONGEST_BODY, form, is_phone, rfc3339

_PAGE = files("app.carrier").joinpath("handset.html").read_text(encoding="utf-8")
_PHONES_SHOWN = 200


def _page_policy(page: str) -> str:
    """A content policy under which only the page's own script runs, whatever a text may contain."""
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


_PAGE_HEADERS = {
    "Content-Security-Policy": _page_policy(_PAGE),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Handsets:
    """Phones to look at and write from, and the levers of the emulator."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._settings: Mapping[str, Callable[[object], bool]] = {
            "callbacks": lambda value: isinstance(value, bool),
            "delay": lambda value: isinstance(value, int | float) and 0 <= value <= 60,
        }

    def routes(self) -> list[Route]:
        """Everything outside Twilio's own paths."""
        return [
            Route("/", self.page),
            Route("/handsets", self.phones),
            Route("/handsets/{phone}/messages", self.conversation),
            Route("/handsets/{phone}/reply", self.reply, methods=["POST"]),
            Route("/requests", self.requests),
            Route("/requests", self.clear_requests, methods=["DELETE"]),
            Route("/faults", self.faults),
            Route("/faults", self.order_fault, methods=["POST"]),
            Route("/faults", self.clear_faults, methods=["DELETE"]),
            Route("/settings", self.settings),
            Route("/settings", self.change_settings, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """The handset page, whole: no other file, no other host."""
        return Response(_PAGE, media_type="text/html", headers=_PAGE_HEADERS)

    async def phones(self, request: Request) -> Response:
        """Phones with something on them, the most recent first (200 at most), and the business's numbers."""
        latest = self._carrier.messages.latest_phones(_PHONES_SHOWN)
        return _json(
            {
                "handsets": [self._summary(phone) for phone in latest],
                "numbers": list(self._carrier.options.numbers),
            }
        )

    def _summary(self, phone: str) -> dict[str, Any]:
        conversation = self._carrier.messages.conversation(phone)
        return {
            "phone": phone,
            "messages": len(conversation),
            "last": _bubble(conversation[-1]),
            "opted_out": self._carrier.opted_out_of(phone),
        }

    async def conversation(self, request: Request) -> Response:
        """What this phone shows, oldest first; a phone nobody wrote to is empty."""
        found = self._carrier.messages.conversation(_phone(request))
        return _json({"messages": [_bubble(message) for message in found]})

    async def reply(self, request: Request) -> Response:
        """Writes from this phone, waits for the webhook and says how it went."""
        phone, order = _phone(request), await _order(request)
        text, media, to = order.get("text", ""), order.get("media", 0), order.get("to")
        if type(media) is not int or not 0 <= media <= 10:
            raise HTTPException(422, "media: must be a whole number from 0 to 10")
        if not isinstance(text, str) or not (text.strip() or media) or len(text) > LONGEST_BODY:
            raise HTTPException(422, f"text: must be a text of 1 to {LONGEST_BODY} characters")
        if to is not None and not (isinstance(to, str) and is_phone(to)):
            raise HTTPException(422, "to: must be a number like +13125550199")
        number = to or self._carrier.number_for(phone)
        if number is None:
            raise HTTPException(404, "Nobody has written to this phone yet: say to which number with `to`.")
        return _json(asdict(await self._carrier.receive(phone, number, text, media)))

    async def requests(self, request: Request) -> Response:
        """Every request to send a text, refused ones too, in the order they came."""
        return _json({"requests": [_note(note) for note in self._carrier.requests]})

    async def clear_requests(self, request: Request) -> Response:
        """Forgets the log; messages stay."""
        self._carrier.requests.clear()
        return Response(status_code=204)

    async def faults(self, request: Request) -> Response:
        """The faults in force, with how many requests each will still take."""
        return _json({"faults": self._carrier.faults.active()})

    async def order_fault(self, request: Request) -> Response:
        """Adds a fault and shows all in force."""
        try:
            self._carrier.faults.order(await _order(request))
        except ValueError as wrong:
            raise HTTPException(422, str(wrong)) from None
        return await self.faults(request)

    async def clear_faults(self, request: Request) -> Response:
        """Back to good days."""
        self._carrier.faults.clear()
        return Response(status_code=204)

    async def settings(self, request: Request) -> Response:
        """What can be changed while it runs: whether status callbacks go out, and the delay before each."""
        receipts = self._carrier.receipts
        return _json({name: getattr(receipts, name) for name in self._settings})

    async def change_settings(self, request: Request) -> Response:
        """Changes those named; all or none."""
        order = await _order(request)
        wrong = [n for n, value in order.items() if n not in self._settings or not self._settings[n](value)]
        if wrong:
            raise HTTPException(422, "settings: callbacks (true or false) and delay (0 to 60 seconds)")
        for name, value in order.items():
            setattr(self._carrier.receipts, name, value)
        return await self.settings(request)


def _bubble(message: Message) -> dict[str, Any]:
    return {
        "sid": message.sid,
        "direction": "from_phone" if message.direction == "inbound" else "to_phone",
        "from": message.sender,
        "to": message.recipient,
        "body": message.body,
        "at": rfc3339(message.created),
        "status": message.status,
    }


def _note(note: CreateRequest) -> dict[str, Any]:
    return {
        "sid": note.sid,
        "at": rfc3339(note.at),
        "status": note.status,
        "code": note.code,
        "params": form(note.body),
    }


def _phone(request: Request) -> str:
    """The phone a path names; a plus sign lost on the way is put back."""
    phone = "+" + str(request.path_params["phone"]).strip().removeprefix("+")
    if not is_phone(phone):
        raise HTTPException(422, "phone: must be a number like +13125550123")
    return phone


async def _order(request: Request) -> dict[str, Any]:
    """A JSON object from someone who may give one: not a page of another origin in somebody's browser."""
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "Orders from a page of another origin are refused.")
    try:
        order = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        raise HTTPException(422, "The body must be a JSON object.") from None
    if not isinstance(order, dict):
        raise HTTPException(422, "The body must be a JSON object.")
    return order


def _json(document: object) -> Response:
    return Response(orjson.dumps(document), media_type="application/json", headers={"Cache-Control": "no-store"})
