"""A carrier and a webhook receiver on real loopback sockets, and people to speak with them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from app.carrier import CarrierOptions, serve

ACCOUNT, TOKEN = "AC" + "0" * 32, "a-token-for-tests"
CLINIC, PHONE = "+13125550199", "+13125550123"


async def until(holds: Callable[[], Any], seconds: float = 60) -> Any:
    """Waits until something holds and returns it; fails at the deadline."""
    async with asyncio.timeout(seconds):
        while not (found := holds()):
            await asyncio.sleep(0.005)
    return found


def loopback() -> tuple[socket.socket, str]:
    """A listening socket on a free port, and its address."""
    sock = socket.create_server(("127.0.0.1", 0))
    return sock, f"http://127.0.0.1:{sock.getsockname()[1]}"


@dataclass
class Receiver:
    """The other product: notes each webhook as (path, fields, signature is right)."""

    address: str
    posts: list[tuple[str, dict[str, str], bool]] = field(default_factory=list)
    answer: int = 200

    async def take(self, request: Request) -> Response:
        fields = {name: str(value) for name, value in (await request.form()).items()}
        signature = request.headers.get("X-Twilio-Signature", "")
        right = RequestValidator(TOKEN).validate(str(request.url), fields, signature)
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.posts.append((target, fields, right))
        return Response("<Response/>", self.answer, media_type="text/xml")

    def statuses(self) -> list[str]:
        """The reported statuses, in the order they came."""
        return [fields["MessageStatus"] for _, fields, _ in self.posts if "MessageStatus" in fields]


@pytest.fixture(scope="session")
async def closing() -> AsyncIterator[set[asyncio.Task[None]]]:
    """Servers on their way out: each takes half a second, which the next test need not wait for."""
    servers: set[asyncio.Task[None]] = set()
    yield servers
    await asyncio.gather(*servers, return_exceptions=True)


@pytest.fixture
async def receiver(closing: set[asyncio.Task[None]]) -> AsyncIterator[Receiver]:
    sock, address = loopback()
    receiver = Receiver(address)
    app = Starlette(routes=[Route("/{path:path}", receiver.take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, log_level="critical", lifespan="off"))
    serving = asyncio.create_task(server._serve([sock]))
    yield receiver
    server.should_exit = True
    closing.add(serving)


class Redirected(TwilioHttpClient):
    """The package's own HTTP client with another host: all that pointing it at the emulator takes."""

    def __init__(self, address: str) -> None:
        super().__init__(timeout=30)
        self.address = address

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        return super().request(method, url.replace("https://api.twilio.com", self.address), *args, **kwargs)


@dataclass
class Bench:
    """A running carrier, the official client pointed at it, and plain HTTP for everything else."""

    address: str
    twilio: Client
    http: httpx.AsyncClient

    async def text(self, body: str = "Hello", **fields: Any) -> Any:
        """Sends a text with the official package."""
        order = {"to": PHONE, "from_": CLINIC, "body": body, **fields}
        return await asyncio.to_thread(lambda: self.twilio.messages.create(**order))

    async def create(self, **fields: str) -> httpx.Response:
        """Posts a create request as any HTTP client would."""
        form = {"To": PHONE, "From": CLINIC, "Body": "Hello", **fields}
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        return await self.http.post(path, data=form, auth=(ACCOUNT, TOKEN))

    async def reply(self, text: str, phone: str = PHONE, **more: Any) -> httpx.Response:
        return await self.http.post(f"/handsets/{phone}/reply", json={"text": text, **more})

    async def bubbles(self, phone: str = PHONE) -> list[tuple[str, str]]:
        shown = (await self.http.get(f"/handsets/{phone}/messages")).json()["messages"]
        return [(message["direction"], message["body"]) for message in shown]

    async def status_of(self, sid: str) -> tuple[str, int | None]:
        message = await asyncio.to_thread(lambda: self.twilio.messages(sid).fetch())
        return message.status, message.error_code


@asynccontextmanager
async def running(options: CarrierOptions, closing: set[asyncio.Task[None]]) -> AsyncIterator[Bench]:
    sock, address = loopback()
    serving = asyncio.create_task(serve(options, sock=sock))
    redirected = Redirected(address)
    async with httpx.AsyncClient(base_url=address, timeout=30, trust_env=False, verify=False) as http:
        yield Bench(address, Client(ACCOUNT, TOKEN, http_client=redirected), http)
    redirected.session.close()
    serving.cancel()
    closing.add(serving)


@pytest.fixture
def options(receiver: Receiver) -> CarrierOptions:
    return CarrierOptions({CLINIC: f"{receiver.address}/webhooks/sms/main"}, ACCOUNT, TOKEN, delay=0)


@pytest.fixture
async def bench(options: CarrierOptions, closing: set[asyncio.Task[None]]) -> AsyncIterator[Bench]:
    async with running(options, closing) as bench:
        yield bench


@pytest.fixture
async def open_bench(options: CarrierOptions, closing: set[asyncio.Task[None]]) -> AsyncIterator[Bench]:
    """A carrier with no numbers of its own: it takes any From."""
    async with running(replace(options, numbers={}), closing) as bench:
        yield bench


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Any]:
    return until
