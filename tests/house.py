"""A whole Leadline on loopback: the API on a real port, a worker, and the emulated carrier, webhooks and all.

Tests post leads and type replies as the outside does, wait for conditions, and read what came of it.
"""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import httpx
import uvicorn
from sqlalchemy import text

from app.carrier import CarrierOptions
from app.carrier import serve as serve_carrier
from app.embedded import Servers
from app.main import create_app
from app.runtime import Runtime
from app.serving import Server
from app.workers import work
from tests.installation import Keys, a_lead, a_runtime, bearer, make_keys, set_clock

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds a condition may take to come true: far above what it takes, so that a slow machine is no failure."""

NUMBER = "+13125550199"


@dataclass
class House:
    """Everything running, and the hands to work it."""

    runtime: Runtime
    api: httpx.AsyncClient
    carrier: httpx.AsyncClient
    keys: Keys

    async def post_lead(self, phone: str = "+13125550142", **changes: object) -> str:
        """A form hands in a lead; its id."""
        answer = await self.api.post("/leads", json=a_lead(phone, **changes), headers=bearer(self.keys.source))
        assert answer.status_code == 202, answer.text
        lead_id: str = answer.json()["lead_id"]
        return lead_id

    async def reply(self, words: str, phone: str = "+13125550142", **more: object) -> httpx.Response:
        """The person types and sends."""
        return await self.carrier.post(f"/handsets/{phone}/reply", json={"text": words, **more})

    async def texts(self, phone: str = "+13125550142") -> list[str]:
        """What our side's texts on this handset say, oldest first."""
        answer = await self.carrier.get(f"/handsets/{phone}/messages")
        return [one["body"] for one in answer.json()["messages"] if one["direction"] == "to_phone"]

    async def lead(self, lead_id: str) -> dict[str, Any]:
        """The lead as a coordinator sees it."""
        return await self.get(f"/leads/{lead_id}")

    async def tasks(self, query: str = "") -> list[dict[str, Any]]:
        """The open tasks."""
        tasks: list[dict[str, Any]] = (await self.get(f"/tasks{query}"))["tasks"]
        return tasks

    async def get(self, path: str) -> dict[str, Any]:
        """A coordinator's GET."""
        answer = await self.api.get(path, headers=bearer(self.keys.coordinator))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def order(self, path: str, **body: object) -> httpx.Response:
        """A coordinator's POST."""
        return await self.api.post(path, json=body, headers=bearer(self.keys.coordinator))

    async def messages(self, lead_id: str) -> list[dict[str, Any]]:
        """Our texts of this lead, oldest first, each with its decision."""
        listed = (await self.get(f"/messages?lead_id={lead_id}"))["messages"]
        ours = sorted((one for one in listed if one["direction"] == "out"), key=lambda one: str(one["id"]))
        return [await self.get(f"/messages/{one['id']}") for one in ours]

    async def move_clock(self, to: datetime) -> None:
        """Move the one clock."""
        await set_clock(self.runtime, to)

    async def settled(self) -> None:
        """Everything written so far has been read."""
        await until(self._all_read)

    async def _all_read(self) -> bool:
        async with self.runtime.engine.connect() as conn:
            query = "SELECT NOT EXISTS (SELECT FROM events WHERE read_no IS NULL)"
            return bool((await conn.execute(text(query))).scalar_one())


async def until(condition: Callable[[], Awaitable[T]], patience: float = PATIENCE) -> T:
    """Wait until the condition gives something true, and give that."""
    end = time.monotonic() + patience
    while True:
        value = await condition()
        if value:
            return value
        assert time.monotonic() < end, "the condition did not come true in time"
        await asyncio.sleep(0.02)


def a_socket() -> socket.socket:
    """A listening socket on a free loopback port."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock


def address(sock: socket.socket) -> str:
    """The http address of a listening socket."""
    return f"http://127.0.0.1:{sock.getsockname()[1]}"


@asynccontextmanager
async def a_carrier(base: str, sock: socket.socket) -> AsyncIterator[httpx.AsyncClient]:
    """The emulated carrier on a real port, its number's webhooks at `base`."""
    options = CarrierOptions(
        numbers={NUMBER: f"{base}/webhooks/sms/lakeside-main"},
        account=os.environ["TWILIO_ACCOUNT_SID"],
        token=os.environ["TWILIO_AUTH_TOKEN"],
        delay=0.01,
    )
    serving = asyncio.create_task(serve_carrier(options, sock=sock))
    async with httpx.AsyncClient(base_url=address(sock), timeout=PATIENCE, verify=False) as client:
        await until(lambda: _answers(client, "/faults"))
        yield client
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def _answers(client: httpx.AsyncClient, path: str) -> bool:
    try:
        return (await client.get(path)).status_code < 500
    except httpx.TransportError:
        return False


@asynccontextmanager
async def an_api(runtime: Runtime, sock: socket.socket) -> AsyncIterator[httpx.AsyncClient]:
    """The API on a real port."""
    app = create_app(runtime.settings, runtime)
    config = uvicorn.Config(app, log_config=None, lifespan="on", access_log=False)
    server = Server(config, app.state.stopping)
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    async with httpx.AsyncClient(base_url=address(sock), timeout=PATIENCE, verify=False) as client:
        await until(lambda: _answers(client, "/healthz"))
        yield client
    server.should_exit = True
    await serving


@asynccontextmanager
async def a_worker(runtime: Runtime) -> AsyncIterator[None]:
    """A worker's loops, in this process."""
    stop = asyncio.Event()
    working = asyncio.create_task(work(runtime, stop))
    yield
    stop.set()
    await working


@asynccontextmanager
async def a_house(servers: Servers, *documents: str, worker: bool = True, **changes: object) -> AsyncIterator[House]:
    """API, worker and carrier together on a fresh database; the clock stands in open hours."""
    api_socket, carrier_socket = a_socket(), a_socket()
    settings = {"public_url": address(api_socket), "twilio_api_url": address(carrier_socket), **changes}
    async with a_runtime(servers, *documents, **settings) as runtime:
        keys = await make_keys(runtime)
        async with an_api(runtime, api_socket) as api, a_carrier(address(api_socket), carrier_socket) as carrier:
            house = House(runtime, api, carrier, keys)
            if not worker:
                yield house
                return
            async with a_worker(runtime):
                yield house
