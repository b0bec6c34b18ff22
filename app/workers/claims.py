"""Claiming: one transaction in which a sender's most urgent due texts are judged and taken.

The order matters. Candidates are read without locks; the sender is locked, then the contacts that nobody holds;
only then, in a new statement, everything the gate judges by is read. So a reply that is committed when we look is
seen, and one that comes later finds the claim and waits for it (the webhook's second).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.places import locate
from app.adapters.store import contacts, events, installation, messages, senders, tasks
from app.adapters.store.messages import Judgement
from app.adapters.store.senders import SenderRow
from app.domain.clinic import Channel, Clinic, Sender
from app.domain.contact import IN_SEQUENCE, Stage
from app.domain.effects import Purpose, Urgency
from app.domain.events import Event, TextDropped, TimePassed
from app.domain.gate import INVITING, MONTH, WEEK, Case, Desk, Verdict, may_send
from app.domain.ids import new_id
from app.domain.pace import Pace
from app.domain.rehearsal import asked_by
from app.domain.tasks import answering_team
from app.domain.windows import Place
from app.runtime import Runtime

RETRY_UNREAD = 0.2
"""Seconds until a text is judged again that waits for an unread event."""

RETRY_HELD = 2.0
"""The same for a text that waits for the switch, or for its sender to be freed."""

RETRY_BUDGET = 60.0


@dataclass(frozen=True, kw_only=True)
class ClaimedText:
    """A text that is ours to send, once, now."""

    id: str
    contact_id: str
    lead_id: str | None
    step: str | None
    clinic: str
    sender: str
    to: str
    body: str
    segments: int
    validity: timedelta
    claim_no: int
    tries: int


@dataclass
class Claim:
    """What one claiming transaction found and decided."""

    now: datetime
    sender: Sender
    row: SenderRow
    clinic: Clinic
    pace: Pace
    day_segments: float
    judgements: list[Judgement] = field(default_factory=list)
    texts: list[ClaimedText] = field(default_factory=list)
    facts: list[tuple[str, Event]] = field(default_factory=list)
    steps: dict[tuple[str, bytes], tuple[datetime, ...]] = field(default_factory=dict)
    nurture: dict[tuple[str, bytes], tuple[datetime, ...]] = field(default_factory=dict)
    lanes: set[int] = field(default_factory=set)
    desk: Desk | None = None
    wait: float | None = None
    """Seconds until this sender's pace allows more, when it was the pace that ended the claim."""

    def judge(self, runtime: Runtime, row: Any) -> bool:
        """Judge one text and note what that means; False when the pace is used up and the rest must wait."""
        if row.channel != Channel.TEXT:
            self._fall_due(row)
            return True
        phone = runtime.vault.open("phone", row.phone_cipher)
        key = (self.clinic.brand, bytes(row.phone_hash))
        verdict = may_send(self._case(runtime, row, phone, self.steps.get(key, ())), self.now)
        if verdict.verdict != "go":
            self._hold_or_drop(row, verdict)
            return True
        if not self.pace.allows(self.row.real_now):
            self.wait = self.pace.wait(self.row.real_now)
            return False
        if row.urgency > Urgency.ANSWER and self.day_segments + row.segments > self.sender.segments_per_day:
            self._over_budget(row, verdict)
            return True
        self._take(runtime, row, phone, verdict)
        if row.purpose == Purpose.STEP:
            self.steps[key] = (*self.steps.get(key, ()), self.now)
        if row.urgency == Urgency.NURTURE:
            self.nurture[key] = (*self.nurture.get(key, ()), self.now)
        return True

    def _case(self, runtime: Runtime, row: Any, phone: str, steps_sent: tuple[datetime, ...]) -> Case:
        emulated = bool(runtime.settings.twilio_api_url)
        return Case(
            purpose=Purpose(row.purpose),
            expires_at=row.expires_at,
            stage=Stage(row.stage) if row.stage else None,
            test=bool(row.test),
            rehearsed=row.test_facts is not None and _is_rehearsed(runtime, row),
            test_allowed=emulated or phone in self.clinic.test_phones,
            suppressed_by=row.suppressed_by,
            consent_id=row.consent_id,
            consent_standing=row.consent_standing,
            consent_facts=_consent_facts(row),
            unread=row.unread,
            sending_all=row.sending_all,
            sending_clinic=row.sending_clinic,
            sender_held=self.row.held_code,
            hours=self.clinic.hours_of(row.location),
            zones=tuple(row.zones or ()),
            **self._where(row, phone),
            limits=self.clinic.limits,
            steps_sent=steps_sent,
            nurture_sent=self.nurture.get((self.clinic.brand, bytes(row.phone_hash)), ()),
            last_email=row.last_email,
            urgency=row.urgency,
            hot=row.track == "hot",
            desk=self.desk,
        )

    def _where(self, row: Any, phone: str) -> dict[str, Any]:
        """The states the person may be in; of a lead from before the state rows, the clinic's and the number's."""
        if row.states:
            return {"states": tuple(row.states), "located": tuple(Place(**place) for place in row.located)}
        found = locate(phone, self.clinic.hours_of(row.location).zone, self.clinic.state_of(row.location))
        return {"states": found.states, "located": found.located}

    def _fall_due(self, row: Any) -> None:
        """A call, e-mail or wait step: nothing leaves, the machine is told that its time has come."""
        if row.unread:
            self._note(row, "scheduled", {}, retry_in=RETRY_UNREAD)
        elif row.stage not in IN_SEQUENCE:
            self._note(row, "dropped", {"verdict": "drop", "rule": "stage"})
        else:
            self._note(row, "sent", {"verdict": "go"}, sent_at=self.now)
            passed = TimePassed(id=new_id("evt"), at=self.now, message_id=row.id, lead_id=row.lead_id, step=row.step)
            self.facts.append((row.contact_id, passed))

    def _hold_or_drop(self, row: Any, verdict: Verdict) -> None:
        if verdict.verdict == "wait":
            unread = verdict.rule == "unread_events"
            retry_in = None if verdict.until else (RETRY_UNREAD if unread else RETRY_HELD)
            self._note(row, "scheduled", verdict.as_json(), due_at=verdict.until, retry_in=retry_in)
            return
        status = "expired" if verdict.rule == "expiry" else "dropped"
        self._note(row, status, verdict.as_json())
        dropped = TextDropped(
            id=new_id("evt"),
            at=self.now,
            message_id=row.id,
            lead_id=row.lead_id,
            rule=str(verdict.rule),
            status="expired" if status == "expired" else "dropped",
            step=row.step,
        )
        self.facts.append((row.contact_id, dropped))

    def _over_budget(self, row: Any, verdict: Verdict) -> None:
        evidence = {"segments_today": self.day_segments, "segments_per_day": self.sender.segments_per_day}
        decision = verdict.as_json()
        decision["verdict"] = "wait"
        decision["rules"].append({"rule": "sender_day", "verdict": "wait", "evidence": evidence})
        self._note(row, "scheduled", decision, retry_in=RETRY_BUDGET)

    def _take(self, runtime: Runtime, row: Any, phone: str, verdict: Verdict) -> None:
        self._note(row, "sending", verdict.as_json(), sent_at=self.now)
        self.pace.spend(row.segments, self.row.real_now)
        self.day_segments += row.segments
        self.texts.append(
            ClaimedText(
                id=row.id,
                contact_id=row.contact_id,
                lead_id=row.lead_id,
                step=row.step,
                clinic=row.clinic,
                sender=self.sender.key,
                to=phone,
                body=runtime.vault.open("message", row.body_cipher),
                segments=row.segments,
                validity=verdict.validity or timedelta(hours=1),
                claim_no=row.claim_no + 1,
                tries=row.tries,
            )
        )

    def _note(self, row: Any, status: str, decision: dict[str, Any], **more: Any) -> None:
        self.judgements.append(Judgement(id=row.id, status=status, decision=decision, **more))


def _is_rehearsed(runtime: Runtime, row: Any) -> bool:
    """Whether a test lead asks to be rehearsed; only its facts say so, and only theirs are read."""
    return asked_by(orjson.loads(runtime.vault.decrypt("lead", row.test_facts))) is not None


def _consent_facts(row: Any) -> dict[str, Any]:
    """What the ledger says of the consent a text would stand on, for its decision."""
    if row.consent_status is None:
        return {}
    facts = {name: getattr(row, f"consent_{name}") for name in ("status", "text_key", "method")}
    ended = {"ended_by": row.consent_ended_by} if row.consent_ended_by else {}
    return {**facts, "occurred_at": row.consent_at.isoformat().replace("+00:00", "Z"), **ended}


async def claim(runtime: Runtime, key: str, limit: int) -> Claim | None:
    """Judge a sender's due texts and take those that may leave; None when another worker has the sender."""
    async with runtime.engine.begin() as conn:
        now = await installation.now(conn)
        candidates = await messages.due(conn, key, now, limit)
        row = await senders.take(conn, key)
        if row is None or not candidates:
            return None
        clinic = await runtime.clinics.take(conn, row.clinic)
        sender = clinic.senders.get(key)
        if sender is None:
            return None
        pace = Pace(rate=sender.segments_per_second, free_at=row.free_at)
        found = Claim(now=now, sender=sender, row=row, clinic=clinic, pace=pace, day_segments=row.day_segments)
        if not pace.allows(row.real_now):
            found.wait = pace.wait(row.real_now)
            return found
        free = await messages.lock_free_contacts(
            conn, [one.contact_id for one in candidates], clinic.brand, row.brand_shared
        )
        await _judge(conn, runtime, found, [one.id for one in candidates if one.contact_id in free])
        await messages.write_judgements(conn, found.judgements)
        await _append(conn, runtime, found)
        if found.texts:
            await senders.spend(conn, key, found.pace.free_at, found.day_segments)
    return found


async def _judge(conn: AsyncConnection, runtime: Runtime, found: Claim, ids: Sequence[str]) -> None:
    rows = {row.id: row for row in await messages.judged(conn, ids)}
    hashes = [row.phone_hash for row in rows.values() if row.purpose == Purpose.STEP]
    if hashes:
        found.steps = await messages.steps_sent(conn, hashes, [found.clinic.brand], found.now - WEEK)
    slow = [row.phone_hash for row in rows.values() if row.urgency == Urgency.NURTURE]
    if slow:
        since = found.now - MONTH
        found.nurture = await messages.steps_sent(conn, slow, [found.clinic.brand], since, (Urgency.NURTURE,))
    if any(row.urgency in INVITING for row in rows.values()):
        team = answering_team(found.clinic)
        found.desk = Desk(team.key, await tasks.open_count(conn, found.clinic.key, team.key), team.capacity)
    for message_id in ids:
        if message_id in rows and not found.judge(runtime, rows[message_id]):
            break


async def _append(conn: AsyncConnection, runtime: Runtime, found: Claim) -> None:
    if not found.facts:
        return
    held = await contacts.lock(conn, [contact_id for contact_id, _ in found.facts])  # ours already; this gives lanes
    await events.append(conn, runtime.vault, [(held[contact_id], fact) for contact_id, fact in found.facts])
    found.lanes = {contact.lane for contact in held.values()}
