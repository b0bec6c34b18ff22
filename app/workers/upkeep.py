"""Upkeep: what must happen though nobody asks. Leases end, tasks escalate, lost texts are looked for, old keys go.

Each duty is safe to do twice and by several workers at once; Postgres decides who gets a row.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from app.adapters.sms.carriers import CARRIERS
from app.adapters.sms.line import Line
from app.adapters.sms.outcomes import Absent, Found, Search, Unavailable
from app.adapters.store import contacts, events, heartbeats, ingest, installation, task_clock, unsettled
from app.adapters.store.task_clock import Held, Moved
from app.adapters.transient import is_transient
from app.domain import leases
from app.domain import tasks as rules
from app.domain.clinic import Absence, Clinic
from app.domain.events import Event, TextSent, TextUnknown
from app.domain.ids import new_id
from app.domain.leases import Standing
from app.runtime import Runtime
from app.workers import stopping
from app.workers.dispatcher import account_of

log = structlog.get_logger()

LOOKS = (30.0, 120.0, 300.0, 900.0)
"""Seconds from one look for an unknown text to the next; after the last a person is asked."""

EVERY_SECOND = 1.0
HEARTBEAT_EVERY = 5.0
LOOK_EVERY = 2.0
COUNT_EVERY = 10.0

FORGOTTEN_AT_ONCE = 2000
"""Idempotency keys deleted at a time: as fast as 1,000 leads a second bring them, in transactions of milliseconds."""

A_DAY = timedelta(days=1)
"""How long somebody has a task that escalated to them, before it is anybody's again."""


@dataclass
class Upkeep:
    """One worker's chores. `tell_inbox` is called with the lanes that have news."""

    runtime: Runtime
    line: Line
    tell_inbox: Callable[[Iterable[int]], None] = lambda lanes: None
    state: Callable[[], dict[str, Any]] = dict
    process: str = field(default_factory=lambda: f"worker-{socket.gethostname()}-{os.getpid()}")

    async def run(self, stop: asyncio.Event) -> None:
        """Do every duty at its interval until told to stop."""
        duties = (
            (self.beat, HEARTBEAT_EVERY),
            (self.end_leases, EVERY_SECOND),
            (self.escalate, EVERY_SECOND),
            (self.free_from_the_absent, LOOK_EVERY),
            (self.find_lost_texts, LOOK_EVERY),
            (self.stop_losing_arms, COUNT_EVERY),
            (self.forget_old_keys, LOOK_EVERY),
        )
        async with asyncio.TaskGroup() as group:
            for duty, every in duties:
                group.create_task(self._repeat(duty, every, stop))
        async with self.runtime.engine.begin() as conn:
            await heartbeats.end(conn, self.process)

    async def _repeat(self, duty: Callable[[], Awaitable[object]], every: float, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await duty()
            except Exception as error:
                if not is_transient(error):
                    log.error("upkeep_failed", duty=duty.__name__, error=type(error).__name__)
            try:
                async with asyncio.timeout(every):
                    await stop.wait()
            except TimeoutError:
                continue

    async def beat(self) -> None:
        """Say that this worker lives."""
        async with self.runtime.engine.begin() as conn:
            await heartbeats.beat(conn, self.process, "worker", self.state())

    async def end_leases(self) -> None:
        """Give back tasks whose lease has run out, and wake the snoozed."""
        async with self.runtime.engine.begin() as conn:
            await task_clock.end_leases(conn, await installation.now(conn))

    async def escalate(self) -> None:
        """Move what nobody answered in time to whom its playbook row names, else up in the queue."""
        async with self.runtime.engine.begin() as conn:
            now = await installation.now(conn)
            late = await task_clock.unanswered(conn, now)
            if late:
                clinics = await self.runtime.clinics.take_all(conn)
                moved = [_escalated(clinics[one.clinic], one, now) for one in late]
                await task_clock.move(conn, self.runtime.vault, moved, now)

    async def free_from_the_absent(self) -> None:
        """Give back to its team what somebody held when an absence of theirs began."""
        async with self.runtime.engine.begin() as conn:
            now = await installation.now(conn)
            moved: list[Moved] = []
            for key, clinic in sorted((await self.runtime.clinics.take_all(conn)).items()):
                away = {row.who: row for row in rules.absences(clinic, now)}
                held = await task_clock.held_by(conn, key, list(away)) if away else []
                moved += [freed for one in held if (freed := _freed(clinic, one, away, now))]
            await task_clock.move(conn, self.runtime.vault, moved, now)

    async def forget_old_keys(self) -> None:
        """Let go of idempotency keys that are past their life."""
        async with self.runtime.engine.begin() as conn:
            await ingest.forget_told(conn, await installation.now(conn), FORGOTTEN_AT_ONCE)

    async def stop_losing_arms(self) -> None:
        """Stop arms of experiments in which more people opt out than the clinic's limit: they get no new leads."""
        async with self.runtime.engine.connect() as conn:
            clinics = await self.runtime.clinics.take_all(conn)
            limited = [
                (key, one)
                for key, clinic in sorted(clinics.items())
                for one in clinic.experiments.values()
                if one.opt_out_limit is not None
            ]
            suspect = [(key, one) for key, one in limited if await stopping.losing(conn, key, one)]
        for key, experiment in suspect:
            async with self.runtime.engine.begin() as conn:
                stopped = await stopping.stop(conn, key, experiment.key)
            for one in stopped:
                figures = {"people": one.people, "opted_out": one.opted_out, "limit": one.limit}
                log.error("experiment_arm_stopped", clinic=key, experiment=experiment.key, arm=one.arm, **figures)

    async def find_lost_texts(self) -> None:
        """Texts a dead worker left behind become unknown; unknown ones are looked for in the carrier's list."""
        await self._adopt_left_behind()
        async with self.runtime.engine.begin() as conn:
            lost = await unsettled.to_look_for(conn)
        for row in lost:
            await self._look_for(row)

    async def _adopt_left_behind(self) -> None:
        async with self.runtime.engine.begin() as conn:
            left = await unsettled.left_sending(conn, "text", unsettled.LEFT_AFTER)
            if not left:
                return
            held = await contacts.lock(conn, [row.contact_id for row in left])
            now = await installation.now(conn)
            ours = await unsettled.make_unknown(conn, [row.id for row in left])
            facts: list[tuple[contacts.ContactRef, Event]] = [
                (
                    held[row.contact_id],
                    TextUnknown(id=new_id("evt"), at=now, message_id=row.id, lead_id=row.lead_id, step=row.step),
                )
                for row in left
                if row.id in ours
            ]
            await events.append(conn, self.runtime.vault, facts)
        self.tell_inbox({contact.lane for contact, _ in facts})

    async def _look_for(self, row: Any) -> None:
        """One look, outside any transaction; then what it showed."""
        async with self.runtime.engine.connect() as conn:
            clinic = await self.runtime.clinics.take(conn, row.clinic)
            others = await unsettled.carrier_ids_of(conn, row.contact_id)
        sender = clinic.senders[row.sender]
        body = self.runtime.vault.open("message", row.body_cipher)
        search = Search(
            to=self.runtime.vault.open("phone", row.phone_cipher),
            from_=sender.number,
            since=row.claimed_at,
            is_ours=lambda carrier_id, words: words == body and carrier_id not in others,
        )
        seen = await CARRIERS[sender.carrier].find(self.line, account_of(sender, self.runtime), search)
        await self._note_look(row, seen)

    async def _note_look(self, row: Any, seen: Found | Absent | Unavailable) -> None:
        async with self.runtime.engine.begin() as conn:
            held = await contacts.lock(conn, [row.contact_id])
            now = await installation.now(conn)
            fact: Event | None = None
            what = {"id": new_id("evt"), "at": now, "message_id": row.id, "lead_id": row.lead_id, "step": row.step}
            match seen:
                case Found(carrier_id):
                    if await unsettled.found(conn, row.id, carrier_id):
                        fact = TextSent(**what, carrier_id=carrier_id, segments=row.segments)
                case Absent() | Unavailable():
                    counted = isinstance(seen, Absent)
                    last = row.old or (counted and row.looks + 1 >= len(LOOKS))
                    wait = None if last else LOOKS[min(row.looks + 1, len(LOOKS) - 1)]
                    if await unsettled.look_again(conn, row.id, counted=counted, in_seconds=wait) and last:
                        fact = TextUnknown(**what, settled=True)
            if fact is not None:
                await events.append(conn, self.runtime.vault, [(held[row.contact_id], fact)])
        if fact is not None:
            self.tell_inbox({held[row.contact_id].lane})


def _escalated(clinic: Clinic, held: Held, now: datetime) -> Moved:
    """Where an unanswered task goes. Who held it keeps it where it only rises, and hears of it where it moves."""
    move = rules.escalate(clinic, held.team, held.priority, held.escalates_to, now)
    standing = leases.settle(held.standing, now)
    if move.person is not None:
        standing = Standing(status="claimed", assignee=move.person, lease_until=now + A_DAY)
    elif move.team != held.team:
        standing = leases.free(held.standing, now)
    to = move.person or (move.team if move.team != held.team else None)
    return Moved(
        held=held, standing=standing, team=move.team, priority=move.priority, line="escalated", words=to, escalated=True
    )


def _freed(clinic: Clinic, held: Held, away: Mapping[str, Absence], now: datetime) -> Moved | None:
    """A task given before its holder went away, given back; one taken or given since was meant so."""
    row = away[str(held.standing.assignee)]
    began = rules.begins(clinic, row)
    if held.since is not None and held.since >= began:
        return None
    words = f"{row.who} is away until {row.until}"
    standing = leases.free(held.standing, now)
    return Moved(held=held, standing=standing, team=held.team, priority=held.priority, line="released", words=words)
