"""One worker process that does a given amount of work, and says how long that took from the word go.

`python -m benchmarks.one_worker '{"what": "events"}'` is Leadline's whole worker (inbox, dispatcher, upkeep, doorbell);
it ends when no event is unread. `{"what": "jobs", "queue"}` is an arq worker on no-op jobs; it ends when its queue is
empty. Before the clock starts both have imported everything and opened their connections, and ours has read the
clinic's file.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter, process_time
from typing import Any

import orjson
import uvloop
from arq.worker import Worker, func
from sqlalchemy import text

from app import lifeline
from app.domain.replies import prepare
from app.runtime import json_deserializer, json_serializer, open_runtime, open_valkey
from app.settings import Settings
from app.workers import work

LOOK_EVERY = 0.03
"""Seconds between looks whether the work is done."""


async def read_events(_order: dict[str, Any]) -> float:
    """Seconds until no event is unread."""
    async with open_runtime(Settings().check()) as runtime:
        async with runtime.engine.connect() as conn:
            await runtime.clinics.take_all(conn)
        prepare()
        stop, began = asyncio.Event(), perf_counter()
        working = asyncio.create_task(work(runtime, stop))
        async with runtime.engine.connect() as conn:
            asking = await conn.execution_options(isolation_level="AUTOCOMMIT")
            while (await asking.execute(UNREAD)).scalar_one():
                await asyncio.sleep(LOOK_EVERY)
        took = perf_counter() - began
        stop.set()
        await working
    return took


UNREAD = text("SELECT EXISTS (SELECT FROM events WHERE read_no IS NULL)")


async def nothing(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
    """A job that does nothing."""


async def run_jobs(order: dict[str, Any]) -> float:
    """Seconds until arq's queue is empty: as arq is used here, but with more jobs at once and nothing kept."""
    pool = await open_valkey(Settings().valkey_url)
    worker = Worker(
        functions=[func(nothing, name="nothing", keep_result=0, max_tries=1)],
        queue_name=order["queue"],
        redis_pool=pool,
        job_serializer=json_serializer,
        job_deserializer=json_deserializer,
        handle_signals=False,
        burst=True,
        max_jobs=MOST_JOBS,
        poll_delay=0.05,
        keep_result=0,
        max_tries=1,
        allow_abort_jobs=False,
        log_results=False,
    )
    began = perf_counter()
    await worker.main()
    took = perf_counter() - began
    await worker.close()
    return took


MOST_JOBS = 100

WORK: dict[str, Callable[[dict[str, Any]], Awaitable[float]]] = {"events": read_events, "jobs": run_jobs}


async def main(order: dict[str, Any]) -> dict[str, float]:
    """Do it; seconds by the clock, and of this process's CPU, opening and closing included."""
    before = process_time()
    seconds = await WORK[order["what"]](order)
    return {"seconds": seconds, "cpu": process_time() - before}


if __name__ == "__main__":
    lifeline.hold()
    order = orjson.loads(sys.argv[1])
    # Each as it is run: our worker on uvloop, arq's on asyncio's own loop, as arq's command starts it.
    run = uvloop.run if order["what"] == "events" else asyncio.run
    print(orjson.dumps(run(main(order))).decode())
