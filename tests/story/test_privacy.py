"""Health data stay in ciphertext: not in the database's readable columns, not in the queue, not in logs or metrics."""

import asyncio
import io
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import redis.asyncio as valkey
import structlog
from sqlalchemy import text

from app.runtime import Runtime
from tests.house import House, until

NAME, SURNAME, PHONE, EMAIL = "Zenobia", "Quackenbush", "+13125550177", "zenobia@canary.example"
QUESTION, ANSWER = "Does the canary sing on Tuesdays?", "The canary sings daily."
CANARIES = (NAME, SURNAME, "3125550177", EMAIL, "canary sing")


@asynccontextmanager
async def _overheard(url: str) -> AsyncIterator[list[str]]:
    """Everything that is said to Valkey meanwhile."""
    heard: list[str] = []
    client = valkey.from_url(url)

    async def listen() -> None:
        async with client.monitor() as monitor:
            async for said in monitor.listen():
                heard.append(str(said))

    listening = asyncio.create_task(listen())
    yield heard
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await client.aclose(close_connection_pool=True)


@asynccontextmanager
async def _logged() -> AsyncIterator[io.StringIO]:
    """Everything that is logged meanwhile, by us or by a library."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(written), cache_logger_on_first_use=False)
    yield written
    structlog.configure(**before)
    root.setLevel(level)
    root.removeHandler(handler)


async def _readable(runtime: Runtime) -> str:
    """Every row of every table as text, ciphertext in hex as the database shows it."""
    async with runtime.engine.connect() as conn:
        tables = (await conn.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))).scalars()
        rows = []
        for table in list(tables):
            shown = await conn.execute(text(f'SELECT CAST(t AS text) FROM "{table}" AS t'))
            rows += [str(row) for row in shown.scalars()]
    return "\n".join(rows)


async def test_nothing_that_names_or_quotes_a_person_leaks(house: House) -> None:
    async with _overheard(house.runtime.settings.valkey_url) as heard, _logged() as log:
        await house.post_lead(PHONE, first_name=NAME, last_name=SURNAME, email=EMAIL, message="canary sings, they say")
        await until(lambda: house.texts(PHONE))
        await house.reply(QUESTION, PHONE)
        (task,) = await until(house.tasks)
        await house.order(f"/tasks/{task['id']}/reply", assignee="ana", text=ANSWER)
        await house.order(f"/tasks/{task['id']}/notes", assignee="ana", text="canary sings well")

        async def answered() -> bool:
            return ANSWER in await house.texts(PHONE)

        await until(answered)
        await house.api.post("/leads", content=b'{"first_name": "Zenobia", "phone": 3125550177}')
        metrics = (await house.api.get("/metrics")).text
        places = {"database": await _readable(house.runtime), "queue": "\n".join(heard), "metrics": metrics}
        places["log"] = _ours(log.getvalue())
    assert {place for place, said in places.items() if not said} <= {"log"}
    found = [(place, canary) for place, said in places.items() for canary in CANARIES if canary in said]
    assert found == []


def _ours(log: str) -> str:
    """Without what the test itself and its client log at debug level about its own requests."""
    return "\n".join(line for line in log.splitlines() if not line.startswith(("HTTP Request", "send_request")))
