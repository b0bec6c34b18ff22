"""Bookings in: `POST /bookings`, for the clinic's own tools. What follows of them the machine decides."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.adapters.form_errors import blames
from app.adapters.lead_form import Email, ExternalId, Key, Moment, OptionalPhone
from app.adapters.store import bookings
from app.adapters.store.bookings import Booking
from app.api.auth import Caller, any_key
from app.api.problems import refusals
from app.api.state import get_runtime
from app.api.waiting import until_no_claim_can_start

router = APIRouter(tags=["bookings"])


class BookingIn(BaseModel):
    """An appointment as a booking tool tells of it. Whose it is: the link's token, else phone, else e-mail."""

    model_config = ConfigDict(extra="ignore")

    lead_token: Key = None
    phone: OptionalPhone = None
    email: Email = None
    status: Literal["booked", "rescheduled", "cancelled", "no_show", "completed"]
    starts_at: Moment = None
    external_id: ExternalId = None

    @model_validator(mode="after")
    def _somebody(self) -> "BookingIn":
        if not (self.lead_token or self.phone or self.email):
            raise blames("give a lead_token, a phone or an email", "lead_token", "phone", "email")
        return self


class BookingTaken(BaseModel):
    """A booking is in. `matched` is the lead it belongs to; null opens a `booking_help` task."""

    booking_id: Annotated[str, Field(description="The first one's, when the same was told before.")]
    matched: str | None


@router.post("/bookings", status_code=202, responses=refusals(400, 401, 403, 413, 422, 503))
async def take_booking(request: Request, caller: Annotated[Caller, Depends(any_key)], body: BookingIn) -> BookingTaken:
    """Take in that an appointment was made, moved, called off, missed or kept. Pending texts stop."""
    runtime = get_runtime(request)
    booking = Booking(
        clinic=caller.clinic,
        status=body.status,
        token=body.lead_token,
        phone=body.phone,
        email=body.email,
        starts_at=body.starts_at,
        external_id=body.external_id,
    )
    async with runtime.engine.begin() as conn:
        booked = await bookings.take_booking(conn, runtime.vault, runtime.directory, booking)
    if booked.contact is not None:
        runtime.doorbell.ring({booked.contact.lane})
        await until_no_claim_can_start(runtime, booked.contact.id)
    return BookingTaken(booking_id=booked.booking_id, matched=booked.matched)
