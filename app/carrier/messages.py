"""The emulator's memory: every text by sid and by phone, and every request that asked for one.

All of it is bounded: past the limit the oldest is forgotten, so a long load test cannot fill the machine.
"""

import secrets
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Literal

Direction = Literal["inbound", "outbound-api", "outbound-reply"]

# A status never goes back: a late `sent` after `delivered` is news for the webhook only.
_RANK = {"queued": 0, "sent": 1, "delivered": 2, "undelivered": 2, "received": 2}


def now() -> datetime:
    """The real time in UTC: a carrier does not follow a demo's moved clock."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Message:
    """One text, in either direction; `media` counts pictures, moments are UTC."""

    sender: str
    recipient: str
    body: str
    direction: Direction = "outbound-api"
    status: str = "queued"
    media: int = 0
    callback: str = ""
    error_code: int | None = None
    created: datetime = field(default_factory=now)
    updated: datetime = field(init=False)
    sent: datetime | None = None
    sid: str = ""

    def __post_init__(self) -> None:
        self.updated = self.created
        self.sid = self.sid or ("MM" if self.media else "SM") + secrets.token_hex(16)

    @property
    def phone(self) -> str:
        """The person's side of the conversation."""
        return self.sender if self.direction == "inbound" else self.recipient

    @property
    def number(self) -> str:
        """The business's side of the conversation."""
        return self.recipient if self.direction == "inbound" else self.sender

    def move(self, status: str, error_code: int | None = None) -> None:
        """Takes on a later status; an earlier one changes nothing."""
        if _RANK[status] <= _RANK[self.status]:
            return
        self.status, self.error_code, self.updated = status, error_code, now()
        self.sent = self.sent or self.updated


class Messages:
    """Every text, newest last, findable by sid and by phone."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._by_sid: OrderedDict[str, Message] = OrderedDict()
        self._by_phone: OrderedDict[str, deque[Message]] = OrderedDict()

    def add(self, message: Message) -> Message:
        """Keeps a text, forgetting the oldest one past the limit."""
        self._by_sid[message.sid] = message
        self._by_phone.setdefault(message.phone, deque()).append(message)
        self._by_phone.move_to_end(message.phone)
        if len(self._by_sid) > self._limit:
            self._forget_oldest()
        return message

    def _forget_oldest(self) -> None:
        _, oldest = self._by_sid.popitem(last=False)
        conversation = self._by_phone[oldest.phone]
        conversation.popleft()
        if not conversation:
            del self._by_phone[oldest.phone]

    def find(self, sid: str) -> Message | None:
        """The text with this sid, if it is still remembered."""
        return self._by_sid.get(sid)

    def conversation(self, phone: str) -> deque[Message]:
        """Everything to and from this phone, oldest first; empty for an unknown phone."""
        return self._by_phone.get(phone, deque())

    def newest_first(self, *sides: str) -> Iterator[Message]:
        """All texts, or only those of the first of these numbers that is a handset's."""
        known = next((side for side in sides if side in self._by_phone), None)
        return reversed(self._by_sid.values() if known is None else self._by_phone[known])

    def latest_phones(self, limit: int) -> list[str]:
        """Phones by their last text, most recent first."""
        return list(islice(reversed(self._by_phone), limit))


@dataclass(slots=True)
class CreateRequest:
    """One request to send a text: when it came, what it said, what it was answered.

    `status` stays None until, and unless, an answer leaves.
    """

    at: datetime
    body: bytes
    sid: str | None = None
    status: int | None = None
    code: int | None = None


class CreateRequests:
    """Every request to send a text, refused ones too, oldest first."""

    def __init__(self, limit: int) -> None:
        self._requests: deque[CreateRequest] = deque(maxlen=limit)

    def arrived(self, at: datetime, body: bytes) -> CreateRequest:
        """Notes a request as soon as it is there, before anything is judged."""
        request = CreateRequest(at, body)
        self._requests.append(request)
        return request

    def __iter__(self) -> Iterator[CreateRequest]:
        return iter(self._requests)

    def clear(self) -> None:
        """Forgets them, for the next measurement."""
        self._requests.clear()
