"""Is this process there, can it work, how busy is it: `/healthz`, `/readyz`, `/metrics`."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.adapters.store import task_lists
from app.adapters.store.vitals import Vitals, vitals
from app.adapters.transient import is_transient
from app.api.measures import DRIFTING, GAUGES, REGISTRY, REQUESTS, TEAM_GAUGES
from app.api.state import answer, get_clinics, get_runtime
from app.runtime import Runtime

router = APIRouter(tags=["health"])

PATIENCE = 3.0
"""Seconds within which the database must answer for this process to be ready."""


class Readiness(BaseModel):
    """Whether this installation can do its job. Ages and lateness in seconds, null where there is nothing."""

    ready: bool
    database: bool
    valkey: bool
    workers: int | None
    worker_heartbeat_age: float | None
    lateness: float | None


@router.get("/healthz", response_class=PlainTextResponse)
async def healthz() -> PlainTextResponse:
    """The process answers."""
    return PlainTextResponse("ok")


@router.get(
    "/readyz",
    response_model=Readiness,
    responses={503: {"model": Readiness, "description": "The database does not answer."}},
)
async def readyz(request: Request) -> Response:
    """Whether requests can be served: the database answers. Valkey is a doorbell and may be away."""
    runtime = get_runtime(request)
    signs, valkey = await asyncio.gather(_signs(runtime), runtime.doorbell.answers())
    return answer(
        {
            "ready": signs is not None,
            "database": signs is not None,
            "valkey": valkey,
            "workers": signs.workers if signs else None,
            "worker_heartbeat_age": signs.last_beat_age if signs else None,
            "lateness": signs.due_age if signs else None,
        },
        200 if signs else 503,
    )


async def _signs(runtime: Runtime) -> Vitals | None:
    """What the database says, or None when it does not answer in time."""
    try:
        async with asyncio.timeout(PATIENCE), runtime.engine.connect() as conn:
            return await vitals(conn)
    except Exception as error:
        if is_transient(error):
            return None
        raise


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "Prometheus text.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(request: Request) -> Response:
    """Counters of this process, and the installation's state as of now."""
    signs = await _signs(get_runtime(request))
    for name, gauge in GAUGES.items():
        value = getattr(signs, name) if signs else None
        gauge.set(float("nan") if value is None else value)
    DRIFTING.clear()
    for source, forms in signs.drifting if signs else ():
        DRIFTING.labels(source).set(forms)
    await _show_teams(request, known=signs is not None)
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


async def _show_teams(request: Request, *, known: bool) -> None:
    """Set each team's gauges; a team that has nothing to do is there with zeros."""
    for gauge in TEAM_GAUGES.values():
        gauge.clear()
    if not known:
        return
    async with get_runtime(request).engine.connect() as conn:
        loads = {(load.clinic, load.team): load for load in await task_lists.loads(conn)}
    clinics = await get_clinics(request).all()
    capacity = {(key, team): of.capacity for key, clinic in clinics.items() for team, of in clinic.teams.items()}
    for clinic, team in capacity.keys() | loads.keys():
        load = loads.get((clinic, team))
        TEAM_GAUGES["open"].labels(clinic, team).set(load.open if load else 0)
        TEAM_GAUGES["overdue"].labels(clinic, team).set(load.overdue if load else 0)
        TEAM_GAUGES["capacity"].labels(clinic, team).set(capacity.get((clinic, team), 0))


class CountRequests:
    """Counts every answer by route template and status."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it was answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            route: Any = scope.get("route")
            REQUESTS.labels(_method(scope), getattr(route, "path", "none"), status).inc()


METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


def _method(scope: Scope) -> str:
    """The method, where it is one; whatever else a client may call it is one label."""
    return scope["method"] if scope["method"] in METHODS else "other"
