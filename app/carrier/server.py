"""Puts the doors together and runs them as a process of their own."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Any, cast

import orjson
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.carrier.carrier import Carrier, CarrierOptions
from app.carrier.handsets import Handsets
from app.carrier.mail import MailServer
from app.carrier.rest import HANG_UP, Rest, refused
from app.carrier.wire import API_VERSION, NOT_FOUND, UNAUTHORIZED, Refusal


def create_carrier(options: CarrierOptions) -> Starlette:
    """The emulated carrier as an ASGI application; reports and e-mails run between lifespan start and stop."""
    carrier, mail = Carrier(options), MailServer()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        carrier.receipts.open()
        smtp = await asyncio.start_server(mail.serve, options.mail[0], options.mail[1]) if options.mail else None
        yield
        if smtp is not None:
            smtp.close()
        await carrier.receipts.close()
        await carrier.webhooks.close()

    return Starlette(
        routes=[*Rest(carrier).routes(), *Handsets(carrier).routes(), *mail.routes()],
        exception_handlers={HTTPException: _refuse},
        lifespan=lifespan,
    )


async def _refuse(request: Request, error: Exception) -> Response:
    """An error in the words of whoever is spoken to: Twilio's under its paths, RFC 9457 elsewhere."""
    status, detail = cast(HTTPException, error).status_code, cast(HTTPException, error).detail
    if request.url.path.startswith(f"/{API_VERSION}"):
        bad = Refusal(20001, "Unknown or invalid parameters", status)
        return refused({401: UNAUTHORIZED, 404: NOT_FOUND}.get(status, bad))
    problem = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return Response(orjson.dumps(problem), status, media_type="application/problem+json")


class _Protocol(HttpToolsProtocol):
    """HTTP that can also hang up: a carrier which takes a request and never answers is one of the faults."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast(dict[str, Any], self.scope)["extensions"] = {HANG_UP: {"now": self.transport.close}}


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it, so that it can live inside another program's loop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(options: CarrierOptions) -> _Server:
    config = uvicorn.Config(
        create_carrier(options),
        http=_Protocol,
        ws="none",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        # Longer than the pools of those who call: they, not we, close an idle connection.
        timeout_keep_alive=75,
        # Requests held by a fault must not hold up the end.
        timeout_graceful_shutdown=1,
    )
    return _Server(config)


async def serve(
    options: CarrierOptions, host: str = "127.0.0.1", port: int = 8001, *, sock: socket.socket | None = None
) -> None:
    """Serves until cancelled, printing nothing; `sock`, if given, takes the place of host and port.

    Raises OSError when the port is taken.
    """
    # Bound here and not by uvicorn, which would log and exit where a caller wants to say what is wrong.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = sock or socket.create_server((host, port), family=family, backlog=2048)
    server = _server(options)
    serving = asyncio.create_task(server.serve([listening]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving


def run(options: CarrierOptions, host: str = "127.0.0.1", port: int = 8001) -> None:
    """Serves until SIGTERM or SIGINT, then returns: the whole life of `leadline carrier`. Raises OSError."""

    async def live() -> None:
        serving = asyncio.ensure_future(serve(options, host, port))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
        await asyncio.wait({serving})
        if not serving.cancelled():
            serving.result()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(live())
