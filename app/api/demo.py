"""The demo's movable clock: `GET|POST /demo/clock`, on loopback only; not there at all in production."""

import ipaddress
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from starlette.exceptions import HTTPException

from app.adapters.form_errors import blames
from app.adapters.store import installation
from app.api.problems import refusals
from app.api.state import get_runtime

ENVIRONMENTS = ("demo", "test")

FARTHEST = 10 * 366 * 86400
"""Seconds the clock may be moved at once: ten years, either way."""


class ClockMove(BaseModel):
    """One way to move the clock."""

    model_config = ConfigDict(extra="forbid")

    advance_seconds: Annotated[float, Field(ge=-FARTHEST, le=FARTHEST, allow_inf_nan=False)] | None = None
    to: AwareDatetime | None = None
    real: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "ClockMove":
        given = [self.advance_seconds, self.to, self.real]
        if sum(value is not None for value in given) != 1:
            raise blames("give exactly one of advance_seconds, to and real", "advance_seconds", "to", "real")
        if self.to is not None and not 2000 <= self.to.year <= 2100:
            raise blames("must lie between the years 2000 and 2100", "to")
        return self


class Clock(BaseModel):
    """The installation's time, and how far it runs ahead of the real one."""

    now: datetime
    offset_seconds: float


def only_here(request: Request) -> None:
    """Let nobody in but this machine; to others the route does not exist."""
    host = request.client.host if request.client else ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if not here:
        raise HTTPException(404)


router = APIRouter(tags=["demo"], dependencies=[Depends(only_here)], responses=refusals(404, 422, 503))


async def _clock(request: Request) -> Clock:
    async with get_runtime(request).engine.connect() as conn:
        now, offset = await installation.clock(conn)
    return Clock(now=now, offset_seconds=offset)


@router.get("/demo/clock")
async def show_clock(request: Request) -> Clock:
    """What time it is here."""
    return await _clock(request)


@router.post("/demo/clock")
async def move_clock(request: Request, move: ClockMove) -> Clock:
    """Move the clock by an amount, to a moment, or back to the real time."""
    async with get_runtime(request).engine.begin() as conn:
        if move.advance_seconds is not None:
            await installation.advance_clock(conn, move.advance_seconds)
        else:
            await installation.set_clock(conn, move.to)
    return await _clock(request)
