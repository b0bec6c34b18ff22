"""The dispatcher: sends what the gate lets go, at each sender's pace, and tells the log what became of it.

What is claimed starts at once: a claim takes no more than there are free slots, and its first byte leaves within
a second of the claim's beginning or the text is judged again. No transaction is open while we talk to a carrier.
Outcomes are gathered and written in groups, each under the fence of its claim.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from app.adapters.clinic_file import resolve_secret
from app.adapters.sms.carriers import CARRIERS
from app.adapters.sms.line import Line
from app.adapters.sms.outcomes import Accepted, Account, NotSent, Outcome, Outgoing, Rejected, Unknown
from app.adapters.store import contacts, events, installation, messages
from app.adapters.store.messages import Settlement
from app.adapters.transient import is_transient
from app.domain.clinic import Clinic, Sender
from app.domain.events import Event, TextFailed, TextSent, TextUnknown
from app.domain.ids import new_id
from app.runtime import Runtime
from app.workers.claims import Claim, ClaimedText, claim

log = structlog.get_logger()

START_WITHIN = 1.0
"""Seconds from before the claim's transaction to the first byte written; the webhooks wait as long."""

MOST_CALLS = 100
"""Requests to carriers under way at once."""

WORTH_CLAIMING = 50
"""Free calls that make a claim worth its statements; fewer are used too, after a moment's wait for more."""

MOMENT = 0.05
"""Seconds of that wait. Only a worker that is sending as fast as it can ever waits."""
POLL_EVERY = 1.0
FINISH_WITHIN = 15.0
"""Seconds that texts under way get to end when the worker stops."""

SETTLE_TOGETHER = 200
SETTLE_EVERY = 0.05
"""Seconds from one group of outcomes to the next, so that they share their statements; the first waits for none."""

FIRST_LOOK = 30.0
"""Seconds until an unknown text is first looked for in the carrier's list."""

LONGEST_BACKOFF = 60.0

Ended = tuple[ClaimedText, Outcome]


@dataclass
class Dispatcher:
    """One worker's sender of texts. `tell_inbox` is called with lanes that have news, `mention` when it can wait."""

    runtime: Runtime
    line: Line
    tell_inbox: Callable[[Iterable[int]], None] = lambda lanes: None
    mention: Callable[[Iterable[int]], None] = lambda lanes: None
    _bell: asyncio.Event = field(default_factory=asyncio.Event)
    _calls: set[asyncio.Task[None]] = field(default_factory=set)
    _ended: list[Ended] = field(default_factory=list)
    _settling: asyncio.Task[None] | None = None
    _taken: int = 0

    def ring(self) -> None:
        """Something may be due."""
        self._bell.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop; then finish what is in flight, within reason."""
        while not stop.is_set():
            wait = POLL_EVERY
            try:
                self._bell.clear()
                wait = await self.send_due()
            except Exception as error:
                if not is_transient(error):
                    log.error("dispatcher_failed", error=type(error).__name__)
            await self._rest(wait)
        await self.finish()

    async def _rest(self, wait: float) -> None:
        if wait > 0:
            try:
                async with asyncio.timeout(wait):
                    await self._bell.wait()
            except TimeoutError:
                return

    async def send_due(self) -> float:
        """One round over all senders: claim, start sending; seconds until it is worth looking again."""
        await self._room()
        async with self.runtime.engine.connect() as conn:
            due = await messages.senders_with_due(conn, await installation.now(conn))
        rounds = [await self._send_for(sender) for sender in due]
        self._taken = sum(taken for taken, _ in rounds)
        return min((wait for _, wait in rounds), default=POLL_EVERY)

    def is_crowded(self) -> bool:
        """Whether texts leave about as fast as this worker can send them: what can wait a moment should."""
        return self._taken >= WORTH_CLAIMING

    async def _room(self) -> None:
        """Wait until a call is free, and a moment longer for enough of them."""
        until = time.monotonic() + MOMENT
        while len(self._calls) > MOST_CALLS - WORTH_CLAIMING:
            left = until - time.monotonic()
            if left <= 0 and len(self._calls) < MOST_CALLS:
                return
            timeout = left if left > 0 else None
            await asyncio.wait(self._calls, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)

    async def _send_for(self, sender: str) -> tuple[int, float]:
        """How many texts of this sender began to leave, and the seconds until it is worth looking again."""
        room = MOST_CALLS - len(self._calls)
        if room <= 0:
            return 0, 0
        began = time.monotonic()
        found = await claim(self.runtime, sender, room)
        if found is None:
            return 0, POLL_EVERY
        for text in found.texts:
            task = asyncio.create_task(self._send(found.clinic, found.sender, text, began + START_WITHIN))
            self._calls.add(task)
            task.add_done_callback(self._landed)
        if found.lanes:
            self.tell_inbox(found.lanes)
        return len(found.texts), self._until_next(found)

    def _until_next(self, found: Claim) -> float:
        if found.wait is not None:
            return found.wait
        if found.texts or found.facts:
            return 0
        return min(
            (j.retry_in for j in found.judgements if j.retry_in), default=POLL_EVERY if found.judgements else 0.05
        )

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        self._bell.set()

    async def _send(self, clinic: Clinic, sender: Sender, text: ClaimedText, deadline: float) -> None:
        outcome = await self._call(clinic, sender, text, deadline)
        self._ended.append((text, outcome))
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle_all())

    async def _call(self, clinic: Clinic, sender: Sender, text: ClaimedText, deadline: float) -> Outcome:
        try:
            account = account_of(sender, self.runtime)
        except LookupError as missing:
            log.error("credentials_missing", sender=sender.key, variable=str(missing))
            return NotSent("credentials", retry_in=LONGEST_BACKOFF)
        outgoing = Outgoing(
            to=text.to,
            from_=sender.number,
            body=text.body,
            validity=text.validity,
            status_url=f"{self.runtime.settings.public_url}/webhooks/sms/{sender.key}/status?message={text.id}",
        )
        return await CARRIERS[sender.carrier].send(self.line, account, outgoing, deadline)

    async def _settle_all(self) -> None:
        """Write outcomes in groups while there are any; a group the database refuses is tried again."""
        while self._ended:
            group, self._ended = self._ended[:SETTLE_TOGETHER], self._ended[SETTLE_TOGETHER:]
            try:
                await self._settle(group)
            except Exception as error:
                log.error("settling_failed", error=type(error).__name__, texts=len(group))
                self._ended = group + self._ended
                await asyncio.sleep(0.5)
                continue
            await asyncio.sleep(SETTLE_EVERY)

    async def _settle(self, group: list[Ended]) -> None:
        async with self.runtime.engine.begin() as conn:
            now = await installation.now(conn)
            held = await contacts.lock(conn, [text.contact_id for text, _ in group])
            ours = await messages.settle(conn, [settlement(text, outcome) for text, outcome in group])
            facts = [
                (held[text.contact_id], fact)
                for text, outcome in group
                if text.id in ours and (fact := fact_of(text, outcome, now)) is not None
            ]
            await events.append(conn, self.runtime.vault, facts)
        pressing = {contact.lane for contact, fact in facts if fact.blocks}
        if pressing:
            self.tell_inbox(pressing)
        if not self.is_crowded():  # else the inbox finds them when it looks everywhere, once a second
            self.mention({contact.lane for contact, _ in facts} - pressing)

    async def finish(self) -> None:
        """Wait for what is under way; what does not end in time is found as `sending` by the upkeep."""
        try:
            async with asyncio.timeout(FINISH_WITHIN):
                while under_way := self._under_way():
                    await asyncio.wait(under_way)
        except TimeoutError:
            log.warning("texts_left_unsettled", texts=len(self._calls) + len(self._ended))

    def _under_way(self) -> set[asyncio.Task[None]]:
        settling = {self._settling} if self._settling and not self._settling.done() else set()
        return self._calls | settling


def account_of(sender: Sender, runtime: Runtime) -> Account:
    """Our account at this sender's carrier; raises LookupError naming the environment variable that is missing."""
    return Account(
        api_url=runtime.settings.twilio_api_url,
        account=resolve_secret(sender.account, os.environ),
        secret=resolve_secret(sender.secret, os.environ),
    )


def settlement(text: ClaimedText, outcome: Outcome) -> Settlement:
    """What an outcome means for the message's row."""
    match outcome:
        case Accepted(carrier_id):
            return Settlement(id=text.id, claim_no=text.claim_no, status="sent", carrier_id=carrier_id)
        case NotSent(_, retry_in):
            wait = min(retry_in * 2**text.tries, LONGEST_BACKOFF)
            return Settlement(id=text.id, claim_no=text.claim_no, status="scheduled", retry_in=wait)
        case Rejected(code):
            return Settlement(id=text.id, claim_no=text.claim_no, status="failed", error_code=code)
        case Unknown():
            return Settlement(id=text.id, claim_no=text.claim_no, status="unknown", look_in=FIRST_LOOK)


def fact_of(text: ClaimedText, outcome: Outcome, now: datetime) -> Event | None:
    """The event an outcome is; nothing happened yet when the text was certainly not sent."""
    match outcome:
        case Accepted(carrier_id, segments):
            return TextSent(
                id=new_id("evt"),
                at=now,
                message_id=text.id,
                lead_id=text.lead_id,
                step=text.step,
                carrier_id=carrier_id,
                segments=segments or text.segments,
            )
        case Rejected(code, cause):
            return TextFailed(
                id=new_id("evt"),
                at=now,
                message_id=text.id,
                lead_id=text.lead_id,
                step=text.step,
                cause=cause,
                code=code,
                sender=text.sender,
            )
        case Unknown():
            return TextUnknown(id=new_id("evt"), at=now, message_id=text.id, lead_id=text.lead_id, step=text.step)
        case NotSent():
            return None
