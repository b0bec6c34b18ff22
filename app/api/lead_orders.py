"""What staff order about a lead: pause, resume, close, opt out, book; and a consent given later.

An order is an event like any other. The door appends it, waits until nothing claimed before it can still leave,
and answers with the lead once the machine has read it: 200, or 202 when that takes over two seconds.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from app.adapters.lead_form import ConsentIn, Moment, consent_act
from app.adapters.store import bookings, contacts, events, installation, reading
from app.adapters.store.bookings import Booking
from app.api.auth import Caller, any_key, coordinator
from app.api.lead_reading import clinic_now, lead_seen
from app.api.lead_shapes import LeadOut, lead_out
from app.api.problems import invalid, not_found, refusals
from app.api.state import answer, get_runtime
from app.api.waiting import until_no_claim_can_start, until_read, when_written
from app.domain.events import ConsentAct, ConsentGiven, Event, LeadClosed, LeadPaused, LeadResumed, StaffOptedOut
from app.domain.ids import new_id
from app.runtime import Runtime

router = APIRouter(tags=["lead orders"], responses=refusals(400, 401, 403, 404, 413, 422, 503))

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=r"^[^\x00]*$")]
Person = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00]*$")]


class Order(BaseModel):
    """Why, and who orders it; without `assignee` the API key's holder does."""

    model_config = ConfigDict(extra="ignore")

    reason: Words
    assignee: Person | None = None


class BookOrder(Order):
    """The person has an appointment."""

    starts_at: Moment = None


class LaterConsent(ConsentIn):
    """A later consent step: the fields of a form's `consent`, or that object itself under `consent`.

    `sms` must be said: false takes consent back. `corrects` names the ledger row that this puts right; that, and to
    say who recorded it and why, is the staff's.
    """

    consent: ConsentIn | None = None
    assignee: Person | None = None
    reason: Words | None = None
    corrects: Person | None = None

    def act(self, role: str) -> ConsentAct:
        """The act it tells of; raises `Problem` when it says neither yes nor no."""
        said = self.consent or self
        if "sms" not in said.model_fields_set:
            raise invalid([("sms", "must be true, or false to take consent back")])
        act = consent_act(said, received=datetime.now(UTC))
        if role == "source":
            return replace(act, method=act.method or "web_form")
        return replace(act, method=act.method or "told to staff", reason=self.reason, corrects=self.corrects)


class ConsentTaken(BaseModel):
    """A consent act is recorded."""

    lead_id: str
    received_at: datetime


Coordinator = Annotated[Caller, Depends(coordinator)]
TAKES_EFFECT: dict[int | str, dict[str, Any]] = {
    200: {"model": LeadOut, "description": "It took effect; the lead as it is now."},
    202: {"model": LeadOut, "description": "It is stored and will take effect; the lead as it was."},
}


async def _contact_of(runtime: Runtime, clinic: str, lead_id: str) -> str:
    async def look() -> str | None:
        async with runtime.engine.connect() as conn:
            return await reading.contact_of_lead(conn, clinic, lead_id)

    contact_id = await when_written(lead_id, look)
    if contact_id is None:
        raise not_found("lead")
    return contact_id


async def append(runtime: Runtime, clinic: str, lead_id: str, make: Callable[[str, datetime], Event]) -> Event:
    """Append what `make` makes of an id and the time; returns when no text claimed before it can still leave."""
    contact_id = await _contact_of(runtime, clinic, lead_id)
    async with runtime.engine.begin() as conn:
        contact = (await contacts.lock(conn, [contact_id]))[contact_id]
        event = make(new_id("evt"), await installation.now(conn))
        await events.append(conn, runtime.vault, [(contact, event)])
    runtime.doorbell.ring({contact.lane})
    await until_no_claim_can_start(runtime, contact_id)
    return event


async def _lead_after(runtime: Runtime, clinic: str, lead_id: str, event_id: str) -> Response:
    read = await until_read(runtime, event_id)
    seen = await lead_seen(runtime, clinic, lead_id)
    lead = lead_out(seen, await clinic_now(runtime, clinic))
    return answer(lead.model_dump(mode="json"), 200 if read else 202)


def _order_route(path: str, kind: type[StaffOptedOut | LeadPaused | LeadResumed | LeadClosed], summary: str) -> None:
    async def order(request: Request, caller: Coordinator, lead_id: str, body: Order) -> Response:
        runtime = get_runtime(request)
        by = body.assignee or caller.key_id
        event = await append(
            runtime,
            caller.clinic,
            lead_id,
            lambda event_id, at: kind(id=event_id, at=at, lead_id=lead_id, by=by, reason=body.reason),
        )
        return await _lead_after(runtime, caller.clinic, lead_id, event.id)

    router.add_api_route(
        f"/leads/{{lead_id}}/{path}",
        order,
        methods=["POST"],
        responses=TAKES_EFFECT,
        summary=summary,
        operation_id=f"{path.replace('-', '_')}_lead",
    )


ORDERS: dict[str, tuple[type[StaffOptedOut | LeadPaused | LeadResumed | LeadClosed], str]] = {
    "pause": (LeadPaused, "Stop texting for now."),
    "resume": (LeadResumed, "Let the sequence go on."),
    "close": (LeadClosed, "End the lead."),
    "opt-out": (StaffOptedOut, "The person wants no texts: never text this phone again."),
}
for _path, (_kind, _summary) in ORDERS.items():
    _order_route(_path, _kind, _summary)


@router.post("/leads/{lead_id}/book", responses=TAKES_EFFECT)
async def book_lead(request: Request, caller: Coordinator, lead_id: str, body: BookOrder) -> Response:
    """The person has an appointment: pending texts stop."""
    runtime = get_runtime(request)
    seen = await lead_seen(runtime, caller.clinic, lead_id)
    booking = Booking(
        clinic=caller.clinic,
        status="booked",
        token=seen.token,
        starts_at=body.starts_at,
        by=body.assignee or caller.key_id,
        reason=body.reason,
    )
    async with runtime.engine.begin() as conn:
        booked = await bookings.take_booking(conn, runtime.vault, runtime.directory, booking)
    if booked.contact is not None:
        runtime.doorbell.ring({booked.contact.lane})
    await until_no_claim_can_start(runtime, seen.contact_id)
    return await _lead_after(runtime, caller.clinic, lead_id, booked.event_id)


@router.post(
    "/leads/{lead_id}/consent",
    responses=TAKES_EFFECT
    | {202: {"model": LeadOut | ConsentTaken, "description": "It is stored; a form's key is told no more."}},
)
async def take_consent(
    request: Request, caller: Annotated[Caller, Depends(any_key)], lead_id: str, body: LaterConsent
) -> Response:
    """Record a consent given after the lead came in: to staff, or on a form's second page."""
    runtime = get_runtime(request)
    act = body.act(caller.role)
    by = (body.assignee if caller.role != "source" else None) or caller.key_id
    event = await append(
        runtime,
        caller.clinic,
        lead_id,
        lambda event_id, at: ConsentGiven(id=event_id, at=at, lead_id=lead_id, by=by, consent=act),
    )
    if caller.role == "source":
        return answer({"lead_id": lead_id, "received_at": event.at}, 202)
    return await _lead_after(runtime, caller.clinic, lead_id, event.id)
