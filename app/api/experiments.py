"""The report on an experiment, for those who run the sequences."""

from datetime import datetime
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, Field

from app.api.auth import Caller, coordinator
from app.api.problems import not_found, refusals
from app.api.state import get_runtime
from app.domain.experiments import Change
from app.reporting.experiments import experiment_report

router = APIRouter(tags=["reports"], responses=refusals(401, 403, 404, 422, 503))


class Rate(BaseModel):
    """A share between 0 and 1 with its 95 % interval; null where there is nobody yet."""

    rate: float | None
    low: float | None
    high: float | None


class Rates(BaseModel):
    """`replied` and `booked` of who is `judged`, within the window; `opted_out` of who was texted, until now."""

    replied: Rate
    booked: Rate
    opted_out: Rate


class Stopped(BaseModel):
    """Since when an arm gets no new leads, and what its figures were then."""

    arm: str
    at: AwareDatetime
    people: int
    opted_out: int
    limit: float


class ArmOut(BaseModel):
    """An arm: people who began with it (`n`), were texted, replied and booked in their window, opted out.

    `judged` are those that are known wholly: everybody who began before the first whose window is still open.
    """

    arm: str
    n: int
    texted: int
    sent: int
    delivered: int
    replied: int
    booked: int
    opted_out: int
    judged: int
    rates: Rates
    stopped: Stopped | None


class DifferenceOut(BaseModel):
    """Rate of the arm minus rate of the first, in an interval that holds however often one looks.

    `information` is the part of the planned information that is there; `decided` when the verdict has fallen, `shown`
    when it says that there is a difference, `settled` that there is none worth acting on. Then the figures are those
    of that moment.
    """

    difference: float | None
    low: float | None
    high: float | None
    information: float
    decided: bool
    shown: bool
    settled: bool


class Comparison(BaseModel):
    """An arm against the first. The verdict is about `booked`."""

    arm: str
    against: str
    booked: DifferenceOut
    replied: DifferenceOut


class Edition(BaseModel):
    """What was tried under this key at a time: it changes when the arms do."""

    edition: str
    since: datetime
    people: int


class ExperimentReport(BaseModel):
    """What an experiment shows, in figures and in one sentence."""

    clinic: str
    key: str
    edition: str
    running: bool = Field(description="Whether the clinic's file has this edition now.")
    sequence: str | None
    step: str | None
    change: Change | None
    since: AwareDatetime | None
    as_of: AwareDatetime
    window_days: int
    arms: list[ArmOut]
    comparisons: list[Comparison]
    state: Literal["early", "different", "no_difference", "stopped"]
    verdict: str
    needed: int = Field(description="About how many people each arm takes in all.")
    missing: int = Field(description="About how many of them are still to come.")
    rule: str = Field(description="By which rule the verdict falls.")
    editions: list[Edition]


@router.get("/reports/experiments/{key}", response_model=ExperimentReport)
async def show_experiment(
    request: Request,
    caller: Annotated[Caller, Depends(coordinator)],
    key: str,
    edition: Annotated[str | None, Query(description="An earlier edition; without it the one that runs.")] = None,
) -> Response:
    """What an experiment's arms led to, what that proves, and how much is missing."""
    runtime = get_runtime(request)
    async with runtime.engine.connect() as conn:
        await conn.execution_options(isolation_level="REPEATABLE READ")
        report = await experiment_report(conn, await runtime.clinics.take(conn, caller.clinic), key, edition)
    if report is None:
        raise not_found("experiment")
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(report, option=orjson.OPT_UTC_Z), headers=headers, media_type="application/json")
