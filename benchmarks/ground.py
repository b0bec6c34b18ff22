"""The ground a benchmark stands on: real servers, a fresh installation, and the product's own processes.

PostgreSQL and Valkey are the embedded ones with the settings that the product ships (a commit is on disk before it
is answered). API, worker and carrier are processes of their own, started by the product's own commands. Every
process of ours ends with this one.
"""

import asyncio
import os
import secrets
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import asyncpg
import orjson

from app.adapters.clinic_file import read_clinic
from app.adapters.store import applying, installation, keys
from app.embedded import Embedded, start
from app.install import install
from app.lifeline import ASKED
from app.runtime import Runtime, open_engine, open_runtime
from app.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
CLINIC_FILE = ROOT / "examples" / "lakeside.yaml"
NUMBER = "+13125550199"
SENDER = "lakeside-main"
OPEN_HOURS = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
"""A Tuesday, 10:00 in Chicago: the clinic is open and everybody may be texted."""

AT_NIGHT = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
"""That Tuesday, 23:00 in Chicago: texts are planned, and none is due before the morning."""

ACCOUNT, TOKEN = "AC" + "1" * 32, "emulated-token"
READY_WITHIN = 30.0
ANSWER_WITHIN = 60.0


class BenchmarkFailed(Exception):
    """Something did not come up, or ended too soon; there is no figure."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Place:
    """One installation on a database of its own, its clinic applied and its clock moved; and its processes."""

    settings: Settings
    runtime: Runtime
    api_port: int
    carrier_port: int
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What its processes are started with."""
        given = self.settings
        return {
            "LEADLINE_ENV": given.env,
            "LEADLINE_DATABASE_URL": given.database_url,
            "LEADLINE_VALKEY_URL": given.valkey_url,
            "LEADLINE_PUBLIC_URL": given.public_url,
            "LEADLINE_SECRET_KEYS": ",".join(given.keys()),
            "LEADLINE_TWILIO_API_URL": given.twilio_api_url,
            "LEADLINE_REQUESTS_PER_SECOND": "1000000",  # all load comes by one key here
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
        }

    @property
    def database(self) -> str:
        """The database's address, as asyncpg takes it."""
        return self.settings.database_url.replace("postgresql+asyncpg://", "postgresql://")

    async def set_clock(self, to: datetime) -> None:
        """Move the installation's clock."""
        async with self.runtime.engine.begin() as conn:
            await installation.set_clock(conn, to)

    @asynccontextmanager
    async def api(self) -> AsyncIterator[str]:
        """One API process; its address."""
        async with running(["-m", "app.cli", "api", "--port", str(self.api_port)], self.environment):
            await listening(self.api_port)
            yield f"http://127.0.0.1:{self.api_port}"

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        """One worker process, once it has shown that it lives."""
        async with running(["-m", "app.cli", "worker"], self.environment):
            await self.until(
                "SELECT EXISTS (SELECT FROM heartbeats WHERE beat_at > clock_timestamp() - interval '9 s')"
            )
            yield

    @asynccontextmanager
    async def carrier(self) -> AsyncIterator[str]:
        """The emulated carrier; its address."""
        inbound = f"{NUMBER}={self.settings.public_url}/webhooks/sms/{SENDER}"
        given = ["--account", ACCOUNT, "--token", TOKEN, "--number", inbound]
        command = ["-m", "app.cli", "carrier", "--port", str(self.carrier_port), *given]
        async with running(command, self.environment):
            await listening(self.carrier_port)
            yield f"http://127.0.0.1:{self.carrier_port}"

    async def until(self, question: str, within: float = READY_WITHIN, every: float = 0.02) -> None:
        """Ask the database this yes-or-no question until it says yes; raises `BenchmarkFailed`."""
        conn = await asyncpg.connect(self.database)
        try:
            deadline = monotonic() + within
            while not await conn.fetchval(question):
                if monotonic() > deadline:
                    raise BenchmarkFailed(f"not so within {within:g} s: {question}")
                await asyncio.sleep(every)
        finally:
            await conn.close()


@asynccontextmanager
async def running(command: list[str], environment: dict[str, str], said: int = DEVNULL) -> AsyncIterator[Process]:
    """A Python process of ours, which ends with the block, or with us. What goes wrong in it, it logs for us."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *command),
        cwd=ROOT,
        env=os.environ | environment | {ASKED: "1"},
        stdin=PIPE,
        stdout=said,
        stderr=None if said == PIPE else DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def asked(command: list[str], environment: dict[str, str], order: dict[str, Any]) -> dict[str, Any]:
    """Run a Python process of ours with an order (JSON, its last argument) until it answers (JSON, its last line)."""
    async with running([*command, orjson.dumps(order).decode()], environment, PIPE) as process:
        assert process.stdout is not None
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                said = await process.stdout.read()
        except TimeoutError:
            raise BenchmarkFailed(f"{' '.join(command)} did not end within {ANSWER_WITHIN:g} s") from None
        if await process.wait() != 0 or not said:
            raise BenchmarkFailed(f"{' '.join(command)} ended with code {process.returncode}")
    answer: dict[str, Any] = orjson.loads(said.splitlines()[-1])
    return answer


async def listening(port: int) -> None:
    """Wait until somebody listens on this port; raises `BenchmarkFailed`."""
    deadline = monotonic() + READY_WITHIN
    while monotonic() < deadline:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise BenchmarkFailed(f"nothing listens on port {port}")


@dataclass
class Ground:
    """The servers of a run, and the places made on them."""

    embedded: Embedded
    messages: int = 1_000_000
    """How many messages there are where many are wanted."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @asynccontextmanager
    async def place(self, clock: datetime = OPEN_HOURS, *, lanes: int = 64) -> AsyncIterator[Place]:
        """A fresh installation of the example clinic, whose number may send as fast as it can."""
        api_port, carrier_port = free_port(), free_port()
        settings = Settings.model_validate(
            {
                "env": "production",
                "database_url": await self._database(f"bench_{next(self._numbers)}"),
                "valkey_url": self.embedded.servers.valkey_url,
                "public_url": f"http://127.0.0.1:{api_port}",
                "secret_keys": secrets.token_urlsafe(32),
                "twilio_api_url": f"http://127.0.0.1:{carrier_port}",
                "lanes": lanes,
            }
        )
        await install(settings)
        async with open_runtime(settings) as runtime:
            made = Place(settings, runtime, api_port, carrier_port)
            await _furnish(made)
            await made.set_clock(clock)
            yield made

    async def _database(self, name: str) -> str:
        url = self.embedded.servers.database_url
        conn = await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://"))
        await conn.execute(f"CREATE DATABASE {name}")
        await conn.close()
        return url.replace("/leadline?", f"/{name}?")


async def _furnish(place: Place) -> None:
    document = unpaced(CLINIC_FILE.read_text(encoding="utf-8"))
    clinic, _ = read_clinic(document, name=CLINIC_FILE.name)
    async with place.runtime.engine.begin() as conn:
        await applying.apply(conn, [applying.ClinicText(CLINIC_FILE.name, document, clinic)])
        for role, source in (("source", "website"), ("coordinator", None)):
            _, place.secrets[role] = await keys.create(conn, clinic="lakeside", role=role, name=role, source=source)


def unpaced(document: str) -> str:
    """The example clinic with a number that has no pace and no daily budget."""
    fast = document.replace("segments_per_second: 10 ", "segments_per_second: 1000000 ")
    fast = fast.replace("segments_per_day: 1800", "segments_per_day: 100000000")
    assert "1000000 " in fast, "the example clinic's sender has changed"
    assert "100000000" in fast, "the example clinic's sender has changed"
    return fast


@contextmanager
def embedded_servers() -> Iterator[Embedded]:
    """PostgreSQL and Valkey in a folder that is gone afterwards."""
    with TemporaryDirectory(prefix="leadline-bench-", ignore_cleanup_errors=True) as folder:
        with start(Path(folder)) as embedded:
            yield embedded


__all__ = ["BenchmarkFailed", "Ground", "Place", "asked", "embedded_servers", "open_engine", "running"]
