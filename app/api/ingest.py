"""The intake: leads that arrive at the same moment are committed together, each with an answer of its own.

A request puts its submission in the queue and waits. A drainer takes all that wait, commits them in one
transaction and answers; while it commits, the next group gathers by itself. So one lead alone waits for nobody,
and a crowd shares the cost of its commits. If a group fails by something in one of them, each is tried alone.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import cast

import structlog
from fastapi import Request

from app.adapters.store.ingest import Conflict, Submission, Taken, take_in
from app.adapters.transient import is_transient
from app.api.measures import GROUP_SIZES
from app.runtime import Runtime

log = structlog.get_logger()

LARGEST_GROUP = 256

DRAINERS = 2
PATIENCE = 0.25
"""Seconds a group may take before the next is begun beside it.

One at a time makes the largest groups, and so the fastest; but a group that waits for a lock must not hold up all.
"""

Answer = Taken | Conflict
Waiting = tuple[Submission, "asyncio.Future[Answer]"]


@dataclass
class Intake:
    """One process's queue of leads on their way in."""

    runtime: Runtime
    _waiting: list[Waiting] = field(default_factory=list)
    _drainers: set[asyncio.Task[None]] = field(default_factory=set)
    _draining: int = 0
    _began: float = 0.0

    async def submit(self, submission: Submission) -> Answer:
        """Commit this lead and answer; raises what the database raised for it."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((submission, future))
        if not self._draining or (self._draining < DRAINERS and monotonic() - self._began > PATIENCE):
            self._draining += 1
            drainer = asyncio.create_task(self._drain())
            self._drainers.add(drainer)
            drainer.add_done_callback(self._drainers.discard)
        return await future

    async def close(self) -> None:
        """Wait until all that came in is answered."""
        while self._drainers:
            await asyncio.wait(self._drainers)

    async def _drain(self) -> None:
        try:
            while self._waiting:
                self._began = monotonic()
                group, self._waiting = self._waiting[:LARGEST_GROUP], self._waiting[LARGEST_GROUP:]
                GROUP_SIZES.observe(len(group))
                await self._settle(group)
        finally:
            # In the same breath as the last look: a lead that comes after it finds that nobody drains.
            self._draining -= 1

    async def _settle(self, group: Sequence[Waiting]) -> None:
        """Give every future of the group its answer or its error."""
        try:
            answers = await self._commit([submission for submission, _ in group])
        except Exception as error:
            await self._settle_failed(group, error)
        else:
            for (_, future), answer in zip(group, answers, strict=True):
                if not future.done():
                    future.set_result(answer)

    async def _settle_failed(self, group: Sequence[Waiting], error: Exception) -> None:
        if len(group) > 1 and not is_transient(error):
            log.warning("group_split", error=type(error).__name__, size=len(group))
            for one in group:
                await self._settle([one])
            return
        for _, future in group:
            if not future.done():
                future.set_exception(error)

    async def _commit(self, group: Sequence[Submission]) -> list[Answer]:
        runtime = self.runtime
        async with runtime.engine.begin() as conn:
            answers = await take_in(conn, runtime.vault, runtime.directory, group)
        runtime.doorbell.ring({one.lane for one in answers if isinstance(one, Taken) and one.lane is not None})
        return answers


def get_intake(request: Request) -> Intake:
    """The intake of the process that answers this request."""
    return cast(Intake, request.app.state.intake)
