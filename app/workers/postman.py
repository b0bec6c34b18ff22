"""The postman: hands due e-mails to each clinic's mail server, one by one, and tells the log what became of them.

It works as the dispatcher does for texts: judged inside the transaction that claims, sent with none open, settled
under the claim's fence. Other than a text an e-mail is claimed when a connection stands already, so that its first
byte follows the claim at once. A clinic's server that is away holds up no other clinic; what waited too long expires.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from aiosmtplib import SMTP

from app.adapters.email.server import ServerAway, connect, disconnect, hand_over, login_of
from app.adapters.sms.outcomes import Accepted, NotSent, Outcome, Rejected, Unknown
from app.adapters.store import contacts, emails, installation, messages, unsettled
from app.adapters.store.messages import Settlement
from app.adapters.transient import is_transient
from app.domain.clinic import Clinic
from app.domain.events import Event, TextSent, TextUnknown
from app.domain.ids import new_id
from app.runtime import Runtime
from app.workers.email_claims import Claim, ClaimedEmail, append, claim, failed

log = structlog.get_logger()

START_WITHIN = 1.0
"""Seconds from before the claim's transaction to MAIL; the doors wait as long."""

POLL_EVERY = 1.0
FINISH_WITHIN = 15.0

LONGEST_BACKOFF = 600.0
FIRST_ABSENCE = 5.0
"""Seconds until a server that is away is tried again; doubled each time, up to `LONGEST_BACKOFF`."""


@dataclass
class Postman:
    """One worker's sender of e-mails: a round for each clinic that has some due. `tell_inbox` hears of news."""

    runtime: Runtime
    tell_inbox: Callable[[Iterable[int]], None] = lambda lanes: None
    _rounds: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _away: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Clinics whose server is away: until when it is left alone, and for how long that was."""
    _stopping: bool = False

    async def run(self, stop: asyncio.Event) -> None:
        """Look each second until told to stop; then finish the e-mail in hand."""
        while not stop.is_set():
            try:
                await self.deliver_due()
                await self.adopt_left_behind()
            except Exception as error:
                if not is_transient(error):
                    log.error("postman_failed", error=type(error).__name__)
            try:
                async with asyncio.timeout(POLL_EVERY):
                    await stop.wait()
            except TimeoutError:
                continue
        await self.finish()

    async def finish(self) -> None:
        """Wait for the e-mails in hand; what does not end in time is found as `sending` later."""
        self._stopping = True
        if self._rounds:
            await asyncio.wait(self._rounds.values(), timeout=FINISH_WITHIN)

    async def deliver_due(self) -> list[asyncio.Task[None]]:
        """Set off to every clinic that has e-mails due and to which nobody is under way; the rounds under way."""
        async with self.runtime.engine.connect() as conn:
            due = await emails.clinics_with_due(conn, await installation.now(conn))
        for key in due:
            if key not in self._rounds:
                self._rounds[key] = asyncio.create_task(self._round(key))
        return list(self._rounds.values())

    async def _round(self, key: str) -> None:
        """One clinic: a connection if anything may leave, then e-mail after e-mail while there are any."""
        try:
            seen = await claim(self.runtime, key, take=False)
            self._tell(seen)
            if not seen.may_leave or self._is_away(key):
                return
            server = await self._connect(seen.clinic)
            if server is None:
                return
            try:
                while server.is_connected and not self._stopping and await self._next(key, server):
                    pass
            finally:
                await disconnect(server)
        except Exception as error:
            if not is_transient(error):
                log.error("postman_failed", clinic=key, error=type(error).__name__)
        finally:
            self._rounds.pop(key, None)

    async def _next(self, key: str, server: SMTP) -> bool:
        """Claim one and hand it over; whether to go on."""
        began = time.monotonic()
        found = await claim(self.runtime, key, take=True)
        self._tell(found)
        if found.email is not None:
            outcome = await hand_over(server, found.email.envelope, began + START_WITHIN)
            await self._settle(key, found.email, outcome)
        await asyncio.sleep(found.wait)
        return found.email is not None or found.wait > 0

    def _tell(self, found: Claim) -> None:
        if found.lanes:
            self.tell_inbox(found.lanes)

    def _is_away(self, key: str) -> bool:
        return key in self._away and self._away[key][0] > time.monotonic()

    async def _connect(self, clinic: Clinic) -> SMTP | None:
        try:
            known = self.runtime.settings
            production = known.env == "production"
            login = login_of(clinic, os.environ, known.public_url, known.smtp_url, production=production)
            server = await connect(login)
        except (ServerAway, LookupError) as away:
            absence = min(self._away.get(clinic.key, (0, FIRST_ABSENCE / 2))[1] * 2, LONGEST_BACKOFF)
            self._away[clinic.key] = (time.monotonic() + absence, absence)
            log.error("mail_server_away", clinic=clinic.key, error=str(away))
            return None
        self._away.pop(clinic.key, None)
        return server

    async def _settle(self, key: str, email: ClaimedEmail, outcome: Outcome) -> None:
        if isinstance(outcome, NotSent | Unknown):
            log.warning("email_not_accepted", clinic=key, message=email.id, why=outcome.cause)
        async with self.runtime.engine.begin() as conn:
            now = await installation.now(conn)
            await contacts.lock(conn, [email.contact_id])
            ours = await messages.settle(conn, [_settlement(email, outcome)])
            facts = [(email.contact_id, fact) for fact in _facts(email, outcome, now)] if ours else []
            lanes = await append(conn, self.runtime, facts)
        self.tell_inbox(lanes)

    async def adopt_left_behind(self) -> None:
        """E-mails that a dead worker left behind may have been taken: unknown, and a person is asked."""
        async with self.runtime.engine.begin() as conn:
            left = await unsettled.left_sending(conn, "email", emails.LEFT_AFTER)
            if not left:
                return
            await contacts.lock(conn, [row.contact_id for row in left])
            now = await installation.now(conn)
            ours = await emails.make_unknown(conn, [row.id for row in left])
            facts = [(row.contact_id, fact) for row in left if row.id in ours for fact in _unknown(row, now)]
            lanes = await append(conn, self.runtime, facts)
        self.tell_inbox(lanes)


def _settlement(email: ClaimedEmail, outcome: Outcome) -> Settlement:
    """What an outcome means for the message's row."""
    row: dict[str, Any] = {"id": email.id, "claim_no": email.claim_no}
    match outcome:
        case Accepted(carrier_id):
            return Settlement(**row, status="sent", carrier_id=carrier_id)
        case NotSent(_, retry_in):
            return Settlement(**row, status="scheduled", retry_in=min(retry_in * 2**email.tries, LONGEST_BACKOFF))
        case Rejected(code):
            return Settlement(**row, status="failed", error_code=code)
        case Unknown():
            return Settlement(**row, status="unknown")


def _facts(email: ClaimedEmail, outcome: Outcome, now: datetime) -> list[Event]:
    """The events an outcome is; none when the e-mail was certainly not sent, and will be tried again."""
    what: dict[str, Any] = {"message_id": email.id, "lead_id": email.lead_id, "step": email.step}
    match outcome:
        case Accepted(carrier_id):
            return [TextSent(id=new_id("evt"), at=now, **what, carrier_id=carrier_id, segments=0)]
        case Rejected(code):
            return [failed(email, now, code)]
        case Unknown():
            return _unknown(email, now)
        case NotSent():
            return []


def _unknown(row: Any, now: datetime) -> list[Event]:
    """It counts as sent, so the sequence goes on; and as nobody can find out, a person is asked at once."""
    what: dict[str, Any] = {"message_id": row.id, "lead_id": row.lead_id, "step": row.step}
    return [TextUnknown(id=new_id("evt"), at=now, **what, settled=settled) for settled in (False, True)]
