"""Leads shown to coordinators: the list, one lead, its timeline."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime

from app.adapters.phones import PhoneError, parse_us_phone
from app.adapters.store import reading, timeline
from app.adapters.store.reading import LeadFilters, LeadSeen
from app.api.auth import Caller, coordinator
from app.api.lead_shapes import LeadOut, LeadsOut, TimelineOut, cursor_of, lead_out, place_of, timeline_out
from app.api.problems import invalid, not_found, refusals
from app.api.state import get_runtime
from app.api.waiting import when_written
from app.domain.clinic import Clinic
from app.domain.contact import Stage
from app.runtime import Runtime

router = APIRouter(tags=["leads"], responses=refusals(401, 403, 422, 503))

Coordinator = Annotated[Caller, Depends(coordinator)]
Limit = Annotated[int, Query(ge=1, le=200)]


async def lead_seen(runtime: Runtime, clinic: str, lead_id: str) -> LeadSeen:
    """This clinic's lead; raises a 404 Problem. One that came in a moment ago is waited for."""

    async def look() -> LeadSeen | None:
        async with runtime.engine.connect() as conn:
            return await reading.lead(conn, runtime.vault, clinic, lead_id)

    found = await when_written(lead_id, look)
    if found is None:
        raise not_found("lead")
    return found


async def clinic_now(runtime: Runtime, key: str) -> Clinic:
    """A clinic at its current version, with every sequence in which its leads stand."""
    async with runtime.engine.connect() as conn:
        return await runtime.clinics.take(conn, key)


@router.get("/leads")
async def list_leads(
    request: Request,
    caller: Coordinator,
    phone: str | None = None,
    stage: Stage | None = None,
    since: AwareDatetime | None = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> LeadsOut:
    """Leads, newest first: of a phone, in a stage, captured since a moment."""
    runtime = get_runtime(request)
    filters = LeadFilters(
        phone_hash=runtime.directory.hash(_phone(phone)) if phone is not None else None,
        stage=stage.value if stage else None,
        since=since,
    )
    after = place_of(cursor) if cursor else None
    async with runtime.engine.connect() as conn:
        found = await reading.leads(conn, runtime.vault, caller.clinic, filters, after, limit + 1)
        clinic = await runtime.clinics.take(conn, caller.clinic)
    page = found[:limit]
    more = cursor_of(page[-1].captured_at.isoformat(), page[-1].id) if len(found) > limit else None
    return LeadsOut(leads=[lead_out(lead, clinic) for lead in page], cursor=more)


def _phone(written: str) -> str:
    try:
        # A "+" that nobody escaped arrives as a space.
        return parse_us_phone(written.strip())
    except PhoneError as error:
        raise invalid([("phone", str(error))]) from None


@router.get("/leads/{lead_id}", responses=refusals(404))
async def show_lead(request: Request, caller: Coordinator, lead_id: str) -> LeadOut:
    """One lead as it stands: stage, track, sequence, what is next, consent, suppression."""
    runtime = get_runtime(request)
    seen = await lead_seen(runtime, caller.clinic, lead_id)
    return lead_out(seen, await clinic_now(runtime, caller.clinic))


@router.get("/leads/{lead_id}/timeline", responses=refusals(404))
async def show_timeline(request: Request, caller: Coordinator, lead_id: str) -> TimelineOut:
    """Every event, text with its decision, task and stage change of a lead, oldest first."""
    runtime = get_runtime(request)
    lead = await lead_seen(runtime, caller.clinic, lead_id)
    async with runtime.engine.connect() as conn:
        found = await timeline.timeline(conn, runtime.vault, lead.contact_id, lead_id)
    return timeline_out(found)
