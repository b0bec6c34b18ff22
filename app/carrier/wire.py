"""What Twilio's Messages API looks like on the wire: resources, pages, refusals, form fields.

Everything here is a shape. Nothing keeps state, so another carrier's look would be another such file.
Sources: Twilio's Message resource, TwiML webhook parameters and error dictionary.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from functools import lru_cache
from math import ceil
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from app.carrier.messages import Message

API_VERSION = "2010-04-01"
LONGEST_BODY = 1600
LONGEST_VALIDITY_SECONDS = 36_000

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
_GSM_ALL = _GSM_BASIC | _GSM_EXTENDED


@dataclass(frozen=True, slots=True)
class Refusal:
    """A create request answered with no: Twilio's code, its words, the HTTP status."""

    code: int
    message: str
    status: int = 400

    def as_json(self) -> bytes:
        """The error document, as Twilio's REST API sends it."""
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        return orjson.dumps({"code": self.code, "message": self.message, "more_info": more, "status": self.status})


# The words never repeat what was sent: callers write error texts to their logs.
UNAUTHORIZED = Refusal(20003, "Authenticate", 401)
NOT_FOUND = Refusal(20404, "The requested resource was not found", 404)
TOO_MANY = Refusal(20429, "Too Many Requests", 429)
OPTED_OUT = Refusal(21610, "Attempt to send to unsubscribed recipient")

Params = Mapping[str, str]

_CHECKS: tuple[tuple[Callable[[Params], bool], Refusal], ...] = (
    (lambda p: not p.get("To"), Refusal(21604, "A 'To' phone number is required.")),
    (lambda p: not is_phone(p["To"]), Refusal(21211, "The 'To' number is not a valid phone number.")),
    (lambda p: not p.get("From"), Refusal(21603, "A 'From' phone number is required.")),
    (lambda p: not is_phone(p["From"]), Refusal(21212, "The 'From' number is not a valid phone number.")),
    (lambda p: p["To"] == p["From"], Refusal(21266, "'To' and 'From' number cannot be the same.")),
    (lambda p: not p.get("Body", "").strip(), Refusal(21602, "Message body is required.")),
    (
        lambda p: len(p["Body"]) > LONGEST_BODY,
        Refusal(21617, "The concatenated message body exceeds the 1600 character limit."),
    ),
    (lambda p: not _is_validity(p.get("ValidityPeriod", "1")), Refusal(21624, "Invalid validity period value.")),
    (
        lambda p: not _is_web_address(p.get("StatusCallback", "")),
        Refusal(21609, "Invalid StatusCallback URL."),
    ),
)


def first_refusal(params: Params) -> Refusal | None:
    """What is wrong with a create request taken by itself; the first row that objects wins."""
    return next((refusal for objects, refusal in _CHECKS if objects(params)), None)


def is_phone(text: str) -> bool:
    """Whether this is a number in E.164 form; Twilio judges more, the emulator only the form."""
    return _E164.fullmatch(text) is not None


def _is_validity(text: str) -> bool:
    return text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= LONGEST_VALIDITY_SECONDS


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return not text or (parts.scheme in ("http", "https") and bool(parts.hostname))
    except ValueError:
        return False


def form(body: bytes) -> dict[str, str]:
    """The fields of an urlencoded body; of a repeated field the last value counts."""
    return dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True))


def count_segments(text: str) -> int:
    """Parts a text is sent in: 160/153 GSM-7 septets or 70/67 UTF-16 units a part."""
    if _GSM_ALL.issuperset(text):
        units, alone, joined = len(text) + sum(map(text.count, _GSM_EXTENDED)), 160, 153
    else:
        units, alone, joined = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if units <= alone else ceil(units / joined)


def message_resource(message: Message, account: str) -> dict[str, Any]:
    """The Message resource: what create, fetch and list answer with."""
    uri = f"/{API_VERSION}/Accounts/{account}/Messages/{message.sid}"
    return {
        "account_sid": account,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": _rfc2822(message.created),
        "date_sent": _rfc2822(message.sent) if message.sent else None,
        "date_updated": _rfc2822(message.updated),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": None,
        "from": message.sender,
        "messaging_service_sid": None,
        "num_media": str(message.media),
        "num_segments": str(count_segments(message.body)),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.recipient,
        "uri": f"{uri}.json",
    }


def account_resource(account: str) -> dict[str, Any]:
    """The Account resource, which clients fetch to see whether their credentials work."""
    uri = f"/{API_VERSION}/Accounts/{account}"
    return {
        "sid": account,
        "friendly_name": "Emulated carrier",
        "status": "active",
        "type": "Full",
        "owner_account_sid": account,
        "uri": f"{uri}.json",
        "subresource_uris": {"messages": f"{uri}/Messages.json"},
    }


def _rfc2822(at: datetime) -> str:
    return _rfc2822_second(at.replace(microsecond=0))


# Texts come many a second, and formatting would be a tenth of the create path.
_rfc2822_second = lru_cache(maxsize=4096)(format_datetime)


def rfc3339(at: datetime) -> str:
    """A moment in UTC with microseconds, as the emulator's own pages write it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def day(text: str) -> date:
    """The UTC day a list filter names, given as a date or as the full moment that SDKs send.

    Twilio documents these filters by day. Raises ValueError for anything else.
    """
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC).date() if moment.tzinfo else moment.date()


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for: numbered from 0, of `size` items."""

    number: int
    size: int

    @classmethod
    def asked(cls, query: Params) -> "Page":
        """Reads Page and PageSize as Twilio does: 50 by default, 1000 at most. Raises ValueError."""
        return cls(max(0, int(query.get("Page", "0"))), min(1000, max(1, int(query.get("PageSize", "50")))))


def message_page(found: list[Message], page: Page, query: Params, account: str) -> dict[str, Any]:
    """One page of the message list with Twilio's paging fields; uris are relative to the host."""
    start = page.number * page.size
    shown = found[start : start + page.size]
    more = start + page.size < len(found)

    def uri(number: int) -> str:
        asked = {**query, "PageSize": str(page.size), "Page": str(number)}
        return f"/{API_VERSION}/Accounts/{account}/Messages.json?{urlencode(asked)}"

    return {
        "messages": [message_resource(message, account) for message in shown],
        "first_page_uri": uri(0),
        "next_page_uri": uri(page.number + 1) if more else None,
        "previous_page_uri": uri(page.number - 1) if page.number else None,
        "page": page.number,
        "page_size": page.size,
        "start": start,
        "end": start + max(0, len(shown) - 1),
        "uri": uri(page.number),
    }


def status_fields(message: Message, status: str, error_code: int | None, account: str) -> dict[str, str]:
    """The form fields of a status callback; ErrorCode only where there is one."""
    fields = {
        "SmsSid": message.sid,
        "SmsStatus": status,
        "MessageStatus": status,
        "To": message.recipient,
        "MessageSid": message.sid,
        "AccountSid": account,
        "From": message.sender,
        "ApiVersion": API_VERSION,
    }
    return fields if error_code is None else {**fields, "ErrorCode": str(error_code)}


def inbound_fields(message: Message, account: str) -> dict[str, str]:
    """The form fields of a text that came in; places are blank, as they are for many real numbers."""
    places = {
        f"{side}{what}": "US" if what == "Country" else ""
        for side in ("To", "From")
        for what in ("Country", "State", "City", "Zip")
    }
    media = {f"MediaContentType{n}": "image/jpeg" for n in range(message.media)}
    uri = f"https://api.twilio.com/{API_VERSION}/Accounts/{account}/Messages/{message.sid}/Media"
    return {
        **places,
        **media,
        **{f"MediaUrl{n}": f"{uri}/ME{message.sid[2:-1]}{n}" for n in range(message.media)},
        "SmsMessageSid": message.sid,
        "NumMedia": str(message.media),
        "SmsSid": message.sid,
        "SmsStatus": message.status,
        "Body": message.body,
        "To": message.recipient,
        "NumSegments": str(count_segments(message.body)),
        "MessageSid": message.sid,
        "AccountSid": account,
        "From": message.sender,
        "ApiVersion": API_VERSION,
    }
