"""The inbox: reads events by lanes, decides, and writes what follows, all in one transaction a batch.

A lane is worked by one batch at a time (an advisory lock in the transaction) and in event order, so one
contact's events never overtake each other. A batch takes a handful of lanes, those that nobody has, so that few
events in many lanes share their statements; and while one batch waits for Postgres, another is decided.

A batch that fails is halved until the bad event stands alone; the third time that one fails it is set aside:
it counts as read, the contact pauses, a person is asked.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.store import events, installation, leads, tasks
from app.adapters.store.clinics import current_versions
from app.adapters.store.events import Unread
from app.adapters.transient import is_transient
from app.domain.clinic import Clinic
from app.domain.machine import decide, set_aside
from app.runtime import Runtime
from app.workers.batch import Batch, write

log = structlog.get_logger()

BATCH = 200
"""Events read at once: enough to share the statements, few enough to stay under some 50 ms."""

LANES_TOGETHER = 16
"""Lanes a batch takes at most: the others are left to this worker's next batch, and to other workers."""

READERS = 2
"""Batches under way at once in one worker: Postgres writes the one while the other is decided."""

FAILURES_BEFORE_SETTING_ASIDE = 3

BREATH = 10
"""Decisions after which others in this process have a turn: the other reader's statements, texts on their way."""

POLL_EVERY = 1.0
"""Seconds between looks when nobody rings."""

READ_EVERY = 0.02
"""Seconds from one look to the next when rings come in a row, so that they share a batch; the first waits for none."""


PATIENCE = 5
"""Looks in a row, a second apart, that leave what nobody waits for unread while this worker sends as fast as it can."""

SOON = 0.25
"""Seconds that an event may wait for company when nothing is held up by it, such as that a text was sent."""


@dataclass
class Inbox:
    """One worker's reader. `after_reading` is called when a batch was committed (the dispatcher listens).

    `is_crowded` says that texts leave as fast as they can: then what was sent is sent, and plans for tomorrow can wait.
    """

    runtime: Runtime
    after_reading: Callable[[], None] = lambda: None
    is_crowded: Callable[[], bool] = lambda: False
    _gave_way: int = 0
    _rung: set[int] = field(default_factory=set)
    _bell: asyncio.Event = field(default_factory=asyncio.Event)
    _soon: asyncio.TimerHandle | None = None

    def ring(self, lanes: Iterable[int]) -> None:
        """These lanes have something to read; none is a ring as well."""
        self._rung.update(lanes)
        self._bell.set()

    def ring_soon(self, lanes: Iterable[int]) -> None:
        """These lanes have something to read that is not urgent: it waits for company, a moment at most."""
        self._rung.update(lanes)
        if self._rung and self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(SOON, self._bell.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Read whenever somebody rings, and look everywhere once a second, until told to stop."""
        looked = -POLL_EVERY
        while not stop.is_set():
            began = monotonic()
            try:
                lanes = self._answer()
                if began - looked >= POLL_EVERY:
                    await self.read_all(pressing=self._gives_way())
                    looked = began
                else:
                    await self._read_rung(lanes)
                await self._rest(until=looked + POLL_EVERY)
            except Exception as error:
                if not is_transient(error):
                    log.error("inbox_failed", error=type(error).__name__)
                await asyncio.sleep(POLL_EVERY)
            await asyncio.sleep(began + READ_EVERY - monotonic())

    def _answer(self) -> list[int]:
        """The lanes that were rung for; from here on rings are new ones."""
        lanes, self._rung = sorted(self._rung), set()
        self._bell.clear()
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        return lanes

    async def _rest(self, until: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(until - monotonic(), 0)):
                await self._bell.wait()

    def _gives_way(self) -> bool:
        self._gave_way = self._gave_way + 1 if self.is_crowded() and self._gave_way < PATIENCE else 0
        return self._gave_way > 0

    async def read_all(self, *, pressing: bool = False) -> int:
        """Read every lane until nothing is left that this worker may read; how many events that were.

        `pressing` leaves out lanes in which nobody waits for anything.
        """
        total = 0
        while True:
            async with self.runtime.engine.connect() as conn:
                lanes = await events.unread_lanes(conn, pressing=pressing)
            read = await self._read(lanes)
            total += read
            if not read:
                return total

    async def _read_rung(self, lanes: Sequence[int]) -> None:
        """Rung lanes have an event or two each, as a rule: one batch for all of them, and only then by groups."""
        if lanes and await self._attempt(lanes, BATCH) == BATCH:
            await self._read(lanes)

    async def _read(self, lanes: Sequence[int]) -> int:
        groups = [lanes[start : start + LANES_TOGETHER] for start in range(0, len(lanes), LANES_TOGETHER)]
        readers = [self._read_groups(groups) for _ in range(min(READERS, len(groups)))]
        ended = await asyncio.gather(*readers, return_exceptions=True)
        for failure in ended:
            if isinstance(failure, BaseException):
                raise failure
        return sum(read for read in ended if isinstance(read, int))

    async def _read_groups(self, groups: list[Sequence[int]]) -> int:
        """Read groups of lanes for as long as the list, shared with the other readers, has one."""
        total = 0
        while groups:
            lanes = groups.pop(0)
            while read := await self._attempt(lanes, BATCH):
                total += read
                if read < BATCH:
                    break
        return total

    async def _attempt(self, lanes: Sequence[int], limit: int) -> int:
        """Read one batch; how many events were read, 0 when others have the lanes."""
        try:
            return await self._read_batch(lanes, limit)
        except Exception as error:
            if is_transient(error):
                raise
            if limit > 1:
                return await self._attempt(lanes, limit // 2)
            return await self._one_failed(lanes, error)

    async def _read_batch(self, lanes: Sequence[int], limit: int) -> int:
        async with self.runtime.engine.begin() as conn:
            mine = await events.take_lanes(conn, lanes)
            unread = await events.unread(conn, mine, limit)
            batch = await self._decide_and_write(conn, unread, self._decide) if unread else None
        if len(mine) < len(lanes):
            # Somebody has the others, and may have looked before the event came that we were rung for.
            self.ring(set(lanes) - set(mine))
        if batch is not None:
            self.after_reading()
            _raise_alarms(batch)
        return len(unread)

    async def _decide_and_write(
        self, conn: AsyncConnection, unread: list[Unread], judge: Callable[[Unread, Batch, Clinic], None]
    ) -> Batch:
        now = await installation.now(conn)
        clinics = await self._clinics(conn, unread)
        directory = self.runtime.directory
        loaded = await leads.load(conn, directory, {item.contact_id for item in unread})
        batch = Batch(now=now, loaded=loaded)
        for place, item in enumerate(unread):
            judge(item, batch, clinics[item.clinic])
            if place % BREATH == BREATH - 1:
                await asyncio.sleep(0)
        changed_tasks = await write(conn, directory, batch)
        read = [(item.no, clinics[item.clinic].version) for item in unread]
        await events.mark_read(conn, read, now, quarantined=judge == self._set_aside)
        for clinic in sorted(changed_tasks):
            await tasks.number_changes(conn, clinic, changed_tasks[clinic])
        return batch

    def _decide(self, item: Unread, batch: Batch, clinic: Clinic) -> None:
        event = item.open(self.runtime.vault)
        batch.add(item.id, event, decide(batch.contact(item.contact_id), event, batch.now, clinic))

    def _set_aside(self, item: Unread, batch: Batch, clinic: Clinic) -> None:
        batch.add(item.id, None, set_aside(batch.contact(item.contact_id), item.id, batch.now, clinic))

    async def _clinics(self, conn: AsyncConnection, unread: list[Unread]) -> dict[str, Clinic]:
        versions = await current_versions(conn)
        wanted = {item.clinic for item in unread}
        return {key: await self.runtime.clinics.take(conn, key, versions[key]) for key in wanted}

    async def _one_failed(self, lanes: Sequence[int], error: Exception) -> int:
        """The oldest event of these lanes cannot be read. Count it, and set it aside at the third time."""
        async with self.runtime.engine.begin() as conn:
            first = await events.unread(conn, await events.take_lanes(conn, lanes), 1)
            if not first:
                return 0
            failures = await events.count_failure(conn, first[0].no)
            log.error("event_unreadable", event_id=first[0].id, failures=failures, error=type(error).__name__)
            if failures >= FAILURES_BEFORE_SETTING_ASIDE:
                await self._decide_and_write(conn, first, self._set_aside)
        return 1


def _raise_alarms(batch: Batch) -> None:
    """Somebody may be in danger: whoever watches the log is told at once, by ids alone."""
    for order in batch.alarms():
        log.error("urgent", task_id=order.id, lead_id=order.lead_id, team=order.team)
