"""Twilio: sending by its REST API, finding what became of a text, its webhooks and its error codes.

The Messages resource is not idempotent and a repeat after a 5xx may send twice (Twilio error 20500), so nothing
here retries; a 429 is never processed (20429). Plain HTTP rather than the SDK: SDK retries can send twice.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped, unused-ignore]

from app.adapters.sms.line import Answer, Broken, Line, NotBegun
from app.adapters.sms.outcomes import (
    Absent,
    Accepted,
    Account,
    Found,
    Inbound,
    NotAWebhook,
    NotSent,
    Outcome,
    Outgoing,
    Receipt,
    Rejected,
    Search,
    Unavailable,
    Unknown,
)
from app.domain.events import FailureCause

API_URL = "https://api.twilio.com"

CAUSES: dict[str, FailureCause] = {
    "21610": "opted_out",
    "21211": "dead_number",
    "21614": "dead_number",
    "21635": "dead_number",
    "30005": "dead_number",
    "30006": "dead_number",
    "20003": "sender_fault",
    "21606": "sender_fault",
    "21608": "sender_fault",
    "21612": "sender_fault",
    "30002": "sender_fault",
    "30007": "sender_fault",
    "30032": "sender_fault",
    "30034": "sender_fault",
}
"""What Twilio's codes mean for us (twilio.com/docs/api/errors); any other code is `refused`: this text only."""

MOST_PAGES = 5


async def send(line: Line, account: Account, text: Outgoing, deadline: float) -> Outcome:
    """Create one message; `deadline` is the monotonic second before which the request must begin."""
    form = {
        "To": text.to,
        "From": text.from_,
        "Body": text.body,
        "StatusCallback": text.status_url,
        "ValidityPeriod": str(int(text.validity.total_seconds())),
    }
    answer = await line.post(_messages_url(account), form, (account.account, account.secret), deadline)
    match answer:
        case NotBegun(cause):
            return NotSent(cause)
        case Broken(cause):
            return Unknown(cause)
        case Answer():
            return _outcome(answer)


def _outcome(answer: Answer) -> Outcome:
    said = _json(answer.body)
    if answer.status == 429:
        return NotSent("rate", retry_in=_seconds(answer.headers.get("Retry-After")))
    if answer.status in (200, 201):
        sid = said.get("sid")
        return Accepted(str(sid), int(said.get("num_segments") or 0)) if sid else Unknown("unreadable answer")
    if 400 <= answer.status < 500:
        code = str(said.get("code") or f"http {answer.status}")
        return Rejected(code, CAUSES.get(code, "sender_fault" if answer.status in (401, 403, 404) else "refused"))
    return Unknown(f"http {answer.status}")


async def find(line: Line, account: Account, search: Search) -> Found | Absent | Unavailable:
    """Look through the carrier's list for a text whose sending we did not see end.

    The list filters by day only, so times are compared here; a text not yet sent may lack a date.
    """
    params = {
        "To": search.to,
        "From": search.from_,
        "DateSent>": (search.since - timedelta(days=1)).date().isoformat(),
        "PageSize": "100",
    }
    url, base = _messages_url(account), account.api_url or API_URL
    for _ in range(MOST_PAGES):
        answer = await line.get(url, params, (account.account, account.secret))
        if not isinstance(answer, Answer) or answer.status != 200:
            return Unavailable()
        page = _json(answer.body)
        for row in page.get("messages", []):
            sid = str(row["sid"])
            if _is_new_enough(row, search) and search.is_ours(sid, str(row.get("body") or "")):
                return Found(sid, str(row["status"]))
        if not page.get("next_page_uri"):
            return Absent()
        url, params = f"{base}{page['next_page_uri']}", {}
    return Unavailable()


def _is_new_enough(row: dict[str, Any], search: Search) -> bool:
    written = row.get("date_created") or row.get("date_sent")
    if row.get("direction") == "inbound":
        return False
    if not written:
        return True
    # Dates come in whole seconds.
    return parsedate_to_datetime(str(written)) >= search.since.replace(microsecond=0) - timedelta(seconds=1)


def _messages_url(account: Account) -> str:
    return f"{account.api_url or API_URL}/2010-04-01/Accounts/{account.account}/Messages.json"


def _json(body: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _seconds(retry_after: str | None) -> float:
    return min(float(retry_after), 60.0) if retry_after and retry_after.isdigit() else 1.0


# -- webhooks ----------------------------------------------------------------------------------

SIGNATURE = "X-Twilio-Signature"

ANSWER = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""What Twilio wants to hear: no reply by TwiML, since replies go through the gate like any text."""

RECEIPTS = {
    "accepted": "sent",
    "scheduled": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "partially_delivered": "delivered",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "failed",
}
"""Twilio's message statuses in ours; our `sent` is "the carrier took it"."""

EXPIRED = "30036"
"""The validity period ended before the text could be delivered."""

_SID = re.compile(r"[A-Za-z0-9]{2,64}")
_NUMBER = re.compile(r"\+[1-9][0-9]{4,14}|[0-9]{3,8}")


def verify(secret: str, url: str, params: Mapping[str, str], signature: str) -> bool:
    """Whether Twilio signed this request with the account's token: the public URL with its query, then the fields.

    SHA-1 by the account's token only: a header may not choose another algorithm.
    """
    return bool(RequestValidator(secret).validate(url, dict(params), signature))


def parse_inbound(params: Mapping[str, str]) -> Inbound:
    """A text that came in; raises `NotAWebhook`. Numbers are E.164 or short codes, as Twilio writes them."""
    _require(params, {"MessageSid": _SID, "From": _NUMBER, "To": _NUMBER})
    media = params.get("NumMedia", "0")
    return Inbound(
        account=params.get("AccountSid", ""),
        carrier_id=params["MessageSid"],
        from_=params["From"],
        to=params["To"],
        body=params.get("Body", ""),
        media=int(media[:3]) if media.isascii() and media.isdigit() else 0,
    )


def parse_status(params: Mapping[str, str]) -> Receipt:
    """A status callback; raises `NotAWebhook`. A status we do not know says no more than that it was taken."""
    _require(params, {"MessageSid": _SID, "MessageStatus": re.compile(r"[a-z_]{1,40}")})
    code = params.get("ErrorCode") or None
    status = RECEIPTS.get(params["MessageStatus"], "sent")
    return Receipt(
        account=params.get("AccountSid", ""),
        carrier_id=params["MessageSid"],
        status="expired" if code == EXPIRED and status in ("undelivered", "failed") else status,
        code=code,
        cause=CAUSES.get(code or "", "refused"),
    )


def _require(params: Mapping[str, str], shapes: Mapping[str, re.Pattern[str]]) -> None:
    wrong = [name for name, shape in shapes.items() if not shape.fullmatch(params.get(name, ""))]
    if wrong:
        raise NotAWebhook(", ".join(wrong))
