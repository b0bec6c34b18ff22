"""Waiting for the next change of a clinic's tasks without holding a connection.

However many requests wait in a process, one poller asks the database for all of them, every 50 ms and only while
somebody waits. It compares numbers, so a change that came between a request's look and its wait is not missed.
"""

import asyncio
from dataclasses import dataclass, field

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.store import tasks

log = structlog.get_logger()

LOOK_EVERY = 0.05
"""Seconds between two looks at the counters."""


@dataclass(eq=False)
class _Waiter:
    clinic: str
    after: int
    changed: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Watch:
    """Who waits in this process, and the poller that wakes them."""

    engine: AsyncEngine
    _waiting: set[_Waiter] = field(default_factory=set)
    _poller: asyncio.Task[None] | None = None
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def waiting(self) -> int:
        """How many requests wait now."""
        return len(self._waiting)

    async def change(self, clinic: str, after: int, seconds: float) -> bool:
        """Wait for a change of the clinic after this number; False when the time is over.

        True may also mean that the counters could not be read: look, and see.
        """
        waiter = _Waiter(clinic, after)
        self._waiting.add(waiter)
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        try:
            async with asyncio.timeout(seconds):
                return await waiter.changed.wait()
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(waiter)
            # So that no look outlives the last who waited for it, and its connection the engine.
            async with self._looking:
                pass

    async def _poll(self) -> None:
        while self._waiting:
            async with self._looking:
                await self._look()
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self) -> None:
        if not self._waiting:
            return
        try:
            async with self.engine.connect() as conn:
                self._wake(await tasks.last_numbers(conn))
        except Exception as error:  # Whoever waits asks the database itself and tells its own caller.
            log.warning("task_watch_failed", error=type(error).__name__)
            self._wake(None)

    def _wake(self, numbers: dict[str, int] | None) -> None:
        for waiter in self._waiting:
            if numbers is None or numbers.get(waiter.clinic, 0) > waiter.after:
                waiter.changed.set()
