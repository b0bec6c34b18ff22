"""The supervisor behind `leadline demo` and `leadline up`: everything on one machine, and all of it ended again.

The order is the story: look whether we may (ports, folder, settings) → databases → tables → the demo's clinic
and keys → children (API, worker, carrier) → wait until all of them answer → say so → watch. Ctrl-C at any
point walks back the same way: children first, databases last. A second Ctrl-C hastens.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from app import embedded
from app.adapters.store import applying
from app.children import Child, Children
from app.demo_clinic import prepare, welcome
from app.install import install
from app.ports import is_free
from app.running import (
    Running,
    find_running,
    forget_running,
    generated_secrets,
    left_behind,
    note_running,
    settings_given,
)
from app.runtime import open_engine
from app.settings import Settings, UnsafeSettings

HOST = "127.0.0.1"
READY_WITHIN = 60.0
"""Seconds from the children's start until all must answer."""

PORT_WITHIN = 5.0
"""Seconds that children of a killed supervisor have to let go of their ports."""

SENDERS_EVERY = 1.0
"""Seconds between looks whether a newly applied clinic brought a number that the carrier must learn."""


class CannotStart(embedded.EmbeddedError):
    """Something stands in the way; the text says what, and nothing was started."""


def run(settings: Settings, port: int, *, demo: bool) -> None:
    """Bring everything up, stay until SIGINT or SIGTERM, and take everything down. Raises `CannotStart`."""
    _environment(settings, port, demo)
    with suppress(asyncio.CancelledError):
        asyncio.run(_live(settings.data_dir, port, demo))


def say(line: str) -> None:
    """One line for the person."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


# Before anything starts.


def _environment(settings: Settings, port: int, demo: bool) -> None:
    """Put what a child needs into the environment; what is set there already stays."""
    if demo and settings.env == "production" and os.environ.get("LEADLINE_ENV"):
        raise UnsafeSettings("LEADLINE_ENV is production, and a demo is not: use `leadline up`, or unset it")
    ours = {"LEADLINE_DATA_DIR": str(settings.data_dir), "LEADLINE_PUBLIC_URL": f"http://{HOST}:{port}"}
    if demo:
        ours |= {"LEADLINE_ENV": "demo", **generated_secrets(settings.data_dir)}
        ours |= {
            "LEADLINE_TWILIO_API_URL": f"http://{HOST}:{port + 1}",
            "LEADLINE_SMTP_URL": f"smtp://{HOST}:{port + 2}",
        }
    elif not settings.public_url:
        say(f"LEADLINE_PUBLIC_URL is not set: carriers can't reach http://{HOST}:{port} from outside.")
    given = {name: value for name, value in os.environ.items() if value}
    os.environ.update({name: given.get(name, value) for name, value in ours.items()})
    # What production lacks is said now, before a database was made for it.
    settings_given(settings.data_dir).model_copy(update={"database_url": "ours"}).check()


def _ports(port: int, own_carrier: bool) -> list[int]:
    return [port, port + 1, port + 2] if own_carrier else [port]


async def _may_start(data_dir: Path, ports: list[int]) -> None:
    """Raises `CannotStart` when another runs here or a port is taken; waits a moment for a killed one's children."""
    if there := find_running(data_dir):
        raise CannotStart(f"{data_dir} is in use by process {there.pid}; use another --data or stop it.")
    deadline = asyncio.get_running_loop().time() + (PORT_WITHIN if left_behind(data_dir) else 0)
    while taken := [port for port in ports if not is_free(HOST, port)]:
        if asyncio.get_running_loop().time() >= deadline:
            raise CannotStart(f"port {taken[0]} is in use: stop what listens there, or use another --port")
        await asyncio.sleep(0.05)


# The whole life.


async def _live(data_dir: Path, port: int, demo: bool) -> None:
    children = Children(say)
    _stop_on_signals(children)
    own_carrier = demo and os.environ["LEADLINE_TWILIO_API_URL"] == f"http://{HOST}:{port + 1}"
    await _may_start(data_dir, _ports(port, own_carrier))
    async with AsyncExitStack() as standing:
        settings = await standing.enter_async_context(_databases(data_dir))
        await install(settings)
        greeting = await prepare(settings) if demo else None
        standing.push_async_callback(children.stop)
        carrier = await _start(children, settings, port, demo, own_carrier)
        await _until_ready(children, port, own_carrier)
        note_running(data_dir, _running(settings, port))
        standing.callback(forget_running, data_dir)
        if greeting is not None:
            welcome(greeting, settings, f"http://{HOST}:{port}", f"http://{HOST}:{port + 1}" if own_carrier else None)
        print(f"ready http://{HOST}:{port}", flush=True)  # noqa: T201
        async with asyncio.TaskGroup() as watching:
            watching.create_task(children.watch())
            if carrier is not None:
                watching.create_task(_teach(carrier, settings))


def _stop_on_signals(children: Children) -> None:
    """The first signal ends the supervisor's task, which then takes all down; the next one hastens that."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    asked = False

    def stop() -> None:
        nonlocal asked
        if asked:
            children.hasten.set()
        elif task is not None:
            asked = True
            say("Stopping …")
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


@asynccontextmanager
async def _databases(data_dir: Path) -> AsyncIterator[Settings]:
    """PostgreSQL and Valkey: those of the environment, else ours; the settings with which to reach them."""
    settings = settings_given(data_dir)
    own_postgres, own_valkey = not settings.database_url, not settings.valkey_url
    if not (own_postgres or own_valkey):
        yield settings.check()
        return
    say("Starting the databases …")
    starting = asyncio.ensure_future(
        asyncio.to_thread(embedded.start, data_dir, postgres=own_postgres, valkey=own_valkey, log=say)
    )
    try:
        servers = (await asyncio.shield(starting)).servers
        os.environ.update({name: url for name, url in _urls(servers).items() if url})
        yield settings_given(data_dir).check()
    finally:
        # A start that was interrupted is waited for: it can't be called back, only ended.
        started = (await asyncio.gather(starting, return_exceptions=True))[0]
        if isinstance(started, embedded.Embedded):
            await asyncio.to_thread(started.stop)


def _urls(servers: embedded.Servers) -> dict[str, str]:
    return {"LEADLINE_DATABASE_URL": servers.database_url, "LEADLINE_VALKEY_URL": servers.valkey_url}


async def _start(children: Children, settings: Settings, port: int, demo: bool, own_carrier: bool) -> Child | None:
    """Start API and worker, and the carrier where it is ours; a demo's children log to files."""
    logs = settings.data_dir / "logs" if demo else None

    def child(name: str, *arguments: str) -> Child:
        return Child(name, (name.lower(), *arguments), logs / f"{name.lower()}.log" if logs else None)

    numbers = [word for number in await _numbers(settings) for word in ("--number", number)] if own_carrier else []
    mail = ("--mail-port", str(port + 2))
    carrier = child("carrier", "--port", str(port + 1), *mail, *numbers) if own_carrier else None
    apart = [child("API", "--port", str(port)), child("worker")]
    children.start([*apart, carrier] if carrier else apart)
    return carrier


async def _until_ready(children: Children, port: int, own_carrier: bool) -> None:
    doors = [f"http://{HOST}:{port}/readyz"] + ([f"http://{HOST}:{port + 1}/requests"] if own_carrier else [])
    watching = asyncio.create_task(children.watch())
    async with httpx.AsyncClient(timeout=2, trust_env=False) as http:
        answering = asyncio.gather(_works(http, doors[0]), *(_answers(http, door) for door in doors))
        try:
            both: list[asyncio.Future[Any]] = [watching, answering]
            await asyncio.wait(both, timeout=READY_WITHIN, return_when=asyncio.FIRST_COMPLETED)
            if watching.done():
                watching.result()
            if not answering.done():
                words = "\n".join(f"{child.name}:\n{child.last_words()}" for child in children.all)
                raise CannotStart(f"not all answered within {READY_WITHIN:.0f} s. The ends of the logs:\n{words}")
        finally:
            watching.cancel()
            answering.cancel()
            await asyncio.gather(watching, answering, return_exceptions=True)
    children.ready = True


async def _answers(http: httpx.AsyncClient, door: str) -> None:
    while True:
        with suppress(httpx.HTTPError):
            if (await http.get(door)).status_code == 200:
                return
        await asyncio.sleep(0.05)


async def _works(http: httpx.AsyncClient, door: str) -> None:
    """A worker has said that it lives, since we began: the word of one that was killed does not count."""
    clock = asyncio.get_running_loop()
    began = clock.time()
    while True:
        with suppress(httpx.HTTPError, ValueError):
            age = (await http.get(door)).json()["worker_heartbeat_age"]
            if age is not None and age < clock.time() - began:
                return
        await asyncio.sleep(0.05)


def _running(settings: Settings, port: int) -> Running:
    return Running(
        pid=os.getpid(),
        began=psutil.Process().create_time(),
        env=settings.env,
        port=port,
        database_url=settings.database_url,
        valkey_url=settings.valkey_url,
        public_url=settings.public_url,
        lanes=settings.lanes,
        twilio_api_url=settings.twilio_api_url,
        smtp_url=settings.smtp_url,
    )


# The carrier learns the numbers of clinics that are applied while it runs.


async def _teach(carrier: Child, settings: Settings) -> None:
    while True:
        await asyncio.sleep(SENDERS_EVERY)
        with suppress(Exception):  # The database may be away for a moment; the next look will see it.
            for number in await _numbers(settings):
                carrier.order(number)


async def _numbers(settings: Settings) -> list[str]:
    """Every sender's number and where the carrier posts what is written to it, as `carrier --number` takes them."""
    engine = open_engine(settings, size=1)
    try:
        async with engine.connect() as conn:
            senders = await applying.sender_numbers(conn)
    finally:
        await engine.dispose()
    return [f"{number}={settings.public_url}/webhooks/sms/{key}" for key, number in senders.items()]
