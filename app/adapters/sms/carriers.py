"""The carriers there are, by the name a clinic file gives them. A new carrier is one module and one row here."""

from collections.abc import Mapping
from typing import Protocol

from app.adapters.sms import twilio
from app.adapters.sms.line import Line
from app.adapters.sms.outcomes import Absent, Account, Found, Inbound, Outcome, Outgoing, Receipt, Search, Unavailable


class Carrier(Protocol):
    """What the dispatcher, the upkeep and the webhook doors need of a carrier's module."""

    SIGNATURE: str
    """The header in which it signs its webhooks."""

    ANSWER: bytes
    """What it wants to hear to a webhook, as `text/xml`."""

    async def send(self, line: Line, account: Account, text: Outgoing, deadline: float) -> Outcome:
        """Create one message."""

    async def find(self, line: Line, account: Account, search: Search) -> Found | Absent | Unavailable:
        """Look for a message whose sending we did not see end."""

    def verify(self, secret: str, url: str, params: Mapping[str, str], signature: str) -> bool:
        """Whether the carrier signed this webhook."""

    def parse_inbound(self, params: Mapping[str, str]) -> Inbound:
        """A text that came in; raises `NotAWebhook`."""

    def parse_status(self, params: Mapping[str, str]) -> Receipt:
        """What became of a text; raises `NotAWebhook`."""


CARRIERS: dict[str, Carrier] = {"twilio": twilio}
