"""Reports for those who run the sequences: the funnel, how long things took, and what was asked of the staff."""

import hashlib
from datetime import date
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel

from app.adapters.store import reports
from app.adapters.store.reports import By, Period
from app.api.auth import Caller, coordinator
from app.api.problems import invalid, refusals
from app.api.state import get_runtime
from app.reporting.document import document

router = APIRouter(tags=["reports"], responses=refusals(401, 403, 422, 503))


class Rates(BaseModel):
    """Shares between 0 and 1: `delivered` of the texts sent, the others of the people the row is about."""

    delivered: float | None
    replied: float | None
    question: float | None
    booked: float | None
    declined: float | None
    opted_out: float | None


class Figures(BaseModel):
    """What was counted. Texts: `sent segments delivered failed replies`; people, each once: the rest."""

    captured: int
    leads: int
    entered: int
    sent: int
    segments: int
    emails: int
    delivered: int
    failed: int
    replies: int
    replied: int
    question: int
    booked: int
    declined: int
    opted_out: int
    rates: Rates


class FunnelRow(Figures):
    """A row, named by what the funnel is split by; a step and a variant with their sequence. `-` is none."""

    sequence: str | None = None
    step: str | None = None
    variant: str | None = None
    source: str | None = None
    location: str | None = None
    service: str | None = None


class Bucket(BaseModel):
    """Leads for which it took no longer than this (null: longer than all), but longer than the bucket before says."""

    seconds: int | None
    leads: int
    booked: int


class Times(BaseModel):
    """How long something took, in seconds; `median` and `p90` are read from the buckets."""

    measure: str
    leads: int
    median: float | None
    p90: float | None
    buckets: list[Bucket]


class TaskLoad(BaseModel):
    """Tasks opened by what a sequence and its variant led to, and the seconds to their first answer."""

    sequence: str
    variant: str
    opened: int
    answered: int
    median: float | None
    p90: float | None


class TeamAnswers(BaseModel):
    """The tasks that a team answered, and the seconds to the first answer."""

    team: str
    answered: int
    median: float | None
    p90: float | None


class FunnelReport(BaseModel):
    """The funnel; `as_of`: everything that was read before that moment is counted."""

    clinic: str
    by: By
    since: date | None
    until: date | None
    as_of: AwareDatetime
    rows: list[FunnelRow]
    total: Figures
    times: list[Times]
    tasks: list[TaskLoad]
    teams: list[TeamAnswers]


@router.get(
    "/reports/funnel",
    response_model=FunnelReport,
    responses={304: {"description": "No figure has changed since the tag in If-None-Match."}},
)
async def show_funnel(
    request: Request,
    caller: Annotated[Caller, Depends(coordinator)],
    by: By = "sequence",
    since: Annotated[date | None, Query(alias="from", description="The first day, at the clinic.")] = None,
    until: Annotated[date | None, Query(alias="to", description="The last day, at the clinic.")] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """How many were texted, replied, booked: by sequence, step, variant, source, location or service."""
    if since is not None and until is not None and until < since:
        raise invalid([("to", "is before `from`")])
    period = Period(since=since, until=until)
    async with get_runtime(request).engine.connect() as conn:
        await conn.execution_options(isolation_level="REPEATABLE READ")
        report = document(await reports.whole(conn, caller.clinic, by, period))
    # Time passing is no change: the tag is of the figures alone.
    figures = {name: value for name, value in report.items() if name != "as_of"}
    tag = f'W/"{hashlib.sha256(orjson.dumps(figures)).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-store"}
    if if_none_match is not None and {tag, "*"} & {one.strip() for one in if_none_match.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(orjson.dumps(report, option=orjson.OPT_UTC_Z), headers=headers, media_type="application/json")
