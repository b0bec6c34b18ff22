"""The web application: routers, what they hold in common, and what a process opens and closes around them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import (
    bookings,
    demo,
    experiments,
    health,
    lead_orders,
    lead_reading,
    leads,
    links,
    messages,
    problems,
    reports,
    tasks,
    unsubscribe,
    versions,
    webhooks,
)
from app.api.auth import Keyring
from app.api.front import FrontDoor
from app.api.health import CountRequests
from app.api.ingest import Intake
from app.api.limits import Limits
from app.api.state import CurrentClinics
from app.runtime import Runtime, open_runtime
from app.settings import Settings

LARGEST_BODY = 64 * 1024

ROUTERS = (
    leads,
    lead_reading,
    lead_orders,
    webhooks,
    bookings,
    tasks,
    messages,
    links,
    unsubscribe,
    reports,
    experiments,
    versions,
    health,
)


class BodyLimit(RequestBodyLimitMiddleware):
    """A body over 64 KiB gets 413: at once when its length is announced, else while it is being read."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse an announced length; the server holds a sender to it, so only what is not announced is watched."""
        length = _announced(scope) if scope["type"] == "http" else 0
        if length is None:
            await super().__call__(scope, receive, send)
        elif length > self.max_body_size:
            await problems.problem_of(HTTPException(413)).response()(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _announced(scope: Scope) -> int | None:
    """The length of the body as its sender gives it; None when it comes in chunks, of whatever length."""
    told = {name: value for name, value in scope["headers"] if name in (b"content-length", b"transfer-encoding")}
    length = told.get(b"content-length", b"0")
    return int(length) if length.isdigit() and b"transfer-encoding" not in told else None


def create_app(settings: Settings | None = None, runtime: Runtime | None = None) -> FastAPI:
    """The application; it opens a runtime of its own for these settings unless it is given one."""
    known = runtime.settings if runtime else settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            opened = runtime if runtime is not None else await stack.enter_async_context(open_runtime(known.check()))
            app.state.runtime = opened
            async with opened.engine.connect() as conn:
                # Reading clinic files takes a while the first time; better now than inside the first request.
                await opened.clinics.take_all(conn)
            app.state.keyring = Keyring(opened.engine)
            app.state.limits = Limits(known.requests_per_second)
            app.state.clinics = CurrentClinics(opened)
            app.state.intake = intake = Intake(opened)
            stack.push_async_callback(intake.close)
            yield

    app = FastAPI(
        title="Leadline",
        description="Turns a medical lead's form submission into a booked appointment by text.",
        version="1",
        lifespan=lifespan,
        docs_url=None if known.env == "production" else "/docs",
        redoc_url=None,
        # It would hand exceptions, text and all, to whatever exporter the environment names.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.stopping = asyncio.Event()  # Set when the server is told to stop: then nobody is kept waiting.
    # As they are: `include_router` would build each of them again, in a third of a second.
    for module in (*ROUTERS, demo) if known.env in demo.ENVIRONMENTS else ROUTERS:
        app.router.routes.extend(module.router.routes)
    problems.install(app)
    _wrap(app)
    return app


def _wrap(app: FastAPI) -> None:
    """Put the layers around it, the innermost first: every answer is counted, refusals of large bodies too."""
    layers: tuple[tuple[type[ASGIApp], dict[str, Any]], ...] = (
        (FrontDoor, {"routes": leads.router.routes}),
        (BodyLimit, {"max_body_size": LARGEST_BODY}),
        (problems.Shield, {}),
        (CountRequests, {}),
    )
    for layer, options in layers:
        app.add_middleware(layer, **options)  # type: ignore[arg-type]
