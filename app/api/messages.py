"""Texts and e-mails shown to coordinators: the list, and one of them with the decision about it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request

from app.adapters.store import reading
from app.api.auth import Caller, coordinator
from app.api.lead_shapes import MessageOut, MessagesOut, cursor_of, message_out, parts_of
from app.api.problems import not_found, refusals
from app.api.state import get_runtime

router = APIRouter(tags=["messages"], responses=refusals(401, 403, 422, 503))

Status = Literal[
    "scheduled",
    "sending",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "unknown",
    "cancelled",
    "dropped",
    "expired",
    "received",
]


@router.get("/messages")
async def list_messages(
    request: Request,
    caller: Annotated[Caller, Depends(coordinator)],
    lead_id: str | None = None,
    status: Status | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> MessagesOut:
    """Texts and e-mails, newest first: of a lead, in a status."""
    runtime = get_runtime(request)
    after = parts_of(cursor, 1)[0] if cursor else None
    async with runtime.engine.connect() as conn:
        found = await reading.messages(
            conn, runtime.vault, caller.clinic, lead_id=lead_id, status=status, after=after, limit=limit + 1
        )
    page = found[:limit]
    more = cursor_of(page[-1].id) if len(found) > limit else None
    return MessagesOut(messages=[message_out(message) for message in page], cursor=more)


@router.get("/messages/{message_id}", responses=refusals(404))
async def show_message(
    request: Request, caller: Annotated[Caller, Depends(coordinator)], message_id: str
) -> MessageOut:
    """One text, e-mail or skipped step; `decision` says of each rule what it said and on what evidence."""
    runtime = get_runtime(request)
    async with runtime.engine.connect() as conn:
        found = await reading.message(conn, runtime.vault, caller.clinic, message_id)
    if found is None:
        raise not_found("message")
    return message_out(found)
