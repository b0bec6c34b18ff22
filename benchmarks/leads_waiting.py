"""Leads that wait to be worked: many `LeadCaptured` events in the log, appended as the API appends them."""

from app.adapters.lead_form import LeadIn
from app.adapters.store.ingest import take_in
from app.api.auth import Caller
from app.api.lead_form import parse_json
from app.api.leads import submit_as
from benchmarks.ground import Place
from benchmarks.people import body

GROUP = 250


async def append(place: Place, first: int, count: int) -> None:
    """Take in so many leads, beginning with the person of this number; nobody is told."""
    runtime = place.runtime
    caller = Caller("benchmark", "lakeside", "source", "website")
    async with runtime.engine.connect() as conn:
        clinic = await runtime.clinics.take(conn, "lakeside")
    for begin in range(first, first + count, GROUP):
        people = range(begin, min(begin + GROUP, first + count))
        group = [submit_as(parse_json(body(number), LeadIn), caller, clinic, None) for number in people]
        async with runtime.engine.begin() as conn:
            await take_in(conn, runtime.vault, runtime.directory, group)
