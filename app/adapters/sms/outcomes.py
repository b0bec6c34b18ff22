"""What a carrier adapter is asked and what it answers: the same words for every carrier.

An adapter is a module named as in the clinic file (`carrier: twilio`), with `send` and `find` as below, and
the webhook side (`verify`, `parse_inbound`, `parse_status`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.events import FailureCause


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where and as whom we speak to a carrier: `api_url` has scheme and host only."""

    api_url: str
    account: str
    secret: str


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A text on its way out. `validity` is how long the carrier may still try to deliver it."""

    to: str
    from_: str
    body: str
    validity: timedelta
    status_url: str


@dataclass(frozen=True)
class Accepted:
    """The carrier took it."""

    carrier_id: str
    segments: int


@dataclass(frozen=True)
class NotSent:
    """Certainly not sent: it may be judged and tried again after `retry_in` seconds."""

    cause: str
    retry_in: float = 1.0


@dataclass(frozen=True)
class Rejected:
    """Certainly refused, for good: the carrier's code, and what that means for us."""

    code: str
    cause: FailureCause


@dataclass(frozen=True)
class Unknown:
    """It may have been taken. Never send it again; look for it."""

    cause: str


Outcome = Accepted | NotSent | Rejected | Unknown


@dataclass(frozen=True)
class Found:
    """The carrier has it."""

    carrier_id: str
    status: str


@dataclass(frozen=True)
class Absent:
    """The carrier's list does not show it (yet)."""


@dataclass(frozen=True)
class Unavailable:
    """The carrier could not be asked; that is no evidence of anything."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """What to look for: a text to this phone from this number, sent at or after `since`, for which `is_ours` holds.

    `is_ours` is asked with the carrier's id and the words.
    """

    to: str
    from_: str
    since: datetime
    is_ours: Callable[[str, str], bool]


# -- webhooks ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """A text somebody sent to one of our numbers. `media` counts its pictures; the body may be empty."""

    account: str
    carrier_id: str
    from_: str
    to: str
    body: str
    media: int


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the carrier says became of a text, in our statuses: sent, delivered, undelivered, failed or expired."""

    account: str
    carrier_id: str
    status: str
    code: str | None
    cause: FailureCause


class NotAWebhook(Exception):
    """A signed request that lacks what this kind of webhook must have; the message names the fields."""
