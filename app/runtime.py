"""What a running process holds: engine, Valkey, vault, clinics; opened once, closed once. And the doorbell.

The doorbell (`ring`) tells workers that lanes have something to read. It rides on arq, carries lane numbers
only, is coalesced over 20 ms and may be lost without harm: every worker asks Postgres each second anyway.
"""

import asyncio
import contextlib
import gc
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.adapters.crypto import Vault
from app.adapters.store import installation
from app.adapters.store.clinics import ClinicShelf
from app.adapters.store.contacts import Directory
from app.settings import Settings

log = structlog.get_logger()

RING_EVERY = 0.02
"""Seconds over which rings are gathered into one."""

RING_TIMEOUT = 0.5
"""Seconds a ring may take before it is given up; the pollers will see to it."""

JOB_LANES = "read_lanes"


GARBAGE = 20_000
"""Objects made before the collector looks for rings of them: requests and batches leave few."""


def spare_the_collector() -> None:
    """What start-up made lives as long as we do: the garbage collector need not walk it, nor look so often."""
    gc.freeze()
    gc.set_threshold(GARBAGE)


class NotMigrated(Exception):
    """The database has no installation row yet: `leadline migrate` makes it."""


def json_serializer(job: object) -> bytes:
    """arq's payloads as JSON: never pickle, which would let whoever writes to Valkey run code here."""
    return orjson.dumps(job)


def json_deserializer(raw: bytes) -> dict[str, Any]:
    """The reverse; anything that is not JSON raises."""
    job: dict[str, Any] = orjson.loads(raw)
    return job


def open_engine(settings: Settings, *, size: int = 10) -> AsyncEngine:
    """The connection pool. Parameters never appear in errors; no statement runs over 15 s."""
    return create_async_engine(
        settings.database_url,
        pool_size=size,
        max_overflow=size,
        pool_timeout=5,
        hide_parameters=True,
        connect_args={
            "timeout": 10,
            "command_timeout": 30,
            "server_settings": {
                "application_name": "leadline",
                "statement_timeout": "15000",
                "idle_in_transaction_session_timeout": "15000",
                "timezone": "UTC",
            },
        },
    )


async def open_valkey(url: str) -> ArqRedis:
    """A pool of connections to the doorbell's Valkey; raises when it does not answer within a second."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_timeout = 1
    settings.conn_retries = 0
    return await create_pool(settings, job_serializer=json_serializer, job_deserializer=json_deserializer)


@dataclass
class Doorbell:
    """Rings gathered lanes at most every 20 ms; silent when there is no Valkey."""

    url: str
    _lanes: set[int] = field(default_factory=set)
    _ringing: asyncio.Task[None] | None = None
    _pool: ArqRedis | None = None

    def ring(self, lanes: Iterable[int]) -> None:
        """Say that these lanes have something to read. Returns at once, never raises."""
        self._lanes.update(lanes)
        if self.url and self._lanes and (self._ringing is None or self._ringing.done()):
            self._ringing = asyncio.create_task(self._ring_soon())

    async def _ring_soon(self) -> None:
        while self._lanes:
            await asyncio.sleep(RING_EVERY)
            lanes, self._lanes = sorted(self._lanes), set()
            try:
                async with asyncio.timeout(RING_TIMEOUT):
                    await (await self._connected()).enqueue_job(JOB_LANES, lanes)
            except Exception as error:  # the doorbell may fail in any way it likes: pollers do not need it
                log.warning("doorbell_silent", error=type(error).__name__)
                await self._drop()

    async def _connected(self) -> ArqRedis:
        if self._pool is None:
            self._pool = await open_valkey(self.url)
        return self._pool

    async def _drop(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            with contextlib.suppress(Exception):
                await pool.aclose(close_connection_pool=True)

    async def close(self) -> None:
        """Ring what is still gathered, then hang up."""
        if self._ringing is not None:
            await self._ringing
        await self._drop()

    async def answers(self) -> bool:
        """Whether Valkey is there, for readiness and `doctor`."""
        try:
            async with asyncio.timeout(RING_TIMEOUT):
                return bool(await (await self._connected()).ping())
        except Exception:
            await self._drop()
            return False


@dataclass(frozen=True)
class Runtime:
    """Everything a door or a worker needs, made from settings by `open_runtime`."""

    settings: Settings
    engine: AsyncEngine
    vault: Vault
    directory: Directory
    clinics: ClinicShelf
    doorbell: Doorbell


def open_vault(settings: Settings) -> Vault:
    """The vault of these settings' secret keys."""
    return Vault(settings.keys())


def new_phone_key() -> bytes:
    """A fresh key for phone hashes; wrapped by the vault, it outlives every rotation of the secret keys."""
    return os.urandom(32)


@asynccontextmanager
async def open_runtime(settings: Settings, *, pool_size: int = 10) -> AsyncIterator[Runtime]:
    """Open everything and close it again. Raises `NotMigrated`, or `LanesDiffer` when LANES was changed."""
    engine = open_engine(settings, size=pool_size)
    vault = open_vault(settings)
    try:
        async with engine.connect() as conn:
            row = await installation.read(conn)
        if row is None:
            raise NotMigrated("this database is not set up yet: run `leadline migrate`")
        if row.lanes != settings.lanes:
            raise LanesDiffer(
                f"LEADLINE_LANES is {settings.lanes}, but this installation was made with {row.lanes}; set it to that"
            )
        phone_key = vault.decrypt("phone key", row.phone_key_cipher)
        doorbell = Doorbell(settings.valkey_url)
        try:
            yield Runtime(
                settings=settings,
                engine=engine,
                vault=vault,
                directory=Directory(vault=vault, phone_key=phone_key, lanes=row.lanes),
                clinics=ClinicShelf(settings.public_url),
                doorbell=doorbell,
            )
        finally:
            await doorbell.close()
    finally:
        await engine.dispose()


class LanesDiffer(Exception):
    """The number of lanes is fixed at the first migrate."""
