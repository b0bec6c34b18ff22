"""Claiming e-mails: one transaction in which a clinic's due e-mails are judged, and at most one is taken.

The order is the one of `claims`: candidates without locks, the mailbox, the contacts that nobody holds, and only then,
in a new statement, what is judged by.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.email.envelope import Envelope, Letter, seal
from app.adapters.email.unsubscribing import token_for
from app.adapters.store import contacts, emails, events, installation, messages
from app.adapters.store.messages import Judgement
from app.domain.clinic import Clinic
from app.domain.contact import Stage
from app.domain.emails import EmailCase, mailbox, may_email, parts
from app.domain.events import Event, TextDropped, TextFailed, TimePassed
from app.domain.gate import Verdict
from app.domain.ids import new_id
from app.domain.pace import Pace
from app.domain.rehearsal import asked_by
from app.runtime import Runtime

PER_SECOND = 5.0
"""E-mails of one clinic a second, over all workers."""

CANDIDATES = 20

RETRY_UNREAD = 0.2
RETRY_HELD = 2.0
"""Seconds until an e-mail is judged again that waits for something which ends at no known time."""


@dataclass(frozen=True, kw_only=True)
class ClaimedEmail:
    """An e-mail that is ours to hand over, once, now."""

    id: str
    contact_id: str
    lead_id: str | None
    step: str | None
    claim_no: int
    tries: int
    envelope: Envelope


@dataclass
class Claim:
    """What one look into a clinic's mailbox found. `may_leave`: something passed the rules, taken or not."""

    clinic: Clinic
    now: datetime
    real_now: datetime
    pace: Pace
    judgements: list[Judgement] = field(default_factory=list)
    facts: list[tuple[str, Event]] = field(default_factory=list)
    may_leave: bool = False
    email: ClaimedEmail | None = None
    lanes: set[int] = field(default_factory=set)
    wait: float = 0.0
    """Seconds until the pace allows the next."""

    def judge(self, runtime: Runtime, row: Any, *, take: bool) -> None:
        """Judge one e-mail and note what that means; the first that may leave is taken, when one is to be taken."""
        facts = orjson.loads(runtime.vault.decrypt("lead", row.facts_cipher))
        case = _case(self.clinic, row, facts, emulated=bool(runtime.settings.smtp_url))
        verdict = may_email(case, self.now)
        if verdict.verdict == "drop":
            self._drop(row, str(verdict.rule), verdict)
        elif self.clinic.smtp is None:
            self._hand_to_staff(row)
        elif verdict.verdict == "wait":
            retry_in = None if verdict.until else (RETRY_UNREAD if verdict.rule == "unread_events" else RETRY_HELD)
            self._note(row, "scheduled", verdict, due_at=verdict.until, retry_in=retry_in)
        else:
            self.may_leave = True
            if take:
                self._take(runtime, row, str(facts["email"]), verdict)

    def _take(self, runtime: Runtime, row: Any, address: str, verdict: Verdict) -> None:
        if not self.pace.allows(self.real_now):
            self.wait = self.pace.wait(self.real_now)
            return
        envelope = seal(_letter(runtime, self, row, address), self.clinic)
        if envelope is None:
            self._note(row, "failed", verdict)
            self.facts.append((row.contact_id, failed(row, self.now, "address")))
            return
        self._note(row, "sending", verdict, sent_at=self.now)
        self.pace.spend(1, self.real_now)
        self.email = ClaimedEmail(
            id=row.id,
            contact_id=row.contact_id,
            lead_id=row.lead_id,
            step=row.step,
            claim_no=row.claim_no + 1,
            tries=row.tries,
            envelope=envelope,
        )

    def _drop(self, row: Any, rule: str, verdict: Verdict) -> None:
        expired = rule == "expiry"
        self._note(row, "expired" if expired else "dropped", verdict)
        what = {"message_id": row.id, "lead_id": row.lead_id, "step": row.step, "rule": rule}
        dropped = TextDropped(id=new_id("evt"), at=self.now, **what, status="expired" if expired else "dropped")
        self.facts.append((row.contact_id, dropped))

    def _hand_to_staff(self, row: Any) -> None:
        """The clinic has no server any more: the step falls due, and its task opens."""
        self.judgements.append(Judgement(id=row.id, status="sent", decision={"verdict": "go"}, sent_at=self.now))
        what = {"message_id": row.id, "lead_id": row.lead_id, "step": row.step}
        self.facts.append((row.contact_id, TimePassed(id=new_id("evt"), at=self.now, **what)))

    def _note(self, row: Any, status: str, verdict: Verdict, **more: Any) -> None:
        self.judgements.append(Judgement(id=row.id, status=status, decision=verdict.as_json(), **more))


def _case(clinic: Clinic, row: Any, facts: Mapping[str, Any], *, emulated: bool) -> EmailCase:
    return EmailCase(
        expires_at=row.expires_at,
        stage=Stage(row.stage),
        test=row.test,
        test_allowed=emulated or (clinic.smtp is not None and clinic.smtp.is_local),
        suppressed_by=row.suppressed_by,
        email_suppressed_by=row.email_suppressed_by,
        has_address=bool(facts.get("email")),
        rehearsed=row.test and asked_by(facts) is not None,
        asked_at=row.captured_at,
        source=row.source,
        unread=row.unread,
        sending_all=row.sending_all,
        sending_clinic=row.sending_clinic,
        hours=clinic.hours_of(row.location),
        last_text=row.last_text,
    )


def _letter(runtime: Runtime, found: Claim, row: Any, address: str) -> Letter:
    subject, body = parts(runtime.vault.open("message", row.body_cipher))
    token = token_for(runtime.directory.phone_key, row.token)
    return Letter(
        message_id=row.id,
        to=address,
        subject=subject,
        body=body,
        language=row.language if row.language in found.clinic.languages else found.clinic.languages[0],
        unsubscribe=f"{runtime.settings.public_url}/u/{token}",
        at=found.real_now,
    )


async def claim(runtime: Runtime, key: str, *, take: bool) -> Claim:
    """Judge a clinic's due e-mails; with `take` the first that may leave is ours."""
    async with runtime.engine.begin() as conn:
        now = await installation.now(conn)
        due = await messages.due(conn, mailbox(key), now, CANDIDATES)
        box = await emails.take(conn, key)
        clinic = await runtime.clinics.take(conn, key)
        pace = Pace(rate=PER_SECOND, free_at=box.free_at)
        found = Claim(clinic=clinic, now=now, real_now=box.real_now, pace=pace)
        if not due:
            return found
        ids = [one.contact_id for one in due]
        free = await messages.lock_free_contacts(conn, ids, clinic.brand, box.brand_shared)
        rows = await emails.judged(conn, [one.id for one in due if one.contact_id in free])
        for one in due:
            if one.id in rows and found.email is None and not found.wait:
                found.judge(runtime, rows[one.id], take=take)
        await messages.write_judgements(conn, found.judgements)
        found.lanes = await append(conn, runtime, found.facts)
        if found.email is not None:
            await emails.spend(conn, key, pace.free_at)
    return found


async def append(conn: AsyncConnection, runtime: Runtime, facts: list[tuple[str, Event]]) -> set[int]:
    """Tell the log; the lanes that have news."""
    if not facts:
        return set()
    held = await contacts.lock(conn, [contact_id for contact_id, _ in facts])
    await events.append(conn, runtime.vault, [(held[contact_id], fact) for contact_id, fact in facts])
    return {contact.lane for contact in held.values()}


def failed(row: Any, now: datetime, code: str) -> TextFailed:
    """That no server will take this e-mail for its address."""
    return TextFailed(
        id=new_id("evt"),
        at=now,
        message_id=row.id,
        lead_id=row.lead_id,
        step=row.step,
        cause="address_refused",
        code=code,
    )
