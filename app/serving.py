"""One API process: looked over before it starts, then served until it is told to stop."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from app.runtime import open_runtime, spare_the_collector
from app.settings import Settings

STOP_WITHIN = 20
"""Seconds that requests under way have when the process is told to stop."""


async def preflight(settings: Settings) -> None:
    """Open the runtime once and close it: what is wrong is said in one line, before anything listens."""
    async with open_runtime(settings, pool_size=1):
        pass


class Server(uvicorn.Server):
    """Leaves signals to us, so that a stop that was asked for ends with 0; and streams end when it stops."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self.stopping = stopping

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing is captured."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell whoever is kept waiting before waiting for their answers' end."""
        self.stopping.set()
        await super().shutdown(sockets)


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve the API until SIGTERM or SIGINT; a second one hastens."""
    from app.main import create_app

    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        server_header=False,
        # Whoever asks may write X-Forwarded-For; we believe the socket.
        proxy_headers=False,
        log_config=None,
        # Longer than a load balancer's idle time, so that it closes first.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=STOP_WITHIN,
    )
    server = Server(config, app.state.stopping)
    config.load()
    spare_the_collector()
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        loop = runner.get_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.handle_exit, number, None)
        runner.run(server.serve())
    if not server.started:
        raise SystemExit(1)
