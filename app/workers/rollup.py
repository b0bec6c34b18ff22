"""The rollup: counts read events into the figures that the reports show, a batch at a time, each event once.

It takes its time: the figures may be a moment late, and the texts may not. While many events wait to be read, or this
worker is sending as fast as it can, it waits too, within reason; and between two batches it rests as long as the last
one took, so that it has half of this process at most however much there is to count.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import structlog
from sqlalchemy import Row as SqlRow
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.crypto import CannotDecrypt
from app.adapters.store import experiments, rollups
from app.adapters.store.experiments import Note, What
from app.adapters.store.rollups import Fact
from app.adapters.transient import is_transient
from app.domain.funnel import NONE, OUTCOMES, Sent, Tally, TaskTrail, Trail
from app.domain.ids import derive_id
from app.runtime import Runtime

log = structlog.get_logger()

LOOK_EVERY = 1.0
EACH_LANE, BATCH = 200, 1_000
"""Events a batch takes: of one lane, and in all."""

PATIENCE = 30
"""Looks for which counting gives way to reading; then it has its turn, or figures of a busy day would never come."""

BREATH = 50
"""Events counted in one go, before others of this process get their turn."""


@dataclass
class Rollup:
    """One worker's counting; of several workers one counts, the others look again later."""

    runtime: Runtime
    is_crowded: Callable[[], bool] = lambda: False
    _gave_way: int = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Count until told to stop."""
        while not stop.is_set():
            began, wait = monotonic(), LOOK_EVERY
            try:
                if not await self._gives_way() and await self.count() == BATCH:
                    wait = monotonic() - began
            except Exception as error:
                if not is_transient(error):
                    log.error("counting_failed", error=type(error).__name__)
            try:
                async with asyncio.timeout(wait):
                    await stop.wait()
            except TimeoutError:
                continue

    async def _gives_way(self) -> bool:
        """Whether there is something more urgent to do, and it is not our turn yet."""
        async with self.runtime.engine.connect() as conn:
            crowded = self.is_crowded() or await rollups.crowded(conn)
        self._gave_way = self._gave_way + 1 if crowded and self._gave_way < PATIENCE else 0
        return self._gave_way > 0

    async def count_all(self) -> int:
        """Count until nothing is left, or somebody else counts; how many events that were."""
        total = 0
        while counted := await self.count():
            total += counted
        return total

    async def count(self) -> int:
        """Count one batch; how many events it had, 0 when there is none or somebody else counts."""
        async with self.runtime.engine.begin() as conn:
            if not await rollups.take(conn):
                return 0
            facts = await rollups.uncounted(conn, each=EACH_LANE, most=BATCH)
            if facts:
                batch = await self._gather(conn, facts)
                await self._fold(batch)
                await rollups.add(conn, batch.tally)
                await experiments.note(conn, batch.notes)
                await rollups.keep(conn, batch.trails, batch.task_trails)
                await rollups.move_marks(conn, facts)
        return len(facts)

    async def _gather(self, conn: AsyncConnection, facts: list[Fact]) -> "Counting":
        """Everything these events are about, in a handful of statements."""
        words = {fact.id: self._opened(fact) for fact in facts}
        named = {fact.id: _message_named(fact, words[fact.id]) for fact in facts}
        tasks_named = [words[fact.id]["task_id"] for fact in facts if "task_id" in words[fact.id]]
        messages = await rollups.messages_of(conn, {one for one in named.values() if one})
        known = await rollups.leads_of(conn, {fact.contact_id for fact in facts})
        stages, opened = await rollups.stages_by(conn, facts, known), await rollups.opened_by(conn, facts)
        tasks = await rollups.tasks(conn, tasks_named)
        erased = await rollups.leads_of(conn, [fact.contact_id for fact in facts if fact.kind == "person_erased"])
        led_to = [row for of in (stages, opened) for rows in of.values() for row in rows]
        named_leads = {row.lead_id for row in (*messages.values(), *tasks.values(), *led_to) if row.lead_id}
        leads = await rollups.leads(conn, {*erased, *named_leads})
        zones = {}
        for key in {(fact.clinic, fact.clinic_version) for fact in facts}:
            zones[key] = ZoneInfo((await self.runtime.clinics.take(conn, *key)).hours.zone)
        return Counting(facts, words, named, messages, stages, opened, tasks, leads, zones)

    def _opened(self, fact: Fact) -> dict[str, Any]:
        """What the event says, where that is needed and can be read."""
        if fact.raw is None:
            return {}
        try:
            words: dict[str, Any] = orjson.loads(self.runtime.vault.decrypt("event", fact.raw))
        except (CannotDecrypt, ValueError):
            return {}
        return words

    async def _fold(self, batch: "Counting") -> None:
        for place, fact in enumerate(batch.facts):
            batch.take(fact)
            if place % BREATH == BREATH - 1:
                await asyncio.sleep(0)


def _message_named(fact: Fact, words: dict[str, Any]) -> str | None:
    """The message an event is about: the one it names, or the one that a reply became."""
    if fact.kind == "reply_received":
        return derive_id("msg", fact.id, -1)
    return words.get("message_id")


ENDED = {"text_delivered": "delivered", "text_failed": "failed"}
"""Receipts, and the figure each adds to."""

TRIED: dict[str, What] = {"text_sent": "sent", "text_delivered": "delivered"}
"""What of the texts with an arm is noted for its experiment."""

COUNTED: dict[str, What] = {"booked": "booked", "opted_out": "opted_out"}
"""What people did that is noted for theirs, beside replying."""

WRITTEN = ("text", "email")
"""Channels that are messages; the others are due moments of steps that are something else."""

Rows = dict[str, list[SqlRow[Any]]]


@dataclass
class Counting:
    """A batch of events on its way into the figures: what was read of it, and what it comes to."""

    facts: list[Fact]
    words: dict[str, dict[str, Any]]
    named: dict[str, str | None]
    messages: dict[str, SqlRow[Any]]
    stages: Rows
    opened: Rows
    tasks: dict[str, SqlRow[Any]]
    leads: dict[str, SqlRow[Any]]
    zones: dict[tuple[str, int], ZoneInfo]
    tally: Tally = field(default_factory=Tally)
    trails: dict[str, Trail] = field(default_factory=dict)
    task_trails: dict[str, TaskTrail] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def take(self, fact: Fact) -> None:
        """Count one event: first who is new, then what happened, then what it led to."""
        self._captured(fact)
        self._message(fact)
        self._tasks(fact)
        self._outcomes(fact)
        if fact.kind == "person_erased":
            for trail in self._of_contact(fact):
                trail.forget()

    def _captured(self, fact: Fact) -> None:
        words = self.words[fact.id]
        for change in self.stages.get(fact.id, ()):
            if change.from_stage is None and not self.leads[change.lead_id].test:
                trail = self._trail(change.lead_id, fact)
                trail.service, trail.location = words.get("service") or NONE, words.get("location") or NONE
                self.tally.captured(trail)

    def _message(self, fact: Fact) -> None:
        row = self.messages.get(self.named[fact.id] or "")
        if row is None or row.channel not in WRITTEN or self._is_test(row.lead_id):
            return
        trail = self._trail(row.lead_id, fact) if row.lead_id else None
        if fact.kind == "reply_received":
            self.tally.replied(trail, fact.clinic, fact.at, self._day(fact, fact.at))
            self._note("replied", fact, fact.at)
        elif fact.kind == "text_sent":
            segments = self.words[fact.id].get("segments") or 0
            self.tally.sent(trail, self._sent(fact, row, segments))
        elif fact.kind in ENDED:
            self.tally.ended(trail, self._sent(fact, row, 0), ENDED[fact.kind])
        what = TRIED.get(fact.kind)
        if what is not None and row.variant is not None and row.channel == "text":
            self._note(what, fact, row.at, row.lead_id)

    def _note(self, what: What, fact: Fact, at: datetime, lead_id: str | None = None) -> None:
        self.notes.append(Note(what=what, contact_id=fact.contact_id, at=at, lead_id=lead_id))

    def _sent(self, fact: Fact, row: SqlRow[Any], segments: int) -> Sent:
        return Sent(
            clinic=fact.clinic,
            at=row.at,
            day=self._day(fact, row.at),
            segments=segments,
            is_email=row.channel == "email",
            sequence=row.sequence,
            step=row.step,
            variant=row.variant,
        )

    def _tasks(self, fact: Fact) -> None:
        for row in self.opened.get(fact.id, ()):
            if not self._is_test(row.lead_id):
                day = self._day(fact, row.opened_at)
                task = TaskTrail(clinic=row.clinic, day=day, opened_at=row.opened_at, kind=row.kind)
                self.task_trails[row.id] = task
                self.tally.opened(self._trail(row.lead_id, fact) if row.lead_id else None, task)
        self._answer(fact, self.words[fact.id].get("task_id"))

    def _answer(self, fact: Fact, task_id: str | None) -> None:
        """The task that the event answers, if it counts: it may have been opened in this very batch."""
        row = self.tasks.get(task_id or "")
        if row is None or fact.quarantined or self._is_test(row.lead_id):
            return
        if row.id not in self.task_trails and row.state is not None:
            self.task_trails[row.id] = rollups.task_from(row.state)
        if task := self.task_trails.get(row.id):
            self.tally.answered(self._trail(row.lead_id, fact) if row.lead_id else None, task, row.team, fact.at)

    def _outcomes(self, fact: Fact) -> None:
        for change in self.stages.get(fact.id, ()):
            came = fact.kind == "appointment_completed" and change.to_stage == "finished"
            what = "booked" if came else OUTCOMES.get(change.to_stage)
            if what and not self._is_test(change.lead_id):
                self.tally.did(self._trail(change.lead_id, fact), what)
                if what in COUNTED:
                    self._note(COUNTED[what], fact, fact.at)

    def _trail(self, lead_id: str, fact: Fact) -> Trail:
        """What is remembered of a lead; of one that is new, where it came from."""
        if lead_id not in self.trails:
            row = self.leads[lead_id]
            self.trails[lead_id] = rollups.trail_from(row.state) if row.state else self._begun(row, fact)
        return self.trails[lead_id]

    def _begun(self, row: SqlRow[Any], fact: Fact) -> Trail:
        day = self._day(fact, row.captured_at)
        return Trail(clinic=row.clinic, source=row.source, captured_at=row.captured_at, day=day, captured_on=day)

    def _of_contact(self, fact: Fact) -> Iterator[Trail]:
        for row in self.leads.values():
            if row.contact_id == fact.contact_id and not row.test:
                yield self._trail(row.id, fact)

    def _is_test(self, lead_id: str | None) -> bool:
        return lead_id is not None and bool(self.leads[lead_id].test)

    def _day(self, fact: Fact, at: datetime) -> date:
        """The clinic's date at that moment, by the clinic file that the event was read with."""
        return at.astimezone(self.zones[fact.clinic, fact.clinic_version]).date()
