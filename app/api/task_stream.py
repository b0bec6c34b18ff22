"""`GET /tasks/stream`: the changes of the queue as server-sent events, with the cursor of `GET /tasks` as their ids.

How to think of it: a poller that never hangs up. It reads page after page from its cursor, waits on the same watch as
long polls do, and holds no connection meanwhile. Whoever reconnects with the last id it saw goes on exactly there.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from time import monotonic
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from app.adapters.store.task_lists import Filters, Page
from app.adapters.transient import is_transient
from app.api.auth import authenticate
from app.api.problems import Problem
from app.api.task_bodies import StreamQuery
from app.api.task_cursors import after_change, change_of
from app.api.task_desk import ALWAYS, AtDesk
from app.api.task_reading import filters_of, is_stopping, look, watch
from app.api.task_shapes import json_of, shown
from app.domain.clinic import Clinic
from app.runtime import Runtime

log = structlog.get_logger()

router = APIRouter(tags=["tasks"], responses=ALWAYS)

PAGE = 100
"""Tasks read at once; a slow reader is never more than this ahead of in memory."""

LOOK_AROUND = 1.0
"""Seconds after which a quiet stream looks whether its reader is there, its key holds, and we are to stop."""

HEARTBEAT_EVERY = 15.0
"""Seconds of silence after which a comment is sent, so that nobody on the way takes the line for dead."""

RECONNECT_MS = 1000

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

AS_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: `data` is a task as `GET /tasks` shows it, `id` the cursor behind it.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get("/tasks/stream", response_class=StreamingResponse, responses=AS_EVENTS)
async def stream_tasks(
    request: Request,
    at: AtDesk,
    asked: Annotated[StreamQuery, Query()],
    last_event_id: Annotated[str | None, Header(description="The last id seen; wins over `after`.")] = None,
) -> StreamingResponse:
    """Changes as they happen, oldest first, after what waits now (or after `after`, or the `Last-Event-ID`)."""
    filters = filters_of(at, asked)
    line = Line(request, at.runtime, filters, change_of(last_event_id or asked.after))
    first = await line.read()  # Here and not in the stream, so that a wrong cursor is refused with a 422.
    return StreamingResponse(line.events(first), media_type="text/event-stream", headers=HEADERS)


@dataclass
class Line:
    """One reader's stream. `after` is the change it stands behind, `told` the one whose id the reader has."""

    request: Request
    runtime: Runtime
    filters: Filters
    after: int | None
    told: int | None = None

    async def read(self) -> tuple[Clinic, Page]:
        """The next page from where the reader stands."""
        return await look(self.runtime, self.filters, self.after, PAGE)

    async def events(self, first: tuple[Clinic, Page]) -> AsyncIterator[bytes]:
        """The stream's bytes, until the reader leaves, its key is revoked, or this process stops."""
        yield f"retry: {RECONNECT_MS}\n".encode()
        clinic, page = first
        try:
            while True:
                for task in page.tasks:
                    self.told = task.change_no
                    yield b"id: " + after_change(task.change_no).encode() + b"\n"
                    yield b"data: " + json_of(shown(task, clinic)) + b"\n\n"
                self.after = page.tasks[-1].change_no if page.more else page.last_no
                if not page.more:
                    async for quiet in self._until_a_change():
                        yield quiet
                    if await self._is_over():
                        return
                clinic, page = await self.read()
        except Exception as error:
            # The reader comes back with the last id it saw: better than a stream that stands still.
            if not is_transient(error):
                log.error("task_stream_failed", error=type(error).__name__)

    async def _until_a_change(self) -> AsyncIterator[bytes]:
        """Wait, with a word now and then, until there is something to read or nobody to read it to."""
        spoke = -HEARTBEAT_EVERY
        while True:
            if monotonic() - spoke >= HEARTBEAT_EVERY:
                spoke = monotonic()
                yield self._still_here()
            if await watch(self.request).change(self.filters.clinic, self.after or 0, LOOK_AROUND):
                return
            if await self._is_over():
                return

    def _still_here(self) -> bytes:
        """A comment, and the id where the reader stands if it moved on without a task to show."""
        if self.told == self.after or self.after is None:
            return b": still here\n\n"
        self.told = self.after
        return b"id: " + after_change(self.after).encode() + b"\n\n"

    async def _is_over(self) -> bool:
        if is_stopping(self.request) or await self.request.is_disconnected():
            return True
        try:
            await authenticate(self.request, "coordinator")
        except Problem:
            return True
        return False
