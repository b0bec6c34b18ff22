"""One emulated carrier: its numbers, its texts, who opted out, and the two things that can happen.

A business asks for a text to be sent (`accept`), or a person writes one (`receive`). Doors that speak HTTP
stand in front of it and keep nothing themselves.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from app.carrier.faults import Faults, Report
from app.carrier.messages import CreateRequests, Message, Messages
from app.carrier.webhooks import Receipts, Webhooks
from app.carrier.wire import OPTED_OUT, Params, Refusal, first_refusal, inbound_fields

# Whole-message keywords of a Twilio long code (Twilio support, 223134027). YES opts in there: not a slip.
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})

STOP_CONFIRMATION = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)
START_CONFIRMATION = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
FOREIGN_NUMBER = Refusal(21606, "The 'From' phone number is not a number of this account.")


@dataclass(slots=True)
class CarrierOptions:
    """What an emulated carrier is started with.

    `numbers` maps each of the business's numbers to its webhook base URL; texts to that number are posted to
    `BASE/inbound`. Without numbers any From is accepted and nothing is posted inbound. `callbacks` switches
    status callbacks, `delay` is the time in seconds before each, `history` how many texts are remembered.
    `mail` is where e-mails are taken in, as host and port; None: nowhere.
    """

    numbers: dict[str, str]
    account: str
    token: str
    callbacks: bool = True
    delay: float = 0.05
    history: int = 200_000
    mail: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a person's text: its sid, and the webhook's status (None: no answer) and milliseconds."""

    sid: str
    webhook_status: int | None
    webhook_ms: float | None


class Carrier:
    """The state behind every door of the emulator."""

    def __init__(self, options: CarrierOptions) -> None:
        self.options = options
        self.messages = Messages(options.history)
        self.requests = CreateRequests(options.history)
        self.faults = Faults()
        self.webhooks = Webhooks(options.token)
        self.receipts = Receipts(self.webhooks, options.account, callbacks=options.callbacks, delay=options.delay)
        self._opted_out: set[tuple[str, str]] = set()

    def refusal(self, params: Params) -> Refusal | None:
        """Why this create request is refused, if it is: its form first, then whose numbers they are."""
        if refusal := first_refusal(params):
            return refusal
        if self.options.numbers and params["From"] not in self.options.numbers:
            return FOREIGN_NUMBER
        return OPTED_OUT if (params["From"], params["To"]) in self._opted_out else None

    def accept(self, params: Params, reports: Sequence[Report]) -> Message:
        """Takes on a text that was found in order, and reports on it later."""
        callback = params.get("StatusCallback", "")
        message = Message(params["From"], params["To"], params["Body"], callback=callback)
        self.receipts.follow(message, reports)
        return self.messages.add(message)

    async def receive(self, phone: str, number: str, text: str, media: int = 0) -> Reply:
        """A person's text arrives: opt-out words take effect first, then the business is told, keyword or not."""
        message = self.messages.add(Message(phone, number, text, "inbound", "received", media))
        self._obey(phone, number, text)
        base = self.options.numbers.get(number)
        if base is None:
            return Reply(message.sid, None, None)
        began = time.perf_counter()
        status = await self.webhooks.post(f"{base.rstrip('/')}/inbound", inbound_fields(message, self.options.account))
        return Reply(message.sid, status, round((time.perf_counter() - began) * 1000, 1))

    def _obey(self, phone: str, number: str, text: str) -> None:
        """Only the single word counts (STOP PLEASE does not), and only a change is confirmed."""
        word, pair = text.strip().upper(), (number, phone)
        if word in STOP_WORDS and pair not in self._opted_out:
            self._opted_out.add(pair)
            self._confirm(phone, number, STOP_CONFIRMATION)
        elif word in START_WORDS and pair in self._opted_out:
            self._opted_out.discard(pair)
            self._confirm(phone, number, START_CONFIRMATION)

    def _confirm(self, phone: str, number: str, text: str) -> None:
        message = self.messages.add(Message(number, phone, text, "outbound-reply"))
        message.move("delivered")

    def opted_out_of(self, phone: str) -> list[str]:
        """The business numbers this phone has blocked."""
        return sorted(number for number, blocked in self._opted_out if blocked == phone)

    def number_for(self, phone: str) -> str | None:
        """Whom a reply goes to: who last wrote to this phone, else the only number there is."""
        writers = (m.number for m in reversed(self.messages.conversation(phone)) if m.direction != "inbound")
        only = next(iter(self.options.numbers)) if len(self.options.numbers) == 1 else None
        return next(writers, only)
